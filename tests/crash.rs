//! Two processes: one ingests, the other kills it at random moments and looks at what is left.
//!
//! What is acknowledged is there, what is there is sound, and is always the beginning of what one
//! undisturbed run records, in the same order: so no remittance can be half there and called whole,
//! and nothing twice. `LOOKBACK_SEED` repeats a run, `LOOKBACK_CRASHES` says how many kills.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lookback::generate::{Files, Settings};
use lookback::ledger::Ledger;
use lookback::report::View;
use lookback_events::id::JournalId;
use lookback_projections::rows::Rows as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use serde_json::Value;

use crate::ledger::{Dump, audited, given_back, rows, sha256, sound};

/// What a journal says, in order: event names and bodies, without what depends on when and where.
type Said = Vec<(String, Vec<u8>)>;

fn lookback(ledger: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    command.arg("--ledger").arg(ledger).stdin(Stdio::null());
    command.env_remove("LOOKBACK_LEDGER").env_remove("LOOKBACK_ACTOR");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A ledger whose generations are so small that a run goes through several of them.
fn init(folder: &Path) {
    let mut command = lookback(folder);
    command.args(["init", "--journals", "2", "--origin", "crash.example/ledger"]).arg(folder);
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let config = folder.join("lookback.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let small = text.replace("generation_records = 1000000", "generation_records = 2000");
    assert_ne!(small, text);
    std::fs::write(config, small).unwrap();
}

/// A folder of files: usual ones with faults, one remittance of several commits, and what is kept
/// only as bytes, more than one commit of it.
fn inbox(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let usual = Settings { claims_per_file: Some(150), faults: true, ..Settings::new(500, 5) };
    for file in Files::new(&usual) {
        std::fs::write(folder.join(format!("b-{}", file.name)), file.bytes).unwrap();
    }
    let large = Settings { claims_per_remittance: Some(8_400), ..Settings::new(8_400, 6) };
    for file in Files::new(&large) {
        std::fs::write(folder.join(format!("d-{}", file.name)), &file.bytes).unwrap();
        let test = String::from_utf8(file.bytes).unwrap().replacen("*0*P*", "*0*T*", 1);
        std::fs::write(folder.join(format!("c-{}", file.name)), test).unwrap();
    }
    let more = Settings { claims_per_file: Some(20), ..Settings::new(200, 7) };
    for file in Files::new(&more) {
        std::fs::write(folder.join(format!("e-{}", file.name)), file.bytes).unwrap();
    }
    std::fs::write(folder.join("a-empty.835"), b"").unwrap();
    std::fs::write(folder.join("f-binary.835"), [0, 200, 7].repeat(100_000)).unwrap();
}

/// An ingest that is going on, and what it has printed so far.
struct Running {
    child: Child,
    lines: JoinHandle<Vec<String>>,
    errors: JoinHandle<String>,
}

impl Running {
    fn start(ledger: &Path, inbox: &Path) -> Self {
        Self::of(lookback(ledger).args(["ingest", "--format", "json"]).arg(inbox))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let err = child.stderr.take().unwrap();
        let lines = std::thread::spawn(move || {
            let mut lines = Vec::new();
            let mut line = String::new();
            // What a kill cut off has no line end, and says nothing.
            while out.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
                lines.push(std::mem::take(&mut line));
            }
            lines
        });
        let errors = std::thread::spawn(move || std::io::read_to_string(err).unwrap());
        Self { child, lines, errors }
    }

    /// Its exit code, `None` where it was killed, its complete lines and its complaints.
    fn end(mut self) -> (Option<i32>, Vec<String>, String) {
        let status = self.child.wait().unwrap();
        (status.code(), self.lines.join().unwrap(), self.errors.join().unwrap())
    }
}

/// A file's list without the positions of its remittances.
fn without_positions(body: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(body).unwrap();
    for piece in value["layout"].as_array_mut().unwrap() {
        for piece in piece.as_object_mut().unwrap().values_mut() {
            if piece.get("digest").is_some() {
                (piece["first"], piece["last"]) = (Value::Null, Value::Null);
            }
        }
    }
    serde_json::to_vec(&value).unwrap()
}

fn said(ledger: &Ledger, journal: JournalId) -> Said {
    let mut found = Said::new();
    let end = ledger.journals().head(journal).next();
    ledger
        .each_opened(journal, 0, end, |_, header, body| {
            let told = match header.event {
                // Made by other threads, when they come to it.
                "volume-sealed/1" => return Ok(true),
                "ledger-created/1" => Vec::new(),
                "file-received/1" | "file-part/1" => without_positions(body),
                _ => body.to_vec(),
            };
            found.push((header.event.to_owned(), told));
            Ok(true)
        })
        .unwrap();
    found
}

/// What one undisturbed run comes to.
struct Whole {
    said: Vec<Said>,
    /// Rows that hold no positions: accounts by location and month, adjustments by reason.
    sums: Dump,
    answers: Vec<Value>,
    files: usize,
    took: Duration,
}

fn sums(ledger: &Ledger) -> Dump {
    let sums = rows(ledger).into_iter();
    sums.filter(|(key, _)| matches!(key.first(), Some(b'A' | b'J' | b'K'))).collect()
}

/// What the reports say, in their order, without positions and moments.
fn answers(ledger: &Ledger) -> Vec<Value> {
    let lines = crate::questions::everything(&View::live(ledger)).into_iter();
    lines
        .map(|line| {
            let mut value: Value = serde_json::from_str(&line).unwrap();
            let members = value.as_object_mut().unwrap();
            for own in ["at", "first", "last", "recorded_at", "resolved_by"] {
                members.remove(own);
            }
            value
        })
        .collect()
}

impl Whole {
    fn of(ledger: &Path, inbox: &Path) -> Self {
        let begun = Instant::now();
        let (code, lines, errors) = Running::start(ledger, inbox).end();
        let took = begun.elapsed();
        assert_eq!(code, Some(0), "{errors}");
        let ledger = Ledger::open(ledger, "test").unwrap();
        sound(&ledger);
        let ids = ledger.journals().ids();
        assert!(
            ids.iter().any(|id| !ledger.journals().volumes(*id).is_empty()),
            "volumes are made"
        );
        assert!(ledger.journals().generations().last().unwrap().number > 1, "generations change");
        let said = ids.iter().map(|id| said(&ledger, *id)).collect();
        let (sums, answers) = (sums(&ledger), answers(&ledger));
        Self { said, sums, answers, files: lines.len(), took }
    }

    /// Looks at what a kill left behind; true where a remittance is visibly incomplete.
    fn look(&self, folder: &Path, inbox: &Path, acknowledged: &[String]) -> bool {
        let ledger = Ledger::open(folder, "test").unwrap();
        audited(&ledger);
        for line in acknowledged {
            let line: Value = serde_json::from_str(line).unwrap();
            let path = inbox.join(Path::new(line["file"].as_str().unwrap()).file_name().unwrap());
            let bytes = std::fs::read(&path).unwrap();
            assert!(given_back(&ledger, &sha256(&bytes)) == bytes, "{}", path.display());
        }
        for (journal, whole) in ledger.journals().ids().into_iter().zip(&self.said) {
            let part = said(&ledger, journal);
            assert!(part.len() <= whole.len(), "{journal} holds more than one run records");
            for (at, (part, whole)) in part.iter().zip(whole).enumerate() {
                assert!(part == whole, "record {at} of {journal} differs: {} {}", part.0, whole.0);
            }
        }
        let mut incomplete = false;
        let each = &mut |_: &[u8], _: &[u8]| {
            incomplete = true;
            false
        };
        ledger.rows().scan(b"N", each).unwrap();
        incomplete
    }

    /// Looks at a ledger that has everything.
    fn look_at_whole(&self, folder: &Path, inbox: &Path, acknowledged: &[String]) {
        assert!(!self.look(folder, inbox, acknowledged), "nothing is incomplete");
        let ledger = Ledger::open(folder, "test").unwrap();
        for (journal, whole) in ledger.journals().ids().into_iter().zip(&self.said) {
            assert_eq!(said(&ledger, journal).len(), whole.len(), "{journal} is whole");
        }
        assert_eq!(sums(&ledger), self.sums);
        // The same answers in the same order, though the records may have other positions.
        let answers = answers(&ledger);
        assert_eq!(answers.len(), self.answers.len());
        for (answer, whole) in answers.iter().zip(&self.answers) {
            assert_eq!(answer, whole);
        }
        ledger.rows().scan(b"H", &mut |_, _| panic!("a file is unfinished")).unwrap();
    }
}

/// A number given in the environment.
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number is wanted"))
}

