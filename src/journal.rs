//! Journals: append-only chains of records, durable before anything is acknowledged.
//!
//! Ground state lives here and nowhere else: hot in sled ([`hot`]), cold in volume files
//! ([`volume`]). One thread writes ([`commit`]); anybody reads ([`Journals`]). Not here: what the
//! records mean (events), what follows from them (rows), and who may append what (decide).
//!
//! # The commit
//!
//! `submit` gives a commit its place (position, moment, control position) under one lock, so places
//! are in the order of submission. Then three stages, each a thread or two of its own:
//!
//! 1. *encode*: bodies become bytes, fields become commitments, commitments a root. In any order.
//! 2. *chain*: in order. Header with `prev`, leaf hash, tree; then the body is sealed to its leaf.
//! 3. *write*: what is ready becomes one sled batch, is flushed and synced, then acknowledged.
//!    If we crash before the sync, the batch is there whole or not at all, and nobody was told.
//!    After a failed sync the journals are poisoned: nothing more is written by this process.
//!
//! Behind the acknowledgement a fourth thread copies the records into the volume under construction
//! ([`seal`]); it may lag, and if we crash it begins again from what sled holds.

use std::path::PathBuf;

use lookback_events::body::BodyError;
use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::time::Timestamp;

pub mod commit;
pub mod hot;
pub mod open;
pub mod read;
pub mod seal;
pub mod sled;
pub mod streams;
pub mod volume;

pub use read::Journals;

/// The place of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Its journal.
    pub journal: JournalId,
    /// Its number there, from 0.
    pub seq: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.journal, self.seq)
    }
}

impl std::str::FromStr for Position {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a position such as p02/118204");
        let (journal, seq) = text.split_once('/').ok_or_else(wrong)?;
        Ok(Self {
            journal: JournalId::parse(journal).map_err(|_| wrong())?,
            seq: seq.parse().map_err(|_| wrong())?,
        })
    }
}

/// A record as stored: the header's bytes and the sealed body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The header, which is the leaf.
    pub header: Vec<u8>,
    /// Nonce, ciphertext and tag.
    pub sealed: Vec<u8>,
}

impl Stored {
    /// Appends the record's frame, as volumes and Kafka hold it.
    pub(crate) fn push_frame(&self, out: &mut Vec<u8>) {
        for part in [&self.header, &self.sealed] {
            out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(part);
        }
    }
}

/// Damage: what is stored is not what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The record, or where the record should be.
    pub at: Position,
    /// Where it lies: a volume and byte, or the hot store.
    pub place: String,
    /// What differs.
    pub what: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.at, self.what)?;
        if !self.expected.is_empty() || !self.found.is_empty() {
            write!(f, "; expected {}, found {}", self.expected, self.found)?;
        }
        write!(f, "; {}", self.place)
    }
}

/// Why a journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system failed.
    #[error("{what} failed at {path}")]
    Io {
        /// Which step.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The file system's error.
        #[source]
        source: std::io::Error,
    },
    /// The hot store or the rows failed.
    #[error("the store failed")]
    Database(#[from] self::sled::DatabaseError),
    /// What is stored is not what was recorded; `lookback verify` says more.
    #[error("damaged: {0}")]
    Damaged(Box<Damage>),
    /// A write failed before, so nothing more may be acknowledged; open the ledger again.
    #[error("a write failed and nothing more is accepted until the ledger is opened again: {0}")]
    Poisoned(String),
    /// The disk is nearly full; free some space and try again.
    #[error("only {free_mib} MiB are free at {path}, and {wanted_mib} MiB are kept in reserve")]
    DiskFull {
        /// The ledger.
        path: PathBuf,
        /// What is free.
        free_mib: u64,
        /// What is kept in reserve.
        wanted_mib: u64,
    },
    /// A copy that is needed for a while does not fit on the disk; free some space and try again.
    #[error(
        "the database at {} can only be tried with a copy of it, which takes {wanted_mib} MiB, and \
         {free_mib} MiB are free; nothing was changed",
        path.display()
    )]
    NoRoom {
        /// The database.
        path: PathBuf,
        /// What is free.
        free_mib: u64,
        /// What a copy takes.
        wanted_mib: u64,
    },
    /// The clock stands more than five minutes before the newest record.
    #[error("the clock says {now}, but the newest record of {journal} is of {newest}")]
    ClockBehind {
        /// The journal.
        journal: JournalId,
        /// What the clock says.
        now: Timestamp,
        /// The newest record's moment.
        newest: Timestamp,
    },
    /// An event's body is not one: an error of ours, caught before anything was written.
    #[error("an event of kind {event} has no lawful body")]
    Body {
        /// The event's name.
        event: &'static str,
        /// What was wrong.
        #[source]
        source: BodyError,
    },
}

impl JournalError {
    pub(crate) fn io(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }

    pub(crate) fn damaged(
        journal: JournalId,
        seq: u64,
        place: impl Into<String>,
        what: impl Into<String>,
    ) -> Self {
        Self::Damaged(Box::new(Damage {
            at: Position { journal, seq },
            place: place.into(),
            what: what.into(),
            expected: String::new(),
            found: String::new(),
        }))
    }

    pub(crate) fn differs(
        at: Position,
        place: impl Into<String>,
        what: impl Into<String>,
        expected: &Hash,
        found: &Hash,
    ) -> Self {
        Self::Damaged(Box::new(Damage {
            at,
            place: place.into(),
            what: what.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }))
    }
}

/// Bytes of several records of one journal, framed as volumes and Kafka hold them:
/// `u32 length || header || u32 length || sealed body`, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frames {
    bytes: Vec<u8>,
    /// Where each record ends.
    ends: Vec<usize>,
}

impl Frames {
    /// No records yet, in a buffer that was used before: what it holds is thrown away.
    pub(crate) fn with_buffer(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        Self { bytes, ends: Vec::new() }
    }

    /// The bytes, to be used again.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Begins a record: reserves its header's length, lets `write` append the header, and returns
    /// what `write` returned with the header's range.
    pub(crate) fn header(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> std::ops::Range<usize> {
        Self::framed(&mut self.bytes, write)
    }

    /// Ends the record begun last with its sealed body; returns that one's range.
    pub(crate) fn sealed(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> std::ops::Range<usize> {
        let range = Self::framed(&mut self.bytes, write);
        self.ends.push(self.bytes.len());
        range
    }

    fn framed(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> std::ops::Range<usize> {
        let length_at = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        let from = bytes.len();
        write(bytes);
        let to = bytes.len();
        let len = u32::try_from(to.saturating_sub(from)).unwrap_or(u32::MAX);
        if let Some(slot) = bytes.get_mut(length_at..from) {
            slot.copy_from_slice(&len.to_be_bytes());
        }
        from..to
    }

    /// Makes room for records whose bodies have so many bytes.
    pub(crate) fn reserve(&mut self, bodies: usize, records: usize) {
        // A header has about 600 bytes, the framing and the seal 48.
        self.bytes.reserve(bodies.saturating_add(records.saturating_mul(700)));
        self.ends.reserve(records);
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many records.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True without records.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The frame of each record.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(from, to)| self.bytes.get(from..*to).unwrap_or_default())
    }
}

/// Takes one frame off the front: header, sealed body, and what is left.
pub(crate) fn split_frame(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    fn one(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        let (len, rest) = bytes.split_first_chunk::<4>()?;
        rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
    }
    let (header, rest) = one(bytes)?;
    let (sealed, rest) = one(rest)?;
    Some((header, sealed, rest))
}
