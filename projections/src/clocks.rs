//! Clocks: the days on which rules are due, each with its explanation.
//!
//! A clock is a rule of a policy run on facts. What comes out is a [`Derivation`]: not a date, but a
//! date with everything that led to it, down to the candidates that lost. Pure: facts, parameters and
//! calendars are arguments; nothing here knows today, so a clock does not say whether it has run out.
//!
//! Architecture invariants: an unverified rule and a rule that binds somebody else never decide
//! ([`Rulebook::decide`]); a day is never found without the rule, version, citation and facts that it
//! came from; more time never makes a clock shorter.
//!
//! ```
//! use chrono::NaiveDate;
//! use lookback_events::event::text::Day;
//! use lookback_projections::clocks::{Facts, Rulebook, Source};
//! use lookback_projections::policy::fact::Fact;
//! use lookback_projections::policy::purpose::Purpose;
//! use lookback_projections::policy::scope::{Context, Line};
//!
//! let rules = Rulebook::shipped()?;
//! let noticed = Day(NaiveDate::from_ymd_opt(2026, 2, 5).ok_or("no such day")?);
//! let facts = Facts::default().with(Fact::NoticeDated, noticed, Source::evidenced("p02/118204"));
//! let context = Context::plan(Line::MedicaidManagedCare, noticed);
//! let window = rules.decide(Purpose::DisputeWindow, &context, &facts)?;
//! assert_eq!(window.rule.as_str(), "dispute-window");
//! assert_eq!(window.due().map(|day| day.0.to_string()).as_deref(), Some("2026-03-09"));
//! assert_eq!(window.strict().map(|day| day.0.to_string()).as_deref(), Some("2026-03-07"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use lookback_events::event::text::Day;
use lookback_events::time::MonthDay;
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, CalendarEnd, CalendarError, Calendars};
use crate::policy::fact::{Fact, SpanKind};
use crate::policy::parameters::Parameter;
use crate::policy::purpose::{EndRule, Purpose};
use crate::policy::{Policy, PolicyId, Rule, RuleId};

mod arithmetic;
mod choosing;
mod derivation;
mod notice;
mod running;
mod terms;

pub use choosing::{AdoptError, Rulebook};
pub use derivation::{Asked, CalendarUse, Derivation, Ends, Lost, Passed, Step, Why};
pub use notice::{Change, ChangeKind, NoticeRefusal};

/// How well a fact is known (DOMAIN 3.19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Somebody said so.
    Asserted,
    /// A document or a remittance shows it.
    Evidenced,
}

impl Standing {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asserted => "asserted",
            Self::Evidenced => "evidenced",
        }
    }
}

/// Where a fact came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The record, such as `p02/118204`, or where else somebody can look.
    pub position: String,
    /// How well it is known.
    pub standing: Standing,
}

impl Source {
    /// Something that a document or a remittance shows.
    pub fn evidenced(position: impl Into<String>) -> Self {
        Self { position: position.into(), standing: Standing::Evidenced }
    }

    /// Something that somebody said.
    pub fn asserted(position: impl Into<String>) -> Self {
        Self { position: position.into(), standing: Standing::Asserted }
    }
}

/// A fact on its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// What.
    pub fact: Fact,
    /// When.
    pub day: Day,
    /// Where it came from.
    pub source: Source,
}

/// Something that lasted or lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What.
    pub kind: SpanKind,
    /// Its first day.
    pub from: Day,
    /// The first day after it; `None` while it lasts.
    pub until: Option<Day>,
    /// Where it came from.
    pub source: Source,
}

/// What is known of a case, as far as clocks need it. A fact may be given several times: the latest
/// counts for what starts a clock, the earliest in time for what stops it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    known: Vec<Known>,
    spans: Vec<Span>,
}

impl Facts {
    /// The same with one more fact.
    #[must_use]
    pub fn with(mut self, fact: Fact, day: Day, source: Source) -> Self {
        self.known.push(Known { fact, day, source });
        self
    }

    /// The same with one more span.
    #[must_use]
    pub fn during(mut self, span: Span) -> Self {
        self.spans.push(span);
        self
    }

    /// A fact on its latest day.
    pub(crate) fn latest(&self, fact: Fact) -> Option<&Known> {
        self.known.iter().filter(|known| known.fact == fact).max_by_key(|known| known.day)
    }

    /// A fact on its earliest day, not before another.
    pub(crate) fn earliest_from(&self, fact: Fact, from: Day) -> Option<&Known> {
        let all = self.known.iter().filter(|known| known.fact == fact && known.day >= from);
        all.min_by_key(|known| known.day)
    }

    /// The spans of a kind, by their first day.
    pub(crate) fn spans(&self, kind: SpanKind) -> Vec<&Span> {
        let mut spans: Vec<&Span> = self.spans.iter().filter(|span| span.kind == kind).collect();
        spans.sort_by_key(|span| (span.from, span.until));
        spans
    }
}

