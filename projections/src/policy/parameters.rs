//! Parameters: what a policy chooses where its source leaves a choice, each by name.
//!
//! A parameter that is not set has no value and no default: what needs it says so. One that allows a
//! single word is a default that the program knows one way (DOMAIN 3): it is named so that a finding
//! or an explanation can cite it, and so that a policy that wants another way is refused and not
//! misunderstood.

use std::collections::BTreeMap;
use std::fmt;

use lookback_events::time::MonthDay;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::length::Length;
use super::purpose::EndRule;
use super::vocabulary::words;
use crate::calendar::CalendarName;

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of these words; the first is the default of DOMAIN 3.
    Word(&'static [&'static str]),
    /// A length, such as `30 CD`.
    Length,
    /// A count.
    Count,
    /// A day of the year, `MM-DD`.
    DayOfYear,
    /// A calendar and its version, such as `MA-legal 2026.1`.
    Calendar,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A word.
    Word(String),
    /// A length.
    Length(Length),
    /// A count.
    Count(u32),
    /// A day of the year.
    DayOfYear(MonthDay),
    /// A calendar.
    Calendar(CalendarName),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Length(length) => length.fmt(f),
            Self::Count(count) => count.fmt(f),
            Self::DayOfYear(day) => day.fmt(f),
            Self::Calendar(name) => name.fmt(f),
        }
    }
}

