//! One file on its way into the ledger.
//!
//! Read twice: once for its digests, so that every record can name the file and the remittance it is
//! part of, and once for its meaning. What no remittance can be made of is kept byte for byte.

use std::io::{self, Read, Seek, SeekFrom};

use chrono::{DateTime, NaiveDate, Utc};
use lookback_events::event::control::Outcome;
use lookback_events::id::{ActorId, UnitId};
use lookback_projections::files;

use super::history::History;
use super::pieces::Pieces;
use super::x12::prescan::prescan;
use crate::check::{self, Summary};
use crate::ledger::{Ledger, LedgerError};

mod run;

use run::Run;

/// Why a file could not be ingested; what was submitted of it before stays, and the same file goes
/// on there.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Read(#[from] io::Error),
    /// The file changed between its two readings.
    #[error("the file changed while it was read; nothing more of it was recorded")]
    Changed,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A person asked to stop.
    #[error("interrupted; run the same command again to go on")]
    Interrupted,
}

/// What became of a file, and what to wait for until all of it is durable.
#[derive(Debug)]
pub struct Taken {
    /// Counts, findings and outcome.
    pub summary: Summary,
    /// The ticket of its last record; `None` where nothing was added.
    pub ticket: Option<u64>,
    /// When the same bytes were first recorded, where they were.
    pub first_seen: Option<lookback_events::time::Timestamp>,
}

/// How an ingest is told of progress, and asked whether to stop.
pub trait Watch {
    /// So many bytes and claims more have been read.
    fn read(&mut self, bytes: u64, claims: u64);
    /// True when a person asked to stop.
    fn stopped(&self) -> bool;
}

/// Takes files into a ledger, one after the other.
pub struct Ingest<'a> {
    ledger: &'a mut Ledger,
    actor: ActorId,
    history: History,
    /// A file was taken: what was submitted ahead of this ingest is durable.
    begun: bool,
}

impl<'a> Ingest<'a> {
    /// In the name of `actor`.
    pub fn new(ledger: &'a mut Ledger, actor: ActorId) -> Self {
        Self { ledger, actor, history: History::default(), begun: false }
    }

    /// The ledger.
    pub const fn ledger(&mut self) -> &mut Ledger {
        self.ledger
    }

    /// Takes one file; `shown` is its path as given, `name` the last part of it.
    ///
    /// # Errors
    /// When the file cannot be read, the ledger fails, or a person asked to stop.
    pub fn file<R: Read + Seek>(
        &mut self,
        shown: &str,
        name: &str,
        mut input: R,
        watch: &mut dyn Watch,
    ) -> Result<Taken, FileError> {
        if !self.begun {
            // Claims on their way to the disk are found in memory, but only those of this ingest.
            self.ledger.flush()?;
            self.begun = true;
        }
        if watch.stopped() {
            return Err(FileError::Interrupted);
        }
        let scan = prescan(&mut input)?;
        input.seek(SeekFrom::Start(0))?;
        let row = files::file(self.ledger.rows(), &scan.sha256).map_err(LedgerError::from)?;
        if let Some(received) = row.as_ref().and_then(|row| row.received.clone()) {
            let mut summary = check::summarise(shown, input)?;
            watch.read(scan.length, summary.claims);
            summary.outcome = match received.outcome {
                Outcome::Rejected => check::Outcome::Rejected,
                Outcome::Recorded | Outcome::AlreadyRecorded | Outcome::PartlyRecorded => {
                    check::Outcome::AlreadyRecorded
                }
            };
            summary.reason = received.reason;
            summary.forget_findings();
            let first_seen = Some(received.recorded_at);
            return Ok(Taken { summary, ticket: None, first_seen });
        }
        let row = row.unwrap_or_default();
        let year = year_of(self.ledger, crate::now::now().to_utc());
        let pieces = Pieces::new(
            scan.sha256,
            self.actor.clone(),
            UnitId::quarantine(year),
            row.parts,
            row.lists,
        );
        let run = Run::new(self.ledger, &self.actor, &mut self.history, &scan, pieces);
        run.read(shown, name, input, watch)
    }
}

/// The contract year that a day belongs to, by the plan's own choice.
fn contract_year(ledger: &Ledger, day: NaiveDate) -> i32 {
    ledger.choices().contract_year_start.year_of(day)
}

/// The contract year of a moment, by the plan's calendar.
fn year_of(ledger: &Ledger, moment: DateTime<Utc>) -> i32 {
    let zone = ledger.choices().time_zone.parse().unwrap_or(chrono_tz::America::New_York);
    contract_year(ledger, moment.with_timezone(&zone).date_naive())
}
