//! The record header: the leaf that is hashed, stored, shipped and exported as the same bytes.
//!
//! Not a general JSON reader: the members, their order and their spelling are fixed (FORMATS 1), and
//! a header in any other spelling is refused, so nobody ever re-serialises one to verify it.

use sha2::{Digest as _, Sha256};

use crate::hash::{BASE64_LEN, Hash, sha256};
use crate::id::{ActorId, EventId, JournalId, KeyId, StreamId, push_hex, unhex};
use crate::time::Timestamp;

mod follow;

pub use follow::{Follower, Outline};

/// The most bytes a header may have: its length is a `u16` in the published tiles.
pub const HEADER_LEN_MAX: usize = 65_535;
/// The most streams a record may belong to.
pub const STREAMS_MAX: usize = 8;

/// What fills the places beyond a record's own streams, so that equal lists compare equal.
const UNUSED: [StreamId; STREAMS_MAX] = [StreamId([0xff; 16]); STREAMS_MAX];

/// The streams of one record: 1 to 8, ascending, no twins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    len: usize,
    ids: [StreamId; STREAMS_MAX],
}

impl Streams {
    /// Sorts the ids and drops twins; `None` where there are none or more than eight.
    pub fn new(ids: &[StreamId]) -> Option<Self> {
        let mut sorted = UNUSED;
        let mut len = 0_usize;
        for id in ids {
            let known = sorted.get(..len)?;
            let Err(at) = known.binary_search(id) else { continue };
            *sorted.get_mut(len)? = *id;
            len = len.checked_add(1)?;
            sorted.get_mut(at..len)?.rotate_right(1);
        }
        (len > 0).then_some(Self { len, ids: sorted })
    }

    /// The ids, ascending.
    pub fn as_slice(&self) -> &[StreamId] {
        self.ids.get(..self.len).unwrap_or_default()
    }
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

/// The members of a header (FORMATS 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// Who acted.
    pub actor: &'a str,
    /// The root of the body's commitments.
    pub body: Hash,
    /// How many records of the control journal had been applied when this was decided.
    pub control: u64,
    /// Name and version of the event, `claim-paid/1`.
    pub event: &'a str,
    /// The event's identity.
    pub event_id: EventId,
    /// The journal that holds it.
    pub journal: JournalId,
    /// The key that seals the body.
    pub key: KeyId,
    /// The leaf hash of the record before; `None` at position 0.
    pub prev: Option<Hash>,
    /// When it was recorded, UTC; never before the previous record's.
    pub recorded_at: Timestamp,
    /// Position in the journal, from 0.
    pub seq: u64,
    /// The streams it belongs to.
    pub streams: Streams,
}

/// Why bytes are not a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a record header: {what} at byte {at}")]
pub struct HeaderError {
    what: &'static str,
    at: usize,
}

/// `SHA256(0x00 || header bytes)`, the leaf of RFC 6962 2.1.
pub fn leaf_hash(header: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(header);
    Hash(hasher.finalize().into())
}

/// As [`leaf_hash`] of `bytes[header]`, quicker where many are hashed: the byte ahead of the header
/// becomes the prefix of the leaf, so that all of it is hashed in one piece.
pub fn leaf_hash_in_place(bytes: &mut [u8], header: std::ops::Range<usize>) -> Hash {
    let Some(before) = header.start.checked_sub(1) else {
        return leaf_hash(bytes.get(header).unwrap_or_default());
    };
    if let Some(prefix) = bytes.get_mut(before) {
        *prefix = 0;
    }
    sha256(bytes.get(before..header.end).unwrap_or_default())
}

impl<'a> Header<'a> {
    /// Appends the header's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"actor\":\"");
        out.extend_from_slice(self.actor.as_bytes());
        out.extend_from_slice(b"\",\"body\":\"");
        self.body.push_base64(out);
        out.extend_from_slice(b"\",\"control\":");
        push_decimal(out, self.control);
        out.extend_from_slice(b",\"event\":\"");
        out.extend_from_slice(self.event.as_bytes());
        out.extend_from_slice(b"\",\"event_id\":\"");
        push_hex(out, &self.event_id.0);
        out.extend_from_slice(b"\",\"journal\":\"");
        self.journal.push(out);
        out.extend_from_slice(b"\",\"key\":\"");
        push_hex(out, &self.key.0);
        out.extend_from_slice(b"\",\"prev\":\"");
        if let Some(prev) = &self.prev {
            prev.push_base64(out);
        }
        out.extend_from_slice(b"\",\"recorded_at\":\"");
        self.recorded_at.push(out);
        out.extend_from_slice(b"\",\"seq\":");
        push_decimal(out, self.seq);
        out.extend_from_slice(b",\"streams\":[");
        for (i, id) in self.streams.as_slice().iter().enumerate() {
            out.extend_from_slice(if i == 0 { b"\"" } else { b",\"" });
            push_hex(out, &id.0);
            out.push(b'"');
        }
        out.extend_from_slice(b"],\"version\":1}");
    }

    /// Reads a header, in exactly the spelling that [`Header::encode`] writes.
    ///
    /// # Errors
    /// When the bytes are anything else; says where.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, HeaderError> {
        if bytes.len() > HEADER_LEN_MAX {
            return Err(HeaderError { what: "too long", at: bytes.len() });
        }
        let mut r = Reader { bytes, at: 0 };
        r.expect(b"{\"actor\":\"")?;
        let actor = r.text("an actor", |t| ActorId::check(t).is_ok())?;
        r.expect(b",\"body\":\"")?;
        let body = r.hash()?;
        r.expect(b",\"control\":")?;
        let control = r.number()?;
        r.expect(b",\"event\":\"")?;
        let event = r.text("an event name", is_event_name)?;
        r.expect(b",\"event_id\":\"")?;
        let event_id = EventId(r.hex("an event id is wanted")?);
        r.expect(b",\"journal\":\"")?;
        let journal = JournalId::parse(r.text("a journal", |_| true)?)
            .map_err(|_| r.wrong("a journal is wanted"))?;
        r.expect(b",\"key\":\"")?;
        let key = KeyId(r.hex("a key id is wanted")?);
        r.expect(b",\"prev\":\"")?;
        let prev = if r.rest().starts_with(b"\"") {
            r.expect(b"\"")?;
            None
        } else {
            Some(r.hash()?)
        };
        r.expect(b",\"recorded_at\":\"")?;
        let recorded_at = Timestamp::parse(r.text("a moment", |_| true)?)
            .map_err(|_| r.wrong("a moment is wanted"))?;
        r.expect(b",\"seq\":")?;
        let seq = r.number()?;
        r.expect(b",\"streams\":[\"")?;
        let streams = r.streams()?;
        r.expect(b",\"version\":1}")?;
        if !r.rest().is_empty() {
            return Err(r.wrong("nothing more is wanted"));
        }
        if prev.is_none() != (seq == 0) {
            return Err(r.wrong("prev is empty at position 0 and only there"));
        }
        Ok(Self {
            actor,
            body,
            control,
            event,
            event_id,
            journal,
            key,
            prev,
            recorded_at,
            seq,
            streams,
        })
    }
}

