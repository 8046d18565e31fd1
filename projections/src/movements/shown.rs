//! What a remittance shows, gathered while it is open.
//!
//! A payee without cases costs nothing here but its provider adjustments: whether it has any is read
//! once, when a remittance begins, and stands in the open remittance's row. Of a payee with cases only
//! reversals are gathered, what corrects them, and the claims of its cases.

use lookback_events::event::ClaimKind;
use lookback_events::event::claim::ClaimBody;
use lookback_events::event::remittance::ProviderAdjusted;
use lookback_events::id::{Digest, PayeeId};
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::netting::{Adjustment, Reason};
use crate::cases::{self, Kind};
use crate::keys::Key;
use crate::payments::{Dates, is_reversal};
use crate::remittances::Open;
use crate::rows::{Rows, RowsError, add, read, write};
use crate::{Position, Record, compact, forwards};

/// What the fold of movements must remember of an open remittance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watch {
    /// True where its payee has cases.
    pub(crate) cases: bool,
    /// True where reversals of earlier remittances wait for their correction.
    uncorrected: bool,
    /// How many claims are gathered.
    pub(super) claims: u32,
    /// How many provider adjustments are gathered.
    pub(super) adjustments: u32,
    /// How much was reversed of claims that are not gathered.
    #[serde(with = "compact::cents")]
    pub(super) reversed: Money,
}

/// What is known of the payee when one of its remittances begins or goes on.
pub(crate) fn watch(rows: &dyn Rows, payee: &PayeeId, before: Watch) -> Result<Watch, RowsError> {
    let count = cases::payees_cases(rows, payee)?;
    Ok(Watch { cases: count.cases > 0, uncorrected: count.uncorrected > 0, ..before })
}

/// What a remittance shows of one claim with the same days of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    /// SHA-256 of payee and patient control number.
    #[serde(with = "compact::digest")]
    pub(super) claim: Digest,
    /// The same with the days of service.
    #[serde(with = "compact::digest")]
    pub(super) served: Digest,
    /// SHA-256 of payee and payer control number of the reversal, else of the payment.
    #[serde(with = "compact::digest_if_any")]
    pub(super) payer: Option<Digest>,
    /// Record and number of the first reversal, else of the first payment.
    pub(super) seq: u64,
    /// Its number in the remittance, from 1.
    pub(super) ordinal: u64,
    /// What was reversed in earlier remittances and is not corrected.
    pub(super) before: Uncorrected,
    /// Reversals.
    pub(super) reversals: u32,
    /// What they took back, above zero.
    #[serde(with = "compact::cents")]
    pub(super) reversed: Money,
    /// Payments that correct a reversal.
    pub(super) corrections: u32,
    /// What they paid.
    #[serde(with = "compact::cents")]
    pub(super) corrected: Money,
    /// The last payment that nothing ahead of it asked for: it corrects a reversal behind it.
    #[serde(with = "compact::cents_if_any")]
    pub(super) ahead: Option<Money>,
}

/// Reversals that are not corrected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Uncorrected {
    /// How many.
    pub(super) count: u32,
    /// What they took back and nothing gave again.
    #[serde(with = "compact::cents")]
    pub(super) amount: Money,
    /// The movement of the last of them.
    pub(super) of: Option<Position>,
}

impl Claim {
    /// Takes in a reversal or a payment.
    fn takes(&mut self, reversal: bool, paid: Money) -> Result<(), RowsError> {
        if reversal {
            self.reversals = self.reversals.saturating_add(1);
            return add(&mut self.reversed, Some(paid.negated()));
        }
        if self.reversals.saturating_add(self.before.count) > self.corrections {
            self.corrections = self.corrections.saturating_add(1);
            return add(&mut self.corrected, Some(paid));
        }
        self.ahead = Some(paid);
        Ok(())
    }

    /// Nothing more comes: a payment ahead of its reversal corrects it, unless it is what was reversed.
    pub(super) fn ends(&mut self) -> Result<(), RowsError> {
        let waits = self.reversals > self.corrections;
        if let Some(paid) = self.ahead.filter(|paid| waits && *paid != self.reversed) {
            self.corrections = self.corrections.saturating_add(1);
            add(&mut self.corrected, Some(paid))?;
        }
        Ok(())
    }

