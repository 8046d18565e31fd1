//! `lookback check`: 835 files read without a ledger; what they hold and what is odd about them.
//!
//! Not an ingest: nothing is kept, any ISA15 is read. The same summary, with other outcomes, is what
//! an ingest says of each file.

mod print;
mod summary;
mod walk;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

pub use print::Report;
pub(crate) use print::plain;
pub use summary::{FINDINGS_LISTED_MAX, Outcome, RecordedPart, Summary, Tally};
pub(crate) use walk::passed_over;
pub use walk::{Failed, Source, sources};

use crate::ingest::era::Era;
use crate::ingest::x12::prescan::Hashing;

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    Human,
    /// One JSON object a line a file.
    Json,
}

/// How a check went, by rising exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing odd.
    Clean,
    /// Findings, or a file that cannot be read as an 835.
    Findings,
    /// A file could not be opened or read from disk.
    Error,
}

impl Verdict {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Error => 4,
        }
    }
}

/// What is said of a transaction set that is no 835 (ST01).
pub(crate) fn not_an_835(other: &str) -> String {
    format!("not an 835 (ST01 is {other})")
}

/// Reads one input to its end.
///
/// # Errors
/// When the input cannot be read.
pub fn summarise<R: Read>(file: &str, input: R) -> io::Result<Summary> {
    let mut items = Era::new(Hashing::new(input));
    let mut tally = Tally::default();
    while let Some(item) = items.next()? {
        tally.take(&item);
    }
    let unreadable = items.unreadable();
    let (sha256, _) = items.into_input().finish();
    Ok(tally.finish(file, sha256, unreadable))
}

/// Checks files, folders and `-`, one after the other; what cannot be opened is said on `err` and
/// the others are read.
///
/// # Errors
/// When the answer cannot be written.
pub fn run(
    paths: &[PathBuf],
    format: Format,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Verdict> {
    let mut verdict = Verdict::Clean;
    let mut report = Report::default();
    for source in sources(paths) {
        let (name, outcome) = match source {
            Ok(Source::Standard) => ("-".to_owned(), summarise("-", io::stdin().lock())),
            Ok(Source::File(path)) => {
                let name = path.display().to_string();
                let outcome = File::open(&path).and_then(|file| summarise(&name, file));
                (name, outcome)
            }
            Ok(Source::PassedOver { path, why }) => {
                writeln!(err, "{}", passed_over(&path, why))?;
                continue;
            }
            Err((path, error)) => (path.display().to_string(), Err(error)),
        };
        match outcome {
            Ok(summary) => {
                if !summary.is_clean() {
                    verdict = verdict.max(Verdict::Findings);
                }
                match format {
                    Format::Human => report.take(summary),
                    Format::Json => {
                        serde_json::to_writer(&mut *out, &summary)?;
                        out.write_all(b"\n")?;
                        out.flush()?;
                    }
                }
            }
            Err(error) => {
                verdict = Verdict::Error;
                writeln!(err, "error: cannot read {}\n  cause: {error}", plain(&name))?;
            }
        }
    }
    if format == Format::Human {
        report.print(out)?;
    }
    Ok(verdict)
}
