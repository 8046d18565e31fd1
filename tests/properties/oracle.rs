//! Says from the events alone whether an offset of a case may be instructed on a day: DOMAIN 3.1 to 3.7
//! and 3.12, in the plainest words, without the windows and clocks of the program.
//!
//! It knows what must be refused, and what may be; between the two (parts that were answered or
//! disputed apart from the rest) it says nothing.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use lookback_events::event::Event;
use lookback_events::event::act::{ClaimPart, Subject};
use lookback_events::event::audit::Integrity;
use lookback_events::event::deed::Deed;
use lookback_events::event::recovery::Recovery;
use lookback_events::event::recovery::letters::{AnswerKind, Determination, Notice};
use lookback_events::id::{CaseId, PayeeId};
use lookback_events::money::Money;
use lookback_projections::cases::CaseMoney;

use super::world::Logged;

/// The holidays of 2026 to 2028 in Massachusetts, as the Commonwealth prints them.
const HOLIDAYS: &[&str] = &[
    "2026-01-01",
    "2026-01-19",
    "2026-02-16",
    "2026-04-20",
    "2026-05-25",
    "2026-06-19",
    "2026-07-03",
    "2026-09-07",
    "2026-10-12",
    "2026-11-11",
    "2026-11-26",
    "2026-12-25",
    "2027-01-01",
    "2027-01-18",
    "2027-02-15",
    "2027-04-19",
    "2027-05-31",
    "2027-06-18",
    "2027-07-05",
    "2027-09-06",
    "2027-10-11",
    "2027-11-11",
    "2027-11-25",
    "2027-12-24",
    "2027-12-31",
    "2028-01-17",
    "2028-02-21",
    "2028-04-17",
    "2028-05-29",
    "2028-06-19",
    "2028-07-04",
    "2028-09-04",
    "2028-10-09",
    "2028-11-10",
    "2028-11-23",
];

/// Thirty days after a letter; a last day on which nobody works rolls forward.
fn closes(opened: NaiveDate) -> NaiveDate {
    let mut last = opened.checked_add_days(Days::new(30)).unwrap();
    let off = |day: NaiveDate| {
        matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
            || HOLIDAYS.contains(&day.to_string().as_str())
    };
    while off(last) {
        last = last.succ_opt().unwrap();
    }
    last
}

struct Letter {
    number: String,
    opened: NaiveDate,
    /// It was written by the day.
    deadline: Option<NaiveDate>,
    returned: Option<NaiveDate>,
    /// What it names: all that was identified by then, for no letter here says an amount.
    named: Identified,
}

struct Disputed {
    level: u8,
    on: NaiveDate,
    amount: Option<Money>,
    heard: bool,
    waits: bool,
    determined: Option<(NaiveDate, NaiveDate, Option<NaiveDate>)>,
}

/// What is identified of each claim.
type Identified = BTreeMap<String, Money>;

struct Answered {
    on: NaiveDate,
    kind: AnswerKind,
    amount: Option<Money>,
    by: Option<NaiveDate>,
    /// What was identified then.
    of: Identified,
}

/// A stretch of days: from, and the first day after it.
type Stretch = (NaiveDate, Option<NaiveDate>);

/// What the events say of one case.
#[derive(Default)]
struct Told {
    identified: Identified,
    letters: Vec<Letter>,
    disputes: Vec<Disputed>,
    answers: Vec<Answered>,
    stays: Vec<Stretch>,
    plans: Vec<Stretch>,
    /// How much the last plan is of.
    planned: Money,
    of_case: Vec<Stretch>,
    of_payee: Vec<Stretch>,
}

fn end(stretches: &mut [Stretch], day: NaiveDate) {
    for stretch in stretches.iter_mut().filter(|stretch| stretch.1.is_none()) {
        stretch.1 = Some(day);
    }
}

fn stands(stretches: &[Stretch], on: NaiveDate) -> bool {
    stretches.iter().any(|(from, until)| *from <= on && until.is_none_or(|until| on < until))
}