fn is_event_name(text: &str) -> bool {
    let Some((name, version)) = text.split_once('/') else { return false };
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    !name.is_empty()
        && name.bytes().all(plain)
        && !version.is_empty()
        && version.bytes().all(|c| c.is_ascii_digit())
}

/// Appends a number as JSON writes it.
pub(crate) fn push_decimal(out: &mut Vec<u8>, n: u64) {
    let from = out.len();
    let mut rest = n;
    loop {
        // A remainder of ten is a digit.
        out.push(b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or(0)));
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(from..) {
        digits.reverse();
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, what: &'static str) -> HeaderError {
        HeaderError { what, at: self.at }
    }

    fn advance(&mut self, n: usize) {
        self.at = self.at.saturating_add(n);
    }

    fn expect(&mut self, text: &[u8]) -> Result<(), HeaderError> {
        if !self.rest().starts_with(text) {
            return Err(self.wrong("a member is missing or misplaced"));
        }
        self.advance(text.len());
        Ok(())
    }

    /// A string up to its closing quote; no escapes, because no member needs one.
    fn text(&mut self, what: &'static str, fits: fn(&str) -> bool) -> Result<&'a str, HeaderError> {
        let rest = self.rest();
        let end = rest.iter().position(|c| matches!(c, b'"' | b'\\') || !c.is_ascii());
        let text = end
            .filter(|end| rest.get(*end) == Some(&b'"'))
            .and_then(|end| rest.get(..end))
            .and_then(|text| std::str::from_utf8(text).ok())
            .filter(|text| fits(text))
            .ok_or(self.wrong(what))?;
        self.advance(text.len().saturating_add(1));
        Ok(text)
    }

    /// So many characters and the closing quote behind them.
    fn quoted(&mut self, len: usize) -> Option<&'a [u8]> {
        let (text, rest) = self.rest().split_at_checked(len)?;
        if rest.first() != Some(&b'"') {
            return None;
        }
        self.advance(len.saturating_add(1));
        Some(text)
    }

    fn hash(&mut self) -> Result<Hash, HeaderError> {
        let wrong = self.wrong("a hash is wanted");
        self.quoted(BASE64_LEN).and_then(Hash::from_base64).ok_or(wrong)
    }

    fn hex<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], HeaderError> {
        let wrong = self.wrong(what);
        let mut bytes = [0_u8; N];
        let text = self.quoted(N.saturating_mul(2)).ok_or(wrong)?;
        if unhex(text, &mut bytes) { Ok(bytes) } else { Err(wrong) }
    }

    fn number(&mut self) -> Result<u64, HeaderError> {
        let rest = self.rest();
        let len = rest.iter().take_while(|c| c.is_ascii_digit()).count();
        let digits = rest.get(..len).unwrap_or_default();
        let padded = len == 0 || len > 1 && digits.first() == Some(&b'0');
        let number = digits.iter().filter(|_| !padded).try_fold(0_u64, |n, c| {
            n.checked_mul(10)?.checked_add(u64::from(c.wrapping_sub(b'0')))
        });
        let number = number.filter(|_| !padded).ok_or(self.wrong("a number is wanted"))?;
        self.advance(len);
        Ok(number)
    }

    fn streams(&mut self) -> Result<Streams, HeaderError> {
        let mut ids = UNUSED;
        let mut len = 0_usize;
        loop {
            let id = StreamId(self.hex("a stream id is wanted")?);
            let before = len.checked_sub(1).and_then(|i| ids.get(i)).copied();
            if before.is_some_and(|before| before >= id) {
                return Err(self.wrong("streams must ascend"));
            }
            *ids.get_mut(len).ok_or(self.wrong("at most eight streams"))? = id;
            len = len.saturating_add(1);
            if self.rest().starts_with(b",\"") {
                self.expect(b",\"")?;
            } else {
                self.expect(b"]")?;
                return Ok(Streams { len, ids });
            }
        }
    }
}
