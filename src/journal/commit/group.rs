//! The write stage: what is ready becomes one batch, one flush, one sync.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use lookback_events::id::JournalId;

use super::{Chained, Durable, Group, Shared, Written, lock};
use crate::journal::hot::{Generation, IndexEntry};
use crate::journal::read::{self, push};
use crate::journal::sled::{Batch, DatabaseError};
use crate::journal::{Frames, JournalError};

/// Bytes after which a group is not made larger: a sync costs far less than writing as much.
const GROUP_LEN: usize = 2 * 1024 * 1024;

/// How full the newest generation is, and the next one, opened ahead.
struct Fill {
    records: u64,
    bytes: u64,
    next: Option<JoinHandle<Result<Arc<Generation>, DatabaseError>>>,
    /// The open stretches were cut since the newest generation took over.
    cut: bool,
}

pub(super) fn write_all(shared: &Shared, from: &Receiver<Chained>, to: &Sender<Group>) {
    let mut fill = Fill { records: 0, bytes: 0, next: None, cut: false };
    if let Err(error) = fill.measure(shared) {
        shared.poison(error);
    }
    while let Ok(first) = from.recv() {
        let mut group = vec![first];
        let mut len = 0_usize;
        while len < GROUP_LEN
            && let Ok(more) = from.try_recv()
        {
            len = len.saturating_add(more.frames.bytes().len());
            group.push(more);
        }
        let weight = group.iter().fold(0_usize, |sum, c| sum.saturating_add(c.weight));
        let commits = group.len();
        if lock(&shared.progress).poison.is_none() {
            match write(shared, &mut fill, group) {
                Ok(written) => {
                    if to.send(written).is_err() {
                        return;
                    }
                }
                Err(error) => shared.poison(error),
            }
        }
        let mut places = lock(&shared.places);
        places.in_flight = places.in_flight.saturating_sub(weight);
        places.commits = places.commits.saturating_sub(commits);
        drop(places);
        shared.room.notify_all();
    }
}

fn write(shared: &Shared, fill: &mut Fill, group: Vec<Chained>) -> Result<Group, JournalError> {
    let mut group = group;
    if let Some(failed) = group.iter_mut().find_map(|c| c.failed.take()) {
        return Err(failed);
    }
    check_room(shared)?;
    (shared.before_write)()?;
    let generation = fill.generation(shared)?;
    let mut batch = Batch::default();
    let ids = shared.journals.ids();
    for journal in &ids {
        put_journal(&mut batch, *journal, &group);
    }
    // If we crash before the sync, the batch is there whole or not at all, and nobody was told.
    generation.commit(batch)?;
    // From here on the group is a fact, whatever fails after it.
    let mut state = shared.journals.write_state();
    for commit in &group {
        let Some(j) = state.journals.get_mut(usize::from(commit.journal.index())) else { continue };
        j.head = commit.head.clone();
        let limit = shared.journals.settings.volume_records;
        commit.index.iter().for_each(|entry| push(&mut j.open, entry, limit));
    }
    let cut = fill.count(shared, &group);
    if cut {
        for j in &mut state.journals {
            read::cut(&mut j.open);
        }
    }
    drop(state);
    let durable = group.last().map_or(0, |last| last.ticket.saturating_add(1));
    let commits = group.into_iter().map(|commit| Durable {
        journal: commit.journal,
        first: commit.first,
        frames: commit.frames,
        recorded_at: commit.head.recorded_at,
    });
    let commits: Vec<Durable> = commits.collect();
    let mut progress = lock(&shared.progress);
    progress.durable = durable;
    progress.sealing = progress.sealing.saturating_add(1);
    progress.written.add(&commits);
    drop(progress);
    shared.moved.notify_all();
    Ok(Group { commits, cut })
}

impl Written {
    fn add(&mut self, commits: &[Durable]) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.groups = self.groups.saturating_add(1);
        for commit in commits {
            self.records = self.records.saturating_add(count(commit.frames.len()));
            self.bytes = self.bytes.saturating_add(count(commit.frames.bytes().len()));
        }
    }
}

/// Puts a journal's part of the group into the batch: records in common pieces, then the head.
fn put_journal(batch: &mut Batch, journal: JournalId, group: &[Chained]) {
    let own = || group.iter().filter(|c| c.journal == journal);
    let (Some(first), Some(last)) = (own().next(), own().next_back()) else { return };
    let frames: Vec<Arc<Frames>> = own().map(|c| Arc::clone(&c.frames)).collect();
    let index: Vec<IndexEntry> = own().flat_map(|c| c.index.iter().copied()).collect();
    Generation::put_records(batch, journal, first.first, &frames, &index);
    Generation::put_head(batch, journal, &last.head);
}

