//! `lookback case import`: the open cases of another system, as it asserts them.

use std::path::Path;

use lookback_events::money::Money;
use serde_json::{Map, Value, json};

use super::super::csvs::{Row, Table, faults};
use super::super::record::{REFUSED, Told, Who, flush, show, told};
use super::super::text::{count, spaced};
use super::super::{Failure, Site, Telling, failed};
use crate::command::{Asking, Command, sha256};
use crate::record::{Outcome, Recorder};

/// The columns, for `--help`.
pub(super) const COLUMNS: &str = "\
Columns, by name in the first line; several lines of one case are its claims:
  case              the case's id there, kept as its id here
  payee             who was paid: NPI, or TIN where no NPI is given
  plan              the plan that paid
  line_of_business  such as medicaid
  cause             as of lookback case identify --cause
  identified        the day it was identified
  patient_control   the provider's number of the claim (835 CLP01)
  amount            the overpayment on this claim, or on this line of it
Further ones:
  line, payer_control, detected_by, standard, standard_version, standard_effective, funding, state,
  provider_class, service_class, owner, vendor
  collected, carried, reduced, written_off   what was done before, for the case as a whole
  control_number, dated, sent, method, appeal_deadline   its notice, where one was sent
  disputed          the day a dispute was received that is not determined

Everything is asserted: it is not measured against the remittances that are here. The same file again
records nothing twice; a case that says something else is refused.";

const NEEDED: &[&str] = &[
    "case",
    "payee",
    "plan",
    "line_of_business",
    "cause",
    "identified",
    "patient_control",
    "amount",
];
const FURTHER: &[&str] = &[
    "line",
    "payer_control",
    "detected_by",
    "standard",
    "standard_version",
    "standard_effective",
    "funding",
    "state",
    "provider_class",
    "service_class",
    "owner",
    "vendor",
    "collected",
    "carried",
    "reduced",
    "written_off",
    "control_number",
    "dated",
    "sent",
    "method",
    "appeal_deadline",
    "disputed",
];
/// Columns in which lines of one case may differ.
const OF_A_CLAIM: &[&str] = &["patient_control", "amount", "line", "payer_control"];

/// One case on its way in.
struct Opening<'a> {
    first: Row<'a>,
    claims: Vec<Map<String, Value>>,
}

pub(super) fn run(
    site: &Site,
    path: &Path,
    system: &str,
    format: Telling,
    who: &Who,
) -> Result<u8, Failure> {
    let table = Table::read(path, NEEDED, FURTHER)?;
    let mut wrong = Vec::new();
    let openings = openings(&table, &mut wrong);
    let who = who.named()?;
    let mut ledger = site.open("case import")?;
    let outcome = (|| {
        let mut recorder = Recorder::new(&mut ledger).map_err(told)?;
        let mut commands: Vec<(u64, Command)> = Vec::new();
        for opening in &openings {
            for asking in opening.asking(system) {
                let reading = recorder.reading(who.clone()).map_err(told)?;
                match asking.command(&reading) {
                    Ok(command) => commands.push((opening.first.line, command)),
                    Err(error) => wrong.push(error.on_line(opening.first.line).to_string()),
                }
            }
        }
        if !wrong.is_empty() {
            return Err(faults(path, &wrong));
        }
        let mut sums = Sums::default();
        for (line, command) in commands {
            let answer = recorder.take(command).map_err(told)?;
            sums.add(&answer.outcome);
            let refused = matches!(answer.outcome, Outcome::Refused(_));
            // What is odd about what the other system says is said, too.
            let odd = match &answer.outcome {
                Outcome::Recorded { findings, .. } => !findings.is_empty(),
                Outcome::AlreadyRecorded { .. } | Outcome::Refused(_) => false,
            };
            if format == Telling::Json || refused || odd {
                // What is told must be durable; refusals are, because nothing is written.
                if !refused {
                    flush(recorder.ledger())?;
                }
                show(&Told::new(Some(line), &Ok(answer)), format)?;
            }
        }
        flush(recorder.ledger())?;
        Ok(sums)
    })();
    let closed = ledger.close();
    let sums = outcome?;
    closed.map_err(|error| failed("the ledger could not be closed as it should be", error))?;
    if format == Telling::Table {
        say!(
            "  {} {}: {} recorded, {} already recorded, {} refused",
            spaced(u64::try_from(openings.len()).unwrap_or(0)),
            count(u64::try_from(openings.len()).unwrap_or(0), "case", "cases"),
            spaced(sums.recorded),
            spaced(sums.already),
            spaced(sums.refused)
        );
        say!("  all of it is asserted by {system}");
    }
    Ok(if sums.refused > 0 { REFUSED } else { 0 })
}

/// How many commands came to what.
#[derive(Default)]
struct Sums {
    recorded: u64,
    already: u64,
    refused: u64,
}

impl Sums {
    fn add(&mut self, outcome: &Outcome) {
        let sum = match outcome {
            Outcome::Recorded { .. } => &mut self.recorded,
            Outcome::AlreadyRecorded { .. } => &mut self.already,
            Outcome::Refused(_) => &mut self.refused,
        };
        *sum = sum.saturating_add(1);
    }
}

