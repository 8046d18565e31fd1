//! Runs: some hundred records of a volume, their headers together, their sealed bodies behind them.
//!
//! Whoever writes a volume holds one run in memory; whoever reads headers alone skips the bodies.
//! Not checked here: what the records say.

/// The most records of a run: as many as a full tile of the tree.
pub const RUN_RECORDS: usize = 256;
/// A run ends when its bodies have so many bytes: what is held in memory while it is written.
pub const RUN_BODIES_LEN: usize = 1024 * 1024;
/// Bytes ahead of a run's first header: its count of records.
pub const COUNT_LEN: u64 = 4;
/// Bytes ahead of each header and body: its length.
pub const LENGTH_LEN: u64 = 4;
/// The most bytes of a run: 256 of the longest headers, a full buffer of bodies and one more body.
const RUN_LEN_MAX: u64 = 256 * (4 + 65_535) + 2 * 1024 * 1024;

/// Where the lengths ahead of a record's header and of its sealed body lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Of the header.
    pub header: u64,
    /// Of the sealed body.
    pub sealed: u64,
}

/// Where a run lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Where it begins, with its count.
    pub at: u64,
    /// Where its headers end and its bodies begin.
    pub bodies: u64,
    /// Where it ends.
    pub end: u64,
    /// Its records.
    pub places: Vec<Place>,
}

impl Run {
    /// The run that begins at `at`, by the places of its records and of those behind it; `None`
    /// where these do not follow one another as a run's do. The runs end at `end`.
    pub fn by_places(at: u64, end: u64, mut places: impl Iterator<Item = Place>) -> Option<Self> {
        let first = places.next()?;
        if first.header != at.checked_add(COUNT_LEN)? {
            return None;
        }
        let (mut all, mut last) = (vec![first], first);
        let mut run_end = end;
        for place in places {
            if place.header >= first.sealed {
                run_end = place.header.checked_sub(COUNT_LEN)?;
                break;
            }
            let ascends = place.header >= last.header.checked_add(LENGTH_LEN)?
                && place.sealed >= last.sealed.checked_add(LENGTH_LEN)?;
            if !ascends || all.len() == RUN_RECORDS {
                return None;
            }
            all.push(place);
            last = place;
        }
        let fits = last.header.checked_add(LENGTH_LEN)? <= first.sealed
            && last.sealed.checked_add(LENGTH_LEN)? <= run_end
            && run_end <= end
            && run_end.checked_sub(at)? <= RUN_LEN_MAX;
        fits.then_some(Self { at, bodies: first.sealed, end: run_end, places: all })
    }

    /// The run that begins at `at`, by its count and the lengths in it; `None` where these lead
    /// beyond `end`. `number` reads four bytes.
    pub fn by_lengths(at: u64, end: u64, number: impl Fn(u64) -> Option<u32>) -> Option<Self> {
        let count = usize::try_from(number(at)?).ok().filter(|n| (1..=RUN_RECORDS).contains(n))?;
        let behind = |at: u64| {
            let behind = at.checked_add(LENGTH_LEN)?.checked_add(u64::from(number(at)?))?;
            (behind <= end).then_some(behind)
        };
        let mut next = at.checked_add(COUNT_LEN)?;
        let mut places = Vec::with_capacity(count);
        for _ in 0..count {
            places.push(Place { header: next, sealed: 0 });
            next = behind(next)?;
        }
        let bodies = next;
        for place in &mut places {
            place.sealed = next;
            next = behind(next)?;
        }
        (next.checked_sub(at)? <= RUN_LEN_MAX).then_some(Self { at, bodies, end: next, places })
    }

    /// Header and sealed body of the `n`th record, each with the length ahead of it.
    pub fn parts(&self, n: usize) -> Option<(std::ops::Range<u64>, std::ops::Range<u64>)> {
        let own = self.places.get(n)?;
        let next = n.checked_add(1).and_then(|n| self.places.get(n));
        let header_end = next.map_or(self.bodies, |next| next.header);
        let sealed_end = next.map_or(self.end, |next| next.sealed);
        Some((own.header..header_end, own.sealed..sealed_end))
    }
}
