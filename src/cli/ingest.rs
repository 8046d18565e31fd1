//! `lookback ingest`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lookback_events::id::ActorId;
use lookback_events::time::Timestamp;

use super::text::{count, plain, spaced};
use super::{Failure, Site, Telling, actor, failed, unless_closed};
use crate::check::{Outcome, RecordedPart, Source, Summary, passed_over, sources};
use crate::ingest::file::{FileError, Ingest, Taken, Watch};
use crate::ledger::Ledger;
use crate::report::day_of;

/// Arguments of `ingest`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, folders, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Who acts.
    #[arg(
        long,
        value_name = "ID",
        value_parser = actor,
        help = "Who acts [env: LOOKBACK_ACTOR] [default: svc-ingest]"
    )]
    actor: Option<ActorId>,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Telling,
}

/// What was asked of an ingest that went through many files.
#[derive(Debug, Default)]
struct Sums {
    recorded: Sum,
    partly: Sum,
    already: Vec<(String, Option<Timestamp>)>,
    already_count: u64,
    partly_named: Vec<(String, String)>,
    not_taken: Vec<(String, String)>,
    not_taken_count: u64,
    findings: std::collections::BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
struct Sum {
    files: u64,
    remittances: u64,
    claims: u64,
    paid: lookback_events::money::Money,
}

impl Sum {
    /// Counts what was recorded of a file: all of it, unless it says which part.
    fn add(&mut self, summary: &Summary) {
        let all = RecordedPart {
            transactions: summary.transactions,
            claims: summary.claims,
            claim_paid: summary.claim_paid,
        };
        let recorded = summary.recorded.unwrap_or(all);
        self.files = self.files.saturating_add(1);
        self.remittances = self.remittances.saturating_add(recorded.transactions);
        self.claims = self.claims.saturating_add(recorded.claims);
        self.paid = self.paid.checked_add(recorded.claim_paid).unwrap_or(self.paid);
    }
}

/// Files named in the summary; the others are counted.
const NAMED_MAX: usize = 10;

/// Draws the bar, and knows whether a person pressed Ctrl-C.
struct Bar {
    shown: ProgressBar,
    claims: u64,
    stop: Arc<AtomicBool>,
}

impl Watch for Bar {
    fn read(&mut self, bytes: u64, claims: u64) {
        self.claims = self.claims.saturating_add(claims);
        self.shown.inc(bytes);
        let seconds = self.shown.elapsed().as_millis().max(1);
        let rate = u128::from(self.claims).saturating_mul(1_000).checked_div(seconds);
        let rate = spaced(u64::try_from(rate.unwrap_or(0)).unwrap_or(0));
        let claims = spaced(self.claims);
        self.shown.set_message(format!("{claims} claims, {rate} a second"));
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let acts = match &self.actor {
            Some(actor) => actor.clone(),
            None => from_environment()?,
        };
        let mut ledger = site.open("ingest")?;
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        // A second handler cannot be set in one process (tests); the first one serves then.
        let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
        let mut bar = Bar { shown: progress(&self.paths), claims: 0, stop };
        let today = day_of(&ledger, crate::now::now());
        let mut sums = Sums::default();
        let mut unread = 0_u64;
        let outcome = self.all(&mut ledger, acts, &mut bar, &mut sums, &mut unread);
        bar.shown.finish_and_clear();
        // What was taken in before a fault is durable, and signed as far as it is.
        let closed = ledger.close();
        let closed =
            closed.map_err(|error| failed("the ledger could not be closed as it should be", error));
        if self.format == Telling::Table {
            let first_seen = |at| day_of(&ledger, at).to_string();
            unless_closed(print(&sums, &first_seen, &today.to_string()))?;
        }
        outcome?;
        closed?;
        ledger
            .rest()
            .map_err(|error| failed("the hot store could not be opened once more", error))?;
        Ok(if unread > 0 { super::FAILED } else { 0 })
    }

