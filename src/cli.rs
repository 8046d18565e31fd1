//! The command line: arguments in, text out, exit codes.
//!
//! Not here: anything that a library user could not call. Every command finds its ledger by
//! `--ledger`, `LOOKBACK_LEDGER`, or the current directory.
//!
//! Exit codes: 0 done, 1 findings of `check` or a failed `verify`, 2 usage, 3 refusal, 4 error.

use std::error::Error;
use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use lookback_events::id::ActorId;

use crate::check;
use crate::ledger::hold::HoldError;
use crate::ledger::{Ledger, LedgerError};
use crate::report::View;

/// Prints a line; a closed output is an error that is told to nobody, not a panic.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout().lock(), $($words)*)?;
    }};
}

mod audit;
mod case;
mod clock;
mod csvs;
mod demo;
mod due;
mod explain;
mod giving;
mod governing;
mod ingest;
mod init;
mod policy;
mod precheck;
mod record;
mod replay;
mod report;
mod show;
mod table;
mod text;
mod verify;

/// Exit code of a run with findings, or of a failed verification.
pub const FOUND: u8 = 1;
/// Exit code of an error.
pub const FAILED: u8 = 4;

/// Lookback, an event-sourced audit and payment-integrity ledger for health plans.
#[derive(Debug, Parser)]
#[command(name = "lookback", version, about, max_term_width = 100)]
pub struct Cli {
    /// The ledger's folder.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "The ledger's folder [env: LOOKBACK_LEDGER] [default: the current directory]"
    )]
    ledger: Option<PathBuf>,
    /// Accept a clock that stands before the newest record; the acceptance is recorded
    #[arg(long, global = true)]
    accept_clock: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// See the main job done on samples that come with the program, in plain words
    Demo(demo::Args),
    /// Read 835 files without a ledger: what they hold and what is odd about them
    Check {
        /// Files, folders, or - for standard input
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// How to answer
        #[arg(long, value_enum, default_value_t)]
        format: Telling,
    },
    /// Make a ledger in a new or empty folder
    Init(init::Args),
    /// Take 835 files into the ledger
    Ingest(ingest::Args),
    /// Give commands, one JSON object a line: cases, audits, holds, actors and all else
    Record(record::Args),
    /// Work a case: identify, notice, answers, disputes, offsets, its end
    Case(case::Args),
    /// Work an audit: open, request records, visits, interview, report
    Audit(audit::Args),
    /// Hold records, or release them
    Hold(governing::Args),
    /// Register who may act
    Actor(governing::ActorArgs),
    /// Announce payment runs, so that what never comes is missed
    Run(governing::RunArgs),
    /// Approve, as a second person, what somebody proposed
    Approve(governing::Approve),
    /// Decide proposed overpayments without recording anything
    Precheck(precheck::Args),
    /// Check that nothing that was recorded has been changed
    Verify(verify::Args),
    /// Make the rows again from the journals
    Rebuild,
    /// Sign a checkpoint of every journal that has grown
    Checkpoint,
    /// Write every journal as C2SP tlog-tiles, only what is new since the last time
    Publish(verify::Publish),
    /// Print the C2SP tlog-proof of a record
    Prove(verify::Prove),
    /// Show one case, letter, audit, claim, remittance, payee or file, or the ledger itself
    Show(show::Args),
    /// Lists and figures: the Monday list, cases, windows, money, retention, runs, findings
    Report(report::Args),
    /// What happens next, by date, with its consequence
    Due(due::Args),
    /// Explain how a day of a case was found: rule, source, calendar, facts, what lost
    Explain(explain::Args),
    /// Replay a case step by step: who, when, what it changed, and what was believed meanwhile
    Replay(replay::Args),
    /// Compute one clock alone, without a ledger: on which day a rule is due, and why
    Clock(clock::Args),
    /// List, show, check, compare and adopt policies
    Policy(policy::Args),
    /// Write realistic 835 files of any size, clean or with known faults
    Generate(init::Generate),
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person
    #[default]
    Table,
    /// One JSON object a line
    Json,
    /// Comma-separated values with a header line
    Csv,
}

/// How work on files is told, file by file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Telling {
    /// A summary for a person
    #[default]
    Table,
    /// One JSON object a line
    Json,
}

/// Why a command did not do what was asked, as it is said to a person.
#[derive(Debug)]
pub struct Failure {
    what: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
    help: Option<String>,
    code: u8,
}

