//! What a journal's end is compared with: the heads that the generations hold, and the volumes that
//! the journal announces.

use super::{Chain, are_missing};
use crate::journal::hot::Head;
use crate::journal::volume::file_name;
use crate::journal::{Damage, Position};
use crate::verify::{Fault, JournalReport, Part};
use lookback_events::event::control::SealedStretch;

impl Chain<'_> {
    /// The heads that speak of the tree as it is now.
    pub(super) fn check_heads(&mut self) {
        let size = self.tree.size();
        let mut wrong = Vec::new();
        for (generation, head) in self.heads.iter().filter(|(_, head)| head.next() == size) {
            // A record that did not hold says nothing of a head: what it said is taken as the head has it.
            let (moment, announced) = (self.known.moment, self.known.announced);
            let expected = Head {
                tree: self.tree.clone(),
                leaf: self.leaf,
                recorded_at: if moment { self.recorded_at } else { head.recorded_at },
                announced: if announced { self.announced } else { head.announced },
            };
            if self.tree_is_known && *head != expected {
                wrong.push((*generation, head.clone(), expected));
            }
        }
        for (generation, head, expected) in wrong {
            let (what, expected, found) = head_differs(&head, &expected);
            let damage = Damage {
                at: Position { journal: self.journal, seq: size.saturating_sub(1) },
                place: format!("hot store, generation {generation:06}"),
                what: what.to_owned(),
                expected,
                found,
            };
            self.push_fault(Fault { damage, part: Part::Generation(generation), affected: 0 });
        }
    }

    /// Ends the journal: the last record, the newest head, the volumes and their announcements.
    pub(in crate::verify) fn finish(mut self) -> (JournalReport, (u64, u64)) {
        let newest = self.heads.last().cloned();
        let witness = newest.as_ref().filter(|(_, head)| head.next() == self.next);
        let witness = witness.and_then(|(_, head)| head.leaf);
        self.settle(witness);
        for (generation, head) in self.heads.clone() {
            if head.next() > self.next {
                let place = format!("hot store, generation {generation:06}");
                let damage = Damage {
                    at: Position { journal: self.journal, seq: self.next },
                    place,
                    what: format!(
                        "{}: they are neither in a volume nor in the hot store",
                        are_missing(self.next, head.next())
                    ),
                    expected: format!("{} records, as the head says", head.next()),
                    found: self.next.to_string(),
                };
                let affected = head.next().saturating_sub(self.next);
                self.push_fault(Fault { damage, part: Part::Generation(generation), affected });
            }
        }
        let stored_head = newest.map(|(_, head)| head);
        let stored_end = stored_head.as_ref().map_or(0, Head::next);
        if self.next > stored_end {
            let (seq, what, found) = if stored_head.is_some() {
                let what = "the head stands before the last record";
                (stored_end, what, stored_end.to_string())
            } else {
                let what = "the hot store holds no head of the journal";
                (self.next, what, "nothing".to_owned())
            };
            let damage = Damage {
                at: Position { journal: self.journal, seq },
                place: "hot store".to_owned(),
                what: what.to_owned(),
                expected: self.next.to_string(),
                found,
            };
            self.push_fault(Fault { damage, part: Part::Journal, affected: 0 });
        }
        let announcements = self.announcements.values().copied().collect();
        self.check_announcements();
        let head = Head {
            tree: self.tree,
            leaf: self.leaf,
            recorded_at: self.recorded_at,
            announced: self.announced,
        };
        self.faults.sort_by_key(|fault| fault.damage.at.seq);
        let report = JournalReport {
            journal: self.journal,
            head,
            head_is_proved: self.tree_is_proved,
            stored_head,
            announcements,
            missing: self.missing,
            counts: self.counts,
            faults: self.faults,
            faults_count: self.faults_count,
            affected: self.affected,
        };
        (report, self.control_max)
    }

    /// Every volume is announced as it is, and every announced volume is there.
    fn check_announcements(&mut self) {
        let mut announcements = std::mem::take(&mut self.announcements);
        for volume in self.volumes.clone() {
            let tail = &volume.tail;
            let found = SealedStretch {
                first: tail.first,
                index_root: tail.index_root,
                last: tail.end().saturating_sub(1),
                streams: tail.streams,
            };
            let part = Part::Volume(volume.path.clone());
            let (what, expected, is) = match announcements.remove(&tail.first) {
                Some((_, said)) if said == found => continue,
                Some((seq, said)) => {
                    let what = format!("the volume is not the one that {seq} announced");
                    (what, said.to_string(), found.to_string())
                }
                // Announced at the next start; or by a record that is lost, which is told.
                None if tail.end() > self.announced || self.affected > 0 => {
                    self.counts.unannounced = self.counts.unannounced.saturating_add(1);
                    continue;
                }
                None => {
                    let what = "no record announces the volume".to_owned();
                    (what, String::new(), String::new())
                }
            };
            let at = Position { journal: self.journal, seq: tail.first };
            let damage = Damage { at, place: volume.place(), what, expected, found: is };
            self.push_fault(Fault { damage, part, affected: 0 });
        }
        for (seq, said) in announcements.into_values() {
            let right = file_name(said.first, said.last.saturating_add(1));
            // A file of that name that cannot be read is told already.
            let is_named = |fault: &Fault| matches!(&fault.part, Part::Volume(path) if path.file_name() == Some(right.as_ref()));
            if self.faults.iter().any(is_named) {
                continue;
            }
            let damage = Damage {
                at: Position { journal: self.journal, seq: said.first },
                place: "volumes".to_owned(),
                what: format!(
                    "the volume of the records {} to {} is missing, which the record {seq} announced",
                    said.first, said.last
                ),
                expected: right,
                found: "nothing".to_owned(),
            };
            self.push_fault(Fault { damage, part: Part::Journal, affected: 0 });
        }
    }
}

/// The first member in which a head differs.
fn head_differs(head: &Head, expected: &Head) -> (&'static str, String, String) {
    let leaf = |head: &Head| head.leaf.map_or_else(String::new, |leaf| leaf.to_string());
    if head.tree != expected.tree {
        let roots = (expected.tree.root().to_string(), head.tree.root().to_string());
        ("the tree in the head differs", roots.0, roots.1)
    } else if head.leaf != expected.leaf {
        ("the last leaf in the head differs", leaf(expected), leaf(head))
    } else if head.recorded_at != expected.recorded_at {
        let moments = (expected.recorded_at.to_string(), head.recorded_at.to_string());
        ("the moment in the head differs", moments.0, moments.1)
    } else {
        let counts = (expected.announced.to_string(), head.announced.to_string());
        ("the count of announced records in the head differs", counts.0, counts.1)
    }
}
