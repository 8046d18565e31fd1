//! Power cuts: a ledger on a disk image of its own, copied at random moments while another process
//! appends to it. Each copy is the disk as a cut at that moment would have left it: what the other
//! process has written and not synced is not in it.
//!
//! What had been acknowledged before a copy began must be in it, whole; and everything in it sound.
//! Needs root and loop devices; where there are none the test says so and is skipped.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lookback::ledger::{Entry, Fact, Ledger};
use lookback_events::body::{BodyError, BodyWriter};
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
const BYTES_MAX: u64 = 32 * 1024 * 1024;
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

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.body())
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

fn mounted(image: &Path, folder: &Path) -> Option<Mounted> {
    Mounted::new(folder, &["-o", "loop", image.to_str().unwrap()])
}

/// The name of the loop device that is mounted there.
fn device(folder: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
    let own = mounts.lines().find(|line| line.split(' ').nth(1) == folder.to_str()).unwrap();
    own.split(' ').next().unwrap().trim_start_matches("/dev/").to_owned()
}

/// Sectors written to a device, and requests on their way to it.
fn written(device: &str) -> (u64, u64) {
    let stat = std::fs::read_to_string(format!("/sys/block/{device}/stat")).unwrap();
    let fields: Vec<u64> = stat.split_whitespace().map(|field| field.parse().unwrap()).collect();
    (fields[6], fields[8])
}

/// Copies what the disk holds, and nothing of what only memory holds, as of one moment: again, where
/// the disk was written to meanwhile. A cut shows one moment; a copy of several moments shows files
/// in blocks that were others' before, which no cut does.
fn copy_at_one_moment(image: &Path, device: &str, copy: &Path) {
    loop {
        let before = written(device);
        let (mut from, mut to) = (File::open(image).unwrap(), File::create(copy).unwrap());
        to.set_len(from.metadata().unwrap().len()).unwrap();
        let mut block = vec![0; 1024 * 1024];
        loop {
            let count = from.read(&mut block).unwrap();
            if count == 0 {
                break;
            }
            if block[..count].iter().any(|byte| *byte != 0) {
                to.write_all(&block[..count]).unwrap();
            } else {
                to.seek(SeekFrom::Current(i64::try_from(count).unwrap())).unwrap();
            }
        }
        if before.1 == 0 && written(device) == before {
            return;
        }
    }
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
    drop(ledger);
    let ledger = Ledger::open(folder, "test").unwrap();
    assert!(ledger.journals().head(JournalId::CONTROL).next() > end, "it goes on");
    ledger.journals().generations().last().unwrap().number
}

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("disk.img");
    File::create(&image).unwrap().set_len(256 * 1024 * 1024).unwrap();
    if Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&image).status().is_err() {
        eprintln!("skipped: there is no mkfs.ext4");
        return;
    }
    let Some(disk) = mounted(&image, &folder.path().join("disk")) else { return };
    let device = device(&disk.0);
    let seed = seed();
    let cuts = number("LOOKBACK_CUTS").unwrap_or(20);
    eprintln!("LOOKBACK_SEED={seed} LOOKBACK_CUTS={cuts}");
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let ledger = disk.0.join("ledger");
    drop(crate::ledger::create(&ledger, lookback_events::event::control::Usage::Production));
    let config = ledger.join("lookback.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let small = text.replace("generation_mib = 1024", "generation_mib = 4");
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
    while acknowledged.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    let mut copies = Vec::new();
    for cut in 0..cuts {
        std::thread::sleep(Duration::from_millis(random.next_u64() % 120));
        let before = acknowledged.load(Ordering::SeqCst);
        kill_process(pid, Signal::STOP).unwrap();
        let copy = folder.path().join(format!("disk-{cut}.img"));
        copy_at_one_moment(&image, &device, &copy);
        kill_process(pid, Signal::CONT).unwrap();
        copies.push((copy, before));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    listener.join().unwrap();
    let last = acknowledged.load(Ordering::SeqCst);
    let mut generations = Vec::new();
    for (copy, before) in copies {
        let mounted = mounted(&copy, &folder.path().join("copy")).unwrap();
        generations.push(look(&mounted.0.join("ledger"), seed, before));
        drop(mounted);
        std::fs::remove_file(copy).unwrap();
    }
    assert!(generations.last() > Some(&1), "generations {generations:?}");
    eprintln!("{cuts} cuts, {last} records acknowledged, generations {generations:?}");
    drop(disk);
}
