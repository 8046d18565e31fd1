//! Answers folded from facts.
//!
//! A projection is a deterministic fold of records into rows, plus questions that take what they are
//! asked about as arguments. Pure: no clock, no disk, no network; rows are read and written through
//! [`rows::Rows`], which the caller keeps.

use lookback_events::event::Event;
use lookback_events::id::JournalId;
use lookback_events::time::Timestamp;

pub mod rows;

/// A record as projections see it: an event in its place.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Its journal.
    pub journal: JournalId,
    /// Its position there.
    pub seq: u64,
    /// When it was recorded, UTC.
    pub recorded_at: Timestamp,
    /// What it says.
    pub event: &'a Event<'a>,
}

/// All projections.
#[derive(Debug, Clone, Copy)]
pub struct Projections;

impl Projections {
    /// Changes whenever a fold does; rows of another version are folded again.
    pub const VERSION: u32 = 1;

    /// Folds one record into the rows.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn apply(rows: &mut dyn rows::Rows, record: &Record<'_>) -> Result<(), rows::RowsError> {
        let _ = (rows, record);
        Ok(())
    }
}
