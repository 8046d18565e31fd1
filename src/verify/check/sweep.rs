//! Sweeping a run of a volume: every record hashed, read and compared, and nothing kept of it but how
//! the run begins and ends.
//!
//! Whatever is odd, however slightly, ends the sweep without a word; then the run is looked at record
//! by record. So nothing is judged here, and what is accepted here would be accepted there.

use std::ops::Range;

use lookback_events::event::control::{SealedStretch, VolumeSealed};
use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::merkle::complete_root;
use lookback_events::record::{Outline, leaf_hash_in_place};
use lookback_events::time::Timestamp;

use super::items::sealed_body;
use super::{Checked, Checker, len_of};
use crate::journal::open::TILE_HEIGHT;
use crate::journal::volume::Sections;
use crate::journal::volume::run::{RUN_RECORDS, Run};
use crate::verify::{Counts, Depth};

/// A run of which every record holds, as far as it can be said of the run alone.
#[derive(Debug)]
pub(in crate::verify) struct Clean {
    /// The position behind its last record.
    pub(in crate::verify) to: u64,
    /// What its first record names as the hash of the one ahead.
    pub(in crate::verify) prev: Option<Hash>,
    /// The hash of its last record.
    pub(in crate::verify) leaf: Hash,
    /// The moments of its first and its last record.
    pub(in crate::verify) moments: (Timestamp, Timestamp),
    /// The control positions of its first and its last record, and who said the last one first.
    pub(in crate::verify) control: (u64, u64),
    pub(in crate::verify) control_at: u64,
    /// The root of the tile, where the run is one; else all hashes.
    pub(in crate::verify) tile: Option<Hash>,
    pub(in crate::verify) leaves: Vec<Hash>,
    /// Where headers and opened bodies lie in the buffers, where somebody wants to see them.
    pub(in crate::verify) shown: Vec<(Range<usize>, Option<Range<usize>>)>,
}

/// What the sweep gathers.
#[derive(Default)]
struct Gathered {
    /// Headers hashed where they lie.
    hashed: usize,
    first: Option<(Option<Hash>, Timestamp, u64)>,
    last: Option<(Hash, Timestamp, u64)>,
    control_at: u64,
    counts: Counts,
    sum: u64,
    announced: Vec<(u64, SealedStretch)>,
    shown: Vec<(Range<usize>, Option<Range<usize>>)>,
}

