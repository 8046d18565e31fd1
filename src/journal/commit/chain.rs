//! The chain stage: headers in the order of their positions, leaf hashes, sealed bodies.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use lookback_events::body::NONCE_LEN;
use lookback_events::record::{Header, leaf_hash};
use rand::Rng as _;
use rand_chacha::ChaCha12Rng;

use super::encode::{EncodedCommit, random};
use super::{Buffers, Chained};
use crate::journal::hot::{Head, IndexEntry};
use crate::journal::{Frames, JournalError};

pub(super) fn chain_all(
    from: &Receiver<EncodedCommit>,
    to: &Sender<Chained>,
    mut heads: Vec<Head>,
    buffers: &Buffers,
) {
    let mut random = random();
    let mut waiting = BTreeMap::new();
    let mut next = 0_u64;
    for commit in from {
        waiting.insert(commit.placed.ticket, commit);
        while let Some(commit) = waiting.remove(&next) {
            next = next.saturating_add(1);
            let Some(head) = heads.get_mut(usize::from(commit.journal.index())) else { return };
            if to.send(chain(commit, head, &mut random, buffers)).is_err() {
                return;
            }
        }
    }
}

fn chain(
    commit: EncodedCommit,
    head: &mut Head,
    random: &mut ChaCha12Rng,
    buffers: &Buffers,
) -> Chained {
    let mut frames = Frames::with_buffer(buffers.take());
    frames.reserve(commit.bodies.len(), commit.records.len());
    let mut index = Vec::with_capacity(commit.records.len());
    let mut failed = commit.failed;
    for (seq, record) in (commit.placed.first..).zip(&commit.records) {
        let is_control = commit.journal.is_control();
        let header = Header {
            actor: commit.actor.as_str(),
            body: record.root,
            control: if is_control { seq } else { commit.placed.control },
            event: record.event,
            event_id: record.event_id,
            journal: commit.journal,
            key: record.key.id(),
            prev: head.leaf,
            recorded_at: commit.placed.recorded_at,
            seq,
            streams: record.streams,
        };
        let range = frames.header(|out| header.encode(out));
        let leaf = leaf_hash(frames.bytes().get(range).unwrap_or_default());
        let mut nonce = [0_u8; NONCE_LEN];
        random.fill_bytes(&mut nonce);
        let body = commit.bodies.get(record.body.clone()).unwrap_or_default();
        let sealed = frames.sealed(|out| {
            if record.key.seal(&leaf, &nonce, body, out).is_err() {
                failed = Some(JournalError::Poisoned("a body could not be sealed".to_owned()));
            }
        });
        head.tree.push(leaf);
        head.leaf = Some(leaf);
        let check = crc32fast::hash(frames.bytes().get(sealed).unwrap_or_default());
        index.push(IndexEntry { leaf, check, streams: record.streams });
    }
    buffers.give(commit.bodies);
    head.recorded_at = commit.placed.recorded_at;
    if let Some(announced) = commit.announces {
        head.announced = announced;
    }
    Chained {
        ticket: commit.placed.ticket,
        journal: commit.journal,
        first: commit.placed.first,
        weight: commit.weight,
        frames: Arc::new(frames),
        index,
        head: head.clone(),
        failed,
    }
}
