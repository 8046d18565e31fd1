//! Provider-level adjustments (835 PLB): recoveries, refunds, interest, and forward balances.
//!
//! What is chosen here always leaves the payment at or above zero; what may not be taken now is
//! carried forward. Positive cents reduce the payment.

use super::payee::{FORWARDS_MAX, Forward, Payee, Postponed};
use super::segments::Segments;
use super::source::Source;

/// What an adjustment refers to (835 PLB03-2).
#[derive(Debug, Clone, Copy)]
pub(super) enum Reference {
    /// Nothing.
    None,
    /// The TRN02 of a remittance.
    Trace(u64),
    /// No TRN02 of any remittance, with a letter at its end that none has.
    ForeignTrace(u64),
    /// The plan's financial control number in a letter: year and number.
    Letter(u64, u64),
    /// A payer control number (835 CLP07).
    Claim(u64),
}

/// One pair of reason and amount.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProviderAdjustment {
    pub(super) reason: &'static str,
    pub(super) reference: Reference,
    pub(super) cents: i64,
}

impl ProviderAdjustment {
    /// A pair.
    pub(super) fn new(reason: &'static str, reference: Reference, cents: i64) -> Self {
        Self { reason, reference, cents }
    }
}

/// What a remittance pays before and after its provider adjustments, and those adjustments.
#[derive(Debug, Clone, Default)]
pub(super) struct Settlement {
    pub(super) pairs: Vec<ProviderAdjustment>,
    /// The claims' payments less the pairs: what 835 BPR02 must be.
    pub(super) net: i64,
}

impl Settlement {
    /// Begins with the sum of the claims' payments.
    pub(super) fn begin(&mut self, claims_paid: i64) {
        self.pairs.clear();
        self.net = claims_paid;
    }

    /// Adds a pair.
    pub(super) fn add(&mut self, reason: &'static str, reference: Reference, cents: i64) {
        self.pairs.push(ProviderAdjustment::new(reason, reference, cents));
        self.net = self.net.saturating_sub(cents);
    }

    /// Brings a payment below zero up to zero: carried forward, or now and then given back until
    /// later under the control number of a claim taken back here.
    pub(super) fn carry(
        &mut self,
        source: &mut Source,
        payee: &mut Payee,
        trace: u64,
        taken_back: Option<u64>,
    ) {
        if self.net >= 0 {
            return;
        }
        let cents = self.net;
        let owed = cents.saturating_neg();
        match taken_back {
            Some(serial) if payee.postponed.len() < FORWARDS_MAX && source.chance(250) => {
                self.add("WO", Reference::Claim(serial), cents);
                payee.postponed.push(Postponed { serial, cents: owed });
            }
            _ => {
                self.add("FB", Reference::Trace(trace), cents);
                // One that nobody remembers is never used, which breaks no rule.
                if payee.forwards.len() < FORWARDS_MAX {
                    payee.forwards.push(Forward { trace, left: owed });
                }
            }
        }
    }

    /// Uses what earlier remittances carried forward or postponed, as far as the payment reaches.
    pub(super) fn consume(&mut self, source: &mut Source, payee: &mut Payee, trace: u64) {
        if self.net <= 0 {
            return;
        }
        let owed = payee.forwards.iter().fold(0_i64, |sum, one| sum.saturating_add(one.left));
        if payee.forwards.len() > 1 && owed > self.net && source.chance(500) {
            // All of them are used up and the rest is carried forward as one.
            let forwards = std::mem::take(&mut payee.forwards);
            for forward in forwards {
                self.add("FB", Reference::Trace(forward.trace), forward.left);
            }
            self.carry(source, payee, trace, None);
            return;
        }
        for forward in &mut payee.forwards {
            let most = forward.left.min(self.net);
            if most <= 0 {
                break;
            }
            // Mostly all there is; sometimes the payer takes half and the rest another week.
            let part = if most > 1 && source.chance(200) { most / 2 } else { most };
            forward.left = forward.left.saturating_sub(part);
            self.add("FB", Reference::Trace(forward.trace), part);
        }
        payee.forwards.retain(|forward| forward.left > 0);
        if let Some(postponed) = payee.postponed.first().copied()
            && postponed.cents <= self.net
        {
            payee.postponed.remove(0);
            self.add("WO", Reference::Claim(postponed.serial), postponed.cents);
        }
    }

    /// Adds what has no history: a letter's recovery, a refund, interest, a levy.
    pub(super) fn discretionary(&mut self, source: &mut Source, year: u64, number: u64) {
        let letter = Reference::Letter(year, number);
        let most = (self.net / 2).min(500_000);
        let interest = source.cents(5, 2_500).saturating_neg();
        if most < 100 {
            self.add("L6", Reference::None, interest);
            return;
        }
        let cents = source.cents(100, most);
        match source.below(100) {
            0..45 => self.add("WO", letter, cents),
            45..60 => {
                // A refund check came in: the recovery and its receipt take nothing.
                self.add("WO", letter, cents);
                self.add("72", letter, cents.saturating_neg());
            }
            60..80 => self.add("L6", letter, interest),
            80..87 => self.add("CS", letter, cents),
            87..90 => self.add("CS", letter, cents.saturating_neg()),
            90..93 => self.add("50", Reference::None, cents.min(5_000)),
            93..96 => self.add("IR", Reference::None, cents),
            96..98 => self.add("J1", letter, cents),
            _ => self.add("AP", letter, cents.saturating_neg()),
        }
    }

    /// Writes the PLB segments, up to six pairs in each.
    pub(super) fn write(&self, out: &mut Segments, payee: &Payee, year_end: u64) {
        for six in self.pairs.chunks(6) {
            out.begin("PLB").number(payee.identifier()).number(year_end);
            for pair in six {
                out.text(pair.reason);
                match pair.reference {
                    Reference::None => &mut *out,
                    Reference::Trace(trace) => out.more(":").digits(trace, 1),
                    Reference::ForeignTrace(trace) => out.more(":").digits(trace, 1).more("X"),
                    Reference::Letter(year, number) => {
                        out.more(":OP-").digits(year, 4).more("-").digits(number, 6)
                    }
                    Reference::Claim(serial) => out.more(":E").digits(serial, 10),
                };
                out.cents(pair.cents);
            }
            out.end();
        }
    }
}
