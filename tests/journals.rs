//! Journals without a ledger around them: what a failed write leaves, and how large the hot store gets.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lookback::generate::{Files, Settings as Generator};
use lookback::journal::commit::{Commit, Draft, Writer, service_actor};
use lookback::journal::read::Settings;
use lookback::journal::{JournalError, Journals};
use lookback::ledger::Ledger;
use lookback::ledger::create::Choices;
use lookback_events::body::UnitKey;
use lookback_events::event::control::OriginalPart;
use lookback_events::id::JournalId;
use lookback_events::record::Streams;
use lookback_events::stream::StreamKey;

use crate::disk::Mounted;
use crate::ledger::{sound, take};

fn stream() -> Streams {
    Streams::new(&[StreamKey::new(&[9; 32]).id("ledger")]).unwrap()
}

/// A writer; while `failing` is set nothing can be written.
fn writer(journals: &Arc<Journals>, failing: &Arc<AtomicBool>) -> Writer {
    let failing = Arc::clone(failing);
    let before_write = move || {
        if failing.load(Ordering::SeqCst) {
            return Err(JournalError::Poisoned("the disk has gone".to_owned()));
        }
        Ok(())
    };
    let announce = |sealed| Draft {
        event: "volume-sealed/1",
        body: Box::new(sealed),
        streams: stream(),
        key: Arc::new(UnitKey::new([7; 32])),
    };
    let (journals, now) = (Arc::clone(journals), lookback::now::now);
    Writer::start(journals, Box::new(before_write), now, Box::new(announce)).unwrap()
}

fn commit(records: usize) -> Commit {
    let draft = |text: usize| Draft {
        event: OriginalPart::EVENT,
        body: Box::new(Text { text: "x".repeat(text) }),
        streams: stream(),
        key: Arc::new(UnitKey::new([7; 32])),
    };
    Commit {
        journal: JournalId::CONTROL,
        actor: service_actor(),
        drafts: (0..records).map(|n| draft(100 + n)).collect(),
        weight: records * 200,
        announces: None,
    }
}

/// A body of one field.
#[derive(serde::Serialize)]
struct Text {
    text: String,
}

fn open(folder: &Path, settings: Settings) -> Arc<Journals> {
    Arc::new(Journals::open(folder, 1, settings).unwrap())
}

#[test]
fn after_a_failed_write_nothing_more_is_taken_until_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let failing = Arc::new(AtomicBool::new(false));
    let journals = open(folder.path(), Settings::default());
    let first = writer(&journals, &failing);
    let kept = first.submit(commit(3)).unwrap();
    first.wait(kept.ticket).unwrap();
    failing.store(true, Ordering::SeqCst);
    let lost = first.submit(commit(2)).unwrap();
    let error = first.wait(lost.ticket).unwrap_err();
    assert!(error.to_string().contains("the disk has gone"), "{error}");
    // It could be written again, but what was said to have failed must not appear behind it.
    failing.store(false, Ordering::SeqCst);
    assert!(matches!(first.submit(commit(1)), Err(JournalError::Poisoned(_))));
    assert!(first.flush().is_err());
    assert!(first.wait(kept.ticket).is_ok(), "what was durable stays so");
    drop(first);
    drop(journals);

    let journals = open(folder.path(), Settings::default());
    journals.verify_tail().unwrap();
    assert_eq!(journals.head(JournalId::CONTROL).next(), 3);
    let second = writer(&journals, &failing);
    let placed = second.submit(commit(1)).unwrap();
    second.wait(placed.ticket).unwrap();
    assert_eq!(placed.first, 3);
}

#[test]
fn a_flush_that_the_disk_refuses_poisons_the_journals() {
    let folder = tempfile::tempdir().unwrap();
    let size = ["-t", "tmpfs", "-o", "size=8m", "tmpfs"];
    let Some(disk) = Mounted::new(&folder.path().join("disk"), &size) else { return };
    // Without a reserve nothing stops ahead of the disk's own refusal.
    let settings = Settings { reserve_bytes: 0, ..Settings::default() };
    let journals = open(&disk.0, settings);
    let writer = writer(&journals, &Arc::default());
    let mut durable = 0;
    let refused = loop {
        let placed = match writer.submit(commit(500)) {
            Ok(placed) => placed,
            Err(error) => break error,
        };
        match writer.wait(placed.ticket) {
            Ok(()) => durable += 500,
            Err(error) => break error,
        }
        assert!(durable < 100_000, "8 MiB hold less");
    };
    assert!(matches!(refused, JournalError::Poisoned(_)), "{refused}");
    assert!(matches!(writer.submit(commit(1)), Err(JournalError::Poisoned(_))));
    assert_eq!(journals.head(JournalId::CONTROL).next(), durable, "nothing that failed is shown");
}

#[test]
fn the_hot_store_stays_small_however_much_is_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    drop(Ledger::create(folder.path(), &Choices::new(folder.path())).unwrap());
    let path = folder.path().join("lookback.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let short = text.replace("generation_records = 1000000", "generation_records = 2000");
    assert_ne!(text, short);
    std::fs::write(&path, short).unwrap();
    let mut ledger = Ledger::open(folder.path(), "test").unwrap();
    let (mut most, mut largest) = (0, 0);
    for file in Files::new(&Generator::new(20_000, 5)) {
        take(&mut ledger, &file.name, &file.bytes);
        ledger.close().unwrap();
        let mut generations = 0;
        let mut bytes = 0;
        for generation in std::fs::read_dir(folder.path().join("hot")).unwrap() {
            let database = generation.unwrap().path().join("db");
            bytes += std::fs::metadata(database).map_or(0, |meta| meta.len());
            generations += 1;
        }
        (most, largest) = (generations.max(most), bytes.max(largest));
    }
    // The one that is written, the one before it, and the next, opened ahead.
    assert!(most <= 3, "{most} generations at once");
    // 2,000 records of 2.7 KB, written two to three times over, in each.
    assert!(largest <= 3 * 20_000_000, "{largest} bytes at once");
    assert!(sound(&ledger).records > 20_000);
}
