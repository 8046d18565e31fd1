//! Findings, counted by rule and told one after the other.

use std::io::Write;

use lookback_events::finding::Severity;

use super::super::table::{Column, Line, Sink, clipped, short};
use super::super::text::{count, spaced};
use super::begin_on;
use crate::report::findings::{self, Found};
use crate::report::{AnswerError, View};

pub(super) fn all_findings<W: Write>(
    view: &View<'_>,
    wanted: &findings::Wanted,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    begin_on(view, "findings", wanted.on, sink)?;
    if sink.is_table() {
        let rules = findings::by_rule(view, wanted)?;
        let all = rules.values().map(|(all, _)| *all).fold(0, u64::saturating_add);
        if all == 0 {
            sink.say("  no findings: nothing asked for was odd")?;
            return Ok(());
        }
        let resolved = rules.values().map(|(_, n)| *n).fold(0, u64::saturating_add);
        let words = count(all, "finding", "findings");
        sink.say(&format!("  {} {words}, {} resolved since", spaced(all), spaced(resolved)))?;
        for (rule, (all, resolved)) in &rules {
            let then = if *resolved > 0 {
                format!("  ({} resolved)", spaced(*resolved))
            } else {
                String::new()
            };
            let severity = severity_word(rule.severity());
            sink.say(&format!("  {:>9}  {severity:<7}  {}{then}", spaced(*all), rule.id()))?;
        }
    }
    findings::all(view, wanted, &mut |found| {
        if sink.is_table() { show_finding(sink, &found) } else { Ok(sink.put(&found)?) }
    })?;
    sink.ended::<Found>()?;
    sink.say("\n  one remittance: lookback show remittance ID      one rule: --rule ID")?;
    Ok(())
}

const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A finding over a few lines, for a person.
pub(in crate::cli) fn show_finding<W: Write>(
    sink: &mut Sink<W>,
    found: &Found,
) -> Result<(), AnswerError> {
    let file = found.file.as_deref().map_or("", short);
    let whose = match (&found.remittance, &found.payee, &found.subject) {
        (Some(remittance), Some(payee), _) => {
            format!("remittance {} of payee {payee}", short(remittance))
        }
        (_, Some(payee), Some(subject)) => format!("{subject} of payee {payee}"),
        (_, None, Some(subject)) => subject.clone(),
        (_, _, None) => format!("file {file}"),
    };
    let severity = severity_word(found.severity);
    sink.say(&format!("\n  {} {severity} {}   {whose}", found.at, found.rule.id()))?;
    let sides = match (found.expected.as_str(), found.found.as_str()) {
        ("", "") => String::new(),
        ("", found) => format!(": found {found}"),
        (expected, "") => format!(": expected {expected}"),
        (expected, found) => format!(": expected {expected}, found {found}"),
    };
    wrapped(sink, &format!("{}{sides}", found.message))?;
    if found.file.is_some() {
        let place = format!("{} segment {} of file {file}", found.path, found.segment);
        sink.say(&format!("      {}", place.trim_start()))?;
    }
    if let Some(resolved) = &found.resolved_by {
        sink.say(&format!("      resolved by {resolved}"))?;
    }
    Ok(())
}

/// A sentence in lines of at most 100 columns.
fn wrapped<W: Write>(sink: &mut Sink<W>, text: &str) -> Result<(), AnswerError> {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count().saturating_add(word.len()) > 92 {
            sink.say(&format!("      {}", clipped(&line, 94)))?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    sink.say(&format!("      {}", clipped(&line, 94)))?;
    Ok(())
}

impl Line for Found {
    const FIELDS: &'static [&'static str] = &[
        "at",
        "number",
        "rule",
        "severity",
        "recorded_at",
        "payee",
        "remittance",
        "subject",
        "file",
        "segment",
        "offset",
        "path",
        "message",
        "expected",
        "found",
        "resolved_by",
    ];
    const COLUMNS: &'static [Column] = &[];
    fn cells(&self) -> Vec<String> {
        Vec::new()
    }
}
