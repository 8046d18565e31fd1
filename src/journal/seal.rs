//! Closing off: the records of a finished stretch become a volume, while writing goes on.
//!
//! If we crash here: a file that is not yet renamed is thrown away on start and made again from the
//! hot store; one that is renamed but not yet announced by `VolumeSealed` is announced on start;
//! blocks leave the hot store only after the announcement is durable.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use lookback_events::hash::Hash;
use lookback_events::id::{JournalId, StreamId};
use lookback_events::merkle::{Frontier, root_of};
use lookback_events::record::leaf_hash;
use lookback_events::time::Timestamp;

use super::open::OpenStretch;
use super::volume::run::{COUNT_LEN, Place, RUN_BODIES_LEN, RUN_RECORDS};
use super::volume::{
    FILTER_BLOCK, MAGIC, Sections, Tail, Volume, digest, file_name, filter_bits, filter_block,
};
use super::{JournalError, Position, split_frame};

/// Bits of the filter for each stream: with seven bits set, about one look-up in a hundred is in
/// vain.
const FILTER_BITS_A_STREAM: u64 = 10;

/// A volume under construction.
#[derive(Debug)]
pub struct Builder {
    journal: JournalId,
    path: PathBuf,
    out: BufWriter<File>,
    first: u64,
    /// Where the records written so far lie, and where the run at hand will begin.
    offsets: Vec<Place>,
    at: u64,
    /// The headers and sealed bodies of the run at hand, and how many there are.
    headers: Vec<u8>,
    bodies: Vec<u8>,
    pending: usize,
    moments: Option<(Timestamp, Timestamp)>,
}

