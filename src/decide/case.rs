//! The rules of cases: what may be instructed, and what is recorded with a finding.

use lookback_events::event::act::{ClaimPart, Subject, Told};
use lookback_events::event::deed::Deed;
use lookback_events::event::recovery::letters::Returned;
use lookback_events::event::recovery::{OpeningBalance, Recovery, Standard};
use lookback_events::event::text::Day;
use lookback_events::finding::{Finding, Rule};
use lookback_events::id::CaseId;
use lookback_events::money::Money;
use lookback_projections::cases::{self, CaseRow};
use lookback_projections::integrity;

use super::given::{FoundPayment, Given, No};
use super::home::Home;
use super::net;
use super::refusal::Refusal;
use super::verdict::{finding, unknown};

mod letters;
mod money;

use letters::{answered, determined, disputed, next_level, reduces};

/// True for a case that comes from another system: all of it is asserted.
pub(super) fn is_opening(deed: &Deed) -> bool {
    let Deed::Recovery(told) = deed else { return false };
    matches!(&told.detail, Recovery::CaseIdentified(detail) if detail.opening.is_some())
}

/// A case as a rule looks at it.
pub(super) struct Case<'a> {
    pub(super) given: &'a Given<'a>,
    pub(super) id: &'a CaseId,
    pub(super) row: CaseRow,
    /// The day that the command says it happened.
    pub(super) day: Day,
}

/// Decides a command about a case.
pub(super) fn decide(
    given: &Given<'_>,
    told: &mut Told<Recovery>,
    home: &Home,
) -> Result<Vec<Finding>, No> {
    let subject = told.subject.clone();
    let Subject::Case(id) = &subject else { return Err(unknown(&subject)) };
    let Some(payee) = &home.payee else { return Err(unknown(&subject)) };
    if let Recovery::CaseIdentified(detail) = &told.detail {
        if told.claims.is_empty() {
            return Err(Refusal::Unsound {
                what: "no claim is named".to_owned(),
                help: "name the claims and amounts: --claim NUMBER=AMOUNT, or \"claims\"",
            }
            .into());
        }
        if detail.opening.is_some() {
            asserted(given, &mut told.claims)?;
            return Ok(detail
                .opening
                .as_ref()
                .and_then(|said| taken_before(said, &told.claims))
                .into_iter()
                .collect());
        }
        net::resolve(given, payee, id, &mut told.claims)?;
        return Ok(standard(given, &told.claims, &detail.standard));
    }
    let row = cases::case(given.rows, id)?.ok_or_else(|| unknown(&subject))?;
    let case = Case { given, id, row, day: Day(told.act.happened.day) };
    case.goes_on(&subject, &told.detail)?;
    if let Recovery::MovementAttributed(one) = &mut told.detail {
        let seen = case.may_attribute(one)?;
        return case.attributed(told, seen);
    }
    let Recovery::CaseAmended(detail) = &told.detail else {
        case.owns(&told.claims)?;
        return case.detail(told);
    };
    if told.claims.is_empty() {
        return Ok(Vec::new());
    }
    if case.row.facts.asserted {
        return asserted(given, &mut told.claims);
    }
    net::resolve(given, payee, id, &mut told.claims)?;
    Ok(detail.standard.as_ref().map_or_else(Vec::new, |s| standard(given, &told.claims, s)))
}

/// What another system says is asserted; it is not measured against what came here.
fn asserted(given: &Given<'_>, parts: &mut [ClaimPart]) -> Result<Vec<Finding>, No> {
    for (number, part) in (1..).zip(&mut *parts) {
        net::amounts(number, part)?;
    }
    fill(given, parts);
    Ok(Vec::new())
}

/// What another system says was taken is recorded; more than it says was overpaid is a finding.
fn taken_before(said: &OpeningBalance, parts: &[ClaimPart]) -> Option<Finding> {
    let sum = |all: &mut dyn Iterator<Item = Option<Money>>| {
        all.flatten().try_fold(Money::ZERO, Money::checked_add)
    };
    let identified = sum(&mut parts.iter().map(|part| part.amount))?;
    let given_up = sum(&mut [said.reduced, said.written_off].into_iter())?;
    let taken = sum(&mut [said.collected, said.carried].into_iter())?;
    let stands = identified.checked_sub(given_up)?.max(Money::ZERO);
    (taken > stands).then(|| Finding {
        expected: stands.to_string(),
        found: taken.to_string(),
        ..finding(Rule::OffsetAboveBalance, "the other system says that more was taken than stands")
    })
}

