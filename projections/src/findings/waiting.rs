//! Findings that a later record may resolve, and how they are told from the payee's other facts.
//!
//! The usual claim costs nothing here: how many reversals of its payee wait is in the open
//! remittance's row.

use chrono::NaiveDate;
use lookback_events::event::ClaimKind;
use lookback_events::event::claim::ClaimBody;
use lookback_events::finding::Finding;
use lookback_events::id::{Digest, PayeeId};
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::{FindingId, FindingRow};
use crate::keys::{Fields, Key};
use crate::payments::{Dates, is_reversal};
use crate::remittances::Open;
use crate::rows::{Rows, RowsError, decode, plus, read, write};
use crate::{Record, compact};

/// What the fold of findings must remember of an open remittance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watch {
    /// How many findings are recorded.
    pub(crate) findings: u64,
    /// How many reversals of its payee wait for their original.
    pub(crate) waiting: u64,
    /// How many of its own reversals are kept under `V`.
    reversals: u64,
    /// How many of its consumed forward balances are kept under `U`.
    forwards: u32,
    /// How many of those have been tied to a finding, or were made after all.
    forwards_tied: u32,
}

/// What a reversal takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Taken {
    /// Which claim it is about.
    claim: [u8; 32],
    /// Its first and last day of service, each hashed with the claim.
    days: [Option<[u8; 32]>; 2],
    #[serde(with = "compact::cents_if_any")]
    charge: Option<Money>,
    #[serde(with = "compact::cents_if_any")]
    paid: Option<Money>,
    #[serde(with = "compact::day_if_any")]
    paid_on: Option<NaiveDate>,
}

impl Taken {
    fn of(open: &Open, body: &ClaimBody<'_>) -> Self {
        let number = body.claim.patient_control.as_bytes();
        let hash = |day: &[u8]| {
            let mut hasher = sha2::Sha256::new();
            for part in [open.payee.as_str().as_bytes(), b"\0", number, day] {
                hasher.update(part);
            }
            <[u8; 32]>::from(hasher.finalize())
        };
        let dates = Dates::of(body);
        let day = |day: Option<NaiveDate>| day.map(|day| hash(format!("\0{day}").as_bytes()));
        Self {
            claim: hash(b""),
            days: [day(dates.from), day(dates.to)],
            charge: body.money.charge,
            paid: body.money.paid,
            paid_on: open.paid_on,
        }
    }

    /// True where this reversal takes back that payment: amounts negated, days that do not differ,
    /// and a payment that was not made after it.
    fn takes(&self, payment: &Self) -> bool {
        let negated = |mine: Option<Money>, its: Option<Money>| {
            mine.is_some_and(|mine| its.is_some_and(|its| its.negated() == mine))
        };
        let same =
            self.days.iter().zip(&payment.days).all(|(a, b)| a.is_none() || b.is_none() || a == b);
        let in_time = match (self.paid_on, payment.paid_on) {
            (Some(reversed), Some(paid)) => paid <= reversed,
            (None, _) | (_, None) => true,
        };
        same && in_time && negated(self.charge, payment.charge) && negated(self.paid, payment.paid)
    }
}

fn count_key(payee: &PayeeId) -> Vec<u8> {
    Key::new(b'C').text(payee.as_str()).done()
}

fn reversal_key(digest: &Digest, ordinal: u64) -> Vec<u8> {
    Key::new(b'V').digest(digest).long(ordinal).done()
}

fn forward_key(digest: &Digest, number: u32) -> Vec<u8> {
    Key::new(b'U').digest(digest).number(number).done()
}

fn waiting_claim(payee: &PayeeId, claim: [u8; 32]) -> Key {
    Key::new(b'W').text(payee.as_str()).byte(b'r').digest(&Digest(claim))
}

fn waiting_forward(payee: &PayeeId, id: &str) -> Key {
    Key::new(b'W').text(payee.as_str()).byte(b'f').text(id)
}

/// What is known of the payee when one of its remittances begins or goes on.
pub(crate) fn watch(rows: &dyn Rows, payee: &PayeeId, before: Watch) -> Result<Watch, RowsError> {
    let waiting: Option<u64> = read(rows, &count_key(payee))?;
    Ok(Watch { waiting: waiting.unwrap_or(0), ..before })
}

