//! A ledger that cannot be opened, looked at part by part: its records, and its trees against what
//! was signed.
//!
//! Not a repair, and no rows: what they hold follows from the records.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use lookback_events::body::UnitKey;
use lookback_events::checkpoint::Checkpoint;
use lookback_events::hash::Hash;
use lookback_events::id::{JournalId, KeyId};
use lookback_events::merkle::Frontier;
use lookback_events::record::Header;

use crate::checkpoints::{CheckpointError, Checkpoints};
use crate::config::Config;
use crate::journal::hot::Head;
use crate::journal::{Damage, Position};
use crate::keys::Keys;
use crate::verify::{self, Depth, FAULTS_MAX, Fault, JournalReport, Observer, Part, Report};

use super::error_chain;

impl verify::Keys for Keys {
    fn key(&self, id: KeyId) -> Option<Arc<UnitKey>> {
        self.by_id(id)
    }

    fn is_disposed(&self, _: KeyId) -> bool {
        // Nothing is disposed of yet, so a key that is not there is a loss.
        false
    }
}

/// What was found.
#[derive(Debug)]
pub struct Examined {
    /// The journals; what does not fit the signed checkpoints is among their faults.
    pub report: Report,
    /// How many journals have a checkpoint that this ledger's key signed.
    pub signed: u64,
    /// How many records those cover.
    pub covered: u64,
    /// Trees that could not be compared with what was signed, because of other damage.
    pub not_compared: u64,
}

/// Looks at the ledger in `folder`, which nobody may hold open. `payment` is the number of payment
/// journals that it was created with.
pub fn examine(
    folder: &Path,
    config: &Config,
    payment: u8,
    keys: &Keys,
    checkpoints: &Checkpoints,
    depth: Depth,
    progress: &(dyn Fn(u64) + Sync),
) -> Examined {
    let ids: Vec<JournalId> = (0..=payment).filter_map(|n| JournalId::from_index(n).ok()).collect();
    let last: Vec<Result<Option<Checkpoint>, CheckpointError>> =
        ids.iter().map(|journal| checkpoints.last(*journal)).collect();
    let sizes = last.iter().map(|last| match last {
        Ok(Some(last)) => last.size,
        Ok(None) | Err(_) => 0,
    });
    let watch = Watch::new(keys, depth, sizes);
    let cache = config.settings().cache_bytes;
    let report = verify::folder(folder, payment, cache, keys, depth, &watch, progress);
    let mut found = Examined { report, signed: 0, covered: 0, not_compared: 0 };
    let Report { journals, unopened, .. } = &mut found.report;
    for ((journal, last), slot) in journals.iter_mut().zip(last).zip(&watch.journals) {
        place_unopened(journal, unopened);
        let watched = slot.lock().unwrap_or_else(PoisonError::into_inner);
        push_unkept(journal, &watched);
        match last {
            Ok(None) => {}
            Ok(Some(last)) => {
                found.signed = found.signed.saturating_add(1);
                found.covered = found.covered.saturating_add(last.size);
                match compared(journal, &last, watched.root) {
                    Compared::Same => {}
                    Compared::Not => found.not_compared = found.not_compared.saturating_add(1),
                    Compared::Differs(fault) => push(journal, *fault),
                }
            }
            Err(error) => {
                let fault = told(journal, 0, error_chain(&error), String::new(), String::new());
                push(journal, fault);
            }
        }
        journal.faults.sort_by_key(|fault| fault.damage.at.seq);
    }
    found
}

/// The records whose key is not kept, where only headers were verified: as the audit of an open
/// ledger needs them, too.
pub(super) fn headers(report: &mut Report, watch: &Watch<'_>) {
    for (journal, slot) in report.journals.iter_mut().zip(&watch.journals) {
        push_unkept(journal, &slot.lock().unwrap_or_else(PoisonError::into_inner));
        journal.faults.sort_by_key(|fault| fault.damage.at.seq);
    }
}

fn push(journal: &mut JournalReport, fault: Fault) {
    journal.faults_count = journal.faults_count.saturating_add(1);
    journal.affected = journal.affected.saturating_add(fault.affected);
    journal.faults.push(fault);
}

fn push_unkept(journal: &mut JournalReport, watched: &Watched) {
    watched.unkept.iter().for_each(|(seq, key)| push(journal, missing_key(journal, *seq, *key)));
    let named = u64::try_from(watched.unkept.len()).unwrap_or(0);
    let more = watched.unkept_count.saturating_sub(named);
    journal.faults_count = journal.faults_count.saturating_add(more);
    journal.affected = journal.affected.saturating_add(more);
}