impl Told {
    fn noticed(&mut self, notice: &Notice) {
        assert_eq!(notice.amount, None);
        let opened = notice.sent.map_or(notice.dated.0, |sent| sent.0.max(notice.dated.0));
        self.letters.push(Letter {
            number: notice.control_number.clone(),
            opened,
            deadline: notice.appeal_deadline.map(|day| day.0),
            returned: None,
            named: self.identified.clone(),
        });
    }

    /// What is identified from now on; an amendment without claims changes no amount.
    fn identifies(&mut self, claims: &[ClaimPart]) {
        if !claims.is_empty() {
            self.identified.clear();
        }
        for claim in claims {
            let sum = self.identified.entry(claim.patient_control.clone()).or_default();
            *sum = sum.checked_add(claim.amount.unwrap()).unwrap();
        }
    }

    /// The last day for an appeal of a level, as the letter before it says.
    fn deadline(&self, level: u8) -> Option<NaiveDate> {
        let determined = self.disputes.iter().rev().find_map(|dispute| dispute.determined);
        match determined {
            Some((_, _, stated)) if level > 1 => stated,
            _ => self.letters.iter().rfind(|letter| letter.returned.is_none())?.deadline,
        }
    }

    fn determined(&mut self, one: &Determination, again: bool) {
        let fits = |dispute: &Disputed| dispute.determined.is_some() == again;
        let own = self.disputes.iter().rposition(|d| d.level == one.level && fits(d));
        let at = own.or_else(|| self.disputes.iter().rposition(fits)).unwrap();
        let opened = one.sent.map_or(one.dated.0, |sent| sent.0.max(one.dated.0));
        let stated = one.appeal_deadline.map(|day| day.0);
        self.disputes[at].determined = Some((one.dated.0, opened, stated));
    }

    fn takes(&mut self, detail: &Recovery, day: NaiveDate) {
        match detail {
            Recovery::NoticeIssued(notice)
            | Recovery::NoticeRecorded(notice)
            | Recovery::NoticeServedAgain(notice) => self.noticed(notice),
            Recovery::MailReturned(returned) => {
                let meant = |letter: &&mut Letter| {
                    let number = returned.control_number.as_ref();
                    number.map_or(letter.returned.is_none(), |number| *number == letter.number)
                };
                if let Some(letter) = self.letters.iter_mut().rev().find(meant) {
                    letter.returned = Some(day);
                }
            }
            Recovery::AnswerReceived(answer) => {
                let by = answer.promised_by.map(|day| day.0);
                let of = self.identified.clone();
                let (kind, amount) = (answer.kind, answer.amount);
                self.answers.push(Answered { on: day, kind, amount, by, of });
            }
            Recovery::DisputeReceived(dispute) => {
                let late = self.deadline(dispute.level).is_some_and(|last| day > last);
                self.disputes.push(Disputed {
                    level: dispute.level,
                    on: day,
                    amount: dispute.amount,
                    heard: !late,
                    waits: late,
                    determined: None,
                });
            }
            Recovery::DisputeDetermined(one) => self.determined(one, false),
            Recovery::DeterminationCorrected(one) => self.determined(one, true),
            Recovery::LateAppealDecided(one) => {
                let late = self.disputes.iter_mut().rev().find(|dispute| dispute.waits);
                if let Some(dispute) = late {
                    (dispute.waits, dispute.heard) = (false, one.accepted);
                }
            }
            Recovery::StayBegan(_) => self.stays.push((day, None)),
            Recovery::StayLifted(_) => end(&mut self.stays, day),
            Recovery::RepaymentPlanAgreed(plan) => {
                self.plans.push((day, None));
                let parts = plan.instalments.iter().map(|part| part.amount);
                self.planned = parts.fold(Money::ZERO, |sum, part| sum.checked_add(part).unwrap());
            }
            Recovery::RepaymentPlanDefaulted(_) => end(&mut self.plans, day),
            Recovery::CaseIdentified(_)
            | Recovery::CaseAmended(_)
            | Recovery::OffsetInstructed(_)
            | Recovery::OffsetRecorded(_)
            | Recovery::OffsetReversed(_)
            | Recovery::RefundRecorded(_)
            | Recovery::MovementAttributed(_)
            | Recovery::MovementUnattributed(_)
            | Recovery::RestorationDecided(_)
            | Recovery::RestorationRecorded(_)
            | Recovery::CaseReferred(_)
            | Recovery::CaseWithdrawn(_)
            | Recovery::CaseSettled(_)
            | Recovery::BalanceWrittenOff(_)
            | Recovery::RecoveredByAnother(_)
            | Recovery::BalanceDischarged(_)
            | Recovery::CaseReopened(_)
            | Recovery::CaseClosed(_)
            | Recovery::CaseAssigned(_) => {}
        }
    }

