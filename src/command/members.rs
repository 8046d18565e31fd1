//! The members that commands share, and what each command may be about.

use lookback_events::event::act::Subject;
use lookback_events::event::audit::{Audit, Integrity};
use lookback_events::event::governance::Governance;
use lookback_events::event::hold::{Affairs, Hold};
use lookback_events::event::recovery::Recovery;

/// Members that every command may have.
pub const COMMON: &[&str] = &[
    "command", "id", "actor", "happened", "party", "document", "note", "claims", "expect",
    "subject",
];

/// A kind of thing that a command may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A case.
    Case,
    /// An audit.
    Audit,
    /// A hold.
    Hold,
    /// A payee.
    Payee,
    /// The ledger as a whole.
    Ledger,
}

impl Kind {
    /// The member that names one, and the word ahead of its id.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Audit => "audit",
            Self::Hold => "hold",
            Self::Payee => "payee",
            Self::Ledger => "ledger",
        }
    }

    /// The kind of a subject.
    pub const fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Case(_) => Self::Case,
            Subject::Audit(_) => Self::Audit,
            Subject::Hold(_) => Self::Hold,
            Subject::Payee(_) => Self::Payee,
            Subject::Ledger => Self::Ledger,
        }
    }
}

/// What a command may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The kinds; the first is the usual one.
    pub kinds: &'static [Kind],
    /// True where its id may be left to the ledger.
    pub begins: bool,
    /// True where a kind's word is a member that names the subject; false where the detail has members
    /// of these names.
    pub short: bool,
}

/// What a command may be about; `None` where there is no such command.
pub fn about(command: &str) -> Option<About> {
    let about = |kinds, begins, short| Some(About { kinds, begins, short });
    match command {
        "identify-case" => about(&[Kind::Case], true, true),
        "open-audit" => about(&[Kind::Audit], true, true),
        "place-hold" => about(&[Kind::Hold], true, true),
        // Fraud is alleged of a payee before an audit is opened.
        "record-fraud-predicate" => about(&[Kind::Payee, Kind::Audit], false, true),
        "record-contact" | "record-note" => {
            about(&[Kind::Payee, Kind::Case, Kind::Audit], false, true)
        }
        "propose" | "reject-proposal" | super::APPROVE => about(&[], false, false),
        _ if Recovery::COMMANDS.contains(&command) => about(&[Kind::Case], false, true),
        _ if Audit::COMMANDS.contains(&command) => about(&[Kind::Audit], false, true),
        _ if Hold::COMMANDS.contains(&command) => about(&[Kind::Hold], false, true),
        _ if Integrity::COMMANDS.contains(&command) => {
            about(&[Kind::Payee, Kind::Case], false, true)
        }
        _ if Affairs::COMMANDS.contains(&command) => about(&[Kind::Payee], false, true),
        _ if Governance::COMMANDS.contains(&command) => about(&[Kind::Ledger], false, false),
        _ => None,
    }
}

/// The members by which a command's subject may be named in short.
pub fn short(command: &str) -> Vec<&'static str> {
    match about(command) {
        // The detail says who is paid, and only the case or audit itself is named in short.
        Some(about) if about.short => about.kinds.iter().map(|kind| kind.word()).collect(),
        _ => Vec::new(),
    }
}
