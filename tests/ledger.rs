//! Ledgers under test: made, fed, walked from end to end, and compared with a second folding.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use lookback::check::Summary;
use lookback::ingest::file::{Ingest, Watch};
use lookback::ledger::audit::audit;
use lookback::ledger::create::Choices;
use lookback::ledger::{Ledger, fold};
use lookback::original;
use lookback::verify::Depth;
use lookback_events::body::fields;
use lookback_events::event::control::Usage;
use lookback_events::id::{ActorId, Digest};
use lookback_events::merkle::Frontier;
use lookback_events::record::{Header, leaf_hash};
use lookback_projections::files;
use lookback_projections::rows::{MemoryRows, Rows};
use sha2::Digest as _;

/// Rows by key.
pub(crate) type Dump = BTreeMap<Vec<u8>, Vec<u8>>;

/// Watches nothing and never stops.
pub(crate) struct Quiet;

impl Watch for Quiet {
    fn read(&mut self, _: u64, _: u64) {}

    fn stopped(&self) -> bool {
        false
    }
}

/// A new ledger in a folder.
pub(crate) fn create(folder: &Path, usage: Usage) -> Ledger {
    let choices = Choices { usage, ..Choices::new(folder) };
    Ledger::create(folder, &choices).unwrap()
}

/// Who acts in tests.
pub(crate) fn actor() -> ActorId {
    ActorId::parse("svc-ingest").unwrap()
}

/// Ingests one file.
pub(crate) fn take(ledger: &mut Ledger, name: &str, bytes: &[u8]) -> Summary {
    let mut ingest = Ingest::new(ledger, actor());
    ingest.file(name, name, Cursor::new(bytes), &mut Quiet).unwrap().summary
}

/// The digest of a file.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest(sha2::Sha256::digest(bytes).into())
}

/// A file as the ledger gives it back.
pub(crate) fn given_back(ledger: &Ledger, file: &Digest) -> Vec<u8> {
    let mut out = Vec::new();
    original::write(ledger, file, &mut out).unwrap();
    out
}

/// All rows, as they stand.
pub(crate) fn rows(ledger: &Ledger) -> Dump {
    let mut found = Dump::new();
    ledger
        .rows()
        .scan(&[], &mut |key, value| {
            // What the store says of itself begins with a zero.
            if key.first() != Some(&0) {
                found.insert(key.to_vec(), value.to_vec());
            }
            true
        })
        .unwrap();
    found
}

/// All rows, folded again from the journals.
pub(crate) fn rebuilt(ledger: &Ledger) -> Dump {
    let mut rows = MemoryRows::default();
    for journal in ledger.journals().ids() {
        let end = ledger.journals().head(journal).next();
        ledger
            .each_opened(journal, 0, end, |at, header, body| {
                fold(&mut rows, at, header, body)?;
                Ok(true)
            })
            .unwrap();
    }
    rows.iter().map(|(k, v)| (k.to_vec(), v.to_vec())).collect()
}

/// What a walk through everything found to be sound.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    pub(crate) records: u64,
    pub(crate) files: u64,
}

/// Walks through everything: links, hashes, commitments, trees, rows, and files by their digests;
/// then asks the ledger's own audit, which must say the same.
pub(crate) fn sound(ledger: &Ledger) -> Walked {
    let mut walked = Walked::default();
    for journal in ledger.journals().ids() {
        let head = ledger.journals().head(journal);
        let mut tree = Frontier::default();
        let mut before = None;
        let mut moment = None;
        ledger
            .journals()
            .records(journal, 0, head.next(), |seq, header, sealed| {
                let decoded = Header::decode(header).unwrap();
                assert_eq!((decoded.journal, decoded.seq), (journal, seq));
                assert_eq!(decoded.prev, before, "{journal}/{seq} names the record before");
                assert!(Some(decoded.recorded_at) >= moment, "{journal}/{seq} is not earlier");
                let leaf = leaf_hash(header);
                let key =
                    ledger.keys().by_id(decoded.key).expect("the key of every record is kept");
                let mut body = Vec::new();
                key.open(&leaf, sealed, &mut body).expect("every body opens");
                let mut found = Vec::new();
                fields(&body, &mut found).unwrap();
                assert_eq!(key.root(decoded.event_id, &found), decoded.body, "{journal}/{seq}");
                tree.push(leaf);
                (before, moment) = (Some(leaf), Some(decoded.recorded_at));
                walked.records += 1;
                Ok(true)
            })
            .unwrap();
        assert_eq!(tree.root(), head.tree.root(), "the root of {journal}");
        assert_eq!(before, head.leaf, "the head of {journal}");
    }
    same(&rows(ledger), &rebuilt(ledger));
    let mut all = Vec::new();
    files::all(ledger.rows(), &mut |digest, _| {
        all.push(digest);
        true
    })
    .unwrap();
    for file in all {
        assert_eq!(sha256(&given_back(ledger, &file)), file, "the bytes of {file}");
        walked.files += 1;
    }
    assert_eq!(audited(ledger), walked.records);
    walked
}

/// Asks the ledger's own audit alone; gives the number of records.
pub(crate) fn audited(ledger: &Ledger) -> u64 {
    let audit = audit(ledger, Depth::Full, &|_| {}).unwrap();
    assert!(audit.is_clean(), "{audit:?}");
    audit.report.counts().records
}

/// Compares rows, and says which differ.
pub(crate) fn same(live: &Dump, again: &Dump) {
    for (key, value) in live {
        let other = again.get(key);
        assert_eq!(Some(value), other, "row {:?}", String::from_utf8_lossy(key));
    }
    let more = again.keys().find(|key| !live.contains_key(*key));
    assert_eq!(more.map(|key| String::from_utf8_lossy(key)), None, "a row only in the rebuilt");
}
