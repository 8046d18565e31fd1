//! Repair: after damage, what is still proved is put back in order, and what is lost is said.
//!
//! Nothing is invented and nothing dropped in silence. A record is kept only where its header names
//! the record before it and its sealed body opens at its leaf (or, where its unit's key is gone, both
//! fit what was stored beside them). What was damaged is set aside under another name, never
//! deleted. Rows are not restored here: they follow from the journals.
//!
//! A volume under a wrong name is given its own, because it says itself what it holds. One that
//! nothing but itself says to be of this ledger is set aside.
//!
//! If we crash here: a volume is built beside its name and takes it last; the damaged file, under
//! its new name, is still read by the next repair. The new hot store is complete and durable as
//! `hot.new` before the damaged one is renamed, and an exchange that was cut off between the two
//! renames is ended first.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use lookback_events::event::control::SealedStretch;
use lookback_events::id::JournalId;

use crate::journal::JournalError;
use crate::journal::hot::Head;
use crate::verify::source::Store;
use crate::verify::{self, Depth, Keys, Part, Report};

mod hints;
mod hot;
mod names;
mod salvage;
mod strays;
mod volumes;

/// The volumes that a journal announces, by the position of the announcement.
type Announced = BTreeMap<u64, SealedStretch>;

/// A stretch of a journal, first and last position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// The first position.
    pub first: u64,
    /// The last position.
    pub last: u64,
}

impl Stretch {
    /// How many records.
    pub const fn count(self) -> u64 {
        self.last.saturating_add(1).saturating_sub(self.first)
    }

    /// The position behind the last.
    pub const fn end(self) -> u64 {
        self.last.saturating_add(1)
    }
}

impl std::fmt::Display for Stretch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.first, self.last)
    }
}

/// What became of one journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRepair {
    /// The journal.
    pub journal: JournalId,
    /// Volumes that were sound.
    pub volumes_good: u64,
    /// Volumes made again from what was still proved.
    pub volumes_restored: Vec<Stretch>,
    /// Records kept behind the volumes, in a new hot store where the old was damaged.
    pub salvaged: u64,
    /// The position behind the last record now.
    pub end: u64,
    /// The size that the caller or a readable head knew, whichever is larger.
    pub known: u64,
    /// What could not be restored, ascending: volumes of which no proved copy is left, and the
    /// records from `end` up to `known`.
    pub lost: Vec<Stretch>,
    /// Of the lost, those that still prove themselves where they were set aside, with that place. A
    /// journal holds no record behind one that is lost, so they are not in the ledger.
    pub stranded: Vec<(PathBuf, Stretch)>,
}

impl JournalRepair {
    /// The first position that could not be restored.
    pub fn first_lost(&self) -> Option<u64> {
        self.lost.first().map(|stretch| stretch.first)
    }

    /// How many records could not be restored, as far as anybody knows of them.
    pub fn lost_count(&self) -> u64 {
        self.lost.iter().fold(0, |sum, stretch| sum.saturating_add(stretch.count()))
    }
}

/// What was repaired.
#[derive(Debug, Clone)]
pub struct RepairReport {
    /// What was found before.
    pub before: Report,
    /// What is found now; `None` where nothing had to be changed.
    pub after: Option<Report>,
    /// By journal, control first.
    pub journals: Vec<JournalRepair>,
    /// What was damaged, under the names it was set aside with.
    pub set_aside: Vec<PathBuf>,
    /// Volumes that lay under wrong names, with the paths that they have now.
    pub renamed: Vec<(PathBuf, PathBuf)>,
}

impl RepairReport {
    /// True when all that anybody knows of is there and holds.
    pub fn is_whole(&self) -> bool {
        self.after.as_ref().unwrap_or(&self.before).is_clean()
            && self.journals.iter().all(|journal| journal.lost.is_empty())
    }
}

