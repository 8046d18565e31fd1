//! Invents remittances: payments, reversals and corrections, adjustments of the provider.

use chrono::Days;
use lookback_events::id::PayeeId;
use lookback_projections::cases;
use lookback_projections::rows::Rows;

use super::super::slip::{Slip, SlipClaim};
use super::{Dice, PAYEES, Paid, Teller, money};

impl Teller {
    /// A remittance of one payee.
    pub(super) fn remittance(&mut self, rows: &dyn Rows, dice: &mut Dice<'_>) -> Slip {
        let payee = self.payee(dice);
        self.traces += 1;
        let trace = format!("T{}", self.traces);
        let mut slip = Slip {
            payee: PAYEES[payee],
            trace: trace.clone(),
            paid_on: self.today,
            claims: Vec::new(),
            plb: Vec::new(),
        };
        let number = self.paid.len();
        let lines: Vec<(i64, i64)> = (0..=dice.below(2))
            .map(|_| dice.cents(30_000))
            .map(|paid| (paid + 1_000, paid))
            .collect();
        let service = self.today.checked_sub_days(Days::new(20)).unwrap();
        let control = format!("K{number}");
        let payer = format!("P{control}");
        let claim = SlipClaim { control, payer, status: "1", lines, service };
        slip.claims.push(claim.clone());
        self.paid.push(Paid { payee, claim, reversed: false, waits: None });
        match dice.below(9) {
            0..=2 => self.reversal(payee, &mut slip, dice),
            3 | 4 => self.correction(payee, &mut slip),
            _ => {}
        }
        self.adjust(rows, payee, &mut slip, dice);
        slip
    }

    fn reversal(&mut self, payee: usize, slip: &mut Slip, dice: &mut Dice<'_>) {
        let newest = self.paid.len() - 1;
        let mut own: Vec<&mut Paid> = self.paid[..newest]
            .iter_mut()
            .filter(|paid| paid.payee == payee && !paid.reversed)
            .collect();
        let at = dice.below(own.len());
        let Some(paid) = own.get_mut(at) else { return };
        paid.reversed = true;
        let negated = paid.claim.lines.iter().map(|(charge, paid)| (-charge, -paid)).collect();
        let claim = paid.claim.clone();
        slip.claims.push(SlipClaim { status: "22", lines: negated, ..claim.clone() });
        let less = |dice: &mut Dice<'_>| -> Vec<(i64, i64)> {
            claim.lines.iter().map(|(charge, paid)| (*charge, dice.cents(*paid) - 1)).collect()
        };
        let corrected = less(dice);
        if dice.one_in(3) {
            paid.waits = Some(corrected);
            return;
        }
        let claim = SlipClaim { lines: corrected, ..claim };
        slip.claims.push(claim.clone());
        self.paid.push(Paid { payee, claim, reversed: false, waits: None });
    }

    /// What was reversed in an earlier remittance is paid again.
    fn correction(&mut self, payee: usize, slip: &mut Slip) {
        let waits = |paid: &&mut Paid| paid.payee == payee && paid.waits.is_some();
        let Some(paid) = self.paid.iter_mut().find(waits) else { return };
        let lines = paid.waits.take().unwrap();
        let claim = SlipClaim { lines, ..paid.claim.clone() };
        slip.claims.push(claim.clone());
        self.paid.push(Paid { payee, claim, reversed: false, waits: None });
    }

    fn adjust(&mut self, rows: &dyn Rows, payee: usize, slip: &mut Slip, dice: &mut Dice<'_>) {
        let id = PayeeId::parse(PAYEES[payee]).unwrap();
        let own = cases::of_payee(rows, &id).unwrap();
        let case = dice.of(&own).cloned();
        let numbers = case.as_ref().and_then(|case| self.numbers.get(case.as_str()));
        let number = numbers.and_then(|all| dice.of(all)).cloned();
        let number = number.unwrap_or_else(|| "UNKNOWN".to_owned());
        let outstanding = case.map_or(0, |case| {
            let row = cases::case(rows, &case).unwrap().unwrap();
            money(row.money.outstanding().unwrap().cents())
        });
        let some = match dice.below(4) {
            0 | 1 if outstanding > 0 => outstanding,
            2 => dice.cents(outstanding + 500),
            _ => dice.cents(20_000),
        };
        match dice.below(12) {
            0..=3 => slip.plb.push(("WO", number, some)),
            4 => {
                slip.plb.push(("WO", number.clone(), some));
                slip.plb.push(("72", number, -some));
            }
            5 => {
                slip.plb.push(("WO", number.clone(), some + 700));
                slip.plb.push(("72", number, -some));
            }
            6 => slip.plb.push(("WO", number, -some)),
            7 => slip.plb.push((["WU", "OB"][dice.below(2)], number, some)),
            8 => {
                slip.plb.push(("WO", number.clone(), some));
                slip.plb.push(("CS", number, -some));
            }
            _ => {}
        }
        if dice.one_in(3) {
            let at = dice.below(self.forwards.len());
            let taken = self.forwards.get_mut(at).filter(|(of, _, left)| *of == payee && *left > 0);
            if let Some((_, id, left)) = taken {
                let part = if dice.one_in(2) { *left } else { dice.cents(*left) };
                *left -= part;
                slip.plb.push(("FB", id.clone(), part));
            }
        }
        if dice.one_in(4) {
            let made = dice.cents(some.max(3_000));
            slip.plb.push(("FB", slip.trace.clone(), -made));
            self.forwards.push((payee, slip.trace.clone(), made));
        }
    }
}