/// The ledger's own years; a policy's parameter comes before them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Years {
    /// The last day of the plan's fiscal year.
    pub fiscal_year_end: Option<MonthDay>,
    /// The day on which contract years begin.
    pub contract_year_start: Option<MonthDay>,
}

/// What a clock counts with.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Whose business days and holidays count; without one nothing rolls.
    pub calendar: Option<&'a Calendar>,
    /// What happens to a last day that is no business day.
    pub end_rule: EndRule,
    /// The years.
    pub years: Years,
}

impl<'a> Settings<'a> {
    /// What a policy says, and the ledger's years where it says nothing.
    ///
    /// # Errors
    /// When its calendar is not there.
    pub fn of(
        policy: &Policy,
        calendars: &'a Calendars,
        years: Years,
    ) -> Result<Self, CalendarError> {
        let parameters = &policy.parameters;
        let calendar = parameters.calendar().map(|name| calendars.get(name)).transpose()?;
        let fiscal_year_end = parameters.fiscal_year_end().or(years.fiscal_year_end);
        let years = Years { fiscal_year_end, ..years };
        Ok(Self { calendar, end_rule: parameters.end_rule(), years })
    }
}

/// A clock cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// No fact that the rule starts at is known. Give one of those named.
    #[error("{rule} cannot start: none of these is known: {}", words(.wanted))]
    NoStart {
        /// The rule.
        rule: RuleId,
        /// What it starts at.
        wanted: Vec<Fact>,
    },
    /// The rule counts fiscal years and nobody said when they end.
    #[error(
        "{rule} counts fiscal years, and {} is not set; give the last day of the plan's fiscal \
         year, MM-DD",
        Parameter::FiscalYearEnd
    )]
    FiscalYearEndNotSet {
        /// The rule.
        rule: RuleId,
    },
    /// The rule counts contract years and nobody said when they begin.
    #[error("{rule} counts contract years, and the day on which they begin is not known")]
    ContractYearNotSet {
        /// The rule.
        rule: RuleId,
    },
    /// The rule counts business days and has no calendar.
    #[error("{rule} counts business days, and its policy names no calendar")]
    NoCalendar {
        /// The rule.
        rule: RuleId,
    },
    /// The day is beyond what can be written.
    #[error("{rule}: {source}")]
    TooFar {
        /// The rule.
        rule: RuleId,
        /// What the calendar says.
        source: CalendarEnd,
    },
    /// The rule refers to one that is not there, or waits for itself; `policy check` says which.
    #[error("{rule} refers to {reference}, which is not there or waits for it")]
    Reference {
        /// The rule.
        rule: RuleId,
        /// What it refers to.
        reference: RuleId,
    },
    /// A policy has no such rule.
    #[error("policy {policy} has no rule {rule}")]
    NoRule {
        /// The policy.
        policy: PolicyId,
        /// What was asked for.
        rule: String,
    },
    /// The policy's calendar is not there.
    #[error("{0}")]
    Calendar(String),
    /// No rule of that purpose applies and decides; the candidates say why not.
    #[error("no rule decides on {purpose}: {}", whys(.lost))]
    NothingDecides {
        /// What was asked for.
        purpose: Purpose,
        /// All candidates.
        lost: Vec<Lost>,
    },
}

fn words(facts: &[Fact]) -> String {
    let words: Vec<&str> = facts.iter().map(|fact| fact.as_str()).collect();
    words.join(", ")
}

fn whys(lost: &[Lost]) -> String {
    if lost.is_empty() {
        return "no adopted policy has one".to_owned();
    }
    let whys: Vec<String> = lost.iter().map(|lost| format!("{} {}", lost.rule, lost.why)).collect();
    whys.join("; ")
}

/// A rule of a policy, ready to be run.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    policy: &'a Policy,
    rule: &'a Rule,
}

impl<'a> Clock<'a> {
    /// The clock of a policy's rule.
    ///
    /// # Errors
    /// When the policy has no such rule.
    pub fn of(policy: &'a Policy, rule: &str) -> Result<Self, ClockError> {
        let missing = || ClockError::NoRule { policy: policy.id.clone(), rule: rule.to_owned() };
        Ok(Self { policy, rule: policy.rule(rule).ok_or_else(missing)? })
    }

    /// The rule.
    pub const fn rule(&self) -> &'a Rule {
        self.rule
    }

    /// The day on which the rule is due on these facts, with its explanation. The rule alone: nothing
    /// asks whether it applies or decides, which [`Rulebook::decide`] does.
    ///
    /// # Errors
    /// When a fact, a calendar or a year that it needs is not there.
    pub fn compute(
        &self,
        facts: &Facts,
        settings: &Settings<'_>,
    ) -> Result<Derivation, ClockError> {
        running::run(self.policy, self.rule, facts, settings)
    }
}

#[cfg(test)]
mod tests;
