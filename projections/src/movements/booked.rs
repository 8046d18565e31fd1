//! Movements come to their cases and leave them: by the ladder, by a person, with what was told.
//!
//! Architecture invariant: whatever changes a movement goes through [`replace`], which takes it out of
//! the money of its case as it was and puts it in as it is.

use chrono::NaiveDate;
use lookback_events::id::{CaseId, PayeeId};
use lookback_events::money::Money;

use super::row::Told;
use super::{
    How, MovementKind, MovementRow, assignment, barred_part, key, known, ladder, movement, of_case,
    of_case_key, put, queue_key, stays, taken, twins,
};
use crate::Position;
use crate::cases::{self, CaseRow, Known, Way};
use crate::keys::Fields;
use crate::rows::{Rows, RowsError, write};

/// Changes a movement, and the money of the cases it was and is booked to with it.
pub(super) fn update(
    rows: &mut dyn Rows,
    at: Position,
    change: impl FnOnce(&mut MovementRow) -> Result<(), RowsError>,
) -> Result<(), RowsError> {
    let before = movement(rows, at)?;
    let mut now = before.clone().ok_or_else(|| RowsError::damaged("a movement is missing"))?;
    change(&mut now)?;
    replace(rows, at, before.as_ref(), now)
}

/// Puts a movement in the place of what it was before, if it was there.
pub(super) fn replace(
    rows: &mut dyn Rows,
    at: Position,
    before: Option<&MovementRow>,
    mut now: MovementRow,
) -> Result<(), RowsError> {
    let place = |row: &MovementRow| (row.case.clone(), row.counts(), row.twin);
    let moved = before.map(place) != Some(place(&now));
    if let Some(before) = before {
        if let Some(id) = &before.case {
            with_case(rows, id, |row| row.book(at, before, Way::Out))?;
            if moved {
                with_case(rows, id, |row| row.barred(before.barred.negated()))?;
                rows.remove(put(of_case_key(id), at));
            }
        }
        if before.waits {
            rows.remove(put(queue_key(&before.payee), at));
        }
    }
    if moved {
        now.barred = Money::ZERO;
    }
    if let Some(id) = now.case.clone() {
        if moved && now.counts() && now.kind.is_offset() {
            let row = known_case(rows, &id)?;
            now.barred = barred_part(&row, &stays(rows, &row)?, now.amount, now.on)?;
        }
        with_case(rows, &id, |row| {
            row.book(at, &now, Way::In)?;
            if moved { row.barred(now.barred) } else { Ok(()) }
        })?;
        write(rows, put(of_case_key(&id), at), &())?;
    }
    if now.waits {
        write(rows, put(queue_key(&now.payee), at), &())?;
    }
    write(rows, key(at), &now)
}

pub(super) fn known_case(rows: &dyn Rows, id: &CaseId) -> Result<CaseRow, RowsError> {
    cases::case(rows, id)?.ok_or_else(|| RowsError::damaged("a movement's case is missing"))
}

fn with_case(
    rows: &mut dyn Rows,
    id: &CaseId,
    change: impl FnOnce(&mut CaseRow) -> Result<(), RowsError>,
) -> Result<(), RowsError> {
    let mut row = known_case(rows, id)?;
    change(&mut row)?;
    cases::save(rows, id, &row)
}

/// Books a movement to a case, and looks for its twin there.
pub(super) fn attach(
    rows: &mut dyn Rows,
    at: Position,
    case: &CaseId,
    how: How,
) -> Result<(), RowsError> {
    twins::leave(rows, at)?;
    update(rows, at, |row| {
        row.case = Some(case.clone());
        row.how = Some(how);
        row.waits = false;
        Ok(())
    })?;
    twins::meet(rows, at, case)
}

