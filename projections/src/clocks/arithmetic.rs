//! Adding lengths to days (DOMAIN 3.4, 3.9, 3.10, 3.13).
//!
//! Day 0 is not counted and the last day is, so 30 days from the 1st end on the 31st. Months are
//! clipped to the last day of a shorter month. A year after 29 February is 28 February, or 1 March
//! where the policy says so.

use chrono::{Datelike, Days, Months, NaiveDate};
use lookback_events::time::MonthDay;

use super::{ClockError, Settings};
use crate::calendar::{Calendar, CalendarEnd, Counted};
use crate::policy::length::{Length, Unit};
use crate::policy::parameters::Parameter;
use crate::policy::{Policy, RuleId};

/// Lengths as one policy and its settings count them, for one rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arithmetic<'a> {
    pub(super) policy: &'a Policy,
    pub(super) settings: &'a Settings<'a>,
    pub(super) rule: &'a RuleId,
}

/// The way a length is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// On from a day.
    After,
    /// Back from a day.
    Before,
}

const fn plain(day: NaiveDate) -> Counted {
    Counted { day, skipped: Vec::new() }
}

impl<'a> Arithmetic<'a> {
    /// The calendar that business days are counted in.
    pub(super) fn calendar(&self) -> Result<&'a Calendar, ClockError> {
        let missing = || ClockError::NoCalendar { rule: self.rule.clone() };
        self.settings.calendar.ok_or_else(missing)
    }

    /// The unit, with bare days as the policy takes them.
    pub(super) fn unit(&self, length: Length) -> Unit {
        match (length.unit, self.policy.parameters.word(Parameter::BareDays)) {
            (Unit::Days, Some("BD")) => Unit::BusinessDays,
            (Unit::Days, _) => Unit::CalendarDays,
            (unit, _) => unit,
        }
    }

    pub(super) fn too_far(&self, source: CalendarEnd) -> ClockError {
        ClockError::TooFar { rule: self.rule.clone(), source }
    }

    /// The day so long after or before another.
    pub(super) fn count(
        &self,
        day: NaiveDate,
        length: Length,
        way: Way,
    ) -> Result<Counted, ClockError> {
        let count = length.count;
        let counted = match self.unit(length) {
            Unit::CalendarDays | Unit::Days => {
                let days = Days::new(u64::from(count));
                let end = match way {
                    Way::After => day.checked_add_days(days),
                    Way::Before => day.checked_sub_days(days),
                };
                end.map(plain)
            }
            Unit::BusinessDays => {
                let calendar = self.calendar()?;
                let counted = match way {
                    Way::After => calendar.business_days_after(day, count),
                    Way::Before => calendar.business_days_before(day, count),
                };
                Some(counted.map_err(|end| self.too_far(end))?)
            }
            Unit::Months => months(day, count, way).map(plain),
            Unit::Years => self.years(day, count, way).map(plain),
            Unit::FiscalYears => {
                let missing = || ClockError::FiscalYearEndNotSet { rule: self.rule.clone() };
                let last = self.settings.years.fiscal_year_end.ok_or_else(missing)?;
                fiscal_years(day, count, last, way).map(plain)
            }
            Unit::ContractYears => {
                let missing = || ClockError::ContractYearNotSet { rule: self.rule.clone() };
                let first = self.settings.years.contract_year_start.ok_or_else(missing)?;
                contract_years(day, count, first, way).map(plain)
            }
        };
        // A day is written with four digits of its year.
        let counted = counted.filter(|counted| (0..=9999).contains(&counted.day.year()));
        counted.ok_or_else(|| self.too_far(CalendarEnd))
    }

    fn years(&self, day: NaiveDate, count: u32, way: Way) -> Option<NaiveDate> {
        let end = months(day, count.checked_mul(12)?, way)?;
        let leapt = day.day() == 29 && end.day() == 28;
        match self.policy.parameters.word(Parameter::LeapAnniversary) {
            Some("03-01") if leapt => end.succ_opt(),
            _ => Some(end),
        }
    }
}

fn months(day: NaiveDate, count: u32, way: Way) -> Option<NaiveDate> {
    let months = Months::new(count);
    match way {
        Way::After => day.checked_add_months(months),
        Way::Before => day.checked_sub_months(months),
    }
}

/// The last day of a fiscal year in a year. One that ends on 28 February ends with the month.
fn fiscal_end(last: MonthDay, year: i32) -> Option<NaiveDate> {
    let end = last.in_year(year)?;
    if end.month() == 2 && end.day() == 28 {
        return NaiveDate::from_ymd_opt(year, 3, 1)?.pred_opt();
    }
    Some(end)
}

/// After: the last day of the fiscal year so many after that of the day. Before: the first day of the
/// one so many before it.
fn fiscal_years(day: NaiveDate, count: u32, last: MonthDay, way: Way) -> Option<NaiveDate> {
    let ended = fiscal_end(last, day.year())? < day;
    let year = if ended { day.year().checked_add(1)? } else { day.year() };
    let count = i32::try_from(count).ok()?;
    match way {
        Way::After => fiscal_end(last, year.checked_add(count)?),
        Way::Before => fiscal_end(last, year.checked_sub(count)?.checked_sub(1)?)?.succ_opt(),
    }
}

/// The same with contract years, which are known by their first day.
fn contract_years(day: NaiveDate, count: u32, first: MonthDay, way: Way) -> Option<NaiveDate> {
    let (year, count) = (first.year_of(day), i32::try_from(count).ok()?);
    match way {
        Way::After => first.in_year(year.checked_add(count)?.checked_add(1)?)?.pred_opt(),
        Way::Before => first.in_year(year.checked_sub(count)?),
    }
}
