//! Elements as values: text, dates, amounts. What cannot be read stays bytes.

use std::borrow::Cow;

use chrono::NaiveDate;
use lookback_events::id::Digest;
use lookback_events::money::{Money, MoneyError};
use sha2::Digest as _;

/// The longest text that is read out of a segment (X12 allows 80 at most); longer ones stay in the
/// bytes as received.
pub const TEXT_MAX: usize = 256;

/// An amount of an 835, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Amount {
    /// The element is absent or empty.
    #[default]
    Missing,
    /// Something stands there that is not an exact amount.
    Unreadable(MoneyError),
    /// The amount.
    Read(Money),
}

impl Amount {
    /// Reads an element.
    pub fn read(element: &[u8]) -> Self {
        match Money::from_x12(element) {
            Ok(money) => Self::Read(money),
            Err(_) if element.is_empty() => Self::Missing,
            // Padding is no reason to lose an amount.
            Err(why) => match Money::from_x12(element.trim_ascii()) {
                Ok(money) => Self::Read(money),
                Err(_) if element.trim_ascii().is_empty() => Self::Missing,
                Err(_) => Self::Unreadable(why),
            },
        }
    }

    /// The amount, where there is one.
    pub fn get(self) -> Option<Money> {
        match self {
            Self::Read(money) => Some(money),
            Self::Missing | Self::Unreadable(_) => None,
        }
    }

    /// The amount in cents, where there is one.
    pub(crate) fn cents(self) -> Option<i128> {
        self.get().map(Money::cents)
    }

    /// True where the element was absent or empty.
    pub fn is_missing(self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// So many cents as an amount; only sums beyond 92 quadrillion dollars have none.
pub(crate) fn money(cents: i128) -> Option<Money> {
    i64::try_from(cents).ok().map(Money::from_cents)
}

/// Cents for a finding's two sides.
pub(crate) fn shown(cents: i128) -> String {
    money(cents).map_or_else(|| format!("{cents} cents"), |m| m.to_string())
}

/// An element as text: without padding, unreadable bytes replaced; empty where it is absurdly long.
pub fn text(element: &[u8]) -> Cow<'_, str> {
    let element = element.trim_ascii();
    if element.len() > TEXT_MAX {
        return Cow::Borrowed("");
    }
    match std::str::from_utf8(element) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(element),
    }
}

/// How much of an identifier is kept ahead of its digest where all of it cannot stand as text.
const IDENTIFIER_KEPT: usize = 40;

/// An identifier as text that no other identifier gives: as it stands, or its beginning and its
/// SHA-256 where it is absurdly long or not text.
pub fn identifier(element: &[u8]) -> Cow<'_, str> {
    let element = element.trim_ascii();
    match std::str::from_utf8(element) {
        Ok(text) if element.len() <= TEXT_MAX => Cow::Borrowed(text),
        Ok(_) | Err(_) => {
            let kept = element.get(..IDENTIFIER_KEPT).unwrap_or(element);
            let digest = Digest(sha2::Sha256::digest(element).into());
            Cow::Owned(format!("{}~{digest}", String::from_utf8_lossy(kept)))
        }
    }
}

/// An identifier as text of its own, where there is any.
pub(crate) fn owned_identifier(element: &[u8]) -> Option<String> {
    Some(identifier(element)).filter(|t| !t.is_empty()).map(Cow::into_owned)
}

/// An element as text, where there is any.
pub fn some_text(element: &[u8]) -> Option<Cow<'_, str>> {
    Some(text(element)).filter(|t| !t.is_empty())
}

/// An element as text of its own.
pub(crate) fn owned(element: &[u8]) -> Option<String> {
    some_text(element).map(Cow::into_owned)
}

/// A date, `CCYYMMDD`.
pub fn date(element: &[u8]) -> Option<NaiveDate> {
    let number = compact_date(element)?;
    let year = i32::try_from(number.checked_div(10_000)?).ok()?;
    NaiveDate::from_ymd_opt(year, number.checked_div(100)? % 100, number % 100)
}

/// A date as one number, 20250131; not checked against the calendar.
pub(crate) fn compact_date(element: &[u8]) -> Option<u32> {
    let digits: &[u8; 8] = element.trim_ascii().try_into().ok()?;
    digits.iter().try_fold(0_u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte.wrapping_sub(b'0')))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_says_why_it_is_none() {
        assert_eq!(Amount::read(b"12.5").get(), Some(Money::from_cents(1250)));
        assert_eq!(Amount::read(b" 12.5 ").get(), Some(Money::from_cents(1250)));
        assert_eq!(Amount::read(b""), Amount::Missing);
        assert_eq!(Amount::read(b"  "), Amount::Missing);
        assert_eq!(Amount::read(b"12,5"), Amount::Unreadable(MoneyError::NotANumber));
        assert_eq!(Amount::read(&[b'9'; 40]), Amount::Unreadable(MoneyError::TooLong));
        assert_eq!(Amount::read(b"\xff"), Amount::Unreadable(MoneyError::NotANumber));
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        assert_eq!(date(b"20250228"), NaiveDate::from_ymd_opt(2025, 2, 28));
        for no_date in [&b"20250229"[..], b"2025022", b"202502280", b"2025O228", b"", b"20002316"] {
            assert_eq!(date(no_date), None);
        }
    }

    #[test]
    fn identifiers_stay_different_whatever_they_are() {
        let (long, other) = ([b'A'; 5_000], [b'A'; 5_001]);
        let all: [&[u8]; 6] = [b"A-1", &long, &other, &long[..256], b"A\xff", b"A\xfe"];
        let known: std::collections::BTreeSet<_> = all.iter().map(|id| identifier(id)).collect();
        assert_eq!(known.len(), all.len());
        assert_eq!(identifier(b" A-1 "), "A-1");
        assert!(known.iter().all(|id| id.len() <= TEXT_MAX));
        assert_eq!(owned_identifier(b"  "), None);
    }

    #[test]
    fn text_is_trimmed_and_bounded() {
        assert_eq!(text(b" AB "), "AB");
        assert_eq!(text(b"A\xffB"), "A\u{fffd}B");
        assert_eq!(text(&[b'A'; 257]), "");
        assert_eq!(some_text(b"  "), None);
    }
}
