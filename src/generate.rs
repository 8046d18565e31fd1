//! Generated 835 files: realistic, of any size, and the same for the same seed on every machine.
//!
//! Clean data breaks no rule, neither within a file nor across the history of its payees. Faulty
//! data breaks one rule at a time, and says where: each [`InjectedFault`] must lead to exactly one
//! finding and nothing else may. Nobody in it exists. Not a model of any plan's business.
//!
//! Memory does not grow with the number of claims: what payees remember is bounded, and only one
//! remittance is held at a time (through [`Files`], one file).

mod calendar;
mod claim;
mod claim_loop;
mod fault;
mod payee;
mod provider_adjustments;
mod quantiles;
mod remittance;
mod segments;
mod source;
mod vocabulary;

#[cfg(test)]
pub(crate) mod auditor;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use self::calendar::{Calendar, RUNS};
use self::fault::kind;
pub use self::fault::{FaultKind, InjectedFault};
use self::quantiles::claims_of_a_remittance;
use self::remittance::{Ending, Payer, Place};
use self::segments::Segments;

/// The name of the file that tells the injected faults.
pub const TRUTH_FILE: &str = "truth.tsv";
/// Its first line.
pub const TRUTH_COLUMNS: &str = "file\ttransaction\tclaim\trule\tkind\n";

/// What to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many claims (835 CLP) in all; a faulty run may have a few more, delivered twice.
    pub claims: u64,
    /// The seed: the same settings give the same bytes.
    pub seed: u64,
    /// A file ends with the remittance that reaches so many claims; unset, about one file a week
    /// over three years, of at most 5,000 claims.
    pub claims_per_file: Option<u64>,
    /// Every remittance has so many claims; unset, as in life: 1 to 10,000, median 20.
    pub claims_per_remittance: Option<u64>,
    /// Break rules now and then, three times in a thousand claims.
    pub faults: bool,
}

impl Settings {
    /// Clean data, divided into files and remittances as in life.
    pub fn new(claims: u64, seed: u64) -> Self {
        Self { claims, seed, claims_per_file: None, claims_per_remittance: None, faults: false }
    }

    /// How many claims end a file.
    fn file_size(&self) -> u64 {
        let weekly = self.claims.checked_div(u64::from(RUNS)).unwrap_or_default().clamp(50, 5_000);
        self.claims_per_file.unwrap_or(weekly).max(1)
    }

    /// How many payees there are: hundreds, but fewer where there are few claims.
    fn payees(&self) -> u32 {
        u32::try_from((self.claims / 200).clamp(8, 600)).unwrap_or(600)
    }
}

/// What was generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Generated {
    /// Files, each of one interchange.
    pub files: u64,
    /// Remittances (835 ST).
    pub transactions: u64,
    /// Claims (835 CLP).
    pub claims: u64,
    /// Service lines (835 SVC).
    pub lines: u64,
    /// Claims denied (835 CLP02 4).
    pub denied: u64,
    /// Claims taken back (835 CLP02 22, or negative amounts).
    pub reversals: u64,
    /// Faults injected.
    pub faults: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// Why nothing, or not everything, was generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The folder cannot be made: check the path and its permissions.
    #[error("cannot make the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written: it may exist already, or the disk be full. Generate into an empty
    /// folder.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// One generated file in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Its name; the order of names is the order of delivery.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The faults in it.
    pub faults: Vec<InjectedFault>,
}

/// Writes the files, and with faults [`TRUTH_FILE`], into a folder, which is made where missing.
///
/// # Errors
/// When the folder or a file cannot be written; files that exist are never overwritten.
pub fn generate(settings: &Settings, out_dir: &Path) -> Result<Generated, GenerateError> {
    fs::create_dir_all(out_dir)
        .map_err(|source| GenerateError::Folder { path: out_dir.to_path_buf(), source })?;
    let mut truth =
        if settings.faults { Some(Truth::create(out_dir.join(TRUTH_FILE))?) } else { None };
    let mut files = Files::new(settings);
    while let Some(name) = files.next_name() {
        let path = out_dir.join(&name);
        let faults = File::create_new(&path)
            .and_then(|file| {
                let mut out = BufWriter::with_capacity(1 << 20, file);
                let faults = files.write_file(&name, &mut out)?;
                out.flush()?;
                Ok(faults)
            })
            .map_err(|source| GenerateError::Write { path, source })?;
        if let Some(truth) = &mut truth {
            truth.tell(&faults)?;
        }
    }
    if let Some(truth) = truth {
        truth.finish()?;
    }
    Ok(files.generated())
}

/// The truth file while it is written.
struct Truth {
    path: PathBuf,
    out: BufWriter<File>,
}

impl Truth {
    /// Begins the file with the names of its columns.
    fn create(path: PathBuf) -> Result<Self, GenerateError> {
        let begun = File::create_new(&path).and_then(|file| {
            let mut out = BufWriter::new(file);
            out.write_all(TRUTH_COLUMNS.as_bytes())?;
            Ok(out)
        });
        match begun {
            Ok(out) => Ok(Self { path, out }),
            Err(source) => Err(GenerateError::Write { path, source }),
        }
    }

    /// Adds the faults of a file.
    fn tell(&mut self, faults: &[InjectedFault]) -> Result<(), GenerateError> {
        for fault in faults {
            writeln!(
                self.out,
                "{}\t{}\t{}\t{}\t{}",
                fault.file,
                fault.transaction,
                fault.claim,
                fault.rule.id(),
                fault.kind.id()
            )
            .map_err(|source| GenerateError::Write { path: self.path.clone(), source })?;
        }
        Ok(())
    }

    /// Writes what is still in memory.
    fn finish(mut self) -> Result<(), GenerateError> {
        self.out.flush().map_err(|source| GenerateError::Write { path: self.path, source })
    }
}