/// Which payment each claim means, where one is known.
fn fill(given: &Given<'_>, parts: &mut [ClaimPart]) {
    for (part, found) in parts.iter_mut().zip(given.claims) {
        let Some(payment) = found.meant(None).filter(|_| part.payment.is_none()) else { continue };
        part.payment = Some(super::refusal::place(payment.at));
        if part.payer_control.is_none() && !payment.payer_control.is_empty() {
            part.payer_control = Some(payment.payer_control.clone());
        }
    }
}

/// A standard that was not in force on a day of service is a warning.
fn standard(given: &Given<'_>, parts: &[ClaimPart], standard: &Standard) -> Vec<Finding> {
    let service = |payment: &FoundPayment| (payment.service.from, payment.service.to);
    for (part, found) in parts.iter().zip(given.claims) {
        let meant =
            found.payments.iter().find(|p| part.payment == Some(super::refusal::place(p.at)));
        let Some((from, to)) = meant.map(service) else { continue };
        if let Some(found) = not_in_force(standard, from, to.or(from)) {
            return vec![found];
        }
    }
    Vec::new()
}

/// The finding where a standard does not cover the days of service.
pub(super) fn not_in_force(
    standard: &Standard,
    from: Option<chrono::NaiveDate>,
    to: Option<chrono::NaiveDate>,
) -> Option<Finding> {
    let late = standard.effective.filter(|day| from.is_some_and(|from| from < day.0));
    let over = standard.ended.filter(|day| to.is_some_and(|to| to > day.0));
    let (limit, served) = match (late, over) {
        (Some(day), _) => (format!("in force from {}", day.0), from),
        (None, Some(day)) => (format!("in force until {}", day.0), to),
        (None, None) => return None,
    };
    let mut found =
        finding(Rule::StandardNotInForce, "the standard was not in force on a day of service");
    found.expected = limit;
    found.found = served.map(|day| format!("service on {day}")).unwrap_or_default();
    Some(found)
}

