//! What can be said of a volume once all its records have been seen: its sections against them.

use lookback_events::hash::Hash;
use lookback_events::id::StreamId;
use lookback_events::index::leaf;
use lookback_events::merkle::root_of;
use lookback_events::record::Header;

use super::chain::OpenVolume;
use super::mix::Mix;
use super::{Depth, Fault, Part};
use crate::journal::seal;
use crate::journal::volume::Sections;
use crate::journal::{Damage, Position};

/// What is wrong with the sections. `bad` says that some of its records are, so that what is
/// computed from all records cannot be compared.
pub(super) fn faults(open: &OpenVolume, bad: bool, depth: Depth, mix: Mix) -> Vec<Fault> {
    let sections = &open.sections;
    let volume = sections.volume();
    let tail = &volume.tail;
    let mut found = Vec::new();
    let mut tell = |seq: u64, what: &str, expected: String, is: String| {
        let at = Position { journal: tail.journal, seq };
        let (place, what) = (volume.place(), what.to_owned());
        let damage = Damage { at, place, what, expected, found: is };
        found.push(Fault { damage, part: Part::Volume(volume.path.clone()), affected: 0 });
    };
    if !sections.magic_holds() {
        tell(tail.first, "the volume does not begin as one", String::new(), String::new());
    }
    if !bad && sections.subtrees() != open.subtrees {
        tell(
            tail.first,
            "the roots of its subtrees differ from its records",
            String::new(),
            String::new(),
        );
    }
    if !bad && open.moments.is_some_and(|moments| moments != tail.moments) {
        let (first, last) = open.moments.unwrap_or(tail.moments);
        let is = format!("{} to {}", tail.moments.0, tail.moments.1);
        tell(
            tail.first,
            "the moments in its tail differ from its records",
            format!("{first} to {last}"),
            is,
        );
    }
    // Where the digest holds, index, root and filter are as they were written.
    if depth == Depth::Full || !sections.digest_holds() {
        index_faults(open, bad, mix, &mut tell);
    }
    if tail.encode() != sections.tail() {
        tell(tail.first, "its tail is not written as one", String::new(), String::new());
    }
    if found.is_empty() && !bad && !sections.digest_holds() {
        let what = "its digest differs from what it holds".to_owned();
        let at = Position { journal: tail.journal, seq: tail.first };
        let (expected, is) = (String::new(), String::new());
        let damage = Damage { at, place: volume.place(), what, expected, found: is };
        found.push(Fault { damage, part: Part::Volume(volume.path.clone()), affected: 0 });
    }
    found
}

/// Compares the stream index with the headers, its root and its filter with itself.
fn index_faults(
    open: &OpenVolume,
    bad: bool,
    mix: Mix,
    tell: &mut impl FnMut(u64, &str, String, String),
) {
    let sections = &open.sections;
    let tail = &sections.volume().tail;
    let index = Index::of(open, mix);
    if let Some(wrong) = index.wrong {
        return tell(tail.first, wrong, String::new(), String::new());
    }
    if !bad && (index.positions, index.sum) != (open.memberships, open.sum) {
        let (expected, is) = (open.memberships.to_string(), index.positions.to_string());
        match unnamed(sections) {
            Some((seq, stream)) => {
                let what = "the volume's stream index does not name it under a stream";
                tell(seq, what, stream.to_string(), "nothing".to_owned());
            }
            None => {
                tell(tail.first, "its stream index names more than its records do", expected, is);
            }
        }
    }
    if index.root != tail.index_root {
        let (expected, is) = (index.root.to_string(), tail.index_root.to_string());
        tell(tail.first, "the root of its stream index differs", expected, is);
    }
    let streams = sections.streams().map(|(stream, ..)| stream);
    if seal::filter(streams, tail.streams) != sections.filter() {
        let what = "its filter differs from its stream index";
        tell(tail.first, what, String::new(), String::new());
    }
}

/// The first record that the index does not name under one of its streams. Looked for only where the
/// sums differ.
fn unnamed(sections: &Sections) -> Option<(u64, StreamId)> {
    let tail = &sections.volume().tail;
    let mut found = None;
    let walked = sections.volume().records(tail.first, tail.end(), |seq, header, _| {
        let offset = u32::try_from(seq.saturating_sub(tail.first)).unwrap_or(u32::MAX);
        if let Ok(header) = Header::decode(header) {
            let mut streams = header.streams.as_slice().iter();
            found = streams.find(|id| !sections.names(**id, offset)).map(|id| (seq, *id));
        }
        Ok(found.is_none())
    });
    walked.ok().and(found)
}

/// The stream index as it lies in the file.
struct Index {
    sum: u64,
    wrong: Option<&'static str>,
    positions: u64,
    root: Hash,
}

impl Index {
    fn of(open: &OpenVolume, mix: Mix) -> Self {
        let tail = &open.sections.volume().tail;
        let mut index = Self { sum: 0, wrong: None, positions: 0, root: tail.index_root };
        let mut before = None;
        let mut leaves = Vec::with_capacity(usize::try_from(tail.streams).unwrap_or(0));
        let (mut at, mut scratch) = (Vec::new(), Vec::new());
        for (stream, from, positions) in open.sections.streams() {
            if before.is_some_and(|before| before >= stream) {
                index.wrong = Some("its stream index does not ascend");
            }
            before = Some(stream);
            if u64::from(from) != index.positions || positions.is_empty() {
                index.wrong = Some("its stream index does not lead to its positions");
            }
            let count = u64::try_from(positions.len()).unwrap_or(0);
            index.positions = index.positions.saturating_add(count);
            at.clear();
            for offset in positions.iter().map(|at| u32::from_be_bytes(*at)) {
                index.sum = index.sum.wrapping_add(mix.of(stream, offset));
                at.push(tail.first.saturating_add(u64::from(offset)));
            }
            if !at.is_sorted_by(|a, b| a < b) || at.last().is_some_and(|at| *at >= tail.end()) {
                index.wrong = Some("the positions of a stream in its index do not ascend");
            }
            leaves.push(leaf(stream, &at, &mut scratch));
        }
        if index.positions != tail.positions {
            index.wrong = Some("its stream index does not lead to its positions");
        }
        index.root = root_of(leaves);
        index
    }
}