/// The seed that was given, or one of the operating system.
pub(crate) fn seed() -> u64 {
    number("LOOKBACK_SEED").unwrap_or_else(|| {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).unwrap();
        u64::from_le_bytes(bytes)
    })
}

#[test]
fn what_was_acknowledged_survives_kills_and_a_new_run_completes_it() {
    let seed = seed();
    let kills = number("LOOKBACK_CRASHES").unwrap_or(40);
    eprintln!("LOOKBACK_SEED={seed} LOOKBACK_CRASHES={kills}");
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let inbox_folder = folder.path().join("inbox");
    inbox(&inbox_folder);
    let undisturbed = folder.path().join("undisturbed");
    init(&undisturbed);
    let whole = Whole::of(&undisturbed, &inbox_folder);
    let took = u64::try_from(whole.took.as_micros()).unwrap();
    let (mut killed, mut completed, mut round, mut incomplete) = (0, 0, 0, 0);
    while killed < kills {
        round += 1;
        let ledger = folder.path().join(format!("ledger-{round}"));
        init(&ledger);
        let mut acknowledged = Vec::new();
        loop {
            let running = Running::start(&ledger, &inbox_folder);
            // Now and then at once, while it still starts.
            let until = if random.next_u64() % 4 == 0 { took / 8 } else { took };
            std::thread::sleep(Duration::from_micros(random.next_u64() % until));
            let code = kill(running, &mut acknowledged);
            if code.is_some() {
                assert_eq!(code, Some(0));
                break;
            }
            killed += 1;
            // What a kill left is looked at half of the time; else the next run meets it first.
            if random.next_u64() % 2 == 0 {
                incomplete += u64::from(whole.look(&ledger, &inbox_folder, &acknowledged));
            }
            if killed >= kills {
                break;
            }
        }
        let (code, lines, errors) = Running::start(&ledger, &inbox_folder).end();
        assert_eq!((code, lines.len()), (Some(0), whole.files), "{errors}");
        whole.look_at_whole(&ledger, &inbox_folder, &lines);
        completed += 1;
        std::fs::remove_dir_all(&ledger).unwrap();
    }
    eprintln!(
        "{killed} kills, {incomplete} seen inside of a remittance, {completed} ledgers completed, \
         one run takes {:?}",
        whole.took
    );
}

