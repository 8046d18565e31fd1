//! What a verification or a repair found, for a person.

use std::io::{self, Write as _};

use super::super::text::{count, spaced};
use crate::checkpoints::CheckpointError;
use crate::journal::volume::name;
use crate::ledger::audit::{Audit, NotCovered, RowsFound};
use crate::ledger::examine::Examined;
use crate::ledger::{LedgerError, error_chain};
use crate::repair::RepairReport;
use crate::verify::{Depth, Report};

/// Damages of a journal that are shown behind the first.
const SHOWN_MAX: usize = 2;

fn print_report(out: &mut impl io::Write, report: &Report) -> io::Result<()> {
    let counts = report.counts();
    let ok = |good: bool| if good { "ok" } else { "DAMAGED" };
    let seconds =
        |time: std::time::Duration| format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100);
    writeln!(
        out,
        "  journals   {:>9}   {} {}: headers, links, {}trees  {}  {}",
        report.journals.len(),
        spaced(counts.records),
        count(counts.records, "record", "records"),
        if report.depth == Depth::Full { "streams, " } else { "" },
        ok(report.is_clean()),
        seconds(report.times.elapsed)
    )?;
    writeln!(
        out,
        "  store      {:>9}   {}, {} {} of the hot store",
        spaced(counts.volumes),
        count(counts.volumes, "volume", "volumes"),
        report.generations,
        count(report.generations, "generation", "generations")
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
            "    {} {} in {}, {} {} affected",
            spaced(journal.faults_count),
            count(journal.faults_count, "damage", "damages"),
            journal.journal,
            spaced(journal.affected),
            count(journal.affected, "record", "records")
        )?;
    }
    Ok(())
}

pub(super) fn print_audit(audit: &Audit, torn: usize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    print_report(&mut out, &audit.report)?;
    if audit.signed > 0 {
        writeln!(
            out,
            "  trees      {:>9}   signed {}, covering {} records  ok",
            audit.signed,
            count(audit.signed, "checkpoint", "checkpoints"),
            spaced(audit.covered)
        )?;
    } else {
        writeln!(
            out,
            "  trees              0   signed checkpoints: if any was signed, put checkpoints/ back"
        )?;
    }
    for NotCovered { journal, records, is_unsigned } in &audit.not_covered {
        if audit.signed == 0 {
            break;
        }
        let (many, words) = (spaced(*records), count(*records, "record", "records"));
        if *is_unsigned {
            writeln!(
                out,
                "                     {journal}: {many} {words}, and checkpoints/{journal} is not there: put it back from \
                 a backup\n                     or from where it is published; if none was signed, lookback \
                 checkpoint signs it"
            )?;
        } else {
            writeln!(
                out,
                "                     {journal}: {many} {words} behind the last one; lookback checkpoint signs them"
            )?;
        }
    }
    print_torn(&mut out, torn, audit.report.is_clean())?;
    if let Some(rows) = &audit.rows {
        match rows {
            RowsFound::Same(compared) => {
                writeln!(out, "  rows       {:>9}   rebuilt and compared  ok", spaced(*compared))?;
            }
            RowsFound::MadeAgain(why) => {
                writeln!(out, "  rows               -   WERE DAMAGED: {why}; made again just now")?;
            }
            RowsFound::Differ(what) => {
                let help = "lookback rebuild makes them again";
                writeln!(out, "  rows               -   DIFFER: {what}; {help}")?;
            }
            RowsFound::NotCompared => {
                let why = "not compared, because records are damaged; they stay as they are";
                writeln!(out, "  rows               -   {why}")?;
            }
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
            0 => writeln!(
                out,
                "  Every record follows from the one before; no checkpoint here says how many there were."
            ),
            _ if audit.report.depth == Depth::Headers => {
                let words = "No header that the signed checkpoints cover has been changed";
                writeln!(out, "  {words}; no body was read.")
            }
            _ => writeln!(out, "  Nothing that the signed checkpoints cover has been changed."),
        }
    } else {
        writeln!(out, "  The ledger is not as it was recorded.")?;
        print_help(&mut out, &audit.report)
    }
}

/// What to do about damaged records.
fn print_help(out: &mut impl io::Write, report: &Report) -> io::Result<()> {
    if report.is_clean() {
        return Ok(());
    }
    writeln!(
        out,
        "  lookback verify --repair restores what is still proved; the rest, from a backup"
    )
}

