//! The ledger's rows: a sled database behind an overlay in memory.
//!
//! Off the commit path: a decision sees the overlay at once; what is in it reaches the disk some
//! seconds later, in batches that each say up to which record of each journal the rows have been
//! folded. After a crash the rows are a little behind and catch up from the journals. Damage is no
//! loss: the rows are folded again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use lookback_events::id::JournalId;
use lookback_projections::rows::{Rows, RowsError};

use crate::journal::Position;
use crate::journal::sled::{Batch, Database, DatabaseError};

/// The key under which the database says how far it is: beside every projection's letters.
const APPLIED_KEY: &[u8] = b"\0applied";
/// The key of the version of the projections that made the rows.
const VERSION_KEY: &[u8] = b"\0version";
/// The key of the records that the rows were made without.
const UNREAD_KEY: &[u8] = b"\0unread";
/// Records left out that are named.
const UNREAD_NAMED_MAX: usize = 32;
/// Rows that gather in memory before they are saved: few enough for one modest batch.
pub const SAVE_ROWS: usize = 16_384;

type Overlay = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Records that could not be read when the rows were made, so that the rows lack them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub named: Vec<Position>,
}

impl Unread {
    /// What answers lack, in words; none where they lack nothing.
    pub fn words(&self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let named: Vec<String> = self.named.iter().take(3).map(ToString::to_string).collect();
        let more = if self.count > 3 { " and others" } else { "" };
        let (records, them) = if self.count == 1 { ("record", "it") } else { ("records", "them") };
        Some(format!(
            "{} {records} could not be read when the rows were made ({}{more}): sums and lists lack \
             {them}; lookback verify says what is wrong, and after it is restored lookback rebuild \
             takes {them} in",
            self.count,
            named.join(", ")
        ))
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = self.count.to_be_bytes().to_vec();
        for at in &self.named {
            out.push(at.journal.index());
            out.extend_from_slice(&at.seq.to_be_bytes());
        }
        out
    }

    fn decode(bytes: &[u8]) -> Self {
        let (count, rest) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let named = rest.as_chunks::<9>().0.iter().filter_map(|[index, seq @ ..]| {
            let journal = JournalId::from_index(*index).ok()?;
            Some(Position { journal, seq: u64::from_be_bytes(*seq) })
        });
        Self { count: u64::from_be_bytes(*count), named: named.collect() }
    }
}

/// Rows on disk, with what has not reached it.
#[derive(Debug)]
pub struct RowStore {
    database: Arc<Database>,
    /// What the threads that decide have written.
    overlay: Overlay,
    /// What is on its way to the disk.
    frozen: Arc<Overlay>,
    saving: Option<JoinHandle<Result<(), DatabaseError>>>,
    /// By index of the journal: how many records have been folded, durably.
    saved: Vec<u64>,
    unread: Unread,
}

