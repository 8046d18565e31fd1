//! The hot store: blocks of recent records, in sled databases that are removed whole.
//!
//! sled does not give back the space of deleted keys, so the store is a row of *generations*. The
//! newest takes the writes; an older one goes when all of its records lie in volumes. Heads are
//! carried into each new generation, so the newest alone tells where every journal stands.
//!
//! Keys: `b` journal seq part -> records; `x` journal seq -> what the open stretch is made of
//! (leaf hash, checksum of the body, and streams a record); `h` journal -> head. Numbers in keys are big-endian, so order
//! in the database is order in the journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lookback_events::hash::Hash;
use lookback_events::id::{JournalId, StreamId};
use lookback_events::merkle::Frontier;
use lookback_events::record::{STREAMS_MAX, Streams};
use lookback_events::time::Timestamp;

use super::sled::{Batch, Bytes, Database, DatabaseError, VALUE_LEN_MAX};
use super::{Frames, JournalError, Stored, split_frame};

/// Bytes of records in one value: sled keeps short values in its log, and 4 to 7 records of usual
/// size fill one.
const PIECE_LEN: usize = VALUE_LEN_MAX - 1;
/// A value that begins with this byte holds whole records.
pub(crate) const WHOLE: u8 = 0;
/// A value that begins with this byte holds a part of one long record.
pub(crate) const PART: u8 = 1;

/// Stored pieces with the position of their first record.
pub type Values = Box<dyn Iterator<Item = Result<(u64, Bytes), DatabaseError>> + Send>;

/// Where a journal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The tree over all its records; its size is the next position.
    pub tree: Frontier,
    /// The leaf hash of its last record.
    pub leaf: Option<Hash>,
    /// The moment of its last record.
    pub recorded_at: Timestamp,
    /// How many of its records are in volumes that the journal itself announces.
    pub announced: u64,
}

impl Head {
    /// A journal without records.
    pub fn new() -> Self {
        Self {
            tree: Frontier::default(),
            leaf: None,
            recorded_at: Timestamp::from_micros(i64::MIN),
            announced: 0,
        }
    }

    /// The next position.
    pub const fn next(&self) -> u64 {
        self.tree.size()
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(&self.tree.size().to_be_bytes());
        out.extend_from_slice(&self.announced.to_be_bytes());
        out.extend_from_slice(&self.recorded_at.micros().to_be_bytes());
        out.extend_from_slice(&self.leaf.map_or([0; 32], |leaf| leaf.0));
        for root in self.tree.roots() {
            out.extend_from_slice(&root.0);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk::<8>()?;
        let (announced, rest) = rest.split_first_chunk::<8>()?;
        let (recorded_at, rest) = rest.split_first_chunk::<8>()?;
        let (leaf, rest) = rest.split_first_chunk::<32>()?;
        let (roots, rest) = rest.as_chunks::<32>();
        if !rest.is_empty() {
            return None;
        }
        let size = u64::from_be_bytes(*size);
        let head = Self {
            tree: Frontier::from_parts(size, roots.iter().map(|r| Hash(*r)).collect())?,
            leaf: (size > 0).then_some(Hash(*leaf)),
            recorded_at: Timestamp::from_micros(i64::from_be_bytes(*recorded_at)),
            announced: u64::from_be_bytes(*announced),
        };
        // The place of the leaf is zero where there is none, and nothing else is.
        (head.encode() == bytes).then_some(head)
    }
}

impl Default for Head {
    fn default() -> Self {
        Self::new()
    }
}

fn block_key(journal: JournalId, seq: u64, part: u16) -> [u8; 12] {
    let mut key = [0_u8; 12];
    let bytes =
        [b'b', journal.index()].into_iter().chain(seq.to_be_bytes()).chain(part.to_be_bytes());
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    key
}

fn index_key(journal: JournalId, seq: u64) -> [u8; 10] {
    let mut key = [0_u8; 10];
    let bytes = [b'x', journal.index()].into_iter().chain(seq.to_be_bytes());
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    key
}

fn key_seq(key: &[u8]) -> Option<u64> {
    key.get(2..)?.first_chunk::<8>().map(|seq| u64::from_be_bytes(*seq))
}

/// One database of the row.
#[derive(Debug)]
pub struct Generation {
    /// Its number, from 1.
    pub number: u32,
    database: Database,
}

/// What the open stretch of a journal knows of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexEntry {
    /// Its leaf hash.
    pub leaf: Hash,
    /// The checksum (CRC-32) of its sealed body.
    pub check: u32,
    /// Its streams.
    pub streams: Streams,
}

