//! What was taken, given back and given up. Amounts are above zero; the event says which way they go.

use serde::{Deserialize, Serialize};

use crate::event::text::Day;
use crate::id::Digest;
use crate::money::Money;

/// An instruction to take money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OffsetInstruction {
    /// How much, above zero.
    pub amount: Money,
    /// The first payment date it may be taken from.
    pub first_on: Day,
    /// From whose payments; the plan of the case where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

/// Money taken, as somebody says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OffsetTaken {
    /// How much, above zero.
    pub amount: Money,
    /// From whose payments; the plan of the case where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The remittance, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remittance: Option<Digest>,
    /// Its check or EFT number (835 TRN02).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// Money taken and given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OffsetGivenBack {
    /// How much, above zero.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// The check or EFT number of the payment that gave it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// Money that the provider paid back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// How much, above zero.
    pub amount: Money,
    /// The number of the check or transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

/// A movement and why it belongs here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// How much it moved, above zero where it was taken; only where it was seen under another payee,
    /// because a journal is folded without the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The record that shows it, as `p02/118204`.
    pub movement: String,
    /// Why.
    pub reason: String,
    /// The payment date of the remittance that shows it; only where it was seen under another payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_on: Option<Day>,
}

/// A movement and why it does not belong here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Unattribution {
    /// The record that shows it, as `p02/118204`.
    pub movement: String,
    /// Why.
    pub reason: String,
}

/// What becomes of money taken wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Restore {
    /// It is given back.
    Restore,
    /// It is kept.
    Keep,
}

impl Restore {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Restore, Self::Keep];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::Keep => "keep",
        }
    }
}

/// Whether money is given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RestorationDecision {
    /// How much.
    pub amount: Money,
    /// What becomes of it.
    pub decision: Restore,
    /// Why.
    pub reason: String,
}

/// Money given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Restoration {
    /// How much, without interest.
    pub amount: Money,
    /// Interest paid beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interest: Option<Money>,
    /// The check or EFT number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// One payment of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Instalment {
    /// How much.
    pub amount: Money,
    /// By when.
    pub due: Day,
}

/// Instalments that were agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RepaymentPlan {
    /// What is due when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instalments: Vec<Instalment>,
}

/// A plan that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanDefault {
    /// What was not kept.
    pub reason: String,
}

/// Why a balance may be referred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Horizon {
    /// The forecast says longer than the horizon.
    Forecast,
    /// The horizon has passed with a balance.
    Elapsed,
}

impl Horizon {
    /// All, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Forecast, Self::Elapsed];

    /// The word that files and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forecast => "forecast",
            Self::Elapsed => "elapsed",
        }
    }
}

/// A referral to collections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CollectionsReferral {
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// What allows it.
    pub because: Horizon,
    /// Why the person decided so.
    pub reason: String,
}

/// Less was agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// Why.
    pub reason: String,
    /// By how much the overpayment is reduced.
    pub reduced: Money,
}

/// A balance given up for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WriteOff {
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
}

/// Money that somebody else recovered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OtherRecovery {
    /// How much.
    pub amount: Money,
    /// Who.
    pub by: String,
}

/// A debt discharged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Discharge {
    /// How much.
    pub amount: Money,
    /// The court file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docket: Option<String>,
}

/// A bankruptcy stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Stay {
    /// Which court.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub court: Option<String>,
    /// The court file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docket: Option<String>,
}
