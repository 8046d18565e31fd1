//! Look-ups in a volume that read only what they need.
//!
//! They trust the file; whether it still is what was written is for verification to say.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use lookback_events::hash::Hash;
use lookback_events::id::StreamId;

use super::{FILTER_BLOCK, STREAM_LEN, SUBTREE_LEN, Volume, filter_bits, filter_block};
use crate::journal::open::Subtree;
use crate::journal::{JournalError, Stored, split_frame};

/// A volume opened for look-ups by position.
#[derive(Debug)]
pub struct VolumeReader<'a> {
    pub(super) volume: &'a Volume,
    pub(super) file: File,
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

pub(super) fn stream_entry(entry: &[u8; 24]) -> (StreamId, u32, u32) {
    let number = |at: usize| {
        let bytes = entry.get(at..).and_then(|rest| rest.first_chunk::<4>());
        bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
    };
    let id = entry.first_chunk::<16>().copied().unwrap_or_default();
    (StreamId(id), number(16), number(20))
}

pub(super) fn decode_subtrees(bytes: &[u8]) -> Vec<Subtree> {
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

impl Volume {
    /// Reads records from position `from` to before `to` in order, until `each` returns false.
    ///
    /// # Errors
    /// When the file cannot be read or a record is not one.
    pub fn records(
        &self,
        from: u64,
        to: u64,
        mut each: impl FnMut(u64, &[u8], &[u8]) -> Result<bool, JournalError>,
    ) -> Result<(), JournalError> {
        let reader = self.reader()?;
        let to = to.min(self.tail.end());
        let at = reader.offset(from)?;
        let mut frames =
            FrameReader::new(self, BufReader::with_capacity(READ_LEN, reader.file), at)?;
        for seq in from..to {
            let (header, sealed) = frames.next(seq)?;
            if !each(seq, header, sealed)? {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Bytes that are read at once where a volume is read in order.
const READ_LEN: usize = 256 * 1024;

/// Takes records off a volume one after the other.
struct FrameReader<'a> {
    volume: &'a Volume,
    file: BufReader<File>,
    at: u64,
    frame: Vec<u8>,
}

impl<'a> FrameReader<'a> {
    fn new(volume: &'a Volume, mut file: BufReader<File>, at: u64) -> Result<Self, JournalError> {
        let io = JournalError::io("reading the volume", volume.path.as_path());
        file.seek(SeekFrom::Start(at)).map_err(io)?;
        Ok(Self { volume, file, at, frame: Vec::new() })
    }

    fn next(&mut self, seq: u64) -> Result<(&[u8], &[u8]), JournalError> {
        let volume = self.volume;
        let damaged = |what| JournalError::damaged(volume.tail.journal, seq, volume.place(), what);
        self.frame.clear();
        for _ in 0..2 {
            let io = || JournalError::io("reading the volume", volume.path.as_path());
            let mut len = [0_u8; 4];
            self.file.read_exact(&mut len).map_err(io())?;
            self.frame.extend_from_slice(&len);
            let from = self.frame.len();
            let len = u32::from_be_bytes(len);
            self.at = self.at.saturating_add(4).saturating_add(u64::from(len));
            if self.at > volume.tail.offsets_at {
                return Err(damaged("the record's length leads beyond the records"));
            }
            self.frame.resize(from.saturating_add(usize::try_from(len).unwrap_or(0)), 0);
            let to_fill = self.frame.get_mut(from..).unwrap_or_default();
            self.file.read_exact(to_fill).map_err(io())?;
        }
        match split_frame(&self.frame) {
            Some((header, sealed, [])) => Ok((header, sealed)),
            _ => Err(damaged("no record lies here")),
        }
    }
}
