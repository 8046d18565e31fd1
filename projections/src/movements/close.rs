//! A remittance closes: what it showed becomes movements, in this order.
//!
//! 1. Forward balances of earlier remittances are consumed: what they carried is collected.
//! 2. What was reversed and corrected becomes retractions; provider adjustments are netted.
//! 3. Each is booked by the ladder, or waits.
//! 4. Forward balances that it makes carry its recoveries, last first.

use std::collections::BTreeMap;

use lookback_events::id::{CaseId, PayeeId};
use lookback_events::money::Money;

use super::booked::{attach, known_case, replace, update};
use super::carrying::{self, Part, Recovery};
use super::ladder::{self, Found};
use super::netting::{self, Adjustment, Reason};
use super::shown::{self, Claim, Uncorrected};
use super::{About, Carry, How, MovementKind, MovementRow, gathered, known, movement};
use crate::cases;
use crate::keys::Key;
use crate::remittances::{self, Open};
use crate::rows::{Rows, RowsError, add, read, write};
use crate::{Position, Record};

/// A movement of a remittance that was booked to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// The record that shows it.
    pub at: Position,
    /// What of the remittance shows it.
    pub about: About,
    /// The case.
    pub case: CaseId,
    /// What it is.
    pub kind: MovementKind,
    /// How much: above zero taken.
    pub amount: Money,
    /// True where somebody had told of it before: it moved nothing more.
    pub told: bool,
}

fn forward_key(payee: &PayeeId, id: &str) -> Vec<u8> {
    Key::new(b'g').text(payee.as_str()).text(id).done()
}

/// A remittance on its way to its movements.
struct Closing<'a> {
    rows: &'a mut dyn Rows,
    open: &'a Open,
    record: &'a Record<'a>,
    /// What every movement of it has in common.
    common: MovementRow,
    recoveries: Vec<Recovery>,
    booked: Vec<Position>,
}

/// Makes the movements of a remittance that closes; gives what was booked, in the order of the rules.
pub(crate) fn closed(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &Open,
) -> Result<Vec<Booking>, RowsError> {
    if open.money.claims == 0 && open.money.adjustments == 0 {
        return Ok(Vec::new());
    }
    let claims: Vec<(Vec<u8>, Claim)> = gathered(rows, &shown::claims_key(&open.digest).done())?;
    let adjustments: Vec<(Vec<u8>, Adjustment)> =
        gathered(rows, &shown::adjustments_key(&open.digest).done())?;
    for key in claims.iter().map(|(key, _)| key).chain(adjustments.iter().map(|(key, _)| key)) {
        rows.remove(key.clone());
    }
    let mut claims: Vec<Claim> = claims.into_iter().map(|(_, claim)| claim).collect();
    claims.sort_by_key(|claim| claim.seq);
    let adjustments: Vec<Adjustment> = adjustments.into_iter().map(|(_, own)| own).collect();
    let Some(row) = remittances::remittance(rows, &open.digest)? else { return Ok(Vec::new()) };
    let named = |text: String| (!text.is_empty()).then_some(text);
    let common = MovementRow {
        on: open.paid_on,
        remittance: Some(open.digest),
        trace: named(row.trace),
        payer: named(row.payer),
        evidenced: true,
        ..MovementRow::of(open.payee.clone(), MovementKind::Letter, Money::ZERO)
    };
    let mut closing =
        Closing { rows, open, record, common, recoveries: Vec::new(), booked: Vec::new() };
    closing.consume(&adjustments)?;
    closing.retractions(claims)?;
    closing.adjustments(&adjustments)?;
    closing.carry(&adjustments)?;
    closing.bookings()
}

