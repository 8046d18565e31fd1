//! The policies that a ledger goes by: those it adopted, and the manual's as it comes with the
//! program, which a later version that was adopted follows and does not replace.

use lookback_events::event::text::Day;

use crate::calendar::{CalendarError, Calendars};
use crate::clocks::{AdoptError, Rulebook, Years};
use crate::governance;
use crate::policy::{Policy, SHIPPED};
use crate::rows::{Rows, RowsError};

/// The manual's policy.
pub const MANUAL: &str = "allways-my-care-family-2019";

/// The policies of a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulebookError {
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// A policy cannot be taken in.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// The calendars that come with the program cannot be read.
    #[error("the calendars cannot be read")]
    Calendars(#[from] CalendarError),
}

/// The policies that a ledger had adopted when so many records of control were applied; all where
/// `control` is `None`. A policy holds from the day it says or the day it was adopted for, whichever
/// is later.
///
/// # Errors
/// When the rows cannot be read or hold a policy that makes no sense.
pub fn rulebook(
    rows: &dyn Rows,
    control: Option<u64>,
    years: Years,
) -> Result<Rulebook, RulebookError> {
    let mut rules = Rulebook::new(Calendars::shipped()?, years);
    let mut adopted = Vec::new();
    governance::policies(rows, &mut |id, version, row| {
        if control.is_none_or(|control| row.adopted.at.seq < control) {
            adopted.push((id, version, row.text, row.effective));
        }
        true
    })?;
    if let Some((id, text)) = SHIPPED.iter().find(|(id, _)| *id == MANUAL) {
        let shipped = parse(id, text)?;
        // A later version leaves what was before it as it was.
        let from = shipped.effective.from;
        let replaced = adopted.iter().any(|(id, version, _, effective)| {
            id == MANUAL && (*version == shipped.version || Some(*effective) <= from)
        });
        if !replaced {
            rules.adopt(shipped)?;
        }
    }
    for (id, _, text, effective) in adopted {
        let mut policy = parse(&id, &text)?;
        let from = policy.effective.from.map_or(effective, |from: Day| from.max(effective));
        policy.effective.from = Some(from);
        rules.adopt(policy)?;
    }
    Ok(rules)
}

fn parse(id: &str, text: &str) -> Result<Policy, AdoptError> {
    Policy::parse(text).map_err(|source| AdoptError::Malformed { policy: id.to_owned(), source })
}
