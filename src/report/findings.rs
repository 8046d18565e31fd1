//! Findings: what was odd, where, and whether a later record resolved it.
//!
//! Two are in no record and follow from the rows. `remittance-incomplete` is at the record where a
//! remittance began that is not closed, and gone when it is closed; `run-missing` at the record that
//! announced a payment run that did not come, and gone when it came.

use std::collections::BTreeMap;

use lookback_events::event::text::Day;
use lookback_events::event::{Event, Remittance};
use lookback_events::finding::{Rule, Severity};
use lookback_events::id::{Digest, PayeeId};
use lookback_events::time::Timestamp;
use lookback_projections::findings::{self, FindingId, FindingRow};
use lookback_projections::remittances::{self, RemittanceRow, Which};
use serde::Serialize;

use super::among::{Among, Whose};
use super::runs::{self, Missing};
use super::stand_down::Covered;
use super::{AnswerError, Each, View, day_of, ended, go_on, start_of_day};
use crate::journal::Position;

/// Which findings are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Recorded at that moment or later.
    pub since: Option<Timestamp>,
    /// Recorded on that day or earlier, and resolved by it.
    pub on: Option<Day>,
    /// Payment runs of that day or earlier are missed, and no later one; any where it is missing.
    pub due: Option<Day>,
    /// Of that rule.
    pub rule: Option<Rule>,
    /// Of that severity.
    pub severity: Option<Severity>,
    /// Of that payee's remittances.
    pub payee: Option<PayeeId>,
    /// Of cases of a plan and an owner, and of their payees.
    pub whose: Whose,
    /// Only those that no later record resolved.
    pub unresolved: bool,
    /// Those about cases under a stand-down, too.
    pub cleared: bool,
}

/// What is asked for, with what it needs to be answered.
struct Question<'a> {
    view: &'a View<'a>,
    wanted: &'a Wanted,
    among: Among,
    covered: Covered,
    /// The first moment after the day asked about.
    before: Option<Timestamp>,
}

impl<'a> Question<'a> {
    fn new(view: &'a View<'a>, wanted: &'a Wanted) -> Result<Self, AnswerError> {
        let after = wanted.on.and_then(|day| day.0.succ_opt());
        let today = Day(day_of(view.ledger(), view.moment()));
        let covered = if wanted.cleared {
            Covered::default()
        } else {
            Covered::on(view, wanted.on.unwrap_or(today))?
        };
        Ok(Self {
            view,
            wanted,
            among: Among::of(view, &wanted.whose)?,
            covered,
            before: after.and_then(|day| start_of_day(view.ledger(), day)),
        })
    }

    /// True for a moment at which what is asked for was recorded.
    fn then(&self, moment: Timestamp) -> bool {
        self.wanted.since.is_none_or(|since| moment >= since)
            && self.before.is_none_or(|before| moment < before)
    }

    fn of_rule(&self, rule: Rule) -> bool {
        self.wanted.rule.is_none_or(|wanted| wanted == rule)
            && self.wanted.severity.is_none_or(|severity| rule.severity() == severity)
    }

    fn of_payee(&self, payee: Option<&PayeeId>) -> bool {
        self.wanted.payee.as_ref().is_none_or(|wanted| payee == Some(wanted))
    }

    /// The finding, where it is asked for: as it stood on the day.
    fn takes(&self, mut row: FindingRow) -> Result<Option<FindingRow>, AnswerError> {
        if !self.then(row.recorded_at) || !self.of_rule(row.rule) {
            return Ok(None);
        }
        if !self.of_payee(row.payee.as_ref()) || !self.may_show(&row)? {
            return Ok(None);
        }
        if let (Some(at), Some(before)) = (row.resolved, self.before) {
            let at = place(at);
            let stored = self.view.ledger().journals().record(at)?;
            let then = super::header(at, &stored.header)?.recorded_at;
            row.resolved = row.resolved.filter(|_| then < before);
        }
        Ok((!self.wanted.unresolved || row.resolved.is_none()).then_some(row))
    }

    fn may_show(&self, row: &FindingRow) -> Result<bool, AnswerError> {
        let Some(subject) = &row.subject else {
            let payee = row.payee.as_ref();
            return Ok(self.among.is_all() || payee.is_some_and(|payee| self.among.payee(payee)));
        };
        Ok(self.among.subject(self.view, subject)? && !self.covered.subject(self.view, subject)?)
    }

