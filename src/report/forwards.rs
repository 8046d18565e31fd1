//! Forward balances (835 PLB FB): what was carried forward and is still to be consumed.

use lookback_events::event::text::Day;
use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use lookback_projections::forwards;
use serde::Serialize;

use super::findings::place;
use super::{AnswerError, Each, View, ended, go_on};

/// A forward balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forward {
    /// Who is paid.
    pub payee: String,
    /// Its id, which should be the TRN02 of the remittance that made it.
    pub id: String,
    /// How much was carried forward.
    pub made: Money,
    /// How much was consumed.
    pub consumed: Money,
    /// How much is left.
    pub left: Money,
    /// Payment date of the remittance that made it; none where it was never made.
    pub made_on: Option<Day>,
    /// That remittance.
    pub made_in: Option<String>,
    /// Payment date of the last remittance that consumed of it.
    pub consumed_on: Option<Day>,
    /// The last record that changed it.
    pub last: String,
}

/// Hands over the forward balances of a payee, or of all, by payee and id; `live` ones only, or all
/// there ever were.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    payee: Option<&PayeeId>,
    live: bool,
    each: &mut Each<'_, Forward>,
) -> Result<(), AnswerError> {
    let mut failed = None;
    forwards::all(view.rows(), payee, &mut |payee, id, row| {
        if live && row.left().is_zero() {
            return true;
        }
        let forward = Forward {
            payee: payee.to_string(),
            id,
            made: row.made,
            consumed: row.consumed,
            left: row.left(),
            made_on: row.made_in.and_then(|made| made.on).map(Day),
            made_in: row.made_in.map(|made| made.remittance.to_string()),
            consumed_on: row.consumed_on.map(Day),
            last: place(row.last).to_string(),
        };
        go_on(&mut failed, each(forward).map(|()| true))
    })?;
    ended(failed)
}