/// The files of a run, one after another, in memory: for tests and measurements without a disk.
#[derive(Debug)]
pub struct Files {
    settings: Settings,
    payer: Payer,
    /// One remittance at a time.
    buffer: Segments,
    generated: Generated,
}

impl Files {
    /// Begins a run.
    pub fn new(settings: &Settings) -> Self {
        Self {
            payer: Payer::new(settings.seed, settings.payees(), settings.faults),
            settings: settings.clone(),
            buffer: Segments::default(),
            generated: Generated::default(),
        }
    }

    /// What has been generated so far.
    pub fn generated(&self) -> Generated {
        self.generated
    }

    /// How many claims are still to come.
    fn left(&self) -> u64 {
        self.settings.claims.saturating_sub(self.generated.claims)
    }

    /// The day on which the next file is paid: runs advance with the claims.
    fn day(&self) -> u16 {
        let run = self
            .generated
            .claims
            .saturating_mul(u64::from(RUNS))
            .checked_div(self.settings.claims)
            .unwrap_or_default();
        Calendar::run(u16::try_from(run).unwrap_or(u16::MAX))
    }

    /// The name of the next file; none when all claims are written.
    fn next_name(&self) -> Option<String> {
        if self.left() == 0 {
            return None;
        }
        let number = self.generated.files.saturating_add(1);
        Some(format!("run-{number:07}-{}.835", self.payer.calendar.date(self.day())))
    }

    /// Writes one file: one interchange of one group.
    fn write_file(&mut self, name: &str, out: &mut impl Write) -> io::Result<Vec<InjectedFault>> {
        let day = self.day();
        let date = self.payer.calendar.date(day);
        let file = self.generated.files.saturating_add(1);
        let mut faults = Vec::new();
        let mut ending = Ending::Right;
        let (mut claims, mut ordinal) = (0_u64, 0_u64);
        begin_file(&mut self.buffer, file, date);
        loop {
            let planned = match self.settings.claims_per_remittance {
                Some(claims) => claims.max(1),
                None => claims_of_a_remittance(&mut self.payer.source),
            }
            .min(self.left());
            if planned == 0 {
                break;
            }
            ordinal = ordinal.saturating_add(1);
            let last = claims.saturating_add(planned) >= self.settings.file_size()
                || planned == self.left();
            let place = Place { file, ordinal, day, claims: planned, last };
            let written = self.payer.remittance(place, &mut self.buffer);
            claims = claims.saturating_add(written.claims);
            if let Some((rule, claim)) = written.fault {
                // GE and IEA belong to no transaction set.
                let of_the_end = !matches!(written.ending, Ending::Right | Ending::Missing);
                let transaction = if of_the_end { 0 } else { ordinal };
                faults.push(InjectedFault {
                    file: name.to_owned(),
                    transaction,
                    claim,
                    rule,
                    kind: kind(rule),
                });
            }
            ending = written.ending;
            self.count(written);
            self.drain(out)?;
            if last {
                break;
            }
        }
        end_file(&mut self.buffer, file, ordinal, ending);
        self.drain(out)?;
        self.generated.files = file;
        let injected = u64::try_from(faults.len()).unwrap_or_default();
        self.generated.faults = self.generated.faults.saturating_add(injected);
        Ok(faults)
    }

    /// Adds up a remittance.
    fn count(&mut self, written: remittance::Written) {
        let sum = &mut self.generated;
        sum.transactions = sum.transactions.saturating_add(1);
        sum.claims = sum.claims.saturating_add(written.claims);
        sum.lines = sum.lines.saturating_add(written.lines);
        sum.denied = sum.denied.saturating_add(written.denied);
        sum.reversals = sum.reversals.saturating_add(written.reversals);
    }

    /// Hands over what has been written.
    fn drain(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.buffer.bytes)?;
        let length = u64::try_from(self.buffer.bytes.len()).unwrap_or_default();
        self.generated.bytes = self.generated.bytes.saturating_add(length);
        self.buffer.clear();
        Ok(())
    }
}

impl Iterator for Files {
    type Item = GeneratedFile;

    fn next(&mut self) -> Option<GeneratedFile> {
        let name = self.next_name()?;
        let mut bytes = Vec::new();
        // Writing into memory does not fail.
        let faults = self.write_file(&name, &mut bytes).ok()?;
        Some(GeneratedFile { name, bytes, faults })
    }
}

/// Writes ISA and GS.
fn begin_file(out: &mut Segments, file: u64, date: u64) {
    out.clear();
    out.begin("ISA*00*          *00*          *ZZ*LANTERNPLAN    *ZZ*HARBORCLEARING *");
    out.digits(date % 1_000_000, 6).text("0900*^*00501*").digits(file % 1_000_000_000, 9);
    out.text("0*P*:").end();
    out.begin("GS*HP*LANTERNPLAN*HARBORCLEARING").number(date).text("0900").number(file);
    out.text("X*005010X221A1").end();
}

/// Writes GE and IEA, right or not.
fn end_file(out: &mut Segments, file: u64, transactions: u64, ending: Ending) {
    if ending == Ending::Missing {
        return;
    }
    let one_more_if = |wrong: Ending, number: u64| {
        if ending == wrong { number.saturating_add(1) } else { number }
    };
    out.begin("GE").number(one_more_if(Ending::GroupCount, transactions));
    out.number(one_more_if(Ending::GroupNumber, file)).end();
    out.begin("IEA").number(one_more_if(Ending::InterchangeCount, 1)).text("");
    let interchange = one_more_if(Ending::InterchangeNumber, file % 1_000_000_000);
    out.digits(interchange, 9).end();
}
