//! `lookback due`: what happens next, by date, with its consequence.

use std::io::{self, Write};

use super::report::{OfCases, answer, say_hidden, sink, view};
use super::table::{Column, Line, Sink, amount, clipped, left};
use super::text::{count, plain, spaced};
use super::{Failure, Site};
use crate::report::due::{Answer, Due, Wanted, due};

/// Arguments of `due`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Due within so many days, such as 14d
    #[arg(long, value_name = "DAYS", value_parser = days, conflicts_with = "overdue")]
    within: Option<u32>,
    /// What is past, and not done
    #[arg(long)]
    overdue: bool,
    #[command(flatten)]
    cases: OfCases,
}

fn days(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('d').unwrap_or(text);
    number.parse().map_err(|_| "so many days are written 14d".to_owned())
}

impl Line for Due {
    const FIELDS: &'static [&'static str] =
        &["due", "days", "subject", "clock", "payee", "payee_name", "amount", "then", "policy"];
    const COLUMNS: &'static [Column] = &[left("due", 14)];
    fn cells(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let ledger = site.open_to_read("due")?;
        let view = view(&ledger, &self.cases.of.asked)?;
        let wanted = Wanted {
            on: self.cases.of.day(&view),
            cases: self.cases.wanted(&view).map_err(answer)?,
            within: self.within,
            overdue: self.overdue,
        };
        let told = due(&view, &wanted).map_err(answer)?;
        let mut sink = sink(self.cases.of.asked.format);
        print(&told, &wanted, &mut sink)?;
        say_hidden(&mut sink, told.hidden).map_err(answer)?;
        sink.end()?;
        Ok(0)
    }
}

fn print<W: Write>(told: &Answer, wanted: &Wanted, sink: &mut Sink<W>) -> io::Result<()> {
    if !sink.is_table() {
        told.due.iter().try_for_each(|due| sink.put(due))?;
        return sink.ended::<Due>();
    }
    let shown = u64::try_from(told.due.len()).unwrap_or(u64::MAX);
    if shown == 0 {
        let what = if wanted.overdue { "nothing is past due" } else { "nothing is due" };
        sink.say(&format!("  {what}, asked about {}", told.on.0))?;
    } else {
        sink.say(&format!(
            "  {:<14}  {:>5}  {:<16}  {:<14}  {:>12}  what happens then",
            "due", "in", "case", "payee", "amount"
        ))?;
    }
    for due in &told.due {
        let name = due.payee_name.as_deref().unwrap_or(&due.payee);
        let id = due.subject.split_once(':').map_or(due.subject.as_str(), |(_, id)| id);
        let mut then = wrapped(&plain(&due.then), THEN);
        if then.is_empty() {
            then.push(String::new());
        }
        for (place, part) in then.iter().enumerate() {
            let line = if place == 0 {
                format!(
                    "  {:<14}  {:>4}d  {:<16}  {:<14}  {:>12}  {part}",
                    due.due.0.format("%Y-%m-%d %a").to_string(),
                    due.days,
                    clipped(id, 16),
                    clipped(name, 14),
                    due.amount.map_or("-".to_owned(), |sum| amount(Some(sum))),
                )
            } else {
                format!("{:BEFORE$}{part}", "")
            };
            sink.say(line.trim_end())?;
        }
    }
    let past = match (wanted.overdue, told.overdue) {
        (true, _) | (_, 0) => String::new(),
        (false, n) => format!(", {} past due: lookback due --overdue", spaced(n)),
    };
    if shown > 0 || !past.is_empty() {
        let words = count(shown, "is", "are");
        sink.say(&format!("\n  {} {words} shown{past}", spaced(shown)))?;
    }
    if let Some(due) = told.due.iter().find(|due| due.policy.is_some()) {
        let clock = due.clock.as_deref().unwrap_or_default();
        sink.say(&format!("  why a date: lookback explain {} {clock}", due.subject))?;
    }
    Ok(())
}

/// Where the consequence begins, and how wide it may be.
const BEFORE: usize = 73;
const THEN: usize = 27;

/// A text in lines of at most so many columns.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count().saturating_add(word.chars().count()) < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
