//! What was taken, given back and given up, as people record it.
//!
//! What moved money of the payee becomes a movement, so that a remittance that shows the same is
//! known again ([`crate::movements`]); what only changes what is owed becomes a change of a sum.

use lookback_events::event::recovery::money::{
    Attribution, OffsetGivenBack, OffsetInstruction, OffsetTaken, Refund, Restoration,
    RestorationDecision, Restore, Unattribution,
};
use lookback_events::money::Money;

use super::claims::position;
use super::{
    Bucket, CaseRow, Change, ChangeKind, End, InstructionState, Known, RestorationState, checked,
    save,
};
use crate::movements::{self, MovementKind, Told};
use crate::rows::{RowsError, add};

impl CaseRow {
    /// True where nothing is outstanding, carried or owed.
    fn is_even(&self) -> Result<bool, RowsError> {
        Ok(self.money.balance()?.is_zero() && self.money.carried.is_zero())
    }

    /// Ends the case where it gave up what was left.
    pub(super) fn end_where_settled(&mut self, known: &Known, end: End) -> Result<(), RowsError> {
        if self.ended.is_none() && self.is_even()? {
            self.ended = Some((known.clone(), end));
        }
        Ok(())
    }

    /// How the case ends when what was taken wrongly is given back: by what gave it up last.
    fn end_by_changes(&self) -> Option<End> {
        self.changes.iter().rev().find_map(|change| match change.kind {
            ChangeKind::Determined => Some(End::Overturned),
            ChangeKind::Withdrawn => Some(End::Withdrawn),
            ChangeKind::Settled => Some(End::Settled),
            ChangeKind::WrittenOff => Some(End::WrittenOff),
            ChangeKind::RecoveredByAnother => Some(End::RecoveredByAnother),
            ChangeKind::Discharged => Some(End::Discharged),
            ChangeKind::Identified
            | ChangeKind::Opening
            | ChangeKind::Amended
            | ChangeKind::Interest => None,
        })
    }

    /// A case that ended goes on where something is outstanding, carried or owed again.
    pub(super) fn goes_on(&mut self) -> Result<(), RowsError> {
        if !self.is_even()? {
            self.ended = None;
        }
        Ok(())
    }
}

