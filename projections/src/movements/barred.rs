//! What stays an offset whatever the clocks say: open disputes, a stay, a stand-down.

use chrono::NaiveDate;
use lookback_events::event::act::Subject;
use lookback_events::money::Money;

use crate::cases::CaseRow;
use crate::integrity::{self, Stretch};
use crate::rows::{Rows, RowsError, add};

/// What stays the offsets of a payee, beside what a case's own row says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stays {
    /// Stand-downs of the payee.
    pub stand_downs: Vec<Stretch>,
}

/// The stand-downs that a case must heed.
///
/// # Errors
/// When the rows cannot be read.
pub fn stays(rows: &dyn Rows, case: &CaseRow) -> Result<Stays, RowsError> {
    let measures = integrity::measures(rows, &Subject::Payee(case.payee.clone()))?;
    let stand_downs = measures.map(|measures| measures.stand_downs).unwrap_or_default();
    Ok(Stays { stand_downs })
}

impl Stays {
    /// True where an agency's stand-down of the payee or the case stood on a day.
    pub fn stand_down(&self, case: &CaseRow, on: NaiveDate) -> bool {
        case.is_stood_down(on) || self.stand_downs.iter().any(|stretch| stretch.stood(on))
    }
}

/// How much of what is outstanding open disputes stay on a day.
///
/// # Errors
/// When a sum cannot be held exactly.
pub(crate) fn disputed(
    case: &CaseRow,
    outstanding: Money,
    on: NaiveDate,
) -> Result<Money, RowsError> {
    let mut disputed = Money::ZERO;
    for dispute in case.disputes.iter().filter(|dispute| dispute.is_open(on)) {
        add(&mut disputed, Some(dispute.amount.unwrap_or(outstanding)))?;
    }
    Ok(disputed.min(outstanding).max(Money::ZERO))
}

/// How much of an amount that is taken on a day is barred by a dispute, a stay or a stand-down; what
/// goes beyond the balance is owed back anyway. `case` is the case without it.
///
/// # Errors
/// When a sum cannot be held exactly.
pub fn barred_part(
    case: &CaseRow,
    stays: &Stays,
    amount: Money,
    on: Option<NaiveDate>,
) -> Result<Money, RowsError> {
    let Some(on) = on else { return Ok(Money::ZERO) };
    let outstanding = case.money.outstanding()?;
    let taken = amount.min(outstanding).max(Money::ZERO);
    if case.is_stayed(on) || stays.stand_down(case, on) {
        return Ok(taken);
    }
    let free = outstanding.checked_sub(disputed(case, outstanding, on)?).unwrap_or_default();
    Ok(taken.checked_sub(free).unwrap_or_default().max(Money::ZERO))
}
