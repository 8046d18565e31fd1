//! All that stands behind the runs of a volume, in memory, for checking the whole volume.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use lookback_events::hash::Hash;
use lookback_events::id::StreamId;
use sha2::{Digest as _, Sha256};

use super::lookup::{decode_subtrees, stream_entry};
use super::run::{Place, Run};
use super::{MAGIC, Tail, Volume};
use crate::journal::JournalError;
use crate::journal::open::Subtree;

/// The sections of a volume, with what the digest says of them.
#[derive(Debug)]
pub struct Sections {
    volume: Volume,
    file: File,
    /// From the offsets up to the digest.
    rest: Vec<u8>,
    digest_holds: bool,
    magic_holds: bool,
}

impl Sections {
    /// Reads them all and the digest.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load(volume: &Volume) -> Result<Self, JournalError> {
        let io = |what| JournalError::io(what, volume.path.as_path());
        let file = File::open(&volume.path).map_err(io("opening the volume"))?;
        let mut magic = [0_u8; 8];
        file.read_exact_at(&mut magic, 0).map_err(io("reading the volume"))?;
        let (from, tail_at) = (volume.tail.offsets_at, volume.tail.tail_at());
        let end = tail_at.saturating_add(super::TAIL_LEN);
        let len = usize::try_from(end.saturating_sub(from)).unwrap_or(0);
        let mut rest = vec![0; len];
        file.read_exact_at(&mut rest, from).map_err(io("reading the volume"))?;
        let mut digest = [0_u8; 32];
        file.read_exact_at(&mut digest, end).map_err(io("reading the volume"))?;
        let found = super::digest(&volume.tail, &rest);
        Ok(Self {
            volume: volume.clone(),
            file,
            rest,
            digest_holds: found == digest,
            magic_holds: magic == MAGIC,
        })
    }

    /// The volume.
    pub const fn volume(&self) -> &Volume {
        &self.volume
    }

    /// True when the digest fits all of it.
    pub const fn digest_holds(&self) -> bool {
        self.digest_holds
    }

    /// True when the file begins as a volume does.
    pub const fn magic_holds(&self) -> bool {
        self.magic_holds
    }

    /// Reads bytes of the file.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read(&self, at: u64, out: &mut [u8]) -> Result<(), JournalError> {
        let io = JournalError::io("reading the volume", self.volume.path.as_path());
        self.file.read_exact_at(out, at).map_err(io)
    }

    fn section(&self, from: u64, to: u64) -> &[u8] {
        section(&self.volume.tail, &self.rest, from, to)
    }

    fn offsets(&self) -> &[[u8; 16]] {
        let tail = &self.volume.tail;
        self.section(tail.offsets_at, tail.leaves_at()).as_chunks().0
    }

    /// Where the `n`th record lies, as stored.
    pub fn place(&self, n: usize) -> Option<Place> {
        self.offsets().get(n).map(decode_place)
    }

    /// The run at `at`, whose first record is the `n`th, as the offsets have it.
    pub fn run(&self, at: u64, n: usize) -> Option<Run> {
        let places = self.offsets().get(n..)?.iter().map(decode_place);
        Run::by_places(at, self.volume.tail.offsets_at, places)
    }

    /// The run at `at`, as the lengths in it have it.
    pub fn run_by_lengths(&self, at: u64) -> Option<Run> {
        Run::by_lengths(at, self.volume.tail.offsets_at, |at| {
            let mut number = [0_u8; 4];
            self.read(at, &mut number).ok()?;
            Some(u32::from_be_bytes(number))
        })
    }

    /// The leaf hashes.
    pub fn leaves(&self) -> &[[u8; 32]] {
        let tail = &self.volume.tail;
        self.section(tail.leaves_at(), tail.checks_at()).as_chunks().0
    }

    /// The leaf hash of the `n`th record.
    pub fn leaf(&self, n: usize) -> Option<Hash> {
        self.leaves().get(n).map(|leaf| Hash(*leaf))
    }

    /// The checksum of the `n`th record's sealed body.
    pub fn check(&self, n: usize) -> Option<u32> {
        let tail = &self.volume.tail;
        let checks = self.section(tail.checks_at(), tail.subtrees_at());
        checks.as_chunks::<4>().0.get(n).map(|check| u32::from_be_bytes(*check))
    }

    /// The roots of subtrees.
    pub fn subtrees(&self) -> Vec<Subtree> {
        let tail = &self.volume.tail;
        decode_subtrees(self.section(tail.subtrees_at(), tail.streams_at()))
    }

    fn entries(&self) -> &[[u8; 24]] {
        let tail = &self.volume.tail;
        self.section(tail.streams_at(), tail.positions_at()).as_chunks().0
    }

    fn all_positions(&self) -> &[[u8; 4]] {
        let tail = &self.volume.tail;
        self.section(tail.positions_at(), tail.filter_at()).as_chunks().0
    }

    /// The streams of the index, each with the offsets of its records from the first.
    pub fn streams(&self) -> impl Iterator<Item = (StreamId, u32, &[[u8; 4]])> {
        let all = self.all_positions();
        self.entries().iter().map(move |entry| {
            let (id, from, count) = stream_entry(entry);
            (id, from, slice(all, from, count))
        })
    }

    /// The filter.
    pub fn filter(&self) -> &[u8] {
        let tail = &self.volume.tail;
        self.section(tail.filter_at(), tail.tail_at())
    }

    /// The tail as it lies in the file.
    pub fn tail(&self) -> &[u8] {
        let tail = &self.volume.tail;
        self.section(tail.tail_at(), tail.tail_at().saturating_add(super::TAIL_LEN))
    }

    /// True when the index says that the record `offset` places behind the first belongs to `stream`.
    pub fn names(&self, stream: StreamId, offset: u32) -> bool {
        let entries = self.entries();
        let found = entries.binary_search_by(|entry| stream_entry(entry).0.cmp(&stream));
        found.ok().and_then(|n| entries.get(n)).is_some_and(|entry| {
            let (_, from, count) = stream_entry(entry);
            slice(self.all_positions(), from, count).binary_search(&offset.to_be_bytes()).is_ok()
        })
    }
}

