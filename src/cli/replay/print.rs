//! A replay for a person, and as lines.

use std::io::{self, Write};

use serde::Serialize;

use super::super::table::{Column, Line, Sink, left};
use super::super::text::{labelled, plain, spaced};
use crate::replay::compare::{Comparison, Difference, Sight};
use crate::replay::{Belief, Change, Replay, Standing, Step, differences};

/// Widths of what happened and of the state; both go on in the next line.
const WHAT: usize = 29;
const STATE: usize = 23;

/// A step as a line of a list.
#[derive(Serialize)]
struct Flat<'a> {
    number: u64,
    at: &'a str,
    happened: &'a str,
    learnt: String,
    late_days: Option<i64>,
    event: &'a str,
    actor: &'a str,
    standing: &'a str,
    what: &'a str,
    outstanding: Option<String>,
    collected: Option<String>,
    state: Option<&'a str>,
}

impl Line for Flat<'_> {
    const FIELDS: &'static [&'static str] = &[
        "number",
        "at",
        "happened",
        "learnt",
        "late_days",
        "event",
        "actor",
        "standing",
        "what",
        "outstanding",
        "collected",
        "state",
    ];
    const COLUMNS: &'static [Column] = &[left("step", 4)];
    fn cells(&self) -> Vec<String> {
        vec![self.number.to_string()]
    }
}

/// Prints a replay.
pub(super) fn replay<W: Write>(told: &Replay, sink: &mut Sink<W>) -> io::Result<()> {
    sink.object(told)?;
    if sink.is_csv() {
        return told.steps.iter().try_for_each(|step| sink.put(&flat(step)));
    }
    if !sink.is_table() {
        return Ok(());
    }
    sink.say(&text(told))
}

fn flat(step: &Step) -> Flat<'_> {
    let after = step.after.as_ref();
    Flat {
        number: step.number,
        at: &step.at,
        happened: &step.happened,
        learnt: step.learnt.to_string(),
        late_days: step.late_days,
        event: &step.event,
        actor: &step.actor,
        standing: step.standing,
        what: &step.what,
        outstanding: after.map(|after| after.money.outstanding.to_string()),
        collected: after.map(|after| after.money.collected.to_string()),
        state: after.map(|after| after.state.as_str()),
    }
}

/// The whole of it for a person.
fn text(told: &Replay) -> String {
    let mut out = Vec::new();
    let name = told.payee_name.as_deref().unwrap_or_default();
    out.push(
        format!("  {}   payee {} {}", told.case, told.payee, plain(name)).trim_end().to_owned(),
    );
    out.push(format!("  {}", told.now.state));
    out.push(format!("  on {}, as known at {}", told.on.0, told.known_at));
    if let Some(rules) = &told.what_if {
        out.push(format!("  what if: under {}; no record says so", plain(rules)));
    }
    out.push(String::new());
    out.push(format!(
        "  {:>3}  {:<10}  {:<10}  {:<WHAT$}  {:>13}  state",
        "#", "happened", "learnt", "what", "outstanding"
    ));
    let mut ahead: Option<&Standing> = None;
    for step in &told.steps {
        lines(step, ahead, &mut out);
        ahead = step.after.as_ref().or(ahead);
    }
    for step in &told.steps {
        if let Some(belief) = &step.believed {
            out.push(String::new());
            out.extend(indented(&believed(told, step, belief), 96));
        }
    }
    money(&told.now, &mut out);
    clocks(&told.now, &mut out);
    if let Some(as_it_is) = &told.as_it_is {
        otherwise(as_it_is, &told.now, &mut out);
    }
    out.push(String::new());
    out.push(format!(
        "  as a page: lookback replay case:{} --html FILE      what people wrote: --patient",
        told.case
    ));
    out.join("\n")
}

