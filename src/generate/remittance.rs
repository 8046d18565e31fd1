//! One remittance (835 ST to SE): its claims, its provider adjustments, and the sums on top.
//!
//! The claims are written first and the header last, because 835 BPR02 is their sum; the parts are
//! then put in order. Everything that makes one remittance lead to another (reversals, corrections,
//! forward balances) goes through what the payee remembers.

mod faulty;
mod header;

use lookback_events::finding::Rule;

use self::header::{Frame, frame};

use super::calendar::Calendar;
use super::claim::Claim;
use super::claim_loop::{Slip, Telling, write};
use super::fault::{Tally, is_of_a_claim};
use super::payee::{FORWARDS_MAX, PENDING_MAX, Payee};
use super::provider_adjustments::Settlement;
use super::segments::Segments;
use super::source::Source;

/// How many of a thousand claims of a paid-or-denied kind are denied.
///
/// An eighth of all claims is to be denied; reversals and corrections (3 %) never are.
const DENIED_PER_MILLE: u32 = 129;

/// How many claims share one 835 LX.
const CLAIMS_PER_HEADER: u64 = 200;

/// Where a remittance will stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Number of the file, from 1.
    pub(super) file: u64,
    /// Ordinal in the file, from 1.
    pub(super) ordinal: u64,
    /// The day of the payment run.
    pub(super) day: u16,
    /// How many claims it is to have.
    pub(super) claims: u64,
    /// It is the last of its file.
    pub(super) last: bool,
}

/// What the end of the file is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ending {
    /// Right.
    #[default]
    Right,
    /// GE01 is one too many.
    GroupCount,
    /// IEA01 is one too many.
    InterchangeCount,
    /// GE02 is not GS06.
    GroupNumber,
    /// IEA02 is not ISA13.
    InterchangeNumber,
    /// There is none.
    Missing,
}

/// What was written, beside the bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) claims: u64,
    pub(super) lines: u64,
    pub(super) denied: u64,
    pub(super) reversals: u64,
    /// The rule broken, and the ordinal of the claim that breaks it or 0.
    pub(super) fault: Option<(Rule, u64)>,
    pub(super) ending: Ending,
}

/// A remittance kept for a second delivery.
#[derive(Debug, Clone)]
struct Earlier {
    file: u64,
    /// Everything between ST and SE.
    inside: Segments,
    written: Written,
}

/// The payer: everything that lives from one remittance to the next.
#[derive(Debug, Clone)]
pub(super) struct Payer {
    pub(super) calendar: Calendar,
    pub(super) source: Source,
    payees: Vec<Payee>,
    /// The last claim, check and letter numbered.
    serial: u64,
    trace: u64,
    letter: u64,
    tally: Option<Tally>,
    earlier: Option<Earlier>,
    claims: u64,
    reversals: u64,
    remittances: u64,
    adjusted: u64,
    head: Segments,
    body: Segments,
    settlement: Settlement,
}

/// One remittance while its claims are written.
#[derive(Debug, Default)]
struct Draft {
    fault: Option<Rule>,
    /// The claim, from 0, that is to break the rule.
    target: u64,
    /// The payee's own NPI is to be wrong.
    payee_misnumbered: bool,
    written: Written,
    charge: i64,
    paid: i64,
    taken_back: Option<u64>,
    candidates: Vec<Claim>,
    reversed: Option<Claim>,
}

impl Payer {
    /// Invents a payer with so many payees.
    pub(super) fn new(seed: u64, payees: u32, faults: bool) -> Self {
        let mut source = Source::new(seed);
        let payees = (1..=payees).map(|number| Payee::new(&mut source, number)).collect();
        Self {
            calendar: Calendar::new(),
            source,
            payees,
            serial: 0,
            trace: 880_000_000,
            letter: 0,
            tally: faults.then(Tally::default),
            earlier: None,
            claims: 0,
            reversals: 0,
            remittances: 0,
            adjusted: 0,
            head: Segments::default(),
            body: Segments::default(),
            settlement: Settlement::default(),
        }
    }

    /// Writes the next remittance at the end of `out`.
    pub(super) fn remittance(&mut self, place: Place, out: &mut Segments) -> Written {
        // The lower of two draws: some payees have many remittances, some few.
        let one = self.source.index(self.payees.len());
        let chosen = one.min(self.source.index(self.payees.len()));
        let mut payee = self.payees.get_mut(chosen).map(std::mem::take).unwrap_or_default();
        let written = self.remittance_to(&mut payee, place, out);
        if let Some(slot) = self.payees.get_mut(chosen) {
            *slot = payee;
        }
        self.remittances = self.remittances.saturating_add(1);
        self.claims = self.claims.saturating_add(written.claims);
        self.reversals = self.reversals.saturating_add(written.reversals);
        if let (Some(tally), Some((rule, _))) = (&mut self.tally, written.fault) {
            tally.count(rule);
        }
        written
    }

