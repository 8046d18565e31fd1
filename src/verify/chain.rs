//! Bringing a journal's checked records into order: links, moments, tree, heads, announcements.
//!
//! A record is settled when the one behind it has been seen, because that one names its hash: of
//! three witnesses (hashed now, stored beside it, named behind it) two decide, and a sealed body that
//! opens at the hash of now decides alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use lookback_events::event::control::SealedStretch;
use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::merkle::Frontier;
use lookback_events::record::Header;
use lookback_events::time::Timestamp;

use super::check::{Checked, Checker, Item, Problem};
use super::chunk::Source;
use super::copies::Copies;
use super::mix::Mix;
use super::source::Parts;
use super::{Counts, Depth, FAULTS_MAX, Fault, Observer, Part};
use crate::journal::hot::Head;
use crate::journal::open::{Subtree, TILE_HEIGHT};
use crate::journal::volume::{Sections, Volume};
use crate::journal::{Damage, Position};

mod clean;
mod ending;

/// What became of a journal.
pub(super) struct Chain<'a> {
    pub(super) journal: JournalId,
    observer: &'a dyn Observer,
    depth: Depth,
    mix: Mix,
    pub(super) volumes: Vec<Volume>,
    heads: Vec<(u32, Head)>,
    /// The position of the next record.
    next: u64,
    tree: Frontier,
    /// False behind a gap, until a volume says what the tree was.
    tree_is_known: bool,
    tree_is_proved: bool,
    /// The record before `next`, not yet settled.
    last: Option<Item>,
    /// Where the unsettled record was read, and in which chunk.
    last_source: Option<Source>,
    last_chunk: u64,
    /// The hash of the record before `next` as settled.
    leaf: Option<Hash>,
    recorded_at: Timestamp,
    control: u64,
    /// The highest control position said, and by which record.
    pub(super) control_max: (u64, u64),
    announced: u64,
    known: Known,
    announcements: BTreeMap<u64, (u64, SealedStretch)>,
    pub(super) open: Option<OpenVolume>,
    copies: Copies,
    /// Stretches of which no record is there, each with the position behind it.
    missing: Vec<(u64, u64)>,
    waiting: BTreeMap<u64, Checked>,
    next_chunk: u64,
    counts: Counts,
    faults: Vec<Fault>,
    faults_count: u64,
    affected: u64,
}

/// What records that hold have said of what a head repeats.
struct Known {
    /// False where the record before the next did not hold, or is missing: its moment is not known.
    moment: bool,
    /// False behind such a record until another announces a volume: it may have announced one.
    announced: bool,
}

/// The volume whose records are being chained.
pub(super) struct OpenVolume {
    pub(super) sections: Arc<Sections>,
    pub(super) subtrees: Vec<Subtree>,
    pub(super) moments: Option<(Timestamp, Timestamp)>,
    pub(super) memberships: u64,
    pub(super) sum: u64,
    /// Faults counted when it began.
    pub(super) faults_before: u64,
}

impl<'a> Chain<'a> {
    pub(super) fn new(parts: &Parts, observer: &'a dyn Observer, depth: Depth, mix: Mix) -> Self {
        let mut chain = Self {
            journal: parts.journal,
            observer,
            depth,
            mix,
            volumes: parts.volumes.clone(),
            heads: parts.heads.clone(),
            next: 0,
            tree: Frontier::default(),
            tree_is_known: true,
            tree_is_proved: true,
            last: None,
            last_source: None,
            last_chunk: u64::MAX,
            leaf: None,
            recorded_at: Timestamp::from_micros(i64::MIN),
            control: 0,
            control_max: (0, 0),
            announced: 0,
            known: Known { moment: true, announced: true },
            announcements: BTreeMap::new(),
            open: None,
            copies: Copies::default(),
            missing: Vec::new(),
            waiting: BTreeMap::new(),
            next_chunk: 0,
            counts: Counts::default(),
            faults: Vec::new(),
            faults_count: 0,
            affected: 0,
        };
        parts.faults.iter().for_each(|fault| chain.push_fault(fault.clone()));
        chain.check_heads();
        chain
    }

