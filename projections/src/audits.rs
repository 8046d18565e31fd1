//! Audits: what was asked for, held, found and signed.
//!
//! A row holds what was said and done; which clocks run and what is overdue is computed from it and
//! the policies when it is asked. What an audit found becomes cases, which are rows of their own.

use chrono::NaiveDate;
use lookback_events::event::act::{Subject, Told};
use lookback_events::event::audit::{Audit, AuditKind, Nature};
use lookback_events::event::text::Day;
use lookback_events::id::{AuditId, PayeeId};
use serde::{Deserialize, Serialize};

use crate::cases::Known;
use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, decode, read, write};
use crate::{Position, Record, integrity};

/// An audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Whose payments it looks at.
    pub payee: PayeeId,
    /// The record that opened it.
    pub opened: Known,
    /// Where it is held.
    pub kind: AuditKind,
    /// Which lookback it has.
    pub nature: Nature,
    /// The line of business.
    pub line_of_business: String,
    /// The plan that paid.
    pub plan: String,
    /// Two letters.
    pub state: Option<String>,
    /// The first payment date it looks at.
    pub paid_from: Option<Day>,
    /// The last payment date it looks at.
    pub paid_to: Option<Day>,
    /// How many claims it names.
    pub claims: u64,
    /// Fraud predicates that were recorded of it; those of its payee are in [`crate::integrity`].
    pub predicates: Vec<Known>,
    /// Items that were asked for.
    pub items: Vec<ItemState>,
    /// Other last days that the parties agreed on, by rule.
    pub agreed: Vec<(Known, String, Day)>,
    /// Visits.
    pub visits: Vec<VisitState>,
    /// When it was held.
    pub conducted: Vec<Known>,
    /// Exit interviews, and whether the provider agreed.
    pub interviews: Vec<(Known, bool)>,
    /// Supporting documents that came.
    pub documents: Vec<Known>,
    /// Reviews of them, and whether the report changes.
    pub reviews: Vec<(Known, bool)>,
    /// Discrepancy reports.
    pub reports: Vec<ReportState>,
    /// When it ended.
    pub closed: Option<Known>,
    /// The last record that changed it.
    pub last: Position,
}

/// An item that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemState {
    /// Its id within the audit.
    pub item: String,
    /// When it was asked for.
    pub requested: Known,
    /// When it came.
    pub received: Option<Known>,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitState {
    /// When it was scheduled.
    pub scheduled: Known,
    /// The day of the visit.
    pub on: Day,
    /// When it was cancelled.
    pub cancelled: Option<Known>,
}

/// A discrepancy report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportState {
    /// When it was signed.
    pub signed: Known,
    /// When the provider was given a copy.
    pub copy_given: Option<Day>,
    /// True where it is final.
    pub last: bool,
}

impl AuditRow {
    /// The visit that is scheduled and was not cancelled.
    pub fn visit(&self) -> Option<&VisitState> {
        self.visits.iter().rfind(|visit| visit.cancelled.is_none())
    }

    /// The audit as it was on a day: without what happened later; `None` where it was opened later.
    #[must_use]
    pub fn on(mut self, on: NaiveDate) -> Option<Self> {
        let by = |known: &Known| known.happened.day <= on;
        if !by(&self.opened) {
            return None;
        }
        self.predicates.retain(by);
        self.items.retain(|item| by(&item.requested));
        for item in &mut self.items {
            item.received = item.received.take().filter(by);
        }
        self.agreed.retain(|(known, _, _)| by(known));
        self.visits.retain(|visit| by(&visit.scheduled));
        for visit in &mut self.visits {
            visit.cancelled = visit.cancelled.take().filter(by);
        }
        self.conducted.retain(by);
        self.interviews.retain(|(known, _)| by(known));
        self.documents.retain(by);
        self.reviews.retain(|(known, _)| by(known));
        self.reports.retain(|report| by(&report.signed));
        self.closed = self.closed.filter(by);
        Some(self)
    }

    /// The items that were asked for and did not come.
    pub fn missing(&self) -> impl Iterator<Item = &ItemState> {
        self.items.iter().filter(|item| item.received.is_none())
    }
}

fn key(audit: &AuditId) -> Vec<u8> {
    Key::new(b'a').text(audit.as_str()).done()
}