/// Repairs the journals in `folder`, which nobody may hold open. `known` gives the sizes that were
/// signed, so that what is lost at the end can be told.
///
/// # Errors
/// When the disk cannot be read or written. What was there before is then still there, perhaps under
/// the name it was set aside with; run it again.
pub fn repair(
    folder: &Path,
    payment: u8,
    cache_bytes: u64,
    known: &[(JournalId, u64)],
    keys: &dyn Keys,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<RepairReport, JournalError> {
    hot::end_exchange(folder, cache_bytes)?;
    let verified =
        || verify::folder(folder, payment, cache_bytes, keys, Depth::Full, &(), progress);
    let first = verified();
    let (mut aside, mut renamed) = (Vec::new(), Vec::new());
    if !first.is_clean() {
        let names = names::mend(folder, payment)?;
        (aside, renamed) = (names.aside, names.renamed);
        aside.extend(hints::mend(&folder.join("hot"), cache_bytes)?);
        let store = Store::open(folder, payment, cache_bytes);
        for found in &first.journals {
            let signed = signed_size(known, found.journal);
            aside.extend(strays::mend(folder, &store, found, signed, keys)?);
        }
    }
    let mended = (!aside.is_empty() || !renamed.is_empty()).then(verified);
    let (first, before) = match mended {
        Some(mended) => (Some(first), mended),
        None => (None, first),
    };
    let mut report =
        RepairReport { before, after: None, journals: Vec::new(), set_aside: aside, renamed };
    for found in &report.before.journals {
        let stored = found.stored_head.as_ref().map_or(0, Head::next);
        let signed = signed_size(known, found.journal);
        report.journals.push(JournalRepair {
            journal: found.journal,
            volumes_good: found.counts.volumes,
            volumes_restored: Vec::new(),
            salvaged: 0,
            end: found.head.next(),
            known: stored.max(signed).max(found.head.next()),
            lost: Vec::new(),
            stranded: Vec::new(),
        });
    }
    if !report.before.is_clean() {
        let store = Store::open(folder, payment, cache_bytes);
        let said = |found: &verify::JournalReport| found.announcements.iter().copied().collect();
        let mut announced: Vec<Announced> = report.before.journals.iter().map(said).collect();
        let journals = report.before.journals.iter().zip(&mut announced).zip(&mut report.journals);
        for ((found, announced), journal) in journals {
            let aside = volumes::restore(folder, &store, found, keys, announced, journal)?;
            report.set_aside.extend(aside);
        }
        drop(store);
        let hot_is_bad = report.before.faults().any(|f| matches!(f.part, Part::Generation(_)))
            || report.before.journals.iter().any(|journal| {
                let stored = journal.stored_head.as_ref().map_or(0, Head::next);
                stored < journal.head.next()
            });
        if hot_is_bad {
            let store = Store::open(folder, payment, cache_bytes);
            let journals = &mut report.journals;
            hot::salvage(folder, &store, &mut announced, keys, journals, cache_bytes)?;
            let aside = hot::exchange(folder)?;
            for journal in &mut report.journals {
                for (path, _) in &mut journal.stranded {
                    // They moved with the store that they lie in.
                    if let (Some(aside), Some(name)) = (&aside, path.file_name()) {
                        *path = aside.join(name);
                    }
                }
            }
            report.set_aside.extend(aside);
        }
        if hot_is_bad || !report.set_aside.is_empty() || report.journals.iter().any(restored) {
            let after = verified();
            for (found, journal) in after.journals.iter().zip(&mut report.journals) {
                journal.end = found.head.next();
            }
            report.after = Some(after);
        }
    }
    let now = report.after.as_ref().unwrap_or(&report.before);
    for (journal, found) in report.journals.iter_mut().zip(&now.journals) {
        let ends = found.missing.iter().copied().chain([(journal.end, journal.known)]);
        let stretches = ends.filter(|(from, to)| from < to);
        journal
            .lost
            .extend(stretches.map(|(first, end)| Stretch { first, last: end.saturating_sub(1) }));
        journal.lost = joined(std::mem::take(&mut journal.lost));
    }
    if let Some(first) = first {
        // What was found is what was found at first; what is there now is what was mended.
        let mended = std::mem::replace(&mut report.before, first);
        report.after.get_or_insert(mended);
    }
    Ok(report)
}

/// The largest size of a journal that was signed.
fn signed_size(known: &[(JournalId, u64)], journal: JournalId) -> u64 {
    let own = known.iter().filter(|(own, _)| *own == journal);
    own.map(|(_, size)| *size).max().unwrap_or(0)
}

/// Stretches in order, those that touch or overlap as one.
fn joined(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort();
    let mut joined: Vec<Stretch> = Vec::new();
    for next in stretches {
        match joined.last_mut() {
            Some(last) if next.first <= last.end() => last.last = last.last.max(next.last),
            _ => joined.push(next),
        }
    }
    joined
}

fn restored(journal: &JournalRepair) -> bool {
    !journal.volumes_restored.is_empty()
}

/// Renames what is damaged to `<name>.damaged-<n>`, the first number that is free.
fn set_aside(path: &Path) -> Result<PathBuf, JournalError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut number = 1_u32;
    let aside = loop {
        let aside = path.with_file_name(format!("{name}.damaged-{number}"));
        if !aside.exists() {
            break aside;
        }
        number = number.saturating_add(1);
    };
    std::fs::rename(path, &aside).map_err(JournalError::io("setting aside", path))?;
    sync_folder(path.parent())?;
    Ok(aside)
}

fn sync_folder(folder: Option<&Path>) -> Result<(), JournalError> {
    let Some(folder) = folder else { return Ok(()) };
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(JournalError::io("syncing the folder", folder))
}
