//! Damage: whatever byte of whatever is stored is changed, `verify` finds and names it, and
//! `verify --repair` restores what is still proved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lookback::journal::Journals;
use lookback::journal::commit::{Commit, Draft, Writer, service_actor};
use lookback::journal::read::Settings;
use lookback::verify::{self, Depth, Keys, Report};
use lookback_events::body::UnitKey;
use lookback_events::id::{JournalId, KeyId};
use lookback_events::record::Streams;
use lookback_events::stream::StreamKey;

const PAYMENT: u8 = 2;

fn settings() -> Settings {
    Settings {
        cache_bytes: 8 * 1024 * 1024,
        generation_records: 600,
        volume_records: 300,
        reserve_bytes: 0,
        ..Settings::default()
    }
}

struct OneKey(Arc<UnitKey>);

impl Keys for OneKey {
    fn key(&self, id: KeyId) -> Option<Arc<UnitKey>> {
        (self.0.id() == id).then(|| Arc::clone(&self.0))
    }

    fn is_disposed(&self, _: KeyId) -> bool {
        false
    }
}

fn keys() -> OneKey {
    OneKey(Arc::new(UnitKey::new([7; 32])))
}

#[derive(serde::Serialize)]
struct Body {
    note: String,
    number: u64,
}

/// A small ledger: `count` records in batches over three journals.
fn write(folder: &Path, count: u64) {
    let key = keys().0;
    let streams = StreamKey::new(&[9; 32]);
    let journals = Arc::new(Journals::open(folder, PAYMENT, settings()).unwrap());
    let (announce_key, ledger) = (Arc::clone(&key), Streams::new(&[streams.id("ledger")]).unwrap());
    let writer = Writer::start(
        Arc::clone(&journals),
        Box::new(|| Ok(())),
        lookback::now::now,
        Box::new(move |sealed| Draft {
            event: "volume-sealed/1",
            body: Box::new(sealed),
            streams: ledger,
            key: Arc::clone(&announce_key),
        }),
    )
    .unwrap();
    for batch in 0..count / 20 {
        let drafts = (batch * 20..batch * 20 + 20).map(|number| Draft {
            event: "test-record/1",
            // Now and then one that is longer than a stored value may be.
            body: Box::new(Body {
                note: "x".repeat(if number % 97 == 3 { 20_000 } else { 100 }),
                number,
            }),
            streams: Streams::new(&[
                streams.id(&format!("claim:{}", number % 700)),
                streams.id("payee:1234567893"),
            ])
            .unwrap(),
            key: Arc::clone(&key),
        });
        let journal = match batch % 7 {
            0 => JournalId::CONTROL,
            1..=4 => JournalId::payment(0).unwrap(),
            _ => JournalId::payment(1).unwrap(),
        };
        let commit = Commit {
            journal,
            actor: service_actor(),
            drafts: drafts.collect(),
            weight: 20_000,
            announces: None,
        };
        writer.submit(commit).unwrap();
        if batch % 3 == 0 {
            writer.flush().unwrap();
        }
    }
    writer.settle().unwrap();
}

fn check(folder: &Path) -> Report {
    verify::folder(folder, PAYMENT, 8 * 1024 * 1024, &keys(), Depth::Full, &(), &|_| {})
}

#[test]
fn a_sound_ledger_verifies_at_both_depths() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 3_000);
    let report = check(folder.path());
    for fault in report.faults() {
        println!("{}", fault.damage);
    }
    println!("{report:#?}");
    assert!(report.is_clean());
}
