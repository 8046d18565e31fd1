//! Calendars: which days are business days, as versioned data.
//!
//! Not here: clocks. A calendar knows nothing of rules; it says whether a day is a business day and,
//! where it is none, why, by name.
//!
//! # A calendar's file
//!
//! ```toml
//! id = "MA-legal"
//! version = "2026.1"
//! title = "Legal holidays of Massachusetts"
//! citation = "M.G.L. c.4 s.7(18)"
//! extends = "US-federal 2026.1"          # its holidays count here too; this version of it, no other
//! weekend = ["Sat", "Sun"]               # without it, Saturday and Sunday
//!
//! [[holidays]]                           # the nth weekday of a month; nth = "last" for the last
//! name = "Patriots' Day"
//! nth = 3
//! weekday = "Mon"
//! month = 4
//!
//! [[holidays]]                           # a fixed day
//! name = "Juneteenth"
//! date = "06-19"
//! observed = "nearest"                   # "nearest": Saturday -> Friday, Sunday -> Monday;
//!                                        # "monday": Sunday -> Monday; "never": it stays
//! since = 2021                           # first year; until = last year
//!
//! [[holidays]]                           # one day only
//! name = "Closed by proclamation"
//! on = 2025-01-09
//! ```
//!
//! A holiday that is observed on another day closes both: on the day itself the weekend does. An
//! observed day may fall in the year before (1 January on a Saturday). A holiday that is observed on
//! a day that is closed anyway gives no further day.
//!
//! A version that was shipped is never changed: a correction is another version beside it, and a
//! policy names the version it counts with, so that a date found once is found again.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike, NaiveDate, Weekday};
use lookback_events::event::text::Day;
use serde::{Deserialize, Deserializer, Serialize};

mod counting;
mod holiday;

pub use counting::{CalendarEnd, Counted};
pub use holiday::Holiday;

/// A calendar and, mostly, which version of it: `MA-legal 2026.1`; without one, the newest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CalendarName {
    /// The calendar.
    pub id: String,
    /// Its version; the newest where none is given.
    pub version: Option<String>,
}

/// The text does not name a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a calendar; write its id, and its version behind a space: \"MA-legal 2026.1\""
)]
pub struct CalendarNameError(String);

impl CalendarName {
    /// Reads an id, and a version behind a space.
    ///
    /// # Errors
    /// When the text holds anything but letters, digits, points and hyphens.
    pub fn parse(text: &str) -> Result<Self, CalendarNameError> {
        let (id, version) = match text.split_once(' ') {
            Some((id, version)) => (id, Some(version)),
            None => (text, None),
        };
        let fits = |part: &str| {
            let good = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'.';
            !part.is_empty() && part.bytes().all(good)
        };
        if !fits(id) || !version.is_none_or(fits) {
            return Err(CalendarNameError(text.to_owned()));
        }
        Ok(Self { id: id.to_owned(), version: version.map(str::to_owned) })
    }
}

impl fmt::Display for CalendarName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        match &self.version {
            Some(version) => write!(f, " {version}"),
            None => Ok(()),
        }
    }
}

impl<'de> Deserialize<'de> for CalendarName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Why a day is no business day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closed {
    /// A Saturday or Sunday, or what the calendar has for a weekend.
    Weekend,
    /// A holiday, by name.
    Holiday(String),
}

/// A day that was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The day.
    pub day: Day,
    /// Why it does not count.
    pub closed: Closed,
}

/// One version of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    id: String,
    version: String,
    title: String,
    citation: String,
    weekend: Vec<Weekday>,
    holidays: Vec<Holiday>,
}

/// Why a calendar cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// The text is not a calendar; it says where.
    #[error("a calendar cannot be read")]
    Malformed(#[source] Box<toml::de::Error>),
    /// A calendar has holidays of another that is not there.
    #[error("calendar {calendar} extends {base}, which is not among {known}")]
    NoBase {
        /// The calendar.
        calendar: String,
        /// What it extends.
        base: CalendarName,
        /// Those that are there.
        known: String,
    },
    /// A holiday is none.
    #[error("calendar {calendar}: {name:?} is not a holiday: {why}")]
    Holiday {
        /// The calendar.
        calendar: String,
        /// The holiday.
        name: String,
        /// What it lacks.
        why: &'static str,
    },
    /// Two calendars have one name and version.
    #[error("calendar {0} is there twice; a shipped version never changes, another one is added")]
    Twice(CalendarName),
    /// Nobody has a calendar of that name.
    #[error("no calendar {wanted}; there are {known}")]
    Unknown {
        /// What was asked for.
        wanted: CalendarName,
        /// Those that are there.
        known: String,
    },
}

