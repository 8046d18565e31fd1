//! What auditors measure: `report aging`, `funnel`, `recovery-rate`, `overturn-rate`, `days`,
//! `top-reasons`. Short lists of sums over all cases asked for.

use std::io::Write;

use lookback_events::money::Money;

use super::super::table::{Column, Line, Sink, left, right};
use super::super::text::spaced;
use super::begin_on;
use super::cases::OfCases;
use crate::report::aging::{self, Bucket};
use crate::report::days::{self, Step};
use crate::report::funnel::{self, Stage};
use crate::report::overturn_rate::{self, Determined};
use crate::report::recovery_rate::{self, Cohort};
use crate::report::top_reasons::{self, Top};
use crate::report::{AnswerError, View};

/// Which measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Aging,
    Funnel,
    RecoveryRate,
    OverturnRate,
    Days,
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) cases: OfCases,
}

#[derive(Debug, clap::Args)]
pub(super) struct Top10 {
    /// How many of each
    #[arg(long, value_name = "N", default_value_t = 10)]
    most: usize,
    #[command(flatten)]
    pub(super) cases: OfCases,
}

/// A share, or that there is none.
fn share(percent: Option<&String>) -> String {
    percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"))
}

/// A number of days, or that there is none.
fn days_or_none(days: Option<i64>) -> String {
    days.map_or_else(|| "-".to_owned(), |days| days.to_string())
}

impl Line for Bucket {
    const FIELDS: &'static [&'static str] =
        &["days", "cases", "outstanding", "carried_forward", "restoration_owed", "inventory"];
    const COLUMNS: &'static [Column] = &[
        left("days", 12),
        right("cases", 7),
        right("outstanding", 15),
        right("carried forward", 15),
        right("restoration", 15),
        right("inventory", 15),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.days.to_owned(),
            spaced(self.cases),
            self.outstanding.grouped(),
            self.carried_forward.grouped(),
            self.restoration_owed.grouped(),
            self.inventory.grouped(),
        ]
    }
}

impl Line for Stage {
    const FIELDS: &'static [&'static str] = &["stage", "cases", "amount", "of_identified"];
    const COLUMNS: &'static [Column] =
        &[left("stage", 12), right("cases", 8), right("dollars", 16), right("of identified", 13)];
    fn cells(&self) -> Vec<String> {
        let percent = share(self.of_identified.as_ref());
        vec![self.stage.to_owned(), spaced(self.cases), self.amount.grouped(), percent]
    }
}

impl Line for Cohort {
    const FIELDS: &'static [&'static str] = &[
        "noticed",
        "cases",
        "identified",
        "reduced",
        "collected",
        "written_off",
        "carried_forward",
        "outstanding",
        "rate",
        "rate_of_standing",
    ];
    const COLUMNS: &'static [Column] = &[
        left("noticed", 7),
        right("cases", 6),
        right("identified", 14),
        right("reduced", 13),
        right("collected", 14),
        right("outstanding", 14),
        right("rate", 8),
        right("standing", 8),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.noticed.clone(),
            spaced(self.cases),
            self.identified.grouped(),
            self.reduced.grouped(),
            self.collected.grouped(),
            self.outstanding.grouped(),
            share(self.rate.as_ref()),
            share(self.rate_of_standing.as_ref()),
        ]
    }
}

impl Line for Determined {
    const FIELDS: &'static [&'static str] = &[
        "by",
        "value",
        "determined",
        "upheld",
        "modified",
        "overturned",
        "reduced",
        "overturn_rate",
        "change_rate",
    ];
    const COLUMNS: &'static [Column] = &[
        left("by", 7),
        left("which", 25),
        right("all", 6),
        right("upheld", 6),
        right("modified", 8),
        right("over", 6),
        right("reduced", 13),
        right("rate", 8),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.by.to_owned(),
            self.value.clone(),
            spaced(self.determined),
            spaced(self.upheld),
            spaced(self.modified),
            spaced(self.overturned),
            self.reduced.grouped(),
            share(self.overturn_rate.as_ref()),
        ]
    }
}