impl Case<'_> {
    /// What has ended goes on only where it is reopened; what happens to it all the same is recorded.
    fn goes_on(&self, subject: &Subject, detail: &Recovery) -> Result<(), No> {
        let Some((known, _)) = &self.row.ended else {
            if matches!(detail, Recovery::CaseReopened(_)) {
                return self.nothing("it has not ended");
            }
            return Ok(());
        };
        let instruction = matches!(
            detail,
            Recovery::CaseAmended(_)
                | Recovery::NoticeIssued(_)
                | Recovery::NoticeServedAgain(_)
                | Recovery::OffsetInstructed(_)
                | Recovery::RepaymentPlanAgreed(_)
                | Recovery::CaseReferred(_)
                | Recovery::CaseWithdrawn(_)
                | Recovery::CaseSettled(_)
                | Recovery::BalanceWrittenOff(_)
                | Recovery::CaseClosed(_)
        );
        if !instruction {
            return Ok(());
        }
        Err(Refusal::SubjectEnded { subject: subject.clone(), at: known.at }.into())
    }

    /// Claims that it names are its own.
    fn owns(&self, parts: &[ClaimPart]) -> Result<(), No> {
        for (number, part) in (1..).zip(parts) {
            let claim = cases::number(&self.row.payee, &part.patient_control);
            if !self.row.claims.iter().any(|own| own.claim == claim) {
                return Err(Refusal::ClaimOfAnother { case: self.id.clone(), number }.into());
            }
        }
        Ok(())
    }

    fn detail(&self, told: &Told<Recovery>) -> Result<Vec<Finding>, No> {
        match &told.detail {
            Recovery::NoticeRecorded(notice) => return self.written(told, notice),
            Recovery::OffsetRecorded(offset) => return self.taken(told, offset),
            Recovery::OffsetReversed(one) => {
                Self::positive(one.amount, "the amount given back")?;
                return self.given_back(told);
            }
            Recovery::RestorationRecorded(one) => {
                Self::restored(one)?;
                return self.given_back(told);
            }
            Recovery::NoticeIssued(notice) | Recovery::NoticeServedAgain(notice) => {
                self.may_write(told, notice)?;
            }
            Recovery::MailReturned(returned) => self.is_out(returned)?,
            Recovery::AnswerReceived(answer) => answered(answer)?,
            Recovery::DisputeReceived(dispute) => disputed(dispute)?,
            Recovery::DisputeDetermined(determination) => {
                // A letter determines what it speaks of: a dispute of another level goes on. Of another
                // system's case the dispute may never have been told.
                let row = &self.row;
                let waits = row.spoken_of(determination.level, false, &told.claims);
                if waits.is_none() && !row.facts.asserted {
                    return self.nothing("no dispute of that level and these claims waits");
                }
                determined(determination)?;
                reduces(determination, row.money.standing()?)?;
                return Ok(next_level(determination));
            }
            Recovery::DeterminationCorrected(determination) => {
                // Of another level it would take that one's determination away.
                let row = &self.row;
                let own = row.spoken_of(determination.level, true, &told.claims);
                let own = own.and_then(|at| row.disputes.get(at)?.determined.as_ref());
                let Some(before) = own else {
                    return self.nothing("no determination of that level is there to be corrected");
                };
                determined(determination)?;
                let left = row.money.standing()?.checked_add(before.reduced);
                reduces(determination, left.unwrap_or_default())?;
                return Ok(next_level(determination));
            }
            Recovery::LateAppealDecided(_) => {
                if self.row.late_about(&told.claims).is_none() {
                    return self.nothing("no late appeal waits");
                }
            }
            Recovery::OffsetInstructed(offset) => self.may_take(offset)?,
            Recovery::RefundRecorded(one) => Self::positive(one.amount, "the refund")?,
            Recovery::MovementUnattributed(one) => self.may_unattribute(one)?,
            Recovery::RestorationDecided(one) => self.may_decide_restoration(one)?,
            Recovery::RepaymentPlanAgreed(plan) => self.instalments(plan)?,
            Recovery::CaseReferred(one) => self.may_refer(one)?,
            Recovery::CaseSettled(one) => self.may_give_up(one.reduced)?,
            Recovery::BalanceWrittenOff(one) => self.may_give_up(one.amount)?,
            Recovery::RecoveredByAnother(one) => {
                Self::positive(one.amount, "the amount recovered")?;
            }
            Recovery::BalanceDischarged(one) => {
                Self::positive(one.amount, "the amount discharged")?;
            }
            Recovery::CaseClosed(_) => self.may_close()?,
            Recovery::StayLifted(_) if self.row.stayed.is_none() => {
                return self.nothing("no stay stands");
            }
            Recovery::RepaymentPlanDefaulted(_) if self.row.plan.is_empty() => {
                return self.nothing("no repayment plan is in force");
            }
            // The first three were decided ahead.
            Recovery::CaseIdentified(_)
            | Recovery::CaseAmended(_)
            | Recovery::MovementAttributed(_)
            | Recovery::StayLifted(_)
            | Recovery::RepaymentPlanDefaulted(_)
            | Recovery::StayBegan(_)
            | Recovery::CaseReopened(_)
            | Recovery::CaseWithdrawn(_)
            | Recovery::CaseAssigned(_) => {}
        }
        Ok(Vec::new())
    }

    /// A notice comes back that is out.
    fn is_out(&self, returned: &Returned) -> Result<(), No> {
        let meant =
            |number: &str| returned.control_number.as_deref().is_none_or(|wanted| wanted == number);
        let out = |n: &cases::NoticeState| n.returned.is_none() && meant(&n.control_number);
        if self.row.notices.iter().any(out) {
            Ok(())
        } else {
            self.nothing("no such notice is out")
        }
    }

    pub(super) fn nothing<T>(&self, what: &'static str) -> Result<T, No> {
        Err(Refusal::NothingThere { subject: Subject::Case(self.id.clone()), what }.into())
    }

    /// The stand-down of the case or of its payee that stands (DOMAIN 3.12).
    pub(super) fn stand_down(&self) -> Result<Option<Refusal>, No> {
        let subject = Subject::Case(self.id.clone());
        let own = integrity::measures(self.given.rows, &subject)?;
        let own = own.and_then(|row| row.stand_down().cloned());
        let stands = match own {
            Some(stretch) => Some(stretch),
            None => integrity::payee_stand_down(self.given.rows, &self.row.payee)?,
        };
        Ok(stands.map(|stretch| Refusal::StandDown {
            agency: stretch.authority,
            since: Day(stretch.began.day()),
            at: stretch.began.at,
        }))
    }

    /// An amount of money is above zero.
    pub(super) fn positive(amount: Money, what: &'static str) -> Result<(), No> {
        if amount.is_zero() || amount.is_negative() {
            return Err(Refusal::NotAboveZero { what }.into());
        }
        Ok(())
    }
}
