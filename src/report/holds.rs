//! Holds on records: what is held, why, and whether it stands on a day.

use lookback_events::event::Event;
use lookback_events::event::deed::Deed;
use lookback_events::event::hold::Hold as Told;
use lookback_events::event::text::Day;
use lookback_projections::holds::{self, HoldRow};
use serde::Serialize;

use super::claim::{Name, claim};
use super::findings::place;
use super::{AnswerError, Each, View, ended, go_on};

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// Its id.
    pub hold: String,
    /// Why: `litigation`, `audit`, `appeal`, `fraud-allegation`, `agency-request`.
    pub kind: &'static str,
    /// What is held; of a claim only the payee.
    pub scope: String,
    /// Of a claim the record of its payment, which names it where no patient is to be named.
    pub payment: Option<String>,
    /// Who asked for it.
    pub requester: Option<String>,
    /// When it was placed.
    pub placed_on: Day,
    /// Until when at least.
    pub until: Option<Day>,
    /// When it was released.
    pub released_on: Option<Day>,
    /// True where it stands on the day asked about.
    pub stands: bool,
    /// The record that placed it.
    pub placed: String,
}

/// True where a hold stands on a day: placed, and neither released nor, where its requester set a day,
/// released before that day came.
pub(super) fn stands(row: &HoldRow, on: Day) -> bool {
    Day(row.placed.happened.day) <= on && ends(row).is_none_or(|end| on < end)
}

/// The first day after a hold; `None` while it is not released. The requester's day holds even where it
/// was released before.
pub(super) fn ends(row: &HoldRow) -> Option<Day> {
    let released = Day(row.released.as_ref()?.happened.day);
    let after = row.until.and_then(|until| until.0.succ_opt()).map(Day);
    Some(after.map_or(released, |after| released.max(after)))
}

/// The record of the payment of a claim that is held: the hold's own record says which claim.
fn payment_of(view: &View<'_>, row: &HoldRow) -> Result<Option<String>, AnswerError> {
    if !row.scope.starts_with("claim:") {
        return Ok(None);
    }
    let opened = view.ledger().opened(place(row.placed.at))?;
    let Event::Deed(Deed::Hold(told)) = opened.event()? else { return Ok(None) };
    let Told::HoldPlaced(placed) = &told.detail else { return Ok(None) };
    let Some(text) = placed.scope.strip_prefix("claim:") else { return Ok(None) };
    let Ok(told) = claim(view, &Name::parse(text, None)?, false) else { return Ok(None) };
    Ok(told.records.first().map(|said| said.entry.at.clone()))
}

/// Hands over the holds that were placed by a day, by id; `standing` ones only, or all.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    standing: bool,
    on: Day,
    each: &mut Each<'_, Hold>,
) -> Result<(), AnswerError> {
    let mut failed = None;
    holds::all(view.rows(), &mut |id, row| {
        let stands = stands(&row, on);
        if Day(row.placed.happened.day) > on || (standing && !stands) {
            return true;
        }
        let released = row.released.as_ref().map(|known| Day(known.happened.day));
        let payment = match payment_of(view, &row) {
            Ok(payment) => payment,
            Err(error) => return go_on(&mut failed, Err(error)),
        };
        let hold = Hold {
            hold: id.to_string(),
            kind: row.kind.as_str(),
            scope: row.scope,
            payment,
            requester: row.requester,
            placed_on: Day(row.placed.happened.day),
            until: row.until,
            released_on: released.filter(|day| *day <= on),
            stands,
            placed: place(row.placed.at).to_string(),
        };
        go_on(&mut failed, each(hold).map(|()| true))
    })?;
    ended(failed)
}
