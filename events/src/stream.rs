//! Streams: the threads by which records are found and proved.
//!
//! A header names streams only by keyed hashes. Who holds a stream's blind can tie its name to them;
//! who holds the stream key can make every blind (FORMATS 1).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};

use crate::hash::Hash;
use crate::id::StreamId;

/// The ledger's key for stream names. It never leaves the ledger.
#[derive(Clone)]
pub struct StreamKey(Hmac<Sha256>);

impl std::fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamKey(..)")
    }
}

impl StreamKey {
    /// Makes the key from its 32 bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac_key(secret))
    }

    /// The blind of a stream: what a bundle gives so that a stranger can find this stream and guess
    /// no other.
    pub fn blind(&self, name: &str) -> Hash {
        let mut mac = self.0.clone();
        mac.update(name.as_bytes());
        Hash(mac.finalize().into_bytes().into())
    }

    /// The id under which headers name the stream.
    pub fn id(&self, name: &str) -> StreamId {
        stream_id(&self.blind(name), name)
    }
}

/// An HMAC keyed with 32 bytes, which the block of 64 pads with zeros (RFC 2104 2).
pub(crate) fn hmac_key(secret: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0_u8; 64];
    for (to, from) in block.iter_mut().zip(secret) {
        *to = *from;
    }
    Hmac::new(&block.into())
}

/// The id of the stream `name`, by its blind.
pub fn stream_id(blind: &Hash, name: &str) -> StreamId {
    let mut hasher = Sha256::new();
    hasher.update(b"lookback/stream/1\0");
    hasher.update(blind.0);
    hasher.update(name.as_bytes());
    let mut id = [0_u8; 16];
    for (to, from) in id.iter_mut().zip(hasher.finalize()) {
        *to = from;
    }
    StreamId(id)
}
