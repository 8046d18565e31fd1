//! The days of generated data, as 835 dates, and when the payer pays.
//!
//! A day is a number from 0, 2022-06-01. Runs are paid on Fridays, 156 of them, over three years.

use chrono::{Datelike, Days, NaiveDate};

/// The day of the first payment run, Friday 2023-01-06: 219 days after 2022-06-01.
const FIRST_RUN: u16 = 219;

/// How many weekly runs there are.
pub(super) const RUNS: u16 = 156;

/// How many days the calendar holds: past the last run (219 + 155 x 7 = 1304).
const DAYS: u16 = 1400;

/// Every day's date, so that no claim computes one.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    dates: Vec<u32>,
}

impl Calendar {
    /// Computes the dates.
    pub(super) fn new() -> Self {
        let first = NaiveDate::from_ymd_opt(2022, 6, 1).unwrap_or_default();
        let dates = (0..DAYS)
            .map(|day| {
                let date = first.checked_add_days(Days::new(u64::from(day))).unwrap_or_default();
                let year = u32::try_from(date.year()).unwrap_or_default();
                year.saturating_mul(10_000)
                    .saturating_add(date.month().saturating_mul(100))
                    .saturating_add(date.day())
            })
            .collect();
        Self { dates }
    }

    /// The day of a payment run.
    pub(super) fn run(number: u16) -> u16 {
        FIRST_RUN.saturating_add(number.min(RUNS.saturating_sub(1)).saturating_mul(7))
    }

    /// The date of a day, as CCYYMMDD.
    pub(super) fn date(&self, day: u16) -> u64 {
        self.dates.get(usize::from(day)).copied().map_or(0, u64::from)
    }

    /// The last day of the year of a day, as CCYYMMDD: the fiscal period of 835 PLB02.
    pub(super) fn year_end(&self, day: u16) -> u64 {
        (self.date(day) / 10_000).saturating_mul(10_000).saturating_add(1231)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_fridays_from_january_2023_to_december_2025() {
        let calendar = Calendar::new();
        assert_eq!(calendar.date(Calendar::run(0)), 20_230_106);
        assert_eq!(calendar.date(Calendar::run(RUNS - 1)), 20_251_226);
        assert_eq!(calendar.date(Calendar::run(u16::MAX)), 20_251_226);
        for run in 0..RUNS {
            let date = calendar.date(Calendar::run(run));
            let date = NaiveDate::parse_from_str(&date.to_string(), "%Y%m%d").unwrap();
            assert_eq!(date.weekday(), chrono::Weekday::Fri);
        }
    }
}
