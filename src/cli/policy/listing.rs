//! `lookback policy list`: what comes with the program, and what a ledger goes by.

use std::io;

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_projections::policy::Policy;
use serde::Serialize;

use super::super::report::{Asked, answer, view};
use super::super::table::{Column, Line, Sink, left, right};
use super::super::text::count;
use super::super::{Failure, Site};
use super::adopting::is_ledger;
use super::shipped;
use crate::report::day_of;
use crate::report::policies::{Held, policies};

/// Arguments of `policy list`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only those that come with the program, also in a ledger
    #[arg(long, conflicts_with_all = ["on", "known_at"])]
    shipped: bool,
    /// In a ledger: what is in force on that day [default: the day of what is known]
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    #[command(flatten)]
    asked: Asked,
}

/// One policy in a list.
#[derive(Serialize)]
struct Listed {
    id: String,
    version: u32,
    layer: &'static str,
    effective: String,
    rules: usize,
    unverified: usize,
    title: String,
}

impl Line for Listed {
    const FIELDS: &'static [&'static str] =
        &["id", "version", "layer", "effective", "rules", "unverified", "title"];
    const COLUMNS: &'static [Column] = &[
        left("policy", 27),
        right("version", 7),
        left("layer", 10),
        left("in force", 15),
        right("rules", 5),
        right("unverified", 10),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.version.to_string(),
            self.layer.to_owned(),
            self.effective.clone(),
            self.rules.to_string(),
            self.unverified.to_string(),
        ]
    }
}

impl Listed {
    fn of(policy: &Policy) -> Self {
        Self {
            id: policy.id.to_string(),
            version: policy.version,
            layer: policy.layer.as_str(),
            effective: policy.effective.to_string(),
            rules: policy.rules.len(),
            unverified: policy.unverified(),
            title: policy.title.clone(),
        }
    }
}

impl Line for Held {
    const FIELDS: &'static [&'static str] = &[
        "id",
        "version",
        "layer",
        "standing",
        "since",
        "until",
        "adopted",
        "adopted_by",
        "adopted_on",
        "announced",
        "kind",
        "mandated_by",
        "sha256",
        "rules",
        "unverified",
        "title",
    ];
    const COLUMNS: &'static [Column] = &[
        left("policy", 27),
        right("version", 7),
        left("standing", 8),
        left("from", 10),
        left("until", 10),
        left("adopted", 12),
        right("unverified", 10),
    ];
    fn cells(&self) -> Vec<String> {
        let day = |day: Option<Day>| day.map_or_else(|| "-".to_owned(), |day| day.0.to_string());
        vec![
            self.id.clone(),
            self.version.to_string(),
            self.standing.as_str().to_owned(),
            day(self.since),
            day(self.until),
            self.adopted.clone().unwrap_or_else(|| "by default".to_owned()),
            self.unverified.to_string(),
        ]
    }
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        if self.shipped || !is_ledger(&site.folder) {
            if self.on.is_some() || self.asked.known_at.is_some() {
                let what = format!("there is no ledger at {}", site.folder.display());
                return Err(Failure::usage(what).help("name it with --ledger DIR"));
            }
            return self.come_with_the_program();
        }
        let ledger = site.open_to_read("policy")?;
        let view = view(&ledger, &self.asked)?;
        let on = self.on.unwrap_or_else(|| day_of(view.ledger(), view.moment()));
        let held = policies(&view, Day(on)).map_err(answer)?;
        let mut sink = Sink::new(self.asked.format, io::stdout().lock());
        sink.say(&format!("  policies of {} on {on}\n", ledger.choices().origin))?;
        held.iter().try_for_each(|held| sink.put(held))?;
        sink.ended::<Held>()?;
        let known = |id: &str| held.iter().any(|held| held.id == id);
        let others = shipped()?.into_iter().filter(|policy| !known(policy.id.as_str())).count();
        let others = u64::try_from(others).unwrap_or(u64::MAX);
        if others > 0 {
            let words = count(others, "other comes", "others come");
            sink.say(&format!(
                "\n  {others} {words} with the program, not adopted: lookback policy list --shipped"
            ))?;
        }
        sink.say("  the policy in force on a notice's date governs its windows")?;
        sink.say(
            "  another version: lookback policy adopt FILE --announced DATE --kind payment|general",
        )?;
        sink.end()?;
        Ok(0)
    }

    fn come_with_the_program(&self) -> Result<u8, Failure> {
        let mut sink = Sink::new(self.asked.format, io::stdout().lock());
        for policy in shipped()? {
            sink.put(&Listed::of(&policy))?;
        }
        sink.ended::<Listed>()?;
        sink.say("\n  an unverified rule warns and blocks a disposal, and never decides")?;
        sink.say(
            "  one policy: lookback policy show ID; one clock: lookback clock RULE --start DATE",
        )?;
        sink.end()?;
        Ok(0)
    }
}
