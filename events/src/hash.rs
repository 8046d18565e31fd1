//! SHA-256 values as the formats write them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A SHA-256 value that formats write in base64: a leaf, a node, a root, a commitment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// The text is not the base64 of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 32 bytes in base64 with padding")]
pub struct HashError;

/// Characters of a hash in base64: 32 bytes are 10 groups of 3 and one of 2.
pub(crate) const BASE64_LEN: usize = 44;

impl Hash {
    /// Reads standard base64 with padding.
    ///
    /// # Errors
    /// When the text is not the base64 of exactly 32 bytes.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        Self::from_base64(text.as_bytes()).ok_or(HashError)
    }

    /// The hash whose base64 these bytes are. Written out, because every header holds two.
    pub(crate) fn from_base64(text: &[u8]) -> Option<Self> {
        let text: &[u8; BASE64_LEN] = text.try_into().ok()?;
        // Without branches, so that the compiler takes many characters at once; a value above 63 is
        // no character of the alphabet.
        let value = |c: u8| {
            let (upper, lower) = (c.wrapping_sub(b'A'), c.wrapping_sub(b'a'));
            let number = c.wrapping_sub(b'0');
            let mark = if c == b'+' { 62 } else { 0xff };
            let mark = if c == b'/' { 63 } else { mark };
            let mark = if number < 10 { number.wrapping_add(52) } else { mark };
            let mark = if lower < 26 { lower.wrapping_add(26) } else { mark };
            if upper < 26 { upper } else { mark }
        };
        let mut values = [0_u8; BASE64_LEN];
        for (to, c) in values.iter_mut().zip(text) {
            *to = value(*c);
        }
        // The padding stands for no bits.
        if let Some(end) = values.last_mut() {
            *end = 0;
        }
        let seen = values.iter().fold(0, |seen, value| seen | value);
        let mut bytes = [0_u8; 33];
        for (group, to) in values.as_chunks::<4>().0.iter().zip(bytes.as_chunks_mut::<3>().0) {
            let [a, b, c, d] = group.map(u32::from);
            let [_, one, two, three] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
            *to = [one, two, three];
        }
        // Padding stands at the end, behind a character whose last bits are zero.
        let [.., last, end] = text;
        let plain = seen < 64 && *end == b'=' && value(*last).trailing_zeros() >= 2;
        bytes.first_chunk().filter(|_| plain).copied().map(Self)
    }

    /// Appends the base64 form.
    pub fn push_base64(&self, out: &mut Vec<u8>) {
        let mut text = [0_u8; BASE64_LEN];
        // 32 bytes always fill the 44 characters.
        let _ = STANDARD.encode_slice(self.0, &mut text);
        out.extend_from_slice(&text);
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_hash_reads_what_it_prints(bytes: [u8; 32]) {
            prop_assert_eq!(Hash::parse(&Hash(bytes).to_string()), Ok(Hash(bytes)));
        }

        #[test]
        fn a_hash_reads_exactly_what_the_base64_crate_reads(
            bytes: [u8; 32], at in 0..BASE64_LEN, c in 0_u8..128,
        ) {
            let mut text = Hash(bytes).to_string().into_bytes();
            text[at] = c;
            let mut other = [0_u8; 33];
            let wanted = match STANDARD.decode_slice(&text, &mut other) {
                Ok(32) => other.first_chunk().copied().map(Hash),
                _ => None,
            };
            prop_assert_eq!(Hash::from_base64(&text), wanted);
        }
    }
}
