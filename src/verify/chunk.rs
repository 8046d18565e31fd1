//! Reading a journal in chunks of records: its volumes, then what the generations hold of it.
//!
//! Nothing is judged here but what stands in the way of reading on.

use std::collections::VecDeque;
use std::iter::Peekable;
use std::sync::Arc;

use lookback_events::hash::Hash;
use lookback_events::id::JournalId;

use super::source::{Parts, fault};
use super::{Depth, Fault, Part};
use crate::journal::hot::{Generation, IndexEntry, Values, WHOLE, split_entry};
use crate::journal::sled::{Bytes, DatabaseError};
use crate::journal::volume::run::Run;
use crate::journal::volume::{Sections, Volume};
use crate::journal::{JournalError, Position, split_frame};

/// About how many bytes a chunk of the hot store has: small enough for the processor's cache.
const CHUNK_LEN: usize = 256 * 1024;

/// Where a chunk was read.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A volume.
    Volume(Arc<Sections>),
    /// The hot store.
    Hot(Arc<Generation>),
    /// A volume that cannot be read.
    Unreadable(Arc<Volume>),
}

impl Source {
    pub(super) fn part(&self) -> Part {
        match self {
            Self::Volume(sections) => Part::Volume(sections.volume().path.clone()),
            Self::Hot(generation) => Part::Generation(generation.number),
            Self::Unreadable(volume) => Part::Volume(volume.path.clone()),
        }
    }

    /// True unless a digest says that what is stored beside the records was changed.
    pub(super) fn is_bound(&self) -> bool {
        !matches!(self, Self::Volume(sections) if !sections.digest_holds())
    }

    /// The words under which damage to all of it is reported.
    pub(super) fn part_place(&self) -> String {
        match self {
            Self::Volume(sections) => sections.volume().place(),
            Self::Hot(_) | Self::Unreadable(_) => self.place(0),
        }
    }

    /// The words under which damage at this byte is reported.
    pub(super) fn place(&self, at: u64) -> String {
        match self {
            Self::Volume(sections) => format!("{} at byte {at}", sections.volume().place()),
            Self::Hot(generation) => generation.place(),
            Self::Unreadable(volume) => volume.place(),
        }
    }
}

/// A record's leaf hash and the checksum of its sealed body, as a volume has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copied {
    pub(super) seq: u64,
    pub(super) leaf: Hash,
    pub(super) check: u32,
}

/// Records as read, one after the other.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Number of the chunk within the journal.
    pub(super) number: u64,
    pub(super) source: Source,
    /// The first position, and the one behind the last.
    pub(super) from: u64,
    pub(super) to: u64,
    /// Of a volume: one run, and its bytes; without the bodies where headers alone are verified.
    pub(super) bytes: Vec<u8>,
    pub(super) run: Option<Run>,
    /// Of the hot store: its pieces, and what its index says of them.
    pub(super) pieces: Vec<(u64, Bytes)>,
    pub(super) entries: Vec<(u64, IndexEntry)>,
    /// What volumes say of the records that they hold as well, ascending.
    pub(super) copied: Vec<Copied>,
    /// What stood in the way.
    pub(super) faults: Vec<Fault>,
    /// The last of its volume or generation.
    pub(super) last: bool,
}

/// Reads one journal.
pub(super) struct Reader {
    journal: JournalId,
    depth: Depth,
    volumes: VecDeque<Volume>,
    all_volumes: Vec<Volume>,
    /// The position behind all volumes.
    sealed: u64,
    generations: VecDeque<Arc<Generation>>,
    current: Option<Current>,
    number: u64,
}

enum Current {
    Volume { sections: Arc<Sections>, next: u64, at: u64 },
    Hot(Box<HotCursor>),
}

struct HotCursor {
    generation: Arc<Generation>,
    blocks: Peekable<Values>,
    index: IndexCursor,
    /// The first position wanted, until the first chunk has been read.
    from: u64,
}

/// Entries of the hot store's index one by one.
struct IndexCursor {
    values: Values,
    ready: VecDeque<(u64, IndexEntry)>,
    ended: bool,
}

impl Reader {
    pub(super) fn new(parts: &Parts, generations: &[Arc<Generation>], depth: Depth) -> Self {
        Self {
            journal: parts.journal,
            depth,
            all_volumes: parts.volumes.clone(),
            sealed: parts.volumes.last().map_or(0, |last| last.tail.end()),
            volumes: parts.volumes.iter().cloned().collect(),
            generations: generations.iter().cloned().collect(),
            current: None,
            number: 0,
        }
    }

