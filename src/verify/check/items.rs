//! Records looked at one by one: those of the hot store, and those of a run that is not clean.

use std::ops::Range;

use lookback_events::event::control::VolumeSealed;
use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::record::{Streams, leaf_hash_in_place};

use super::sweep::{behind_length, within};
use super::{Checked, Checker, Item, Problem, Said, len_of};
use crate::journal::hot::{IndexEntry, PART, WHOLE};
use crate::journal::sled::Bytes;
use crate::journal::volume::Sections;
use crate::journal::volume::run::Place;
use crate::journal::{Damage, Position, split_frame};
use crate::verify::chunk::Copied;
use crate::verify::{Depth, Fault, Part};

/// A record as it was read.
struct Found<'a> {
    seq: u64,
    at: u64,
    leaf: Hash,
    header: &'a [u8],
    header_at: usize,
    /// `None` where bodies are not read.
    sealed: Option<&'a [u8]>,
    stored: Option<Hash>,
    check: Option<u32>,
    /// A volume holds the same, and there it is opened.
    is_copy: bool,
}

/// What was read of the hot store.
pub(super) struct Pieces<'a> {
    pub(super) stored: &'a [(u64, Bytes)],
    pub(super) entries: &'a [(u64, IndexEntry)],
    pub(super) copied: &'a [Copied],
    pub(super) place: &'a str,
    pub(super) number: u32,
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
        let sealed = Some(bytes.get(sealed_at..sealed_at.checked_add(sealed_len)?)?);
        let found = Self {
            seq: 0,
            at: 0,
            leaf,
            header,
            header_at,
            sealed,
            stored: None,
            check: None,
            is_copy: false,
        };
        Some((found, len))
    }
}

