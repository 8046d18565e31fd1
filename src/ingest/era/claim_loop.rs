//! A CLP loop while it is read: bytes gathered, values found, balances kept.

use std::collections::VecDeque;
use std::sync::Arc;

use lookback_events::finding::Rule;

use super::claim::{Adjustment, Claim, Index, Line};
use super::fit;
use super::place::{Path, Position, Sink};
use super::rules;
use super::values::{Amount, shown};
use super::{Continuation, Item, beyond};
use crate::ingest::x12::{Elements, Kind, PIECE_MAX, Tag, Token};

/// The most lines that are itemised.
pub const LINES_MAX: usize = 2_000;
/// The most adjustments that are itemised.
pub const ADJUSTMENTS_MAX: usize = 6_000;
/// The most bytes of a loop that are looked into.
const INDEXED_MAX: usize = 256 << 10;
/// The most bytes of a loop that are held back until its end is seen.
pub(super) const HELD_MAX: usize = 16 << 20;
/// Room for a usual loop, so that it seldom has to grow.
const LOOP_USUAL: usize = 1 << 10;

/// The claim that is open.
pub(super) struct ClaimLoop {
    /// The claim, until it is given; an absurdly long loop goes on after that.
    claim: Option<Box<Claim>>,
    raw: Vec<u8>,
    position: Position,
    path: Path,
    charge: Amount,
    paid: Amount,
    patient: Amount,
    lines: u64,
    adjustments: u64,
    denied: bool,
    reversal: bool,
    /// True for a first decision: a stopped reason code is odd there, not in what follows from it.
    first_decision: bool,
    /// 835 BPR16 as a number.
    paid_on: Option<u32>,
    line: Option<OpenLine>,
    adjusted: Sum,
    patient_adjusted: Sum,
}

struct OpenLine {
    position: Position,
    charge: Amount,
    paid: Amount,
    adjusted: Sum,
}

/// A sum of cents that may have become unverifiable.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    cents: i128,
    unverifiable: bool,
}

impl Sum {
    pub(super) fn add(&mut self, amount: Amount) {
        match amount.cents() {
            Some(cents) => self.cents = self.cents.saturating_add(cents),
            None => self.unverifiable = true,
        }
    }

    /// Something that belongs to it could not be read.
    pub(super) fn lose(&mut self) {
        self.unverifiable = true;
    }

    pub(super) fn get(self) -> Option<i128> {
        (!self.unverifiable).then_some(self.cents)
    }

    /// What could be read of it.
    pub(super) fn readable(self) -> i128 {
        self.cents
    }
}

/// What a claim adds to its remittance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) paid: Amount,
    pub(super) lines: u64,
    pub(super) adjustments: u64,
    pub(super) denied: bool,
    pub(super) reversal: bool,
}

/// What surrounds a claim.
pub(super) struct Around {
    pub(super) ordinal: u64,
    pub(super) before: Vec<u8>,
    pub(super) location: Option<Arc<str>>,
    pub(super) paid_on: Option<u32>,
}

impl ClaimLoop {
    pub(super) fn begin(
        token: &Token<'_>,
        elements: &Elements,
        around: Around,
        sink: &mut Sink<'_>,
    ) -> Self {
        let content = token.content;
        let status = elements.get(content, 2).trim_ascii();
        let read = |index| Amount::read(elements.get(content, index));
        let (charge, paid, patient) = (read(3), read(4), read(5));
        for (amount, name) in [(charge, "CLP03"), (paid, "CLP04")] {
            unreadable(sink, amount, name);
        }
        if !patient.is_missing() {
            unreadable(sink, patient, "CLP05");
        }
        let claim = Claim {
            ordinal: around.ordinal,
            position: sink.position,
            path: sink.path,
            before: around.before,
            original: Vec::new(),
            continued: false,
            charge,
            paid,
            patient,
            lines: Vec::new(),
            adjustments: Vec::new(),
            lines_total: 0,
            adjustments_total: 0,
            enclosing: around.location,
            component: token.delimiters.component,
            text: None,
            index: Index::with_room(),
        };
        let mut open = Self {
            claim: Some(Box::new(claim)),
            raw: Vec::with_capacity(LOOP_USUAL),
            position: sink.position,
            path: sink.path,
            charge,
            paid,
            patient,
            lines: 0,
            adjustments: 0,
            denied: status == b"4",
            reversal: status == b"22",
            first_decision: matches!(status, b"1" | b"2" | b"3" | b"4" | b"19" | b"20" | b"21"),
            paid_on: around.paid_on,
            line: None,
            adjusted: Sum::default(),
            patient_adjusted: Sum::default(),
        };
        open.keep(token, elements, *b"CLP", sink.queue);
        open
    }

