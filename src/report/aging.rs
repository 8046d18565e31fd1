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

#[cfg(test)]
mod tests {
    use super::super::cases::samples::{Sample, day, dollars};
    use super::*;

    #[test]
    fn a_case_is_as_old_as_its_first_notice_that_did_not_come_back() {
        let on = day("2026-12-31");
        for (noticed, bucket) in [
            ("2026-12-31", "0-30"),
            ("2026-12-01", "0-30"),
            ("2026-11-30", "31-60"),
            ("2026-11-01", "31-60"),
            ("2026-10-31", "61-90"),
            ("2026-10-02", "61-90"),
            ("2026-10-01", "91-120"),
            ("2026-09-02", "91-120"),
            ("2026-09-01", "121-180"),
            ("2026-07-04", "121-180"),
            ("2026-07-03", "181-365"),
            ("2025-12-31", "181-365"),
            ("2025-12-30", ">365"),
        ] {
            let mut aging = Aging::new(on);
            aging.take(&Sample::identified("2025-01-02", "10.00").noticed(noticed).seen()).unwrap();
            let found: Vec<_> = aging.buckets().into_iter().filter(|b| b.cases == 1).collect();
            assert_eq!(found.len(), 1, "{noticed}");
            assert_eq!(
                (found[0].days, found[0].outstanding),
                (bucket, dollars("10.00")),
                "{noticed}"
            );
        }
        let mut aging = Aging::new(on);
        let mut back = Sample::identified("2025-01-02", "10.00");
        back.noticed("2025-02-01").returned("2025-02-20");
        aging.take(&back.seen()).unwrap();
        aging.take(&back.noticed("2026-12-01").seen()).unwrap();
        let found = aging.buckets();
        let count = |days: &str| found.iter().find(|b| b.days == days).map(|b| b.cases);
        assert_eq!((count("not noticed"), count("0-30")), (Some(1), Some(1)));
    }

    #[test]
    fn what_must_be_given_back_is_open_and_makes_the_inventory_less() {
        use lookback_projections::cases::End;
        let mut aging = Aging::new(day("2026-04-01"));
        let mut owed = Sample::identified("2026-01-02", "100.00");
        owed.noticed("2026-03-20")
            .offset("2026-03-25", "130.00")
            .ended("2026-03-26", End::Recovered);
        aging.take(&owed.seen()).unwrap();
        let mut done = Sample::identified("2026-01-02", "100.00");
        done.noticed("2026-03-20")
            .offset("2026-03-25", "100.00")
            .ended("2026-03-26", End::Recovered);
        aging.take(&done.seen()).unwrap();
        let mut open = Sample::identified("2026-01-02", "100.00");
        open.noticed("2026-03-20").offset("2026-03-25", "40.00");
        open.entry("2026-03-25", lookback_projections::entries::Kind::Offset, |entry| {
            entry.carried = dollars("25.00");
        });
        aging.take(&open.seen()).unwrap();
        let first = aging.buckets().remove(0);
        assert_eq!(first.cases, 2);
        assert_eq!(first.outstanding, dollars("35.00"));
        assert_eq!(first.carried_forward, dollars("25.00"));
        assert_eq!(first.restoration_owed, dollars("30.00"));
        // 35.00 + 25.00 - 30.00
        assert_eq!(first.inventory, dollars("30.00"));
    }
}
