//! Events of audits, and what the special investigations unit does (DOMAIN 1, 2, 3.12).
//!
//! An audit finds nothing here: what it found becomes cases.

use serde::{Deserialize, Serialize};

use super::act::family;
use super::recovery::Reason;
use super::recovery::letters::Method;
use super::text::Day;
use crate::id::PayeeId;

family! {
    /// What happened to an audit.
    Audit {
        /// An audit was opened.
        AuditOpened(Opened) = "audit-opened/1", "open-audit";
        /// Why fraud or abuse is investigated.
        FraudPredicateRecorded(Predicate) = "fraud-predicate-recorded/1", "record-fraud-predicate";
        /// Records were asked for.
        RecordsRequested(RecordsRequest) = "records-requested/1", "request-records";
        /// One of the items asked for came.
        ItemReceived(Item) = "item-received/1", "receive-item";
        /// The parties agreed on another last day.
        DateAgreed(AgreedDate) = "date-agreed/1", "agree-date";
        /// A visit was scheduled.
        VisitScheduled(Visit) = "visit-scheduled/1", "schedule-visit";
        /// A visit was cancelled.
        VisitCancelled(Cancellation) = "visit-cancelled/1", "cancel-visit";
        /// The audit was held.
        AuditConducted(Conducted) = "audit-conducted/1", "conduct-audit";
        /// What was found was talked over with the provider.
        ExitInterviewHeld(ExitInterview) = "exit-interview-held/1", "hold-exit-interview";
        /// Supporting documents came.
        DocumentsReceived(Documents) = "documents-received/1", "receive-documents";
        /// Supporting documents were reviewed.
        DocumentsReviewed(Review) = "documents-reviewed/1", "review-documents";
        /// The discrepancy report was signed.
        ReportSigned(Report) = "report-signed/1", "sign-report";
        /// The audit ended.
        AuditClosed(AuditEnd) = "audit-closed/1", "close-audit";
    }
}

family! {
    /// What the special investigations unit did about a payee or a case.
    Integrity {
        /// Claims are looked at before they are paid.
        PrepaymentReviewBegan(Reason) = "prepayment-review-began/1", "begin-prepayment-review";
        /// They are paid as before.
        PrepaymentReviewEnded(Reason) = "prepayment-review-ended/1", "end-prepayment-review";
        /// Payments are suspended.
        SuspensionBegan(Suspension) = "suspension-began/1", "begin-suspension";
        /// Payments go on.
        SuspensionEnded(Reason) = "suspension-ended/1", "end-suspension";
        /// A credible allegation was reported to a government partner.
        ReferredToGovernment(Referral) = "referred-to-government/1", "refer-to-government";
        /// An agency forbids notice, contact and offset.
        StandDownBegan(StandDown) = "stand-down-began/1", "begin-stand-down";
        /// The agency allows them again.
        StandDownLifted(Reason) = "stand-down-lifted/1", "lift-stand-down";
        /// A sanction was imposed.
        Sanctioned(Sanction) = "sanctioned/1", "sanction";
    }
}

/// Where an audit is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AuditKind {
    /// A general audit.
    General,
    /// On site.
    OnSite,
    /// Off site.
    OffSite,
}

impl AuditKind {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::General, Self::OnSite, Self::OffSite];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::OnSite => "on-site",
            Self::OffSite => "off-site",
        }
    }
}

/// Which lookback an audit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// A routine audit.
    Routine,
    /// Fraud or abuse is investigated; it needs a predicate.
    Fraud,
}

impl Nature {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Routine, Self::Fraud];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Routine => "routine",
            Self::Fraud => "fraud",
        }
    }
}

/// An audit as it was opened; its claims stand beside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// Where it is held.
    pub kind: AuditKind,
    /// The line of business.
    pub line_of_business: String,
    /// Which lookback it has.
    pub nature: Nature,
    /// The first payment date it looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_from: Option<Day>,
    /// The last payment date it looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_to: Option<Day>,
    /// Whose payments.
    pub payee: PayeeId,
    /// The plan that paid.
    pub plan: String,
    /// Two letters, where rules of a State may apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What it looks at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
}

/// A fraud predicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// Where it came from.
    pub source: String,
    /// What is alleged.
    pub summary: String,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// A medical or billing record.
    Record,
    /// A pharmacy profile.
    PharmacyProfile,
    /// A fee book.
    FeeBook,
    /// Something else.
    Other,
}

impl ItemKind {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] =
        &[Self::Record, Self::PharmacyProfile, Self::FeeBook, Self::Other];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::PharmacyProfile => "pharmacy-profile",
            Self::FeeBook => "fee-book",
            Self::Other => "other",
        }
    }
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Originals.
    Originals,
    /// Copies.
    Copies,
}

impl Form {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Originals, Self::Copies];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Originals => "originals",
            Self::Copies => "copies",
        }
    }
}

/// One item asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestedItem {
    /// In which form.
    pub form: Form,
    /// Its id within the audit.
    pub item: String,
    /// What it is.
    pub kind: ItemKind,
}

/// Records asked for on the day it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordsRequest {
    /// The designated items.
    pub items: Vec<RequestedItem>,
    /// How they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
}

/// One item that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its id within the audit.
    pub item: String,
}

/// Another last day for a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AgreedDate {
    /// The rule, such as `audit-scheduling`.
    pub clock: String,
    /// The last day, included.
    pub until: Day,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// When.
    pub on: Day,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// A cancelled visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// Who cancelled: `provider` or `plan`.
    pub by: String,
    /// True where it was in writing.
    pub in_writing: bool,
    /// The named people who were told, by role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<String>,
}

/// An audit held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Conducted {
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What the provider said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExitInterview {
    /// True where the provider agrees.
    pub agrees: bool,
}

/// Supporting documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// What they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Documents reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// True where the report changes.
    pub changes: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A discrepancy report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// When the provider was given a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_given: Option<Day>,
    /// True where it is final.
    pub last: bool,
    /// Who signed, by role.
    pub signed_by: Vec<String>,
}

/// How an audit ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditEnd {
    /// The cases its findings became.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// Why it ended.
    pub reason: String,
}

/// A payment suspension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// The rule or agency behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Why.
    pub reason: String,
}

/// A report to the government.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Referral {
    /// To whom.
    pub agency: String,
    /// Why.
    pub reason: String,
}

/// A stand-down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StandDown {
    /// Which agency forbids.
    pub agency: String,
    /// Why, as far as it may be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A sanction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sanction {
    /// Which.
    pub measure: String,
    /// Why.
    pub reason: String,
}
