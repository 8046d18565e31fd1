//! The ledger itself: what was chosen when it began, and how far its journals are.

use lookback_events::event::control::Usage;
use lookback_events::event::text::Day;
use lookback_events::time::Timestamp;
use serde::Serialize;

use super::policies::{self, Held};
use super::{AnswerError, Cycle, View, day_of};
use crate::checkpoints::CheckpointError;
use crate::journal::{JournalError, Position};
use crate::ledger::LedgerError;

/// The ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// The name its logs go by.
    pub origin: String,
    /// When it was created, UTC.
    pub created: Timestamp,
    /// `production` or `test`.
    pub usage: Usage,
    /// The day on which contract years begin.
    pub contract_year_start: String,
    /// The last day of the plan's fiscal year.
    pub fiscal_year_end: Option<String>,
    /// The plan's time zone.
    pub time_zone: String,
    /// Generations of the hot store.
    pub generations: u64,
    /// The policies that it goes by, as they stand on the day of what is known: in force, waiting, replaced.
    pub policies: Vec<Held>,
    /// The last payment cycle it knows.
    pub last_payment_cycle: Option<Cycle>,
    /// Its journals, control first.
    pub journals: Vec<JournalLine>,
}

/// A journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalLine {
    /// Its id.
    pub journal: String,
    /// How many records it holds.
    pub records: u64,
    /// When the last one was recorded, UTC.
    pub newest: Option<Timestamp>,
    /// Volumes that hold any of these records now.
    pub volumes: u64,
    /// How many of these records lie in them now.
    pub sealed: u64,
    /// How many of these records the last signed checkpoint covers now.
    pub signed: Option<u64>,
}

/// What the ledger says of itself.
///
/// # Errors
/// When a checkpoint or a record cannot be read.
pub fn overview(view: &View<'_>) -> Result<Overview, AnswerError> {
    let ledger = view.ledger();
    let choices = ledger.choices();
    let mut journals = Vec::new();
    for (journal, end) in view.stretches() {
        let newest = match end.checked_sub(1) {
            Some(seq) => {
                let at = Position { journal, seq };
                match ledger.journals().record(at) {
                    Ok(stored) => Some(super::header(at, &stored.header)?.recorded_at),
                    // Told when the ledger was opened.
                    Err(JournalError::Damaged(_)) => None,
                    Err(error) => return Err(error.into()),
                }
            }
            None => None,
        };
        let volumes = ledger.journals().volumes(journal);
        let held = volumes.iter().filter(|volume| volume.tail.first < end);
        let signed = match ledger.checkpoints().last(journal) {
            // Told when the ledger was opened.
            Err(CheckpointError::Foreign { .. }) => None,
            last => last.map_err(LedgerError::from)?,
        };
        journals.push(JournalLine {
            journal: journal.to_string(),
            records: end,
            newest,
            volumes: u64::try_from(held.count()).unwrap_or(u64::MAX),
            sealed: volumes.last().map_or(0, |volume| volume.tail.end().min(end)),
            signed: signed.map(|checkpoint| checkpoint.size.min(end)),
        });
    }
    Ok(Overview {
        origin: choices.origin.clone(),
        created: choices.created,
        usage: choices.usage,
        contract_year_start: choices.contract_year_start.to_string(),
        fiscal_year_end: choices.fiscal_year_end.map(|day| day.to_string()),
        time_zone: choices.time_zone.clone(),
        generations: u64::try_from(ledger.journals().generations().len()).unwrap_or(u64::MAX),
        policies: policies::policies(view, Day(day_of(ledger, view.moment())))?,
        last_payment_cycle: view.last_cycle()?,
        journals,
    })
}
