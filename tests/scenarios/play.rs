//! Plays a story through a ledger of its own.

use std::io::Cursor;

use chrono::NaiveDate;
use lookback::command::Asking;
use lookback::ingest::file::Ingest;
use lookback::ledger::Ledger;
use lookback::ledger::create::Choices;
use lookback::now::now;
use lookback::record::{Outcome, Recorder};
use lookback::report::day_of;
use lookback_events::id::{ActorId, CaseId};
use lookback_events::time::MonthDay;
use lookback_projections::{cases, movements};

use super::pay::{PAYEE, Remittance};
use super::read::{Kind, Line, Table, words};
use super::{ask, wish};
use crate::ledger::{Quiet, audited, rebuilt, rows, same};

/// A story on its way.
pub(super) struct World {
    pub(super) ledger: Ledger,
    /// The day of the last line that had one.
    pub(super) day: NaiveDate,
    /// How many remittances and commands were given.
    given: u64,
    /// The movement that was last named because it waited.
    waited: Option<String>,
    _folder: tempfile::TempDir,
}

/// Plays a story; says which line is not so.
pub(super) fn play(table: &Table) -> Result<(), String> {
    let mut world =
        World::new(table.lines.first()).map_err(|why| format!("{}\n    {why}", table.place()))?;
    for line in &table.lines {
        world
            .line(line)
            .map_err(|why| format!("{}\n    {}\n    {why}", table.at(line.number), line.text))?;
    }
    world.end().map_err(|why| format!("{}\n    at the end: {why}", table.place()))
}

pub(super) fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| format!("{text:?} is no day"))
}

/// Compares what is expected with what is there.
pub(super) fn is(what: &str, expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what}: expected {expected}, found {found}"))
}

