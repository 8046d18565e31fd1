//! The money of a case: sums, and the changes and movements that they come from.

use lookback_events::event::text::Day;
use lookback_events::id::CaseId;
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use super::{CaseRow, RefundState};
use crate::movements::{self, MovementKind, MovementRow};
use crate::rows::{Rows, RowsError, add};
use crate::{Position, compact};

/// What was said of a case's money; amounts are zero or above, but that more may be recorded as given
/// back than as taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseMoney {
    /// The overpayment as identified or amended.
    #[serde(with = "compact::cents")]
    pub identified: Money,
    /// Overturned, withdrawn, settled, discharged or recovered by another.
    #[serde(with = "compact::cents")]
    pub reduced: Money,
    /// Offsets and refunds, less what was restored and what is only carried forward.
    #[serde(with = "compact::cents")]
    pub collected: Money,
    /// Carried forward under forward balances that are not consumed.
    #[serde(with = "compact::cents")]
    pub carried: Money,
    /// Given up for good.
    #[serde(with = "compact::cents")]
    pub written_off: Money,
    /// Restored so far; interest is beside it.
    #[serde(with = "compact::cents")]
    pub restored: Money,
    /// Interest paid with restorations.
    #[serde(with = "compact::cents")]
    pub interest: Money,
}

impl CaseMoney {
    /// Identified less all that was reduced, collected, carried and written off: what is outstanding
    /// where it is above zero, what must be restored where it is below.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn balance(&self) -> Result<Money, RowsError> {
        [self.reduced, self.collected, self.carried, self.written_off]
            .into_iter()
            .try_fold(self.identified, Money::checked_sub)
            .ok_or_else(too_long)
    }

    /// What is outstanding, zero or above.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn outstanding(&self) -> Result<Money, RowsError> {
        self.balance().map(|balance| balance.max(Money::ZERO))
    }

    /// What was taken beyond the overpayment and must be restored, zero or above.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn restoration_owed(&self) -> Result<Money, RowsError> {
        self.balance().map(|balance| balance.negated().max(Money::ZERO))
    }

    /// What is taken of it now, collected or carried forward; below zero where more was given back.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn taken(&self) -> Result<Money, RowsError> {
        self.collected.checked_add(self.carried).ok_or_else(too_long)
    }

    /// What was ever taken and paid, also what was restored since.
    pub(super) fn taken_at_all(&self) -> Result<Money, RowsError> {
        self.taken()?.checked_add(self.restored).ok_or_else(too_long)
    }

    /// What may still be given up: identified less what was given up, whether it was taken or not.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn standing(&self) -> Result<Money, RowsError> {
        let left = [self.reduced, self.written_off];
        let left = left.into_iter().try_fold(self.identified, Money::checked_sub);
        left.map(|left| left.max(Money::ZERO)).ok_or_else(too_long)
    }

    /// True where both ends meet (DOMAIN 6), and nothing is given up that was not identified.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn holds(&self) -> Result<bool, RowsError> {
        let (outstanding, owed) = (self.outstanding()?, self.restoration_owed()?);
        let mut left = self.identified;
        add(&mut left, Some(owed))?;
        let mut right = Money::ZERO;
        for part in [self.reduced, self.collected, self.carried, self.written_off, outstanding] {
            add(&mut right, Some(part))?;
        }
        let one_end = outstanding.is_zero() || owed.is_zero();
        let given_up = [self.identified, self.reduced, self.carried, self.written_off];
        let sound = given_up.into_iter().all(|amount| !amount.is_negative());
        let within = self.reduced.checked_add(self.written_off).ok_or_else(too_long)?;
        Ok(left == right && one_end && sound && within <= self.identified)
    }

    fn bucket(&mut self, bucket: Bucket) -> &mut Money {
        match bucket {
            Bucket::Identified => &mut self.identified,
            Bucket::Reduced => &mut self.reduced,
            Bucket::Collected => &mut self.collected,
            Bucket::Carried => &mut self.carried,
            Bucket::WrittenOff => &mut self.written_off,
            Bucket::Interest => &mut self.interest,
        }
    }

    /// Takes a movement in, or out again.
    fn movement(&mut self, movement: &MovementRow, way: Way) -> Result<(), RowsError> {
        let signed = |amount: Money| match way {
            Way::In => amount,
            Way::Out => amount.negated(),
        };
        if movement.kind == MovementKind::Restored {
            add(&mut self.restored, Some(signed(movement.amount.negated())))?;
        }
        if !movement.counts() {
            return Ok(());
        }
        let collected = movement.amount.checked_sub(movement.carried).ok_or_else(too_long)?;
        add(&mut self.collected, Some(signed(collected)))?;
        add(&mut self.carried, Some(signed(movement.carried)))
    }
}

fn too_long() -> RowsError {
    RowsError::damaged("the money of a case is too long")
}

/// Whether a movement is booked or taken out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
}

/// In which ways money of a case was taken, net of what was postponed or given back in the same way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    /// Its claims were reversed and corrected.
    #[serde(with = "compact::cents")]
    pub retracted: Money,
    /// Taken under a number, without a reversal (835 PLB WO).
    #[serde(with = "compact::cents")]
    pub by_letter: Money,
}

