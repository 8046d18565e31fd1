//! Reading journals: records by position, by stream, in order, and what proves them.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use lookback_events::hash::Hash;
use lookback_events::id::{JournalId, StreamId};
use lookback_events::merkle::{Frontier, Subtrees, node_hash};
use lookback_events::record::{Header, leaf_hash};

use super::hot::{self, Generation, Head};
use super::open::{OpenStretch, TILE_HEIGHT};
use super::sled::DatabaseError;
use super::volume::Volume;
use super::{Damage, JournalError, Position, Stored, seal};

mod lacking;

/// How the store lays itself out; measured defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of sled's cache for the hot store.
    pub cache_bytes: u64,
    /// Records after which a new generation begins.
    pub generation_records: u64,
    /// Bytes of records after which a new generation begins.
    pub generation_bytes: u64,
    /// Bytes that must stay free on the disk.
    pub reserve_bytes: u64,
    /// Records of a full volume; fewer than the format's most only where tests want many volumes.
    pub volume_records: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache_bytes: 16 * 1024 * 1024,
            generation_records: 1_000_000,
            generation_bytes: 1024 * 1024 * 1024,
            reserve_bytes: 64 * 1024 * 1024,
            volume_records: super::volume::RECORDS_MAX,
        }
    }
}

/// One journal as it stands.
#[derive(Debug)]
pub(super) struct JournalState {
    /// Durable head.
    pub(super) head: Head,
    /// Its volumes, by position.
    pub(super) volumes: Vec<Arc<Volume>>,
    /// Stretches not yet in a volume, oldest first; the last takes what is written. Empty until
    /// somebody needs it: filled from the hot store's index.
    pub(super) open: VecDeque<OpenStretch>,
    /// What is known of it where records are missing ahead of the hot store: no tree.
    tree_is_known: bool,
}

/// Everything the threads share.
#[derive(Debug)]
pub(super) struct State {
    /// The generations that hold blocks, oldest first; the last takes the writes.
    pub(super) generations: Vec<Arc<Generation>>,
    /// By index of the journal.
    pub(super) journals: Vec<JournalState>,
}

/// The journals of one ledger.
#[derive(Debug)]
pub struct Journals {
    pub(super) folder: PathBuf,
    pub(super) settings: Settings,
    pub(super) state: RwLock<State>,
    /// Volumes are missing, or a generation does not open: it can be asked, and is not written to.
    is_incomplete: bool,
    /// Volumes that were read last, open: who asks for records one by one asks many of few files.
    files: Mutex<VecDeque<(JournalId, u64, Arc<File>)>>,
}

/// How many volumes are kept open.
const OPEN_FILES: usize = 64;

impl Journals {
    /// Opens the journals that lie in `folder`: the control journal and `payment` others.
    ///
    /// # Errors
    /// When the store cannot be opened, records are missing, or head and volumes do not fit together.
    pub fn open(folder: &Path, payment: u8, settings: Settings) -> Result<Self, JournalError> {
        let journals = Self::open_with(folder, payment, settings, seal::volumes, Err)?;
        for journal in journals.ids() {
            if let Some((from, to)) = journals.first_missing(journal) {
                return Err(seal::missing(journal, from, to));
            }
        }
        Ok(journals)
    }

