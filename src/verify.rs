//! Verification: everything that is stored, read again and compared with everything that binds it.
//!
//! Not a repair ([`crate::repair`]), and not a judgement about who damaged what: a report of what was
//! checked, in numbers, and of each place where what is stored is not what was recorded. It never
//! stops at the first fault and never panics on one; a fault in one journal does not hide another.
//!
//! What binds what: a record's header is bound by its leaf hash, stored beside it and named by the
//! record behind it; the leaves are bound by the tree, whose edge each head and each volume holds;
//! a body is bound by its commitments, its seal and a checksum; the stream index by the headers and
//! by the journal's own `VolumeSealed`; all of a volume that is no record by its digest. Where two
//! witnesses disagree the third decides which of them is called damaged.
//!
//! Work is cut into chunks of some hundred records, runs of a volume among them. Any thread reads the
//! next chunk of a journal and checks its records (`check`), in order and with the links between them
//! as far as the chunk reaches; what needs more order (links and tree between chunks, the observer)
//! is done by whoever holds the next chunk of that journal (`chain`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lookback_events::body::UnitKey;
use lookback_events::event::control::SealedStretch;
use lookback_events::id::{JournalId, KeyId};
use lookback_events::record::Header;

use crate::journal::hot::Head;
use crate::journal::{Damage, Journals, Position};

mod chain;
mod check;
mod chunk;
mod closing;
mod copies;
mod mix;
mod run;
pub(crate) mod source;

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Headers, links and trees, each record once: of a volume the headers alone are read, and its
    /// sections compared with their checksums; of the hot store only what is in no volume. Needs no
    /// unit's key but the ledger's own.
    Headers,
    /// All that, the copies in the hot store, every body opened and compared with its checksum and
    /// its commitments, and every volume's index compared with the headers and its root computed
    /// again.
    Full,
}

/// The unit keys.
pub trait Keys: Sync {
    /// The key of this id, where it is kept.
    fn key(&self, id: KeyId) -> Option<Arc<UnitKey>>;

    /// True when the key was destroyed on order, so that its bodies cannot be opened and need not.
    fn is_disposed(&self, id: KeyId) -> bool;
}

/// Who sees every good record on the way: within a journal in order, several journals at once.
pub trait Observer: Sync {
    /// A record that held; its body is `None` when its unit was disposed of, or when only headers
    /// are verified.
    fn record(&self, at: Position, header: &Header<'_>, body: Option<&[u8]>);

    /// False where nothing need be shown.
    fn looks(&self) -> bool {
        true
    }
}

/// Nobody looks on.
impl Observer for () {
    fn record(&self, _: Position, _: &Header<'_>, _: Option<&[u8]>) {}

    fn looks(&self) -> bool {
        false
    }
}

/// Which part of the store a fault lies in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The journal as a whole: its parts hold, but do not fit together.
    Journal,
    /// A volume file.
    Volume(PathBuf),
    /// A generation of the hot store.
    Generation(u32),
}

/// One damage, the part it lies in, and how many records it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong where.
    pub damage: Damage,
    /// In which part.
    pub part: Part,
    /// Records that cannot be trusted or are not there; 0 where all records hold.
    pub affected: u64,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records of the chain.
    pub records: u64,
    /// Records that lie in a volume and in the hot store, checked once more.
    pub copies: u64,
    /// Bytes of headers hashed.
    pub header_bytes: u64,
    /// Bytes of sealed bodies read and compared with their checksums.
    pub sealed_bytes: u64,
    /// Bodies opened and compared with their commitments.
    pub bodies: u64,
    /// Bytes of those.
    pub body_bytes: u64,
    /// Bodies whose unit was disposed of.
    pub disposed: u64,
    /// Stream memberships compared with an index.
    pub memberships: u64,
    /// Streams of volumes' indexes.
    pub streams: u64,
    /// Volumes.
    pub volumes: u64,
    /// Volumes whose `VolumeSealed` a crash left to be appended at the next start.
    pub unannounced: u64,
}