/// The directory of a generation.
pub fn directory(hot: &Path, number: u32) -> PathBuf {
    hot.join(format!("{number:06}"))
}

/// The numbers of the generations that lie in `hot`, ascending.
///
/// # Errors
/// When the folder cannot be read.
pub fn numbers(hot: &Path) -> Result<Vec<u32>, JournalError> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(hot).map_err(JournalError::io("listing the folder", hot))?;
    for entry in entries {
        let entry = entry.map_err(JournalError::io("listing the folder", hot))?;
        if let Some(number) = entry.file_name().to_str().and_then(|n| n.parse().ok()) {
            found.push(number);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Opens every generation in `hot` and closes it again, several at a time: sled then has read its log
/// and kept what it found.
///
/// # Errors
/// When one cannot be opened.
pub fn open_once(hot: &Path, cache_bytes: u64) -> Result<(), JournalError> {
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let numbers = numbers(hot)?;
    let open = |number: &u32| Database::open(&directory(hot, *number), cache_bytes).map(drop);
    numbers.chunks(at_once).try_for_each(|some| {
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                some.iter().map(|number| scope.spawn(move || open(number))).collect();
            threads.into_iter().try_for_each(|thread| {
                let panicked =
                    || JournalError::Poisoned("opening a generation panicked".to_owned());
                Ok(thread.join().map_err(|_| panicked())??)
            })
        })
    })
}

impl Generation {
    /// Opens or creates the generation `number` under `hot`.
    ///
    /// # Errors
    /// When its database cannot be opened.
    pub fn open(hot: &Path, number: u32, cache_bytes: u64) -> Result<Arc<Self>, DatabaseError> {
        let database = Database::open(&directory(hot, number), cache_bytes)?;
        Ok(Arc::new(Self { number, database }))
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// The head of a journal as this generation holds it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn head(&self, journal: JournalId) -> Result<Option<Head>, JournalError> {
        let Some(bytes) = self.database.get(&[b'h', journal.index()])? else { return Ok(None) };
        let damaged = || {
            JournalError::damaged(journal, 0, self.place(), "the head of the journal is unreadable")
        };
        Head::decode(&bytes).map(Some).ok_or_else(damaged)
    }

    /// The stored pieces of a journal's records, in order, with the position of their first record.
    pub fn blocks(&self, journal: JournalId) -> Values {
        Self::values(self.database.scan(&[b'b', journal.index()], &[b'b', journal.index()]))
    }

    /// The stored pieces of a journal's index, in order, with the position of their first entry.
    pub fn index_values(&self, journal: JournalId) -> Values {
        Self::values(self.database.scan(&[b'x', journal.index()], &[b'x', journal.index()]))
    }

