//! What may be claimed back of a payment: no more than is still paid of it, all cases together
//! (DOMAIN 3.14).

use std::collections::BTreeMap;

use lookback_events::event::act::ClaimPart;
use lookback_events::id::{CaseId, PayeeId};
use lookback_events::money::Money;
use lookback_projections::Position;
use lookback_projections::cases::{self, CaseRow, End};
use lookback_projections::rows::{Rows, RowsError};

use super::given::{FoundClaim, FoundPayment, Given, No};
use super::refusal::{Refusal, place};

/// What other cases hold of a payment.
#[derive(Debug, Default)]
pub struct Held {
    /// Of the claim as a whole, by case.
    pub whole: BTreeMap<CaseId, Money>,
    /// Of its lines, by line and case.
    pub lines: BTreeMap<u64, BTreeMap<CaseId, Money>>,
}

impl Held {
    /// Holds more of a payment for a case.
    pub(super) fn add(&mut self, case: &CaseId, line: Option<u64>, amount: Money) {
        let sums = match line {
            Some(line) => self.lines.entry(line).or_default(),
            None => &mut self.whole,
        };
        let sum = sums.entry(case.clone()).or_default();
        *sum = sum.checked_add(amount).unwrap_or(*sum);
    }
}

/// What cases other than `own` hold of a payment of a claim, which is named by its patient control
/// number. One that was given up holds nothing.
///
/// # Errors
/// When the rows cannot be read.
pub fn held(
    rows: &dyn Rows,
    payee: &PayeeId,
    claim: &str,
    payment: Position,
    own: Option<&CaseId>,
) -> Result<Held, RowsError> {
    let mut held = Held::default();
    for id in cases::of_claim(rows, payee, claim)? {
        if own == Some(&id) {
            continue;
        }
        let Some(row) = cases::case(rows, &id)? else { continue };
        if gave_up(&row) {
            continue;
        }
        for claim in row.claims.iter().filter(|claim| claim.payment == Some(payment)) {
            held.add(&id, None, claim.amount);
            for (line, amount) in &claim.lines {
                held.add(&id, Some(*line), *amount);
            }
        }
    }
    Ok(held)
}

fn gave_up(row: &CaseRow) -> bool {
    matches!(row.ended, Some((_, End::Withdrawn | End::Overturned)))
}

/// Finds the payments that a command's claims mean, writes them into the claims, and refuses what is
/// above what is still paid.
pub(super) fn resolve(
    given: &Given<'_>,
    payee: &PayeeId,
    own: &CaseId,
    parts: &mut [ClaimPart],
) -> Result<(), No> {
    // A command may name a payment more than once: each part is held beside those before it.
    let mut asked: Vec<(lookback_projections::Position, ClaimPart)> = Vec::new();
    for (number, (part, found)) in (1..).zip(parts.iter_mut().zip(given.claims)) {
        amounts(number, part)?;
        let payment = meant(payee, number, part, found)?;
        let mut held = held(given.rows, payee, &part.patient_control, payment.at, Some(own))?;
        for (_, before) in asked.iter().filter(|(at, _)| *at == payment.at) {
            held.add(own, None, before.amount.unwrap_or_default());
            for line in &before.lines {
                held.add(own, Some(line.line), line.amount.unwrap_or_default());
            }
        }
        within(number, part, payment, &held)?;
        asked.push((payment.at, part.clone()));
        part.payment = Some(place(payment.at));
        if part.payer_control.is_none() && !payment.payer_control.is_empty() {
            part.payer_control = Some(payment.payer_control.clone());
        }
    }
    Ok(())
}

/// The payment that a claim of a command means.
pub(super) fn meant<'a>(
    payee: &PayeeId,
    number: usize,
    part: &ClaimPart,
    found: &'a FoundClaim,
) -> Result<&'a FoundPayment, No> {
    if found.payments.is_empty() {
        return Err(Refusal::ClaimUnknown { payee: payee.clone(), number }.into());
    }
    let named = match &part.payment {
        Some(text) => {
            let at = text.trim().parse::<crate::journal::Position>();
            let wrong = |_| Refusal::PaymentUnknown { number, payment: "what it names".to_owned() };
            let at = at.map_err(wrong)?;
            Some(Position { journal: at.journal, seq: at.seq })
        }
        None => None,
    };
    found.meant(named).ok_or_else(|| {
        let payment = named.map(place).unwrap_or_default();
        Refusal::PaymentUnknown { number, payment }.into()
    })
}

/// Every part of an overpayment has an amount above zero, and lines add up to their claim.
pub(super) fn amounts(number: usize, part: &mut ClaimPart) -> Result<(), No> {
    const HELP: &str = "give the claim's amount, or an amount for each of its lines";
    let unsound = |what: String| No::from(Refusal::Unsound { what, help: HELP });
    let positive = |amount: Money| !amount.is_negative() && !amount.is_zero();
    let mut of_lines = Money::ZERO;
    for line in &part.lines {
        let Some(amount) = line.amount else {
            return Err(unsound(format!(
                "claim {number} of the command, line {}: no amount",
                line.line
            )));
        };
        if !positive(amount) {
            return Err(Refusal::NotAboveZero { what: "the amount of a line" }.into());
        }
        of_lines =
            of_lines.checked_add(amount).ok_or(Refusal::NotAboveZero { what: "a sum too long" })?;
    }
    match part.amount {
        None if part.lines.is_empty() => {
            return Err(unsound(format!("claim {number} of the command: no amount")));
        }
        None => part.amount = Some(of_lines),
        Some(amount) if !positive(amount) => {
            return Err(Refusal::NotAboveZero { what: "the amount of a claim" }.into());
        }
        Some(amount) if !part.lines.is_empty() && amount != of_lines => {
            let (amount, of_lines) = (amount.grouped(), of_lines.grouped());
            return Err(unsound(format!(
                "claim {number} of the command: its lines add up to {of_lines}, not to {amount}"
            )));
        }
        Some(_) => {}
    }
    Ok(())
}

pub(super) fn within(
    number: usize,
    part: &ClaimPart,
    payment: &FoundPayment,
    held: &Held,
) -> Result<(), No> {
    for line in &part.lines {
        let Some(net) = payment.net_of_line(line.line) else {
            return Err(Refusal::Unsound {
                what: format!(
                    "claim {number} of the command: the payment has no line {}",
                    line.line
                ),
                help: "lookback show claim PAYEE/NUMBER --lines shows them",
            }
            .into());
        };
        let others = held.lines.get(&line.line).cloned().unwrap_or_default();
        let asked = line.amount.unwrap_or_default();
        above(number, Some(line.line), asked, net, &others, payment)?;
    }
    let asked = part.amount.unwrap_or_default();
    above(number, None, asked, payment.net(), &held.whole, payment)
}

fn above(
    number: usize,
    line: Option<u64>,
    asked: Money,
    net: Money,
    others: &BTreeMap<CaseId, Money>,
    payment: &FoundPayment,
) -> Result<(), No> {
    let sum = others.values().try_fold(asked, |sum, held| sum.checked_add(*held));
    if sum.is_some_and(|sum| sum <= net) {
        return Ok(());
    }
    let others = others.iter().map(|(case, held)| (Some(case.clone()), *held)).collect();
    let (payment, never) = (payment.at, payment.never);
    Err(Refusal::AboveNetPaid { number, line, asked, net, others, never, payment }.into())
}
