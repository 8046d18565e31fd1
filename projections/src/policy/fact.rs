//! What a clock may start at, be stopped by or stand still during.
//!
//! Not events: who folds events into clocks says which event is which fact. A fact has a day; a span
//! has two, and is open while the second is not known.

use super::vocabulary::words;

words! {
    /// Something that happened on a day.
    Fact is "a fact that a clock knows" {
        /// The plan opened an audit.
        AuditOpened = "audit-opened",
        /// The provider was notified of an audit.
        AuditNotified = "audit-notified",
        /// Claims moved money: the day of the payment event (DOMAIN 3.11).
        Paid = "paid",
        /// The provider had the payment.
        PaymentReceived = "payment-received",
        /// The claim was submitted.
        Submitted = "submitted",
        /// The plan or insurer received a claim to answer.
        ClaimReceived = "claim-received",
        /// The day that a notice bears.
        NoticeDated = "notice-dated",
        /// The day that a notice left.
        NoticeSent = "notice-sent",
        /// The day that a notice arrived.
        NoticeReceived = "notice-received",
        /// The day that a determination letter bears.
        Determined = "determined",
        /// The day that a determination letter left.
        DeterminationSent = "determination-sent",
        /// The last day for an appeal that a notice or a determination itself states.
        AppealStated = "appeal-stated",
        /// The last right to appeal ended.
        AppealRightsEnded = "appeal-rights-ended",
        /// The first day on which an offset may be taken.
        OffsetEligible = "offset-eligible",
        /// Records were requested.
        RecordsRequested = "records-requested",
        /// A visit was requested.
        VisitRequested = "visit-requested",
        /// The day of a visit.
        Visit = "visit",
        /// The exit interview at which the provider disagreed.
        InterviewDisagreed = "interview-disagreed",
        /// The discrepancy report, or its revision, was signed and is final.
        ReportSigned = "report-signed",
        /// The last movement of money for the services of a contract year (DOMAIN 3.13).
        FinalPayment = "final-payment",
        /// A change of policy was announced.
        ChangeAnnounced = "change-announced",
        /// A provider gave notice of termination.
        TerminationGiven = "termination-given",
        /// An overpayment was identified.
        Identified = "identified",
        /// An overpayment was discovered, as the federal share counts it.
        Discovered = "discovered",
        /// The findings of an audit were made.
        FindingsMade = "findings-made",
        /// A payment was first withheld.
        WithholdingBegan = "withholding-began",
        /// A demand for repayment was dated.
        DemandDated = "demand-dated",
        /// A claim was denied or reduced and the reason explained.
        Explained = "explained",
        /// A document was created, or was last in effect.
        LastInEffect = "last-in-effect",
        /// The day that both parties agreed on instead.
        AgreedDay = "agreed-day",
        /// More time was granted.
        ExtensionGranted = "extension-granted",
        /// The provider agreed.
        Agreed = "agreed",
        /// The provider sent the money.
        Refunded = "refunded",
        /// The provider disputed.
        Disputed = "disputed",
        /// The provider went to the next level.
        NextLevel = "next-level",
        /// An appeal was received.
        Appealed = "appealed",
        /// All of it is recovered.
        Recovered = "recovered",
        /// The last of the records asked for was received.
        RecordsReceived = "records-received",
        /// The audit was held.
        AuditHeld = "audit-held",
        /// A visit was cancelled in writing.
        Cancelled = "cancelled",
        /// The supporting documents were received.
        DocumentsReceived = "documents-received",
        /// What was wrong was put right.
        Cured = "cured",
        /// What had to be reported was reported.
        Reported = "reported",
        /// What had to be answered was answered.
        Answered = "answered",
    }
}

words! {
    /// Something that lasts.
    SpanKind is "a span that a clock knows" {
        /// A good-faith investigation of an overpayment.
        Investigation = "investigation",
        /// An adjudicatory proceeding, audit or appeal.
        Proceeding = "proceeding",
        /// A litigation, claim, negotiation, audit or other action.
        Litigation = "litigation",
        /// An allegation of fraud or abuse, or a request of the plan or an agency to keep records.
        Inquiry = "inquiry",
        /// An appeal that stays a recovery.
        Appeal = "appeal",
        /// An agency forbade notice, contact and offset (DOMAIN 3.12).
        StandDown = "stand-down",
    }
}
