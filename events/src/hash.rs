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
        let mut bytes = [0_u8; 33];
        match STANDARD.decode_slice(text, &mut bytes) {
            Ok(32) if text.len() == BASE64_LEN => {
                bytes.first_chunk().copied().map(Self).ok_or(HashError)
            }
            _ => Err(HashError),
        }
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
