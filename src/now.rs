//! The wall clock. The only file that reads it; everything else is told.

use std::time::{SystemTime, UNIX_EPOCH};

use lookback_events::time::Timestamp;

/// What time it is, UTC, to the microsecond.
pub fn now() -> Timestamp {
    // A clock before 1970 or after the year 290,000 reads as the nearest end.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
