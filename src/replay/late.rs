//! What was believed while a fact was not known.

use lookback_events::event::text::Day;

use super::steps::Known;
use super::{Belief, Look, TIMELY_DAYS};
use crate::report::AnswerError;

/// What the ledger believed on the day before the record at this place was learnt; `None` where that
/// was in time, where the case was not known yet, or where it believed what is true.
///
/// # Errors
/// When the case cannot be looked at.
pub(super) fn belief(
    known: &[Known],
    place: usize,
    look: &Look<'_>,
) -> Result<Option<Belief>, AnswerError> {
    let Some(own) = known.get(place) else { return Ok(None) };
    let happened = Day(own.happened.day);
    let lag = own.learnt_on.0.signed_duration_since(happened.0).num_days();
    let Some(until) = own.learnt_on.0.pred_opt().map(Day).filter(|_| lag > TIMELY_DAYS) else {
        return Ok(None);
    };
    let ahead = known.get(..place).unwrap_or_default();
    // What was recorded on the same day, ahead of it, was not known on the day before either.
    let count = ahead.iter().take_while(|other| other.learnt_on <= until).count();
    let Some(behind) = count.checked_sub(1).and_then(|last| known.get(last)) else {
        return Ok(None);
    };
    let Some(seen) = look(count, behind.control, until)? else { return Ok(None) };
    let Some(was) = look(place.saturating_add(1), own.control, until)? else { return Ok(None) };
    if seen.state == was.state && seen.money == was.money {
        return Ok(None);
    }
    let acted = (1_u64..)
        .zip(ahead)
        .take(count)
        .filter(|(_, other)| other.acts && Day(other.happened.day) >= happened)
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