    fn measure(&mut self, detail: &Integrity, of_case: bool, day: NaiveDate) {
        let own = if of_case { &mut self.of_case } else { &mut self.of_payee };
        match detail {
            Integrity::StandDownBegan(_) => own.push((day, None)),
            Integrity::StandDownLifted(_) => end(own, day),
            Integrity::PrepaymentReviewBegan(_)
            | Integrity::PrepaymentReviewEnded(_)
            | Integrity::SuspensionBegan(_)
            | Integrity::SuspensionEnded(_)
            | Integrity::ReferredToGovernment(_)
            | Integrity::Sanctioned(_) => {}
        }
    }

    fn of(log: &[Logged], case: &CaseId, payee: &PayeeId) -> Self {
        let mut told = Self::default();
        for logged in log {
            let Event::Deed(deed) = &logged.event else { continue };
            match deed {
                Deed::Recovery(one) if one.subject == Subject::Case(case.clone()) => {
                    if let Recovery::CaseIdentified(_) | Recovery::CaseAmended(_) = &one.detail {
                        told.identifies(&one.claims);
                    }
                    told.takes(&one.detail, one.act.happened.day);
                }
                Deed::Integrity(one) if one.subject == Subject::Case(case.clone()) => {
                    told.measure(&one.detail, true, one.act.happened.day);
                }
                Deed::Integrity(one) if one.subject == Subject::Payee(payee.clone()) => {
                    told.measure(&one.detail, false, one.act.happened.day);
                }
                Deed::Recovery(_)
                | Deed::Audit(_)
                | Deed::Integrity(_)
                | Deed::Hold(_)
                | Deed::Affairs(_)
                | Deed::Governance(_) => {}
            }
        }
        told
    }

    /// How much stands of the overpayment above what the last letter that holds names, and how much was
    /// given back beyond what had been taken, which only a letter about more than is identified names.
    fn behind_the_letter(&self, money: &CaseMoney, on: NaiveDate) -> Money {
        let holds = |letter: &&Letter| letter.returned.is_none_or(|day| day > on);
        let Some(letter) = self.letters.iter().rfind(holds) else { return Money::ZERO };
        let minus = |from: Money, less: Money| from.checked_sub(less).unwrap().max(Money::ZERO);
        let sum = |of: &Identified| {
            of.values().fold(Money::ZERO, |sum, one| sum.checked_add(*one).unwrap())
        };
        let mut behind = Money::ZERO;
        for (claim, amount) in &self.identified {
            let before = letter.named.get(claim).copied().unwrap_or_default();
            behind = behind.checked_add(minus(*amount, before)).unwrap();
        }
        let taken = money.collected.checked_add(money.carried).unwrap();
        let too_much = minus(Money::ZERO, taken);
        let more = minus(sum(&letter.named), sum(&self.identified));
        behind.checked_add(minus(too_much, more)).unwrap()
    }

    /// The days on which letters opened windows by a day: those that came back, and determinations of
    /// what went to the next level, opened none.
    fn windows(&self, on: NaiveDate) -> Vec<(NaiveDate, bool)> {
        let mut found = Vec::new();
        for letter in &self.letters {
            if letter.returned.is_none_or(|day| day > on) {
                found.push((letter.opened, false));
            }
        }
        for (at, dispute) in self.disputes.iter().enumerate() {
            let next =
                |later: &Disputed| later.heard && later.level > dispute.level && later.on <= on;
            let went_on = self.disputes[at + 1..].iter().any(next);
            if let Some((dated, opened, _)) = dispute.determined
                && dispute.heard
                && dispute.on <= on
                && dated <= on
                && !went_on
            {
                found.push((opened, true));
            }
        }
        found
    }
}

