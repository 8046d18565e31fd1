//! The answer of `check` for a person: totals first, then what is odd, by rule.

use std::collections::BTreeMap;
use std::io::{self, Write};

use lookback_events::finding::{Finding, Rule};
use lookback_events::money::Money;

use super::summary::{Outcome, Summary};

/// The most files that have a row of their own where nothing is odd about them.
const ROWS_MAX: usize = 40;
/// How many findings of a rule are shown.
const SHOWN_MAX: usize = 5;
/// The widest file name in the table.
const NAME_MAX: usize = 44;

/// What was read, until it is printed.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
    /// Files without a row.
    more: u64,
    files: u64,
    unreadable: u64,
    transactions: u64,
    claims: u64,
    paid: Money,
    rules: BTreeMap<Rule, Group>,
}

#[derive(Debug)]
struct Row {
    file: String,
    remittances: u64,
    claims: u64,
    lines: u64,
    paid: Money,
    verdict: String,
    odd: bool,
}

#[derive(Debug, Default)]
struct Group {
    count: u64,
    shown: Vec<(String, Finding)>,
}

impl Report {
    /// Takes the summary of a file.
    pub fn take(&mut self, summary: Summary) {
        self.files = self.files.saturating_add(1);
        self.transactions = self.transactions.saturating_add(summary.transactions);
        self.claims = self.claims.saturating_add(summary.claims);
        self.paid = self.paid.checked_add(summary.claim_paid).unwrap_or(self.paid);
        let unreadable = summary.outcome == Outcome::Unreadable;
        self.unreadable = self.unreadable.saturating_add(u64::from(unreadable));
        let findings = summary.findings_by_rule.values().copied().fold(0, u64::saturating_add);
        let odd = !summary.is_clean();
        if self.rows.len() < ROWS_MAX || (odd && self.rows.len() < ROWS_MAX.saturating_mul(10)) {
            self.rows.push(Row {
                file: shortened(&summary.file),
                remittances: summary.transactions,
                claims: summary.claims,
                lines: summary.lines,
                paid: summary.claim_paid,
                verdict: verdict(&summary, findings),
                odd,
            });
        } else {
            self.more = self.more.saturating_add(1);
        }
        for (rule, count) in &summary.findings_by_rule {
            let group = self.rules.entry(*rule).or_default();
            group.count = group.count.saturating_add(*count);
        }
        for finding in summary.findings {
            let group = self.rules.entry(finding.rule).or_default();
            if group.shown.len() < SHOWN_MAX {
                group.shown.push((summary.file.clone(), finding));
            }
        }
    }

    /// Prints everything.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.table(out)?;
        writeln!(
            out,
            "  {} {}, {} {}, {} {}, $ {} paid{}",
            grouped(self.files),
            if self.files == 1 { "file" } else { "files" },
            grouped(self.transactions),
            if self.transactions == 1 { "remittance" } else { "remittances" },
            grouped(self.claims),
            if self.claims == 1 { "claim" } else { "claims" },
            self.paid.grouped(),
            if self.unreadable > 0 {
                format!("; {} cannot be read", grouped(self.unreadable))
            } else {
                String::new()
            },
        )?;
        if self.rules.is_empty() {
            return writeln!(out, "  no findings");
        }
        for (rule, group) in &self.rules {
            writeln!(out, "\n  {:>7}  {}", grouped(group.count), rule.id())?;
            for (file, finding) in &group.shown {
                show(file, finding, out)?;
            }
            let shown = u64::try_from(group.shown.len()).unwrap_or(u64::MAX);
            if group.count > shown {
                let more = grouped(group.count.saturating_sub(shown));
                writeln!(out, "           {more} more: lookback check --format json")?;
            }
        }
        Ok(())
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = || self.rows.iter().filter(|row| row.odd || self.more == 0);
        if rows().next().is_none() {
            return Ok(());
        }
        let width = rows().map(|row| row.file.chars().count()).max().unwrap_or(4).max(4);
        writeln!(
            out,
            "  {:width$}  {:>5}  {:>7}  {:>7}  {:>15}",
            "file", "remit", "claims", "lines", "paid"
        )?;
        for row in rows() {
            writeln!(
                out,
                "  {:width$}  {:>5}  {:>7}  {:>7}  {:>15}  {}",
                row.file,
                row.remittances,
                grouped(row.claims),
                grouped(row.lines),
                row.paid.grouped(),
                row.verdict,
            )?;
        }
        writeln!(out)
    }
}

/// What is said of a file in its row.
fn verdict(summary: &Summary, findings: u64) -> String {
    let findings = match findings {
        0 if summary.transactions > 0 => "ok".to_owned(),
        0 => String::new(),
        1 => "1 finding".to_owned(),
        n => format!("{n} findings"),
    };
    match &summary.reason {
        None => findings,
        Some(reason) if summary.outcome == Outcome::Unreadable => format!("unreadable: {reason}"),
        Some(reason) if findings.is_empty() => reason.clone(),
        Some(reason) => format!("{findings}; {reason}"),
    }
}

fn show(file: &str, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let path = match finding.path.as_str() {
        "" => "outside every interchange",
        path => path,
    };
    writeln!(
        out,
        "           {} segment {}, byte {}, {path}",
        shortened(file),
        finding.segment,
        finding.offset,
    )?;
    write!(out, "             {}", finding.message)?;
    match (finding.expected.as_str(), finding.found.as_str()) {
        ("", "") => writeln!(out),
        ("", found) => writeln!(out, ": found {found}"),
        (expected, "") => writeln!(out, ": expected {expected}"),
        (expected, found) => writeln!(out, ": expected {expected}, found {found}"),
    }
}

/// The end of a long name: that is where files differ.
fn shortened(file: &str) -> String {
    let length = file.chars().count();
    if length <= NAME_MAX {
        return plain(file);
    }
    let skip = length.saturating_sub(NAME_MAX.saturating_sub(1));
    let kept: String = file.chars().skip(skip).collect();
    format!("…{}", plain(&kept))
}

/// A name without what could end a line or move the cursor.
pub(crate) fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

/// A count with spaces between its thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len().saturating_mul(2));
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
