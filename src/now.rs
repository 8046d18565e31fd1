//! The wall clock. The only file that reads it; everything else is told.

use std::time::{SystemTime, UNIX_EPOCH};

use lookback_events::time::Timestamp;

#[cfg(test)]
thread_local! {
    /// The time that a test says it is, on its own thread.
    static SAID: std::cell::Cell<Option<Timestamp>> = const { std::cell::Cell::new(None) };
}

/// Lets it be a moment, for the test that runs on this thread.
#[cfg(test)]
pub(crate) fn let_it_be(moment: Timestamp) {
    SAID.set(Some(moment));
}

/// What time it is, UTC, to the microsecond.
pub fn now() -> Timestamp {
    #[cfg(test)]
    if let Some(moment) = SAID.get() {
        return moment;
    }
    // A clock before 1970 or after the year 290,000 reads as the nearest end.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
