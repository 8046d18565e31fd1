//! What a rule is for, what follows from it, and how strong it is.

use super::vocabulary::words;

words! {
    /// What a rule is for: rules of one purpose compete (DOMAIN 3.17).
    Purpose is "a purpose" {
        /// How long a provider may answer a notice.
        DisputeWindow = "dispute-window",
        /// How long a provider may answer a determination.
        DeterminationWindow = "determination-window",
        /// Until when an appeal is in time.
        AppealDeadline = "appeal-deadline",
        /// How long an offset may take before collections may be thought of.
        OffsetHorizon = "offset-horizon",
        /// How long a provider has to produce records.
        RecordsProduction = "records-production",
        /// Within what time an audit is to be held.
        AuditScheduling = "audit-scheduling",
        /// Until when a visit may be cancelled.
        AuditCancellation = "audit-cancellation",
        /// How long a provider has to send documents after an interview.
        SupportingDocuments = "supporting-documents",
        /// When a plan may retract after an audit.
        Retraction = "retraction",
        /// Until when a payment may be audited in the ordinary way.
        RoutineLookback = "routine-lookback",
        /// Until when a payment may be audited where fraud or abuse is investigated.
        FraudLookback = "fraud-lookback",
        /// Until when a notice of overpayment or a retroactive denial may be given at all.
        NoticeBar = "notice-bar",
        /// Before which day nothing may be recovered.
        RecoveryStart = "recovery-start",
        /// Until when no interest runs.
        Interest = "interest",
        /// How long a provider may rebut.
        Rebuttal = "rebuttal",
        /// How long records must be kept.
        Retention = "retention",
        /// How long documentation of security is kept; other records than claims and cases.
        Documentation = "documentation",
        /// How long ahead a change of payment or covered services is announced.
        PolicyNotice = "policy-notice",
        /// How long ahead any other change is announced.
        PolicyNoticeGeneral = "policy-notice-general",
        /// How long ahead a provider gives notice of termination.
        TerminationNotice = "termination-notice",
        /// How long a provider has to put a claim right.
        Cure = "cure",
        /// How long a provider has to answer an agency.
        AgencyReply = "agency-reply",
        /// How long a provider has to ask for a hearing.
        HearingClaim = "hearing-claim",
        /// When a withholding ends by itself.
        WithholdingLapse = "withholding-lapse",
        /// Within what time a provider reports and returns an overpayment.
        ReportAndReturn = "report-and-return",
        /// How far back a provider must look.
        ProviderLookback = "provider-lookback",
        /// Within what time a plan reports to the State.
        StateReport = "state-report",
        /// Within what time the federal share is given back.
        FederalShare = "federal-share",
        /// Within what time an auditor tells what was found.
        FindingsNotice = "findings-notice",
        /// Within what time a claim of overpayment is answered.
        ClaimAnswer = "claim-answer",
        /// Within what time a claim of overpayment is settled.
        ClaimResolution = "claim-resolution",
        /// After what time a claim of overpayment cannot be contested.
        Uncontestable = "uncontestable",
    }
}

/// Which of several due days wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// The earliest: the shortest lookback, the tightest duty of our own.
    Earliest,
    /// The latest: the longest retention, the longest time to answer, the latest start of recovery.
    Latest,
}

impl Purpose {
    /// Which of several rules wins (DOMAIN 3.17).
    pub const fn preference(self) -> Preference {
        match self {
            // The shortest lookback.
            Self::RoutineLookback | Self::FraudLookback | Self::NoticeBar | Self::ProviderLookback
            // A duty is kept when the tightest rule is kept.
            | Self::AuditScheduling
            | Self::WithholdingLapse
            | Self::ReportAndReturn
            | Self::StateReport
            | Self::FederalShare
            | Self::FindingsNotice => Preference::Earliest,
            // The longest retention and time to answer, the latest start of recovery; notice of a
            // change is long enough when the longest rule is kept.
            Self::DisputeWindow
            | Self::DeterminationWindow
            | Self::AppealDeadline
            | Self::OffsetHorizon
            | Self::RecordsProduction
            | Self::AuditCancellation
            | Self::SupportingDocuments
            | Self::Retraction
            | Self::RecoveryStart
            | Self::Interest
            | Self::Rebuttal
            | Self::Retention
            | Self::Documentation
            | Self::PolicyNotice
            | Self::PolicyNoticeGeneral
            | Self::TerminationNotice
            | Self::Cure
            | Self::AgencyReply
            | Self::HearingClaim
            | Self::ClaimAnswer
            | Self::ClaimResolution
            | Self::Uncontestable => Preference::Latest,
        }
    }
}

words! {
    /// What follows from a rule (DOMAIN 4).
    Outcome is "an outcome" {
        /// Until the due day an audit may begin.
        MayAudit = "may-audit",
        /// Until the due day an offset is barred.
        BarOffset = "bar-offset",
        /// From the day after the due day an offset is allowed.
        AllowOffset = "allow-offset",
        /// Until the due day somebody must be told.
        MustNotify = "must-notify",
        /// Until the due day records must be kept.
        MustRetain = "must-retain",
        /// After the due day a person may decide on collections.
        MayRefer = "may-refer",
        /// Until the due day money must be given back.
        MustRestore = "must-restore",
        /// Until the due day something must be answered, produced or done.
        MustAnswer = "must-answer",
        /// Until the due day somebody may appeal, answer or cancel.
        MayAnswer = "may-answer",
        /// From the due day something may take effect.
        MayTakeEffect = "may-take-effect",
        /// After the due day nothing may be claimed.
        BarClaim = "bar-claim",
    }
}

words! {
    /// Where a rule comes from; the first of the list is the strongest (DOMAIN 3.17).
    Layer is "a layer" {
        /// A law.
        Statute = "statute",
        /// A regulation under a law.
        Regulation = "regulation",
        /// The plan's contract with a State.
        StateContract = "state-contract",
        /// The plan's agreement with a provider.
        ProviderAgreement = "provider-agreement",
        /// The plan's manual.
        Manual = "manual",
        /// What holds where nothing else is said.
        Default = "default",
    }
}

words! {
    /// Whether a rule was read in its primary text.
    Verification is "a verification status" {
        /// It was: the rule decides.
        Verified = "verified",
        /// It was not: the rule warns, blocks a disposal, and never decides.
        Unverified = "unverified",
    }
}

words! {
    /// What happens to a last day on a weekend or holiday (DOMAIN 3.4).
    EndRule is "an end rule" {
        /// It stays.
        Strict = "strict",
        /// It goes on to the next business day.
        RollForward = "roll-forward",
    }
}
