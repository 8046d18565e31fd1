//! Checking the records of one chunk, each on its own; what needs order is left to [`super::chain`].

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use lookback_events::body::{Field, UnitKey, fields};
use lookback_events::event::control::{SealedStretch, VolumeSealed};
use lookback_events::hash::Hash;
use lookback_events::id::{JournalId, KeyId, StreamId};
use lookback_events::record::{Header, Streams, leaf_hash_in_place};
use lookback_events::time::Timestamp;

use super::chunk::{Chunk, Source};
use super::{Counts, Depth, Fault, Keys, Part};
use crate::journal::hot::{PART, WHOLE};
use crate::journal::volume::Sections;
use crate::journal::{Damage, Position, split_frame};

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
        Box::new(Self { what: what.into(), expected, found })
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

/// Makes a number of a membership, so that two sets of memberships can be compared by their sums.
/// Secret and new for every run, so that nobody can choose memberships that cancel out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mix(u64, u64);

impl Mix {
    pub(super) fn new() -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        let random = RandomState::new();
        Self(random.hash_one(1_u8), random.hash_one(2_u8))
    }

    pub(super) fn of(self, stream: StreamId, offset: u32) -> u64 {
        let number = u128::from_be_bytes(stream.0);
        let (high, low) = (number >> 64, number & u128::from(u64::MAX));
        let half = |n: u128| u64::try_from(n).unwrap_or(0);
        let folded = |a: u64, b: u64| {
            let product = u128::from(a).wrapping_mul(u128::from(b));
            half(product >> 64) ^ half(product & u128::from(u64::MAX))
        };
        let own = folded(half(high) ^ self.0, half(low) ^ self.1);
        folded(own ^ self.1, u64::from(offset).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.0)
    }
}

/// One thread's checker.
pub(super) struct Checker<'a> {
    keys: &'a dyn Keys,
    depth: Depth,
    mix: Mix,
    known: HashMap<KeyId, Option<Arc<UnitKey>>>,
    scratch: Vec<u8>,
}

/// A record as it was read.
struct Found<'a> {
    seq: u64,
    at: u64,
    leaf: Hash,
    header: &'a [u8],
    header_at: usize,
    sealed: &'a [u8],
    stored: Option<Hash>,
    check: Option<u32>,
}

impl<'a> Found<'a> {
    /// Takes the frame that begins at `range`, and tells its length; hashes the header where it lies.
    fn cut(bytes: &'a mut [u8], range: Range<usize>) -> Option<(Self, usize)> {
        let (header, sealed, behind) = split_frame(bytes.get(range.clone())?)?;
        let (header_len, sealed_len) = (header.len(), sealed.len());
        let len = range.len().checked_sub(behind.len())?;
        let header_at = range.start.checked_add(4)?;
        let header_end = header_at.checked_add(header_len)?;
        // The byte ahead is the end of the header's length, which has been read.
        let leaf = leaf_hash_in_place(bytes, header_at..header_end);
        let sealed_at = header_end.checked_add(4)?;
        let header = bytes.get(header_at..header_end)?;
        let sealed = bytes.get(sealed_at..sealed_at.checked_add(sealed_len)?)?;
        let found =
            Self { seq: 0, at: 0, leaf, header, header_at, sealed, stored: None, check: None };
        Some((found, len))
    }
}

impl<'a> Checker<'a> {
    pub(super) fn new(keys: &'a dyn Keys, depth: Depth, mix: Mix) -> Self {
        Self { keys, depth, mix, known: HashMap::new(), scratch: Vec::new() }
    }

