//! Look-ups in a volume that read only what they need.
//!
//! They trust the file; whether it still is what was written is for verification to say.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use lookback_events::hash::Hash;
use lookback_events::id::StreamId;

use super::run::{COUNT_LEN, Place, RUN_RECORDS};
use super::sections::decode_place;
use super::{
    FILTER_BLOCK, OFFSETS_LEN, STREAM_LEN, SUBTREE_LEN, Volume, filter_bits, filter_block,
};
use crate::journal::open::Subtree;
use crate::journal::{JournalError, Stored};

/// A volume opened for look-ups by position.
#[derive(Debug)]
pub struct VolumeReader<'a> {
    pub(super) volume: &'a Volume,
    pub(super) file: Arc<File>,
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

    fn places(&self, from: u64, to: u64) -> Result<Vec<Place>, JournalError> {
        let tail = &self.volume.tail;
        let slot = from.saturating_sub(tail.first).saturating_mul(OFFSETS_LEN);
        let count = usize::try_from(to.min(tail.end()).saturating_sub(from)).unwrap_or(0);
        let mut bytes = vec![0; count.saturating_mul(16)];
        self.read(tail.offsets_at.saturating_add(slot), &mut bytes)?;
        Ok(bytes.as_chunks::<16>().0.iter().map(decode_place).collect())
    }

    fn damaged(&self, seq: u64) -> JournalError {
        let tail = &self.volume.tail;
        JournalError::damaged(tail.journal, seq, self.volume.place(), "no record lies here")
    }

    /// The record at a position of this volume.
    ///
    /// # Errors
    /// When it cannot be read or is not one.
    pub fn record(&self, seq: u64) -> Result<Stored, JournalError> {
        // What a header and a body of usual size fit into is read at once.
        const HEADER_LEN: usize = 1_024;
        const SEALED_LEN: usize = 4_096;
        let places = self.places(seq, seq.saturating_add(1))?;
        let place = places.first().ok_or_else(|| self.damaged(seq))?;
        let header = self.behind_length(seq, place.header, HEADER_LEN)?;
        let sealed = self.behind_length(seq, place.sealed, SEALED_LEN)?;
        Ok(Stored { header, sealed })
    }

    /// What lies behind the length at `at`.
    fn behind_length(&self, seq: u64, at: u64, usual: usize) -> Result<Vec<u8>, JournalError> {
        let room = self.volume.tail.offsets_at.checked_sub(at).ok_or_else(|| self.damaged(seq))?;
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let mut bytes = vec![0; usual.min(room)];
        self.read(at, &mut bytes)?;
        let whole = length(&bytes, 0).and_then(|len| len.checked_add(4));
        let whole = whole.filter(|whole| *whole <= room).ok_or_else(|| self.damaged(seq))?;
        let have = bytes.len();
        bytes.resize(whole, 0);
        if let Some(rest) = bytes.get_mut(have..) {
            self.read(at.saturating_add(u64::try_from(have).unwrap_or(0)), rest)?;
        }
        bytes.drain(..4);
        Ok(bytes)
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

    /// The checksums of the sealed bodies from `from` to before `to`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn checks(&self, from: u64, to: u64) -> Result<Vec<u32>, JournalError> {
        let tail = &self.volume.tail;
        let at = tail.checks_at().saturating_add(from.saturating_sub(tail.first).saturating_mul(4));
        let count = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
        let mut bytes = vec![0; count.saturating_mul(4)];
        self.read(at, &mut bytes)?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|check| u32::from_be_bytes(*check)).collect())
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

/// The length that lies at `at`.
fn length(bytes: &[u8], at: usize) -> Option<usize> {
    let length = bytes.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()
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
        let (mut next, mut bytes) = (from, Vec::new());
        while next < to {
            let some = u64::try_from(RUN_RECORDS).unwrap_or(u64::MAX);
            let mut places = reader.places(next, next.saturating_add(some).saturating_add(1))?;
            let damaged = || reader.damaged(next);
            let first = places.first().copied().ok_or_else(damaged)?;
            // The run ends where a header lies behind its bodies.
            let own = places.iter().position(|place| place.header >= first.sealed);
            let behind = own.and_then(|own| places.get(own));
            let end =
                behind.map_or(self.tail.offsets_at, |next| next.header.saturating_sub(COUNT_LEN));
            places.truncate(own.unwrap_or(places.len()));
            let len = end.checked_sub(first.header).filter(|_| end <= self.tail.offsets_at);
            bytes.resize(len.and_then(|len| usize::try_from(len).ok()).ok_or_else(damaged)?, 0);
            reader.read(first.header, &mut bytes)?;
            for place in places {
                if next == to {
                    return Ok(());
                }
                let part = |at: u64| {
                    let at = usize::try_from(at.checked_sub(first.header)?).ok()?;
                    let from = at.checked_add(4)?;
                    bytes.get(from..from.checked_add(length(&bytes, at)?)?)
                };
                let parts = part(place.header).zip(part(place.sealed));
                let (header, sealed) = parts.ok_or_else(|| reader.damaged(next))?;
                if !each(next, header, sealed)? {
                    return Ok(());
                }
                next = next.saturating_add(1);
            }
        }
        Ok(())
    }
}
