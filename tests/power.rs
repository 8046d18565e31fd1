//! Power cuts: a ledger on a disk image of its own, copied at random moments while another process
//! appends to it. Each copy is the disk as a cut would have left it.
//!
//! What had been acknowledged before a copy began must be in it, whole; and everything in it sound.
//! Needs root and loop devices; where there are none the test says so and is skipped.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lookback::ledger::{Entry, Fact, Ledger};
use lookback_events::event::Event;
use lookback_events::event::control::{Bytes, OriginalPart, Part};
use lookback_events::id::{Digest, JournalId, UnitId};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use rustix::process::{Pid, Signal, kill_process};

use crate::crash::{number, seed};
use crate::disk::Mounted;
use crate::ledger::{actor, sound};

/// Names the ledger to append to, and the seed, in the environment of the other process.
const LEDGER: &str = "LOOKBACK_TEST_APPEND_TO";
const SEED: &str = "LOOKBACK_TEST_APPEND_SEED";
/// Bytes after which only short bodies are appended, so that a copy stays quick.
const BYTES_MAX: u64 = 48 * 1024 * 1024;
/// The file that all bytes are said to be of.
const FILE: Digest = Digest([7; 32]);

/// The bytes of the part of that number: 100 bytes to nearly 512 KiB, as many short as long ones.
struct Long {
    number: u64,
    bytes: Vec<u8>,
}

impl Long {
    fn new(seed: u64, number: u64, longest: u64) -> Self {
        let mut random = ChaCha12Rng::seed_from_u64(seed ^ number);
        let doublings = random.next_u64() % 13;
        let len = (100 << doublings) + random.next_u64() % (100 << doublings);
        // 512 KiB with what stands around them; the first one is as long as one may be.
        let len = if number == 0 { 523_900 } else { len.min(523_900).min(longest) };
        let text = random.next_u64();
        let bytes = (0..len).map(|at| b'a' + u8::try_from((text ^ at) % 26).unwrap());
        Self { number, bytes: bytes.collect() }
    }

    fn body(&self) -> OriginalPart<'_> {
        let part = Part { file: FILE, number: self.number, offset: 0, remittance: None };
        OriginalPart { original: Bytes::new(&self.bytes), part }
    }
}

impl Fact for Long {
    fn name(&self) -> &'static str {
        OriginalPart::EVENT
    }

    fn write(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(out, &self.body()).unwrap();
    }

    fn event(&self) -> Event<'_> {
        Event::Original(Box::new(self.body()))
    }
}

/// The other process: appends until it is killed, and says what is acknowledged. It is this very
/// program, asked to run this test alone; in an ordinary run there is nothing to append to.
#[test]
fn appends_where_it_is_told_to() {
    let Ok(folder) = std::env::var(LEDGER) else { return };
    let seed = number(SEED).unwrap();
    let mut ledger = Ledger::open(Path::new(&folder), "append").unwrap();
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let (mut next, mut bytes) = (0, 0);
    let streams = ledger.streams(&["ledger"]).unwrap();
    loop {
        // A key now and then, as payees and years bring them.
        let unit = UnitId::quarantine(2_000 + i32::try_from(next / 64).unwrap());
        let key = ledger.keys().of_unit(&unit).unwrap();
        let mut entries = Vec::new();
        let mut weight = 0;
        for _ in 0..=random.next_u64() % 4 {
            let longest = if bytes > BYTES_MAX { 1_000 } else { u64::MAX };
            let fact = Long::new(seed, next, longest);
            bytes += u64::try_from(fact.bytes.len()).unwrap();
            weight += fact.bytes.len();
            entries.push(Entry { fact: Arc::new(fact), streams, key: Arc::clone(&key) });
            next += 1;
        }
        ledger.submit(JournalId::CONTROL, &actor(), entries, weight).unwrap();
        ledger.flush().unwrap();
        // Below the test harness's capture, and at once.
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nacknowledged {next}").unwrap();
        out.flush().unwrap();
    }
}

fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).output().unwrap();
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Opens a copy of the disk, as a start after the cut would: everything acknowledged is there, and
/// more can be appended.
fn look(folder: &Path, seed: u64, acknowledged: u64) -> u32 {
    let mut ledger = Ledger::open(folder, "test").unwrap();
    sound(&ledger);
    let mut found = 0;
    let end = ledger.journals().head(JournalId::CONTROL).next();
    ledger
        .each_opened(JournalId::CONTROL, 0, end, |_, header, body| {
            if let Event::Original(body) = Event::decode(header.event, body).unwrap() {
                assert_eq!(body.part.number, found, "parts are in order");
                let mut bytes = Vec::new();
                body.original.push_to(&mut bytes).unwrap();
                let longest = u64::try_from(bytes.len()).unwrap();
                assert!(
                    bytes == Long::new(seed, found, longest).bytes,
                    "the bytes of part {found}"
                );
                found += 1;
            }
            Ok(true)
        })
        .unwrap();
    assert!(found >= acknowledged, "{found} records are there, {acknowledged} were acknowledged");
    let key = ledger.keys().of_unit(&UnitId::quarantine(1_999)).unwrap();
    let streams = ledger.streams(&["ledger"]).unwrap();
    let fact = Arc::new(Long::new(seed, found, 1_000));
    let entries = vec![Entry { fact, streams, key }];
    ledger.submit(JournalId::CONTROL, &actor(), entries, 1_000).unwrap();
    ledger.flush().unwrap();
    sound(&ledger);
    ledger.journals().generations().last().unwrap().number
}

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("disk.img");
    std::fs::File::create(&image).unwrap().set_len(512 * 1024 * 1024).unwrap();
    let image = image.to_str().unwrap();
    if Command::new("mkfs.ext4").args(["-q", "-F", image]).status().is_err() {
        eprintln!("skipped: there is no mkfs.ext4");
        return;
    }
    let Some(disk) = Mounted::new(&folder.path().join("disk"), &["-o", "loop", image]) else {
        return;
    };
    let seed = seed();
    let cuts = number("LOOKBACK_CUTS").unwrap_or(20);
    eprintln!("LOOKBACK_SEED={seed} LOOKBACK_CUTS={cuts}");
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let ledger = disk.0.join("ledger");
    drop(crate::ledger::create(&ledger, lookback_events::event::control::Usage::Production));
    let config = ledger.join("lookback.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let small = text.replace("generation_mib = 1024", "generation_mib = 8");
    assert_ne!(small, text);
    std::fs::write(config, small).unwrap();
    run("sync", &["-f", disk.0.to_str().unwrap()]);

    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "power::appends_where_it_is_told_to", "--nocapture"])
        .env(LEDGER, &ledger)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let acknowledged = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&acknowledged);
    let listener = std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if let Some(count) = line.strip_prefix("acknowledged ") {
                heard.store(count.parse().unwrap(), Ordering::SeqCst);
            }
        }
    });
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let mut copies = Vec::new();
    for cut in 0..cuts {
        std::thread::sleep(Duration::from_millis(random.next_u64() % 120));
        // Every other time nothing moves while the disk is copied: a cut at one moment. The other
        // times it goes on: a disk that wrote its blocks in another order.
        let stop = cut % 2 == 0;
        let before = acknowledged.load(Ordering::SeqCst);
        if stop {
            kill_process(pid, Signal::STOP).unwrap();
        }
        let copy = format!("{image}.{cut}");
        run("cp", &["--sparse=always", image, &copy]);
        if stop {
            kill_process(pid, Signal::CONT).unwrap();
        }
        copies.push((copy, before));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    listener.join().unwrap();
    let last = acknowledged.load(Ordering::SeqCst);
    let mut generations = Vec::new();
    for (copy, before) in copies {
        let mounted = Mounted::new(&folder.path().join("copy"), &["-o", "loop", &copy]).unwrap();
        generations.push(look(&mounted.0.join("ledger"), seed, before));
        drop(mounted);
        std::fs::remove_file(copy).unwrap();
    }
    assert!(last > 0 && generations.last() > Some(&1), "generations {generations:?}");
    eprintln!("{cuts} cuts, {last} records acknowledged, generations {generations:?}");
    drop(disk);
}
