//! Offsets: how fast a payee's payments could repay a balance (DOMAIN 3.8).
//!
//! "Will take longer than six months" is a forecast: the balance divided by the mean weekly net payable
//! of the last 13 weeks before our own recoveries; where nothing is payable, never. What has taken that
//! long already is another flag. Both only allow a referral to collections: a person decides on it.
//!
//! A row holds the net payable of one payee in one ISO week of payment dates, written when a remittance
//! is closed: the claims' payments less the provider adjustments that are no recovery of ours. What a
//! reversal took back is in it, because one remittance does not tell our retractions from corrections
//! that the provider asked for: those that are booked to a case are added again when it is asked.

use chrono::{Datelike as _, Days, NaiveDate};
use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::keys::Key;
use crate::movements::MovementKind;
use crate::remittances::Open;
use crate::rows::{Rows, RowsError, add, plus, read, write};
use crate::{Record, cases, compact, cycles, movements};

/// Weeks that a forecast is made of where no policy says how many.
pub const FORECAST_WEEKS: u32 = 13;

/// True where a PLB reason is a recovery of ours: taken (WO, and WU without a reference), acknowledged
/// as refunded (72), carried forward or consumed (FB).
pub fn is_own_recovery(reason: &str) -> bool {
    matches!(reason.trim(), "WO" | "WU" | "72" | "FB")
}

/// What was payable to a payee in a week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekRow {
    /// Remittances.
    pub remittances: u64,
    /// Net payable before our own recoveries.
    #[serde(with = "compact::cents")]
    pub payable: Money,
}

/// An ISO week as year and number, in the order of weeks: 202601.
fn number(day: NaiveDate) -> u32 {
    let week = day.iso_week();
    u32::try_from(week.year()).unwrap_or(0).saturating_mul(100).saturating_add(week.week())
}

fn key(payee: &PayeeId, week: u32) -> Vec<u8> {
    Key::new(b'w').text(payee.as_str()).number(week).done()
}

/// A remittance ends; one without a payment date that can be believed is of no week.
pub(crate) fn closed(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &Open,
) -> Result<(), RowsError> {
    let Some(paid_on) = cycles::cycle_of(open.paid_on, record) else { return Ok(()) };
    let running = &open.running;
    let others = running.plb.checked_sub(running.recovered);
    let payable = others.and_then(|others| running.paid.checked_sub(others));
    let payable = payable.ok_or_else(|| RowsError::damaged("a sum is too long"))?;
    let key = key(&open.payee, number(paid_on));
    let mut row: WeekRow = read(rows, &key)?.unwrap_or_default();
    plus(&mut row.remittances, 1)?;
    add(&mut row.payable, Some(payable))?;
    write(rows, key, &row)
}

/// What was payable to a payee in the whole weeks before a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payable {
    /// How many weeks.
    pub weeks: u32,
    /// The Monday of the first of them.
    pub from: NaiveDate,
    /// The Sunday of the last of them.
    pub to: NaiveDate,
    /// Net payable before our own recoveries, over all of them.
    pub total: Money,
}

/// What was payable to a payee in the last whole ISO weeks before the week of `on`.
///
/// # Errors
/// When the rows cannot be read, or there are no such weeks.
pub fn payable(
    rows: &dyn Rows,
    payee: &PayeeId,
    on: NaiveDate,
    weeks: u32,
) -> Result<Payable, RowsError> {
    let too_far = || RowsError::damaged("a forecast goes back beyond the calendar");
    let back = |days: u64| on.checked_sub_days(Days::new(days)).ok_or_else(too_far);
    let into_week = u64::from(on.weekday().num_days_from_monday());
    let from = back(into_week.saturating_add(u64::from(weeks).saturating_mul(7)))?;
    let to = back(into_week.saturating_add(1))?;
    let mut total = retracted(rows, payee, from, to)?;
    for monday in from.iter_weeks().take_while(|monday| *monday <= to) {
        let row: Option<WeekRow> = read(rows, &key(payee, number(monday)))?;
        add(&mut total, row.map(|row| row.payable))?;
    }
    Ok(Payable { weeks, from, to, total })
}

/// What our own retractions took from a payee's payments between two days, less what their corrections
/// gave again. A reversal that is booked to no case is none of ours.
fn retracted(
    rows: &dyn Rows,
    payee: &PayeeId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Money, RowsError> {
    let mut total = Money::ZERO;
    for case in cases::of_payee(rows, payee)? {
        movements::of_case(rows, &case, &mut |_, movement| {
            let ours = movement.kind == MovementKind::Retraction;
            if ours && movement.on.is_some_and(|on| from <= on && on <= to) {
                add(&mut total, Some(movement.amount))?;
            }
            Ok(true)
        })?;
    }
    Ok(total)
}

/// When a balance will be repaid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payoff {
    /// After so many weeks, the last of them begun.
    After {
        /// Weeks.
        weeks: u64,
        /// The last day of the last of them; `None` beyond the calendar.
        by: Option<NaiveDate>,
    },
    /// Nothing is payable.
    Never,
}

/// Forecasts when a balance is repaid that is offset from `from` on: balance over mean, in whole weeks,
/// the last one rounded up.
pub fn forecast(balance: Money, payable: &Payable, from: NaiveDate) -> Payoff {
    let total = payable.total.cents();
    if total <= 0 {
        return Payoff::Never;
    }
    // balance / (total / weeks), rounded up, without a fraction in between.
    let weeks = balance
        .cents()
        .max(0)
        .checked_mul(i128::from(payable.weeks))
        .and_then(|all| all.checked_add(total.checked_sub(1)?)?.checked_div(total))
        .and_then(|weeks| u64::try_from(weeks).ok())
        .unwrap_or(u64::MAX);
    let by = weeks.checked_mul(7).and_then(|days| from.checked_add_days(Days::new(days)));
    Payoff::After { weeks, by }
}

/// Whether a balance may be thought of for collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Flags {
    /// The forecast goes beyond the horizon.
    pub forecast: bool,
    /// The horizon has passed with a balance.
    pub elapsed: bool,
}

/// The two flags of a balance, given the last day of its horizon; none without a balance, and none
/// where no horizon is known.
pub fn flags(balance: Money, payoff: Payoff, horizon: Option<NaiveDate>, on: NaiveDate) -> Flags {
    let open = !balance.is_zero() && !balance.is_negative();
    let Some(horizon) = horizon.filter(|_| open) else {
        return Flags { forecast: false, elapsed: false };
    };
    let late = match payoff {
        Payoff::Never => true,
        Payoff::After { by, .. } => by.is_none_or(|by| by > horizon),
    };
    Flags { forecast: late, elapsed: on > horizon }
}

#[cfg(test)]
mod tests;
