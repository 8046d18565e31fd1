//! Volumes: immutable files of sealed-off records.
//!
//! A volume is written once, beside its final name, and never changed. It holds records, what proves
//! them (leaf hashes, roots of subtrees) and what finds them (a sorted index of streams and a
//! filter), and ends with a digest over all of it.
//!
//! ```text
//! magic | records | offsets | leaves | subtrees | streams | positions | filter | tail | digest
//! ```
//!
//! Numbers are big-endian; the tail of fixed length says where the sections begin, so that opening a
//! volume reads one block at its end. Nothing here is a promise to others: what is promised of a
//! volume (FORMATS 4) is its stretch and the root of its index.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use lookback_events::hash::Hash;
use lookback_events::id::{JournalId, StreamId};
use lookback_events::merkle::Frontier;
use lookback_events::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::open::Subtree;
use super::{JournalError, Position, Stored, split_frame};

/// The most records of a volume (FORMATS 4): 256 full tiles.
pub const RECORDS_MAX: u64 = 65_536;

/// The first bytes of a volume, and the last before its digest.
pub(super) const MAGIC: [u8; 8] = *b"LBVOL\x001\n";
/// Bytes of one subtree: level, index, hash.
pub(super) const SUBTREE_LEN: u64 = 4 + 8 + 32;
/// Bytes of one stream's entry: its id, the first of its positions, how many.
pub(super) const STREAM_LEN: u64 = 16 + 4 + 4;
/// Bytes of a filter block: a cache line.
pub(super) const FILTER_BLOCK: u64 = 64;
/// The most roots of a frontier: one a bit of its size.
const FRONTIER_MAX: usize = 64;
/// Bytes of the tail: 14 numbers and the frontier ahead of the volume, then the magic.
pub(super) const TAIL_LEN: u64 = 14 * 8 + 32 * 64 + 8;
/// Bytes of the digest.
const DIGEST_LEN: u64 = 32;

/// What a volume says of itself at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// Index of the journal.
    pub journal: JournalId,
    /// The first position.
    pub first: u64,
    /// How many records.
    pub count: u64,
    /// How many streams.
    pub streams: u64,
    /// How many positions in the index.
    pub positions: u64,
    /// How many subtrees.
    pub subtrees: u64,
    /// How many blocks of the filter.
    pub filter_blocks: u64,
    /// The moments of the first and the last record.
    pub moments: (Timestamp, Timestamp),
    /// Where the offsets begin, which is where the records end.
    pub offsets_at: u64,
    /// The root of the stream index (FORMATS 4).
    pub index_root: Hash,
    /// The tree of the records ahead of the volume.
    pub before: Frontier,
}

