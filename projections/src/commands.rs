//! Commands that were answered, by their ids, so that one sent again is answered and not done twice.
//!
//! A command may lead to several records in one commit: a header names at most eight streams, so what
//! is about more claims repeats itself for the streams of the rest. The first record holds everything
//! and alone is folded; the others are counted here.

use lookback_events::event::act::{Act, Happened};
use lookback_events::event::deed::Deed;
use lookback_events::id::{CommandId, Digest};
use serde::{Deserialize, Serialize};

use crate::cases::Known;
use crate::keys::Key;
use crate::rows::{Rows, RowsError, plus, read, write};
use crate::{Position, Record, compact};

/// Who keeps a command's answer: its records, and a SHA-256 of what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRow {
    /// The first record it led to.
    pub at: Position,
    /// How many records it led to.
    pub records: u64,
    /// SHA-256 of the command's canonical JSON.
    #[serde(with = "compact::digest")]
    pub content: Digest,
    /// What it was about, as `case:OP-2026-000117`: the sender may have left it to the ledger to name.
    pub subject: String,
}

fn key(command: &CommandId) -> Vec<u8> {
    Key::new(b'x').text(command.as_str()).done()
}

/// Counts a command's record; true for its first one, which alone is folded.
pub(crate) fn first(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    deed: &Deed,
) -> Result<bool, RowsError> {
    let key = key(&deed.act().command);
    if let Some(mut row) = read::<CommandRow>(rows, &key)? {
        plus(&mut row.records, 1)?;
        write(rows, key, &row)?;
        return Ok(false);
    }
    let row = CommandRow {
        at: record.position(),
        records: 1,
        content: deed.asked().unwrap_or(Digest([0; 32])),
        subject: deed.subject().to_string(),
    };
    write(rows, key, &row)?;
    Ok(true)
}

/// What was answered to a command; `None` where its id is new.
///
/// # Errors
/// When the rows cannot be read.
pub fn command(rows: &dyn Rows, id: &CommandId) -> Result<Option<CommandRow>, RowsError> {
    read(rows, &key(id))
}

impl Known {
    /// Where and when a command's record was recorded.
    pub(crate) fn of(record: &Record<'_>, act: &Act) -> Self {
        Self {
            at: record.position(),
            happened: act.happened,
            recorded_at: record.recorded_at,
            evidenced: act.document.is_some(),
            control: record.control,
        }
    }

    /// The day it happened, plan time.
    pub const fn day(&self) -> chrono::NaiveDate {
        let Happened { day, .. } = self.happened;
        day
    }
}
