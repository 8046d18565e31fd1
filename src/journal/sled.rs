//! One sled database, used as measurement taught (and the only file that names sled).
//!
//! Not a store of records: it keeps bytes under keys. What it adds to sled: a sync that survives
//! power loss, panics on damage turned into errors, and the guard against values that sled would
//! move to files which it never syncs.
//!
//! Assumptions about sled 0.34.7, each measured by cutting power: a `Batch` is kept whole or not at
//! all; `flush` hands bytes to the kernel but does not make them durable, `fdatasync` of the
//! database file after it does; values above about 7 KiB leave the log for blob files that are
//! never synced.

use std::cell::Cell;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of a segment of sled's log, which is also a buffer of its.
const SEGMENT_LEN: usize = 1024 * 1024;
/// The longest value that stays in sled's own log: a page is split when it holds 17, and one that takes
/// more than a quarter of a segment leaves the log.
pub const VALUE_LEN_MAX: usize = 13_200;

/// Why a database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The file system failed.
    #[error("{what} of the database at {path} failed")]
    Io {
        /// Which step.
        what: &'static str,
        /// The database.
        path: PathBuf,
        /// The file system's error.
        #[source]
        source: std::io::Error,
    },
    /// What lies on disk is not what was written.
    #[error("the database at {path} is damaged: {why}")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What sled said of it.
        why: String,
    },
    /// A value that sled would not keep safe.
    #[error("a value of {len} bytes is too long to be kept safe")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
}

/// Changes that are kept whole or not at all.
#[derive(Debug, Default)]
pub struct Batch {
    inner: sled::Batch,
    longest: usize,
    count: usize,
    /// Bytes of values.
    bytes: usize,
    /// Runs of ascending keys of long values, for which pages are made ahead.
    runs: Vec<Vec<sled::IVec>>,
}

impl Batch {
    /// Puts a value under a key.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.longest = self.longest.max(value.len());
        self.bytes = self.bytes.saturating_add(value.len());
        self.count = self.count.saturating_add(1);
        self.inner.insert(key, value);
    }

    /// Begins a run of long values whose keys ascend and stand behind all others of their kind.
    pub fn begin_run(&mut self) {
        self.runs.push(Vec::new());
    }

    /// Puts the next value of the run begun last; many of them are written once, not three times.
    pub fn put_in_run(&mut self, key: &[u8], value: &[u8]) {
        if let Some(run) = self.runs.last_mut() {
            run.push(key.into());
        }
        self.put(key, value);
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &[u8]) {
        self.count = self.count.saturating_add(1);
        self.inner.remove(key);
    }

    /// How many changes it holds.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// True when it changes nothing.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Bytes that the database holds.
pub type Bytes = sled::IVec;

/// A pair of the database, or why it cannot be read.
pub type Entry = Result<(sled::IVec, sled::IVec), DatabaseError>;

/// An open database. Its process holds it alone.
pub struct Database {
    path: PathBuf,
    inner: sled::Db,
    /// Small pages that are only there to be touched, and what was touched since they last were.
    ballast: sled::Tree,
    touched: Arc<AtomicUsize>,
    /// A handle of our own on sled's file: `fdatasync` on it is what makes a flush durable.
    file: File,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.path.display())
    }
}

impl Database {
    /// Opens or creates the database in the directory `path`, with so many bytes of cache.
    ///
    /// # Errors
    /// When the directory cannot be used, or what lies there is damaged.
    pub fn open(path: &Path, cache_bytes: u64) -> Result<Self, DatabaseError> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(cache_bytes)
            .segment_size(SEGMENT_LEN)
            .mode(sled::Mode::HighThroughput)
            .flush_every_ms(None);
        let io = |what| move |source| DatabaseError::Io { what, path: path.to_owned(), source };
        remove_cut_off(path).map_err(io("removing an unfinished snapshot"))?;
        let inner = open_when_free(path, &config)?;
        let file = File::options()
            .read(true)
            .write(true)
            .open(path.join("db"))
            .map_err(io("opening the file"))?;
        let ballast = guarded(path, "opening", || ballast(&inner))?;
        let touched = Arc::default();
        let database = Self { path: path.to_owned(), inner, ballast, touched, file };
        for directory in [Some(path), path.parent()].into_iter().flatten() {
            File::open(directory).and_then(|d| d.sync_all()).map_err(io("syncing the folder"))?;
        }
        Ok(database)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Applies a batch; it is not durable before [`Database::sync`] returns.
    ///
    /// # Errors
    /// When sled cannot take it, or a value is too long to be safe.
    pub fn apply(&self, batch: Batch) -> Result<(), DatabaseError> {
        if batch.longest > VALUE_LEN_MAX {
            return Err(DatabaseError::TooLong { len: batch.longest });
        }
        let bytes = batch.bytes;
        guarded(&self.path, "writing", || {
            batch.runs.iter().try_for_each(|keys| make_room(&self.inner, keys))?;
            self.inner.apply_batch(batch.inner)?;
            trim(&self.ballast, &self.touched, bytes)
        })
    }

