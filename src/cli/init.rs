//! `lookback init` and `lookback generate`.

use std::path::PathBuf;

use lookback_events::event::control::Usage;
use lookback_events::time::MonthDay;
use lookback_projections::windows::MANUAL;

use super::Failure;
use super::policy::Adopted;
use super::record::Who;
use super::text::count;
use crate::generate;
use crate::ledger::Ledger;
use crate::ledger::create::Choices;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder: new, or empty
    dir: PathBuf,
    /// The name the ledger's logs go by, such as ledger.example.org/plan1 [default: lookback.local/DIR]
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// How many payment journals, for ever
    #[arg(long, value_name = "N", default_value_t = 4)]
    journals: u8,
    /// Which interchanges the ledger takes (835 ISA15)
    #[arg(long, value_enum, default_value_t)]
    usage: UsageArg,
    /// The day on which contract years begin
    #[arg(long, value_name = "MM-DD", default_value = "01-01", value_parser = day)]
    contract_year_start: MonthDay,
    /// The last day of the plan's fiscal year [default: not set]
    #[arg(long, value_name = "MM-DD", value_parser = day)]
    fiscal_year_end: Option<MonthDay>,
    /// The plan's time zone, an IANA name
    #[arg(long, value_name = "TZ", default_value = "America/New_York")]
    time_zone: String,
    /// A policy that is in force today: a file, or the id of one that comes with the program; may be
    /// given several times
    #[arg(long = "policy", value_name = "ID|FILE", default_value = MANUAL)]
    policies: Vec<String>,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum UsageArg {
    /// ISA15 P
    #[default]
    Production,
    /// ISA15 T
    Test,
}

fn day(text: &str) -> Result<MonthDay, String> {
    MonthDay::parse(text).map_err(|error| error.to_string())
}

impl Args {
    pub(super) fn run(self) -> Result<u8, Failure> {
        let mut choices = Choices::new(&self.dir);
        if let Some(origin) = self.origin {
            choices.origin = origin;
        }
        choices.journals = self.journals;
        choices.usage = match self.usage {
            UsageArg::Production => Usage::Production,
            UsageArg::Test => Usage::Test,
        };
        choices.contract_year_start = self.contract_year_start;
        choices.fiscal_year_end = self.fiscal_year_end;
        choices.time_zone = self.time_zone;
        let who = self.who.named()?;
        let adopted = Adopted::read(&self.policies)?;
        if let Some(failure) = adopted.not_yet(&choices.time_zone) {
            return Err(failure);
        }
        let mut ledger = Ledger::create(&self.dir, &choices).map_err(|error| {
            Failure::new(format!("cannot make a ledger at {}", self.dir.display())).because(error)
        })?;
        let adopted = adopted.adopt(&mut ledger, who)?;
        let choices = ledger.choices();
        let folder = self.dir.display();
        say!("  ledger      {folder}");
        say!("  origin      {}", choices.origin);
        say!("  journals    control and {} for payments", choices.journals);
        let usage = match choices.usage {
            Usage::Production => "production (ISA15 P)",
            Usage::Test => "test (ISA15 T)",
        };
        say!("  usage       {usage}");
        say!("  years       contract years begin on {}", choices.contract_year_start);
        let fiscal = match choices.fiscal_year_end {
            Some(day) => format!("year ends on {day}"),
            None => "no last day of the year is set".to_owned(),
        };
        say!("  fiscal      {fiscal}");
        say!("  time zone   {}", choices.time_zone);
        for (place, policy) in adopted.iter().enumerate() {
            say!("  {:<10}  {policy}", if place == 0 { "policy" } else { "" });
        }
        say!("\n  Keep a copy of {folder}/keys in a safe place: without the master key nothing");
        say!("  that is recorded can be read. Next: lookback ingest --ledger {folder} PATH");
        Ok(0)
    }
}

/// Arguments of `generate`.
#[derive(Debug, clap::Args)]
pub(super) struct Generate {
    /// How many claims
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    claims: u64,
    /// The same seed gives the same bytes
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The folder to write into: new, or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Claims after which a new file begins
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u64).range(1..))]
    claims_per_file: Option<u64>,
    /// Claims of every remittance, instead of a realistic number
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u64).range(1..))]
    claims_per_remittance: Option<u64>,
    /// Put in known faults and list them in DIR/truth.tsv, which check and ingest of DIR pass over
    #[arg(long)]
    faults: bool,
}

impl Generate {
    pub(super) fn run(self) -> Result<u8, Failure> {
        let settings = generate::Settings {
            claims_per_file: self.claims_per_file,
            claims_per_remittance: self.claims_per_remittance,
            faults: self.faults,
            ..generate::Settings::new(self.claims, self.seed)
        };
        if std::fs::read_dir(&self.out).is_ok_and(|mut entries| entries.next().is_some()) {
            let what = format!("{} is not empty", self.out.display());
            return Err(Failure::usage(what).help("name a new folder, or an empty one"));
        }
        let made = generate::generate(&settings, &self.out).map_err(|error| {
            Failure::new(format!("cannot generate into {}", self.out.display())).because(error)
        })?;
        say!(
            "  {} {}, {} {}, {} {}, {} {}, {} bytes in {}",
            made.files,
            count(made.files, "file", "files"),
            made.transactions,
            count(made.transactions, "remittance", "remittances"),
            made.claims,
            count(made.claims, "claim", "claims"),
            made.lines,
            count(made.lines, "line", "lines"),
            made.bytes,
            self.out.display()
        );
        let reversals = count(made.reversals, "reversal", "reversals");
        say!("  {} denied, {} {reversals}", made.denied, made.reversals);
        if self.faults {
            let faults = count(made.faults, "fault", "faults");
            say!("  {} {faults}, listed in {}", made.faults, generate::TRUTH_FILE);
        }
        Ok(0)
    }
}