impl Closing<'_> {
    fn at(&self, seq: u64) -> Position {
        Position { journal: self.record.journal, seq }
    }

    /// So much more is carried since this remittance, or less.
    fn carried(&self, more: Money) -> Carry {
        Carry { at: self.record.position(), on: self.open.paid_on, more }
    }

    /// Forward balances of earlier remittances are consumed, each as far as it carried something.
    fn consume(&mut self, adjustments: &[Adjustment]) -> Result<(), RowsError> {
        let forwards = adjustments.iter().filter(|own| own.reason == Reason::Forward);
        for own in forwards.filter(|own| !own.amount.is_negative()) {
            let id = own.forward.as_deref().unwrap_or_default();
            let key = forward_key(&self.open.payee, id);
            let mut parts: Vec<Part> = read(self.rows, &key)?.unwrap_or_default();
            let (taken, unknown) = carrying::consume(&mut parts, own.amount)?;
            if parts.is_empty() {
                self.rows.remove(key);
            } else {
                write(self.rows, key, &parts)?;
            }
            for Part { of, amount } in taken {
                let mut case = None;
                if let Some(of) = of {
                    let carry = self.carried(amount.negated());
                    update(self.rows, of, |row| row.carry(id, carry))?;
                    case = known(self.rows, of)?.case;
                }
                self.recoveries.push(Recovery { of, amount, case, numbers: Vec::new() });
            }
            if !unknown.is_zero() {
                let row = MovementRow {
                    about: About::Adjustment(own.ordinal),
                    kind: MovementKind::ForwardUnknown,
                    amount: unknown,
                    ..self.common.clone()
                };
                self.keep(self.at(own.seq), row, Found::InDoubt, Vec::new())?;
            }
        }
        Ok(())
    }

    /// What was reversed and corrected.
    fn retractions(&mut self, claims: Vec<Claim>) -> Result<(), RowsError> {
        if !self.open.money.reversed.is_zero() {
            // Of claims that nobody gathers: it may be what is carried forward.
            let (amount, numbers) = (self.open.money.reversed, Vec::new());
            self.recoveries.push(Recovery { of: None, amount, case: None, numbers });
        }
        for mut claim in claims {
            claim.ends()?;
            self.learn(&claim)?;
            let net = claim.reversed.checked_sub(claim.corrected).unwrap_or_default();
            // A correction gives back what a reversal took, no more: the rest is a payment.
            let least = claim.before.amount.negated();
            let net = net.max(least);
            let mut of = claim.before.of;
            if !net.is_zero() {
                of = Some(self.at(claim.seq));
                self.retraction(&claim, net)?;
            }
            self.uncorrected(&claim, net, of)?;
        }
        Ok(())
    }

    /// The payer's number of a claim of a case is learnt from the payer.
    fn learn(&mut self, claim: &Claim) -> Result<(), RowsError> {
        let payee = &self.open.payee;
        for id in cases::with_number(self.rows, payee, cases::Kind::Patient, &claim.number)? {
            let mut row = known_case(self.rows, &id)?;
            if cases::learn(self.rows, &id, &mut row, &claim.number, claim.payer)? {
                cases::save(self.rows, &id, &row)?;
            }
        }
        Ok(())
    }

    fn retraction(&mut self, claim: &Claim, net: Money) -> Result<(), RowsError> {
        let row = MovementRow {
            about: About::Claim(claim.ordinal),
            kind: MovementKind::Retraction,
            amount: net,
            number: Some(claim.number),
            ..self.common.clone()
        };
        let found = if net.is_negative() {
            // It corrects what was reversed before, and goes where that went.
            let of = claim.before.of.map(|of| movement(self.rows, of)).transpose()?.flatten();
            of.and_then(|of| of.case).map_or(Found::Nothing, Found::Case)
        } else {
            ladder::of(self.rows, &row, claim.payer.as_ref())?
        };
        let numbers = [Some(claim.number), claim.payer].into_iter().flatten().collect();
        self.keep(self.at(claim.seq), row, found, numbers)
    }

    /// Remembers what of a claim's reversals waits for its correction.
    fn uncorrected(
        &mut self,
        claim: &Claim,
        net: Money,
        of: Option<Position>,
    ) -> Result<(), RowsError> {
        let (was, count) = (claim.before.count > 0, claim.waiting());
        if !was && count == 0 {
            return Ok(());
        }
        let key = shown::uncorrected_key(&self.open.payee, &claim.served);
        if count == 0 {
            self.rows.remove(key);
        } else {
            let mut amount = claim.before.amount;
            add(&mut amount, Some(net))?;
            write(self.rows, key, &Uncorrected { count, amount, of })?;
        }
        let mut counted = cases::payees_cases(self.rows, &self.open.payee)?;
        counted.uncorrected = match (was, count > 0) {
            (false, true) => counted.uncorrected.saturating_add(1),
            (true, false) => counted.uncorrected.saturating_sub(1),
            (true, true) | (false, false) => return Ok(()),
        };
        cases::save_count(self.rows, &self.open.payee, counted)
    }

    /// Provider adjustments, netted.
    fn adjustments(&mut self, adjustments: &[Adjustment]) -> Result<(), RowsError> {
        for net in netting::net(adjustments) {
            let row = MovementRow {
                about: About::Adjustment(net.ordinal),
                kind: net.kind,
                amount: net.amount,
                number: net.number,
                ..self.common.clone()
            };
            let found = ladder::of(self.rows, &row, None)?;
            self.keep(self.at(net.seq), row, found, net.number.into_iter().collect())?;
        }
        Ok(())
    }

    /// Keeps a movement, and books it where the ladder named a case.
    fn keep(
        &mut self,
        at: Position,
        mut row: MovementRow,
        found: Found,
        numbers: Vec<lookback_events::id::Digest>,
    ) -> Result<(), RowsError> {
        let (kind, amount) = (row.kind, row.amount);
        row.waits = match (&found, kind) {
            (Found::Case(_), _) | (_, MovementKind::WrittenOffByPayer) => false,
            (Found::InDoubt, _) => true,
            // A reversal that touches no case is none of our recoveries.
            (Found::Nothing, kind) => kind != MovementKind::Retraction,
        };
        replace(self.rows, at, None, row)?;
        let mut case = None;
        if let Found::Case(id) = found {
            attach(self.rows, at, &id, How::Ladder)?;
            self.booked.push(at);
            case = Some(id);
        }
        // A refund acknowledged took nothing from the payment, so nothing of it can be carried.
        if kind.is_offset() {
            self.recoveries.push(Recovery { of: Some(at), amount, case, numbers });
        }
        Ok(())
    }

    /// Forward balances that the remittance makes.
    fn carry(&mut self, adjustments: &[Adjustment]) -> Result<(), RowsError> {
        let mut made: Vec<(String, Money)> = Vec::new();
        let forwards = adjustments.iter().filter(|own| own.reason == Reason::Forward);
        for own in forwards.filter(|own| own.amount.is_negative()) {
            let id = own.forward.clone().unwrap_or_default();
            made.push((id, own.amount.negated()));
        }
        let mut of_ids: BTreeMap<String, Vec<Part>> = BTreeMap::new();
        for (id, parts) in carrying::carry(&self.recoveries, &made)? {
            for part in &parts {
                if let Some(of) = part.of {
                    let carry = self.carried(part.amount);
                    update(self.rows, of, |row| row.carry(&id, carry))?;
                }
            }
            of_ids.entry(id).or_default().extend(parts);
        }
        for (id, parts) in of_ids {
            let key = forward_key(&self.open.payee, &id);
            let mut all: Vec<Part> = read(self.rows, &key)?.unwrap_or_default();
            all.extend(parts);
            write(self.rows, key, &all)?;
        }
        Ok(())
    }

    /// What was booked, as it is now.
    fn bookings(&self) -> Result<Vec<Booking>, RowsError> {
        let mut bookings = Vec::with_capacity(self.booked.len());
        for at in &self.booked {
            let row = known(self.rows, *at)?;
            let Some(case) = row.case else { continue };
            let (about, kind, amount, told) = (row.about, row.kind, row.amount, row.twin.is_some());
            bookings.push(Booking { at: *at, about, case, kind, amount, told });
        }
        Ok(bookings)
    }
}
