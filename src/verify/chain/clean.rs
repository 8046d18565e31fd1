//! Taking a clean run in as a whole: what it begins with must fit what is ahead of it.

use lookback_events::record::Header;

use super::{Chain, Checked};
use crate::journal::Position;
use crate::journal::open::TILE_HEIGHT;
use crate::verify::check::sweep::Clean;

impl Chain<'_> {
    /// Takes a clean run in, with nothing left of its records; false where it does not fit, so that
    /// it must be looked at record by record. True where there is none.
    pub(super) fn clean(&mut self, chunk: &Checked) -> bool {
        let Some(clean) = &chunk.clean else { return true };
        if chunk.from != self.next || !self.tree_is_known {
            return false;
        }
        // Whatever becomes of the run, its first record is the witness of the one ahead.
        let held = self.settle(clean.prev);
        let follows = clean.prev == self.leaf && (held || chunk.from == 0);
        let moves_on = clean.moments.0 >= self.recorded_at && clean.control.0 >= self.control;
        // A head that speaks of the tree amid the run is compared when the tree is there.
        let amid = |next: u64| next > chunk.from && next < clean.to;
        if !follows || !moves_on || self.heads.iter().any(|(_, head)| amid(head.next())) {
            return false;
        }
        match clean.tile {
            Some(root) => self.grow(TILE_HEIGHT, root),
            None => clean.leaves.iter().for_each(|leaf| self.grow(0, *leaf)),
        }
        self.leaf = Some(clean.leaf);
        self.recorded_at = clean.moments.1;
        self.known.moment = true;
        self.control = clean.control.1;
        if clean.control.1 > self.control_max.0 {
            self.control_max = (clean.control.1, clean.control_at);
        }
        if let Some(open) = &mut self.open {
            let first = open.moments.map_or(clean.moments.0, |(first, _)| first);
            open.moments = Some((first, clean.moments.1));
        }
        for (seq, stretch) in &chunk.announced {
            self.announced = stretch.last.saturating_add(1);
            self.known.announced = true;
            self.announcements.insert(stretch.first, (*seq, *stretch));
        }
        let count = clean.to.saturating_sub(chunk.from);
        self.counts.records = self.counts.records.saturating_add(count);
        self.next = clean.to;
        if self.heads.iter().any(|(_, head)| head.next() == clean.to) {
            self.check_heads();
        }
        self.show(chunk, clean);
        true
    }

    /// Shows the records of a clean run to whoever looks on.
    fn show(&self, chunk: &Checked, clean: &Clean) {
        for (seq, (header, body)) in (chunk.from..).zip(&clean.shown) {
            let bytes = chunk.bytes.get(header.clone()).unwrap_or_default();
            if let Ok(header) = Header::decode(bytes) {
                let body = body.clone().and_then(|range| chunk.bodies.get(range));
                let at = Position { journal: self.journal, seq };
                self.observer.record(at, &header, body);
            }
        }
    }
}
