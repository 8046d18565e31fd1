//! Cases made up for tests, said in a line.

use lookback_events::event::act::Happened;
use lookback_events::event::recovery::letters::{AnswerKind, Method, Outcome};
use lookback_events::event::recovery::{Cause, DetectedBy};
use lookback_events::event::text::Day;
use lookback_events::id::{ActorId, CaseId, JournalId, PayeeId};
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use lookback_projections::Position;
use lookback_projections::case_on::CaseOn;
use lookback_projections::cases::{
    AnswerState, CaseFacts, CaseMoney, CaseRow, DeterminationState, DisputeState, End,
    InstructionState, Known, NoticeState, RefundState, Ways,
};
use lookback_projections::entries::{Entry, Kind};

use super::{Clocks, Seen};

/// A day.
pub(in crate::report) fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

/// So many dollars and cents.
pub(in crate::report) fn dollars(text: &str) -> Money {
    text.parse().unwrap()
}

/// A case that is being made up; each step takes the next position.
pub(in crate::report) struct Sample {
    row: CaseRow,
    entries: Vec<Entry>,
    clocks: Clocks,
    seq: u64,
}

impl Sample {
    /// A case identified on a day about so much.
    pub(in crate::report) fn identified(on: &str, amount: &str) -> Self {
        let mut sample = Self {
            row: CaseRow {
                payee: PayeeId::parse("1234567893").unwrap(),
                identified: known(0, on),
                facts: CaseFacts {
                    cause: Cause::DuplicatePayment,
                    detected_by: DetectedBy::Plan,
                    line_of_business: "medicaid".to_owned(),
                    plan: "MCF".to_owned(),
                    funding: None,
                    state: None,
                    provider_class: None,
                    service_class: None,
                    vendor: None,
                    owner: Some(ActorId::parse("jane").unwrap()),
                    asserted: false,
                    payer: None,
                },
                claims: Vec::new(),
                money: CaseMoney::default(),
                ways: Ways::default(),
                changes: Vec::new(),
                notices: Vec::new(),
                answers: Vec::new(),
                disputes: Vec::new(),
                refunds: Vec::new(),
                instructions: Vec::new(),
                restorations: Vec::new(),
                plan: Vec::new(),
                planned: None,
                defaulted: None,
                stayed: None,
                stood_down: None,
                stays_lifted: Vec::new(),
                stand_downs_lifted: Vec::new(),
                moved: None,
                referred: None,
                ended: None,
                taken_while_barred: Money::ZERO,
                last: known(0, on).at,
            },
            entries: Vec::new(),
            clocks: Clocks::default(),
            seq: 0,
        };
        sample.entry(on, Kind::Identified, |entry| entry.identified = dollars(amount));
        sample
    }

    fn next(&mut self, on: &str) -> Known {
        self.seq = self.seq.saturating_add(1);
        known(self.seq, on)
    }

    /// The same with an entry.
    pub(in crate::report) fn entry(
        &mut self,
        on: &str,
        kind: Kind,
        change: impl FnOnce(&mut Entry),
    ) -> &mut Self {
        let known = self.next(on);
        let mut entry = Entry::nothing(known.at, known.happened.day, kind);
        change(&mut entry);
        entry.add_to(&mut self.row.money).unwrap();
        self.entries.push(entry);
        self
    }

    /// So much was taken from payments.
    pub(in crate::report) fn offset(&mut self, on: &str, amount: &str) -> &mut Self {
        self.entry(on, Kind::Offset, |entry| entry.collected = dollars(amount))
    }

    /// The provider paid so much.
    pub(in crate::report) fn refunded(&mut self, on: &str, amount: &str) -> &mut Self {
        self.entry(on, Kind::Refund, |entry| entry.collected = dollars(amount));
        let at = self.entries.last().unwrap().at;
        self.row.refunds.push(RefundState { at, on: day(on), evidenced: false });
        self
    }

