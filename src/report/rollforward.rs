//! Roll-forward: from the inventory before a period to the inventory at its end, by plan and funding.
//!
//! opening + identified ± amended − reduced − collected − written off = closing, where opening and
//! closing are outstanding + carried forward − restoration owed, and everything is as known at the
//! moment of the view. What is carried forward is not collected yet, so moving it changes nothing here.
//!
//! # Which day counts for what
//!
//! - An amount that a remittance shows (taken, given back, a refund acknowledged) counts on the payment
//!   date of that remittance (835 BPR16).
//! - What a person or another system says (identified, amended, reduced, written off, a refund, an
//!   offset or a restoration that no remittance shows) counts on the day it says it happened.
//! - The opening is all that counts on a day before `from`, the closing all that counts on `to` or
//!   before; so the closing of one period is the opening of the next, as known at one and the same
//!   moment.
//! - When something was learnt is the moment of its record. What was learnt after the end, plan time, of
//!   the period on whose days it counts, is a change to a closed period: it is itemised, whether it
//!   changes the opening (a period before `from`) or this period.
//!
//! The roll-forward of a period as known at its end, and that of the next as known later, differ by
//! exactly the items that change the opening.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use lookback_projections::case_on::CaseOn;
use lookback_projections::entries::{Entry, Kind};
use lookback_projections::rows::{RowsError, add};
use serde::Serialize;

use super::cases::{self, Wanted};
use super::findings::place;
use super::stand_down::MASK;
use super::{AnswerError, View, header, start_of_day};
use crate::journal::Position;

/// The period, both days included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
}

/// The cases of a plan and funding over a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The plan that paid.
    pub plan: String,
    /// How it is funded; empty where the cases do not say.
    pub funding: Option<String>,
    /// Outstanding + carried forward − restoration owed before the period.
    pub opening: Money,
    /// Identified in it.
    pub identified: Money,
    /// By how much more, or less, cases were amended to in it.
    pub amended: Money,
    /// Overturned, withdrawn, settled, discharged or recovered by another in it.
    pub reduced: Money,
    /// Collected in it, less what was restored.
    pub collected: Money,
    /// Given up for good in it.
    pub written_off: Money,
    /// Outstanding + carried forward − restoration owed at its end.
    pub closing: Money,
    /// Of the opening, what was learnt after the period before had closed.
    pub opening_learnt_late: Money,
    /// Of the change in the period, what was learnt after it had closed.
    pub period_learnt_late: Money,
}

/// A change to a closed period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// `opening` where it counts before the period, `period` where it counts in it.
    pub changes: &'static str,
    /// The case; not named while a stand-down covers it.
    pub case: String,
    /// The plan that paid.
    pub plan: String,
    /// How it is funded; empty where the case does not say.
    pub funding: Option<String>,
    /// What it is: `identified`, `amended`, `reduced`, `offset` and so on.
    pub what: &'static str,
    /// The day it counts on.
    pub day: Day,
    /// When it was learnt, UTC.
    pub learnt: Timestamp,
    /// By how much it changed the inventory.
    pub amount: Money,
    /// The record.
    pub at: String,
}

/// A roll-forward: its lines, its total, its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollForward {
    /// By plan and funding.
    pub lines: Vec<Line>,
    /// What was learnt after the period it counts in, by case.
    pub items: Vec<Item>,
}

/// A late item before it is known when it was learnt.
struct Late {
    entry: Entry,
    opening: bool,
    case: String,
    plan: String,
    funding: Option<String>,
}

/// Adds up entries.
struct Sums {
    period: Period,
    lines: BTreeMap<(String, Option<String>), Line>,
    late: Vec<Late>,
}

impl Sums {
    const fn new(period: Period) -> Self {
        Self { period, lines: BTreeMap::new(), late: Vec::new() }
    }

    /// Takes a case in; `learnt_late` says of an entry whether it was learnt after the end of a day.
    fn take(
        &mut self,
        case: &CaseOn,
        hidden: bool,
        learnt_late: impl Fn(&Entry, Side) -> bool,
    ) -> Result<(), RowsError> {
        let facts = &case.row.facts;
        let key = (facts.plan.clone(), facts.funding.clone());
        let line = self.lines.entry(key.clone()).or_insert_with(|| Line::nothing(key.clone()));
        for entry in case.entries.iter().filter(|entry| entry.day <= self.period.to) {
            let change = entry.inventory()?;
            let opening = entry.day < self.period.from;
            if opening {
                add(&mut line.opening, Some(change))?;
            } else {
                line.book(entry)?;
            }
            add(&mut line.closing, Some(change))?;
            let side = if opening { Side::Opening } else { Side::Period };
            if change.is_zero() || !learnt_late(entry, side) {
                continue;
            }
            let sum = match side {
                Side::Opening => &mut line.opening_learnt_late,
                Side::Period => &mut line.period_learnt_late,
            };
            add(sum, Some(change))?;
            let case = if hidden { MASK.to_owned() } else { case.id.to_string() };
            let (plan, funding) = key.clone();
            self.late.push(Late { entry: *entry, opening, case, plan, funding });
        }
        Ok(())
    }
}

