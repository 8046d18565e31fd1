//! `lookback replay`: a case step by step, two sights of it, or what if.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use lookback_events::event::act::Subject;
use lookback_events::event::text::Day;
use lookback_events::id::{CaseId, JournalId};
use lookback_events::time::Timestamp;
use lookback_projections::policy::purpose::EndRule;

use super::policy::named;
use super::report::{answer, day_asked, moment_asked, sink};
use super::{Failure, Format, Site};
use crate::ledger::Ledger;
use crate::replay::compare::{Sight, compare};
use crate::replay::html;
use crate::replay::rules::WhatIf;
use crate::replay::{Dials, Replay, Story, replay};
use crate::report::stand_down::may_see;
use crate::report::{View, day_of, end_at, moment};

mod print;

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The case, such as case:OP-2026-000117
    #[arg(value_name = "CASE", value_parser = case)]
    case: CaseId,
    /// As things are on that day [default: today, or the day of --known-at]
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// As it was known then: 2026-03-31 (the end of that day) or 2026-03-31T17:00:00Z
    #[arg(long, value_name = "TIME")]
    known_at: Option<String>,
    /// What differs between two times, and what made it so: of what was known at each about its day;
    /// with --on of what was known alone, with --known-at of the day alone
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], conflicts_with_all = ["what_if", "html"])]
    compare: Option<Vec<String>>,
    /// Under another policy or end rule: policy=FILE or end-rule=strict
    #[arg(long, value_name = "RULES")]
    what_if: Option<String>,
    /// Write a page with a chart of the money into a file, to be looked at or printed
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Claims, and what people wrote, too: they may name patients
    #[arg(long)]
    patient: bool,
    /// Also a case that an agency's stand-down covers: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Reads `case:OP-1`, or the id alone.
pub(super) fn case(text: &str) -> Result<CaseId, String> {
    match Subject::parse(text) {
        Ok(Subject::Case(case)) => Ok(case),
        Ok(_) => Err("a case is wanted: case:ID".to_owned()),
        Err(_) => CaseId::parse(text).map_err(|error| error.to_string()),
    }
}

/// Reads what is to be otherwise.
fn what_if(text: &str) -> Result<WhatIf, Failure> {
    match text.split_once('=') {
        Some(("policy", name)) => Ok(WhatIf::Policy(Box::new(named(name)?.0))),
        Some(("end-rule", rule)) => {
            let rule = EndRule::parse(rule);
            Ok(WhatIf::EndRule(rule.map_err(|error| Failure::usage(error.to_string()))?))
        }
        _ => Err(Failure::usage("write --what-if policy=FILE or --what-if end-rule=strict")),
    }
}

/// A case as far as it was known: made from its records alone, so nothing of the past is folded.
pub(super) fn view_of<'a>(ledger: &'a Ledger, known_at: Option<&str>) -> Result<View<'a>, Failure> {
    let Some(text) = known_at else { return Ok(View::live(ledger)) };
    let until = moment_asked(ledger, text).map_err(answer)?;
    View::records_until(ledger, until).map_err(answer)
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let what_if = self.what_if.as_deref().map(what_if).transpose()?;
        let ledger = site.open_to_read("replay")?;
        if let Some(times) = &self.compare {
            return self.compared(&ledger, times);
        }
        let view = view_of(&ledger, self.known_at.as_deref())?;
        let (on, curve) = (day_asked(&view, self.on), self.html.is_some());
        may_see(&view, &self.case, on, self.cleared).map_err(answer)?;
        let dials = Dials { on: Some(on), what_if, persons: self.patient, curve };
        let told = replay(&view, &self.case, &dials).map_err(answer)?;
        if let Some(path) = &self.html {
            write_page(path, &told)?;
            say!("  {} steps of case {} in {}", told.steps.len(), told.case, path.display());
            return Ok(0);
        }
        let mut sink = sink(self.format);
        print::replay(&told, &mut sink)?;
        sink.end()?;
        Ok(0)
    }

    fn compared(&self, ledger: &Ledger, times: &[String]) -> Result<u8, Failure> {
        let [from, to] = times else { return Err(Failure::usage("two times are compared")) };
        let now = crate::now::now();
        let (first, second) = (self.sight(ledger, from, now)?, self.sight(ledger, to, now)?);
        if (first.known_at, first.on) > (second.known_at, second.on) {
            return Err(Failure::usage("the first time is after the second"));
        }
        let view = View::records_until(ledger, second.known_at).map_err(answer)?;
        for sight in [&first, &second] {
            may_see(&view, &self.case, sight.on, self.cleared).map_err(answer)?;
        }
        let story = Story::open(&view, &self.case, None).map_err(answer)?;
        let look = |count: usize, control: u64, on: Day| story.look(count, control, on);
        let told = compare(self.case.as_str(), &story.known, (first, second), &look);
        let mut sink = sink(self.format);
        print::comparison(&told.map_err(answer)?, &mut sink)?;
        sink.end()?;
        Ok(0)
    }

    /// What was known at a time about its day; the dial that is set stays.
    fn sight(&self, ledger: &Ledger, time: &str, now: Timestamp) -> Result<Sight, Failure> {
        let until = moment(ledger, time).map_err(answer)?;
        let known_at = match &self.known_at {
            Some(text) => moment(ledger, text).map_err(answer)?,
            None => until,
        };
        // What is to come is not known.
        let known_at = known_at.min(now);
        let on = self.on.unwrap_or_else(|| day_of(ledger, until));
        let control = end_at(ledger, JournalId::CONTROL, known_at).map_err(answer)?;
        Ok(Sight { known_at, on: Day(on), control })
    }
}

fn write_page(path: &Path, told: &Replay) -> Result<(), Failure> {
    let written = std::fs::File::create(path)
        .and_then(|mut file| file.write_all(html::page(told).as_bytes()));
    written.map_err(|error| Failure::new(format!("cannot write {}", path.display())).because(error))
}
