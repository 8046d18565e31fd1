//! Where the rows of cases lie: by id, and by payee.
//!
//! A row that is too long for one value goes on in further ones, because the store keeps long values
//! less safely (DESIGN 3).

use lookback_events::id::{CaseId, PayeeId};
use serde::{Deserialize, Serialize};

use super::CaseRow;
use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, decode, plus, read, write};

/// The most bytes of one value.
const PIECE_LEN: usize = 5_000;

/// The first value of a case's row.
#[derive(Serialize, Deserialize)]
struct First {
    /// How many further values there are.
    more: u32,
    /// The beginning of the row.
    bytes: Vec<u8>,
}

/// What is counted of a payee's cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PayeesCases {
    /// How many cases there are.
    pub(crate) cases: u64,
    /// How many reversals of its claims wait for their correction.
    pub(crate) uncorrected: u64,
}

fn key(case: &CaseId) -> Vec<u8> {
    Key::new(b'c').text(case.as_str()).done()
}

fn further(case: &CaseId, number: u32) -> Vec<u8> {
    Key::new(b'f').text(case.as_str()).number(number).done()
}

fn count_key(payee: &PayeeId) -> Vec<u8> {
    Key::new(b'z').text(payee.as_str()).done()
}

/// Keeps a case's row.
pub(crate) fn save(rows: &mut dyn Rows, id: &CaseId, row: &CaseRow) -> Result<(), RowsError> {
    let before: Option<First> = read(rows, &key(id))?;
    let bytes = postcard::to_stdvec(row).map_err(RowsError::world)?;
    let mut pieces = bytes.chunks(PIECE_LEN);
    let first = pieces.next().unwrap_or_default().to_vec();
    let mut more = 0_u32;
    for piece in pieces {
        rows.put(further(id, more), piece.to_vec());
        more = more.saturating_add(1);
    }
    for gone in more..before.map_or(0, |first| first.more) {
        rows.remove(further(id, gone));
    }
    write(rows, key(id), &First { more, bytes: first })
}

fn whole(rows: &dyn Rows, id: &CaseId, value: &[u8]) -> Result<CaseRow, RowsError> {
    let First { more, mut bytes } = decode(value)?;
    for number in 0..more {
        let piece = rows.get(&further(id, number))?;
        bytes.extend(piece.ok_or_else(|| RowsError::damaged("a part of a case is missing"))?);
    }
    decode(&bytes)
}

/// A case; `None` where no such case is known.
///
/// # Errors
/// When the rows cannot be read.
pub fn case(rows: &dyn Rows, case: &CaseId) -> Result<Option<CaseRow>, RowsError> {
    rows.get(&key(case))?.map(|value| whole(rows, case, &value)).transpose()
}

/// Calls `each` with all cases, by id, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    each: &mut dyn FnMut(CaseId, CaseRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'c').done(), &mut |key, value| {
        let case = Fields::of(key).text().and_then(|id| CaseId::parse(&id).ok());
        let case = case.ok_or_else(|| RowsError::damaged("the key of a case is cut short"))?;
        let row = whole(rows, &case, value)?;
        Ok(each(case, row))
    })
}

/// The cases of a payee, by id.
///
/// # Errors
/// When the rows cannot be read.
pub fn of_payee(rows: &dyn Rows, payee: &PayeeId) -> Result<Vec<CaseId>, RowsError> {
    let mut cases = Vec::new();
    let prefix = Key::new(b'd').text(payee.as_str()).done();
    crate::rows::each(rows, &prefix, &mut |key, _| {
        let mut fields = Fields::of(key);
        let case = fields.text().and_then(|_| fields.text());
        let case = case.and_then(|id| CaseId::parse(&id).ok());
        cases.push(case.ok_or_else(|| RowsError::damaged("the key of a case is cut short"))?);
        Ok(true)
    })?;
    Ok(cases)
}

/// True where a payee has cases.
///
/// # Errors
/// When the rows cannot be read.
pub fn has_any(rows: &dyn Rows, payee: &PayeeId) -> Result<bool, RowsError> {
    Ok(payees_cases(rows, payee)?.cases > 0)
}

/// What is counted of a payee's cases: one small row, looked at when a remittance begins.
pub(crate) fn payees_cases(rows: &dyn Rows, payee: &PayeeId) -> Result<PayeesCases, RowsError> {
    Ok(read(rows, &count_key(payee))?.unwrap_or_default())
}

/// Keeps what is counted of a payee's cases.
pub(crate) fn save_count(
    rows: &mut dyn Rows,
    payee: &PayeeId,
    count: PayeesCases,
) -> Result<(), RowsError> {
    write(rows, count_key(payee), &count)
}

/// A payee has one more case.
pub(super) fn add(rows: &mut dyn Rows, payee: &PayeeId, id: &CaseId) -> Result<(), RowsError> {
    write(rows, Key::new(b'd').text(payee.as_str()).text(id.as_str()).done(), &())?;
    let mut count = payees_cases(rows, payee)?;
    plus(&mut count.cases, 1)?;
    save_count(rows, payee, count)
}
