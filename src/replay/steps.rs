//! Steps from records: each looked at on a day of the story, with and without itself.

use lookback_events::event::act::{ClaimPart, Happened};
use lookback_events::event::text::Day;
use lookback_events::time::Timestamp;
use lookback_projections::Position;

use super::words::Words;
use super::{Look, Step, TIMELY_DAYS, differences, late};
use crate::report::AnswerError;

/// What is known of a case by one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The record.
    pub at: Position,
    /// The event's name and version.
    pub event: &'static str,
    /// Who acted.
    pub actor: String,
    /// The designated party.
    pub party: Option<String>,
    /// Who had proposed it.
    pub proposed_by: Option<String>,
    /// True where a document or a remittance shows it.
    pub evidenced: bool,
    /// When it happened, plan time.
    pub happened: Happened,
    /// When it was learnt, UTC.
    pub learnt: Timestamp,
    /// The day of that in the plan's time zone.
    pub learnt_on: Day,
    /// What it says.
    pub words: Words,
    /// What stands beside it.
    pub note: Option<String>,
    /// The claims it is about.
    pub claims: Vec<ClaimPart>,
    /// Rules that it broke.
    pub findings: Vec<String>,
    /// How many records of control were known.
    pub control: u64,
    /// How many of them were known ahead of it: fewer only where it adopts a policy.
    pub control_before: u64,
    /// True where somebody acted on what was believed: money was instructed, taken or given up.
    pub acts: bool,
    /// The command behind it.
    pub command: Option<String>,
    /// True where it is proposed only, and waits for a second person.
    pub proposes: bool,
    /// The proposal that it approves or turns down.
    pub settles: Option<String>,
}

impl Known {
    /// True where it is no record of the case: it adopts a policy that changed the case's days.
    pub const fn is_policy(&self) -> bool {
        self.control_before != self.control
    }
}

/// The steps of a case, with what people wrote and the claims where `persons` says so.
///
/// # Errors
/// When the case cannot be looked at.
pub fn steps(known: &[Known], persons: bool, look: &Look<'_>) -> Result<Vec<Step>, AnswerError> {
    let mut steps = Vec::with_capacity(known.len());
    let mut story: Option<Day> = None;
    for (place, (number, own)) in (1_u64..).zip(known).enumerate() {
        let happened = Day(own.happened.day);
        let on = story.map_or(happened, |story| story.max(happened));
        // With the policies of the step on both sides; only where it adopts one they differ.
        let before = look(place, own.control_before, on)?;
        let after = look(place.saturating_add(1), own.control, on)?;
        let lag = own.learnt_on.0.signed_duration_since(happened.0).num_days();
        let asked = |text: Option<String>| text.filter(|_| persons);
        steps.push(Step {
            number,
            at: at(own.at),
            event: own.event.to_owned(),
            actor: own.actor.clone(),
            party: own.party.clone(),
            proposed_by: own.proposed_by.clone(),
            standing: if own.evidenced { "evidenced" } else { "asserted" },
            happened: own.happened.to_string(),
            learnt: own.learnt,
            learnt_on: own.learnt_on,
            late_days: (lag > TIMELY_DAYS).then_some(lag),
            what: own.words.what.clone(),
            said: asked(own.words.said.clone()),
            note: asked(own.note.clone()),
            claims: (persons && !own.claims.is_empty()).then(|| own.claims.clone()),
            findings: own.findings.clone(),
            on,
            changed: differences(before.as_ref(), after.as_ref()),
            before,
            after,
            believed: late::belief(known, place, look)?,
        });
        story = Some(on);
    }
    Ok(steps)
}

/// A position as people write it.
pub(super) fn at(at: Position) -> String {
    format!("{}/{}", at.journal, at.seq)
}