impl Tail {
    /// The position behind the last.
    pub const fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }

    const fn leaves_at(&self) -> u64 {
        self.offsets_at.saturating_add(self.count.saturating_add(1).saturating_mul(8))
    }

    const fn subtrees_at(&self) -> u64 {
        self.leaves_at().saturating_add(self.count.saturating_mul(32))
    }

    const fn streams_at(&self) -> u64 {
        self.subtrees_at().saturating_add(self.subtrees.saturating_mul(SUBTREE_LEN))
    }

    const fn positions_at(&self) -> u64 {
        self.streams_at().saturating_add(self.streams.saturating_mul(STREAM_LEN))
    }

    const fn filter_at(&self) -> u64 {
        self.positions_at().saturating_add(self.positions.saturating_mul(4))
    }

    const fn tail_at(&self) -> u64 {
        self.filter_at().saturating_add(self.filter_blocks.saturating_mul(FILTER_BLOCK))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for number in [
            u64::from(self.journal.index()),
            self.first,
            self.count,
            self.streams,
            self.positions,
            self.subtrees,
            self.filter_blocks,
            self.moments.0.micros().cast_unsigned(),
            self.moments.1.micros().cast_unsigned(),
            self.offsets_at,
        ] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.index_root.0);
        self.before.roots().iter().for_each(|root| out.extend_from_slice(&root.0));
        let roots = FRONTIER_MAX.saturating_sub(self.before.roots().len());
        out.resize(out.len().saturating_add(roots.saturating_mul(32)), 0);
        out.extend_from_slice(&MAGIC);
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.split_at_checked(80)?;
        let (numbers, _) = numbers.as_chunks::<8>();
        let number = |i: usize| numbers.get(i).map(|n| u64::from_be_bytes(*n));
        let moment = |i: usize| number(i).map(|n| Timestamp::from_micros(n.cast_signed()));
        let (index_root, rest) = rest.split_first_chunk::<32>()?;
        let (roots, magic) = rest.split_at_checked(32 * FRONTIER_MAX)?;
        let first = number(1)?;
        let kept = usize::try_from(first.count_ones()).ok()?;
        let (roots, _) = roots.as_chunks::<32>();
        let roots = roots.iter().take(kept).map(|root| Hash(*root)).collect();
        let tail = Self {
            journal: JournalId::from_index(u8::try_from(number(0)?).ok()?).ok()?,
            first,
            count: number(2)?,
            streams: number(3)?,
            positions: number(4)?,
            subtrees: number(5)?,
            filter_blocks: number(6)?,
            moments: (moment(7)?, moment(8)?),
            offsets_at: number(9)?,
            index_root: Hash(*index_root),
            before: Frontier::from_parts(first, roots)?,
        };
        (magic == MAGIC && tail.count > 0 && tail.count <= RECORDS_MAX).then_some(tail)
    }
}

/// The eight bits of a filter block that a stream sets: nine bits of its id each.
pub(super) fn filter_bits(stream: StreamId) -> impl Iterator<Item = (usize, u8)> {
    // The id is a hash: its first half chooses the block, its second half the bits.
    let half = stream.0.last_chunk::<8>().map_or(0, |half| u64::from_be_bytes(*half));
    (0..7_u32).map(move |i| {
        let bit = (half >> i.saturating_mul(9)) & 511;
        let byte = usize::try_from(bit >> 3).unwrap_or(0);
        (byte, 1_u8.wrapping_shl(u32::try_from(bit & 7).unwrap_or(0)))
    })
}

/// The block of a filter of `blocks` blocks that a stream belongs to.
pub(super) fn filter_block(stream: StreamId, blocks: u64) -> u64 {
    let half = stream.0.first_chunk::<8>().map_or(0, |half| u64::from_be_bytes(*half));
    half.checked_rem(blocks).unwrap_or(0)
}

/// A volume whose tail has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// The file.
    pub path: PathBuf,
    /// What it says of itself.
    pub tail: Tail,
}

/// The name of a volume's file; by name they sort by position.
pub fn file_name(first: u64, end: u64) -> String {
    format!("{first:012}-{:012}.vol", end.saturating_sub(1))
}

impl Volume {
    /// Reads the tail of a volume. Its contents are checked by [`Volume::walk`], not here.
    ///
    /// # Errors
    /// When the file cannot be read or does not end as a volume does.
    pub fn open(path: &Path, journal: JournalId) -> Result<Self, JournalError> {
        let io = |what| JournalError::io(what, path);
        let file = File::open(path).map_err(io("opening the volume"))?;
        let len = file.metadata().map_err(io("reading the volume"))?.len();
        let damaged =
            |what: &str| JournalError::damaged(journal, first_by_name(path), name(path), what);
        let at = len
            .checked_sub(TAIL_LEN.saturating_add(DIGEST_LEN))
            .ok_or_else(|| damaged("the volume is shorter than its own tail"))?;
        let mut tail = vec![0; usize::try_from(TAIL_LEN).unwrap_or_default()];
        file.read_exact_at(&mut tail, at).map_err(io("reading the volume"))?;
        let tail = Tail::decode(&tail).ok_or_else(|| damaged("the volume's tail is unreadable"))?;
        if tail.journal != journal || tail.tail_at() != at {
            return Err(damaged("the volume's tail does not fit the file"));
        }
        Ok(Self { path: path.to_owned(), tail })
    }

