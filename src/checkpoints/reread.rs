//! Reading records back before they are signed.

use std::num::NonZeroUsize;

use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::merkle::{Frontier, Subtrees as _};
use lookback_events::record::leaf_hash;

use super::CheckpointError;
use crate::journal::read::JournalTree;
use crate::journal::{JournalError, Journals, Position};

/// Leaf hashes that are read at once: those of a full tile.
const LEAVES_AT_ONCE: u64 = 256;

/// The roots of journals as they read back, several at a time.
///
/// One result for each, in their order.
pub(super) fn roots(
    journals: &Journals,
    stretches: Vec<(JournalId, Frontier, u64)>,
) -> Vec<Result<Hash, CheckpointError>> {
    let at_once = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        let mut roots = Vec::new();
        let mut rest = stretches.into_iter().peekable();
        while rest.peek().is_some() {
            let some = rest.by_ref().take(at_once);
            let some = some.map(|(journal, signed, size)| {
                scope.spawn(move || Ok(reread(journals, journal, signed, size)?.root()))
            });
            let some: Vec<_> = some.collect();
            roots.extend(some.into_iter().map(|thread| {
                let panicked = "reading a journal back panicked".to_owned();
                thread.join().unwrap_or(Err(JournalError::Poisoned(panicked).into()))
            }));
        }
        roots
    })
}

/// Continues `tree` up to `size`: with the leaves that volumes hold, which were read back and
/// re-hashed when the volume was made, and with the re-hashed headers of what lies behind them.
fn reread(
    journals: &Journals,
    journal: JournalId,
    mut tree: Frontier,
    size: u64,
) -> Result<Frontier, CheckpointError> {
    let recorded = journals.tree(journal)?;
    let sealed = journals.volumes(journal).last().map_or(0, |v| v.tail.end()).min(size);
    while tree.size() < sealed {
        let to = tree.size().saturating_add(LEAVES_AT_ONCE).min(sealed);
        recorded.leaves(tree.size(), to)?.into_iter().for_each(|leaf| tree.push(leaf));
    }
    let mut leaves = RecordedLeaves::new(&recorded, journal, size);
    journals.records(journal, tree.size(), size, |seq, header, _| {
        tree.push(leaves.checked(seq, header)?);
        Ok(true)
    })?;
    Ok(tree)
}

/// The leaf hashes as recorded, read ahead, for comparing with what is read back.
pub(crate) struct RecordedLeaves<'a> {
    tree: &'a JournalTree<'a>,
    journal: JournalId,
    end: u64,
    first: u64,
    leaves: Vec<Hash>,
}

impl<'a> RecordedLeaves<'a> {
    /// Those of `journal` before `end`.
    pub(crate) fn new(tree: &'a JournalTree<'a>, journal: JournalId, end: u64) -> Self {
        Self { tree, journal, end, first: 0, leaves: Vec::new() }
    }

    fn recorded(&mut self, seq: u64) -> Result<Option<Hash>, JournalError> {
        let at = |first: u64| seq.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some(leaf) = at(self.first).and_then(|at| self.leaves.get(at)) {
            return Ok(Some(*leaf));
        }
        self.first = seq;
        self.leaves = self.tree.leaves(seq, seq.saturating_add(LEAVES_AT_ONCE).min(self.end))?;
        Ok(self.leaves.first().copied())
    }

    /// Hashes a header that was read back and compares it with the leaf that was recorded.
    pub(crate) fn checked(&mut self, seq: u64, header: &[u8]) -> Result<Hash, JournalError> {
        let found = leaf_hash(header);
        match self.recorded(seq)? {
            Some(leaf) if leaf == found => Ok(found),
            leaf => Err(JournalError::differs(
                Position { journal: self.journal, seq },
                "the stored records",
                "leaf hash differs when read back",
                &leaf.unwrap_or(found),
                &found,
            )),
        }
    }
}

/// The right edge of a journal's tree when it had `size` leaves.
pub(crate) fn frontier_at(tree: &JournalTree<'_>, size: u64) -> Result<Frontier, JournalError> {
    let mut roots = Vec::new();
    let mut at = 0_u64;
    for level in (0..u64::BITS).rev() {
        if size >> level & 1 == 1 {
            roots.push(tree.subtree(level, at >> level)?);
            at = at.saturating_add(1 << level);
        }
    }
    // One root for each bit of the size, so the parts always fit.
    Ok(Frontier::from_parts(size, roots).unwrap_or_default())
}
