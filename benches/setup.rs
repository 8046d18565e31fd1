//! What the benchmarks share: journals without a ledger around them, the physical limit, medians.
#![allow(dead_code, reason = "each benchmark uses a part of it")]
#![allow(clippy::cast_possible_truncation, reason = "a benchmark for machines of 64 bits")]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lookback::journal::Journals;
use lookback::journal::commit::{Draft, Writer, Written};
use lookback::journal::read::Settings;
use lookback_events::body::UnitKey;
use lookback_events::id::{JournalId, StreamId};
use lookback_events::record::Streams;
use lookback_events::stream::StreamKey;

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Bytes of records that are kept for the plain file, and written over and over.
const SAMPLE_LEN: usize = 64 * 1024 * 1024;

/// Four payment journals and their writer, under one key.
pub(crate) fn journals(
    folder: &Path,
    settings: Settings,
    key: &Arc<UnitKey>,
) -> (Arc<Journals>, Writer) {
    let journals = Arc::new(Journals::open(folder, 4, settings).unwrap());
    let (key, ledger) = (Arc::clone(key), streams(&[stream("ledger")]));
    let announce = Box::new(move |sealed| Draft {
        event: "volume-sealed/1",
        body: Box::new(sealed),
        streams: ledger,
        key: Arc::clone(&key),
    });
    let before_write = Box::new(|| Ok(()));
    let writer =
        Writer::start(Arc::clone(&journals), before_write, lookback::now::now, announce).unwrap();
    (journals, writer)
}

/// The id of a named stream.
pub(crate) fn stream(name: &str) -> StreamId {
    StreamKey::new(&[9; 32]).id(name)
}

/// The streams of a record.
pub(crate) fn streams(ids: &[StreamId]) -> Streams {
    Streams::new(ids).unwrap()
}

/// The payment journal that takes a batch.
pub(crate) fn journal(batch: u64) -> JournalId {
    JournalId::payment((batch % 4) as u8).unwrap()
}

/// Bytes of the first records, for the plain file.
pub(crate) fn sample(journals: &Journals) -> Vec<u8> {
    let mut sample = Vec::new();
    for journal in journals.ids() {
        let each = |_, header: &[u8], sealed: &[u8]| {
            sample.extend_from_slice(header);
            sample.extend_from_slice(sealed);
            Ok(sample.len() < SAMPLE_LEN)
        };
        journals.records(journal, 0, u64::MAX, each).unwrap();
    }
    sample
}

/// The physical limit: a plain append-only file that writes as many of the same record bytes, and
/// syncs as often.
pub(crate) fn plain(path: &Path, written: Written, sample: &[u8]) -> Duration {
    let batch = ((written.bytes / written.groups) as usize).min(sample.len());
    let mut file = File::create(path).unwrap();
    let mut at = 0;
    let start = Instant::now();
    for _ in 0..written.groups {
        if at + batch > sample.len() {
            at = 0;
        }
        file.write_all(&sample[at..at + batch]).unwrap();
        file.sync_data().unwrap();
        at += batch;
    }
    let elapsed = start.elapsed();
    std::fs::remove_file(path).unwrap();
    elapsed
}

/// Says what was written.
pub(crate) fn describe(written: Written) {
    println!(
        "{} records of {} bytes in {} groups of {} KiB",
        written.records,
        written.bytes / written.records,
        written.groups,
        written.bytes / written.groups / 1_024
    );
}

/// The median of times.
pub(crate) fn median(times: impl IntoIterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.into_iter().collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// How many a second.
pub(crate) fn rate(count: u64, time: Duration) -> u128 {
    u128::from(count) * 1_000_000 / time.as_micros()
}

/// A ratio of times, in thousandths.
pub(crate) fn per_mille(part: Duration, whole: Duration) -> u128 {
    part.as_micros() * 1_000 / whole.as_micros()
}