/// Which closed period an entry would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Opening,
    Period,
}

impl Line {
    fn nothing((plan, funding): (String, Option<String>)) -> Self {
        Self {
            plan,
            funding,
            opening: Money::ZERO,
            identified: Money::ZERO,
            amended: Money::ZERO,
            reduced: Money::ZERO,
            collected: Money::ZERO,
            written_off: Money::ZERO,
            closing: Money::ZERO,
            opening_learnt_late: Money::ZERO,
            period_learnt_late: Money::ZERO,
        }
    }

    /// What an entry changed in the period.
    fn book(&mut self, entry: &Entry) -> Result<(), RowsError> {
        let amended = entry.kind == Kind::Amended;
        let identified = if amended { &mut self.amended } else { &mut self.identified };
        add(identified, Some(entry.identified))?;
        add(&mut self.reduced, Some(entry.reduced))?;
        add(&mut self.collected, Some(entry.collected))?;
        add(&mut self.written_off, Some(entry.written_off))
    }

    /// The sum of lines, as a line of its own.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn total<'a>(lines: impl IntoIterator<Item = &'a Self>) -> Result<Self, RowsError> {
        let mut total = Self::nothing(("total".to_owned(), None));
        for line in lines {
            for (sum, part) in total.sums().into_iter().zip(line.clone().sums()) {
                add(sum, Some(*part))?;
            }
        }
        Ok(total)
    }

    const fn sums(&mut self) -> [&mut Money; 9] {
        [
            &mut self.opening,
            &mut self.identified,
            &mut self.amended,
            &mut self.reduced,
            &mut self.collected,
            &mut self.written_off,
            &mut self.closing,
            &mut self.opening_learnt_late,
            &mut self.period_learnt_late,
        ]
    }
}

/// How many records of each journal were recorded before a day began.
fn recorded_before(view: &View<'_>, day: NaiveDate) -> Result<Vec<u64>, AnswerError> {
    let begun = start_of_day(view.ledger(), day);
    let moment = begun.map_or(i64::MAX, |begun| begun.micros().saturating_sub(1));
    let then = View::records_until(view.ledger(), Timestamp::from_micros(moment))?;
    Ok(then.stretches().into_iter().map(|(_, end)| end).collect())
}

/// The roll-forward of the cases asked for, as known at the view's moment.
///
/// # Errors
/// When the period ends before it begins, or the rows cannot be read.
pub fn rollforward(
    view: &View<'_>,
    wanted: &Wanted,
    period: Period,
) -> Result<RollForward, AnswerError> {
    if period.to < period.from {
        return Err(AnswerError::Question("a period does not end before it begins".to_owned()));
    }
    let after = period.to.succ_opt().unwrap_or(period.to);
    let ends = [recorded_before(view, period.from)?, recorded_before(view, after)?];
    let learnt_late = |entry: &Entry, side: Side| {
        let [opening, closing] = &ends;
        let ends = if side == Side::Opening { opening } else { closing };
        let end = ends.get(usize::from(entry.at.journal.index())).copied().unwrap_or(u64::MAX);
        entry.at.seq >= end
    };
    let mut sums = Sums::new(period);
    cases::each(view, wanted, Day(period.to), &mut |seen| {
        let hidden = seen.stood_down && !wanted.cleared;
        Ok(sums.take(&seen.case, hidden, learnt_late)?)
    })?;
    let items = sums.late.into_iter().map(|late| item(view, late));
    let items = items.collect::<Result<_, _>>()?;
    Ok(RollForward { lines: sums.lines.into_values().collect(), items })
}

fn item(view: &View<'_>, late: Late) -> Result<Item, AnswerError> {
    let Late { entry, opening, case, plan, funding } = late;
    let at: Position = place(entry.at);
    let stored = view.ledger().journals().record(at)?;
    Ok(Item {
        changes: if opening { "opening" } else { "period" },
        case,
        plan,
        funding,
        what: entry.kind.as_str(),
        day: Day(entry.day),
        learnt: header(at, &stored.header)?.recorded_at,
        amount: entry.inventory()?,
        at: at.to_string(),
    })
}

#[cfg(test)]
mod tests;
