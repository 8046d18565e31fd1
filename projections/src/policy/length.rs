//! How long a clock runs: a count and a unit.
//!
//! Not here: the arithmetic, which is [`crate::clocks`]'.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a length is counted in (DOMAIN 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Calendar days.
    CalendarDays,
    /// Business days of the calendar in force.
    BusinessDays,
    /// Days of which the source does not say which they are; the parameter `bare-days` does.
    Days,
    /// Months, clipped to the last day of a shorter month.
    Months,
    /// Years; 29 February becomes 28 February where there is none.
    Years,
    /// The rest of the fiscal year and so many more.
    FiscalYears,
    /// The rest of the contract year and so many more.
    ContractYears,
}

impl Unit {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("CD", Self::CalendarDays),
        ("BD", Self::BusinessDays),
        ("days", Self::Days),
        ("M", Self::Months),
        ("Y", Self::Years),
        ("FY", Self::FiscalYears),
        ("contract years", Self::ContractYears),
    ];

    /// The word that policies use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CalendarDays => "CD",
            Self::BusinessDays => "BD",
            Self::Days => "days",
            Self::Months => "M",
            Self::Years => "Y",
            Self::FiscalYears => "FY",
            Self::ContractYears => "contract years",
        }
    }

    /// The words that people read.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::CalendarDays => "calendar days",
            Self::BusinessDays => "business days",
            Self::Days => "days",
            Self::Months => "months",
            Self::Years => "years",
            Self::FiscalYears => "fiscal years",
            Self::ContractYears => "contract years",
        }
    }
}

/// So many of a unit, written `30 CD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length {
    /// How many, at least one.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// The text is not a count and a unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a length; write a count from 1 to {COUNT_MAX} and a unit: \"30 CD\" (calendar \
     days), \"30 BD\" (business days), \"30 days\" (as bare-days says), \"6 M\" (months), \"7 Y\" \
     (years), \"2 FY\" (fiscal years), \"7 contract years\""
)]
pub struct LengthError(String);

/// A century in days: what is longer is a slip of the pen.
const COUNT_MAX: u32 = 36_525;

impl Length {
    /// Reads `30 CD`.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, LengthError> {
        let read = || {
            let (count, unit) = text.split_once(' ')?;
            let count = count.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count))?;
            let unit = Unit::WORDS.iter().find(|(word, _)| *word == unit).map(|(_, unit)| *unit)?;
            Some(Self { count, unit })
        };
        read().ok_or_else(|| LengthError(text.to_owned()))
    }

    /// The length for a person: `30 calendar days`.
    pub fn in_words(self) -> String {
        let words = self.unit.in_words();
        let words = if self.count == 1 { words.strip_suffix('s').unwrap_or(words) } else { words };
        format!("{} {words}", self.count)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.count, self.unit.as_str())
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_reads_what_it_prints_and_nothing_else() {
        for text in ["30 CD", "15 BD", "30 days", "6 M", "7 Y", "2 FY", "7 contract years"] {
            assert_eq!(Length::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "30", "CD", "0 CD", "-1 CD", "30  CD", "30 cd", "1.5 M", "99999999 Y"] {
            assert!(Length::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Length::parse("1 Y").unwrap().in_words(), "1 year");
    }
}
