//! Findings: what was odd, where, and whether a later record resolved it.
//!
//! `remittance-incomplete` alone is in no record: it is what the rows say of a remittance that is not
//! closed, at the record where it began, and is gone when it is closed.

use std::collections::BTreeMap;

use lookback_events::event::{Event, Remittance};
use lookback_events::finding::{Rule, Severity};
use lookback_events::id::{Digest, PayeeId};
use lookback_events::time::Timestamp;
use lookback_projections::findings::{self, FindingId, FindingRow};
use lookback_projections::remittances::{self, RemittanceRow, Which};
use serde::Serialize;

use super::{AnswerError, Each, View, ended, go_on};
use crate::journal::Position;

/// Which findings are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Recorded at that moment or later.
    pub since: Option<Timestamp>,
    /// Of that rule.
    pub rule: Option<Rule>,
    /// Of that severity.
    pub severity: Option<Severity>,
    /// Of that payee's remittances.
    pub payee: Option<PayeeId>,
    /// Only those that no later record resolved.
    pub unresolved: bool,
}

impl Wanted {
    fn takes(&self, row: &FindingRow) -> bool {
        self.since.is_none_or(|since| row.recorded_at >= since)
            && self.rule.is_none_or(|rule| row.rule == rule)
            && self.severity.is_none_or(|severity| row.severity == severity)
            && self.payee.as_ref().is_none_or(|payee| row.payee.as_ref() == Some(payee))
            && !(self.unresolved && row.resolved.is_some())
    }

    /// True where a remittance that is not closed yet is asked for: a state that is live and in no
    /// record, so it goes when the remittance is closed.
    fn takes_incomplete(&self, row: &RemittanceRow) -> bool {
        let rule = Rule::RemittanceIncomplete;
        row.closed.is_none()
            && self.since.is_none_or(|since| row.recorded_at >= since)
            && self.rule.is_none_or(|wanted| wanted == rule)
            && self.severity.is_none_or(|severity| severity == rule.severity())
            && self.payee.as_ref().is_none_or(|payee| row.payee == *payee)
    }
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The record that holds it.
    pub at: String,
    /// Its number in that record, from 0.
    pub number: u32,
    /// The rule.
    pub rule: Rule,
    /// How much it matters.
    pub severity: Severity,
    /// When it was recorded, UTC.
    pub recorded_at: Timestamp,
    /// Who is paid; nobody for a finding of a file.
    pub payee: Option<String>,
    /// The remittance; none for a finding of a file.
    pub remittance: Option<String>,
    /// What a command that led to it was about, as `case:OP-2026-000117`; none for one of an 835.
    pub subject: Option<String>,
    /// SHA-256 of the file; none for a finding that a command led to.
    pub file: Option<String>,
    /// Number of the segment in the file, from 1.
    pub segment: u64,
    /// Byte offset of the segment in the file.
    pub offset: u64,
    /// Where in the envelopes.
    pub path: String,
    /// One sentence.
    pub message: String,
    /// What should have stood there.
    pub expected: String,
    /// What stood there.
    pub found: String,
    /// The record that resolved it.
    pub resolved_by: Option<String>,
}

impl Found {
    fn new(view: &View<'_>, id: FindingId, row: FindingRow) -> Self {
        // Rows of today may know of a resolution that is later than what is asked about.
        let resolved = row.resolved.map(place).filter(|at| view.knows(*at));
        Self {
            at: place(id.at).to_string(),
            number: id.number,
            rule: row.rule,
            severity: row.severity,
            recorded_at: row.recorded_at,
            payee: row.payee.map(|payee| payee.to_string()),
            remittance: row.remittance.map(|digest| digest.to_string()),
            subject: row.subject,
            file: row.file.map(|digest| digest.to_string()),
            segment: row.segment,
            offset: row.offset,
            path: row.path,
            message: row.message,
            expected: row.expected,
            found: row.found,
            resolved_by: resolved.map(|at| at.to_string()),
        }
    }
}