impl Checker<'_> {
    /// Sweeps a run; false where it must be looked at more closely.
    pub(super) fn sweep(
        &mut self,
        journal: JournalId,
        sections: &Sections,
        out: &mut Checked,
    ) -> bool {
        let Some(run) = &out.run else { return false };
        let mut gathered = Gathered::default();
        self.leaves.clear();
        let count = out.bytes.first_chunk::<4>().map(|count| u32::from_be_bytes(*count));
        let mut holds = count.and_then(|n| usize::try_from(n).ok()) == Some(run.places.len());
        for i in 0..run.places.len() {
            let (bytes, bodies) = (&mut out.bytes, &mut out.bodies);
            holds = holds
                && self
                    .swept(journal, sections, run, out.from, i, bytes, bodies, &mut gathered)
                    .is_some();
        }
        let to = out.from.saturating_add(u64::try_from(run.places.len()).unwrap_or(0));
        let (true, Some(first), Some(last)) = (holds, gathered.first, gathered.last) else {
            out.bodies.clear();
            restore(run, gathered.hashed, &mut out.bytes);
            return false;
        };
        let tile = run.places.len() == RUN_RECORDS && to.is_multiple_of(1 << TILE_HEIGHT);
        let leaves = if tile { Vec::new() } else { self.leaves.clone() };
        out.counts = gathered.counts;
        out.sum = gathered.sum;
        out.announced = gathered.announced;
        out.clean = Some(Clean {
            to,
            prev: first.0,
            leaf: last.0,
            moments: (first.1, last.1),
            control: (first.2, last.2),
            control_at: gathered.control_at,
            tile: if tile { complete_root(&mut self.leaves) } else { None },
            leaves,
            shown: gathered.shown,
        });
        true
    }

    /// Sweeps one record; `None` where anything is odd.
    #[allow(clippy::too_many_arguments, reason = "the buffers of the chunk, borrowed apart")]
    fn swept(
        &mut self,
        journal: JournalId,
        sections: &Sections,
        run: &Run,
        from: u64,
        i: usize,
        bytes: &mut [u8],
        bodies: &mut Vec<u8>,
        out: &mut Gathered,
    ) -> Option<()> {
        let seq = from.checked_add(u64::try_from(i).ok()?)?;
        let offset = seq.checked_sub(sections.volume().tail.first)?;
        let n = usize::try_from(offset).ok()?;
        let (header_part, sealed_part) = run.parts(i)?;
        let range = behind_length(bytes, &within(run, &header_part)?)?;
        let leaf = leaf_hash_in_place(bytes, range.clone());
        out.hashed = out.hashed.saturating_add(1);
        let bytes = &*bytes;
        let text = bytes.get(range.clone())?;
        let mut header = None;
        if self.depth == Depth::Full {
            header = Some(self.follower.decode(text).ok()?);
        }
        let outline = match &header {
            Some(header) => Outline::of(header),
            None => self.follower.outline(text).ok()?,
        };
        let follows = match out.last {
            None => true,
            Some((before, recorded_at, control)) => {
                outline.prev == Some(before)
                    && outline.recorded_at >= recorded_at
                    && outline.control >= control
            }
        };
        let own = outline.seq == seq
            && outline.journal == journal
            && (!journal.is_control() || outline.control == seq);
        if sections.leaf(n)? != leaf || !follows || !own {
            return None;
        }
        let counts = &mut out.counts;
        counts.header_bytes =
            counts.header_bytes.saturating_add(u64::try_from(range.len()).unwrap_or(0));
        if let Some(header) = &header {
            let (streams, offset) = (header.streams.as_slice(), u32::try_from(offset).ok()?);
            for stream in streams {
                out.sum = out.sum.wrapping_add(self.mix.of(*stream, offset));
            }
            let memberships = u64::try_from(streams.len()).unwrap_or(0);
            counts.memberships = counts.memberships.saturating_add(memberships);
        }
        if outline.event == VolumeSealed::EVENT.as_bytes() && header.is_none() {
            header = Some(self.follower.decode(text).ok()?);
        }
        let mut kept = None;
        if let Some(header) = &header {
            let mut own = std::mem::take(&mut self.sealed);
            let sealed = if self.depth == Depth::Full {
                behind_length(bytes, &within(run, &sealed_part)?).and_then(|part| bytes.get(part))
            } else {
                sealed_body(sections, &sealed_part, &mut own).then_some(own.as_slice())
            }?;
            if self.depth == Depth::Full {
                counts.sealed_bytes = counts.sealed_bytes.saturating_add(len_of(sealed));
            }
            if crc32fast::hash(sealed) != sections.check(n)? {
                return None;
            }
            let body = self.body(header, &leaf, sealed);
            self.sealed = own;
            if body.problem.is_some() {
                return None;
            }
            if body.is_disposed {
                counts.disposed = counts.disposed.saturating_add(1);
            }
            out.announced.extend(body.announces.map(|volume| (seq, volume)));
            if body.is_open {
                kept = self.keep(counts, bodies);
            }
        }
        if self.shown {
            out.shown.push((range, kept));
        }
        if out.last.is_none_or(|(.., control)| outline.control > control) {
            out.control_at = seq;
        }
        out.first = out.first.or(Some((outline.prev, outline.recorded_at, outline.control)));
        out.last = Some((leaf, outline.recorded_at, outline.control));
        self.leaves.push(leaf);
        Some(())
    }
}

/// A part of the run as it lies in the run's bytes.
pub(super) fn within(run: &Run, part: &Range<u64>) -> Option<Range<usize>> {
    let at = |at: u64| usize::try_from(at.checked_sub(run.at)?).ok();
    Some(at(part.start)?..at(part.end)?)
}

/// What lies behind the length at the beginning of `part`; `None` where the length differs.
pub(super) fn behind_length(bytes: &[u8], part: &Range<usize>) -> Option<Range<usize>> {
    let (length, rest) = bytes.get(part.clone())?.split_first_chunk::<4>()?;
    let fits = usize::try_from(u32::from_be_bytes(*length)).ok() == Some(rest.len());
    fits.then_some(part.start.checked_add(4)?..part.end)
}

/// Gives the lengths ahead of the headers that were hashed back their last byte, which the hashing
/// took.
pub(super) fn restore(run: &Run, hashed: usize, bytes: &mut [u8]) {
    for i in 0..hashed {
        let Some(part) = run.parts(i).and_then(|(header, _)| within(run, &header)) else { return };
        let len = part.len().saturating_sub(4).to_be_bytes();
        if let (Some(own), Some(last)) =
            (bytes.get_mut(part).and_then(|part| part.get_mut(3)), len.last())
        {
            *own = *last;
        }
    }
}