    /// Makes all that was applied survive power loss.
    ///
    /// # Errors
    /// When it may not have; nothing may be acknowledged after that.
    pub fn sync(&self) -> Result<(), DatabaseError> {
        guarded(&self.path, "flushing", || self.inner.flush())?;
        self.file.sync_data().map_err(|source| DatabaseError::Io {
            what: "syncing",
            path: self.path.clone(),
            source,
        })
    }

    /// The value under a key.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>, DatabaseError> {
        let found = guarded(&self.path, "reading", || self.inner.get(key))?;
        Ok(found.filter(|value| value != ROOM))
    }

    /// The last entry at or before `key` that still begins with `prefix`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn floor(
        &self,
        prefix: &[u8],
        key: &[u8],
    ) -> Result<Option<(sled::IVec, sled::IVec)>, DatabaseError> {
        let found = guarded(&self.path, "reading", || {
            let mut range = self.inner.range(prefix.to_vec()..=key.to_vec());
            range.rfind(is_value).transpose()
        })?;
        Ok(found.filter(|(k, _)| k.starts_with(prefix)))
    }

    /// The entries from `key` on that begin with `prefix`, ascending.
    pub fn scan(&self, prefix: &[u8], key: &[u8]) -> impl Iterator<Item = Entry> + use<> {
        let mut range = self.inner.range(key.to_vec()..);
        let (ballast, touched) = (self.ballast.clone(), Arc::clone(&self.touched));
        let path = self.path.clone();
        let prefix = prefix.to_vec();
        std::iter::from_fn(move || {
            let step = || {
                let entry = range.find(is_value).transpose()?;
                if let Some((_, value)) = &entry {
                    trim(&ballast, &touched, value.len())?;
                }
                Ok(entry)
            };
            match guarded(&path, "reading", step) {
                Ok(entry) => entry.filter(|(k, _)| k.starts_with(&prefix)).map(Ok),
                Err(error) => Some(Err(error)),
            }
        })
    }

    /// The first key from `from` on that lies before `to`; to the end where `to` is empty.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn first_key(&self, from: &[u8], to: &[u8]) -> Result<Option<Bytes>, DatabaseError> {
        let found = guarded(&self.path, "reading", || {
            self.inner.range(from.to_vec()..).find(is_value).transpose()
        })?;
        Ok(found.map(|(key, _)| key).filter(|key| to.is_empty() || **key < *to))
    }

    /// Removes all entries.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn clear(&self) -> Result<(), DatabaseError> {
        guarded(&self.path, "clearing", || self.inner.clear())
    }
}

/// True for an entry that somebody put there, and for an error.
fn is_value(entry: &sled::Result<(sled::IVec, sled::IVec)>) -> bool {
    !matches!(entry, Ok((_, value)) if value == ROOM)
}

/// The value of a key whose own is still to come. No reader is shown it.
const ROOM: &[u8; 16] = b"lookback's room\0";
/// A page with more entries than this is split into two.
const PAGE_ENTRIES: usize = 16;

/// Lets pages split before long values come into them.
///
/// Where keys ascend, the last page takes eight entries and is then split, and both halves are written
/// again: each value three times in all, and what the halves leave behind is collected and moved by sled
/// later on. So the keys come first, with a value of 16 bytes, and some behind them that keep the last
/// of them out of the last page. If we crash here: there are keys without values, which nobody sees.
fn make_room(inner: &sled::Db, keys: &[sled::IVec]) -> sled::Result<()> {
    let Some(last) = keys.last().filter(|_| keys.len() >= PAGE_ENTRIES) else { return Ok(()) };
    for key in keys {
        // What is there stays until the batch takes its place.
        let _ = inner.compare_and_swap(key, None::<&[u8]>, Some(ROOM))?;
    }
    for number in (0_u8..).take(PAGE_ENTRIES.saturating_add(1)) {
        let behind: Vec<u8> = last.iter().copied().chain([number]).collect();
        inner.insert(behind, ROOM)?;
    }
    Ok(())
}

/// Bytes of values that are touched between two looks at the cache.
const TRIM_AFTER: usize = 32 * 1024 * 1024;
/// How often a page must be touched until sled looks at its share of the cache.
const TOUCHES: usize = 65;
/// Keys of the ballast: 8 make a page, and each of the 256 shares of the cache holds one.
const BALLAST_KEYS: u16 = 8 * 270;

