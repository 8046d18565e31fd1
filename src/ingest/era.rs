//! The 835 (005010X221A1, and 4010 archives): a file as remittances, claims and adjustments.
//!
//! Not a validator that stops: it gives values, every byte, and findings. What holds:
//! - items come in file order and own their bytes: all of them, one after the other, are the file;
//! - findings come where they are found, those of a remittance before its [`Close`];
//! - memory is bounded: what is absurdly long goes on in [`Continuation`]s, and no list grows with
//!   the file.

pub mod body;
pub mod claim;
mod claim_loop;
mod envelopes;
mod fit;
pub mod head;
pub mod place;
mod reader;
mod remittance;
pub mod rules;
pub mod values;

use std::collections::VecDeque;
use std::io::{self, Read};

use chrono::NaiveDate;
use lookback_events::money::Money;

use crate::ingest::x12::{PIECE_MAX, Tokens, Unreadable};

pub use claim::{Adjustment, Claim, Line, Segment};
pub use claim_loop::{ADJUSTMENTS_MAX, LINES_MAX};
pub(crate) use envelopes::Envelopes;
pub use head::{Head, Party};
pub use place::{Found, Path, Position};
pub use values::Amount;

/// One thing of a file.
#[derive(Debug, Clone)]
pub enum Item {
    /// ISA, GS, GE, IEA or TA1.
    Envelope(Box<Envelope>),
    /// What is neither part of an 835 nor an envelope.
    Outside(Outside),
    /// The beginning of a remittance.
    Head(Box<Head>),
    /// A claim of the remittance.
    Claim(Box<Claim>),
    /// A provider adjustment of the remittance.
    Adjustment(Box<ProviderAdjustment>),
    /// The end of the remittance, also where its SE is missing.
    Close(Box<Close>),
    /// More bytes of the item before.
    Continuation(Continuation),
    /// Something odd; it owns no bytes.
    Finding(Found),
}

impl Item {
    /// The bytes that the item owns: those ahead of it, and its own.
    pub fn bytes(&self) -> [&[u8]; 2] {
        match self {
            Self::Envelope(envelope) => [&[], &envelope.bytes],
            Self::Outside(outside) => [&[], &outside.bytes],
            Self::Head(head) => [&[], &head.original],
            Self::Claim(claim) => [&claim.before, &claim.original],
            Self::Adjustment(adjustment) => [&adjustment.before, &adjustment.original],
            Self::Close(close) => [&close.before, &close.original],
            Self::Continuation(continuation) => [&[], &continuation.bytes],
            Self::Finding(_) => [&[], &[]],
        }
    }
}

/// Which segment of the envelopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// ISA.
    Interchange,
    /// GS.
    Group,
    /// GE.
    GroupEnd,
    /// IEA.
    InterchangeEnd,
    /// TA1.
    Acknowledgment,
}

/// A segment of the envelopes, with what is in force there.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Which one.
    pub kind: EnvelopeKind,
    /// Where it stands.
    pub position: Position,
    /// 835 ISA13.
    pub interchange_control: String,
    /// 835 ISA15.
    pub usage: String,
    /// 835 GS06; empty outside a group.
    pub group_control: String,
    /// 835 GS08; empty outside a group.
    pub version: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why bytes lie outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutsideReason {
    /// Line breaks, padding, a byte order mark.
    Blank,
    /// Part of a transaction set that is not an 835.
    OtherTransaction,
    /// A segment between the envelopes.
    Stray,
    /// No separators can be trusted here.
    Unreadable(Unreadable),
}

/// Bytes outside every 835, at most 256 KiB of them.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Why they are outside.
    pub reason: OutsideReason,
    /// Where they begin in the file.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Outside {
    /// The name of the transaction set that begins here (ST01), where one that is no 835 does;
    /// `another` where it has no name to repeat.
    pub fn transaction_set(&self) -> Option<&str> {
        if self.reason != OutsideReason::OtherTransaction {
            return None;
        }
        let name = self.bytes.get(3..6).filter(|_| self.bytes.starts_with(b"ST"));
        let name = name.filter(|n| n.iter().all(u8::is_ascii_alphanumeric));
        Some(name.and_then(|n| std::str::from_utf8(n).ok()).unwrap_or("another"))
    }
}

