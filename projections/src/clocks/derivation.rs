//! A derivation: a day that explains itself.

use std::fmt;

use lookback_events::event::text::Day;
use serde::{Deserialize, Serialize};

use super::Known;
use crate::calendar::Skipped;
use crate::policy::fact::{Fact, SpanKind};
use crate::policy::purpose::{EndRule, Layer, Outcome, Verification};
use crate::policy::{PolicyId, RuleId};

/// The day on which a rule is due, and everything that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// The rule.
    pub rule: RuleId,
    /// What it says, in one line.
    pub title: String,
    /// Its policy.
    pub policy: PolicyId,
    /// The policy's version.
    pub policy_version: u32,
    /// The first day on which that version is in force.
    pub policy_since: Option<Day>,
    /// Where the rule is written.
    pub citation: String,
    /// Whether it was read there.
    pub verification: Verification,
    /// False where the rule only warns.
    pub decides: bool,
    /// How strong it is.
    pub layer: Layer,
    /// What follows.
    pub outcome: Outcome,
    /// What happens then, for a person.
    pub then: Option<String>,
    /// How the day is made, in words: `30 calendar days after notice-dated`.
    pub counted: String,
    /// The calendar; `None` where the policy has none.
    pub calendar: Option<CalendarUse>,
    /// What happens to a last day that is no business day.
    pub end_rule: EndRule,
    /// The facts that it starts at, on their days.
    pub starts: Vec<Known>,
    /// Facts that it would count too and that are not known: the day may still move.
    pub missing: Vec<Fact>,
    /// The end.
    pub ends: Ends,
    /// What stopped it in time.
    pub stopped: Option<Known>,
    /// What moved the day, or came too late to.
    pub steps: Vec<Step>,
    /// The closed days that were passed over, first those of counting, then those of rolling.
    pub skipped: Vec<Skipped>,
    /// Days within the rule that were not the later or the earlier one.
    pub passed: Vec<Passed>,
    /// Other rules that were candidates, and why each is not the winner.
    pub lost: Vec<Lost>,
    /// Those among them that forbid a disposal although they do not decide (DOMAIN 4).
    pub blocked_by: Vec<Lost>,
}

impl Derivation {
    /// The due day under the end rule; `None` while it is open.
    pub const fn due(&self) -> Option<Day> {
        match self.end_rule {
            EndRule::Strict => self.strict(),
            EndRule::RollForward => self.rolled(),
        }
    }

    /// The due day as it is counted; `None` while it is open.
    pub const fn strict(&self) -> Option<Day> {
        match self.ends {
            Ends::On { strict, .. } => Some(strict),
            Ends::Open { .. } => None,
        }
    }

    /// The due day rolled to a business day; `None` while it is open.
    pub const fn rolled(&self) -> Option<Day> {
        match self.ends {
            Ends::On { rolled, .. } => Some(rolled),
            Ends::Open { .. } => None,
        }
    }

    /// The day after the due day: when what was barred may begin.
    pub fn day_after(&self) -> Option<Day> {
        self.due().and_then(|day| day.0.succ_opt()).map(Day)
    }
}

/// When a clock ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// On a day.
    On {
        /// As it is counted.
        strict: Day,
        /// Rolled to a business day.
        rolled: Day,
    },
    /// Not before something ends that lasts.
    Open {
        /// What lasts.
        during: SpanKind,
        /// Since when.
        since: Day,
    },
}

/// The calendar of a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarUse {
    /// The calendar.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What it was asked.
    pub asked: Asked,
}

/// What a calendar was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// Nothing: no holiday can change the day.
    Nothing,
    /// Only whether the last day rolls.
    Rolling,
    /// Which days are business days.
    Counting,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "not asked",
            Self::Rolling => "asked only whether the last day rolls",
            Self::Counting => "asked which days are business days",
        })
    }
}

/// What moved a day, or came too late to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The clock began anew.
    Reset(Known),
    /// The clock stood still.
    StoodStill {
        /// During what.
        during: SpanKind,
        /// From that day.
        from: Day,
        /// Until the day before that day.
        until: Day,
        /// How many days of the clock's own kind did not count.
        days: u32,
        /// Where the span came from.
        position: String,
    },
    /// It was made longer.
    Extended {
        /// By what, in words.
        by: String,
        /// To that day.
        to: Day,
        /// Where that came from.
        position: String,
    },
    /// Something that would have stopped or extended it came after its end.
    TooLate(Known),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset(known) => write!(f, "begun anew {} {}", known.day.0, known.fact),
            Self::StoodStill { during, from, until, days, .. } => {
                write!(f, "stood still {days} days: {during} from {} until {}", from.0, until.0)
            }
            Self::Extended { by, to, .. } => write!(f, "extended to {}: {by}", to.0),
            Self::TooLate(known) => write!(f, "{} {} came too late", known.day.0, known.fact),
        }
    }
}

/// A day within a rule that was not the later or the earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// How it is made, in words.
    pub counted: String,
    /// The day.
    pub day: Day,
}

/// A candidate that did not win.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The rule.
    pub rule: RuleId,
    /// Its policy.
    pub policy: PolicyId,
    /// The policy's version.
    pub policy_version: u32,
    /// Where it is written.
    pub citation: String,
    /// Whether it was read there.
    pub verification: Verification,
    /// Its day; `None` where it is open or was not computed.
    pub due: Option<Day>,
    /// Why it did not win.
    pub why: Why,
}

/// Why a candidate did not win.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It binds somebody else.
    OtherActor(String),
    /// It is of another line of business.
    OtherLine(String),
    /// Its policy, or it alone, is not in force on the day that governs.
    NotInForce(String),
    /// A later version of its policy governs.
    Superseded(u32),
    /// It speaks of something else.
    OutOfScope(String),
    /// Whether it applies depends on something that is not known.
    ScopeUnknown(String),
    /// An exception holds.
    Exception(String),
    /// It could not be computed.
    NotComputed(String),
    /// It only warns.
    DoesNotDecide,
    /// A rule that is as strong or stronger pre-empts it.
    PreEmpted(RuleId),
    /// The winner's day is earlier, and the earlier one wins.
    Later,
    /// The winner's day is later, and the later one wins.
    Earlier,
    /// The same day, and the winner is as strong or stronger.
    SameDay,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherActor(actors) => write!(f, "binds {actors}, not us"),
            Self::OtherLine(lines) => write!(f, "is for {lines}"),
            Self::NotInForce(dates) => write!(f, "is in force {dates}"),
            Self::Superseded(version) => write!(f, "gave way to version {version}"),
            Self::OutOfScope(what) => write!(f, "is for another {what}"),
            Self::ScopeUnknown(what) => write!(f, "depends on the {what}, which is not known"),
            Self::Exception(why) => write!(f, "is excepted: {why}"),
            Self::NotComputed(why) => write!(f, "was not computed: {why}"),
            Self::DoesNotDecide => f.write_str("is not verified and never decides"),
            Self::PreEmpted(by) => write!(f, "is pre-empted by {by}"),
            Self::Later => f.write_str("is later"),
            Self::Earlier => f.write_str("is earlier"),
            Self::SameDay => f.write_str("is the same day, and not stronger"),
        }
    }
}
