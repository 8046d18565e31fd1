//! The encode stage: bodies and their commitments, on as many threads as share the work.

use std::ops::Range;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use lookback_events::body::{BodyWriter, UnitKey};
use lookback_events::hash::Hash;
use lookback_events::id::{ActorId, EventId, JournalId};
use lookback_events::record::Streams;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use super::{Buffers, Job, Placed};
use crate::journal::JournalError;

/// A record but for its place in the chain.
pub(super) struct Encoded {
    pub(super) event: &'static str,
    pub(super) event_id: EventId,
    pub(super) root: Hash,
    pub(super) body: Range<usize>,
    pub(super) streams: Streams,
    pub(super) key: Arc<UnitKey>,
}

pub(super) struct EncodedCommit {
    pub(super) placed: Placed,
    pub(super) journal: JournalId,
    pub(super) actor: ActorId,
    pub(super) weight: usize,
    pub(super) announces: Option<u64>,
    pub(super) bodies: Vec<u8>,
    pub(super) records: Vec<Encoded>,
    pub(super) failed: Option<JournalError>,
}

/// A fast source of event ids and nonces, seeded by the operating system.
pub(super) fn random() -> ChaCha12Rng {
    let mut seed = [0_u8; 32];
    // Without randomness nothing can be sealed; zeros would repeat nonces, so stop instead.
    if getrandom::fill(&mut seed).is_err() {
        std::process::abort();
    }
    ChaCha12Rng::from_seed(seed)
}

pub(super) fn encode_all(from: &Receiver<Job>, to: &Sender<EncodedCommit>, buffers: &Buffers) {
    let mut random = random();
    let mut scratch = Vec::new();
    for job in from {
        let bodies = BodyWriter::with_buffer(buffers.take());
        if to.send(encode(job, bodies, &mut random, &mut scratch)).is_err() {
            return;
        }
    }
}

fn encode(
    job: Job,
    mut bodies: BodyWriter,
    random: &mut ChaCha12Rng,
    scratch: &mut Vec<u8>,
) -> EncodedCommit {
    let Job { placed, commit } = job;
    bodies.reserve(commit.weight);
    let mut records = Vec::with_capacity(commit.drafts.len());
    let mut failed = None;
    for draft in commit.drafts {
        let mut event_id = EventId([0; 16]);
        random.fill_bytes(&mut event_id.0);
        if let Err(source) = draft.body.write(&mut bodies) {
            failed = Some(JournalError::Body { event: draft.event, source });
            break;
        }
        let root = draft.key.root_of(event_id, bodies.fields(), scratch);
        records.push(Encoded {
            event: draft.event,
            event_id,
            root,
            body: bodies.place(),
            streams: draft.streams,
            key: draft.key,
        });
    }
    EncodedCommit {
        placed,
        journal: commit.journal,
        actor: commit.actor,
        weight: commit.weight,
        announces: commit.announces,
        bodies: bodies.into_text(),
        records,
        failed,
    }
}
