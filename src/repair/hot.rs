//! A new hot store in place of a damaged one: heads from the volumes, and the records behind them as
//! far as they are proved.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::merkle::Frontier;
use lookback_events::time::Timestamp;

use super::salvage::{Ahead, hot_records, index, proved};
use super::{Announced, JournalRepair, Stretch, set_aside, sync_folder};
use crate::journal::hot::{Generation, Head, IndexEntry, numbers};
use crate::journal::seal::tree_behind;
use crate::journal::sled::Batch;
use crate::journal::{Frames, JournalError, Stored};
use crate::verify::Keys;
use crate::verify::source::{Parts, Store};

/// Bytes of records that go into one batch.
const BATCH_LEN: usize = 4 * 1024 * 1024;

/// Writes `hot.new`: what is salvaged, then the heads.
pub(super) fn salvage(
    folder: &Path,
    store: &Store,
    announced: &mut [Announced],
    keys: &dyn Keys,
    out: &mut [JournalRepair],
    cache_bytes: u64,
) -> Result<(), JournalError> {
    let new = folder.join("hot.new");
    if new.exists() {
        // Never a ledger's: a repair that did not come to its end left it.
        std::fs::remove_dir_all(&new).map_err(JournalError::io("removing hot.new", &*new))?;
    }
    std::fs::create_dir_all(&new).map_err(JournalError::io("making hot.new", &*new))?;
    let newest = numbers(&folder.join("hot")).unwrap_or_default().last().copied().unwrap_or(0);
    let generation = Generation::open(&new, newest.saturating_add(1), cache_bytes)?;
    let mut heads = Batch::default();
    for ((parts, announced), journal) in store.journals.iter().zip(announced).zip(out) {
        let mut head = head_behind(parts)?;
        let from = head.next();
        copy(&store.generations, parts.journal, &mut head, &generation, announced, keys)?;
        journal.stranded = stranded(&store.generations, parts.journal, head.next(), keys);
        journal.salvaged = head.next().saturating_sub(from);
        // The announcements that are still there.
        let last = announced.range(..head.next()).next_back();
        head.announced = last.map_or(0, |(_, said)| said.last.saturating_add(1));
        // The control journal's head is the sign that the store is whole.
        if head.next() > 0 || parts.journal.is_control() {
            Generation::put_head(&mut heads, parts.journal, &head);
        }
    }
    // Last and in one batch, so that a store with heads is whole.
    generation.commit(heads)?;
    Ok(())
}

/// The head that the volumes alone prove.
fn head_behind(parts: &Parts) -> Result<Head, JournalError> {
    let Some(volume) = parts.volumes.last() else { return Ok(Head::new()) };
    let end = volume.tail.end();
    let last = volume.reader()?.leaves(end.saturating_sub(1), end)?;
    Ok(Head {
        tree: tree_behind(volume)?,
        leaf: last.first().copied(),
        recorded_at: volume.tail.moments.1,
        announced: 0,
    })
}

/// Copies the records behind `head` as far as each is proved and follows the one before.
fn copy(
    generations: &[Arc<Generation>],
    journal: JournalId,
    head: &mut Head,
    to: &Generation,
    announced: &mut Announced,
    keys: &dyn Keys,
) -> Result<(), JournalError> {
    let mut group = Group::new(head.next());
    let mut failed = None;
    for generation in generations {
        let index = index(generation, journal);
        hot_records(generation, journal, head.next(), |seq, record| {
            if seq != head.next() {
                return seq < head.next();
            }
            let witness = index.get(&seq).copied();
            let Some(good) = proved(journal, seq, Ahead::of(head.leaf), &record, witness, keys)
            else {
                return false;
            };
            if good.recorded_at < head.recorded_at {
                return false;
            }
            announced.extend(good.announces.map(|volume| (seq, volume)));
            advance(head, good.entry.leaf, good.recorded_at);
            group.push(&record, good.entry);
            if group.frames.bytes().len() >= BATCH_LEN
                && let Err(error) = group.write(journal, to)
            {
                failed = Some(error);
                return false;
            }
            true
        });
        if let Some(error) = failed.take() {
            return Err(error);
        }
    }
    group.write(journal, to)
}

/// The records from `from` on that prove themselves alone, though one ahead of them is lost.
fn stranded(
    generations: &[Arc<Generation>],
    journal: JournalId,
    from: u64,
    keys: &dyn Keys,
) -> Vec<(PathBuf, Stretch)> {
    let mut found: Vec<(PathBuf, Stretch)> = Vec::new();
    for generation in generations {
        let index = index(generation, journal);
        hot_records(generation, journal, from, |seq, record| {
            let witness = index.get(&seq).copied();
            if proved(journal, seq, Ahead::Lost, &record, witness, keys).is_some() {
                match found.last_mut() {
                    Some((path, last)) if last.end() == seq && path == generation.path() => {
                        last.last = seq;
                    }
                    _ => found.push((generation.path().into(), Stretch { first: seq, last: seq })),
                }
            }
            true
        });
    }
    found
}

fn advance(head: &mut Head, leaf: Hash, recorded_at: Timestamp) {
    let tree: &mut Frontier = &mut head.tree;
    tree.push(leaf);
    head.leaf = Some(leaf);
    head.recorded_at = recorded_at;
}

/// Records on their way into the new store.
struct Group {
    first: u64,
    frames: Frames,
    index: Vec<IndexEntry>,
}

impl Group {
    fn new(first: u64) -> Self {
        Self { first, frames: Frames::default(), index: Vec::new() }
    }

    fn push(&mut self, record: &Stored, entry: IndexEntry) {
        self.frames.header(|out| out.extend_from_slice(&record.header));
        self.frames.sealed(|out| out.extend_from_slice(&record.sealed));
        self.index.push(entry);
    }

    fn write(&mut self, journal: JournalId, to: &Generation) -> Result<(), JournalError> {
        if self.index.is_empty() {
            return Ok(());
        }
        let count = u64::try_from(self.index.len()).unwrap_or(0);
        let next = Self::new(self.first.saturating_add(count));
        let Self { first, frames, index } = std::mem::replace(self, next);
        let mut batch = Batch::default();
        Generation::put_records(&mut batch, journal, first, &[Arc::new(frames)], &index);
        to.commit(batch)?;
        Ok(())
    }
}

/// Puts `hot.new` in the place of `hot`, which is set aside; returns the name it has now.
pub(super) fn exchange(folder: &Path) -> Result<Option<PathBuf>, JournalError> {
    let (hot, new) = (folder.join("hot"), folder.join("hot.new"));
    sync_folder(Some(&new))?;
    let aside = if hot.exists() { Some(set_aside(&hot)?) } else { None };
    std::fs::rename(&new, &hot).map_err(JournalError::io("naming the new hot store", &*new))?;
    sync_folder(Some(folder))?;
    Ok(aside)
}

/// Ends an exchange that was cut off between its two renames: `hot` is aside, `hot.new` complete.
pub(super) fn end_exchange(folder: &Path, cache_bytes: u64) -> Result<(), JournalError> {
    let (hot, new) = (folder.join("hot"), folder.join("hot.new"));
    if hot.exists() || !new.exists() {
        return Ok(());
    }
    let mut whole = false;
    for number in numbers(&new)? {
        // Heads are written last, all in one batch.
        let generation = Generation::open(&new, number, cache_bytes)?;
        whole |= generation.head(JournalId::CONTROL)?.is_some();
    }
    if whole {
        std::fs::rename(&new, &hot).map_err(JournalError::io("naming the new hot store", &*new))?;
        sync_folder(Some(folder))?;
    }
    Ok(())
}