    /// Takes a checked chunk in; returns the chunks that are done with, for their buffers.
    pub(super) fn take(&mut self, chunk: Checked, checker: &mut Checker<'_>) -> Vec<Checked> {
        self.waiting.insert(chunk.number, chunk);
        let mut done = Vec::new();
        while let Some(mut chunk) = self.waiting.remove(&self.next_chunk) {
            self.next_chunk = self.next_chunk.saturating_add(1);
            self.chunk(&mut chunk, checker);
            done.push(chunk);
        }
        done
    }

    fn chunk(&mut self, chunk: &mut Checked, checker: &mut Checker<'_>) {
        if let Source::Volume(sections) = &chunk.source
            && self.open.is_none()
        {
            self.begin(sections);
        }
        if !self.clean(chunk) {
            checker.look_closer(self.journal, chunk);
        }
        chunk.faults.drain(..).for_each(|fault| self.push_fault(fault));
        self.counts.add(&chunk.counts);
        if let (Source::Volume(_), Some(open)) = (&chunk.source, &mut self.open) {
            open.memberships = open.memberships.saturating_add(chunk.counts.memberships);
            open.sum = open.sum.wrapping_add(chunk.sum);
        }
        if let (Source::Hot(_), Some(first)) = (&chunk.source, chunk.items.first()) {
            let behind = chunk.items.last().map_or(first.seq, |last| last.seq.saturating_add(1));
            self.copies.begin(&self.volumes, first.seq, behind.min(self.next));
        }
        let mut announced = std::mem::take(&mut chunk.announced).into_iter().peekable();
        for item in std::mem::take(&mut chunk.items) {
            let said = announced.next_if(|(seq, _)| *seq <= item.seq);
            let said = said.filter(|(seq, _)| *seq == item.seq).map(|(_, stretch)| stretch);
            if matches!(chunk.source, Source::Hot(_)) && item.seq < self.next {
                if let Some(stretch) = said {
                    self.announcements.entry(stretch.first).or_insert((item.seq, stretch));
                }
                self.copy(&item, &chunk.source);
            } else {
                self.item(item, said, chunk);
            }
        }
        match &chunk.source {
            Source::Volume(_) if chunk.last => {
                self.settle(None);
                self.close();
            }
            Source::Hot(_) if chunk.last => self.copies.end_generation(),
            Source::Volume(_) | Source::Hot(_) | Source::Unreadable(_) => {}
        }
    }

    fn item(&mut self, item: Item, announced: Option<SealedStretch>, chunk: &Checked) {
        let source = &chunk.source;
        if item.seq > self.next {
            self.settle(None);
            self.gap(item.seq, source);
        }
        let said = item.said;
        let held = self.settle(said.and_then(|said| said.prev));
        if self.last_chunk != chunk.number {
            self.last_chunk = chunk.number;
            self.last_source = Some(source.clone());
        }
        if let (Some(said), Some(leaf)) = (said, self.leaf)
            && held
            && said.prev != Some(leaf)
        {
            let found = said.prev.map_or_else(|| "nothing".to_owned(), |prev| prev.to_string());
            let what = "it does not follow the record before";
            self.fault(item.seq, source, item.at, what, leaf.to_string(), found, 1);
        }
        let sound = item.problem.is_none() && item.stored.is_none_or(|leaf| leaf == item.leaf);
        self.known.moment = sound;
        self.known.announced &= sound;
        // What was opened is what was sealed, whatever is wrong around it.
        if let Some(stretch) = announced {
            self.announced = stretch.last.saturating_add(1);
            self.known.announced = true;
            self.announcements.insert(stretch.first, (item.seq, stretch));
        }
        if let (Some(said), true) = (said, sound) {
            self.said(&item, said.recorded_at, said.control, source);
            let bytes = chunk.bytes.get(item.header.clone()).unwrap_or_default();
            if self.observer.looks()
                && let Ok(header) = Header::decode(bytes)
            {
                let body = item.body.clone().and_then(|range| chunk.bodies.get(range));
                let at = Position { journal: self.journal, seq: item.seq };
                self.observer.record(at, &header, body);
            }
        }
        self.counts.records = self.counts.records.saturating_add(1);
        self.next = item.seq.saturating_add(1);
        self.last = Some(item);
    }