    fn open_with(
        folder: &Path,
        payment: u8,
        settings: Settings,
        mut volumes_of: impl FnMut(&Path, JournalId) -> Result<Vec<Volume>, JournalError>,
        mut unopened: impl FnMut(DatabaseError) -> Result<(), DatabaseError>,
    ) -> Result<Self, JournalError> {
        let hot = folder.join("hot");
        std::fs::create_dir_all(&hot).map_err(JournalError::io("making the folder", &*hot))?;
        remove_gone(&hot);
        let mut numbers = hot::numbers(&hot)?;
        if numbers.is_empty() {
            numbers.push(1);
        }
        let mut generations = Vec::new();
        for number in numbers {
            match Generation::open(&hot, number, settings.cache_bytes) {
                Ok(generation) => generations.push(generation),
                Err(error) => unopened(error)?,
            }
        }
        // A generation that was opened ahead but never written to holds no heads.
        while generations.len() > 1
            && let Some(last) = generations.last()
            && last.head(JournalId::CONTROL)?.is_none()
        {
            let last = generations.pop();
            remove(last)?;
        }
        // A process that was killed may have left records that only the system's memory holds: rows and
        // checkpoints must not rest on them before the disk does.
        for generation in &generations {
            generation.sync()?;
        }
        let newest = generations.last().cloned();
        let mut journals = Vec::new();
        for index in 0..=payment {
            let journal = JournalId::from_index(index).unwrap_or(JournalId::CONTROL);
            let volumes_folder = volumes_folder(folder, journal);
            let volumes = volumes_of(&volumes_folder, journal)?;
            let head = newest.as_ref().map(|g| g.head(journal)).transpose()?.flatten();
            let head = head.unwrap_or_default();
            if let Some(last) = volumes.last()
                && last.tail.end() > head.next()
            {
                let what = format!(
                    "the hot store ends at {}, before the volumes at {}; it is older or damaged",
                    head.next(),
                    last.tail.end()
                );
                return Err(JournalError::damaged(journal, head.next(), "hot store", what));
            }
            let volumes = volumes.into_iter().map(Arc::new).collect();
            let open = VecDeque::new();
            journals.push(JournalState { head, volumes, open, tree_is_known: true });
        }
        let state = RwLock::new(State { generations, journals });
        let files = Mutex::default();
        Ok(Self { folder: folder.to_owned(), settings, state, is_incomplete: false, files })
    }

    /// The journals, control first.
    pub fn ids(&self) -> Vec<JournalId> {
        let count = self.read_state().journals.len();
        let indexes = (0_u8..=u8::MAX).take(count);
        indexes.filter_map(|index| JournalId::from_index(index).ok()).collect()
    }

