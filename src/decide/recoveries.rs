//! What a remittance takes of cases, beside what was allowed: findings, never refusals.

use chrono::NaiveDate;
use lookback_projections::clocks::Rulebook;
use lookback_projections::movements::breach::{Taking, breaches};
use lookback_projections::movements::{self, Booking, Foreseen};
use lookback_projections::rows::{Rows, RowsError};
use lookback_projections::windows::eligibility;

use super::{About, Seed};

/// Looks at what a remittance that was paid on a day, by a payer (835 TRN03), will book to cases, by
/// the rules that hold.
///
/// # Errors
/// When the rows cannot be read.
pub fn recoveries(
    rows: &dyn Rows,
    foreseen: &Foreseen,
    payer: Option<&str>,
    paid_on: NaiveDate,
    rules: &Rulebook,
) -> Result<Vec<Seed>, RowsError> {
    let mut seeds = Vec::new();
    for (id, (before, after)) in &foreseen.cases {
        let own = || foreseen.bookings.iter().filter(|booking| booking.case == *id);
        let taking = Taking::shown(own(), payer)?;
        let stays = movements::stays(rows, before)?;
        let eligibility = eligibility(before, &stays, rules, paid_on)?;
        let about = place(own());
        for breach in breaches(before, after, &taking, &eligibility)? {
            seeds.push(Seed {
                expected: breach.expected,
                found: breach.found,
                ..Seed::new(breach.rule, about, breach.message)
            });
        }
    }
    Ok(seeds)
}

/// Where it is seen: the last thing that takes.
fn place<'a>(bookings: impl Iterator<Item = &'a Booking>) -> About {
    let taken =
        bookings.filter(|booking| booking.kind.is_offset() && !booking.amount.is_negative());
    match taken.last().map(|booking| booking.about) {
        Some(movements::About::Claim(ordinal)) => About::Claim(ordinal),
        Some(movements::About::Adjustment(ordinal)) => About::Adjustment(ordinal),
        Some(movements::About::Told) | None => About::Remittance,
    }
}
