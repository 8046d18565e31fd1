//! Bad weather: disks that are full or read-only, keys, clocks and stores that are not the right
//! ones. Every one a clear error, and the ledger as it was.
//!
//! Full and read-only disks are small file systems in memory, so those tests need root; where they
//! cannot be mounted the tests say so and are skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use lookback::generate::{Files, Settings};
use lookback::journal::Journals;
use lookback::journal::commit::{Commit, Draft, Writer, service_actor};
use lookback::keys::Keys;
use lookback::ledger::Ledger;
use lookback_events::event::control::{ClockAccepted, ClockGap};
use lookback_events::event::{Control, Event};
use lookback_events::id::{JournalId, UnitId};
use lookback_events::record::Streams;
use lookback_events::time::Timestamp;

use crate::ledger::{Dump, rows, same, sound};

/// A file system of its own, unmounted when dropped.
pub(crate) struct Mounted(pub(crate) PathBuf);

impl Mounted {
    /// Mounts at `folder`; `None` with a message where that is not possible.
    pub(crate) fn new(folder: &Path, arguments: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let made = Command::new("mount").args(arguments).arg(folder).output();
        match made {
            Ok(made) if made.status.success() => Some(Self(folder.to_owned())),
            Ok(made) => {
                let why = String::from_utf8_lossy(&made.stderr).into_owned();
                eprintln!("skipped: nothing can be mounted here: {}", why.trim());
                None
            }
            Err(error) => {
                eprintln!("skipped: nothing can be mounted here: {error}");
                None
            }
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg(&self.0).output().unwrap();
        if !gone.status.success() {
            // Somebody still looks at it: it goes when they are done.
            let _ = Command::new("umount").arg("-l").arg(&self.0).output();
        }
    }
}

fn lookback(ledger: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    for name in ["LEDGER", "ACTOR", "MASTER_KEY", "SIGNING_KEY"] {
        command.env_remove(format!("LOOKBACK_{name}"));
    }
    command.arg("--ledger").arg(ledger).args(arguments).output().unwrap()
}

fn done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Expects an error that says all of this.
fn error(output: &Output, says: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.starts_with("error: "), "{text}");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in says {
        assert!(flat.contains(part), "{part:?} is not in: {text}");
    }
}

fn init(folder: &Path) {
    done(&lookback(folder, &["init", "--origin", "disk.example/ledger", folder.to_str().unwrap()]));
}

