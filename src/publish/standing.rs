//! What was published before, compared with the tree: what is gone or was changed is written again.
//!
//! A new checkpoint needs every file below it, not only those that it adds. Hash tiles are compared
//! byte by byte with the leaves that the journal recorded, entries by hashing each header; the records
//! are read only of a bundle that must be written again.

use lookback_events::hash::Hash;
use lookback_events::merkle::Frontier;
use lookback_events::record::leaf_hash;

use super::folder::Folder;
use super::tiles::{Finished, Row, TILE_LEN, Tiles};
use super::{Progress, PublishError, SignedCheckpoint, push_entry};
use crate::checkpoints::RecordedLeaves;
use crate::journal::Journals;
use crate::journal::read::JournalTree;

/// Leaves that are read at once: 64 tiles of them, half a megabyte.
const LEAVES_AT_ONCE: u64 = 64 * TILE_LEN;

/// An earlier state of a journal in its folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Published {
    /// How many records.
    pub(super) size: u64,
    /// The root over them.
    pub(super) root: Hash,
    /// The folder holds this ledger's key or checkpoint, so that a file that differs is damage.
    pub(super) is_ours: bool,
}

/// What looking again needs.
pub(super) struct Standing<'a> {
    pub(super) journals: &'a Journals,
    pub(super) tree: &'a JournalTree<'a>,
    pub(super) signed: &'a SignedCheckpoint,
    pub(super) published: Published,
    /// The recorded leaves were found to lead to the published root.
    pub(super) is_sure: bool,
}

impl Standing<'_> {
    /// Looks at the files of the first `to` records, which are all that were published or end with a
    /// full tile; gives the tree over them.
    pub(super) fn look(
        &mut self,
        to: u64,
        folder: &mut Folder,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<Tiles, PublishError> {
        let mut tiles = Tiles::new();
        let mut from = 0;
        while from < to {
            let leaves = self.tree.leaves(from, to.min(from.saturating_add(LEAVES_AT_ONCE)))?;
            for own in leaves.chunks(usize::try_from(TILE_LEN).unwrap_or(usize::MAX)) {
                self.bundle(from, own, folder)?;
                for leaf in own {
                    tiles.push(*leaf, |tile| self.tile(tile, folder))?;
                }
                from = from.saturating_add(u64::try_from(own.len()).unwrap_or(0));
                let (journal, total) = (self.signed.journal, self.signed.checkpoint.size);
                watch(Progress { journal, done: from, total });
            }
        }
        Ok(tiles)
    }

    /// Compares the bundle of entries that begins at `first`.
    fn bundle(
        &mut self,
        first: u64,
        leaves: &[Hash],
        folder: &mut Folder,
    ) -> Result<(), PublishError> {
        let path = Row::Entries.path(first / TILE_LEN, leaves.len());
        if folder.read(&path)?.is_some_and(|bundle| is_bundle(&bundle, leaves)) {
            return Ok(());
        }
        self.make_sure()?;
        let (journal, mut bundle) = (self.signed.journal, Vec::new());
        let end = first.saturating_add(u64::try_from(leaves.len()).unwrap_or(0));
        let mut recorded = RecordedLeaves::new(self.tree, journal, end);
        self.journals.records(journal, first, end, |seq, header, _| {
            recorded.checked(seq, header)?;
            push_entry(&mut bundle, journal, seq, header)?;
            Ok(true)
        })?;
        folder.put_again(&path, &bundle)
    }

    /// Compares a tile of hashes.
    pub(super) fn tile(
        &mut self,
        tile: &Finished,
        folder: &mut Folder,
    ) -> Result<(), PublishError> {
        let path = Row::Level(tile.level).path(tile.number, tile.hashes.len());
        let bytes = tile.bytes();
        if folder.read(&path)?.is_some_and(|found| found == bytes) {
            return Ok(());
        }
        self.make_sure()?;
        folder.put_again(&path, &bytes)
    }

    /// Before a published file is replaced: it may be what the journal recorded that was changed.
    fn make_sure(&mut self) -> Result<(), PublishError> {
        let Published { size, root, .. } = self.published;
        if self.is_sure {
            return Ok(());
        }
        let mut tree = Frontier::default();
        while tree.size() < size {
            let to = size.min(tree.size().saturating_add(LEAVES_AT_ONCE));
            self.tree.leaves(tree.size(), to)?.into_iter().for_each(|leaf| tree.push(leaf));
        }
        if tree.root() != root {
            let (journal, found) = (self.signed.journal, tree.root());
            return Err(PublishError::Unlike { journal, size, signed: root, found });
        }
        self.is_sure = true;
        Ok(())
    }
}

/// True where the entries of a bundle are the headers of these leaves and nothing else.
fn is_bundle(mut bundle: &[u8], leaves: &[Hash]) -> bool {
    let next = |bundle: &mut &[u8]| {
        let (len, rest) = bundle.split_first_chunk::<2>()?;
        let (header, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        *bundle = rest;
        Some(leaf_hash(header))
    };
    leaves.iter().all(|leaf| next(&mut bundle) == Some(*leaf)) && bundle.is_empty()
}
