//! Offsets: what was instructed and seen, and when the balance will be repaid (DOMAIN 3.8).

use std::collections::BTreeMap;

use lookback_events::event::text::Day;
use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use lookback_projections::offsets::{
    self, FORECAST_WEEKS, Flags, Payable, Payoff, flags, forecast,
};
use lookback_projections::policy::parameters::Parameter;
use lookback_projections::rows::{RowsError, add};
use lookback_projections::rules;
use serde::Serialize;

use super::cases::{self, Seen, Wanted};
use super::{AnswerError, Each, View};

/// A balance that is or may be offset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offset {
    /// The case.
    pub case: String,
    /// Who was paid.
    pub payee: String,
    /// The plan that paid.
    pub plan: String,
    /// Who works on it.
    pub owner: Option<String>,
    /// Outstanding.
    pub balance: Money,
    /// How much the payer was told to take.
    pub instructed: Money,
    /// How much of that was seen in remittances.
    pub seen: Money,
    /// The first payment date that it may be taken from.
    pub first_on: Option<Day>,
    /// The first day on which an offset may be taken; none while something bars it.
    pub eligible_from: Option<Day>,
    /// The last day of the horizon.
    pub horizon: Option<Day>,
    /// The payee's mean weekly net payable before our own recoveries.
    pub weekly: Money,
    /// Over so many weeks.
    pub weeks_of: u32,
    /// Weeks until it is repaid; none where nothing is payable.
    pub weeks_left: Option<u64>,
    /// By when; none for never.
    pub repaid_by: Option<Day>,
    /// The forecast goes beyond the horizon.
    pub forecast: bool,
    /// The horizon has passed with a balance.
    pub elapsed: bool,
}

/// Hands over the balances that are instructed or eligible on a day, by case; `flagged` ones only, or
/// all. Gives how many a stand-down keeps off the list.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    flagged: bool,
    on: Day,
    each: &mut Each<'_, Offset>,
) -> Result<u64, AnswerError> {
    let weeks = weeks(view, on)?;
    let mut payables: BTreeMap<PayeeId, Payable> = BTreeMap::new();
    let mut hidden = 0_u64;
    cases::each(view, wanted, on, &mut |seen| {
        let eligible = seen.clocks.eligible.is_some_and(|eligible| eligible <= on);
        let instructed = !seen.case.row.instructions.is_empty();
        if !seen.is_open() || seen.outstanding.is_zero() || !(eligible || instructed) {
            return Ok(());
        }
        if seen.stood_down && !wanted.cleared {
            hidden = hidden.saturating_add(1);
            return Ok(());
        }
        let payee = &seen.case.row.payee;
        let payable = match payables.get(payee) {
            Some(payable) => *payable,
            None => offsets::payable(view.rows(), payee, on.0, weeks)?,
        };
        payables.insert(payee.clone(), payable);
        let offset = offset(&seen, payable, on)?;
        if flagged && !offset.forecast && !offset.elapsed { Ok(()) } else { each(offset) }
    })?;
    Ok(hidden)
}

/// How many weeks a forecast is made of: what the adopted policies say, the most of several.
fn weeks(view: &View<'_>, on: Day) -> Result<u32, AnswerError> {
    let rules = rules::in_use(view.rows())?;
    let in_force = rules.policies().iter().filter(|policy| policy.is_in_force(on));
    let said = in_force.filter_map(|policy| policy.parameters.count(Parameter::ForecastWeeks));
    Ok(said.filter(|weeks| *weeks > 0).max().unwrap_or(FORECAST_WEEKS))
}

/// What is to be said of one balance.
fn offset(seen: &Seen, payable: Payable, on: Day) -> Result<Offset, RowsError> {
    let row = &seen.case.row;
    let (mut instructed, mut taken) = (Money::ZERO, Money::ZERO);
    for instruction in &row.instructions {
        add(&mut instructed, Some(instruction.amount))?;
        add(&mut taken, Some(instruction.seen))?;
    }
    let from = seen.clocks.eligible.map_or(on, |eligible| eligible.max(on));
    let payoff = forecast(seen.outstanding, &payable, from.0);
    let Flags { forecast, elapsed } =
        flags(seen.outstanding, payoff, seen.clocks.horizon.map(|day| day.0), on.0);
    let (weeks_left, repaid_by) = match payoff {
        Payoff::After { weeks, by } => (Some(weeks), by.map(Day)),
        Payoff::Never => (None, None),
    };
    let weekly = payable.total.cents().checked_div(i128::from(payable.weeks));
    Ok(Offset {
        case: seen.case.id.to_string(),
        payee: row.payee.to_string(),
        plan: row.facts.plan.clone(),
        owner: row.facts.owner.as_ref().map(ToString::to_string),
        balance: seen.outstanding,
        instructed,
        seen: taken,
        first_on: row.instructions.iter().map(|instruction| instruction.first_on).min(),
        eligible_from: seen.clocks.eligible,
        horizon: seen.clocks.horizon,
        weekly: weekly.and_then(Money::try_from_cents).unwrap_or_default(),
        weeks_of: payable.weeks,
        weeks_left,
        repaid_by,
        forecast,
        elapsed,
    })
}
