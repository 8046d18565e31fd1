//! What is still to come of a case: instalments that were not paid, money that must be given back,
//! disputes that wait for their letter.
//!
//! Of the row alone: the days on which these are due are asked elsewhere.

use chrono::NaiveDate;
use lookback_events::event::recovery::money::Restore;
use lookback_events::money::Money;

use super::{CaseRow, DisputeState, InstalmentState, Known, RestorationState};
use crate::rows::{RowsError, add};

impl CaseRow {
    /// The instalments that the money since the plan does not cover, each with what is missing of it.
    ///
    /// What came since pays the first that are due, whatever it was meant for, and what was restored to
    /// the provider since counts as paid. No more is missing than is outstanding.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn instalments_left(&self) -> Result<Vec<InstalmentState>, RowsError> {
        let before = self.planned.as_ref().map_or(Money::ZERO, |planned| planned.taken);
        let mut paid = self.money.taken_at_all()?.checked_sub(before).unwrap_or_default();
        let mut outstanding = self.money.outstanding()?;
        let mut plan = self.plan.clone();
        plan.sort_by_key(|instalment| instalment.due);
        for instalment in &mut plan {
            let covered = paid.min(instalment.amount).max(Money::ZERO);
            add(&mut paid, Some(covered.negated()))?;
            add(&mut instalment.amount, Some(covered.negated()))?;
            instalment.amount = instalment.amount.min(outstanding);
            add(&mut outstanding, Some(instalment.amount.negated()))?;
        }
        plan.retain(|instalment| !instalment.amount.is_zero());
        Ok(plan)
    }

    /// Decisions to give money back of which something is not restored yet.
    pub fn to_be_restored(&self) -> impl Iterator<Item = (&RestorationState, Money)> {
        self.restorations.iter().filter_map(|one| {
            let left = one.amount.checked_sub(one.done)?;
            (one.decision == Restore::Restore && left > Money::ZERO).then_some((one, left))
        })
    }

    /// How much must be given back: what was taken beyond the overpayment, or what somebody decided to
    /// restore where that is more. What is decided is of the same money.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn owed_back(&self) -> Result<Money, RowsError> {
        let mut decided = Money::ZERO;
        for (_, left) in self.to_be_restored() {
            add(&mut decided, Some(left))?;
        }
        Ok(decided.max(self.money.restoration_owed()?))
    }

    /// The disputes that wait for their determination on a day. What ended the case ended those before;
    /// one that came in time behind the end still waits.
    pub fn undetermined(&self, on: NaiveDate) -> impl Iterator<Item = &DisputeState> {
        self.disputes.iter().filter(move |one| one.is_open(on) && self.goes_behind(&one.known))
    }

    /// The late appeals that nobody had accepted or rejected by a day.
    pub fn late_appeals(&self, on: NaiveDate) -> impl Iterator<Item = &DisputeState> {
        let waits = move |one: &&DisputeState| {
            let open = one.determined.is_none() && one.known.happened.day <= on;
            one.late && one.accepted.is_none() && open && self.goes_behind(&one.known)
        };
        self.disputes.iter().filter(waits)
    }

    /// True where the case goes on, or something was learnt behind its end.
    fn goes_behind(&self, known: &Known) -> bool {
        self.ended.as_ref().is_none_or(|(end, _)| known.at > end.at)
    }

    /// How much of what stands a dispute is about, whether it was taken or not.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn in_dispute(&self, dispute: &DisputeState) -> Result<Money, RowsError> {
        let stands = self.money.standing()?;
        Ok(dispute.amount.unwrap_or(stands).min(stands))
    }
}
