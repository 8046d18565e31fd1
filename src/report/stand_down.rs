//! Stand-downs: what only somebody who is cleared may see (DOMAIN 3.12).
//!
//! Sums hold what an agency's stand-down covers, because they must tie to the general ledger; lists and
//! pages do not show it. What is hidden follows from all that is recorded and not from what was known
//! then: an answer about the past is read today. So a stand-down hides its case on the days it stood,
//! and on every day while it lasts.
//!
//! Who asks for a hidden case by its name is answered as if there were none, in the same words: another
//! answer would tell of the stand-down.

use std::collections::BTreeSet;

use lookback_events::event::act::Subject;
use lookback_events::event::text::Day;
use lookback_events::id::{CaseId, HoldId, PayeeId};
use lookback_projections::{cases, holds, integrity};

use super::{AnswerError, View};

/// What is shown in the place of a name that is hidden.
pub const MASK: &str = "(stand-down)";

/// The cases and payees that stand-downs cover.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    /// Subjects, as `case:OP-1` and `payee:1234567893`.
    subjects: BTreeSet<String>,
}

impl Covered {
    /// What is covered on a day.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn on(view: &View<'_>, on: Day) -> Result<Self, AnswerError> {
        let mut subjects = BTreeSet::new();
        integrity::all(view.ledger().rows(), &mut |subject, row| {
            if row.is_stood_down(on.0) || row.stand_down().is_some() {
                subjects.insert(subject);
            }
            true
        })?;
        Ok(Self { subjects })
    }

    /// True where nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// True for a case that is covered, by itself or through its payee.
    pub fn case(&self, case: &CaseId, payee: &PayeeId) -> bool {
        !self.is_empty()
            && (self.subjects.contains(&format!("case:{case}"))
                || self.subjects.contains(&format!("payee:{payee}")))
    }

    /// True for a case, a payee or a hold that is covered, as `case:OP-1`; of a payee only where all of
    /// it is.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn subject(&self, view: &View<'_>, subject: &str) -> Result<bool, AnswerError> {
        if self.is_empty() {
            return Ok(false);
        }
        if self.subjects.contains(subject) {
            return Ok(true);
        }
        let rows = view.ledger().rows();
        Ok(match Subject::parse(subject) {
            Ok(Subject::Case(case)) => {
                cases::case(rows, &case)?.is_some_and(|row| self.case(&case, &row.payee))
            }
            Ok(Subject::Hold(hold)) => self.hold(view, &hold)?,
            Ok(Subject::Payee(_) | Subject::Audit(_) | Subject::Ledger) | Err(_) => false,
        })
    }

    /// True for a hold on a case that is covered.
    fn hold(&self, view: &View<'_>, hold: &HoldId) -> Result<bool, AnswerError> {
        let Some(row) = holds::hold(view.ledger().rows(), hold)? else { return Ok(false) };
        self.scope(view, &row.scope)
    }

    /// True where a hold's scope is a case that is covered, or its unit.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn scope(&self, view: &View<'_>, scope: &str) -> Result<bool, AnswerError> {
        let scope = scope.strip_prefix("unit:").unwrap_or(scope);
        if scope.starts_with("case:") { self.subject(view, scope) } else { Ok(false) }
    }
}

/// Refuses to show a case that a stand-down covers to who is not cleared, as if it were not there.
///
/// # Errors
/// When it is not to be shown, is not known, or rows cannot be read.
pub fn may_see(view: &View<'_>, case: &CaseId, on: Day, cleared: bool) -> Result<(), AnswerError> {
    if !cleared && Covered::on(view, on)?.subject(view, &format!("case:{case}"))? {
        return Err(unknown(case));
    }
    Ok(())
}

/// No case of that id can be shown: there is none, or it is not for everybody.
pub fn unknown(case: &CaseId) -> AnswerError {
    AnswerError::Unknown {
        what: format!("no case {case} can be shown"),
        help: "lookback report cases --all lists the cases; some are for who is cleared only \
               (--cleared)"
            .to_owned(),
    }
}
