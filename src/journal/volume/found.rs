//! The volumes of a journal as they lie about: under their own names, under others, in the folder of
//! another journal.
//!
//! A volume says at its end what it holds, and its digest covers that, so a wrong name loses nothing.
//! Opening a ledger to write does not look here: it believes no file that is not called what it is.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lookback_events::id::JournalId;

use super::{Sections, Volume, file_name, first_by_name, name};
use crate::journal::read::volumes_folder;
use crate::journal::{Damage, JournalError, Position};

/// What a file that a crash or a repair left is called: it is nobody's volume.
const NOT_A_NAME: [&str; 2] = [".tmp", ".damaged-"];

/// A file that is not as it should be.
#[derive(Debug)]
pub(crate) enum Odd {
    /// A volume under a wrong name or in a wrong folder, and the only one that holds its records.
    Misnamed(Volume),
    /// A volume under a wrong name that holds what another one holds as well.
    Surplus(Volume),
    /// Called a volume, and not readable as one, or not as the one that it is called.
    Unreadable(PathBuf, JournalError),
}

/// The volumes of one journal.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Those that can be read, by position, no two with the same records; misnamed ones among them.
    pub(crate) volumes: Vec<Volume>,
    /// What is odd.
    pub(crate) odd: Vec<Odd>,
}

/// Looks for the volumes of a journal of the ledger in `ledger`.
pub(crate) fn found(ledger: &Path, journal: JournalId) -> Found {
    let own = volumes_folder(ledger, journal);
    let mut found = Found::default();
    let mut misnamed = Vec::new();
    if let Err(error) = std::fs::read_dir(&own)
        && error.kind() != ErrorKind::NotFound
    {
        let error = JournalError::io("listing the volumes", &*own)(error);
        found.odd.push(Odd::Unreadable(own.clone(), error));
    }
    for path in everywhere(ledger) {
        let is_here = path.parent() == Some(&*own);
        let is_called_one = path.extension().is_some_and(|e| e == "vol");
        match Volume::read_of_any(&path, journal) {
            Ok(volume)
                if volume.tail.journal == journal && is_here && volume.is_rightly_named() =>
            {
                found.volumes.push(volume);
            }
            // Under another name only what its digest covers is believed.
            Ok(volume) if holds(&volume) => {
                if volume.tail.journal == journal {
                    misnamed.push(volume);
                }
            }
            Ok(_) if is_here && is_called_one => {
                let what = "the volume's tail does not fit the file's name";
                let seq = first_by_name(&path);
                let error = JournalError::damaged(journal, seq, place(&path), what);
                found.odd.push(Odd::Unreadable(path, error));
            }
            Err(error) if is_here && is_called_one => {
                found.odd.push(Odd::Unreadable(path, error));
            }
            Ok(_) | Err(_) => {}
        }
    }
    for volume in misnamed {
        let (first, end) = (volume.tail.first, volume.tail.end());
        let is_held = |own: &Volume| own.tail.first < end && first < own.tail.end();
        if !found.volumes.iter().any(is_held) {
            found.volumes.push(volume.clone());
            found.odd.push(Odd::Misnamed(volume));
        } else if volume.path.extension().is_some_and(|e| e == "vol") {
            found.odd.push(Odd::Surplus(volume));
        }
    }
    found.volumes.sort_by_key(|volume| volume.tail.first);
    found
}

fn holds(volume: &Volume) -> bool {
    Sections::load(volume).is_ok_and(|sections| sections.digest_holds())
}

fn place(path: &Path) -> String {
    format!("volume {}", name(path))
}

/// Every file below the folder of volumes that could be one, by name.
pub(crate) fn everywhere(ledger: &Path) -> Vec<PathBuf> {
    let listed = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()
    };
    let all = ledger.join("volumes");
    let folders = listed(&all).into_iter().filter(|path| path.is_dir()).chain([all.clone()]);
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        path.is_file() && !NOT_A_NAME.iter().any(|not| name.contains(not))
    };
    let mut files: Vec<PathBuf> =
        folders.flat_map(|folder| listed(&folder)).filter(named).collect();
    files.sort();
    files
}

impl Odd {
    /// What is wrong, for a person, and the file it lies in.
    pub(crate) fn told(self, journal: JournalId) -> (PathBuf, JournalError) {
        let (volume, what, expected) = match self {
            Self::Unreadable(path, error) => return (path, error),
            Self::Misnamed(volume) => {
                let what = "the volume lies under a wrong name, and verify --repair renames it";
                let right = volumes_folder(Path::new(""), journal).join(volume.right_name());
                (volume, what.to_owned(), name(&right))
            }
            Self::Surplus(volume) => {
                let what = "the volume lies here once more under a wrong name, and verify --repair \
                            sets it aside";
                let right = file_name(volume.tail.first, volume.tail.end());
                (volume, what.to_owned(), right)
            }
        };
        let at = Position { journal, seq: volume.tail.first };
        let found = name(&volume.path);
        let damage = Damage { at, place: volume.place(), what, expected, found };
        (volume.path, JournalError::Damaged(Box::new(damage)))
    }
}
