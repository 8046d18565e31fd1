//! What was written to the provider, and what was answered.

use serde::{Deserialize, Serialize};

use crate::event::text::Day;
use crate::money::Money;

/// What a notice must carry (DOMAIN 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NoticeItem {
    /// The claim.
    Claim,
    /// The patient.
    Patient,
    /// Dates of service.
    ServiceDates,
    /// The amount paid.
    AmountPaid,
    /// The adjustment proposed.
    ProposedAdjustment,
    /// The specific reason and facts.
    Reason,
    /// The standard relied on.
    Standard,
    /// Documents that would cure.
    Cure,
    /// The right to appeal, and until when.
    AppealRight,
    /// How the money will be recovered.
    RecoveryMethod,
    /// Whom to ask.
    Contact,
    /// The financial control number.
    ControlNumber,
}

impl NoticeItem {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Claim,
        Self::Patient,
        Self::ServiceDates,
        Self::AmountPaid,
        Self::ProposedAdjustment,
        Self::Reason,
        Self::Standard,
        Self::Cure,
        Self::AppealRight,
        Self::RecoveryMethod,
        Self::Contact,
        Self::ControlNumber,
    ];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Patient => "patient",
            Self::ServiceDates => "service-dates",
            Self::AmountPaid => "amount-paid",
            Self::ProposedAdjustment => "proposed-adjustment",
            Self::Reason => "reason",
            Self::Standard => "standard",
            Self::Cure => "cure",
            Self::AppealRight => "appeal-right",
            Self::RecoveryMethod => "recovery-method",
            Self::Contact => "contact",
            Self::ControlNumber => "control-number",
        }
    }
}

/// How something was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// By mail.
    Mail,
    /// By certified mail.
    CertifiedMail,
    /// By courier.
    Courier,
    /// By fax.
    Fax,
    /// By electronic mail.
    Email,
    /// Through a portal.
    Portal,
    /// By telephone.
    Phone,
    /// In person.
    InPerson,
}

impl Method {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Mail,
        Self::CertifiedMail,
        Self::Courier,
        Self::Fax,
        Self::Email,
        Self::Portal,
        Self::Phone,
        Self::InPerson,
    ];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::CertifiedMail => "certified-mail",
            Self::Courier => "courier",
            Self::Fax => "fax",
            Self::Email => "email",
            Self::Portal => "portal",
            Self::Phone => "phone",
            Self::InPerson => "in-person",
        }
    }
}

/// A letter to the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Where it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The amount it states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The last day for an appeal, as it states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_deadline: Option<Day>,
    /// What it carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<NoticeItem>,
    /// Its financial control number, which a PLB may repeat.
    pub control_number: String,
    /// The day it bears.
    pub dated: Day,
    /// How it was sent.
    pub method: Method,
    /// When the provider received it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Day>,
    /// When it was sent; the day it bears where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Day>,
    /// Its tracking number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
}

/// A notice that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// Which notice; the last one where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_number: Option<String>,
    /// Why it could not be delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    /// The provider agrees.
    Agreement,
    /// The provider will pay by a date.
    RefundPromised,
    /// None of agreement, refund and dispute; it stops nothing.
    Contact,
}

impl AnswerKind {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Agreement, Self::RefundPromised, Self::Contact];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::RefundPromised => "refund-promised",
            Self::Contact => "contact",
        }
    }
}

/// An answer that is no dispute; received on the day it happened, plan time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Of how much it speaks; all where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// How it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Method>,
    /// What it says.
    pub kind: AnswerKind,
    /// Until when a refund is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_by: Option<Day>,
}

/// A dispute or appeal; received on the day it happened, plan time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Dispute {
    /// Of how much; all where neither this nor claims say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// How it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Method>,
    /// Why.
    pub grounds: String,
    /// Its level, from 1.
    pub level: u8,
}

/// How a dispute was determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The finding stands.
    Upheld,
    /// It stands in part.
    Modified,
    /// It falls.
    Overturned,
}

impl Outcome {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Upheld, Self::Modified, Self::Overturned];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::Modified => "modified",
            Self::Overturned => "overturned",
        }
    }
}

/// A determination and its letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Determination {
    /// The last day for the next level, as the letter states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_deadline: Option<Day>,
    /// The day the letter bears.
    pub dated: Day,
    /// Which level was determined.
    pub level: u8,
    /// How.
    pub outcome: Outcome,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the provider received it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Day>,
    /// By how much the overpayment is reduced where it is modified; all of what was disputed
    /// where it is overturned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduced: Option<Money>,
    /// When it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Day>,
}

/// Whether a late appeal is heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LateAppeal {
    /// True where it is.
    pub accepted: bool,
    /// Why.
    pub reason: String,
}
