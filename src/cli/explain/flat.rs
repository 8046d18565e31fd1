//! Clocks as lines of a list, for programs that read CSV.

use lookback_events::event::text::Day;
use lookback_projections::clocks::Derivation;
use serde::Serialize;

use super::super::table::{Column, Line, left};
use crate::replay::Deadline;
use crate::report::explained::Explained;

/// A clock as a line: its day and the rule, not all that led to it.
#[derive(Serialize)]
pub(super) struct Flat<'a> {
    subject: String,
    on: Day,
    clock: &'a str,
    due: Option<Day>,
    due_strict: Option<Day>,
    due_rolled: Option<Day>,
    then: &'a str,
    stopped: Option<&'a str>,
    policy: &'a str,
    rule: Option<String>,
    citation: Option<&'a str>,
    not_found: Option<&'a str>,
}

impl Line for Flat<'_> {
    const FIELDS: &'static [&'static str] = &[
        "subject",
        "on",
        "clock",
        "due",
        "due_strict",
        "due_rolled",
        "then",
        "stopped",
        "policy",
        "rule",
        "citation",
        "not_found",
    ];
    const COLUMNS: &'static [Column] = &[left("clock", 22)];
    fn cells(&self) -> Vec<String> {
        vec![self.clock.to_owned()]
    }
}

/// The clock of a case.
pub(super) fn of_case(subject: String, on: Day, of: &Deadline) -> Flat<'_> {
    let derivation = of.derivation.as_ref();
    Flat {
        subject,
        on,
        clock: &of.clock,
        due: of.due,
        due_strict: derivation.and_then(Derivation::strict),
        due_rolled: derivation.and_then(Derivation::rolled),
        then: of.then.as_deref().unwrap_or_default(),
        stopped: of.stopped.as_deref(),
        policy: &of.policy,
        rule: derivation.map(|derived| derived.rule.to_string()),
        citation: derivation.map(|derived| derived.citation.as_str()),
        not_found: of.not_found.as_deref(),
    }
}

/// The clock of an audit, a claim or a unit.
pub(super) fn of_other(of: &Explained) -> Flat<'_> {
    let derivation = of.derivation.as_ref();
    Flat {
        subject: of.subject.clone(),
        on: of.on,
        clock: &of.clock,
        due: of.due,
        due_strict: of.due_strict,
        due_rolled: of.due_rolled,
        then: &of.then,
        stopped: of.stopped.as_deref(),
        policy: &of.policy,
        rule: derivation.map(|derived| derived.rule.to_string()),
        citation: derivation.map(|derived| derived.citation.as_str()),
        not_found: of.not_found.as_deref(),
    }
}
