//! The last payment cycle that each journal knows, which every report names.

use chrono::NaiveDate;
use lookback_events::id::{Digest, JournalId};
use lookback_events::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::Key;
use crate::remittances::Open;
use crate::rows::{Rows, RowsError, decode, read, write};
use crate::{Record, compact};

/// The latest payment date among a journal's closed remittances (835 BPR16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleRow {
    /// The payment date.
    #[serde(with = "compact::day_if_any")]
    pub paid_on: Option<NaiveDate>,
    /// When the first remittance of that date was closed, UTC.
    #[serde(with = "compact::moment")]
    pub recorded_at: Timestamp,
    /// That remittance.
    #[serde(with = "compact::digest")]
    pub remittance: Digest,
}

fn key(journal: JournalId) -> Vec<u8> {
    Key::new(b'Y').journal(journal).done()
}

pub(crate) fn closed(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &Open,
) -> Result<(), RowsError> {
    let known: Option<CycleRow> = read(rows, &key(record.journal))?;
    if open.paid_on <= known.and_then(|row| row.paid_on) {
        return Ok(());
    }
    let row = CycleRow {
        paid_on: open.paid_on,
        recorded_at: record.recorded_at,
        remittance: open.digest,
    };
    write(rows, key(record.journal), &row)
}

/// The last payment cycle that any journal knows; of two with one date the one recorded first.
///
/// # Errors
/// When the rows cannot be read.
pub fn last(rows: &dyn Rows) -> Result<Option<CycleRow>, RowsError> {
    let mut last: Option<CycleRow> = None;
    crate::rows::each(rows, &Key::new(b'Y').done(), &mut |_, value| {
        let row: CycleRow = decode(value)?;
        let later = last
            .is_none_or(|last| (row.paid_on, last.recorded_at) > (last.paid_on, row.recorded_at));
        if later {
            last = Some(row);
        }
        Ok(true)
    })?;
    Ok(last)
}