/// More bytes of the item before, at most 256 KiB of them.
#[derive(Debug, Clone)]
pub struct Continuation {
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Continuation {
    /// Queues bytes in pieces. Each is allocated for itself: pieces split off a large buffer would
    /// each keep its whole capacity.
    fn queue(bytes: Vec<u8>, queue: &mut VecDeque<Item>) {
        if bytes.is_empty() {
            return;
        }
        if bytes.len() <= PIECE_MAX {
            return queue.push_back(Item::Continuation(Self { bytes }));
        }
        for piece in bytes.chunks(PIECE_MAX) {
            queue.push_back(Item::Continuation(Self { bytes: piece.to_vec() }));
        }
    }
}

/// Takes away what is beyond the first piece.
fn beyond_a_piece(bytes: &mut Vec<u8>) -> Vec<u8> {
    beyond(bytes, PIECE_MAX)
}

/// Takes away what is beyond `room`, and the memory it took.
fn beyond(bytes: &mut Vec<u8>, room: usize) -> Vec<u8> {
    if bytes.len() <= room {
        return Vec::new();
    }
    let rest = bytes.split_off(room);
    bytes.shrink_to_fit();
    rest
}

/// One (reason:reference, amount) pair of a PLB.
#[derive(Debug, Clone)]
pub struct ProviderAdjustment {
    /// Its number in the remittance, from 1.
    pub ordinal: u64,
    /// Where its PLB stands.
    pub position: Position,
    /// Where in the envelopes.
    pub path: Path,
    /// 835 PLB01.
    pub provider: String,
    /// 835 PLB02.
    pub fiscal_period: Option<NaiveDate>,
    /// The first component of 835 PLB03, 05, 07, 09, 11, 13.
    pub reason: String,
    /// The second component.
    pub reference: Option<String>,
    /// 835 PLB04, 06, 08, 10, 12, 14; positive takes from the payment.
    pub amount: Amount,
    /// Bytes ahead of the PLB that no other item owns.
    pub before: Vec<u8>,
    /// The bytes of the PLB, in its first pair only.
    pub original: Vec<u8>,
}

/// Whether the claims' payments less the PLB amounts are BPR02.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// They are.
    Holds,
    /// They are not; by how much BPR02 is above them.
    Off(Option<Money>),
    /// An amount is missing or unreadable, or the remittance was cut off.
    Unverifiable,
}

/// What a remittance adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// CLP segments.
    pub claims: u64,
    /// SVC segments.
    pub lines: u64,
    /// CAS triples that hold a reason or an amount.
    pub adjustments: u64,
    /// PLB pairs.
    pub plb_adjustments: u64,
    /// Claims with CLP02 = 4.
    pub denied: u64,
    /// Claims with CLP02 = 22.
    pub reversals: u64,
    /// Sum of the CLP04 that could be read.
    pub claim_paid: Option<Money>,
    /// Sum of the PLB amounts that could be read.
    pub plb_total: Option<Money>,
    /// BPR02.
    pub payment: Amount,
    /// Whether they balance.
    pub balance: Balance,
}

/// The end of a remittance.
#[derive(Debug, Clone)]
pub struct Close {
    /// Which 835 of the file, from 1, as in its head.
    pub ordinal: u64,
    /// Where its SE stands, or where it is missing.
    pub position: Position,
    /// True where the SE is missing.
    pub truncated: bool,
    /// How many segments it has, ST and SE with them.
    pub segments: u64,
    /// What it adds up to.
    pub totals: Totals,
    /// Bytes ahead of the SE that no other item owns.
    pub before: Vec<u8>,
    /// The bytes of the SE.
    pub original: Vec<u8>,
}

/// The items of one file.
pub struct Era<R> {
    tokens: Tokens<R>,
    reader: reader::Reader,
    queue: VecDeque<Item>,
    ended: bool,
}

impl<R: Read> Era<R> {
    /// Starts at the first byte of `input`; no buffering is needed around it.
    pub fn new(input: R) -> Self {
        Self {
            tokens: Tokens::new(input),
            reader: reader::Reader::default(),
            queue: VecDeque::new(),
            ended: false,
        }
    }

    /// The next item; `None` at the end of the file.
    ///
    /// # Errors
    /// When the input cannot be read.
    #[expect(clippy::should_implement_trait, reason = "it can fail; `?` at the call says so best")]
    pub fn next(&mut self) -> io::Result<Option<Item>> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            if self.tokens.advance()? {
                self.reader.take(&self.tokens.token(), &mut self.queue);
            } else {
                let empty = self.tokens.unreadable() == Some(Unreadable::Empty);
                self.reader.end(self.tokens.offset(), empty, &mut self.queue);
                self.ended = true;
            }
        }
    }

    /// After the last item: why nothing could be read; `None` where an interchange was found.
    pub fn unreadable(&self) -> Option<Unreadable> {
        self.tokens.unreadable()
    }

    /// The input, to ask it something once the items have ended.
    pub fn into_input(self) -> R {
        self.tokens.into_input()
    }
}
