//! Files among the volumes that are none of this ledger's, set aside before anything is judged by them.
//!
//! A volume that the journal announces is its own. Of any other three things may speak: it follows
//! what lies ahead of it or holds what the hot store holds, a sealed body in it opens with a key of
//! the ledger, and it lies where the journal is known to reach. Two of them decide; the file's own
//! name, leaves and digest are its own word and decide nothing. A file that cannot be read as a
//! volume stays only where a body in it opens.

use std::path::{Path, PathBuf};

use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::merkle::Frontier;
use lookback_events::record::{Header, leaf_hash};

use super::salvage::{Ahead, VolumeFile, proved};
use super::{Stretch, set_aside};
use crate::journal::JournalError;
use crate::journal::hot::{Generation, Head};
use crate::journal::read::volumes_folder;
use crate::journal::seal::tree_behind;
use crate::journal::volume::{Volume, stretch_by_name};
use crate::verify::source::{Parts, Store, files};
use crate::verify::{JournalReport, Keys};

/// Sets the strays of one journal aside; `known` is the size that was signed. Gives their paths.
pub(super) fn mend(
    folder: &Path,
    store: &Store,
    found: &JournalReport,
    known: u64,
    keys: &dyn Keys,
) -> Result<Vec<PathBuf>, JournalError> {
    let journal = found.journal;
    let Some(parts) = store.journals.iter().find(|parts| parts.journal == journal) else {
        return Ok(Vec::new());
    };
    let end = found.stored_head.as_ref().map_or(0, Head::next).max(known);
    let mut judge = Judge { journal, store, keys, end, own: Vec::new() };
    let mut aside = Vec::new();
    for (stretch, path, volume) in in_order(&volumes_folder(folder, journal), parts) {
        let is_announced = found
            .announcements
            .iter()
            .any(|(_, said)| (said.first, said.last) == (stretch.first, stretch.last));
        let belongs = is_announced
            || match &volume {
                Some(volume) => judge.is_own(stretch, volume),
                None => judge.opens(stretch, &path),
            };
        if belongs {
            judge.own.extend(volume);
        } else {
            aside.push(set_aside(&path)?);
        }
    }
    Ok(aside)
}

/// The files by the first position that they speak of.
fn in_order(own: &Path, parts: &Parts) -> Vec<(Stretch, PathBuf, Option<Volume>)> {
    let mut found = Vec::new();
    for path in files(own) {
        let volume = parts.volumes.iter().find(|volume| volume.path == path).cloned();
        let said = volume.as_ref().map(|v| (v.tail.first, v.tail.end().saturating_sub(1)));
        let said = said.or_else(|| stretch_by_name(&path).filter(|(first, last)| first <= last));
        // A name that tells no stretch is looked at where the volumes are restored.
        if let Some((first, last)) = said {
            found.push((Stretch { first, last }, path, volume));
        }
    }
    found.sort_by(|(a, a_path, _), (b, b_path, _)| (a, a_path).cmp(&(b, b_path)));
    found
}

struct Judge<'a> {
    journal: JournalId,
    store: &'a Store,
    keys: &'a dyn Keys,
    /// How far the journal is known to reach; 0 where nobody knows.
    end: u64,
    /// Volumes that belong here, ascending.
    own: Vec<Volume>,
}

impl Judge<'_> {
    fn is_own(&self, stretch: Stretch, volume: &Volume) -> bool {
        let is_within = self.end > 0 && stretch.first < self.end;
        match (is_within, self.follows(volume)) {
            (true, true) => true,
            (false, false) => self.end == 0 && self.opens(stretch, &volume.path),
            (true, false) | (false, true) => self.opens(stretch, &volume.path),
        }
    }

    /// True where what it says of the records ahead is what lies ahead, or its first record is the
    /// one that the hot store has there.
    fn follows(&self, volume: &Volume) -> bool {
        let first = volume.tail.first;
        let end = first.saturating_add(1);
        let leaf = volume.reader().and_then(|reader| reader.leaves(first, end)).ok();
        let leaf = leaf.and_then(|leaves| leaves.first().copied());
        if leaf.is_some() && self.hot_leaf(first) == leaf {
            return true;
        }
        let Some(before) = first.checked_sub(1) else {
            return volume.tail.before == Frontier::default();
        };
        let ahead = self.own.iter().find(|own| own.tail.end() == first);
        if let Some(tree) = ahead.and_then(|own| tree_behind(own).ok()) {
            return tree == volume.tail.before;
        }
        let prev = VolumeFile::open(&volume.path, self.journal, first)
            .and_then(|mut file| file.candidates(first).into_iter().next())
            .and_then(|(record, _)| Header::decode(&record.header).ok()?.prev);
        prev.is_some() && prev == self.hot_leaf(before)
    }

    /// The hash of the record that the hot store has at `seq`.
    fn hot_leaf(&self, seq: u64) -> Option<Hash> {
        let record = |generation: &std::sync::Arc<Generation>| {
            let record = generation.record(self.journal, seq).ok().flatten()?;
            Header::decode(&record.header)
                .is_ok_and(|header| header.seq == seq && header.journal == self.journal)
                .then(|| leaf_hash(&record.header))
        };
        self.store.generations.iter().find_map(record)
    }

    /// True where a record of the stretch opens with a key of the ledger, or would have opened with one
    /// that was destroyed on order.
    fn opens(&self, stretch: Stretch, path: &Path) -> bool {
        let Some(mut file) = VolumeFile::open(path, self.journal, stretch.first) else {
            return false;
        };
        let mut is_ours = |seq| {
            file.candidates(seq).iter().any(|(record, _)| {
                let is_disposed = || {
                    Header::decode(&record.header).is_ok_and(|header| {
                        (header.journal, header.seq) == (self.journal, seq)
                            && self.keys.is_disposed(header.key)
                    })
                };
                proved(self.journal, seq, Ahead::Lost, record, None, self.keys).is_some()
                    || is_disposed()
            })
        };
        (stretch.first..stretch.end()).any(&mut is_ours)
    }
}
