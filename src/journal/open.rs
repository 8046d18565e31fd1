//! The open stretch of a journal: what is not yet in a volume, as far as finding and proving need it.
//!
//! Not the records, which lie in the hot store: leaf hashes, roots of complete subtrees, and which
//! record belongs to which stream.

use lookback_events::hash::Hash;
use lookback_events::id::StreamId;
use lookback_events::merkle::Frontier;

use super::hot::IndexEntry;

/// Entries that are gathered before they are sorted: few enough to be looked through.
const RUN_LEN: usize = 2_048;

/// Roots of complete subtrees are kept at every eighth level, as published tiles have them.
pub const TILE_HEIGHT: u32 = 8;

/// The root of a complete subtree of `2^level` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree {
    /// A multiple of eight.
    pub level: u32,
    /// Its number on that level.
    pub index: u64,
    /// Its root.
    pub hash: Hash,
}

/// A stretch of records, from `first` to what was pushed last.
#[derive(Debug, Clone)]
pub struct OpenStretch {
    first: u64,
    before: Frontier,
    leaves: Vec<Hash>,
    checks: Vec<u32>,
    tree: Frontier,
    subtrees: Vec<Subtree>,
    /// Sorted runs of (stream, offset from `first`), and the entries not yet in one.
    runs: Vec<Vec<(StreamId, u32)>>,
    recent: Vec<(StreamId, u32)>,
}

impl OpenStretch {
    /// Begins a stretch behind the records that `tree` covers.
    pub fn new(tree: Frontier) -> Self {
        Self {
            first: tree.size(),
            before: tree.clone(),
            leaves: Vec::new(),
            checks: Vec::new(),
            tree,
            subtrees: Vec::new(),
            runs: Vec::new(),
            recent: Vec::new(),
        }
    }

    /// The first position.
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// How many records.
    pub const fn len(&self) -> usize {
        self.leaves.len()
    }

    /// True without records.
    pub const fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// The tree of the records ahead of the stretch.
    pub const fn before(&self) -> &Frontier {
        &self.before
    }

    /// The tree up to the end of the stretch.
    pub const fn tree(&self) -> &Frontier {
        &self.tree
    }

    /// The leaf hashes.
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// The checksums of the sealed bodies.
    pub fn checks(&self) -> &[u32] {
        &self.checks
    }

    /// The roots of subtrees that were completed in this stretch.
    pub fn subtrees(&self) -> &[Subtree] {
        &self.subtrees
    }

    /// Appends a record.
    pub fn push(&mut self, entry: &IndexEntry) {
        let offset = u32::try_from(self.leaves.len()).unwrap_or(u32::MAX);
        let subtrees = &mut self.subtrees;
        self.tree.push_with(entry.leaf, |level, index, hash| {
            if level.is_multiple_of(TILE_HEIGHT) {
                subtrees.push(Subtree { level, index, hash: *hash });
            }
        });
        self.leaves.push(entry.leaf);
        self.checks.push(entry.check);
        self.recent.extend(entry.streams.as_slice().iter().map(|id| (*id, offset)));
        if self.recent.len() >= RUN_LEN {
            self.recent.sort_unstable();
            self.runs.push(std::mem::take(&mut self.recent));
        }
    }

    /// The leaf hash at a position.
    pub fn leaf(&self, seq: u64) -> Option<Hash> {
        self.leaves.get(self.offset(seq)?).copied()
    }

    /// A subtree's root, where it was completed in this stretch and is kept.
    pub fn subtree(&self, level: u32, index: u64) -> Option<Hash> {
        let found = self.subtrees.iter().find(|s| s.level == level && s.index == index);
        found.map(|s| s.hash)
    }

    fn offset(&self, seq: u64) -> Option<usize> {
        usize::try_from(seq.checked_sub(self.first)?).ok()
    }

    /// The positions of a stream in this stretch, ascending.
    pub fn positions(&self, stream: StreamId) -> Vec<u64> {
        let mut found = Vec::new();
        for run in &self.runs {
            let from = run.partition_point(|(id, _)| *id < stream);
            let rest = run.get(from..).unwrap_or_default();
            found.extend(rest.iter().take_while(|(id, _)| *id == stream).map(|(_, at)| *at));
        }
        found.extend(self.recent.iter().filter(|(id, _)| *id == stream).map(|(_, at)| *at));
        found.into_iter().map(|at| self.first.saturating_add(u64::from(at))).collect()
    }

    /// All (stream, offset) pairs, sorted.
    pub fn sorted(&self) -> Vec<(StreamId, u32)> {
        let mut all = self.runs.concat();
        all.extend_from_slice(&self.recent);
        // Sorted runs one after the other are what the stable sort is quick at.
        all.sort();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lookback_events::record::Streams;

    #[test]
    fn a_stream_is_found_in_runs_and_in_what_is_not_yet_sorted() {
        let mut open = OpenStretch::new(Frontier::default());
        for n in 0..5_000_u64 {
            let own = StreamId(u128::from(n % 1_700).to_be_bytes());
            let all = StreamId([0xee; 16]);
            let leaf = Hash([u8::try_from(n % 251).unwrap(); 32]);
            let streams = Streams::new(&[own, all]).unwrap();
            open.push(&IndexEntry { leaf, check: 0, streams });
        }
        let own = StreamId(42_u128.to_be_bytes());
        assert_eq!(open.positions(own), vec![42, 1_742, 3_442]);
        assert_eq!(open.positions(StreamId([0xee; 16])), (0..5_000).collect::<Vec<_>>());
        assert_eq!(open.positions(StreamId([1; 16])), Vec::<u64>::new());
        assert_eq!(open.sorted().len(), 10_000);
        assert!(open.sorted().is_sorted());
        assert_eq!(open.subtrees().len(), 5_000 / 256);
    }
}
