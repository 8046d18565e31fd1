//! Movements: each thing that moved money of a payee, or postponed it, and the case it is booked to.
//!
//! A remittance shows movements when it closes (`close`): what opposes each other in it is netted
//! first, what a forward balance carries is told from what was collected, and what a number names
//! without doubt is booked (DOMAIN 5). What people tell of offsets, refunds and restorations are
//! movements too, so that one of them and the remittance that shows it are one and not two: they
//! become *twins*, of which the one that was seen counts.
//!
//! A movement that needs a person waits in the unmatched queue. Whoever attributes it moves it to a
//! case with what of it is carried forward; whoever takes it away puts it back into the queue.
//!
//! # Retractions
//!
//! A reversal counts for what was paid before less what was paid after. What was reversed before a
//! case was identified is no movement of it: the overpayment was identified in what was left.
//!
//! Not here: what a case's money is ([`crate::cases`]), and whether an offset was allowed ([`breach`]
//! compares that).

use lookback_events::id::{CaseId, PayeeId};
use serde::{Deserialize, Serialize};

use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, decode, read, write};
use crate::{Position, Record, cases};

mod barred;
mod booked;
pub mod breach;
mod carrying;
mod close;
mod foresee;
mod ladder;
mod netting;
mod row;
mod shown;
mod twins;

pub use barred::{Stays, barred_part, stays};
pub use close::Booking;
pub use foresee::{Foreseen, foresee};
pub use row::{About, Carry, How, MovementKind, MovementRow, Under};

pub(crate) use booked::{assigned, attribute, backwards, told, unattribute};
pub(crate) use close::closed;
pub(crate) use row::Told;
pub(crate) use shown::{Watch, adjusted, claim, watch};

fn key(at: Position) -> Vec<u8> {
    Key::new(b'm').journal(at.journal).long(at.seq).done()
}

fn of_case_key(case: &CaseId) -> Key {
    Key::new(b'n').text(case.as_str())
}

fn queue_key(payee: &PayeeId) -> Key {
    Key::new(b'q').text(payee.as_str())
}

fn assigned_key(at: Position) -> Vec<u8> {
    Key::new(b'j').journal(at.journal).long(at.seq).done()
}

fn put(key: Key, at: Position) -> Vec<u8> {
    key.journal(at.journal).long(at.seq).done()
}

fn taken(fields: &mut Fields<'_>) -> Result<Position, RowsError> {
    match (fields.journal(), fields.long()) {
        (Some(journal), Some(seq)) => Ok(Position { journal, seq }),
        _ => Err(RowsError::damaged("the key of a movement is cut short")),
    }
}

/// A movement by the record that shows it; `None` where that record shows none.
///
/// # Errors
/// When the rows cannot be read.
pub fn movement(rows: &dyn Rows, at: Position) -> Result<Option<MovementRow>, RowsError> {
    read(rows, &key(at))
}

fn known(rows: &dyn Rows, at: Position) -> Result<MovementRow, RowsError> {
    movement(rows, at)?.ok_or_else(|| RowsError::damaged("a movement's row is missing"))
}

/// Takes a movement with its record, and says whether to go on.
type Each<'a> = dyn FnMut(Position, MovementRow) -> Result<bool, RowsError> + 'a;

/// Calls `each` with the movements of a case, by record, until it returns false or fails.
///
/// # Errors
/// When the rows cannot be read.
pub fn of_case(rows: &dyn Rows, case: &CaseId, each: &mut Each<'_>) -> Result<(), RowsError> {
    crate::rows::each(rows, &of_case_key(case).done(), &mut |key, _| {
        let mut fields = Fields::of(key);
        fields.text();
        let at = taken(&mut fields)?;
        each(at, known(rows, at)?)
    })
}

/// Calls `each` with the movements of a payee, or of all, that wait for a person, by payee and record,
/// until it returns false or fails. One that was given to another payee's case waits until that case
/// has it.
///
/// # Errors
/// When the rows cannot be read.
pub fn unmatched(
    rows: &dyn Rows,
    payee: Option<&PayeeId>,
    each: &mut Each<'_>,
) -> Result<(), RowsError> {
    let prefix = payee.map_or(Key::new(b'q'), queue_key);
    crate::rows::each(rows, &prefix.done(), &mut |key, _| {
        let mut fields = Fields::of(key);
        fields.text();
        let at = taken(&mut fields)?;
        if let Some(given) = assignment(rows, at)?
            && let Ok(case) = CaseId::parse(&given.case)
            && has_taken(rows, &case, at)?
        {
            return Ok(true);
        }
        each(at, known(rows, at)?)
    })
}

/// A movement that was given to a case of another payee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentRow {
    /// The case, as it was named.
    pub case: String,
    /// The record of control.
    pub at: Position,
    /// The first such record: since then nothing books it by itself.
    pub first: Position,
}

/// Control gives a movement to a case of another payee.
pub(crate) fn assigned_by_control(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    movement: &str,
    case: &str,
) -> Result<(), RowsError> {
    let Some(of) = cases::position(movement) else { return Ok(()) };
    let at = record.position();
    let first = assignment(rows, of)?.map_or(at, |before| before.first);
    write(rows, assigned_key(of), &AssignmentRow { case: case.to_owned(), at, first })
}

/// True where a case has what was given to it of a movement that was seen under another payee.
///
/// # Errors
/// When the rows cannot be read.
pub fn has_taken(rows: &dyn Rows, case: &CaseId, of: Position) -> Result<bool, RowsError> {
    let mut taken = false;
    of_case(rows, case, &mut |_, row| {
        taken = row.of == Some(of);
        Ok(!taken)
    })?;
    Ok(taken)
}

/// To which case of another payee a movement was given.
///
/// # Errors
/// When the rows cannot be read.
pub fn assignment(rows: &dyn Rows, at: Position) -> Result<Option<AssignmentRow>, RowsError> {
    read(rows, &assigned_key(at))
}

/// Decodes what is kept under a prefix, in order.
fn gathered<T: serde::de::DeserializeOwned>(
    rows: &dyn Rows,
    prefix: &[u8],
) -> Result<Vec<(Vec<u8>, T)>, RowsError> {
    let mut found = Vec::new();
    crate::rows::each(rows, prefix, &mut |key, value| {
        found.push((key.to_vec(), decode(value)?));
        Ok(true)
    })?;
    Ok(found)
}
