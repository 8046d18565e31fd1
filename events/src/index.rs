//! The stream index of a volume, whose root proves that these are all records of a stream
//! (FORMATS 4).

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::hash::Hash;
use crate::id::StreamId;
use crate::merkle::root_of;
use crate::record::leaf_hash;

/// The positions of each stream in one stretch of a journal, both ascending.
pub type StreamIndex = BTreeMap<StreamId, Vec<u64>>;

/// The text of an index leaf: `<stream> <count> <base64 SHA256 of the positions joined by ",">`.
pub fn leaf_text(stream: StreamId, positions: &[u64]) -> String {
    let mut hasher = Sha256::new();
    for (i, position) in positions.iter().enumerate() {
        if i > 0 {
            hasher.update(b",");
        }
        hasher.update(position.to_string().as_bytes());
    }
    format!("{stream} {} {}", positions.len(), Hash(hasher.finalize().into()))
}

/// The RFC 6962 root over the leaves of an index.
pub fn root<'a>(index: impl IntoIterator<Item = (&'a StreamId, &'a Vec<u64>)>) -> Hash {
    root_of(index.into_iter().map(|(stream, at)| leaf_hash(leaf_text(*stream, at).as_bytes())))
}
