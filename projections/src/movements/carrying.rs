//! What a forward balance carries: the parts of recoveries that were not collected yet (DOMAIN 5).
//!
//! Pure. A forward balance made in a remittance was carried from its recoveries, last first; one that
//! is consumed collects the earliest first. What is consumed may be carried on at once under another
//! id, so it comes ahead of the remittance's own recoveries.

use lookback_events::id::{CaseId, Digest};
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::rows::{RowsError, add};
use crate::{Position, compact};

/// A part of a forward balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// The movement that it is a part of; `None` where that is no recovery that is known.
    pub(super) of: Option<Position>,
    /// How much.
    #[serde(with = "compact::cents")]
    pub(super) amount: Money,
}

/// A recovery of a remittance, or what was postponed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recovery {
    /// The movement; `None` where nobody keeps it.
    pub(super) of: Option<Position>,
    /// How much; below zero where it was postponed or given back.
    pub(super) amount: Money,
    /// Its case.
    pub(super) case: Option<CaseId>,
    /// The numbers that it goes by.
    pub(super) numbers: Vec<Digest>,
}

/// Takes so much of a forward balance, the earliest part first; gives what was taken, and how much
/// was taken that nothing was left of.
pub(super) fn consume(
    parts: &mut Vec<Part>,
    amount: Money,
) -> Result<(Vec<Part>, Money), RowsError> {
    let mut wanted = amount;
    let mut taken = Vec::new();
    for part in parts.iter_mut() {
        let now = wanted.min(part.amount);
        add(&mut part.amount, Some(now.negated()))?;
        add(&mut wanted, Some(now.negated()))?;
        if !now.is_zero() {
            taken.push(Part { of: part.of, amount: now });
        }
    }
    parts.retain(|part| !part.amount.is_zero());
    Ok((taken, wanted))
}

/// What was postponed in a remittance was not collected in it, so nothing more of it can be carried:
/// it makes recoveries of the same case, or of the same number, smaller, the last first.
fn without_postponed(recoveries: &[Recovery]) -> Result<Vec<Recovery>, RowsError> {
    let mut left = recoveries.to_vec();
    for postponed in recoveries.iter().filter(|recovery| recovery.amount.is_negative()) {
        let mut rest = postponed.amount.negated();
        for own in left.iter_mut().rev().filter(|own| !own.amount.is_negative()) {
            let same_case = postponed.case.is_some() && own.case == postponed.case;
            let same_number = own.numbers.iter().any(|n| postponed.numbers.contains(n));
            if same_case || same_number {
                let part = rest.min(own.amount);
                add(&mut own.amount, Some(part.negated()))?;
                add(&mut rest, Some(part.negated()))?;
            }
        }
    }
    left.retain(|recovery| !recovery.amount.is_negative());
    Ok(left)
}

/// Allocates the forward balances that a remittance makes to its recoveries, last first. The parts of
/// each are in the order of the recoveries; what is carried beyond them is of nobody.
pub(super) fn carry(
    recoveries: &[Recovery],
    made: &[(String, Money)],
) -> Result<Vec<(String, Vec<Part>)>, RowsError> {
    let mut left = without_postponed(recoveries)?;
    let mut all = Vec::with_capacity(made.len());
    for (id, amount) in made {
        let mut rest = *amount;
        let mut parts = Vec::new();
        for own in left.iter_mut().rev() {
            let part = rest.min(own.amount);
            if part.is_zero() {
                continue;
            }
            add(&mut own.amount, Some(part.negated()))?;
            add(&mut rest, Some(part.negated()))?;
            parts.push(Part { of: own.of, amount: part });
        }
        parts.reverse();
        if !rest.is_zero() {
            parts.insert(0, Part { of: None, amount: rest });
        }
        all.push((id.clone(), parts));
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
