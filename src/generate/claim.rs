//! One claim as the payer settles it, before it is written: amounts, dates, people, adjustments.
//!
//! A claim balances by construction: line by line, as a whole, and in the patient's share. Whatever
//! is to be wrong with it is done when it is written.

use super::quantiles::lines_of_a_claim;
use super::source::Source;
use super::vocabulary::{DENIALS, PROCEDURES, entry};

/// The group of an adjustment (835 CAS01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Group {
    /// What the contract takes off.
    #[default]
    Contract,
    /// What the patient owes.
    Patient,
    /// Neither.
    Other,
}

impl Group {
    /// The code value.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Contract => "CO",
            Self::Patient => "PR",
            Self::Other => "OA",
        }
    }
}

/// One adjustment (835 CAS): positive cents reduce the payment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Adjustment {
    pub(super) group: Group,
    pub(super) reason: u16,
    pub(super) cents: i64,
}

/// One service line (835 SVC).
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) procedure: u8,
    pub(super) modifier: u8,
    pub(super) units: u8,
    pub(super) day: u16,
    /// Coins that decide which optional segments are there.
    pub(super) coins: u32,
    pub(super) charge: i64,
    pub(super) paid: i64,
    pub(super) adjustments: [Option<Adjustment>; 2],
}

/// A patient or insured.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Person {
    pub(super) surname: u8,
    pub(super) first_name: u8,
}

/// One claim.
#[derive(Debug, Clone, Default)]
pub(super) struct Claim {
    /// Its number among all claims: patient and payer control numbers are made of it.
    pub(super) serial: u64,
    /// True for a correction that the payer gave a control number of its own (835 CLP07).
    pub(super) renumbered: bool,
    /// 835 CLP02.
    pub(super) status: u8,
    pub(super) institutional: bool,
    /// Coins that decide code values and which optional segments are there.
    pub(super) coins: u32,
    pub(super) patient: Person,
    /// The first name of the insured where it is not the patient.
    pub(super) insured: Option<u8>,
    pub(super) member: u32,
    pub(super) practitioner: usize,
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) received: u16,
    /// An adjustment of the claim as a whole (835 CAS in loop 2100).
    pub(super) adjustment: Option<Adjustment>,
    pub(super) lines: Vec<Line>,
}

impl Claim {
    /// Invents a claim that is paid on the day `run`.
    pub(super) fn fresh(source: &mut Source, serial: u64, run: u16, denied_per_mille: u32) -> Self {
        let denied = source.chance(denied_per_mille);
        let institutional = source.chance(150);
        let count = lines_of_a_claim(source);
        let age = u16::try_from(source.between(9, 70)).unwrap_or(9);
        let from = run.saturating_sub(age);
        let stay = if institutional { u16::from(source.small(5)) } else { 0 };
        let to = from.saturating_add(stay);
        let status = match source.below(100) {
            _ if denied => 4,
            0..90 => 1,
            90..97 => 2,
            97..98 => 3,
            _ => 19,
        };
        let mut claim = Self {
            serial,
            renumbered: false,
            status,
            institutional,
            coins: source.coins(),
            patient: Person { surname: source.small(40), first_name: source.small(32) },
            insured: if source.chance(150) { Some(source.small(32)) } else { None },
            member: source.between(100_000, 999_999_999),
            practitioner: usize::from(source.small(4)),
            from,
            to,
            received: to.saturating_add(u16::from(source.small(3))).saturating_add(1),
            adjustment: None,
            lines: Vec::with_capacity(usize::try_from(count).unwrap_or_default()),
        };
        for _ in 0..count {
            let day = from.saturating_add(u16::from(
                source.small(u8::try_from(stay.saturating_add(1)).unwrap_or(1)),
            ));
            let line = if denied || source.chance(30) {
                Line::denied(source, day)
            } else {
                Line::priced(source, day, status)
            };
            claim.lines.push(line);
        }
        if institutional && !denied && source.chance(250) {
            // Two parts in a hundred of what the lines pay, as sequestration takes them.
            let cents = claim.paid() / 50;
            if cents > 0 {
                claim.adjustment = Some(Adjustment { group: Group::Contract, reason: 253, cents });
            }
        }
        claim
    }

