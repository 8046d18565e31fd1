//! Events of control that commands lead to: who may act, which rules hold, what was announced.

use serde::{Deserialize, Serialize};

use super::act::family;
use super::text::Day;
use crate::id::{ActorId, Digest, PayeeId};
use crate::money::Money;

family! {
    /// What was settled for the ledger as a whole.
    Governance {
        /// Somebody may act, in these roles; again where they changed.
        ActorRegistered(Registration) = "actor-registered/1", "register-actor";
        /// Somebody may act no more.
        ActorRetired(Retirement) = "actor-retired/1", "retire-actor";
        /// A policy holds from a day on.
        PolicyAdopted(Adoption) = "policy-adopted/1", "adopt-policy";
        /// The payer announced a payment run.
        RunAnnounced(Run) = "run-announced/1", "announce-run";
        /// A movement seen under one payee is given to a case of another.
        MovementAssigned(Assigned) = "movement-assigned/1", "assign-movement";
        /// Somebody proposes what a second person must approve.
        ProposalMade(Proposal) = "proposal-made/1", "propose";
        /// A proposal was turned down.
        ProposalRejected(Rejection) = "proposal-rejected/1", "reject-proposal";
    }
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Works cases: identify, notices, answers, attribution.
    Analyst,
    /// Opens and conducts audits.
    Auditor,
    /// Determines disputes.
    Appeals,
    /// Records money, instructs offsets.
    Finance,
    /// Investigates: predicates, stand-downs, sanctions.
    Siu,
    /// Places and releases holds, adopts policies.
    Compliance,
    /// May be the second person.
    Approver,
    /// Registers actors.
    Admin,
    /// Asks, and changes nothing.
    Reader,
}

impl Role {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Analyst,
        Self::Auditor,
        Self::Appeals,
        Self::Finance,
        Self::Siu,
        Self::Compliance,
        Self::Approver,
        Self::Admin,
        Self::Reader,
    ];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::Auditor => "auditor",
            Self::Appeals => "appeals",
            Self::Finance => "finance",
            Self::Siu => "siu",
            Self::Compliance => "compliance",
            Self::Approver => "approver",
            Self::Admin => "admin",
            Self::Reader => "reader",
        }
    }
}

/// What an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// A person.
    Person,
    /// A program.
    Service,
}

impl ActorKind {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Person, Self::Service];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
        }
    }
}

/// An actor and what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// What it is.
    pub kind: ActorKind,
    /// What it may do.
    pub roles: Vec<Role>,
    /// For which designated party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Who, by an id that is not personal data; `actor` is who registers.
    pub who: ActorId,
}

/// An actor that left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Retirement {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who.
    pub who: ActorId,
}

/// How much a change of policy matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It changes payment or covered services, or substantially impacts providers.
    Payment,
    /// Any other.
    General,
}

impl ChangeKind {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Payment, Self::General];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::General => "general",
        }
    }
}

/// A policy adopted, with its whole text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    /// When it was announced; missing where it was in force at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Day>,
    /// The first day it holds.
    pub effective: Day,
    /// How much it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ChangeKind>,
    /// The agency that mandated it sooner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandated_by: Option<String>,
    /// Its id.
    pub policy: String,
    /// SHA-256 of its text.
    pub sha256: Digest,
    /// Its text, TOML.
    pub text: String,
    /// Its version.
    pub version: u32,
}

/// A payment run as announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The dollars it pays.
    pub amount: Money,
    /// How many remittances it has.
    pub count: u64,
    /// Its payment date (835 BPR16).
    pub paid_on: Day,
    /// Who pays (835 TRN03).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// Its name.
    pub run: String,
}

/// A movement and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// The case.
    pub case: String,
    /// The record that shows it, as `p02/118204`.
    pub movement: String,
    /// The payee it was seen under.
    pub payee: PayeeId,
    /// By which authority.
    pub reason: String,
}

/// A command that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The command, as JSON.
    pub command: String,
    /// SHA-256 of that text.
    pub sha256: Digest,
}

/// A proposal turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// Its command id.
    pub proposal: String,
    /// Why.
    pub reason: String,
}
