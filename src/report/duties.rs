//! Duties of the plan itself: money that it must give back, disputes that it must determine, and until
//! when by the times that it set itself.
//!
//! Without such a time a duty has no day of its own: it counts from the day since which it stands, so
//! that it stays listed until it is done.

use chrono::{Days, Months, NaiveDate};
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::Position;
use lookback_projections::cases::CaseRow;
use lookback_projections::clocks::Rulebook;
use lookback_projections::policy::length::{Length, Unit};
use lookback_projections::policy::parameters::Parameter;
use lookback_projections::rows::{RowsError, add};

/// The times that the plan set itself, where a policy in force does; of several the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Times {
    /// To give money back.
    pub(super) restoration: Option<Length>,
    /// To determine a dispute.
    pub(super) determination: Option<Length>,
}

impl Times {
    pub(super) fn of(rules: &Rulebook, on: Day) -> Self {
        let time = |of| {
            let mut in_force = rules.policies().iter().filter(|policy| policy.is_in_force(on));
            in_force.find_map(|policy| policy.parameters.length(of))
        };
        Self {
            restoration: time(Parameter::RestorationTime),
            determination: time(Parameter::DeterminationTime),
        }
    }
}

/// A duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duty {
    /// Since when.
    pub(super) since: NaiveDate,
    /// The record that began it.
    pub(super) at: Position,
    /// How much it is about.
    pub(super) amount: Money,
    /// The last day; none where no time is set, or none that can be counted in days of the calendar.
    pub(super) due: Option<NaiveDate>,
    /// What is to be done.
    pub(super) what: &'static str,
}

/// The last day of a time that the plan set itself, in days of the calendar; none for a unit that needs
/// a calendar of its own.
fn after(day: NaiveDate, time: Length) -> Option<NaiveDate> {
    match time.unit {
        Unit::CalendarDays | Unit::Days => day.checked_add_days(Days::new(time.count.into())),
        Unit::Months => day.checked_add_months(Months::new(time.count)),
        Unit::Years => day.checked_add_months(Months::new(time.count.checked_mul(12)?)),
        Unit::BusinessDays | Unit::FiscalYears | Unit::ContractYears => None,
    }
}

/// What must be given back: what was taken beyond the overpayment, or what somebody decided to restore,
/// until a restoration is recorded. `moved` is when money of the case moved last.
///
/// # Errors
/// When a sum cannot be held exactly.
pub(super) fn owed_back(
    row: &CaseRow,
    times: Times,
    moved: Option<(NaiveDate, Position)>,
) -> Result<Option<Duty>, RowsError> {
    let amount = row.owed_back()?;
    if amount.is_zero() {
        return Ok(None);
    }
    let decided = row.to_be_restored().map(|(one, _)| (one.known.happened.day, one.known.at)).min();
    let letters = row.disputes.iter().filter_map(|dispute| dispute.determined.as_ref());
    let determined = letters.map(|letter| (letter.dated.0, letter.known.at)).max();
    let began = (row.identified.happened.day, row.identified.at);
    let (since, at) = decided.or(determined).or(moved).unwrap_or(began);
    let due = times.restoration.and_then(|time| after(since, time));
    let what = match decided {
        Some(_) => "to be restored, as it was decided",
        None => "restoration decision due, or restoration",
    };
    Ok(Some(Duty { since, at, amount, due, what }))
}

/// A late appeal that nobody has accepted or rejected, also where all of it has been taken already.
///
/// # Errors
/// When a sum cannot be held exactly.
pub(super) fn late_appeal(row: &CaseRow, on: NaiveDate) -> Result<Option<Duty>, RowsError> {
    let Some(dispute) = row.late_appeals(on).next() else { return Ok(None) };
    let (since, at) = (dispute.known.happened.day, dispute.known.at);
    let amount = row.in_dispute(dispute)?;
    let what = "a late appeal is to be accepted or rejected";
    Ok(Some(Duty { since, at, amount, due: None, what }))
}

/// The disputes that wait for their determination on a day, as one: since the one that is due first. It
/// waits as well where all of it has been taken already.
///
/// # Errors
/// When a sum cannot be held exactly.
pub(super) fn undetermined(
    row: &CaseRow,
    times: Times,
    on: NaiveDate,
) -> Result<Option<Duty>, RowsError> {
    let mut amount = Money::ZERO;
    let mut first = None;
    for dispute in row.undetermined(on) {
        add(&mut amount, Some(row.in_dispute(dispute)?))?;
        let began = (dispute.known.happened.day, dispute.known.at);
        first = Some(first.map_or(began, |first: (NaiveDate, Position)| first.min(began)));
    }
    let Some((since, at)) = first else { return Ok(None) };
    let amount = amount.min(row.money.standing()?);
    let due = times.determination.and_then(|time| after(since, time));
    Ok(Some(Duty { since, at, amount, due, what: "the dispute is to be determined" }))
}
