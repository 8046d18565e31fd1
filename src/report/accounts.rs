//! Accounts: what each payee was paid by location and month, adjusted by month and reason, and what was
//! recovered of it.

use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use lookback_projections::accounts::{self, Month};
use lookback_projections::payees;
use serde::Serialize;

use super::among::Whose;
use super::{AnswerError, Each, View, ended, go_on};

mod recovery;

pub use recovery::recovery;

/// Which accounts are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of that payee.
    pub payee: Option<PayeeId>,
    /// Of that month or later.
    pub from: Option<Month>,
    /// Of that month or earlier.
    pub to: Option<Month>,
    /// Of what was recovered, only of these cases.
    pub whose: Whose,
}

impl Wanted {
    fn takes(&self, month: Month) -> bool {
        self.from.is_none_or(|from| month >= from) && self.to.is_none_or(|to| month <= to)
    }
}

/// What a line of the accounts says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Claims of a location.
    Claims,
    /// Provider adjustments of a reason.
    Adjustments,
    /// What was recovered in the month, and stood at its end.
    Recovery,
}

/// A line of the accounts. Claims have a location, adjustments a reason; one is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Who is paid.
    pub payee: String,
    /// What the line says.
    pub kind: Kind,
    /// The month of the payment date; `-` where the payer gave none.
    pub month: String,
    /// Where the service was given (835 REF*LU, TS301).
    pub location: String,
    /// Why the payment was adjusted (835 PLB03-1).
    pub reason: String,
    /// Claims processed for payment.
    pub paid: u64,
    /// Claims denied.
    pub denied: u64,
    /// Claims reversed.
    pub reversed: u64,
    /// Claims of any other status, or how many adjustments or cases.
    pub other: u64,
    /// Sum of CLP04, or of the PLB amounts, which are above zero where they take from payments.
    pub total: Money,
    /// Collected of its cases in the month, less what was restored.
    pub recovered: Money,
    /// Carried forward and not collected at the month's end.
    pub carried_forward: Money,
    /// Outstanding and disputed at the month's end.
    pub disputed: Money,
    /// Outstanding at the month's end.
    pub outstanding: Money,
    /// To be given back at the month's end.
    pub restoration_owed: Money,
}

impl Account {
    /// A line that says nothing yet.
    fn nothing(payee: &PayeeId, kind: Kind) -> Self {
        Self {
            payee: payee.to_string(),
            kind,
            month: String::new(),
            location: String::new(),
            reason: String::new(),
            paid: 0,
            denied: 0,
            reversed: 0,
            other: 0,
            total: Money::ZERO,
            recovered: Money::ZERO,
            carried_forward: Money::ZERO,
            disputed: Money::ZERO,
            outstanding: Money::ZERO,
            restoration_owed: Money::ZERO,
        }
    }
}

/// Hands over the accounts asked for: payee by payee, claims by location and month, then adjustments
/// by month and reason.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    each: &mut Each<'_, Account>,
) -> Result<(), AnswerError> {
    if let Some(payee) = &wanted.payee {
        return of(view, payee, wanted, each);
    }
    let mut failed = None;
    payees::all(view.rows(), &mut |payee, _| {
        go_on(&mut failed, of(view, &payee, wanted, each).map(|()| true))
    })?;
    ended(failed)
}

fn of(
    view: &View<'_>,
    payee: &PayeeId,
    wanted: &Wanted,
    each: &mut Each<'_, Account>,
) -> Result<(), AnswerError> {
    let mut failed = None;
    accounts::claims(view.rows(), Some(payee), &mut |account, row| {
        if !wanted.takes(account.month) {
            return true;
        }
        let line = Account {
            month: account.month.to_string(),
            location: account.location,
            paid: row.paid,
            denied: row.denied,
            reversed: row.reversed,
            other: row.other,
            total: row.total,
            ..Account::nothing(&account.payee, Kind::Claims)
        };
        go_on(&mut failed, each(line).map(|()| true))
    })?;
    ended(failed.take())?;
    accounts::adjustments(view.rows(), Some(payee), &mut |adjustment, row| {
        if !wanted.takes(adjustment.month) {
            return true;
        }
        let line = Account {
            month: adjustment.month.to_string(),
            reason: adjustment.reason,
            other: row.count,
            total: row.total,
            ..Account::nothing(&adjustment.payee, Kind::Adjustments)
        };
        go_on(&mut failed, each(line).map(|()| true))
    })?;
    ended(failed)
}
