//! Replay: a case step by step, as it was learnt, with what each record changed.
//!
//! Only `story` and `gather` meet the ledger: they open the few records that a case consists of
//! and fold them in memory. Nothing here knows today: a step is looked at on a day of the story, and
//! what was *known* is the prefix of records up to it (the two dials of [`crate::report`]).
//!
//! # The day of a step
//!
//! A step is looked at on the latest day that anything up to it is said to have happened on, and its
//! change is the difference between the rows before and after it *on that same day*: what the passing
//! of time did stands apart ([`Step::before`] against the step ahead of it).
//!
//! # Late knowledge
//!
//! A fact learnt more than a day after it happened is late. What the ledger believed meanwhile is what
//! the records up to the day before say about that day: no record has to be taken out for it, because
//! a late one is behind them in its journal.

use lookback_events::event::act::ClaimPart;
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use lookback_projections::cases::CaseMoney;
use lookback_projections::clocks::Derivation;
use lookback_projections::rows::RowsError;
use serde::Serialize;

use crate::report::AnswerError;

pub mod chart;
pub mod compare;
mod gather;
pub mod html;
mod late;
mod moved;
pub mod rules;
mod standing;
mod steps;
mod story;
pub mod words;

pub use standing::{Looked, looked};
pub use steps::{Known, steps};
pub use story::{Dials, Story, replay};

/// A day's lag that is no lateness: what comes in the afternoon is recorded the next morning.
const TIMELY_DAYS: i64 = 1;

/// A case, replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// The case.
    pub case: String,
    /// Who was paid.
    pub payee: String,
    /// The name the payee was first seen with.
    pub payee_name: Option<String>,
    /// What was known: everything recorded until this moment.
    pub known_at: Timestamp,
    /// The day asked about.
    pub on: Day,
    /// Under which other rules it was replayed; `None` where under those that held.
    pub what_if: Option<String>,
    /// The steps, in the order in which they were learnt.
    pub steps: Vec<Step>,
    /// How it stands on the day asked about.
    pub now: Standing,
    /// How it would stand under the rules that hold; only where it was replayed under others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_it_is: Option<Standing>,
    /// Its money by day, as far as all of it is known; only where it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<(Day, Sums)>,
}

/// One record and what it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its number, from 1.
    pub number: u64,
    /// The record.
    pub at: String,
    /// The event's name and version.
    pub event: String,
    /// Who acted.
    pub actor: String,
    /// The designated party that did it or received it for the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Who had proposed it, where two people were needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<String>,
    /// `evidenced` where a document or a remittance shows it, else `asserted`.
    pub standing: &'static str,
    /// When it happened, plan time: a day, with the minute where it is known.
    pub happened: String,
    /// When it was learnt, UTC.
    pub learnt: Timestamp,
    /// The day of that in the plan's time zone.
    pub learnt_on: Day,
    /// How many days after it happened it was learnt, where that is late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_days: Option<i64>,
    /// What happened, in words that name no patient.
    pub what: String,
    /// What somebody wrote about it; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// What stands beside it; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The claims it is about; only where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<Vec<ClaimPart>>,
    /// Findings that were recorded with it: rules that it broke.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// The day of the story that it is looked at on.
    pub on: Day,
    /// How the case stood on that day without it; `None` before the case was known.
    pub before: Option<Standing>,
    /// How it stood with it.
    pub after: Option<Standing>,
    /// What it changed.
    pub changed: Vec<Change>,
    /// What the ledger believed until it was learnt, where that was late and otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub believed: Option<Belief>,
}

/// How a case stands on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The day.
    pub on: Day,
    /// Its state, in words.
    pub state: String,
    /// Its money.
    pub money: Sums,
    /// Its clocks.
    pub deadlines: Vec<Deadline>,
    /// The first day on which an offset may be taken; `None` while it is barred or not known.
    pub offset_from: Option<Day>,
}

/// The money of a case (DOMAIN 6): identified + restoration owed = reduced + collected + carried
/// forward + written off + outstanding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// The overpayment.
    pub identified: Money,
    /// Overturned, withdrawn, settled, discharged or recovered by another.
    pub reduced: Money,
    /// Offsets and refunds, less what was restored.
    pub collected: Money,
    /// Taken, and carried forward.
    pub carried_forward: Money,
    /// Given up for good.
    pub written_off: Money,
    /// Still to be collected.
    pub outstanding: Money,
    /// Taken beyond the overpayment.
    pub restoration_owed: Money,
}

/// A clock of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// Its name, such as `dispute-window`; `lookback explain` takes it.
    pub clock: String,
    /// The last day under the end rule; `None` while it is open.
    pub due: Option<Day>,
    /// What happens then.
    pub then: Option<String>,
    /// On which day and by what it was stopped.
    pub stopped: Option<String>,
    /// The policy that gave it, with its version.
    pub policy: String,
    /// Everything that led to the day; `None` where somebody said the day.
    pub derivation: Option<Derivation>,
    /// Why no day could be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_found: Option<String>,
}

