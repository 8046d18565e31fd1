//! The bytes we promise, against `vectors/formats.json`, which an independent program made.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::format_collect,
    clippy::disallowed_methods,
    reason = "a test, which reads its vectors"
)]

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lookback_events::body::{UnitKey, fields};
use lookback_events::checkpoint::{NoteSigner, Verifier};
use lookback_events::hash::Hash;
use lookback_events::id::EventId;
use lookback_events::index::{self, StreamIndex};
use lookback_events::merkle::{Frontier, inclusion_proof, root_of};
use lookback_events::proof::Proof;
use lookback_events::record::{Header, leaf_hash};
use lookback_events::stream::StreamKey;
use serde_json::Value;

fn vectors() -> Option<Value> {
    let shared = std::env::var_os("LOOKBACK_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    let path = shared.join("vectors/formats.json");
    let Ok(text) = std::fs::read(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(serde_json::from_slice(&text).unwrap())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is a string"))
}

fn hex32(text: &str) -> [u8; 32] {
    lookback_events::id::Digest::parse(text).unwrap().0
}

#[test]
fn records_are_the_promised_bytes() {
    let Some(v) = vectors() else { return };
    let key = UnitKey::new(hex32(text(&v, "unit_secret")));
    let streams = StreamKey::new(&hex32(text(&v, "stream_key")));
    assert_eq!(key.id().to_string(), text(&v, "key_id"));
    let mut tree = Frontier::default();
    let mut prev = None;
    for record in v["records"].as_array().unwrap() {
        let body = text(record, "body").as_bytes();
        let event_id = EventId::parse(text(record, "event_id")).unwrap();
        let mut split = Vec::new();
        fields(body, &mut split).unwrap();
        assert_eq!(split.len(), record["fields"].as_object().unwrap().len());
        for field in &split {
            assert_eq!(field.value, text(&record["fields"], field.name).as_bytes());
            let salt = key.salt(event_id, field.name);
            let hex: String = salt.iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(hex, text(&record["salts"], field.name));
            let commitment = lookback_events::body::commitment(&salt, *field);
            assert_eq!(commitment.to_string(), text(&record["commitments"], field.name));
        }
        let bytes = text(record, "header").as_bytes();
        let header = Header::decode(bytes).unwrap();
        assert_eq!(header.body, key.root(event_id, &split));
        assert_eq!(header.prev, prev);
        let mut again = Vec::new();
        header.encode(&mut again);
        assert_eq!(again, bytes);
        let mut ids = Vec::new();
        for (name, blind) in record["stream_names"]
            .as_array()
            .unwrap()
            .iter()
            .zip(record["blinds"].as_array().unwrap())
        {
            let name = name.as_str().unwrap();
            assert_eq!(streams.blind(name).to_string(), blind.as_str().unwrap());
            ids.push(streams.id(name));
        }
        assert_eq!(lookback_events::record::Streams::new(&ids), Some(header.streams));
        let leaf = leaf_hash(bytes);
        assert_eq!(leaf.to_string(), text(record, "leaf_hash"));
        tree.push(leaf);
        assert_eq!(tree.root().to_string(), text(record, "root_after"));
        let sealed = STANDARD.decode(text(record, "sealed")).unwrap();
        let mut opened = Vec::new();
        key.open(&leaf, &sealed, &mut opened).unwrap();
        assert_eq!(opened, body);
        let mut again = Vec::new();
        key.seal(&leaf, sealed.first_chunk().unwrap(), body, &mut again).unwrap();
        assert_eq!(again, sealed);
        for i in [0, 30, sealed.len() - 1] {
            let mut bad = sealed.clone();
            bad[i] ^= 1;
            assert!(key.open(&leaf, &bad, &mut opened).is_err());
        }
        prev = Some(leaf);
    }
}

#[test]
fn checkpoints_proofs_and_index_are_the_promised_bytes() {
    let Some(v) = vectors() else { return };
    let signer = NoteSigner::new(text(&v, "origin"), &hex32(text(&v, "signing_seed")));
    let verifier = Verifier::parse(text(&v, "vkey")).unwrap();
    assert_eq!(signer.verifier(), &verifier);
    assert_eq!(verifier.to_string(), text(&v, "vkey"));
    let records = v["records"].as_array().unwrap();
    let leaves: Vec<Hash> =
        records.iter().map(|r| Hash::parse(text(r, "leaf_hash")).unwrap()).collect();
    let note = signer.sign(5, root_of(leaves.iter().copied()));
    assert_eq!(note, text(&v, "checkpoint"));
    assert_eq!(verifier.open(&note).unwrap().size, 5);
    let proof = Proof {
        index: 2,
        path: inclusion_proof(leaves.as_slice(), 2, 5).unwrap(),
        checkpoint: note,
    };
    assert_eq!(proof.to_string(), text(&v, "proof_of_2"));
    let read = Proof::parse(text(&v, "proof_of_2")).unwrap();
    assert_eq!(read, proof);
    read.verify(&verifier, &leaves[2]).unwrap();
    assert!(read.verify(&verifier, &leaves[1]).is_err());
    let mut all = StreamIndex::new();
    for record in records {
        let header = Header::decode(text(record, "header").as_bytes()).unwrap();
        for stream in header.streams.as_slice() {
            all.entry(*stream).or_default().push(header.seq);
        }
    }
    let texts: Vec<String> = all.iter().map(|(s, at)| index::leaf_text(*s, at)).collect();
    let wanted: Vec<&str> =
        v["index_leaves"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    assert_eq!(texts, wanted);
    assert_eq!(index::root(&all).to_string(), text(&v, "index_root"));
}

#[test]
fn tree_roots_are_those_of_rfc_6962() {
    let Some(v) = vectors() else { return };
    for (n, root) in v["roots_of_text_leaves"].as_object().unwrap() {
        let leaves = (0..n.parse::<u64>().unwrap()).map(|i| {
            let cents = 37 * i % 100_000;
            let leaf = format!(
                "{{\"amount_cents\":{cents},\"seq\":{i},\"type\":\"claim.payment.recorded\"}}"
            );
            leaf_hash(leaf.as_bytes())
        });
        assert_eq!(root_of(leaves).to_string(), root.as_str().unwrap(), "{n}");
    }
}

#[test]
fn a_header_in_any_other_spelling_is_refused() {
    let Some(v) = vectors() else { return };
    let good = text(&v["records"][1], "header");
    assert!(Header::decode(good.as_bytes()).is_ok());
    for (from, to) in [
        ("\"control\":7", "\"control\":07"),
        ("\"seq\":1", "\"seq\":0"),
        ("\"version\":1", "\"version\":2"),
        (",\"event\"", ", \"event\""),
        ("svc-ingest", "svc\\u002dingest"),
        ("\"prev\":\"a", "\"prev\":\""),
        ("claim-paid/1", "claim-paid"),
        ("}", "} "),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        assert!(Header::decode(bad.as_bytes()).is_err(), "{to}");
    }
    for i in 0..good.len() {
        assert!(Header::decode(&good.as_bytes()[..i]).is_err());
    }
}
