//! The Monday list: what will not move by itself, line by line (DOMAIN 8).
//!
//! Each line is a question to each case, asked on one day; a case may stand in several lines. What a
//! stand-down covers is counted apart and not listed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::rows::add;
use lookback_projections::{rules, runs};
use serde::Serialize;

use super::cases::{self, Wanted};
use super::duties::Times;
use super::{AnswerError, Each, View};

mod lines;
mod queue;

use lines::{Asked, items};

/// A line of the Monday list, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Balances that nothing will move.
    NoClock,
    /// An offset is eligible and was not instructed.
    EligibleNotInstructed,
    /// Instructed, and not seen for so many payment cycles.
    InstructedNotSeen,
    /// Taken while a dispute, a stay or a stand-down barred it: a restoration decision is due.
    TakenWhileBarred,
    /// A dispute waits for its determination, and its time has run out or was never set; or a late one to
    /// be accepted or rejected.
    DisputesUndetermined,
    /// Money that must be given back, and its time has run out or was never set.
    RestorationsOverdue,
    /// A refund was promised and did not come.
    PromisesPast,
    /// An instalment of a repayment plan did not come.
    InstalmentsMissed,
    /// A notice came back and was not served again.
    ReturnedMail,
    /// Movements of money that wait for a person.
    Unmatched,
}

impl Line {
    /// All, in their order.
    pub const ALL: [Self; 10] = [
        Self::NoClock,
        Self::EligibleNotInstructed,
        Self::InstructedNotSeen,
        Self::TakenWhileBarred,
        Self::DisputesUndetermined,
        Self::RestorationsOverdue,
        Self::PromisesPast,
        Self::InstalmentsMissed,
        Self::ReturnedMail,
        Self::Unmatched,
    ];

    /// The word of `--line`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoClock => "no-clock",
            Self::EligibleNotInstructed => "eligible-not-instructed",
            Self::InstructedNotSeen => "instructed-not-seen",
            Self::TakenWhileBarred => "taken-while-barred",
            Self::DisputesUndetermined => "disputes-undetermined",
            Self::RestorationsOverdue => "restorations-overdue",
            Self::PromisesPast => "promises-past",
            Self::InstalmentsMissed => "instalments-missed",
            Self::ReturnedMail => "returned-mail",
            Self::Unmatched => "unmatched",
        }
    }

    /// What it is, for a person.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::NoClock => "no clock running",
            Self::EligibleNotInstructed => "eligible, not instructed",
            Self::InstructedNotSeen => "instructed, not seen",
            Self::TakenWhileBarred => "taken while barred",
            Self::DisputesUndetermined => "disputes to be determined",
            Self::RestorationsOverdue => "restorations overdue",
            Self::PromisesPast => "promises past",
            Self::InstalmentsMissed => "instalments missed",
            Self::ReturnedMail => "returned mail",
            Self::Unmatched => "unmatched WO, 72, FB",
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its line.
    pub line: Line,
    /// The case; none of a movement that waits.
    pub case: Option<String>,
    /// Whose money.
    pub payee: String,
    /// The plan that paid.
    pub plan: Option<String>,
    /// Who works on it.
    pub owner: Option<String>,
    /// The vendor that works it.
    pub vendor: Option<String>,
    /// Since when.
    pub since: Option<Day>,
    /// So many days.
    pub days: Option<i64>,
    /// How much; none where no amount is at stake.
    pub amount: Option<Money>,
    /// What is the matter, in words.
    pub what: String,
    /// The record that shows it.
    pub at: String,
}

/// A line's count and sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The line.
    pub line: Line,
    /// How many things to do.
    pub items: u64,
    /// Their sum; none where no amount is at stake.
    pub amount: Option<Money>,
    /// Since when the oldest waits.
    pub oldest: Option<Day>,
    /// What is the matter, in words.
    pub what: String,
}

/// How many payment cycles without it make an instruction not seen, where nobody says how many.
pub const CYCLES: u64 = 2;

/// What is asked of the Monday list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Which cases.
    pub wanted: Wanted,
    /// Which line alone.
    pub line: Option<Line>,
    /// After how many payment cycles an instruction is not seen.
    pub cycles: u64,
    /// The day.
    pub on: Day,
}

/// Hands over the things to do, cases by id, then movements that wait. Gives how many cases a stand-down
/// keeps off the list.
///
/// # Errors
/// When the rows cannot be read, or `put` says so.
pub fn all(
    view: &View<'_>,
    question: &Question,
    put: &mut Each<'_, Item>,
) -> Result<u64, AnswerError> {
    let asked = Asked {
        on: question.on,
        cycles: question.cycles,
        paid: payment_dates(view, question.on)?,
        times: Times::of(&rules::in_use(view.rows())?, question.on),
    };
    let mut put = |item: Item| match question.line {
        Some(line) if line != item.line => Ok(()),
        _ => put(item),
    };
    let mut hidden = 0_u64;
    cases::each(view, &question.wanted, question.on, &mut |seen| {
        let items = items(&seen, &asked)?;
        if seen.stood_down && !question.wanted.cleared {
            hidden = hidden.saturating_add(u64::from(!items.is_empty()));
            return Ok(());
        }
        items.into_iter().try_for_each(&mut put)
    })?;
    queue::all(view, question, &mut put)?;
    Ok(hidden)
}

/// The Monday list in sums, every line, also one with nothing to do.
///
/// # Errors
/// When the rows cannot be read.
pub fn summary(
    view: &View<'_>,
    question: &Question,
    by_owner: &mut BTreeMap<(String, String), (u64, Money)>,
) -> Result<(Vec<Summary>, u64), AnswerError> {
    let nothing =
        |line: Line| Summary { line, items: 0, amount: None, oldest: None, what: String::new() };
    let mut lines: BTreeMap<Line, Summary> =
        Line::ALL.into_iter().map(|line| (line, nothing(line))).collect();
    let hidden = all(view, question, &mut |item| {
        let Some(sum) = lines.get_mut(&item.line) else { return Ok(()) };
        sum.items = sum.items.saturating_add(1);
        if let Some(amount) = item.amount {
            add(sum.amount.get_or_insert(Money::ZERO), Some(amount))?;
        }
        if let Some(since) = item.since
            && sum.oldest.is_none_or(|oldest| since < oldest)
        {
            sum.oldest = Some(since);
            sum.what.clone_from(&item.what);
        }
        let owner = item.owner.unwrap_or_else(|| "nobody".to_owned());
        let (items, amount) = by_owner.entry((owner, item.vendor.unwrap_or_default())).or_default();
        *items = items.saturating_add(1);
        Ok(add(amount, item.amount)?)
    })?;
    Ok((lines.into_values().collect(), hidden))
}

/// The payment dates that are known by a day, ascending.
fn payment_dates(view: &View<'_>, on: Day) -> Result<Vec<NaiveDate>, AnswerError> {
    let dates = runs::received(view.rows())?.into_keys().filter_map(|(date, _)| date);
    let mut dates: Vec<NaiveDate> = dates.filter(|date| *date <= on.0).collect();
    dates.dedup();
    Ok(dates)
}