pub(crate) fn apply(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    told: &Told<Audit>,
) -> Result<(), RowsError> {
    let known = Known::of(record, &told.act);
    let id = match &told.subject {
        Subject::Audit(id) => id,
        // Fraud is alleged of a payee before an audit is opened.
        Subject::Payee(payee) => return integrity::predicate(rows, payee, known),
        Subject::Case(_) | Subject::Hold(_) | Subject::Ledger => return Ok(()),
    };
    if let Audit::AuditOpened(opened) = &told.detail {
        let row = AuditRow {
            payee: opened.payee.clone(),
            opened: known,
            kind: opened.kind,
            nature: opened.nature,
            line_of_business: opened.line_of_business.clone(),
            plan: opened.plan.clone(),
            state: opened.state.clone(),
            paid_from: opened.paid_from,
            paid_to: opened.paid_to,
            claims: u64::try_from(told.claims.len()).unwrap_or(u64::MAX),
            predicates: Vec::new(),
            items: Vec::new(),
            agreed: Vec::new(),
            visits: Vec::new(),
            conducted: Vec::new(),
            interviews: Vec::new(),
            documents: Vec::new(),
            reviews: Vec::new(),
            reports: Vec::new(),
            closed: None,
            last: record.position(),
        };
        return write(rows, key(id), &row);
    }
    let Some(mut row) = audit(rows, id)? else { return Ok(()) };
    if let Audit::FraudPredicateRecorded(_) = &told.detail {
        integrity::predicate(rows, &row.payee, known.clone())?;
    }
    row.last = record.position();
    change(&mut row, known, &told.detail);
    write(rows, key(id), &row)
}

fn change(row: &mut AuditRow, known: Known, detail: &Audit) {
    match detail {
        // It begins a row and changes none.
        Audit::AuditOpened(_) => {}
        Audit::FraudPredicateRecorded(_) => row.predicates.push(known),
        Audit::RecordsRequested(request) => {
            row.items.extend(request.items.iter().map(|item| ItemState {
                item: item.item.clone(),
                requested: known.clone(),
                received: None,
            }));
        }
        Audit::ItemReceived(item) => {
            let open = |state: &&mut ItemState| state.item == item.item && state.received.is_none();
            if let Some(state) = row.items.iter_mut().find(open) {
                state.received = Some(known);
            }
        }
        Audit::DateAgreed(agreed) => row.agreed.push((known, agreed.clock.clone(), agreed.until)),
        Audit::VisitScheduled(visit) => {
            row.visits.push(VisitState { scheduled: known, on: visit.on, cancelled: None });
        }
        Audit::VisitCancelled(_) => {
            if let Some(visit) = row.visits.iter_mut().rfind(|visit| visit.cancelled.is_none()) {
                visit.cancelled = Some(known);
            }
        }
        Audit::AuditConducted(_) => row.conducted.push(known),
        Audit::ExitInterviewHeld(interview) => row.interviews.push((known, interview.agrees)),
        Audit::DocumentsReceived(_) => row.documents.push(known),
        Audit::DocumentsReviewed(review) => row.reviews.push((known, review.changes)),
        Audit::ReportSigned(report) => row.reports.push(ReportState {
            signed: known,
            copy_given: report.copy_given,
            last: report.last,
        }),
        Audit::AuditClosed(_) => row.closed = Some(known),
    }
}

/// A record about an audit that no row of its own belongs to: whoever expects nothing to have
/// happened must see it.
pub(crate) fn touched(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    id: &AuditId,
) -> Result<(), RowsError> {
    let Some(mut row) = audit(rows, id)? else { return Ok(()) };
    row.last = record.position();
    write(rows, key(id), &row)
}

/// An audit; `None` where no such audit is known.
///
/// # Errors
/// When the rows cannot be read.
pub fn audit(rows: &dyn Rows, audit: &AuditId) -> Result<Option<AuditRow>, RowsError> {
    read(rows, &key(audit))
}

/// Calls `each` with all audits, by id, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    each: &mut dyn FnMut(AuditId, AuditRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'a').done(), &mut |key, value| {
        let id = Fields::of(key).text().and_then(|id| AuditId::parse(&id).ok());
        let id = id.ok_or_else(|| RowsError::damaged("an audit's key is no audit"))?;
        Ok(each(id, decode(value)?))
    })
}
