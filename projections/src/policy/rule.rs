//! One rule: whom it binds, when it is due, what moves that day, what follows.

use std::fmt;

use lookback_events::event::text::Day;
use serde::{Deserialize, Deserializer, Serialize};

use super::fact::{Fact, SpanKind};
use super::length::Length;
use super::purpose::{Layer, Outcome, Purpose, Verification};
use super::scope::{Dates, Exception, Scope};
use super::term::Term;

/// The name of a rule or a policy is not small letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id; write small letters, digits and hyphens, at most 64")]
pub struct NameError(String);

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub struct $name(String);

        impl $name {
            /// Reads the name.
            ///
            /// # Errors
            /// When it is empty, too long, or holds anything but small letters, digits, hyphens.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
                if !text.is_empty() && text.len() <= 64 && text.bytes().all(fits) {
                    return Ok(Self(text.to_owned()));
                }
                Err(NameError(text.to_owned()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// The name of a rule, one of its policy.
    RuleId
);
name!(
    /// The name of a policy; its versions share it.
    PolicyId
);

/// A rule: one clock, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// What it says, in our own words and one line.
    pub title: String,
    /// Where it is written.
    pub citation: String,
    /// Whether it was read there.
    pub verification: Verification,
    /// False where it only warns and blocks a disposal; an unverified rule never decides.
    pub decides: bool,
    /// What it is for; the first is the one that a report names.
    pub purposes: Vec<Purpose>,
    /// What follows.
    pub outcome: Outcome,
    /// How strong it is.
    pub layer: Layer,
    /// Whom it binds, and what it is about.
    pub scope: Scope,
    /// When it is in force.
    pub effective: Dates,
    /// The day on which it is due.
    pub due: Term,
    /// False where a last day on a weekend stays whatever the end rule is.
    pub rolls: bool,
    /// What ends it before it is due.
    pub stopped_by: Vec<Fact>,
    /// What begins it anew.
    pub reset: Vec<Fact>,
    /// What it stands still during.
    pub suspend: Vec<Suspension>,
    /// What makes it longer.
    pub extend: Vec<Extension>,
    /// Cases in which it does not hold.
    pub exceptions: Vec<Exception>,
    /// What it pre-empts.
    pub pre_empts: Vec<PreEmption>,
    /// What happens then, for a person.
    pub then: Option<String>,
    /// The line of the file on which it begins.
    pub line: usize,
}

impl Rule {
    /// True where the due day is counted back from a day.
    pub const fn is_backward(&self) -> bool {
        matches!(self.due, Term::Before(..))
    }

    /// Every fact that the rule reads, of its own.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = self.due.facts();
        facts.extend(self.reset.iter().chain(&self.stopped_by));
        facts.extend(self.extend.iter().filter_map(|extension| match extension {
            Extension::To(fact) | Extension::By(_, fact) => Some(*fact),
            Extension::During(_) => None,
        }));
        facts
    }
}

/// A span during which a clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suspension {
    /// Which span.
    pub during: SpanKind,
    /// How long at most.
    #[serde(default)]
    pub at_most: Option<Length>,
}

/// What makes a clock longer, never shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ExtensionText")]
pub enum Extension {
    /// To the day that was agreed on.
    To(Fact),
    /// By so much, where this was granted in time.
    By(Length, Fact),
    /// To the end of a span that began in time.
    During(SpanKind),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtensionText {
    to: Option<Fact>,
    by: Option<Length>,
    when: Option<Fact>,
    during: Option<SpanKind>,
}

/// An extension has none of its forms, or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an extension is one of {{ to = FACT }}, {{ by = LENGTH, when = FACT }}, {{ during = SPAN }}"
)]
struct ExtensionError;