impl Builder {
    /// Begins a volume at position `first` in the journal's folder.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn new(folder: &Path, journal: JournalId, first: u64) -> Result<Self, JournalError> {
        let path = folder.join(format!("{first:012}.tmp"));
        let io = |what| JournalError::io(what, path.clone());
        std::fs::create_dir_all(folder).map_err(io("making the volumes' folder"))?;
        let file = File::create(&path).map_err(io("making the volume"))?;
        let out = BufWriter::with_capacity(1024 * 1024, file);
        let mut builder = Self {
            journal,
            path,
            out,
            first,
            offsets: Vec::new(),
            at: u64::try_from(MAGIC.len()).unwrap_or(0),
            headers: Vec::new(),
            bodies: Vec::new(),
            pending: 0,
            moments: None,
        };
        builder.put(&MAGIC)?;
        Ok(builder)
    }

    /// The position behind the last record.
    pub fn end(&self) -> u64 {
        let count = u64::try_from(self.offsets.len()).unwrap_or(0);
        self.first.saturating_add(count)
    }

    /// Appends the frame of the next record.
    ///
    /// # Errors
    /// When the file cannot be written, or the frame is none.
    pub fn push(&mut self, frame: &[u8], at: Timestamp) -> Result<(), JournalError> {
        let Some((header, sealed, [])) = split_frame(frame) else {
            let what = "what should be sealed off is no record";
            return Err(JournalError::damaged(self.journal, self.end(), "memory", what));
        };
        // Where the bodies begin is known when the run ends; until then they count from there.
        let header_at = self.at.saturating_add(COUNT_LEN).saturating_add(len_of(&self.headers));
        self.offsets.push(Place { header: header_at, sealed: len_of(&self.bodies) });
        let (first, second) = frame.split_at(header.len().saturating_add(4));
        self.headers.extend_from_slice(first);
        self.bodies.extend_from_slice(second);
        debug_assert_eq!(second.len(), sealed.len().saturating_add(4), "a frame has two parts");
        self.pending = self.pending.saturating_add(1);
        self.moments = Some((self.moments.map_or(at, |(from, _)| from), at));
        // A run ends where a tile of the journal's tree does, so that most runs are one.
        let tile = self.end().is_multiple_of(u64::try_from(RUN_RECORDS).unwrap_or(u64::MAX));
        if tile || self.bodies.len() >= RUN_BODIES_LEN {
            self.end_run()?;
        }
        Ok(())
    }

    /// Writes the run at hand.
    fn end_run(&mut self) -> Result<(), JournalError> {
        if self.pending == 0 {
            return Ok(());
        }
        let headers = std::mem::take(&mut self.headers);
        let bodies = std::mem::take(&mut self.bodies);
        let bodies_at = self.at.saturating_add(COUNT_LEN).saturating_add(len_of(&headers));
        let before = self.offsets.len().saturating_sub(self.pending);
        for place in self.offsets.get_mut(before..).unwrap_or_default() {
            place.sealed = place.sealed.saturating_add(bodies_at);
        }
        self.put(&u32::try_from(self.pending).unwrap_or(u32::MAX).to_be_bytes())?;
        self.put(&headers)?;
        self.put(&bodies)?;
        self.at = bodies_at.saturating_add(len_of(&bodies));
        // The buffers go on being used.
        (self.headers, self.bodies, self.pending) = (headers, bodies, 0);
        self.headers.clear();
        self.bodies.clear();
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        self.out
            .write_all(bytes)
            .map_err(JournalError::io("writing the volume", self.path.as_path()))
    }

    /// Writes what finds and proves the records, syncs, names the file, and reads it all back.
    ///
    /// # Errors
    /// When the file cannot be written, or does not read back as what was recorded.
    pub fn finish(mut self, stretch: &OpenStretch) -> Result<Volume, JournalError> {
        self.end_run()?;
        let index = stretch.sorted();
        let (streams, index_root) = grouped(&index, self.first);
        let offsets_at = self.at;
        let count = u64::try_from(stretch.len()).unwrap_or(0);
        if self.first != stretch.first() || self.end() != self.first.saturating_add(count) {
            let what = "the volume under construction is not the open stretch";
            return Err(JournalError::damaged(self.journal, self.first, "memory", what));
        }
        let mut rest = Vec::new();
        for place in &self.offsets {
            rest.extend_from_slice(&place.header.to_be_bytes());
            rest.extend_from_slice(&place.sealed.to_be_bytes());
        }
        stretch.leaves().iter().for_each(|leaf| rest.extend_from_slice(&leaf.0));
        stretch.checks().iter().for_each(|check| rest.extend_from_slice(&check.to_be_bytes()));
        for subtree in stretch.subtrees() {
            rest.extend_from_slice(&subtree.level.to_be_bytes());
            rest.extend_from_slice(&subtree.index.to_be_bytes());
            rest.extend_from_slice(&subtree.hash.0);
        }
        for (stream, from, count) in &streams {
            rest.extend_from_slice(&stream.0);
            rest.extend_from_slice(&from.to_be_bytes());
            rest.extend_from_slice(&count.to_be_bytes());
        }
        for (_, at) in &index {
            rest.extend_from_slice(&at.to_be_bytes());
        }
        let stream_count = u64::try_from(streams.len()).unwrap_or(0);
        let filter = filter(streams.iter().map(|(stream, ..)| *stream), stream_count);
        rest.extend_from_slice(&filter);
        let zero = Timestamp::from_micros(0);
        let tail = Tail {
            journal: self.journal,
            first: self.first,
            count,
            streams: stream_count,
            positions: u64::try_from(index.len()).unwrap_or(0),
            subtrees: u64::try_from(stretch.subtrees().len()).unwrap_or(0),
            filter_blocks: filter_blocks(stream_count),
            moments: self.moments.unwrap_or((zero, zero)),
            offsets_at,
            index_root,
            before: stretch.before().clone(),
        };
        rest.extend_from_slice(&tail.encode());
        self.put(&rest)?;
        self.put(&digest(&tail, &rest))?;
        let io = |what| JournalError::io(what, self.path.clone());
        self.out.flush().map_err(io("writing the volume"))?;
        self.out.get_ref().sync_all().map_err(io("syncing the volume"))?;
        let name = self.path.with_file_name(file_name(self.first, tail.end()));
        std::fs::rename(&self.path, &name).map_err(io("naming the volume"))?;
        if let Some(folder) = name.parent() {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(io("syncing the volumes' folder"))?;
        }
        let volume = Volume::open(&name, self.journal)?;
        read_back(&volume, stretch)?;
        Ok(volume)
    }
}

fn len_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// The streams of a sorted index with their first entry and count, and the root of FORMATS 4.
pub fn grouped(index: &[(StreamId, u32)], first: u64) -> (Vec<(StreamId, u32, u32)>, Hash) {
    let mut streams = Vec::new();
    let mut leaves = Vec::new();
    let mut scratch = Vec::new();
    let mut from = 0_u32;
    for group in index.chunk_by(|a, b| a.0 == b.0) {
        let Some((stream, _)) = group.first() else { continue };
        let at: Vec<u64> =
            group.iter().map(|(_, at)| first.saturating_add(u64::from(*at))).collect();
        leaves.push(lookback_events::index::leaf(*stream, &at, &mut scratch));
        let count = u32::try_from(group.len()).unwrap_or(u32::MAX);
        streams.push((*stream, from, count));
        from = from.saturating_add(count);
    }
    (streams, root_of(leaves))
}

