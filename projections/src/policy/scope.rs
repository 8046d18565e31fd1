//! Whom a rule binds and what it is about, and the situation in which that is asked.
//!
//! Architecture invariant: what is not known never makes a rule apply and never makes an exception
//! hold. A rule of which it is not known whether it applies is shown as a candidate that lost.

use std::fmt;

use lookback_events::event::text::Day;
use serde::{Deserialize, Deserializer, Serialize};

mod words;

pub use words::{Actor, Cause, Funding, Line};

/// A word that rules of several States use for a class of services or providers: small letters,
/// digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Class(String);

/// Two capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct State([u8; 2]);

/// Why a text is no state or no class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A state is written with two capital letters.
    #[error("{0:?} is not a state; write two capital letters, such as \"MA\"")]
    State(String),
    /// A class is written with small letters, digits and hyphens.
    #[error("{0:?} is not a class; write small letters, digits and hyphens: \"behavioral-health\"")]
    Class(String),
}

impl Class {
    /// Reads the word.
    ///
    /// # Errors
    /// When it holds anything but small letters, digits and hyphens.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let good = !text.is_empty() && text.bytes().all(fits);
        if good { Ok(Self(text.to_owned())) } else { Err(ScopeError::Class(text.to_owned())) }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Class {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl State {
    /// Reads two capital letters.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        match text.as_bytes() {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Ok(Self([*a, *b])),
            _ => Err(ScopeError::State(text.to_owned())),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([a, b]) = *self;
        write!(f, "{}{}", char::from(a), char::from(b))
    }
}

impl Serialize for State {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// From a day to a day, both included; open where one is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// The first day.
    #[serde(default, deserialize_with = "toml_day")]
    pub from: Option<Day>,
    /// The last day.
    #[serde(default, deserialize_with = "toml_day")]
    pub until: Option<Day>,
}

fn toml_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Day>, D::Error> {
    let written = toml::value::Datetime::deserialize(deserializer)?;
    let wrong = || serde::de::Error::custom(format!("{written} is not a day; write 2026-01-31"));
    if written.time.is_some() || written.offset.is_some() {
        return Err(wrong());
    }
    let date = written.date.ok_or_else(wrong)?;
    let (year, month, day) = (i32::from(date.year), u32::from(date.month), u32::from(date.day));
    chrono::NaiveDate::from_ymd_opt(year, month, day).map(|day| Some(Day(day))).ok_or_else(wrong)
}

impl Dates {
    /// True where the day lies between the two.
    pub fn hold(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// True where neither is given.
    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => f.write_str("always"),
            (Some(from), None) => write!(f, "from {}", from.0),
            (None, Some(until)) => write!(f, "until {}", until.0),
            (Some(from), Some(until)) => write!(f, "from {} until {}", from.0, until.0),
        }
    }
}

/// What a claim or case must be for a rule or an exception to speak of it. An empty list asks
/// nothing; of several values one is enough; of several lists all must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// States.
    pub states: Vec<State>,
    /// Who bears the risk.
    pub funding: Vec<Funding>,
    /// Classes of services.
    pub services: Vec<Class>,
    /// Classes of providers.
    pub providers: Vec<Class>,
    /// Causes.
    pub causes: Vec<Cause>,
    /// Days of service.
    pub service_dates: Dates,
}

/// Whom a rule binds, and what it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "ScopeText")]
pub struct Scope {
    /// Whom it binds; a rule that binds nobody is not valid.
    pub actors: Vec<Actor>,
    /// In which lines of business; a rule without one is not valid.
    pub lines: Vec<Line>,
    /// What it is about.
    pub about: About,
}

/// A scope as it is written: one table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ScopeText {
    #[serde(default)]
    actors: Vec<Actor>,
    #[serde(default)]
    lines: Vec<Line>,
    #[serde(default)]
    states: Vec<State>,
    #[serde(default)]
    funding: Vec<Funding>,
    #[serde(default)]
    services: Vec<Class>,
    #[serde(default)]
    providers: Vec<Class>,
    #[serde(default)]
    causes: Vec<Cause>,
    #[serde(default)]
    service_dates: Dates,
}