    /// True where a remittance that is not closed yet is asked for: a state that is live and in no
    /// record, so it goes when the remittance is closed.
    fn takes_incomplete(&self, row: &RemittanceRow) -> bool {
        row.closed.is_none()
            && self.then(row.recorded_at)
            && self.of_rule(Rule::RemittanceIncomplete)
            && self.of_payee(Some(&row.payee))
            && self.among.payee(&row.payee)
    }

    /// The runs that were announced and did not come: live, too, and gone when they came. A run is of no
    /// payee.
    fn missing_runs(&self) -> Result<Vec<Found>, AnswerError> {
        let rule = Rule::RunMissing;
        if !self.of_rule(rule) || self.wanted.payee.is_some() {
            return Ok(Vec::new());
        }
        let among = self.among.runs(self.view)?;
        let mut found = Vec::new();
        for missing in runs::missing(self.view)? {
            let is_paid =
                missing.paid_on.zip(self.wanted.due).is_none_or(|(paid, due)| paid <= due.0);
            if is_paid
                && self.then(missing.recorded_at)
                && among.holds(missing.paid_on, missing.payer.as_deref())
            {
                found.push(missing_run(rule, &missing));
            }
        }
        Ok(found)
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

/// A run that did not come, as a finding at the record that announced it.
fn missing_run(rule: Rule, missing: &Missing) -> Found {
    let day = missing.paid_on.map_or_else(String::new, |day| format!(" of {day}"));
    let (announced, received) = (missing.announced, missing.received);
    let words = |count: u64| if count == 1 { "remittance" } else { "remittances" };
    Found {
        at: place(missing.at).to_string(),
        number: 0,
        rule,
        severity: rule.severity(),
        recorded_at: missing.recorded_at,
        payee: None,
        remittance: None,
        subject: Some("ledger".to_owned()),
        file: None,
        segment: 0,
        offset: 0,
        path: String::new(),
        message: format!("not all of payment run {}{day} came", missing.runs),
        expected: format!("{announced} {}", words(announced)),
        found: format!("{received} {}", words(received)),
        resolved_by: None,
    }
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
/// closed yet, by journal; then the payment runs that did not come, by date.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    each: &mut Each<'_, Found>,
) -> Result<(), AnswerError> {
    let question = Question::new(view, wanted)?;
    let mut failed = None;
    findings::all(view.rows(), None, &mut |id, row| {
        let told = question.takes(row).and_then(|row| match row {
            Some(row) => each(Found::new(view, id, row)).map(|()| true),
            None => Ok(true),
        });
        go_on(&mut failed, told)
    })?;
    ended(failed.take())?;
    remittances::all(view.rows(), Which::Incomplete, &mut |digest, row| {
        if !question.takes_incomplete(&row) {
            return true;
        }
        let told = incomplete(view, &digest, &row).and_then(&mut *each);
        go_on(&mut failed, told.map(|()| true))
    })?;
    ended(failed)?;
    question.missing_runs()?.into_iter().try_for_each(each)
}

/// How many findings asked for there are, by rule, and how many of them were resolved.
///
/// # Errors
/// When the rows cannot be read.
pub fn by_rule(
    view: &View<'_>,
    wanted: &Wanted,
) -> Result<BTreeMap<Rule, (u64, u64)>, AnswerError> {
    let question = Question::new(view, wanted)?;
    let mut rules: BTreeMap<Rule, (u64, u64)> = BTreeMap::new();
    let mut count = |rule: Rule, resolved: bool| {
        let (all, done) = rules.entry(rule).or_default();
        *all = all.saturating_add(1);
        *done = done.saturating_add(u64::from(resolved));
    };
    let mut failed = None;
    findings::all(view.rows(), None, &mut |_, row| {
        let told = question.takes(row).map(|row| {
            if let Some(row) = row {
                count(row.rule, row.resolved.is_some());
            }
            true
        });
        go_on(&mut failed, told)
    })?;
    ended(failed)?;
    remittances::all(view.rows(), Which::Incomplete, &mut |_, row| {
        if question.takes_incomplete(&row) {
            count(Rule::RemittanceIncomplete, false);
        }
        true
    })?;
    question.missing_runs()?.iter().for_each(|found| count(found.rule, false));
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