/// sled cannot be opened on a full disk, so writing stops before the disk is full.
fn check_room(shared: &Shared) -> Result<(), JournalError> {
    const MIB: u64 = 1024 * 1024;
    let path = shared.journals.folder();
    let stat = rustix::fs::statvfs(path)
        .map_err(|errno| JournalError::io("asking for free space", path)(errno.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let wanted = shared.journals.settings.reserve_bytes;
    if free >= wanted {
        return Ok(());
    }
    Err(JournalError::DiskFull {
        path: path.to_owned(),
        free_mib: free / MIB,
        wanted_mib: wanted / MIB,
    })
}

impl Fill {
    /// After a restart: how full the newest generation is, as far as it matters.
    fn measure(&mut self, shared: &Shared) -> Result<(), JournalError> {
        let generations = shared.journals.generations();
        let Some(newest) = generations.last() else { return Ok(()) };
        for journal in shared.journals.ids() {
            if let Some(first) = newest.first(journal)? {
                let count = shared.journals.head(journal).next().saturating_sub(first);
                self.records = self.records.saturating_add(count);
            }
        }
        let file = newest.path().join("db");
        self.bytes = std::fs::metadata(&file)
            .map_err(JournalError::io("measuring a generation", file.as_path()))?
            .len();
        self.cut = generations.len() <= 1;
        Ok(())
    }

    /// The generation that takes this group: the newest, or the next when that is full.
    fn generation(&mut self, shared: &Shared) -> Result<Arc<Generation>, JournalError> {
        let settings = shared.journals.settings;
        let newest = shared.journals.generations().last().cloned();
        let newest = newest
            .ok_or_else(|| JournalError::Poisoned("the hot store has no generation".to_owned()))?;
        let full = |part: u64| {
            self.records >= (settings.generation_records / 4).saturating_mul(part)
                || self.bytes >= (settings.generation_bytes / 4).saturating_mul(part)
        };
        if full(3) && self.next.is_none() {
            let hot = shared.journals.folder().join("hot");
            let (number, cache) = (newest.number.saturating_add(1), settings.cache_bytes);
            // Opened ahead, because making a database takes half a second.
            self.next = Some(std::thread::spawn(move || Generation::open(&hot, number, cache)));
        }
        let is_full = full(4);
        if is_full && let Some(next) = self.next.take() {
            let joined = next.join();
            let next = joined.map_err(|_| {
                JournalError::Poisoned("opening a generation panicked".to_owned())
            })??;
            // Heads first, so that the newest generation alone tells where every journal stands.
            // If we crash before this is durable the generation has no heads and is dropped on open.
            let mut batch = Batch::default();
            for journal in shared.journals.ids() {
                Generation::put_head(&mut batch, journal, &shared.journals.head(journal));
            }
            next.commit(batch)?;
            shared.journals.write_state().generations.push(Arc::clone(&next));
            (self.records, self.bytes, self.cut) = (0, 0, false);
            return Ok(next);
        }
        Ok(newest)
    }

    /// Counts a group; true when the open stretches must be cut, so that the generation before can
    /// go: at half of the newest, when busy journals have filled volumes of their own.
    fn count(&mut self, shared: &Shared, group: &[Chained]) -> bool {
        for commit in group {
            let (records, bytes) = (commit.frames.len(), commit.frames.bytes().len());
            self.records = self.records.saturating_add(u64::try_from(records).unwrap_or(0));
            self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(0));
        }
        let settings = shared.journals.settings;
        let half = self.records >= settings.generation_records / 2
            || self.bytes >= settings.generation_bytes / 2;
        if half && !self.cut {
            self.cut = true;
            return true;
        }
        false
    }
}

/// Removes generations whose records all lie in announced volumes.
pub(super) fn remove_old(shared: &Shared) -> Result<(), JournalError> {
    loop {
        let generations = shared.journals.generations();
        let [oldest, _, ..] = generations.as_slice() else { return Ok(()) };
        for journal in shared.journals.ids() {
            let head = shared.journals.head(journal);
            // What the oldest holds ends where a later one begins, or at the head.
            let mut end = head.next();
            for later in generations.iter().skip(1).rev() {
                end = later.first(journal)?.unwrap_or(end);
            }
            let holds = oldest.first(journal)?.is_some();
            if holds && end > head.announced {
                return Ok(());
            }
        }
        let number = oldest.number;
        drop(generations);
        let mut state = shared.journals.write_state();
        let gone = state.generations.iter().position(|g| g.number == number);
        let gone = gone.map(|at| state.generations.remove(at));
        drop(state);
        // A reader may still hold it; then it goes at the next start.
        if let Some(gone) = gone
            && Arc::strong_count(&gone) == 1
        {
            read::remove(Some(gone))?;
        }
    }
}
