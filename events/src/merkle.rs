//! The Merkle tree of RFC 6962 2.1, kept as it grows and proved from stored subtrees.
//!
//! Not a store: proofs ask a [`Subtrees`] for the hashes of complete subtrees, wherever they lie.

use sha2::{Digest as _, Sha256};

use crate::hash::{Hash, sha256};

/// `SHA256(0x01 || left || right)` (RFC 6962 2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // In one piece, which is quicker than in three.
    let mut node = [1_u8; 65];
    if let Some((one, two)) = node.get_mut(1..).and_then(|hashes| hashes.split_at_mut_checked(32)) {
        one.copy_from_slice(&left.0);
        two.copy_from_slice(&right.0);
    }
    sha256(&node)
}

/// The root over `2^n` leaves, level by level, with `leaves` as its scratch; `None` for another
/// count. Nodes beside each other wait for nothing of one another, so it is quicker than leaf by
/// leaf.
pub fn complete_root(leaves: &mut [Hash]) -> Option<Hash> {
    if !leaves.len().is_power_of_two() {
        return None;
    }
    let mut len = leaves.len();
    while len > 1 {
        len /= 2;
        for to in 0..len {
            let from = to.checked_mul(2)?;
            let (left, right) = (leaves.get(from)?, leaves.get(from.checked_add(1)?)?);
            let node = node_hash(left, right);
            *leaves.get_mut(to)? = node;
        }
    }
    leaves.first().copied()
}

/// The root of the empty tree, `SHA256("")`.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest(b"").into())
}

/// The right edge of a growing tree: the roots of its complete subtrees, largest first.
///
/// Enough to append leaves and to tell the root; the leaves themselves are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// The edge of a tree of `size` leaves; `None` when the count of roots does not fit the size.
    pub fn from_parts(size: u64, roots: Vec<Hash>) -> Option<Self> {
        (usize::try_from(size.count_ones()) == Ok(roots.len())).then_some(Self { size, roots })
    }

    /// Stands for a tree of so many leaves of which nothing is known: its root is nobody's.
    pub fn unknown(size: u64) -> Self {
        let roots = (0..size.count_ones()).map(|_| Hash([0; 32]));
        Self { size, roots: roots.collect() }
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _, _| {});
    }

    /// Appends a leaf and tells of each subtree that it completes: its level (1 = two leaves), its
    /// index on that level, and its hash.
    pub fn push_with(&mut self, leaf: Hash, completed: impl FnMut(u32, u64, &Hash)) {
        self.push_subtree_with(0, leaf, completed);
    }

    /// Appends the complete subtree of `2^level` leaves whose root is `hash`, and tells of each
    /// subtree that it completes in turn, not of itself. The size must be a multiple of `2^level`.
    pub fn push_subtree_with(
        &mut self,
        mut level: u32,
        mut hash: Hash,
        mut completed: impl FnMut(u32, u64, &Hash),
    ) {
        let leaves = 1_u64.checked_shl(level).unwrap_or(0);
        let mut index = self.size.checked_shr(level).unwrap_or(0);
        while index & 1 == 1 {
            let Some(left) = self.roots.pop() else { break };
            hash = node_hash(&left, &hash);
            level = level.saturating_add(1);
            index >>= 1;
            completed(level, index, &hash);
        }
        self.roots.push(hash);
        self.size = self.size.saturating_add(leaves);
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        let Some(smallest) = roots.next() else { return empty_root() };
        roots.fold(*smallest, |right, left| node_hash(left, &right))
    }
}

/// The root over leaves given as hashes.
pub fn root_of(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::default();
    leaves.into_iter().for_each(|leaf| frontier.push(leaf));
    frontier.root()
}

/// A source of complete subtrees' hashes.
pub trait Subtrees {
    /// Why a hash cannot be had.
    type Error;