impl Failure {
    /// An error that says everything itself.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), cause: None, help: None, code: FAILED }
    }

    /// Something that cannot be asked so.
    pub fn usage(what: impl Into<String>) -> Self {
        Self { code: 2, ..Self::new(what) }
    }

    /// The same with its cause.
    #[must_use]
    pub fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same as a check that found something, not as a command that failed.
    #[must_use]
    pub const fn found(mut self) -> Self {
        self.code = FOUND;
        self
    }

    /// The exit code.
    pub const fn code(&self) -> u8 {
        self.code
    }

    /// True when the output was closed by its reader.
    pub fn is_broken_pipe(&self) -> bool {
        let mut cause: Option<&(dyn Error + 'static)> = match &self.cause {
            Some(cause) => Some(cause.as_ref()),
            None => None,
        };
        while let Some(error) = cause {
            let io = error.downcast_ref::<io::Error>();
            if io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", text::folded(&format!("error: {}", self.what)))?;
        let mut cause: Option<&dyn Error> = match &self.cause {
            Some(cause) => Some(cause.as_ref()),
            None => None,
        };
        while let Some(error) = cause {
            writeln!(f, "{}", text::folded(&format!("  cause: {error}")))?;
            cause = error.source();
        }
        match &self.help {
            Some(help) => writeln!(f, "{}", text::folded(&format!("  help:  {help}"))),
            None => Ok(()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new("cannot write the answer").because(error)
    }
}

impl Cli {
    /// Reads the arguments. Where they ask for help, or cannot be understood, says so in lines of at most
    /// 100 columns.
    ///
    /// # Errors
    /// The exit code, where there is nothing to do.
    pub fn read() -> Result<Self, u8> {
        Self::try_parse().map_err(|error| {
            let text = error.render().to_string();
            let folded = text::folded(&text);
            if folded == text {
                error.print().unwrap_or_default();
            } else if error.use_stderr() {
                eprint!("{folded}");
            } else {
                io::stdout().lock().write_all(folded.as_bytes()).unwrap_or_default();
            }
            u8::try_from(error.exit_code()).unwrap_or(2)
        })
    }

    /// Does what was asked; gives the exit code.
    ///
    /// # Errors
    /// When it could not be done.
    pub fn run(self) -> Result<u8, Failure> {
        // A variable that is set to nothing is as good as none.
        let named = || std::env::var_os("LOOKBACK_LEDGER").filter(|dir| !dir.is_empty());
        let folder = self.ledger.or_else(|| named().map(PathBuf::from));
        let folder = folder.unwrap_or_else(|| PathBuf::from("."));
        let site = Site { folder, accept_clock: self.accept_clock };
        match self.command {
            Command::Check { paths, format } => {
                let format = match format {
                    Telling::Table => check::Format::Human,
                    Telling::Json => check::Format::Json,
                };
                let mut out = io::BufWriter::new(io::stdout().lock());
                let verdict = check::run(&paths, format, &mut out, &mut io::stderr().lock())?;
                io::Write::flush(&mut out)?;
                Ok(verdict.code())
            }
            Command::Demo(args) => args.run(),
            Command::Init(args) => args.run(),
            Command::Ingest(args) => args.run(&site),
            Command::Record(args) => args.run(&site),
            Command::Case(args) => args.run(&site),
            Command::Audit(args) => args.run(&site),
            Command::Hold(args) => args.run(&site),
            Command::Actor(args) => args.run(&site),
            Command::Run(args) => args.run(&site),
            Command::Approve(args) => args.run(&site),
            Command::Precheck(args) => args.run(&site),
            Command::Verify(args) => args.run(&site),
            Command::Rebuild => verify::rebuild(&site),
            Command::Checkpoint => verify::checkpoint(&site),
            Command::Publish(args) => args.run(&site),
            Command::Prove(args) => args.run(&site),
            Command::Show(args) => args.run(&site),
            Command::Report(args) => args.run(&site),
            Command::Due(args) => args.run(&site),
            Command::Explain(args) => args.run(&site),
            Command::Replay(args) => args.run(&site),
            Command::Clock(args) => args.run(),
            Command::Policy(args) => args.run(&site),
            Command::Generate(args) => args.run(),
        }
    }
}

/// Where the ledger is, and how it is to be opened.
pub(crate) struct Site {
    folder: PathBuf,
    accept_clock: bool,
}

impl Site {
    /// Opens the ledger in the name of a command that writes or vouches.
    pub(crate) fn open(&self, command: &str) -> Result<Ledger, Failure> {
        let mut ledger =
            Ledger::open(&self.folder, command).map_err(|e| cannot_open(&self.folder, e))?;
        if self.accept_clock {
            ledger.accept_clock();
        }
        warn(&ledger);
        Ok(ledger)
    }

    /// Opens the ledger in the name of a command that asks it something.
    pub(crate) fn open_to_read(&self, command: &str) -> Result<Ledger, Failure> {
        let ledger = Ledger::open_to_read(&self.folder, command)
            .map_err(|error| cannot_open(&self.folder, error))?;
        warn(&ledger);
        Ok(ledger)
    }
}

/// Says what answers may lack.
fn warn(ledger: &Ledger) {
    for doubt in ledger.doubts() {
        eprintln!("warning: {}", text::plain(&doubt));
    }
}

/// Says what the answers lacked that were given.
pub(crate) fn warn_of(view: &View<'_>) {
    if let Some(lacks) = view.lacks() {
        eprintln!("warning: {lacks}");
    }
}

/// Says that a ledger cannot be opened, and what to do about it.
pub(crate) fn cannot_open(folder: &Path, error: LedgerError) -> Failure {
    told(format!("cannot open the ledger at {}", folder.display()), error)
}

/// Says that the ledger failed while a command was at work.
pub(crate) fn failed(what: &str, error: LedgerError) -> Failure {
    told(what.to_owned(), error)
}

fn told(what: String, error: LedgerError) -> Failure {
    let help = help(&error);
    let denied = "make the ledger's folder and all that is in it readable and writable for this user; \
                  what may not be read is not damaged";
    let help = if is_denied(&error) { Some(denied) } else { help };
    let failure = Failure::new(what).because(error);
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// True where this user may not read or write a file of the ledger. The folder as a whole is another
/// matter, and says so itself.
fn is_denied(error: &LedgerError) -> bool {
    if matches!(error, LedgerError::Held(_)) {
        return false;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::PermissionDenied) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What to do about an error, where it does not say so itself.
fn help(error: &LedgerError) -> Option<&'static str> {
    use crate::checkpoints::CheckpointError;
    use crate::config::ConfigError;
    use crate::journal::JournalError;
    use crate::journal::sled::DatabaseError;
    use crate::keys::KeyError;
    const DAMAGED: &str = "lookback verify says what is damaged, lookback verify --repair restores what it can; what \
         it cannot comes from a backup of the ledger's folder";
    match error {
        LedgerError::Held(HoldError::Held { .. }) => Some("wait for it to end"),
        LedgerError::Held(HoldError::ReadOnly { .. }) => Some(
            "make the folder and what is in it writable for this user, or copy the ledger to where \
             it is: cp -a",
        ),
        LedgerError::Config(ConfigError::Missing { .. }) => Some(
            "name the ledger with --ledger DIR or LOOKBACK_LEDGER, or make one: lookback init DIR",
        ),
        LedgerError::Config(_) => Some(
            "correct lookback.toml; a setting that is taken out has its default, [ledger] is as it \
             was when the ledger was created",
        ),
        LedgerError::OtherLedger { .. } => {
            Some("put lookback.toml back as it was, or name the ledger that it belongs to")
        }
        LedgerError::Journal(JournalError::ClockBehind { .. }) => {
            Some("set the clock right, or say --accept-clock if it is")
        }
        LedgerError::Journal(JournalError::NoRoom { .. }) => {
            Some("free some space on the disk of the ledger and run the same command again")
        }
        LedgerError::Journal(JournalError::DiskFull { .. }) => Some(
            "free some space and run the same command again; nothing that was recorded is lost",
        ),
        LedgerError::Journal(
            JournalError::Damaged(_) | JournalError::Database(DatabaseError::Damaged { .. }),
        )
        | LedgerError::Sealed { .. }
        | LedgerError::Checkpoints(CheckpointError::Journal(_)) => Some(DAMAGED),
        LedgerError::Checkpoints(CheckpointError::Behind { journal, records: 0, .. })
            if journal.is_control() =>
        {
            Some("lookback verify says more; no record of the control journal is here")
        }
        LedgerError::Checkpoints(_) => Some(
            "lookback verify says more; show and report still answer from the records that are here",
        ),
        LedgerError::KeyMissing { .. } => {
            Some("lookback verify names every record that the missing keys leave unreadable")
        }
        LedgerError::Keys(KeyError::NoUnits { .. }) => Some(
            "it holds the key of every payee's records, each wrapped by the master key, and nothing \
             can make it again: put it back from a backup of the ledger's folder; until then nothing \
             recorded can be read, and nothing is lost",
        ),
        LedgerError::Keys(KeyError::Missing { .. }) => Some(
            "put the file back from where its copy is kept, or set the variable to what it held",
        ),
        LedgerError::Keys(KeyError::Wrong { .. }) => Some(
            "put back the master key that this ledger was made with (keys/master.key or \
             LOOKBACK_MASTER_KEY); if that is the right one, keys/units, from a backup",
        ),
        LedgerError::Keys(KeyError::Malformed { .. }) => Some(
            "put the file back from where its copy is kept, or set the variable right: what lookback \
             init wrote is one line",
        ),
        LedgerError::Held(_)
        | LedgerError::Journal(_)
        | LedgerError::Keys(_)
        | LedgerError::Database(_)
        | LedgerError::Rows(_)
        | LedgerError::Policies(_)
        | LedgerError::Event { .. }
        | LedgerError::OtherSigningKey { .. }
        | LedgerError::BehindRows { .. }
        | LedgerError::NoFirstRecord
        | LedgerError::Io { .. }
        | LedgerError::NotEmpty { .. }
        | LedgerError::Choice(_) => None,
    }
}

/// What was to be written and found nobody who reads any more: no failure of what was done.
pub(crate) fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Reads an actor id.
pub(crate) fn actor(text: &str) -> Result<ActorId, String> {
    ActorId::parse(text).map_err(|error| error.to_string())
}