/// Something that is another on one side than on the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What: `state`, `outstanding`, the name of a clock.
    pub what: String,
    /// What it was; `None` where it was not there.
    pub before: Option<String>,
    /// What it is; `None` where it is no longer there.
    pub after: Option<String>,
}

/// What the ledger believed while a fact was not known to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Belief {
    /// When it happened.
    pub from: Day,
    /// The last day on which it was not known.
    pub until: Day,
    /// The state it believed on that day.
    pub state: String,
    /// What was outstanding, as it believed.
    pub outstanding: Money,
    /// The state that was true on that day, as is known since.
    pub was: String,
    /// The steps in which somebody acted on it: money was instructed, taken, referred or given up.
    pub acted: Vec<u64>,
}

impl Sums {
    /// The sums of a row.
    ///
    /// # Errors
    /// When one cannot be held exactly.
    pub fn of(money: &CaseMoney) -> Result<Self, RowsError> {
        Ok(Self {
            identified: money.identified,
            reduced: money.reduced,
            collected: money.collected,
            carried_forward: money.carried,
            written_off: money.written_off,
            outstanding: money.outstanding()?,
            restoration_owed: money.restoration_owed()?,
        })
    }

    /// The sums by the names that answers give them.
    pub const fn named(&self) -> [(&'static str, Money); 7] {
        [
            ("identified", self.identified),
            ("outstanding", self.outstanding),
            ("collected", self.collected),
            ("carried forward", self.carried_forward),
            ("reduced", self.reduced),
            ("written off", self.written_off),
            ("restoration owed", self.restoration_owed),
        ]
    }
}

impl Deadline {
    /// What happens then; nothing where it was stopped.
    pub fn follows(&self) -> Option<&str> {
        self.then.as_deref().filter(|_| self.stopped.is_none())
    }

    /// The day and what follows, in a sentence.
    pub fn sentence(&self) -> String {
        let follows = self.follows().map_or(String::new(), |then| format!(": {then}"));
        format!("{}{follows}", self.in_words())
    }

    /// The day and what stands behind it, in a few words.
    pub fn in_words(&self) -> String {
        match (self.due, &self.stopped) {
            (None, _) if self.not_found.is_some() => "not found".to_owned(),
            (None, _) => "open".to_owned(),
            (Some(due), None) => due.0.to_string(),
            (Some(due), Some(stopped)) => format!("{}, stopped {stopped}", due.0),
        }
    }
}

/// Says how a case stood: behind how many of its records, with how many of control known, and on
/// which day; `None` where the case was not known then.
pub type Look<'a> = dyn Fn(usize, u64, Day) -> Result<Option<Standing>, AnswerError> + 'a;

/// What differs between two standings, in the order in which answers show it.
pub fn differences(before: Option<&Standing>, after: Option<&Standing>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut put = |what: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            changes.push(Change { what: what.to_owned(), before, after });
        }
    };
    put("state", before.map(|b| b.state.clone()), after.map(|a| a.state.clone()));
    let nothing = Sums::default();
    let old = before.map_or(&nothing, |standing| &standing.money).named();
    let new = after.map_or(&nothing, |standing| &standing.money).named();
    for ((name, old), (_, new)) in old.into_iter().zip(new) {
        put(name, Some(old.grouped()), Some(new.grouped()));
    }
    let day = |standing: Option<&Standing>| {
        standing.and_then(|standing| standing.offset_from).map(|day| day.0.to_string())
    };
    put("offset from", day(before), day(after));
    for clock in clocks(before, after) {
        let of = |standing: Option<&Standing>| {
            let deadlines = standing.map(|standing| standing.deadlines.as_slice());
            let own = deadlines.unwrap_or_default().iter().find(|own| own.clock == clock);
            own.map(Deadline::in_words)
        };
        put(&clock, of(before), of(after));
    }
    changes
}

/// The clocks of either side, each once.
fn clocks(before: Option<&Standing>, after: Option<&Standing>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for standing in [before, after].into_iter().flatten() {
        for deadline in &standing.deadlines {
            if !names.contains(&deadline.clock) {
                names.push(deadline.clock.clone());
            }
        }
    }
    names
}

impl Belief {
    /// Who acted on it, in a sentence.
    pub fn acted_in_words(&self) -> String {
        match self.acted.as_slice() {
            [] => "Nobody acted on it.".to_owned(),
            [one] => format!("Step {one} acted on it."),
            several => {
                let numbers: Vec<String> = several.iter().map(ToString::to_string).collect();
                format!("Steps {} acted on it.", numbers.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests;
