//! The trail: who did what, by when it was recorded, with the record that says so.

use lookback_events::event::text::Day;
use lookback_events::id::ActorId;
use lookback_events::time::Timestamp;
use lookback_projections::trail::{self, TrailRow};
use serde::Serialize;

use super::findings::place;
use super::{AnswerError, Each, View, day_of, ended, go_on, start_of_day};
use crate::journal::Position;
use crate::replay::words;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only what this actor did, or had proposed.
    pub actor: Option<ActorId>,
    /// Only what is about this, as `case:OP-2026-000117`.
    pub subject: Option<String>,
    /// Recorded on that day or later, plan time.
    pub from: Option<Day>,
    /// Recorded on that day or earlier.
    pub to: Option<Day>,
}

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    /// When it was recorded, UTC.
    pub recorded_at: Timestamp,
    /// The day on which it was recorded, plan time.
    pub day: Day,
    /// Who acted, *asserted*.
    pub actor: String,
    /// What was done: the event, name and version.
    pub event: String,
    /// What it was about.
    pub subject: String,
    /// When it happened; none where that is when it was recorded.
    pub happened: Option<String>,
    /// The command behind it.
    pub command: Option<String>,
    /// The proposal that it approved.
    pub proposal: Option<String>,
    /// Who had proposed it.
    pub proposed_by: Option<String>,
    /// True where a document shows it.
    pub evidenced: bool,
    /// The record.
    pub record: String,
    /// What was proposed, in words that name no patient; none where it was no proposal.
    pub proposed: Option<String>,
}

impl Done {
    /// The day on which it happened; that on which it was recorded where nobody said.
    pub fn happened_on(&self) -> Day {
        let said = self.happened.as_deref().and_then(|text| text.get(..10));
        said.and_then(Day::parse).unwrap_or(self.day)
    }
}

/// Hands over what was done, by when it was recorded.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(view: &View<'_>, wanted: &Wanted, each: &mut Each<'_, Done>) -> Result<(), AnswerError> {
    let ledger = view.ledger();
    let begins = |day: Day| start_of_day(ledger, day.0);
    let from = wanted.from.and_then(begins);
    let before = wanted.to.and_then(|day| day.0.succ_opt()).and_then(|day| begins(Day(day)));
    let mut failed = None;
    trail::trail(view.rows(), from, before, &mut |row| {
        if !is_wanted(&row, wanted) {
            return true;
        }
        let at = place(row.at);
        let proposed = if row.event == PROPOSED {
            match told(view, row.at) {
                Ok(words) => Some(words),
                Err(error) => return go_on(&mut failed, Err(error)),
            }
        } else {
            None
        };
        let done = Done {
            recorded_at: row.recorded_at,
            day: Day(day_of(ledger, row.recorded_at)),
            actor: row.actor,
            event: row.event,
            subject: row.subject,
            happened: row.happened.map(|happened| happened.to_string()),
            command: row.command.map(|id| id.to_string()),
            proposal: row.proposal.map(|id| id.to_string()),
            proposed_by: row.proposed_by.map(|id| id.to_string()),
            evidenced: row.evidenced,
            record: at.to_string(),
            proposed,
        };
        go_on(&mut failed, each(done).map(|()| true))
    })?;
    ended(failed)
}

/// The event of a proposal.
const PROPOSED: &str = "proposal-made/1";

/// What a record says, in words that name no patient.
///
/// # Errors
/// When it cannot be read.
pub fn told(view: &View<'_>, at: lookback_projections::Position) -> Result<String, AnswerError> {
    let opened = view.ledger().opened(Position { journal: at.journal, seq: at.seq })?;
    Ok(words::of(&opened.event()?).what)
}

fn is_wanted(row: &TrailRow, wanted: &Wanted) -> bool {
    let acted =
        |actor: &ActorId| row.actor == actor.as_str() || row.proposed_by.as_ref() == Some(actor);
    wanted.actor.as_ref().is_none_or(acted)
        && wanted.subject.as_ref().is_none_or(|subject| row.subject == *subject)
}
