//! `report monday`: what will not move by itself, in lines, or one line alone.

use std::collections::BTreeMap;
use std::io::Write;

use lookback_events::money::Money;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::{count, spaced};
use super::cases::{OfCases, say_hidden};
use super::{Named, begin_named, begin_on};
use crate::report::monday::{self, Item, Line as Which, Question, Summary};
use crate::report::{AnswerError, View};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One line alone, with everything in it, such as unmatched
    #[arg(long, value_name = "LINE", value_parser = which)]
    line: Option<Which>,
    /// Payment cycles after which an instruction counts as not seen
    #[arg(long, value_name = "N", default_value_t = monday::CYCLES)]
    cycles: u64,
    #[command(flatten)]
    pub(super) cases: OfCases,
}

fn which(text: &str) -> Result<Which, String> {
    let found = Which::ALL.into_iter().find(|line| line.as_str() == text);
    found.ok_or_else(|| {
        let all: Vec<&str> = Which::ALL.iter().map(|line| line.as_str()).collect();
        format!("there is no such line; the lines are {}", all.join(", "))
    })
}

impl Line for Summary {
    const FIELDS: &'static [&'static str] = &["line", "items", "amount", "oldest", "what"];
    const COLUMNS: &'static [Column] =
        &[left("", 25), right("items", 7), right("dollars", 15), left("oldest", 44)];
    fn cells(&self) -> Vec<String> {
        let amount = self.amount.map_or_else(|| "-".to_owned(), Money::grouped);
        vec![self.line.in_words().to_owned(), spaced(self.items), amount, self.what.clone()]
    }
}

impl Line for Item {
    const FIELDS: &'static [&'static str] = &[
        "line", "case", "payee", "plan", "owner", "vendor", "since", "days", "amount", "what", "at",
    ];
    const COLUMNS: &'static [Column] = &[
        left("case or record", 16),
        left("payee", 12),
        left("owner", 10),
        left("since", 10),
        right("days", 5),
        right("dollars", 12),
        left("what", 19),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.case.clone().unwrap_or_else(|| self.at.clone()),
            self.payee.clone(),
            self.owner.clone().unwrap_or_else(|| "-".to_owned()),
            day(self.since),
            self.days.map_or_else(|| "-".to_owned(), |days| days.to_string()),
            self.amount.map_or_else(|| "-".to_owned(), Money::grouped),
            self.what.clone(),
        ]
    }
}

impl Args {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let on = self.cases.of.day(view);
        let wanted = self.cases.wanted(view)?;
        let question = Question { wanted, line: self.line, cycles: self.cycles, on };
        if let Some(line) = self.line {
            return alone(view, line, &question, sink);
        }
        begin_on(view, "monday", Some(on), sink)?;
        let mut owners = BTreeMap::new();
        let (lines, hidden) = monday::summary(view, &question, &mut owners)?;
        for line in &lines {
            sink.put(line)?;
        }
        sink.ended::<Summary>()?;
        if !owners.is_empty() {
            sink.say("")?;
        }
        for ((owner, vendor), (items, amount)) in owners {
            let owner = if vendor.is_empty() { owner } else { format!("{owner}, {vendor}") };
            let (items, amount) = (spaced(items), amount.grouped());
            sink.say(&format!("  {owner:<25}  {items:>7}  {amount:>15}"))?;
        }
        sink.say("\n  each line alone: lookback report monday --line no-clock")?;
        say_hidden(sink, hidden)
    }
}

fn alone<W: Write>(
    view: &View<'_>,
    line: Which,
    question: &Question,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    let named = Named { report: "monday", line: Some(line.as_str()), ..Named::default() };
    begin_named(view, named, Some(question.on), sink)?;
    let hidden = monday::all(view, question, &mut |item| Ok(sink.put(&item)?))?;
    sink.ended::<Item>()?;
    let lines = sink.lines();
    if lines == 0 {
        sink.say("  nothing to do in this line")?;
    } else {
        let words = count(lines, "thing to do", "things to do");
        sink.say(&format!("\n  {} {words}: {}", spaced(lines), line.in_words()))?;
    }
    say_hidden(sink, hidden)
}
