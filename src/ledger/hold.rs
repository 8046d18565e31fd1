//! The hold: one process has a ledger, and a second one is told which.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the hold could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// Another process has the ledger; wait for it to end.
    #[error("another process holds the ledger at {path} ({by})")]
    Held {
        /// The ledger.
        path: PathBuf,
        /// The process: its id, its command and since when.
        by: String,
    },
    /// The ledger's folder cannot be written: its store is opened for writing by whoever reads, too.
    #[error(
        "cannot write in {path}; Lookback needs to write there even to answer: the lock, and the \
         databases of the newest records and of the rows"
    )]
    ReadOnly {
        /// The folder.
        path: PathBuf,
        /// The file system's error.
        #[source]
        source: std::io::Error,
    },
    /// The lock file cannot be used.
    #[error("the lock file {path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// The file system's error.
        #[source]
        source: std::io::Error,
    },
}

/// Held until dropped; the operating system frees it when the process ends, however it ends.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

impl Hold {
    /// Takes the hold of the ledger in `folder`, in the name of `command`.
    ///
    /// # Errors
    /// When another process has it; names that process.
    pub fn take(folder: &Path, command: &str) -> Result<Self, HoldError> {
        let path = folder.join("lock");
        let io = |source| HoldError::Io { path: path.clone(), source };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| {
                let kinds = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem];
                if kinds.contains(&source.kind()) {
                    return HoldError::ReadOnly { path: folder.to_owned(), source };
                }
                io(source)
            })?;
        match lock_soon(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                // The holder may be writing its name at this moment; then it stays unnamed.
                let _ = file.read_to_string(&mut by);
                return Err(HoldError::Held { path: folder.to_owned(), by: by.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let by = format!(
            "pid {}, lookback {command}, since {}\n",
            std::process::id(),
            crate::now::now()
        );
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        file.write_all(by.as_bytes()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

/// Takes the lock. It waits for a moment where another has it: a program that the first holder started
/// has it, too, until it has become itself.
fn lock_soon(file: &File) -> Result<(), TryLockError> {
    const TRIES: u32 = 20;
    for _ in 0..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            locked => return locked,
        }
    }
    file.try_lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let first = Hold::take(folder.path(), "ingest").unwrap();
        let text = Hold::take(folder.path(), "show").unwrap_err().to_string();
        assert!(text.contains(&format!("pid {}, lookback ingest", std::process::id())), "{text}");
        drop(first);
        Hold::take(folder.path(), "show").unwrap();
    }
}