    /// The words under which damage here is reported.
    pub fn place(&self) -> String {
        format!("volume {}", name(&self.path))
    }

    /// Opens the file for look-ups.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn reader(&self) -> Result<VolumeReader<'_>, JournalError> {
        let file = File::open(&self.path)
            .map_err(JournalError::io("opening the volume", self.path.as_path()))?;
        Ok(VolumeReader { volume: self, file })
    }
}

fn name(path: &Path) -> String {
    let parent = path.parent().and_then(Path::file_name).unwrap_or_default();
    let file = path.file_name().unwrap_or_default();
    format!("{}/{}", parent.display(), file.display())
}

fn first_by_name(path: &Path) -> u64 {
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    stem.split('-').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// A volume opened for look-ups by position.
#[derive(Debug)]
pub struct VolumeReader<'a> {
    volume: &'a Volume,
    file: File,
}

impl VolumeReader<'_> {
    fn read(&self, at: u64, out: &mut [u8]) -> Result<(), JournalError> {
        self.file
            .read_exact_at(out, at)
            .map_err(JournalError::io("reading the volume", self.volume.path.as_path()))
    }

    fn array<const N: usize>(&self, at: u64) -> Result<[u8; N], JournalError> {
        let mut out = [0_u8; N];
        self.read(at, &mut out)?;
        Ok(out)
    }

    fn offset(&self, seq: u64) -> Result<u64, JournalError> {
        let slot = seq.saturating_sub(self.volume.tail.first).saturating_mul(8);
        let at = self.volume.tail.offsets_at.saturating_add(slot);
        Ok(u64::from_be_bytes(self.array(at)?))
    }

    /// The record at a position of this volume.
    ///
    /// # Errors
    /// When it cannot be read or is not one.
    pub fn record(&self, seq: u64) -> Result<Stored, JournalError> {
        let damaged = || {
            let tail = &self.volume.tail;
            JournalError::damaged(tail.journal, seq, self.volume.place(), "no record lies here")
        };
        let (from, to) = (self.offset(seq)?, self.offset(seq.saturating_add(1))?);
        let len = to.checked_sub(from).filter(|_| to <= self.volume.tail.offsets_at);
        let len = len.and_then(|len| usize::try_from(len).ok()).ok_or_else(damaged)?;
        let mut bytes = vec![0; len];
        self.read(from, &mut bytes)?;
        match split_frame(&bytes) {
            Some((header, sealed, [])) => {
                Ok(Stored { header: header.to_vec(), sealed: sealed.to_vec() })
            }
            _ => Err(damaged()),
        }
    }

    /// The leaf hashes from `from` to before `to`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, JournalError> {
        let tail = &self.volume.tail;
        let at =
            tail.leaves_at().saturating_add(from.saturating_sub(tail.first).saturating_mul(32));
        let count = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
        let mut bytes = vec![0; count.saturating_mul(32)];
        self.read(at, &mut bytes)?;
        Ok(bytes.as_chunks::<32>().0.iter().map(|leaf| Hash(*leaf)).collect())
    }

    /// The roots of the subtrees completed in this volume, at every eighth level.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn subtrees(&self) -> Result<Vec<Subtree>, JournalError> {
        let tail = &self.volume.tail;
        let len = usize::try_from(tail.subtrees.saturating_mul(SUBTREE_LEN)).unwrap_or(0);
        let mut bytes = vec![0; len];
        self.read(tail.subtrees_at(), &mut bytes)?;
        Ok(decode_subtrees(&bytes))
    }

    /// The positions of a stream in this volume, ascending; none where it has no records here.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn positions(&self, stream: StreamId) -> Result<Vec<u64>, JournalError> {
        let tail = &self.volume.tail;
        let block = filter_block(stream, tail.filter_blocks).saturating_mul(FILTER_BLOCK);
        let filter: [u8; 64] = self.array(tail.filter_at().saturating_add(block))?;
        if !filter_bits(stream).all(|(byte, bit)| filter.get(byte).is_some_and(|b| b & bit != 0)) {
            return Ok(Vec::new());
        }
        let (mut low, mut high) = (0, tail.streams);
        while low < high {
            let middle = low.midpoint(high);
            let at = tail.streams_at().saturating_add(middle.saturating_mul(STREAM_LEN));
            let entry: [u8; 24] = self.array(at)?;
            let (id, from, count) = stream_entry(&entry);
            match id.cmp(&stream) {
                std::cmp::Ordering::Less => low = middle.saturating_add(1),
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.positions_at(from, count),
            }
        }
        Ok(Vec::new())
    }

    /// The `n`th stream of the index, with the place of its positions.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn stream(&self, n: u64) -> Result<Option<(StreamId, Vec<u64>)>, JournalError> {
        let tail = &self.volume.tail;
        if n >= tail.streams {
            return Ok(None);
        }
        let at = tail.streams_at().saturating_add(n.saturating_mul(STREAM_LEN));
        let (id, from, count) = stream_entry(&self.array(at)?);
        Ok(Some((id, self.positions_at(from, count)?)))
    }

    fn positions_at(&self, from: u32, count: u32) -> Result<Vec<u64>, JournalError> {
        let tail = &self.volume.tail;
        let len = usize::try_from(u64::from(count).min(tail.positions)).unwrap_or(0);
        let mut bytes = vec![0; len.saturating_mul(4)];
        let at = tail.positions_at().saturating_add(u64::from(from).saturating_mul(4));
        self.read(at, &mut bytes)?;
        let offsets = bytes.as_chunks::<4>().0.iter().map(|at| u32::from_be_bytes(*at));
        Ok(offsets.map(|at| tail.first.saturating_add(u64::from(at))).collect())
    }
}

