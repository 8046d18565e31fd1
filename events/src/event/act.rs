//! What every record has that a command led to: who asked, when it happened, by which document.
//!
//! The actor stands in the header. What somebody did or said is the *detail*, one struct an event;
//! a *family* is the enum of all details about one kind of thing. The detail of an event is also what
//! the command that leads to it gives, so that what was asked is what is recorded.

use std::fmt;

use chrono::{NaiveDate, NaiveTime, Timelike as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::text::Day;
use crate::finding::Finding;
use crate::id::{ActorId, AuditId, CaseId, CommandId, Digest, HoldId, PayeeId};
use crate::money::Money;
use crate::time::number;

/// A record's body that a command led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told<F> {
    /// The command, and when what it tells of happened.
    pub act: Act,
    /// SHA-256 of the command's canonical JSON: its id with other content is refused. A field of its
    /// own, because whoever knows the rest could guess the claims from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Digest>,
    /// The claims it is about; a field of its own, because they name patients' accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimPart>,
    /// What was done or said.
    pub detail: F,
    /// Which rules it broke, as far as that was seen when it was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What somebody wrote beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it is about.
    pub subject: Subject,
}

impl<F> Told<F> {
    /// The same with another detail.
    pub(crate) fn map<G>(self, wrap: impl FnOnce(F) -> G) -> Told<G> {
        let Self { act, asked, claims, detail, findings, note, subject } = self;
        Told { act, asked, claims, detail: wrap(detail), findings, note, subject }
    }
}

/// What stands beside a detail and is completed when a command is decided.
#[derive(Debug)]
pub struct Beside<'a> {
    /// The command behind it.
    pub act: &'a mut Act,
    /// SHA-256 of what was asked.
    pub asked: &'a mut Option<Digest>,
    /// The claims, with the payments that were meant.
    pub claims: &'a mut Vec<ClaimPart>,
    /// Which rules it broke.
    pub findings: &'a mut Vec<Finding>,
    /// What it is about.
    pub subject: &'a mut Subject,
}

/// The command behind a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Its id.
    pub command: CommandId,
    /// SHA-256 of the document that shows it; without one, it is asserted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
    /// When it happened, plan time; learnt is when it was recorded.
    pub happened: Happened,
    /// The designated party that did it or received it for the plan (a vendor, a delegate).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// The proposal that a second person approved with this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<CommandId>,
    /// Who had proposed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<ActorId>,
}

/// A claim, or a part of one, that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClaimPart {
    /// How much of it: the overpayment where one is identified, the sum of the lines where they are
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Its lines, where only they are meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LinePart>,
    /// 835 CLP01.
    pub patient_control: String,
    /// 835 CLP07.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_control: Option<String>,
    /// The record of the payment that is meant, as `p02/118204`; the latest one that stands where this
    /// is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
}

/// A line of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinePart {
    /// How much of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Its number in the claim, from 1.
    pub line: u64,
}

/// What a record is about, written `case:OP-2026-000117`, `audit:AU-7`, `hold:H-1`,
/// `payee:1234567893`, `ledger`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A case.
    Case(CaseId),
    /// An audit.
    Audit(AuditId),
    /// A hold.
    Hold(HoldId),
    /// A payee.
    Payee(PayeeId),
    /// The ledger as a whole.
    Ledger,
}

impl Subject {
    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    /// In words, when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |error: crate::id::IdError| error.to_string();
        match text.split_once(':') {
            Some(("case", id)) => CaseId::parse(id).map(Self::Case).map_err(wrong),
            Some(("audit", id)) => AuditId::parse(id).map(Self::Audit).map_err(wrong),
            Some(("hold", id)) => HoldId::parse(id).map(Self::Hold).map_err(wrong),
            Some(("payee", id)) => PayeeId::parse(id).map(Self::Payee).map_err(wrong),
            None if text == "ledger" => Ok(Self::Ledger),
            _ => Err("case:ID, audit:ID, hold:ID, payee:ID or ledger is wanted".to_owned()),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(id) => write!(f, "case:{id}"),
            Self::Audit(id) => write!(f, "audit:{id}"),
            Self::Hold(id) => write!(f, "hold:{id}"),
            Self::Payee(id) => write!(f, "payee:{id}"),
            Self::Ledger => f.write_str("ledger"),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// When something happened, plan time: a day, with the minute where it is known; written
/// `2025-03-01` or `2025-03-01T16:59`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Happened {
    /// The day.
    pub day: NaiveDate,
    /// Hour and minute.
    pub time: Option<NaiveTime>,
}

impl Happened {
    /// On a day, at no known time.
    pub const fn on(day: NaiveDate) -> Self {
        Self { day, time: None }
    }

    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (day, time) = match text.split_once('T') {
            Some((day, time)) => {
                let [h1, h2, b':', m1, m2] = *time.as_bytes() else { return None };
                let (hour, minute) = (number(&[h1, h2])?, number(&[m1, m2])?);
                (day, Some(NaiveTime::from_hms_opt(hour, minute, 0)?))
            }
            None => (text, None),
        };
        Some(Self { day: Day::parse(day)?.0, time })
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.day.format("%Y-%m-%d"))?;
        match self.time {
            Some(time) => write!(f, "T{:02}:{:02}", time.hour(), time.minute()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Happened {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Happened {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let wanted =
            || de::Error::custom("a day is written 2025-03-01, with a time 2025-03-01T16:59");
        Self::parse(&text).ok_or_else(wanted)
    }
}

/// Makes the enum of all details about one kind of thing, with the names of their events and of the
/// commands that lead to them.
macro_rules! family {
    (
        $(#[$doc:meta])*
        $family:ident {
            $($(#[$of:meta])* $variant:ident($detail:ty) = $event:literal, $command:literal;)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $family {
            $($(#[$of])* $variant(Box<$detail>),)+
        }

        impl $family {
            /// The names and versions of its events.
            pub const NAMES: &'static [&'static str] = &[$($event,)+];

            /// The commands that lead to them, in the same order.
            pub const COMMANDS: &'static [&'static str] = &[$($command,)+];

            /// Name and version of the event.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $event,)+ }
            }

            /// The command that leads to it.
            pub const fn command(&self) -> &'static str {
                match self { $(Self::$variant(_) => $command,)+ }
            }

            /// Reads the detail that a command gives; `None` where it leads to no event of this family.
            pub fn of_command(
                command: &str,
                detail: serde_json::Value,
            ) -> Option<Result<Self, serde_json::Error>> {
                match command {
                    $($command => Some(
                        serde_json::from_value(detail).map(|d| Self::$variant(Box::new(d))),
                    ),)+
                    _ => None,
                }
            }

            /// Reads a body; `None` where the name is none of this family.
            pub(crate) fn decode(
                name: &str,
                body: &[u8],
            ) -> Option<Result<crate::event::act::Told<Self>, crate::event::EventError>> {
                match name {
                    $($event => Some(
                        crate::event::read::<crate::event::act::Told<$detail>>($event, body)
                            .map(|told| told.map(|d| Self::$variant(Box::new(d)))),
                    ),)+
                    _ => None,
                }
            }

            /// The JSON Schema of what each command gives.
            #[cfg(feature = "schema")]
            pub fn schemas(from: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($command, from.subschema_for::<$detail>()),)+]
            }
        }

        impl serde::Serialize for $family {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$variant(detail) => detail.serialize(to),)+ }
            }
        }
    };
}

pub(crate) use family;
