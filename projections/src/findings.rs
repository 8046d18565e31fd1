//! Findings, where they were recorded, and whether a later record resolved them.
//!
//! A finding is what we saw when it was recorded and is never changed; its row follows what came
//! later. `forward-unknown` is resolved by the forward balance made later, and
//! `reversal-without-original` by the payment that comes later and should have come before.
//!
//! To know such a claim again a row holds a SHA-256 of payee and patient control number, and another
//! with the days of service. It is made without a key, because projections have none: who holds the
//! rows and knows a claim's number can test whether it waits here, as who holds the stream key can
//! for all claims. It is in rows only, never in a journal, and goes when the finding is resolved.

use lookback_events::event::act::Subject;
use lookback_events::event::control::FileReceived;
use lookback_events::event::deed::Deed;
use lookback_events::finding::{Finding, Rule, Severity};
use lookback_events::id::{Digest, JournalId, PayeeId};
use lookback_events::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::keys::{Fields, Key, clipped};
use crate::remittances::Open;
use crate::rows::{Rows, RowsError, decode, plus, read, write};
use crate::{Position, Record, audits, cases, compact};

mod waiting;

pub(crate) use waiting::{Watch, forward_made, forward_unknown, of_claim, watch};

/// A finding as recorded, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    /// The rule that was broken.
    pub rule: Rule,
    /// How much it matters.
    pub severity: Severity,
    /// Version of the rules.
    pub version: u32,
    /// What should have stood there.
    pub expected: String,
    /// What stood there.
    pub found: String,
    /// One sentence for a person.
    pub message: String,
    /// Where in the envelopes.
    pub path: String,
    /// Number of the segment in the file, from 1.
    pub segment: u64,
    /// Byte offset of the segment in the file.
    pub offset: u64,
    /// The remittance; `None` for a finding of a file.
    #[serde(with = "compact::digest_if_any")]
    pub remittance: Option<Digest>,
    /// SHA-256 of the file; `None` for a finding that a command led to.
    #[serde(with = "compact::digest_if_any")]
    pub file: Option<Digest>,
    /// What a command that led to it was about, as `case:OP-2026-000117`.
    pub subject: Option<String>,
    /// Who is paid; `None` for a finding of a file.
    pub payee: Option<PayeeId>,
    /// When it was recorded, UTC.
    #[serde(with = "compact::moment")]
    pub recorded_at: Timestamp,
    /// The record that resolved it, if one did.
    pub resolved: Option<Position>,
}

/// The longest text of a finding that a row keeps; the record holds the rest.
const TEXT_MAX: usize = 512;

impl FindingRow {
    fn new(finding: &Finding, record: &Record<'_>, file: Option<Digest>) -> Self {
        let kept = |text: &str| clipped(text, TEXT_MAX).to_owned();
        Self {
            rule: finding.rule,
            severity: finding.severity,
            version: finding.version,
            expected: kept(&finding.expected),
            found: kept(&finding.found),
            message: kept(&finding.message),
            path: kept(&finding.path),
            segment: finding.segment,
            offset: finding.offset,
            remittance: None,
            file,
            subject: None,
            payee: None,
            recorded_at: record.recorded_at,
            resolved: None,
        }
    }
}

/// Where a finding is: its record, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingId {
    /// The record.
    pub at: Position,
    /// Its number in the record's list, from 0.
    pub number: u32,
}

impl FindingId {
    fn put(self, key: Key) -> Vec<u8> {
        key.journal(self.at.journal).long(self.at.seq).number(self.number).done()
    }

    fn key(self) -> Vec<u8> {
        self.put(Key::new(b'X'))
    }

    fn take(fields: &mut Fields<'_>) -> Result<Self, RowsError> {
        match (fields.journal(), fields.long(), fields.number()) {
            (Some(journal), Some(seq), Some(number)) => {
                Ok(Self { at: Position { journal, seq }, number })
            }
            _ => Err(RowsError::damaged("the key of a finding is cut short")),
        }
    }
}

