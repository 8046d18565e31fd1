//! Keys of rows: a letter that names the projection, then fields.
//!
//! Numbers are big-endian and of fixed length, texts end with a zero byte, so that rows lie in the
//! order of their fields and a prefix of fields is a prefix of the key. A text that holds a zero byte
//! or a one is escaped (0 as `1 1`, 1 as `1 2`), which keeps order; a text too long for a key keeps
//! its beginning and is told from others by its SHA-256.

use std::fmt::Write as _;

use lookback_events::id::{Digest, JournalId};
use sha2::Digest as _;

/// The longest text that stands in a key as it is; identifiers of an 835 have at most 80 characters.
const TEXT_MAX: usize = 120;
/// How much of a longer text is kept in front of its digest.
const TEXT_KEPT: usize = 40;

/// A key that is being made.
#[derive(Debug, Clone)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    /// Begins a key of the projection that the letter names.
    pub(crate) fn new(letter: u8) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.push(letter);
        Self(bytes)
    }

    /// A text, and the zero byte that ends it.
    pub(crate) fn text(mut self, text: &str) -> Self {
        if text.len() > TEXT_MAX {
            return self.text(&shortened(text));
        }
        for byte in text.bytes() {
            match byte {
                0 => self.0.extend_from_slice(&[1, 1]),
                1 => self.0.extend_from_slice(&[1, 2]),
                byte => self.0.push(byte),
            }
        }
        self.0.push(0);
        self
    }

    /// 32 bytes.
    pub(crate) fn digest(mut self, digest: &Digest) -> Self {
        self.0.extend_from_slice(&digest.0);
        self
    }

    /// One byte.
    pub(crate) fn journal(mut self, journal: JournalId) -> Self {
        self.0.push(journal.index());
        self
    }

    /// Eight bytes.
    pub(crate) fn long(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Four bytes.
    pub(crate) fn number(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// One byte.
    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    /// The bytes.
    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// The beginning of a long text and its SHA-256.
fn shortened(text: &str) -> String {
    let mut short = clipped(text, TEXT_KEPT).to_owned();
    short.push('~');
    for byte in sha2::Sha256::digest(text.as_bytes()) {
        // Writing into a String cannot fail.
        let _ = write!(short, "{byte:02x}");
    }
    short
}

/// The beginning of a text, of at most so many bytes, cut between characters.
pub(crate) fn clipped(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

/// The fields of a key, read in the order they were put there; `None` where a field is not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields after the letter.
    pub(crate) fn of(key: &'a [u8]) -> Self {
        Self(key.get(1..).unwrap_or_default())
    }

    /// A text.
    pub(crate) fn text(&mut self) -> Option<String> {
        let end = self.0.iter().position(|b| *b == 0)?;
        let (field, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        let mut bytes = Vec::with_capacity(field.len());
        let mut escaped = false;
        for byte in field {
            match (escaped, byte) {
                (false, 1) => escaped = true,
                (false, byte) => bytes.push(*byte),
                (true, byte) => {
                    bytes.push(byte.saturating_sub(1));
                    escaped = false;
                }
            }
        }
        String::from_utf8(bytes).ok()
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    /// 32 bytes.
    pub(crate) fn digest(&mut self) -> Option<Digest> {
        self.take().map(Digest)
    }

    /// One byte.
    pub(crate) fn journal(&mut self) -> Option<JournalId> {
        self.take::<1>().and_then(|[index]| JournalId::from_index(index).ok())
    }

    /// Eight bytes.
    pub(crate) fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    /// Four bytes.
    pub(crate) fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fields_come_back_and_keep_their_order(
            a in "[\\x00-\\x02a-b]{0,6}", b in "[\\x00-\\x02a-b]{0,6}", n in any::<u32>(), m in any::<u64>()
        ) {
            let key = |text: &str| Key::new(b'x').text(text).number(n).long(m).done();
            let bytes = key(&a);
            let mut fields = Fields::of(&bytes);
            prop_assert_eq!(fields.text(), Some(a.clone()));
            prop_assert_eq!((fields.number(), fields.long(), fields.number()), (Some(n), Some(m), None));
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.as_bytes().cmp(b.as_bytes()));
        }
    }

    #[test]
    fn long_texts_stay_different_and_short_enough() {
        let (a, b) = ("é".repeat(400), "é".repeat(401));
        let (a, b) = (Key::new(b'x').text(&a).done(), Key::new(b'x').text(&b).done());
        assert_ne!(a, b);
        assert!(a.len() <= TEXT_MAX && b.len() <= TEXT_MAX);
    }
}
