//! The remittance that is open: head, claims, provider adjustments, close.

use std::sync::Arc;

use lookback_events::finding::Rule;

use super::claim_loop::{Around, ClaimLoop, Sum, unreadable};
use super::envelopes::{counted, mismatch};
use super::head::OpenHead;
use super::place::{Path, Sink};
use super::values::{self, Amount, money, owned, shown};
use super::{
    Balance, Close, Continuation, Envelopes, Item, ProviderAdjustment, Totals, beyond_a_piece,
    rules,
};
use crate::ingest::x12::elements::component;
use crate::ingest::x12::{Elements, Kind, Tag, Token};

/// How many pairs of reason and amount an 835 has room for in one PLB.
const PAIRS_USUAL: usize = 6;
/// The most pairs of one PLB that are read; a PLB of more is no PLB to believe in.
const PAIRS_MAX: usize = 1_000;
/// The most bytes that wait for the item they stand ahead of.
const BEFORE_MAX: usize = 16 << 10;

enum Stage {
    Head,
    /// Between items; what comes waits for the next.
    Between,
    Claim(Box<ClaimLoop>),
}

/// The remittance that is open.
pub(super) struct Open {
    ordinal: u64,
    path: Path,
    control: Vec<u8>,
    head: OpenHead,
    stage: Stage,
    before: Vec<u8>,
    location: Option<Arc<str>>,
    segments: u64,
    claims: u64,
    lines: u64,
    adjustments: u64,
    plb: u64,
    plb_adjustments: u64,
    denied: u64,
    reversals: u64,
    claim_paid: Sum,
    plb_total: Sum,
}

impl Open {
    pub(super) fn begin(
        token: &Token<'_>,
        elements: &Elements,
        ordinal: u64,
        envelopes: &Envelopes,
        sink: &Sink<'_>,
    ) -> Self {
        Self {
            ordinal,
            path: envelopes.path,
            control: elements.get(token.content, 2).trim_ascii().to_vec(),
            head: OpenHead::begin(token, elements, ordinal, envelopes, sink),
            stage: Stage::Head,
            before: Vec::new(),
            location: None,
            segments: 1,
            claims: 0,
            lines: 0,
            adjustments: 0,
            plb: 0,
            plb_adjustments: 0,
            denied: 0,
            reversals: 0,
            claim_paid: Sum::default(),
            plb_total: Sum::default(),
        }
    }

    /// Takes a token inside the remittance.
    pub(super) fn take(
        &mut self,
        token: &Token<'_>,
        elements: &Elements,
        tag: Tag,
        sink: &mut Sink<'_>,
    ) {
        sink.path = self.path;
        match token.kind {
            Kind::Segment => self.segments = self.segments.saturating_add(1),
            Kind::Long { first: true } => {
                self.segments = self.segments.saturating_add(1);
                sink.path = self.inner();
                sink.breach(Rule::SegmentTooLong, "a segment above 1 MiB; it was not read");
                // It may have been a claim or an adjustment.
                self.claim_paid.lose();
            }
            Kind::Long { first: false } | Kind::Blank | Kind::Unreadable(_) => {}
        }
        match &tag {
            b"LX\0" => {
                self.between(sink, false);
                self.location = None;
                self.wait(token, sink);
            }
            b"TS3" => {
                self.between(sink, false);
                self.location =
                    values::some_text(elements.get(token.content, 1)).map(|l| Arc::from(&*l));
                self.wait(token, sink);
            }
            b"TS2" => {
                self.between(sink, false);
                self.wait(token, sink);
            }
            b"CLP" => self.claim(token, elements, sink),
            b"PLB" => self.provider(token, elements, sink),
            _ => self.inside(token, elements, tag, sink),
        }
    }

    fn inner(&self) -> Path {
        let claim = if matches!(self.stage, Stage::Claim(_)) { self.claims } else { 0 };
        Path { claim, ..self.path }
    }