pub(super) fn decode_place(bytes: &[u8; 16]) -> Place {
    let number = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes));
    Place { header: number(bytes.first_chunk()), sealed: number(bytes.last_chunk()) }
}

/// A section of `rest`, which is all from the offsets up to the digest.
fn section<'a>(tail: &Tail, rest: &'a [u8], from: u64, to: u64) -> &'a [u8] {
    let at = |n: u64| usize::try_from(n.saturating_sub(tail.offsets_at)).unwrap_or(0);
    rest.get(at(from)..at(to)).unwrap_or_default()
}

/// The digest of a volume, of all from the offsets up to it: over the magic, the checksum of each
/// section, and the tail. (A checksum is as good against chance as a hash, and nothing that lies
/// beside what it speaks of is good against intent; hashing all of it took a third of a second a
/// million records.)
pub(crate) fn digest(tail: &Tail, rest: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(MAGIC);
    let bounds = [
        tail.offsets_at,
        tail.leaves_at(),
        tail.checks_at(),
        tail.subtrees_at(),
        tail.streams_at(),
        tail.positions_at(),
        tail.filter_at(),
        tail.tail_at(),
    ];
    for (from, to) in bounds.iter().zip(bounds.iter().skip(1)) {
        hasher.update(crc32fast::hash(section(tail, rest, *from, *to)).to_be_bytes());
    }
    let end = tail.tail_at().saturating_add(super::TAIL_LEN);
    hasher.update(section(tail, rest, tail.tail_at(), end));
    hasher.finalize().into()
}

fn slice(all: &[[u8; 4]], from: u32, count: u32) -> &[[u8; 4]] {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let to = from.saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
    all.get(from..to).unwrap_or_default()
}
