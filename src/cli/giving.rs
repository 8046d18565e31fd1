//! What every friendly form of a command has beside its own arguments, and how it becomes a command.
//!
//! A friendly form can say nothing that `lookback record` could not: it makes the same JSON object.

use std::io::Read as _;
use std::path::Path;

use lookback_events::id::Digest;
use serde_json::{Value, json};
use sha2::Digest as _;

use super::record::{Who, give};
use super::{Failure, Site, Telling};
use crate::command::Asking;

/// What every friendly form has.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Beside {
    /// The command's id; sent again it is answered and not done twice [default: made]
    #[arg(long, value_name = "ID", help_heading = "The command")]
    id: Option<String>,
    /// When it happened, plan time: 2026-03-01 or 2026-03-01T16:59 [default: today]
    #[arg(long, value_name = "WHEN", help_heading = "The command")]
    on: Option<String>,
    /// The designated party that did it or received it for the plan
    #[arg(long, value_name = "NAME", help_heading = "The command")]
    party: Option<String>,
    /// The document that shows it: a file, or its SHA-256
    #[arg(long, value_name = "FILE", value_parser = document, help_heading = "The command")]
    document: Option<Digest>,
    /// What is to be written beside it
    #[arg(long, value_name = "TEXT", help_heading = "The command")]
    note: Option<String>,
    /// Only if this is the last record of what it is about, such as p02/118204
    #[arg(long, value_name = "RECORD", help_heading = "The command")]
    expect: Option<String>,
    /// Propose it, for a second person to approve
    #[arg(long, help_heading = "The command")]
    propose: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t, help_heading = "The command")]
    format: Telling,
    #[command(flatten)]
    who: Who,
}

/// Reads a digest, or makes that of a file.
fn document(text: &str) -> Result<Digest, String> {
    if let Ok(digest) = Digest::parse(text) {
        return Ok(digest);
    }
    sha256(Path::new(text)).map_err(|error| format!("no SHA-256, and no file: {error}"))
}

fn sha256(path: &Path) -> std::io::Result<Digest> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Digest(hasher.finalize().into()));
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

impl Beside {
    /// Gives a command, with what stands beside it.
    pub(super) fn give(self, site: &Site, name: &str, asking: Asking) -> Result<u8, Failure> {
        let mut asking = asking
            .with("id", self.id)
            .with("happened", self.on)
            .with("party", self.party)
            .with("document", self.document.map(|digest| digest.to_string()))
            .with("note", self.note)
            .with("expect", self.expect);
        if self.propose {
            asking = asking.proposed();
        }
        give(site, name, &self.who, self.format, asking)
    }
}

/// A claim as it is named on the command line: `NUMBER[:LINE][=AMOUNT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClaimArg {
    number: String,
    line: Option<u64>,
    amount: Option<String>,
}

/// Reads `NUMBER[:LINE][=AMOUNT]`; a number may hold colons where no digits alone follow the last.
pub(super) fn claim(text: &str) -> Result<ClaimArg, String> {
    let (named, amount) = match text.rsplit_once('=') {
        Some((named, amount)) => (named, Some(amount.to_owned())),
        None => (text, None),
    };
    let (number, line) = match named.rsplit_once(':') {
        Some((number, line)) if !line.is_empty() && line.bytes().all(|c| c.is_ascii_digit()) => {
            (number, Some(line.parse().map_err(|_| "the line is too large".to_owned())?))
        }
        Some(_) | None => (named, None),
    };
    if number.trim().is_empty() {
        return Err("write NUMBER=AMOUNT, or NUMBER:LINE=AMOUNT".to_owned());
    }
    Ok(ClaimArg { number: number.to_owned(), line, amount })
}

/// The claims of a command: lines of one number are one claim.
pub(super) fn claims(args: &[ClaimArg]) -> Value {
    let mut all: Vec<(String, serde_json::Map<String, Value>)> = Vec::new();
    for arg in args {
        let at = all.iter().position(|(number, _)| *number == arg.number);
        let at = at.unwrap_or_else(|| {
            let mut claim = serde_json::Map::new();
            claim.insert("patient_control".to_owned(), json!(arg.number));
            all.push((arg.number.clone(), claim));
            all.len().saturating_sub(1)
        });
        let Some((_, claim)) = all.get_mut(at) else { continue };
        match (arg.line, &arg.amount) {
            (Some(line), amount) => {
                let mut one = serde_json::Map::new();
                one.insert("line".to_owned(), json!(line));
                if let Some(amount) = amount {
                    one.insert("amount".to_owned(), json!(amount));
                }
                let lines = claim.entry("lines").or_insert_with(|| json!([]));
                if let Value::Array(lines) = lines {
                    lines.push(Value::Object(one));
                }
            }
            (None, Some(amount)) => {
                claim.insert("amount".to_owned(), json!(amount));
            }
            (None, None) => {}
        }
    }
    let all: Vec<Value> = all.into_iter().map(|(_, claim)| Value::Object(claim)).collect();
    if all.is_empty() { Value::Null } else { Value::Array(all) }
}

/// A list, or nothing where it is empty.
pub(super) fn list(values: &[String]) -> Value {
    if values.is_empty() { Value::Null } else { json!(values) }
}

/// The words of a closed list, for `--help` and for what is wrong.
macro_rules! words {
    ($kind:ty) => {
        clap::builder::PossibleValuesParser::new(<$kind>::ALL.iter().map(|word| word.as_str()))
    };
}
pub(super) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_named_in_short() {
        let args: Vec<ClaimArg> = ["A-1=5.00", "B:2=1.00", "B:3=2.50", "C:D=7", "E"]
            .into_iter()
            .map(|text| claim(text).unwrap())
            .collect();
        let wanted = json!([
            { "patient_control": "A-1", "amount": "5.00" },
            { "patient_control": "B", "lines": [
                { "line": 2, "amount": "1.00" }, { "line": 3, "amount": "2.50" } ] },
            { "patient_control": "C:D", "amount": "7" },
            { "patient_control": "E" },
        ]);
        assert_eq!(claims(&args), wanted);
        assert_eq!(claims(&[]), Value::Null);
        for wrong in ["", "=1.00", " =2"] {
            assert!(claim(wrong).is_err(), "{wrong}");
        }
    }
}
