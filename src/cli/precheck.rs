//! `lookback precheck`: proposed overpayments, go or why not; nothing is recorded.

use std::path::PathBuf;

use chrono::NaiveDate;
use lookback_events::event::act::{ClaimPart, LinePart};
use lookback_events::event::audit::Nature;
use lookback_events::event::recovery::Standard;
use lookback_events::event::text::Day;
use lookback_events::id::{CaseId, PayeeId};
use lookback_events::money::Money;
use serde::Serialize;

use super::csvs::{Row, Table, faults};
use super::report::sink;
use super::table::{Column, Line, left, right};
use super::text::{count, labelled, spaced};
use super::{FOUND, Failure, Format, Site, failed};
use crate::decide::precheck::{Earlier, Proposed, Reason, Told, precheck};
use crate::record::{Prechecking, RecordError};

/// The columns, for `--help`.
const COLUMNS: &str = "\
Columns, by name in the first line:
  payee             who was paid
  patient_control   the provider's number of the claim (835 CLP01)
  amount            how much is to be claimed back
  line_of_business  such as medicaid
Further ones:
  line              the line of the claim, where only it is meant
  payment           the record of the payment that is meant, such as p02/118; else the latest
  state             two letters
  nature            routine (else) or fraud
  standard, standard_version, standard_effective, standard_ended

Each line is held against the lookback, other cases, stand-downs, the standard's days and what is still
paid; lines of one claim together. Exit code 0 where all may go, 1 where some may not.";

const NEEDED: &[&str] = &["payee", "patient_control", "amount", "line_of_business"];
const FURTHER: &[&str] = &[
    "line",
    "payment",
    "state",
    "nature",
    "standard",
    "standard_version",
    "standard_effective",
    "standard_ended",
];

/// Arguments of `precheck`.
#[derive(Debug, clap::Args)]
#[command(after_help = COLUMNS)]
pub(super) struct Args {
    /// A CSV file with a head
    file: PathBuf,
    /// As if it were decided on that day [default: today]
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// Also what an agency's stand-down hides: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was decided of a line.
#[derive(Serialize)]
struct Decided {
    line: u64,
    payee: String,
    amount: Money,
    go: bool,
    rules: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Why>,
}

/// One reason.
#[derive(Serialize)]
struct Why {
    rule: String,
    message: String,
    citation: String,
    date: Option<Day>,
    events: Vec<String>,
}

/// A line as CSV has it: without the sentences.
#[derive(Serialize)]
struct Flat<'a> {
    line: u64,
    payee: &'a str,
    amount: Money,
    go: bool,
    rules: &'a str,
    reasons: String,
}

impl Line for Flat<'_> {
    const FIELDS: &'static [&'static str] = &["line", "payee", "amount", "go", "rules", "reasons"];
    const COLUMNS: &'static [Column] = &[
        right("line", 6),
        left("payee", 12),
        right("amount", 14),
        left("", 4),
        left("why not", 54),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.line.to_string(),
            self.payee.to_owned(),
            self.amount.grouped(),
            if self.go { "go" } else { "no" }.to_owned(),
            self.rules.to_owned(),
        ]
    }
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let table = Table::read(&self.file, NEEDED, FURTHER)?;
        let (mut proposed, mut wrong) = (Vec::new(), Vec::new());
        for row in table.rows() {
            match proposal(&row) {
                Ok(one) => proposed.push((row.line, one)),
                Err(why) => wrong.push(why),
            }
        }
        if !wrong.is_empty() {
            return Err(faults(&self.file, &wrong));
        }
        let ledger = site.open_to_read("precheck")?;
        let cannot = |error: RecordError| match error {
            RecordError::Ledger(error) => failed("the ledger cannot be asked", error),
            error @ (RecordError::Rules(_)
            | RecordError::Proposal { .. }
            | RecordError::Random(_)) => {
                Failure::new("the overpayments cannot be decided").because(error)
            }
        };
        let checking = Prechecking::new(&ledger).map_err(cannot)?;
        let on = self.on.map_or_else(|| checking.today(), Day);
        let told = if self.cleared { Told::All } else { Told::Open };
        let mut sink = sink(self.format);
        let (mut earlier, mut going, mut sum) = (Earlier::default(), 0_u64, Money::ZERO);
        let all = u64::try_from(proposed.len()).unwrap_or(0);
        for (line, one) in proposed {
            let found = checking.claim(&one.payee, &one.part.patient_control).map_err(cannot)?;
            // Lines of the file name each other so.
            let name = CaseId::parse(&format!("line-{line}"))
                .map_err(|error| Failure::new("the file is too long").because(error))?;
            let held = (&mut earlier, &name);
            let reasons = precheck(&checking.given(), &one, &found, on, held, told)
                .map_err(|error| failed("the ledger cannot be asked", error.into()))?;
            let decided = Decided::new(line, &one, reasons);
            if decided.go {
                going = going.saturating_add(1);
                sum = sum.checked_add(decided.amount).unwrap_or(sum);
            }
            if self.format == Format::Json {
                sink.object(&decided)?;
                continue;
            }
            sink.put(&decided.flat())?;
            for why in decided.reasons.iter().filter(|_| self.format == Format::Table) {
                sink.say(&labelled("", &format!("{}: {}", why.rule, why.message)))?;
            }
        }
        sink.ended::<Flat<'_>>()?;
        let lines = count(all, "line", "lines");
        sink.say(&format!(
            "\n  {} of {} {lines} may go, {}; decided as of {}",
            spaced(going),
            spaced(all),
            sum.grouped(),
            on.0
        ))?;
        sink.end()?;
        Ok(if going == all { 0 } else { FOUND })
    }
}