/// The remittance that is not closed yet, as a finding at its first record.
fn incomplete(view: &View<'_>, digest: &Digest, row: &RemittanceRow) -> Result<Found, AnswerError> {
    let at = place(row.position());
    let opened = view.ledger().opened(at)?;
    let (segment, offset) = match opened.event()? {
        Event::Remittance(Remittance::Received(body)) => (body.file.segment, body.file.offset),
        Event::Remittance(_)
        | Event::Control(_)
        | Event::Claim(..)
        | Event::Original(_)
        | Event::VolumeSealed(_)
        | Event::Deed(_) => (0, 0),
    };
    let claims = row.running.claims;
    let rule = Rule::RemittanceIncomplete;
    Ok(Found {
        at: at.to_string(),
        number: 0,
        rule,
        severity: rule.severity(),
        recorded_at: row.recorded_at,
        payee: Some(row.payee.to_string()),
        remittance: Some(digest.to_string()),
        subject: None,
        file: Some(row.file.to_string()),
        segment,
        offset,
        path: String::new(),
        message: "not all of this remittance is recorded yet: ingest its file again to go on"
            .to_owned(),
        expected: String::new(),
        found: format!("{claims} {}", if claims == 1 { "claim" } else { "claims" }),
        resolved_by: None,
    })
}

/// How many remittances are not closed yet.
///
/// # Errors
/// When the rows cannot be read.
pub fn incomplete_remittances(view: &View<'_>) -> Result<u64, AnswerError> {
    let mut count = 0_u64;
    remittances::all(view.rows(), Which::Incomplete, &mut |_, _| {
        count = count.saturating_add(1);
        true
    })?;
    Ok(count)
}

/// The journal's word for a place, from the projections'.
pub(super) fn place(at: lookback_projections::Position) -> Position {
    Position { journal: at.journal, seq: at.seq }
}

/// Hands over the findings asked for, by journal and position; then the remittances that are not
/// closed yet, by journal.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    each: &mut Each<'_, Found>,
) -> Result<(), AnswerError> {
    let mut failed = None;
    findings::all(view.rows(), None, &mut |id, row| {
        if !wanted.takes(&row) {
            return true;
        }
        go_on(&mut failed, each(Found::new(view, id, row)).map(|()| true))
    })?;
    ended(failed.take())?;
    remittances::all(view.rows(), Which::Incomplete, &mut |digest, row| {
        if !wanted.takes_incomplete(&row) {
            return true;
        }
        let told = incomplete(view, &digest, &row).and_then(&mut *each);
        go_on(&mut failed, told.map(|()| true))
    })?;
    ended(failed)
}

/// How many findings asked for there are, by rule, and how many of them were resolved.
///
/// # Errors
/// When the rows cannot be read.
pub fn by_rule(
    view: &View<'_>,
    wanted: &Wanted,
) -> Result<BTreeMap<Rule, (u64, u64)>, AnswerError> {
    let mut rules: BTreeMap<Rule, (u64, u64)> = BTreeMap::new();
    findings::all(view.rows(), None, &mut |_, row| {
        if wanted.takes(&row) {
            let (all, resolved) = rules.entry(row.rule).or_default();
            *all = all.saturating_add(1);
            *resolved = resolved.saturating_add(u64::from(row.resolved.is_some()));
        }
        true
    })?;
    remittances::all(view.rows(), Which::Incomplete, &mut |_, row| {
        if wanted.takes_incomplete(&row) {
            let (all, _) = rules.entry(Rule::RemittanceIncomplete).or_default();
            *all = all.saturating_add(1);
        }
        true
    })?;
    Ok(rules)
}

/// Hands over the findings of a remittance, or of a file outside its remittances.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn of(view: &View<'_>, digest: &Digest, each: &mut Each<'_, Found>) -> Result<(), AnswerError> {
    let mut failed = None;
    findings::of(view.rows(), digest, &mut |id, row| {
        if !view.knows(place(id.at)) {
            return true;
        }
        go_on(&mut failed, each(Found::new(view, id, row)).map(|()| true))
    })?;
    ended(failed)
}
