//! Lookbacks: until when a payment may be audited (DOMAIN 2, 3.9 to 3.11).
//!
//! Computed from the payment date and the policies when it is asked; nothing is kept in rows but the
//! remittances themselves. A lookback attaches to the payment that moved the money: a check that was
//! voided or stopped moved none, one that was issued again moved it on the day of the new check.
//!
//! A remittance does not say its line of business; who asks names one, or asks for each that the
//! policies know ([`lines`]).

use std::collections::BTreeSet;

use chrono::NaiveDate;
use lookback_events::event::text::Day;

use crate::clocks::{ClockError, Derivation, Facts, Rulebook, Source};
use crate::policy::fact::Fact;
use crate::policy::purpose::Purpose;
use crate::policy::scope::{Actor, Context, Line};

/// When a payment moved money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// On a day.
    On(NaiveDate),
    /// Never: its check was voided or stopped, or it paid nothing.
    Never(&'static str),
}

/// Until when a payment may be audited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookback {
    /// In the ordinary way.
    pub routine: Result<Derivation, ClockError>,
    /// Where fraud or abuse is investigated and the predicate is recorded.
    pub fraud: Result<Derivation, ClockError>,
}

impl Lookback {
    /// The last day of the ordinary lookback; `None` where no rule decides.
    pub fn routine_until(&self) -> Option<Day> {
        self.routine.as_ref().ok().and_then(Derivation::due)
    }

    /// The last day of the fraud lookback; `None` where no rule decides.
    pub fn fraud_until(&self) -> Option<Day> {
        self.fraud.as_ref().ok().and_then(Derivation::due)
    }

    /// Which audits may still be opened on a day.
    pub fn standing(&self, on: Day) -> Standing {
        let open = |until: Option<Day>| until.is_some_and(|until| on <= until);
        match (self.routine_until(), self.fraud_until()) {
            (None, None) => Standing::NotComputed,
            (routine, _) if open(routine) => Standing::Open,
            (_, fraud) if open(fraud) => Standing::FraudOnly,
            _ => Standing::Closed,
        }
    }
}

/// Which audits may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Any.
    Open,
    /// Only where fraud or abuse is investigated.
    FraudOnly,
    /// None.
    Closed,
    /// No rule decides: a policy is not adopted, or the fiscal year's end is not set.
    NotComputed,
}

impl Standing {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::FraudOnly => "fraud-only",
            Self::Closed => "closed",
            Self::NotComputed => "not-computed",
        }
    }
}

/// Until when a payment of a line of business may be audited. The policies in force on the day that is
/// asked about govern it: an audit is opened under the rules of its own day.
pub fn lookback(
    rules: &Rulebook,
    line: Line,
    moved_on: NaiveDate,
    source: &Source,
    on: Day,
) -> Lookback {
    let context = Context::plan(line, on);
    let facts = Facts::default().with(Fact::Paid, Day(moved_on), source.clone());
    let until = |purpose| rules.decide(purpose, &context, &facts);
    Lookback { routine: until(Purpose::RoutineLookback), fraud: until(Purpose::FraudLookback) }
}

/// The line of business that a case or audit names; none where no policy knows it.
pub fn line_of(named: &str) -> Option<Line> {
    match named.trim() {
        // The plan's own words for its Medicaid and Medicare business.
        "medicaid" => Some(Line::MedicaidManagedCare),
        "medicare" => Some(Line::MedicareAdvantage),
        other => Line::parse(other).ok(),
    }
}

/// The lines of business that rules of a purpose name where they bind a plan.
pub fn lines(rules: &Rulebook, purpose: Purpose) -> BTreeSet<Line> {
    let all = rules.policies().iter().flat_map(|policy| &policy.rules);
    all.filter(|rule| rule.purposes.contains(&purpose))
        .filter(|rule| rule.scope.actors.contains(&Actor::Plan))
        .flat_map(|rule| rule.scope.lines.iter().copied())
        .collect()
}

#[cfg(test)]
mod tests;
