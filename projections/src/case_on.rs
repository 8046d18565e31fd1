//! A case on a day: what had happened by then, of what is known.
//!
//! Takes out of a row what happened later, so that every question about cases can be asked of any day.
//! What was *known* is another dial: the rows of a moment. Money comes from the entries, each on the
//! money's day ([`crate::entries`]).
//!
//! A row says only what stands now of a stay, a repayment plan and a stand-down: one that was lifted
//! since is as if it had never stood on the days before. What was taken while it was barred, and what of
//! a restoration is done, are those that are known.

use chrono::NaiveDate;
use lookback_events::id::CaseId;
use lookback_events::money::Money;

use crate::cases::{self, CaseMoney, CaseRow, Known};
use crate::entries::{self, Entry, Kind};
use crate::rows::{Rows, RowsError, add};

/// A case as it was on a day, with the entries until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseOn {
    /// Its id.
    pub id: CaseId,
    /// What had happened.
    pub row: CaseRow,
    /// Its entries on or before the day, in the order they were learnt.
    pub entries: Vec<Entry>,
}

fn by(known: &Known, on: NaiveDate) -> bool {
    known.happened.day <= on
}

/// A case as it was on a day; `None` where it was identified later.
///
/// # Errors
/// When a sum cannot be held exactly.
pub fn case_on(
    id: CaseId,
    mut row: CaseRow,
    mut entries: Vec<Entry>,
    on: NaiveDate,
) -> Result<Option<CaseOn>, RowsError> {
    if !by(&row.identified, on) {
        return Ok(None);
    }
    let later = entries.iter().filter(|entry| entry.day > on && entry.kind == Kind::Offset);
    let mut unseen = Money::ZERO;
    for entry in later {
        add(&mut unseen, entry.collected.checked_add(entry.carried))?;
    }
    entries.retain(|entry| entry.day <= on);
    let sums = CaseMoney { restored: row.money.restored, ..CaseMoney::default() };
    row.money = CaseMoney { interest: row.money.interest, ..sums };
    for entry in &entries {
        entry.add_to(&mut row.money)?;
    }
    row.notices.retain(|notice| by(&notice.known, on));
    for notice in &mut row.notices {
        notice.returned = notice.returned.take().filter(|known| by(known, on));
    }
    row.answers.retain(|answer| by(&answer.known, on));
    row.disputes.retain(|dispute| by(&dispute.known, on));
    for dispute in &mut row.disputes {
        dispute.determined = dispute.determined.take().filter(|one| by(&one.known, on));
    }
    row.refunds.retain(|refund| refund.on.0 <= on);
    row.instructions.retain(|instruction| by(&instruction.known, on));
    // What was taken later was not seen yet; instructions are followed in their order.
    for instruction in row.instructions.iter_mut().rev() {
        let part = unseen.min(instruction.seen).max(Money::ZERO);
        add(&mut instruction.seen, Some(part.negated()))?;
        add(&mut unseen, Some(part.negated()))?;
    }
    row.restorations.retain(|restoration| by(&restoration.known, on));
    if row.planned.as_ref().is_some_and(|planned| !by(&planned.known, on)) {
        row.plan.clear();
        row.planned = None;
    }
    row.defaulted = row.defaulted.filter(|known| by(known, on));
    row.stayed = row.stayed.filter(|known| by(known, on));
    row.stood_down = row.stood_down.filter(|known| by(known, on));
    row.referred = row.referred.filter(|(known, _)| by(known, on));
    row.ended = row.ended.filter(|(known, _)| by(known, on));
    Ok(Some(CaseOn { id, row, entries }))
}

/// Calls `each` with every case that was identified by a day, as it was on that day, by id, until it
/// returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    on: NaiveDate,
    each: &mut dyn FnMut(CaseOn) -> Result<bool, RowsError>,
) -> Result<(), RowsError> {
    let mut failed = None;
    cases::all(rows, &mut |id, row| {
        let entries = entries::of(rows, &id, &row);
        let case = entries.and_then(|entries| case_on(id, row, entries, on));
        let step = match case {
            Ok(Some(case)) => each(case),
            Ok(None) => Ok(true),
            Err(error) => Err(error),
        };
        step.unwrap_or_else(|error| {
            failed = Some(error);
            false
        })
    })?;
    failed.map_or(Ok(()), Err)
}
