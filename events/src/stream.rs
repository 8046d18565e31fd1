//! Streams: the threads by which records are found and proved.
//!
//! A header names streams only by keyed hashes. Who holds a stream's blind can tie its name to them;
//! who holds the stream key can make every blind (FORMATS 1).

use sha2::{Digest as _, Sha256};

use crate::hash::{Hash, Mac};
use crate::id::StreamId;

/// The ledger's key for stream names. It never leaves the ledger.
#[derive(Clone)]
pub struct StreamKey(Mac);

impl std::fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamKey(..)")
    }
}

impl StreamKey {
    /// Makes the key from its 32 bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Mac::new(secret))
    }

    /// The blind of a stream: what a bundle gives so that a stranger can find this stream and guess
    /// no other.
    pub fn blind(&self, name: &str) -> Hash {
        self.0.of(name.as_bytes())
    }

    /// The id under which headers name the stream.
    pub fn id(&self, name: &str) -> StreamId {
        stream_id(&self.blind(name), name)
    }
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