fn stream_entry(entry: &[u8; 24]) -> (StreamId, u32, u32) {
    let number = |at: usize| {
        let bytes = entry.get(at..).and_then(|rest| rest.first_chunk::<4>());
        bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
    };
    let id = entry.first_chunk::<16>().copied().unwrap_or_default();
    (StreamId(id), number(16), number(20))
}

fn decode_subtrees(bytes: &[u8]) -> Vec<Subtree> {
    let (entries, _) = bytes.as_chunks::<44>();
    let decode = |entry: &[u8; 44]| {
        let (level, rest) = entry.split_first_chunk::<4>()?;
        let (index, hash) = rest.split_first_chunk::<8>()?;
        let hash = Hash(*hash.first_chunk::<32>()?);
        let (level, index) = (u32::from_be_bytes(*level), u64::from_be_bytes(*index));
        Some(Subtree { level, index, hash })
    };
    entries.iter().filter_map(decode).collect()
}

/// What a walk through a whole volume found, for comparing with what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    /// The digest at the end fits the bytes.
    pub digest_holds: bool,
    /// Everything behind the records, up to the digest.
    pub rest: Vec<u8>,
}

impl Volume {
    /// Reads the whole file in order: calls `each` with position, byte offset, header and sealed
    /// body of every record, and hashes every byte.
    ///
    /// # Errors
    /// When the file cannot be read, a record is not one, or `each` says so.
    pub fn walk(
        &self,
        mut each: impl FnMut(u64, u64, &[u8], &[u8]) -> Result<(), JournalError>,
    ) -> Result<Walked, JournalError> {
        let io = |what| JournalError::io(what, self.path.as_path());
        let file = File::open(&self.path).map_err(io("opening the volume"))?;
        let mut file = BufReader::with_capacity(256 * 1024, file);
        let mut hasher = Sha256::new();
        let mut magic = [0_u8; 8];
        file.read_exact(&mut magic).map_err(io("reading the volume"))?;
        hasher.update(magic);
        let damaged = |seq, at: u64, what: &str| {
            let place = format!("{} at byte {at}", self.place());
            JournalError::damaged(self.tail.journal, seq, place, what)
        };
        if magic != MAGIC {
            return Err(damaged(self.tail.first, 0, "the volume does not begin as one"));
        }
        let mut at = u64::try_from(MAGIC.len()).unwrap_or(0);
        let mut frame = Vec::new();
        for seq in self.tail.first..self.tail.end() {
            frame.clear();
            for _ in 0..2 {
                let mut len = [0_u8; 4];
                file.read_exact(&mut len).map_err(io("reading the volume"))?;
                frame.extend_from_slice(&len);
                let from = frame.len();
                let used = u64::try_from(from).unwrap_or(u64::MAX).saturating_add(at);
                let len = u64::from(u32::from_be_bytes(len));
                if used.saturating_add(len) > self.tail.offsets_at {
                    return Err(damaged(seq, at, "the record's length leads beyond the records"));
                }
                frame.resize(from.saturating_add(usize::try_from(len).unwrap_or(0)), 0);
                let to_fill = frame.get_mut(from..).unwrap_or_default();
                file.read_exact(to_fill).map_err(io("reading the volume"))?;
            }
            hasher.update(&frame);
            let Some((header, sealed, [])) = split_frame(&frame) else {
                return Err(damaged(seq, at, "no record lies here"));
            };
            each(seq, at, header, sealed)?;
            at = at.saturating_add(u64::try_from(frame.len()).unwrap_or(u64::MAX));
        }
        if at != self.tail.offsets_at {
            return Err(damaged(self.tail.end(), at, "the records do not end where the tail says"));
        }
        let mut rest = Vec::new();
        file.read_to_end(&mut rest).map_err(io("reading the volume"))?;
        let digest = rest.split_off(rest.len().saturating_sub(32));
        hasher.update(&rest);
        let found: [u8; 32] = hasher.finalize().into();
        Ok(Walked { digest_holds: digest == found, rest })
    }

