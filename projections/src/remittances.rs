//! Remittances, by digest: who paid whom, how much of each is recorded, and whether it is whole.
//!
//! While a remittance is being recorded its running counts are in a small row of its journal, so that
//! a claim changes one short row; [`remittance`] puts the two together. Another remittance's record
//! parks the one that was open.

use chrono::NaiveDate;
use lookback_events::event::ClaimKind;
use lookback_events::event::claim::ClaimBody;
use lookback_events::event::remittance::{
    Counts, ProviderAdjusted, RemittanceClosed, RemittanceReceived, Verdict,
};
use lookback_events::id::{Digest, JournalId, PayeeId};
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::{Fields, Key, clipped};
use crate::rows::{Rows, RowsError, add, decode, plus, read, write};
use crate::{Position, Record, compact, findings, movements, offsets, retention, runs};

/// A remittance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemittanceRow {
    /// Its journal.
    #[serde(with = "compact::journal")]
    pub journal: JournalId,
    /// Position of its `RemittanceReceived`.
    pub first: u64,
    /// When that was recorded, UTC.
    #[serde(with = "compact::moment")]
    pub recorded_at: Timestamp,
    /// SHA-256 of the file it came in.
    #[serde(with = "compact::digest")]
    pub file: Digest,
    /// Which 835 of that file, from 1.
    pub ordinal: u64,
    /// Who is paid.
    pub payee: PayeeId,
    /// Who pays (835 TRN03), trimmed; empty where it is missing.
    pub payer: String,
    /// Check or EFT number (835 TRN02), trimmed; empty where it is missing.
    pub trace: String,
    /// Payment date (835 BPR16).
    #[serde(with = "compact::day_if_any")]
    pub paid_on: Option<NaiveDate>,
    /// The payment (835 BPR02).
    #[serde(with = "compact::cents_if_any")]
    pub amount: Option<Money>,
    /// How much of it is recorded.
    pub running: Running,
    /// How it ended; `None` while it is incomplete.
    pub closed: Option<Closed>,
    /// What the findings' fold must remember while it is incomplete.
    watch: findings::Watch,
    /// The contract years that its claims speak of.
    touched: retention::Touched,
    /// What the movements' fold must remember while it is incomplete.
    money: movements::Watch,
}

/// How much of a remittance is recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Claim records.
    pub claims: u64,
    /// Provider adjustment records.
    pub adjustments: u64,
    /// `original-part` records.
    pub parts: u64,
    /// `FindingsRecorded` records.
    pub findings_records: u64,
    /// Claims that say they were denied (835 CLP02 4).
    pub denied: u64,
    /// Claims that say they are reversals (835 CLP02 22).
    pub reversed: u64,
    /// Sum of CLP04.
    #[serde(with = "compact::cents")]
    pub paid: Money,
    /// Sum of the PLB amounts as signed in the file.
    #[serde(with = "compact::cents")]
    pub plb: Money,
    /// Of those, what the plan took or gave back in recovery ([`offsets::is_own_recovery`]).
    #[serde(with = "compact::cents")]
    pub recovered: Money,
}

impl Running {
    /// How many records it has between its two ends.
    pub fn records(&self) -> u64 {
        [self.adjustments, self.parts, self.findings_records]
            .into_iter()
            .fold(self.claims, u64::saturating_add)
    }

    pub(crate) fn claim(&mut self, kind: ClaimKind, body: &ClaimBody<'_>) -> Result<(), RowsError> {
        plus(&mut self.claims, 1)?;
        plus(&mut self.denied, u64::from(kind == ClaimKind::Denied))?;
        plus(&mut self.reversed, u64::from(kind == ClaimKind::Reversed))?;
        add(&mut self.paid, body.money.paid)
    }

    pub(crate) fn adjusted(&mut self, body: &ProviderAdjusted<'_>) -> Result<(), RowsError> {
        plus(&mut self.adjustments, 1)?;
        if offsets::is_own_recovery(&body.adjustment.reason) {
            add(&mut self.recovered, body.adjustment.amount)?;
        }
        add(&mut self.plb, body.adjustment.amount)
    }

    pub(crate) fn findings_record(&mut self) -> Result<(), RowsError> {
        plus(&mut self.findings_records, 1)
    }
}