/// The findings of a record's list with their ids.
fn numbered<'a>(
    record: &Record<'_>,
    findings: &'a [Finding],
) -> impl Iterator<Item = (FindingId, &'a Finding)> + use<'a> {
    let at = record.position();
    (0..).zip(findings).map(move |(number, finding)| (FindingId { at, number }, finding))
}

pub(crate) fn of_file(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    body: &FileReceived<'_>,
) -> Result<(), RowsError> {
    for (id, finding) in numbered(record, &body.findings) {
        write(rows, id.key(), &FindingRow::new(finding, record, Some(body.file.sha256)))?;
        write(rows, id.put(Key::new(b'Z').digest(&body.file.sha256)), &())?;
    }
    Ok(())
}

pub(crate) fn of_remittance(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &mut Open,
    findings: &[Finding],
) -> Result<(), RowsError> {
    for (id, finding) in numbered(record, findings) {
        let mut row = FindingRow::new(finding, record, Some(open.file));
        row.remittance = Some(open.digest);
        row.payee = Some(open.payee.clone());
        write(rows, id.key(), &row)?;
        write(rows, id.put(Key::new(b'Z').digest(&open.digest)), &())?;
        plus(&mut open.watch.findings, 1)?;
        if finding.rule == Rule::ReversalWithoutOriginal {
            waiting::for_original(rows, open, id, finding)?;
        } else if finding.rule == Rule::ForwardUnknown {
            waiting::for_forward(rows, open, id)?;
        }
    }
    Ok(())
}

/// The findings that a command led to, once its record is folded.
pub(crate) fn of_deed(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    deed: &Deed,
) -> Result<(), RowsError> {
    if deed.findings().is_empty() {
        return Ok(());
    }
    let payee = match deed.subject() {
        Subject::Case(case) => cases::case(rows, case)?.map(|row| row.payee),
        Subject::Audit(audit) => audits::audit(rows, audit)?.map(|row| row.payee),
        Subject::Payee(payee) => Some(payee.clone()),
        Subject::Hold(_) | Subject::Ledger => None,
    };
    let subject = deed.subject().to_string();
    let digest = digest_of(&subject);
    for (id, finding) in numbered(record, deed.findings()) {
        let mut row = FindingRow::new(finding, record, None);
        row.subject = Some(subject.clone());
        row.payee.clone_from(&payee);
        write(rows, id.key(), &row)?;
        write(rows, id.put(Key::new(b'Z').digest(&digest)), &())?;
    }
    Ok(())
}

/// Under which digest the findings about a subject are listed.
fn digest_of(subject: &str) -> Digest {
    Digest(sha2::Sha256::digest(subject.as_bytes()).into())
}

/// Calls `each` with the findings that commands about a subject led to, in the order they were
/// recorded, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn about(
    rows: &dyn Rows,
    subject: &Subject,
    each: &mut dyn FnMut(FindingId, FindingRow) -> bool,
) -> Result<(), RowsError> {
    of(rows, &digest_of(&subject.to_string()), each)
}

/// The remittance is whole: what was kept to know its claims again goes.
pub(crate) fn closed(rows: &mut dyn Rows, open: &Open) -> Result<(), RowsError> {
    waiting::forget(rows, open)
}

/// A finding.
///
/// # Errors
/// When the rows cannot be read.
pub fn finding(rows: &dyn Rows, id: FindingId) -> Result<Option<FindingRow>, RowsError> {
    read(rows, &id.key())
}

/// Calls `each` with the findings of a journal, or of all, by journal and position, until it returns
/// false.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    journal: Option<JournalId>,
    each: &mut dyn FnMut(FindingId, FindingRow) -> bool,
) -> Result<(), RowsError> {
    let prefix = Key::new(b'X');
    let prefix = journal.map_or(prefix.clone(), |journal| prefix.journal(journal));
    crate::rows::each(rows, &prefix.done(), &mut |key, value| {
        Ok(each(FindingId::take(&mut Fields::of(key))?, decode(value)?))
    })
}

/// Calls `each` with the findings of a remittance, or of a file outside its remittances, in the order
/// they were recorded, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn of(
    rows: &dyn Rows,
    digest: &Digest,
    each: &mut dyn FnMut(FindingId, FindingRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'Z').digest(digest).done(), &mut |key, _| {
        let mut fields = Fields::of(key);
        fields.digest();
        let id = FindingId::take(&mut fields)?;
        let row = finding(rows, id)?;
        Ok(each(id, row.ok_or_else(|| RowsError::damaged("a finding's row is missing"))?))
    })
}
