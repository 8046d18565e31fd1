//! Durable ingest of generated 835 files, beside the physical limit: a plain append-only file that
//! writes and syncs as many of the same record bytes in as many batches. In turns, medians, one run.
//!
//! `cargo bench --bench ingest -- [CLAIMS] [ROUNDS] [FOLDER]`
//!
//! *Durable* is from the first file's opening until all of every file may be answered for; *closed* is
//! with rows saved, volumes made and checkpoints signed, as the command leaves a ledger.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a benchmark: what fails should stop it, and its ratios are not money"
)]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lookback::generate::{Settings, generate};
use lookback::ingest::file::{Ingest, Watch};
use lookback::journal::commit::Written;
use lookback::ledger::Ledger;
use lookback::ledger::create::Choices;
use lookback_events::id::ActorId;

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes of records that are kept for the plain file, and written over and over.
const SAMPLE_LEN: usize = 64 * 1024 * 1024;

struct Unwatched;

impl Watch for Unwatched {
    fn read(&mut self, _: u64, _: u64) {}

    fn stopped(&self) -> bool {
        false
    }
}

struct Round {
    durable: Duration,
    closed: Duration,
    written: Written,
    /// The most memory of this process so far, in MiB.
    peak: u64,
}

fn ingest(files: &[PathBuf], folder: &Path, sample: &mut Vec<u8>) -> Round {
    let mut ledger = Ledger::create(folder, &Choices::new(folder)).unwrap();
    let start = Instant::now();
    let mut ingest = Ingest::new(&mut ledger, ActorId::parse("svc-ingest").unwrap());
    for path in files {
        let name = path.file_name().unwrap().display().to_string();
        ingest.file(&name, &name, File::open(path).unwrap(), &mut Unwatched).unwrap();
    }
    ledger.flush().unwrap();
    let durable = start.elapsed();
    let written = ledger.written();
    ledger.close().unwrap();
    let closed = start.elapsed();
    let peak = peak();
    if sample.is_empty() {
        let journals = ledger.journals();
        for journal in journals.ids() {
            let each = |_, header: &[u8], sealed: &[u8]| {
                sample.extend_from_slice(header);
                sample.extend_from_slice(sealed);
                Ok(sample.len() < SAMPLE_LEN)
            };
            journals.records(journal, 0, u64::MAX, each).unwrap();
        }
    }
    Round { durable, closed, written, peak }
}

/// Writes as many bytes in as many batches, each synced.
fn plain(path: &Path, written: Written, sample: &[u8]) -> Duration {
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

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// The most memory this process has held, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    kib.unwrap_or(0_u64) / 1_024
}

fn main() {
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let claims: u64 = args.next().map_or(100_000, |n| n.parse().unwrap());
    let rounds: usize = args.next().map_or(5, |n| n.parse().unwrap());
    let base = args.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let folder = tempfile::tempdir_in(base).unwrap();
    let samples = folder.path().join("835");
    let made = generate(&Settings::new(claims, 1), &samples).unwrap();
    let files = std::fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort_unstable();
    println!("{} claims in {} files, {} MB", made.claims, made.files, made.bytes / 1_000_000);
    let mut sample = Vec::new();
    let mut all = Vec::new();
    for round in 0..rounds {
        let ledger = folder.path().join("ledger");
        let ours = ingest(&files, &ledger, &mut sample);
        if round == 0 {
            println!("peak memory {} MiB", ours.peak);
        }
        std::fs::remove_dir_all(&ledger).unwrap();
        let limit = plain(&folder.path().join("plain"), ours.written, &sample);
        all.push((ours, limit));
    }
    let written = all[0].0.written;
    println!(
        "{} records of {} bytes in {} groups of {} KiB",
        written.records,
        written.bytes / written.records,
        written.groups,
        written.bytes / written.groups / 1_024
    );
    let durable = median(all.iter().map(|(ours, _)| ours.durable));
    let closed = median(all.iter().map(|(ours, _)| ours.closed));
    let limit = median(all.iter().map(|(_, limit)| *limit));
    let rate = |time: Duration| u128::from(made.claims) * 1_000_000 / time.as_micros();
    println!("durable {durable:?}, {} claims/s; closed {closed:?}", rate(durable));
    let per_mille = limit.as_micros() * 1_000 / durable.as_micros();
    println!("plain file {limit:?}, ratio 0.{per_mille:03}");
}
