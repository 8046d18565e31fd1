//! Events of the control journal, and the two that any journal may hold.
//!
//! Sealed under the ledger's own unit and free of personal data; the exception is
//! [`OriginalPart`], which lies under the unit of what it continues.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::hash::Hash;
use crate::id::{Digest, JournalId, PayeeId};
use crate::money::Money;
use crate::time::{MonthDay, Timestamp};

/// Whether a ledger holds real remittances or test data (835 ISA15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// Real remittances, ISA15 `P`.
    Production,
    /// Test data, ISA15 `T`.
    Test,
}

/// The ledger began: the choices that hold for its whole life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCreated {
    /// The choices.
    pub ledger: LedgerChoices,
}

/// What is fixed when a ledger is created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerChoices {
    /// The day on which contract years begin.
    pub contract_year_start: MonthDay,
    /// When it was created, UTC.
    pub created: Timestamp,
    /// The last day of the plan's fiscal year, once it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fiscal_year_end: Option<MonthDay>,
    /// How many payment journals.
    pub journals: u8,
    /// The name its logs go by.
    pub origin: String,
    /// The Ed25519 public key that its checkpoints are signed with, in base64: whoever comes with
    /// another signing key is found out without any checkpoint at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<String>,
    /// The plan's time zone, an IANA name.
    pub time_zone: String,
    /// Which interchanges it takes.
    pub usage: Usage,
}

impl LedgerCreated {
    /// Name and version.
    pub const EVENT: &'static str = "ledger-created/1";
}

/// A payee, or another identifier of one, was seen for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeeSeen<'a> {
    /// Who, and where its money is booked.
    #[serde(borrow)]
    pub payee: PayeeIdentity<'a>,
}

/// A payee with the identifiers it was seen with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeeIdentity<'a> {
    /// The NPI, else the TIN, else `unknown`.
    pub id: PayeeId,
    /// The journal it belongs to for ever.
    pub journal: JournalId,
    /// The name it was given (835 N102 of N1*PE).
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// Its NPI (835 N104 where N103 is XX).
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub npi: Option<Cow<'a, str>>,
    /// Its TIN (835 N104 where N103 is FI, or REF*TJ).
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub tin: Option<Cow<'a, str>>,
}

impl PayeeSeen<'_> {
    /// Name and version.
    pub const EVENT: &'static str = "payee-seen/1";
}

/// Two payees that have journals of their own were seen to belong together; nothing is merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeesLinked {
    /// Which two, and why.
    pub link: PayeeLink,
}

/// Two payees and what links them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeeLink {
    /// The one that was known before.
    pub known: PayeeId,
    /// The one whose remittance showed it.
    pub seen: PayeeId,
    /// Why they belong together.
    pub why: LinkReason,
}

/// What links two payees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkReason {
    /// One is a TIN that was given alone, the other an NPI that was given with this TIN.
    SameTin,
}

impl LinkReason {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameTin => "same-tin",
        }
    }
}

impl PayeesLinked {
    /// Name and version.
    pub const EVENT: &'static str = "payees-linked/1";
}

/// What became of a file, or of one remittance in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All of it is recorded.
    Recorded,
    /// It had been recorded before; nothing was added.
    AlreadyRecorded,
    /// Some of it is recorded, some refused or not readable.
    PartlyRecorded,
    /// None of it was recorded; its bytes are kept.
    Rejected,
}

impl Outcome {
    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::AlreadyRecorded => "already-recorded",
            Self::PartlyRecorded => "partly-recorded",
            Self::Rejected => "rejected",
        }
    }
}

/// A file was taken in, or refused; it ends the list that [`FilePart`]s began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReceived<'a> {
    /// What the file says in sum.
    pub counts: FileCounts,
    /// The file itself.
    #[serde(borrow)]
    pub file: FileIdentity<'a>,
    /// Findings of the file that belong to no remittance, after those of earlier parts.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// What the file is made of, in order, after the pieces of earlier [`FilePart`]s.
    #[serde(borrow, default)]
    pub layout: Vec<Piece<'a>>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it, or a part of it, was not recorded.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
}

impl FileReceived<'_> {
    /// Name and version.
    pub const EVENT: &'static str = "file-received/1";
}

/// A file by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileIdentity<'a> {
    /// Its length in bytes.
    pub bytes: u64,
    /// The last part of its path, `-` for standard input.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// SHA-256 over all its bytes.
    pub sha256: Digest,
}