/// The lines of a step.
fn lines(step: &Step, ahead: Option<&Standing>, out: &mut Vec<String>) {
    let before = step.before.as_ref();
    if let (Some(before), Some(ahead)) = (before, ahead)
        && (before.state != ahead.state || before.money != ahead.money)
    {
        let outstanding = before.money.outstanding.grouped();
        for (place, part) in wrapped(&before.state, STATE).into_iter().enumerate() {
            let (what, outstanding) = match place {
                0 => ("by then", outstanding.as_str()),
                _ => ("", ""),
            };
            out.push(format!(
                "  {:>3}  {:<10}  {:<10}  {what:<WHAT$}  {outstanding:>13}  {part}",
                "", "", ""
            ));
        }
    }
    let late = step.late_days.map_or(String::new(), |days| format!("  ({days} d late)"));
    let mut what = wrapped(&format!("{}{late}", step.what), WHAT);
    for finding in &step.findings {
        what.extend(wrapped(&format!("! {finding}"), WHAT));
    }
    what.extend(wrapped(&acted(step), WHAT));
    for (label, words) in [("said", &step.said), ("note", &step.note)] {
        if let Some(words) = words {
            what.extend(wrapped(&format!("{label}: {words}"), WHAT));
        }
    }
    for claim in step.claims.iter().flatten() {
        let amount = claim.amount.map_or(String::new(), |amount| format!(" {}", amount.grouped()));
        what.extend(wrapped(&format!("claim {}{amount}", claim.patient_control), WHAT));
    }
    let state = step.after.as_ref().map_or(Vec::new(), |after| wrapped(&after.state, STATE));
    let outstanding =
        step.after.as_ref().map_or(String::new(), |after| after.money.outstanding.grouped());
    let day = step.happened.get(..10).unwrap_or(&step.happened);
    for place in 0..what.len().max(state.len()) {
        let part = |parts: &[String]| parts.get(place).cloned().unwrap_or_default();
        let (what, state) = (part(&what), part(&state));
        let line = if place == 0 {
            let (number, learnt) = (step.number, step.learnt_on.0);
            format!("  {number:>3}  {day:<10}  {learnt}  {what:<WHAT$}  {outstanding:>13}  {state}")
        } else {
            format!("  {:>3}  {:<10}  {:<10}  {what:<WHAT$}  {:>13}  {state}", "", "", "", "")
        };
        out.push(line.trim_end().to_owned());
    }
}

/// Who acted, for whom, and on whose proposal.
fn acted(step: &Step) -> String {
    let party = step.party.as_deref().map_or(String::new(), |party| format!(" through {party}"));
    let proposed = step.proposed_by.as_deref();
    let proposed = proposed.map_or(String::new(), |by| format!(", proposed by {by}"));
    format!("by {}{party}{proposed}", step.actor)
}

fn believed(told: &Replay, step: &Step, belief: &Belief) -> String {
    format!(
        "until {} the ledger did not know step {}, of {}, and believed: {}, {} outstanding; true was: \
         {}. {} (lookback replay case:{} --compare {} {})",
        belief.until.0,
        step.number,
        belief.from.0,
        belief.state,
        belief.outstanding.grouped(),
        belief.was,
        belief.acted_in_words(),
        told.case,
        belief.until.0,
        step.learnt_on.0
    )
}

fn money(now: &Standing, out: &mut Vec<String>) {
    out.push(String::new());
    let parts: Vec<String> = now
        .money
        .named()
        .iter()
        .filter(|(name, amount)| !amount.is_zero() || matches!(*name, "identified" | "outstanding"))
        .map(|(name, amount)| format!("{name} {}", amount.grouped()))
        .collect();
    out.push(labelled("money", &parts.join(", ")));
}

fn clocks(now: &Standing, out: &mut Vec<String>) {
    for deadline in &now.deadlines {
        let words = format!("{} {} ({})", deadline.clock, deadline.sentence(), deadline.policy);
        out.push(labelled("clock", &words));
    }
}

