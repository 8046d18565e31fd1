//! `lookback verify`, `rebuild`, `checkpoint`, `publish` and `prove`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use indicatif::ProgressBar;
use lookback_events::id::JournalId;

use super::text::{count, spaced};
use super::{FOUND, Failure, Site, failed, unless_closed};
use crate::checkpoints::Checkpoints;
use crate::config::Config;
use crate::journal::Position;
use crate::keys::{Keys, read_secret};
use crate::ledger::hold::Hold;
use crate::ledger::{Ledger, LedgerError, audit, examine};
use crate::publish;
use crate::repair::repair;
use crate::rows::RowStore;
use crate::verify::Depth;

mod print;

use print::{print_audit, print_examined, print_repair};

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

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        if self.repair {
            return Self::mend(site);
        }
        let depth = if self.headers { Depth::Headers } else { Depth::Full };
        let bar = super::ingest::spinner("records");
        let ledger = match Ledger::open(&site.folder, "verify") {
            Ok(ledger) => ledger,
            Err(error @ (LedgerError::Held(_) | LedgerError::Config(_) | LedgerError::Keys(_))) => {
                return Err(super::cannot_open(&site.folder, error));
            }
            // What may not be read would be called missing.
            Err(error) if super::is_denied(&error) => {
                return Err(super::cannot_open(&site.folder, error));
            }
            // What cannot be opened together is looked at part by part.
            Err(error) => return part_by_part(site, &error, depth, &bar),
        };
        let audit = audit::audit(&ledger, depth, &|n| bar.inc(n))
            .map_err(|error| failed("the ledger could not be verified", error))?;
        bar.finish_and_clear();
        unless_closed(print_audit(&audit, ledger.keys().torn()))?;
        Ok(if audit.is_clean() { 0 } else { FOUND })
    }

    fn mend(site: &Site) -> Result<u8, Failure> {
        let config = Config::read(&site.folder)
            .map_err(|error| super::cannot_open(&site.folder, error.into()))?;
        // A configuration or a key of another ledger would make of sound records damaged ones.
        match Ledger::open(&site.folder, "verify --repair") {
            Err(
                error @ (LedgerError::OtherLedger { .. } | LedgerError::OtherSigningKey { .. }),
            ) => return Err(super::cannot_open(&site.folder, error)),
            Err(error) if super::is_denied(&error) => {
                return Err(super::cannot_open(&site.folder, error));
            }
            Ok(_) | Err(_) => {}
        }
        let report = {
            let _hold = held(site, "verify --repair")?;
            let keys = load(site, &config)?;
            let bar = super::ingest::spinner("records");
            let known = known(site, &config)?;
            let report = repair(
                &site.folder,
                config.ledger.journals,
                config.settings().cache_bytes,
                &known,
                &*keys,
                &|n| bar.inc(n),
            );
            bar.finish_and_clear();
            report.map_err(|error| failed("the repair could not be finished", error.into()))?
        };
        unless_closed(print_repair(&report))?;
        if !report.is_whole() {
            return Ok(FOUND);
        }
        let ledger = whole(site, "verify --repair")?;
        ledger.rebuild().map_err(|error| failed("the rows could not be made again", error))?;
        unless_closed(writeln!(io::stdout(), "  rows           made again from the journals"))?;
        Ok(0)
    }
}

/// Opens the ledger to make its rows again: what they lack until then is no warning.
fn whole(site: &Site, command: &str) -> Result<Ledger, Failure> {
    Ledger::open(&site.folder, command).map_err(|error| super::cannot_open(&site.folder, error))
}

fn held(site: &Site, command: &str) -> Result<Hold, Failure> {
    Hold::take(&site.folder, command)
        .map_err(|error| super::cannot_open(&site.folder, error.into()))
}