    /// A notice went out.
    pub(in crate::report) fn noticed(&mut self, on: &str) -> &mut Self {
        let notice = NoticeState {
            known: self.next(on),
            dated: day(on),
            sent: None,
            received: None,
            method: Method::Mail,
            control_number: "FCN-1".to_owned(),
            appeal_deadline: None,
            lacks: Vec::new(),
            returned: None,
            named: self.row.money.identified,
            claims: Vec::new(),
        };
        self.row.notices.push(notice);
        self
    }

    /// The last notice came back.
    pub(in crate::report) fn returned(&mut self, on: &str) -> &mut Self {
        let known = self.next(on);
        self.row.notices.last_mut().unwrap().returned = Some(known);
        self
    }

    /// A refund is promised by a day.
    pub(in crate::report) fn promised(&mut self, on: &str, by: &str) -> &mut Self {
        let (known, kind) = (self.next(on), AnswerKind::RefundPromised);
        self.row.answers.push(AnswerState {
            known,
            kind,
            amount: None,
            claims: Vec::new(),
            promised_by: Some(day(by)),
        });
        self
    }

    /// All of it is disputed at a level.
    pub(in crate::report) fn disputed(&mut self, on: &str, level: u8) -> &mut Self {
        let known = self.next(on);
        self.row.disputes.push(DisputeState {
            known,
            level,
            amount: None,
            claims: Vec::new(),
            late: false,
            accepted: None,
            determined: None,
        });
        self
    }

    /// The last dispute was determined, and reduced the overpayment by so much.
    pub(in crate::report) fn determined(
        &mut self,
        on: &str,
        outcome: Outcome,
        reduced: &str,
    ) -> &mut Self {
        let known = self.next(on);
        self.row.disputes.last_mut().unwrap().determined = Some(DeterminationState {
            known,
            outcome,
            dated: day(on),
            sent: None,
            appeal_deadline: None,
            reduced: dollars(reduced),
        });
        self.entry(on, Kind::Reduced, |entry| entry.reduced = dollars(reduced))
    }

    /// The payer was told to take so much from a day on, of which so much was seen.
    pub(in crate::report) fn instructed(
        &mut self,
        on: &str,
        amount: &str,
        seen: &str,
    ) -> &mut Self {
        let instruction = InstructionState {
            known: self.next(on),
            amount: dollars(amount),
            first_on: day(on),
            seen: dollars(seen),
        };
        self.row.instructions.push(instruction);
        self
    }

    /// It ended.
    pub(in crate::report) fn ended(&mut self, on: &str, end: End) -> &mut Self {
        self.row.ended = Some((self.next(on), end));
        self
    }

    /// An offset is eligible from a day on.
    pub(in crate::report) fn eligible(&mut self, from: &str) -> &mut Self {
        self.clocks.eligible = Some(day(from));
        self
    }

    /// The last day of its window.
    pub(in crate::report) fn window(&mut self, until: &str) -> &mut Self {
        self.clocks.window = Some(day(until));
        self
    }

    /// Something else of its row.
    pub(in crate::report) fn with(&mut self, change: impl FnOnce(&mut CaseRow)) -> &mut Self {
        change(&mut self.row);
        self
    }

    /// The case as reports see it; all of what is outstanding is free where an offset is eligible.
    pub(in crate::report) fn seen(&self) -> Seen {
        let (id, row) = (CaseId::parse("OP-1").unwrap(), self.row.clone());
        let outstanding = row.money.outstanding().unwrap();
        let free = if self.clocks.eligible.is_some() { outstanding } else { Money::ZERO };
        let case = CaseOn { id, row, entries: self.entries.clone() };
        Seen::of(case, (Clocks { free, ..self.clocks }, Vec::new()), false).unwrap()
    }
}

fn known(seq: u64, on: &str) -> Known {
    Known {
        at: Position { journal: JournalId::payment(0).unwrap(), seq },
        happened: Happened::on(day(on).0),
        recorded_at: Timestamp::from_micros(0),
        evidenced: false,
        control: 1,
    }
}