fn otherwise(as_it_is: &Standing, now: &Standing, out: &mut Vec<String>) {
    out.push(String::new());
    let changes = differences(Some(as_it_is), Some(now));
    if changes.is_empty() {
        out.push("  nothing would be otherwise on that day".to_owned());
    }
    for change in &changes {
        let (before, after) = sides(change);
        out.push(labelled("otherwise", &format!("{}: {after} (as it is: {before})", change.what)));
    }
}

fn sides(change: &Change) -> (&str, &str) {
    (change.before.as_deref().unwrap_or("none"), change.after.as_deref().unwrap_or("none"))
}

/// A difference as a line of a list.
#[derive(Serialize)]
struct Differing<'a> {
    what: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    steps: String,
    by_time: bool,
}

impl Line for Differing<'_> {
    const FIELDS: &'static [&'static str] = &["what", "before", "after", "steps", "by_time"];
    const COLUMNS: &'static [Column] = &[left("what", 22)];
    fn cells(&self) -> Vec<String> {
        vec![self.what.to_owned()]
    }
}

fn differing(own: &Difference) -> Differing<'_> {
    let steps: Vec<String> = own.steps.iter().map(ToString::to_string).collect();
    Differing {
        what: &own.change.what,
        before: own.change.before.as_deref(),
        after: own.change.after.as_deref(),
        steps: steps.join(" "),
        by_time: own.by_time,
    }
}

/// Prints a comparison.
pub(super) fn comparison<W: Write>(told: &Comparison, sink: &mut Sink<W>) -> io::Result<()> {
    sink.object(told)?;
    if sink.is_csv() {
        told.differences.iter().try_for_each(|own| sink.put(&differing(own)))?;
        return sink.ended::<Differing<'_>>();
    }
    if !sink.is_table() {
        return Ok(());
    }
    let sight = |label: &str, sight: &Sight, standing: Option<&Standing>| {
        let state = standing.map_or("not known", |standing| standing.state.as_str());
        labelled(label, &format!("on {}, as known at {}: {state}", sight.on.0, sight.known_at))
    };
    sink.say(&format!("  {}", told.case))?;
    sink.say(&sight("first", &told.first, told.before.as_ref()))?;
    sink.say(&sight("second", &told.second, told.after.as_ref()))?;
    sink.say("")?;
    if told.differences.is_empty() {
        sink.say("  nothing differs")?;
    }
    for Difference { change, steps, by_time } in &told.differences {
        let (before, after) = sides(change);
        let numbers: Vec<String> = steps.iter().map(ToString::to_string).collect();
        let by = match (numbers.as_slice(), by_time) {
            ([], true) => "the passing of time".to_owned(),
            ([], false) => "the policies that were known".to_owned(),
            ([one], false) => format!("step {one}"),
            (several, false) => format!("steps {}", several.join(", ")),
            (several, true) => format!("step {} and the passing of time", several.join(", ")),
        };
        let line = format!("  {:<22}  {before} -> {after}", change.what);
        sink.say(&line)?;
        sink.say(&format!("  {:<22}  by {by}", ""))?;
    }
    if !told.learnt.is_empty() {
        sink.say("")?;
    }
    for learnt in &told.learnt {
        let still = if learnt.made_a_difference { "" } else { " (it makes no difference)" };
        let (number, happened) = (spaced(learnt.number), &learnt.happened);
        sink.say(&labelled(
            &format!("step {number}"),
            &format!("{happened} {}{still}", learnt.what),
        ))?;
    }
    Ok(())
}

/// A sentence in lines of so many columns, indented.
fn indented(text: &str, width: usize) -> Vec<String> {
    wrapped(text, width).into_iter().map(|line| format!("  {line}")).collect()
}

/// A text in lines of at most so many columns; a word that is longer goes on in the next line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in plain(text).split_whitespace() {
        let wide = line.chars().count().saturating_add(word.chars().count()).saturating_add(1);
        if !line.is_empty() && wide > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if line.chars().count() >= width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    lines
}
