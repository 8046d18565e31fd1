//! The folder of one published journal: files that are durable before the checkpoint names them.
//!
//! If we crash here: a file has its name only once its bytes are on the disk, so whatever is found
//! under a name is whole; an unfinished one is written again; the checkpoint still in place needs
//! none of them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::PublishError;
use super::tiles::{Row, number};
use crate::checkpoints::replace;

/// Files that are written before they are synced and named, so that one sync of the disk serves many.
const UNNAMED_MAX: usize = 64;
/// Files in one folder of a row: the last group of three digits.
const GROUP_LEN: u64 = 1_000;

struct Unnamed {
    file: File,
    written: PathBuf,
    name: PathBuf,
}

/// Where one journal is published.
pub(super) struct Folder {
    path: PathBuf,
    unnamed: Vec<Unnamed>,
    /// Folders with new names in them that are not yet durable.
    unsynced: BTreeSet<PathBuf>,
    /// It is known to be this ledger's, so that a file in it that differs is damage.
    pub(super) is_ours: bool,
    /// Files written.
    pub(super) files: u64,
    /// Bytes written.
    pub(super) bytes: u64,
    /// Of these files, those that should have been there as they are; and the first of them.
    pub(super) again: u64,
    pub(super) first_again: Option<PathBuf>,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            unnamed: Vec::new(),
            unsynced: BTreeSet::new(),
            is_ours: false,
            files: 0,
            bytes: 0,
            again: 0,
            first_again: None,
        }
    }

    /// A small text file of the journal, where it is there.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, PublishError> {
        // What is not text is no checkpoint and no key either, and is refused as such.
        Ok(self.read(name)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// What a file of the journal holds, where it is there.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, PublishError> {
        let path = self.path.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PublishError::io("reading the file", &path)(error)),
        }
    }

    /// The full path of a file of the journal.
    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Puts a file in its place that never changes; durable after [`Folder::settle`].
    ///
    /// One that is there already is left alone where it holds the same. Where it does not, it is
    /// written again if the folder is this ledger's.
    pub(super) fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), PublishError> {
        match self.read(name)? {
            Some(found) if found == bytes => Ok(()),
            Some(_) if self.is_ours => self.put_again(name, bytes),
            Some(_) => Err(PublishError::Differs { path: self.path.join(name) }),
            None => self.write(name, bytes),
        }
    }

    /// Puts a file in its place that should have been there as it is.
    pub(super) fn put_again(&mut self, name: &str, bytes: &[u8]) -> Result<(), PublishError> {
        self.again = self.again.saturating_add(1);
        self.first_again.get_or_insert_with(|| self.path.join(name));
        self.write(name, bytes)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), PublishError> {
        let name = self.path.join(name);
        if let Some(folder) = name.parent() {
            self.make(folder)?;
        }
        let mut written = name.clone().into_os_string();
        written.push(".tmp");
        let written = PathBuf::from(written);
        let mut file =
            File::create(&written).map_err(PublishError::io("making the file", &written))?;
        file.write_all(bytes).map_err(PublishError::io("writing the file", &written))?;
        self.files = self.files.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
        self.unnamed.push(Unnamed { file, written, name });
        if self.unnamed.len() >= UNNAMED_MAX { self.name_all() } else { Ok(()) }
    }

    /// Makes a folder and remembers it and those above it for syncing.
    fn make(&mut self, folder: &Path) -> Result<(), PublishError> {
        if self.unsynced.contains(folder) {
            return Ok(());
        }
        std::fs::create_dir_all(folder).map_err(PublishError::io("making the folder", folder))?;
        let above = self.path.parent().unwrap_or(&self.path);
        let new = folder.ancestors().take_while(|f| f.starts_with(above));
        self.unsynced.extend(new.map(Path::to_owned));
        Ok(())
    }

    fn name_all(&mut self) -> Result<(), PublishError> {
        for Unnamed { file, .. } in &self.unnamed {
            file.sync_all().map_err(PublishError::io("syncing the file", &self.path))?;
        }
        for Unnamed { written, name, .. } in self.unnamed.drain(..) {
            std::fs::rename(&written, &name).map_err(PublishError::io("naming the file", &name))?;
        }
        Ok(())
    }

    /// Makes everything put so far durable.
    pub(super) fn settle(&mut self) -> Result<(), PublishError> {
        self.name_all()?;
        for folder in std::mem::take(&mut self.unsynced) {
            let synced = File::open(&folder).and_then(|f| f.sync_all());
            synced.map_err(PublishError::io("syncing the folder", &folder))?;
        }
        Ok(())
    }

    /// Puts a file in its place of what may be there already, durably.
    pub(super) fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), PublishError> {
        let path = self.path.join(name);
        self.files = self.files.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
        replace(&path, bytes).map_err(PublishError::io("writing the file", &path))
    }

    /// Removes the partial files whose full file is in place, of the rows that grew from `old` to
    /// `size` leaves; returns how many places they were in. What is not removed hurts nobody.
    pub(super) fn remove_partial(&self, old: u64, size: u64) -> Result<u64, PublishError> {
        let mut removed = 0_u64;
        for row in Row::all(size) {
            let full = row.full(size);
            for group in row.full(old) / GROUP_LEN..=full / GROUP_LEN {
                let first = group.saturating_mul(GROUP_LEN);
                let of_group = self.path.join(row.folder()).join(number(first));
                let Some(folder) = of_group.parent() else { continue };
                for n in partial_in(folder)? {
                    let n = first.saturating_add(n);
                    let name = self.path.join(row.folder()).join(number(n));
                    if n < full && name.is_file() {
                        let mut partial = name.into_os_string();
                        partial.push(".p");
                        std::fs::remove_dir_all(&partial).map_err(PublishError::io(
                            "removing partial tiles",
                            Path::new(&partial),
                        ))?;
                        removed = removed.saturating_add(1);
                    }
                }
            }
        }
        Ok(removed)
    }
}

/// The last three digits of the tiles that have partial files in a folder.
fn partial_in(folder: &Path) -> Result<Vec<u64>, PublishError> {
    let io = || PublishError::io("listing the folder", folder);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io()(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(io())?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".p"));
        found.extend(digits.filter(|d| d.len() == 3).and_then(|d| d.parse::<u64>().ok()));
    }
    Ok(found)
}
