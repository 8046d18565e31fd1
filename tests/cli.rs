//! The program as people meet it: what it says of ledgers that are damaged, forked, locked or not
//! theirs, and how it answers.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use lookback::demo::samples::SAMPLES;

mod answers;
mod damaged;
mod days;
mod deciding;
mod forms;
mod lockouts;
mod narrowed;
mod payees;
mod policies;
mod screens;
mod secrecy;
mod signed;
mod views;
mod width;

/// What a command said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn all(&self) -> String {
        format!("exit {:?}\n{}\n{}", self.code, self.out, self.err)
    }

    /// Asserts exit code and words, wherever they were said.
    fn holds(&self, code: i32, words: &[&str]) -> &Self {
        let all = self.all();
        assert_eq!(self.code, Some(code), "{all}");
        // What is told in lines is one sentence.
        let flat = all.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(flat.contains(word), "{word:?} in {all}");
        }
        assert!(!all.contains("panicked"), "{all}");
        assert!(!all.contains("backtrace"), "{all}");
        assert!(!all.contains("Kafka"), "{all}");
        self
    }

    fn lacks(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(!self.all().contains(word), "{word:?} in {}", self.all());
        }
        self
    }
}

fn command(ledger: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    for variable in
        ["LOOKBACK_LEDGER", "LOOKBACK_ACTOR", "LOOKBACK_SIGNING_KEY", "LOOKBACK_MASTER_KEY"]
    {
        command.env_remove(variable);
    }
    command.arg("--ledger").arg(ledger).args(args).stdin(Stdio::null());
    command
}

fn said(mut command: Command) -> Said {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn run(ledger: &Path, line: &str) -> Said {
    said(command(ledger, &line.split(' ').collect::<Vec<_>>()))
}

fn done(ledger: &Path, line: &str) -> String {
    run(ledger, line).holds(0, &[]).out.clone()
}

fn ingest(ledger: &Path, files: &Path) -> Said {
    said(command(ledger, &["ingest", files.to_str().unwrap()]))
}

fn set(ledger: &Path, setting: &str, value: u64) {
    let path = ledger.join("lookback.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some((name, _)) if name == setting => format!("{setting} = {value}\n"),
        _ => format!("{line}\n"),
    });
    let changed: String = lines.collect();
    assert_ne!(changed, text);
    std::fs::write(path, changed).unwrap();
}

/// The samples as files, from one to before another.
fn samples(folder: &Path, from: usize, to: usize) -> PathBuf {
    let inbox = folder.join(format!("inbox-{from}-{to}"));
    std::fs::create_dir_all(&inbox).unwrap();
    for (name, bytes) in &SAMPLES[from..to] {
        std::fs::write(inbox.join(name), bytes).unwrap();
    }
    inbox
}

/// A ledger with a month of an invented plan; made once.
fn small() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger");
        done(&ledger, &format!("init {}", ledger.display()));
        ingest(&ledger, &samples(folder.path(), 0, SAMPLES.len())).holds(0, &[]);
        folder
    });
    Box::leak(folder.path().join("ledger").into_boxed_path())
}

/// A ledger whose generations hold about so many records; what came in last is not in a volume.
fn generated(generation: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    let inbox = folder.path().join("inbox");
    done(&ledger, &format!("init {}", ledger.display()));
    set(&ledger, "generation_records", generation);
    let what = "generate --claims 900 --claims-per-remittance 20";
    done(&ledger, &format!("{what} --out {}", inbox.display()));
    let mut files: Vec<_> =
        std::fs::read_dir(&inbox).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    // One after the other, so that each finds the volumes of those before it made.
    for file in files {
        ingest(&ledger, &file).holds(0, &[]);
    }
    ingest(&ledger, &samples(folder.path(), 0, 1)).holds(0, &[]);
    folder
}

/// A ledger whose records lie in volumes and, but for the newest, nowhere else; made once.
fn sealed() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| generated(100));
    Box::leak(folder.path().join("ledger").into_boxed_path())
}

/// A ledger of several generations that hold records; made once.
fn hot() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| generated(250));
    Box::leak(folder.path().join("ledger").into_boxed_path())
}

fn copy_all(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(status.success());
}

struct Copied {
    folder: tempfile::TempDir,
}

impl Copied {
    fn of(ledger: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_all(ledger, &folder.path().join("ledger"));
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    /// The databases of the hot store, oldest first.
    fn databases(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path().join("hot")).unwrap();
        let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path().join("db")).collect();
        found.sort();
        found
    }

    fn flip(&self, file: &Path, at: usize) {
        let path = self.path().join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[at] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
}

fn middle(path: &Path) -> usize {
    usize::try_from(std::fs::metadata(path).unwrap().len() / 2).unwrap()
}
