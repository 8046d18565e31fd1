//! A clock that went back, accepted by a person, and recorded ahead of what is recorded under it.

use std::sync::Arc;

use lookback_events::body::{BodyError, BodyWriter};
use lookback_events::event::control::{ClockAccepted, ClockGap};
use lookback_events::event::{Control, Event};
use lookback_events::id::ActorId;

use super::{Fact, Ledger, LedgerError};
use crate::journal::commit::is_behind;

impl Ledger {
    /// Lets a clock that went back be used from here on. Where it did, the first record says so.
    pub const fn accept_clock(&mut self) {
        self.clock = Clock::Accepted;
    }

    /// Ahead of a record: where a person accepted a clock that went back, that is recorded first.
    pub(super) fn record_clock(&mut self, actor: &ActorId) -> Result<(), LedgerError> {
        if self.clock != Clock::Accepted {
            return Ok(());
        }
        self.clock = Clock::Recorded;
        let now = crate::now::now();
        let heads = self.journals.ids().into_iter().map(|id| self.journals.head(id).recorded_at);
        match heads.max() {
            Some(newest) if is_behind(now, newest) => {
                self.writer()?.accept_clock();
                let fact = ClockAccepted { clock: ClockGap { newest, now } };
                self.submit_control(actor, Arc::new(fact), &["ledger"]).map(|_| ())
            }
            _ => Ok(()),
        }
    }
}

/// Whether a clock that went back is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// It is not.
    Checked,
    /// A person said that it may be.
    Accepted,
    /// It may, and the records say so where it matters.
    Recorded,
}

impl Fact for ClockAccepted {
    fn name(&self) -> &'static str {
        Self::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(self)
    }

    fn event(&self) -> Event<'_> {
        Event::Control(Control::ClockAccepted(*self))
    }
}
