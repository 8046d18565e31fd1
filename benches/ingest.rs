//! Durable ingest of generated 835 files, beside the physical limit: a plain append-only file that
//! writes and syncs as many of the same record bytes in as many batches. In turns, medians, one run.
//!
//! `cargo bench --bench ingest -- [CLAIMS] [ROUNDS] [FOLDER] [CLAIMS A REMITTANCE]`
//!
//! Then the command itself does the same once, for its peak memory, and is asked for claims, each time
//! by a new process.
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
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lookback::generate::{Settings, generate};
use lookback::ingest::file::{Ingest, Watch};
use lookback::journal::commit::Written;
use lookback::ledger::Ledger;
use lookback::ledger::create::Choices;
use lookback_events::id::ActorId;

mod setup;

use setup::{describe, median, per_mille, plain, rate, sample};

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
}

fn ingest(files: &[PathBuf], folder: &Path, bytes: &mut Vec<u8>) -> Round {
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
    if bytes.is_empty() {
        *bytes = sample(ledger.journals());
    }
    Round { durable, closed, written }
}

/// The most memory a process has held, in MiB, and how long it ran.
fn watched(mut command: Command) -> (u64, Duration) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        peak = kib.unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?} failed");
            return (peak / 1_024, start.elapsed());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs the program as people do.
fn command(ledger: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    command.arg("--ledger").arg(ledger).args(args);
    command
}

/// What the command needs for the same files, and for single questions.
fn commands(samples: &Path, ledger: &Path) {
    let init = Command::new(env!("CARGO_BIN_EXE_lookback")).arg("init").arg(ledger).output();
    assert!(init.unwrap().status.success());
    let (peak, took) = watched(command(ledger, &["ingest", samples.to_str().unwrap()]));
    println!("the command: peak memory {peak} MiB, {took:?} from start to end");
    let mut asked = Vec::new();
    // Every so many positions; some are no claim's, and in small runs most are not there.
    let places = (5..).step_by(1_357).take(8);
    let places = places.flat_map(|seq| ["p00", "p01", "p02", "p03"].map(|j| format!("{j}/{seq}")));
    for place in places {
        let question = || command(ledger, &["show", "claim", &place]);
        if question().output().unwrap().status.success() {
            asked.push(watched(question()).1);
        }
    }
    println!(
        "show claim, each in a new process: median {:?} of {}",
        median(asked.clone()),
        asked.len()
    );
}

fn main() {
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let claims: u64 = args.next().map_or(100_000, |n| n.parse().unwrap());
    let rounds: usize = args.next().map_or(5, |n| n.parse().unwrap());
    let base = args.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let folder = tempfile::tempdir_in(base).unwrap();
    let samples = folder.path().join("835");
    let claims_per_remittance = args.next().map(|n| n.parse().unwrap());
    let settings = Settings { claims_per_remittance, ..Settings::new(claims, 1) };
    let made = generate(&settings, &samples).unwrap();
    let files = std::fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort_unstable();
    println!(
        "{} claims in {} remittances and {} files, {} MB",
        made.claims,
        made.transactions,
        made.files,
        made.bytes / 1_000_000
    );
    let mut bytes = Vec::new();
    let mut all = Vec::new();
    for _ in 0..rounds {
        let ledger = folder.path().join("ledger");
        let ours = ingest(&files, &ledger, &mut bytes);
        std::fs::remove_dir_all(&ledger).unwrap();
        let limit = plain(&folder.path().join("plain"), ours.written, &bytes);
        all.push((ours, limit));
    }
    describe(all[0].0.written);
    let durable = median(all.iter().map(|(ours, _)| ours.durable));
    let closed = median(all.iter().map(|(ours, _)| ours.closed));
    let limit = median(all.iter().map(|(_, limit)| *limit));
    let claims = rate(made.claims, durable);
    println!("durable {durable:?}, {claims} claims/s; closed {closed:?}");
    println!("plain file {limit:?}, ratio 0.{:03}", per_mille(limit, durable));
    commands(&samples, &folder.path().join("commanded"));
}