macro_rules! parameters {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal, $kind:expr;)+) => {
        words! {
            /// A parameter.
            Parameter is "a parameter" {
                $($(#[doc = $doc])+ $variant = $word,)+
            }
        }

        impl Parameter {
            /// What it may be.
            pub const fn kind(self) -> Kind {
                match self {
                    $(Self::$variant => $kind,)+
                }
            }

            /// What it is about.
            pub fn meaning(self) -> String {
                match self {
                    $(Self::$variant => [$($doc),+].concat().trim().to_owned(),)+
                }
            }
        }
    };
}

parameters! {
    /// The calendar whose business days and holidays count (DOMAIN 3.15).
    Calendar = "calendar", Kind::Calendar;
    /// What happens to a last day on a weekend or holiday (DOMAIN 3.4).
    EndRule = "end-rule", Kind::Word(&["roll-forward", "strict"]);
    /// Which days bare "days" are (DOMAIN 3.5).
    BareDays = "bare-days", Kind::Word(&["CD", "BD"]);
    /// The last day of the plan's fiscal year (DOMAIN 3.9).
    FiscalYearEnd = "fiscal-year-end", Kind::DayOfYear;
    /// The plan's own time to determine a dispute.
    DeterminationTime = "determination-time", Kind::Length;
    /// The plan's own time to review supporting documents.
    DocumentsReviewTime = "documents-review-time", Kind::Length;
    /// The plan's own time to restore money after an overturn.
    RestorationTime = "restoration-time", Kind::Length;
    /// The plan's own time to act on an eligible offset.
    OffsetActionTime = "offset-action-time", Kind::Length;
    /// Days after which a fact recorded late needs a document and a second person (DOMAIN 3.19).
    LateKnowledgeDays = "late-knowledge-days", Kind::Count;
    /// When an offset is eligible: the day after the last window opened closes unheard (DOMAIN 3.1).
    OffsetEligible = "offset-eligible", Kind::Word(&["day-after-last-window"]);
    /// When an offset is eligible after an agreement (DOMAIN 3.1).
    AgreementEligible = "agreement-eligible", Kind::Word(&["next-day"]);
    /// What a contact that is no agreement, refund or dispute stops (DOMAIN 3.1).
    ContactStops = "contact-stops", Kind::Word(&["nothing"]);
    /// How a case goes on when a promised refund did not come (DOMAIN 3.1).
    PromisePast = "promise-past", Kind::Word(&["as-agreed"]);
    /// The day a window starts: the notice's date, or the day sent where that is later (DOMAIN 3.2).
    WindowStart = "window-start", Kind::Word(&["later-of-dated-and-sent"]);
    /// What mail that came back undelivered does to its window (DOMAIN 3.2).
    Undelivered = "undelivered", Kind::Word(&["voids-window"]);
    /// When an answer counts (DOMAIN 3.3).
    AnswerCounts = "answer-counts", Kind::Word(&["when-received"]);
    /// When a retraction may follow a disagreement at the exit interview (DOMAIN 3.6).
    DisagreementRetraction = "disagreement-retraction",
        Kind::Word(&["later-of-documents-and-report"]);
    /// What an appeal within its deadline does after the window closed in silence (DOMAIN 3.7).
    AppealInTime = "appeal-in-time", Kind::Word(&["stays-what-is-not-taken"]);
    /// What becomes of an appeal after its deadline (DOMAIN 3.7).
    LateAppeal = "late-appeal", Kind::Word(&["by-decision"]);
    /// Weeks of net payable before our own recoveries that a forecast is made of (DOMAIN 3.8).
    ForecastWeeks = "forecast-weeks", Kind::Count;
    /// Who decides on a referral to collections (DOMAIN 3.8).
    Referral = "referral", Kind::Word(&["by-a-person"]);
    /// The last day of a lookback in years: the anniversary itself (DOMAIN 3.10).
    Anniversary = "anniversary", Kind::Word(&["inclusive"]);
    /// What 29 February is in a year that has none (DOMAIN 3.10).
    LeapAnniversary = "leap-anniversary", Kind::Word(&["02-28", "03-01"]);
    /// When a fraud predicate must be recorded (DOMAIN 3.10).
    FraudPredicate = "fraud-predicate", Kind::Word(&["recorded-before"]);
    /// Which act of an audit must fall within the lookback (DOMAIN 2).
    LookbackStoppedBy = "lookback-stopped-by",
        Kind::Word(&["audit-opened", "audit-notified", "records-requested"]);
    /// What a lookback is counted from (DOMAIN 3.11).
    LookbackFrom = "lookback-from", Kind::Word(&["payment-that-moved-money"]);
    /// What a stand-down stops until it is lifted (DOMAIN 3.12).
    StandDown = "stand-down", Kind::Word(&["notice-contact-offset"]);
    /// The final payment of a contract year (DOMAIN 3.13).
    FinalPayment = "final-payment", Kind::Word(&["last-movement-for-its-services"]);
    /// How long a record is kept that touches several contract years and cases (DOMAIN 3.13).
    RecordKept = "record-kept", Kind::Word(&["longest-of-all-it-touches"]);
    /// Whether a visit scheduled too shortly ahead can be cancelled (DOMAIN 3.13).
    ShortVisit = "short-visit", Kind::Word(&["no-valid-cancellation"]);
    /// What a partial agreement does (DOMAIN 3.14).
    PartialAgreement = "partial-agreement", Kind::Word(&["splits-by-line"]);
    /// What becomes of an identified amount above a line's net paid (DOMAIN 3.14).
    AboveNetPaid = "above-net-paid", Kind::Word(&["refused"]);
    /// The day whose policy governs a window (DOMAIN 3.16).
    GoverningDay = "governing-day", Kind::Word(&["notice-dated"]);
    /// Which of several rules wins (DOMAIN 3.17).
    SeveralRules = "several-rules",
        Kind::Word(&["shortest-lookback-longest-retention-longest-answer-latest-recovery"]);
    /// What becomes of an instruction that a rule forbids (DOMAIN 3.18).
    ForbiddenInstruction = "forbidden-instruction", Kind::Word(&["refused"]);
    /// What becomes of a fact that broke a rule (DOMAIN 3.18).
    BrokenRule = "broken-rule", Kind::Word(&["recorded-with-finding"]);
    /// Whether money of one plan may be taken for another (DOMAIN 4).
    CrossPlanNetting = "cross-plan-netting", Kind::Word(&["refused", "allowed"]);
}

/// The parameters of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<Parameter, Option<Value>>);

/// What a policy writes for a parameter that has no value yet.
pub const NOT_SET: &str = "not set";

impl Parameters {
    /// The value of a parameter; `None` where it is not set.
    pub fn get(&self, parameter: Parameter) -> Option<&Value> {
        self.0.get(&parameter).and_then(Option::as_ref)
    }

    /// The parameters that the policy names, with those that it says are not set.
    pub fn iter(&self) -> impl Iterator<Item = (Parameter, Option<&Value>)> {
        self.0.iter().map(|(parameter, value)| (*parameter, value.as_ref()))
    }

    /// The calendar; `None` where it is not set.
    pub fn calendar(&self) -> Option<&CalendarName> {
        match self.get(Parameter::Calendar) {
            Some(Value::Calendar(name)) => Some(name),
            _ => None,
        }
    }

    /// The end rule; a last day stays where it is not set.
    pub fn end_rule(&self) -> EndRule {
        match self.word(Parameter::EndRule) {
            Some("roll-forward") => EndRule::RollForward,
            _ => EndRule::Strict,
        }
    }

    /// The same with another end rule: what if, never what is.
    #[must_use]
    pub fn with_end_rule(mut self, rule: EndRule) -> Self {
        self.0.insert(Parameter::EndRule, Some(Value::Word(rule.as_str().to_owned())));
        self
    }

    /// The last day of the fiscal year.
    pub fn fiscal_year_end(&self) -> Option<MonthDay> {
        match self.get(Parameter::FiscalYearEnd) {
            Some(Value::DayOfYear(day)) => Some(*day),
            _ => None,
        }
    }

    /// The word of a parameter that is one.
    pub fn word(&self, parameter: Parameter) -> Option<&str> {
        match self.get(parameter) {
            Some(Value::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The length of a parameter that is one.
    pub fn length(&self, parameter: Parameter) -> Option<Length> {
        match self.get(parameter) {
            Some(Value::Length(length)) => Some(*length),
            _ => None,
        }
    }

    /// The count of a parameter that is one.
    pub fn count(&self, parameter: Parameter) -> Option<u32> {
        match self.get(parameter) {
            Some(Value::Count(count)) => Some(*count),
            _ => None,
        }
    }
}

impl Parameter {
    /// What it may be, for a person.
    pub fn allowed(self) -> String {
        match self.kind() {
            Kind::Word(words) => words.join(", "),
            Kind::Length => "a length, such as \"30 CD\"".to_owned(),
            Kind::Count => "a count, such as 90".to_owned(),
            Kind::DayOfYear => "a day of the year, such as \"12-31\"".to_owned(),
            Kind::Calendar => "a calendar and its version, such as \"MA-legal 2026.1\"".to_owned(),
        }
    }

    fn read(self, written: &Written) -> Result<Option<Value>, String> {
        let value = match (self.kind(), written) {
            (_, Written::Text(text)) if text == NOT_SET => return Ok(None),
            (Kind::Word(words), Written::Text(text)) if words.contains(&text.as_str()) => {
                Some(Value::Word(text.clone()))
            }
            (Kind::Length, Written::Text(text)) => Length::parse(text).ok().map(Value::Length),
            (Kind::Count, Written::Count(count)) => Some(Value::Count(*count)),
            (Kind::DayOfYear, Written::Text(text)) => {
                MonthDay::parse(text).ok().map(Value::DayOfYear)
            }
            (Kind::Calendar, Written::Text(text)) => {
                CalendarName::parse(text).ok().map(Value::Calendar)
            }
            _ => None,
        };
        let allowed = self.allowed();
        let wrong = || format!("{self} = {written} cannot be; allowed: {allowed}, or \"not set\"");
        value.map(Some).ok_or_else(wrong)
    }
}

/// What stands behind a parameter's name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Count(u32),
    Text(String),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Parameters;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of parameters")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
                let mut all = BTreeMap::new();
                while let Some(parameter) = map.next_key::<Parameter>()? {
                    let value = map.next_value_seed(ValueOf(parameter))?;
                    all.insert(parameter, value);
                }
                Ok(Parameters(all))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// Reads the value of one parameter, so that an error points at it.
struct ValueOf(Parameter);

impl<'de> serde::de::DeserializeSeed<'de> for ValueOf {
    type Value = Option<Value>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let written = Written::deserialize(deserializer).map_err(|_| {
            let allowed = self.0.allowed();
            D::Error::custom(format!("{} is none of what it may be; allowed: {allowed}", self.0))
        })?;
        self.0.read(&written).map_err(D::Error::custom)
    }
}