/// What a file holds, as counted when it was read (the columns of `check`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileCounts {
    /// CAS triples that hold a reason or an amount.
    pub adjustments: u64,
    /// Sum of BPR02.
    pub bpr_total: Money,
    /// Sum of CLP04.
    pub claim_paid: Money,
    /// CLP segments.
    pub claims: u64,
    /// CLP02 = 4.
    pub denied: u64,
    /// ISA segments.
    pub interchanges: u64,
    /// SVC segments.
    pub lines: u64,
    /// PLB pairs.
    pub plb_adjustments: u64,
    /// Sum of PLB amounts as signed in the file.
    pub plb_total: Money,
    /// CLP02 = 22.
    pub reversals: u64,
    /// ST segments of 835s.
    pub transactions: u64,
}

/// A part of a file's list of pieces that did not fit its `FileReceived`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePart<'a> {
    /// SHA-256 of the file.
    pub file: Digest,
    /// Findings of the file that belong to no remittance, after those of earlier parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The pieces, in order, after those of earlier parts.
    #[serde(borrow)]
    pub layout: Vec<Piece<'a>>,
    /// Number of this part, from 0.
    pub number: u64,
}

impl FilePart<'_> {
    /// Name and version.
    pub const EVENT: &'static str = "file-part/1";
}

/// One stretch of a file, and where its bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Piece<'a> {
    /// Envelope segments, here.
    Envelope(#[serde(borrow)] Bytes<'a>),
    /// `original-part` records of the control journal with these numbers.
    Parts {
        /// The first number.
        first: u64,
        /// The last number.
        last: u64,
        /// Why these bytes are not in a remittance's records.
        #[serde(borrow)]
        why: Cow<'a, str>,
    },
    /// The records of a remittance.
    Remittance {
        /// Its identity.
        digest: Digest,
        /// Position of its `RemittanceReceived`.
        first: u64,
        /// The payee's journal.
        journal: JournalId,
        /// Position of its `RemittanceClosed`.
        last: u64,
    },
}

/// Bytes as received: text where they are UTF-8, else base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bytes<'a> {
    /// Not UTF-8, in base64 with padding.
    Base64(#[serde(borrow)] Cow<'a, str>),
    /// UTF-8.
    Text(#[serde(borrow)] Cow<'a, str>),
}

impl<'a> Bytes<'a> {
    /// Keeps bytes as text where they are UTF-8.
    pub fn new(bytes: &'a [u8]) -> Self {
        use base64::Engine as _;
        std::str::from_utf8(bytes).map_or_else(
            |_| Self::Base64(base64::engine::general_purpose::STANDARD.encode(bytes).into()),
            |text| Self::Text(text.into()),
        )
    }

    /// Appends the bytes.
    ///
    /// # Errors
    /// When the base64 is damaged.
    pub fn push_to(&self, out: &mut Vec<u8>) -> Result<(), base64::DecodeError> {
        use base64::Engine as _;
        match self {
            Self::Base64(text) => {
                base64::engine::general_purpose::STANDARD.decode_vec(text.as_bytes(), out)
            }
            Self::Text(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
    }
}

/// Bytes that did not fit their own record, or of which no remittance could be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalPart<'a> {
    /// The bytes.
    #[serde(borrow)]
    pub original: Bytes<'a>,
    /// What they continue.
    pub part: Part,
}

/// What an [`OriginalPart`] continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// SHA-256 of the file.
    pub file: Digest,
    /// Number of the part, from 0: within the file in the control journal, within the remittance in
    /// a payment journal.
    pub number: u64,
    /// Byte offset in the file.
    pub offset: u64,
    /// The remittance, in a payment journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remittance: Option<Digest>,
}

impl OriginalPart<'_> {
    /// Name and version.
    pub const EVENT: &'static str = "original-part/1";
}

/// A stretch of this journal was closed off into an immutable volume (FORMATS 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSealed {
    /// The stretch.
    pub volume: SealedStretch,
}

/// Which records a volume holds, and the root of its stream index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedStretch {
    /// The first position.
    pub first: u64,
    /// The RFC 6962 root over the stream index.
    pub index_root: Hash,
    /// The last position.
    pub last: u64,
    /// How many streams have records in it.
    pub streams: u64,
}

impl std::fmt::Display for SealedStretch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { first, index_root, last, streams } = self;
        write!(f, "records {first} to {last} of {streams} streams under index root {index_root}")
    }
}

impl VolumeSealed {
    /// Name and version.
    pub const EVENT: &'static str = "volume-sealed/1";
}

/// A person accepted a clock that stands before the newest record's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockAccepted {
    /// The two moments.
    pub clock: ClockGap,
}

/// What the clock said and what had been recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockGap {
    /// The newest record's moment, UTC.
    pub newest: Timestamp,
    /// What the clock said when it was accepted, UTC.
    pub now: Timestamp,
}

impl ClockAccepted {
    /// Name and version.
    pub const EVENT: &'static str = "clock-accepted/1";
}
