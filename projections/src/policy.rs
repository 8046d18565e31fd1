//! Policies: rules about time, as data.
//!
//! A policy is a TOML text: who says so, from when, parameters, rules. A rule is one clock: whom it
//! binds, on which day it is due, what moves that day, what follows. Reading a policy computes
//! nothing; [`crate::clocks`] does, and this module knows neither facts of a case nor today.
//!
//! Architecture invariant: a rule without an actor and a line of business is not valid, an unverified
//! rule never decides, and a key or word that is not known is an error, never ignored.
//!
//! # The language
//!
//! ```toml
//! id = "allways-my-care-family-2019"     # small letters, digits, hyphens; versions share it
//! version = 1
//! title = "..."                          # our own words, one line
//! citation = "Provider Manual, Section 3"
//! layer = "manual"                       # statute > regulation > state-contract >
//!                                        # provider-agreement > manual > default
//! effective = { from = 2019-01-01 }      # first and last day in force: from, until
//!
//! [parameters]                           # all are listed by policy::parameters::Parameter
//! calendar = "MA-legal 2026.1"           # the calendar and which version of it
//! end-rule = "roll-forward"              # or "strict"
//! fiscal-year-end = "not set"            # known, and left to the plan
//!
//! [[rule]]
//! id = "dispute-window"
//! title = "The provider answers a notice of audit"
//! citation = "Provider Manual, Section 3, Payment Integrity"
//! verification = "verified"              # or "unverified": warns, blocks a disposal, never decides
//! purpose = ["dispute-window"]           # rules of one purpose compete (policy::purpose::Purpose)
//! outcome = "bar-offset"                 # policy::purpose::Outcome
//! start = { later-of = ["notice-dated", "notice-sent"] }
//! length = "30 CD"
//! stopped-by = ["agreed", "refunded", "disputed"]
//! then = "offset eligible the day after"
//! scope = { actors = ["plan"], lines = ["medicaid-managed-care"] }
//! ```
//!
//! ## The day: exactly one of
//!
//! | keys | due |
//! |---|---|
//! | `start = TERM`, `length = "30 CD"` | so long after the term |
//! | `backward-from = TERM`, `length = "15 BD"` | so long before it |
//! | `until = TERM` | on the day of the term itself |
//! | `later-of = [TERM, ...]` | on the latest of those that are known |
//! | `earlier-of = [TERM, ...]` | on the earliest of those that are known |
//!
//! A **term** is a fact (`"paid"`, [`fact::Fact`]) or a table: `{ rule = "retraction" }` (the due day
//! of another rule of the same policy), `{ later-of = [...] }`, `{ earlier-of = [...] }`,
//! `{ after = TERM, length = "45 CD" }`, `{ before = TERM, length = "15 BD" }`.
//!
//! A **length** is a count and a unit: `CD` calendar days, `BD` business days of the calendar, `days`
//! (which of the two, the parameter `bare-days` says), `M` months, `Y` years, `FY` fiscal years,
//! `contract years`. `2 FY` is through the last day of the second fiscal year after the one that holds
//! the start, `contract years` likewise. Day 0 is not counted, the last day is.
//!
//! ## What moves the day
//!
//! | key | what |
//! |---|---|
//! | `reset = [FACT, ...]` | the clock begins anew on that day, where it is later than the start |
//! | `suspend = [{ during = SPAN, at-most = "180 CD" }]` | it stands still so long (`at-most` may be left out) |
//! | `extend = [{ to = FACT }]` | to that day, where it is later: the parties agreed otherwise |
//! | `extend = [{ by = "15 CD", when = FACT }]` | by so much, where the fact came in time |
//! | `extend = [{ during = SPAN }]` | to the end of a span that began in time; open while it is |
//! | `rolls = false` | a last day on a weekend stays, whatever the end rule: lookbacks, retention |
//! | `stopped-by = [FACT, ...]` | it ends then, where the fact came in time |
//!
//! ## Whether it applies
//!
//! | key | what |
//! |---|---|
//! | `scope = { actors, lines, states, funding, services, providers, causes, service-dates }` | `actors` and `lines` always; of a list one value must hold, of several lists all |
//! | `effective = { from, until }` | when the rule is in force; the policy's own dates hold too |
//! | `exceptions = [{ why = "...", causes = ["fraud"] }]` | the rule does not hold where all of one exception is known to be so; keys as of a scope |
//! | `pre-empts = ["lower-layers", "RULE"]` | it wins over those whatever the days are, unless they are of a layer above |
//! | `layer = "statute"` | where it is another than the policy's |
//! | `decides = false` | it only warns; an unverified rule does so anyway |

use lookback_events::event::text::Day;
use serde::Deserialize;
use toml::Spanned;

mod check;
mod describe;
pub mod fact;
mod fault;
pub mod length;
pub mod parameters;
pub mod purpose;
mod rule;
pub mod scope;
mod shipped;
mod term;
pub mod vocabulary;

pub use check::{FaultKind, SemanticFault};
pub use describe::Difference;
pub use fault::PolicyError;
pub use rule::{Extension, NameError, PolicyId, PreEmption, Rule, RuleId, Suspension};
pub use shipped::SHIPPED;
pub use term::Term;

use parameters::Parameters;
use purpose::Layer;
use rule::RuleText;
use scope::Dates;

/// One version of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub id: PolicyId,
    /// Its version, from 1.
    pub version: u32,
    /// What it is called.
    pub title: String,
    /// Where it is written.
    pub citation: String,
    /// How strong its rules are, where they do not say otherwise.
    pub layer: Layer,
    /// When it is in force.
    pub effective: Dates,
    /// What it chooses.
    pub parameters: Parameters,
    /// Its rules, in its order.
    pub rules: Vec<Rule>,
}

/// A policy as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyText {
    id: PolicyId,
    version: u32,
    title: String,
    citation: String,
    layer: Layer,
    effective: Dates,
    #[serde(default)]
    parameters: Parameters,
    #[serde(default, rename = "rule")]
    rules: Vec<Spanned<RuleText>>,
}

impl Policy {
    /// Reads a policy's text. What is read may still make no sense: [`Policy::check`].
    ///
    /// # Errors
    /// When the text is not a policy; the error says line, rule, key and what is allowed.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let read: PolicyText =
            toml::from_str(text).map_err(|error| PolicyError::of_toml(text, &error))?;
        let mut rules = Vec::with_capacity(read.rules.len());
        for rule in read.rules {
            let line = fault::line_of(text, rule.span().start);
            let rule = rule.into_inner().rule(read.layer, line);
            rules.push(rule.map_err(|(rule, why)| PolicyError::of_rule(line, &rule, why))?);
        }
        Ok(Self {
            id: read.id,
            version: read.version,
            title: read.title,
            citation: read.citation,
            layer: read.layer,
            effective: read.effective,
            parameters: read.parameters,
            rules,
        })
    }

    /// How many of its rules were not read in their primary text.
    pub fn unverified(&self) -> usize {
        let open = |rule: &&Rule| rule.verification == purpose::Verification::Unverified;
        self.rules.iter().filter(open).count()
    }

    /// The rule of a name.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id.as_str() == id)
    }

    /// True where the policy is in force on a day.
    pub fn is_in_force(&self, day: Day) -> bool {
        self.effective.hold(day)
    }
}

#[cfg(test)]
mod tests;
