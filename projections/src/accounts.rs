//! What each payee was paid and denied by location and month, and adjusted by month.
//!
//! Amounts are the payer's, as signed in the 835: reversals are negative, a PLB amount above zero
//! takes from the payment. A remittance without a payment date is booked in no month ([`Month`]).

use std::fmt;

use chrono::{Datelike as _, NaiveDate};
use lookback_events::event::ClaimKind;
use lookback_events::event::claim::ClaimBody;
use lookback_events::event::remittance::ProviderAdjusted;
use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::compact;
use crate::keys::{Fields, Key};
use crate::remittances::Open;
use crate::rows::{Rows, RowsError, add, decode, plus, read, write};

/// The month of a payment date (835 BPR16), written `2025-02`, or no month, written `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

impl Month {
    /// Where the payment date is missing.
    pub const NONE: Self = Self(0);

    /// The month of a day.
    pub fn of(day: Option<NaiveDate>) -> Self {
        Self(number_of_day(day) / 100)
    }

    /// The first day of the month.
    pub fn first_day(self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(i32::try_from(self.0 / 100).ok()?, self.0 % 100, 1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => f.pad("-"),
            Self(month) => f.pad(&format!("{:04}-{:02}", month / 100, month % 100)),
        }
    }
}

/// A day as `YYYYMMDD`, in the order of days; 0 for none.
pub(crate) fn number_of_day(day: Option<NaiveDate>) -> u32 {
    let Some(day) = day else { return 0 };
    let year = u32::try_from(day.year()).unwrap_or(0);
    [day.month(), day.day()]
        .into_iter()
        .fold(year, |n, part| n.saturating_mul(100).saturating_add(part))
}

/// The claims of a payee at a location in a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Claims processed for payment (835 CLP02 1, 2, 3, 19, 20, 21).
    pub paid: u64,
    /// Claims denied (4).
    pub denied: u64,
    /// Claims reversed (22).
    pub reversed: u64,
    /// Claims of any other status.
    pub other: u64,
    /// Sum of CLP04.
    #[serde(with = "compact::cents")]
    pub total: Money,
}

/// The provider adjustments of a payee in a month for one reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentRow {
    /// How many.
    pub count: u64,
    /// Sum of their amounts; above zero where it takes from the payments.
    #[serde(with = "compact::cents")]
    pub total: Money,
}

pub(crate) fn claim(
    rows: &mut dyn Rows,
    open: &Open,
    kind: ClaimKind,
    body: &ClaimBody<'_>,
) -> Result<(), RowsError> {
    let location = body.claim.location.as_deref().unwrap_or_default().trim();
    let key = Key::new(b'A').text(open.payee.as_str()).text(location);
    let key = key.number(Month::of(open.paid_on).0).done();
    let mut row: AccountRow = read(rows, &key)?.unwrap_or_default();
    let count = match kind {
        ClaimKind::Paid => &mut row.paid,
        ClaimKind::Denied => &mut row.denied,
        ClaimKind::Reversed => &mut row.reversed,
        ClaimKind::Forwarded | ClaimKind::Predetermined | ClaimKind::Reported => &mut row.other,
    };
    plus(count, 1)?;
    add(&mut row.total, body.money.paid)?;
    write(rows, key, &row)
}

pub(crate) fn adjusted(
    rows: &mut dyn Rows,
    open: &Open,
    body: &ProviderAdjusted<'_>,
) -> Result<(), RowsError> {
    let key = Key::new(b'J').text(open.payee.as_str()).number(Month::of(open.paid_on).0);
    let key = key.text(body.adjustment.reason.trim()).done();
    let mut row: AdjustmentRow = read(rows, &key)?.unwrap_or_default();
    plus(&mut row.count, 1)?;
    add(&mut row.total, body.adjustment.amount)?;
    write(rows, key, &row)
}

/// What an account is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who is paid.
    pub payee: PayeeId,
    /// Where the service was given (835 REF*LU, TS301); empty where it is not said.
    pub location: String,
    /// When it was paid.
    pub month: Month,
}

/// What a sum of provider adjustments is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Who is paid.
    pub payee: PayeeId,
    /// When it was paid.
    pub month: Month,
    /// Why (835 PLB03-1).
    pub reason: String,
}

fn cut_short() -> RowsError {
    RowsError::damaged("the key of an account is cut short")
}

/// Prefix of one payee's rows, or of all.
fn of(letter: u8, payee: Option<&PayeeId>) -> Vec<u8> {
    let key = Key::new(letter);
    payee.map_or(key.clone(), |payee| key.text(payee.as_str())).done()
}

/// Calls `each` with the accounts of a payee, or of all, by payee, location and month, until it
/// returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn claims(
    rows: &dyn Rows,
    payee: Option<&PayeeId>,
    each: &mut dyn FnMut(Account, AccountRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &of(b'A', payee), &mut |key, value| {
        let mut fields = Fields::of(key);
        let payee = fields.text().and_then(|id| PayeeId::parse(&id).ok());
        let (location, month) = (fields.text(), fields.number());
        let (Some(payee), Some(location), Some(month)) = (payee, location, month) else {
            return Err(cut_short());
        };
        Ok(each(Account { payee, location, month: Month(month) }, decode(value)?))
    })
}

/// Calls `each` with the sums of provider adjustments of a payee, or of all, by payee, month and
/// reason, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn adjustments(
    rows: &dyn Rows,
    payee: Option<&PayeeId>,
    each: &mut dyn FnMut(Adjustment, AdjustmentRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &of(b'J', payee), &mut |key, value| {
        let mut fields = Fields::of(key);
        let payee = fields.text().and_then(|id| PayeeId::parse(&id).ok());
        let (month, reason) = (fields.number(), fields.text());
        let (Some(payee), Some(month), Some(reason)) = (payee, month, reason) else {
            return Err(cut_short());
        };
        Ok(each(Adjustment { payee, month: Month(month), reason }, decode(value)?))
    })
}
