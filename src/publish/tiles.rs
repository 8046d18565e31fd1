//! C2SP tlog-tiles: where tiles lie, and how a growing tree becomes tiles.
//!
//! Not the files themselves: [`Tiles`] hands each tile out once it is full, and the partial ones at
//! the end. Memory: one unfinished tile a level.

use lookback_events::hash::Hash;
use lookback_events::merkle::Frontier;

use crate::journal::open::TILE_HEIGHT;

/// Hashes of a full tile, and entries of a full bundle: `2^TILE_HEIGHT`.
pub(super) const TILE_LEN: u64 = 1 << TILE_HEIGHT;
/// Levels of tiles that a tree of 64-bit size can have.
pub(super) const LEVELS: u8 = 8;

/// A row of files: the tiles of one level, or the bundles of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    /// Headers, as `u16 length || header`.
    Entries,
    /// Hashes of the subtrees of `256^level` leaves.
    Level(u8),
}

impl Row {
    /// The folder of the row, below the journal's.
    pub(super) fn folder(self) -> String {
        match self {
            Self::Entries => "tile/entries".to_owned(),
            Self::Level(level) => format!("tile/{level}"),
        }
    }

    /// The path of the `n`th file of the row, below the journal's folder: full with 256 hashes or
    /// entries, else partial.
    pub(super) fn path(self, n: u64, width: usize) -> String {
        let path = format!("{}/{}", self.folder(), number(n));
        if u64::try_from(width).is_ok_and(|width| width < TILE_LEN) {
            format!("{path}.p/{width}")
        } else {
            path
        }
    }

    /// How many full files the row has when the tree has `size` leaves.
    pub(super) fn full(self, size: u64) -> u64 {
        let level = match self {
            Self::Entries => 0,
            Self::Level(level) => level,
        };
        subtrees(size, level) >> TILE_HEIGHT
    }

    /// The rows that a tree of `size` leaves has.
    pub(super) fn all(size: u64) -> impl Iterator<Item = Self> {
        let levels = (0..LEVELS).filter(move |level| subtrees(size, *level) > 0).map(Self::Level);
        std::iter::once(Self::Entries).chain(levels)
    }
}

/// How many complete subtrees of `256^level` leaves a tree of `size` leaves has.
fn subtrees(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level).saturating_mul(TILE_HEIGHT)).unwrap_or(0)
}

/// A tile's number in groups of three digits, all but the last prefixed with `x`.
pub(super) fn number(n: u64) -> String {
    let mut path = format!("{:03}", n % 1_000);
    let mut rest = n / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    path
}

/// A tile under construction.
#[derive(Debug, Default)]
struct Tile {
    number: u64,
    hashes: Vec<Hash>,
}

/// A tile to be written.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) level: u8,
    pub(super) number: u64,
    pub(super) hashes: Vec<Hash>,
}

impl Finished {
    /// The bytes of the tile's file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| hash.0).collect()
    }
}

/// A tree that grows leaf by leaf and gives out its tiles.
#[derive(Debug)]
pub(super) struct Tiles {
    tree: Frontier,
    /// By level.
    open: Vec<Tile>,
}

impl Tiles {
    /// A tree without leaves.
    pub(super) fn new() -> Self {
        let open = (0..LEVELS).map(|_| Tile::default()).collect();
        Self { tree: Frontier::default(), open }
    }

    /// The root over all leaves so far.
    pub(super) fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Appends a leaf; calls `full` with every tile that it fills.
    pub(super) fn push<E>(
        &mut self,
        leaf: Hash,
        mut full: impl FnMut(&Finished) -> Result<(), E>,
    ) -> Result<(), E> {
        let open = &mut self.open;
        let mut add = |height: u32, hash: Hash| {
            let tile = usize::try_from(height / TILE_HEIGHT).ok().and_then(|l| open.get_mut(l));
            if let Some(tile) = tile {
                tile.hashes.push(hash);
            }
        };
        add(0, leaf);
        self.tree.push_with(leaf, |height, _, hash| {
            if height.is_multiple_of(TILE_HEIGHT) {
                add(height, *hash);
            }
        });
        for (level, tile) in (0..).zip(&mut self.open) {
            if u64::try_from(tile.hashes.len()) != Ok(TILE_LEN) {
                break;
            }
            let hashes = std::mem::take(&mut tile.hashes);
            full(&Finished { level, number: tile.number, hashes })?;
            tile.number = tile.number.saturating_add(1);
        }
        Ok(())
    }

    /// The partial tiles that are left.
    pub(super) fn finish(self) -> impl Iterator<Item = Finished> {
        let tiles = (0..).zip(self.open).filter(|(_, tile)| !tile.hashes.is_empty());
        tiles.map(|(level, Tile { number, hashes })| Finished { level, number, hashes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_groups_of_three_digits() {
        for (n, path) in [
            (0, "000"),
            (5, "005"),
            (67, "067"),
            (999, "999"),
            (1_000, "x001/000"),
            (70_255, "x070/255"),
            (999_999, "x999/999"),
            (1_234_067, "x001/x234/067"),
            (1_000_000_000, "x001/x000/x000/000"),
            (u64::MAX, "x018/x446/x744/x073/x709/x551/615"),
        ] {
            assert_eq!(number(n), path);
        }
    }

    #[test]
    fn a_file_with_fewer_than_256_is_partial() {
        assert_eq!(Row::Entries.path(1_234_067, 256), "tile/entries/x001/x234/067");
        assert_eq!(Row::Entries.path(273, 112), "tile/entries/273.p/112");
        assert_eq!(Row::Level(0).path(273, 1), "tile/0/273.p/1");
        assert_eq!(Row::Level(1).path(1_000, 255), "tile/1/x001/000.p/255");
    }

    #[test]
    fn a_row_is_there_once_it_has_a_hash() {
        let rows = |size| Row::all(size).count();
        assert_eq!((rows(0), rows(1), rows(255), rows(256)), (1, 2, 2, 3));
        assert_eq!((rows(65_535), rows(65_536), rows(u64::MAX)), (3, 4, 9));
        // The example of tlog-tiles: 70,000 leaves are 273 full tiles and 112 hashes, above them
        // one full tile and 17 hashes, above that one hash.
        assert_eq!((Row::Level(0).full(70_000), 70_000 % 256), (273, 112));
        assert_eq!((Row::Level(1).full(70_000), (70_000 >> 8) % 256), (1, 17));
        assert_eq!((Row::Level(2).full(70_000), 70_000 >> 16), (0, 1));
    }
}
