//! `report retention`: how long each unit is kept.

use std::io::Write;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::{count, spaced};
use super::{Narrowed, begin_on, payee_of};
use crate::report::retention::{self, Unit};
use crate::report::{AnswerError, View};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of one payee, by NPI or TIN
    #[arg(long, value_name = "ID")]
    payee: Option<String>,
    /// Only what may be disposed of on that day
    #[arg(long)]
    disposable: bool,
    /// Only what a hold, case or audit keeps on that day
    #[arg(long, conflicts_with = "disposable")]
    held: bool,
    /// Name cases that an agency's stand-down covers, too: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    #[command(flatten)]
    pub(super) of: Narrowed,
}

impl Line for Unit {
    const FIELDS: &'static [&'static str] = &[
        "unit",
        "payee",
        "contract_years",
        "cases",
        "final_payment",
        "final_payment_of",
        "final_payment_at",
        "keep_until",
        "rule",
        "policy",
        "citation",
        "held_by",
        "blocked_by",
        "disposable_from",
        "standing",
    ];
    const COLUMNS: &'static [Column] = &[
        left("unit", 24),
        left("years", 9),
        right("cases", 5),
        left("last paid", 10),
        left("keep until", 10),
        left("disposable", 10),
        left("standing", 12),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.unit.clone(),
            years(&self.contract_years),
            spaced(self.cases),
            day(self.final_payment),
            day(self.keep_until),
            day(self.disposable_from),
            self.standing.to_owned(),
        ]
    }
}

/// The years for a person: the first and the last of several.
fn years(all: &str) -> String {
    let (first, last) = (all.split(' ').next(), all.split(' ').next_back());
    match (first, last) {
        (Some(first), Some(last)) if first != last => format!("{first}-{last}"),
        _ => all.to_owned(),
    }
}

impl Args {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let on = self.of.day(view);
        begin_on(view, "retention", Some(on), sink)?;
        let payee = payee_of(view, self.payee.as_deref())?;
        let among = self.of.among(view)?;
        let Self { disposable, held, cleared, .. } = self;
        let wanted = retention::Wanted { payee, disposable, held, cleared };
        retention::all(view, &wanted, on, &mut |unit| {
            if !among.subject(view, &unit.unit)? {
                return Ok(());
            }
            sink.put(&unit)?;
            if !unit.held_by.is_empty() {
                sink.say(&format!("      kept by {}", unit.held_by))?;
            }
            if !unit.blocked_by.is_empty() {
                sink.say(&format!("      would be kept longer by {}", unit.blocked_by))?;
            }
            Ok(())
        })?;
        sink.ended::<Unit>()?;
        let lines = sink.lines();
        if lines == 0 {
            return Ok(sink.say("  no units: none is as asked for")?);
        }
        sink.say(&format!("\n  {} {}", spaced(lines), count(lines, "unit", "units")))?;
        sink.say(
            "  a rule that is not verified never decides, and blocks a disposal until its day",
        )?;
        sink.say("  which rule won, and where it is written: --format json")?;
        Ok(())
    }
}
