//! Reading headers one after the other, quicker: most of a header stood in the one before.
//!
//! Not another reader: what it accepts and gives back is exactly what [`Header::decode`] does, which
//! is also what reads every header that does not repeat the words of the one before.

use super::{Header, HeaderError, Reader, STREAMS_MAX};
use crate::hash::{BASE64_LEN, Hash};
use crate::id::{EventId, JournalId, KeyId, is_hex};
use crate::time::Timestamp;

/// What the order of headers rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline<'a> {
    /// As [`Header::control`].
    pub control: u64,
    /// As [`Header::event`].
    pub event: &'a [u8],
    /// As [`Header::journal`].
    pub journal: JournalId,
    /// As [`Header::prev`].
    pub prev: Option<Hash>,
    /// As [`Header::recorded_at`].
    pub recorded_at: Timestamp,
    /// As [`Header::seq`].
    pub seq: u64,
}

impl<'a> Outline<'a> {
    /// The outline of a header.
    pub const fn of(header: &Header<'a>) -> Self {
        Self {
            control: header.control,
            event: header.event.as_bytes(),
            journal: header.journal,
            prev: header.prev,
            recorded_at: header.recorded_at,
            seq: header.seq,
        }
    }
}

/// Reads the headers of a journal, in whatever order.
#[derive(Debug, Default)]
pub struct Follower {
    last: Option<Last>,
}

/// The words of the last header, each with what stands around it, and what they mean.
#[derive(Debug)]
struct Last {
    /// `{"actor":"svc-ingest","body":"`
    actor: Vec<u8>,
    /// `,"event":"claim-paid/1","event_id":"`
    event: Vec<u8>,
    /// `,"journal":"p00","key":"99905ef5f16cca6b","prev":"`
    journal: Vec<u8>,
    /// `,"recorded_at":"2025-02-01T12:00:00.000001Z","seq":`
    recorded_at: Vec<u8>,
    journal_id: JournalId,
    key: KeyId,
    moment: Timestamp,
}

const BEFORE_ACTOR: &[u8] = b"{\"actor\":\"";
const BEHIND_ACTOR: &[u8] = b"\",\"body\":\"";
const BEFORE_EVENT: &[u8] = b",\"event\":\"";
const BEHIND_EVENT: &[u8] = b"\",\"event_id\":\"";

impl Last {
    fn of(header: &Header<'_>) -> Self {
        let moment = header.recorded_at;
        let (journal, key) = (header.journal, header.key);
        Self {
            actor: [BEFORE_ACTOR, header.actor.as_bytes(), BEHIND_ACTOR].concat(),
            event: [BEFORE_EVENT, header.event.as_bytes(), BEHIND_EVENT].concat(),
            journal: format!(",\"journal\":\"{journal}\",\"key\":\"{key}\",\"prev\":\"").into(),
            recorded_at: format!(",\"recorded_at\":\"{moment}\",\"seq\":").into(),
            journal_id: journal,
            key,
            moment,
        }
    }

    /// Reads a header of the same words; `None` where it has others or is none.
    fn read<'a>(&self, bytes: &'a [u8]) -> Option<Header<'a>> {
        if bytes.len() > super::HEADER_LEN_MAX {
            return None;
        }
        let mut r = Reader { bytes, at: 0 };
        let actor = word(&mut r, &self.actor, BEFORE_ACTOR, BEHIND_ACTOR)?;
        let actor = std::str::from_utf8(actor).ok()?;
        let body = r.hash().ok()?;
        r.expect(b",\"control\":").ok()?;
        let control = r.number().ok()?;
        let event = word(&mut r, &self.event, BEFORE_EVENT, BEHIND_EVENT)?;
        let event = std::str::from_utf8(event).ok()?;
        let event_id = EventId(r.hex("an event id is wanted").ok()?);
        r.expect(&self.journal).ok()?;
        // A header without one is the first of its journal, which follows nothing.
        r.rest().get(..BASE64_LEN)?;
        let prev = Some(r.hash().ok()?);
        r.expect(&self.recorded_at).ok()?;
        let seq = r.number().ok()?;
        r.expect(b",\"streams\":[\"").ok()?;
        let streams = r.streams().ok()?;
        if r.rest() != b",\"version\":1}" || seq == 0 {
            return None;
        }
        let (journal, key, recorded_at) = (self.journal_id, self.key, self.moment);
        Some(Header {
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

    /// As [`Last::read`], with no more kept than the outline.
    fn outline<'a>(&self, bytes: &'a [u8]) -> Option<Outline<'a>> {
        if bytes.len() > super::HEADER_LEN_MAX {
            return None;
        }
        let mut r = Reader { bytes, at: 0 };
        r.expect(&self.actor).ok()?;
        if !Hash::is_base64(r.quoted(BASE64_LEN)?.first_chunk()?) {
            return None;
        }
        r.expect(b",\"control\":").ok()?;
        let control = r.number().ok()?;
        let event = word(&mut r, &self.event, BEFORE_EVENT, BEHIND_EVENT)?;
        if !is_hex::<32>(r.quoted(32)?.first_chunk()?) {
            return None;
        }
        r.expect(&self.journal).ok()?;
        let prev = Some(r.hash().ok()?);
        r.expect(&self.recorded_at).ok()?;
        let seq = r.number().ok()?;
        r.expect(b",\"streams\":[\"").ok()?;
        // Digits ascend as the bytes do that they stand for.
        let mut before: Option<&[u8; 32]> = None;
        for _ in 0..STREAMS_MAX {
            let id = r.quoted(32)?.first_chunk::<32>()?;
            if !is_hex(id) || before.is_some_and(|before| before >= id) {
                return None;
            }
            before = Some(id);
            if r.expect(b",\"").is_err() {
                break;
            }
        }
        if r.rest() != b"],\"version\":1}" || seq == 0 {
            return None;
        }
        let (journal, recorded_at) = (self.journal_id, self.moment);
        Some(Outline { control, event, journal, prev, recorded_at, seq })
    }
}

