//! Steps from records: each looked at on a day of the story, with and without itself.

use lookback_events::event::act::{ClaimPart, Happened};
use lookback_events::event::text::Day;
use lookback_events::time::Timestamp;
use lookback_projections::Position;
use lookback_projections::cases::CaseRow;
use lookback_projections::rows::RowsError;

use super::words::Words;
use super::{Stand, Standing, Step, TIMELY_DAYS, differences, late};

/// A record of the case, opened, and the case's row behind it.
#[derive(Debug, Clone)]
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
    /// True where somebody acted on what was believed: money was instructed, taken or given up.
    pub acts: bool,
    /// The case behind it; `None` where it is not known yet.
    pub row: Option<CaseRow>,
}

/// The steps of a case, with what people wrote and the claims where `persons` says so.
///
/// # Errors
/// When a sum cannot be held exactly.
pub fn steps(known: &[Known], persons: bool, stand: &Stand<'_>) -> Result<Vec<Step>, RowsError> {
    let mut steps = Vec::with_capacity(known.len());
    let mut story: Option<Day> = None;
    let mut ahead: Option<&Known> = None;
    for (number, own) in (1_u64..).zip(known) {
        let happened = Day(own.happened.day);
        let on = story.map_or(happened, |story| story.max(happened));
        // What is behind the day of an adoption is seen with the policies known then.
        let before = standing(ahead, own.control, on, stand)?;
        let after = standing(Some(own), own.control, on, stand)?;
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
            believed: late::belief(known, number, stand)?,
        });
        story = Some(on);
        ahead = Some(own);
    }
    Ok(steps)
}

/// How the case stands behind a record.
pub(super) fn standing(
    behind: Option<&Known>,
    control: u64,
    on: Day,
    stand: &Stand<'_>,
) -> Result<Option<Standing>, RowsError> {
    let row = behind.and_then(|known| known.row.as_ref());
    row.map(|row| stand(row, control, on)).transpose()
}

/// A position as people write it.
pub(super) fn at(at: Position) -> String {
    format!("{}/{}", at.journal, at.seq)
}