    /// Takes a segment of the loop, or bytes that lie within it.
    pub(super) fn take(
        &mut self,
        token: &Token<'_>,
        elements: &Elements,
        tag: Tag,
        sink: &mut Sink<'_>,
    ) {
        if token.kind != Kind::Segment {
            if token.kind == (Kind::Long { first: true }) {
                self.lose();
            }
            return self.append(token.bytes, sink.queue);
        }
        let in_line = self.line.is_some();
        sink.path.line = if in_line { self.lines } else { 0 };
        match &tag {
            b"SVC" => self.service(token, elements, sink),
            b"CAS" => self.adjustments(token, elements, sink),
            b"DTM" | b"REF" | b"AMT" | b"QTY" => {}
            b"LQ\0" if in_line => {}
            b"NM1" if !in_line => rendering(token, elements, sink),
            b"MIA" | b"MOA" | b"PER" if !in_line => {}
            _ => sink.breach(Rule::SegmentUnexpected, "a claim has no place for this segment"),
        }
        self.keep(token, elements, tag, sink.queue);
    }

    /// A segment could not be read: it may have been an adjustment.
    fn lose(&mut self) {
        self.adjusted.lose();
        self.patient_adjusted.lose();
        if let Some(line) = &mut self.line {
            line.adjusted.lose();
        }
    }

    fn service(&mut self, token: &Token<'_>, elements: &Elements, sink: &mut Sink<'_>) {
        self.end_line(sink, false);
        let content = token.content;
        self.lines = self.lines.saturating_add(1);
        sink.path.line = self.lines;
        let charge = Amount::read(elements.get(content, 2));
        let paid = Amount::read(elements.get(content, 3));
        unreadable(sink, charge, "SVC02");
        unreadable(sink, paid, "SVC03");
        self.line =
            Some(OpenLine { position: sink.position, charge, paid, adjusted: Sum::default() });
        if let Some(claim) = &mut self.claim {
            claim.lines_total = self.lines;
            let room = claim.lines.len() < LINES_MAX;
            if let Some(segment) = claim.index.next(room) {
                let number = u32::try_from(self.lines).unwrap_or(u32::MAX);
                claim.lines.push(Line { number, charge, paid, segment });
            }
        }
    }

    fn adjustments(&mut self, token: &Token<'_>, elements: &Elements, sink: &mut Sink<'_>) {
        let content = token.content;
        if !elements.reach_the_end_of(content) {
            let message = "a CAS of more than ten adjustments; the rest is not read, and what it \
                           balances is unverifiable";
            sink.breach(Rule::AmountUnreadable, message);
            self.lose();
        }
        let patient = elements.get(content, 1) == b"PR";
        let line = if self.line.is_some() { self.lines } else { 0 };
        for at in (2..elements.count()).step_by(3) {
            let reason = elements.get(content, at).trim_ascii();
            let amount = Amount::read(elements.get(content, at.saturating_add(1)));
            if reason.is_empty() && amount.is_missing() {
                continue;
            }
            unreadable(sink, amount, "an amount of CAS");
            self.adjusted.add(amount);
            if let Some(line) = &mut self.line {
                line.adjusted.add(amount);
            }
            if patient {
                self.patient_adjusted.add(amount);
            }
            if reason_like(reason) {
                self.stopped(reason, sink);
            } else if amount.get().is_none() {
                // Neither a reason nor an amount: words, not an adjustment.
                continue;
            }
            self.adjustments = self.adjustments.saturating_add(1);
            let Some(claim) = &mut self.claim else { continue };
            claim.adjustments_total = self.adjustments;
            let room = claim.adjustments.len() < ADJUSTMENTS_MAX;
            if let Some(segment) = claim.index.next(room) {
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                let reason = u8::try_from(at).unwrap_or(u8::MAX);
                claim.adjustments.push(Adjustment { line, amount, segment, reason });
            }
        }
    }

    fn stopped(&self, reason: &[u8], sink: &mut Sink<'_>) {
        let (Some(day), true) = (self.paid_on, self.first_decision) else { return };
        if let Some(stopped) = rules::stopped(reason)
            && day > stopped
        {
            sink.compared(
                Rule::ReasonCodeRetired,
                "a claim adjustment reason code was used after the day it was stopped",
                format!("until {stopped}"),
                format!("{} on {day}", String::from_utf8_lossy(reason)),
            );
        }
    }

    /// Ends the line that is open; nothing is said of a line that was cut off.
    fn end_line(&mut self, sink: &mut Sink<'_>, cut: bool) {
        let Some(line) = self.line.take() else { return };
        let (Some(charge), Some(paid), Some(adjusted)) =
            (line.charge.cents(), line.paid.cents(), line.adjusted.get())
        else {
            return;
        };
        let expected = charge.saturating_sub(adjusted);
        if expected != paid && !cut {
            let path = Path { line: self.lines, ..self.path };
            sink.at(
                line.position,
                path,
                Rule::LineUnbalanced,
                "SVC02 less the adjustments of the line is not SVC03",
                shown(expected),
                shown(paid),
            );
        }
    }

