//! The policies that hold in a ledger: those that it adopted, and those that come with the program.
//!
//! A version that a ledger adopted stands in the place of the shipped one of the same number. What is
//! in force on a day is chosen by the policies' own dates.

use lookback_events::event::text::Day;

use super::{PolicyRow, policies};
use crate::calendar::Calendars;
use crate::clocks::{AdoptError, Rulebook, Years};
use crate::ledger;
use crate::policy::parameters::Parameter;
use crate::policy::{Policy, SHIPPED};
use crate::rows::{Rows, RowsError};

/// The policies of a ledger cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RulebookError {
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// A policy cannot be taken in.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
}

/// The policies that hold in a ledger.
///
/// # Errors
/// When the rows cannot be read, or a policy that was adopted makes no sense.
pub fn rulebook(rows: &dyn Rows) -> Result<Rulebook, RulebookError> {
    let years = ledger::choices(rows)?.map_or_else(Years::default, |choices| Years {
        fiscal_year_end: choices.fiscal_year_end,
        contract_year_start: Some(choices.contract_year_start),
    });
    let mut adopted: Vec<(String, u32, PolicyRow)> = Vec::new();
    policies(rows, &mut |policy, version, row| {
        adopted.push((policy, version, row));
        true
    })?;
    let mut book = Rulebook::new(Calendars::shipped().map_err(AdoptError::from)?, years);
    for (id, _, row) in &adopted {
        book.adopt(parsed(id, &row.text)?)?;
    }
    for (id, text) in SHIPPED {
        let policy = parsed(id, text)?;
        if !adopted.iter().any(|(id, version, _)| policy.id.as_str() == id && policy.version == *version) {
            book.adopt(policy)?;
        }
    }
    Ok(book)
}

fn parsed(id: &str, text: &str) -> Result<Policy, AdoptError> {
    Policy::parse(text).map_err(|source| AdoptError::Malformed { policy: id.to_owned(), source })
}

/// After how many days a fact is known late (DOMAIN 3.19): the smallest number that a policy in force
/// on the day sets; `None` where none does.
pub fn late_knowledge_days(book: &Rulebook, on: Day) -> Option<u32> {
    let in_force = book.policies().iter().filter(|policy| governs(book, policy, on));
    in_force.filter_map(|policy| policy.parameters.count(Parameter::LateKnowledgeDays)).min()
}

/// True where money of one plan may be taken for another (DOMAIN 4): a policy in force allows it and
/// none refuses.
pub fn may_net_across_plans(book: &Rulebook, on: Day) -> bool {
    let in_force = book.policies().iter().filter(|policy| governs(book, policy, on));
    let words: Vec<&str> =
        in_force.filter_map(|policy| policy.parameters.word(Parameter::CrossPlanNetting)).collect();
    !words.is_empty() && words.iter().all(|word| *word == "allowed")
}

fn governs(book: &Rulebook, policy: &Policy, on: Day) -> bool {
    book.in_force(policy.id.as_str(), on).is_some_and(|other| other.version == policy.version)
}