    /// How many reversals are still without correction.
    pub(super) fn waiting(&self) -> u32 {
        self.before.count.saturating_add(self.reversals).saturating_sub(self.corrections)
    }
}

pub(super) fn claims_key(remittance: &Digest) -> Key {
    Key::new(b't').digest(remittance).byte(b'c')
}

pub(super) fn adjustments_key(remittance: &Digest) -> Key {
    Key::new(b't').digest(remittance).byte(b'p')
}

pub(super) fn uncorrected_key(payee: &PayeeId, served: &Digest) -> Vec<u8> {
    Key::new(b'v').text(payee.as_str()).digest(served).done()
}

/// A claim with its days of service: a provider may give one number to several.
fn served(claim: &Digest, dates: &Dates) -> Digest {
    let mut hasher = sha2::Sha256::new();
    hasher.update(claim.0);
    for day in [dates.from, dates.to] {
        hasher.update(b"\0");
        if let Some(day) = day {
            hasher.update(day.to_string().as_bytes());
        }
    }
    Digest(hasher.finalize().into())
}

/// A claim comes by.
pub(crate) fn claim(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &mut Open,
    kind: ClaimKind,
    body: &ClaimBody<'_>,
) -> Result<(), RowsError> {
    let reversal = is_reversal(kind, body.money.charge, body.money.paid);
    if !open.money.cases {
        if reversal {
            add(&mut open.money.reversed, body.money.paid.map(Money::negated))?;
        }
        return Ok(());
    }
    if !reversal && matches!(kind, ClaimKind::Forwarded | ClaimKind::Predetermined) {
        return Ok(());
    }
    let claim = cases::number(&open.payee, &body.claim.patient_control);
    let served = served(&claim, &Dates::of(body));
    let key = claims_key(&open.digest).digest(&served).done();
    let known: Option<Claim> = if open.money.claims > 0 { read(rows, &key)? } else { None };
    let is_known = known.is_some();
    let shown = match known {
        Some(known) => known,
        None => {
            let before: Option<Uncorrected> = if open.money.uncorrected {
                read(rows, &uncorrected_key(&open.payee, &served))?
            } else {
                None
            };
            let wanted = reversal || before.is_some() || {
                let named = cases::with_number(rows, &open.payee, Kind::Patient, &claim)?;
                !named.is_empty()
            };
            if !wanted {
                return Ok(());
            }
            Claim {
                claim,
                served,
                payer: None,
                seq: record.seq,
                ordinal: body.claim.ordinal,
                before: before.unwrap_or_default(),
                reversals: 0,
                reversed: Money::ZERO,
                corrections: 0,
                corrected: Money::ZERO,
                ahead: None,
            }
        }
    };
    let mut shown = shown;
    if !is_known || (reversal && shown.reversals == 0) {
        let payer = body.claim.payer_control.as_deref().unwrap_or_default().trim();
        shown.payer = (!payer.is_empty()).then(|| cases::number(&open.payee, payer));
        (shown.seq, shown.ordinal) = (record.seq, body.claim.ordinal);
    }
    shown.takes(reversal, body.money.paid.unwrap_or_default())?;
    if !is_known {
        open.money.claims = open.money.claims.saturating_add(1);
    }
    write(rows, key, &shown)
}

/// A provider adjustment comes by.
pub(crate) fn adjusted(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &mut Open,
    body: &ProviderAdjusted<'_>,
) -> Result<(), RowsError> {
    let amount = body.adjustment.amount.filter(|amount| !amount.is_zero());
    let (Some(amount), Some(reason)) = (amount, Reason::of(&body.adjustment.reason)) else {
        return Ok(());
    };
    let reference = forwards::id(body.reference.as_deref());
    let is_forward = reason == Reason::Forward;
    let shown = Adjustment {
        seq: record.seq,
        ordinal: body.adjustment.ordinal,
        reason,
        number: (!reference.is_empty()).then(|| cases::number(&open.payee, reference)),
        forward: is_forward.then(|| reference.to_owned()),
        amount,
    };
    open.money.adjustments = open.money.adjustments.saturating_add(1);
    write(rows, adjustments_key(&open.digest).long(record.seq).done(), &shown)
}
