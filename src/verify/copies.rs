//! Records that lie in a volume and still in the hot store: both must be the same.
//!
//! Where the leaf stored in the volume differs, the volume's own record is hashed: it may be the
//! stored leaf alone that was changed, and that is told where the volume is read.

use lookback_events::hash::Hash;
use lookback_events::record::leaf_hash;

use super::check::Item;
use crate::journal::volume::Volume;

/// Leaf hashes of the volumes over the stretch at hand.
#[derive(Debug, Default)]
pub(super) struct Copies {
    first: u64,
    leaves: Vec<Option<Hash>>,
    /// The copy that should come next.
    next: Option<u64>,
}

impl Copies {
    /// Reads the leaf hashes of the volumes from `from` to before `to`.
    pub(super) fn begin(&mut self, volumes: &[Volume], from: u64, to: u64) {
        self.first = from;
        self.leaves.clear();
        let mut at = from;
        for volume in volumes {
            let tail = &volume.tail;
            if tail.end() <= at || tail.first >= to {
                continue;
            }
            self.leaves.resize(count(from, tail.first.max(at)), None);
            let end = tail.end().min(to);
            let read = volume.reader().and_then(|reader| reader.leaves(tail.first.max(at), end));
            self.leaves.extend(read.unwrap_or_default().into_iter().map(Some));
            self.leaves.resize(count(from, end), None);
            at = end;
        }
    }

    /// A generation ends: one that a reader held when it was to go may stay behind while later ones
    /// go, so what is missing up to the next lies in volumes and is missing nowhere.
    pub(super) const fn end_generation(&mut self) {
        self.next = None;
    }

    /// What is wrong with a copy of what `volumes` hold.
    pub(super) fn compare(
        &mut self,
        item: &Item,
        volumes: &[Volume],
    ) -> Option<(String, String, String)> {
        let missing = self.next.filter(|next| *next != item.seq);
        self.next = Some(item.seq.saturating_add(1));
        if let Some(problem) = &item.problem {
            return Some((problem.what.clone(), problem.expected.clone(), problem.found.clone()));
        }
        if let Some(stored) = item.stored
            && stored != item.leaf
        {
            let what = "leaf hash differs".to_owned();
            return Some((what, stored.to_string(), item.leaf.to_string()));
        }
        let volume = self.leaves.get(count(self.first, item.seq)).copied().flatten();
        if let Some(volume) = volume
            && volume != item.leaf
            && is_at_fault(item, volume, volumes)
        {
            let what = "the record differs from the one in the volume".to_owned();
            return Some((what, volume.to_string(), item.leaf.to_string()));
        }
        missing.map(|next| {
            let what = "records are missing ahead of it".to_owned();
            (what, next.to_string(), item.seq.to_string())
        })
    }
}

/// True where the copy is, and not the volume, whose stored leaf differs from it.
fn is_at_fault(item: &Item, stored: Hash, volumes: &[Volume]) -> bool {
    let holds = |volume: &&Volume| volume.tail.first <= item.seq && item.seq < volume.tail.end();
    let volume = volumes.iter().find(holds);
    let record = volume.and_then(|volume| volume.reader().ok()?.record(item.seq).ok());
    match record.map(|record| leaf_hash(&record.header)) {
        Some(hashed) if hashed == item.leaf => false,
        Some(hashed) if hashed == stored => true,
        // Neither speaks for the stored leaf; a seal that opened speaks for the copy.
        Some(_) | None => !item.opened,
    }
}

fn count(from: u64, to: u64) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or(0)
}