/// A person says which case a movement belongs to; it leaves the one it was booked to.
pub(crate) fn attribute(
    rows: &mut dyn Rows,
    at: Position,
    case: &CaseId,
    by: Position,
) -> Result<(), RowsError> {
    let Some(row) = movement(rows, at)? else { return Ok(()) };
    let payee = known_case(rows, case)?.payee;
    // Another payee's rows are another journal's to change.
    let other = row.payee != payee || row.kind.is_told() || row.of.is_some();
    if other || row.case.as_ref() == Some(case) {
        return Ok(());
    }
    attach(rows, at, case, How::Person(by))?;
    update(rows, at, |row| {
        row.not.retain(|other| other != case);
        Ok(())
    })
}

/// A person says that a movement does not belong to a case: it waits again. One that was given to the
/// case from another payee ends.
pub(crate) fn unattribute(
    rows: &mut dyn Rows,
    at: Position,
    case: &CaseId,
) -> Result<(), RowsError> {
    let mut own = None;
    of_case(rows, case, &mut |place, row| {
        if place == at || row.of == Some(at) {
            own = Some((place, row.of.is_some()));
        }
        Ok(own.is_none())
    })?;
    let Some((place, given)) = own else { return Ok(()) };
    twins::leave(rows, place)?;
    update(rows, place, |row| {
        // A told movement is of its case or of none.
        row.waits = !given && !row.kind.is_told();
        row.not.push(case.clone());
        Ok(())
    })
}

/// Keeps a movement that somebody told of a case.
pub(crate) fn told(
    rows: &mut dyn Rows,
    id: &CaseId,
    case: &CaseRow,
    known: &Known,
    kind: MovementKind,
    amount: Money,
    told: Told,
) -> Result<(), RowsError> {
    let row = MovementRow {
        trace: told.trace.map(|trace| trace.trim().to_owned()).filter(|t| !t.is_empty()),
        remittance: told.remittance,
        ..MovementRow::of(case.payee.clone(), kind, amount)
    };
    begin(rows, id, known, row, How::Told)
}

/// Keeps a movement that was seen under another payee, on a day, and is given to a case.
pub(crate) fn assigned(
    rows: &mut dyn Rows,
    id: &CaseId,
    known: &Known,
    (of, on): (Position, NaiveDate),
    amount: Money,
) -> Result<(), RowsError> {
    let payee = known_case(rows, id)?.payee;
    let row = MovementRow {
        of: Some(of),
        on: Some(on),
        ..MovementRow::of(payee, MovementKind::Assigned, amount)
    };
    begin(rows, id, known, row, How::Person(known.at))
}

fn begin(
    rows: &mut dyn Rows,
    id: &CaseId,
    known: &Known,
    row: MovementRow,
    how: How,
) -> Result<(), RowsError> {
    let row = MovementRow {
        case: Some(id.clone()),
        how: Some(how),
        on: row.on.or(Some(known.happened.day)),
        evidenced: known.evidenced,
        ..row
    };
    replace(rows, known.at, None, row)?;
    twins::meet(rows, known.at, id)
}

/// Movements that wait are looked at again, because a case is known by more numbers than before: those
/// that the ladder now gives to it are booked. What control had given to a case of another payee by then
/// (`known_of_control` says how much of control was applied) is left to that.
pub(crate) fn backwards(
    rows: &mut dyn Rows,
    payee: &PayeeId,
    case: &CaseId,
    known_of_control: u64,
) -> Result<(), RowsError> {
    let mut waiting = Vec::new();
    let prefix = queue_key(payee).done();
    crate::rows::each(rows, &prefix, &mut |key, _| {
        let mut fields = Fields::of(key);
        fields.text();
        waiting.push(taken(&mut fields)?);
        Ok(true)
    })?;
    for at in waiting {
        let given = assignment(rows, at)?;
        if given.is_some_and(|given| given.first.seq < known_of_control) {
            continue;
        }
        let row = known(rows, at)?;
        if ladder::of(rows, &row, None)? == ladder::Found::Case(case.clone()) {
            attach(rows, at, case, How::Backwards)?;
        }
    }
    Ok(())
}
