//! The money of cases: offsets that are instructed or were taken, and what is given back and up.

use lookback_events::event::recovery::money::{
    OffsetInstruction, OffsetTaken, RepaymentPlan, Restoration,
};
use lookback_events::event::text::Day;
use lookback_events::finding::{Finding, Rule};
use lookback_events::money::Money;
use lookback_projections::governance::may_net_across_plans;

use super::Case;
use crate::decide::eligible;
use crate::decide::given::No;
use crate::decide::refusal::Refusal;
use crate::decide::verdict::finding;

impl Case<'_> {
    /// Money given back with interest that is not below zero.
    pub(super) fn restored(&self, one: &Restoration) -> Result<(), No> {
        Self::positive(one.amount, "the amount restored")?;
        if one.interest.is_some_and(Money::is_negative) {
            return Err(Refusal::NotAboveZero { what: "the interest" }.into());
        }
        Ok(())
    }

    /// A balance may be referred where there is one.
    pub(super) fn may_refer(&self) -> Result<(), No> {
        if self.outstanding()?.is_zero() { self.nothing("nothing is outstanding") } else { Ok(()) }
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
    fn uninstructed(&self) -> Result<Money, No> {
        let waits = |i: &lookback_projections::cases::InstructionState| {
            i.amount.checked_sub(i.seen).filter(|rest| !rest.is_negative()).unwrap_or_default()
        };
        let waiting = self.row.instructions.iter().map(waits);
        let waiting = waiting.fold(Some(Money::ZERO), |sum, rest| sum?.checked_add(rest));
        let left = waiting.and_then(|waiting| self.outstanding().ok()?.checked_sub(waiting));
        Ok(left.filter(|left| !left.is_negative()).unwrap_or_default())
    }

    /// Why nothing may be taken by force today; the order is that of the refusals.
    fn barred(&self) -> Result<Option<Refusal>, No> {
        if let Some(refusal) = self.stand_down()? {
            return Ok(Some(refusal));
        }
        let case = self.id.clone();
        if let Some(dispute) = eligible::open_dispute(&self.row, self.day) {
            let (since, at) = (Day(dispute.known.day()), dispute.known.at);
            return Ok(Some(Refusal::Disputed { case, since, at }));
        }
        Ok(self.row.stayed.as_ref().map(|known| Refusal::Stayed {
            case,
            since: Day(known.day()),
            at: known.at,
        }))
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

    pub(super) fn may_take(&self, offset: &OffsetInstruction) -> Result<(), No> {
        Self::positive(offset.amount, "the amount to be taken")?;
        if let Some(refusal) = self.barred()? {
            return Err(refusal.into());
        }
        eligible::offset(self, offset.amount, self.day.min(offset.first_on))?;
        if let Some(refusal) = self.above(offset.amount, self.uninstructed()?) {
            return Err(refusal.into());
        }
        self.other_plan(offset.plan.as_deref()).map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// What was taken is recorded; what forbade it is a finding.
    pub(super) fn taken(&self, offset: &OffsetTaken) -> Result<Vec<Finding>, No> {
        Self::positive(offset.amount, "the amount taken")?;
        let mut found = Vec::new();
        if let Some(refusal) = self.barred()? {
            let message = "money was taken while a dispute, a stay or a stand-down barred it";
            let mut one = finding(Rule::OffsetWhileBarred, message);
            one.found = refusal.told().rule.to_owned();
            found.push(one);
        } else if let Err(no) = eligible::offset(self, offset.amount, self.day) {
            match no {
                No::Refused(refusal) => {
                    let message = "money was taken before an offset was eligible";
                    let mut one = finding(Rule::OffsetBeforeEligible, message);
                    one.expected = refusal
                        .told()
                        .date
                        .map_or_else(|| refusal.told().rule.to_owned(), |day| format!("from {}", day.0));
                    one.found = self.day.0.to_string();
                    found.push(one);
                }
                No::Rows(error) => return Err(error.into()),
            }
        }
        let outstanding = self.outstanding()?;
        if offset.amount > outstanding {
            let mut one = finding(Rule::OffsetAboveBalance, "more was taken than was outstanding");
            one.expected = outstanding.to_string();
            one.found = offset.amount.to_string();
            found.push(one);
        }
        if self.other_plan(offset.plan.as_deref()).is_some() {
            found.push(finding(Rule::CrossPlanOffset, "money of another plan was taken"));
        }
        Ok(found)
    }

    /// A movement is named by its record.
    pub(super) fn moves(&self, movement: &str) -> Result<(), No> {
        movement.trim().parse::<crate::journal::Position>().map(|_| ()).map_err(|_| {
            Refusal::Unsound {
                what: "the movement is not named by its record".to_owned(),
                help: "write the record that shows it, such as p02/118204",
            }
            .into()
        })
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
