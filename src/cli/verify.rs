//! `lookback verify`, `rebuild`, `checkpoint`, `publish` and `prove`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use indicatif::ProgressBar;
use lookback_events::body::UnitKey;
use lookback_events::id::JournalId;
use lookback_events::id::KeyId;

use super::text::spaced;
use super::{FOUND, Failure, Site, failed};
use crate::checkpoints::Checkpoints;
use crate::config::Config;
use crate::journal::Position;
use crate::keys::{Keys, read_secret};
use crate::ledger::audit::{self, Audit};
use crate::ledger::hold::Hold;
use crate::repair::{RepairReport, repair};
use crate::verify::{Depth, Report, folder};
use crate::{publish, verify};

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only headers: hashes, links, trees and indexes; opens no body
    #[arg(long, conflicts_with = "repair")]
    headers: bool,
    /// Restore what is still proved after damage to the store, and say what cannot be restored
    #[arg(long)]
    repair: bool,
}

/// Arguments of `publish`.
#[derive(Debug, clap::Args)]
pub(super) struct Publish {
    /// The folder to write into
    dir: PathBuf,
}

/// Arguments of `prove`.
#[derive(Debug, clap::Args)]
pub(super) struct Prove {
    /// The record, such as p02/118204
    position: Position,
}

/// Damages of a journal that are shown behind the first.
const SHOWN_MAX: usize = 2;

/// The keys of a ledger that may be too damaged to open.
struct Found(Arc<Keys>);

impl verify::Keys for Found {
    fn key(&self, id: KeyId) -> Option<Arc<UnitKey>> {
        self.0.by_id(id)
    }

    fn is_disposed(&self, _: KeyId) -> bool {
        // Nothing is disposed of yet, so a key that is not there is a loss.
        false
    }
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        if self.repair {
            return Self::mend(site);
        }
        let bar = super::ingest::spinner("records");
        let outcome = match site.open("verify") {
            Ok(ledger) => {
                let depth = if self.headers { Depth::Headers } else { Depth::Full };
                let audit = audit::audit(&ledger, depth, &|n| bar.inc(n))
                    .map_err(|error| failed("the ledger could not be verified", error))?;
                bar.finish_and_clear();
                print_audit(&audit)?;
                audit.is_clean()
            }
            Err(failure) => {
                // What cannot be opened together is looked at part by part.
                let config = Config::read(&site.folder).map_err(|_| failure)?;
                let _hold = Hold::take(&site.folder, "verify")
                    .map_err(|error| super::cannot_open(&site.folder, error.into()))?;
                let keys = load(site, &config)?;
                let depth = if self.headers { Depth::Headers } else { Depth::Full };
                let report = folder(
                    &site.folder,
                    config.ledger.journals,
                    config.settings().cache_bytes,
                    &Found(keys),
                    depth,
                    &(),
                    &|n| bar.inc(n),
                );
                bar.finish_and_clear();
                let mut out = io::stdout().lock();
                print_report(&mut out, &report)?;
                if report.is_clean() {
                    // Every record holds, so what is wrong lies beside them: it is told as an error.
                    drop(out);
                    return site.open("verify").map(|_| 0);
                }
                false
            }
        };
        Ok(if outcome { 0 } else { FOUND })
    }

    fn mend(site: &Site) -> Result<u8, Failure> {
        let config = Config::read(&site.folder)
            .map_err(|error| super::cannot_open(&site.folder, error.into()))?;
        let report = {
            let _hold = Hold::take(&site.folder, "verify --repair")
                .map_err(|error| super::cannot_open(&site.folder, error.into()))?;
            let keys = load(site, &config)?;
            let bar = super::ingest::spinner("records");
            let known = signed(site, &config)?;
            let report = repair(
                &site.folder,
                config.ledger.journals,
                config.settings().cache_bytes,
                &known,
                &Found(keys),
                &|n| bar.inc(n),
            );
            bar.finish_and_clear();
            report.map_err(|error| failed("the repair could not be finished", error.into()))?
        };
        print_repair(&report)?;
        if !report.is_whole() {
            return Ok(FOUND);
        }
        let mut ledger = site.open("verify --repair")?;
        ledger.rebuild().map_err(|error| failed("the rows could not be made again", error))?;
        say!("  rows           made again from the journals");
        Ok(0)
    }
}

