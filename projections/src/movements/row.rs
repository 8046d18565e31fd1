//! A movement as its row holds it.

use chrono::NaiveDate;
use lookback_events::id::{CaseId, Digest, PayeeId};
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::rows::{RowsError, add};
use crate::{Position, compact};

/// What moved, or postponed, money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MovementKind {
    /// A claim was reversed and corrected in a remittance: reversed less corrected.
    Retraction,
    /// Taken, or postponed, under a number (835 PLB WO), net.
    Letter,
    /// Taken without a number that could be traced (WU).
    Unspecified,
    /// Taken for an affiliated provider (OB).
    Affiliated,
    /// A refund acknowledged (WO with 72).
    Refund,
    /// A refund acknowledged that nothing opposes (72 alone).
    ReturnAlone,
    /// The payer wrote off (WO with CS): nothing was taken.
    WrittenOffByPayer,
    /// A forward balance consumed of which nobody knows what it carried.
    ForwardUnknown,
    /// Seen under another payee and given to this case.
    Assigned,
    /// An offset, as somebody says.
    Offset,
    /// An offset given back, as somebody says.
    GivenBack,
    /// The provider paid, as somebody says.
    RefundCheck,
    /// Money taken wrongly was given back, as somebody says.
    Restored,
}

impl MovementKind {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retraction => "retraction",
            Self::Letter => "letter",
            Self::Unspecified => "unspecified",
            Self::Affiliated => "affiliated",
            Self::Refund => "refund",
            Self::ReturnAlone => "return-alone",
            Self::WrittenOffByPayer => "written-off-by-payer",
            Self::ForwardUnknown => "forward-unknown",
            Self::Assigned => "assigned",
            Self::Offset => "offset",
            Self::GivenBack => "given-back",
            Self::RefundCheck => "refund-check",
            Self::Restored => "restored",
        }
    }

    /// True where somebody told of it; else a remittance shows it.
    pub const fn is_told(self) -> bool {
        match self {
            Self::Offset | Self::GivenBack | Self::RefundCheck | Self::Restored => true,
            Self::Retraction
            | Self::Letter
            | Self::Unspecified
            | Self::Affiliated
            | Self::Refund
            | Self::ReturnAlone
            | Self::WrittenOffByPayer
            | Self::ForwardUnknown
            | Self::Assigned => false,
        }
    }

    /// True where the provider paid it back.
    pub const fn is_refund(self) -> bool {
        match self {
            Self::Refund | Self::ReturnAlone | Self::RefundCheck => true,
            Self::Retraction
            | Self::Letter
            | Self::Unspecified
            | Self::Affiliated
            | Self::WrittenOffByPayer
            | Self::ForwardUnknown
            | Self::Assigned
            | Self::Offset
            | Self::GivenBack
            | Self::Restored => false,
        }
    }

    /// True where it takes from payments: what may be barred, and what an instruction asks for.
    pub const fn is_offset(self) -> bool {
        match self {
            Self::Retraction
            | Self::Letter
            | Self::Unspecified
            | Self::Affiliated
            | Self::ForwardUnknown
            | Self::Assigned
            | Self::Offset
            | Self::GivenBack => true,
            Self::Refund
            | Self::ReturnAlone
            | Self::WrittenOffByPayer
            | Self::RefundCheck
            | Self::Restored => false,
        }
    }
}

/// What of a remittance shows a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum About {
    /// The claim of that number, from 1.
    Claim(u64),
    /// The provider adjustment of that number, from 1.
    Adjustment(u64),
    /// No remittance: somebody told of it.
    Told,
}

/// What of a movement waits under a forward balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Under {
    /// The id of the forward balance.
    pub id: String,
    /// How much of the movement is carried under it now.
    #[serde(with = "compact::cents")]
    pub left: Money,
}

/// A remittance carried a part of a movement forward, or consumed what was carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carry {
    /// The record that closed it.
    pub at: Position,
    /// Its payment date.
    #[serde(with = "compact::day_if_any")]
    pub on: Option<NaiveDate>,
    /// How much more is carried since; below zero where it was consumed, and so collected.
    #[serde(with = "compact::cents")]
    pub more: Money,
}

