//! Checking a policy that could be read: what it says must make sense.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Policy;
use super::length::Unit;
use super::parameters::Parameter;
use super::purpose::Verification;
use super::rule::{PreEmption, Rule, RuleId};
use super::term::Term;
use super::vocabulary::nearest;
use crate::calendar::Calendars;

/// What makes no sense in a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SemanticFault {
    /// The rule; `None` where it is the policy as a whole.
    pub rule: Option<RuleId>,
    /// The line on which the rule begins; 1 for the policy.
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: FaultKind,
}

/// What makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// A policy needs rules.
    #[error("there is no rule; write [[rule]]")]
    NoRule,
    /// Versions are counted from 1.
    #[error("version = 0; versions are counted from 1")]
    Version,
    /// Two rules have one id.
    #[error("the id is taken by the rule on line {first}; every rule has its own")]
    Twice {
        /// The first.
        first: usize,
    },
    /// Nobody is bound.
    #[error("it binds nobody; write scope = {{ actors = [\"plan\"], lines = [...] }}")]
    NoActor,
    /// No line of business.
    #[error(
        "it has no line of business; write scope = {{ actors = [...], lines = [\"commercial\"] }}"
    )]
    NoLine,
    /// No purpose.
    #[error("it has no purpose, so nothing would ever ask for it; write purpose = [\"retention\"]")]
    NoPurpose,
    /// Nothing cited.
    #[error("{0} is empty; an explanation needs it")]
    Empty(&'static str),
    /// The calendar is not known.
    #[error("{0}")]
    Calendar(String),
    /// Business days without a calendar.
    #[error("it counts business days and the policy names no calendar; set the parameter calendar")]
    NoCalendar,
    /// A last day before the first.
    #[error("{what} goes from {from} until {until}, backwards")]
    Backwards {
        /// Which dates.
        what: &'static str,
        /// The first day.
        from: String,
        /// The last day.
        until: String,
    },
    /// A rule that is not in force while its policy is.
    #[error("it is in force {rule} only, and the policy {policy}")]
    NeverInForce {
        /// The rule.
        rule: String,
        /// The policy.
        policy: String,
    },
    /// A reference to a rule that is not there.
    #[error("{reference} is no rule of this policy{near}")]
    NoSuchRule {
        /// What is referred to.
        reference: RuleId,
        /// The nearest.
        near: String,
    },
    /// Rules that refer to each other in a ring.
    #[error("it waits for itself: {0}")]
    Cycle(String),
    /// A combination of too few.
    #[error("{0} combines fewer than two terms")]
    TooFew(&'static str),
    /// What was not verified cannot decide.
    #[error("it is unverified and says decides = true; read it in its primary text first")]
    UnverifiedDecides,
    /// An exception without a condition would always hold.
    #[error("an exception asks nothing, so it would always hold; write causes, states, ...")]
    EmptyException,
    /// What begins a clock anew, or stands still, needs a start and a length.
    #[error("{0} needs a rule with start and length, or backward-from and length")]
    NeedsStart(&'static str),
    /// It cannot be stopped by what starts it.
    #[error("{0} starts it and stops it")]
    StartStops(super::fact::Fact),
    /// A lower layer cannot pre-empt a higher one.
    #[error("it pre-empts {other}, which is of the layer {layer}, above its own")]
    PreEmptsAbove {
        /// The other.
        other: RuleId,
        /// Its layer.
        layer: super::purpose::Layer,
    },
}

impl fmt::Display for SemanticFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(rule) = &self.rule {
            write!(f, ", rule {rule}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for SemanticFault {}

impl Policy {
    /// Everything in the policy that makes no sense; nothing where it is sound.
    pub fn check(&self, calendars: &Calendars) -> Vec<SemanticFault> {
        let mut faults = Vec::new();
        let mut whole = |what| faults.push(SemanticFault { rule: None, line: 1, what });
        if self.version == 0 {
            whole(FaultKind::Version);
        }
        if self.rules.is_empty() {
            whole(FaultKind::NoRule);
        }
        for (name, text) in [("title", &self.title), ("citation", &self.citation)] {
            if text.trim().is_empty() {
                whole(FaultKind::Empty(name));
            }
        }
        if let Some(wrong) = backwards("effective", self.effective) {
            whole(wrong);
        }
        if let Some(name) = self.parameters.calendar()
            && let Err(error) = calendars.get(name)
        {
            whole(FaultKind::Calendar(error.to_string()));
        }
        let mut seen: BTreeMap<&RuleId, usize> = BTreeMap::new();
        for rule in &self.rules {
            let mut wrong = self.faults_of(rule);
            if let Some(first) = seen.insert(&rule.id, rule.line) {
                wrong.push(FaultKind::Twice { first });
            }
            let place = |what| SemanticFault { rule: Some(rule.id.clone()), line: rule.line, what };
            faults.extend(wrong.into_iter().map(place));
        }
        faults
    }

    fn faults_of(&self, rule: &Rule) -> Vec<FaultKind> {
        let mut wrong = whom(rule);
        for (name, text) in [("title", &rule.title), ("citation", &rule.citation)] {
            if text.trim().is_empty() {
                wrong.push(FaultKind::Empty(name));
            }
        }
        if rule.verification == Verification::Unverified && rule.decides {
            wrong.push(FaultKind::UnverifiedDecides);
        }
        wrong.extend(self.dates(rule));
        wrong.extend(self.day(rule));
        wrong.extend(moves(rule));
        for exception in &rule.exceptions {
            if exception.about.is_empty() {
                wrong.push(FaultKind::EmptyException);
            }
            wrong.extend(backwards("service-dates", exception.about.service_dates));
        }
        for pre_empted in &rule.pre_empts {
            if let PreEmption::Rule(other) = pre_empted
                && let Some(other) = self.rule(other.as_str())
                && other.layer < rule.layer
            {
                let (other, layer) = (other.id.clone(), other.layer);
                wrong.push(FaultKind::PreEmptsAbove { other, layer });
            }
        }
        wrong
    }

    /// When it is in force.
    fn dates(&self, rule: &Rule) -> Vec<FaultKind> {
        let mut wrong = Vec::new();
        wrong.extend(backwards("effective", rule.effective));
        wrong.extend(backwards("service-dates", rule.scope.about.service_dates));
        let apart = |early: Option<_>, late: Option<_>| {
            early.zip(late).is_some_and(|(until, from)| until < from)
        };
        if apart(rule.effective.until, self.effective.from)
            || apart(self.effective.until, rule.effective.from)
        {
            let (rule, policy) = (rule.effective.to_string(), self.effective.to_string());
            wrong.push(FaultKind::NeverInForce { rule, policy });
        }
        wrong
    }

    /// On which day it is due.
    fn day(&self, rule: &Rule) -> Vec<FaultKind> {
        let mut wrong = Vec::new();
        let words = self.parameters.word(Parameter::BareDays);
        let in_business_days = |unit| match unit {
            Unit::BusinessDays => true,
            Unit::Days => words == Some("BD"),
            Unit::CalendarDays
            | Unit::Months
            | Unit::Years
            | Unit::FiscalYears
            | Unit::ContractYears => false,
        };
        let lengths = rule.due.lengths();
        if lengths.iter().any(|length| in_business_days(length.unit))
            && self.parameters.calendar().is_none()
        {
            wrong.push(FaultKind::NoCalendar);
        }
        wrong.extend(combinations(&rule.due));
        for reference in rule.due.rules() {
            if self.rule(reference.as_str()).is_none() {
                let ids = self.rules.iter().map(|rule| rule.id.as_str());
                let near = match nearest(reference.as_str(), ids).first() {
                    Some(near) => format!("; did you mean {near:?}"),
                    None => String::new(),
                };
                let reference = reference.clone();
                wrong.push(FaultKind::NoSuchRule { reference, near });
            }
        }
        wrong.extend(self.cycle(rule).map(FaultKind::Cycle));
        wrong
    }

    /// The way from a rule back to itself.
    fn cycle(&self, rule: &Rule) -> Option<String> {
        let mut seen = BTreeSet::new();
        let mut ways = vec![vec![&rule.id]];
        while let Some(way) = ways.pop() {
            let Some(here) = way.last().and_then(|id| self.rule(id.as_str())) else { continue };
            for next in here.due.rules() {
                let mut longer = way.clone();
                longer.push(next);
                if *next == rule.id {
                    let ids: Vec<&str> = longer.iter().map(|id| id.as_str()).collect();
                    return Some(ids.join(" -> "));
                }
                if seen.insert(next) {
                    ways.push(longer);
                }
            }
        }
        None
    }
}

/// Whom it binds.
fn whom(rule: &Rule) -> Vec<FaultKind> {
    let mut wrong = Vec::new();
    if rule.scope.actors.is_empty() {
        wrong.push(FaultKind::NoActor);
    }
    if rule.scope.lines.is_empty() {
        wrong.push(FaultKind::NoLine);
    }
    if rule.purposes.is_empty() {
        wrong.push(FaultKind::NoPurpose);
    }
    wrong
}

/// What moves its day.
fn moves(rule: &Rule) -> Vec<FaultKind> {
    let mut wrong = Vec::new();
    let has_start = matches!(rule.due, Term::After(..) | Term::Before(..));
    for (key, used) in [("reset", !rule.reset.is_empty()), ("suspend", !rule.suspend.is_empty())] {
        if used && !has_start {
            wrong.push(FaultKind::NeedsStart(key));
        }
    }
    let starts = rule.due.facts();
    if let Some(fact) = rule.stopped_by.iter().find(|fact| starts.contains(fact)) {
        wrong.push(FaultKind::StartStops(*fact));
    }
    wrong
}

fn backwards(what: &'static str, dates: super::scope::Dates) -> Option<FaultKind> {
    let (from, until) = dates.from.zip(dates.until)?;
    let words = || (from.0.to_string(), until.0.to_string());
    (until < from).then(words).map(|(from, until)| FaultKind::Backwards { what, from, until })
}

fn combinations(term: &Term) -> Vec<FaultKind> {
    let list = |name, terms: &[Term]| {
        let few = (terms.len() < 2).then_some(FaultKind::TooFew(name));
        few.into_iter().chain(terms.iter().flat_map(combinations)).collect()
    };
    match term {
        Term::Fact(_) | Term::Rule(_) => Vec::new(),
        Term::LaterOf(terms) => list("later-of", terms),
        Term::EarlierOf(terms) => list("earlier-of", terms),
        Term::After(term, _) | Term::Before(term, _) => combinations(term),
    }
}