/// What is known of an offset.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    /// Why it must be refused.
    pub(crate) must: Option<&'static str>,
    /// Why it may be.
    pub(crate) may: Option<&'static str>,
}

/// Whether so much may be taken of a case on a day.
pub(crate) fn judge(
    log: &[Logged],
    case: &CaseId,
    payee: &PayeeId,
    money: &CaseMoney,
    amount: Money,
    on: NaiveDate,
) -> Judgement {
    let told = Told::of(log, case, payee);
    let outstanding = money.outstanding().unwrap();
    let mut judged = Judgement::default();
    let mut both = |why| (judged.must, judged.may) = (judged.must.or(Some(why)), Some(why));
    if stands(&told.of_case, on) || stands(&told.of_payee, on) {
        both("a stand-down");
    }
    if stands(&told.stays, on) {
        both("a stay");
    }
    let mut written = told.letters.iter().filter(|letter| letter.opened <= on);
    if !written.any(|letter| letter.returned.is_none_or(|day| day > on)) {
        both("no notice");
    }
    let open = |dispute: &&Disputed| {
        let over = dispute.determined.is_some_and(|(dated, _, _)| dated <= on);
        dispute.heard && dispute.on <= on && !over
    };
    let mut disputed = Money::ZERO;
    for dispute in told.disputes.iter().filter(open) {
        disputed = disputed.checked_add(dispute.amount.unwrap_or(outstanding)).unwrap();
    }
    let free = outstanding.checked_sub(disputed.min(outstanding)).unwrap();
    let is_disputed = told.disputes.iter().any(|dispute| open(&dispute));
    if amount > free && is_disputed {
        both("a dispute");
    }
    let behind = told.behind_the_letter(money, on);
    if behind > Money::ZERO {
        let named = |of: Money| of.checked_sub(behind.min(of)).unwrap();
        if amount.min(outstanding) > named(outstanding) {
            both("no letter names it");
        } else if amount > named(free) {
            judged.may = Some("no letter names it");
        }
    }
    // Agreed with on that day or the day before: what is agreed goes the day after.
    let answers = || told.answers.iter().filter(|answer| answer.on <= on);
    // Where claims were changed since, an answer is of a part of it.
    let is_whole = |answer: &Answered| answer.amount.is_none() && answer.of == told.identified;
    let in_parts = answers().any(|answer| !is_whole(answer))
        || told.disputes.iter().any(|dispute| dispute.amount.is_some());
    let windows = told.windows(on);
    for (opened, of_determination) in &windows {
        let agreed = answers().any(|answer| {
            let in_time = !of_determination || answer.on >= *opened;
            let agrees = answer.kind == AnswerKind::Agreement && is_whole(answer);
            agrees && in_time && on > answer.on.max(*opened)
        });
        let promised = answers().any(|answer| {
            let over = answer.by.is_some_and(|by| on > by.max(*opened));
            let in_time = !of_determination || answer.on >= *opened;
            answer.kind == AnswerKind::RefundPromised && over && in_time
        });
        if on <= closes(*opened) && !agreed {
            judged.may = Some("a window");
            if !in_parts && !promised && *opened <= on {
                judged.must = judged.must.or(Some("a window"));
            }
        }
    }
    if answers().any(|answer| {
        answer.kind == AnswerKind::RefundPromised && answer.by.is_some_and(|by| by >= on)
    }) {
        judged.may = Some("a promise");
    }
    if told.plans.iter().any(|(_, until)| until.is_none()) {
        judged.may = Some("a plan");
        // A plan that is paid is over; what came before it pays nothing of it.
        let ever = money.taken().unwrap().checked_add(money.restored).unwrap();
        let unpaid = ever < told.planned && outstanding > Money::ZERO;
        if stands(&told.plans, on) && unpaid {
            judged.must = judged.must.or(Some("a plan"));
        }
    }
    if in_parts && is_disputed {
        judged.may = Some("a part");
    }
    if in_parts && windows.iter().any(|(opened, _)| on <= closes(*opened)) {
        judged.may = Some("a part of a window");
    }
    judged
}
