//! The append interface alone, beside the physical limit: a plain file that writes and syncs the
//! same bytes in the same batches. Events in memory, 1 KiB bodies, batches of 256.
//!
//! `cargo bench --bench append -- [EVENTS] [FOLDER]`
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_lossless,
    reason = "a benchmark: what fails should stop it, and its ratios are not money"
)]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use lookback::journal::Journals;
use lookback::journal::commit::{Commit, Draft, Writer, service_actor};
use lookback::journal::read::Settings;
use lookback_events::body::UnitKey;
use lookback_events::id::JournalId;
use lookback_events::record::Streams;
use lookback_events::stream::StreamKey;

#[derive(serde::Serialize)]
struct Body {
    note: String,
    number: u64,
}

fn open(folder: &Path) -> (Arc<Journals>, Writer, Arc<UnitKey>, StreamKey) {
    let key = Arc::new(UnitKey::new([7; 32]));
    let streams = StreamKey::new(&[9; 32]);
    let journals = Arc::new(Journals::open(folder, 4, Settings::default()).unwrap());
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
    (journals, writer, key, streams)
}

fn commit(journal: u8, count: u64, from: u64, key: &Arc<UnitKey>, streams: &StreamKey) -> Commit {
    let drafts = (from..from + count).map(|number| Draft {
        event: "bench/1",
        body: Box::new(Body { note: "x".repeat(1_000), number }),
        streams: Streams::new(&[streams.id(&format!("claim:{number}"))]).unwrap(),
        key: Arc::clone(key),
    });
    Commit {
        journal: JournalId::payment(journal).unwrap(),
        actor: service_actor(),
        drafts: drafts.collect(),
        weight: count as usize * 1_024,
        announces: None,
    }
}

fn main() {
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let events: u64 = args.next().map_or(1_000_000, |n| n.parse().unwrap());
    let base = args.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let folder = tempfile::tempdir_in(base).unwrap();
    let (journals, writer, key, streams) = open(folder.path());
    let start = Instant::now();
    for batch in 0..events / 256 {
        writer.submit(commit((batch % 4) as u8, 256, batch * 256, &key, &streams)).unwrap();
    }
    writer.flush().unwrap();
    let ours = events as u128 * 1_000_000 / start.elapsed().as_micros();
    writer.settle().unwrap();
    let settled = events as u128 * 1_000_000 / start.elapsed().as_micros();
    println!("journals: {ours} events/s durable, {settled} events/s with volumes sealed");

    let mut singles = Vec::new();
    for n in 0..2_000 {
        let one = commit(0, 1, events + n, &key, &streams);
        let start = Instant::now();
        let placed = writer.submit(one).unwrap();
        writer.wait(placed.ticket).unwrap();
        singles.push(start.elapsed().as_micros());
    }
    singles.sort_unstable();
    println!("single append: p50 {} us, p99 {} us", singles[1_000], singles[1_980]);

    let mut plain = File::create(folder.path().join("plain")).unwrap();
    let start = Instant::now();
    let mut bytes = Vec::new();
    let mut written = 0_u64;
    let mut flush = |bytes: &mut Vec<u8>| {
        plain.write_all(bytes).unwrap();
        plain.sync_data().unwrap();
        bytes.clear();
    };
    for journal in journals.ids() {
        let mut batch = 0;
        journals
            .records(journal, 0, u64::MAX, |_, header, sealed| {
                bytes.extend_from_slice(header);
                bytes.extend_from_slice(sealed);
                (batch, written) = (batch + 1, written + 1);
                if batch == 256 {
                    flush(&mut bytes);
                    batch = 0;
                }
                Ok(true)
            })
            .unwrap();
    }
    flush(&mut bytes);
    let read_and_write = written as u128 * 1_000_000 / start.elapsed().as_micros();
    println!("plain file (reading the journals included): {read_and_write} events/s");
    drop(writer);
    drop(journals);
    let start = Instant::now();
    let journals = Journals::open(folder.path(), 4, Settings::default()).unwrap();
    println!("opens in {} ms", start.elapsed().as_millis());
    journals.verify_tail().unwrap();
    println!("tail verified after {} ms", start.elapsed().as_millis());
}
