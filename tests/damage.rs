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
    let key = keys().0;
    let streams = StreamKey::new(&[9; 32]);
    let journals = Arc::new(Journals::open(folder, PAYMENT, settings).unwrap());
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

fn flip(path: &Path, at: usize, bit: u8) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1 << bit;
    std::fs::write(path, bytes).unwrap();
}

fn sled(path: &Path) -> sled::Db {
    // One that was closed a moment ago is let go by sled's own threads.
    let open = || {
        let config = sled::Config::new().path(path).mode(sled::Mode::HighThroughput);
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
    report.faults().map(|fault| fault.damage.to_string() + "\n").collect()
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

#[test]
fn a_sound_ledger_verifies_at_both_depths() {
    let folder = copied();
    let full = check(folder.path());
    assert!(full.is_clean(), "{}", words(&full));
    let counts = full.counts();
    assert!(counts.volumes >= 6 && counts.copies > 0, "{counts:?}");
    assert_eq!(counts.records + counts.copies, counts.bodies);
    assert_eq!(counts.disposed, 0);
    let journals = Journals::open(folder.path(), PAYMENT, settings()).unwrap();
    let headers = verify::journals(&journals, &keys(), Depth::Headers, &(), &|_| {});
    assert!(headers.is_clean(), "{}", words(&headers));
    assert_eq!(heads(&headers), heads(&full));
    assert_eq!((headers.counts().records, headers.counts().bodies), (counts.records, 0));
    for (journal, head) in full.heads() {
        assert_eq!(*head, journals.head(journal));
    }
}

/// Sees every record once, in order within each journal.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<JournalId, Vec<u64>>>);

impl Observer for Seen {
    fn record(&self, at: Position, header: &Header<'_>, body: Option<&[u8]>) {
        assert_eq!((header.seq, header.journal), (at.seq, at.journal));
        assert!(body.unwrap().starts_with(b"{"));
        self.0.lock().unwrap().entry(at.journal).or_default().push(at.seq);
    }
}

#[test]
fn the_observer_sees_every_record_once_and_in_order() {
    let folder = copied();
    let seen = Seen::default();
    let told = std::sync::atomic::AtomicU64::new(0);
    let count = |n| {
        told.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
    };
    let report = verify::folder(folder.path(), PAYMENT, CACHE, &keys(), Depth::Full, &seen, &count);
    for (journal, head) in report.heads() {
        let seen = seen.0.lock().unwrap();
        assert_eq!(seen[&journal], (0..head.next()).collect::<Vec<_>>());
    }
    let counts = report.counts();
    assert_eq!(told.into_inner(), counts.records + counts.copies);
}

#[test]
fn every_flipped_byte_of_a_volume_is_found_and_named() {
    let folder = copied();
    let mut random = ChaCha12Rng::seed_from_u64(42);
    let paths = ["control", "p00", "p01"].map(|journal| volumes(folder.path(), journal)).concat();
    let mut places = Vec::new();
    for path in &paths {
        let len = usize::try_from(std::fs::metadata(path).unwrap().len()).unwrap();
        // The ends, where magic, tail and digest are, and all sections between.
        places.extend(
            [0, 7, 8, 11, len - 1, len - 32, len - 33, len - 41, len - 2_100, len - 2_200]
                .map(|at| (path, at)),
        );
        places.extend((0..8).map(|_| (path, random.random_range(8..len))));
        // The sections behind the records are dense; walk them more closely.
        places.extend((0..6).map(|_| (path, random.random_range(len - 30_000.min(len - 8)..len))));
    }
    for (path, at) in places {
        let bit = random.random_range(0..8);
        flip(path, at, bit);
        let report = check(folder.path());
        let name = path.file_name().unwrap().to_str().unwrap();
        let named = report.faults().any(|fault| {
            fault.part == Part::Volume(path.clone()) && fault.damage.place.contains(name)
        });
        assert!(named, "byte {at} bit {bit} of {}: {}", path.display(), words(&report));
        assert!(report.affected() <= 300, "{at} of {}: {}", path.display(), words(&report));
        flip(path, at, bit);
    }
    assert!(check(folder.path()).is_clean());
}

#[test]
fn headers_alone_find_what_is_changed_in_a_volume_also_without_the_unit_keys() {
    let folder = copied();
    let path = &volumes(folder.path(), "p00")[0];
    let len = usize::try_from(std::fs::metadata(path).unwrap().len()).unwrap();
    for at in [2_000, 50_000, len / 3, len - 5_000] {
        flip(path, at, 3);
        let report =
            verify::folder(folder.path(), PAYMENT, CACHE, &keys(), Depth::Headers, &(), &|_| {});
        assert!(report.faults().any(|f| f.part == Part::Volume(path.clone())), "{at}");
        flip(path, at, 3);
    }
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

#[test]
fn a_flipped_byte_in_any_stored_value_is_found_and_named() {
    // One whose records lie in several generations, and one with all of them in one.
    let walked = walk_values(&copied()) + walk_values(&copied_hot());
    assert!(walked > 400, "{walked}");
}

fn walk_values(folder: &tempfile::TempDir) -> u64 {
    let mut random = ChaCha12Rng::seed_from_u64(7);
    let mut walked = 0;
    for path in generations(folder.path()) {
        let all = values(&path);
        let number: u32 = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
        // Several at once, none beside another, so that each has to be named by itself.
        let step = all.len().div_ceil(12).max(1);
        for from in 0..step {
            let some: Vec<_> = all.iter().enumerate().skip(from).step_by(step).collect();
            let damaged: Vec<_> = some
                .iter()
                .map(|(_, (key, value))| {
                    let mut value = value.clone();
                    let at = random.random_range(0..value.len());
                    value[at] ^= 1 << random.random_range(0..8);
                    (key.clone(), value)
                })
                .collect();
            put(&path, &damaged);
            let report = check(folder.path());
            for (n, (key, _)) in some {
                let behind = all.get(n + 1).filter(|(next, _)| next[..2] == key[..2]);
                let seq = |key: &[u8]| u64::from_be_bytes(key[2..10].try_into().unwrap());
                let named = report.faults().any(|fault| {
                    let at = fault.damage.at;
                    let own = if key[0] == b'h' {
                        fault.damage.what.contains("head")
                    } else {
                        let end = behind.map_or(u64::MAX, |(next, _)| seq(next).max(seq(key) + 1));
                        at.seq >= seq(key) && at.seq < end
                    };
                    at.journal.index() == key[1] && fault.part == Part::Generation(number) && own
                });
                assert!(named, "{key:?} of {}: {}", path.display(), words(&report));
                walked += 1;
            }
            let back =
                damaged.iter().map(|(key, _)| all.iter().find(|(k, _)| k == key).unwrap().clone());
            put(&path, &back.collect::<Vec<_>>());
        }
    }
    assert!(check(folder.path()).is_clean());
    walked
}

#[test]
fn a_flipped_byte_of_the_raw_database_is_found_or_was_not_live() {
    let sound = sound(original());
    let intact = copied();
    let journals = Journals::open(intact.path(), PAYMENT, settings()).unwrap();
    let mut random = ChaCha12Rng::seed_from_u64(3);
    let mut found = 0;
    for _ in 0..24 {
        let folder = copied();
        let path = generations(folder.path())[0].join("db");
        let len = usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap();
        let at = random.random_range(0..len);
        flip(&path, at, random.random_range(0..8));
        let report = check(folder.path());
        if report.is_clean() && heads(&report) == heads(&sound) {
            // Nothing that counts lay there: the same records lead to the same roots.
            continue;
        }
        if report.is_clean() {
            // sled dropped the end of its log without a word: what is left is a beginning of what
            // was, and the signed sizes tell that it is short.
            for (journal, size, root) in heads(&report) {
                let tree = journals.tree(journal).unwrap();
                assert_eq!(merkle::root(&tree, size).unwrap(), root, "byte {at}");
            }
        }
        found += 1;
        let repair = repaired(folder.path(), &sizes(&sound));
        let after = repair.after.as_ref().unwrap_or(&repair.before);
        let is_same = heads(after) == heads(&sound);
        assert_eq!(repair.is_whole(), after.is_clean() && is_same, "byte {at}: {}", words(after));
        for (journal, now) in repair.journals.iter().zip(heads(after)) {
            // What is there is what was there; what is not is said.
            assert_eq!(journal.end, now.1);
            let lost: u64 = sound_size(&sound, journal.journal) - now.1;
            assert_eq!(journal.lost_count(), lost, "byte {at}: {journal:?}");
        }
    }
    println!("{found} of 24 flipped bytes lay in live data");
}

fn sizes(report: &Report) -> Vec<(JournalId, u64)> {
    report.heads().map(|(journal, head)| (journal, head.next())).collect()
}

fn sound_size(report: &Report, journal: JournalId) -> u64 {
    report.heads().find(|(own, _)| *own == journal).unwrap().1.next()
}

#[test]
fn a_truncated_volume_is_named_and_restored_from_what_the_hot_store_holds() {
    let folder = copied_hot();
    let path = volumes(folder.path(), "p00").remove(1);
    let len = std::fs::metadata(&path).unwrap().len();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(len / 2).unwrap();
    let report = check(folder.path());
    assert!(report.faults().any(|f| f.part == Part::Volume(path.clone())), "{}", words(&report));
    let report = repaired(folder.path(), &[]);
    assert_eq!(report.set_aside, [path.with_extension("vol.damaged-1")]);
    assert_eq!(report.journals[1].volumes_restored.len(), 1);
    assert_whole_as(all_hot(), folder.path(), &report);
    // The volume is the same again, byte for byte.
    let name = path.strip_prefix(folder.path()).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(all_hot().join(name)).unwrap());
}

#[test]
fn deleted_volumes_are_named_and_restored_from_what_the_hot_store_holds() {
    let folder = copied_hot();
    for path in volumes(folder.path(), "p00") {
        std::fs::remove_file(&path).unwrap();
    }
    let found = check(folder.path());
    assert!(words(&found).contains("is missing"), "{}", words(&found));
    let report = repaired(folder.path(), &[]);
    assert!(report.journals[1].volumes_restored.len() >= 3);
    assert_whole_as(all_hot(), folder.path(), &report);
}

#[test]
fn a_deleted_volume_that_lies_nowhere_else_is_lost_with_its_positions() {
    let folder = copied();
    let oldest = volumes(folder.path(), "p00").remove(0);
    let (first, last) = stretch_by_name(&oldest).unwrap();
    std::fs::remove_file(&oldest).unwrap();
    let found = check(folder.path());
    assert_eq!(found.journals[1].affected, last + 1, "{}", words(&found));
    assert!(!found.journals[1].head_is_proved);
    let report = repaired(folder.path(), &[]);
    let lost = &report.journals[1];
    assert_eq!((lost.first_lost(), lost.lost_count()), (Some(0), last + 1));
    assert_eq!(lost.lost, [repair::Stretch { first, last }]);
    assert!(!report.is_whole());
    assert!(report.journals[0].lost.is_empty() && report.journals[2].lost.is_empty());
}

#[test]
fn a_volume_whose_index_or_tail_is_damaged_is_made_again_from_its_own_records() {
    // Behind the records: index, filter, tail, digest; the oldest is nowhere else.
    for back in [1, 20, 2_000, 2_150, 2_300, 6_000, 15_000] {
        let folder = copied();
        let path = volumes(folder.path(), "p00").remove(0);
        let len = usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap();
        flip(&path, len - back, 5);
        let report = repaired(folder.path(), &[]);
        assert_eq!(report.journals[1].volumes_restored.len(), 1, "{back}");
        assert_whole(folder.path(), &report);
    }
}

#[test]
fn a_record_that_lies_nowhere_else_is_lost_alone_and_said_so() {
    let folder = copied();
    let path = volumes(folder.path(), "p00").remove(0);
    flip(&path, 5_000, 1);
    let report = repaired(folder.path(), &[]);
    let journal = &report.journals[1];
    assert_eq!(report.before.affected(), 1, "{}", words(&report.before));
    assert_eq!(journal.lost_count(), 1, "{journal:?}");
    assert_eq!(journal.first_lost(), Some(report.before.journals[1].faults[0].damage.at.seq));
    assert!(report.set_aside.is_empty() && path.exists() && !report.is_whole());
    // Nothing was changed for the worse: all other records still verify.
    assert_eq!(check(folder.path()).affected(), 1);
}

#[test]
fn swapped_volumes_are_named_and_not_believed() {
    let folder = copied();
    let paths = volumes(folder.path(), "p00");
    let aside = folder.path().join("aside");
    std::fs::rename(&paths[0], &aside).unwrap();
    std::fs::rename(&paths[1], &paths[0]).unwrap();
    std::fs::rename(&aside, &paths[1]).unwrap();
    let report = check(folder.path());
    for path in &paths[..2] {
        let named = report.faults().any(|f| f.part == Part::Volume(path.clone()));
        assert!(named, "{}", words(&report));
    }
    // Under a wrong name nothing is believed; a person gives the names back.
    let report = repaired(folder.path(), &[]);
    let two = stretch_by_name(&paths[1]).unwrap().1 + 1;
    assert_eq!(report.journals[1].lost_count(), two, "{:?}", report.journals);
    assert!(report.set_aside.is_empty());
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

#[test]
fn swapped_blocks_are_named_at_the_first_of_them() {
    let folder = copied();
    let mut at = 0;
    tamper(folder.path(), |all| {
        let keys = blocks(all, 1);
        let [.., one, two] = keys.as_slice() else { panic!("two blocks are wanted") };
        let (first, second) = (all[one].clone(), all[two].clone());
        at = u64::from_be_bytes(one[2..10].try_into().unwrap());
        all.insert(one.clone(), second);
        all.insert(two.clone(), first);
    });
    let report = check(folder.path());
    let first = &report.journals[1].faults[0].damage;
    assert_eq!(first.at, Position { journal: p00(), seq: at }, "{}", words(&report));
}

#[test]
fn a_block_of_another_journal_is_named() {
    let folder = copied();
    tamper(folder.path(), |all| {
        let (own, other) = (blocks(all, 1).pop().unwrap(), blocks(all, 2).pop().unwrap());
        let foreign = all[&other].clone();
        all.insert(own, foreign);
    });
    let report = check(folder.path());
    assert!(words(&report).contains("leaf hash differs"), "{}", words(&report));
    assert!(!report.journals[1].faults.is_empty() && report.journals[2].faults.is_empty());
}

#[test]
fn a_key_that_nobody_writes_is_named() {
    let folder = copied();
    tamper(folder.path(), |all| {
        all.insert(b"zebra".to_vec(), vec![1]);
    });
    assert!(words(&check(folder.path())).contains("nobody writes"));
}

#[test]
fn a_head_set_back_is_named_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { generation_records: 1_000_000, ..settings() };
    write_with(folder.path(), 700, settings);
    let key = vec![b'h', 1];
    let older: BTreeMap<_, _> = values(&newest(folder.path())).into_iter().collect();
    write_with(folder.path(), 700, settings);
    let before = check(folder.path());
    tamper(folder.path(), |all| {
        // An older head, valid in its time.
        assert_ne!(older[&key], all[&key]);
        all.insert(key.clone(), older[&key].clone());
    });
    let report = check(folder.path());
    let said = words(&report);
    assert!(said.contains("the head stands before the last record"), "{said}");
    let report = repaired(folder.path(), &sizes(&before));
    assert!(report.is_whole());
    assert_eq!(heads(&check(folder.path())), heads(&before));
}

#[test]
fn records_behind_a_broken_block_are_lost_and_counted() {
    let folder = copied();
    let sound = sound(original());
    let mut first = 0;
    let mut damaged = 0;
    tamper(folder.path(), |all| {
        let keys = blocks(all, 1);
        let key = &keys[keys.len() - 2];
        first = u64::from_be_bytes(key[2..10].try_into().unwrap());
        let value = all.get_mut(key).unwrap();
        damaged = value.len() - 3;
        value[damaged] ^= 1;
    });
    let report = repaired(folder.path(), &sizes(&sound));
    let journal = &report.journals[1];
    let size = sound_size(&sound, p00());
    assert!(journal.end >= first && journal.end < size, "{journal:?} {first}");
    assert_eq!(journal.lost, [repair::Stretch { first: journal.end, last: size - 1 }]);
    assert_eq!(journal.known, size);
    let aside = folder.path().join("hot.damaged-1");
    assert_eq!(report.set_aside, std::slice::from_ref(&aside));
    assert!(aside.exists());
    // What is left is a ledger; the other journals lost nothing.
    assert!(check(folder.path()).is_clean());
    assert!(report.journals[0].lost.is_empty() && report.journals[2].lost.is_empty());
    let journals = Journals::open(folder.path(), PAYMENT, settings()).unwrap();
    journals.verify_tail().unwrap();
    assert_eq!(journals.head(p00()).next(), journal.end);
    assert_eq!(journals.head(control()).next(), sound_size(&sound, control()));
}

#[test]
fn a_lost_hot_store_leaves_what_the_volumes_prove() {
    let sound = sound(original());
    let folder = copied();
    std::fs::remove_dir_all(folder.path().join("hot")).unwrap();
    assert!(!check(folder.path()).is_clean());
    let report = repaired(folder.path(), &sizes(&sound));
    for journal in &report.journals {
        let end = match volumes(folder.path(), &journal.journal.to_string()).last() {
            Some(path) => stretch_by_name(path).unwrap().1 + 1,
            None => 0,
        };
        let size = sound_size(&sound, journal.journal);
        assert_eq!((journal.end, journal.known, journal.lost_count()), (end, size, size - end));
    }
    // It goes on from there: what a crash left unannounced is announced again.
    write(folder.path(), 700);
    let after = check(folder.path());
    assert!(
        after
            .journals
            .iter()
            .all(|j| j.faults.iter().all(|f| f.damage.what.contains("control position"))),
        "{}",
        words(&after)
    );
}

#[test]
fn a_damaged_database_file_and_a_damaged_volume_are_repaired_together() {
    let folder = copied();
    let path = volumes(folder.path(), "p01").remove(0);
    let len = usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap();
    flip(&path, len - 3_000, 2);
    tamper(folder.path(), |all| {
        // The index only: every record is still proved.
        for (key, value) in all.iter_mut().filter(|(key, _)| key[0] == b'x') {
            let at = usize::from(key[9]) % value.len();
            value[at] ^= 4;
        }
    });
    let report = repaired(folder.path(), &[]);
    assert_eq!(report.set_aside.len(), 2, "{:?}", report.set_aside);
    assert_whole(folder.path(), &report);
}

#[test]
fn repairing_a_sound_ledger_changes_nothing() {
    let folder = copied();
    let report = repaired(folder.path(), &sizes(&sound(original())));
    assert!(report.after.is_none() && report.set_aside.is_empty() && report.is_whole());
    for journal in ["control", "p00", "p01"] {
        let names = |folder: &Path| -> Vec<_> {
            let paths = volumes(folder, journal);
            paths
                .iter()
                .map(|p| (p.file_name().unwrap().to_owned(), std::fs::read(p).unwrap()))
                .collect()
        };
        assert_eq!(names(folder.path()), names(original()));
    }
    assert!(!folder.path().join("hot.new").exists());
}

#[test]
fn an_exchange_that_a_crash_cut_off_is_ended() {
    let folder = copied();
    tamper(folder.path(), |all| {
        let key = vec![b'h', 2];
        all.get_mut(&key).unwrap()[70] ^= 1;
    });
    assert_whole(folder.path(), &repaired(folder.path(), &[]));
    // As it was between the two renames.
    std::fs::rename(folder.path().join("hot"), folder.path().join("hot.new")).unwrap();
    let report = repaired(folder.path(), &[]);
    assert!(report.after.is_none() && report.is_whole());
    assert!(folder.path().join("hot").exists());
}

#[test]
fn a_missing_key_is_named_and_a_disposed_one_is_counted() {
    struct NoKey(bool);
    impl Keys for NoKey {
        fn key(&self, _: KeyId) -> Option<Arc<UnitKey>> {
            None
        }
        fn is_disposed(&self, _: KeyId) -> bool {
            self.0
        }
    }
    let folder = copied();
    let look = |disposed| {
        let keys = NoKey(disposed);
        verify::folder(folder.path(), PAYMENT, CACHE, &keys, Depth::Full, &(), &|_| {})
    };
    assert!(words(&look(false)).contains("cannot be opened: key"));
    let counts = look(true).counts();
    assert_eq!(counts.disposed, counts.records + counts.copies);
    assert_eq!(counts.bodies, 0);
}
