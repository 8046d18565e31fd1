//! Where a case stands on a day, in the field's words (DOMAIN 6).
//!
//! A pure function of what was said and done (the row, which holds what happened by the day and no
//! more), of its windows on the day, and of the day. Not here: the windows themselves
//! ([`crate::windows`]), and money, whose sums stand beside.
//!
//! # Precedence
//!
//! An end comes before everything; then what forbids recovery (stand-down, stay, an open dispute);
//! then what was taken; then what was instructed, referred or agreed; then the windows.

use std::fmt;

use chrono::NaiveDate;
use lookback_events::event::recovery::letters::{AnswerKind, Outcome};
use lookback_events::event::text::Day;
use lookback_events::money::Money;

use crate::cases::{CaseRow, DisputeState, End};
use crate::rows::RowsError;
use crate::windows::{Bar, Eligibility, Standing, WindowKind};

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Identified; nobody was written to.
    Identified,
    /// Written to; the provider may answer until that day.
    Noticed(Option<Day>),
    /// The notice came back: its window is void.
    Returned(Day),
    /// Nothing was heard in the window.
    Silent(Option<Day>),
    /// Disputed at a level.
    Disputed(u8),
    /// A part of it is disputed; the rest may be offset from that day on.
    DisputedInPart(Option<Day>),
    /// An appeal came late and nobody has decided whether it is heard.
    LateAppeal(u8),
    /// Determined by letter; the provider may answer until that day.
    Determined(Outcome, Option<Day>),
    /// Determined, and nothing was heard in the window.
    DeterminedSilent(Outcome, Option<Day>),
    /// The provider agrees.
    Agreed(Option<Day>),
    /// A refund is promised by that day.
    Promised(Day),
    /// It did not come: the case goes on as agreed.
    PromisePast(Day),
    /// In instalments, the next due on that day.
    RepaymentPlan(Day),
    /// An instalment of a repayment plan that was due on that day did not come.
    InstalmentMissed(Day),
    /// A repayment plan was not kept.
    PlanDefaulted(Day),
    /// The payer was told to take it, from that day on.
    Instructed(Day),
    /// A person referred the balance to collections.
    Referred(Day),
    /// So much was collected, and something is outstanding.
    CollectedInPart(Money),
    /// Nothing is outstanding, but so much is only carried forward.
    CarriedForward(Money),
    /// Nothing is outstanding.
    Collected(Money),
    /// Nothing is outstanding, and nothing was taken.
    NothingOutstanding,
    /// So much was taken beyond the overpayment.
    RestorationOwed(Money),
    /// Bankruptcy stays recovery.
    Stayed,
    /// An agency forbids notice, contact and offset.
    StoodDown,
    /// It ended so on that day.
    Ended(End, Day),
}

impl State {
    /// Where a case stands on a day.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn of(row: &CaseRow, eligible: &Eligibility, on: Day) -> Result<Self, RowsError> {
        if let Some((known, end)) = &row.ended {
            return Ok(Self::Ended(*end, Day(known.happened.day)));
        }
        let owed = row.money.restoration_owed()?;
        if !owed.is_zero() {
            return Ok(Self::RestorationOwed(owed));
        }
        let open = || row.disputes.iter().rev().find(|dispute| dispute.is_open(on.0));
        match eligible.barred {
            Some(Bar::StandDown) => return Ok(Self::StoodDown),
            Some(Bar::Stay) => return Ok(Self::Stayed),
            Some(Bar::Dispute) => {
                return Ok(Self::Disputed(open().map_or(1, |dispute| dispute.level)));
            }
            Some(Bar::PartialDispute) => {
                return Ok(Self::DisputedInPart(eligible.from.map(Day)));
            }
            Some(Bar::RepaymentPlan | Bar::NoNotice) | None => {}
        }
        let outstanding = row.money.outstanding()?;
        if let Some(taken) = taken(row, outstanding) {
            return Ok(taken);
        }
        if outstanding.is_zero() {
            return Ok(Self::NothingOutstanding);
        }
        Self::awaiting(row, eligible, on.0)
    }

    /// Where a case stands of which something is outstanding and nothing was taken.
    fn awaiting(row: &CaseRow, eligible: &Eligibility, on: NaiveDate) -> Result<Self, RowsError> {
        let other = Self::by_person(row);
        if let Some(other) = other {
            return Ok(other);
        }
        // A plan that is paid is over.
        let next = row.instalments_left()?.first().map(|instalment| instalment.due);
        Ok(match next {
            Some(due) if due.0 < on => Self::InstalmentMissed(due),
            Some(due) => Self::RepaymentPlan(due),
            None => Self::by_clocks(row, eligible, on),
        })
    }

    /// What somebody did with it, or must decide.
    fn by_person(row: &CaseRow) -> Option<Self> {
        if let Some((known, _)) = &row.referred {
            return Some(Self::Referred(Day(known.happened.day)));
        }
        if let Some(instruction) = row.instructions.last() {
            return Some(Self::Instructed(instruction.first_on));
        }
        let late = |dispute: &&DisputeState| dispute.late && dispute.accepted.is_none();
        if let Some(dispute) = row.disputes.last().filter(late) {
            return Some(Self::LateAppeal(dispute.level));
        }
        if let Some(known) = &row.defaulted {
            return Some(Self::PlanDefaulted(Day(known.happened.day)));
        }
        None
    }

    /// Where a case stands by what was answered, and by its windows.
    fn by_clocks(row: &CaseRow, eligible: &Eligibility, on: NaiveDate) -> Self {
        let from = eligible.from.map(Day);
        if let Some(answered) = Self::answered(row, from, on) {
            return answered;
        }
        let of = |kind| eligible.windows.iter().rev().find(move |window| window.kind == kind);
        let mut letters = row.disputes.iter().filter_map(|dispute| dispute.determined.as_ref());
        if let Some(window) = of(WindowKind::Determination)
            && let Some(letter) = letters.find(|letter| letter.known.at == window.letter)
        {
            let outcome = letter.outcome;
            return match window.standing {
                Standing::Closed => Self::DeterminedSilent(outcome, from),
                Standing::Open | Standing::Heard(_) | Standing::Void(_) => {
                    Self::Determined(outcome, window.closes.map(Day))
                }
            };
        }
        match of(WindowKind::Dispute) {
            None => Self::Identified,
            Some(window) => match window.standing {
                Standing::Void(day) => Self::Returned(Day(day)),
                Standing::Closed => Self::Silent(from),
                Standing::Open | Standing::Heard(_) => Self::Noticed(window.closes.map(Day)),
            },
        }
    }

    /// What the provider's last answer means, where nothing later came.
    fn answered(row: &CaseRow, from: Option<Day>, on: NaiveDate) -> Option<Self> {
        let stops = |kind: AnswerKind| kind != AnswerKind::Contact;
        let answer = row.answers.iter().rev().find(|answer| stops(answer.kind))?;
        let reopened = row.disputes.iter().any(|dispute| dispute.known.at > answer.known.at);
        if reopened {
            return None;
        }
        match (answer.kind, answer.promised_by) {
            (AnswerKind::RefundPromised, Some(by)) if by.0 >= on => Some(Self::Promised(by)),
            (AnswerKind::RefundPromised, Some(by)) => Some(Self::PromisePast(by)),
            (AnswerKind::RefundPromised | AnswerKind::Agreement, _) => Some(Self::Agreed(from)),
            (AnswerKind::Contact, _) => None,
        }
    }
}

