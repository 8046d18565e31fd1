//! Entries: every change of a case's money on its day, as a general ledger would book it.
//!
//! Nothing of its own is kept: entries are read from what a case's row says people recorded and from the
//! movements that are booked to it. They are what a roll-forward is made of, and what a case's money was
//! on any day.
//!
//! # Which day counts
//!
//! The money's day: of what a person or another system says, the day it says it happened; of what a
//! remittance shows, its payment date (835 BPR16). When it was learnt is the place of the record: an
//! entry on a day that a report has closed already is a change to a closed period.
//!
//! Invariant: the entries of a case add up to its money.

use chrono::NaiveDate;
use lookback_events::id::CaseId;
use lookback_events::money::Money;

use crate::cases::{Bucket, CaseMoney, CaseRow, ChangeKind, MoneyChange};
use crate::movements::{How, MovementKind};
use crate::rows::{Rows, RowsError, add};
use crate::{Position, movements};

/// What an entry is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The overpayment was identified.
    Identified,
    /// What another system says was done before.
    Opening,
    /// Claims or amounts were changed.
    Amended,
    /// Overturned, withdrawn, settled, discharged or recovered by another.
    Reduced,
    /// Given up for good.
    WrittenOff,
    /// Taken from payments, or given back to them.
    Offset,
    /// The provider paid back.
    Refund,
    /// Given back after it was taken wrongly.
    Restored,
}

impl Kind {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identified => "identified",
            Self::Opening => "opening",
            Self::Amended => "amended",
            Self::Reduced => "reduced",
            Self::WrittenOff => "written-off",
            Self::Offset => "offset",
            Self::Refund => "refund",
            Self::Restored => "restored",
        }
    }
}

/// By how much a record changed the money of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The record by which it was learnt.
    pub at: Position,
    /// The money's day.
    pub day: NaiveDate,
    /// What it is of.
    pub kind: Kind,
    /// True where a remittance or a document shows it; else somebody said so.
    pub evidenced: bool,
    /// How much more was identified.
    pub identified: Money,
    /// How much more was reduced.
    pub reduced: Money,
    /// How much more was collected.
    pub collected: Money,
    /// How much more is carried forward.
    pub carried: Money,
    /// How much more was written off.
    pub written_off: Money,
}

impl Entry {
    /// An entry that changes nothing yet.
    pub const fn nothing(at: Position, day: NaiveDate, kind: Kind) -> Self {
        Self {
            at,
            day,
            kind,
            evidenced: false,
            identified: Money::ZERO,
            reduced: Money::ZERO,
            collected: Money::ZERO,
            carried: Money::ZERO,
            written_off: Money::ZERO,
        }
    }

    /// By how much it changed the inventory: outstanding + carried forward − restoration owed.
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

/// What a change that somebody recorded is of; interest is beside the sums that meet.
const fn kind_of(change: ChangeKind) -> Option<Kind> {
    match change {
        ChangeKind::Identified => Some(Kind::Identified),
        ChangeKind::Opening => Some(Kind::Opening),
        ChangeKind::Amended => Some(Kind::Amended),
        ChangeKind::Determined
        | ChangeKind::Withdrawn
        | ChangeKind::Settled
        | ChangeKind::RecoveredByAnother
        | ChangeKind::Discharged => Some(Kind::Reduced),
        ChangeKind::WrittenOff => Some(Kind::WrittenOff),
        ChangeKind::Interest => None,
    }
}

const fn kind_of_movement(movement: MovementKind) -> Kind {
    match movement {
        MovementKind::Retraction
        | MovementKind::Letter
        | MovementKind::Unspecified
        | MovementKind::Affiliated
        | MovementKind::ForwardUnknown
        | MovementKind::Assigned
        | MovementKind::Offset
        | MovementKind::GivenBack
        | MovementKind::WrittenOffByPayer => Kind::Offset,
        MovementKind::Refund | MovementKind::ReturnAlone | MovementKind::RefundCheck => {
            Kind::Refund
        }
        MovementKind::Restored => Kind::Restored,
    }
}

fn of_change(change: &MoneyChange) -> Option<Entry> {
    let mut entry = Entry::nothing(change.at, change.on.0, kind_of(change.kind)?);
    let sum = match change.bucket {
        Bucket::Identified => &mut entry.identified,
        Bucket::Reduced => &mut entry.reduced,
        Bucket::Collected => &mut entry.collected,
        Bucket::Carried => &mut entry.carried,
        Bucket::WrittenOff => &mut entry.written_off,
        Bucket::Interest => return None,
    };
    *sum = change.amount;
    Some(entry)
}

/// The entries of a case, by the money's day, and those of one day in the order they were learnt.
///
/// A movement without a payment date counts on the day on which the case was identified. What a person
/// attributed was learnt by that record, what a later case drew to itself when it was identified.
///
/// # Errors
/// When the rows cannot be read.
pub fn of(rows: &dyn Rows, id: &CaseId, row: &CaseRow) -> Result<Vec<Entry>, RowsError> {
    let mut entries: Vec<Entry> = row.changes.iter().filter_map(of_change).collect();
    let undated = row.identified.happened.day;
    movements::of_case(rows, id, &mut |at, movement| {
        if !movement.counts() {
            return Ok(true);
        }
        let learnt = match movement.how {
            Some(How::Person(by)) => by,
            Some(How::Backwards) => at.max(row.identified.at),
            Some(How::Ladder | How::Told) | None => at,
        };
        let kind = kind_of_movement(movement.kind);
        let day = movement.on.unwrap_or(undated);
        let evidenced = movement.is_shown();
        let entry = Entry::nothing(learnt, day, kind);
        entries.push(Entry { collected: movement.amount, evidenced, ..entry });
        for carry in &movement.carries {
            let (at, on) = (carry.at.max(learnt), carry.on.unwrap_or(day));
            let collected = carry.more.negated();
            entries.push(Entry {
                collected,
                evidenced: true,
                carried: carry.more,
                ..Entry::nothing(at, on, Kind::Offset)
            });
        }
        Ok(true)
    })?;
    entries.sort_by_key(|entry| (entry.day, entry.at));
    Ok(entries)
}
