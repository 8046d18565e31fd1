//! Entries: every change of a case's money, on its day, as a general ledger would book it.
//!
//! A row for each record that changed the money of a case: by how much each sum of [`CaseMoney`] moved,
//! on which day, and when that was learnt. They are what a roll-forward is made of, and what a case's
//! money was on any day. Not here: why the money changed, which is the fold of the case.
//!
//! # Which day counts
//!
//! The money's day: of what a person or another system says, the day it says it happened; of what a
//! remittance shows, its payment date (835 BPR16), or the day it was recorded where that cannot be
//! believed. When it was learnt is the moment of the record, in another column: an entry on a day that a
//! report has closed already is a change to a closed period.
//!
//! Architecture invariant: the entries of a case add up to its money.

use chrono::NaiveDate;
use lookback_events::event::{Event, Remittance};
use lookback_events::id::{CaseId, Digest};
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cases::CaseMoney;
use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, add, decode, read, write};
use crate::{Position, Record, compact, cycles, remittances};

/// What an entry is of, as a roll-forward tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The case was identified.
    Identified,
    /// A command changed its money.
    Command,
    /// A remittance showed a movement.
    Remittance,
}

/// By how much a record changed the money of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRow {
    /// What it is of.
    pub kind: Kind,
    /// The money's day.
    #[serde(with = "compact::day_if_any")]
    day: Option<NaiveDate>,
    /// When it was learnt, UTC.
    #[serde(with = "compact::moment")]
    pub recorded_at: Timestamp,
    /// How much more was identified.
    #[serde(with = "compact::cents")]
    pub identified: Money,
    /// How much more was reduced.
    #[serde(with = "compact::cents")]
    pub reduced: Money,
    /// How much more was collected.
    #[serde(with = "compact::cents")]
    pub collected: Money,
    /// How much more is carried forward.
    #[serde(with = "compact::cents")]
    pub carried: Money,
    /// How much more was written off.
    #[serde(with = "compact::cents")]
    pub written_off: Money,
}

/// An entry in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub at: Position,
    /// What it changed.
    pub row: EntryRow,
}

impl EntryRow {
    /// The money's day.
    pub fn day(&self) -> NaiveDate {
        self.day.unwrap_or_else(|| self.recorded_at.to_utc().date_naive())
    }

    /// By how much it changed outstanding + carried forward − restoration owed.
    ///
    /// # Errors
    /// When the sum cannot be held exactly.
    pub fn inventory(&self) -> Result<Money, RowsError> {
        [self.reduced, self.collected, self.written_off]
            .into_iter()
            .try_fold(self.identified, Money::checked_sub)
            .ok_or_else(|| RowsError::damaged("the money of a case is too long"))
    }

    /// Adds it to a case's money.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn add_to(&self, money: &mut CaseMoney) -> Result<(), RowsError> {
        add(&mut money.identified, Some(self.identified))?;
        add(&mut money.reduced, Some(self.reduced))?;
        add(&mut money.collected, Some(self.collected))?;
        add(&mut money.carried, Some(self.carried))?;
        add(&mut money.written_off, Some(self.written_off))
    }
}

fn key(case: &CaseId, at: Position) -> Vec<u8> {
    Key::new(b'j').text(case.as_str()).journal(at.journal).long(at.seq).done()
}

/// The money's day of a record.
fn day_of(rows: &dyn Rows, record: &Record<'_>) -> Result<NaiveDate, RowsError> {
    let recorded = record.recorded_at.to_utc().date_naive();
    let digest = match record.event {
        Event::Deed(deed) => return Ok(deed.act().happened.day),
        Event::Remittance(Remittance::Received(body)) => &body.remittance,
        Event::Remittance(Remittance::Adjusted(body)) => &body.adjustment.remittance,
        Event::Remittance(Remittance::Findings(body)) => &body.remittance,
        Event::Remittance(Remittance::Closed(body)) => &body.remittance,
        Event::Claim(_, body) => &body.claim.remittance,
        Event::Control(_) | Event::Original(_) | Event::VolumeSealed(_) => return Ok(recorded),
    };
    let Ok(digest) = Digest::parse(digest) else { return Ok(recorded) };
    let remittance = remittances::remittance(rows, &digest)?;
    let paid_on = remittance.and_then(|row| row.paid_on);
    Ok(cycles::cycle_of(paid_on, record).unwrap_or(recorded))
}

/// A record changed the money of a case: to be called wherever a case's row is written. `None` before
/// the case was identified. What one record does to one case is one entry, however many steps it takes.
///
/// # Errors
/// When the rows cannot be read, or a sum cannot be held exactly.
pub(crate) fn changed(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    case: &CaseId,
    before: Option<&CaseMoney>,
    after: &CaseMoney,
) -> Result<(), RowsError> {
    let nothing = CaseMoney::default();
    let was = before.unwrap_or(&nothing);
    let more = |after: Money, was: Money| {
        after.checked_sub(was).ok_or_else(|| RowsError::damaged("the money of a case is too long"))
    };
    let mut change = EntryRow {
        kind: match (before, record.event) {
            (None, _) => Kind::Identified,
            (Some(_), Event::Deed(_)) => Kind::Command,
            (Some(_), _) => Kind::Remittance,
        },
        day: Some(day_of(rows, record)?),
        recorded_at: record.recorded_at,
        identified: more(after.identified, was.identified)?,
        reduced: more(after.reduced, was.reduced)?,
        collected: more(after.collected, was.collected)?,
        carried: more(after.carried, was.carried)?,
        written_off: more(after.written_off, was.written_off)?,
    };
    let moved =
        [change.identified, change.reduced, change.collected, change.carried, change.written_off];
    if before.is_some() && moved.iter().all(|sum| sum.is_zero()) {
        return Ok(());
    }
    let key = key(case, record.position());
    if let Some(known) = read::<EntryRow>(rows, &key)? {
        change.kind = known.kind;
        for (sum, earlier) in [
            (&mut change.identified, known.identified),
            (&mut change.reduced, known.reduced),
            (&mut change.collected, known.collected),
            (&mut change.carried, known.carried),
            (&mut change.written_off, known.written_off),
        ] {
            add(sum, Some(earlier))?;
        }
    }
    write(rows, key, &change)
}

/// The entries of a case, in the order they were learnt.
///
/// # Errors
/// When the rows cannot be read.
pub fn of(rows: &dyn Rows, case: &CaseId) -> Result<Vec<Entry>, RowsError> {
    let mut entries = Vec::new();
    let prefix = Key::new(b'j').text(case.as_str()).done();
    crate::rows::each(rows, &prefix, &mut |key, value| {
        let mut fields = Fields::of(key);
        fields.text();
        let (Some(journal), Some(seq)) = (fields.journal(), fields.long()) else {
            return Err(RowsError::damaged("the key of an entry is cut short"));
        };
        entries.push(Entry { at: Position { journal, seq }, row: decode(value)? });
        Ok(true)
    })?;
    Ok(entries)
}

#[cfg(test)]
mod tests;