    pub(super) fn read_state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write_state(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a journal stands, durably.
    pub fn head(&self, journal: JournalId) -> Head {
        let state = self.read_state();
        state.journals.get(usize::from(journal.index())).map_or_else(Head::new, |j| j.head.clone())
    }

    /// The volumes of a journal, by position.
    pub fn volumes(&self, journal: JournalId) -> Vec<Arc<Volume>> {
        let state = self.read_state();
        state
            .journals
            .get(usize::from(journal.index()))
            .map_or_else(Vec::new, |j| j.volumes.clone())
    }

    /// The generations of the hot store, oldest first.
    pub fn generations(&self) -> Vec<Arc<Generation>> {
        self.read_state().generations.clone()
    }

    /// The folder that holds everything.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Fills the open stretch of a journal from the hot store's index, once.
    pub(super) fn load_open(&self, journal: JournalId) -> Result<(), JournalError> {
        let mut state = self.write_state();
        let state = &mut *state;
        let Some(j) = state.journals.get_mut(usize::from(journal.index())) else { return Ok(()) };
        if !j.open.is_empty() {
            return Ok(());
        }
        let tree = match j.volumes.last() {
            Some(last) => seal::tree_behind(last)?,
            None => Frontier::default(),
        };
        let end = j.head.next();
        let mut open = VecDeque::from([OpenStretch::new(tree)]);
        let mut next = open.back().map_or(0, OpenStretch::first);
        let mut missing = false;
        for generation in &state.generations {
            generation.index_from(journal, next, |seq, entry| {
                if seq > next && self.is_incomplete {
                    // A volume is missing ahead: what lies here is found, and proves nothing.
                    missing = true;
                    open.push_back(OpenStretch::new(Frontier::unknown(seq)));
                    next = seq;
                }
                if seq == next && seq < end {
                    push(&mut open, &entry, self.settings.volume_records);
                    next = next.saturating_add(1);
                }
            })?;
        }
        // Or what is missing is the end.
        missing |= self.is_incomplete && next < end;
        let grown = open.back().map(|o| o.tree().root());
        if !missing && (next != end || grown != Some(j.head.tree.root())) {
            let what = "the leaves of the newest volume and the hot store's index do not lead to \
                        the head of the journal";
            let place = "newest volume, or hot store";
            return Err(JournalError::damaged(journal, next, place, what));
        }
        j.tree_is_known = !missing;
        j.open = open;
        Ok(())
    }

    /// The positions of a stream, ascending: all of the journal's records that belong to it.
    ///
    /// # Errors
    /// When an index cannot be read.
    pub fn positions(
        &self,
        journal: JournalId,
        stream: StreamId,
    ) -> Result<Vec<u64>, JournalError> {
        self.load_open(journal)?;
        let (volumes, open) = {
            let state = self.read_state();
            let Some(j) = state.journals.get(usize::from(journal.index())) else {
                return Ok(Vec::new());
            };
            let open: Vec<u64> = j.open.iter().flat_map(|o| o.positions(stream)).collect();
            (j.volumes.clone(), open)
        };
        let mut found = Vec::new();
        for volume in volumes {
            found.extend(volume.reader_of(self.file_of(&volume)?).positions(stream)?);
        }
        found.extend(open);
        Ok(found)
    }

    /// One record.
    ///
    /// # Errors
    /// When it cannot be read; a position beyond the head is damage.
    pub fn record(&self, at: Position) -> Result<Stored, JournalError> {
        if let Some(volume) = self.volume_of(at) {
            return volume.reader_of(self.file_of(&volume)?).record(at.seq);
        }
        for generation in self.generations().iter().rev() {
            if let Some(found) = generation.record(at.journal, at.seq)? {
                return Ok(found);
            }
        }
        Err(JournalError::damaged(at.journal, at.seq, "hot store", "the record is not there"))
    }

    /// The file of a volume, open: one of those read last, or opened now in place of the oldest.
    fn file_of(&self, volume: &Volume) -> Result<Arc<File>, JournalError> {
        let (journal, first) = (volume.tail.journal, volume.tail.first);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let known = files.iter().find(|(own, from, _)| (*own, *from) == (journal, first));
        if let Some((.., file)) = known {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(volume.file()?);
        files.truncate(OPEN_FILES.saturating_sub(1));
        files.push_front((journal, first, Arc::clone(&file)));
        Ok(file)
    }

    fn volume_of(&self, at: Position) -> Option<Arc<Volume>> {
        let state = self.read_state();
        let volumes = &state.journals.get(usize::from(at.journal.index()))?.volumes;
        let after = volumes.partition_point(|v| v.tail.end() <= at.seq);
        volumes.get(after).filter(|volume| volume.tail.first <= at.seq).cloned()
    }

    /// Calls `each` with position, header and sealed body of the records from `from` to before
    /// `to`, in order, until it returns false.
    ///
    /// # Errors
    /// When one cannot be read, is missing, or `each` says so.
    pub fn records(
        &self,
        journal: JournalId,
        from: u64,
        to: u64,
        mut each: impl FnMut(u64, &[u8], &[u8]) -> Result<bool, JournalError>,
    ) -> Result<(), JournalError> {
        let (volumes, generations, end) = {
            let state = self.read_state();
            let Some(j) = state.journals.get(usize::from(journal.index())) else { return Ok(()) };
            (j.volumes.clone(), state.generations.clone(), j.head.next())
        };
        let to = to.min(end);
        let next = Cell::new(from);
        let stopped = Cell::new(false);
        let mut step = |seq: u64, header: &[u8], sealed: &[u8]| {
            if seq != next.get() {
                let what = "records are missing ahead of the one found";
                return Err(JournalError::damaged(journal, next.get(), "hot store", what));
            }
            next.set(seq.saturating_add(1));
            stopped.set(!each(seq, header, sealed)?);
            Ok(!stopped.get())
        };
        for volume in volumes {
            if volume.tail.end() > next.get() && next.get() < to && !stopped.get() {
                if volume.tail.first > next.get() {
                    return Err(seal::missing(journal, next.get(), volume.tail.first));
                }
                volume.records(next.get(), to, &mut step)?;
            }
        }
        for generation in generations {
            if next.get() < to && !stopped.get() {
                generation.records(journal, next.get(), to, &mut step)?;
            }
        }
        let (next, stopped) = (next.get(), stopped.get());
        if !stopped && next < to {
            let what = "the record is not there";
            return Err(JournalError::damaged(journal, next, "hot store", what));
        }
        Ok(())
    }

    /// A view of one journal as a Merkle tree.
    ///
    /// # Errors
    /// When the hot store's index cannot be read.
    pub fn tree(&self, journal: JournalId) -> Result<JournalTree<'_>, JournalError> {
        self.load_open(journal)?;
        let state = self.read_state();
        let own = state.journals.get(usize::from(journal.index()));
        if own.is_some_and(|own| !own.tree_is_known) {
            let first = own.and_then(|own| own.volumes.last()).map_or(0, |last| last.tail.end());
            let what = "records from here on are missing, so their tree is not known";
            return Err(JournalError::damaged(journal, first, "volumes", what));
        }
        Ok(JournalTree { journals: self, journal })
    }

    /// Re-hashes the newest records of every journal that still lie in the hot store and follows
    /// their links up to the head.
    ///
    /// # Errors
    /// When one is not what was recorded.
    pub fn verify_tail(&self) -> Result<(), JournalError> {
        const TAIL: u64 = 64;
        for journal in self.ids() {
            let head = self.head(journal);
            let from = head.next().saturating_sub(TAIL);
            let mut leaf: Option<Hash> = None;
            self.records(journal, from, head.next(), |seq, header, _| {
                let at = Position { journal, seq };
                let decoded = Header::decode(header).map_err(|error| {
                    JournalError::damaged(journal, seq, "the newest records", error.to_string())
                })?;
                let linked = leaf.is_none() || decoded.prev == leaf;
                if decoded.seq != seq || decoded.journal != journal || !linked {
                    let named = |leaf: Option<Hash>| {
                        leaf.map_or_else(|| "nothing".to_owned(), |leaf| leaf.to_string())
                    };
                    let damage = Damage {
                        at,
                        place: "the newest records".to_owned(),
                        what: "the record does not follow the one before".to_owned(),
                        expected: named(leaf),
                        found: named(decoded.prev),
                    };
                    return Err(JournalError::Damaged(Box::new(damage)));
                }
                leaf = Some(leaf_hash(header));
                Ok(true)
            })?;
            if leaf != head.leaf {
                let what = "the newest record is not the head of the journal";
                let at = head.next().saturating_sub(1);
                return Err(JournalError::damaged(journal, at, "hot store", what));
            }
        }
        Ok(())
    }
}

/// Appends to the last stretch, beginning a new one when it is full.
pub(super) fn push(open: &mut VecDeque<OpenStretch>, entry: &hot::IndexEntry, volume_records: u64) {
    let limit = volume_records.clamp(1, super::volume::RECORDS_MAX);
    let full = |o: &OpenStretch| u64::try_from(o.len()).is_ok_and(|n| n >= limit);
    if let Some(last) = open.back()
        && full(last)
    {
        let next = OpenStretch::new(last.tree().clone());
        open.push_back(next);
    }
    if let Some(last) = open.back_mut() {
        last.push(entry);
    }
}

/// Ends the last stretch where it stands, so that it can become a short volume.
pub(super) fn cut(open: &mut VecDeque<OpenStretch>) {
    if let Some(last) = open.back()
        && !last.is_empty()
    {
        let next = OpenStretch::new(last.tree().clone());
        open.push_back(next);
    }
}

/// The folder of a journal's volumes.
pub fn volumes_folder(folder: &Path, journal: JournalId) -> PathBuf {
    folder.join("volumes").join(journal.to_string())
}

/// Closes a generation that nobody uses and removes it whole.
pub(super) fn remove(generation: Option<Arc<Generation>>) -> Result<(), JournalError> {
    let Some(generation) = generation else { return Ok(()) };
    let path = generation.path().to_owned();
    drop(generation);
    // If we crash behind this: half of a generation does not open, but this is no generation's name.
    let gone = path.with_extension(GONE);
    std::fs::rename(&path, &gone)
        .and_then(|()| std::fs::remove_dir_all(&gone))
        .map_err(JournalError::io("removing a generation", path.as_path()))
}

/// How the name of a generation ends while it is removed.
const GONE: &str = "gone";

/// Removes what a crash left of generations that were being removed; what cannot be removed now is
/// removed at another start.
fn remove_gone(hot: &Path) {
    for entry in std::fs::read_dir(hot).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|e| e == GONE) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// One journal as a source of subtrees' roots, from volumes and the open stretch.
#[derive(Debug)]
pub struct JournalTree<'a> {
    journals: &'a Journals,
    journal: JournalId,
}

