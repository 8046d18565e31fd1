//! Holds on records: as long as one stands, what it is about is not disposed of.

use lookback_events::event::act::{Subject, Told};
use lookback_events::event::hold::{Hold, HoldKind};
use lookback_events::event::text::Day;
use lookback_events::id::HoldId;
use serde::{Deserialize, Serialize};

use crate::cases::Known;
use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, decode, read, write};
use crate::{Position, Record};

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRow {
    /// The record that placed it.
    pub placed: Known,
    /// Why.
    pub kind: HoldKind,
    /// What is held: `payee:1234567893`, `case:OP-1`, `unit:payee:1234567893/2025`. Of a claim only the
    /// payee is here: `claim:1234567893`; the record says which one.
    pub scope: String,
    /// Who asked for it.
    pub requester: Option<String>,
    /// Until when at least.
    pub until: Option<Day>,
    /// When it was released.
    pub released: Option<Known>,
    /// The last record that changed it.
    pub last: Position,
}

fn key(hold: &HoldId) -> Vec<u8> {
    Key::new(b'h').text(hold.as_str()).done()
}

pub(crate) fn apply(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    told: &Told<Hold>,
) -> Result<(), RowsError> {
    let Subject::Hold(id) = &told.subject else { return Ok(()) };
    let known = Known::of(record, &told.act);
    match &told.detail {
        Hold::HoldPlaced(placed) => {
            let row = HoldRow {
                placed: known,
                kind: placed.kind,
                scope: without_claim(&placed.scope).to_owned(),
                requester: placed.requester.clone(),
                until: placed.until,
                released: None,
                last: record.position(),
            };
            write(rows, key(id), &row)
        }
        Hold::HoldReleased(_) => {
            let Some(mut row) = hold(rows, id)? else { return Ok(()) };
            row.released = Some(known);
            row.last = record.position();
            write(rows, key(id), &row)
        }
    }
}

/// A scope without a patient control number, which a row may not hold.
fn without_claim(scope: &str) -> &str {
    let claim = scope.strip_prefix("claim:").and_then(|rest| rest.split_once('/'));
    claim.map_or(scope, |(payee, _)| {
        scope.get(.."claim:".len().saturating_add(payee.len())).unwrap_or("claim:")
    })
}

/// A hold; `None` where no such hold is known.
///
/// # Errors
/// When the rows cannot be read.
pub fn hold(rows: &dyn Rows, hold: &HoldId) -> Result<Option<HoldRow>, RowsError> {
    read(rows, &key(hold))
}

/// Calls `each` with all holds, by id, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    each: &mut dyn FnMut(HoldId, HoldRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'h').done(), &mut |key, value| {
        let id = Fields::of(key).text().and_then(|id| HoldId::parse(&id).ok());
        let id = id.ok_or_else(|| RowsError::damaged("a hold's key is no hold"))?;
        Ok(each(id, decode(value)?))
    })
}

#[cfg(test)]
mod tests {
    use super::without_claim;

    #[test]
    fn a_row_names_the_payee_of_a_held_claim_and_not_the_patient() {
        for (scope, kept) in [
            ("claim:1234567893/ACCT-A0", "claim:1234567893"),
            ("payee:1234567893", "payee:1234567893"),
            ("unit:payee:1234567893/2025", "unit:payee:1234567893/2025"),
            ("case:OP-1", "case:OP-1"),
        ] {
            assert_eq!(without_claim(scope), kept);
        }
    }
}
