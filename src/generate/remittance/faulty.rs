//! The one thing wrong with a faulty remittance, wherever in it that is.
//!
//! What rule is broken is chosen by the tally of `fault`; how it is broken is here.

use lookback_events::finding::Rule;

use super::header::Frame;
use super::{Draft, Ending, Payer, Place};
use crate::generate::claim_loop::{Slip, Telling};
use crate::generate::fault::{Occasion, is_of_a_fresh_claim, is_of_a_reversal};
use crate::generate::payee::Payee;
use crate::generate::provider_adjustments::Reference;
use crate::generate::vocabulary::{RETIRED, entry};

/// How many of a thousand remittances get a fault: with 63 claims each, 3 faults per 1,000 claims.
const FAULTY_PER_MILLE: u32 = 180;

impl Payer {
    /// Decides which rule the remittance breaks, if any.
    pub(super) fn fault(&mut self, payee: &Payee, place: Place) -> Option<Rule> {
        let tally = self.tally.as_ref()?;
        if !self.source.chance(FAULTY_PER_MILLE) {
            return None;
        }
        let earlier = self.earlier.as_ref().is_some_and(|earlier| earlier.file < place.file);
        tally.choose(Occasion { payee, claims: place.claims, last: place.last, earlier })
    }

    /// Writes the one claim that breaks the rule.
    pub(super) fn faulty_claim(
        &mut self,
        payee: &mut Payee,
        place: Place,
        draft: &mut Draft,
        rule: Rule,
    ) {
        let (claim, telling) = if !is_of_a_reversal(rule) {
            (self.fresh(place, 0), Telling::Settled)
        } else if rule == Rule::ReversedTwice {
            (payee.reversed.take().unwrap_or_default(), Telling::Reversed)
        } else if rule == Rule::ReversalNotNegated && !payee.recent.is_empty() {
            let original = payee.recent.swap_remove(self.source.index(payee.recent.len()));
            (original.repriced(&mut self.source), Telling::Reversed)
        } else {
            (self.fresh(place, 0), Telling::Reversed)
        };
        let off = self.source.cents(1, 5_000);
        let (claim, slip) = if rule == Rule::LineUnbalanced {
            (claim, Slip::LinePaid(off))
        } else if rule == Rule::ClaimUnbalanced {
            (claim, Slip::Charge(off))
        } else if rule == Rule::PatientResponsibilityUnbalanced {
            (claim, Slip::PatientShare(off))
        } else if rule == Rule::AmountUnreadable && self.source.chance(500) {
            (claim, Slip::PaidUnreadable)
        } else if rule == Rule::AmountUnreadable {
            (claim, Slip::LinePaidUnreadable)
        } else if rule == Rule::NpiCheckDigit {
            (claim, Slip::Npi)
        } else if rule == Rule::ReasonCodeRetired {
            let reason = entry(&RETIRED, self.source.index(RETIRED.len()));
            (claim.with_reason(reason), Slip::None)
        } else {
            (claim, Slip::None)
        };
        self.tell(payee, &claim, telling, slip, draft);
        draft.written.fault = Some((rule, draft.written.claims));
    }

    /// Breaks one of the rules about provider adjustments and BPR02, where that is the fault.
    pub(super) fn faulty_settlement(
        &mut self,
        payee: &mut Payee,
        place: Place,
        trace: u64,
        draft: &mut Draft,
        rule: Rule,
    ) -> i64 {
        self.letter = self.letter.saturating_add(1);
        let letter = Reference::Letter(self.calendar.date(place.day) / 10_000, self.letter);
        let cents = self.source.cents(100, 20_000);
        let net = self.settlement.net;
        let mut off = 0;
        if rule == Rule::TransactionUnbalanced {
            off = cents;
        } else if rule == Rule::BprNegative {
            self.settlement.add("WO", letter, net.saturating_add(cents));
        } else if rule == Rule::PlbZero {
            self.settlement.add("WO", letter, 0);
        } else if rule == Rule::PlbReasonUnknown {
            self.settlement.add("Q9", letter, cents.saturating_neg());
        } else if rule == Rule::PlbUntraceable && net > 0 {
            self.settlement.add("WU", Reference::None, cents.min(net));
        } else if rule == Rule::ForwardUnknown && net > 0 {
            let never_used = self.next_trace();
            self.settlement.add("FB", Reference::Trace(never_used), cents.min(net));
        } else if rule == Rule::ForwardAmount
            && let Some(forward) = payee.forwards.first().copied()
            && net > forward.left
        {
            payee.forwards.remove(0);
            let above = cents.min(net.saturating_sub(forward.left));
            let taken = forward.left.saturating_add(above);
            self.settlement.add("FB", Reference::Trace(forward.trace), taken);
        } else if rule == Rule::ForwardForeignId {
            self.settlement.add("FB", Reference::ForeignTrace(trace), cents.saturating_neg());
        } else if rule == Rule::TwoLiveForwards {
            self.settlement.add("FB", Reference::Trace(trace), cents.saturating_neg());
            self.settlement.add("FB", Reference::Trace(trace), -250);
        } else {
            // The fault lies elsewhere, or this payment is too small for it.
            let elsewhere =
                is_of_a_fresh_claim(rule) && draft.payee_misnumbered || rule == Rule::TrnReused;
            if elsewhere {
                draft.written.fault = Some((rule, 0));
            }
            return 0;
        }
        draft.written.fault = Some((rule, 0));
        off
    }

    /// Decides whether ST, SE and the file's end are to be wrong.
    pub(super) fn framing(&mut self, place: Place, draft: &mut Draft) -> Frame {
        let written = &mut draft.written;
        let Some(rule) = draft.fault else { return Frame::Right };
        let broken = |ending: Ending| (ending, Some((rule, 0)));
        if rule == Rule::SeCount {
            written.fault = Some((rule, 0));
            return Frame::Count;
        }
        if rule == Rule::GeCount {
            (written.ending, written.fault) = broken(Ending::GroupCount);
        } else if rule == Rule::IeaCount {
            (written.ending, written.fault) = broken(Ending::InterchangeCount);
        } else if rule == Rule::Truncated {
            (written.ending, written.fault) = broken(Ending::Missing);
            return Frame::Open;
        } else if rule == Rule::ControlNumberMismatch {
            written.fault = Some((rule, 0));
            match self.source.below(3) {
                0 if place.last => written.ending = Ending::GroupNumber,
                1 if place.last => written.ending = Ending::InterchangeNumber,
                _ => return Frame::Number,
            }
        }
        Frame::Right
    }
}