fn load(site: &Site, config: &Config) -> Result<Arc<Keys>, Failure> {
    let path = site.folder.join(&config.keys.master);
    read_secret("master key", "LOOKBACK_MASTER_KEY", &path)
        .and_then(|master| Keys::load(&site.folder.join("keys/units"), &master))
        .map(Arc::new)
        .map_err(|error| super::cannot_open(&site.folder, error.into()))
}

/// The sizes that were signed, by journal.
fn signed(site: &Site, config: &Config) -> Result<Vec<(JournalId, u64)>, Failure> {
    let path = site.folder.join(&config.keys.signing);
    let seed = read_secret("signing key", "LOOKBACK_SIGNING_KEY", &path)
        .map_err(|error| super::cannot_open(&site.folder, error.into()))?;
    let ids: Vec<JournalId> =
        (0..=config.ledger.journals).filter_map(|n| JournalId::from_index(n).ok()).collect();
    let folder = site.folder.join("checkpoints");
    let checkpoints = Checkpoints::open(&folder, &config.ledger.origin, &seed, &ids);
    let mut sizes = Vec::new();
    for journal in ids {
        // A checkpoint that cannot be read tells nothing of what is lost; the rest goes on.
        if let Ok(Some(last)) = checkpoints.last(journal) {
            sizes.push((journal, last.size));
        }
    }
    Ok(sizes)
}

fn print_report(out: &mut impl io::Write, report: &Report) -> io::Result<()> {
    let counts = report.counts();
    let ok = |good: bool| if good { "ok" } else { "DAMAGED" };
    let seconds =
        |time: std::time::Duration| format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100);
    writeln!(
        out,
        "  journals   {:>9}   {} records: headers, links, {}trees  {}  {}",
        report.journals.len(),
        spaced(counts.records),
        if report.depth == Depth::Full { "streams, " } else { "" },
        ok(report.is_clean()),
        seconds(report.times.elapsed)
    )?;
    writeln!(
        out,
        "  store      {:>9}   volumes, {} generations of the hot store",
        spaced(counts.volumes),
        report.generations
    )?;
    if report.depth == Depth::Full {
        writeln!(
            out,
            "  bodies     {:>9}   opened and compared with their commitments, {} disposed of",
            spaced(counts.bodies),
            spaced(counts.disposed)
        )?;
    }
    for journal in &report.journals {
        let Some(first) = journal.faults.first() else { continue };
        writeln!(out, "\n  {}", first.damage)?;
        for fault in journal.faults.iter().skip(1).take(SHOWN_MAX) {
            writeln!(out, "  {}", fault.damage)?;
        }
        writeln!(
            out,
            "    {} damages in {}, {} records affected; lookback verify --repair restores what is",
            spaced(journal.faults_count),
            journal.journal,
            spaced(journal.affected)
        )?;
        writeln!(out, "    still proved")?;
    }
    Ok(())
}

fn print_audit(audit: &Audit) -> io::Result<()> {
    let mut out = io::stdout().lock();
    print_report(&mut out, &audit.report)?;
    let newest = audit.newest_signed.as_deref().unwrap_or("none");
    writeln!(out, "  trees      {:>9}   signed checkpoints, {newest}", audit.signed)?;
    if let Some(rows) = &audit.rows {
        match &rows.first_difference {
            None => writeln!(
                out,
                "  rows       {:>9}   rebuilt and compared  ok",
                spaced(rows.compared)
            )?,
            Some(what) => writeln!(
                out,
                "  rows       {:>9}   DIFFER: {what}; lookback rebuild makes them again",
                spaced(rows.compared)
            )?,
        }
    }
    if let Some(files) = &audit.files {
        let good = spaced(files.good);
        let all = spaced(files.all);
        writeln!(out, "  files      {good:>9}   of {all} come back byte for byte")?;
        for (digest, why) in &files.bad {
            writeln!(out, "    {digest}: {why}")?;
        }
    }
    if audit.is_clean() {
        match audit.signed {
            0 => writeln!(out, "  Nothing has been changed; nothing has been signed yet."),
            _ => writeln!(out, "  Nothing that the signed checkpoints cover has been changed."),
        }
    } else {
        writeln!(out, "  The ledger is not as it was recorded.")
    }
}