impl JournalTree<'_> {
    fn kept(&self, level: u32, index: u64) -> Result<Option<Hash>, JournalError> {
        let last = index.saturating_add(1).checked_shl(level).unwrap_or(u64::MAX).saturating_sub(1);
        let at = Position { journal: self.journal, seq: last };
        if let Some(volume) = self.journals.volume_of(at) {
            let reader = volume.reader()?;
            if level == 0 {
                return Ok(reader.leaves(last, last.saturating_add(1))?.first().copied());
            }
            let subtrees = reader.subtrees()?;
            let found = subtrees.iter().find(|s| s.level == level && s.index == index);
            return Ok(found.map(|s| s.hash));
        }
        let state = self.journals.read_state();
        let open = state.journals.get(usize::from(self.journal.index())).map(|j| &j.open);
        let mut stretches = open.into_iter().flatten();
        Ok(stretches.find_map(|o| if level == 0 { o.leaf(last) } else { o.subtree(level, index) }))
    }

    /// The leaf hashes from `from` to before `to`.
    ///
    /// # Errors
    /// When one cannot be had.
    pub fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, JournalError> {
        let mut out = Vec::new();
        let mut at = from;
        while at < to {
            if let Some(volume) =
                self.journals.volume_of(Position { journal: self.journal, seq: at })
            {
                let end = to.min(volume.tail.end());
                out.extend(volume.reader()?.leaves(at, end)?);
                at = end;
            } else {
                out.push(self.subtree(0, at)?);
                at = at.saturating_add(1);
            }
        }
        Ok(out)
    }
}

impl Subtrees for JournalTree<'_> {
    type Error = JournalError;

    fn subtree(&self, level: u32, index: u64) -> Result<Hash, JournalError> {
        if level.is_multiple_of(TILE_HEIGHT)
            && let Some(hash) = self.kept(level, index)?
        {
            return Ok(hash);
        }
        let missing = || {
            let what = "the leaf hash is not there";
            JournalError::damaged(self.journal, index.checked_shl(level).unwrap_or(0), "tree", what)
        };
        if level == TILE_HEIGHT {
            let first = index.saturating_mul(256);
            let leaves = self.leaves(first, first.saturating_add(256))?;
            return Ok(lookback_events::merkle::root_of(leaves));
        }
        let below = level.checked_sub(1).ok_or_else(missing)?;
        let left = index.saturating_mul(2);
        let left_hash = self.subtree(below, left)?;
        Ok(node_hash(&left_hash, &self.subtree(below, left.saturating_add(1))?))
    }
}
