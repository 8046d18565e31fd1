//! Checking the records of one chunk; what needs order beyond it is left to [`super::chain`].
//!
//! A run of a volume is first swept ([`sweep`]): nearly always all of it holds, and then all that is
//! kept is how it begins and ends. Where anything at all is odd it is looked at record by record
//! ([`items`]), which is where damage is judged and named.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use lookback_events::body::{Field, UnitKey, fields};
use lookback_events::event::control::{SealedStretch, VolumeSealed};
use lookback_events::hash::Hash;
use lookback_events::id::{JournalId, KeyId};
use lookback_events::record::{Follower, Header};
use lookback_events::time::Timestamp;

use super::chunk::{Chunk, Source};
use super::mix::Mix;
use super::{Counts, Depth, Fault, Keys};
use crate::journal::volume::run::Run;

mod items;
pub(super) mod sweep;

use sweep::Clean;

/// Keys that a thread remembers; a remittance's records share one.
const KEYS_MAX: usize = 4_096;

/// What order has to be brought into.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) seq: u64,
    /// As hashed from the header.
    pub(super) leaf: Hash,
    /// As stored beside it.
    pub(super) stored: Option<Hash>,
    /// Byte of the volume.
    pub(super) at: u64,
    /// What the header says, where it is one.
    pub(super) said: Option<Said>,
    /// Where header and opened body lie in the chunk's buffers.
    pub(super) header: Range<usize>,
    pub(super) body: Option<Range<usize>>,
    /// Its sealed body opened, which proves the header as well.
    pub(super) opened: bool,
    /// What is wrong with it alone.
    pub(super) problem: Option<Box<Problem>>,
}

/// What is wrong.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) what: String,
    pub(super) expected: String,
    pub(super) found: String,
    /// 0 where the record itself holds, else 1.
    pub(super) affected: u64,
}

impl Problem {
    #[allow(
        clippy::unnecessary_box_returns,
        reason = "items hold it boxed: it is nearly never there"
    )]
    fn new(what: impl Into<String>) -> Box<Self> {
        Self::differs(what, String::new(), String::new())
    }

    #[allow(clippy::unnecessary_box_returns, reason = "as above")]
    fn differs(what: impl Into<String>, expected: String, found: String) -> Box<Self> {
        Box::new(Self { what: what.into(), expected, found, affected: 1 })
    }
}

/// The members of a header that the chain compares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) prev: Option<Hash>,
    pub(super) recorded_at: Timestamp,
    pub(super) control: u64,
}

/// A chunk whose records have been checked.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) number: u64,
    pub(super) source: Source,
    /// The first position.
    pub(super) from: u64,
    /// Of a volume: the run.
    pub(super) run: Option<Run>,
    /// What there is to say of a run that holds; else its records are items.
    pub(super) clean: Option<Clean>,
    pub(super) items: Vec<Item>,
    /// Headers of the items, and opened bodies.
    pub(super) bytes: Vec<u8>,
    pub(super) bodies: Vec<u8>,
    /// Announcements of volumes, with their positions.
    pub(super) announced: Vec<(u64, SealedStretch)>,
    pub(super) faults: Vec<Fault>,
    pub(super) counts: Counts,
    /// Of a volume: the sum over all memberships, as [`Mix`] has it.
    pub(super) sum: u64,
    pub(super) last: bool,
}

impl Checked {
    /// How many records.
    pub(super) fn count(&self) -> u64 {
        let clean = self.clean.as_ref().map_or(0, |clean| clean.to.saturating_sub(self.from));
        u64::try_from(self.items.len()).unwrap_or(0).saturating_add(clean)
    }
}

/// One thread's checker.
pub(super) struct Checker<'a> {
    keys: &'a dyn Keys,
    depth: Depth,
    mix: Mix,
    /// Somebody wants to see the opened bodies.
    shown: bool,
    follower: Follower,
    known: HashMap<KeyId, Option<Arc<UnitKey>>>,
    /// The key used last: a remittance's records share one.
    last_key: Option<(KeyId, Arc<UnitKey>)>,
    /// The opened body, the announcement read for itself, and what is hashed.
    opened: Vec<u8>,
    sealed: Vec<u8>,
    scratch: Vec<u8>,
    leaves: Vec<Hash>,
}

/// What became of a body.
#[derive(Debug, Default)]
struct Opened {
    /// The seal opened, which proves the header as well.
    is_open: bool,
    is_disposed: bool,
    announces: Option<SealedStretch>,
    problem: Option<Box<Problem>>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(keys: &'a dyn Keys, depth: Depth, mix: Mix, shown: bool) -> Self {
        Self {
            keys,
            depth,
            mix,
            shown,
            follower: Follower::default(),
            known: HashMap::new(),
            last_key: None,
            opened: Vec::new(),
            sealed: Vec::new(),
            scratch: Vec::new(),
            leaves: Vec::new(),
        }
    }