/// How many blocks a filter for so many streams has.
pub fn filter_blocks(streams: u64) -> u64 {
    let bits = streams.saturating_mul(FILTER_BITS_A_STREAM);
    bits.div_ceil(FILTER_BLOCK.saturating_mul(8)).max(1)
}

/// The filter over streams.
pub fn filter(streams: impl Iterator<Item = StreamId>, count: u64) -> Vec<u8> {
    let blocks = filter_blocks(count);
    let len = usize::try_from(blocks.saturating_mul(FILTER_BLOCK)).unwrap_or(0);
    let mut filter = vec![0_u8; len];
    for stream in streams {
        let block = filter_block(stream, blocks).saturating_mul(FILTER_BLOCK);
        let block = usize::try_from(block).unwrap_or(0);
        for (byte, bit) in filter_bits(stream) {
            if let Some(byte) = filter.get_mut(block.saturating_add(byte)) {
                *byte |= bit;
            }
        }
    }
    filter
}

/// Every header re-hashed against the leaf that was recorded, every sealed body and all the rest
/// against their checksums.
fn read_back(volume: &Volume, stretch: &OpenStretch) -> Result<(), JournalError> {
    let mut expected = stretch.leaves().iter().zip(stretch.checks());
    let Tail { journal, first, .. } = volume.tail;
    volume.records(first, volume.tail.end(), |seq, header, sealed| {
        let found = leaf_hash(header);
        match expected.next() {
            Some((leaf, check)) if *leaf == found && *check == crc32fast::hash(sealed) => Ok(true),
            Some((leaf, _)) if *leaf == found => {
                let what = "the sealed body differs when read back";
                Err(JournalError::damaged(journal, seq, volume.place(), what))
            }
            expected => Err(JournalError::differs(
                Position { journal, seq },
                volume.place(),
                "leaf hash differs when read back",
                expected.map_or(&found, |(leaf, _)| leaf),
                &found,
            )),
        }
    })?;
    let sections = Sections::load(volume)?;
    if sections.digest_holds() && sections.magic_holds() {
        Ok(())
    } else {
        let what = "the volume's digest differs when read back";
        Err(JournalError::damaged(journal, first, volume.place(), what))
    }
}

/// Removes the unfinished files that a crash left behind.
///
/// # Errors
/// When a folder cannot be read or a file not be removed.
pub fn remove_unfinished(folder: &Path) -> Result<(), JournalError> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(JournalError::io("listing the volumes", folder))?.path();
        if path.extension().is_some_and(|e| e == "tmp") {
            std::fs::remove_file(&path)
                .map_err(JournalError::io("removing an unfinished volume", path.as_path()))?;
        }
    }
    Ok(())
}

/// The volumes in a journal's folder, by position, checked to follow one another.
///
/// # Errors
/// When one cannot be opened, or a stretch is missing between two.
pub fn volumes(folder: &Path, journal: JournalId) -> Result<Vec<Volume>, JournalError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("listing the volumes", folder)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(JournalError::io("listing the volumes", folder))?.path();
        if path.extension().is_some_and(|e| e == "vol") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut found = Vec::with_capacity(paths.len());
    let mut next = 0;
    for path in paths {
        let volume = Volume::open(&path, journal)?;
        if volume.tail.first != next {
            return Err(missing(journal, next, volume.tail.first));
        }
        next = volume.tail.end();
        found.push(volume);
    }
    Ok(found)
}

/// Says that no volume holds the records from `from` to before `to`.
pub(super) fn missing(journal: JournalId, from: u64, to: u64) -> JournalError {
    let what = match to.saturating_sub(1) {
        last if last == from => "the record is missing: no volume holds it".to_owned(),
        last => format!("the records {from} to {last} are missing: no volume holds them"),
    };
    JournalError::damaged(journal, from, "volumes", what)
}

/// The tree behind a volume: the tree ahead of it and its leaves.
///
/// # Errors
/// When the volume cannot be read.
pub fn tree_behind(volume: &Volume) -> Result<Frontier, JournalError> {
    let mut tree = volume.tail.before.clone();
    let reader = volume.reader()?;
    for leaf in reader.leaves(volume.tail.first, volume.tail.end())? {
        tree.push(leaf);
    }
    Ok(tree)
}
