//! Policies that were adopted while a case was known, and changed its days.

use lookback_events::event::Event;
use lookback_events::event::text::Day;
use lookback_events::id::JournalId;

use super::{Story, of_deed};
use crate::journal::Position;
use crate::replay::differences;
use crate::report::AnswerError;

impl Story<'_> {
    /// Puts those in their places, ahead of what was decided with them known. One that changed nothing
    /// of the case on the day of its adoption is no step of its story.
    pub(super) fn learn_policies(&mut self) -> Result<(), AnswerError> {
        for seq in self.rules.adopted().to_vec() {
            let place = self.known.partition_point(|own| own.control <= seq);
            let Some((end, behind)) =
                place.checked_sub(1).and_then(|last| self.behind.get(last)).cloned()
            else {
                continue;
            };
            let at = Position { journal: JournalId::CONTROL, seq };
            let opened = self.view.ledger().opened(at)?;
            let event = opened.event()?;
            let mut known = self.heard_of(&opened, &event, None)?;
            known.control_before = seq;
            if let Event::Deed(deed) = &event {
                of_deed(&mut known, deed);
            }
            let ahead = self.known.iter().take(place).map(|own| own.happened.day);
            let on = Day(ahead.fold(known.happened.day, Ord::max));
            let without = self.look(place, seq, on)?;
            let with = self.look(place, known.control, on)?;
            if !differences(without.as_ref(), with.as_ref()).is_empty() {
                self.known.insert(place, known);
                self.behind.insert(place, (end, behind));
            }
        }
        Ok(())
    }
}
