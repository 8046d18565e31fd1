//! The last payment cycle that each journal knows, which every report names.
//!
//! A payment date that cannot be one of a cycle, such as 9999-12-31, is none: it would be the last one
//! for good. The remittance keeps it.

use chrono::{Days, NaiveDate};
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

/// Payments before the first 835 are none of ours; its first version is of 1991.
const FIRST_YEAR: i32 = 1990;
/// How far ahead of the day it is recorded a payment may be dated: a year, and a day for zones.
const AHEAD_DAYS_MAX: u64 = 366;

/// The payment date, where a cycle may have it on the day of the record.
pub(crate) fn cycle_of(paid_on: Option<NaiveDate>, record: &Record<'_>) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(FIRST_YEAR, 1, 1)?;
    let last =
        record.recorded_at.to_utc().date_naive().checked_add_days(Days::new(AHEAD_DAYS_MAX))?;
    paid_on.filter(|day| (first..=last).contains(day))
}

pub(crate) fn closed(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &Open,
) -> Result<(), RowsError> {
    let known: Option<CycleRow> = read(rows, &key(record.journal))?;
    let paid_on = cycle_of(open.paid_on, record);
    if paid_on <= known.and_then(|row| row.paid_on) {
        return Ok(());
    }
    let row = CycleRow { paid_on, recorded_at: record.recorded_at, remittance: open.digest };
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
