//! Committing: from drafts with a place to durable records (see [`super`] for the protocol).
//!
//! One [`Writer`] per process. Not here: who may append, and what.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use lookback_events::body::{Field, NONCE_LEN, UnitKey, fields};
use lookback_events::hash::Hash;
use lookback_events::id::{ActorId, EventId, JournalId};
use lookback_events::record::{Header, Streams, leaf_hash};
use lookback_events::time::Timestamp;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use super::hot::{Head, IndexEntry};
use super::{Frames, JournalError, Journals};

mod group;
mod sealer;

/// A clock this much behind the newest record is not believed.
const CLOCK_TOLERANCE_MICROS: i64 = 5 * 60 * 1_000_000;
/// Commits that may be on their way.
const COMMITS_MAX: usize = 1_024;
/// Bytes of bodies that may be on their way when one more commit is let in.
const IN_FLIGHT_MAX: usize = 8 * 1024 * 1024;

/// Something that can write itself as the JSON of a body.
pub trait Body: Send {
    /// Appends the body's bytes.
    fn write(&self, out: &mut Vec<u8>);
}

impl<T: serde::Serialize + Send> Body for T {
    fn write(&self, out: &mut Vec<u8>) {
        // Writing to memory cannot fail, and no body has a map with other keys than text.
        let _ = serde_json::to_writer(out, self);
    }
}

/// A record to be: everything but its place.
pub struct Draft {
    /// Name and version of the event.
    pub event: &'static str,
    /// The body.
    pub body: Box<dyn Body>,
    /// The streams it belongs to.
    pub streams: Streams,
    /// The key of its unit.
    pub key: Arc<UnitKey>,
}

/// Records of one journal that are kept whole or not at all.
pub struct Commit {
    /// The journal.
    pub journal: JournalId,
    /// Who acts.
    pub actor: ActorId,
    /// The records, in order.
    pub drafts: Vec<Draft>,
    /// About how many bytes the bodies have, for bounding what is on its way.
    pub weight: usize,
    /// For a `VolumeSealed`: the position behind the volume.
    pub announces: Option<u64>,
}

/// Where a commit was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// What to wait for.
    pub ticket: u64,
    /// The position of its first record.
    pub first: u64,
    /// How much of the control journal had been applied.
    pub control: u64,
    /// The moment of its records.
    pub recorded_at: Timestamp,
}

struct Job {
    placed: Placed,
    commit: Commit,
}

struct Encoded {
    event: &'static str,
    event_id: EventId,
    root: Hash,
    body: std::ops::Range<usize>,
    streams: Streams,
    key: Arc<UnitKey>,
}

struct EncodedCommit {
    placed: Placed,
    journal: JournalId,
    actor: ActorId,
    weight: usize,
    announces: Option<u64>,
    bodies: Vec<u8>,
    records: Vec<Encoded>,
    failed: Option<JournalError>,
}

/// A commit with its final bytes.
pub(super) struct Chained {
    pub(super) ticket: u64,
    pub(super) journal: JournalId,
    pub(super) first: u64,
    pub(super) weight: usize,
    pub(super) frames: Arc<Frames>,
    pub(super) index: Vec<IndexEntry>,
    pub(super) head: Head,
    pub(super) failed: Option<JournalError>,
}

struct Places {
    next_ticket: u64,
    /// Next position and last moment, by journal.
    journals: Vec<(u64, Timestamp)>,
    jobs: Option<Sender<Job>>,
    /// Bytes of bodies, and commits, on their way.
    in_flight: usize,
    commits: usize,
    clock_accepted: bool,
}

/// How far writing has come, for those who wait.
#[derive(Default)]
pub(super) struct Progress {
    /// All tickets below are durable.
    pub(super) durable: u64,
    /// Why nothing more will be.
    pub(super) poison: Option<Poison>,
    /// Groups handed to the sealer and not yet taken in, and `VolumeSealed` it still has to append.
    pub(super) sealing: usize,
}

/// A failed write, told to everybody who waits.
#[derive(Debug, Clone)]
pub(super) enum Poison {
    Failed(String),
    Full { path: std::path::PathBuf, free_mib: u64, wanted_mib: u64 },
}

impl Poison {
    pub(super) fn of(error: JournalError) -> Self {
        if let JournalError::DiskFull { path, free_mib, wanted_mib } = error {
            return Self::Full { path, free_mib, wanted_mib };
        }
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        Self::Failed(text)
    }

    fn error(self) -> JournalError {
        match self {
            Self::Failed(why) => JournalError::Poisoned(why),
            Self::Full { path, free_mib, wanted_mib } => {
                JournalError::DiskFull { path, free_mib, wanted_mib }
            }
        }
    }
}