impl Checker<'_> {
    /// Looks at the records of a run.
    pub(super) fn volume(&mut self, journal: JournalId, sections: &Sections, out: &mut Checked) {
        let Some(run) = out.run.take() else { return };
        let mut bytes = std::mem::take(&mut out.bytes);
        let first = sections.volume().tail.first;
        let count = bytes.first_chunk::<4>().map_or(0, |count| u32::from_be_bytes(*count));
        if usize::try_from(count).ok() != Some(run.places.len()) {
            let what = "the count of a run's records differs";
            let (expected, found) = (run.places.len().to_string(), count.to_string());
            out.faults.push(volume_fault(sections, out.from, run.at, what, expected, found));
        }
        for (seq, i) in (out.from..).zip(0..run.places.len()) {
            let n = usize::try_from(seq.saturating_sub(first)).unwrap_or(usize::MAX);
            let stored = sections.leaf(n);
            let Some((header, sealed)) = run.parts(i) else { break };
            let at = header.start;
            let place = Place { header: header.start, sealed: sealed.start };
            if !sections.digest_holds() && sections.place(n) != Some(place) {
                let what = "the stored offsets of the record differ";
                let told = |place: Place| {
                    format!("header at byte {}, body at byte {}", place.header, place.sealed)
                };
                let is = sections.place(n).map_or_else(|| "nothing".to_owned(), told);
                out.faults.push(volume_fault(sections, seq, 0, what, told(place), is));
            }
            let header = within(&run, &header).and_then(|part| behind_length(&bytes, &part));
            let body = match self.depth {
                Depth::Full => {
                    within(&run, &sealed).and_then(|part| behind_length(&bytes, &part)).map(Some)
                }
                Depth::Headers => Some(None),
            };
            let (Some(header), Some(body)) = (header, body) else {
                out.items.push(no_record(seq, at, stored));
                continue;
            };
            let leaf = leaf_hash_in_place(&mut bytes, header.clone());
            let found = Found {
                seq,
                at,
                leaf,
                header: bytes.get(header.clone()).unwrap_or_default(),
                header_at: header.start,
                sealed: body.and_then(|body| bytes.get(body)),
                stored,
                check: sections.check(n),
                is_copy: false,
            };
            let read = |out: &mut Vec<u8>| sealed_body(sections, &sealed, out);
            if let Some(streams) = self.one(journal, &found, &read, out) {
                let offset = u32::try_from(n).unwrap_or(u32::MAX);
                for stream in streams.as_slice() {
                    out.sum = out.sum.wrapping_add(self.mix.of(*stream, offset));
                }
            }
        }
        out.bytes = bytes;
        out.run = Some(run);
    }

    /// Looks at the records of pieces of the hot store.
    pub(super) fn hot(&mut self, journal: JournalId, chunk: &Pieces<'_>, out: &mut Checked) {
        let Pieces { stored, entries, copied, place, number } = *chunk;
        let mut bytes = std::mem::take(&mut out.bytes);
        bytes.clear();
        let mut entries = entries.iter().peekable();
        let mut copied = copied.iter().peekable();
        let part = Part::Generation(number);
        let fault = |seq, what: &str, affected| {
            let at = Position { journal, seq };
            let (expected, found) = (String::new(), String::new());
            let damage =
                Damage { at, place: place.to_owned(), what: what.to_owned(), expected, found };
            Fault { damage, part: part.clone(), affected }
        };
        for group in stored.chunk_by(|a, b| a.0 == b.0) {
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
                while copied.next_if(|copied| copied.seq < seq).is_some() {}
                let copied = copied.next_if(|copied| copied.seq == seq);
                let check = entry.map(|entry| entry.check);
                // The same header and the same checksum as in a volume: it is opened there.
                let is_copy = copied
                    .is_some_and(|copied| copied.leaf == frame.leaf && Some(copied.check) == check);
                let found = Found { seq, stored, check, is_copy, ..frame };
                let streams = self.one(journal, &found, &|_| false, out);
                let Some(item) = out.items.last_mut() else { break };
                if item.problem.is_none() {
                    item.problem = match (entry, streams) {
                        (None, _) => Some(Problem::new("the hot store's index does not name it")),
                        (Some(entry), Some(streams)) if entry.streams != streams => {
                            let (expected, found) = (listed(&streams), listed(&entry.streams));
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

    /// Checks one record and pushes its item; returns its streams where the header is one. `read`
    /// reads its sealed body where that was not read.
    fn one(
        &mut self,
        journal: JournalId,
        found: &Found<'_>,
        read: &dyn Fn(&mut Vec<u8>) -> bool,
        out: &mut Checked,
    ) -> Option<Streams> {
        let leaf = found.leaf;
        let counts = &mut out.counts;
        counts.header_bytes = counts.header_bytes.saturating_add(len_of(found.header));
        let sealed_len = found.sealed.map_or(0, len_of);
        counts.sealed_bytes = counts.sealed_bytes.saturating_add(sealed_len);
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
        let header = match self.follower.decode(found.header) {
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
        let memberships = u64::try_from(header.streams.as_slice().len()).unwrap_or(0);
        counts.memberships = counts.memberships.saturating_add(memberships);
        let mut own = std::mem::take(&mut self.sealed);
        let mut sealed = found.sealed;
        if sealed.is_none() && header.event == VolumeSealed::EVENT && read(&mut own) {
            sealed = Some(own.as_slice());
        }
        if let Some(sealed) = sealed {
            let check = crc32fast::hash(sealed);
            if let Some(stored) = found.check.filter(|stored| *stored != check) {
                let body = self.body(&header, &leaf, sealed);
                let holds = body.is_open && body.problem.is_none();
                item.opened = body.is_open;
                item.problem = Some(checksum(stored, check, holds));
                out.announced.extend(body.announces.map(|volume| (found.seq, volume)));
            } else if !found.is_copy || header.event == VolumeSealed::EVENT {
                let body = self.body(&header, &leaf, sealed);
                item.opened = body.is_open;
                // Where the header itself was changed, that is what is wrong, and is told by its
                // hash.
                let told = !body.is_open && found.stored.is_some_and(|stored| stored != leaf);
                item.problem = body.problem.filter(|_| !told);
                if body.is_disposed && !found.is_copy {
                    out.counts.disposed = out.counts.disposed.saturating_add(1);
                }
                out.announced.extend(body.announces.map(|volume| (found.seq, volume)));
                if body.is_open && item.problem.is_none() && !found.is_copy {
                    item.body = self.keep(&mut out.counts, &mut out.bodies);
                }
            }
        } else if header.event == VolumeSealed::EVENT {
            item.problem = Some(Problem::new("its sealed body cannot be read"));
        }
        self.sealed = own;
        out.items.push(item);
        Some(header.streams)
    }
}

/// Reads the sealed body that lies, behind its length, at `part` of the volume.
pub(super) fn sealed_body(sections: &Sections, part: &Range<u64>, out: &mut Vec<u8>) -> bool {
    let len = part.end.saturating_sub(part.start);
    out.resize(usize::try_from(len).unwrap_or(0), 0);
    if sections.read(part.start, out).is_err() {
        return false;
    }
    let Some(body) = behind_length(out, &(0..out.len())) else { return false };
    out.drain(..body.start);
    true
}

/// What is wrong where the checksum of a body is not the stored one: a body that opens is what was
/// sealed, and then it is the stored one that was changed.
#[allow(clippy::unnecessary_box_returns, reason = "items hold it boxed")]
fn checksum(stored: u32, own: u32, holds: bool) -> Box<Problem> {
    let (stored, own) = (format!("{stored:08x}"), format!("{own:08x}"));
    if !holds {
        return Problem::differs("the checksum of the sealed body differs", stored, own);
    }
    let what = "the stored checksum differs from the sealed body";
    let mut problem = Problem::differs(what, own, stored);
    problem.affected = 0;
    problem
}

/// A record's streams, for a person.
fn listed(streams: &Streams) -> String {
    let ids: Vec<String> = streams.as_slice().iter().map(ToString::to_string).collect();
    ids.join(" ")
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

fn volume_fault(
    sections: &Sections,
    seq: u64,
    at: u64,
    what: &str,
    expected: String,
    found: String,
) -> Fault {
    let volume = sections.volume();
    let place = if at == 0 { volume.place() } else { format!("{} at byte {at}", volume.place()) };
    let at = Position { journal: volume.tail.journal, seq };
    let damage = Damage { at, place, what: what.to_owned(), expected, found };
    Fault { damage, part: Part::Volume(volume.path.clone()), affected: 0 }
}