/// How a remittance ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Position of its `RemittanceClosed`.
    pub last: u64,
    /// When that was recorded, UTC.
    #[serde(with = "compact::moment")]
    pub recorded_at: Timestamp,
    /// Whether it adds up.
    pub verdict: Verdict,
    /// By how much BPR02 is above what it should be.
    #[serde(with = "compact::cents_if_any")]
    pub off: Option<Money>,
    /// How much it holds, as counted when it was read.
    pub counts: Counts,
    /// How many findings it has.
    pub findings: u64,
    /// True where its SE is missing.
    pub truncated: bool,
}

/// The remittance that a journal is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Its digest.
    #[serde(with = "compact::digest")]
    pub digest: Digest,
    /// Who is paid.
    pub payee: PayeeId,
    /// SHA-256 of the file it came in.
    #[serde(with = "compact::digest")]
    pub file: Digest,
    /// Payment date (835 BPR16).
    #[serde(with = "compact::day_if_any")]
    pub paid_on: Option<NaiveDate>,
    /// How much of it is recorded.
    pub running: Running,
    /// What the findings' fold must remember of it.
    pub(crate) watch: findings::Watch,
    /// The contract years that its claims speak of so far.
    pub(crate) touched: retention::Touched,
    /// What the movements' fold must remember of it.
    pub(crate) money: movements::Watch,
}

impl Open {
    pub(crate) fn save(&self, rows: &mut dyn Rows, journal: JournalId) -> Result<(), RowsError> {
        write(rows, open_key(journal), self)
    }
}

/// The longest TRN02 and TRN03 that a row keeps; an 835 has at most 50 characters there.
const TRACE_MAX: usize = 200;

fn key(digest: &Digest) -> Vec<u8> {
    Key::new(b'R').digest(digest).done()
}

fn open_key(journal: JournalId) -> Vec<u8> {
    Key::new(b'O').journal(journal).done()
}

fn incomplete_key(row: &RemittanceRow) -> Vec<u8> {
    Key::new(b'N').journal(row.journal).long(row.first).done()
}

fn trace_key(payee: &PayeeId, payer: &str, trace: &str) -> Key {
    Key::new(b'K').text(payee.as_str()).text(payer.trim()).text(trace.trim())
}

/// A payment date in a key; days without a year of four digits and absent ones come first.
fn dated(key: Key, day: Option<NaiveDate>) -> Key {
    key.number(crate::accounts::number_of_day(day))
}

fn digest_of(hex: &str) -> Result<Digest, RowsError> {
    Digest::parse(hex).map_err(|_| RowsError::damaged("a record names no digest"))
}

pub(crate) fn begin(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    body: &RemittanceReceived<'_>,
) -> Result<(), RowsError> {
    park(rows, record.journal)?;
    let digest = digest_of(&body.remittance)?;
    let named = |text: Option<&str>| clipped(text.unwrap_or_default().trim(), TRACE_MAX).to_owned();
    let row = RemittanceRow {
        journal: record.journal,
        first: record.seq,
        recorded_at: record.recorded_at,
        file: digest_of(&body.file.sha256)?,
        ordinal: body.file.ordinal,
        payee: PayeeId::of_recorded(&body.payee.id),
        payer: named(body.payer.id.as_deref()),
        trace: named(body.payment.trace.as_deref()),
        paid_on: body.payment.date.map(|day| day.0),
        amount: body.payment.amount,
        running: Running::default(),
        closed: None,
        watch: findings::Watch::default(),
        touched: retention::Touched::begin(rows, record, body.payment.date.map(|day| day.0))?,
        money: movements::Watch::default(),
    };
    let place = |key: Key| key.journal(row.journal).long(row.first).done();
    write(rows, place(dated(Key::new(b'D'), row.paid_on)), &digest.0)?;
    let of_payee = Key::new(b'E').text(row.payee.as_str());
    write(rows, place(dated(of_payee, row.paid_on)), &digest.0)?;
    write(rows, incomplete_key(&row), &digest.0)?;
    if !row.trace.is_empty() {
        let (payer, trace) = (body.payer.id.as_deref(), body.payment.trace.as_deref());
        let key = trace_key(&row.payee, payer.unwrap_or_default(), trace.unwrap_or_default());
        write(rows, key.digest(&digest).done(), &())?;
    }
    write(rows, key(&digest), &row)?;
    runs::begun(rows, record, &row)?;
    let open = resumed(rows, digest, row)?;
    retention::begun(rows, record, &open)?;
    open.save(rows, record.journal)
}

