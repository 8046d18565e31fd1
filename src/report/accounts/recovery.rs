//! What was recovered of each payee in a month, and what was disputed, outstanding, carried forward and
//! owed back at its end.
//!
//! Read from the entries of cases: the sums at the end of a month are those of all entries until then, in
//! the current month until the day asked about.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};
use lookback_events::event::text::Day;
use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use lookback_projections::accounts::Month;
use lookback_projections::cases::CaseMoney;
use lookback_projections::rows::{RowsError, add};

use super::super::cases::{self, Seen};
use super::super::{AnswerError, Each, View};
use super::{Account, Kind, Wanted};

/// What is said of a payee and month: recovered, carried forward, disputed, outstanding, owed back.
type Sums = (u64, [Money; 5]);

/// Hands over the recovery of the payees asked for, by payee and month; a month in which nothing was
/// recovered and nothing open is left out. Gives how many cases a stand-down keeps out.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn recovery(
    view: &View<'_>,
    wanted: &Wanted,
    cleared: bool,
    on: Day,
    each: &mut Each<'_, Account>,
) -> Result<u64, AnswerError> {
    let of = cases::Wanted {
        payee: wanted.payee.clone(),
        plan: wanted.whose.plan.clone(),
        owner: wanted.whose.owner.clone(),
        cleared,
        ..cases::Wanted::default()
    };
    let mut months: BTreeMap<(PayeeId, Month), Sums> = BTreeMap::new();
    let mut hidden = 0_u64;
    cases::each(view, &of, on, &mut |seen| {
        if seen.stood_down && !cleared {
            hidden = hidden.saturating_add(1);
            return Ok(());
        }
        Ok(take(&seen, on.0, &mut months)?)
    })?;
    for ((payee, month), (cases, sums)) in months {
        if wanted.takes(month) {
            each(account(&payee, month, cases, sums))?;
        }
    }
    Ok(hidden)
}

/// Adds a case to every month from its first entry on.
fn take(
    seen: &Seen,
    on: NaiveDate,
    months: &mut BTreeMap<(PayeeId, Month), Sums>,
) -> Result<(), RowsError> {
    let mut entries = seen.case.entries.iter().peekable();
    let first = entries.peek().map(|entry| entry.day);
    let mut month = first.and_then(|day| Month::of(Some(day)).first_day());
    let mut money = CaseMoney::default();
    while let Some(begins) = month.filter(|begins| *begins <= on) {
        let next = begins.checked_add_months(Months::new(1));
        let end = next.and_then(|next| next.checked_sub_days(Days::new(1))).unwrap_or(on).min(on);
        let mut recovered = Money::ZERO;
        while let Some(entry) = entries.next_if(|entry| entry.day <= end) {
            entry.add_to(&mut money)?;
            add(&mut recovered, Some(entry.collected))?;
        }
        let outstanding = money.outstanding()?;
        let mut disputed = Money::ZERO;
        for dispute in seen.case.row.disputes.iter().filter(|dispute| dispute.is_open(end)) {
            add(&mut disputed, Some(dispute.amount.unwrap_or(outstanding)))?;
        }
        let disputed = disputed.min(outstanding);
        let parts = [recovered, money.carried, disputed, outstanding, money.restoration_owed()?];
        if parts.iter().any(|part| !part.is_zero()) {
            let key = (seen.case.row.payee.clone(), Month::of(Some(begins)));
            let (cases, sums) = months.entry(key).or_default();
            *cases = cases.saturating_add(1);
            sums.iter_mut().zip(parts).try_for_each(|(sum, part)| add(sum, Some(part)))?;
        }
        month = next;
    }
    Ok(())
}

fn account(payee: &PayeeId, month: Month, cases: u64, sums: [Money; 5]) -> Account {
    let [recovered, carried_forward, disputed, outstanding, restoration_owed] = sums;
    Account {
        month: month.to_string(),
        other: cases,
        recovered,
        carried_forward,
        disputed,
        outstanding,
        restoration_owed,
        ..Account::nothing(payee, Kind::Recovery)
    }
}
