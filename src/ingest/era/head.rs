//! The head of a remittance: everything from ST up to its first claim, adjustment or SE.

use chrono::NaiveDate;
use lookback_events::finding::Rule;

use super::claim_loop::{HELD_MAX, unreadable};
use super::place::{Path, Position, Sink};
use super::rules;
use super::values::{self, Amount, owned, owned_identifier};
use super::{Continuation, Envelopes, Item, beyond_a_piece};
use crate::ingest::x12::{Elements, Kind, PIECE_MAX, Tag, Token};

/// Who pays or is paid (835 N1 loops 1000A and 1000B).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// 835 N102.
    pub name: Option<String>,
    /// 835 N103.
    pub qualifier: Option<String>,
    /// 835 N104.
    pub id: Option<String>,
}

/// The head of a remittance.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// Which 835 of the file, from 1.
    pub ordinal: u64,
    /// Where its ST stands.
    pub position: Position,
    /// Where in the envelopes.
    pub path: Path,
    /// 835 ISA13.
    pub interchange_control: String,
    /// 835 ISA15: `P`, `T` or what stands there.
    pub usage: String,
    /// 835 GS06.
    pub group_control: String,
    /// 835 GS08.
    pub version: String,
    /// 835 ST02.
    pub transaction_control: String,
    /// 835 BPR01.
    pub handling: Option<String>,
    /// 835 BPR02.
    pub amount: Amount,
    /// 835 BPR03.
    pub credit_debit: Option<String>,
    /// 835 BPR04.
    pub method: Option<String>,
    /// 835 BPR16.
    pub date: Option<NaiveDate>,
    /// 835 TRN02.
    pub trace: Option<String>,
    /// 835 TRN03.
    pub payer_id: Option<String>,
    /// 835 DTM*405.
    pub produced: Option<NaiveDate>,
    /// 835 N1*PR.
    pub payer: Party,
    /// 835 N1*PE.
    pub payee: Party,
    /// The payee's NPI.
    pub npi: Option<String>,
    /// The payee's tax id.
    pub tin: Option<String>,
    /// The bytes; what does not fit follows as continuations.
    pub original: Vec<u8>,
}

