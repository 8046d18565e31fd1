//! The clocks of what is no case: of an audit, a claim, a unit.

use std::io::{self, Write};

use lookback_events::event::text::Day;
use lookback_projections::policy::vocabulary::nearest;
use serde::Serialize;

use super::super::Failure;
use super::super::clock::explain::weekday;
use super::super::report::answer;
use super::super::table::Sink;
use super::super::text::labelled;
use super::flat::{Flat, of_other};
use super::{What, lines};
use crate::report::claim::Name;
use crate::report::explained::{self, Explained};
use crate::report::{AnswerError, View};

/// The answer as JSON. The names are a promise.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(rename = "answer")]
    in_words: &'a str,
    #[serde(flatten)]
    explained: &'a Explained,
}

/// Explains the clock of that name, or lists all.
pub(super) fn run<W: Write>(
    view: &View<'_>,
    what: &What,
    clock: Option<&str>,
    on: Day,
    sink: &mut Sink<W>,
) -> Result<(), Failure> {
    let all = found(view, what, on).map_err(answer)?;
    let Some(clock) = clock else { return Ok(list(what, &all, on, sink)?) };
    let wanted: Vec<&Explained> = all.iter().filter(|one| is_of(&one.clock, clock)).collect();
    if wanted.is_empty() {
        let failure = Failure::new(format!("{what} has no clock {clock:?} on {}", on.0));
        let near = nearest(clock, all.iter().map(|one| one.clock.as_str()));
        return Err(if near.is_empty() {
            failure.help(format!("lookback explain {what} lists its clocks"))
        } else {
            failure.help(format!("did you mean {}", near.join(", ")))
        });
    }
    for (place, one) in wanted.into_iter().enumerate() {
        if place > 0 {
            sink.say("")?;
        }
        explain(what, one, sink)?;
    }
    Ok(())
}

/// True for a clock's own name, and for `lookback` of both lookbacks.
fn is_of(clock: &str, wanted: &str) -> bool {
    clock == wanted || (wanted == "lookback" && clock.ends_with("-lookback"))
}

fn found(view: &View<'_>, what: &What, on: Day) -> Result<Vec<Explained>, AnswerError> {
    match what {
        What::Audit(id) => explained::of_audit(view, id, on),
        What::Claim(text) => explained::of_claim(view, &Name::parse(text, None)?, on),
        What::Unit(unit) => {
            let unknown = || AnswerError::Unknown {
                what: format!("no unit {unit} can be shown"),
                help: "lookback report retention lists the units".to_owned(),
            };
            let payee = explained::payee_of_unit(view, unit)?.ok_or_else(unknown)?;
            let found = explained::of_unit(view, &payee, unit, on)?.ok_or_else(unknown)?;
            Ok(vec![found])
        }
        What::Case(_) => Ok(Vec::new()),
    }
}

fn list<W: Write>(what: &What, all: &[Explained], on: Day, sink: &mut Sink<W>) -> io::Result<()> {
    for one in all {
        sink.object(&Answer { in_words: &in_words(one), explained: one })?;
    }
    if sink.is_csv() {
        all.iter().try_for_each(|one| sink.put(&of_other(one)))?;
        return sink.ended::<Flat<'_>>();
    }
    if !sink.is_table() {
        return Ok(());
    }
    sink.say(&format!("  {what} on {}\n", on.0))?;
    if all.is_empty() {
        return sink.say("  no clock runs");
    }
    for one in all {
        sink.say(&labelled("clock", &format!("{}: {}", one.clock, in_words(one))))?;
    }
    sink.say(&format!("\n  how a day was found: lookback explain {what} CLOCK"))
}

/// The day and what follows, in a sentence.
fn in_words(one: &Explained) -> String {
    match (one.due, &one.not_found) {
        (Some(due), _) => match &one.stopped {
            Some(stopped) => format!("{}, stopped {stopped}.", weekday(due)),
            None => format!("{}: {}.", weekday(due), one.then),
        },
        (None, Some(why)) => format!("no day could be found: {why}."),
        (None, None) => format!("open: {}.", one.then),
    }
}

fn explain<W: Write>(what: &What, one: &Explained, sink: &mut Sink<W>) -> io::Result<()> {
    if sink.is_csv() {
        return sink.put(&of_other(one));
    }
    let words = in_words(one);
    sink.object(&Answer { in_words: &words, explained: one })?;
    if !sink.is_table() {
        return Ok(());
    }
    sink.say(&labelled("answer", &words))?;
    sink.say(&labelled("about", &format!("{what}, {} on {}", one.clock, one.on.0)))?;
    if one.derivation.is_some() {
        sink.say("")?;
    }
    for (label, words) in one.derivation.iter().flat_map(lines) {
        sink.say(&labelled(label, &words))?;
    }
    Ok(())
}