fn set(folder: &Path, setting: &str, value: &str) {
    let path = folder.join("lookback.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let begins = format!("{setting} = ");
    let line = text.lines().find(|line| line.starts_with(&begins)).unwrap().to_owned();
    std::fs::write(&path, text.replace(&line, &format!("{begins}{value}"))).unwrap();
}

fn inbox(folder: &Path, claims: u64, seed: u64) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let settings = Settings { claims_per_file: Some(500), ..Settings::new(claims, seed) };
    for file in Files::new(&settings) {
        std::fs::write(folder.join(file.name), file.bytes).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

fn opened(folder: &Path) -> Ledger {
    Ledger::open(folder, "test").unwrap()
}

fn whole(folder: &Path) -> Dump {
    let ledger = opened(folder);
    sound(&ledger);
    rows(&ledger)
}

/// Fills the disk until so many bytes are left.
fn fill(disk: &Path, left: u64) -> PathBuf {
    let stat = rustix::fs::statvfs(disk).unwrap();
    let free = stat.f_bavail * stat.f_frsize;
    let path = disk.join("ballast");
    let bytes = usize::try_from(free - left).unwrap();
    std::fs::write(&path, vec![1; bytes]).unwrap();
    path
}

const MIB: u64 = 1024 * 1024;

fn full_disk(reserve_mib: &str, left: u64, says: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["-t", "tmpfs", "-o", "size=192m", "none"];
    let Some(disk) = Mounted::new(&folder.path().join("disk"), &arguments) else { return };
    let first = inbox(&folder.path().join("first"), 500, 21);
    let more = inbox(&folder.path().join("more"), 12_000, 22);
    let ledger = disk.0.join("ledger");
    init(&ledger);
    set(&ledger, "reserve_mib", reserve_mib);
    done(&lookback(&ledger, &["ingest", &first]));
    let before = opened(&ledger).journals().head(JournalId::CONTROL).next();
    let ballast = fill(&disk.0, left);
    let failed = lookback(&ledger, &["ingest", "--format", "json", &more]);
    error(&failed, says);
    std::fs::remove_file(ballast).unwrap();
    // What was acknowledged is there, and nothing is broken.
    let lines = String::from_utf8(failed.stdout).unwrap();
    let ledger_now = opened(&ledger);
    assert!(ledger_now.journals().head(JournalId::CONTROL).next() >= before);
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let bytes = std::fs::read(line["file"].as_str().unwrap()).unwrap();
        let back = crate::ledger::given_back(&ledger_now, &crate::ledger::sha256(&bytes));
        assert!(back == bytes, "{}", line["file"]);
    }
    sound(&ledger_now);
    drop(ledger_now);
    done(&lookback(&ledger, &["ingest", &more]));
    let files =
        std::fs::read_dir(&more).unwrap().count() + std::fs::read_dir(&first).unwrap().count();
    let walked = sound(&opened(&ledger));
    assert_eq!(walked.files, u64::try_from(files).unwrap());
}

#[test]
fn writing_stops_before_the_disk_is_full_and_goes_on_when_there_is_room() {
    full_disk("16", 24 * MIB, &["MiB are free", "16 MiB are kept in reserve", "free some space"]);
}

#[test]
fn a_disk_that_is_full_in_the_midst_of_a_write_is_an_error_and_no_loss() {
    full_disk("0", 3 * MIB, &["cause:"]);
}

#[test]
fn a_repair_that_needs_a_copy_says_how_much_room_it_takes_and_changes_nothing_without() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["-t", "tmpfs", "-o", "size=96m", "none"];
    let Some(disk) = Mounted::new(&folder.path().join("disk"), &arguments) else { return };
    let files = inbox(&folder.path().join("files"), 3_000, 25);
    let ledger = disk.0.join("ledger");
    init(&ledger);
    done(&lookback(&ledger, &["ingest", &files]));
    let before = whole(&ledger);
    let entries = std::fs::read_dir(ledger.join("hot/000001")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    let hint = paths.find(|path| path.to_str().unwrap().contains("snap.")).unwrap();
    let mut bytes = std::fs::read(&hint).unwrap();
    bytes[10] ^= 0x55;
    std::fs::write(&hint, &bytes).unwrap();
    let database = std::fs::metadata(ledger.join("hot/000001/db")).unwrap().len();
    let ballast = fill(&disk.0, database / 2);
    let says = ["which takes", "MiB are free", "nothing was changed", "free some space"];
    error(&lookback(&ledger, &["verify", "--repair"]), &says);
    assert_eq!(std::fs::read(&hint).unwrap(), bytes);
    std::fs::remove_file(ballast).unwrap();
    done(&lookback(&ledger, &["verify", "--repair"]));
    same(&before, &whole(&ledger));
}

#[test]
fn a_read_only_disk_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["-t", "tmpfs", "-o", "size=96m", "none"];
    let Some(disk) = Mounted::new(&folder.path().join("disk"), &arguments) else { return };
    let files = inbox(&folder.path().join("files"), 300, 23);
    let ledger = disk.0.join("ledger");
    init(&ledger);
    let remount = |how: &str| {
        let made = Command::new("mount").args(["-o", how]).arg(&disk.0).output().unwrap();
        assert!(made.status.success());
    };
    remount("remount,ro");
    error(&lookback(&ledger, &["ingest", &files]), &["cannot open the ledger", "Read-only file"]);
    let elsewhere = disk.0.join("other");
    let refused = lookback(&elsewhere, &["init", elsewhere.to_str().unwrap()]);
    error(&refused, &["cannot make a ledger", "Read-only file"]);
    remount("remount,rw");
    done(&lookback(&ledger, &["ingest", &files]));
    whole(&ledger);
}

