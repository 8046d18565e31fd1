//! A remittance's two ends and its provider adjustments (835 ST to SE, without its claims).

use serde::{Deserialize, Serialize};

use super::text::{Day, Text};
use crate::finding::Finding;
use crate::money::Money;

/// The body of `remittance-received`: a remittance begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemittanceReceived<'a> {
    /// Where it stood.
    #[serde(borrow)]
    pub file: RemittanceFile<'a>,
    /// Everything from ST up to the first claim, as text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Text<'a>>,
    /// The same where it is not text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub original_base64: Option<Text<'a>>,
    /// Who is paid.
    #[serde(borrow)]
    pub payee: Payee<'a>,
    /// Who pays.
    #[serde(borrow)]
    pub payer: Payer<'a>,
    /// The payment.
    #[serde(borrow)]
    pub payment: Payment<'a>,
    /// 835 DTM*405.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub produced: Option<Day>,
    /// Digest of the remittance, hex.
    #[serde(borrow)]
    pub remittance: Text<'a>,
}

/// Where a remittance stood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemittanceFile<'a> {
    /// 835 GS06.
    #[serde(borrow)]
    pub group_control: Text<'a>,
    /// 835 ISA13.
    #[serde(borrow)]
    pub interchange_control: Text<'a>,
    /// Byte offset of its ST.
    pub offset: u64,
    /// Which 835 of the file, from 1.
    pub ordinal: u64,
    /// Segment number of its ST, from 1.
    pub segment: u64,
    /// SHA-256 of the file, hex.
    #[serde(borrow)]
    pub sha256: Text<'a>,
    /// 835 ST02.
    #[serde(borrow)]
    pub transaction_control: Text<'a>,
}

/// Who is paid (835 N1*PE, REF*TJ).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payee<'a> {
    /// NPI, else tax id, else what N104 says, else `unknown`.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// 835 N102.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a>>,
    /// National provider identifier.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub npi: Option<Text<'a>>,
    /// Tax id.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub tin: Option<Text<'a>>,
}

/// Who pays (835 TRN03, N1*PR).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer<'a> {
    /// 835 TRN03.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    /// 835 N102.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a>>,
    /// 835 N104, the health plan's number.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Text<'a>>,
}

/// The payment (835 BPR, TRN02).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment<'a> {
    /// 835 BPR02.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// 835 BPR03.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub credit_debit: Option<Text<'a>>,
    /// 835 BPR16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Day>,
    /// 835 BPR01.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Text<'a>>,
    /// 835 BPR04.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Text<'a>>,
    /// 835 TRN02.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Text<'a>>,
}

/// The body of `provider-adjusted`: one pair of a PLB.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderAdjusted<'a> {
    /// What was adjusted.
    #[serde(borrow)]
    pub adjustment: AdjustmentNumbers<'a>,
    /// Segments ahead of the PLB that belong to nothing else, as text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Text<'a>>,
    /// The same where they are not text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub before_base64: Option<Text<'a>>,
    /// The PLB, with its first pair only, as text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Text<'a>>,
    /// The same where it is not text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub original_base64: Option<Text<'a>>,
    /// 835 PLB03-2: payers put account numbers there, so it is a field of its own.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Text<'a>>,
}

/// One pair of a PLB, without its reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentNumbers<'a> {
    /// 835 PLB04; positive takes from the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// 835 PLB02.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fiscal_period: Option<Day>,
    /// Its number in the remittance, from 1.
    pub ordinal: u64,
    /// Who is paid.
    #[serde(borrow)]
    pub payee: Text<'a>,
    /// 835 PLB01.
    #[serde(borrow)]
    pub provider: Text<'a>,
    /// 835 PLB03-1.
    #[serde(borrow)]
    pub reason: Text<'a>,
    /// Digest of the remittance, hex.
    #[serde(borrow)]
    pub remittance: Text<'a>,
}

/// The body of `remittance-closed`: a remittance is whole, or cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemittanceClosed<'a> {
    /// Whether it adds up.
    pub balance: BalanceFigures,
    /// Segments ahead of the SE that belong to nothing else, as text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Text<'a>>,
    /// The same where they are not text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub before_base64: Option<Text<'a>>,
    /// How much it holds.
    pub counts: Counts,
    /// What was odd when it was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The SE, as text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Text<'a>>,
    /// The same where it is not text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub original_base64: Option<Text<'a>>,
    /// Digest of the remittance, hex.
    #[serde(borrow)]
    pub remittance: Text<'a>,
    /// True where its SE is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// The two sides of the transaction's balance; sums of what could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceFigures {
    /// Sum of the PLB amounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustments: Option<Money>,
    /// Sum of CLP04.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Money>,
    /// By how much BPR02 is above what it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<Money>,
    /// 835 BPR02.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Money>,
    /// Whether it adds up.
    pub verdict: Verdict,
}

/// Whether a balance holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    Off,
    /// An amount is missing or unreadable, or the remittance was cut off.
    Unverifiable,
}

/// How much a remittance holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// CAS triples.
    pub adjustments: u64,
    /// CLP segments.
    pub claims: u64,
    /// Claims with CLP02 = 4.
    pub denied: u64,
    /// SVC segments.
    pub lines: u64,
    /// PLB pairs.
    pub plb_adjustments: u64,
    /// Claims with CLP02 = 22.
    pub reversals: u64,
}
