//! One movement once: what somebody told and what a remittance shows are the same where case, kind and
//! amount are, and trace and remittance where both are given.
//!
//! Which of the two was recorded first does not matter: the one that was seen counts, because only it
//! knows what was carried forward.

use lookback_events::id::CaseId;

use super::booked::update;
use super::{MovementKind, MovementRow, known, movement, of_case};
use crate::Position;
use crate::rows::{Rows, RowsError};

/// True where neither says otherwise.
fn agree<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
    a.is_none() || b.is_none() || a == b
}

/// True where a movement that was told and one that was seen are the same.
fn same(told: &MovementRow, seen: &MovementRow) -> bool {
    let kinds = match told.kind {
        MovementKind::Offset | MovementKind::GivenBack | MovementKind::Restored => matches!(
            seen.kind,
            MovementKind::Letter
                | MovementKind::Retraction
                | MovementKind::Unspecified
                | MovementKind::Affiliated
                | MovementKind::Assigned
        ),
        MovementKind::RefundCheck => {
            matches!(seen.kind, MovementKind::Refund | MovementKind::ReturnAlone)
        }
        MovementKind::Retraction
        | MovementKind::Letter
        | MovementKind::Unspecified
        | MovementKind::Affiliated
        | MovementKind::Refund
        | MovementKind::ReturnAlone
        | MovementKind::WrittenOffByPayer
        | MovementKind::ForwardUnknown
        | MovementKind::Assigned => false,
    };
    kinds
        && told.amount == seen.amount
        && agree(told.trace.as_ref(), seen.trace.as_ref())
        && agree(told.remittance.as_ref(), seen.remittance.as_ref())
}

/// Looks for the twin of a movement of a case, the earliest first.
pub(super) fn meet(rows: &mut dyn Rows, at: Position, case: &CaseId) -> Result<(), RowsError> {
    let own = known(rows, at)?;
    if own.twin.is_some() {
        return Ok(());
    }
    let mut found = None;
    of_case(rows, case, &mut |place, other| {
        let free = place != at && other.twin.is_none();
        let fits = if own.kind.is_told() { same(&own, &other) } else { same(&other, &own) };
        if free && fits {
            found = Some(place);
        }
        Ok(found.is_none())
    })?;
    let Some(other) = found else { return Ok(()) };
    // What was told steps back first, so that what was seen finds the case as it was without it.
    let (told, seen) = if own.kind.is_told() { (at, other) } else { (other, at) };
    tie(rows, told, Some(seen))?;
    tie(rows, seen, Some(told))
}

/// True where somebody told of what a remittance shows, and it was not seen until now.
pub(super) fn is_told_of(
    rows: &dyn Rows,
    case: &CaseId,
    seen: &MovementRow,
) -> Result<bool, RowsError> {
    let mut found = false;
    of_case(rows, case, &mut |_, other| {
        found = other.twin.is_none() && same(&other, seen);
        Ok(!found)
    })?;
    Ok(found)
}

/// A movement leaves its case: its twin counts again for itself.
pub(super) fn leave(rows: &mut dyn Rows, at: Position) -> Result<(), RowsError> {
    let Some(twin) = movement(rows, at)?.map(|row| row.twin) else { return Ok(()) };
    update(rows, at, |row| {
        row.case = None;
        row.how = None;
        row.twin = None;
        Ok(())
    })?;
    twin.map_or(Ok(()), |twin| tie(rows, twin, None))
}

fn tie(rows: &mut dyn Rows, at: Position, twin: Option<Position>) -> Result<(), RowsError> {
    update(rows, at, |row| {
        row.twin = twin;
        Ok(())
    })
}
