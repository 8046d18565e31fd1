//! The whole verification of an open ledger: journals, rows, signed checkpoints, original files.

use std::io;
use std::sync::{Mutex, PoisonError};

use lookback_events::id::{Digest, JournalId};
use lookback_events::record::Header;
use lookback_projections::rows::{MemoryRows, Rows as _};
use lookback_projections::{cases, files};

use super::examine::{Watch, headers};
use super::{Ledger, LedgerError, error_chain, fold};
use crate::journal::Position;
use crate::keys::Keys;
use crate::original;
use crate::verify::{self, Depth, Observer, Report};

/// Files that are named when they do not come back.
const BAD_FILES_MAX: usize = 20;

/// What was verified, in numbers.
#[derive(Debug)]
pub struct Audit {
    /// The journals.
    pub report: Report,
    /// How many journals have a signed checkpoint; each was compared when the ledger was opened.
    pub signed: u64,
    /// How many records those cover.
    pub covered: u64,
    /// Journals with records that no signed checkpoint covers: an ingest that was cut off leaves such,
    /// and so does a checkpoint that was removed.
    pub not_covered: Vec<NotCovered>,
    /// The rows against a rebuild; `None` where only headers were verified.
    pub rows: Option<RowsFound>,
    /// The original files; `None` where only headers were verified, or the rows that name them cannot
    /// be read.
    pub files: Option<FilesFound>,
}

/// The records of a journal that no signed checkpoint covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotCovered {
    /// The journal.
    pub journal: JournalId,
    /// How many there are; the newest.
    pub records: u64,
    /// There is no checkpoint of the journal at all.
    pub is_unsigned: bool,
}

/// The live rows beside rows that were folded again.
#[derive(Debug)]
pub enum RowsFound {
    /// Records are damaged, so nobody knows what the rows should be: they may be right.
    NotCompared,
    /// They were damaged, as said here, and were made again when the ledger was opened; now all are as
    /// they should be.
    MadeAgain(String),
    /// So many rows were compared, and all are as they should be.
    Same(u64),
    /// The first difference, in words.
    Differ(String),
}

/// The files that were received, put together again.
#[derive(Debug)]
pub struct FilesFound {
    /// How many there are.
    pub all: u64,
    /// How many came back with their SHA-256.
    pub good: u64,
    /// The first of those that did not, and why.
    pub bad: Vec<(Digest, String)>,
}

impl Audit {
    /// True when everything is as it was recorded.
    pub fn is_clean(&self) -> bool {
        self.report.is_clean()
            && self.rows.as_ref().is_none_or(|rows| matches!(rows, RowsFound::Same(_)))
            && self.files.as_ref().is_none_or(|files| files.all == files.good)
    }
}

/// Folds what it is shown, journal by journal: no row is changed by two journals. What the ledger chose
/// for itself is asked for by the folds of all.
struct Folding {
    choices: MemoryRows,
    journals: Vec<Mutex<(MemoryRows, Option<LedgerError>)>>,
}

impl Folding {
    fn new(ledger: &Ledger, depth: Depth) -> Self {
        let mut choices = MemoryRows::default();
        if depth == Depth::Full {
            let control = JournalId::CONTROL;
            let first = ledger.each_opened(control, 0, 1, |at, header, body| {
                fold(&mut choices, at, header, body)?;
                Ok(true)
            });
            if first.is_err() {
                // Damage is told of where it is found.
                choices = MemoryRows::default();
            }
        }
        let begin = |journal: &JournalId| {
            if journal.is_control() { MemoryRows::default() } else { choices.clone() }
        };
        let ids = ledger.journals().ids();
        let journals = ids.iter().map(|journal| Mutex::new((begin(journal), None))).collect();
        Self { choices, journals }
    }
}

impl Observer for Folding {
    fn record(&self, at: Position, header: &Header<'_>, body: Option<&[u8]>) {
        let Some(slot) = self.journals.get(usize::from(at.journal.index())) else { return };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let (rows, failed) = &mut *slot;
        if let (Some(body), None) = (body, failed.as_ref()) {
            *failed = fold(rows, at, header, body).err();
        }
    }
}

