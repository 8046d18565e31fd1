//! SHA-256 values as the formats write them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::block_api::compress256;

/// A SHA-256 value that formats write in base64: a leaf, a node, a root, a commitment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// The text is not the base64 of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 32 bytes in base64 with padding")]
pub struct HashError;

/// FIPS 180-4 5.3.3: the initial state.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// SHA-256 of `bytes`, as [`sha2::Sha256`] makes it, but padded here: a header or a field is a few
/// blocks, and handing them through a buffer costs as much as two of them.
pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    sha256_from(INITIAL, 0, bytes)
}

/// Goes on with SHA-256 from the state behind `before` bytes, which are whole blocks.
fn sha256_from(mut state: [u32; 8], before: usize, bytes: &[u8]) -> Hash {
    let (blocks, rest) = bytes.as_chunks::<64>();
    if !blocks.is_empty() {
        compress256(&mut state, blocks);
    }
    // FIPS 180-4 5.1.1: a one bit, zeros, and the length in bits, to the end of a block.
    let mut end = [0_u8; 128];
    if let Some((text, one)) = end.split_at_mut_checked(rest.len()) {
        text.copy_from_slice(rest);
        one.iter_mut().take(1).for_each(|one| *one = 0x80);
    }
    let end_blocks = if rest.len() < 56 { 1 } else { 2 };
    let bits = u64::try_from(before.saturating_add(bytes.len())).unwrap_or(u64::MAX);
    let (end, _) = end.as_chunks_mut::<64>();
    let end = end.get_mut(..end_blocks).unwrap_or_default();
    if let Some(length) = end.last_mut().and_then(|block| block.last_chunk_mut::<8>()) {
        *length = bits.saturating_mul(8).to_be_bytes();
    }
    compress256(&mut state, end);
    let mut hash = [0_u8; 32];
    for (to, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    Hash(hash)
}

/// HMAC-SHA256 (RFC 2104) under one key, as its two states behind the padded key: a salt is made for
/// every field of every record.
#[derive(Clone)]
pub(crate) struct Mac {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Mac {
    /// Makes the states of a key of 32 bytes, which the block of 64 pads with zeros.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let state = |pad: u8| {
            let mut block = [pad; 64];
            block.iter_mut().zip(key).for_each(|(to, byte)| *to ^= byte);
            let mut state = INITIAL;
            compress256(&mut state, &[block]);
            state
        };
        Self { inner: state(0x36), outer: state(0x5c) }
    }

    /// The code of a message.
    pub(crate) fn of(&self, message: &[u8]) -> Hash {
        let inner = sha256_from(self.inner, 64, message);
        sha256_from(self.outer, 64, &inner.0)
    }
}

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

    /// True for the base64 of a hash.
    pub(crate) fn is_base64(text: &[u8; BASE64_LEN]) -> bool {
        // Three times what the processor takes at once.
        let mut padded = [b'A'; 48];
        padded.iter_mut().zip(text).for_each(|(to, c)| *to = *c);
        let [.., last, end] = text;
        if let Some(end) = padded.get_mut(BASE64_LEN - 1) {
            *end = b'A';
        }
        let odd = padded.iter().fold(0, |odd, c| {
            let known = c.wrapping_sub(b'A') < 26
                || c.wrapping_sub(b'a') < 26
                || c.wrapping_sub(b'0') < 10
                || *c == b'+'
                || *c == b'/';
            odd | u8::from(!known)
        });
        // The last character stands for four bits and two that are zero.
        odd == 0
            && *end == b'='
            && matches!(
                last,
                b'A' | b'E'
                    | b'I'
                    | b'M'
                    | b'Q'
                    | b'U'
                    | b'Y'
                    | b'c'
                    | b'g'
                    | b'k'
                    | b'o'
                    | b's'
                    | b'w'
                    | b'0'
                    | b'4'
                    | b'8'
            )
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

    #[test]
    fn what_is_padded_here_is_hashed_as_the_crate_hashes_it() {
        use sha2::Digest as _;
        let bytes: Vec<u8> = (0..700_u32).map(|n| n.to_le_bytes()[0] ^ 0x5c).collect();
        for len in 0..bytes.len() {
            let wanted: [u8; 32] = sha2::Sha256::digest(&bytes[..len]).into();
            assert_eq!(sha256(&bytes[..len]), Hash(wanted), "{len}");
        }
    }

    #[test]
    fn a_code_is_the_one_that_the_crate_makes() {
        use hmac::{Hmac, KeyInit as _, Mac as _};
        let message: Vec<u8> = (0..200).collect();
        for len in 0..message.len() {
            let key = [u8::try_from(len).unwrap() ^ 0xa5; 32];
            let mut wanted = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
            wanted.update(&message[..len]);
            let wanted: [u8; 32] = wanted.finalize().into_bytes().into();
            assert_eq!(super::Mac::new(&key).of(&message[..len]), Hash(wanted), "{len}");
        }
    }

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
            let text: &[u8; BASE64_LEN] = text.as_slice().try_into().unwrap();
            prop_assert_eq!(Hash::is_base64(text), wanted.is_some());
        }
    }
}