impl Decided {
    fn new(line: u64, proposed: &Proposed, reasons: Vec<Reason>) -> Self {
        let why = |reason: Reason| Why {
            rule: reason.rule,
            message: of_file(&reason.message),
            citation: reason.citation,
            date: reason.date,
            events: reason.events,
        };
        let rules: Vec<String> = reasons.iter().map(|reason| reason.rule.clone()).collect();
        let of_lines = proposed.part.lines.first().and_then(|line| line.amount);
        Self {
            line,
            payee: proposed.payee.to_string(),
            amount: proposed.part.amount.or(of_lines).unwrap_or_default(),
            go: reasons.is_empty(),
            rules: rules.join(", "),
            reasons: reasons.into_iter().map(why).collect(),
        }
    }

    fn flat(&self) -> Flat<'_> {
        let reasons: Vec<&str> = self.reasons.iter().map(|why| why.message.as_str()).collect();
        Flat {
            line: self.line,
            payee: &self.payee,
            amount: self.amount,
            go: self.go,
            rules: &self.rules,
            reasons: reasons.join("; "),
        }
    }
}

/// What is said of the one claim of a command, said of a line: what an earlier line of the file holds is
/// no case yet.
fn of_file(message: &str) -> String {
    let message = message.strip_prefix("claim 1 of the command").unwrap_or(message);
    message.trim_start_matches([':', ',', ' ']).replace("case line-", "line ")
}

/// Reads a line.
fn proposal(row: &Row<'_>) -> Result<Proposed, String> {
    let wrong = |column: &str, why: &str| format!("line {}: {column} {why}", row.line);
    let day = |column: &str| match row.get(column) {
        Some(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(|day| Some(Day(day)))
            .map_err(|_| wrong(column, "is no day, such as 2026-03-31")),
        None => Ok(None),
    };
    let payee = PayeeId::parse(row.need("payee")?).map_err(|_| wrong("payee", "is no payee"))?;
    let amount: Money = row
        .need("amount")?
        .parse()
        .map_err(|_| wrong("amount", "is no exact amount, such as 123.45"))?;
    let line: Option<u64> =
        row.get("line").map(str::parse).transpose().map_err(|_| wrong("line", "is no number"))?;
    let nature = match row.get("nature") {
        None | Some("routine") => Nature::Routine,
        Some("fraud") => Nature::Fraud,
        Some(_) => return Err(wrong("nature", "is routine or fraud")),
    };
    let standard = match row.get("standard") {
        Some(citation) => Some(Standard {
            citation: citation.to_owned(),
            effective: day("standard_effective")?,
            ended: day("standard_ended")?,
            version: row.get("standard_version").map(ToOwned::to_owned),
        }),
        None => None,
    };
    Ok(Proposed {
        payee,
        part: ClaimPart {
            amount: line.is_none().then_some(amount),
            lines: line.map(|line| LinePart { amount: Some(amount), line }).into_iter().collect(),
            patient_control: row.need("patient_control")?.to_owned(),
            payer_control: None,
            payment: row.get("payment").map(ToOwned::to_owned),
        },
        line_of_business: row.need("line_of_business")?.to_owned(),
        state: row.get("state").map(ToOwned::to_owned),
        nature,
        standard,
    })
}