/// What a journal goes on with when it goes on with this remittance.
fn resumed(rows: &dyn Rows, digest: Digest, row: RemittanceRow) -> Result<Open, RowsError> {
    let watch = findings::watch(rows, &row.payee, row.watch)?;
    let money = movements::watch(rows, &row.payee, row.money)?;
    let RemittanceRow { payee, file, paid_on, running, touched, .. } = row;
    Ok(Open { digest, payee, file, paid_on, running, watch, touched, money })
}

/// A payee has cases from now on, also in the middle of one of its remittances.
pub(crate) fn has_cases(
    rows: &mut dyn Rows,
    journal: JournalId,
    payee: &PayeeId,
) -> Result<(), RowsError> {
    match open(rows, journal)? {
        Some(mut open) if open.payee == *payee => {
            open.money.cases = true;
            open.save(rows, journal)
        }
        _ => Ok(()),
    }
}

/// Who paid the remittance that a record of a payee belongs to (835 TRN03); `None` where none does.
pub(crate) fn payer_at(
    rows: &dyn Rows,
    payee: &PayeeId,
    at: Position,
) -> Result<Option<String>, RowsError> {
    let mut begun = Vec::new();
    let of_payee = Key::new(b'E').text(payee.as_str()).done();
    crate::rows::each(rows, &of_payee, &mut |key, value| {
        let mut fields = Fields::of(key);
        let _ = (fields.text(), fields.number());
        let (Some(journal), Some(first)) = (fields.journal(), fields.long()) else {
            return Err(RowsError::damaged("the key of a remittance is cut short"));
        };
        if journal == at.journal && first <= at.seq {
            begun.push((first, Digest(decode(value)?)));
        }
        Ok(true)
    })?;
    // Records of two remittances do not mix but where one was left and gone on with: the later began
    // nearer to the record.
    begun.sort_unstable_by_key(|(first, _)| std::cmp::Reverse(*first));
    for (_, digest) in begun {
        let row = known(rows, &digest)?;
        if row.closed.is_none_or(|closed| closed.last >= at.seq) {
            return Ok(Some(row.payer).filter(|payer| !payer.is_empty()));
        }
    }
    Ok(None)
}

/// Puts what is open in a journal back into its row.
fn park(rows: &mut dyn Rows, journal: JournalId) -> Result<(), RowsError> {
    let Some(open) = read::<Open>(rows, &open_key(journal))? else { return Ok(()) };
    let mut row = known(rows, &open.digest)?;
    row.running = open.running;
    row.watch = open.watch;
    row.touched = open.touched;
    row.money = open.money;
    write(rows, key(&open.digest), &row)?;
    rows.remove(open_key(journal));
    Ok(())
}

fn known(rows: &dyn Rows, digest: &Digest) -> Result<RemittanceRow, RowsError> {
    let row = read::<RemittanceRow>(rows, &key(digest))?;
    row.ok_or_else(|| RowsError::damaged("a record belongs to a remittance that never began"))
}

/// The remittance that a record goes on with.
pub(crate) fn reopen(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    digest: &str,
) -> Result<Open, RowsError> {
    reopen_digest(rows, record, digest_of(digest)?)
}

fn reopen_digest(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    digest: Digest,
) -> Result<Open, RowsError> {
    if let Some(open) = read::<Open>(rows, &open_key(record.journal))?
        && open.digest == digest
    {
        return Ok(open);
    }
    park(rows, record.journal)?;
    let row = known(rows, &digest)?;
    if row.journal != record.journal || row.closed.is_some() {
        return Err(RowsError::damaged("a record goes on with a remittance that has ended"));
    }
    resumed(rows, digest, row)
}

/// Bytes of a remittance that did not fit their own record.
pub(crate) fn part(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    digest: Digest,
) -> Result<(), RowsError> {
    let mut open = reopen_digest(rows, record, digest)?;
    plus(&mut open.running.parts, 1)?;
    open.save(rows, record.journal)
}