/// A ledger with something in it.
fn small() -> (tempfile::TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let files = inbox(&folder.path().join("files"), 300, 24);
    let ledger = folder.path().join("ledger");
    init(&ledger);
    (folder, ledger, files)
}

#[test]
fn keys_that_are_missing_wrong_or_open_to_others_are_told_apart() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, ledger, files) = small();
    done(&lookback(&ledger, &["ingest", &files]));
    let before = whole(&ledger);
    for (name, what) in [("master.key", "no master key"), ("signing.key", "no signing key")] {
        let (key, aside) = (ledger.join("keys").join(name), ledger.join("keys/aside"));
        std::fs::rename(&key, &aside).unwrap();
        error(&lookback(&ledger, &["ingest", &files]), &[what, name, "LOOKBACK_"]);
        std::fs::write(&key, "not a key\n").unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        error(&lookback(&ledger, &["ingest", &files]), &["64 lower-case hexadecimal digits"]);
        std::fs::rename(&aside, &key).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        error(&lookback(&ledger, &["ingest", &files]), &["chmod 600"]);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let master = ledger.join("keys/master.key");
    let right = std::fs::read(&master).unwrap();
    std::fs::write(&master, format!("{}\n", "ab".repeat(32))).unwrap();
    let wrong = lookback(&ledger, &["ingest", &files]);
    error(&wrong, &["the master key does not open line 1", "another ledger's"]);
    std::fs::write(&master, right).unwrap();
    let signing = ledger.join("keys/signing.key");
    let right = std::fs::read(&signing).unwrap();
    std::fs::write(&signing, format!("{}\n", "cd".repeat(32))).unwrap();
    let wrong = lookback(&ledger, &["ingest", &files]);
    error(&wrong, &["the signing key is not this ledger's: the first record names"]);
    std::fs::write(&signing, right).unwrap();
    let units = ledger.join("keys/units");
    std::fs::rename(&units, ledger.join("keys/aside")).unwrap();
    error(&lookback(&ledger, &["ingest", &files]), &["key file", "keys/units"]);
    std::fs::rename(ledger.join("keys/aside"), &units).unwrap();
    same(&before, &whole(&ledger));
}

#[test]
fn a_second_process_is_told_who_holds_the_ledger() {
    let (_folder, ledger, files) = small();
    let first = Ledger::open(&ledger, "show").unwrap();
    let pid = format!("pid {}", std::process::id());
    let second = lookback(&ledger, &["ingest", &files]);
    error(&second, &["another process holds the ledger", &pid, "lookback show", "wait"]);
    drop(first);
    done(&lookback(&ledger, &["ingest", &files]));
}

#[test]
fn the_configuration_of_another_ledger_is_refused() {
    let (_folder, ledger, files) = small();
    set(&ledger, "origin", "\"other.example/ledger\"");
    let said = ["origin is other.example/ledger", "created with disk.example/ledger"];
    error(&lookback(&ledger, &["ingest", &files]), &said);
    set(&ledger, "origin", "\"disk.example/ledger\"");
    set(&ledger, "journals", "3");
    error(&lookback(&ledger, &["ingest", &files]), &["journals is 3", "created with 4"]);
    set(&ledger, "journals", "4");
    done(&lookback(&ledger, &["ingest", &files]));
    std::fs::remove_file(ledger.join("lookback.toml")).unwrap();
    error(&lookback(&ledger, &["ingest", &files]), &["this is not a ledger", "lookback init DIR"]);
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).output().unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
}

