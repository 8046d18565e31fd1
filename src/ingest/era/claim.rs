//! One claim of a remittance: the bytes of its CLP loop and where each value stands in them.
//!
//! Not a copy of the values: what is asked for is read out of the bytes. Only what balances need
//! (amounts of claim, lines and adjustments) is read beforehand.

use std::sync::Arc;

use lookback_events::money::Money;

use super::place::{Path, Position};
use super::values::Amount;
use crate::ingest::x12::elements::{component, pick, place};
use crate::ingest::x12::{Elements, Tag};

/// One segment of the loop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) tag: Tag,
    /// How many elements have a position.
    pub(super) count: u8,
    /// 0 for the claim, else the number of the line.
    pub(super) line: u32,
    /// Where the segment begins in the text.
    pub(super) start: u32,
    /// Where its ends begin among all ends.
    pub(super) first: u32,
}

/// The segments of a loop and where their elements end.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    pub(super) entries: Vec<Entry>,
    pub(super) ends: Vec<u32>,
    /// True once a segment had no room: none after it is looked into.
    pub(super) full: bool,
}

/// The most element positions kept of a loop.
const ENDS_MAX: usize = 128 << 10;

impl Index {
    /// Room for a usual loop, so that it seldom has to grow.
    pub(super) fn with_room() -> Self {
        Self { entries: Vec::with_capacity(24), ends: Vec::with_capacity(128), full: false }
    }

    /// The number that the next segment will have; `None` from the first one that had no room.
    pub(super) fn next(&mut self, room: bool) -> Option<u32> {
        self.full |= !room || self.ends.len() >= ENDS_MAX;
        if self.full { None } else { u32::try_from(self.entries.len()).ok() }
    }

    /// Keeps a segment that begins at `start`; false where there is no room.
    pub(super) fn keep(
        &mut self,
        elements: &Elements,
        tag: Tag,
        line: u64,
        start: usize,
        room: bool,
    ) -> bool {
        if self.next(room).is_none() {
            return false;
        }
        self.entries.push(Entry {
            tag,
            count: u8::try_from(elements.count()).unwrap_or(u8::MAX),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            start: u32::try_from(start).unwrap_or(u32::MAX),
            first: u32::try_from(self.ends.len()).unwrap_or(u32::MAX),
        });
        self.ends.extend_from_slice(elements.ends());
        true
    }
}

/// One service line (835 SVC).
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// Its number in the claim, from 1.
    pub number: u32,
    /// 835 SVC02.
    pub charge: Amount,
    /// 835 SVC03.
    pub paid: Amount,
    /// Which segment of the claim its SVC is.
    pub segment: u32,
}

/// One adjustment: a triple of a CAS.
#[derive(Debug, Clone, Copy)]
pub struct Adjustment {
    /// 0 for the claim, else the number of the line.
    pub line: u32,
    /// 835 CAS03, 06, 09, 12, 15, 18.
    pub amount: Amount,
    pub(super) segment: u32,
    /// Which element the reason is.
    pub(super) reason: u8,
}

/// A claim of a remittance.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its number in the remittance, from 1.
    pub ordinal: u64,
    /// Where its CLP stands.
    pub position: Position,
    /// Where in the envelopes.
    pub path: Path,
    /// Bytes ahead of the CLP that no other item owns: LX, TS3, TS2.
    pub before: Vec<u8>,
    /// The bytes of the loop; what does not fit follows as continuations.
    pub original: Vec<u8>,
    /// True for an absurdly long loop that goes on after what was looked at for this value; the
    /// remittance's totals count all of it.
    pub continued: bool,
    /// 835 CLP03.
    pub charge: Amount,
    /// 835 CLP04.
    pub paid: Amount,
    /// 835 CLP05.
    pub patient: Amount,
    /// The lines, the first of them where there are too many.
    pub lines: Vec<Line>,
    /// The adjustments of claim and lines, the first of them where there are too many.
    pub adjustments: Vec<Adjustment>,
    /// How many lines there are.
    pub lines_total: u64,
    /// How many adjustments there are.
    pub adjustments_total: u64,
    /// 835 TS301 of the enclosing LX loop.
    pub(super) enclosing: Option<Arc<str>>,
    pub(super) component: u8,
    /// The loop without line breaks inside segments, or as far as it was looked at; `None` where
    /// that is simply `original`.
    pub(super) text: Option<Vec<u8>>,
    pub(super) index: Index,
}

/// One segment of a claim.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    content: &'a [u8],
    ends: &'a [u32],
    component: u8,
    /// Its name, filled up with NUL.
    pub tag: Tag,
    /// 0 for the claim, else the number of the line.
    pub line: u32,
}

impl<'a> Segment<'a> {
    /// An element, 1 the first; empty where it is absent.
    #[inline]
    pub fn element(&self, index: usize) -> &'a [u8] {
        pick(self.content, self.ends, index)
    }

    /// A component of an element, both from 1.
    pub fn component(&self, element: usize, index: usize) -> &'a [u8] {
        component(self.element(element), self.component, index.saturating_sub(1))
    }

    /// The components of an element.
    pub fn components(&self, element: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let separator = self.component;
        self.element(element).split(move |b| *b == separator)
    }

    /// The elements after the name.
    pub fn elements(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (content, ends) = (self.content, self.ends);
        (1..ends.len()).map(move |index| pick(content, ends, index))
    }
}