/// Takes the remembered words and gives back the word within, as it stands here.
fn word<'a>(r: &mut Reader<'a>, whole: &[u8], before: &[u8], behind: &[u8]) -> Option<&'a [u8]> {
    let here = r.rest();
    r.expect(whole).ok()?;
    here.get(before.len()..whole.len().checked_sub(behind.len())?)
}

impl Follower {
    /// Reads a header as [`Header::decode`] does.
    ///
    /// # Errors
    /// As [`Header::decode`].
    pub fn decode<'a>(&mut self, bytes: &'a [u8]) -> Result<Header<'a>, HeaderError> {
        if let Some(header) = self.last.as_ref().and_then(|last| last.read(bytes)) {
            return Ok(header);
        }
        let header = Header::decode(bytes)?;
        self.last = Some(Last::of(&header));
        Ok(header)
    }

    /// Reads a header as [`Header::decode`] does, and gives back its outline.
    ///
    /// # Errors
    /// As [`Header::decode`].
    pub fn outline<'a>(&mut self, bytes: &'a [u8]) -> Result<Outline<'a>, HeaderError> {
        match self.last.as_ref().and_then(|last| last.outline(bytes)) {
            Some(outline) => Ok(outline),
            None => self.decode(bytes).map(|header| Outline::of(&header)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hash;
    use crate::id::StreamId;
    use crate::record::Streams;
    use proptest::prelude::*;

    fn header(seq: u64, moment: i64, streams: u8) -> Vec<u8> {
        let ids: Vec<StreamId> = (0..=streams).map(|n| StreamId([n ^ 0x5a; 16])).collect();
        let mut out = Vec::new();
        Header {
            actor: "svc-ingest",
            body: Hash([u8::try_from(seq % 256).unwrap(); 32]),
            control: seq / 3,
            event: if seq.is_multiple_of(5) { "claim-denied/1" } else { "claim-paid/1" },
            event_id: EventId([7; 16]),
            journal: JournalId::payment(3).unwrap(),
            key: KeyId([9; 8]),
            prev: (seq > 0).then_some(Hash([0xfb; 32])),
            recorded_at: Timestamp::from_micros(moment),
            seq,
            streams: Streams::new(&ids).unwrap(),
        }
        .encode(&mut out);
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Whatever is changed in whichever header, both read the same or refuse alike.
        #[test]
        fn it_reads_exactly_what_a_header_alone_is_read_as(
            first in (0_u64..20, 0_i64..3, 0_u8..8),
            second in (0_u64..20, 0_i64..3, 0_u8..8),
            changes in prop::collection::vec((any::<u16>(), any::<u8>(), 0_u8..4), 0..3),
        ) {
            let mut follower = Follower::default();
            let mut same = |bytes: &[u8]| {
                let alone = Header::decode(bytes);
                let outline = alone.as_ref().map(Outline::of).map_err(|error| *error);
                prop_assert_eq!(follower.outline(bytes), outline);
                prop_assert_eq!(follower.decode(bytes), alone);
                Ok(())
            };
            let first = header(first.0, first.1, first.2);
            same(&first)?;
            let mut bytes = header(second.0, second.1, second.2);
            for (place, to, how) in changes {
                let at = usize::from(place).saturating_mul(bytes.len()) >> 16;
                match how {
                    0 => bytes[at] = to,
                    1 => bytes[at] ^= 1 << (to % 8),
                    2 => bytes.insert(at, to),
                    _ => drop(bytes.remove(at)),
                }
                same(&bytes)?;
            }
            same(&bytes)?;
            same(&first)?;
        }
    }
}
