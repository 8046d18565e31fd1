//! Which rules a recovery breaks: facts beside what was allowed, never a refusal.
//!
//! Pure. Of a remittance and of a command that records money alike: who records does not change what
//! was allowed. The caller adds where it was seen.

use lookback_events::finding::Rule;
use lookback_events::money::Money;

use super::{Booking, MovementKind};
use crate::cases::{CaseRow, Ways};
use crate::rows::{RowsError, add};
use crate::windows::Eligibility;

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// What was allowed, or known; empty where the rule compares nothing.
    pub expected: String,
    /// What was taken.
    pub found: String,
    /// One sentence for a person.
    pub message: &'static str,
}

impl Breach {
    const fn new(rule: Rule, message: &'static str) -> Self {
        Self { rule, expected: String::new(), found: String::new(), message }
    }
}

/// What is taken of one case at once, by one remittance or one command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taking {
    /// Offsets, less what was postponed or given back; above zero.
    pub offset: Money,
    /// Which of the ways were used.
    pub ways: Ways,
    /// From whose payments, by the plan's id, where somebody says so.
    pub plan: Option<String>,
    /// Who paid (835 TRN03), where a remittance says so.
    pub payer: Option<String>,
}

impl Taking {
    /// An offset that somebody records.
    pub fn recorded(amount: Money, plan: Option<&str>) -> Self {
        Self { offset: amount, plan: plan.map(ToOwned::to_owned), ..Self::default() }
    }

    /// What a remittance takes of a case; what somebody had told of before was looked at then.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn shown<'a>(
        bookings: impl IntoIterator<Item = &'a Booking>,
        payer: Option<&str>,
    ) -> Result<Self, RowsError> {
        let mut taking = Self { payer: payer.map(ToOwned::to_owned), ..Self::default() };
        for booking in bookings.into_iter().filter(|booking| booking.kind.is_offset()) {
            let amount = Some(booking.amount);
            if booking.kind == MovementKind::Retraction {
                add(&mut taking.ways.retracted, amount)?;
            } else if booking.kind == MovementKind::Letter {
                add(&mut taking.ways.by_letter, amount)?;
            }
            if !booking.told {
                add(&mut taking.offset, amount)?;
            }
        }
        Ok(taking)
    }
}

fn is_above_zero(amount: Money) -> bool {
    !amount.is_zero() && !amount.is_negative()
}

/// Which rules a taking breaks. `before` is the case without it, `after` with it, and `eligibility`
/// that of `before` on the day it was taken.
///
/// # Errors
/// When a sum cannot be held exactly.
pub fn breaches(
    before: &CaseRow,
    after: &CaseRow,
    taking: &Taking,
    eligibility: &Eligibility,
) -> Result<Vec<Breach>, RowsError> {
    let mut found = balance(before, after, taking)?;
    if is_above_zero(taking.offset) {
        found.extend(time(before, taking, eligibility)?);
        found.extend(plan(before, taking));
    }
    Ok(found)
}

/// More was taken than there was to take, or by both ways.
fn balance(before: &CaseRow, after: &CaseRow, taking: &Taking) -> Result<Vec<Breach>, RowsError> {
    let mut found = Vec::new();
    let Ways { retracted, by_letter } = after.ways;
    let both = is_above_zero(retracted) && is_above_zero(by_letter);
    let now = is_above_zero(taking.ways.retracted) || is_above_zero(taking.ways.by_letter);
    if both && now {
        let message = "the claim was reversed, and its recovery was taken under a number too";
        found.push(Breach::new(Rule::LetterAndReversal, message));
        let mut taken = retracted;
        add(&mut taken, Some(by_letter))?;
        if taken > after.money.identified {
            found.push(Breach {
                expected: after.money.identified.to_string(),
                found: taken.to_string(),
                ..Breach::new(
                    Rule::RecoveredTwice,
                    "reversal and number together took more than was identified",
                )
            });
            return Ok(found);
        }
    }
    let outstanding = before.money.outstanding()?;
    let owed = after.money.restoration_owed()?;
    if is_above_zero(taking.offset) && owed > before.money.restoration_owed()? {
        found.push(Breach {
            expected: outstanding.to_string(),
            found: taking.offset.to_string(),
            ..Breach::new(Rule::OffsetAboveBalance, "more was taken than was outstanding")
        });
    }
    Ok(found)
}

/// It was taken while something barred it, or too early. What goes beyond the balance is another
/// finding.
fn time(
    before: &CaseRow,
    taking: &Taking,
    eligibility: &Eligibility,
) -> Result<Option<Breach>, RowsError> {
    let taken = taking.offset.min(before.money.outstanding()?);
    if taken <= eligibility.amount_free {
        return Ok(None);
    }
    let sides = |breach| Breach {
        expected: eligibility.amount_free.to_string(),
        found: taken.to_string(),
        ..breach
    };
    if taken > eligibility.amount_not_barred {
        let message = "it was taken while a dispute, a stay or a stand-down barred it";
        return Ok(Some(sides(Breach::new(Rule::OffsetWhileBarred, message))));
    }
    let message = "it was taken before an offset was eligible";
    Ok(Some(sides(Breach::new(Rule::OffsetBeforeEligible, message))))
}

/// It was taken from the payments of another plan or payer, where both are known.
fn plan(case: &CaseRow, taking: &Taking) -> Option<Breach> {
    let other = |own: Option<&str>, other: Option<&str>| match (own, other) {
        (Some(own), Some(other)) => own.trim() != other.trim(),
        (None, _) | (_, None) => false,
    };
    let plans = other(Some(&case.facts.plan), taking.plan.as_deref());
    let payers = other(case.facts.payer.as_deref(), taking.payer.as_deref());
    let message = "money of one plan was taken for another";
    (plans || payers).then(|| Breach::new(Rule::CrossPlanOffset, message))
}
