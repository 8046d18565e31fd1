//! The wall clock. The only file that reads it; everything else is told.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use lookback_events::time::Timestamp;

/// Microseconds by which the demonstration has moved its own clock; zero in all other use.
static MOVED: AtomicI64 = AtomicI64::new(0);

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
    Timestamp::from_micros(wall().saturating_add(MOVED.load(Ordering::Relaxed)))
}

/// Moves the clock of this process to a moment, from which it goes on: a story of months is told in a
/// minute.
pub(crate) fn play(from: Timestamp) {
    MOVED.store(from.micros().saturating_sub(wall()), Ordering::Relaxed);
}

fn wall() -> i64 {
    // A clock before 1970 or after the year 290,000 reads as the nearest end.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
