//! Volumes that lie under wrong names, given their own.
//!
//! Only what a volume's digest covers is believed. No file is overwritten: what lies under the name
//! that another file should have is set aside first. If we crash here: a file on its way is called
//! `<its name>.named`, which is a wrong name like any other, and the next repair goes on.

use std::path::{Path, PathBuf};

use lookback_events::id::JournalId;

use super::{set_aside, sync_folder};
use crate::journal::JournalError;
use crate::journal::read::volumes_folder;
use crate::journal::volume::found::{Odd, found};

/// What became of files under wrong names.
#[derive(Debug, Default)]
pub(super) struct Mended {
    /// Old and new path of those that have their own name now.
    pub(super) renamed: Vec<(PathBuf, PathBuf)>,
    /// Under the new name: those that held what another file holds, and those that were in the way.
    pub(super) aside: Vec<PathBuf>,
}

/// Gives every volume of the ledger in `folder` its name.
pub(super) fn mend(folder: &Path, payment: u8) -> Result<Mended, JournalError> {
    let mut mended = Mended::default();
    let mut on_their_way = Vec::new();
    for journal in (0..=payment).filter_map(|index| JournalId::from_index(index).ok()) {
        let own = volumes_folder(folder, journal);
        for odd in found(folder, journal).odd {
            match odd {
                // Not damaged but not ours to read: what cannot be looked at is not called lost.
                Odd::Unreadable(_, JournalError::Io { what, path, source })
                    if source.kind() == std::io::ErrorKind::PermissionDenied =>
                {
                    return Err(JournalError::Io { what, path, source });
                }
                Odd::Unreadable(..) => {}
                Odd::Surplus(volume) => mended.aside.push(set_aside(&volume.path)?),
                Odd::Misnamed(volume) => {
                    let right = own.join(volume.right_name());
                    let mut named = right.clone().into_os_string();
                    named.push(".named");
                    let named = PathBuf::from(named);
                    std::fs::create_dir_all(&own)
                        .map_err(JournalError::io("making the volumes' folder", &*own))?;
                    if named != volume.path {
                        rename(&volume.path, &named)?;
                    }
                    mended.renamed.push((volume.path, right.clone()));
                    on_their_way.push((named, right));
                }
            }
        }
    }
    // All wrong names are free now; what still has one of them is not what it is called.
    for (named, right) in on_their_way {
        if right.exists() {
            mended.aside.push(set_aside(&right)?);
        }
        rename(&named, &right)?;
    }
    Ok(mended)
}

fn rename(from: &Path, to: &Path) -> Result<(), JournalError> {
    std::fs::rename(from, to).map_err(JournalError::io("renaming", from))?;
    sync_folder(to.parent())?;
    sync_folder(from.parent())
}