#[test]
fn a_store_behind_what_was_signed_is_refused() {
    let (folder, ledger, files) = small();
    done(&lookback(&ledger, &["ingest", &files]));
    copy(&ledger.join("hot"), &folder.path().join("hot"));
    let more = inbox(&folder.path().join("more"), 300, 25);
    done(&lookback(&ledger, &["ingest", &more]));
    let newest = whole(&ledger);
    let aside = folder.path().join("newer");
    std::fs::rename(ledger.join("hot"), &aside).unwrap();
    copy(&folder.path().join("hot"), &ledger.join("hot"));
    let again = lookback(&ledger, &["ingest", &more]);
    error(&again, &["were signed under root", "restore a newer backup", "nothing is signed"]);
    std::fs::remove_dir_all(ledger.join("hot")).unwrap();
    std::fs::rename(&aside, ledger.join("hot")).unwrap();
    same(&newest, &whole(&ledger));
}

fn in_an_hour() -> Timestamp {
    Timestamp::from_micros(lookback::now::now().micros() + 3_600_000_000)
}

/// Appends a record that is an hour ahead, as a clock that runs ahead would.
fn append_in_the_future(folder: &Path) {
    let master = std::fs::read_to_string(folder.join("keys/master.key")).unwrap();
    let master = lookback_events::id::Digest::parse(master.trim()).unwrap();
    let keys = Keys::load(&folder.join("keys/units"), &master.0).unwrap();
    let settings = lookback::config::Config::read(folder).unwrap().settings();
    let journals = Arc::new(Journals::open(folder, 4, settings).unwrap());
    let key = keys.of_unit(&UnitId::ledger()).unwrap();
    let streams = Streams::new(&[keys.stream().id("ledger")]).unwrap();
    let announce_key = Arc::clone(&key);
    let announce = move |sealed| Draft {
        event: "volume-sealed/1",
        body: Box::new(sealed),
        streams,
        key: Arc::clone(&announce_key),
    };
    let writer =
        Writer::start(journals, Box::new(|| Ok(())), in_an_hour, Box::new(announce)).unwrap();
    let moment = in_an_hour();
    let body = ClockAccepted { clock: ClockGap { newest: moment, now: moment } };
    let draft = Draft { event: ClockAccepted::EVENT, body: Box::new(body), streams, key };
    let commit = Commit {
        journal: JournalId::CONTROL,
        actor: service_actor(),
        drafts: vec![draft],
        weight: 100,
        announces: None,
    };
    writer.submit(commit).unwrap();
    writer.flush().unwrap();
}

/// The clocks that were accepted: newest record, and what the clock said.
fn accepted(ledger: &Ledger) -> Vec<ClockGap> {
    let mut found = Vec::new();
    let end = ledger.journals().head(JournalId::CONTROL).next();
    ledger
        .each_opened(JournalId::CONTROL, 0, end, |_, header, body| {
            if let Ok(Event::Control(Control::ClockAccepted(body))) =
                Event::decode(header.event, body)
            {
                found.push(body.clock);
            }
            Ok(true)
        })
        .unwrap();
    found
}

#[test]
fn a_clock_behind_the_newest_record_is_refused_until_a_person_accepts_it() {
    let (folder, ledger, files) = small();
    done(&lookback(&ledger, &["--accept-clock", "ingest", &files]));
    assert_eq!(accepted(&opened(&ledger)), [], "nothing to accept");
    append_in_the_future(&ledger);
    let more = inbox(&folder.path().join("more"), 300, 26);
    let refused = lookback(&ledger, &["ingest", &more]);
    error(&refused, &["the clock says", "the newest record of control", "--accept-clock"]);
    assert_eq!(accepted(&opened(&ledger)).len(), 1, "nothing was added");
    done(&lookback(&ledger, &["--accept-clock", "ingest", &more]));
    let ledger = opened(&ledger);
    let gaps = accepted(&ledger);
    assert_eq!(gaps.len(), 2);
    assert!(gaps[1].now < gaps[1].newest && gaps[1].newest >= gaps[0].newest, "{gaps:?}");
    // Moments never go back, and all is there.
    sound(&ledger);
}