impl Change<'_> {
    /// The payer was told to take money.
    pub(super) fn instructed(mut self, detail: &OffsetInstruction) -> Result<(), RowsError> {
        self.row.instructions.push(InstructionState {
            known: self.known.clone(),
            amount: detail.amount,
            first_on: detail.first_on,
            seen: Money::ZERO,
        });
        self.done()
    }

    /// Keeps the row, then a movement that somebody told of.
    fn told(self, kind: MovementKind, amount: Money, told: Told) -> Result<(), RowsError> {
        let Self { rows, id, known, mut row } = self;
        row.last = known.at;
        save(rows, id, &row)?;
        movements::told(rows, id, &row, &known, kind, amount, told)?;
        checked(rows, id)
    }

    /// Money was taken, as somebody says.
    pub(super) fn offset(self, detail: &OffsetTaken) -> Result<(), RowsError> {
        let told = Told { trace: detail.trace.clone(), remittance: detail.remittance };
        self.told(MovementKind::Offset, detail.amount, told)
    }

    /// Money taken was given back to later payments.
    pub(super) fn given_back(self, detail: &OffsetGivenBack) -> Result<(), RowsError> {
        let told = Told { trace: detail.trace.clone(), remittance: None };
        self.told(MovementKind::GivenBack, detail.amount.negated(), told)
    }

    /// The provider paid back.
    pub(super) fn refunded(self, detail: &Refund) -> Result<(), RowsError> {
        // The check is the provider's; the trace that a remittance has is the payer's.
        self.told(MovementKind::RefundCheck, detail.amount, Told::default())
    }

    /// Money taken wrongly was given back.
    pub(super) fn restored(mut self, detail: &Restoration) -> Result<(), RowsError> {
        self.put(ChangeKind::Interest, Bucket::Interest, detail.interest.unwrap_or_default())?;
        let mut left = detail.amount;
        for decided in &mut self.row.restorations {
            if decided.decision == Restore::Restore {
                let open = decided.amount.checked_sub(decided.done).unwrap_or_default();
                let part = left.min(open).max(Money::ZERO);
                add(&mut decided.done, Some(part))?;
                add(&mut left, Some(part.negated()))?;
            }
        }
        let (id, known) = (self.id, self.known.clone());
        let told = Told { trace: detail.trace.clone(), remittance: None };
        let Self { rows, mut row, .. } = self;
        row.last = known.at;
        save(rows, id, &row)?;
        movements::told(
            rows,
            id,
            &row,
            &known,
            MovementKind::Restored,
            detail.amount.negated(),
            told,
        )?;
        if let Some(mut row) = super::case(rows, id)?
            && let Some(end) = row.end_by_changes()
        {
            row.end_where_settled(&known, end)?;
            save(rows, id, &row)?;
        }
        checked(rows, id)
    }

    /// Somebody decided what becomes of money taken wrongly.
    pub(super) fn restoration_decided(
        mut self,
        detail: &RestorationDecision,
    ) -> Result<(), RowsError> {
        self.row.restorations.push(RestorationState {
            known: self.known.clone(),
            amount: detail.amount,
            decision: detail.decision,
            done: Money::ZERO,
        });
        let left = self.row.taken_while_barred.checked_sub(detail.amount).unwrap_or_default();
        self.row.taken_while_barred = left.max(Money::ZERO);
        self.done()
    }

    /// A movement belongs here; one seen under another payee brings its amount with it.
    pub(super) fn attributed(mut self, detail: &Attribution) -> Result<(), RowsError> {
        self.row.last = self.known.at;
        save(self.rows, self.id, &self.row)?;
        let Some(at) = position(&detail.movement) else { return Ok(()) };
        match detail.amount {
            Some(amount) => {
                let on = detail.taken_on.map_or(self.known.happened.day, |day| day.0);
                movements::assigned(self.rows, self.id, &self.known, (at, on), amount)?;
            }
            None => movements::attribute(self.rows, at, self.id, self.known.at)?,
        }
        checked(self.rows, self.id)
    }

    /// A movement does not belong here.
    pub(super) fn unattributed(mut self, detail: &Unattribution) -> Result<(), RowsError> {
        self.row.last = self.known.at;
        save(self.rows, self.id, &self.row)?;
        if let Some(at) = position(&detail.movement) {
            movements::unattribute(self.rows, at, self.id)?;
        }
        checked(self.rows, self.id)
    }

    /// The plan gives the case up; what was taken of it is owed back.
    pub(super) fn withdrawn(mut self) -> Result<(), RowsError> {
        let all = self.row.money.standing()?;
        self.put(ChangeKind::Withdrawn, Bucket::Reduced, all)?;
        self.row.end_where_settled(&self.known, End::Withdrawn)?;
        self.done()
    }

    /// Both sides agreed on less.
    pub(super) fn settled(mut self, reduced: Money) -> Result<(), RowsError> {
        let reduced = reduced.min(self.row.money.standing()?).max(Money::ZERO);
        self.put(ChangeKind::Settled, Bucket::Reduced, reduced)?;
        self.row.end_where_settled(&self.known, End::Settled)?;
        self.done()
    }

    /// The balance, or a part of it, is given up for good: of what is outstanding, no more.
    pub(super) fn written_off(mut self, amount: Money) -> Result<(), RowsError> {
        let amount = self.outstanding_at_most(amount)?;
        self.put(ChangeKind::WrittenOff, Bucket::WrittenOff, amount)?;
        self.row.end_where_settled(&self.known, End::WrittenOff)?;
        self.done()
    }

    /// Somebody else recovered it; what we have taken of the same is owed back.
    pub(super) fn recovered_by_another(mut self, amount: Money) -> Result<(), RowsError> {
        let amount = amount.min(self.row.money.standing()?).max(Money::ZERO);
        self.put(ChangeKind::RecoveredByAnother, Bucket::Reduced, amount)?;
        self.row.end_where_settled(&self.known, End::RecoveredByAnother)?;
        self.done()
    }

    /// A court discharged it: what is outstanding, no more.
    pub(super) fn discharged(mut self, amount: Money) -> Result<(), RowsError> {
        let amount = self.outstanding_at_most(amount)?;
        self.put(ChangeKind::Discharged, Bucket::Reduced, amount)?;
        self.row.end_where_settled(&self.known, End::Discharged)?;
        self.done()
    }

    fn outstanding_at_most(&self, amount: Money) -> Result<Money, RowsError> {
        let money = &self.row.money;
        // Where more was given back than taken, more is outstanding than may be given up.
        let most = money.outstanding()?.min(money.standing()?);
        Ok(amount.min(most).max(Money::ZERO))
    }

    /// A case that had ended goes on.
    pub(super) fn reopened(mut self) -> Result<(), RowsError> {
        self.row.ended = None;
        self.done()
    }

    /// A person ended the case: recovered where all of it was collected.
    pub(super) fn closed(mut self) -> Result<(), RowsError> {
        let recovered = self.row.is_even()? && !self.row.money.collected.is_zero();
        let end = if recovered { End::Recovered } else { End::Closed };
        if self.row.ended.is_none() {
            self.row.ended = Some((self.known.clone(), end));
        }
        self.done()
    }
}