/// The ballast, made where it is missing.
fn ballast(inner: &sled::Db) -> sled::Result<sled::Tree> {
    let ballast = inner.open_tree("ballast")?;
    let last = BALLAST_KEYS.saturating_sub(1).to_be_bytes();
    if !ballast.contains_key(last)? {
        for key in 0..BALLAST_KEYS {
            ballast.insert(key.to_be_bytes(), &[])?;
        }
    }
    Ok(ballast)
}

/// Lets pages go that the cache has no room for.
///
/// sled looks whether its cache is too large only after 64 touches of pages in each of 256 shares,
/// and who reads or writes in order touches a page of some 50 KB a few times and never again: up to
/// 16,384 of them would stay. So after some of it a small page in each share is touched until sled
/// looks.
fn trim(ballast: &sled::Tree, touched: &AtomicUsize, len: usize) -> sled::Result<()> {
    if touched.fetch_add(len, Ordering::Relaxed).saturating_add(len) < TRIM_AFTER {
        return Ok(());
    }
    touched.store(0, Ordering::Relaxed);
    for key in (0..BALLAST_KEYS).step_by(8) {
        for _ in 0..TOUCHES {
            ballast.contains_key(key.to_be_bytes())?;
        }
    }
    Ok(())
}

/// Opens a database; one that this process has just closed is let go by sled's own threads a moment
/// later, so its lock is asked for again for a while.
/// Removes snapshots that a crash or a full disk cut off: sled takes what is left of one for a whole
/// one, and makes a new one from its log where there is none.
fn remove_cut_off(path: &Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(path.join(&*name))?;
        }
    }
    Ok(())
}

fn open_when_free(path: &Path, config: &sled::Config) -> Result<sled::Db, DatabaseError> {
    const TRIES: u32 = 300;
    let is_locked = |error: &DatabaseError| {
        matches!(error, DatabaseError::Io { source, .. }
            if source.to_string().starts_with("could not acquire lock"))
    };
    for _ in 0..TRIES {
        match guarded(path, "opening", || config.open()) {
            Err(error) if is_locked(&error) => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            done => return done,
        }
    }
    guarded(path, "opening", || config.open())
}

thread_local! {
    /// This thread runs a step of sled.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// True while this thread runs a step of sled, whose panics on damage become our errors: a panic hook
/// need not tell of them.
pub fn is_inside() -> bool {
    INSIDE.get()
}

/// Runs a step of sled; its errors, and its panics on damage, become ours.
fn guarded<T>(
    path: &Path,
    what: &'static str,
    step: impl FnOnce() -> sled::Result<T>,
) -> Result<T, DatabaseError> {
    let path = || path.to_owned();
    let before = INSIDE.replace(true);
    let done = catch_unwind(AssertUnwindSafe(step));
    INSIDE.set(before);
    match done {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(source))) => {
            Err(DatabaseError::Io { what, path: path(), source: as_told(source) })
        }
        Ok(Err(error)) => Err(DatabaseError::Damaged { path: path(), why: why(what, &error) }),
        Err(_) => Err(DatabaseError::Damaged {
            path: path(),
            why: format!("{what} it met bytes that cannot be"),
        }),
    }
}

/// The system's own error, where sled hands on what a developer would print of one.
fn as_told(error: std::io::Error) -> std::io::Error {
    let printed = error.to_string();
    let code = printed.strip_prefix("Os { code: ").and_then(|rest| rest.split_once(','));
    match code.and_then(|(code, _)| code.parse().ok()) {
        Some(code) => std::io::Error::from_raw_os_error(code),
        None => error,
    }
}

/// What sled says in words for its own developers, in ours.
fn why(what: &str, error: &sled::Error) -> String {
    match error {
        sled::Error::Corruption { .. } => {
            format!("{what} it found a page that is not what was written")
        }
        sled::Error::CollectionNotFound(_) => format!("{what} it found no collection"),
        sled::Error::Unsupported(_) | sled::Error::ReportableBug(_) | sled::Error::Io(_) => {
            format!("{what} it met something that cannot be")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_in_the_systems_words_however_sled_hands_it_on() {
        let full = || std::io::Error::from_raw_os_error(28);
        // What an error of sled becomes when it is cloned.
        let printed = std::io::Error::new(full().kind(), format!("{:?}", full()));
        assert!(printed.to_string().contains("StorageFull"));
        let step = || Err::<(), _>(sled::Error::Io(printed));
        let Err(DatabaseError::Io { source, .. }) = guarded(Path::new("x"), "writing", step) else {
            panic!("no error of the file system");
        };
        assert_eq!(source.to_string(), full().to_string());
        // What is in words already stays: whoever waits for a lock reads it.
        let locked = std::io::Error::other("could not acquire lock on \"x\": Os { code: 11 }");
        assert!(as_told(locked).to_string().starts_with("could not acquire lock"));
    }
}
