//! What is given when a command is decided: rows, policies, today, and what was looked up of claims.
//!
//! All of it values: deciding looks nothing up in the world.

use chrono::NaiveDate;
use lookback_events::money::Money;
use lookback_projections::Position;
use lookback_projections::clocks::Rulebook;
use lookback_projections::payments::Dates;
use lookback_projections::rows::{Rows, RowsError};

use super::refusal::Refusal;
use crate::command::Command;

/// What deciding may look at.
pub struct Given<'a> {
    /// The rows at the head.
    pub rows: &'a dyn Rows,
    /// The policies that hold in the ledger.
    pub rules: &'a Rulebook,
    /// How many payment journals there are.
    pub journals: u8,
    /// The plan's day of today: the day of recording.
    pub today: NaiveDate,
    /// The day on which the ledger was created.
    pub created: NaiveDate,
    /// What was found of the claims that the command names, in its order.
    pub claims: &'a [FoundClaim],
    /// The command that a proposal holds, for `propose` and `approve`.
    pub proposed: Option<&'a Command>,
}

/// What is known of a claim: every payment that the payee had under its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundClaim {
    /// In the order of their journal; no reversals.
    pub payments: Vec<FoundPayment>,
}

/// A payment of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPayment {
    /// Its record.
    pub at: Position,
    /// When it moved money; `None` where the payer gave no date, or its check was voided or stopped.
    pub moved_on: Option<NaiveDate>,
    /// Why it moved no money: its check was voided or stopped, and not issued again.
    pub never: Option<&'static str>,
    /// 835 CLP07, trimmed; empty where it is missing.
    pub payer_control: String,
    /// 835 CLP04.
    pub paid: Option<Money>,
    /// Number and payment of its lines (835 SVC03).
    pub lines: Vec<(u64, Option<Money>)>,
    /// Its days of service.
    pub service: Dates,
    /// Which record reversed it.
    pub reversed_by: Option<Position>,
}

impl FoundClaim {
    /// The payment that is meant: the one named, else the latest that stands.
    pub fn meant(&self, named: Option<Position>) -> Option<&FoundPayment> {
        if let Some(at) = named {
            return self.payments.iter().find(|payment| payment.at == at);
        }
        let stands = |payment: &&FoundPayment| payment.reversed_by.is_none();
        self.payments.iter().rfind(stands).or_else(|| self.payments.last())
    }
}

impl FoundPayment {
    /// What is still paid of it: nothing once it was reversed, and nothing where no money was moved.
    pub fn net(&self) -> Money {
        self.stands(self.paid)
    }

    /// What is still paid of a line; `None` where it has no such line.
    pub fn net_of_line(&self, line: u64) -> Option<Money> {
        let (_, paid) = self.lines.iter().find(|(number, _)| *number == line)?;
        Some(self.stands(*paid))
    }

    fn stands(&self, paid: Option<Money>) -> Money {
        let gone = self.reversed_by.is_some() || self.never.is_some();
        if gone { Money::ZERO } else { paid.unwrap_or_default() }
    }
}

/// Why a decision came to no event: the rules said no, or the rows failed.
#[derive(Debug)]
pub(super) enum No {
    Refused(Box<Refusal>),
    Rows(RowsError),
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<RowsError> for No {
    fn from(error: RowsError) -> Self {
        Self::Rows(error)
    }
}
