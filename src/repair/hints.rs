//! Databases that open again without what sled keeps beside its log.
//!
//! Of a generation only `db` holds records. `snap.*` says what sled found when it read the log last,
//! and `conf` repeats the settings it was made with; a fault in either keeps sled from opening a log
//! that is whole. Tried with a copy, because sled writes into what it opens.

use std::path::{Path, PathBuf};

use lookback_events::id::JournalId;

use super::set_aside;
use crate::journal::JournalError;
use crate::journal::hot::{self, Generation};
use crate::journal::sled::Database;

/// Where a copy is tried: a name that is no generation's.
const TRIED: &str = "tried";

/// Opens every generation in `hot`. One that does not open is copied without its hints; where the copy
/// opens and knows where the journals stand it takes the place of the first, which is set aside. Gives
/// the paths of those.
pub(super) fn mend(hot: &Path, cache_bytes: u64) -> Result<Vec<PathBuf>, JournalError> {
    let mut aside = Vec::new();
    if !hot.is_dir() {
        return Ok(aside);
    }
    for number in hot::numbers(hot)? {
        let folder = hot::directory(hot, number);
        if Database::open(&folder, cache_bytes).is_ok() || !folder.join("db").is_file() {
            continue;
        }
        let tried = hot.join(TRIED);
        if tried.exists() {
            std::fs::remove_dir_all(&tried).map_err(JournalError::io("removing", &tried))?;
        }
        check_room(hot, &folder)?;
        let copy = hot::directory(&tried, number);
        std::fs::create_dir_all(&copy).map_err(JournalError::io("making the folder", &copy))?;
        plain_conf(&copy, cache_bytes)?;
        let to = copy.join("db");
        std::fs::copy(folder.join("db"), &to).map_err(JournalError::io("copying", &to))?;
        let stands = Generation::open(&tried, number, cache_bytes)
            .ok()
            .is_some_and(|copy| matches!(copy.head(JournalId::CONTROL), Ok(Some(_))));
        if stands {
            aside.push(set_aside(&folder)?);
            std::fs::rename(&copy, &folder).map_err(JournalError::io("renaming", &copy))?;
        }
        std::fs::remove_dir_all(&tried).map_err(JournalError::io("removing", &tried))?;
    }
    Ok(aside)
}

/// The copy of a database may take as many bytes as its log has.
fn check_room(hot: &Path, database: &Path) -> Result<(), JournalError> {
    const MIB: u64 = 1024 * 1024;
    let log = database.join("db");
    let wanted = std::fs::metadata(&log).map_err(JournalError::io("reading the size", &log))?.len();
    let stat = rustix::fs::statvfs(hot)
        .map_err(|errno| JournalError::io("asking for free space", hot)(errno.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free > wanted {
        return Ok(());
    }
    let (free_mib, wanted_mib) = (free / MIB, wanted.div_ceil(MIB));
    Err(JournalError::NoRoom { path: database.to_owned(), free_mib, wanted_mib })
}

/// The settings are the same for every generation: those of a new database serve.
fn plain_conf(folder: &Path, cache_bytes: u64) -> Result<(), JournalError> {
    let fresh = tempfile::tempdir().map_err(JournalError::io("making a folder", folder))?;
    let path = fresh.path().join("new");
    drop(Database::open(&path, cache_bytes)?);
    let (from, to) = (path.join("conf"), folder.join("conf"));
    std::fs::copy(&from, &to).map_err(JournalError::io("writing", &to))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::hot::Head;
    use crate::journal::sled::Batch;

    #[test]
    fn a_database_with_damaged_hints_opens_without_them_and_one_with_a_damaged_log_is_left_alone() {
        for name in ["snap.", "conf", "db"] {
            let base = tempfile::tempdir().unwrap();
            let folder = hot::directory(base.path(), 1);
            // Opened again, so that there is a snapshot.
            for size in [1, 2] {
                let generation = Generation::open(base.path(), 1, 1 << 20).unwrap();
                let mut batch = Batch::default();
                let head = Head { announced: size, ..Head::new() };
                Generation::put_head(&mut batch, JournalId::CONTROL, &head);
                generation.commit(batch).unwrap();
            }
            drop(Database::open(&folder, 1 << 20).unwrap());
            let files = || std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path());
            let begins =
                |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(name);
            let path = files().find(begins).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            let range = if name == "db" { 0..bytes.len() } else { 10..12 };
            bytes[range].iter_mut().for_each(|byte| *byte ^= 0x55);
            std::fs::write(&path, &bytes).unwrap();
            let aside = mend(base.path(), 1 << 20).unwrap();
            assert!(!base.path().join(TRIED).exists());
            if name == "db" {
                assert!(aside.is_empty(), "{aside:?}");
                assert_eq!(std::fs::read(&path).unwrap(), bytes, "not even touched");
                continue;
            }
            assert_eq!(aside.len(), 1, "{name}");
            let generation = Generation::open(base.path(), 1, 1 << 20).unwrap();
            assert_eq!(generation.head(JournalId::CONTROL).unwrap().unwrap().announced, 2);
        }
    }
}