    /// The hash of the complete subtree of `2^level` leaves that begins at leaf `index << level`.
    ///
    /// # Errors
    /// When the source cannot give it.
    fn subtree(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// Leaf hashes in memory are a source of subtrees.
impl Subtrees for [Hash] {
    type Error = OutOfTree;

    fn subtree(&self, level: u32, index: u64) -> Result<Hash, OutOfTree> {
        let first = usize::try_from(index << level).map_err(|_| OutOfTree)?;
        let len = 1_usize.checked_shl(level).ok_or(OutOfTree)?;
        let end = first.checked_add(len).ok_or(OutOfTree)?;
        Ok(root_of(self.get(first..end).ok_or(OutOfTree)?.iter().copied()))
    }
}

/// A leaf or a size beyond the tree was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("beyond the tree")]
pub struct OutOfTree;

/// The complete subtrees that tile `from..to`, left to right, as (level, index).
///
/// `from` must be a multiple of the size of every subtree to its right, which holds for the ranges
/// that RFC 6962 proofs speak of.
fn tiles(from: u64, to: u64) -> Vec<(u32, u64)> {
    let mut out = Vec::new();
    let mut at = from;
    while at < to {
        let room = to.saturating_sub(at).ilog2();
        let level = if at == 0 { room } else { room.min(at.trailing_zeros()) };
        out.push((level, at >> level));
        at = at.saturating_add(1_u64 << level);
    }
    out
}

/// The hash of the subtree over `from..to` as RFC 6962 splits it (`MTH(D[from:to])`).
fn range_hash<S: Subtrees + ?Sized>(s: &S, from: u64, to: u64) -> Result<Hash, S::Error> {
    let mut hash: Option<Hash> = None;
    for (level, index) in tiles(from, to).into_iter().rev() {
        let left = s.subtree(level, index)?;
        hash = Some(match hash {
            None => left,
            Some(right) => node_hash(&left, &right),
        });
    }
    Ok(hash.unwrap_or_else(empty_root))
}

/// The root of the first `size` leaves.
///
/// # Errors
/// When the source lacks a subtree.
pub fn root<S: Subtrees + ?Sized>(source: &S, size: u64) -> Result<Hash, S::Error> {
    range_hash(source, 0, size)
}

/// The largest power of two below `n` (RFC 6962 2.1); 1 for 2.
fn split(n: u64) -> u64 {
    1_u64 << n.saturating_sub(1).max(1).ilog2()
}

/// The audit path of leaf `index` in the tree of `size` leaves, leaf's sibling first
/// (RFC 6962 2.1.1).
///
/// # Errors
/// When the source lacks a subtree.
pub fn inclusion_proof<S: Subtrees + ?Sized>(
    source: &S,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, S::Error> {
    let (mut from, mut to) = (0_u64, size);
    let mut path = Vec::new();
    while to.saturating_sub(from) > 1 {
        let middle = from.saturating_add(split(to.saturating_sub(from)));
        if index < middle {
            path.push(range_hash(source, middle, to)?);
            to = middle;
        } else {
            path.push(range_hash(source, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `size` leaves begins with the tree of `old` leaves (RFC 6962 2.1.2).
///
/// # Errors
/// When the source lacks a subtree.
pub fn consistency_proof<S: Subtrees + ?Sized>(
    source: &S,
    old: u64,
    size: u64,
) -> Result<Vec<Hash>, S::Error> {
    if old == 0 || old >= size {
        return Ok(Vec::new());
    }
    let (mut from, mut to) = (0_u64, size);
    let mut path = Vec::new();
    let mut whole = true;
    while old != to {
        let middle = from.saturating_add(split(to.saturating_sub(from)));
        if old <= middle {
            path.push(range_hash(source, middle, to)?);
            to = middle;
        } else {
            path.push(range_hash(source, from, middle)?);
            from = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range_hash(source, from, to)?);
    }
    path.reverse();
    Ok(path)
}

/// True when `path` proves `leaf` at `index` under `root` (RFC 9162 2.1.3.2).
pub fn verify_inclusion(root: &Hash, size: u64, index: u64, leaf: &Hash, path: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size.saturating_sub(1));
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// True when `path` proves that the tree under `root` begins with the tree under `old_root`
/// (RFC 9162 2.1.4.2).
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    path: &[Hash],
) -> bool {
    if old > size {
        return false;
    }
    if old == size || old == 0 {
        return path.is_empty() && (old == 0 || old_root == root);
    }
    let (mut node, mut last) = (old.saturating_sub(1), size.saturating_sub(1));
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let mut path = path.iter();
    let first = if node == 0 && old.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::leaf_hash;

    fn leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_and_no_flipped_bit_is() {
        for size in 1..=70_u64 {
            let all = leaves(size);
            let root_now = root_of(all.iter().copied());
            assert_eq!(root(all.as_slice(), size), Ok(root_now));
            for index in 0..size {
                let leaf = all[usize::try_from(index).unwrap()];
                let path = inclusion_proof(all.as_slice(), index, size).unwrap();
                assert!(
                    verify_inclusion(&root_now, size, index, &leaf, &path),
                    "{index} of {size}"
                );
                assert!(!verify_inclusion(&root_now, size, index ^ 1, &leaf, &path) || size == 1);
                for i in 0..path.len() {
                    let mut bad = path.clone();
                    bad[i].0[7] ^= 1;
                    assert!(!verify_inclusion(&root_now, size, index, &leaf, &bad));
                }
                let mut long = path.clone();
                long.push(leaf);
                assert!(!verify_inclusion(&root_now, size, index, &leaf, &long));
            }
        }
    }

    #[test]
    fn a_tree_grown_by_subtrees_is_the_tree_grown_by_leaves() {
        let all = leaves(64 + 8);
        let (mut by_leaf, mut by_subtree) = (Frontier::default(), Frontier::default());
        let (mut told, mut told_again) = (Vec::new(), Vec::new());
        for eight in all.chunks(8) {
            for leaf in eight {
                by_leaf.push_with(*leaf, |level, index, hash| told.push((level, index, *hash)));
            }
            let root = complete_root(&mut eight.to_vec()).unwrap();
            by_subtree
                .push_subtree_with(3, root, |level, i, hash| told_again.push((level, i, *hash)));
            assert_eq!(by_leaf, by_subtree);
        }
        told.retain(|(level, ..)| *level > 3);
        assert_eq!(told, told_again);
        assert_eq!(complete_root(&mut all[..7].to_vec()), None);
    }

    #[test]
    fn every_small_tree_is_consistent_with_each_of_its_prefixes() {
        for size in 1..=70_u64 {
            let all = leaves(size);
            let root_now = root_of(all.iter().copied());
            for old in 0..=size {
                let kept = usize::try_from(old).unwrap();
                let old_root = root_of(all[..kept].iter().copied());
                let path = consistency_proof(all.as_slice(), old, size).unwrap();
                assert!(verify_consistency(old, &old_root, size, &root_now, &path), "{old} {size}");
                for i in 0..path.len() {
                    let mut bad = path.clone();
                    bad[i].0[31] ^= 128;
                    assert!(!verify_consistency(old, &old_root, size, &root_now, &bad));
                }
                if old > 0 && old < size {
                    let mut other = old_root;
                    other.0[0] ^= 1;
                    assert!(!verify_consistency(old, &other, size, &root_now, &path));
                }
            }
        }
    }
}
