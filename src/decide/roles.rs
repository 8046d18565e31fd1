//! Who may do what, and what needs two people.
//!
//! | role | commands |
//! |---|---|
//! | `analyst` | of a case: identify, amend, notices, answers, disputes received, attribution, stays, ends, owner; contacts and notes |
//! | `auditor` | of an audit; fraud predicates |
//! | `appeals` | disputes received, determinations, late appeals |
//! | `finance` | offsets, refunds, restorations, plans, settlements, write-offs; checks; payment runs |
//! | `siu` | fraud predicates, prepayment review, suspension, referral, stand-down, sanction |
//! | `compliance` | holds, policies, stand-downs |
//! | `approver` | approves or rejects what another person proposed |
//! | `admin` | actors |
//! | `reader` | nothing that is recorded |
//!
//! A ledger without registered actors lets everybody act, *asserted*; what needs two people needs two
//! names there, too.

use lookback_events::event::audit::{Audit, Integrity};
use lookback_events::event::governance::Role;
use lookback_events::event::hold::Hold;
use lookback_events::event::recovery::Recovery;

use crate::command::APPROVE;

/// What one person alone may not do (DOMAIN 6): what gives money up, lets records go, or takes a
/// person's rights.
pub const TWO_PEOPLE: &[&str] = &["write-off", "release-hold", "retire-actor"];

const ALL_BUT_READERS: &[Role] = &[
    Role::Analyst,
    Role::Auditor,
    Role::Appeals,
    Role::Finance,
    Role::Siu,
    Role::Compliance,
    Role::Approver,
    Role::Admin,
];

/// The roles of which one is needed for a command.
pub fn needed(command: &str) -> &'static [Role] {
    match command {
        APPROVE | "reject-proposal" => &[Role::Approver],
        // Whether the proposed command may be, is asked of that one.
        "propose" | "record-contact" | "record-note" => ALL_BUT_READERS,
        "register-actor" | "retire-actor" => &[Role::Admin],
        "adopt-policy" => &[Role::Compliance],
        "assign-movement" => &[Role::Finance, Role::Analyst],
        "record-dispute" => &[Role::Analyst, Role::Appeals],
        "determine" | "correct-determination" | "decide-late-appeal" => &[Role::Appeals],
        "announce-run"
        | "void-check"
        | "stop-check"
        | "reissue-check"
        | "instruct-offset"
        | "record-offset"
        | "reverse-offset"
        | "record-refund"
        | "decide-restoration"
        | "record-restoration"
        | "agree-plan"
        | "default-plan"
        | "refer-to-collections"
        | "settle-case"
        | "write-off"
        | "discharge"
        | "recovered-by-another" => &[Role::Finance],
        "attribute-movement" | "unattribute-movement" => &[Role::Analyst, Role::Finance],
        "record-fraud-predicate" => &[Role::Auditor, Role::Siu],
        "begin-stand-down" | "lift-stand-down" => &[Role::Siu, Role::Compliance],
        _ if Recovery::COMMANDS.contains(&command) => &[Role::Analyst],
        _ if Audit::COMMANDS.contains(&command) => &[Role::Auditor],
        _ if Integrity::COMMANDS.contains(&command) => &[Role::Siu],
        _ if Hold::COMMANDS.contains(&command) => &[Role::Compliance],
        // What is left is known of a payee: successors and terminations.
        _ => &[Role::Analyst, Role::Compliance],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_but_the_readers_has_something_to_do() {
        for role in Role::ALL.iter().filter(|role| **role != Role::Reader) {
            assert!(crate::command::names().any(|name| needed(name).contains(role)), "{role:?}");
        }
        assert!(!crate::command::names().any(|name| needed(name).contains(&Role::Reader)));
        for name in TWO_PEOPLE {
            assert!(crate::command::names().any(|known| known == *name), "{name}");
        }
    }
}
