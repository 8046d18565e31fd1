//! Volumes: immutable files of sealed-off records.
//!
//! A volume is written once, beside its final name, and never changed. It holds records, what proves
//! them (leaf hashes, roots of subtrees) and what finds them (a sorted index of streams and a
//! filter), and ends with a digest over all of it.
//!
//! ```text
//! magic | runs | offsets | leaves | checks | subtrees | streams | positions | filter | tail | digest
//! run: count | headers, each behind its length | sealed bodies, each behind its length
//! ```
//!
//! Records lie in runs ([`run`]), so that who reads headers alone reads no bodies. The digest covers
//! the magic, the tail, and a checksum (CRC-32) of each section between the runs and the tail; the
//! records are bound to it by their leaf hashes (headers) and checksums (sealed bodies), so that a
//! fault in one is a fault of that one, and nothing is hashed twice.
//!
//! Numbers are big-endian; the tail of fixed length says where the sections begin, so that opening a
//! volume reads one block at its end. Nothing here is a promise to others: what is promised of a
//! volume (FORMATS 4) is its stretch and the root of its index.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lookback_events::hash::Hash;
use lookback_events::id::{JournalId, StreamId};
use lookback_events::merkle::Frontier;
use lookback_events::time::Timestamp;

use super::{JournalError, Position};

pub(crate) mod found;
mod lookup;
pub mod run;
mod sections;

pub use lookup::VolumeReader;
pub use sections::Sections;
pub(crate) use sections::digest;

/// The most records of a volume (FORMATS 4): 256 full tiles.
pub const RECORDS_MAX: u64 = 65_536;

/// The first bytes of a volume, and the last before its digest.
pub(super) const MAGIC: [u8; 8] = *b"LBVOL\x002\n";
/// Bytes of one record's offsets: where its header's length lies, and its sealed body's.
pub(super) const OFFSETS_LEN: u64 = 8 + 8;
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
    /// Where the offsets begin, which is where the runs end.
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
        self.offsets_at.saturating_add(self.count.saturating_mul(OFFSETS_LEN))
    }

    const fn checks_at(&self) -> u64 {
        self.leaves_at().saturating_add(self.count.saturating_mul(32))
    }

    const fn subtrees_at(&self) -> u64 {
        self.checks_at().saturating_add(self.count.saturating_mul(4))
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

    /// The tail's bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
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

/// The seven bits of a filter block that a stream sets: nine bits of its id each.
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
    /// Reads the tail of a volume. Its contents are checked by verification, not here.
    ///
    /// # Errors
    /// When the file cannot be read or does not end as a volume does.
    pub fn open(path: &Path, journal: JournalId) -> Result<Self, JournalError> {
        let volume = Self::read(path, journal)?;
        if !volume.is_rightly_named() {
            let what = "the volume holds other records than its name says";
            return Err(JournalError::damaged(journal, first_by_name(path), volume.place(), what));
        }
        Ok(volume)
    }

    /// As [`Volume::open`], whatever the file is called.
    ///
    /// # Errors
    /// As [`Volume::open`].
    pub fn read(path: &Path, journal: JournalId) -> Result<Self, JournalError> {
        let volume = Self::read_of_any(path, journal)?;
        if volume.tail.journal != journal {
            let what = format!("the volume is one of {}", volume.tail.journal);
            return Err(JournalError::damaged(journal, first_by_name(path), name(path), what));
        }
        Ok(volume)
    }

    /// As [`Volume::read`], of whichever journal it says it is; damage is told of `journal`.
    pub(crate) fn read_of_any(path: &Path, journal: JournalId) -> Result<Self, JournalError> {
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
        if tail.tail_at() != at {
            return Err(damaged("the volume's tail does not fit the file"));
        }
        Ok(Self { path: path.to_owned(), tail })
    }

    /// The name that its file should have.
    pub fn right_name(&self) -> String {
        file_name(self.tail.first, self.tail.end())
    }

    /// True where its file has that name.
    pub fn is_rightly_named(&self) -> bool {
        self.path.file_name() == Some(self.right_name().as_ref())
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
        Ok(self.reader_of(Arc::new(self.file()?)))
    }

    /// Opens the file.
    pub(super) fn file(&self) -> Result<File, JournalError> {
        File::open(&self.path).map_err(JournalError::io("opening the volume", self.path.as_path()))
    }

    /// As [`Volume::reader`], of a file that is open already.
    pub(super) const fn reader_of(&self, file: Arc<File>) -> VolumeReader<'_> {
        VolumeReader { volume: self, file }
    }
}

/// The folder and name of a volume's file, which is how people are told of it.
pub fn name(path: &Path) -> String {
    let parent = path.parent().and_then(Path::file_name).unwrap_or_default();
    let file = path.file_name().unwrap_or_default();
    format!("{}/{}", parent.display(), file.display())
}

/// The first and the last position as the file's name tells them.
pub fn stretch_by_name(path: &Path) -> Option<(u64, u64)> {
    let (first, last) = path.file_stem()?.to_str()?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// The first position as the file's name tells it; 0 where it tells none.
pub fn first_by_name(path: &Path) -> u64 {
    stretch_by_name(path).map_or(0, |(first, _)| first)
}

/// The position a damaged record of this volume would have.
impl From<&Volume> for Position {
    fn from(volume: &Volume) -> Self {
        Self { journal: volume.tail.journal, seq: volume.tail.first }
    }
}
