//! The wall clock. The only file that reads it; everything else is told.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use lookback_events::time::Timestamp;

thread_local! {
    /// Microseconds by which this thread's clock was moved: by the demonstration, and by tests of what is
    /// learnt late; zero in all other use.
    static MOVED: Cell<i64> = const { Cell::new(0) };
}

/// What time it is, UTC, to the microsecond.
pub fn now() -> Timestamp {
    Timestamp::from_micros(wall().saturating_add(MOVED.get()))
}

/// Moves the clock of this thread to a moment, from which it goes on: a story of months is told in a
/// minute.
pub(crate) fn play(from: Timestamp) {
    MOVED.set(from.micros().saturating_sub(wall()));
}

fn wall() -> i64 {
    // A clock before 1970 or after the year 290,000 reads as the nearest end.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
