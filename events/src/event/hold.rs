//! Holds on records, and what is known of a payee beside its remittances.

use serde::{Deserialize, Serialize};

use super::act::family;
use super::recovery::Reason;
use super::recovery::letters::Method;
use super::text::Day;
use crate::id::PayeeId;
use crate::money::Money;

family! {
    /// What happened to a hold: records are kept as long as it stands.
    Hold {
        /// Records are held.
        HoldPlaced(Placed) = "hold-placed/1", "place-hold";
        /// They no longer are; two people.
        HoldReleased(Reason) = "hold-released/1", "release-hold";
    }
}

family! {
    /// What is known of a payee beside its remittances.
    Affairs {
        /// Another payee answers for this one, by authority.
        PayeeSucceeded(Succession) = "payee-succeeded/1", "link-payee";
        /// The provider ends its contract.
        TerminationNoticeGiven(Termination) = "termination-notice-given/1", "give-termination-notice";
        /// Somebody spoke with somebody.
        ContactRecorded(Contact) = "contact-recorded/1", "record-contact";
        /// Somebody noted something.
        NoteRecorded(Remark) = "note-recorded/1", "record-note";
        /// A check was voided: it moved no money.
        CheckVoided(Check) = "check-voided/1", "void-check";
        /// A check was stopped: it moved no money.
        CheckStopped(Check) = "check-stopped/1", "stop-check";
        /// A check was issued again.
        CheckReissued(Reissue) = "check-reissued/1", "reissue-check";
    }
}

/// Why records are held (DOMAIN 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HoldKind {
    /// A litigation, claim or other action.
    Litigation,
    /// An audit.
    Audit,
    /// An adjudicatory proceeding or appeal.
    Appeal,
    /// An allegation of fraud or abuse.
    FraudAllegation,
    /// A request by the plan or an agency.
    AgencyRequest,
}

impl HoldKind {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] =
        &[Self::Litigation, Self::Audit, Self::Appeal, Self::FraudAllegation, Self::AgencyRequest];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Litigation => "litigation",
            Self::Audit => "audit",
            Self::Appeal => "appeal",
            Self::FraudAllegation => "fraud-allegation",
            Self::AgencyRequest => "agency-request",
        }
    }
}

/// A hold as it was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// Why.
    pub kind: HoldKind,
    /// The court file, audit or request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<String>,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// What is held: `payee:1234567893`, `case:OP-1`, `claim:<payee>/<patient control number>`,
    /// `unit:payee:1234567893/2025`.
    pub scope: String,
    /// Until when at least; until it is released where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
}

/// How payees belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SuccessionKind {
    /// It took over.
    Successor,
    /// It is affiliated and liable.
    Affiliate,
}

impl SuccessionKind {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Successor, Self::Affiliate];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Successor => "successor",
            Self::Affiliate => "affiliate",
        }
    }
}

/// Another payee that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Succession {
    /// The contract or law that says so.
    pub authority: String,
    /// How.
    pub kind: SuccessionKind,
    /// The other payee.
    pub other: PayeeId,
}

/// The end of a contract, announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Termination {
    /// The day the provider wishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<Day>,
}

/// Who spoke first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// They did.
    Inbound,
    /// We did.
    Outbound,
}

impl Direction {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Inbound, Self::Outbound];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// How.
    pub channel: Method,
    /// Who began.
    pub direction: Direction,
    /// What was said.
    pub summary: String,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// What was noted.
    pub text: String,
}

/// A check or transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its number (835 TRN02).
    pub trace: String,
}

/// A check issued again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reissue {
    /// The number of the new one.
    pub new_trace: String,
    /// The number of the old one.
    pub trace: String,
}
