//! Text, days and bytes of a body: borrowed where they can be, when written and when read.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::time::number;

/// A text; read without a copy where JSON needed no escapes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self(text)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

/// How long, never what: most texts of a body are somebody's.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text))
            }
        }
        deserializer.deserialize_str(Visitor).map(Text)
    }
}

/// A day, written `YYYY-MM-DD`; years 0 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub NaiveDate);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // By hand: there are several in every claim.
        let year = u32::try_from(self.0.year()).unwrap_or(0);
        let mut text = *b"0000-00-00";
        for (at, value) in [
            (0, year / 1000),
            (1, year / 100),
            (2, year / 10),
            (3, year),
            (5, self.0.month() / 10),
            (6, self.0.month()),
            (8, self.0.day() / 10),
            (9, self.0.day()),
        ] {
            if let Some(slot) = text.get_mut(at) {
                *slot = b'0'.wrapping_add(u8::try_from(value % 10).unwrap_or(0));
            }
        }
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a day is written 2026-03-31"))
    }
}

impl Day {
    /// Reads `YYYY-MM-DD`, and nothing else that could be meant by it: what is read is written again as
    /// it stood.
    pub fn parse(text: &str) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
        let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
        NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?).map(Self)
    }
}

/// The most bytes that are kept as text without looking how much their escapes would add.
const PLAIN_MAX: usize = 64 << 10;

/// Bytes as text, or as Base64 where they are not UTF-8 or escapes would make the text the longer.
///
/// Exactly one is there, unless there are no bytes.
pub fn text_or_base64(bytes: &[u8]) -> (Option<Text<'_>>, Option<Text<'_>>) {
    if bytes.is_empty() {
        return (None, None);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= PLAIN_MAX || !swells(bytes) => (Some(text.into()), None),
        Ok(_) | Err(_) => (None, Some(STANDARD.encode(bytes).into())),
    }
}

/// True where JSON's escapes add more than Base64 does.
fn swells(bytes: &[u8]) -> bool {
    let added = bytes.iter().fold(0_usize, |sum, byte| {
        sum.saturating_add(match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
            0..0x20 => 5,
            _ => 0,
        })
    });
    added > bytes.len() / 3
}

/// The bytes again.
///
/// # Errors
/// When the Base64 is not Base64.
pub fn bytes<'a>(
    text: Option<&'a Text<'_>>,
    base64: Option<&'a Text<'_>>,
) -> Result<Cow<'a, [u8]>, base64::DecodeError> {
    match (text, base64) {
        (Some(text), _) => Ok(Cow::Borrowed(text.as_bytes())),
        (None, Some(base64)) => STANDARD.decode(base64.as_bytes()).map(Cow::Owned),
        (None, None) => Ok(Cow::Borrowed(&[])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_and_read_again() {
        let day = Day(NaiveDate::from_ymd_opt(2025, 2, 3).unwrap());
        let json = serde_json::to_string(&day).unwrap();
        assert_eq!(json, "\"2025-02-03\"");
        assert_eq!(serde_json::from_str::<Day>(&json).unwrap(), day);
        assert!(serde_json::from_str::<Day>("\"2025-02-30\"").is_err());
    }

    #[test]
    fn bytes_come_back_whether_they_are_text_or_not() {
        let mut newlines = b"\x01\n".repeat(60_000);
        newlines.push(b'x');
        for (original, plain) in [
            (&b"CLP*1~\n"[..], true),
            (b"CLP*\xff~", false),
            (&newlines, false),
            (&b"CLP*1~".repeat(40_000), true),
        ] {
            let (text, base64) = text_or_base64(original);
            assert_eq!((text.is_some(), base64.is_some()), (plain, !plain));
            assert_eq!(&*bytes(text.as_ref(), base64.as_ref()).unwrap(), original);
        }
        assert_eq!(text_or_base64(b""), (None, None));
        assert!(bytes(None, Some(&"*".into())).is_err());
    }

    #[test]
    fn a_text_without_escapes_is_read_without_a_copy() {
        let read: Vec<Text<'_>> = serde_json::from_str(r#"["plain","a\nb"]"#).unwrap();
        assert!(matches!(read[0].0, Cow::Borrowed("plain")));
        assert!(matches!(&read[1].0, Cow::Owned(text) if text == "a\nb"));
        assert_eq!(format!("{:?}", read[0]), "Text(5 bytes)");
    }
}
