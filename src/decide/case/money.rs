//! The money of cases: offsets that are instructed or were taken, and what is given back and up.

use lookback_events::event::Event;
use lookback_events::event::act::Told;
use lookback_events::event::deed::Deed;
use lookback_events::event::recovery::Recovery;
use lookback_events::event::recovery::money::{
    Attribution, CollectionsReferral, Horizon, OffsetInstruction, OffsetTaken, RepaymentPlan,
    Restoration, RestorationDecision, Restore, Unattribution,
};
use lookback_events::event::text::Day;
use lookback_events::finding::{Finding, Rule};
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use lookback_projections::cases::CaseRow;
use lookback_projections::governance::may_net_across_plans;
use lookback_projections::movements::breach::{Taking, breaches};
use lookback_projections::movements::{AssignmentRow, Booking, MovementRow};
use lookback_projections::rows::Scratch;
use lookback_projections::windows::{eligibility, horizon};
use lookback_projections::{Position, Projections, Record, cases, movements};

use super::Case;
use crate::decide::eligible;
use crate::decide::given::No;
use crate::decide::refusal::Refusal;
use crate::decide::verdict::finding;

impl Case<'_> {
    /// Money given back with interest that is not below zero.
    pub(super) fn restored(one: &Restoration) -> Result<(), No> {
        Self::positive(one.amount, "the amount restored")?;
        if one.interest.is_some_and(Money::is_negative) {
            return Err(Refusal::NotAboveZero { what: "the interest" }.into());
        }
        Ok(())
    }

    /// A balance may be referred where there is one; because the horizon has elapsed, where it has
    /// (DOMAIN 3.8). Of a case of another system it may have elapsed by letters that nobody told here.
    pub(super) fn may_refer(&self, referral: &CollectionsReferral) -> Result<(), No> {
        if self.outstanding()?.is_zero() {
            return self.nothing("nothing is outstanding");
        }
        if referral.because != Horizon::Elapsed || self.row.facts.asserted {
            return Ok(());
        }
        let stays = movements::stays(self.given.rows, &self.row)?;
        let found = eligibility(&self.row, &stays, self.given.rules, self.day.0)?;
        let letter = found.windows.last().zip(found.from);
        let ends = letter.and_then(|(letter, from)| {
            horizon(self.given.rules, &self.row, Day(from), letter.governs)?.due()
        });
        let Some(ends) = ends else {
            return self.nothing("no horizon runs: no offset is eligible by any letter");
        };
        if ends < self.day {
            return Ok(());
        }
        Err(Refusal::Unsound {
            what: format!("the horizon of the offset has not elapsed: it ends on {}", ends.0),
            help: "wait, or refer it because of the forecast where that goes beyond the horizon",
        }
        .into())
    }

    /// No more is given up than is outstanding.
    pub(super) fn may_give_up(&self, amount: Money) -> Result<(), No> {
        Self::positive(amount, "the amount given up")?;
        self.within(amount)
    }

    fn outstanding(&self) -> Result<Money, No> {
        Ok(self.row.money.outstanding()?)
    }

    /// No more than is outstanding.
    fn within(&self, amount: Money) -> Result<(), No> {
        self.above(amount, self.outstanding()?).map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    fn above(&self, asked: Money, left: Money) -> Option<Refusal> {
        let (case, at) = (self.id.clone(), self.row.last);
        (asked > left).then_some(Refusal::AboveBalance { case, asked, left, at })
    }

    /// What is outstanding and nobody was told to take yet.
    fn uninstructed(&self) -> Money {
        let waits = |i: &lookback_projections::cases::InstructionState| {
            i.amount.checked_sub(i.seen).filter(|rest| !rest.is_negative()).unwrap_or_default()
        };
        let mut waiting = self.row.instructions.iter().map(waits);
        let waiting = waiting.try_fold(Money::ZERO, Money::checked_add);
        let left = waiting.and_then(|waiting| self.outstanding().ok()?.checked_sub(waiting));
        left.filter(|left| !left.is_negative()).unwrap_or_default()
    }

    fn other_plan(&self, plan: Option<&str>) -> Option<Refusal> {
        let own = &self.row.facts.plan;
        let other = plan.filter(|plan| plan.trim() != own.trim())?;
        if may_net_across_plans(self.given.rules, self.day) {
            return None;
        }
        let (case, own, other) = (self.id.clone(), own.clone(), other.to_owned());
        Some(Refusal::CrossPlan { case, own, other })
    }

    /// An offset is instructed only of what may be taken on the day it is instructed: nobody knows
    /// before a window closes that it closes unheard.
    pub(super) fn may_take(&self, offset: &OffsetInstruction) -> Result<(), No> {
        Self::positive(offset.amount, "the amount to be taken")?;
        let stays = movements::stays(self.given.rows, &self.row)?;
        eligible::offset(self, &stays, offset.amount, self.day.min(offset.first_on))?;
        if let Some(refusal) = self.above(offset.amount, self.uninstructed()) {
            return Err(refusal.into());
        }
        self.other_plan(offset.plan.as_deref()).map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// The rows as they would be, and the place of what was told in them.
    pub(super) fn scratch(&self, told: &Told<Recovery>) -> Result<(Scratch<'_>, Position), No> {
        let mut scratch = Scratch::new(self.given.rows);
        let deed = Deed::Recovery(Box::new(told.clone()));
        let at = Position { journal: self.row.identified.at.journal, seq: u64::MAX };
        let record = Record {
            journal: at.journal,
            seq: at.seq,
            recorded_at: Timestamp::from_micros(0),
            control: 0,
            actor: "",
            event: &Event::Deed(deed),
        };
        Projections::apply(&mut scratch, &record)?;
        Ok((scratch, at))
    }

    /// The case as it would be; `None` where a remittance has shown the same already, because that was
    /// judged when it was seen.
    fn after(&self, told: &Told<Recovery>) -> Result<Option<CaseRow>, No> {
        let (scratch, at) = self.scratch(told)?;
        if movements::movement(&scratch, at)?.is_some_and(|movement| movement.twin.is_some()) {
            return Ok(None);
        }
        Ok(cases::case(&scratch, self.id)?)
    }

    /// What was given back is recorded; more than had been taken is a finding, and waits for a letter of
    /// its own before anything of it may be taken ([`lookback_projections::windows`]).
    pub(super) fn given_back(&self, told: &Told<Recovery>) -> Result<Vec<Finding>, No> {
        let Some(after) = self.after(told)? else { return Ok(Vec::new()) };
        let (before, left) = (self.row.money.taken()?, after.money.taken()?);
        if !left.is_negative() || left >= before {
            return Ok(Vec::new());
        }
        let given = before.checked_sub(left).unwrap_or_default();
        Ok(vec![Finding {
            expected: before.max(Money::ZERO).to_string(),
            found: given.to_string(),
            ..finding(Rule::RestorationAboveTaken, "more was given back than had been taken")
        }])
    }

    /// No more is restored than is taken now and not decided to be restored; no more is kept than that
    /// less what was decided to be kept since the last dispute or letter. What was kept may be restored
    /// by a later decision: that protects the provider.
    pub(super) fn may_decide_restoration(&self, one: &RestorationDecision) -> Result<(), No> {
        Self::positive(one.amount, "the amount to be restored")?;
        let mut left = self.row.money.taken()?;
        for (_, open) in self.row.to_be_restored() {
            left = left.checked_sub(open).unwrap_or_default();
        }
        if one.decision == Restore::Keep {
            let letters = self.row.disputes.iter().filter_map(|d| d.determined.as_ref());
            let letters = letters.map(|letter| letter.known.at);
            let since = self.row.disputes.iter().map(|d| d.known.at).chain(letters).max();
            let kept = self.row.restorations.iter().filter(|before| {
                before.decision == Restore::Keep
                    && since.is_none_or(|since| before.known.at > since)
            });
            for before in kept {
                left = left.checked_sub(before.amount).unwrap_or_default();
            }
        }
        let (case, at, asked) = (self.id.clone(), self.row.last, one.amount);
        let left = left.max(Money::ZERO);
        if asked > left {
            return Err(Refusal::AboveTaken { case, asked, left, at }.into());
        }
        Ok(())
    }

    /// What was taken is recorded; what forbade it is a finding. The same rules judge it as judge what
    /// a remittance shows.
    pub(super) fn taken(
        &self,
        told: &Told<Recovery>,
        offset: &OffsetTaken,
    ) -> Result<Vec<Finding>, No> {
        Self::positive(offset.amount, "the amount taken")?;
        let Some(after) = self.after(told)? else { return Ok(Vec::new()) };
        let taking = Taking::recorded(offset.amount, offset.plan.as_deref());
        self.judged(&after, &taking, self.day)
    }

    /// A movement that a person gives to the case is judged as one that the ladder books: on the day on
    /// which it was taken.
    pub(super) fn attributed(
        &self,
        told: &Told<Recovery>,
        (of, seen): (Position, MovementRow),
    ) -> Result<Vec<Finding>, No> {
        let mut found = self.given_back(told)?;
        let (scratch, at) = self.scratch(told)?;
        let own = if seen.payee == self.row.payee { of } else { at };
        let (Some(booked), Some(after)) =
            (movements::movement(&scratch, own)?, cases::case(&scratch, self.id)?)
        else {
            return Ok(found);
        };
        let booking = Booking {
            at: own,
            about: booked.about,
            case: self.id.clone(),
            // One of another payee is what it was seen as.
            kind: seen.kind,
            amount: booked.amount,
            told: booked.twin.is_some(),
        };
        let taking = Taking::shown([&booking], seen.payer.as_deref())?;
        let day = seen.on.map_or(self.day, Day);
        found.extend(self.judged(&after, &taking, day)?);
        Ok(found)
    }

    /// What forbade a taking on a day, as findings.
    fn judged(&self, after: &CaseRow, taking: &Taking, day: Day) -> Result<Vec<Finding>, No> {
        let stays = movements::stays(self.given.rows, &self.row)?;
        let eligibility = eligibility(&self.row, &stays, self.given.rules, day.0)?;
        let breaches = breaches(&self.row, after, taking, &eligibility)?;
        let allowed = may_net_across_plans(self.given.rules, day);
        let breaches = breaches
            .into_iter()
            .filter(|breach| !(allowed && breach.rule == Rule::CrossPlanOffset));
        Ok(breaches
            .map(|breach| Finding {
                expected: breach.expected,
                found: breach.found,
                ..finding(breach.rule, breach.message)
            })
            .collect())
    }

    /// A movement may be given to this case: it is known and booked nowhere. One of another payee was
    /// assigned in control before, and brings its amount and its day with it.
    pub(super) fn may_attribute(
        &self,
        one: &mut Attribution,
    ) -> Result<(Position, MovementRow), No> {
        let refused = |what| {
            let movement = one.movement.trim().to_owned();
            Err(No::from(Refusal::Movement { movement, what }))
        };
        let Ok(at) = one.movement.trim().parse::<crate::journal::Position>() else {
            return refused("it is not named by its record, such as p02/118204");
        };
        let at = Position { journal: at.journal, seq: at.seq };
        let Some(row) = movements::movement(self.given.rows, at)? else {
            return refused("that record shows no movement of money");
        };
        if row.case.is_some() {
            return refused("it is booked to a case; it must be taken from there first");
        }
        if row.kind.is_told() {
            return refused("nobody saw it; what happened is recorded for this case by itself");
        }
        if row.of.is_some() {
            return refused("it was seen under another payee; name the record that shows it");
        }
        let assigned = movements::assignment(self.given.rows, at)?;
        let is_ours = |given: &AssignmentRow| given.case == self.id.as_str();
        if row.payee == self.row.payee {
            return if one.amount.is_some() || one.paid_on.is_some() || one.trace.is_some() {
                refused("its amount, day and trace are known; give none")
            } else if assigned.is_some_and(|given| !is_ours(&given)) {
                refused("it was given to a case of another payee with assign-movement")
            } else {
                Ok((at, row))
            };
        }
        if !assigned.as_ref().is_some_and(is_ours) {
            return refused(
                "it was seen under another payee; assign-movement gives it to the case first",
            );
        }
        if movements::has_taken(self.given.rows, self.id, at)? {
            return refused("it is booked to this case");
        }
        one.amount = Some(row.amount);
        (one.paid_on, one.trace) = (row.on.map(Day), row.trace.clone());
        Ok((at, row))
    }

    /// A movement is taken from the case that it is booked to.
    pub(super) fn may_unattribute(&self, one: &Unattribution) -> Result<(), No> {
        let refused = |what| {
            let movement = one.movement.trim().to_owned();
            Err(No::from(Refusal::Movement { movement, what }))
        };
        let Ok(at) = one.movement.trim().parse::<crate::journal::Position>() else {
            return refused("it is not named by its record, such as p02/118204");
        };
        let at = Position { journal: at.journal, seq: at.seq };
        let row = movements::movement(self.given.rows, at)?;
        let own = row.and_then(|row| row.case).is_some_and(|case| case == *self.id);
        // One that was seen under another payee is known by the record that showed it, too.
        if own || movements::has_taken(self.given.rows, self.id, at)? {
            return Ok(());
        }
        refused("it is not booked to this case")
    }

    pub(super) fn instalments(&self, plan: &RepaymentPlan) -> Result<(), No> {
        let mut sum = Money::ZERO;
        for instalment in &plan.instalments {
            Self::positive(instalment.amount, "an instalment")?;
            sum = sum.checked_add(instalment.amount).unwrap_or(sum);
        }
        if plan.instalments.is_empty() {
            return Err(Refusal::Unsound {
                what: "a repayment plan without instalments".to_owned(),
                help: "say what is due when: --instalment DATE=AMOUNT, or \"instalments\"",
            }
            .into());
        }
        self.within(sum)
    }

    /// A case is closed when its money is even; a balance is given up under its own name.
    pub(super) fn may_close(&self) -> Result<(), No> {
        let money = &self.row.money;
        let what = if !money.outstanding()?.is_zero() {
            "money is outstanding"
        } else if !money.restoration_owed()?.is_zero() {
            "money is owed back"
        } else if !money.carried.is_zero() {
            "money is carried forward"
        } else {
            return Ok(());
        };
        Err(Refusal::Unsound {
            what: format!("{what}, so the case cannot be closed"),
            help: "settle, write-off or withdraw says what becomes of a balance",
        }
        .into())
    }
}
