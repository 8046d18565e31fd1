//! Any bytes: what is read is exactly what would be written, and nothing panics.
//!
//! The same as `tests/fuzz/fuzz_targets/record.rs`, for machines without a fuzzer.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test that meets what it did not expect must stop"
)]

use lookback_events::body::fields;
use lookback_events::checkpoint::Verifier;
use lookback_events::event::Event;
use lookback_events::hash::Hash;
use lookback_events::id::{EventId, JournalId, KeyId, StreamId};
use lookback_events::proof::Proof;
use lookback_events::record::{Header, Streams};
use lookback_events::time::Timestamp;
use proptest::prelude::*;

/// Everything that must hold of any bytes.
fn holds(bytes: &[u8]) {
    if let Ok(header) = Header::decode(bytes) {
        let mut again = Vec::new();
        header.encode(&mut again);
        assert!(again == bytes, "a header has one spelling");
    }
    let mut found = Vec::new();
    if fields(bytes, &mut found).is_ok() {
        let rest: usize = found.iter().map(|f| f.name.len() + f.value.len() + 4).sum();
        let expected = if found.is_empty() { 2 } else { rest + 1 };
        assert_eq!(bytes.len(), expected, "fields are all of a body");
    }
    for name in Event::names() {
        let Ok(event) = Event::decode(name, bytes) else { continue };
        assert_eq!(event.name(), name);
        let again = serde_json::to_vec(&event).unwrap();
        assert_eq!(Event::decode(name, &again).unwrap(), event, "{name}");
        // What is written once is written so for ever.
        assert_eq!(serde_json::to_vec(&Event::decode(name, &again).unwrap()).unwrap(), again);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Proof::parse(text);
        let _ = Verifier::parse(text);
    }
}

fn header() -> Vec<u8> {
    let streams = [StreamId([7; 16]), StreamId([9; 16])];
    let header = Header {
        actor: "svc-ingest",
        body: Hash([1; 32]),
        control: 12,
        event: "claim-paid/1",
        event_id: EventId([2; 16]),
        journal: JournalId::payment(2).unwrap(),
        key: KeyId([3; 8]),
        prev: Some(Hash([4; 32])),
        recorded_at: Timestamp::parse("2026-03-02T09:00:00.000001Z").unwrap(),
        seq: 34,
        streams: Streams::new(&streams).unwrap(),
    };
    let mut bytes = Vec::new();
    header.encode(&mut bytes);
    bytes
}

/// A header, and a body of every event.
fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut seeds: Vec<_> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(seeds.len(), Event::names().count());
    seeds.push(header());
    seeds
}

#[test]
fn what_was_written_holds_whole_and_cut_anywhere() {
    for seed in seeds() {
        holds(&seed);
        for cut in 0..seed.len() {
            holds(&seed[..cut]);
            holds(&seed[cut..]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_damage_is_refused_or_read_as_it_stands(
        seed in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 1..6),
    ) {
        let seeds = seeds();
        let mut bytes = seeds[seed.index(seeds.len())].clone();
        for (at, how, byte) in edits {
            if bytes.is_empty() { break; }
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, b"{}[]\",:0-1.n\\ "[usize::from(byte) % 14]),
                _ => { let end = (at + usize::from(byte)).min(bytes.len()); bytes.drain(at..end); }
            }
        }
        holds(&bytes);
    }

    #[test]
    fn any_bytes_are_refused_or_read_as_they_stand(
        bytes in prop::collection::vec(any::<u8>(), 0..500),
        before in prop::sample::select(vec!["", "{", "{\"actor\":\"", "c2sp.org/tlog-proof@v1\n"]),
    ) {
        let mut all = before.as_bytes().to_vec();
        all.extend_from_slice(&bytes);
        holds(&all);
    }
}
