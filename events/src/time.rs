//! Moments and days as the ledger writes them.
//!
//! Not a clock: nothing here knows what time it is.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

/// A moment in UTC to the microsecond, written `2025-02-01T12:00:00.000001Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not a moment of the form `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a moment is written YYYY-MM-DDTHH:MM:SS.ffffffZ")]
pub struct TimestampError;

impl Timestamp {
    /// The moment so many microseconds after 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The same moment for calendar arithmetic.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Reads exactly the form that [`fmt::Display`] writes.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        Self::read(text.as_bytes()).ok_or(TimestampError)
    }

    /// Written out, because every header holds one.
    fn read(text: &[u8]) -> Option<Self> {
        let &[
            y1,
            y2,
            y3,
            y4,
            b'-',
            m1,
            m2,
            b'-',
            d1,
            d2,
            b'T',
            h1,
            h2,
            b':',
            n1,
            n2,
            b':',
            s1,
            s2,
            b'.',
            f1,
            f2,
            f3,
            f4,
            f5,
            f6,
            b'Z',
        ] = text
        else {
            return None;
        };
        let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
        let day = NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)?;
        let micro = number(&[f1, f2, f3, f4, f5, f6])?;
        let (hour, minute) = (number(&[h1, h2])?, number(&[n1, n2])?);
        let moment = day.and_hms_micro_opt(hour, minute, number(&[s1, s2])?, micro)?;
        Some(Self(moment.and_utc().timestamp_micros()))
    }
}

/// A number of decimal digits, a few.
pub(crate) fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

impl Timestamp {
    /// Appends the text: by hand, because it stands in every header and the formatting machinery costs
    /// more than all else of one.
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        let t = self.to_utc();
        let Some(year) = u32::try_from(t.year()).ok().filter(|year| *year <= 9_999) else {
            return out.extend_from_slice(self.to_string().as_bytes());
        };
        let mut digits = |number: u32, places: u32, behind: u8| {
            for place in (0..places).rev() {
                let digit = number.checked_div(10_u32.saturating_pow(place)).unwrap_or(0) % 10;
                out.push(b'0'.saturating_add(u8::try_from(digit).unwrap_or(0)));
            }
            out.push(behind);
        };
        digits(year, 4, b'-');
        digits(t.month(), 2, b'-');
        digits(t.day(), 2, b'T');
        digits(t.hour(), 2, b':');
        digits(t.minute(), 2, b':');
        digits(t.second(), 2, b'.');
        digits(t.timestamp_subsec_micros(), 6, b'Z');
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.to_utc();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.timestamp_subsec_micros()
        )
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A day of the year that comes back every year, written `MM-DD`; never 29 February.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthDay {
    month: u32,
    day: u32,
}

/// The text is not a day that every year has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day of the year is written MM-DD and must exist in every year")]
pub struct MonthDayError;

impl MonthDay {
    /// 1 January.
    pub const FIRST_OF_JANUARY: Self = Self { month: 1, day: 1 };

    /// Reads `MM-DD`.
    ///
    /// # Errors
    /// When the text is not a day that every year has.
    pub fn parse(text: &str) -> Result<Self, MonthDayError> {
        let (month, day) = text.split_once('-').ok_or(MonthDayError)?;
        let number = |t: &str| match t.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9'] => t.parse::<u32>().map_err(|_| MonthDayError),
            _ => Err(MonthDayError),
        };
        let (month, day) = (number(month)?, number(day)?);
        // 2001 has no 29 February.
        NaiveDate::from_ymd_opt(2001, month, day).ok_or(MonthDayError)?;
        Ok(Self { month, day })
    }

    /// The day in a year; `None` only where a year is beyond what days can be written for.
    pub fn in_year(self, year: i32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, self.month, self.day)
    }

    /// The year in which the twelve months that contain `date` began, when years begin on this day.
    pub fn year_of(self, date: NaiveDate) -> i32 {
        let begun = (date.month(), date.day()) >= (self.month, self.day);
        if begun { date.year() } else { date.year().saturating_sub(1) }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl fmt::Debug for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for MonthDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for MonthDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_only_what_it_prints() {
        let text = "2025-02-01T12:00:00.000001Z";
        assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        for micros in [0, -1, 1_738_411_200_000_001, 253_402_300_800_000_000, i64::MIN] {
            let (moment, mut pushed) = (Timestamp::from_micros(micros), Vec::new());
            moment.push(&mut pushed);
            assert_eq!(pushed, moment.to_string().as_bytes());
        }
        for wrong in [
            "2025-02-01T12:00:00Z",
            "2025-02-01 12:00:00.000001Z",
            "2025-02-30T12:00:00.000001Z",
            "2025-02-01T24:00:00.000001Z",
            "2025-02-01T12:00:60.000001Z",
            "2025-02-01T12:00:00.00000-Z",
        ] {
            assert_eq!(Timestamp::parse(wrong), Err(TimestampError), "{wrong}");
        }
    }

    #[test]
    fn a_contract_year_is_named_after_the_year_it_begins_in() {
        let july = MonthDay::parse("07-01").unwrap();
        let on = |y, m, d| july.year_of(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        assert_eq!((on(2025, 6, 30), on(2025, 7, 1), on(2026, 1, 1)), (2024, 2025, 2025));
        assert!(MonthDay::parse("02-29").is_err() && MonthDay::parse("7-1").is_err());
    }
}
