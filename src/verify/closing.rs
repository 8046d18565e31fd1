//! What can be said of a volume once all its records have been seen: its sections against them.

use lookback_events::hash::Hash;
use lookback_events::index::leaf_text;
use lookback_events::merkle::root_of;
use lookback_events::record::leaf_hash;

use super::chain::OpenVolume;
use super::{Fault, Part};
use crate::journal::seal;
use crate::journal::{Damage, Position};

/// What is wrong with the sections. `bad` says that some of its records are, so that what is
/// computed from all records cannot be compared.
pub(super) fn faults(open: &OpenVolume, bad: bool) -> Vec<Fault> {
    let sections = &open.sections;
    let volume = sections.volume();
    let tail = &volume.tail;
    let mut found = Vec::new();
    let mut tell = |what: &str, expected: String, is: String| {
        let at = Position { journal: tail.journal, seq: tail.first };
        let (place, what) = (volume.place(), what.to_owned());
        let damage = Damage { at, place, what, expected, found: is };
        found.push(Fault { damage, part: Part::Volume(volume.path.clone()), affected: 0 });
    };
    if !sections.magic_holds() {
        tell("the volume does not begin as one", String::new(), String::new());
    }
    if !bad && sections.subtrees() != open.subtrees {
        tell("the roots of its subtrees differ from its records", String::new(), String::new());
    }
    if !bad && open.moments.is_some_and(|moments| moments != tail.moments) {
        let (first, last) = open.moments.unwrap_or(tail.moments);
        let is = format!("{} to {}", tail.moments.0, tail.moments.1);
        tell("the moments in its tail differ from its records", format!("{first} to {last}"), is);
    }
    let index = Index::of(open);
    if let Some(wrong) = index.wrong {
        tell(wrong, String::new(), String::new());
    } else {
        if !bad && index.positions != open.memberships {
            let (expected, is) = (open.memberships.to_string(), index.positions.to_string());
            tell("its stream index names more than its records do", expected, is);
        }
        if index.root != tail.index_root {
            let (expected, is) = (index.root.to_string(), tail.index_root.to_string());
            tell("the root of its stream index differs", expected, is);
        }
        let streams = sections.streams().map(|(stream, ..)| stream);
        if seal::filter(streams, tail.streams) != sections.filter() {
            tell("its filter differs from its stream index", String::new(), String::new());
        }
    }
    if tail.encode() != sections.tail() {
        tell("its tail is not written as one", String::new(), String::new());
    }
    let end = usize::try_from(tail.count).ok().and_then(|n| sections.offset(n));
    if end != Some(tail.offsets_at) {
        let is = end.map_or_else(String::new, |end| end.to_string());
        tell("its last offset differs", tail.offsets_at.to_string(), is);
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

/// The stream index as it lies in the file.
struct Index {
    wrong: Option<&'static str>,
    positions: u64,
    root: Hash,
}

impl Index {
    fn of(open: &OpenVolume) -> Self {
        let tail = &open.sections.volume().tail;
        let mut index = Self { wrong: None, positions: 0, root: tail.index_root };
        let mut before = None;
        let mut leaves = Vec::with_capacity(usize::try_from(tail.streams).unwrap_or(0));
        let mut at = Vec::new();
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
            let offsets = positions.iter().map(|at| u32::from_be_bytes(*at));
            at.extend(offsets.map(|offset| tail.first.saturating_add(u64::from(offset))));
            if !at.is_sorted_by(|a, b| a < b) || at.last().is_some_and(|at| *at >= tail.end()) {
                index.wrong = Some("the positions of a stream in its index do not ascend");
            }
            leaves.push(leaf_hash(leaf_text(stream, &at).as_bytes()));
        }
        if index.positions != tail.positions {
            index.wrong = Some("its stream index does not lead to its positions");
        }
        index.root = root_of(leaves);
        index
    }
}
