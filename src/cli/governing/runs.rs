//! `lookback run import`: a payer's register of payment runs, which tells what never came.

use std::path::Path;

use super::super::csvs::{Table, faults};
use super::super::record::{REFUSED, Told, Who, flush, show, told};
use super::super::text::{count, spaced};
use super::super::{Failure, Site, Telling, failed};
use crate::command::{Asking, Command, sha256};
use crate::record::{Outcome, Recorder};

/// The columns, for `--help`.
pub(super) const COLUMNS: &str = "\
Columns, by name in the first line:
  run       its name
  paid_on   its payment date
  count     how many remittances it has
  amount    the dollars it pays
  payer     who pays (835 TRN03); may be left out

The same file again records nothing twice. A run announced again with other numbers is recorded again:
the last one counts.";

const NEEDED: &[&str] = &["run", "paid_on", "count", "amount"];

pub(super) fn import(site: &Site, path: &Path, format: Telling, who: &Who) -> Result<u8, Failure> {
    let table = Table::read(path, NEEDED, &["payer"])?;
    let who = who.named()?;
    let mut ledger = site.open("run import")?;
    let outcome = (|| {
        let mut recorder = Recorder::new(&mut ledger).map_err(told)?;
        let (mut wrong, mut commands): (Vec<String>, Vec<(u64, Command)>) =
            (Vec::new(), Vec::new());
        for row in table.rows() {
            let before = wrong.len();
            wrong.extend(NEEDED.iter().filter_map(|column| row.need(column).err()));
            let number = row.get("count").map(str::parse::<u64>);
            if let Some(Err(_)) = number {
                wrong.push(format!("line {}: count is no number", row.line));
            }
            if wrong.len() > before {
                continue;
            }
            // The id says what the line says, so that the same line is recorded once.
            let said: Vec<&str> =
                NEEDED.iter().chain(&["payer"]).map(|c| row.get(c).unwrap_or_default()).collect();
            let digest = sha256(&said.join("\n")).to_string();
            let asking = Asking::new("announce-run")
                .with("id", format!("run-{}", digest.get(..32).unwrap_or_default()))
                .with("run", row.get("run"))
                .with("paid_on", row.get("paid_on"))
                .with("count", number.and_then(Result::ok))
                .with("amount", row.get("amount"))
                .with("payer", row.get("payer"));
            let reading = recorder.reading(who.clone()).map_err(told)?;
            match asking.command(&reading) {
                Ok(command) => commands.push((row.line, command)),
                Err(error) => wrong.push(error.on_line(row.line).to_string()),
            }
        }
        if !wrong.is_empty() {
            return Err(faults(path, &wrong));
        }
        let (mut recorded, mut already, mut refused) = (0_u64, 0_u64, 0_u64);
        for (line, command) in commands {
            let answer = recorder.take(command).map_err(told)?;
            let sum = match answer.outcome {
                Outcome::Recorded { .. } => &mut recorded,
                Outcome::AlreadyRecorded { .. } => &mut already,
                Outcome::Refused(_) => &mut refused,
            };
            *sum = sum.saturating_add(1);
            if format == Telling::Json || matches!(answer.outcome, Outcome::Refused(_)) {
                flush(recorder.ledger())?;
                show(&Told::new(Some(line), &Ok(answer)), format)?;
            }
        }
        flush(recorder.ledger())?;
        Ok((recorded, already, refused))
    })();
    let closed = ledger.close();
    let (recorded, already, refused) = outcome?;
    closed.map_err(|error| failed("the ledger could not be closed as it should be", error))?;
    if format == Telling::Table {
        let runs = count(recorded, "run", "runs");
        say!(
            "  {} {runs} recorded, {} already recorded, {} refused",
            spaced(recorded),
            spaced(already),
            spaced(refused)
        );
    }
    Ok(if refused > 0 { REFUSED } else { 0 })
}