    /// Compares what a sound header says with what was said before it.
    fn said(&mut self, item: &Item, recorded_at: Timestamp, control: u64, source: &Source) {
        if recorded_at < self.recorded_at {
            let (expected, found) = (self.recorded_at.to_string(), recorded_at.to_string());
            let what = "its moment lies before the record's ahead of it";
            self.fault(item.seq, source, item.at, what, expected, found, 1);
        }
        self.recorded_at = self.recorded_at.max(recorded_at);
        let wrong =
            if self.journal.is_control() { control != item.seq } else { control < self.control };
        if wrong {
            let expected = if self.journal.is_control() { item.seq } else { self.control };
            let what = "its control position goes back";
            let (expected, found) = (expected.to_string(), control.to_string());
            self.fault(item.seq, source, item.at, what, expected, found, 1);
        }
        self.control = self.control.max(control);
        if control > self.control_max.0 {
            self.control_max = (control, item.seq);
        }
        if let Some(open) = &mut self.open {
            let first = open.moments.map_or(recorded_at, |(first, _)| first);
            open.moments = Some((first, recorded_at));
        }
    }

    /// Settles the record before `next`, now that the one behind it names its hash (or nobody does).
    /// False where its hash remains in doubt.
    fn settle(&mut self, witness: Option<Hash>) -> bool {
        let Some(item) = self.last.take() else { return self.leaf.is_some() };
        let stored = item.stored.unwrap_or(item.leaf);
        let leaf = if item.leaf == stored && item.problem.is_none() {
            stored
        } else {
            self.decide(&item, stored, witness)
        };
        self.grow(0, leaf);
        self.leaf = Some(leaf);
        if self.heads.iter().any(|(_, head)| head.next() == self.tree.size()) {
            self.check_heads();
        }
        true
    }

    /// Appends a subtree of `2^level` leaves to the tree, and what that completes to the volume's.
    fn grow(&mut self, level: u32, root: Hash) {
        let mut completed = None;
        let mut told = |level: u32, index, hash: &Hash| {
            if level.is_multiple_of(TILE_HEIGHT) {
                completed.get_or_insert_with(Vec::new).push(Subtree { level, index, hash: *hash });
            }
        };
        if level > 0 {
            told(level, self.tree.size().checked_shr(level).unwrap_or(0), &root);
        }
        self.tree.push_subtree_with(level, root, told);
        if let (Some(open), Some(mut completed)) = (&mut self.open, completed) {
            open.subtrees.append(&mut completed);
        }
    }

    /// Tells what is wrong with a record and decides which of its hashes holds.
    fn decide(&mut self, item: &Item, stored: Hash, witness: Option<Hash>) -> Hash {
        let Some(source) = self.last_source.clone() else { return stored };
        let unread = item.said.is_none();
        let leaf = if item.leaf == stored {
            stored
        } else if item.opened
            || !unread && (witness == Some(item.leaf) || witness.is_none() && !source.is_bound())
        {
            let what = "the stored leaf hash differs from the record";
            let (expected, found) = (item.leaf.to_string(), stored.to_string());
            self.fault(item.seq, &source, item.at, what, expected, found, 0);
            item.leaf
        } else {
            let what = match &item.problem {
                Some(problem) if item.header.is_empty() => problem.what.clone(),
                _ => "leaf hash differs".to_owned(),
            };
            let found =
                if item.header.is_empty() { "nothing".to_owned() } else { item.leaf.to_string() };
            self.fault(item.seq, &source, item.at, &what, stored.to_string(), found, 1);
            return stored;
        };
        if let Some(problem) = &item.problem {
            let Problem { what, expected, found, affected } = &**problem;
            let (expected, found) = (expected.clone(), found.clone());
            self.fault(item.seq, &source, item.at, what, expected, found, *affected);
        }
        leaf
    }