impl Line for Step {
    const FIELDS: &'static [&'static str] = &["step", "count", "median", "p90", "max"];
    const COLUMNS: &'static [Column] = &[
        left("step", 26),
        right("count", 8),
        right("median", 7),
        right("p90", 7),
        right("max", 7),
    ];
    fn cells(&self) -> Vec<String> {
        let days = [self.median, self.p90, self.max].map(days_or_none);
        let head = [self.step.replace('-', " "), spaced(self.count)];
        head.into_iter().chain(days).collect()
    }
}

impl Line for Top {
    const FIELDS: &'static [&'static str] =
        &["by", "rank", "value", "cases", "identified", "collected", "outstanding", "share"];
    const COLUMNS: &'static [Column] = &[
        right("rank", 4),
        left("which", 28),
        right("cases", 7),
        right("identified", 15),
        right("outstanding", 15),
        right("share", 8),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.rank.to_string(),
            self.value.clone(),
            spaced(self.cases),
            self.identified.grouped(),
            self.outstanding.grouped(),
            share(self.share.as_ref()),
        ]
    }
}

fn put<T: Line, W: Write>(
    sink: &mut Sink<W>,
    lines: &[T],
    none: &str,
    notes: &[&str],
) -> Result<(), AnswerError> {
    for line in lines {
        sink.put(line)?;
    }
    sink.ended::<T>()?;
    if lines.is_empty() {
        return Ok(sink.say(none)?);
    }
    for (number, note) in notes.iter().enumerate() {
        let ahead = if number == 0 { "\n  " } else { "  " };
        sink.say(&format!("{ahead}{note}"))?;
    }
    Ok(())
}

impl Args {
    pub(super) fn answer<W: Write>(
        &self,
        measure: Measure,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let (on, wanted) = (self.cases.of.day(view), self.cases.wanted(view)?);
        match measure {
            Measure::Aging => {
                begin_on(view, "aging", Some(on), sink)?;
                let buckets = aging::aging(view, &wanted, on)?;
                let notes = [
                    "days since the first notice that did not come back",
                    "inventory is outstanding + carried forward - restoration owed",
                ];
                put(sink, &buckets, "", &notes)
            }
            Measure::Funnel => {
                begin_on(view, "funnel", Some(on), sink)?;
                let stages = funnel::funnel(view, &wanted, on)?;
                let notes = ["collectible is what stands where an offset was eligible or taken"];
                put(sink, &stages, "", &notes)
            }
            Measure::RecoveryRate => {
                begin_on(view, "recovery-rate", Some(on), sink)?;
                let cohorts = recovery_rate::cohorts(view, &wanted, on)?;
                let notes = [
                    "rate: collected of identified; standing: of identified less reduced",
                    "a cohort is the cases noticed in a month",
                ];
                put(sink, &cohorts, "  no cohorts: nobody was written to", &notes)
            }
            Measure::OverturnRate => {
                begin_on(view, "overturn-rate", Some(on), sink)?;
                let rates = overturn_rate::rates(view, &wanted, on)?;
                let notes = ["rate: overturned of determined; auditor: the vendor, else the owner"];
                put(sink, &rates, "  no determinations: no dispute was determined", &notes)
            }
            Measure::Days => {
                begin_on(view, "days", Some(on), sink)?;
                let steps = days::days(view, &wanted, on)?;
                let notes = ["percentiles are values of nearest rank"];
                put(sink, &steps, "", &notes)
            }
        }
    }
}

impl Top10 {
    pub(super) fn answer<W: Write>(
        &self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let (on, wanted) = (self.cases.of.day(view), self.cases.wanted(view)?);
        begin_on(view, "top-reasons", Some(on), sink)?;
        let tops = top_reasons::tops(view, &wanted, self.most, on)?;
        if !sink.is_table() {
            return put(sink, &tops, "", &[]);
        }
        for (by, title) in [("cause", "causes"), ("payee", "providers")] {
            let of: Vec<Top> = tops.iter().filter(|top| top.by == by).cloned().collect();
            sink.part();
            sink.say(&format!("  {title}, by dollars identified"))?;
            put(sink, &of, "  none: no case is known", &[])?;
            sink.say("")?;
        }
        let all = tops.iter().filter(|top| top.by == "cause");
        let mut sum = Money::ZERO;
        for top in all {
            lookback_projections::rows::add(&mut sum, Some(top.identified))?;
        }
        Ok(sink.say(&format!("  these causes together: $ {}", sum.grouped()))?)
    }
}
