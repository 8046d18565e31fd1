//! The append interface alone, beside the physical limit: events in memory, bodies of 1 KiB, batches of
//! 256; then single appends, each waited for. In turns, medians, one run.
//!
//! `cargo bench --bench append -- [EVENTS] [ROUNDS] [FOLDER]`
//!
//! For comparison, an embedded immudb on two shared cores: 72,000 events/s as shipped, 176,000 with a
//! sync every millisecond and four writers; single appends p50 1.8 ms, p99 2.3 ms.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a benchmark: what fails should stop it, and its ratios are not money"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lookback::journal::Journals;
use lookback::journal::commit::{Commit, Draft, Written, service_actor};
use lookback::journal::read::Settings;
use lookback_events::body::UnitKey;

mod setup;

use setup::{describe, journal, journals, median, per_mille, plain, rate, sample, stream, streams};

/// Single appends of a round.
const SINGLES: u64 = 2_000;

#[derive(serde::Serialize)]
struct Body {
    note: String,
    number: u64,
}

fn commit(batch: u64, count: u64, from: u64, key: &Arc<UnitKey>) -> Commit {
    let drafts = (from..from + count).map(|number| Draft {
        event: "bench/1",
        body: Box::new(Body { note: "x".repeat(1_000), number }),
        streams: streams(&[stream(&format!("claim:{number}"))]),
        key: Arc::clone(key),
    });
    Commit {
        journal: journal(batch),
        actor: service_actor(),
        drafts: drafts.collect(),
        weight: count as usize * 1_024,
        announces: None,
    }
}

struct Round {
    durable: Duration,
    settled: Duration,
    written: Written,
    singles: Vec<Duration>,
    limit: Duration,
}

fn round(folder: &Path, events: u64) -> Round {
    let key = Arc::new(UnitKey::new([7; 32]));
    // The events are in memory before the clock starts.
    let batches: Vec<Commit> =
        (0..events / 256).map(|batch| commit(batch, 256, batch * 256, &key)).collect();
    let ledger = folder.join("ledger");
    std::fs::create_dir(&ledger).unwrap();
    let (journals, writer) = journals(&ledger, Settings::default(), &key);
    let start = Instant::now();
    for batch in batches {
        writer.submit(batch).unwrap();
    }
    writer.flush().unwrap();
    let durable = start.elapsed();
    let written = writer.written();
    writer.settle().unwrap();
    let settled = start.elapsed();
    let single = |n| {
        let one = commit(0, 1, events + n, &key);
        let start = Instant::now();
        writer.wait(writer.submit(one).unwrap().ticket).unwrap();
        start.elapsed()
    };
    let singles = (0..SINGLES).map(single).collect();
    let limit = plain(&folder.join("plain"), written, &sample(&journals));
    drop(writer);
    drop(journals);
    let start = Instant::now();
    Journals::open(&ledger, 4, Settings::default()).unwrap().verify_tail().unwrap();
    println!("opened, its tail verified, in {:?}", start.elapsed());
    std::fs::remove_dir_all(&ledger).unwrap();
    Round { durable, settled, written, singles, limit }
}

fn main() {
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let events: u64 = args.next().map_or(300_000, |n| n.parse().unwrap());
    let rounds: usize = args.next().map_or(3, |n| n.parse().unwrap());
    let base = args.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let folder = tempfile::tempdir_in(base).unwrap();
    let rounds: Vec<Round> = (0..rounds).map(|_| round(folder.path(), events)).collect();
    describe(rounds[0].written);
    let durable = median(rounds.iter().map(|r| r.durable));
    let settled = median(rounds.iter().map(|r| r.settled));
    let limit = median(rounds.iter().map(|r| r.limit));
    println!(
        "{} events/s durable, {} with their volumes; plain file {} events/s, ratio 0.{:03}",
        rate(events, durable),
        rate(events, settled),
        rate(events, limit),
        per_mille(limit, durable)
    );
    let mut singles: Vec<Duration> = rounds.into_iter().flat_map(|r| r.singles).collect();
    singles.sort_unstable();
    let at = |per_cent: usize| singles[singles.len() * per_cent / 100];
    println!("single append: p50 {:?}, p99 {:?}", at(50), at(99));
}