impl RowStore {
    /// Opens the rows in `folder`, for so many journals.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn open(
        folder: &Path,
        journals: usize,
        version: u32,
        cache_bytes: u64,
    ) -> Result<Self, DatabaseError> {
        let database = Database::open(folder, cache_bytes)?;
        let mut saved = vec![0; journals];
        let mut unread = Unread::default();
        let same = database.get(VERSION_KEY)?.is_some_and(|v| *v == version.to_be_bytes());
        if same {
            saved.iter_mut().zip(applied(&database)?).for_each(|(slot, n)| *slot = n);
            unread = database.get(UNREAD_KEY)?.map_or(unread, |bytes| Unread::decode(&bytes));
        } else {
            database.clear()?;
            let mut batch = Batch::default();
            batch.put(VERSION_KEY, &version.to_be_bytes());
            database.apply(batch)?;
            database.sync()?;
        }
        Ok(Self {
            database: Arc::new(database),
            overlay: Overlay::new(),
            frozen: Arc::default(),
            saving: None,
            saved,
            unread,
        })
    }

    /// By index of the journal: how many records the rows in `folder` were folded from, whatever their
    /// version; nothing is changed.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn folded(folder: &Path, cache_bytes: u64) -> Result<Vec<u64>, DatabaseError> {
        applied(&Database::open(folder, cache_bytes)?)
    }

    /// By index of the journal: how many records the rows on disk have folded.
    pub fn saved(&self) -> &[u64] {
        &self.saved
    }

    /// What the rows were made without.
    pub const fn unread(&self) -> &Unread {
        &self.unread
    }

    /// Notes that the rows are made without a record. Kept with the next save.
    pub fn leave_out(&mut self, at: Position) {
        self.unread.count = self.unread.count.saturating_add(1);
        if self.unread.named.len() < UNREAD_NAMED_MAX {
            self.unread.named.push(at);
        }
    }

    /// How many rows wait in memory.
    pub fn waiting(&self) -> usize {
        self.overlay.len()
    }

    /// Begins to save what is in the overlay, in the background. All of it must be durable in the
    /// journals, up to `applied`.
    ///
    /// # Errors
    /// When saving failed before.
    pub fn save(&mut self, applied: &[u64]) -> Result<(), DatabaseError> {
        self.finish_saving()?;
        if self.overlay.is_empty() && self.saved == applied {
            return Ok(());
        }
        self.frozen = Arc::new(std::mem::take(&mut self.overlay));
        self.saved = applied.to_vec();
        let (database, rows) = (Arc::clone(&self.database), Arc::clone(&self.frozen));
        let applied: Vec<u8> = applied.iter().flat_map(|n| n.to_be_bytes()).collect();
        let unread = self.unread.encode();
        self.saving = Some(std::thread::spawn(move || write(&database, &rows, &applied, &unread)));
        Ok(())
    }

    /// True while a save is on its way.
    pub fn is_saving(&self) -> bool {
        self.saving.as_ref().is_some_and(|saving| !saving.is_finished())
    }

    /// Waits for the save that is on its way.
    ///
    /// # Errors
    /// When it failed.
    pub fn finish_saving(&mut self) -> Result<(), DatabaseError> {
        let Some(saving) = self.saving.take() else { return Ok(()) };
        let result = saving.join().unwrap_or_else(|_| {
            Err(DatabaseError::Damaged {
                path: self.database.path().to_owned(),
                why: "saving rows panicked".to_owned(),
            })
        });
        self.frozen = Arc::default();
        result
    }

    /// Forgets all rows.
    ///
    /// # Errors
    /// When the database cannot be cleared.
    pub fn clear(&mut self) -> Result<(), DatabaseError> {
        self.finish_saving()?;
        self.overlay.clear();
        let version = self.database.get(VERSION_KEY)?;
        self.database.clear()?;
        if let Some(version) = version {
            let mut batch = Batch::default();
            batch.put(VERSION_KEY, &version);
            self.database.apply(batch)?;
        }
        self.saved.iter_mut().for_each(|n| *n = 0);
        self.unread = Unread::default();
        self.database.sync()
    }
}

/// By index of the journal: how many records the rows of a database were folded from.
fn applied(database: &Database) -> Result<Vec<u64>, DatabaseError> {
    let bytes = database.get(APPLIED_KEY)?.unwrap_or_default();
    Ok(bytes.as_chunks::<8>().0.iter().map(|n| u64::from_be_bytes(*n)).collect())
}

/// Writes rows and the count of folded records as one batch: folding is not idempotent, so no row
/// may be newer than the count.
fn write(
    database: &Database,
    rows: &Overlay,
    applied: &[u8],
    unread: &[u8],
) -> Result<(), DatabaseError> {
    let mut batch = Batch::default();
    for (key, value) in rows {
        match value {
            Some(value) => batch.put(key, value),
            None => batch.remove(key),
        }
    }
    batch.put(APPLIED_KEY, applied);
    batch.put(UNREAD_KEY, unread);
    database.apply(batch)?;
    database.sync()
}

impl Drop for RowStore {
    fn drop(&mut self) {
        // What is on its way to the disk arrives; what only waits is folded again at the next start.
        let _ = self.finish_saving();
    }
}

impl Rows for RowStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        if let Some(value) = self.overlay.get(key).or_else(|| self.frozen.get(key)) {
            return Ok(value.clone());
        }
        let found = self.database.get(key).map_err(RowsError::world)?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.overlay.insert(key, Some(value));
    }

    fn remove(&mut self, key: Vec<u8>) {
        self.overlay.insert(key, None);
    }

    fn scan(
        &self,
        prefix: &[u8],
        each: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), RowsError> {
        let within = |overlay: &Overlay| {
            let from = overlay.range(prefix.to_vec()..);
            let own = from.take_while(|(key, _)| key.starts_with(prefix));
            own.map(|(k, v)| (k.clone(), v.clone())).collect::<Overlay>()
        };
        let mut newer = within(&self.frozen);
        newer.extend(within(&self.overlay));
        let mut newer = newer.into_iter().peekable();
        for entry in self.database.scan(prefix, prefix) {
            let (key, value) = entry.map_err(RowsError::world)?;
            while let Some((k, v)) = newer.next_if(|(k, _)| **k < *key) {
                if v.is_some_and(|v| !each(&k, &v)) {
                    return Ok(());
                }
            }
            if let Some((k, v)) = newer.next_if(|(k, _)| **k == *key) {
                if v.is_some_and(|v| !each(&k, &v)) {
                    return Ok(());
                }
            } else if !each(&key, &value) {
                return Ok(());
            }
        }
        for (k, v) in newer {
            if v.is_some_and(|v| !each(&k, &v)) {
                return Ok(());
            }
        }
        Ok(())
    }
}