    fn inside(&mut self, token: &Token<'_>, elements: &Elements, tag: Tag, sink: &mut Sink<'_>) {
        sink.path = self.inner();
        match &mut self.stage {
            Stage::Head => self.head.take(token, elements, tag, sink),
            Stage::Claim(open) => open.take(token, elements, tag, sink),
            Stage::Between => {
                if token.kind == Kind::Segment {
                    let message = "this segment belongs to no claim and no head";
                    sink.breach(Rule::SegmentUnexpected, message);
                }
                self.wait(token, sink);
            }
        }
    }

    /// Ends the head or claim that is open; `cut` where nobody knows whether it was complete.
    fn between(&mut self, sink: &mut Sink<'_>, cut: bool) {
        match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Head => self.head.give(sink),
            Stage::Between => {}
            Stage::Claim(open) => {
                let outcome = open.end(sink, cut);
                self.claim_paid.add(outcome.paid);
                self.lines = self.lines.saturating_add(outcome.lines);
                self.adjustments = self.adjustments.saturating_add(outcome.adjustments);
                self.denied = self.denied.saturating_add(u64::from(outcome.denied));
                self.reversals = self.reversals.saturating_add(u64::from(outcome.reversal));
            }
        }
    }

    /// Keeps bytes for the item that comes; too many of them are given as they are.
    fn wait(&mut self, token: &Token<'_>, sink: &mut Sink<'_>) {
        self.before.extend_from_slice(token.bytes);
        if self.before.len() > BEFORE_MAX {
            Continuation::queue(std::mem::take(&mut self.before), sink.queue);
        }
    }

    fn claim(&mut self, token: &Token<'_>, elements: &Elements, sink: &mut Sink<'_>) {
        self.between(sink, false);
        if self.plb > 0 {
            sink.breach(Rule::SegmentUnexpected, "a claim after a provider adjustment (PLB)");
        }
        self.claims = self.claims.saturating_add(1);
        sink.path = Path { claim: self.claims, ..self.path };
        let around = Around {
            ordinal: self.claims,
            before: std::mem::take(&mut self.before),
            location: self.location.clone(),
            paid_on: self.head.paid_on,
        };
        let open = ClaimLoop::begin(token, elements, around, sink);
        self.stage = Stage::Claim(Box::new(open));
    }

    fn provider(&mut self, token: &Token<'_>, elements: &Elements, sink: &mut Sink<'_>) {
        self.between(sink, false);
        self.plb = self.plb.saturating_add(1);
        sink.path = Path { plb: self.plb, ..self.path };
        let content = token.content;
        let provider = elements.get(content, 1);
        self.head.check_provider(provider, sink);
        let mut bytes = token.bytes.to_vec();
        // Split here, because the positions of elements end before the pairs may.
        let mut rest = content.split(|byte| *byte == token.delimiters.element).skip(3);
        let mut pairs = 0_usize;
        while let Some(composite) = rest.next() {
            let amount = Amount::read(rest.next().unwrap_or_default());
            if composite.is_empty() && amount.is_missing() {
                continue;
            }
            pairs = pairs.saturating_add(1);
            if pairs == PAIRS_USUAL.saturating_add(1) {
                let message = "a PLB of more than six adjustments; all of them are read";
                sink.breach(Rule::SegmentUnexpected, message);
            }
            if pairs > PAIRS_MAX {
                self.plb_total.lose();
                let message = "a PLB of more than 1,000 adjustments; the rest is not read";
                sink.breach(Rule::AmountUnreadable, message);
                break;
            }
            self.plb_adjustments = self.plb_adjustments.saturating_add(1);
            self.plb_total.add(amount);
            let reason = component(composite, token.delimiters.component, 0).trim_ascii();
            questions(reason, amount, sink);
            let mut original = std::mem::take(&mut bytes);
            let rest = beyond_a_piece(&mut original);
            sink.queue.push_back(Item::Adjustment(Box::new(ProviderAdjustment {
                ordinal: self.plb_adjustments,
                position: sink.position,
                path: sink.path,
                provider: values::text(provider).into_owned(),
                fiscal_period: values::date(elements.get(content, 2)),
                reason: values::text(reason).into_owned(),
                reference: owned(component(composite, token.delimiters.component, 1)),
                amount,
                before: std::mem::take(&mut self.before),
                original,
            })));
            Continuation::queue(rest, sink.queue);
        }
        if !bytes.is_empty() {
            sink.breach(Rule::SegmentUnexpected, "a PLB without an adjustment");
            self.wait(token, sink);
        }
    }

    /// Ends the remittance at its SE.
    pub(super) fn end(mut self, token: &Token<'_>, elements: &Elements, sink: &mut Sink<'_>) {
        self.segments = self.segments.saturating_add(1);
        sink.path = self.path;
        self.between(sink, false);
        sink.path = self.path;
        let get = |index| elements.get(token.content, index);
        let count = "SE01 is not the number of segments from ST to SE";
        counted(sink, Rule::SeCount, get(1), self.segments, count);
        if self.control != get(2).trim_ascii() {
            mismatch(sink, &self.control, get(2), "SE02 is not ST02");
        }
        if !self.head.paid {
            sink.breach(Rule::AmountUnreadable, "BPR is missing; the payment is unverifiable");
        }
        self.close(token.bytes, false, sink);
    }

    /// Ends the remittance where its SE is missing.
    pub(super) fn cut(mut self, sink: &mut Sink<'_>) {
        self.between(sink, true);
        sink.path = self.path;
        sink.breach(Rule::Truncated, "the remittance ends without its SE");
        self.close(&[], true, sink);
    }

    fn close(self, bytes: &[u8], truncated: bool, sink: &mut Sink<'_>) {
        let totals = self.totals(truncated, sink);
        let mut original = bytes.to_vec();
        let rest = beyond_a_piece(&mut original);
        sink.queue.push_back(Item::Close(Box::new(Close {
            ordinal: self.ordinal,
            position: sink.position,
            truncated,
            segments: self.segments,
            totals,
            before: self.before,
            original,
        })));
        Continuation::queue(rest, sink.queue);
    }

    fn totals(&self, truncated: bool, sink: &mut Sink<'_>) -> Totals {
        let payment = self.head.amount;
        let balance = match (self.claim_paid.get(), self.plb_total.get(), payment.cents()) {
            (Some(claims), Some(plb), Some(paid)) => {
                let expected = claims.saturating_sub(plb);
                if expected == paid {
                    Balance::Holds
                } else if truncated {
                    // What is missing may be what would balance it.
                    Balance::Unverifiable
                } else {
                    sink.compared(
                        Rule::TransactionUnbalanced,
                        "the claims' payments less the PLB amounts are not BPR02",
                        shown(expected),
                        shown(paid),
                    );
                    Balance::Off(money(paid.saturating_sub(expected)))
                }
            }
            _ => Balance::Unverifiable,
        };
        Totals {
            claims: self.claims,
            lines: self.lines,
            adjustments: self.adjustments,
            plb_adjustments: self.plb_adjustments,
            denied: self.denied,
            reversals: self.reversals,
            claim_paid: money(self.claim_paid.readable()),
            plb_total: money(self.plb_total.readable()),
            payment,
            balance,
        }
    }
}

/// What is odd about one pair of a PLB.
fn questions(reason: &[u8], amount: Amount, sink: &mut Sink<'_>) {
    unreadable(sink, amount, "an amount of PLB");
    if amount.get().is_some_and(lookback_events::money::Money::is_zero) {
        sink.breach(Rule::PlbZero, "a provider adjustment of 0.00");
    }
    if reason == b"WU" {
        sink.breach(Rule::PlbUntraceable, "a recovery that names nothing it could be traced to");
    } else if !rules::plb_reason_known(reason) {
        sink.breach(Rule::PlbReasonUnknown, "a reason of PLB that X12 does not list");
    }
}