impl TryFrom<ExtensionText> for Extension {
    type Error = ExtensionError;
    fn try_from(text: ExtensionText) -> Result<Self, ExtensionError> {
        match text {
            ExtensionText { to: Some(fact), by: None, when: None, during: None } => {
                Ok(Self::To(fact))
            }
            ExtensionText { to: None, by: Some(by), when: Some(when), during: None } => {
                Ok(Self::By(by, when))
            }
            ExtensionText { to: None, by: None, when: None, during: Some(span) } => {
                Ok(Self::During(span))
            }
            _ => Err(ExtensionError),
        }
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(fact) => write!(f, "to {fact}"),
            Self::By(length, fact) => write!(f, "by {} when {fact}", length.in_words()),
            Self::During(span) => write!(f, "to the end of {span}"),
        }
    }
}

/// What a rule pre-empts: it wins over that whatever the days are, where its layer is not below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreEmption {
    /// Every rule of a layer below its own.
    LowerLayers,
    /// A rule of this name.
    Rule(RuleId),
}

impl fmt::Display for PreEmption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LowerLayers => f.write_str(LOWER_LAYERS),
            Self::Rule(rule) => write!(f, "{rule}"),
        }
    }
}

const LOWER_LAYERS: &str = "lower-layers";

impl<'de> Deserialize<'de> for PreEmption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == LOWER_LAYERS {
            return Ok(Self::LowerLayers);
        }
        RuleId::parse(&text).map(Self::Rule).map_err(serde::de::Error::custom)
    }
}

/// A rule as it is written: one table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RuleText {
    id: RuleId,
    title: String,
    citation: String,
    verification: Verification,
    decides: Option<bool>,
    #[serde(rename = "purpose")]
    purposes: Vec<Purpose>,
    outcome: Outcome,
    layer: Option<Layer>,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    effective: Dates,
    start: Option<Term>,
    backward_from: Option<Term>,
    length: Option<Length>,
    until: Option<Term>,
    later_of: Option<Vec<Term>>,
    earlier_of: Option<Vec<Term>>,
    #[serde(default = "yes")]
    rolls: bool,
    #[serde(default)]
    stopped_by: Vec<Fact>,
    #[serde(default)]
    reset: Vec<Fact>,
    #[serde(default)]
    suspend: Vec<Suspension>,
    #[serde(default)]
    extend: Vec<Extension>,
    #[serde(default)]
    exceptions: Vec<Exception>,
    #[serde(default)]
    pre_empts: Vec<PreEmption>,
    then: Option<String>,
}

const fn yes() -> bool {
    true
}

/// A rule has none of the forms of a due day, or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a rule is due in one of these forms: start with length, backward-from with length, until, \
     later-of, earlier-of"
)]
pub(super) struct DueError;

impl RuleText {
    /// The rule in a policy of that layer.
    pub(super) fn rule(self, layer: Layer, line: usize) -> Result<Rule, (RuleId, DueError)> {
        let forms = (
            self.start,
            self.backward_from,
            self.length,
            self.until,
            self.later_of,
            self.earlier_of,
        );
        let due = match forms {
            (Some(start), None, Some(length), None, None, None) => {
                Term::After(Box::new(start), length)
            }
            (None, Some(day), Some(length), None, None, None) => {
                Term::Before(Box::new(day), length)
            }
            (None, None, None, Some(term), None, None) => term,
            (None, None, None, None, Some(terms), None) => Term::LaterOf(terms),
            (None, None, None, None, None, Some(terms)) => Term::EarlierOf(terms),
            _ => return Err((self.id, DueError)),
        };
        Ok(Rule {
            decides: self.decides.unwrap_or(self.verification == Verification::Verified),
            id: self.id,
            title: self.title,
            citation: self.citation,
            verification: self.verification,
            purposes: self.purposes,
            outcome: self.outcome,
            layer: self.layer.unwrap_or(layer),
            scope: self.scope,
            effective: self.effective,
            due,
            rolls: self.rolls,
            stopped_by: self.stopped_by,
            reset: self.reset,
            suspend: self.suspend,
            extend: self.extend,
            exceptions: self.exceptions,
            pre_empts: self.pre_empts,
            then: self.then,
            line,
        })
    }
}

impl Rule {
    /// True where the rule is in force on a day.
    pub fn is_in_force(&self, day: Day) -> bool {
        self.effective.hold(day)
    }
}
