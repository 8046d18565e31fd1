//! The files that were given to the ledger, by their SHA-256, and what became of each.
//!
//! Changed by the control journal only. Until `FileReceived` comes, a row says how much of the file's
//! list and of its kept bytes is recorded, so that an interrupted file goes on where it stopped.

use lookback_events::event::control::{
    FileCounts, FilePart, FileReceived, OriginalPart, Outcome, Piece,
};
use lookback_events::id::Digest;
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::{Fields, Key, clipped};
use crate::rows::{Rows, RowsError, plus, read, write};
use crate::{Record, compact};

/// A file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// How many `original-part` records hold bytes of it in the control journal.
    pub parts: u64,
    /// How many bytes those hold.
    pub parts_bytes: u64,
    /// How many `FilePart` records there are.
    pub lists: u64,
    /// Position of the first `FilePart`.
    pub lists_first: Option<u64>,
    /// Position of the last `FilePart`.
    pub lists_last: Option<u64>,
    /// How many remittances the lists name so far.
    pub remittances: u64,
    /// How many findings the lists hold so far.
    pub findings: u64,
    /// What `FileReceived` said; `None` while the file is not finished.
    pub received: Option<Received>,
    /// How many `FileReceived` came after the first.
    pub again: u64,
}

/// What the first `FileReceived` of a file said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Position of `FileReceived` in the control journal.
    pub seq: u64,
    /// When it was recorded, UTC.
    #[serde(with = "compact::moment")]
    pub recorded_at: Timestamp,
    /// The last part of its path, `-` for standard input.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it, or a part of it, was not recorded.
    pub reason: Option<String>,
    /// What it holds.
    pub counts: Counted,
    /// How many findings of its own it has; those of its remittances are not among them.
    pub findings: u64,
}

/// What a file holds (the columns of `check`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// CAS triples that hold a reason or an amount.
    pub adjustments: u64,
    /// Sum of BPR02.
    #[serde(with = "compact::cents")]
    pub bpr_total: Money,
    /// Sum of CLP04.
    #[serde(with = "compact::cents")]
    pub claim_paid: Money,
    /// CLP segments.
    pub claims: u64,
    /// CLP02 = 4.
    pub denied: u64,
    /// ISA segments.
    pub interchanges: u64,
    /// SVC segments.
    pub lines: u64,
    /// PLB pairs.
    pub plb_adjustments: u64,
    /// Sum of PLB amounts as signed in the file.
    #[serde(with = "compact::cents")]
    pub plb_total: Money,
    /// CLP02 = 22.
    pub reversals: u64,
    /// ST segments of 835s.
    pub transactions: u64,
}

impl From<&FileCounts> for Counted {
    fn from(counts: &FileCounts) -> Self {
        Self {
            adjustments: counts.adjustments,
            bpr_total: counts.bpr_total,
            claim_paid: counts.claim_paid,
            claims: counts.claims,
            denied: counts.denied,
            interchanges: counts.interchanges,
            lines: counts.lines,
            plb_adjustments: counts.plb_adjustments,
            plb_total: counts.plb_total,
            reversals: counts.reversals,
            transactions: counts.transactions,
        }
    }
}

/// The longest name and the longest reason that a row keeps; the record holds the rest.
const NAME_MAX: usize = 512;
const REASON_MAX: usize = 1024;

fn key(sha256: &Digest) -> Vec<u8> {
    Key::new(b'F').digest(sha256).done()
}

fn unfinished_key(sha256: &Digest) -> Vec<u8> {
    Key::new(b'H').digest(sha256).done()
}

fn change(
    rows: &mut dyn Rows,
    sha256: &Digest,
    change: impl FnOnce(&mut FileRow) -> Result<(), RowsError>,
) -> Result<(), RowsError> {
    let known: Option<FileRow> = read(rows, &key(sha256))?;
    let begun = known.is_some();
    let mut row = known.unwrap_or_default();
    change(&mut row)?;
    if row.received.is_some() {
        rows.remove(unfinished_key(sha256));
    } else if !begun {
        write(rows, unfinished_key(sha256), &())?;
    }
    write(rows, key(sha256), &row)
}

/// Bytes kept in the control journal.
pub(crate) fn original(rows: &mut dyn Rows, body: &OriginalPart<'_>) -> Result<(), RowsError> {
    let mut bytes = Vec::new();
    let damaged = |_| RowsError::damaged("bytes of a file are not Base64");
    body.original.push_to(&mut bytes).map_err(damaged)?;
    change(rows, &body.part.file, |row| {
        plus(&mut row.parts, 1)?;
        plus(&mut row.parts_bytes, u64::try_from(bytes.len()).unwrap_or(u64::MAX))
    })
}

fn remittances(layout: &[Piece<'_>]) -> u64 {
    let named = layout.iter().filter(|piece| matches!(piece, Piece::Remittance { .. })).count();
    u64::try_from(named).unwrap_or(u64::MAX)
}

pub(crate) fn listed(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    body: &FilePart<'_>,
) -> Result<(), RowsError> {
    change(rows, &body.file, |row| {
        if row.received.is_some() {
            return Ok(());
        }
        row.lists_first = row.lists_first.or(Some(record.seq));
        row.lists_last = Some(record.seq);
        plus(&mut row.lists, 1)?;
        plus(&mut row.findings, u64::try_from(body.findings.len()).unwrap_or(u64::MAX))?;
        plus(&mut row.remittances, remittances(&body.layout))
    })
}

pub(crate) fn received(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    body: &FileReceived<'_>,
) -> Result<(), RowsError> {
    let sha256 = body.file.sha256;
    change(rows, &sha256, |row| {
        if row.received.is_some() {
            return plus(&mut row.again, 1);
        }
        plus(&mut row.remittances, remittances(&body.layout))?;
        let own = u64::try_from(body.findings.len()).unwrap_or(u64::MAX);
        row.received = Some(Received {
            seq: record.seq,
            recorded_at: record.recorded_at,
            name: clipped(&body.file.name, NAME_MAX).to_owned(),
            bytes: body.file.bytes,
            outcome: body.outcome,
            reason: body.reason.as_deref().map(|why| clipped(why, REASON_MAX).to_owned()),
            counts: (&body.counts).into(),
            findings: own.saturating_add(row.findings),
        });
        Ok(())
    })?;
    write(rows, Key::new(b'G').long(record.seq).done(), &sha256.0)
}

/// A file by its bytes.
///
/// # Errors
/// When the rows cannot be read.
pub fn file(rows: &dyn Rows, sha256: &Digest) -> Result<Option<FileRow>, RowsError> {
    read(rows, &key(sha256))
}

/// Calls `each` with every file in the order they were received, until it returns false.
///
/// A file that was received several times comes as often.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    each: &mut dyn FnMut(Digest, FileRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'G').done(), &mut |_, value| {
        let sha256 = Digest(crate::rows::decode(value)?);
        let row = file(rows, &sha256)?;
        Ok(each(sha256, row.ok_or_else(|| RowsError::damaged("a file's row is missing"))?))
    })
}

/// Calls `each` with every file that was begun and not finished, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn unfinished(
    rows: &dyn Rows,
    each: &mut dyn FnMut(Digest, FileRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'H').done(), &mut |key, _| {
        let sha256 = Fields::of(key).digest();
        let sha256 = sha256.ok_or_else(|| RowsError::damaged("a file's key is no digest"))?;
        let row = file(rows, &sha256)?;
        Ok(each(sha256, row.ok_or_else(|| RowsError::damaged("a file's row is missing"))?))
    })
}
