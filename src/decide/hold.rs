//! The rules of holds.

use lookback_events::event::act::Subject;
use lookback_events::event::act::Told;
use lookback_events::event::hold::Hold;
use lookback_projections::holds;

use super::given::{Given, No};
use super::refusal::Refusal;
use super::verdict::unknown;

/// Decides a command about a hold; where it belongs was looked for before.
pub(super) fn decide(given: &Given<'_>, told: &Told<Hold>) -> Result<(), No> {
    let Subject::Hold(id) = &told.subject else { return Err(unknown(&told.subject)) };
    match &told.detail {
        Hold::HoldPlaced(placed) => match placed.until {
            Some(until) if until.0 < told.act.happened.day => Err(Refusal::Unsound {
                what: "the hold would end before it begins".to_owned(),
                help: "leave \"until\" out where it stands until it is released",
            }
            .into()),
            Some(_) | None => Ok(()),
        },
        Hold::HoldReleased(_) => {
            let row = holds::hold(given.rows, id)?.ok_or_else(|| unknown(&told.subject))?;
            match row.released {
                Some(known) => {
                    Err(Refusal::SubjectEnded { subject: told.subject.clone(), at: known.at }
                        .into())
                }
                None => Ok(()),
            }
        }
    }
}
