//! Verification beside the physical limit: raw SHA-256 over the same bytes, on all cores, in the
//! same run; medians of several rounds.
//!
//! `cargo bench --bench verify -- [EVENTS] [ROUNDS] [FOLDER] [GENERATION] [headers|full]`
//!
//! GENERATION is the records of a generation of the hot store: a small part of EVENTS shows a ledger
//! that has grown, most of it in volumes; more than EVENTS a young one, all of it in sled.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a benchmark: what fails should stop it, and its ratios are not money"
)]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lookback::journal::Journals;
use lookback::journal::commit::{Commit, Draft, service_actor};
use lookback::journal::read::Settings;
use lookback::verify::{self, Depth, Keys, Report};
use lookback_events::body::UnitKey;
use lookback_events::id::KeyId;
use sha2::{Digest as _, Sha256};

mod setup;

use setup::{journal, journals, median, stream, streams};

/// Eight fields, as a claim has them; 1.5 KB together.
#[derive(serde::Serialize)]
struct Body {
    before: String,
    claim: [u64; 6],
    dates: [&'static str; 4],
    money: Vec<[&'static str; 3]>,
    original: String,
    patient: String,
    remarks: String,
    services: Vec<[&'static str; 4]>,
}

impl Body {
    fn new(number: u64) -> Self {
        Self {
            before: "LX*1~".to_owned(),
            claim: [number; 6],
            dates: ["2025-02-01"; 4],
            money: vec![["120.00", "80.00", "CO-45"]; 8],
            original: "SVC*HC:99213*120*80**1~CAS*CO*45*40~".repeat(20),
            patient: "x".repeat(120),
            remarks: "N130".to_owned(),
            services: vec![["99213", "1", "11", "HC"]; 6],
        }
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

fn write(folder: &Path, events: u64, generation: u64, key: &Arc<UnitKey>) -> Arc<Journals> {
    let settings = Settings { generation_records: generation, ..Settings::default() };
    let (journals, writer) = journals(folder, settings, key);
    for batch in 0..events / 256 {
        let drafts = (batch * 256..batch * 256 + 256).map(|number| Draft {
            event: "claim-paid/1",
            body: Box::new(Body::new(number)),
            streams: streams(&[
                stream(&format!("claim:{number}")),
                stream(&format!("payee:{}", batch % 300)),
                // What a remittance's records share.
                stream(&format!("remittance:{}", number / 20)),
                stream(&format!("check:{}", number / 20)),
                stream(&format!("month:{}", batch % 12)),
            ]),
            key: Arc::clone(key),
        });
        let commit = Commit {
            journal: journal(batch),
            actor: service_actor(),
            drafts: drafts.collect(),
            weight: 256 * 1_536,
            announces: None,
        };
        writer.submit(commit).unwrap();
    }
    writer.settle().unwrap();
    drop(writer);
    journals
}

/// Raw SHA-256 over all of `bytes` in pieces, on all cores.
fn raw(pieces: &[Vec<u8>]) -> Duration {
    let threads = std::thread::available_parallelism().unwrap().get();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for part in pieces.chunks(pieces.len().div_ceil(threads)) {
            // Named, so that a profile tells it from what is measured.
            let digest = move || {
                for piece in part {
                    black_box(Sha256::digest(piece));
                }
            };
            std::thread::Builder::new().name("raw".to_owned()).spawn_scoped(scope, digest).unwrap();
        }
    });
    start.elapsed()
}

/// Processor time of this process, in ticks of 10 ms: what neighbours on the machine do not change.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    [11, 12].iter().filter_map(|n| fields.get(*n)?.parse::<u64>().ok()).sum()
}

fn main() {
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let events: u64 = args.next().map_or(500_000, |n| n.parse().unwrap());
    let rounds: usize = args.next().map_or(5, |n| n.parse().unwrap());
    let base = args.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let generation: u64 = args.next().map_or(events / 4, |n| n.parse().unwrap());
    let only = args.next();
    let folder = tempfile::tempdir_in(base).unwrap();
    let keys = OneKey(Arc::new(UnitKey::new([7; 32])));
    let journals = write(folder.path(), events, generation, &keys.0);
    // The same bytes for raw SHA-256, in pieces of about 1 MiB.
    let (mut headers, mut bodies) = (vec![Vec::new()], vec![Vec::new()]);
    let add = |pieces: &mut Vec<Vec<u8>>, bytes: &[u8]| {
        if pieces.last().unwrap().len() > 1024 * 1024 {
            pieces.push(Vec::new());
        }
        pieces.last_mut().unwrap().extend_from_slice(bytes);
    };
    let mut records = 0;
    for journal in journals.ids() {
        let each = |_, header: &[u8], sealed: &[u8]| {
            records += 1;
            add(&mut headers, header);
            add(&mut bodies, sealed);
            Ok(true)
        };
        journals.records(journal, 0, u64::MAX, each).unwrap();
    }
    let size = |pieces: &[Vec<u8>]| pieces.iter().map(Vec::len).sum::<usize>();
    println!(
        "{records} records, headers {} bytes, bodies {} bytes each",
        size(&headers) / records,
        size(&bodies) / records
    );
    let run = |depth| {
        let report = verify::journals(&journals, &keys, depth, &(), &|_| {});
        assert!(report.is_clean(), "{:?}", report.faults().next());
        report
    };
    let asked = |depth| only.as_deref().is_none_or(|only| only == depth);
    if asked("headers") {
        measure("--headers", rounds, records, &|| raw(&headers), &|| run(Depth::Headers));
    }
    if asked("full") {
        let limit = || raw(&headers) + raw(&bodies);
        measure("full", rounds, records, &limit, &|| run(Depth::Full));
    }
}

/// Prints medians of the physical limit and of ours, taken in turns: the limit hashes every record's
/// bytes once, whatever ours reads besides.
fn measure(
    name: &str,
    rounds: usize,
    records: usize,
    limit: &dyn Fn() -> Duration,
    ours: &dyn Fn() -> Report,
) {
    let (mut limits, mut times) = (Vec::new(), Vec::new());
    let (mut limit_ticks, mut ours_ticks) = (0, 0);
    for round in 0..rounds {
        let start = ticks();
        // Several times over, because one takes few ticks.
        let together = (0..5).map(|_| limit());
        limits.extend(together);
        let middle = ticks();
        let report = ours();
        limit_ticks += middle - start;
        ours_ticks += 5 * (ticks() - middle);
        times.push(report.times.elapsed);
        if round == 0 {
            println!("{name}: {:?}\n{:?}", report.times, report.counts());
        }
    }
    let (limit, ours) = (median(limits), median(times));
    let per_mille = limit.as_micros() * 1_000 / ours.as_micros();
    let rate = records as u128 * 1_000_000 / ours.as_micros();
    let processor = limit_ticks * 1_000 / ours_ticks.max(1);
    println!(
        "{name}: raw {limit:?}, ours {ours:?}, {rate} records/s, ratio 0.{per_mille:03}, \
         by processor time 0.{processor:03}"
    );
}