/// A claim comes by: a reversal is kept until its remittance is closed, a payment may be what a
/// reversal waits for.
pub(crate) fn of_claim(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &mut Open,
    kind: ClaimKind,
    body: &ClaimBody<'_>,
) -> Result<(), RowsError> {
    if is_reversal(kind, body.money.charge, body.money.paid) {
        plus(&mut open.watch.reversals, 1)?;
        let key = reversal_key(&open.digest, body.claim.ordinal);
        return write(rows, key, &Taken::of(open, body));
    }
    if open.watch.waiting == 0 {
        return Ok(());
    }
    let payment = Taken::of(open, body);
    let prefix = waiting_claim(&open.payee, payment.claim).done();
    let mut found = None;
    crate::rows::each(rows, &prefix, &mut |key, value| {
        let reversal: Taken = decode(value)?;
        if reversal.takes(&payment) {
            found = Some(key.to_vec());
        }
        Ok(found.is_none())
    })?;
    let Some(key) = found else { return Ok(()) };
    resolve(rows, record, key, prefix.len())?;
    open.watch.waiting = open.watch.waiting.saturating_sub(1);
    match open.watch.waiting {
        0 => rows.remove(count_key(&open.payee)),
        left => write(rows, count_key(&open.payee), &left)?,
    }
    Ok(())
}

/// The finding that waits under a key is resolved by a record.
fn resolve(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    key: Vec<u8>,
    prefix: usize,
) -> Result<(), RowsError> {
    // `Fields` leaves out the letter, here the last byte of what comes before the id.
    let tail = key.get(prefix.saturating_sub(1)..).unwrap_or_default();
    let id = FindingId::take(&mut Fields::of(tail))?;
    if let Some(mut row) = read::<FindingRow>(rows, &id.key())? {
        row.resolved = Some(record.position());
        write(rows, id.key(), &row)?;
    }
    rows.remove(key);
    Ok(())
}

/// A reversal of this remittance was found to be without its original: it waits.
pub(super) fn for_original(
    rows: &mut dyn Rows,
    open: &mut Open,
    id: FindingId,
    finding: &Finding,
) -> Result<(), RowsError> {
    let Some(ordinal) = claim_of(&finding.path) else { return Ok(()) };
    let Some(taken) = read::<Taken>(rows, &reversal_key(&open.digest, ordinal))? else {
        return Ok(());
    };
    write(rows, id.put(waiting_claim(&open.payee, taken.claim)), &taken)?;
    plus(&mut open.watch.waiting, 1)?;
    write(rows, count_key(&open.payee), &open.watch.waiting)
}

/// The number of the claim that a finding's path names: 3 in `ISA[1]/GS[1]/ST[2]/CLP[3]/SVC[1]`.
fn claim_of(path: &str) -> Option<u64> {
    path.split('/').find_map(|part| part.strip_prefix("CLP[")?.strip_suffix(']')?.parse().ok())
}

/// A forward balance is consumed that was not made: its id is kept until the remittance is closed.
pub(crate) fn forward_unknown(
    rows: &mut dyn Rows,
    open: &mut Open,
    id: &str,
) -> Result<(), RowsError> {
    write(rows, forward_key(&open.digest, open.watch.forwards), &id)?;
    open.watch.forwards = open.watch.forwards.saturating_add(1);
    Ok(())
}

/// The next unknown forward balance of this remittance is what the finding is about: such findings
/// stand in the order of the file, one for each.
pub(super) fn for_forward(
    rows: &mut dyn Rows,
    open: &mut Open,
    id: FindingId,
) -> Result<(), RowsError> {
    while open.watch.forwards_tied < open.watch.forwards {
        let key = forward_key(&open.digest, open.watch.forwards_tied);
        open.watch.forwards_tied = open.watch.forwards_tied.saturating_add(1);
        let Some(reference) = read::<String>(rows, &key)? else { continue };
        let row = crate::forwards::forward(rows, &open.payee, &reference)?;
        // Made further down in the same remittance: no finding was made of it.
        if row.is_some_and(|row| row.made_in.is_some()) {
            continue;
        }
        return write(rows, id.put(waiting_forward(&open.payee, &reference)), &());
    }
    Ok(())
}

/// A forward balance is made that was consumed before: what waited for it is resolved.
pub(crate) fn forward_made(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    payee: &PayeeId,
    id: &str,
) -> Result<(), RowsError> {
    let prefix = waiting_forward(payee, id).done();
    for key in keys(rows, &prefix)? {
        resolve(rows, record, key, prefix.len())?;
    }
    Ok(())
}

fn keys(rows: &dyn Rows, prefix: &[u8]) -> Result<Vec<Vec<u8>>, RowsError> {
    let mut keys = Vec::new();
    rows.scan(prefix, &mut |key, _| {
        keys.push(key.to_vec());
        true
    })?;
    Ok(keys)
}

/// The remittance is closed: what was kept of it goes.
pub(super) fn forget(rows: &mut dyn Rows, open: &Open) -> Result<(), RowsError> {
    if open.watch.reversals > 0 {
        for key in keys(rows, &Key::new(b'V').digest(&open.digest).done())? {
            rows.remove(key);
        }
    }
    for number in 0..open.watch.forwards {
        rows.remove(forward_key(&open.digest, number));
    }
    Ok(())
}
