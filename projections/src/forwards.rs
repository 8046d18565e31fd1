//! Forward balances, by payee and id: what was carried forward and what of it was consumed
//! (835 PLB03-1 `FB`).
//!
//! A negative amount makes one, under the remittance's TRN02 as it should be; a positive amount
//! consumes it, under the same id.

use chrono::NaiveDate;
use lookback_events::event::remittance::ProviderAdjusted;
use lookback_events::id::{Digest, PayeeId};
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::keys::{Fields, Key};
use crate::remittances::Open;
use crate::rows::{Rows, RowsError, add, decode, read, write};
use crate::{Position, Record, compact, findings};

/// The PLB reason of a forward balance.
pub const REASON: &str = "FB";

/// A forward balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardRow {
    /// How much was carried forward, zero or above.
    #[serde(with = "compact::cents")]
    pub made: Money,
    /// How much was consumed, zero or above.
    #[serde(with = "compact::cents")]
    pub consumed: Money,
    /// The remittance that made it first; `None` where it was only consumed.
    pub made_in: Option<Made>,
    /// Payment date of the last remittance that consumed of it.
    #[serde(with = "compact::day_if_any")]
    pub consumed_on: Option<NaiveDate>,
    /// The last record that changed it.
    pub last: Position,
}

/// Where a forward balance was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The remittance.
    #[serde(with = "compact::digest")]
    pub remittance: Digest,
    /// Its payment date.
    #[serde(with = "compact::day_if_any")]
    pub on: Option<NaiveDate>,
    /// The record.
    pub at: Position,
}

impl ForwardRow {
    /// How much is left to consume; nothing where more was consumed than made.
    pub fn left(&self) -> Money {
        let left = self.made.checked_sub(self.consumed).unwrap_or_default();
        if left.is_negative() { Money::ZERO } else { left }
    }
}

/// The id of a forward balance as it is compared.
pub fn id(reference: Option<&str>) -> &str {
    reference.unwrap_or_default().trim()
}

fn key(payee: &PayeeId, id: &str) -> Vec<u8> {
    Key::new(b'B').text(payee.as_str()).text(id).done()
}

pub(crate) fn adjusted(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &mut Open,
    body: &ProviderAdjusted<'_>,
) -> Result<(), RowsError> {
    let amount = body.adjustment.amount.filter(|amount| !amount.is_zero());
    let (Some(amount), REASON) = (amount, body.adjustment.reason.trim()) else { return Ok(()) };
    let id = id(body.reference.as_deref());
    let known: Option<ForwardRow> = read(rows, &key(&open.payee, id))?;
    let mut row = known.unwrap_or(ForwardRow {
        made: Money::ZERO,
        consumed: Money::ZERO,
        made_in: None,
        consumed_on: None,
        last: record.position(),
    });
    row.last = record.position();
    if amount.is_negative() {
        add(&mut row.made, Some(amount.negated()))?;
        if row.made_in.is_none() {
            let (remittance, on) = (open.digest, open.paid_on);
            row.made_in = Some(Made { remittance, on, at: record.position() });
            if known.is_some() {
                findings::forward_made(rows, record, &open.payee, id)?;
            }
        }
    } else {
        add(&mut row.consumed, Some(amount))?;
        row.consumed_on = open.paid_on;
        if row.made_in.is_none() {
            findings::forward_unknown(rows, open, id)?;
        }
    }
    write(rows, key(&open.payee, id), &row)
}

/// A forward balance of a payee.
///
/// # Errors
/// When the rows cannot be read.
pub fn forward(
    rows: &dyn Rows,
    payee: &PayeeId,
    id: &str,
) -> Result<Option<ForwardRow>, RowsError> {
    read(rows, &key(payee, id.trim()))
}

/// Calls `each` with the forward balances of a payee, or of all, by payee and id, until it returns
/// false: the live ones are those with something [left](ForwardRow::left).
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    payee: Option<&PayeeId>,
    each: &mut dyn FnMut(PayeeId, String, ForwardRow) -> bool,
) -> Result<(), RowsError> {
    let prefix = Key::new(b'B');
    let prefix = payee.map_or(prefix.clone(), |payee| prefix.text(payee.as_str()));
    crate::rows::each(rows, &prefix.done(), &mut |key, value| {
        let mut fields = Fields::of(key);
        let payee = fields.text().and_then(|id| PayeeId::parse(&id).ok());
        let (Some(payee), Some(id)) = (payee, fields.text()) else {
            return Err(RowsError::damaged("the key of a forward balance is cut short"));
        };
        Ok(each(payee, id, decode(value)?))
    })
}
