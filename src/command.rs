//! Commands: wishes, one flat JSON object each, read and made canonical.
//!
//! ```json
//! {"command":"issue-notice","id":"c-1","case":"OP-2026-000117","actor":"jane.roe",
//!  "happened":"2026-03-01","control_number":"7750012","dated":"2026-03-01","method":"mail",
//!  "content":["claim","patient"]}
//! ```
//!
//! Members that every command has are taken out ([`members`]); the rest is the detail of the event it
//! leads to, so that what is asked is what is recorded. Pure: no ledger, no clock; what a command may
//! do is decided elsewhere ([`crate::decide`]).
//!
//! Architecture invariants: an unknown member is an error, never ignored; a member that stands twice is
//! one, too; no error repeats a value, because values name patients' accounts. There is no command
//! that bills a member, and a test says so.

use chrono::NaiveDate;
use lookback_events::event::act::{Act, Subject};
use lookback_events::event::deed::Deed;
use lookback_events::id::{ActorId, CommandId, Digest};
use sha2::Digest as _;

use crate::journal::Position;

mod asked;
pub mod members;
mod object;
pub mod schema;

pub use asked::{Asking, canonical};

/// A command, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its id.
    pub id: CommandId,
    /// Who asks.
    pub actor: ActorId,
    /// The last record of its subject that its sender knew: with a later one it is refused.
    pub expect: Option<Position>,
    /// SHA-256 of its canonical JSON, for its id sent again.
    pub asked: Digest,
    /// What is wished.
    pub wish: Wish,
}

/// What a command wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// That something be recorded about a subject that it names.
    Do(Box<Deed>),
    /// That a case, audit or hold begin whose id the ledger gives; the deed's subject is `ledger` until
    /// then.
    Begin(Box<Deed>),
    /// That what another actor proposed be done.
    Approve(Box<Approval>),
}

/// A second person's approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The proposal.
    pub proposal: CommandId,
    /// The approval's own id, day and document.
    pub act: Act,
}

impl Command {
    /// Its name, such as `issue-notice`.
    pub fn name(&self) -> &'static str {
        match &self.wish {
            Wish::Do(deed) | Wish::Begin(deed) => deed.command(),
            Wish::Approve(_) => APPROVE,
        }
    }

    /// What it is about; `None` where the ledger or a proposal says so.
    pub fn subject(&self) -> Option<&Subject> {
        match &self.wish {
            Wish::Do(deed) => Some(deed.subject()),
            Wish::Begin(_) | Wish::Approve(_) => None,
        }
    }

    /// The command behind it: when what it tells of happened, by which document.
    pub const fn act(&self) -> &Act {
        match &self.wish {
            Wish::Do(deed) | Wish::Begin(deed) => deed.act(),
            Wish::Approve(approval) => &approval.act,
        }
    }
}

/// The command that is no event of its own: what was proposed is recorded.
pub const APPROVE: &str = "approve";

/// All commands.
pub fn names() -> impl Iterator<Item = &'static str> {
    Deed::commands().chain([APPROVE])
}

/// What is taken where a command does not say it.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The plan's time zone: moments with an offset are converted to it.
    pub zone: chrono_tz::Tz,
    /// The plan's day of today, where a command does not say when it happened.
    pub today: NaiveDate,
    /// Who asks, where a command does not say it.
    pub actor: Option<ActorId>,
    /// Its id, where it has none.
    pub id: CommandId,
}

/// A line is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", place(*.line, .command.as_deref()))]
pub struct CommandError {
    /// The line, from 1; 0 where there are no lines.
    pub line: u64,
    /// The command, where it could be read.
    pub command: Option<String>,
    /// What is wrong; it never repeats a value.
    pub what: String,
    /// What to do.
    pub help: Option<String>,
}

fn place(line: u64, command: Option<&str>) -> String {
    match (line, command) {
        (0, None) => String::new(),
        (0, Some(command)) => format!("{command}: "),
        (line, None) => format!("line {line}: "),
        (line, Some(command)) => format!("line {line}, {command}: "),
    }
}

impl CommandError {
    /// The line is not UTF-8.
    pub(crate) fn no_text() -> Self {
        Self::new("no command: not UTF-8")
    }

    fn new(what: impl Into<String>) -> Self {
        Self { line: 0, command: None, what: what.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn of(mut self, command: &str) -> Self {
        self.command = Some(command.to_owned());
        self
    }

    /// The same on a line, from 1.
    #[must_use]
    pub const fn on_line(mut self, line: u64) -> Self {
        self.line = line;
        self
    }
}

/// SHA-256 of a text.
pub(crate) fn sha256(text: &str) -> Digest {
    Digest(sha2::Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests;