    /// Ends the loop: balances, then the claim itself.
    pub(super) fn end(mut self, sink: &mut Sink<'_>, cut: bool) -> Outcome {
        self.end_line(sink, cut);
        if !cut {
            self.balance(sink);
        }
        let outcome = Outcome {
            paid: self.paid,
            lines: self.lines,
            adjustments: self.adjustments,
            denied: self.denied,
            reversal: self.reversal,
        };
        self.give(sink.queue);
        outcome
    }

    fn balance(&self, sink: &mut Sink<'_>) {
        let (position, path) = (self.position, self.path.of_claim());
        if let (Some(charge), Some(paid), Some(adjusted)) =
            (self.charge.cents(), self.paid.cents(), self.adjusted.get())
        {
            let expected = charge.saturating_sub(adjusted);
            if expected != paid {
                sink.at(
                    position,
                    path,
                    Rule::ClaimUnbalanced,
                    "CLP03 less the adjustments of claim and lines is not CLP04",
                    shown(expected),
                    shown(paid),
                );
            }
        }
        let Some(sum) = self.patient_adjusted.get() else { return };
        // What takes a payment back shows the patient's share as nothing or negated.
        let back = self.reversal || self.charge.cents().is_some_and(|c| c < 0);
        if self.patient.is_missing() && sum != 0 && !back {
            // Without a share there is nothing to state; with one the balance needs the amount.
            let message = "CLP05 is missing; what it balances is unverifiable";
            let (sum, none) = (shown(sum), String::new());
            sink.at(position, path, Rule::AmountUnreadable, message, sum, none);
        }
        let Some(stated) = self.patient.cents() else { return };
        let lenient = back && (stated == 0 || stated == sum.saturating_neg());
        if stated != sum && !lenient {
            sink.at(
                position,
                path,
                Rule::PatientResponsibilityUnbalanced,
                "CLP05 is not the sum of the PR adjustments",
                shown(sum),
                shown(stated),
            );
        }
    }

    /// Keeps a segment's bytes and, while there is room, where its elements stand.
    fn keep(
        &mut self,
        token: &Token<'_>,
        elements: &Elements,
        tag: Tag,
        queue: &mut VecDeque<Item>,
    ) {
        let line = if self.line.is_some() { self.lines } else { 0 };
        if let Some(claim) = self.claim.as_deref_mut() {
            let start = claim.text.as_ref().map_or(self.raw.len(), Vec::len);
            let room = start.saturating_add(token.content.len()) <= INDEXED_MAX;
            if claim.index.keep(elements, tag, line, start, room) {
                if token.wrapped && claim.text.is_none() {
                    claim.text = Some(self.raw.clone());
                }
                if let Some(text) = &mut claim.text {
                    text.extend_from_slice(token.content);
                }
            }
        }
        self.append(token.bytes, queue);
    }

    fn append(&mut self, bytes: &[u8], queue: &mut VecDeque<Item>) {
        self.raw.extend_from_slice(bytes);
        if self.claim.is_none() {
            if self.raw.len() >= PIECE_MAX {
                Continuation::queue(std::mem::take(&mut self.raw), queue);
            }
        } else if self.raw.len() > HELD_MAX {
            if let Some(claim) = &mut self.claim {
                claim.continued = true;
            }
            self.give(queue);
        }
    }

    /// Gives the claim, or what has gathered since it was given.
    fn give(&mut self, queue: &mut VecDeque<Item>) {
        let raw = std::mem::take(&mut self.raw);
        let Some(mut claim) = self.claim.take() else { return Continuation::queue(raw, queue) };
        let length = raw.len();
        claim.original = raw;
        if claim.text.is_none() && length > fit::SMALL {
            // The original may be cut below; what was looked into must stay whole.
            let looked_into = claim.original.get(..INDEXED_MAX).unwrap_or(&claim.original);
            claim.text = Some(looked_into.to_vec());
        }
        let room = fit::fit(&mut claim, length);
        let rest = beyond(&mut claim.original, room);
        queue.push_back(Item::Claim(claim));
        Continuation::queue(rest, queue);
    }
}

/// Checks the NPI of a rendering provider.
fn rendering(token: &Token<'_>, elements: &Elements, sink: &mut Sink<'_>) {
    let get = |index| elements.get(token.content, index);
    if get(1) == b"82" && get(8) == b"XX" && !rules::npi_holds(get(9).trim_ascii()) {
        sink.breach(
            Rule::NpiCheckDigit,
            "the check digit of the rendering provider's NPI (NM109) is wrong",
        );
    }
}

/// A reason code as X12 forms it: one to five letters or digits.
fn reason_like(reason: &[u8]) -> bool {
    (1..=5).contains(&reason.len()) && reason.iter().all(u8::is_ascii_alphanumeric)
}

/// Says that an amount is missing or unreadable.
pub(super) fn unreadable(sink: &mut Sink<'_>, amount: Amount, name: &str) {
    let message = match amount {
        Amount::Read(_) => return,
        Amount::Missing => format!("{name} is missing; what it balances is unverifiable"),
        Amount::Unreadable(why) => format!("{name}: {why}; what it balances is unverifiable"),
    };
    sink.breach(Rule::AmountUnreadable, message);
}