/// How a movement came to its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// By the ladder, when it was seen.
    Ladder,
    /// By the ladder, when the case was known later.
    Backwards,
    /// By a person, with that record.
    Person(Position),
    /// It was told of that case.
    Told,
}

/// A movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementRow {
    /// Whose payments.
    pub payee: PayeeId,
    /// What it is.
    pub kind: MovementKind,
    /// How much: above zero taken from the provider, below zero given back or postponed.
    #[serde(with = "compact::cents")]
    pub amount: Money,
    /// How much of it is not collected yet, because forward balances carry it.
    #[serde(with = "compact::cents")]
    pub carried: Money,
    /// Under which forward balances.
    pub under: Vec<Under>,
    /// When how much of it began or ceased to be carried, in the order it was seen.
    pub carries: Vec<Carry>,
    /// How much of it was taken while something barred it.
    #[serde(with = "compact::cents")]
    pub barred: Money,
    /// The case it is booked to.
    pub case: Option<CaseId>,
    /// How it came there.
    pub how: Option<How>,
    /// Cases that a person took it from: nothing books it there again by itself.
    pub not: Vec<CaseId>,
    /// True where it waits for a person.
    pub waits: bool,
    /// Payment date of its remittance, or the day it is said to have happened.
    #[serde(with = "compact::day_if_any")]
    pub on: Option<NaiveDate>,
    /// Its remittance.
    #[serde(with = "compact::digest_if_any")]
    pub remittance: Option<Digest>,
    /// Check or EFT number of that (835 TRN02).
    pub trace: Option<String>,
    /// Who paid it (835 TRN03).
    pub payer: Option<String>,
    /// What of the remittance shows it.
    pub about: About,
    /// SHA-256 of payee and the number it names: PLB03-2, or CLP01 of a claim that was reversed.
    #[serde(with = "compact::digest_if_any")]
    pub number: Option<Digest>,
    /// True where a remittance or a document shows it; else it is asserted.
    pub evidenced: bool,
    /// The same movement as somebody told of it, or as it was seen.
    pub twin: Option<Position>,
    /// The record of another payee that shows it.
    pub of: Option<Position>,
}

impl MovementRow {
    /// True where a remittance shows it, of whichever payee, or a document does.
    pub const fn is_shown(&self) -> bool {
        self.evidenced || self.twin.is_some() || self.of.is_some()
    }

    /// True where it moves money of its case: what was told counts only until it is seen.
    pub const fn counts(&self) -> bool {
        match self.kind {
            MovementKind::WrittenOffByPayer => false,
            MovementKind::Offset
            | MovementKind::GivenBack
            | MovementKind::RefundCheck
            | MovementKind::Restored => self.twin.is_none(),
            MovementKind::Retraction
            | MovementKind::Letter
            | MovementKind::Unspecified
            | MovementKind::Affiliated
            | MovementKind::Refund
            | MovementKind::ReturnAlone
            | MovementKind::ForwardUnknown
            | MovementKind::Assigned => true,
        }
    }
}

/// What somebody told of a movement beside its amount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Check or EFT number.
    pub(crate) trace: Option<String>,
    /// The remittance.
    pub(crate) remittance: Option<Digest>,
}

impl MovementRow {
    /// A movement of which nothing else is known yet.
    pub(super) fn of(payee: PayeeId, kind: MovementKind, amount: Money) -> Self {
        Self {
            payee,
            kind,
            amount,
            carried: Money::ZERO,
            under: Vec::new(),
            carries: Vec::new(),
            barred: Money::ZERO,
            case: None,
            how: None,
            not: Vec::new(),
            waits: false,
            on: None,
            remittance: None,
            trace: None,
            payer: None,
            about: About::Told,
            number: None,
            evidenced: false,
            twin: None,
            of: None,
        }
    }

    /// So much more of it is carried under a forward balance, or less.
    pub(super) fn carry(&mut self, id: &str, carry: Carry) -> Result<(), RowsError> {
        let more = carry.more;
        self.carries.push(carry);
        add(&mut self.carried, Some(more))?;
        match self.under.iter_mut().find(|under| under.id == id) {
            Some(under) => add(&mut under.left, Some(more))?,
            None => self.under.push(Under { id: id.to_owned(), left: more }),
        }
        self.under.retain(|under| !under.left.is_zero());
        Ok(())
    }
}