/// What was taken: `None` where nothing was, or more was given back.
fn taken(row: &CaseRow, outstanding: Money) -> Option<State> {
    let money = &row.money;
    let nothing = money.collected <= Money::ZERO;
    match (outstanding.is_zero(), money.carried.is_zero(), nothing) {
        (_, false, _) if outstanding.is_zero() => Some(State::CarriedForward(money.carried)),
        (true, true, false) => Some(State::Collected(money.collected)),
        (false, _, false) => Some(State::CollectedInPart(money.collected)),
        _ => None,
    }
}

const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Upheld => "upheld",
        Outcome::Modified => "modified",
        Outcome::Overturned => "overturned",
    }
}

impl End {
    /// How it ended, for a person.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Withdrawn => "withdrawn",
            Self::Overturned => "overturned",
            Self::Settled => "settled",
            Self::WrittenOff => "written off",
            Self::RecoveredByAnother => "recovered by another",
            Self::Discharged => "discharged",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = |window: &Option<Day>| {
            window.map_or(String::new(), |window| format!(", window to {}", window.0))
        };
        let from = |eligible: &Option<Day>| {
            eligible.map_or(", offset not eligible yet".to_owned(), |day| {
                format!(", offset eligible from {}", day.0)
            })
        };
        match self {
            Self::Identified => f.write_str("identified"),
            Self::Noticed(window) => write!(f, "noticed{}", until(window)),
            Self::Returned(day) => write!(f, "notice returned {}, window void", day.0),
            Self::Silent(eligible) => write!(f, "silent{}", from(eligible)),
            Self::Disputed(1) => f.write_str("disputed, offset barred"),
            Self::Disputed(level) => write!(f, "disputed at level {level}, offset barred"),
            Self::DisputedInPart(eligible) => {
                write!(f, "disputed in part, the rest{}", from(eligible))
            }
            Self::LateAppeal(1) => f.write_str("late appeal, to be decided"),
            Self::LateAppeal(level) => write!(f, "late appeal of level {level}, to be decided"),
            Self::Determined(outcome, window) => {
                write!(f, "determined {}{}", outcome_word(*outcome), until(window))
            }
            Self::DeterminedSilent(outcome, eligible) => {
                write!(f, "determined {}, silent{}", outcome_word(*outcome), from(eligible))
            }
            Self::Agreed(eligible) => write!(f, "agreed{}", from(eligible)),
            Self::Promised(day) => write!(f, "refund promised by {}", day.0),
            Self::PromisePast(day) => write!(f, "promise of {} past, as agreed", day.0),
            Self::RepaymentPlan(day) => write!(f, "repayment plan, next due {}", day.0),
            Self::InstalmentMissed(day) => {
                write!(f, "repayment plan, instalment missed of {}", day.0)
            }
            Self::PlanDefaulted(day) => write!(f, "repayment plan not kept since {}", day.0),
            Self::Instructed(day) => write!(f, "instructed from {}", day.0),
            Self::Referred(day) => write!(f, "referred to collections {}", day.0),
            Self::CollectedInPart(sum) => write!(f, "collected in part, {}", sum.grouped()),
            Self::CarriedForward(sum) => write!(f, "carried forward, {}", sum.grouped()),
            Self::Collected(sum) => write!(f, "collected, {}", sum.grouped()),
            Self::NothingOutstanding => f.write_str("nothing outstanding"),
            Self::RestorationOwed(sum) => write!(f, "restoration owed, {}", sum.grouped()),
            Self::Stayed => f.write_str("bankruptcy stay, offset barred"),
            Self::StoodDown => f.write_str("stand-down, offset barred"),
            Self::Ended(end, day) => write!(f, "{} {}", end.in_words(), day.0),
        }
    }
}
