//! Events of a case: one overpayment from the day it is identified to its end (DOMAIN 6).
//!
//! Each says what somebody did or said, under the case's own unit and stream. No amount here is
//! derived: balances, states and deadlines are rows. Claims that an event is about stand in the field
//! `claims` beside the detail, so that they can be withheld.

use serde::{Deserialize, Serialize};

use super::act::family;
use super::text::Day;
use crate::id::{ActorId, PayeeId};
use crate::money::Money;

pub mod letters;
pub mod money;

use letters::{Answer, Determination, Dispute, LateAppeal, Notice, Returned};
use money::{
    Attribution, CollectionsReferral, Discharge, OffsetGivenBack, OffsetInstruction, OffsetTaken,
    OtherRecovery, PlanDefault, Refund, RepaymentPlan, Restoration, RestorationDecision,
    Settlement, Stay, Unattribution, WriteOff,
};

family! {
    /// What happened to a case.
    Recovery {
        /// An overpayment was identified.
        CaseIdentified(Identified) = "case-identified/1", "identify-case";
        /// Its claims or amounts were changed; the claims given replace those known.
        CaseAmended(Amended) = "case-amended/1", "amend-case";
        /// A notice was issued: a window opens.
        NoticeIssued(Notice) = "notice-issued/1", "issue-notice";
        /// A notice that others sent is recorded, also where it is defective.
        NoticeRecorded(Notice) = "notice-recorded/1", "record-notice";
        /// A notice came back undelivered: its window is void.
        MailReturned(Returned) = "mail-returned/1", "mail-returned";
        /// A notice was served again: a new window opens.
        NoticeServedAgain(Notice) = "notice-served-again/1", "serve-again";
        /// The provider answered with something that is no dispute.
        AnswerReceived(Answer) = "answer-received/1", "record-answer";
        /// The provider disputes: offsets are barred.
        DisputeReceived(Dispute) = "dispute-received/1", "record-dispute";
        /// A dispute was determined by letter: the second window opens.
        DisputeDetermined(Determination) = "dispute-determined/1", "determine";
        /// A determination letter was wrong and is replaced.
        DeterminationCorrected(Determination) = "determination-corrected/1", "correct-determination";
        /// An appeal after its deadline was accepted or rejected.
        LateAppealDecided(LateAppeal) = "late-appeal-decided/1", "decide-late-appeal";
        /// The payer was told to take money from later payments.
        OffsetInstructed(OffsetInstruction) = "offset-instructed/1", "instruct-offset";
        /// Money was taken, as a person or another system says.
        OffsetRecorded(OffsetTaken) = "offset-recorded/1", "record-offset";
        /// Money taken was given back to later payments.
        OffsetReversed(OffsetGivenBack) = "offset-reversed/1", "reverse-offset";
        /// The provider paid back.
        RefundRecorded(Refund) = "refund-recorded/1", "record-refund";
        /// A person says which case a movement of money belongs to.
        MovementAttributed(Attribution) = "movement-attributed/1", "attribute-movement";
        /// A movement of money does not belong to this case after all.
        MovementUnattributed(Unattribution) = "movement-unattributed/1", "unattribute-movement";
        /// What was taken wrongly is restored, or kept.
        RestorationDecided(RestorationDecision) = "restoration-decided/1", "decide-restoration";
        /// Money was given back.
        RestorationRecorded(Restoration) = "restoration-recorded/1", "record-restoration";
        /// The provider repays in instalments.
        RepaymentPlanAgreed(RepaymentPlan) = "repayment-plan-agreed/1", "agree-plan";
        /// A repayment plan was not kept.
        RepaymentPlanDefaulted(PlanDefault) = "repayment-plan-defaulted/1", "default-plan";
        /// A person referred the balance to collections.
        CaseReferred(CollectionsReferral) = "case-referred/1", "refer-to-collections";
        /// The plan gave the case up as unfounded.
        CaseWithdrawn(Reason) = "case-withdrawn/1", "withdraw-case";
        /// Both sides agreed on less.
        CaseSettled(Settlement) = "case-settled/1", "settle-case";
        /// The balance, or a part of it, was written off; two people.
        BalanceWrittenOff(WriteOff) = "balance-written-off/1", "write-off";
        /// The State or another payer recovered the money.
        RecoveredByAnother(OtherRecovery) = "recovered-by-another/1", "recovered-by-another";
        /// A court discharged the debt.
        BalanceDischarged(Discharge) = "balance-discharged/1", "discharge";
        /// A bankruptcy stays all recovery.
        StayBegan(Stay) = "stay-began/1", "begin-stay";
        /// The stay ended.
        StayLifted(Reason) = "stay-lifted/1", "lift-stay";
        /// A case that had ended goes on.
        CaseReopened(Reason) = "case-reopened/1", "reopen-case";
        /// The case ended.
        CaseClosed(Reason) = "case-closed/1", "close-case";
        /// Somebody else owns the case.
        CaseAssigned(Assignment) = "case-assigned/1", "assign-case";
    }
}

