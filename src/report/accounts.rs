//! Accounts: what each payee was paid by location and month, and adjusted by month and reason.

use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use lookback_projections::accounts::{self, Month};
use lookback_projections::payees;
use serde::Serialize;

use super::{AnswerError, Each, View, ended, go_on};

/// Which accounts are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of that payee.
    pub payee: Option<PayeeId>,
    /// Of that month or later.
    pub from: Option<Month>,
    /// Of that month or earlier.
    pub to: Option<Month>,
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
    /// Claims of any other status, or how many adjustments.
    pub other: u64,
    /// Sum of CLP04, or of the PLB amounts, which are above zero where they take from payments.
    pub total: Money,
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
            payee: account.payee.to_string(),
            kind: Kind::Claims,
            month: account.month.to_string(),
            location: account.location,
            reason: String::new(),
            paid: row.paid,
            denied: row.denied,
            reversed: row.reversed,
            other: row.other,
            total: row.total,
        };
        go_on(&mut failed, each(line).map(|()| true))
    })?;
    ended(failed.take())?;
    accounts::adjustments(view.rows(), Some(payee), &mut |adjustment, row| {
        if !wanted.takes(adjustment.month) {
            return true;
        }
        let line = Account {
            payee: adjustment.payee.to_string(),
            kind: Kind::Adjustments,
            month: adjustment.month.to_string(),
            location: String::new(),
            reason: adjustment.reason,
            paid: 0,
            denied: 0,
            reversed: 0,
            other: row.count,
            total: row.total,
        };
        go_on(&mut failed, each(line).map(|()| true))
    })?;
    ended(failed)
}
