//! The unmatched queue: movements of money that wait for a person to say which case is theirs.

use std::collections::BTreeMap;

use lookback_events::event::text::Day;
use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use lookback_projections::movements::{self, About, MovementRow};
use lookback_projections::{Position, cases};
use serde::Serialize;

use super::findings::place;
use super::stand_down::Covered;
use super::{AnswerError, Each, View};

/// The most candidates that are named.
const CANDIDATES_MAX: usize = 5;

/// Which movements are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of that payee.
    pub payee: Option<PayeeId>,
    /// Cases under a stand-down are named as candidates, too.
    pub cleared: bool,
}

/// A movement that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// The record that shows it, by which it is attributed.
    pub movement: String,
    /// Whose payments.
    pub payee: String,
    /// What it is: `letter`, `refund`, `retraction` and so on.
    pub kind: &'static str,
    /// How much: above zero taken from the provider.
    pub amount: Money,
    /// How much of it is only carried forward.
    pub carried_forward: Money,
    /// Payment date of its remittance.
    pub on: Option<Day>,
    /// So many days it waits.
    pub days: Option<i64>,
    /// Its remittance.
    pub remittance: Option<String>,
    /// Check or EFT number of that (835 TRN02).
    pub trace: Option<String>,
    /// What of the remittance shows it: `claim 3`, `adjustment 1`.
    pub about: String,
    /// How many open cases of the payee have exactly this amount outstanding.
    pub candidates: u64,
    /// Some of them, with spaces between.
    pub cases: String,
}

/// Hands over the movements that wait on a day, by payee and record.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    on: Day,
    each: &mut Each<'_, Unmatched>,
) -> Result<(), AnswerError> {
    let mut waiting: Vec<(Position, MovementRow)> = Vec::new();
    movements::unmatched(view.rows(), wanted.payee.as_ref(), &mut |at, movement| {
        if movement.on.is_none_or(|day| day <= on.0) {
            waiting.push((at, movement));
        }
        Ok(true)
    })?;
    let mut known: BTreeMap<PayeeId, Vec<(Money, String)>> = BTreeMap::new();
    for (at, movement) in waiting {
        let payee = movement.payee.clone();
        let open = match known.remove(&payee) {
            Some(open) => open,
            None => outstanding(view, wanted, &payee, on)?,
        };
        each(unmatched(at, &movement, &open, on))?;
        known.insert(payee, open);
    }
    Ok(())
}

/// What is outstanding of the open cases of a payee.
fn outstanding(
    view: &View<'_>,
    wanted: &Wanted,
    payee: &PayeeId,
    on: Day,
) -> Result<Vec<(Money, String)>, AnswerError> {
    let mut open = Vec::new();
    let covered = Covered::on(view, on)?;
    for id in cases::of_payee(view.rows(), payee)? {
        let Some(row) = cases::case(view.rows(), &id)? else { continue };
        let hidden = !wanted.cleared && covered.case(&id, payee);
        let outstanding = row.money.outstanding()?;
        if row.ended.is_none() && !hidden && !outstanding.is_zero() {
            open.push((outstanding, id.to_string()));
        }
    }
    Ok(open)
}

fn unmatched(at: Position, movement: &MovementRow, open: &[(Money, String)], on: Day) -> Unmatched {
    let fit = open.iter().filter(|(outstanding, _)| *outstanding == movement.amount);
    let fit: Vec<&str> = fit.map(|(_, case)| case.as_str()).collect();
    let days = movement.on.map(|day| on.0.signed_duration_since(day).num_days());
    Unmatched {
        movement: place(at).to_string(),
        payee: movement.payee.to_string(),
        kind: movement.kind.as_str(),
        amount: movement.amount,
        carried_forward: movement.carried,
        on: movement.on.map(Day),
        days,
        remittance: movement.remittance.map(|digest| digest.to_string()),
        trace: movement.trace.clone(),
        about: match movement.about {
            About::Claim(number) => format!("claim {number}"),
            About::Adjustment(number) => format!("adjustment {number}"),
            About::Told => "told".to_owned(),
        },
        candidates: u64::try_from(fit.len()).unwrap_or(u64::MAX),
        cases: fit.into_iter().take(CANDIDATES_MAX).collect::<Vec<_>>().join(" "),
    }
}