    /// The next chunk, with `bytes` to read into; none at the end.
    pub(super) fn next(&mut self, bytes: Vec<u8>) -> Option<Chunk> {
        let (source, from) = loop {
            match &self.current {
                Some(Current::Volume { sections, next, .. }) => {
                    break (Source::Volume(Arc::clone(sections)), *next);
                }
                Some(Current::Hot(hot)) => break (Source::Hot(Arc::clone(&hot.generation)), 0),
                None => {}
            }
            if let Some(volume) = self.volumes.pop_front() {
                match Sections::load(&volume) {
                    Ok(sections) => {
                        let (next, sections) = (volume.tail.first, Arc::new(sections));
                        self.current = Some(Current::Volume { sections, next, at: 8 });
                    }
                    Err(error) => return Some(self.unreadable(&volume, error, bytes)),
                }
            } else {
                let generation = self.generations.pop_front()?;
                // Where headers alone are verified, those that a volume holds are not read again.
                let from = if self.depth == Depth::Full { 0 } else { self.sealed };
                let (blocks, values) = match generation.values_from(self.journal, from) {
                    Ok((blocks, values)) => (blocks.peekable(), values),
                    Err(error) => return Some(self.unreadable_hot(&generation, error, bytes)),
                };
                let index = IndexCursor { values, ready: VecDeque::new(), ended: false };
                self.current =
                    Some(Current::Hot(Box::new(HotCursor { generation, blocks, index, from })));
            }
        };
        let mut chunk = self.chunk(source, from, bytes);
        let journal = self.journal;
        match &mut self.current {
            Some(Current::Volume { sections, next, at }) => {
                volume_chunk(&mut chunk, sections, next, at, self.depth);
            }
            Some(Current::Hot(hot)) => hot.fill(journal, &mut chunk),
            None => {}
        }
        if matches!(chunk.source, Source::Hot(_)) && chunk.from < self.sealed {
            // What cannot be read is damage, and told where the volumes are read.
            chunk.copied = self.copied(chunk.from, chunk.to).unwrap_or_default();
        }
        if chunk.last {
            self.current = None;
        }
        Some(chunk)
    }

    /// What the volumes say of the records from `from` to before `to`.
    fn copied(&self, from: u64, to: u64) -> Result<Vec<Copied>, JournalError> {
        let mut found = Vec::new();
        for volume in &self.all_volumes {
            let (from, to) = (volume.tail.first.max(from), volume.tail.end().min(to));
            if from < to {
                let reader = volume.reader()?;
                let leaves = reader.leaves(from, to)?.into_iter();
                let said = leaves.zip(reader.checks(from, to)?);
                found.extend((from..).zip(said).map(|(seq, (leaf, check))| Copied {
                    seq,
                    leaf,
                    check,
                }));
            }
        }
        Ok(found)
    }

    fn chunk(&mut self, source: Source, from: u64, bytes: Vec<u8>) -> Chunk {
        let number = self.number;
        self.number = number.saturating_add(1);
        Chunk {
            number,
            source,
            from,
            to: from,
            bytes,
            run: None,
            pieces: Vec::new(),
            entries: Vec::new(),
            copied: Vec::new(),
            faults: Vec::new(),
            last: false,
        }
    }

    /// A chunk that says that a whole volume cannot be read.
    fn unreadable(&mut self, volume: &Volume, error: JournalError, bytes: Vec<u8>) -> Chunk {
        let part = Part::Volume(volume.path.clone());
        let fault = fault(error, Position::from(volume), part, &volume.place());
        let source = Source::Unreadable(Arc::new(volume.clone()));
        let mut chunk = self.chunk(source, volume.tail.first, bytes);
        chunk.faults.push(fault);
        chunk
    }

    /// A chunk that says that a generation cannot be read.
    fn unreadable_hot(
        &mut self,
        generation: &Arc<Generation>,
        error: DatabaseError,
        bytes: Vec<u8>,
    ) -> Chunk {
        let at = Position { journal: self.journal, seq: self.sealed };
        let part = Part::Generation(generation.number);
        let fault = fault(error.into(), at, part, &generation.place());
        let mut chunk = self.chunk(Source::Hot(Arc::clone(generation)), self.sealed, bytes);
        chunk.faults.push(fault);
        chunk
    }
}

/// Reads the next run of a volume: by its offsets where its digest holds, else by the lengths in it,
/// and by the offsets where one of these leads nowhere.
fn volume_chunk(
    chunk: &mut Chunk,
    sections: &Sections,
    next: &mut u64,
    at: &mut u64,
    depth: Depth,
) {
    let volume = sections.volume();
    let end = volume.tail.end();
    let n = usize::try_from(next.saturating_sub(volume.tail.first)).unwrap_or(usize::MAX);
    let run = if sections.digest_holds() {
        sections.run(*at, n)
    } else {
        sections.run_by_lengths(*at).or_else(|| sections.run(*at, n))
    };
    let count = |run: &Run| u64::try_from(run.places.len()).unwrap_or(u64::MAX);
    let fits = |run: &Run| next.saturating_add(count(run)) <= end;
    let part = Part::Volume(volume.path.clone());
    let position = |seq| Position { journal: volume.tail.journal, seq };
    let Some(run) = run.filter(fits) else {
        // Neither offsets nor lengths lead on.
        let place = format!("{} at byte {at}", volume.place());
        let what = "the record's length leads beyond the records";
        let error = JournalError::damaged(volume.tail.journal, *next, place, what);
        let mut fault = fault(error, position(*next), part, "");
        fault.affected = end.saturating_sub(*next);
        chunk.faults.push(fault);
        chunk.last = true;
        return;
    };
    let to = if depth == Depth::Full { run.end } else { run.bodies };
    chunk.bytes.resize(usize::try_from(to.saturating_sub(run.at)).unwrap_or(0), 0);
    *next = next.saturating_add(count(&run));
    *at = run.end;
    chunk.to = *next;
    chunk.last = *next >= end;
    match sections.read(run.at, &mut chunk.bytes) {
        Ok(()) => chunk.run = Some(run),
        Err(error) => {
            let mut fault = fault(error, position(chunk.from), part, &volume.place());
            fault.affected = chunk.to.saturating_sub(chunk.from);
            chunk.faults.push(fault);
        }
    }
}