impl Head {
    /// Who is paid: the NPI, else the tax id, else the id given, else `unknown`.
    pub fn payee_id(&self) -> &str {
        [&self.npi, &self.tin, &self.payee.id]
            .into_iter()
            .find_map(|id| id.as_deref())
            .unwrap_or("unknown")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Loop {
    Payment,
    Payer,
    Payee,
    Other,
}

/// The head that is open.
pub(super) struct OpenHead {
    head: Option<Box<Head>>,
    raw: Vec<u8>,
    at: Loop,
    /// True once a BPR was seen.
    pub(super) paid: bool,
    pub(super) amount: Amount,
    pub(super) paid_on: Option<u32>,
    /// 835 N104 where N103 of the payee is XX, and it has ten bytes.
    payee_npi: Option<[u8; 10]>,
}

impl OpenHead {
    pub(super) fn begin(
        token: &Token<'_>,
        elements: &Elements,
        ordinal: u64,
        envelopes: &Envelopes,
        sink: &Sink<'_>,
    ) -> Self {
        let head = Head {
            ordinal,
            position: sink.position,
            path: sink.path,
            interchange_control: envelopes.interchange_control.clone(),
            usage: envelopes.usage.clone(),
            group_control: envelopes.group_control.clone(),
            version: envelopes.version.clone(),
            transaction_control: values::text(elements.get(token.content, 2)).into_owned(),
            ..Head::default()
        };
        Self {
            head: Some(Box::new(head)),
            raw: token.bytes.to_vec(),
            at: Loop::Payment,
            paid: false,
            amount: Amount::Missing,
            paid_on: None,
            payee_npi: None,
        }
    }

    /// Takes a segment of the head, or bytes that lie within it.
    pub(super) fn take(
        &mut self,
        token: &Token<'_>,
        elements: &Elements,
        tag: Tag,
        sink: &mut Sink<'_>,
    ) {
        if token.kind == Kind::Segment {
            self.read(token.content, elements, tag, sink);
        }
        self.raw.extend_from_slice(token.bytes);
        if self.head.is_none() {
            if self.raw.len() >= PIECE_MAX {
                self.give(sink);
            }
        } else if self.raw.len() > HELD_MAX {
            self.give(sink);
        }
    }

    fn read(&mut self, content: &[u8], elements: &Elements, tag: Tag, sink: &mut Sink<'_>) {
        let get = |index| elements.get(content, index);
        // After an absurdly long head has been given, nothing is added to it.
        let mut spare = Head::default();
        let head = self.head.as_deref_mut().unwrap_or(&mut spare);
        match &tag {
            b"BPR" if !self.paid => {
                self.paid = true;
                self.amount = Amount::read(get(2));
                self.paid_on = values::date(get(16)).and(values::compact_date(get(16)));
                head.handling = owned(get(1));
                head.amount = self.amount;
                head.credit_debit = owned(get(3));
                head.method = owned(get(4));
                head.date = values::date(get(16));
                unreadable(sink, self.amount, "BPR02");
                if self.amount.get().is_some_and(lookback_events::money::Money::is_negative) {
                    sink.breach(Rule::BprNegative, "BPR02, the amount paid, is below zero");
                }
            }
            b"TRN" if head.trace.is_none() => {
                head.trace = owned(get(2));
                head.payer_id = owned(get(3));
            }
            b"DTM" if get(1) == b"405" => head.produced = values::date(get(2)),
            b"N1\0" => self.party(content, elements, sink),
            b"REF" if self.at == Loop::Payee && get(1) == b"TJ" => {
                let id = get(2).trim_ascii();
                let npi = head.npi.is_none() && head.tin.is_some() && rules::npi_holds(id);
                if npi {
                    head.npi = owned_identifier(id);
                } else if head.tin.is_none() {
                    head.tin = owned_identifier(id);
                }
            }
            b"TRN" | b"DTM" | b"REF" | b"CUR" | b"N2\0" | b"N3\0" | b"N4\0" | b"PER" | b"RDM"
            | b"NTE" => {}
            _ => sink.breach(Rule::SegmentUnexpected, "the head of an 835 has no place for this"),
        }
    }

    fn party(&mut self, content: &[u8], elements: &Elements, sink: &mut Sink<'_>) {
        let get = |index| elements.get(content, index);
        let mut spare = Head::default();
        let head = self.head.as_deref_mut().unwrap_or(&mut spare);
        let (name, qualifier, id) = (owned(get(2)), owned(get(3)), owned_identifier(get(4)));
        let party = || Party { name, qualifier, id };
        match get(1) {
            b"PR" => {
                self.at = Loop::Payer;
                head.payer = party();
            }
            b"PE" => {
                self.at = Loop::Payee;
                head.payee = party();
                match get(3) {
                    b"XX" => {
                        head.npi = owned_identifier(get(4));
                        self.payee_npi = get(4).trim_ascii().try_into().ok();
                        if !rules::npi_holds(get(4).trim_ascii()) {
                            sink.breach(
                                Rule::NpiCheckDigit,
                                "the check digit of the payee's NPI (N104) is wrong",
                            );
                        }
                    }
                    b"FI" => head.tin = owned_identifier(get(4)),
                    _ => {}
                }
            }
            _ => self.at = Loop::Other,
        }
    }

    /// Checks the provider of a PLB (PLB01): ten digits under a payee that is named by NPI are one.
    /// The payee's own was told where it stood.
    pub(super) fn check_provider(&self, provider: &[u8], sink: &mut Sink<'_>) {
        let provider = provider.trim_ascii();
        let Some(payee) = self.payee_npi else { return };
        let ten_digits = provider.len() == 10 && provider.iter().all(u8::is_ascii_digit);
        if ten_digits && provider != payee && !rules::npi_holds(provider) {
            let message = "the check digit of a provider adjustment's NPI (PLB01) is wrong";
            sink.breach(Rule::NpiCheckDigit, message);
        }
    }

    /// Gives the head, or what has gathered since it was given.
    pub(super) fn give(&mut self, sink: &mut Sink<'_>) {
        let mut raw = std::mem::take(&mut self.raw);
        let Some(mut head) = self.head.take() else {
            return Continuation::queue(raw, sink.queue);
        };
        let rest = beyond_a_piece(&mut raw);
        head.original = raw;
        sink.queue.push_back(Item::Head(head));
        Continuation::queue(rest, sink.queue);
    }
}
