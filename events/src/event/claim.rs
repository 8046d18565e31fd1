//! What a payer said of one claim (835 loop 2100 and its lines).
//!
//! Not what follows from it: nothing here is added up. One shape for every status; the event's name
//! says which. Fields are cut by who may see them.

use crate::money::Money;
use serde::{Deserialize, Serialize};

use super::text::{Day, Text};

/// The body of `claim-paid`, `claim-denied`, `claim-reversed`, `claim-forwarded`,
/// `claim-predetermined` and `claim-reported`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimBody<'a> {
    /// Segments ahead of the loop that belong to no claim, as text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Text<'a>>,
    /// The same where they are not text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub before_base64: Option<Text<'a>>,
    /// Numbers and codes of the claim.
    #[serde(borrow)]
    pub claim: ClaimNumbers<'a>,
    /// Days.
    pub dates: ClaimDates,
    /// Amounts.
    #[serde(borrow)]
    pub money: ClaimMoney<'a>,
    /// The loop as received, as text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Text<'a>>,
    /// The same where it is not text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub original_base64: Option<Text<'a>>,
    /// Names and numbers of persons.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Persons<'a>>,
    /// Remarks of the payer.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<Remarks<'a>>,
    /// What was done, by line.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service<'a>>,
}

/// Numbers and codes of a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimNumbers<'a> {
    /// True where an absurdly long loop goes on after what was itemised.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continued: bool,
    /// 835 CLP11, diagnosis related group.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub drg: Option<Text<'a>>,
    /// 835 CLP08.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<Text<'a>>,
    /// 835 CLP06.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<Text<'a>>,
    /// 835 CLP09.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<Text<'a>>,
    /// How many lines are only in the bytes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lines_not_itemised: u64,
    /// Where the service was given: REF*LU, else TS301.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Text<'a>>,
    /// Its number in the remittance, from 1.
    pub ordinal: u64,
    /// 835 CLP01.
    #[serde(borrow)]
    pub patient_control: Text<'a>,
    /// Who is paid: NPI, else tax id.
    #[serde(borrow)]
    pub payee: Text<'a>,
    /// 835 CLP07.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub payer_control: Option<Text<'a>>,
    /// Other payers that are named (835 NM1*TT, NM1*PR).
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub payers: Vec<Party<'a>>,
    /// 835 REF of the claim that are no person's numbers, F8 among them.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference<'a>>,
    /// Digest of the remittance, hex.
    #[serde(borrow)]
    pub remittance: Text<'a>,
    /// 835 NM1*82.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub rendering: Option<Party<'a>>,
    /// 835 CLP02.
    #[serde(borrow)]
    pub status: Text<'a>,
}

/// A provider or payer that a claim names (835 NM1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party<'a> {
    /// 835 NM109.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    /// 835 NM108.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id_qualifier: Option<Text<'a>>,
    /// 835 NM103.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a>>,
    /// 835 NM101.
    #[serde(borrow)]
    pub qualifier: Text<'a>,
}

/// A reference (835 REF).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference<'a> {
    /// 835 REF01.
    #[serde(borrow)]
    pub qualifier: Text<'a>,
    /// 835 REF02.
    #[serde(borrow)]
    pub value: Text<'a>,
}

/// Days of a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimDates {
    /// 835 DTM*036, the coverage ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<Day>,
    /// 835 DTM*232, the first day of the statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Days of service, by line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineDates>,
    /// 835 DTM*050, the payer received the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Day>,
    /// 835 DTM*233, the last day of the statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
}

/// Days of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDates {
    /// 835 DTM*472 or DTM*150.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Number of the line.
    pub line: u32,
    /// 835 DTM*151.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
}

/// Amounts of a claim; what could not be read is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimMoney<'a> {
    /// 835 CAS of claim and lines.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<AdjustmentMoney<'a>>,
    /// 835 AMT of claim and lines.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<OtherAmount<'a>>,
    /// 835 CLP03.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Money>,
    /// 835 SVC02 and SVC03.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineMoney>,
    /// 835 CLP04.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Money>,
    /// 835 CLP05.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Money>,
}

/// One triple of a CAS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentMoney<'a> {
    /// The amount; positive takes from the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// 835 CAS01.
    #[serde(borrow)]
    pub group: Text<'a>,
    /// 0 for the claim, else the number of the line.
    pub line: u32,
    /// How many units were adjusted.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Text<'a>>,
    /// The reason code.
    #[serde(borrow)]
    pub reason: Text<'a>,
}

/// One AMT.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherAmount<'a> {
    /// 835 AMT02.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// 0 for the claim, else the number of the line.
    pub line: u32,
    /// 835 AMT01.
    #[serde(borrow)]
    pub qualifier: Text<'a>,
}

/// Amounts of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineMoney {
    /// 835 SVC02.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Money>,
    /// Number of the line.
    pub line: u32,
    /// 835 SVC03.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Money>,
}

/// Names and numbers of persons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persons<'a> {
    /// 835 NM1 of patient, insured and others.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Person<'a>>,
    /// 835 REF that are a person's numbers (member, policy, social security).
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference<'a>>,
}

/// A person (835 NM1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person<'a> {
    /// 835 NM104.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Text<'a>>,
    /// 835 NM109.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    /// 835 NM108.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id_qualifier: Option<Text<'a>>,
    /// 835 NM103.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Text<'a>>,
    /// 835 NM105.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub middle: Option<Text<'a>>,
    /// 835 NM101.
    #[serde(borrow)]
    pub qualifier: Text<'a>,
    /// 835 NM107.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<Text<'a>>,
}

/// Remarks of the payer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remarks<'a> {
    /// 835 LQ.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Remark<'a>>,
    /// 835 MIA01 and on.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub inpatient: Vec<Text<'a>>,
    /// 835 MOA01 and on.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub outpatient: Vec<Text<'a>>,
}

/// One remark code (835 LQ).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark<'a> {
    /// 835 LQ02.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// Number of the line.
    pub line: u32,
    /// 835 LQ01.
    #[serde(borrow)]
    pub qualifier: Text<'a>,
}

/// What was done on a line (835 SVC).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service<'a> {
    /// 835 SVC01-2.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// Number of the line.
    pub line: u32,
    /// 835 SVC01-3 to SVC01-6.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub modifiers: Vec<Text<'a>>,
    /// 835 REF*LU of the line.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Text<'a>>,
    /// 835 SVC01-1.
    #[serde(borrow)]
    pub qualifier: Text<'a>,
    /// 835 REF of the line, but LU.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference<'a>>,
    /// 835 SVC04.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub revenue: Option<Text<'a>>,
    /// 835 SVC06-2, the code submitted where another was paid.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<Text<'a>>,
    /// 835 SVC05.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub units: Option<Text<'a>>,
    /// 835 SVC07, the units submitted where others were paid.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub units_submitted: Option<Text<'a>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_claim_is_shown_by_debug() {
        let body = ClaimBody {
            original: Some("CLP*DOE~".into()),
            patient: Some(Persons {
                names: vec![Person { last: Some("DOE".into()), ..Person::default() }],
                references: Vec::new(),
            }),
            ..ClaimBody::default()
        };
        assert!(!format!("{body:?}").contains("DOE"));
    }
}
