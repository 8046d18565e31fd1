//! Counting and rolling over days that are closed.

use chrono::NaiveDate;
use lookback_events::event::text::Day;

use super::{Calendar, Skipped};

/// A day that was counted to, and what was passed over on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The day.
    pub day: NaiveDate,
    /// The closed days between the start and it, in the order they were met.
    pub skipped: Vec<Skipped>,
}

/// The calendar has no such day: the count leaves the years that days are written for, or every day
/// of a long stretch is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such day within what a calendar holds; a start or a length is far too great")]
pub struct CalendarEnd;

/// Closed days in a row after which a calendar is held to have no open ones.
const CLOSED_MAX: usize = 400;

impl Calendar {
    /// The day so many business days after `start`; `start` itself is not counted.
    ///
    /// # Errors
    /// When there is no such day.
    pub fn business_days_after(
        &self,
        start: NaiveDate,
        count: u32,
    ) -> Result<Counted, CalendarEnd> {
        self.count(start, count, NaiveDate::succ_opt)
    }

    /// The day so many business days before `start`; `start` itself is not counted.
    ///
    /// # Errors
    /// When there is no such day.
    pub fn business_days_before(
        &self,
        start: NaiveDate,
        count: u32,
    ) -> Result<Counted, CalendarEnd> {
        self.count(start, count, NaiveDate::pred_opt)
    }

    /// The day itself, or the next business day where it is closed.
    ///
    /// # Errors
    /// When there is no such day.
    pub fn roll_forward(&self, day: NaiveDate) -> Result<Counted, CalendarEnd> {
        self.roll(day, NaiveDate::succ_opt)
    }

    /// The day itself, or the last business day before it where it is closed.
    ///
    /// # Errors
    /// When there is no such day.
    pub fn roll_back(&self, day: NaiveDate) -> Result<Counted, CalendarEnd> {
        self.roll(day, NaiveDate::pred_opt)
    }

    fn count(
        &self,
        start: NaiveDate,
        count: u32,
        step: fn(&NaiveDate) -> Option<NaiveDate>,
    ) -> Result<Counted, CalendarEnd> {
        let mut counted = Counted { day: start, skipped: Vec::new() };
        for _ in 0..count {
            let next = self.roll(step(&counted.day).ok_or(CalendarEnd)?, step)?;
            counted.day = next.day;
            counted.skipped.extend(next.skipped);
        }
        Ok(counted)
    }

    fn roll(
        &self,
        from: NaiveDate,
        step: fn(&NaiveDate) -> Option<NaiveDate>,
    ) -> Result<Counted, CalendarEnd> {
        let mut counted = Counted { day: from, skipped: Vec::new() };
        while let Some(closed) = self.closed(counted.day) {
            counted.skipped.push(Skipped { day: Day(counted.day), closed });
            if counted.skipped.len() > CLOSED_MAX {
                return Err(CalendarEnd);
            }
            counted.day = step(&counted.day).ok_or(CalendarEnd)?;
        }
        Ok(counted)
    }
}