/// Why a payment was too high: the causes that the manual names, and those of enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Contract or fee schedule set up wrongly.
    ContractSetup,
    /// Conflicting authorization.
    ConflictingAuthorization,
    /// Paid twice.
    DuplicatePayment,
    /// Incorrect revenue or procedure code.
    IncorrectCode,
    /// Billed at a higher level than provided.
    HigherLevel,
    /// Not documented.
    NotDocumented,
    /// Not provided.
    NotProvided,
    /// Unbundled services.
    Unbundling,
    /// Wrong modifier.
    Modifier,
    /// Wrong units.
    Units,
    /// Within a global surgical period.
    GlobalSurgicalPeriod,
    /// Not medically necessary.
    MedicalNecessity,
    /// Found when a contract was reviewed.
    RetroactiveContractReview,
    /// The plan paid wrongly.
    PaymentError,
    /// The provider billed wrongly.
    BillingError,
    /// Service before the contract took effect.
    BeforeContract,
    /// Service before credentialing.
    BeforeCredentialing,
    /// Locum tenens over six months without notice.
    LocumTenens,
    /// Service after termination.
    TerminatedProvider,
    /// Excluded provider.
    ExcludedProvider,
    /// Unlicensed provider.
    UnlicensedProvider,
    /// Fraud or abuse.
    Fraud,
    /// Another cause, which the note names.
    Other,
}

impl Cause {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::ContractSetup,
        Self::ConflictingAuthorization,
        Self::DuplicatePayment,
        Self::IncorrectCode,
        Self::HigherLevel,
        Self::NotDocumented,
        Self::NotProvided,
        Self::Unbundling,
        Self::Modifier,
        Self::Units,
        Self::GlobalSurgicalPeriod,
        Self::MedicalNecessity,
        Self::RetroactiveContractReview,
        Self::PaymentError,
        Self::BillingError,
        Self::BeforeContract,
        Self::BeforeCredentialing,
        Self::LocumTenens,
        Self::TerminatedProvider,
        Self::ExcludedProvider,
        Self::UnlicensedProvider,
        Self::Fraud,
        Self::Other,
    ];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContractSetup => "contract-setup",
            Self::ConflictingAuthorization => "conflicting-authorization",
            Self::DuplicatePayment => "duplicate-payment",
            Self::IncorrectCode => "incorrect-code",
            Self::HigherLevel => "higher-level",
            Self::NotDocumented => "not-documented",
            Self::NotProvided => "not-provided",
            Self::Unbundling => "unbundling",
            Self::Modifier => "modifier",
            Self::Units => "units",
            Self::GlobalSurgicalPeriod => "global-surgical-period",
            Self::MedicalNecessity => "medical-necessity",
            Self::RetroactiveContractReview => "retroactive-contract-review",
            Self::PaymentError => "payment-error",
            Self::BillingError => "billing-error",
            Self::BeforeContract => "before-contract",
            Self::BeforeCredentialing => "before-credentialing",
            Self::LocumTenens => "locum-tenens",
            Self::TerminatedProvider => "terminated-provider",
            Self::ExcludedProvider => "excluded-provider",
            Self::UnlicensedProvider => "unlicensed-provider",
            Self::Fraud => "fraud",
            Self::Other => "other",
        }
    }
}

/// Who found an overpayment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DetectedBy {
    /// The plan.
    Plan,
    /// A vendor of the plan.
    Vendor,
    /// A government agency.
    Agency,
    /// The provider reported it.
    SelfReport,
    /// The provider sent money unasked.
    UnsolicitedRefund,
}

impl DetectedBy {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] =
        &[Self::Plan, Self::Vendor, Self::Agency, Self::SelfReport, Self::UnsolicitedRefund];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Vendor => "vendor",
            Self::Agency => "agency",
            Self::SelfReport => "self-report",
            Self::UnsolicitedRefund => "unsolicited-refund",
        }
    }
}

/// An overpayment as it was identified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Identified {
    /// Why the payment was too high.
    pub cause: Cause,
    /// Who found it.
    pub detected_by: DetectedBy,
    /// How the plan is funded: `fully-insured`, `self-insured`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding: Option<String>,
    /// The line of business, such as `medicaid`.
    pub line_of_business: String,
    /// What another system says was done before; then all of the case is asserted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<OpeningBalance>,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<ActorId>,
    /// Who was paid.
    pub payee: PayeeId,
    /// The plan that paid, by its id.
    pub plan: String,
    /// The class of provider that rules distinguish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_class: Option<String>,
    /// The class of service that rules distinguish, such as `behavioral-health`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_class: Option<String>,
    /// The standard that the finding rests on.
    pub standard: Standard,
    /// Two letters, where rules of a State may apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The vendor that found or works it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

/// A standard that a finding rests on: plan policy first, an industry standard where the plan
/// has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// Where it is written.
    pub citation: String,
    /// When this version took effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Day>,
    /// The last day on which it was in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Day>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What another system says of a case before it came here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpeningBalance {
    /// Carried forward and not collected yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Money>,
    /// Collected so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected: Option<Money>,
    /// Given up so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduced: Option<Money>,
    /// Which system says so.
    pub system: String,
    /// Written off so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_off: Option<Money>,
}

/// Why claims or amounts changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Amended {
    /// The cause, where it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Why.
    pub reason: String,
    /// The standard, where it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<Standard>,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why, in a sentence.
    pub reason: String,
}

/// Who owns a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Who works on it.
    pub owner: ActorId,
    /// For which vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}
