//! The stream index of a volume, whose root proves that these are all records of a stream
//! (FORMATS 4).

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::hash::Hash;
use crate::id::{StreamId, push_hex};
use crate::merkle::root_of;
use crate::record::{leaf_hash, push_decimal};

/// The positions of each stream in one stretch of a journal, both ascending.
pub type StreamIndex = BTreeMap<StreamId, Vec<u64>>;

/// The text of an index leaf: `<stream> <count> <base64 SHA256 of the positions joined by ",">`.
pub fn leaf_text(stream: StreamId, positions: &[u64]) -> String {
    let mut text = Vec::new();
    push_leaf(stream, positions, &mut text);
    // It is all ASCII.
    String::from_utf8(text).unwrap_or_default()
}

/// The hash of an index leaf; `scratch` is a buffer to use.
pub fn leaf(stream: StreamId, positions: &[u64], scratch: &mut Vec<u8>) -> Hash {
    push_leaf(stream, positions, scratch);
    leaf_hash(scratch)
}

fn push_leaf(stream: StreamId, positions: &[u64], out: &mut Vec<u8>) {
    out.clear();
    for (i, position) in positions.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        push_decimal(out, *position);
    }
    let digest = Hash(Sha256::digest(&out).into());
    out.clear();
    push_hex(out, &stream.0);
    out.push(b' ');
    push_decimal(out, u64::try_from(positions.len()).unwrap_or(u64::MAX));
    out.push(b' ');
    digest.push_base64(out);
}

/// The RFC 6962 root over the leaves of an index.
pub fn root<'a>(index: impl IntoIterator<Item = (&'a StreamId, &'a Vec<u64>)>) -> Hash {
    let mut scratch = Vec::new();
    root_of(index.into_iter().map(|(stream, at)| leaf(*stream, at, &mut scratch)))
}