/// Which sum a change is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Bucket {
    /// Identified.
    Identified,
    /// Reduced.
    Reduced,
    /// Collected.
    Collected,
    /// Carried forward.
    Carried,
    /// Written off.
    WrittenOff,
    /// Interest; beside the sums that meet.
    Interest,
}

/// Why a sum changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ChangeKind {
    /// It was identified.
    Identified,
    /// Another system says so.
    Opening,
    /// Claims or amounts were changed.
    Amended,
    /// A dispute was determined.
    Determined,
    /// It was given up as unfounded.
    Withdrawn,
    /// Both sides agreed on less.
    Settled,
    /// The balance was given up for good.
    WrittenOff,
    /// The State or another payer recovered it.
    RecoveredByAnother,
    /// A court discharged it.
    Discharged,
    /// Interest was paid.
    Interest,
}

/// A change of a sum that somebody recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyChange {
    /// The record.
    pub at: Position,
    /// When it happened, plan time.
    pub on: Day,
    /// Why.
    pub kind: ChangeKind,
    /// Which sum.
    pub bucket: Bucket,
    /// By how much; below zero where it became less.
    #[serde(with = "compact::cents")]
    pub amount: Money,
}

impl CaseRow {
    /// Changes a sum.
    pub(super) fn change(&mut self, change: MoneyChange) -> Result<(), RowsError> {
        if change.amount.is_zero() {
            return Ok(());
        }
        add(self.money.bucket(change.bucket), Some(change.amount))?;
        self.changes.push(change);
        Ok(())
    }

    /// Takes a movement in, or out again.
    pub(crate) fn book(
        &mut self,
        at: Position,
        movement: &MovementRow,
        way: Way,
    ) -> Result<(), RowsError> {
        self.money.movement(movement, way)?;
        self.paid(movement, at, way);
        if !movement.counts() {
            return Ok(());
        }
        if way == Way::In {
            self.moves(movement, at);
        }
        let amount = match way {
            Way::In => movement.amount,
            Way::Out => movement.amount.negated(),
        };
        if movement.kind == MovementKind::Retraction {
            add(&mut self.ways.retracted, Some(amount))?;
        } else if movement.kind == MovementKind::Letter {
            add(&mut self.ways.by_letter, Some(amount))?;
        }
        if movement.kind.is_offset() && !movement.amount.is_negative() {
            self.seen(amount)?;
        }
        Ok(())
    }

    /// The provider paid on a day. One that was told of and one that a remittance shows stay both, because
    /// the payer acknowledges later than the provider answered.
    fn paid(&mut self, movement: &MovementRow, at: Position, way: Way) {
        self.refunds.retain(|refund| refund.at != at);
        let on = movement.on.filter(|_| way == Way::In && movement.kind.is_refund());
        if let Some(on) = on {
            self.refunds.push(RefundState { at, on: Day(on), evidenced: movement.evidenced });
        }
    }

    /// Money moved on the day of a movement, and where something of it was carried.
    fn moves(&mut self, movement: &MovementRow, at: Position) {
        let carries = movement.carries.iter().filter_map(|carry| Some((Day(carry.on?), carry.at)));
        let own = movement.on.map(|on| (Day(on), at));
        self.moved = carries.chain(own).chain(self.moved).max();
    }

    /// So much more was taken while something barred it, or less; what was decided stays decided.
    pub(crate) fn barred(&mut self, more: Money) -> Result<(), RowsError> {
        add(&mut self.taken_while_barred, Some(more))?;
        self.taken_while_barred = self.taken_while_barred.max(Money::ZERO);
        Ok(())
    }

    /// Instructions are followed in their order; what is taken out again, in the other.
    fn seen(&mut self, amount: Money) -> Result<(), RowsError> {
        let mut left = amount;
        if amount.is_negative() {
            for instruction in self.instructions.iter_mut().rev() {
                let part = left.max(instruction.seen.negated());
                add(&mut instruction.seen, Some(part))?;
                add(&mut left, Some(part.negated()))?;
            }
            return Ok(());
        }
        for instruction in &mut self.instructions {
            let open = instruction.amount.checked_sub(instruction.seen).ok_or_else(too_long)?;
            let part = left.min(open).max(Money::ZERO);
            add(&mut instruction.seen, Some(part))?;
            add(&mut left, Some(part.negated()))?;
        }
        Ok(())
    }
}

/// Adds up the money of a case again, from what people recorded and from its movements.
///
/// # Errors
/// When the rows cannot be read, or a sum cannot be held exactly.
pub fn recount(rows: &dyn Rows, id: &CaseId, row: &CaseRow) -> Result<CaseMoney, RowsError> {
    let mut money = CaseMoney::default();
    for change in &row.changes {
        add(money.bucket(change.bucket), Some(change.amount))?;
    }
    movements::of_case(rows, id, &mut |_, movement| {
        money.movement(&movement, Way::In).map(|()| true)
    })?;
    Ok(money)
}