    /// Reads records from position `from` on in order, until `each` returns false.
    ///
    /// # Errors
    /// When the file cannot be read or a record is not one.
    pub fn records(
        &self,
        from: u64,
        to: u64,
        mut each: impl FnMut(u64, &[u8], &[u8]) -> Result<bool, JournalError>,
    ) -> Result<(), JournalError> {
        let io = |what| JournalError::io(what, self.path.as_path());
        let reader = self.reader()?;
        let to = to.min(self.tail.end());
        let mut at = reader.offset(from)?;
        let mut file = BufReader::with_capacity(256 * 1024, reader.file);
        file.seek(SeekFrom::Start(at)).map_err(io("reading the volume"))?;
        let mut frame = Vec::new();
        for seq in from..to {
            frame.clear();
            for _ in 0..2 {
                let mut len = [0_u8; 4];
                file.read_exact(&mut len).map_err(io("reading the volume"))?;
                frame.extend_from_slice(&len);
                let from = frame.len();
                let len = u64::from(u32::from_be_bytes(len));
                at = at.saturating_add(4).saturating_add(len);
                if at > self.tail.offsets_at {
                    let what = "the record's length leads beyond the records";
                    return Err(JournalError::damaged(self.tail.journal, seq, self.place(), what));
                }
                frame.resize(from.saturating_add(usize::try_from(len).unwrap_or(0)), 0);
                let to_fill = frame.get_mut(from..).unwrap_or_default();
                file.read_exact(to_fill).map_err(io("reading the volume"))?;
            }
            let Some((header, sealed, [])) = split_frame(&frame) else {
                let what = "no record lies here";
                return Err(JournalError::damaged(self.tail.journal, seq, self.place(), what));
            };
            if !each(seq, header, sealed)? {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The position a damaged record of this volume would have.
impl From<&Volume> for Position {
    fn from(volume: &Volume) -> Self {
        Self { journal: volume.tail.journal, seq: volume.tail.first }
    }
}