/// What was found in one journal.
#[derive(Debug, Clone)]
pub struct JournalReport {
    /// The journal.
    pub journal: JournalId,
    /// Where its records end, as recomputed from them; what a signed checkpoint is compared with.
    pub head: Head,
    /// False where records are missing ahead of the head, so that its tree could not be recomputed.
    pub head_is_proved: bool,
    /// Where the newest generation says that it ends.
    pub stored_head: Option<Head>,
    /// The volumes that the journal announces, each with the position of the announcement.
    pub announcements: Vec<(u64, SealedStretch)>,
    /// Stretches ahead of the head of which no record is there: the first position of each, and the one
    /// behind it.
    pub missing: Vec<(u64, u64)>,
    /// What was checked.
    pub counts: Counts,
    /// Damages by position, the first of them first; at most [`FAULTS_MAX`] are kept.
    pub faults: Vec<Fault>,
    /// How many damages there were.
    pub faults_count: u64,
    /// Records that cannot be trusted or are not there.
    pub affected: u64,
}

/// Damages of one journal that are kept word by word.
pub const FAULTS_MAX: usize = 64;

/// Time spent, summed over threads except `elapsed`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// From beginning to end.
    pub elapsed: Duration,
    /// Reading.
    pub reading: Duration,
    /// Hashing headers, comparing indexes, opening bodies.
    pub checking: Duration,
    /// Links, trees, and whoever looks on.
    pub chaining: Duration,
}

/// What was verified and what was found.
#[derive(Debug, Clone)]
pub struct Report {
    /// How deep.
    pub depth: Depth,
    /// By journal, control first.
    pub journals: Vec<JournalReport>,
    /// Generations of the hot store that could be opened.
    pub generations: u64,
    /// Generations that are there and could not be opened.
    pub unopened: Vec<u32>,
    /// Threads that worked.
    pub threads: usize,
    /// Time spent.
    pub times: Times,
}

impl Report {
    /// True when nothing is damaged.
    pub fn is_clean(&self) -> bool {
        self.journals.iter().all(|journal| journal.faults_count == 0)
    }

    /// The damages kept, journal by journal.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.journals.iter().flat_map(|journal| &journal.faults)
    }

    /// Where each journal ends, as recomputed from its records.
    pub fn heads(&self) -> impl Iterator<Item = (JournalId, &Head)> {
        self.journals.iter().map(|journal| (journal.journal, &journal.head))
    }

    /// The counts of all journals.
    pub fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        self.journals.iter().for_each(|journal| sum.add(&journal.counts));
        sum
    }

    /// Records that cannot be trusted or are not there, in all journals.
    pub fn affected(&self) -> u64 {
        self.journals.iter().fold(0, |sum, journal| sum.saturating_add(journal.affected))
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        let Self {
            records,
            copies,
            header_bytes,
            sealed_bytes,
            bodies,
            body_bytes,
            disposed,
            memberships,
            streams,
            volumes,
            unannounced,
        } = other;
        for (to, from) in [
            (&mut self.records, records),
            (&mut self.copies, copies),
            (&mut self.header_bytes, header_bytes),
            (&mut self.sealed_bytes, sealed_bytes),
            (&mut self.bodies, bodies),
            (&mut self.body_bytes, body_bytes),
            (&mut self.disposed, disposed),
            (&mut self.memberships, memberships),
            (&mut self.streams, streams),
            (&mut self.volumes, volumes),
            (&mut self.unannounced, unannounced),
        ] {
            *to = to.saturating_add(*from);
        }
    }
}

/// Verifies open journals. `progress` is told how many records more are done; nothing may be
/// written meanwhile.
pub fn journals(
    journals: &Journals,
    keys: &dyn Keys,
    depth: Depth,
    observer: &dyn Observer,
    progress: &(dyn Fn(u64) + Sync),
) -> Report {
    run::run(&source::Store::of(journals), keys, depth, observer, progress)
}

/// Verifies the journals that lie in `folder`, also when they are too damaged to be opened together.
/// No process may hold them open.
pub fn folder(
    folder: &Path,
    payment: u8,
    cache_bytes: u64,
    keys: &dyn Keys,
    depth: Depth,
    observer: &dyn Observer,
    progress: &(dyn Fn(u64) + Sync),
) -> Report {
    let store = source::Store::open(folder, payment, cache_bytes);
    run::run(&store, keys, depth, observer, progress)
}
