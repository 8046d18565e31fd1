//! Two sights of one case: what differs, and which records made it so.
//!
//! A sight is what was known at a moment about a day. What differs between two sights differs because
//! more was known, because time passed, or both: time is what would differ had nothing been learnt.

use std::collections::BTreeSet;

use lookback_events::event::text::Day;
use lookback_events::time::Timestamp;
use serde::Serialize;

use super::steps::{Known, at};
use super::{Change, Look, Standing, differences};
use crate::report::AnswerError;

/// What was known, about which day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// Everything recorded until this moment is known.
    pub known_at: Timestamp,
    /// The day asked about.
    pub on: Day,
    /// How many records of control were known at that moment: the policies among them hold.
    #[serde(skip)]
    pub control: u64,
}

/// Two sights of a case, side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The case.
    pub case: String,
    /// The first sight.
    pub first: Sight,
    /// The second sight.
    pub second: Sight,
    /// How the case stood in the first; `None` where it was not known.
    pub before: Option<Standing>,
    /// How it stood in the second.
    pub after: Option<Standing>,
    /// What differs, with what made it so.
    pub differences: Vec<Difference>,
    /// Records that the second knows and the first does not.
    pub learnt: Vec<Learnt>,
}

/// Something that differs, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs.
    #[serde(flatten)]
    pub change: Change,
    /// The numbers of the steps that changed it.
    pub steps: Vec<u64>,
    /// True where the passing of time alone changed it, too.
    pub by_time: bool,
}

/// A record that was learnt between two moments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Learnt {
    /// Its number, from 1.
    pub number: u64,
    /// The record.
    pub at: String,
    /// When it happened.
    pub happened: String,
    /// When it was learnt.
    pub learnt: Timestamp,
    /// What happened.
    pub what: String,
    /// True where it made a difference that is still seen.
    pub made_a_difference: bool,
}

/// Compares two sights of a case; what was known in the first was known in the second, too.
///
/// # Errors
/// When the case cannot be looked at.
pub fn compare(
    case: &str,
    known: &[Known],
    (first, second): (Sight, Sight),
    look: &Look<'_>,
) -> Result<Comparison, AnswerError> {
    let seen = |moment: Timestamp| known.partition_point(|own| own.learnt <= moment);
    let (from, to) = (seen(first.known_at), seen(second.known_at));
    let before = look(from, first.control, first.on)?;
    let after = look(to, second.control, second.on)?;
    // The first sight's knowledge about the second's day: what happened between the days, and what the
    // passing of time made of it.
    let aged = look(from, first.control, second.on)?;
    let mut by_step: Vec<(u64, Vec<Change>)> = Vec::new();
    let mut by_time: Vec<Change> = Vec::new();
    let mut last = before.clone();
    for day in happened(known.get(..from).unwrap_or_default(), first.on, second.on) {
        let eve = day.0.pred_opt().map_or(day, Day);
        let ahead = look(from, first.control, eve)?;
        by_time.extend(differences(last.as_ref(), ahead.as_ref()));
        let next = look(from, first.control, day)?;
        let changes = differences(ahead.as_ref(), next.as_ref());
        let own = (1_u64..).zip(known).take(from).filter(|(_, own)| own.happened.day == day.0);
        by_step.extend(own.map(|(number, _)| (number, changes.clone())));
        last = next;
    }
    by_time.extend(differences(last.as_ref(), aged.as_ref()));
    let between = known.get(from..to).unwrap_or_default();
    let mut last = aged;
    let first_number = u64::try_from(from).unwrap_or(u64::MAX).saturating_add(1);
    for (number, (place, own)) in (first_number..).zip((from..).zip(between)) {
        let next = look(place.saturating_add(1), own.control.max(first.control), second.on)?;
        by_step.push((number, differences(last.as_ref(), next.as_ref())));
        last = next;
    }
    let is_of = |change: &Change, others: &[Change]| others.iter().any(|o| o.what == change.what);
    let differences: Vec<Difference> = differences(before.as_ref(), after.as_ref())
        .into_iter()
        .map(|change| {
            let steps = by_step.iter().filter(|(_, changes)| is_of(&change, changes));
            let steps = steps.map(|(number, _)| *number).collect();
            let by_time = is_of(&change, &by_time);
            Difference { change, steps, by_time }
        })
        .collect();
    let learnt = (first_number..).zip(between).map(|(number, own)| Learnt {
        number,
        at: at(own.at),
        happened: own.happened.to_string(),
        learnt: own.learnt,
        what: own.words.what.clone(),
        made_a_difference: differences.iter().any(|other| other.steps.contains(&number)),
    });
    let learnt = learnt.collect();
    Ok(Comparison { case: case.to_owned(), first, second, before, after, differences, learnt })
}

/// The days on which something happened behind one day and until another.
fn happened(known: &[Known], behind: Day, until: Day) -> BTreeSet<Day> {
    let days = known.iter().map(|own| Day(own.happened.day));
    days.filter(|day| *day > behind && *day <= until).collect()
}