    /// Checks a chunk; `bodies` is a buffer for what is opened.
    pub(super) fn check(&mut self, journal: JournalId, chunk: Chunk, bodies: Vec<u8>) -> Checked {
        let mut out = Checked {
            number: chunk.number,
            source: chunk.source,
            from: chunk.from,
            run: chunk.run,
            clean: None,
            items: Vec::new(),
            bytes: chunk.bytes,
            bodies,
            announced: Vec::new(),
            faults: chunk.faults,
            counts: Counts::default(),
            sum: 0,
            last: chunk.last,
        };
        out.bodies.clear();
        match out.source.clone() {
            Source::Volume(sections) => {
                if !sections.digest_holds() || !self.sweep(journal, &sections, &mut out) {
                    self.volume(journal, &sections, &mut out);
                }
            }
            Source::Unreadable(_) => {}
            Source::Hot(generation) => {
                let pieces = items::Pieces {
                    stored: &chunk.pieces,
                    entries: &chunk.entries,
                    copied: &chunk.copied,
                    place: &generation.place(),
                    number: generation.number,
                };
                self.hot(journal, &pieces, &mut out);
            }
        }
        out
    }

    /// Looks record by record at a run that was found clean on its own, but does not fit what is
    /// ahead of it.
    pub(super) fn look_closer(&mut self, journal: JournalId, out: &mut Checked) {
        let (Source::Volume(sections), Some(run)) = (out.source.clone(), &out.run) else { return };
        sweep::restore(run, run.places.len(), &mut out.bytes);
        out.clean = None;
        out.announced.clear();
        out.bodies.clear();
        out.counts = Counts::default();
        out.sum = 0;
        self.volume(journal, &sections, out);
    }

    /// Opens a body into `self.opened` and compares it with its commitments, where that is asked
    /// for or needed.
    fn body(&mut self, header: &Header<'_>, leaf: &Hash, sealed: &[u8]) -> Opened {
        let mut out = Opened::default();
        let announces = header.event == VolumeSealed::EVENT;
        if self.depth == Depth::Headers && !announces {
            return out;
        }
        let Some(key) = self.key(header.key) else {
            if self.keys.is_disposed(header.key) {
                out.is_disposed = true;
            } else {
                let what = format!("its body cannot be opened: key {} is not kept", header.key);
                out.problem = Some(Problem::new(what));
            }
            return out;
        };
        if key.open(leaf, sealed, &mut self.opened).is_err() {
            let what = "the sealed body does not open under its key at this place";
            out.problem = Some(Problem::new(what));
            return out;
        }
        out.is_open = true;
        let mut split: Vec<Field<'_>> = Vec::with_capacity(16);
        out.problem = match fields(&self.opened, &mut split) {
            Ok(()) => {
                let root = key.root_with(header.event_id, split.iter().copied(), &mut self.scratch);
                (root != header.body).then(|| {
                    let what = "the body differs from its commitments";
                    Problem::differs(what, header.body.to_string(), root.to_string())
                })
            }
            Err(error) => Some(Problem::new(error.to_string())),
        };
        if announces && out.problem.is_none() {
            match serde_json::from_slice::<VolumeSealed>(&self.opened) {
                Ok(sealed) => out.announces = Some(sealed.volume),
                Err(_) => out.problem = Some(Problem::new("it announces no volume")),
            }
        }
        out
    }

    /// Counts an opened body, and keeps it where somebody wants to see it.
    fn keep(&self, counts: &mut Counts, bodies: &mut Vec<u8>) -> Option<Range<usize>> {
        if self.depth != Depth::Full {
            return None;
        }
        counts.bodies = counts.bodies.saturating_add(1);
        counts.body_bytes = counts.body_bytes.saturating_add(len_of(&self.opened));
        let from = bodies.len();
        if self.shown {
            bodies.extend_from_slice(&self.opened);
        }
        Some(from..bodies.len())
    }

    fn key(&mut self, id: KeyId) -> Option<Arc<UnitKey>> {
        if let Some((last, key)) = &self.last_key
            && *last == id
        {
            return Some(Arc::clone(key));
        }
        if self.known.len() >= KEYS_MAX {
            self.known.clear();
        }
        let keys = self.keys;
        let key = self.known.entry(id).or_insert_with(|| keys.key(id)).clone();
        if let Some(key) = &key {
            self.last_key = Some((id, Arc::clone(key)));
        }
        key
    }
}

fn len_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