impl World {
    fn new(first: Option<&Line>) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let mut choices = Choices::new(&path);
        choices.fiscal_year_end = MonthDay::parse("12-31").ok();
        let words = first.map(|line| words(&line.text)).unwrap_or_default();
        if words.first().is_some_and(|word| word == "ledger") {
            for word in &words[1..] {
                match word.split_once('=') {
                    Some(("fiscal-year-end", "none")) => choices.fiscal_year_end = None,
                    Some(("fiscal-year-end", on)) => {
                        choices.fiscal_year_end = Some(month_day(on)?);
                    }
                    Some(("contract-year-start", on)) => {
                        choices.contract_year_start = month_day(on)?;
                    }
                    _ => return Err(format!("a ledger has no {word}")),
                }
            }
        }
        let ledger = Ledger::create(&path, &choices).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        Ok(Self { ledger, day, given: 0, waited: None, _folder: folder })
    }

    fn line(&mut self, line: &Line) -> Result<(), String> {
        let text = line.text.as_str();
        match line.kind {
            Kind::Given if text.starts_with("ledger") => Ok(()),
            Kind::Given if text.starts_with("payment ") => self.payment(text),
            Kind::Given if text.starts_with("case ") => self.case(text),
            Kind::Given | Kind::When => self.happens(text),
            Kind::Then => ask::ask(self, text),
        }
    }

    /// `payment A-1 500.00 on 2026-01-05 of=… served=… lines=…`
    fn payment(&mut self, text: &str) -> Result<(), String> {
        let words = words(text);
        let (Some(claim), Some(amount), Some(on)) = (words.get(1), words.get(2), words.get(4))
        else {
            return Err("payment CLAIM AMOUNT on DAY".to_owned());
        };
        let (mut own, mut of) = (String::new(), String::new());
        for word in &words[5..] {
            let to = if word.starts_with("served=")
                || word.starts_with("lines=")
                || word.starts_with("control=")
            {
                &mut own
            } else {
                &mut of
            };
            to.push(' ');
            to.push_str(word);
        }
        self.happens(&format!("{on} remittance{of}: {claim} 1 {amount} {amount}{own}"))
    }

    /// `case OP-1 of A-1 200.00 identified 2026-02-02 NAME=VALUE…`
    fn case(&mut self, text: &str) -> Result<(), String> {
        let words = words(text);
        if words.len() < 7 || words[2] != "of" || words[5] != "identified" {
            return Err("case ID of CLAIM AMOUNT identified DAY".to_owned());
        }
        let more: Vec<String> = words[7..].iter().map(|word| again(word)).collect();
        self.happens(&format!(
            "{} identify-case {} claims={}:{} {}",
            words[6],
            words[1],
            words[3],
            words[4],
            more.join(" ")
        ))
    }

    /// Something that happens on a day, and what is answered.
    fn happens(&mut self, text: &str) -> Result<(), String> {
        let (text, expected) = text.split_once(" -> ").unwrap_or((text, "recorded"));
        let (on, told) = text.split_once(' ').ok_or("a day is wanted")?;
        self.day = day(on.split('T').next().unwrap_or_default())?;
        let found = match told.trim().split_once(':') {
            Some((head, parts)) if head.starts_with("remittance") => self.pays(head, parts)?,
            _ => self.told(&words(told), on)?,
        };
        is("the answer", expected, &found)
    }

    fn pays(&mut self, head: &str, parts: &str) -> Result<String, String> {
        self.given += 1;
        let (mut trace, mut payee) = (format!("7{:05}", self.given), PAYEE.to_owned());
        let mut payer = "1999999999".to_owned();
        for word in words(head).iter().skip(1) {
            match word.split_once('=') {
                Some(("trace", given)) => given.clone_into(&mut trace),
                Some(("of", given)) => given.clone_into(&mut payee),
                Some(("payer", given)) => given.clone_into(&mut payer),
                _ => return Err(format!("a remittance has no {word}")),
            }
        }
        let paid_on = self.day.format("%Y%m%d").to_string();
        let (trace, payee, payer) = (&trace, &payee, &payer);
        let text = Remittance { paid_on: &paid_on, trace, payee, payer }.text(parts)?;
        let mut ingest = Ingest::new(&mut self.ledger, actor("svc-ingest"));
        let name = format!("{trace}.835");
        let taken = ingest.file(&name, &name, Cursor::new(text.as_bytes()), &mut Quiet);
        let summary = taken.map_err(|error| error.to_string())?.summary;
        self.ledger.flush().map_err(|error| error.to_string())?;
        Ok(listed(summary.findings.iter().map(|found| found.rule.id())))
    }

    fn told(&mut self, words: &[String], happened: &str) -> Result<String, String> {
        let words: Vec<String> = words.iter().map(|word| self.movement(word)).collect();
        let text = wish::object(&words, happened)?.to_string();
        // A story may be told of days to come; nothing in it happens behind the day that it is.
        let today = day_of(&self.ledger, now()).max(self.day);
        let recorder = Recorder::on(&mut self.ledger, today);
        let mut recorder = recorder.map_err(|error| error.to_string())?;
        let reading = recorder.reading(None).map_err(|error| error.to_string())?;
        let command = match Asking::parse(&text).and_then(|asking| asking.command(&reading)) {
            Ok(command) => command,
            Err(error) => {
                let error = error.to_string();
                let known = !error.contains("there is no such command");
                return Ok(if known {
                    format!("no command, {error}")
                } else {
                    "no command".to_owned()
                });
            }
        };
        let answer = recorder.take(command).map_err(|error| error.to_string())?;
        recorder.ledger().flush().map_err(|error| error.to_string())?;
        Ok(match answer.outcome {
            Outcome::Recorded { findings, .. } => {
                listed(findings.iter().map(|found| found.rule.id()))
            }
            Outcome::AlreadyRecorded { .. } => "already".to_owned(),
            Outcome::Refused(refusal) => {
                let told = refusal.told();
                assert!(!told.citation.is_empty() && !refusal.to_string().is_empty());
                let day = told.date.map(|day| format!(" {}", day.0)).unwrap_or_default();
                format!("refused {}{day}", told.rule)
            }
        })
    }

    /// A movement that a story cannot know the record of: `movement=waiting` is the first that waits,
    /// `movement=OP-1` the last that is booked there, `movement=again` the one that waited before.
    fn movement(&mut self, word: &str) -> String {
        let Some(which) = word.strip_prefix("movement=") else { return word.to_owned() };
        let mut found = None;
        let mut take = |at: lookback_projections::Position| {
            found = Some(format!("{}/{}", at.journal, at.seq));
        };
        if which == "waiting" {
            movements::unmatched(self.ledger.rows(), None, &mut |at, _| {
                take(at);
                Ok(false)
            })
            .unwrap();
            self.waited.clone_from(&found);
        } else if which == "again" {
            found.clone_from(&self.waited);
        } else if let Ok(case) = CaseId::parse(which) {
            movements::of_case(self.ledger.rows(), &case, &mut |at, _| {
                take(at);
                Ok(true)
            })
            .unwrap();
        }
        found.map_or(word.to_owned(), |at| format!("movement={at}"))
    }

    /// What must hold of every ledger, whatever was told.
    fn end(self) -> Result<(), String> {
        let rows_now = self.ledger.rows();
        let mut wrong = None;
        cases::all(rows_now, &mut |id, row| {
            let again = cases::recount(rows_now, &id, &row).unwrap();
            if again != row.money || !row.money.holds().unwrap() {
                wrong = Some(format!("the money of {id} does not meet: {:?}", row.money));
            }
            wrong.is_none()
        })
        .unwrap();
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        same(&rows(&self.ledger), &rebuilt(&self.ledger));
        audited(&self.ledger);
        Ok(())
    }
}

/// A word as it was written, with the quotes that reading took away.
fn again(word: &str) -> String {
    match word.split_once('=') {
        Some((name, value)) if value.contains(' ') && !value.starts_with(['{', '[']) => {
            format!("{name}=\"{value}\"")
        }
        _ => word.to_owned(),
    }
}

fn month_day(text: &str) -> Result<MonthDay, String> {
    MonthDay::parse(text).map_err(|error| error.to_string())
}

fn actor(id: &str) -> ActorId {
    ActorId::parse(id).unwrap()
}

/// Ids of findings, sorted; `recorded` for none.
fn listed(rules: impl Iterator<Item = &'static str>) -> String {
    let mut rules: Vec<_> = rules.collect();
    rules.sort_unstable();
    if rules.is_empty() { "recorded".to_owned() } else { rules.join(" ") }
}