/// What a key file says that ends in a cut-off line.
fn print_torn(out: &mut impl io::Write, torn: usize, unnamed: bool) -> io::Result<()> {
    if torn == 0 {
        return Ok(());
    }
    let then = if unnamed {
        "no record names its key, so it was never used"
    } else {
        "a key that records name may be what is missing"
    };
    writeln!(
        out,
        "  keys               -   keys/units ends in {torn} bytes of a cut-off line: {then}"
    )
}

/// Prints what was found of a ledger that cannot be opened, and why it cannot.
pub(super) fn print_examined(found: &Examined, why: &LedgerError, torn: usize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    print_report(&mut out, &found.report)?;
    let words = count(found.signed, "checkpoint", "checkpoints");
    let covered = spaced(found.covered);
    write!(out, "\n  trees      {:>9}   signed {words}, covering {covered} records", found.signed)?;
    match found.not_compared {
        0 => writeln!(out)?,
        n => writeln!(out, "; {n} could not be compared")?,
    }
    print_torn(&mut out, torn, false)?;
    writeln!(out, "  rows               -   not compared: the ledger cannot be opened")?;
    writeln!(out, "  The ledger cannot be opened for use: {}", error_chain(why))?;
    match why {
        // What to do is said already, and a repair would do nothing for it.
        LedgerError::OtherLedger { .. }
        | LedgerError::OtherSigningKey { .. }
        | LedgerError::BehindRows { .. }
        | LedgerError::KeyMissing { .. }
        | LedgerError::Checkpoints(
            CheckpointError::Behind { .. }
            | CheckpointError::Foreign { .. }
            | CheckpointError::Forked { .. },
        ) => Ok(()),
        LedgerError::Held(_)
        | LedgerError::Config(_)
        | LedgerError::Keys(_)
        | LedgerError::Journal(_)
        | LedgerError::Database(_)
        | LedgerError::Rows(_)
        | LedgerError::Policies(_)
        | LedgerError::Event { .. }
        | LedgerError::Sealed { .. }
        | LedgerError::NoFirstRecord
        | LedgerError::Checkpoints(_)
        | LedgerError::Io { .. }
        | LedgerError::NotEmpty { .. }
        | LedgerError::Choice(_) => print_help(&mut out, &found.report),
    }
}

/// True where a question finds something: what the ledger was created with, or a payment journal.
fn answers(report: &RepairReport) -> bool {
    report.journals.iter().any(|journal| {
        journal.end > 0 && (!journal.journal.is_control() || journal.first_lost() != Some(0))
    })
}

pub(super) fn print_repair(report: &RepairReport) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if report.after.is_none() && report.is_whole() {
        writeln!(out, "  no record is damaged, and nothing of the journals was changed")?;
    } else {
        print_report(&mut out, &report.before)?;
        writeln!(out)?;
    }
    for journal in &report.journals {
        write!(
            out,
            "  {:<10} {:>5} {} good, {} restored, {} {} kept behind them",
            journal.journal,
            spaced(journal.volumes_good),
            count(journal.volumes_good, "volume", "volumes"),
            journal.volumes_restored.len(),
            spaced(journal.salvaged),
            count(journal.salvaged, "record", "records")
        )?;
        if journal.lost.is_empty() {
            writeln!(out)?;
        } else {
            let lost: Vec<String> = journal.lost.iter().map(ToString::to_string).collect();
            writeln!(
                out,
                "\n             LOST: {} {}, {}; restore a backup of the ledger's folder",
                spaced(journal.lost_count()),
                count(journal.lost_count(), "record", "records"),
                lost.join(", ")
            )?;
        }
        for (path, stretch) in &journal.stranded {
            let many = stretch.count();
            writeln!(
                out,
                "             of these {} {}, {stretch}, still whole in {}: not in the ledger, because a\n             \
                 record ahead of {} is lost",
                spaced(many),
                count(many, "is", "are"),
                path.display(),
                count(many, "it", "them")
            )?;
        }
    }
    for (from, to) in &report.renamed {
        writeln!(out, "  renamed    {} to {}", name(from), name(to))?;
    }
    for path in &report.set_aside {
        writeln!(out, "  set aside  {}", path.display())?;
    }
    if !report.is_whole() {
        let words = if answers(report) {
            "What is here still answers: lookback show, lookback report."
        } else {
            "Nothing is left here that answers: restore a backup of the ledger's folder."
        };
        writeln!(out, "  {words}")?;
    }
    Ok(())
}
