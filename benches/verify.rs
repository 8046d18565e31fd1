//! Verification beside the physical limit: raw SHA-256 over the same bytes, on all cores, in the
//! same run; medians of several rounds.
//!
//! `cargo bench --bench verify -- [EVENTS] [ROUNDS] [FOLDER]`
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
use lookback::journal::commit::{Commit, Draft, Writer, service_actor};
use lookback::journal::read::Settings;
use lookback::verify::{self, Depth, Keys};
use lookback_events::body::UnitKey;
use lookback_events::id::{JournalId, KeyId};
use lookback_events::record::Streams;
use lookback_events::stream::StreamKey;
use sha2::{Digest as _, Sha256};

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

fn write(folder: &Path, events: u64, key: &Arc<UnitKey>) -> Arc<Journals> {
    let streams = StreamKey::new(&[9; 32]);
    let journals = Arc::new(Journals::open(folder, 4, Settings::default()).unwrap());
    let (announce_key, ledger) = (Arc::clone(key), Streams::new(&[streams.id("ledger")]).unwrap());
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
    for batch in 0..events / 256 {
        let drafts = (batch * 256..batch * 256 + 256).map(|number| Draft {
            event: "claim-paid/1",
            body: Box::new(Body::new(number)),
            streams: Streams::new(&[
                streams.id(&format!("claim:{number}")),
                streams.id(&format!("payee:{}", batch % 300)),
            ])
            .unwrap(),
            key: Arc::clone(key),
        });
        let commit = Commit {
            journal: JournalId::payment((batch % 4) as u8).unwrap(),
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
            scope.spawn(move || {
                for piece in part {
                    black_box(Sha256::digest(piece));
                }
            });
        }
    });
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let events: u64 = args.next().map_or(500_000, |n| n.parse().unwrap());
    let rounds: usize = args.next().map_or(5, |n| n.parse().unwrap());
    let base = args.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let folder = tempfile::tempdir_in(base).unwrap();
    let keys = OneKey(Arc::new(UnitKey::new([7; 32])));
    let journals = write(folder.path(), events, &keys.0);
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
    let (mut raw_headers, mut raw_all, mut at_headers, mut full) = (vec![], vec![], vec![], vec![]);
    for round in 0..rounds {
        raw_headers.push(raw(&headers));
        let report = run(Depth::Headers);
        at_headers.push(report.times.elapsed);
        raw_all.push(raw(&headers) + raw(&bodies));
        let deep = run(Depth::Full);
        full.push(deep.times.elapsed);
        if round == 0 {
            println!("headers: {:?}\nfull: {:?}\n{:?}", report.times, deep.times, deep.counts());
        }
    }
    let ratio = |limit: &[Duration], ours: &[Duration]| {
        let (limit, ours) = (median(limit.to_vec()), median(ours.to_vec()));
        let percent = limit.as_micros() * 100 / ours.as_micros();
        let rate = records as u128 * 1_000_000 / ours.as_micros();
        format!("raw {limit:?}, ours {ours:?}, ratio 0.{percent:02}, {rate} records/s")
    };
    println!("--headers: {}", ratio(&raw_headers, &at_headers));
    println!("full:      {}", ratio(&raw_all, &full));
}