    /// Writes the next remittance, which is this payee's.
    fn remittance_to(&mut self, payee: &mut Payee, place: Place, out: &mut Segments) -> Written {
        let fault = self.fault(payee, place);
        if fault == Some(Rule::DeliveredTwice)
            && let Some(earlier) = self.earlier.take()
        {
            frame(out, place.ordinal, &[&earlier.inside], Frame::Right);
            return Written { fault: Some((Rule::DeliveredTwice, 0)), ..earlier.written };
        }
        let trace = match payee.trace {
            Some(trace) if fault == Some(Rule::TrnReused) => trace,
            _ => self.next_trace(),
        };
        let mut draft = Draft { fault, ..Draft::default() };
        draft.payee_misnumbered =
            fault == Some(Rule::NpiCheckDigit) && payee.npi.is_some() && self.source.chance(500);
        let limit = u32::try_from(place.claims).unwrap_or(u32::MAX);
        draft.target = u64::from(self.source.below(limit));
        self.body.clear();
        while draft.written.claims < place.claims {
            self.next_claim(payee, place, &mut draft);
        }
        let bpr_off = self.settle(payee, place, trace, &mut draft);
        self.head(payee, place, trace, &draft, bpr_off);
        self.settlement.write(&mut self.body, payee, self.calendar.year_end(place.day));
        let framing = self.framing(place, &mut draft);
        frame(out, place.ordinal, &[&self.head, &self.body], framing);
        self.remember(payee, place, trace, draft)
    }

    /// The next check or EFT number (835 TRN02).
    fn next_trace(&mut self) -> u64 {
        self.trace = self.trace.saturating_add(1);
        self.trace
    }

    /// Invents a claim.
    fn fresh(&mut self, place: Place, denied_per_mille: u32) -> Claim {
        self.serial = self.serial.saturating_add(1);
        Claim::fresh(&mut self.source, self.serial, place.day, denied_per_mille)
    }

    /// Writes the next claim, or the next two where one takes back and the other corrects.
    fn next_claim(&mut self, payee: &mut Payee, place: Place, draft: &mut Draft) {
        let done = draft.written.claims;
        if let Some(rule) = draft.fault {
            // No claim of a faulty remittance has a past or a future.
            if is_of_a_claim(rule) && done == draft.target && !draft.payee_misnumbered {
                self.faulty_claim(payee, place, draft, rule);
            } else {
                let claim = self.fresh(place, DENIED_PER_MILLE);
                self.tell(payee, &claim, Telling::Settled, Slip::None, draft);
            }
            return;
        }
        if let Some((file, _)) = payee.pending.first()
            && *file < place.file
            && self.source.chance(500)
        {
            let (_, correction) = payee.pending.remove(0);
            self.tell(payee, &correction, Telling::Settled, Slip::None, draft);
            return;
        }
        let two_fit = done.saturating_add(2) <= place.claims;
        let room = payee.forwards.len() < FORWARDS_MAX;
        if two_fit && room && self.wants_a_reversal(place) && !payee.recent.is_empty() {
            self.reversal(payee, place, draft);
            return;
        }
        let claim = self.fresh(place, DENIED_PER_MILLE);
        self.tell(payee, &claim, Telling::Settled, Slip::None, draft);
        if claim.is_payment() && self.source.chance(150) {
            draft.candidates.push(claim);
        }
    }

    /// Keeps reversals at 1.5 % of the claims; small remittances have more, so that some end below
    /// zero.
    fn wants_a_reversal(&mut self, place: Place) -> bool {
        let behind = self.reversals.saturating_mul(1000) < self.claims.saturating_mul(15);
        let per_mille = match (place.claims <= 4, behind) {
            (true, _) => 400,
            (false, true) => 60,
            (false, false) => 3,
        };
        self.source.chance(per_mille)
    }

    /// Takes back an earlier payment, and corrects it here or in a later file.
    fn reversal(&mut self, payee: &mut Payee, place: Place, draft: &mut Draft) {
        let original = payee.recent.swap_remove(self.source.index(payee.recent.len()));
        let mut correction = original.clone().repriced(&mut self.source);
        // 85 % status 22 and corrected at once; the rest in the odd ways that real payers have.
        let (telling, later) = match self.source.below(100) {
            0..85 => (Telling::Reversed, false),
            85..88 => (Telling::Reversed, true),
            88..91 => {
                correction.renumbered = true;
                (Telling::Reversed, true)
            }
            91..94 => (Telling::Negated, false),
            94..97 => {
                correction.renumbered = true;
                (Telling::Negated, false)
            }
            _ => {
                correction.renumbered = true;
                (Telling::Negated, true)
            }
        };
        self.tell(payee, &original, telling, Slip::None, draft);
        draft.taken_back = Some(original.serial);
        draft.reversed = Some(original);
        if later && payee.pending.len() < PENDING_MAX {
            payee.pending.push((place.file, correction));
        } else {
            self.tell(payee, &correction, Telling::Settled, Slip::None, draft);
        }
    }

