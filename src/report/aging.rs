//! Open inventory by age: how long ago the provider was written to.

use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::rows::{RowsError, add};
use serde::Serialize;

use super::cases::{self, Seen, Wanted};
use super::{AnswerError, View};

/// The last day of each bucket after the notice's date (DOMAIN 8); the last one has no end.
const ENDS: [i64; 6] = [30, 60, 90, 120, 180, 365];
/// The names of the buckets, those of cases without a notice last.
const NAMES: [&str; 8] =
    ["0-30", "31-60", "61-90", "91-120", "121-180", "181-365", ">365", "not noticed"];

/// The open cases of one age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// Days since the first notice that did not come back.
    pub days: &'static str,
    /// How many open cases.
    pub cases: u64,
    /// What is outstanding of them.
    pub outstanding: Money,
    /// What is carried forward.
    pub carried_forward: Money,
    /// What must be given back.
    pub restoration_owed: Money,
    /// Outstanding + carried forward − restoration owed, as a roll-forward has it.
    pub inventory: Money,
}

/// The bucket of a case on a day.
fn bucket(seen: &Seen, on: Day) -> usize {
    let Some(notice) = seen.first_notice() else { return ENDS.len().saturating_add(1) };
    let days = on.0.signed_duration_since(notice.dated.0).num_days();
    ENDS.iter().position(|end| days <= *end).unwrap_or(ENDS.len())
}

/// What is open, by age; a bucket without cases too. A case that ended with something to give back is
/// open until it is given back.
#[derive(Debug, Clone)]
pub struct Aging {
    on: Day,
    buckets: Vec<Bucket>,
}

impl Aging {
    /// Nothing yet.
    pub fn new(on: Day) -> Self {
        let empty = |days| Bucket {
            days,
            cases: 0,
            outstanding: Money::ZERO,
            carried_forward: Money::ZERO,
            restoration_owed: Money::ZERO,
            inventory: Money::ZERO,
        };
        Self { on, buckets: NAMES.into_iter().map(empty).collect() }
    }

    /// Takes a case in.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn take(&mut self, seen: &Seen) -> Result<(), RowsError> {
        let carried = seen.case.row.money.carried;
        let settled = seen.outstanding.is_zero() && seen.restoration_owed.is_zero();
        if !seen.is_open() && settled && carried.is_zero() {
            return Ok(());
        }
        let Some(bucket) = self.buckets.get_mut(bucket(seen, self.on)) else { return Ok(()) };
        bucket.cases = bucket.cases.saturating_add(1);
        add(&mut bucket.outstanding, Some(seen.outstanding))?;
        add(&mut bucket.carried_forward, Some(carried))?;
        add(&mut bucket.restoration_owed, Some(seen.restoration_owed))?;
        for part in [seen.outstanding, carried, seen.restoration_owed.negated()] {
            add(&mut bucket.inventory, Some(part))?;
        }
        Ok(())
    }

    /// The buckets.
    pub fn buckets(self) -> Vec<Bucket> {
        self.buckets
    }
}

/// The open inventory by age.
///
/// # Errors
/// When the rows cannot be read.
pub fn aging(view: &View<'_>, wanted: &Wanted, on: Day) -> Result<Vec<Bucket>, AnswerError> {
    let mut aging = Aging::new(on);
    cases::each(view, wanted, on, &mut |seen| Ok(aging.take(&seen)?))?;
    Ok(aging.buckets())
}