/// What the threads of a writer share.
pub(super) struct Shared {
    pub(super) journals: Arc<Journals>,
    places: Mutex<Places>,
    room: Condvar,
    progress: Mutex<Progress>,
    moved: Condvar,
    /// Run ahead of every write: unit keys must be durable before the first record under them.
    before_write: Box<dyn Fn() -> Result<(), JournalError> + Send + Sync>,
    now: fn() -> Timestamp,
    announce: Announce,
}

/// Makes the draft that announces a volume.
pub type Announce =
    Box<dyn Fn(lookback_events::event::control::VolumeSealed) -> Draft + Send + Sync>;

/// The one who writes.
pub struct Writer {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Writer {
    /// Starts the stages.
    ///
    /// # Errors
    /// When the open stretches cannot be read, or a thread not be started.
    pub fn start(
        journals: Arc<Journals>,
        before_write: Box<dyn Fn() -> Result<(), JournalError> + Send + Sync>,
        now: fn() -> Timestamp,
        announce: Announce,
    ) -> Result<Self, JournalError> {
        let ids = journals.ids();
        let mut places = Vec::new();
        for journal in &ids {
            journals.load_open(*journal)?;
            super::seal::remove_unfinished(&super::read::volumes_folder(
                journals.folder(),
                *journal,
            ))?;
            let head = journals.head(*journal);
            places.push((head.next(), head.recorded_at));
        }
        // What is on its way is bounded where it enters (`submit`), so no stage blocks another while
        // it holds a lock that the other needs.
        let (jobs, to_encode) = unbounded();
        let (encoded, to_chain) = unbounded();
        let (chained, to_write) = unbounded();
        // Groups of some MiB each: few, because they are the largest things on their way.
        let (written, to_seal) = bounded(2);
        let heads = ids.iter().map(|journal| journals.head(*journal)).collect();
        let shared = Arc::new(Shared {
            journals,
            places: Mutex::new(Places {
                next_ticket: 0,
                journals: places,
                jobs: Some(jobs),
                in_flight: 0,
                commits: 0,
                clock_accepted: false,
            }),
            room: Condvar::new(),
            progress: Mutex::default(),
            moved: Condvar::new(),
            before_write,
            now,
            announce,
        });
        let mut writer = Self { shared: Arc::clone(&shared), threads: Vec::new() };
        for _ in 0..2 {
            let (from, to) = (to_encode.clone(), encoded.clone());
            writer.spawn("encode", move || encode_all(&from, &to))?;
        }
        drop((to_encode, encoded));
        writer.spawn("chain", move || chain_all(&to_chain, &chained, heads))?;
        let for_write = Arc::clone(&shared);
        writer.spawn("write", move || group::write_all(&for_write, &to_write, &written))?;
        writer.spawn("seal", move || sealer::seal_all(&shared, &to_seal))?;
        writer.announce_missing()?;
        Ok(writer)
    }

