//! `report trail`: who did what, and when it was recorded.

use std::io::Write;

use chrono::NaiveDate;
use lookback_events::event::act::Subject;
use lookback_events::event::text::Day;
use lookback_events::id::ActorId;

use super::super::actor;
use super::super::table::{Column, Line, Sink, clipped, left};
use super::super::text::{count, spaced};
use super::cases::say_withheld;
use super::{Narrowed, begin_on, covered};
use crate::report::trail::{self, Done, Wanted};
use crate::report::{AnswerError, View};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only what this one did, or had proposed
    #[arg(long, value_name = "ID", value_parser = actor)]
    actor: Option<ActorId>,
    /// Only what is about this, such as case:OP-2026-000117 or ledger
    #[arg(long, value_name = "SUBJECT", value_parser = subject)]
    about: Option<String>,
    /// Recorded on that day or later
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// Recorded on that day or earlier
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// What is about a stand-down and what it covers, too: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    #[command(flatten)]
    pub(super) of: Narrowed,
}

fn subject(text: &str) -> Result<String, String> {
    if text.starts_with("file:") {
        return Ok(text.to_owned());
    }
    Subject::parse(text).map(|subject| subject.to_string())
}

impl Line for Done {
    const FIELDS: &'static [&'static str] = &[
        "recorded_at",
        "day",
        "actor",
        "event",
        "subject",
        "happened",
        "command",
        "proposal",
        "proposed_by",
        "evidenced",
        "record",
        "proposed",
    ];
    const COLUMNS: &'static [Column] = &[
        left("recorded", 10),
        left("actor", 14),
        left("what", 22),
        left("about", 20),
        left("proposed by", 11),
        left("record", 11),
    ];
    fn cells(&self) -> Vec<String> {
        let event = self.event.split_once('/').map_or(self.event.as_str(), |(name, _)| name);
        vec![
            self.day.0.to_string(),
            clipped(&self.actor, 14),
            clipped(event, 22),
            clipped(&self.subject, 20),
            clipped(self.proposed_by.as_deref().unwrap_or_default(), 11),
            self.record.clone(),
        ]
    }
}

impl Args {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        begin_on(view, "trail", self.of.of.given(), sink)?;
        let among = self.of.among(view)?;
        let covered = covered(view, self.of.day(view), self.cleared)?;
        // Who asks about one thing is not told that it is hidden.
        let tells = self.about.is_none();
        let wanted = Wanted {
            actor: self.actor,
            subject: self.about,
            from: self.from.map(Day),
            to: self.to.map(Day),
        };
        let mut hidden = 0_u64;
        let on = self.of.of.given();
        trail::all(view, &wanted, &mut |done| {
            // What happened by the day, whenever it was recorded: that is asked with --known-at.
            if on.is_some_and(|on| done.happened_on() > on) {
                return Ok(());
            }
            if !among.subject(view, &done.subject)? {
                return Ok(());
            }
            if covered.subject(view, &done.subject)? {
                hidden = hidden.saturating_add(1);
                return Ok(());
            }
            sink.put(&done)?;
            if let Some(proposed) = &done.proposed {
                let id = done.command.as_deref().unwrap_or_default();
                sink.say(&format!("    {id}: {proposed}"))?;
            }
            Ok(())
        })?;
        sink.ended::<Done>()?;
        let lines = sink.lines();
        if lines == 0 {
            sink.say("  nobody did anything that is as asked for")?;
        } else {
            sink.say(&format!("\n  {} {}", spaced(lines), count(lines, "act", "acts")))?;
            sink.say("  an actor is as the command named it: asserted; all fields: --format json")?;
        }
        if tells { say_withheld(sink, hidden, ("act is", "acts are")) } else { Ok(()) }
    }
}
