//! Exact amounts of US dollars.
//!
//! Not a general decimal: two places, always, and no arithmetic that could lose a cent in silence.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most digits an amount may have, places included (X12 type R allows 18).
const DIGITS_MAX: usize = 18;

/// An exact amount in US dollars with two places, negative where money is taken back.
///
/// The scale inside is 2 always: amounts enter through cents and sums keep it.
/// Written as `-123.45`: no sign for positive amounts, no thousands separators.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(Decimal);

/// Why a text is not an amount; it never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Nothing between the separators.
    #[error("the amount is empty")]
    Empty,
    /// Something other than digits, one sign in front and one decimal point.
    #[error("the amount holds something other than digits, a sign and a decimal point")]
    NotANumber,
    /// More digits than an 835 allows.
    #[error("the amount has more than {DIGITS_MAX} digits")]
    TooLong,
    /// Parts of a cent.
    #[error("the amount has parts of a cent")]
    PartsOfACent,
}

impl Money {
    /// Nothing owed, nothing paid.
    pub const ZERO: Self = Self(Decimal::from_parts(0, 0, 0, false, 2));

    /// Makes an amount of so many cents.
    pub fn from_cents(cents: i64) -> Self {
        Self(Decimal::new(cents, 2))
    }

    /// The amount in cents.
    pub fn cents(self) -> i128 {
        self.0.mantissa()
    }

    /// The amount of so many cents; `None` where it cannot be held exactly.
    pub fn try_from_cents(cents: i128) -> Option<Self> {
        Decimal::try_from_i128_with_scale(cents, 2).ok().map(Self)
    }

    /// Reads an amount as an 835 writes it: digits, at most one sign in front, at most one point.
    ///
    /// # Errors
    /// When the bytes are not an exact amount in whole cents of at most 18 digits.
    pub fn from_x12(text: &[u8]) -> Result<Self, MoneyError> {
        let (negative, digits) = match text.split_first() {
            None => return Err(MoneyError::Empty),
            Some((b'-', rest)) => (true, rest),
            Some((b'+', rest)) => (false, rest),
            Some(_) => (false, text),
        };
        let mut cents: i64 = 0;
        let mut count = 0_usize;
        let mut places: Option<u8> = None;
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    count = count.saturating_add(1);
                    match places {
                        Some(2..) if *byte != b'0' => return Err(MoneyError::PartsOfACent),
                        Some(2..) => continue,
                        Some(n) => places = Some(n.saturating_add(1)),
                        None => {}
                    }
                    let digit = i64::from(byte.wrapping_sub(b'0'));
                    cents = cents
                        .checked_mul(10)
                        .and_then(|c| c.checked_add(digit))
                        .ok_or(MoneyError::TooLong)?;
                }
                b'.' if places.is_none() => places = Some(0),
                _ => return Err(MoneyError::NotANumber),
            }
        }
        if count == 0 {
            return Err(if digits.is_empty() { MoneyError::Empty } else { MoneyError::NotANumber });
        }
        if count > DIGITS_MAX {
            return Err(MoneyError::TooLong);
        }
        let scale = match places {
            None | Some(0) => 100,
            Some(1) => 10,
            Some(_) => 1,
        };
        let cents = cents.checked_mul(scale).ok_or(MoneyError::TooLong)?;
        Ok(Self::from_cents(if negative { cents.saturating_neg() } else { cents }))
    }

    /// The sum; `None` where it cannot be held exactly.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` where it cannot be held exactly.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The same amount the other way.
    #[must_use]
    pub fn negated(self) -> Self {
        let mut amount = self.0;
        amount.set_sign_negative(!amount.is_zero() && !amount.is_sign_negative());
        Self(amount)
    }

    /// True for 0.00.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// True below 0.00.
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// The amount for a person: two places and thousands separators, `1,234.50`.
    pub fn grouped(self) -> String {
        let text = self.to_string();
        let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |r| ("-", r));
        let (whole, places) = rest.split_once('.').unwrap_or((rest, "00"));
        let mut out = String::with_capacity(text.len().saturating_add(8));
        out.push_str(sign);
        for (i, c) in whole.chars().enumerate() {
            if i > 0 && whole.len().saturating_sub(i).is_multiple_of(3) {
                out.push(',');
            }
            out.push(c);
        }
        out.push('.');
        out.push_str(places);
        out
    }
}

