//! The ladder: which case a movement is booked to by itself (DOMAIN 5).
//!
//! A financial control number of one case, then the payer's or the provider's number of claims of
//! exactly one case; among several cases the only one whose outstanding equals the amount. Amount and
//! date alone never match. All else waits.

use std::collections::BTreeSet;

use lookback_events::id::{CaseId, Digest, PayeeId};

use super::booked::known_case;
use super::{MovementKind, MovementRow, twins};
use crate::cases::{self, Kind};
use crate::rows::{Rows, RowsError};

/// What the ladder says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It is this case's.
    Case(CaseId),
    /// There are cases that it may belong to.
    InDoubt,
    /// No number that is known names a case.
    Nothing,
}

/// The case of a movement. `payer` is the payer's number of a claim that was reversed.
pub(super) fn of(
    rows: &dyn Rows,
    movement: &MovementRow,
    payer: Option<&Digest>,
) -> Result<Found, RowsError> {
    let Some(number) = &movement.number else { return Ok(Found::Nothing) };
    match movement.kind {
        MovementKind::Retraction => retraction(rows, movement, number, payer),
        MovementKind::Letter | MovementKind::Refund | MovementKind::WrittenOffByPayer => {
            let payee = &movement.payee;
            let mut named = cases::with_number(rows, payee, Kind::Control, number)?;
            if named.is_empty() {
                named = of_claims(rows, payee, number)?;
            }
            one_of(rows, movement, named)
        }
        MovementKind::Unspecified
        | MovementKind::Affiliated
        | MovementKind::ReturnAlone
        | MovementKind::ForwardUnknown
        | MovementKind::Assigned
        | MovementKind::Offset
        | MovementKind::GivenBack
        | MovementKind::RefundCheck
        | MovementKind::Restored => Ok(Found::Nothing),
    }
}

/// The cases of claims that have a number.
fn of_claims(rows: &dyn Rows, payee: &PayeeId, number: &Digest) -> Result<Vec<CaseId>, RowsError> {
    let mut named = BTreeSet::new();
    for kind in [Kind::Payer, Kind::Patient] {
        named.extend(cases::with_number(rows, payee, kind, number)?);
    }
    Ok(named.into_iter().collect())
}

/// The only case, or the only one whose outstanding equals the amount.
fn one_of(
    rows: &dyn Rows,
    movement: &MovementRow,
    mut named: Vec<CaseId>,
) -> Result<Found, RowsError> {
    let known = !named.is_empty();
    named.retain(|case| !movement.not.contains(case));
    if named.len() > 1 {
        let mut equal = Vec::new();
        for case in named {
            if known_case(rows, &case)?.money.outstanding()? == movement.amount {
                equal.push(case);
            }
        }
        named = equal;
    }
    match <[CaseId; 1]>::try_from(named) {
        Ok([case]) if fits(rows, &case, movement)? => Ok(Found::Case(case)),
        _ if known => Ok(Found::InDoubt),
        _ => Ok(Found::Nothing),
    }
}

/// What postpones or gives back more than a case has taken is not booked by itself, unless somebody told
/// of it before: then it is the same and gives back nothing more.
fn fits(rows: &dyn Rows, id: &CaseId, movement: &MovementRow) -> Result<bool, RowsError> {
    if !movement.amount.is_negative() {
        return Ok(true);
    }
    let money = known_case(rows, id)?.money;
    let taken = money.collected.checked_add(money.carried);
    let left = taken.and_then(|taken| taken.checked_add(movement.amount));
    if left.is_some_and(|left| !left.is_negative()) {
        return Ok(true);
    }
    twins::is_told_of(rows, id, movement)
}

/// A claim was reversed: a case that has ended, and one whose claim has another number with the payer,
/// take nothing by themselves, because claims are reversed for other reasons too.
fn retraction(
    rows: &dyn Rows,
    movement: &MovementRow,
    number: &Digest,
    payer: Option<&Digest>,
) -> Result<Found, RowsError> {
    let named = cases::with_number(rows, &movement.payee, Kind::Patient, number)?;
    let known = !named.is_empty();
    let mut sure = Vec::new();
    for id in named {
        let case = known_case(rows, &id)?;
        let mut claims = case.claims.iter().filter(|claim| claim.claim == *number);
        let agrees = claims.any(|claim| match (&claim.payer_control, payer) {
            (Some(own), Some(shown)) => own == shown,
            (None, _) | (_, None) => true,
        });
        if case.ended.is_none() && agrees {
            sure.push(id);
        }
    }
    let found = one_of(rows, movement, sure)?;
    Ok(if known && found == Found::Nothing { Found::InDoubt } else { found })
}