    /// What was charged (835 CLP03).
    pub(super) fn charge(&self) -> i64 {
        self.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.charge))
    }

    /// What was paid (835 CLP04): what the lines pay less the adjustment of the whole.
    pub(super) fn paid(&self) -> i64 {
        let lines = self.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.paid));
        lines.saturating_sub(self.adjustment.map_or(0, |adjustment| adjustment.cents))
    }

    /// What the patient owes (835 CLP05): the PR adjustments of lines and claim.
    pub(super) fn patient_share(&self) -> i64 {
        self.lines
            .iter()
            .flat_map(|line| line.adjustments.iter().flatten())
            .chain(self.adjustment.iter())
            .filter(|adjustment| adjustment.group == Group::Patient)
            .fold(0_i64, |sum, adjustment| sum.saturating_add(adjustment.cents))
    }

    /// True for a payment of money, which can be reversed.
    pub(super) fn is_payment(&self) -> bool {
        self.status != 4 && self.paid() > 0
    }

    /// Pays one of the lines differently, so that the claim pays another amount and still balances.
    pub(super) fn repriced(mut self, source: &mut Source) -> Self {
        let start = source.index(self.lines.len());
        let all_of_it = source.chance(400);
        // The adjustment of the whole stays, so a line can give back no more than the claim pays.
        let paid = self.paid();
        let (before, after) = self.lines.split_at_mut_checked(start).unwrap_or_default();
        let Some(line) = after.iter_mut().chain(before).find(|line| line.paid > 0) else {
            return self;
        };
        let first = line.adjustments.first().copied().flatten();
        let dearer = first.filter(|first| first.cents > 1 && source.chance(250));
        let change = match dearer {
            // Paid too little before: part of the first adjustment is given up.
            Some(first) => source.cents(1, first.cents.saturating_sub(1)).saturating_neg(),
            None if all_of_it => line.paid.min(paid),
            None => source.cents(1, line.paid.min(paid)),
        };
        line.paid = line.paid.saturating_sub(change);
        if let Some(slot) = line.adjustments.first_mut() {
            let adjustment =
                slot.get_or_insert(Adjustment { group: Group::Contract, reason: 45, cents: 0 });
            adjustment.cents = adjustment.cents.saturating_add(change);
        }
        self
    }

    /// Gives the first line a contractual adjustment under a reason code.
    pub(super) fn with_reason(mut self, reason: u16) -> Self {
        if let Some(line) = self.lines.first_mut() {
            let cents = line.charge;
            line.paid = 0;
            line.adjustments = [Some(Adjustment { group: Group::Contract, reason, cents }), None];
        }
        // What the whole had given up was a part of what the lines paid.
        self.adjustment = None;
        self
    }
}

impl Line {
    /// A line nothing is paid for.
    fn denied(source: &mut Source, day: u16) -> Self {
        let mut line = Self::charged(source, day);
        let reason = entry(&DENIALS, source.index(DENIALS.len()));
        let cents = line.charge;
        line.adjustments = [Some(Adjustment { group: Group::Contract, reason, cents }), None];
        line
    }

    /// A line paid in whole or in part, with no, one or two adjustments.
    fn priced(source: &mut Source, day: u16, status: u8) -> Self {
        let mut line = Self::charged(source, day);
        let kind = source.below(100);
        // A fifth of the lines is paid as charged.
        let allowed =
            if kind < 20 { line.charge } else { part(line.charge, source.between(40, 94)) };
        let reduced = line.charge.saturating_sub(allowed);
        if reduced > 0 {
            let contract = Adjustment { group: Group::Contract, reason: 45, cents: reduced };
            line.adjustments = [Some(contract), None];
        }
        line.paid = allowed;
        if kind >= 70 && reduced > 0 {
            let second = if status == 2 || status == 3 {
                // What the payer before us paid.
                let cents = part(allowed, source.between(30, 80));
                Adjustment { group: Group::Other, reason: 23, cents }
            } else {
                let (reason, cents) = match source.below(10) {
                    0..2 => (1, part(allowed, source.between(20, 100))),
                    2..6 => (2, part(allowed, 20)),
                    _ => (3, allowed.min(source.cents(1, 6).saturating_mul(500))),
                };
                Adjustment { group: Group::Patient, reason, cents }
            };
            if second.cents > 0 {
                line.paid = allowed.saturating_sub(second.cents);
                if let Some(slot) = line.adjustments.last_mut() {
                    *slot = Some(second);
                }
            }
        }
        line
    }

    /// A line with its charge, paid nothing yet.
    fn charged(source: &mut Source, day: u16) -> Self {
        let procedure = source.small(48);
        let (_, usual) = entry(&PROCEDURES, usize::from(procedure));
        let coins = source.coins();
        let units = if coins.is_multiple_of(8) { source.small(4).saturating_add(1) } else { 1 };
        // Within a fifth of the usual; a third of the charges is in odd cents.
        let mut each = part(usual, source.between(80, 120));
        if !coins.is_multiple_of(3) {
            each = (each / 100).max(1).saturating_mul(100);
        }
        let charge = each.saturating_mul(i64::from(units));
        let modifier = source.small(16);
        Self { procedure, modifier, units, day, coins, charge, ..Self::default() }
    }
}

/// So many parts of a hundred, rounded down.
fn part(cents: i64, of_hundred: u32) -> i64 {
    cents.saturating_mul(i64::from(of_hundred)) / 100
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows in a test is a test that fails"
)]
mod tests {
    use super::*;

    fn balances(claim: &Claim) {
        let mut taken = claim.adjustment.map_or(0, |adjustment| adjustment.cents);
        for line in &claim.lines {
            let of_line: i64 = line.adjustments.iter().flatten().map(|a| a.cents).sum();
            assert!(line.adjustments.iter().flatten().all(|a| a.cents != 0));
            assert_eq!(line.charge - of_line, line.paid);
            assert!(line.charge > 0 && line.paid >= 0);
            taken += of_line;
        }
        assert_eq!(claim.charge() - taken, claim.paid());
        assert!(claim.paid() >= 0 && !claim.lines.is_empty());
    }

    #[test]
    fn claims_and_their_corrections_balance_and_a_correction_pays_another_amount() {
        let mut source = Source::new(5);
        let mut corrected = 0;
        for serial in 0..20_000 {
            let claim = Claim::fresh(&mut source, serial, 400, 125);
            balances(&claim);
            if claim.is_payment() {
                let correction = claim.clone().repriced(&mut source);
                assert_ne!(correction.paid(), claim.paid());
                assert_eq!(correction.charge(), claim.charge());
                corrected += 1;
            }
            balances(&claim.with_reason(42));
        }
        assert!(corrected > 15_000);
    }
}