impl From<ScopeText> for Scope {
    fn from(text: ScopeText) -> Self {
        let ScopeText {
            actors,
            lines,
            states,
            funding,
            services,
            providers,
            causes,
            service_dates,
        } = text;
        let about = About { states, funding, services, providers, causes, service_dates };
        Self { actors, lines, about }
    }
}

/// A case in which a rule does not hold: all that it asks must be known to be so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "ExceptionText")]
pub struct Exception {
    /// What the case must be.
    pub about: About,
    /// Why the rule does not hold then, in our own words.
    pub why: String,
}

/// An exception as it is written: one table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExceptionText {
    why: String,
    #[serde(default)]
    states: Vec<State>,
    #[serde(default)]
    funding: Vec<Funding>,
    #[serde(default)]
    services: Vec<Class>,
    #[serde(default)]
    providers: Vec<Class>,
    #[serde(default)]
    causes: Vec<Cause>,
    #[serde(default)]
    service_dates: Dates,
}

impl From<ExceptionText> for Exception {
    fn from(text: ExceptionText) -> Self {
        let ExceptionText { why, states, funding, services, providers, causes, service_dates } =
            text;
        Self { about: About { states, funding, services, providers, causes, service_dates }, why }
    }
}

/// The situation in which a rule is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Who we are: a plan, and in some lines an insurer too.
    pub actors: Vec<Actor>,
    /// The line of business.
    pub line: Line,
    /// The day whose policies govern: for a window, the notice's date (DOMAIN 3.16).
    pub day: Day,
    /// The state.
    pub state: Option<State>,
    /// Who bears the risk.
    pub funding: Option<Funding>,
    /// The class of the service.
    pub service: Option<Class>,
    /// The class of the provider.
    pub provider: Option<Class>,
    /// Why the amount was identified.
    pub cause: Option<Cause>,
    /// The first day of service.
    pub service_day: Option<Day>,
}

impl Context {
    /// A plan in a line of business on a day, of which nothing else is known yet.
    pub fn plan(line: Line, day: Day) -> Self {
        Self {
            actors: vec![Actor::Plan],
            line,
            day,
            state: None,
            funding: None,
            service: None,
            provider: None,
            cause: None,
            service_day: None,
        }
    }
}

/// Whether something speaks of a situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Yes,
    /// One thing is known to be another.
    No(&'static str),
    /// It depends on what is not known.
    Unknown(&'static str),
}

impl About {
    /// True where nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it speaks of a situation; what is known to differ comes before what is not known.
    pub(crate) fn fit(&self, context: &Context) -> Fit {
        fn one<T: PartialEq>(wanted: &[T], known: Option<&T>, what: &'static str) -> Fit {
            match known {
                _ if wanted.is_empty() => Fit::Yes,
                Some(known) if wanted.contains(known) => Fit::Yes,
                Some(_) => Fit::No(what),
                None => Fit::Unknown(what),
            }
        }
        let served = match context.service_day {
            _ if self.service_dates.is_open() => Fit::Yes,
            Some(day) if self.service_dates.hold(day) => Fit::Yes,
            Some(_) => Fit::No("day of service"),
            None => Fit::Unknown("day of service"),
        };
        let fits = [
            one(&self.states, context.state.as_ref(), "state"),
            one(&self.funding, context.funding.as_ref(), "funding"),
            one(&self.services, context.service.as_ref(), "class of service"),
            one(&self.providers, context.provider.as_ref(), "class of provider"),
            one(&self.causes, context.cause.as_ref(), "cause"),
            served,
        ];
        let no = fits.iter().find(|fit| matches!(fit, Fit::No(_)));
        let unknown = fits.iter().find(|fit| matches!(fit, Fit::Unknown(_)));
        no.or(unknown).copied().unwrap_or(Fit::Yes)
    }
}
