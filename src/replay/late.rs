//! What was believed while a fact was not known.

use lookback_events::event::text::Day;
use lookback_projections::rows::RowsError;

use super::steps::{Known, standing};
use super::{Belief, Stand, TIMELY_DAYS};

/// What the ledger believed on the day before the record of this number (from 1) was learnt; `None`
/// where that was in time, where the case was not known yet, or where it believed what is true.
///
/// # Errors
/// When a sum cannot be held exactly.
pub(super) fn belief(
    known: &[Known],
    number: u64,
    stand: &Stand<'_>,
) -> Result<Option<Belief>, RowsError> {
    let place = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    let Some(own) = known.get(place) else { return Ok(None) };
    let happened = Day(own.happened.day);
    let lag = own.learnt_on.0.signed_duration_since(happened.0).num_days();
    let Some(until) = own.learnt_on.0.pred_opt().map(Day).filter(|_| lag > TIMELY_DAYS) else {
        return Ok(None);
    };
    let ahead = known.get(..place).unwrap_or_default();
    // What was recorded on the same day, ahead of it, was not known on the day before either.
    let believed = ahead.iter().rev().find(|other| other.learnt_on <= until);
    let Some(behind) = believed else { return Ok(None) };
    let Some(seen) = standing(Some(behind), behind.control, until, stand)? else { return Ok(None) };
    let Some(was) = standing(Some(own), own.control, until, stand)? else { return Ok(None) };
    if seen.state == was.state && seen.money == was.money {
        return Ok(None);
    }
    let acted = (1_u64..)
        .zip(ahead)
        .filter(|(_, other)| {
            let day = Day(other.happened.day);
            other.acts && day >= happened && other.learnt_on <= until
        })
        .map(|(number, _)| number);
    Ok(Some(Belief {
        from: happened,
        until,
        state: seen.state,
        outstanding: seen.money.outstanding,
        was: was.state,
        acted: acted.collect(),
    }))
}