    /// Writes one claim and adds it up.
    fn tell(
        &mut self,
        payee: &Payee,
        claim: &Claim,
        telling: Telling,
        slip: Slip,
        draft: &mut Draft,
    ) {
        let done = draft.written.claims;
        if done > 0 && done.is_multiple_of(CLAIMS_PER_HEADER) {
            self.body.begin("LX").number((done / CLAIMS_PER_HEADER).saturating_add(1)).end();
        }
        write(&mut self.body, &self.calendar, payee, claim, telling, slip);
        let written = &mut draft.written;
        written.claims = done.saturating_add(1);
        let lines = u64::try_from(claim.lines.len()).unwrap_or_default();
        written.lines = written.lines.saturating_add(lines);
        if telling == Telling::Settled {
            draft.charge = draft.charge.saturating_add(claim.charge());
            draft.paid = draft.paid.saturating_add(claim.paid());
            written.denied = written.denied.saturating_add(u64::from(claim.status == 4));
        } else {
            draft.charge = draft.charge.saturating_sub(claim.charge());
            draft.paid = draft.paid.saturating_sub(claim.paid());
            written.reversals = written.reversals.saturating_add(1);
        }
    }

    /// Chooses the provider adjustments; gives by how much 835 BPR02 is to be wrong.
    fn settle(&mut self, payee: &mut Payee, place: Place, trace: u64, draft: &mut Draft) -> i64 {
        self.settlement.begin(draft.paid);
        if let Some(rule) = draft.fault {
            let off = self.faulty_settlement(payee, place, trace, draft, rule);
            if rule != Rule::BprNegative {
                self.settlement.carry(&mut self.source, payee, trace, None);
            }
            return off;
        }
        if self.settlement.net < 0 {
            self.settlement.carry(&mut self.source, payee, trace, draft.taken_back);
        } else {
            self.settlement.consume(&mut self.source, payee, trace);
        }
        // Provider adjustments are in 15 % of the remittances, forward balances among them.
        let behind = self.adjusted.saturating_mul(100) < self.remittances.saturating_mul(15);
        if self.settlement.pairs.is_empty() && self.source.chance(if behind { 300 } else { 60 }) {
            self.letter = self.letter.saturating_add(1);
            let year = self.calendar.date(place.day) / 10_000;
            self.settlement.discretionary(&mut self.source, year, self.letter);
        }
        if !self.settlement.pairs.is_empty() {
            self.adjusted = self.adjusted.saturating_add(1);
        }
        0
    }

    /// Lets the payee remember what later remittances may refer to.
    fn remember(&mut self, payee: &mut Payee, place: Place, trace: u64, draft: Draft) -> Written {
        if draft.fault.is_some() {
            if draft.fault == Some(Rule::TrnReused) {
                payee.trace = None;
            }
            return draft.written;
        }
        for claim in draft.candidates {
            payee.remember(claim, &mut self.source);
        }
        if draft.reversed.is_some() {
            payee.reversed = draft.reversed;
        }
        let carried =
            self.settlement.pairs.iter().any(|pair| pair.reason == "FB" && pair.cents < 0);
        if !carried {
            payee.trace = Some(trace);
        }
        if self.tally.is_some()
            && draft.written.claims <= 12
            && (self.earlier.is_none() || self.source.chance(60))
        {
            let mut inside = self.head.clone();
            inside.append(&self.body);
            self.earlier = Some(Earlier { file: place.file, inside, written: draft.written });
        }
        draft.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::payee::RECENT_MAX;

    #[test]
    fn what_payees_remember_does_not_grow_with_the_claims() {
        let mut payer = Payer::new(1, 3, true);
        let mut out = Segments::default();
        let mut claims = 0;
        for number in 1..=3_000 {
            let place = Place { file: number, ordinal: 1, day: 500, claims: 20, last: true };
            claims += payer.remittance(place, &mut out).claims;
            out.clear();
        }
        assert!(claims > 50_000);
        for payee in &payer.payees {
            assert!((RECENT_MAX / 2..=RECENT_MAX).contains(&payee.recent.len()));
            assert!(payee.pending.len() <= PENDING_MAX);
            assert!(payee.forwards.len() <= FORWARDS_MAX);
            assert!(payee.postponed.len() <= FORWARDS_MAX);
        }
    }
}