fn kill(mut running: Running, acknowledged: &mut Vec<String>) -> Option<i32> {
    running.child.kill().unwrap();
    let (code, lines, errors) = running.end();
    assert!(code.is_none_or(|code| code == 0), "{errors}");
    acknowledged.extend(lines);
    code
}

#[test]
fn an_interrupt_is_a_clear_message_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let inbox_folder = folder.path().join("inbox");
    inbox(&inbox_folder);
    let undisturbed = folder.path().join("undisturbed");
    init(&undisturbed);
    let whole = Whole::of(&undisturbed, &inbox_folder);
    for part in [5, 2] {
        let ledger: PathBuf = folder.path().join(format!("ledger-{part}"));
        init(&ledger);
        let running = Running::start(&ledger, &inbox_folder);
        std::thread::sleep(whole.took / part);
        let pid = i32::try_from(running.child.id()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let (code, lines, errors) = running.end();
        if code == Some(0) {
            // It was done before it could be asked.
            assert_eq!(lines.len(), whole.files);
        } else {
            assert_eq!(code, Some(4), "{errors}");
            let flat = errors.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains("interrupted; run the same command again to go on"), "{errors}");
            assert!(lines.len() < whole.files);
        }
        whole.look(&ledger, &inbox_folder, &lines);
        let (code, lines, errors) = Running::start(&ledger, &inbox_folder).end();
        assert_eq!((code, lines.len()), (Some(0), whole.files), "{errors}");
        whole.look_at_whole(&ledger, &inbox_folder, &lines);
    }
}