impl HotCursor {
    /// Takes pieces off the store, never ending amid a record, and the index entries beside them.
    fn fill(&mut self, journal: JournalId, chunk: &mut Chunk) {
        let generation = Arc::clone(&self.generation);
        let mut len = 0_usize;
        let mut failed = None;
        while let Some(piece) = self.blocks.next_if(|piece| match piece {
            Ok((seq, _)) => len < CHUNK_LEN || chunk.pieces.last().is_some_and(|(s, _)| s == seq),
            Err(_) => true,
        }) {
            match piece {
                Ok((seq, bytes)) => {
                    len = len.saturating_add(bytes.len());
                    chunk.pieces.push((seq, bytes));
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        let unreadable = |seq: u64, error: DatabaseError| {
            let part = Part::Generation(generation.number);
            fault(error.into(), Position { journal, seq }, part, &generation.place())
        };
        chunk.from = chunk.pieces.first().map_or(u64::MAX, |(seq, _)| *seq);
        let behind = match self.blocks.peek() {
            Some(Ok((seq, _))) if failed.is_none() => Some(*seq),
            _ => None,
        };
        chunk.to = behind.unwrap_or(u64::MAX);
        chunk.last = behind.is_none();
        if let Some(error) = failed {
            let at = chunk.pieces.last().map_or(0, |(seq, piece)| end_of(*seq, piece));
            chunk.faults.push(unreadable(at, error));
        }
        self.index.take(journal, &generation, chunk);
        if std::mem::take(&mut self.from) > 0 {
            // The index was entered amid a value.
            chunk.entries.retain(|(seq, _)| *seq >= chunk.from);
        }
    }
}

/// The position behind the last record of a piece that begins at `seq`.
fn end_of(seq: u64, piece: &[u8]) -> u64 {
    let Some((&WHOLE, mut rest)) = piece.split_first() else { return seq.saturating_add(1) };
    let mut next = seq;
    while let Some((_, _, tail)) = split_frame(rest) {
        rest = tail;
        next = next.saturating_add(1);
    }
    next
}

impl IndexCursor {
    /// Takes the entries up to the chunk's end.
    fn take(&mut self, journal: JournalId, generation: &Generation, chunk: &mut Chunk) {
        loop {
            let behind = self.ready.partition_point(|(seq, _)| *seq < chunk.to);
            chunk.entries.extend(self.ready.drain(..behind));
            if !self.ready.is_empty() || self.ended {
                return;
            }
            let at = chunk.entries.last().map_or(chunk.from, |(seq, _)| seq.saturating_add(1));
            let part = Part::Generation(generation.number);
            match self.values.next() {
                None => self.ended = true,
                Some(Err(error)) => {
                    self.ended = true;
                    let at = Position { journal, seq: at };
                    chunk.faults.push(fault(error.into(), at, part, &generation.place()));
                }
                Some(Ok((first, value))) => {
                    let mut seq = first;
                    let mut rest: &[u8] = &value;
                    while !rest.is_empty() {
                        let Some((entry, tail)) = split_entry(rest) else {
                            let what = "its index entry is unreadable";
                            let error =
                                JournalError::damaged(journal, seq, generation.place(), what);
                            let at = Position { journal, seq };
                            chunk.faults.push(fault(error, at, part, ""));
                            break;
                        };
                        self.ready.push_back((seq, entry));
                        rest = tail;
                        seq = seq.saturating_add(1);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Stored;
    use crate::journal::hot::PART;

    #[test]
    fn a_piece_ends_behind_its_last_record() {
        let mut piece = vec![WHOLE];
        for number in 0..3_u8 {
            let record = Stored { header: vec![number; 9], sealed: vec![number; 30] };
            record.push_frame(&mut piece);
        }
        assert_eq!(end_of(40, &piece), 43);
        // One that is cut off holds the records ahead of the cut.
        assert_eq!(end_of(40, &piece[..piece.len() - 1]), 42);
        // Part of one long record.
        assert_eq!(end_of(40, &[PART, 1, 2, 3]), 41);
    }
}
