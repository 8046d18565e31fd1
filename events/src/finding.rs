//! Findings: odd input and facts that break a rule, recorded, stopping nothing.
//!
//! Not errors and not refusals. A finding names the rule, says where, and shows both sides of a sum;
//! it holds nothing of a patient.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A sum or a sequence that cannot be right.
    Error,
    /// Odd, and worth a look.
    Warning,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal $severity:ident;)+) => {
        /// The rules whose breach is a finding; ids are those that reports and files show.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule { $($(#[$doc])* #[serde(rename = $id)] $name,)+ }

        impl Rule {
            /// Every rule, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The id, such as `claim-unbalanced`.
            pub const fn id(self) -> &'static str { match self { $(Self::$name => $id,)+ } }

            /// How much a breach matters.
            pub const fn severity(self) -> Severity { match self { $(Self::$name => Severity::$severity,)+ } }
        }
    };
}

rules! {
    /// SE01 is not the number of segments from ST to SE.
    SeCount = "se-count" Error;
    /// GE01 is not the number of transaction sets in the group.
    GeCount = "ge-count" Error;
    /// IEA01 is not the number of groups in the interchange.
    IeaCount = "iea-count" Error;
    /// SE02, GE02 or IEA02 differs from ST02, GS06 or ISA13.
    ControlNumberMismatch = "control-number-mismatch" Error;
    /// The file ends, or another envelope begins, before SE, GE or IEA.
    Truncated = "truncated" Error;
    /// Separators that cannot be trusted, or no ISA: nothing is read up to the next interchange.
    InterchangeUnreadable = "interchange-unreadable" Error;
    /// A segment is longer than the reader accepts; its bytes are kept, its meaning is not read.
    SegmentTooLong = "segment-too-long" Error;
    /// A segment stands where an 835 has no place for it; its bytes are kept.
    SegmentUnexpected = "segment-unexpected" Warning;
    /// SVC02 less the line's adjustments is not SVC03.
    LineUnbalanced = "line-unbalanced" Error;
    /// CLP03 less all adjustments is not CLP04.
    ClaimUnbalanced = "claim-unbalanced" Error;
    /// The claims' payments less the PLB amounts are not BPR02.
    TransactionUnbalanced = "transaction-unbalanced" Error;
    /// CLP05 is not the sum of the PR adjustments.
    PatientResponsibilityUnbalanced = "patient-responsibility-unbalanced" Error;
    /// An amount is missing or unreadable where a balance needs it.
    AmountUnreadable = "amount-unreadable" Error;
    /// BPR02 is below zero.
    BprNegative = "bpr-negative" Warning;
    /// A PLB amount is zero.
    PlbZero = "plb-zero" Warning;
    /// A PLB reason that X12 does not list.
    PlbReasonUnknown = "plb-reason-unknown" Warning;
    /// A PLB recovery that names nothing it could be traced to (WU).
    PlbUntraceable = "plb-untraceable" Warning;
    /// An NPI whose check digit is wrong.
    NpiCheckDigit = "npi-check-digit" Warning;
    /// A claim adjustment reason code after its stop date.
    ReasonCodeRetired = "reason-code-retired" Warning;
    /// Other content under the same TRN02, TRN03 and payee.
    TrnReused = "trn-reused" Warning;
    /// The same remittance in another file.
    DeliveredTwice = "delivered-twice" Warning;
    /// A reversal of a payment that the ledger does not know.
    ReversalWithoutOriginal = "reversal-without-original" Error;
    /// A reversal of a payment that has been reversed before.
    ReversedTwice = "reversed-twice" Error;
    /// A reversal whose amounts are not those of the payment, negated.
    ReversalNotNegated = "reversal-not-negated" Error;
    /// A forward balance consumed that was never made.
    ForwardUnknown = "forward-unknown" Error;
    /// More of a forward balance consumed than was left of it.
    ForwardAmount = "forward-amount" Error;
    /// A forward balance made under another id than TRN02.
    ForwardForeignId = "forward-foreign-id" Warning;
    /// Two forward balances made in one remittance.
    TwoLiveForwards = "two-live-forwards" Warning;
    /// A claim was reversed, and its recovery taken by letter too.
    LetterAndReversal = "letter-and-reversal" Warning;
    /// Reversal and letter together took more than was identified.
    RecoveredTwice = "recovered-twice" Error;
    /// More was taken than was outstanding.
    OffsetAboveBalance = "offset-above-balance" Error;
    /// Money was taken while a dispute, a stay or a stand-down barred it.
    OffsetWhileBarred = "offset-while-barred" Error;
    /// Money was taken before an offset was eligible.
    OffsetBeforeEligible = "offset-before-eligible" Error;
    /// Money of one plan was taken for another.
    CrossPlanOffset = "cross-plan-offset" Error;
    /// More was given back than had been taken.
    RestorationAboveTaken = "restoration-above-taken" Error;
    /// A notice lacks what it must carry.
    NoticeDefective = "notice-defective" Warning;
    /// A notice has a control number that a notice of another case of the payee has.
    ControlNumberReused = "control-number-reused" Warning;
    /// A visit was cancelled after the last day for it, or not in writing to both people.
    CancellationLate = "cancellation-late" Warning;
    /// A fact was recorded long after it is said to have happened.
    LateKnowledge = "late-knowledge" Warning;
    /// A standard was not in force on a day of service.
    StandardNotInForce = "standard-not-in-force" Warning;
    /// A payment run that was announced and never came.
    RunMissing = "run-missing" Warning;
    /// A remittance whose records are not all there yet.
    RemittanceIncomplete = "remittance-incomplete" Warning;
    /// We made contact while a stand-down forbade it.
    ContactWhileBarred = "contact-while-barred" Warning;
}

/// The version of the rules above, recorded with each finding.
pub const RULES_VERSION: u32 = 1;

/// One breach of one rule at one place.
///
/// Members ascend, as in every body. `expected` and `found` are the two sides of a sum or a count as
/// text; both are empty where a rule compares nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What should have stood there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What stood there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub found: String,
    /// One sentence for a person, without personal data.
    pub message: Cow<'static, str>,
    /// Byte offset of the segment from the start of the file.
    pub offset: u64,
    /// Where in the envelopes, 1-based: `ISA[1]/GS[1]/ST[2]/CLP[3]/SVC[1]`.
    pub path: String,
    /// The rule that was broken.
    pub rule: Rule,
    /// Number of the segment in the file, from 1.
    pub segment: u64,
    /// How much it matters.
    pub severity: Severity,
    /// Version of the rules, [`RULES_VERSION`].
    pub version: u32,
}
