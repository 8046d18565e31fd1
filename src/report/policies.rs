//! The policies that a ledger goes by: which version is in force on a day, since when, and what waits.

use lookback_events::event::governance::ChangeKind;
use lookback_events::event::text::Day;
use lookback_projections::governance::{self, PolicyRow};
use lookback_projections::policy::Policy;
use lookback_projections::rules;
use serde::Serialize;

use super::{AnswerError, View};
use crate::journal::{JournalError, Position};

/// How a version stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    /// It holds.
    InForce,
    /// It begins later.
    Waiting,
    /// A later version took its place.
    Replaced,
    /// It says itself that it ended.
    Ended,
}

impl Stands {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::Waiting => "waits",
            Self::Replaced => "replaced",
            Self::Ended => "ended",
        }
    }
}

/// A version of a policy that the ledger goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The policy.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Its layer.
    pub layer: &'static str,
    /// How it stands on the day asked about.
    pub standing: Stands,
    /// The first day it holds.
    pub since: Option<Day>,
    /// The last day it holds, where it says so or a later version is adopted.
    pub until: Option<Day>,
    /// The record that adopted it; none where it holds without one, as it comes with the program.
    pub adopted: Option<String>,
    /// Who adopted it.
    pub adopted_by: Option<String>,
    /// The day on which it was adopted.
    pub adopted_on: Option<Day>,
    /// When the change was announced.
    pub announced: Option<Day>,
    /// How much it changes.
    pub kind: Option<ChangeKind>,
    /// The agency that mandated it sooner.
    pub mandated_by: Option<String>,
    /// SHA-256 of the text that was adopted.
    pub sha256: Option<String>,
    /// How many rules it has.
    pub rules: usize,
    /// How many of them were not read in their primary text.
    pub unverified: usize,
    /// Its title.
    pub title: String,
}

/// The policies of a ledger on a day, by id and first day.
///
/// # Errors
/// When rows, records or policies cannot be read.
pub fn policies(view: &View<'_>, on: Day) -> Result<Vec<Held>, AnswerError> {
    let rules = rules::in_use(view.rows())?;
    let all = rules.policies();
    let mut held = Vec::with_capacity(all.len());
    for policy in all {
        let row = governance::policy(view.rows(), policy.id.as_str(), policy.version)?;
        let in_force = rules.in_force(policy.id.as_str(), on);
        let standing = if in_force.is_some_and(|other| other.version == policy.version) {
            Stands::InForce
        } else if policy.effective.from.is_some_and(|from| from > on) {
            Stands::Waiting
        } else if policy.is_in_force(on) {
            Stands::Replaced
        } else {
            Stands::Ended
        };
        let one = Held { standing, until: until(policy, all), ..plain(policy) };
        held.push(match row {
            Some(row) => adopted(view, one, row)?,
            None => one,
        });
    }
    held.sort_by(|a, b| (&a.id, a.since, a.version).cmp(&(&b.id, b.since, b.version)));
    Ok(held)
}

/// What the policy itself says.
fn plain(policy: &Policy) -> Held {
    Held {
        id: policy.id.to_string(),
        version: policy.version,
        layer: policy.layer.as_str(),
        standing: Stands::InForce,
        since: policy.effective.from,
        until: None,
        adopted: None,
        adopted_by: None,
        adopted_on: None,
        announced: None,
        kind: None,
        mandated_by: None,
        sha256: None,
        rules: policy.rules.len(),
        unverified: policy.unverified(),
        title: policy.title.clone(),
    }
}

/// With what its record says.
fn adopted(view: &View<'_>, held: Held, row: PolicyRow) -> Result<Held, AnswerError> {
    let at = Position { journal: row.adopted.at.journal, seq: row.adopted.at.seq };
    let adopted_by = match view.ledger().journals().record(at) {
        Ok(stored) => Some(super::header(at, &stored.header)?.actor.to_string()),
        // Told when the ledger was opened.
        Err(JournalError::Damaged(_)) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Held {
        adopted: Some(at.to_string()),
        adopted_by,
        adopted_on: Some(Day(row.adopted.happened.day)),
        announced: row.announced,
        kind: row.kind,
        mandated_by: row.mandated_by,
        sha256: Some(row.sha256.to_string()),
        ..held
    })
}

/// The last day of a version: what it says itself, or the day before the next one begins.
fn until(policy: &Policy, all: &[Policy]) -> Option<Day> {
    let later = all.iter().filter(|other| other.id == policy.id && other.version != policy.version);
    let next = later
        .filter_map(|other| other.effective.from)
        .filter(|from| policy.effective.from.is_none_or(|own| *from > own));
    let before = next.min().and_then(|day| day.0.pred_opt()).map(Day);
    [policy.effective.until, before].into_iter().flatten().min()
}
