//! Holidays: a day that comes back every year, and where it is observed.

use chrono::{Datelike, NaiveDate, Weekday};
use lookback_events::time::MonthDay;
use serde::{Deserialize, Deserializer};

/// A holiday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    name: String,
    falls: Falls,
    since: i32,
    until: i32,
}

/// When a holiday falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Falls {
    Fixed(MonthDay, Observed),
    /// Counted from 1; 5 is the last.
    Nth(u8, Weekday, u32),
    Once(NaiveDate),
}

/// Where a fixed holiday is observed that falls on a weekend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Observed {
    /// On Friday when on Saturday, on Monday when on Sunday.
    Nearest,
    /// On Monday when on Sunday.
    Monday,
    #[default]
    Never,
}

/// A weekday by its first three letters.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeekdayText(pub(super) Weekday);

impl<'de> Deserialize<'de> for WeekdayText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom(format!("{text:?} is not Mon to Sun"));
        text.parse().map(Self).map_err(|_| wrong())
    }
}

/// `1` to `4`, or `"last"`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum NthText {
    Count(u8),
    Word(Last),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Last {
    Last,
}

/// A holiday as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HolidayText {
    pub(super) name: String,
    date: Option<MonthDay>,
    #[serde(default)]
    observed: Observed,
    nth: Option<NthText>,
    weekday: Option<WeekdayText>,
    month: Option<u32>,
    on: Option<toml::value::Datetime>,
    since: Option<i32>,
    until: Option<i32>,
}

impl HolidayText {
    pub(super) fn holiday(self) -> Result<Holiday, &'static str> {
        let falls = match (self.date, self.nth, self.weekday, self.month, self.on) {
            (Some(date), None, None, None, None) => Falls::Fixed(date, self.observed),
            (None, Some(nth), Some(weekday), Some(month @ 1..=12), None) => {
                let nth = match nth {
                    NthText::Count(nth @ 1..=4) => nth,
                    NthText::Count(_) => return Err("nth is 1 to 4 or \"last\""),
                    NthText::Word(Last::Last) => 5,
                };
                Falls::Nth(nth, weekday.0, month)
            }
            (None, None, None, None, Some(on)) => {
                let day = on.date.and_then(|date| {
                    let (month, day) = (u32::from(date.month), u32::from(date.day));
                    NaiveDate::from_ymd_opt(i32::from(date.year), month, day)
                });
                Falls::Once(day.ok_or("on is a day, such as 2025-01-09")?)
            }
            _ => {
                return Err("it falls on one of: date = MM-DD; nth, weekday and month; on = a day");
            }
        };
        if self.observed != Observed::Never && !matches!(falls, Falls::Fixed(..)) {
            return Err("only a fixed date is observed on another day");
        }
        let (since, until) = (self.since.unwrap_or(i32::MIN), self.until.unwrap_or(i32::MAX));
        if since > until {
            return Err("since is after until");
        }
        Ok(Holiday { name: self.name, falls, since, until })
    }
}

impl Holiday {
    /// A day closed once.
    pub(super) fn once(name: &str, day: NaiveDate) -> Self {
        let (falls, since, until) = (Falls::Once(day), i32::MIN, i32::MAX);
        Self { name: name.to_owned(), falls, since, until }
    }

    /// The name under which the holiday closes a day; `None` where it does not.
    pub(super) fn closes(&self, day: NaiveDate) -> Option<String> {
        // An observed day may lie in the year before or after that of the holiday.
        let years = [Some(day.year()), day.year().checked_add(1), day.year().checked_sub(1)];
        years.into_iter().flatten().find_map(|year| {
            let (itself, observed) = self.in_year(year)?;
            if itself == day {
                return Some(self.name.clone());
            }
            (observed == day).then(|| format!("{} (observed)", self.name))
        })
    }

    /// The day of the holiday that belongs to a year, and the day on which it is observed.
    fn in_year(&self, year: i32) -> Option<(NaiveDate, NaiveDate)> {
        if !(self.since..=self.until).contains(&year) {
            return None;
        }
        match self.falls {
            Falls::Once(day) => (day.year() == year).then_some((day, day)),
            Falls::Fixed(date, observed) => {
                let day = date.in_year(year)?;
                let moved = match (day.weekday(), observed) {
                    (Weekday::Sat, Observed::Nearest) => day.pred_opt()?,
                    (Weekday::Sun, Observed::Nearest | Observed::Monday) => day.succ_opt()?,
                    _ => day,
                };
                Some((day, moved))
            }
            Falls::Nth(nth, weekday, month) => {
                let day = match nth {
                    5 => {
                        let fifth = NaiveDate::from_weekday_of_month_opt(year, month, weekday, 5);
                        fifth.or_else(|| {
                            NaiveDate::from_weekday_of_month_opt(year, month, weekday, 4)
                        })?
                    }
                    nth => NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)?,
                };
                Some((day, day))
            }
        }
    }
}
