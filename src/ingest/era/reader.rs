//! Sorts tokens into envelopes, remittances and what is neither.

use std::collections::VecDeque;

use lookback_events::finding::Rule;

use super::place::{Position, Sink};
use super::remittance::Open;
use super::{Continuation, Envelopes, Item, Outside, OutsideReason, beyond_a_piece};
use crate::ingest::x12::frames::{Frame, Frames};
use crate::ingest::x12::{Elements, Kind, PIECE_MAX, Token, Unreadable};

/// The state between two tokens.
#[derive(Default)]
pub(super) struct Reader {
    frames: Frames,
    elements: Elements,
    envelopes: Envelopes,
    open: Option<Box<Open>>,
    outside: Option<Outside>,
    /// Why bytes were outside when that was last told; one finding a stretch.
    told: Option<OutsideReason>,
    remittances: u64,
    segment: u64,
}

impl Reader {
    pub(super) fn take(&mut self, token: &Token<'_>, queue: &mut VecDeque<Item>) {
        self.segment = token.segment;
        let mut tag = [0; 3];
        if token.kind == Kind::Segment {
            self.elements.split(token.content, token.delimiters.element);
            tag = token.tag();
        }
        if self.frames.is_plainly_within(token)
            && let Some(open) = &mut self.open
        {
            let position = Position { segment: token.segment, offset: token.offset };
            let mut sink = Sink { queue, of_remittance: true, position, path: self.envelopes.path };
            return open.take(token, &self.elements, tag, &mut sink);
        }
        let step = self.frames.step(token, tag, self.elements.get(token.content, 1));
        let position = Position { segment: token.segment, offset: token.offset };
        let mut sink = Sink { queue, of_remittance: true, position, path: self.envelopes.path };
        if step.frame == Frame::Within
            && let Some(open) = &mut self.open
        {
            return open.take(token, &self.elements, tag, &mut sink);
        }
        if step.cut
            && let Some(open) = self.open.take()
        {
            open.cut(&mut sink);
        }
        sink.of_remittance = false;
        match step.frame {
            Frame::Begin => {
                self.flush(sink.queue);
                self.told = None;
                self.envelopes.set(&mut sink);
                self.remittances = self.remittances.saturating_add(1);
                let (elements, envelopes) = (&self.elements, &self.envelopes);
                let open = Open::begin(token, elements, self.remittances, envelopes, &sink);
                self.open = Some(Box::new(open));
            }
            Frame::End | Frame::Within => {
                sink.of_remittance = true;
                if let Some(open) = self.open.take() {
                    open.end(token, &self.elements, &mut sink);
                }
            }
            Frame::Envelope => {
                self.flush(sink.queue);
                self.told = None;
                let mut envelope =
                    self.envelopes.take(token, &self.elements, tag, step.cut, &mut sink);
                let rest = beyond_a_piece(&mut envelope.bytes);
                sink.queue.push_back(Item::Envelope(Box::new(envelope)));
                Continuation::queue(rest, sink.queue);
            }
            Frame::OtherBegin => {
                self.envelopes.set(&mut sink);
                self.outside(OutsideReason::OtherTransaction, token, &mut sink);
            }
            Frame::Other => self.outside(OutsideReason::OtherTransaction, token, &mut sink),
            Frame::Stray => {
                sink.path = self.envelopes.outside_sets();
                self.outside(OutsideReason::Stray, token, &mut sink);
            }
            Frame::Between => {
                sink.path = self.envelopes.outside_sets();
                let reason = match token.kind {
                    Kind::Unreadable(why) => OutsideReason::Unreadable(why),
                    Kind::Segment | Kind::Long { .. } | Kind::Blank => OutsideReason::Blank,
                };
                self.outside(reason, token, &mut sink);
            }
        }
    }

    /// Ends the file, `offset` bytes long; `empty` where there was nothing in it but blanks.
    pub(super) fn end(&mut self, offset: u64, empty: bool, queue: &mut VecDeque<Item>) {
        let position = Position { segment: self.segment, offset };
        let mut sink = Sink { queue, of_remittance: true, position, path: self.envelopes.path };
        let cut = self.frames.end();
        if let Some(open) = self.open.take() {
            open.cut(&mut sink);
        }
        sink.of_remittance = false;
        self.envelopes.cut(cut, &mut sink);
        if empty {
            sink.position = Position::default();
            sink.breach(Rule::InterchangeUnreadable, Unreadable::Empty.to_string());
        }
        self.flush(sink.queue);
    }

    fn flush(&mut self, queue: &mut VecDeque<Item>) {
        if let Some(outside) = self.outside.take() {
            queue.push_back(Item::Outside(outside));
        }
    }

    /// Gathers bytes outside every 835.
    fn outside(&mut self, reason: OutsideReason, token: &Token<'_>, sink: &mut Sink<'_>) {
        if reason != OutsideReason::Blank && self.told != Some(reason) {
            self.told = Some(reason);
            match reason {
                OutsideReason::Stray => sink
                    .breach(Rule::SegmentUnexpected, "segments that belong to no transaction set"),
                OutsideReason::Unreadable(why) => sink.breach(
                    Rule::InterchangeUnreadable,
                    format!("{why}; nothing is read up to the next interchange"),
                ),
                OutsideReason::Blank | OutsideReason::OtherTransaction => {}
            }
        }
        if token.kind == (Kind::Long { first: true }) {
            sink.breach(Rule::SegmentTooLong, "a segment above 1 MiB; it was not read");
        }
        let fits = |open: &Outside| {
            let same = open.reason == reason || reason == OutsideReason::Blank;
            same && open.bytes.len().saturating_add(token.bytes.len()) <= PIECE_MAX
        };
        if self.outside.as_ref().is_some_and(|open| !fits(open)) {
            self.flush(sink.queue);
        }
        let open = self.outside.get_or_insert_with(|| Outside {
            reason,
            offset: token.offset,
            bytes: Vec::new(),
        });
        open.bytes.extend_from_slice(token.bytes);
        while open.bytes.len() > PIECE_MAX {
            let bytes = open.bytes.split_off(PIECE_MAX);
            let full = std::mem::replace(&mut open.bytes, bytes);
            let length = u64::try_from(full.len()).unwrap_or(u64::MAX);
            let offset = open.offset;
            open.offset = offset.saturating_add(length);
            sink.queue.push_back(Item::Outside(Outside { reason, offset, bytes: full }));
        }
    }
}