/// The cases of a file, in the order they first come.
fn openings<'a>(table: &'a Table, wrong: &mut Vec<String>) -> Vec<Opening<'a>> {
    let mut all: Vec<Opening<'a>> = Vec::new();
    let mut by_case = std::collections::BTreeMap::new();
    for row in table.rows() {
        let missing = NEEDED.iter().filter_map(|column| row.need(column).err());
        let before = wrong.len();
        wrong.extend(missing);
        for column in ["amount", "collected", "carried", "reduced", "written_off"] {
            if row.get(column).is_some_and(|text| text.parse::<Money>().is_err()) {
                wrong.push(format!(
                    "line {}: {column} is no exact amount, such as 123.45",
                    row.line
                ));
            }
        }
        let claim = claim(&row, wrong);
        let (Some(claim), Some(case)) = (claim, row.get("case")) else { continue };
        if wrong.len() > before {
            continue;
        }
        let at = *by_case.entry(case.to_owned()).or_insert_with(|| {
            all.push(Opening { first: row, claims: Vec::new() });
            all.len().saturating_sub(1)
        });
        let Some(opening) = all.get_mut(at) else { continue };
        let differs = NEEDED.iter().chain(FURTHER).find(|column| {
            !OF_A_CLAIM.contains(column)
                && row.get(column).is_some()
                && row.get(column) != opening.first.get(column)
        });
        if let Some(column) = differs {
            let first = opening.first.line;
            wrong.push(format!(
                "line {}: {column} is not that of line {first}, the same case",
                row.line
            ));
        }
        opening.add(claim);
    }
    all
}

/// A line's claim, or a line of one.
fn claim(row: &Row<'_>, wrong: &mut Vec<String>) -> Option<Map<String, Value>> {
    let mut claim = Map::new();
    claim.insert("patient_control".to_owned(), json!(row.get("patient_control")?));
    if let Some(number) = row.get("payer_control") {
        claim.insert("payer_control".to_owned(), json!(number));
    }
    let amount = row.get("amount")?;
    match row.get("line").map(str::parse::<u64>) {
        Some(Ok(line)) => {
            claim.insert("lines".to_owned(), json!([{ "line": line, "amount": amount }]));
        }
        Some(Err(_)) => {
            wrong.push(format!("line {}: line is no number", row.line));
            return None;
        }
        None => {
            claim.insert("amount".to_owned(), json!(amount));
        }
    }
    Some(claim)
}

impl Opening<'_> {
    /// Adds a claim; a further line of a claim goes to it.
    fn add(&mut self, mut claim: Map<String, Value>) {
        let number = claim.get("patient_control").cloned();
        let same = |other: &&mut Map<String, Value>| {
            other.get("patient_control") == number.as_ref() && other.contains_key("lines")
        };
        let known = self.claims.iter_mut().find(same);
        match (known.and_then(|known| known.get_mut("lines")), claim.get_mut("lines")) {
            (Some(Value::Array(lines)), Some(Value::Array(more))) => lines.append(more),
            _ => self.claims.push(claim),
        }
    }

    /// The commands that say what the other system says.
    fn asking(&self, system: &str) -> Vec<Asking> {
        let row = &self.first;
        let case = row.get("case").unwrap_or_default();
        let mut opening = Map::new();
        opening.insert("system".to_owned(), json!(system));
        for column in ["collected", "carried", "reduced", "written_off"] {
            if let Some(amount) = row.get(column) {
                opening.insert(column.to_owned(), json!(amount));
            }
        }
        let mut standard = Map::new();
        let cited = row.get("standard").unwrap_or("as the other system has it");
        standard.insert("citation".to_owned(), json!(cited));
        for (member, column) in
            [("version", "standard_version"), ("effective", "standard_effective")]
        {
            if let Some(value) = row.get(column) {
                standard.insert(member.to_owned(), json!(value));
            }
        }
        let mut identify = asking("identify-case", system, case)
            .with("happened", row.get("identified"))
            .with("opening", opening)
            .with("standard", standard)
            .with("detected_by", row.get("detected_by").unwrap_or("plan"))
            .with("claims", self.claims.iter().cloned().map(Value::Object).collect::<Vec<_>>());
        for column in [
            "payee",
            "plan",
            "line_of_business",
            "cause",
            "funding",
            "state",
            "provider_class",
            "service_class",
            "owner",
            "vendor",
        ] {
            identify = identify.with(column, row.get(column));
        }
        let mut all = vec![identify];
        if let Some(number) = row.get("control_number") {
            all.push(
                asking("record-notice", system, case)
                    .with("happened", row.get("sent").or(row.get("dated")))
                    .with("control_number", number)
                    .with("dated", row.get("dated"))
                    .with("sent", row.get("sent"))
                    .with("appeal_deadline", row.get("appeal_deadline"))
                    .with("method", row.get("method").unwrap_or("mail"))
                    // What it carried the other system does not say.
                    .with(
                        "content",
                        lookback_events::event::recovery::letters::NoticeItem::ALL
                            .iter()
                            .map(|item| item.as_str())
                            .collect::<Vec<_>>(),
                    ),
            );
        }
        if let Some(day) = row.get("disputed") {
            all.push(
                asking("record-dispute", system, case)
                    .with("happened", day)
                    .with("level", 1)
                    .with("grounds", format!("as {system} says")),
            );
        }
        all
    }
}

/// A command whose id says where it came from, so that the same file records nothing twice.
fn asking(command: &str, system: &str, case: &str) -> Asking {
    let digest = sha256(&format!("{command}\n{system}\n{case}")).to_string();
    let short = digest.get(..32).unwrap_or(&digest);
    Asking::new(command)
        .with("id", format!("import-{short}"))
        .with("case", case)
        .with("note", format!("opening inventory of {system}"))
}