pub(crate) fn close(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &Open,
    body: &RemittanceClosed<'_>,
) -> Result<(), RowsError> {
    let mut row = known(rows, &open.digest)?;
    row.running = open.running;
    row.touched = open.touched.clone();
    row.closed = Some(Closed {
        last: record.seq,
        recorded_at: record.recorded_at,
        verdict: body.balance.verdict,
        off: body.balance.off,
        counts: body.counts,
        findings: open.watch.findings,
        truncated: body.truncated,
    });
    write(rows, key(&open.digest), &row)?;
    runs::closed(rows, record, &row)?;
    retention::closed(rows, record, open, row.position())?;
    offsets::closed(rows, record, open)?;
    rows.remove(incomplete_key(&row));
    rows.remove(open_key(record.journal));
    Ok(())
}

/// A remittance by its digest.
///
/// # Errors
/// When the rows cannot be read.
pub fn remittance(rows: &dyn Rows, digest: &Digest) -> Result<Option<RemittanceRow>, RowsError> {
    let Some(mut row) = read::<RemittanceRow>(rows, &key(digest))? else { return Ok(None) };
    if row.closed.is_none()
        && let Some(open) = open(rows, row.journal)?
        && open.digest == *digest
    {
        row.running = open.running;
    }
    Ok(Some(row))
}

/// The remittance that a journal is in the middle of.
///
/// # Errors
/// When the rows cannot be read.
pub fn open(rows: &dyn Rows, journal: JournalId) -> Result<Option<Open>, RowsError> {
    read(rows, &open_key(journal))
}

/// Which remittances are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// All, by payment date.
    All,
    /// Those of a payee, by payment date.
    OfPayee(&'a PayeeId),
    /// Those that are not closed, by journal.
    Incomplete,
}

/// Calls `each` with the remittances asked for until it returns false; those without a payment date
/// come first.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    which: Which<'_>,
    each: &mut dyn FnMut(Digest, RemittanceRow) -> bool,
) -> Result<(), RowsError> {
    let prefix = match which {
        Which::All => Key::new(b'D'),
        Which::OfPayee(payee) => Key::new(b'E').text(payee.as_str()),
        Which::Incomplete => Key::new(b'N'),
    };
    crate::rows::each(rows, &prefix.done(), &mut |_, value| {
        let digest = Digest(decode(value)?);
        let row = remittance(rows, &digest)?;
        Ok(each(digest, row.ok_or_else(|| RowsError::damaged("a remittance's row is missing"))?))
    })
}

/// The digests recorded for a payee under a payer (835 TRN03) and a check or EFT number (TRN02).
///
/// # Errors
/// When the rows cannot be read.
pub fn with_trace(
    rows: &dyn Rows,
    payee: &PayeeId,
    payer: &str,
    trace: &str,
    each: &mut dyn FnMut(Digest) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &trace_key(payee, payer, trace).done(), &mut |key, _| {
        let mut fields = Fields::of(key);
        let _ = (fields.text(), fields.text(), fields.text());
        let digest = fields.digest().ok_or_else(|| RowsError::damaged("a key is cut short"))?;
        Ok(each(digest))
    })
}

/// True where a remittance of a payee, whoever paid it, names a check or EFT number (835 TRN02).
///
/// # Errors
/// When the rows cannot be read.
pub fn is_trace(rows: &dyn Rows, payee: &PayeeId, trace: &str) -> Result<bool, RowsError> {
    let (prefix, mut found) = (Key::new(b'K').text(payee.as_str()), false);
    crate::rows::each(rows, &prefix.done(), &mut |key, _| {
        let mut fields = Fields::of(key);
        let (_, _, own) = (fields.text(), fields.text(), fields.text());
        found = own.is_some_and(|own| own == trace.trim());
        Ok(!found)
    })?;
    Ok(found)
}

impl RemittanceRow {
    /// Where it begins.
    pub fn position(&self) -> Position {
        Position { journal: self.journal, seq: self.first }
    }

    /// The contract years of the services that its claims speak of, and that of its payment,
    /// ascending; those of its first records while it is incomplete.
    pub fn contract_years(&self) -> impl Iterator<Item = i32> {
        self.touched.years()
    }
}