impl Default for Money {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The common case by hand: an amount is written for every claim and line.
        if let Ok(cents) = i64::try_from(self.0.mantissa()) {
            let sign = if cents < 0 { "-" } else { "" };
            let cents = cents.unsigned_abs();
            return write!(f, "{sign}{}.{:02}", cents / 100, cents % 100);
        }
        write!(f, "{:.2}", self.0)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::from_x12(text.as_bytes())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // By hand: the formatting machinery costs more than all else of an amount.
        let Ok(cents) = i64::try_from(self.0.mantissa()) else {
            return serializer.collect_str(self);
        };
        let mut text = [0_u8; 24];
        let mut rest = cents.unsigned_abs();
        let mut start = text.len();
        for place in 0..text.len() {
            // Two places, the point, and at least one digit ahead of it.
            if place > 3 && rest == 0 {
                break;
            }
            let byte = if place == 2 {
                b'.'
            } else {
                let digit = u8::try_from(rest % 10).unwrap_or(0);
                rest /= 10;
                b'0'.wrapping_add(digit)
            };
            start = start.saturating_sub(1);
            if let Some(slot) = text.get_mut(start) {
                *slot = byte;
            }
        }
        if cents < 0 {
            start = start.saturating_sub(1);
            if let Some(slot) = text.get_mut(start) {
                *slot = b'-';
            }
        }
        let text = text.get(start..).unwrap_or_default();
        serializer.serialize_str(std::str::from_utf8(text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Money;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount such as \"-123.45\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Money, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_an_835_are_read_exactly() {
        for (text, cents) in [
            ("0", 0),
            ("500", 50_000),
            ("-500", -50_000),
            ("+7", 700),
            ("1.5", 150),
            (".5", 50),
            ("12.", 1_200),
            ("12.340", 1_234),
            ("-0", 0),
            ("999999999999999.99", 99_999_999_999_999_999),
        ] {
            assert_eq!(text.parse::<Money>(), Ok(Money::from_cents(cents)), "{text}");
        }
    }

    #[test]
    fn what_is_not_an_exact_amount_is_refused_and_never_repeated() {
        for (text, why) in [
            ("", MoneyError::Empty),
            ("-", MoneyError::Empty),
            (".", MoneyError::NotANumber),
            ("1,000", MoneyError::NotANumber),
            ("1.2.3", MoneyError::NotANumber),
            ("--1", MoneyError::NotANumber),
            ("1e5", MoneyError::NotANumber),
            ("12.345", MoneyError::PartsOfACent),
            ("1234567890123456789012345678901234567890", MoneyError::TooLong),
            ("0000000000000000000.00", MoneyError::TooLong),
        ] {
            assert_eq!(text.parse::<Money>(), Err(why), "{text}");
        }
    }

    #[test]
    fn amounts_are_serialised_as_they_are_shown() {
        for cents in [0, 1, -1, 9, 10, 99, 100, -100, 101, 999, 1_000, 123_456, i64::MAX, i64::MIN]
        {
            let money = Money::from_cents(cents);
            let json = serde_json::to_string(&money).unwrap();
            assert_eq!(json, format!("\"{money}\""));
        }
        let large = Money::from_cents(i64::MAX).checked_add(Money::from_cents(1)).unwrap();
        assert_eq!(serde_json::to_string(&large).unwrap(), "\"92233720368547758.08\"");
    }

    #[test]
    fn amounts_are_written_with_two_places() {
        let sum = Money::from_cents(-1_234_567).checked_sub(Money::from_cents(1)).unwrap();
        assert_eq!(sum.to_string(), "-12345.68");
        assert_eq!(sum.grouped(), "-12,345.68");
        assert_eq!(sum.cents(), -1_234_568);
        assert_eq!(Money::from_cents(-5).to_string(), "-0.05");
        assert_eq!(Money::ZERO.to_string(), "0.00");
        assert_eq!(Money::from_cents(100).grouped(), "1.00");
        assert_eq!(Money::from_cents(100_000_000).grouped(), "1,000,000.00");
        for cents in [0, -1, 1_234_567, i128::from(i64::MAX) * 4] {
            assert_eq!(Money::try_from_cents(cents).map(Money::cents), Some(cents));
        }
        assert_eq!(Money::try_from_cents(0), Some(Money::ZERO));
        assert_eq!(Money::try_from_cents(i128::MAX), None);
    }
}