    /// As [`Generation::blocks`] and [`Generation::index_values`], but without most of what lies ahead
    /// of `seq`: the blocks begin with the one that may hold it, the index with the value that may
    /// name the first record of that block.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn values_from(
        &self,
        journal: JournalId,
        seq: u64,
    ) -> Result<(Values, Values), DatabaseError> {
        let prefix = [b'b', journal.index()];
        let floor = self.database.floor(&prefix, &block_key(journal, seq, 0))?;
        // The end of an earlier long record holds no other.
        let floor = floor.filter(|(_, value)| value.first() == Some(&WHOLE));
        let first = floor.and_then(|(key, _)| key_seq(&key)).unwrap_or(seq);
        let blocks = self.database.scan(&prefix, &block_key(journal, first, 0));
        let prefix = [b'x', journal.index()];
        let floor = self.database.floor(&prefix, &index_key(journal, first))?;
        let named = floor.and_then(|(key, _)| key_seq(&key)).unwrap_or(first);
        let index = self.database.scan(&prefix, &index_key(journal, named));
        Ok((Self::values(blocks), Self::values(index)))
    }

    fn values(entries: impl Iterator<Item = super::sled::Entry> + Send + 'static) -> Values {
        Box::new(
            entries
                .map(|entry| entry.map(|(key, value)| (key_seq(&key).unwrap_or(u64::MAX), value))),
        )
    }

    /// True without any entry.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_empty(&self) -> Result<bool, DatabaseError> {
        Ok(self.database.first_key(&[], &[])?.is_none())
    }

    /// The first position from `from` on that a value of the journal's index begins with.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first_indexed(
        &self,
        journal: JournalId,
        from: u64,
    ) -> Result<Option<u64>, DatabaseError> {
        let key = index_key(journal, from);
        let found = self.database.scan(&[b'x', journal.index()], &key).next().transpose()?;
        Ok(found.and_then(|(key, _)| key_seq(&key)))
    }

    /// A key that nobody writes into a ledger of `payment` payment journals, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn strange_key(&self, payment: u8) -> Result<Option<Bytes>, DatabaseError> {
        let behind = payment.saturating_add(1);
        let gaps: [(&[u8], &[u8]); 4] = [
            (&[], &[b'b', 0]),
            (&[b'b', behind], &[b'h', 0]),
            (&[b'h', behind], &[b'x', 0]),
            (&[b'x', behind], &[]),
        ];
        for (from, to) in gaps {
            if let Some(key) = self.database.first_key(from, to)? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Puts a head into a batch.
    pub fn put_head(batch: &mut Batch, journal: JournalId, head: &Head) {
        batch.put(&[b'h', journal.index()], &head.encode());
    }

    /// Puts records into a batch, cut into pieces that sled keeps in its log.
    pub fn put_records(
        batch: &mut Batch,
        journal: JournalId,
        first: u64,
        frames: &[Arc<Frames>],
        index: &[IndexEntry],
    ) {
        batch.begin_run();
        let mut piece = Vec::with_capacity(VALUE_LEN_MAX);
        let mut piece_at = first;
        let mut seq = first;
        for frame in frames.iter().flat_map(|frames| frames.iter()) {
            if piece.len().saturating_add(frame.len()) > PIECE_LEN && !piece.is_empty() {
                batch.put_in_run(&block_key(journal, piece_at, 0), &piece);
                piece.clear();
            }
            if frame.len() > PIECE_LEN {
                for (part, bytes) in (0_u16..).zip(frame.chunks(PIECE_LEN)) {
                    piece.push(PART);
                    piece.extend_from_slice(bytes);
                    batch.put_in_run(&block_key(journal, seq, part), &piece);
                    piece.clear();
                }
            } else {
                if piece.is_empty() {
                    piece.push(WHOLE);
                    piece_at = seq;
                }
                piece.extend_from_slice(frame);
            }
            seq = seq.saturating_add(1);
        }
        if !piece.is_empty() {
            batch.put_in_run(&block_key(journal, piece_at, 0), &piece);
        }
        Self::put_index(batch, journal, first, index);
    }

    fn put_index(batch: &mut Batch, journal: JournalId, first: u64, index: &[IndexEntry]) {
        // The longest entry: a leaf hash, a checksum, a count and eight streams.
        const ENTRY_LEN_MAX: usize = 32 + 4 + 1 + 8 * 16;
        let mut value = Vec::with_capacity(VALUE_LEN_MAX);
        let mut value_at = first;
        for (seq, entry) in (first..).zip(index) {
            if value.len().saturating_add(ENTRY_LEN_MAX) > VALUE_LEN_MAX {
                batch.put(&index_key(journal, value_at), &value);
                value.clear();
            }
            if value.is_empty() {
                value_at = seq;
            }
            value.extend_from_slice(&entry.leaf.0);
            value.extend_from_slice(&entry.check.to_be_bytes());
            let streams = entry.streams.as_slice();
            value.push(u8::try_from(streams.len()).unwrap_or(u8::MAX));
            for id in streams {
                value.extend_from_slice(&id.0);
            }
        }
        if !value.is_empty() {
            batch.put(&index_key(journal, value_at), &value);
        }
    }

    /// Applies a batch and makes it durable.
    ///
    /// # Errors
    /// When it may not be.
    pub fn commit(&self, batch: Batch) -> Result<(), DatabaseError> {
        self.database.apply(batch)?;
        self.sync()
    }

    /// Makes all that it holds durable.
    ///
    /// # Errors
    /// When it may not be.
    pub(super) fn sync(&self) -> Result<(), DatabaseError> {
        self.database.sync()
    }

    /// Calls `each` with the position and entry of every record of `journal` from `from` on that
    /// this generation holds.
    ///
    /// # Errors
    /// When the store cannot be read or its index is not one.
    pub fn index_from(
        &self,
        journal: JournalId,
        from: u64,
        mut each: impl FnMut(u64, IndexEntry),
    ) -> Result<(), JournalError> {
        let prefix = [b'x', journal.index()];
        // The value that holds `from` may begin before it.
        let start = self.database.floor(&prefix, &index_key(journal, from))?;
        let start = start.map_or_else(|| index_key(journal, from).to_vec(), |(k, _)| k.to_vec());
        for entry in self.database.scan(&prefix, &start) {
            let (key, value) = entry?;
            let mut seq = key_seq(&key).unwrap_or(u64::MAX);
            let mut rest: &[u8] = &value;
            while !rest.is_empty() {
                let damaged = || {
                    JournalError::damaged(
                        journal,
                        seq,
                        self.place(),
                        "its index entry is unreadable",
                    )
                };
                let (entry, tail) = split_entry(rest).ok_or_else(damaged)?;
                if seq >= from {
                    each(seq, entry);
                }
                rest = tail;
                seq = seq.saturating_add(1);
            }
        }
        Ok(())
    }

    /// The first position of `journal` that this generation holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first(&self, journal: JournalId) -> Result<Option<u64>, JournalError> {
        let prefix = [b'b', journal.index()];
        let entry = self.database.scan(&prefix, &prefix).next().transpose()?;
        Ok(entry.and_then(|(key, _)| key_seq(&key)))
    }

    /// Calls `each` with the records of `journal` from `from` to before `to` that this generation
    /// holds, in order, until it returns false.
    ///
    /// # Errors
    /// When the store cannot be read or holds something other than records.
    pub fn records(
        &self,
        journal: JournalId,
        from: u64,
        to: u64,
        mut each: impl FnMut(u64, &[u8], &[u8]) -> Result<bool, JournalError>,
    ) -> Result<(), JournalError> {
        let prefix = [b'b', journal.index()];
        // The value that holds `from` may begin before it; the end of an earlier long record not.
        let start = self
            .database
            .floor(&prefix, &block_key(journal, from, 0))?
            .filter(|(key, value)| value.first() == Some(&WHOLE) || key_seq(key) == Some(from));
        let start = start.map_or_else(|| block_key(journal, from, 0).to_vec(), |(k, _)| k.to_vec());
        // A long record is gathered from its parts; it ends where another position begins.
        let mut long: Option<(u64, Vec<u8>)> = None;
        let mut entries = self.database.scan(&prefix, &start);
        loop {
            let entry = entries.next().transpose()?;
            let at = entry.as_ref().and_then(|(key, _)| key_seq(key));
            if long.as_ref().is_some_and(|(seq, _)| Some(*seq) != at)
                && let Some((seq, bytes)) = long.take()
            {
                let Some((header, sealed, [])) = split_frame(&bytes) else {
                    return Err(self.unreadable(journal, seq));
                };
                if seq >= from && seq < to && !each(seq, header, sealed)? {
                    return Ok(());
                }
            }
            let (Some((_, value)), Some(at)) = (entry, at) else { return Ok(()) };
            if at >= to {
                return Ok(());
            }
            match value.split_first() {
                Some((&PART, bytes)) => {
                    long.get_or_insert_with(|| (at, Vec::new())).1.extend_from_slice(bytes);
                }
                Some((&WHOLE, mut rest)) => {
                    let mut seq = at;
                    while !rest.is_empty() && seq < to {
                        let (header, sealed, tail) =
                            split_frame(rest).ok_or_else(|| self.unreadable(journal, seq))?;
                        if seq >= from && !each(seq, header, sealed)? {
                            return Ok(());
                        }
                        rest = tail;
                        seq = seq.saturating_add(1);
                    }
                }
                _ => return Err(self.unreadable(journal, at)),
            }
        }
    }

    /// One record.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn record(&self, journal: JournalId, seq: u64) -> Result<Option<Stored>, JournalError> {
        let mut found = None;
        self.records(journal, seq, seq.saturating_add(1), |_, header, sealed| {
            found = Some(Stored { header: header.to_vec(), sealed: sealed.to_vec() });
            Ok(false)
        })?;
        Ok(found)
    }

    /// The words under which damage here is reported.
    pub fn place(&self) -> String {
        format!("hot store, generation {:06}", self.number)
    }

    fn unreadable(&self, journal: JournalId, seq: u64) -> JournalError {
        JournalError::damaged(journal, seq, self.place(), "the stored block holds no record here")
    }
}

pub(crate) fn split_entry(bytes: &[u8]) -> Option<(IndexEntry, &[u8])> {
    let (leaf, rest) = bytes.split_first_chunk::<32>()?;
    let (check, rest) = rest.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first()?;
    let (ids, rest) = rest.split_at_checked(usize::from(*count).checked_mul(16)?)?;
    let (ids, _) = ids.as_chunks::<16>();
    let mut sorted = [StreamId([0; 16]); STREAMS_MAX];
    let own = sorted.get_mut(..ids.len())?;
    own.iter_mut().zip(ids).for_each(|(to, id)| *to = StreamId(*id));
    let streams = Streams::new(own)?;
    // Written ascending and without twins, so anything else was changed.
    let check = u32::from_be_bytes(*check);
    (streams.as_slice() == own).then_some((IndexEntry { leaf: Hash(*leaf), check, streams }, rest))
}