/// Verifies everything that `depth` asks for.
///
/// # Errors
/// When the rows or a checkpoint cannot be read; damage is no error, it is what is reported.
pub fn audit(
    ledger: &Ledger,
    depth: Depth,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Audit, LedgerError> {
    let ids = ledger.journals().ids();
    let folding = Folding::new(ledger, depth);
    let watch = Watch::new(ledger.keys(), depth, ids.iter().map(|_| 0));
    let observer: &dyn Observer = if depth == Depth::Full { &folding } else { &watch };
    let keys: &Keys = ledger.keys();
    let mut report = verify::journals(ledger.journals(), keys, depth, observer, progress);
    headers(&mut report, &watch);
    let mut not_covered = Vec::new();
    let (mut signed, mut covered) = (0_u64, 0_u64);
    for journal in &ids {
        let last = ledger.checkpoints().last(*journal)?;
        let size = last.as_ref().map_or(0, |last| last.size);
        signed = signed.saturating_add(u64::from(last.is_some()));
        covered = covered.saturating_add(size);
        let records = ledger.journals().head(*journal).next().saturating_sub(size);
        if records > 0 {
            let is_unsigned = last.is_none();
            not_covered.push(NotCovered { journal: *journal, records, is_unsigned });
        }
    }
    let (rows, files) = match depth {
        Depth::Headers => (None, None),
        Depth::Full if !report.is_clean() => {
            (Some(RowsFound::NotCompared), Some(original_files(ledger)?))
        }
        Depth::Full => match compare(ledger, folding) {
            Ok(RowsFound::Same(_)) if let Some(why) = ledger.damaged_rows() => {
                (Some(RowsFound::MadeAgain(why.to_owned())), Some(original_files(ledger)?))
            }
            Ok(rows) => (Some(rows), Some(original_files(ledger)?)),
            // Files are found by their rows.
            Err(error @ (LedgerError::Rows(_) | LedgerError::Database(_))) => {
                (Some(RowsFound::Differ(error_chain(&error))), None)
            }
            Err(error) => return Err(error),
        },
    };
    Ok(Audit { report, signed, covered, not_covered, rows, files })
}

fn compare(ledger: &Ledger, folding: Folding) -> Result<RowsFound, LedgerError> {
    let mut rebuilt = MemoryRows::default();
    let mut first_difference = None;
    for (number, slot) in folding.journals.into_iter().enumerate() {
        let (rows, failed) = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = failed {
            first_difference.get_or_insert(error_chain(&error));
        }
        for (key, value) in rows.iter() {
            let begun_with = number > 0 && folding.choices.get(key)?.as_deref() == Some(value);
            if begun_with {
                continue;
            }
            lookback_projections::rows::Rows::put(&mut rebuilt, key.to_vec(), value.to_vec());
        }
    }
    let mut compared = 0_u64;
    let mut expected = rebuilt.iter();
    let mut differs = |what: &str, key: &[u8]| {
        let letter = key.first().copied().map_or('?', char::from);
        first_difference.get_or_insert(format!("{what} (rows of kind {letter})"));
    };
    ledger.rows().scan(&[], &mut |key, value| {
        // What the store keeps about itself.
        if key.first() == Some(&0) {
            return true;
        }
        compared = compared.saturating_add(1);
        match expected.next() {
            Some(wanted) if wanted == (key, value) => true,
            Some((wanted, _)) if wanted == key => {
                differs("a row has another value", key);
                false
            }
            _ => {
                differs("a row is there that should not be, or one is missing before it", key);
                false
            }
        }
    })?;
    if let Some((key, _)) = expected.next() {
        differs("a row is missing", key);
    }
    money(ledger, &mut first_difference)?;
    Ok(first_difference.map_or(RowsFound::Same(compared), RowsFound::Differ))
}

/// Adds up the money of every case again: a fold that lost a cent would lose it twice, so that rows
/// folded again are the same and wrong.
fn money(ledger: &Ledger, first_difference: &mut Option<String>) -> Result<(), LedgerError> {
    let mut all = Vec::new();
    cases::all(ledger.rows(), &mut |id, _| {
        all.push(id);
        true
    })?;
    for id in all {
        let Some(row) = cases::case(ledger.rows(), &id)? else { continue };
        if cases::recount(ledger.rows(), &id, &row)? != row.money || !row.money.holds()? {
            first_difference.get_or_insert(format!("the money of case {id} does not add up"));
        }
    }
    Ok(())
}

fn original_files(ledger: &Ledger) -> Result<FilesFound, LedgerError> {
    let mut digests = Vec::new();
    files::all(ledger.rows(), &mut |digest, _| {
        digests.push(digest);
        true
    })?;
    let found = Mutex::new(FilesFound {
        all: u64::try_from(digests.len()).unwrap_or(0),
        good: 0,
        bad: Vec::new(),
    });
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(digest) =
                    digests.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let outcome = one_file(ledger, digest);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    match outcome {
                        Ok(()) => found.good = found.good.saturating_add(1),
                        Err(why) if found.bad.len() < BAD_FILES_MAX => {
                            found.bad.push((*digest, why));
                        }
                        Err(_) => {}
                    }
                }
            });
        }
    });
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn one_file(ledger: &Ledger, digest: &Digest) -> Result<(), String> {
    original::write(ledger, digest, &mut io::sink()).map_err(|error| error_chain(&error))
}