impl Claim {
    fn text(&self) -> &[u8] {
        self.text.as_deref().unwrap_or(&self.original)
    }

    fn view<'a>(&'a self, text: &'a [u8], entry: &Entry) -> Segment<'a> {
        let first = place(entry.first);
        let last = first.saturating_add(usize::from(entry.count));
        Segment {
            content: text.get(place(entry.start)..).unwrap_or_default(),
            ends: self.index.ends.get(first..last).unwrap_or_default(),
            component: self.component,
            tag: entry.tag,
            line: entry.line,
        }
    }

    /// The segments of the loop, CLP first.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let text = self.text();
        self.index.entries.iter().map(move |entry| self.view(text, entry))
    }

    /// The segment with that number, CLP is 0.
    fn segment(&self, number: u32) -> Option<Segment<'_>> {
        self.index.entries.get(place(number)).map(|entry| self.view(self.text(), entry))
    }

    /// The segments of that name whose first element is `qualifier`.
    pub fn qualified<'a>(
        &'a self,
        tag: Tag,
        qualifier: &'a [u8],
    ) -> impl Iterator<Item = Segment<'a>> {
        self.segments().filter(move |s| s.tag == tag && s.element(1) == qualifier)
    }

    /// An element of the CLP, from 1 (835 CLP01 and on).
    pub fn clp(&self, element: usize) -> &[u8] {
        self.segment(0).map_or(&[], |s| s.element(element))
    }

    /// 835 CLP01, the provider's number of the claim.
    pub fn patient_control(&self) -> &[u8] {
        self.clp(1)
    }

    /// 835 CLP02.
    pub fn status(&self) -> &[u8] {
        self.clp(2)
    }

    /// 835 CLP07, the payer's number of the claim.
    pub fn payer_control(&self) -> &[u8] {
        self.clp(7)
    }

    /// True for CLP02 = 22.
    pub fn is_reversal(&self) -> bool {
        self.status().trim_ascii() == b"22"
    }

    /// True for CLP02 = 4.
    pub fn is_denied(&self) -> bool {
        self.status().trim_ascii() == b"4"
    }

    /// The first name with that qualifier (835 NM1: `QC` patient, `IL` insured, `74` corrected
    /// patient, `82` rendering provider, `TT` forwarded to).
    pub fn name<'a>(&'a self, qualifier: &'a [u8]) -> Option<Segment<'a>> {
        self.qualified(*b"NM1", qualifier).next()
    }

    /// The first date of the claim with that qualifier (835 DTM of loop 2100).
    pub fn date<'a>(&'a self, qualifier: &'a [u8]) -> Option<&'a [u8]> {
        self.qualified(*b"DTM", qualifier).find(|s| s.line == 0).map(|s| s.element(2))
    }

    /// Where the service was given: REF*LU of the claim or its first line that has one, else 835
    /// TS301 of the enclosing loop.
    pub fn location(&self) -> Option<&[u8]> {
        self.qualified(*b"REF", b"LU")
            .map(|s| s.element(2))
            .find(|l| !l.is_empty())
            .or(self.enclosing_location())
    }

    /// 835 TS301 of the enclosing loop.
    pub(super) fn enclosing_location(&self) -> Option<&[u8]> {
        self.enclosing.as_deref().map(str::as_bytes)
    }

    /// The SVC of a line.
    pub fn service(&self, line: &Line) -> Option<Segment<'_>> {
        self.segment(line.segment)
    }

    /// Group, reason and quantity of an adjustment (835 CAS01, CAS02, CAS04).
    pub fn triple(&self, adjustment: &Adjustment) -> (&[u8], &[u8], &[u8]) {
        let Some(segment) = self.segment(adjustment.segment) else { return (&[], &[], &[]) };
        let reason = usize::from(adjustment.reason);
        let quantity = reason.saturating_add(2);
        (segment.element(1), segment.element(reason), segment.element(quantity))
    }

    /// How many lines are only in the bytes.
    pub fn lines_not_itemised(&self) -> u64 {
        let itemised = u64::try_from(self.lines.len()).unwrap_or(u64::MAX);
        self.lines_total.saturating_sub(itemised)
    }

    /// What was paid, where that could be read.
    pub fn paid(&self) -> Option<Money> {
        self.paid.get()
    }

    /// Gives up half of what was itemised, the bytes still have it; false where nothing is left.
    pub(super) fn shed(&mut self) -> bool {
        let kept = self.index.entries.len() / 2;
        self.index.entries.truncate(kept);
        let known = u32::try_from(kept).unwrap_or(u32::MAX);
        self.lines.retain(|line| line.segment < known);
        self.adjustments.retain(|adjustment| adjustment.segment < known);
        kept > 0
    }
}