    /// Records are missing up to `to`.
    fn gap(&mut self, to: u64, source: &Source) {
        let missing = to.saturating_sub(self.next);
        let damage = Damage {
            at: Position { journal: self.journal, seq: self.next },
            place: format!("ahead of {}", source.part_place()),
            what: are_missing(self.next, to),
            expected: String::new(),
            found: String::new(),
        };
        self.push_fault(Fault { damage, part: Part::Journal, affected: missing });
        self.missing.push((self.next, to));
        self.lose(to);
    }

    fn lose(&mut self, to: u64) {
        self.next = to;
        self.leaf = None;
        self.tree = Frontier::unknown(to);
        (self.tree_is_known, self.tree_is_proved) = (false, false);
        self.known = Known { moment: false, announced: false };
    }

    /// A volume begins: its word on the tree ahead of it is compared, or taken behind a gap.
    fn begin(&mut self, sections: &Arc<Sections>) {
        let tail = &sections.volume().tail;
        self.settle(None);
        let source = Source::Volume(Arc::clone(sections));
        if tail.first > self.next {
            self.gap(tail.first, &source);
        }
        let faults_before = self.faults_count;
        if !self.tree_is_known {
            self.tree = tail.before.clone();
            self.tree_is_known = true;
        } else if tail.before != self.tree {
            let (expected, found) = (self.tree.root().to_string(), tail.before.root().to_string());
            let what = "the tree ahead of the volume differs";
            self.fault(tail.first, &source, 0, what, expected, found, 0);
        }
        self.counts.volumes = self.counts.volumes.saturating_add(1);
        self.counts.streams = self.counts.streams.saturating_add(tail.streams);
        self.open = Some(OpenVolume {
            sections: Arc::clone(sections),
            subtrees: Vec::new(),
            moments: None,
            memberships: 0,
            sum: 0,
            faults_before,
        });
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let tail = &open.sections.volume().tail;
        if self.next < tail.end() {
            // The fault that ended it early is told; what follows starts behind it.
            self.lose(tail.end());
        }
        let bad = self.faults_count > open.faults_before;
        for fault in super::closing::faults(&open, bad, self.depth, self.mix) {
            self.push_fault(fault);
        }
    }

    /// A record of the hot store that a volume holds as well.
    fn copy(&mut self, item: &Item, source: &Source) {
        self.counts.copies = self.counts.copies.saturating_add(1);
        if let Some((what, expected, found)) = self.copies.compare(item, &self.volumes) {
            self.fault(item.seq, source, item.at, &what, expected, found, 1);
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the members of a damage, as they are known")]
    fn fault(
        &mut self,
        seq: u64,
        source: &Source,
        at: u64,
        what: &str,
        expected: String,
        found: String,
        affected: u64,
    ) {
        let damage = Damage {
            at: Position { journal: self.journal, seq },
            place: source.place(at),
            what: what.to_owned(),
            expected,
            found,
        };
        self.push_fault(Fault { damage, part: source.part(), affected });
    }

    pub(super) fn push_fault(&mut self, fault: Fault) {
        self.faults_count = self.faults_count.saturating_add(1);
        self.affected = self.affected.saturating_add(fault.affected);
        // Every damaged part is named, however many faults another has.
        if self.faults.len() < FAULTS_MAX || self.faults.iter().all(|f| f.part != fault.part) {
            self.faults.push(fault);
        }
    }
}

/// Says that the records from `from` to before `to` are missing.
fn are_missing(from: u64, to: u64) -> String {
    match to.saturating_sub(1) {
        last if last <= from => "the record is missing".to_owned(),
        last => format!("the records {from} to {last} are missing"),
    }
}
