//! An answer to a command: for a person, or as a line of JSON.

use std::io::{self, Write as _};

use lookback_events::event::text::Day;
use lookback_events::finding::{Finding, Rule, Severity};
use serde::Serialize;

use super::super::Telling;
use super::super::text::{folded, plain};
use crate::command::CommandError;
use crate::record::{Answer, Outcome};

/// An answer, told.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    outcome: &'static str,
    records: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refused>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Wrong>,
    findings: Vec<Found>,
}

/// A refusal.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Refused {
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<String>,
    citation: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<Day>,
    events: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

/// A line that is no command.
#[derive(Debug, Serialize)]
struct Wrong {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

/// A finding that was recorded with it.
#[derive(Debug, Serialize)]
struct Found {
    rule: Rule,
    severity: Severity,
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    expected: String,
    #[serde(rename = "found", skip_serializing_if = "String::is_empty")]
    instead: String,
}

impl From<&Finding> for Found {
    fn from(finding: &Finding) -> Self {
        Self {
            rule: finding.rule,
            severity: finding.severity,
            message: finding.message.to_string(),
            expected: finding.expected.clone(),
            instead: finding.found.clone(),
        }
    }
}

impl From<&crate::decide::refusal::Refusal> for Refused {
    fn from(refusal: &crate::decide::refusal::Refusal) -> Self {
        let told = refusal.told();
        Self {
            rule: told.rule,
            clock: told.clock,
            citation: told.citation,
            message: refusal.to_string(),
            date: told.date,
            events: told.events,
            help: told.help,
        }
    }
}

impl Told {
    pub(in crate::cli) fn new(line: Option<u64>, answer: &Result<Answer, CommandError>) -> Self {
        let mut told = Self {
            line,
            id: None,
            command: None,
            subject: None,
            outcome: "error",
            records: Vec::new(),
            refusal: None,
            error: None,
            findings: Vec::new(),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                told.command.clone_from(&error.command);
                let message = error.what.clone();
                told.error = Some(Wrong { message, help: error.help.clone() });
                return told;
            }
        };
        told.id = Some(answer.id.to_string());
        told.command = Some(answer.command.to_owned());
        told.subject.clone_from(&answer.subject);
        let places = |records: &[crate::journal::Position]| {
            records.iter().map(ToString::to_string).collect()
        };
        match &answer.outcome {
            Outcome::Recorded { records, findings } => {
                told.outcome = "recorded";
                told.records = places(records);
                told.findings = findings.iter().map(Found::from).collect();
            }
            Outcome::AlreadyRecorded { records } => {
                told.outcome = "already-recorded";
                told.records = places(records);
            }
            Outcome::Refused(refusal) => {
                told.outcome = "refused";
                told.refusal = Some(Refused::from(&**refusal));
            }
        }
        told
    }
}

/// Writes an answer.
pub(in crate::cli) fn show(told: &Told, format: Telling) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Telling::Json {
        serde_json::to_writer(&mut out, told).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
        return out.flush();
    }
    let place = told.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let command = told.command.as_deref().unwrap_or_default();
    let subject = told.subject.as_deref().unwrap_or_default();
    if let Some(refusal) = &told.refusal {
        writeln!(out, "{place}refused: {}", refusal.rule)?;
        let about = if subject.is_empty()
            || refusal.message.contains(subject.trim_start_matches("case:"))
        {
            String::new()
        } else {
            format!("{subject}: ")
        };
        let message = plain(&format!("{about}{}", refusal.message));
        writeln!(out, "{}", folded(&format!("  {message}")))?;
        let events = match refusal.events.as_slice() {
            [] => String::new(),
            events => format!("; see {}", events.join(", ")),
        };
        let rule = refusal.clock.as_deref().unwrap_or(refusal.rule);
        let rule = format!("  rule {rule}, {}{events}", plain(&refusal.citation));
        writeln!(out, "{}", folded(&rule))?;
        if let Some(help) = &refusal.help {
            writeln!(out, "{}", folded(&format!("  help: {}", plain(help))))?;
        }
        return out.flush();
    }
    if let Some(error) = &told.error {
        let name = if command.is_empty() { String::new() } else { format!("{command}: ") };
        let message = format!("{place}error: {name}{}", plain(&error.message));
        writeln!(out, "{}", folded(&message))?;
        if let Some(help) = &error.help {
            writeln!(out, "{}", folded(&format!("  help: {}", plain(help))))?;
        }
        return out.flush();
    }
    let outcome = if told.outcome == "recorded" { "recorded" } else { "already recorded" };
    let records = told.records.join(", ");
    let line = format!("{place}{outcome}  {command}  {}  {records}", plain(subject));
    writeln!(out, "{}", folded(&line))?;
    for found in &told.findings {
        let sides = match (found.expected.as_str(), found.instead.as_str()) {
            ("", "") => String::new(),
            ("", found) => format!(": found {found}"),
            (expected, "") => format!(": expected {expected}"),
            (expected, found) => format!(": expected {expected}, found {found}"),
        };
        let line = format!("  finding {}: {}{}", found.rule.id(), found.message, plain(&sides));
        writeln!(out, "{}", folded(&line))?;
    }
    out.flush()
}