/// A calendar as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarText {
    id: String,
    version: String,
    title: String,
    citation: String,
    extends: Option<CalendarName>,
    #[serde(default = "saturday_and_sunday")]
    weekend: Vec<holiday::WeekdayText>,
    #[serde(default)]
    holidays: Vec<holiday::HolidayText>,
}

fn saturday_and_sunday() -> Vec<holiday::WeekdayText> {
    vec![holiday::WeekdayText(Weekday::Sat), holiday::WeekdayText(Weekday::Sun)]
}

impl Calendar {
    /// Reads a calendar; what it extends is looked for among others.
    ///
    /// # Errors
    /// When the text is no calendar, or what it extends is not there.
    pub fn parse(text: &str, others: &Calendars) -> Result<Self, CalendarError> {
        let text: CalendarText =
            toml::from_str(text).map_err(|error| CalendarError::Malformed(Box::new(error)))?;
        let mut holidays = Vec::new();
        if let Some(base) = &text.extends {
            let Ok(base) = others.get(base) else {
                let (calendar, known) = (text.id, others.names());
                return Err(CalendarError::NoBase { calendar, base: base.clone(), known });
            };
            holidays.clone_from(&base.holidays);
        }
        for holiday in text.holidays {
            let name = holiday.name.clone();
            let holiday = holiday.holiday().map_err(|why| CalendarError::Holiday {
                calendar: text.id.clone(),
                name,
                why,
            })?;
            holidays.push(holiday);
        }
        Ok(Self {
            id: text.id,
            version: text.version,
            title: text.title,
            citation: text.citation,
            weekend: text.weekend.into_iter().map(|day| day.0).collect(),
            holidays,
        })
    }

    /// Its name and version.
    pub fn name(&self) -> CalendarName {
        CalendarName { id: self.id.clone(), version: Some(self.version.clone()) }
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What it is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Where it is written.
    pub fn citation(&self) -> &str {
        &self.citation
    }

    /// The same with one more day closed, under another version.
    #[must_use]
    pub fn closed_on(&self, day: NaiveDate, name: &str) -> Self {
        let mut calendar = self.clone();
        calendar.version = format!("{}-{day}", self.version);
        calendar.holidays.push(Holiday::once(name, day));
        calendar
    }

    /// Why a day is no business day; `None` where it is one.
    pub fn closed(&self, day: NaiveDate) -> Option<Closed> {
        if let Some(holiday) = self.holidays.iter().find_map(|holiday| holiday.closes(day)) {
            return Some(Closed::Holiday(holiday));
        }
        self.weekend.contains(&day.weekday()).then_some(Closed::Weekend)
    }

    /// True where a day is a business day.
    pub fn is_business_day(&self, day: NaiveDate) -> bool {
        self.closed(day).is_none()
    }
}

/// Calendars by name and version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendars(BTreeMap<String, BTreeMap<String, Calendar>>);

/// The texts of the calendars that come with the program, each after those it extends.
const SHIPPED: &[&str] = &[
    include_str!("../calendars/US-federal-2026.1.toml"),
    include_str!("../calendars/MA-legal-2026.1.toml"),
    include_str!("../calendars/MA-suffolk-2026.1.toml"),
];

impl Calendars {
    /// Those that come with the program.
    ///
    /// # Errors
    /// Never for the data that a release was tested with.
    pub fn shipped() -> Result<Self, CalendarError> {
        let mut all = Self::default();
        for text in SHIPPED {
            let calendar = Calendar::parse(text, &all)?;
            all.add(calendar)?;
        }
        Ok(all)
    }

    /// Adds a calendar beside the others.
    ///
    /// # Errors
    /// When that version of it is there already.
    pub fn add(&mut self, calendar: Calendar) -> Result<(), CalendarError> {
        let versions = self.0.entry(calendar.id.clone()).or_default();
        if versions.contains_key(&calendar.version) {
            return Err(CalendarError::Twice(calendar.name()));
        }
        versions.insert(calendar.version.clone(), calendar);
        Ok(())
    }

    /// The calendar of a name; the newest where the name has no version.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &CalendarName) -> Result<&Calendar, CalendarError> {
        let versions = self.0.get(&name.id);
        let found = versions.and_then(|versions| match &name.version {
            Some(version) => versions.get(version),
            None => versions.values().next_back(),
        });
        found.ok_or_else(|| CalendarError::Unknown { wanted: name.clone(), known: self.names() })
    }

    /// All calendars, by name and version.
    pub fn iter(&self) -> impl Iterator<Item = &Calendar> {
        self.0.values().flat_map(BTreeMap::values)
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.iter().map(|calendar| calendar.name().to_string()).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests;