    /// Checks a chunk; `bodies` is a buffer for what is opened.
    pub(super) fn check(&mut self, journal: JournalId, chunk: Chunk, bodies: Vec<u8>) -> Checked {
        let mut out = Checked {
            number: chunk.number,
            source: chunk.source,
            items: Vec::with_capacity(chunk.bounds.len().max(chunk.entries.len())),
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
                self.volume(journal, &sections, chunk.from, &chunk.bounds, &mut out);
            }
            Source::Unreadable(_) => {}
            Source::Hot(generation) => {
                let place = generation.place();
                self.hot(
                    journal,
                    &chunk.pieces,
                    &chunk.entries,
                    &place,
                    generation.number,
                    &mut out,
                );
            }
        }
        out
    }

    fn volume(
        &mut self,
        journal: JournalId,
        sections: &Sections,
        from: u64,
        bounds: &[u64],
        out: &mut Checked,
    ) {
        let mut bytes = std::mem::take(&mut out.bytes);
        let start = bounds.first().copied().unwrap_or(0);
        let first = sections.volume().tail.first;
        for (seq, (at, to)) in (from..).zip(bounds.iter().zip(bounds.iter().skip(1))) {
            let n = usize::try_from(seq.saturating_sub(first)).unwrap_or(usize::MAX);
            let place = |bound: u64| usize::try_from(bound.saturating_sub(start)).unwrap_or(0);
            let stored = sections.leaf(n);
            let range = place(*at)..place(*to);
            if bytes.len() < range.end {
                break;
            }
            let Some((frame, len)) = Found::cut(&mut bytes, range.clone()) else {
                out.items.push(no_record(seq, *at, stored));
                continue;
            };
            if len != range.len() {
                out.items.push(no_record(seq, *at, stored));
                continue;
            }
            if !sections.digest_holds() && sections.offset(n) != Some(*at) {
                out.faults.push(offset_fault(sections, seq, *at, n));
            }
            let found = Found { seq, at: *at, stored, check: sections.check(n), ..frame };
            if let Some(streams) = self.one(journal, &found, out) {
                let offset = u32::try_from(n).unwrap_or(u32::MAX);
                for stream in streams.as_slice() {
                    out.sum = out.sum.wrapping_add(self.mix.of(*stream, offset));
                }
            }
        }
        out.bytes = bytes;
    }

    fn hot(
        &mut self,
        journal: JournalId,
        pieces: &[(u64, crate::journal::sled::Bytes)],
        entries: &[(u64, crate::journal::hot::IndexEntry)],
        place: &str,
        number: u32,
        out: &mut Checked,
    ) {
        let mut bytes = std::mem::take(&mut out.bytes);
        bytes.clear();
        let mut entries = entries.iter().peekable();
        let part = Part::Generation(number);
        let fault = |seq, what: &str, affected| {
            let at = Position { journal, seq };
            let (expected, found) = (String::new(), String::new());
            let damage =
                Damage { at, place: place.to_owned(), what: what.to_owned(), expected, found };
            Fault { damage, part: part.clone(), affected }
        };
        for group in pieces.chunk_by(|a, b| a.0 == b.0) {
            let from = bytes.len();
            let Some((first, _)) = group.first() else { continue };
            let mut kinds = group.iter().filter_map(|(_, piece)| piece.first().copied());
            let whole = group.len() == 1 && kinds.clone().next() == Some(WHOLE);
            if !whole && (kinds.clone().count() != group.len() || !kinds.all(|kind| kind == PART)) {
                out.faults.push(fault(*first, "the stored block is none", 0));
            }
            for (_, piece) in group {
                bytes.extend_from_slice(piece.get(1..).unwrap_or_default());
            }
            let mut at = from;
            let mut seq = *first;
            while at < bytes.len() {
                while let Some((extra, _)) = entries.next_if(|(entry, _)| *entry < seq) {
                    out.faults.push(fault(*extra, "the index names a record that is not there", 0));
                }
                let entry = entries.next_if(|(entry, _)| *entry == seq).map(|(_, entry)| entry);
                let end = bytes.len();
                let Some((frame, len)) = Found::cut(&mut bytes, at..end) else {
                    out.items.push(no_record(seq, 0, entry.map(|entry| entry.leaf)));
                    break;
                };
                at = at.saturating_add(len);
                if !whole && at < end {
                    out.faults.push(fault(seq, "more is stored than the one long record", 0));
                }
                let stored = entry.map(|entry| entry.leaf);
                let found = Found { seq, stored, check: entry.map(|entry| entry.check), ..frame };
                let streams = self.one(journal, &found, out);
                let Some(item) = out.items.last_mut() else { break };
                if item.problem.is_none() {
                    item.problem = match (entry, streams) {
                        (None, _) => Some(Problem::new("the hot store's index does not name it")),
                        (Some(entry), Some(streams)) if entry.streams != streams => {
                            let (expected, found) =
                                (format!("{streams:?}"), format!("{:?}", entry.streams));
                            let what = "the hot store's index names other streams";
                            Some(Problem::differs(what, expected, found))
                        }
                        _ => None,
                    };
                }
                seq = seq.saturating_add(1);
                if !whole {
                    break;
                }
            }
        }
        for (extra, _) in entries {
            // Entries of records that were lost with a broken piece are not at fault themselves.
            if out.items.last().is_none_or(|item| item.problem.is_none()) {
                out.faults.push(fault(*extra, "the index names a record that is not there", 0));
            }
        }
        out.bytes = bytes;
    }

    /// Checks one record and pushes its item; returns its streams where the header is one.
    fn one(&mut self, journal: JournalId, found: &Found<'_>, out: &mut Checked) -> Option<Streams> {
        let leaf = found.leaf;
        let counts = &mut out.counts;
        counts.header_bytes = counts.header_bytes.saturating_add(len_of(found.header));
        counts.sealed_bytes = counts.sealed_bytes.saturating_add(len_of(found.sealed));
        let start = found.header_at;
        let mut item = Item {
            seq: found.seq,
            leaf,
            stored: found.stored,
            at: found.at,
            said: None,
            header: start..start.saturating_add(found.header.len()),
            body: None,
            opened: false,
            problem: None,
        };
        let header = match Header::decode(found.header) {
            Ok(header) => header,
            Err(error) => {
                item.problem = Some(Problem::new(error.to_string()));
                out.items.push(item);
                return None;
            }
        };
        if header.seq != found.seq || header.journal != journal {
            let expected = Position { journal, seq: found.seq }.to_string();
            let other = Position { journal: header.journal, seq: header.seq }.to_string();
            item.problem =
                Some(Problem::differs("another record lies in its place", expected, other));
            out.items.push(item);
            return None;
        }
        item.said = Some(Said {
            prev: header.prev,
            recorded_at: header.recorded_at,
            control: header.control,
        });
        let check = crc32fast::hash(found.sealed);
        let memberships = u64::try_from(header.streams.as_slice().len()).unwrap_or(0);
        counts.memberships = counts.memberships.saturating_add(memberships);
        if found.check.is_some_and(|stored| stored != check) {
            let expected = format!("{:08x}", found.check.unwrap_or(0));
            let what = "the checksum of the sealed body differs";
            item.problem = Some(Problem::differs(what, expected, format!("{check:08x}")));
        } else {
            self.body(&header, &leaf, found, &mut item, out);
        }
        out.items.push(item);
        Some(header.streams)
    }

    /// Opens the body where that is asked for or needed.
    fn body(
        &mut self,
        header: &Header<'_>,
        leaf: &Hash,
        found: &Found<'_>,
        item: &mut Item,
        out: &mut Checked,
    ) {
        let announces = header.event == VolumeSealed::EVENT;
        if self.depth == Depth::Headers && !announces {
            return;
        }
        let Some(key) = self.key(header.key) else {
            if self.keys.is_disposed(header.key) {
                out.counts.disposed = out.counts.disposed.saturating_add(1);
            } else {
                let what = format!("its body cannot be opened: key {} is not kept", header.key);
                item.problem = Some(Problem::new(what));
            }
            return;
        };
        if key.open(leaf, found.sealed, &mut self.scratch).is_err() {
            // Where the header itself was changed, that is what is wrong, and is told by its hash.
            if found.stored.is_none_or(|stored| stored == *leaf) {
                let what = "the sealed body does not open under its key at this place";
                item.problem = Some(Problem::new(what));
            }
            return;
        }
        item.opened = true;
        let mut split: Vec<Field<'_>> = Vec::with_capacity(16);
        match fields(&self.scratch, &mut split) {
            Ok(()) => {
                let root = key.root(header.event_id, &split);
                if root != header.body {
                    let what = "the body differs from its commitments";
                    let (expected, found) = (header.body.to_string(), root.to_string());
                    item.problem = Some(Problem::differs(what, expected, found));
                    return;
                }
            }
            Err(error) => {
                item.problem = Some(Problem::new(error.to_string()));
                return;
            }
        }
        if announces {
            match serde_json::from_slice::<VolumeSealed>(&self.scratch) {
                Ok(sealed) => out.announced.push((found.seq, sealed.volume)),
                Err(_) => item.problem = Some(Problem::new("it announces no volume")),
            }
        }
        if self.depth == Depth::Full {
            out.counts.bodies = out.counts.bodies.saturating_add(1);
            out.counts.body_bytes = out.counts.body_bytes.saturating_add(len_of(&self.scratch));
            let from = out.bodies.len();
            out.bodies.extend_from_slice(&self.scratch);
            item.body = Some(from..out.bodies.len());
        }
    }

    fn key(&mut self, id: KeyId) -> Option<Arc<UnitKey>> {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        if self.known.len() >= KEYS_MAX {
            self.known.clear();
        }
        let key = self.keys.key(id);
        self.known.insert(id, key.clone());
        key
    }
}

fn len_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn no_record(seq: u64, at: u64, stored: Option<Hash>) -> Item {
    Item {
        seq,
        leaf: Hash([0; 32]),
        stored,
        at,
        said: None,
        header: 0..0,
        body: None,
        opened: false,
        problem: Some(Problem::new("no record lies here")),
    }
}

fn offset_fault(sections: &crate::journal::volume::Sections, seq: u64, at: u64, n: usize) -> Fault {
    let volume = sections.volume();
    let damage = Damage {
        at: Position { journal: volume.tail.journal, seq },
        place: volume.place(),
        what: "the stored offset of the record differs".to_owned(),
        expected: at.to_string(),
        found: sections.offset(n).unwrap_or(0).to_string(),
    };
    Fault { damage, part: Part::Volume(volume.path.clone()), affected: 0 }
}
