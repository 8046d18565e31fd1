//! What is proposed to a second person, in the words of what it would lead to.

use lookback_events::event::governance::Proposal;
use lookback_events::id::{ActorId, CommandId};

use super::{Words, of_deed};
use crate::command::{Asking, Reading, Wish};

/// The words of a proposal. Its command may hold anything, so one that cannot be read is only said.
pub(super) fn words(of: &Proposal) -> Words {
    let proposed = "proposed to a second person";
    let Some((command, inner)) = read(&of.command) else {
        return Words::new(proposed).saying(&*of.command);
    };
    Words { said: inner.said, ..Words::new(format!("{proposed}, {command}: {}", inner.what)) }
}

/// The command's name, and the words of what it asks for.
fn read(text: &str) -> Option<(&'static str, Words)> {
    // It says all of this by itself; nothing of it is shown.
    let reading = Reading {
        zone: chrono_tz::UTC,
        today: chrono::NaiveDate::MIN,
        actor: ActorId::parse("none").ok(),
        id: CommandId::parse("none").ok()?,
    };
    let command = Asking::parse(text).ok()?.command(&reading).ok()?;
    match &command.wish {
        Wish::Do(deed) | Wish::Begin(deed) => Some((command.name(), of_deed(deed))),
        Wish::Approve(_) => None,
    }
}