fn print_repair(report: &RepairReport) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if report.after.is_none() && report.is_whole() {
        writeln!(out, "  nothing is damaged, and nothing was changed")?;
    } else {
        print_report(&mut out, &report.before)?;
        writeln!(out)?;
    }
    for journal in &report.journals {
        write!(
            out,
            "  {:<10} {:>5} volumes good, {} restored, {} records kept behind them",
            journal.journal,
            spaced(journal.volumes_good),
            journal.volumes_restored.len(),
            spaced(journal.salvaged)
        )?;
        if journal.lost.is_empty() {
            writeln!(out)?;
        } else {
            let lost: Vec<String> = journal.lost.iter().map(ToString::to_string).collect();
            writeln!(
                out,
                "\n             LOST: {} records, {}; restore them from a backup",
                spaced(journal.lost_count()),
                lost.join(", ")
            )?;
        }
    }
    for path in &report.set_aside {
        writeln!(out, "  set aside  {}", path.display())?;
    }
    Ok(())
}

/// `lookback rebuild`.
pub(super) fn rebuild(site: &Site) -> Result<u8, Failure> {
    let mut ledger = site.open("rebuild")?;
    let count =
        ledger.rebuild().map_err(|error| failed("the rows could not be made again", error))?;
    say!("  rows made again from {} records", spaced(count));
    Ok(0)
}

/// `lookback checkpoint`.
pub(super) fn checkpoint(site: &Site) -> Result<u8, Failure> {
    let mut ledger = site.open("checkpoint")?;
    let new = ledger.sign().map_err(|error| failed("no checkpoint was signed", error))?;
    let mut out = io::stdout().lock();
    for journal in ledger.journals().ids() {
        let last = ledger
            .checkpoints()
            .last(journal)
            .map_err(|error| failed("a checkpoint cannot be read", error.into()))?;
        let is_new = new.iter().any(|signed| signed.signed.journal == journal);
        match last {
            Some(last) => writeln!(
                out,
                "  {:<10} {:>12} records  {}  {}",
                journal,
                spaced(last.size),
                last.root,
                if is_new { "signed now" } else { "signed before" }
            )?,
            None => writeln!(out, "  {:<10} {:>12} records", journal, 0)?,
        }
    }
    Ok(0)
}

impl Publish {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let mut ledger = site.open("publish")?;
        ledger.sign().map_err(|error| failed("no checkpoint was signed", error))?;
        let bar: ProgressBar = super::ingest::spinner("records");
        let watch = &mut |progress: publish::Progress| bar.set_position(progress.done);
        let published =
            publish::publish_watched(ledger.journals(), ledger.checkpoints(), &self.dir, watch);
        bar.finish_and_clear();
        let published = published.map_err(|error| {
            Failure::new(format!("cannot publish into {}", self.dir.display())).because(error)
        })?;
        let mut out = io::stdout().lock();
        for journal in published {
            writeln!(
                out,
                "  {:<10} {:>12} records, {} of them new, {} files written",
                journal.journal,
                spaced(journal.size),
                spaced(journal.size.saturating_sub(journal.before)),
                spaced(journal.files)
            )?;
        }
        writeln!(out, "  plain C2SP tlog-tiles in {}", self.dir.display())?;
        Ok(0)
    }
}

impl Prove {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let ledger = site.open("prove")?;
        let proof = publish::prove(ledger.journals(), ledger.checkpoints(), self.position)
            .map_err(|error| {
                Failure::new(format!("no proof of {}", self.position)).because(error)
            })?;
        io::stdout().lock().write_all(proof.as_bytes())?;
        Ok(0)
    }
}
