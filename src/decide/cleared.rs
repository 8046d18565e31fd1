//! What a refusal tells to whom: what an agency keeps is told only to who may know it (DOMAIN 3.12).
//!
//! Who may order a stand-down may know of it. A ledger without registered actors lets everybody.

use lookback_events::event::act::Subject;
use lookback_events::id::{ActorId, CaseId};
use lookback_projections::rows::{Rows, RowsError};
use lookback_projections::{cases, governance, integrity};

use super::refusal::Refusal;
use super::roles::needed;

/// True for who may know what an agency keeps.
pub(super) fn is_cleared(rows: &dyn Rows, actor: &ActorId) -> Result<bool, RowsError> {
    let may = needed("begin-stand-down");
    Ok(match governance::actor(rows, actor)? {
        Some(row) => row.retired.is_none() && row.roles.iter().any(|role| may.contains(role)),
        None => !governance::has_actors(rows)?,
    })
}

/// The refusal without what only who is cleared may know: neither agency nor day, no case by its name.
pub(super) fn masked(rows: &dyn Rows, mut refusal: Refusal) -> Result<Refusal, RowsError> {
    if matches!(refusal, Refusal::StandDown { .. }) {
        return Ok(Refusal::KeptByAuthority);
    }
    if let Refusal::AboveNetPaid { others, .. } = &mut refusal {
        for (case, _) in others {
            if let Some(id) = case.as_ref()
                && is_kept(rows, id)?
            {
                *case = None;
            }
        }
    }
    Ok(refusal)
}

/// True for a case under a stand-down that stands, its own or its payee's.
fn is_kept(rows: &dyn Rows, case: &CaseId) -> Result<bool, RowsError> {
    let own = integrity::measures(rows, &Subject::Case(case.clone()))?;
    if own.is_some_and(|row| row.stand_down().is_some()) {
        return Ok(true);
    }
    let Some(row) = cases::case(rows, case)? else { return Ok(false) };
    Ok(integrity::payee_stand_down(rows, &row.payee)?.is_some())
}