/// Verifies what lies in the folder of a ledger that could not be opened for `why`.
fn part_by_part(
    site: &Site,
    why: &LedgerError,
    depth: Depth,
    bar: &ProgressBar,
) -> Result<u8, Failure> {
    let read = Config::read(&site.folder);
    let config = read.map_err(|error| super::cannot_open(&site.folder, error.into()))?;
    let _hold = held(site, "verify")?;
    let keys = load(site, &config)?;
    // What the first record says counts, not what the configuration says.
    let (mut origin, mut payment) = (config.ledger.origin.clone(), config.ledger.journals);
    if let LedgerError::OtherLedger { what, expected, .. } = why {
        match (*what, expected.parse()) {
            ("journals", Ok(said)) => payment = said,
            _ => origin.clone_from(expected),
        }
    }
    let mut checkpoints = checkpoints(site, &config, &origin, payment)?;
    if let LedgerError::OtherSigningKey { expected, .. } = why {
        // What was signed is not at fault where the key at hand is another one.
        checkpoints
            .check_with(expected)
            .map_err(|error| Failure::new("the first record names no public key").because(error))?;
    }
    let found =
        examine::examine(&site.folder, &config, payment, &keys, &checkpoints, depth, &|n| {
            bar.inc(n);
        });
    bar.finish_and_clear();
    unless_closed(print_examined(&found, why, keys.torn()))?;
    Ok(FOUND)
}

fn load(site: &Site, config: &Config) -> Result<Arc<Keys>, Failure> {
    let path = site.folder.join(&config.keys.master);
    read_secret("master key", "LOOKBACK_MASTER_KEY", &path)
        .and_then(|master| Keys::load(&site.folder.join("keys/units"), &master))
        .map(Arc::new)
        .map_err(|error| super::cannot_open(&site.folder, error.into()))
}

fn checkpoints(
    site: &Site,
    config: &Config,
    origin: &str,
    payment: u8,
) -> Result<Checkpoints, Failure> {
    let path = site.folder.join(&config.keys.signing);
    let seed = read_secret("signing key", "LOOKBACK_SIGNING_KEY", &path)
        .map_err(|error| super::cannot_open(&site.folder, error.into()))?;
    let ids: Vec<JournalId> = (0..=payment).filter_map(|n| JournalId::from_index(n).ok()).collect();
    Ok(Checkpoints::open(&site.folder.join("checkpoints"), origin, &seed, &ids))
}

/// The sizes that somebody knows of, by journal: those that were signed, and those that the rows were
/// folded from.
fn known(site: &Site, config: &Config) -> Result<Vec<(JournalId, u64)>, Failure> {
    let checkpoints = checkpoints(site, config, &config.ledger.origin, config.ledger.journals)?;
    let mut sizes = Vec::new();
    for journal in checkpoints.ids() {
        // A checkpoint that cannot be read tells nothing of what is lost; the rest goes on.
        if let Ok(Some(last)) = checkpoints.last(journal) {
            sizes.push((journal, last.size));
        }
    }
    // Rows that cannot be opened tell nothing either; a repair leaves them as they are.
    let folder = site.folder.join("rows");
    let cache = config.store.rows_cache_mib.saturating_mul(1024 * 1024);
    let folded = folder.is_dir().then(|| RowStore::folded(&folder, cache)).and_then(Result::ok);
    sizes.extend(checkpoints.ids().zip(folded.unwrap_or_default()));
    Ok(sizes)
}

/// `lookback rebuild`.
pub(super) fn rebuild(site: &Site) -> Result<u8, Failure> {
    let ledger = whole(site, "rebuild")?;
    let records = ledger.rebuild().map_err(|error| {
        failed("the rows could not be made again, and were left as they were", error)
    })?;
    let words = count(records, "record", "records");
    say!("  rows made again from {} {words}", spaced(records));
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
            if let Some(first) = &journal.first_again {
                let (n, again) = (journal.again, spaced(journal.again));
                writeln!(
                    out,
                    "  {:<10} {again} {} published before {} gone or changed and {} written again: {}{}",
                    journal.journal,
                    count(n, "file", "files"),
                    count(n, "was", "were"),
                    count(n, "is", "are"),
                    first.display(),
                    if n > 1 { " and more" } else { "" },
                )?;
            }
            let new = if journal.lacked_checkpoint {
                "no checkpoint was there, and one is written".to_owned()
            } else {
                format!("{} of them new", spaced(journal.size.saturating_sub(journal.before)))
            };
            writeln!(
                out,
                "  {:<10} {:>12} records, {new}, {} {} written",
                journal.journal,
                spaced(journal.size),
                spaced(journal.files),
                count(journal.files, "file", "files"),
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