fn missing_key(journal: &JournalReport, seq: u64, key: KeyId) -> Fault {
    let damage = Damage {
        at: Position { journal: journal.journal, seq },
        place: "keys/units".to_owned(),
        what: format!("its body cannot be opened: key {key} is not kept"),
        expected: String::new(),
        found: String::new(),
    };
    Fault { damage, part: Part::Journal, affected: 1 }
}

/// A fault that a signed checkpoint shows.
fn told(journal: &JournalReport, seq: u64, what: String, expected: String, found: String) -> Fault {
    let at = Position { journal: journal.journal, seq };
    let place = format!("checkpoints/{}", journal.journal);
    Fault { damage: Damage { at, place, what, expected, found }, part: Part::Journal, affected: 0 }
}

/// A generation that cannot be opened hides the records from the first that is not there.
fn place_unopened(journal: &mut JournalReport, unopened: &[u32]) {
    let gaps = journal.faults.iter().filter(|fault| fault.part == Part::Journal);
    let gap = gaps.map(|fault| fault.damage.at.seq).min().unwrap_or(u64::MAX);
    let first = gap.min(journal.head.next());
    for fault in &mut journal.faults {
        if matches!(&fault.part, Part::Generation(number) if unopened.contains(number)) {
            fault.damage.at.seq = first;
        }
    }
}

enum Compared {
    Same,
    /// Something else hinders.
    Not,
    Differs(Box<Fault>),
}

/// Compares what was read of a journal with what was signed of it.
fn compared(journal: &JournalReport, last: &Checkpoint, at_size: Option<Hash>) -> Compared {
    let end = journal.head.next();
    if end < last.size {
        let what = "records are missing: the store is behind what was signed".to_owned();
        let expected = format!("{} records under root {}", last.size, last.root);
        let mut fault = told(journal, end, what, expected, format!("{end} records"));
        // Those that a head still knows of are counted where it is told.
        let counted = journal.stored_head.as_ref().map_or(0, Head::next).max(end);
        fault.affected = last.size.saturating_sub(counted);
        return Compared::Differs(Box::new(fault));
    }
    let proved = journal.head_is_proved && end == last.size;
    match at_size.or_else(|| proved.then(|| journal.head.tree.root())) {
        None => Compared::Not,
        Some(root) if root == last.root => Compared::Same,
        Some(root) => {
            let what = format!(
                "the records up to here have another history than was signed: root of the first {}",
                last.size
            );
            let seq = last.size.saturating_sub(1);
            let (expected, found) = (last.root.to_string(), root.to_string());
            Compared::Differs(Box::new(told(journal, seq, what, expected, found)))
        }
    }
}

/// Looks on while records are verified: takes the root of each tree as large as it was signed, and
/// notes which keys are not there where nobody opens bodies.
pub(super) struct Watch<'a> {
    keys: &'a Keys,
    depth: Depth,
    journals: Vec<Mutex<Watched>>,
}

#[derive(Default)]
struct Watched {
    /// How many records were signed.
    size: u64,
    /// The tree of what each record says of the one before it.
    tree: Frontier,
    root: Option<Hash>,
    known: HashSet<KeyId>,
    /// The first records whose key is not there, and how many there are.
    unkept: Vec<(u64, KeyId)>,
    unkept_count: u64,
}

impl<'a> Watch<'a> {
    pub(super) fn new(keys: &'a Keys, depth: Depth, sizes: impl Iterator<Item = u64>) -> Self {
        let watched = |size| Mutex::new(Watched { size, ..Watched::default() });
        Self { keys, depth, journals: sizes.map(watched).collect() }
    }
}

impl Observer for Watch<'_> {
    fn record(&self, at: Position, header: &Header<'_>, _: Option<&[u8]>) {
        let Some(slot) = self.journals.get(usize::from(at.journal.index())) else { return };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if self.depth == Depth::Headers && !slot.known.contains(&header.key) {
            if self.keys.by_id(header.key).is_some() {
                slot.known.insert(header.key);
            } else {
                slot.unkept_count = slot.unkept_count.saturating_add(1);
                if slot.unkept.len() < FAULTS_MAX {
                    slot.unkept.push((at.seq, header.key));
                }
            }
        }
        if let Some(prev) = header.prev
            && slot.tree.size() < slot.size
            && slot.tree.size().saturating_add(1) == at.seq
        {
            slot.tree.push(prev);
            if slot.tree.size() == slot.size {
                slot.root = Some(slot.tree.root());
            }
        }
    }
}
