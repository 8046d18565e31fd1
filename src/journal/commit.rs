//! Committing: from drafts with a place to durable records (see [`super`] for the protocol).
//!
//! One [`Writer`] per process. Not here: who may append, and what.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded, unbounded};
use lookback_events::body::{BodyError, BodyWriter, UnitKey};
use lookback_events::id::{ActorId, JournalId};
use lookback_events::record::Streams;
use lookback_events::time::Timestamp;

use super::hot::{Head, IndexEntry};
use super::{Frames, JournalError, Journals};

mod buffers;
mod chain;
mod encode;
mod group;
mod sealer;

use buffers::Buffers;

/// A clock this much behind the newest record is not believed.
const CLOCK_TOLERANCE_MICROS: i64 = 5 * 60 * 1_000_000;
/// Commits that may be on their way.
const COMMITS_MAX: usize = 1_024;
/// Bytes of bodies that may be on their way when one more commit is let in.
const IN_FLIGHT_MAX: usize = 8 * 1024 * 1024;

/// Something that can write itself as a body.
pub trait Body: Send {
    /// Writes the body behind those that `out` holds.
    ///
    /// # Errors
    /// When it is not a body, or too long for one.
    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError>;
}

impl<T: serde::Serialize + Send> Body for T {
    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(self)
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

/// What a writer has made durable since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Groups of commits: each is one batch and one sync.
    pub groups: u64,
    /// Records.
    pub records: u64,
    /// Bytes of records: headers, sealed bodies and their lengths.
    pub bytes: u64,
}

/// How far writing has come, for those who wait.
#[derive(Default)]
pub(super) struct Progress {
    /// All tickets below are durable.
    pub(super) durable: u64,
    pub(super) written: Written,
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
        let buffers = Arc::new(Buffers::default());
        let mut writer = Self { shared: Arc::clone(&shared), threads: Vec::new() };
        for _ in 0..2 {
            let (from, to) = (to_encode.clone(), encoded.clone());
            let buffers = Arc::clone(&buffers);
            writer.spawn("encode", move || encode::encode_all(&from, &to, &buffers))?;
        }
        drop((to_encode, encoded));
        let for_chain = Arc::clone(&buffers);
        writer.spawn("chain", move || chain::chain_all(&to_chain, &chained, heads, &for_chain))?;
        let for_write = Arc::clone(&shared);
        writer.spawn("write", move || group::write_all(&for_write, &to_write, &written))?;
        writer.spawn("seal", move || sealer::seal_all(&shared, &to_seal, &buffers))?;
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

    /// What has become durable so far.
    pub fn written(&self) -> Written {
        lock(&self.shared.progress).written
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

/// A commit that is durable.
pub(super) struct Durable {
    pub(super) journal: JournalId,
    pub(super) first: u64,
    pub(super) frames: Arc<Frames>,
    pub(super) recorded_at: Timestamp,
}

/// Commits that became durable together, for the sealer.
pub(super) struct Group {
    pub(super) commits: Vec<Durable>,
    /// Journals whose open stretch was cut, so that an older generation can go.
    pub(super) cut: bool,
}
