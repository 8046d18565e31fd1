//! Forward balances (835 PLB FB): what was carried forward and is still to be consumed.

use chrono::NaiveDate;
use lookback_events::event::remittance::ProviderAdjusted;
use lookback_events::event::text::Day;
use lookback_events::event::{Event, Remittance};
use lookback_events::id::{Digest, PayeeId};
use lookback_events::money::Money;
use lookback_projections::forwards::{self, ForwardRow};
use lookback_projections::remittances::{self, Which};
use lookback_projections::rows::add;
use serde::Serialize;

use super::findings::place;
use super::{AnswerError, Each, View, ended, go_on};
use crate::journal::Position;

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
    by(view, payee, live, None, each)
}

/// The same as they were on a day: without what was made or consumed later.
///
/// # Errors
/// As [`all`].
pub fn by(
    view: &View<'_>,
    payee: Option<&PayeeId>,
    live: bool,
    on: Option<Day>,
    each: &mut Each<'_, Forward>,
) -> Result<(), AnswerError> {
    let mut failed = None;
    forwards::all(view.rows(), payee, &mut |payee, id, mut row| {
        if let Some(on) = on {
            match then(view, &payee, &id, row, on) {
                Ok(Some(was)) => row = was,
                Ok(None) => return true,
                Err(error) => return go_on(&mut failed, Err(error)),
            }
        }
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

/// A forward balance as it was on a day; `None` where it was made later. What changed since is taken out
/// again, remittance by remittance.
fn then(
    view: &View<'_>,
    payee: &PayeeId,
    id: &str,
    mut row: ForwardRow,
    on: Day,
) -> Result<Option<ForwardRow>, AnswerError> {
    let later = |day: Option<NaiveDate>| day.is_some_and(|day| day > on.0);
    if row.made_in.is_some_and(|made| later(made.on)) {
        return Ok(None);
    }
    let mut since = Vec::new();
    remittances::all(view.rows(), Which::OfPayee(payee), &mut |digest, remittance| {
        if later(remittance.paid_on) && remittance.running.adjustments > 0 {
            since.push((digest, remittance));
        }
        true
    })?;
    if since.is_empty() {
        return Ok(Some(row));
    }
    row.consumed_on = row.consumed_on.filter(|day| *day <= on.0);
    for (digest, remittance) in since {
        let end = remittance
            .closed
            .map_or_else(|| view.end(remittance.journal), |closed| closed.last.saturating_add(1));
        for seq in remittance.first..end.min(view.end(remittance.journal)) {
            let at = Position { journal: remittance.journal, seq };
            let Some(amount) = adjusted(view, at, &digest, id)? else { continue };
            let sum = if amount.is_negative() { &mut row.made } else { &mut row.consumed };
            add(sum, Some(if amount.is_negative() { amount } else { amount.negated() }))?;
        }
    }
    let never = row.made_in.is_none() && row.consumed.is_zero();
    Ok((!never).then_some(row))
}

/// What a record adds to a forward balance, below zero, or consumes of it; `None` for any other record.
fn adjusted(
    view: &View<'_>,
    at: Position,
    remittance: &Digest,
    id: &str,
) -> Result<Option<Money>, AnswerError> {
    let stored = view.ledger().journals().record(at)?;
    if super::header(at, &stored.header)?.event != ProviderAdjusted::EVENT {
        return Ok(None);
    }
    let opened = view.ledger().opened(at)?;
    let Event::Remittance(Remittance::Adjusted(body)) = opened.event()? else { return Ok(None) };
    let own = body.adjustment.reason.trim() == forwards::REASON
        && forwards::id(body.reference.as_deref()) == id
        && Digest::parse(&body.adjustment.remittance).is_ok_and(|own| own == *remittance);
    Ok(body.adjustment.amount.filter(|_| own))
}