    fn all(
        &self,
        ledger: &mut Ledger,
        acts: ActorId,
        bar: &mut Bar,
        sums: &mut Sums,
        unread: &mut u64,
    ) -> Result<(), Failure> {
        let json = self.format == Telling::Json;
        let mut waiting: VecDeque<Taken> = VecDeque::new();
        let mut ingest = Ingest::new(ledger, acts);
        let mut fault = None;
        for source in sources(&self.paths) {
            if let Ok(Source::PassedOver { path, why }) = &source {
                bar.shown.suspend(|| eprintln!("{}", passed_over(path, why)));
                continue;
            }
            match one(&mut ingest, source, bar) {
                Ok(taken) => waiting.push_back(taken),
                Err((name, FileError::Read(error))) => {
                    *unread = unread.saturating_add(1);
                    let name = plain(&name);
                    bar.shown.suspend(|| eprintln!("error: cannot read {name}\n  cause: {error}"));
                }
                Err((name, FileError::Ledger(error))) => {
                    fault =
                        Some(failed(&format!("the ledger did not take {}", plain(&name)), error));
                    break;
                }
                Err((name, error)) => {
                    fault = Some(Failure::new(format!("{}: {error}", plain(&name))));
                    break;
                }
            }
            // A file is answered when, and only when, all of it is durable.
            while let Some(first) = waiting.front()
                && first.ticket.is_none_or(|ticket| ingest.ledger().is_durable(ticket))
                && let Some(taken) = waiting.pop_front()
            {
                sums.answer(&taken, json)?;
            }
        }
        let flushed = ingest.ledger().flush();
        // What is durable is told, also where something failed behind it.
        for taken in waiting {
            if taken.ticket.is_none_or(|ticket| ingest.ledger().is_durable(ticket)) {
                sums.answer(&taken, json)?;
            }
        }
        fault.map_or(Ok(()), Err)?;
        flushed.map_err(|error| failed("what was read could not be made durable", error))
    }
}

/// Who acts where the command line does not say; a variable set to nothing says nothing.
fn from_environment() -> Result<ActorId, Failure> {
    let set = std::env::var("LOOKBACK_ACTOR").ok().filter(|id| !id.is_empty());
    let id = set.unwrap_or_else(|| "svc-ingest".to_owned());
    actor(&id).map_err(|why| Failure::usage(format!("LOOKBACK_ACTOR: {why}")))
}

/// Takes one source; what failed is told with its name.
fn one(
    ingest: &mut Ingest<'_>,
    source: Result<Source, (PathBuf, io::Error)>,
    bar: &mut Bar,
) -> Result<Taken, (String, FileError)> {
    match source {
        Ok(Source::Standard) => {
            let spool = ingest.ledger().folder().join("spool");
            let taken = spooled(&spool).map_err(FileError::Read);
            taken.and_then(|file| ingest.file("-", "-", file, bar)).map_err(|e| ("-".to_owned(), e))
        }
        Ok(Source::File(path) | Source::PassedOver { path, .. }) => {
            let shown = path.display().to_string();
            let name = path.file_name().map_or(shown.clone(), |name| name.display().to_string());
            let file = File::open(&path).map_err(FileError::Read);
            file.and_then(|file| ingest.file(&shown, &name, file, bar)).map_err(|e| (shown, e))
        }
        Err((path, error)) => Err((path.display().to_string(), FileError::Read(error))),
    }
}

/// Standard input, kept in a file that has no name: a file is read twice.
fn spooled(folder: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::tempfile_in(folder)?;
    io::copy(&mut io::stdin().lock(), &mut file)?;
    io::Seek::rewind(&mut file)?;
    Ok(file)
}

/// A counter of what is done, where nobody knows how much there is; only on a terminal.
pub(super) fn spinner(of: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("  {spinner} {human_pos} {msg}  {per_sec}") {
        Ok(style) => bar.with_style(style).with_message(of),
        Err(_) => bar,
    }
}

/// A bar over all bytes, on standard error, only on a terminal.
fn progress(paths: &[PathBuf]) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let lengths = sources(paths).map(|source| match source {
        Ok(Source::File(path)) => std::fs::metadata(path).map_or(0, |meta| meta.len()),
        Ok(Source::Standard | Source::PassedOver { .. }) | Err(_) => 0,
    });
    let bytes = lengths.fold(0_u64, u64::saturating_add);
    let style = ProgressStyle::with_template("  {wide_bar} {bytes}/{total_bytes}  {msg}  {eta}");
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Sums {
    fn answer(&mut self, taken: &Taken, json: bool) -> Result<(), Failure> {
        let summary = &taken.summary;
        if json {
            // Whoever listened may have gone; what is still to be taken in is taken in all the same.
            unless_closed(told(summary))?;
        }
        for (rule, count) in &summary.findings_by_rule {
            let sum = self.findings.entry(rule.id()).or_default();
            *sum = sum.saturating_add(*count);
        }
        match summary.outcome {
            Outcome::Recorded | Outcome::Readable => self.recorded.add(summary),
            Outcome::PartlyRecorded => {
                self.partly.add(summary);
                name(&mut self.partly_named, summary);
            }
            Outcome::AlreadyRecorded => {
                self.already_count = self.already_count.saturating_add(1);
                if self.already.len() < NAMED_MAX {
                    self.already.push((summary.file.clone(), taken.first_seen));
                }
            }
            Outcome::Rejected | Outcome::Unreadable => {
                self.not_taken_count = self.not_taken_count.saturating_add(1);
                name(&mut self.not_taken, summary);
            }
        }
        Ok(())
    }
}

/// Keeps the name of a file, and why it was not taken, where there are not too many.
fn name(files: &mut Vec<(String, String)>, summary: &Summary) {
    if files.len() < NAMED_MAX {
        files.push((summary.file.clone(), summary.reason.clone().unwrap_or_default()));
    }
}

/// One file's summary as a line of JSON.
fn told(summary: &Summary) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, summary).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The summary for a person; days are those of the plan's time zone.
fn print(sums: &Sums, day: &dyn Fn(Timestamp) -> String, today: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let sum = |out: &mut io::StdoutLock<'_>, word: &str, sum: &Sum| {
        writeln!(
            out,
            "  {word:<17} {:>7} {}   {:>7} {}   {:>9} {}   $ {} paid",
            spaced(sum.files),
            count(sum.files, "file ", "files"),
            spaced(sum.remittances),
            count(sum.remittances, "remittance ", "remittances"),
            spaced(sum.claims),
            count(sum.claims, "claim ", "claims"),
            sum.paid.grouped()
        )
    };
    sum(&mut out, "recorded", &sums.recorded)?;
    if sums.partly.files > 0 {
        sum(&mut out, "partly recorded", &sums.partly)?;
        named(&mut out, &sums.partly_named, sums.partly.files)?;
    }
    if sums.already_count > 0 {
        let files = count(sums.already_count, "file", "files");
        writeln!(out, "  already recorded  {:>7} {files}", spaced(sums.already_count))?;
        for (file, first) in &sums.already {
            let first =
                first.map_or(String::new(), |at| format!("the same bytes, first seen {}", day(at)));
            for words in [plain(file), first].iter().filter(|words| !words.is_empty()) {
                writeln!(out, "                            {words}")?;
            }
        }
        and_more(&mut out, sums.already_count, sums.already.len())?;
    }
    if sums.not_taken_count > 0 {
        let files = count(sums.not_taken_count, "file", "files");
        writeln!(out, "  rejected          {:>7} {files}", spaced(sums.not_taken_count))?;
        named(&mut out, &sums.not_taken, sums.not_taken_count)?;
    }
    let all = sums.findings.values().copied().fold(0, u64::saturating_add);
    if all == 0 {
        return writeln!(out, "  findings                0");
    }
    let list: Vec<String> =
        sums.findings.iter().map(|(rule, n)| format!("{} {rule}", spaced(*n))).collect();
    let mut begin = format!("  findings          {:>7}         ", spaced(all));
    for line in in_lines(&list) {
        writeln!(out, "{begin}{line}")?;
        begin = " ".repeat(RULES_AT);
    }
    let see = format!("lookback report findings --since {today}");
    writeln!(out, "                                  see them: {see}")
}

/// Where the rules of findings stand in their line, and how long it may be.
const RULES_AT: usize = 34;
const LINE_MAX: usize = 100;

/// The parts of a list, as many on a line as it takes.
fn in_lines(list: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (place, part) in list.iter().enumerate() {
        let is_last = place.saturating_add(1) == list.len();
        let part = if is_last { part.clone() } else { format!("{part},") };
        match lines.last_mut() {
            Some(line)
                if RULES_AT.saturating_add(line.len()).saturating_add(part.len()) < LINE_MAX =>
            {
                line.push(' ');
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

/// Names files, and why they were not taken.
fn named(out: &mut impl io::Write, files: &[(String, String)], all: u64) -> io::Result<()> {
    for (file, why) in files {
        writeln!(out, "                            {}: {}", plain(file), plain(why))?;
    }
    and_more(out, all, files.len())
}

/// Says how many files were not named.
fn and_more(out: &mut impl io::Write, all: u64, named: usize) -> io::Result<()> {
    match all.saturating_sub(u64::try_from(named).unwrap_or(u64::MAX)) {
        0 => Ok(()),
        more => writeln!(out, "                            and {} more", spaced(more)),
    }
}