    fn spawn(
        &mut self,
        name: &str,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<(), JournalError> {
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(run)
            .map_err(JournalError::io("starting a thread", name))?;
        self.threads.push(thread);
        Ok(())
    }

    /// Announces the volumes that a crash left without their `VolumeSealed`.
    fn announce_missing(&self) -> Result<(), JournalError> {
        for journal in self.shared.journals.ids() {
            let announced = self.shared.journals.head(journal).announced;
            for volume in self.shared.journals.volumes(journal) {
                if volume.tail.end() > announced {
                    self.shared.announce_volume(&volume.tail)?;
                }
            }
        }
        Ok(())
    }

    /// Lets a clock that went back be used; the caller records that a person said so.
    pub fn accept_clock(&self) {
        lock(&self.shared.places).clock_accepted = true;
    }

    /// Gives a commit its place and sends it on its way. What it holds is durable when
    /// [`Writer::wait`] for its ticket returns.
    ///
    /// # Errors
    /// When writing has failed before, or the clock cannot be believed.
    pub fn submit(&self, commit: Commit) -> Result<Placed, JournalError> {
        self.shared.submit(commit)
    }

    /// Waits until the commit of this ticket is durable.
    ///
    /// # Errors
    /// When it could not be made so.
    pub fn wait(&self, ticket: u64) -> Result<(), JournalError> {
        let mut progress = lock(&self.shared.progress);
        loop {
            if progress.durable > ticket {
                return Ok(());
            }
            if let Some(poison) = progress.poison.clone() {
                return Err(poison.error());
            }
            progress = self.shared.moved.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// True when the commit of this ticket is durable.
    pub fn is_durable(&self, ticket: u64) -> bool {
        lock(&self.shared.progress).durable > ticket
    }

    /// Waits until all that was submitted is durable.
    ///
    /// # Errors
    /// When it could not be made so.
    pub fn flush(&self) -> Result<(), JournalError> {
        let next = lock(&self.shared.places).next_ticket;
        next.checked_sub(1).map_or(Ok(()), |last| self.wait(last))
    }

    /// Waits until all is durable and all volumes that are due are made and announced.
    ///
    /// # Errors
    /// When it could not be made so.
    pub fn settle(&self) -> Result<(), JournalError> {
        self.flush()?;
        let mut progress = lock(&self.shared.progress);
        while progress.sealing > 0 && progress.poison.is_none() {
            progress = self.shared.moved.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        drop(progress);
        self.flush()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What was submitted is still written; the volumes that are due are made at the next start.
        let _ = self.flush();
        let mut progress = lock(&self.shared.progress);
        while progress.sealing > 0 && progress.poison.is_none() {
            progress = self.shared.moved.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        drop(progress);
        lock(&self.shared.places).jobs = None;
        self.shared.room.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    pub(super) fn submit(&self, commit: Commit) -> Result<Placed, JournalError> {
        let mut places = lock(&self.places);
        // The sealer's own announcements are small and must not wait for those who wait for it.
        let full =
            |places: &Places| places.in_flight > IN_FLIGHT_MAX || places.commits >= COMMITS_MAX;
        while full(&places) && commit.announces.is_none() {
            if let Some(poison) = lock(&self.progress).poison.clone() {
                return Err(poison.error());
            }
            places = self.room.wait(places).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(poison) = lock(&self.progress).poison.clone() {
            return Err(poison.error());
        }
        let control = places.journals.first().map_or(0, |(next, _)| *next);
        let accepted = places.clock_accepted;
        let now = (self.now)();
        let ticket = places.next_ticket;
        let journal = commit.journal;
        let closed = || JournalError::Poisoned("the ledger is being closed".to_owned());
        let place = places.journals.get_mut(usize::from(journal.index())).ok_or_else(closed)?;
        let (first, newest) = *place;
        // That a volume was made is no matter of time: it follows from records that are there.
        if !accepted && commit.announces.is_none() && is_behind(now, newest) {
            return Err(JournalError::ClockBehind { journal, now, newest });
        }
        let recorded_at = now.max(newest);
        let count = u64::try_from(commit.drafts.len()).unwrap_or(u64::MAX);
        *place = (first.saturating_add(count), recorded_at);
        places.next_ticket = ticket.saturating_add(1);
        places.in_flight = places.in_flight.saturating_add(commit.weight);
        places.commits = places.commits.saturating_add(1);
        let placed = Placed { ticket, first, control, recorded_at };
        let jobs = places.jobs.clone().ok_or_else(closed)?;
        // Sent under the lock: the channel's order is the order of places.
        jobs.send(Job { placed, commit }).map_err(|_| closed())?;
        drop(places);
        Ok(placed)
    }

    pub(super) fn announce_volume(&self, tail: &super::volume::Tail) -> Result<(), JournalError> {
        use lookback_events::event::control::{SealedStretch, VolumeSealed};
        let volume = SealedStretch {
            first: tail.first,
            index_root: tail.index_root,
            last: tail.end().saturating_sub(1),
            streams: tail.streams,
        };
        let draft = (self.announce)(VolumeSealed { volume });
        self.submit(Commit {
            journal: tail.journal,
            actor: service_actor(),
            drafts: vec![draft],
            weight: 0,
            announces: Some(tail.end()),
        })?;
        Ok(())
    }

    fn poison(&self, error: JournalError) {
        let mut progress = lock(&self.progress);
        if progress.poison.is_none() {
            progress.poison = Some(Poison::of(error));
        }
        drop(progress);
        self.moved.notify_all();
        self.room.notify_all();
    }
}

/// True when a clock stands so far before a record's moment that it cannot be believed.
pub fn is_behind(now: Timestamp, newest: Timestamp) -> bool {
    newest.micros().saturating_sub(now.micros()) > CLOCK_TOLERANCE_MICROS
}

/// Who acts where the ledger itself does.
pub fn service_actor() -> ActorId {
    ActorId::parse("svc-ledger").unwrap_or_else(|_| unreachable_actor())
}

#[allow(clippy::panic, reason = "a constant that a test reads")]
fn unreachable_actor() -> ActorId {
    panic!("svc-ledger is an actor id")
}

/// A fast source of event ids and nonces, seeded by the operating system.
fn random() -> ChaCha12Rng {
    let mut seed = [0_u8; 32];
    // Without randomness nothing can be sealed; zeros would repeat nonces, so stop instead.
    if getrandom::fill(&mut seed).is_err() {
        std::process::abort();
    }
    ChaCha12Rng::from_seed(seed)
}

fn encode_all(from: &Receiver<Job>, to: &Sender<EncodedCommit>) {
    let mut random = random();
    for job in from {
        if to.send(encode(job, &mut random)).is_err() {
            return;
        }
    }
}

fn encode(job: Job, random: &mut ChaCha12Rng) -> EncodedCommit {
    let Job { placed, commit } = job;
    let mut bodies = Vec::with_capacity(commit.weight);
    let mut records = Vec::with_capacity(commit.drafts.len());
    let mut failed = None;
    let mut split = Vec::new();
    for draft in commit.drafts {
        let from = bodies.len();
        draft.body.write(&mut bodies);
        let body = from..bodies.len();
        let text = bodies.get(body.clone()).unwrap_or_default();
        let mut event_id = EventId([0; 16]);
        random.fill_bytes(&mut event_id.0);
        let mut found: Vec<Field<'_>> = std::mem::take(&mut split);
        let root = match fields(text, &mut found) {
            Ok(()) => draft.key.root(event_id, &found),
            Err(source) => {
                failed = Some(JournalError::Body { event: draft.event, source });
                Hash([0; 32])
            }
        };
        records.push(Encoded {
            event: draft.event,
            event_id,
            root,
            body,
            streams: draft.streams,
            key: draft.key,
        });
    }
    EncodedCommit {
        placed,
        journal: commit.journal,
        actor: commit.actor,
        weight: commit.weight,
        announces: commit.announces,
        bodies,
        records,
        failed,
    }
}

fn chain_all(from: &Receiver<EncodedCommit>, to: &Sender<Chained>, mut heads: Vec<Head>) {
    let mut random = random();
    let mut waiting = BTreeMap::new();
    let mut next = 0_u64;
    for commit in from {
        waiting.insert(commit.placed.ticket, commit);
        while let Some(commit) = waiting.remove(&next) {
            next = next.saturating_add(1);
            let Some(head) = heads.get_mut(usize::from(commit.journal.index())) else { return };
            if to.send(chain(commit, head, &mut random)).is_err() {
                return;
            }
        }
    }
}

fn chain(commit: EncodedCommit, head: &mut Head, random: &mut ChaCha12Rng) -> Chained {
    let mut frames = Frames::default();
    frames.reserve(commit.bodies.len(), commit.records.len());
    let mut index = Vec::with_capacity(commit.records.len());
    let mut failed = commit.failed;
    for (seq, record) in (commit.placed.first..).zip(&commit.records) {
        let is_control = commit.journal.is_control();
        let header = Header {
            actor: commit.actor.as_str(),
            body: record.root,
            control: if is_control { seq } else { commit.placed.control },
            event: record.event,
            event_id: record.event_id,
            journal: commit.journal,
            key: record.key.id(),
            prev: head.leaf,
            recorded_at: commit.placed.recorded_at,
            seq,
            streams: record.streams,
        };
        let range = frames.header(|out| header.encode(out));
        let leaf = leaf_hash(frames.bytes().get(range).unwrap_or_default());
        let mut nonce = [0_u8; NONCE_LEN];
        random.fill_bytes(&mut nonce);
        let body = commit.bodies.get(record.body.clone()).unwrap_or_default();
        let sealed = frames.sealed(|out| {
            if record.key.seal(&leaf, &nonce, body, out).is_err() {
                failed = Some(JournalError::Poisoned("a body could not be sealed".to_owned()));
            }
        });
        head.tree.push(leaf);
        head.leaf = Some(leaf);
        let check = crc32fast::hash(frames.bytes().get(sealed).unwrap_or_default());
        index.push(IndexEntry { leaf, check, streams: record.streams });
    }
    head.recorded_at = commit.placed.recorded_at;
    if let Some(announced) = commit.announces {
        head.announced = announced;
    }
    Chained {
        ticket: commit.placed.ticket,
        journal: commit.journal,
        first: commit.placed.first,
        weight: commit.weight,
        frames: Arc::new(frames),
        index,
        head: head.clone(),
        failed,
    }
}

/// Commits that became durable together, for the sealer.
pub(super) struct Written {
    pub(super) commits: VecDeque<(JournalId, u64, Arc<Frames>, Timestamp)>,
    /// Journals whose open stretch was cut, so that an older generation can go.
    pub(super) cut: bool,
}
