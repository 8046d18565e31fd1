//! Damage: whatever byte of whatever is stored is changed, `verify` finds and names it, and
//! `verify --repair` restores what is still proved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use lookback::journal::commit::{Commit, Draft, Writer, service_actor};
use lookback::journal::read::Settings;
use lookback::journal::volume::stretch_by_name;
use lookback::journal::{Journals, Position};
use lookback::repair::{self, RepairReport};
use lookback::verify::{self, Depth, Keys, Observer, Part, Report};
use lookback_events::body::UnitKey;
use lookback_events::id::{JournalId, KeyId};
use lookback_events::merkle;
use lookback_events::record::{Header, Streams};
use lookback_events::stream::StreamKey;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

mod finding;
mod names;
mod repairing;
mod strays;

const PAYMENT: u8 = 2;
const CACHE: u64 = 8 * 1024 * 1024;

fn settings() -> Settings {
    Settings {
        cache_bytes: CACHE,
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
    write_with(folder, count, settings());
}

fn write_with(folder: &Path, count: u64, settings: Settings) {
    write_under(folder, count, settings, &keys().0);
}

fn write_under(folder: &Path, count: u64, settings: Settings, key: &Arc<UnitKey>) {
    let streams = StreamKey::new(&[9; 32]);
    let journals = Arc::new(Journals::open(folder, PAYMENT, settings).unwrap());
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
            key: Arc::clone(key),
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

/// What a sound ledger verifies to, seen on a copy.
fn sound(original: &Path) -> Report {
    let folder = tempfile::tempdir().unwrap();
    copy_all(original, folder.path());
    let report = check(folder.path());
    assert!(report.is_clean(), "{}", words(&report));
    report
}

fn check(folder: &Path) -> Report {
    verify::folder(folder, PAYMENT, CACHE, &keys(), Depth::Full, &(), &|_| {})
}

/// A ledger written once; each test damages copies of it.
fn original() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 3_000);
        folder
    });
    folder.path()
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &name);
        } else {
            std::fs::copy(entry.path(), name).unwrap();
        }
    }
}

fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_all(original(), folder.path());
    folder
}

/// As [`original`], but all that the volumes hold lies in the hot store as well.
fn all_hot() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { generation_records: 1_000_000, ..settings() };
        write_with(folder.path(), 3_000, settings);
        folder
    });
    folder.path()
}

fn copied_hot() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_all(all_hot(), folder.path());
    folder
}

fn volumes(folder: &Path, journal: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join("volumes").join(journal))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "vol"))
        .collect();
    paths.sort();
    paths
}

fn generations(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("hot")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn length(path: &Path) -> usize {
    std::fs::read(path).unwrap().len()
}

fn flip(path: &Path, at: usize, bit: u8) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1 << bit;
    std::fs::write(path, bytes).unwrap();
}

fn sled(path: &Path) -> sled::Db {
    // One that was closed a moment ago is let go by sled's own threads.
    let open = || {
        let config = sled::Config::new().path(path).segment_size(1024 * 1024);
        let config = config.mode(sled::Mode::HighThroughput);
        config.flush_every_ms(None).open()
    };
    for _ in 0..500 {
        if let Ok(db) = open() {
            return db;
        }
        std::thread::yield_now();
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    open().unwrap()
}

fn heads(report: &Report) -> Vec<(JournalId, u64, lookback_events::hash::Hash)> {
    report.heads().map(|(journal, head)| (journal, head.next(), head.tree.root())).collect()
}

fn words(report: &Report) -> String {
    let lines: Vec<String> = report.faults().map(|fault| fault.damage.to_string()).collect();
    lines.join(
        "
",
    )
}

fn control() -> JournalId {
    JournalId::CONTROL
}

fn p00() -> JournalId {
    JournalId::payment(0).unwrap()
}

/// Repairs, and verifies that nothing of what is left is damaged.
fn repaired(folder: &Path, known: &[(JournalId, u64)]) -> RepairReport {
    repair::repair(folder, PAYMENT, CACHE, known, &keys(), &|_| {}).unwrap()
}

fn assert_whole(folder: &Path, report: &RepairReport) {
    assert_whole_as(original(), folder, report);
}

fn assert_whole_as(original: &Path, folder: &Path, report: &RepairReport) {
    let after = report.after.as_ref().unwrap_or(&report.before);
    assert!(report.is_whole(), "{}\n{:#?}", words(after), report.journals);
    let sound = sound(original);
    let after = check(folder);
    assert!(after.is_clean(), "{}", words(&after));
    assert_eq!(heads(&after), heads(&sound));
    // And it is a ledger that opens and goes on.
    let journals = Journals::open(folder, PAYMENT, settings()).unwrap();
    journals.verify_tail().unwrap();
}

/// The values of a generation, in the order of their keys.
fn values(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    sled(path).iter().map(|entry| entry.unwrap()).map(|(k, v)| (k.to_vec(), v.to_vec())).collect()
}

fn put(path: &Path, values: &[(Vec<u8>, Vec<u8>)]) {
    let db = sled(path);
    for (key, value) in values {
        db.insert(key.as_slice(), value.as_slice()).unwrap();
    }
    db.flush().unwrap();
}

fn sizes(report: &Report) -> Vec<(JournalId, u64)> {
    report.heads().map(|(journal, head)| (journal, head.next())).collect()
}

fn sound_size(report: &Report, journal: JournalId) -> u64 {
    report.heads().find(|(own, _)| *own == journal).unwrap().1.next()
}

/// Changes the values of the newest written generation with `change` and returns its path.
fn tamper(folder: &Path, change: impl FnOnce(&mut BTreeMap<Vec<u8>, Vec<u8>>)) -> PathBuf {
    let path = newest(folder);
    let mut all: BTreeMap<_, _> = values(&path).into_iter().collect();
    change(&mut all);
    let db = sled(&path);
    db.clear().unwrap();
    drop(db);
    put(&path, &all.into_iter().collect::<Vec<_>>());
    path
}

fn newest(folder: &Path) -> PathBuf {
    generations(folder).into_iter().rev().find(|path| !values(path).is_empty()).unwrap()
}

/// The keys of the blocks of a journal.
fn blocks(all: &BTreeMap<Vec<u8>, Vec<u8>>, journal: u8) -> Vec<Vec<u8>> {
    all.keys().filter(|key| key[..2] == [b'b', journal]).cloned().collect()
}
