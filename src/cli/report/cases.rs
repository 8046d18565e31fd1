//! `report cases`, and what every report about cases is asked with.

use std::io::Write;

use lookback_events::id::ActorId;
use lookback_events::money::Money;
use lookback_projections::rows::add;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::{count, spaced};
use super::{AskedOn, begin_on, payee_of};
use crate::report::cases::{self, Case, Wanted};
use crate::report::{AnswerError, View};

/// Which cases a report is about, of which day, and how it is written.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct OfCases {
    /// Of one payee, by NPI or TIN
    #[arg(long, value_name = "ID")]
    payee: Option<String>,
    /// Of one plan
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
    /// Of one owner
    #[arg(long, value_name = "ACTOR", value_parser = crate::cli::actor)]
    owner: Option<ActorId>,
    /// Of one vendor
    #[arg(long, value_name = "NAME")]
    vendor: Option<String>,
    /// List what an agency's stand-down covers, too: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    #[command(flatten)]
    pub(in crate::cli) of: AskedOn,
}

impl OfCases {
    pub(in crate::cli) fn wanted(&self, view: &View<'_>) -> Result<Wanted, AnswerError> {
        Ok(Wanted {
            payee: payee_of(view, self.payee.as_deref())?,
            plan: self.plan.clone(),
            owner: self.owner.clone(),
            vendor: self.vendor.clone(),
            cleared: self.cleared,
        })
    }
}

/// Says how many cases are kept off a list.
pub(in crate::cli) fn say_hidden<W: Write>(
    sink: &mut Sink<W>,
    hidden: u64,
) -> Result<(), AnswerError> {
    say_withheld(sink, hidden, ("case is", "cases are"))
}

/// Says how many things of a kind are kept off a list.
pub(super) fn say_withheld<W: Write>(
    sink: &mut Sink<W>,
    hidden: u64,
    (one, several): (&str, &str),
) -> Result<(), AnswerError> {
    if hidden > 0 {
        let (number, words) = (spaced(hidden), count(hidden, one, several));
        let note = format!("{number} {words} not listed: an agency forbids contact (--cleared)");
        if sink.is_csv() {
            eprintln!("{note}");
        }
        sink.say(&format!("  {note}"))?;
    }
    Ok(())
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Those that ended, too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    pub(super) cases: OfCases,
}

impl Line for Case {
    const FIELDS: &'static [&'static str] = &[
        "case",
        "payee",
        "plan",
        "funding",
        "line_of_business",
        "cause",
        "detected_by",
        "owner",
        "vendor",
        "standing",
        "identified_on",
        "noticed_on",
        "window",
        "eligible_from",
        "ended_on",
        "identified",
        "reduced",
        "collected",
        "carried_forward",
        "written_off",
        "outstanding",
        "restoration_owed",
        "at",
    ];
    const COLUMNS: &'static [Column] = &[
        left("case", 16),
        left("payee", 12),
        left("standing", 11),
        left("noticed", 10),
        left("eligible", 10),
        right("identified", 13),
        right("outstanding", 13),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.case.clone(),
            self.payee.clone(),
            self.standing.to_owned(),
            day(self.noticed_on),
            day(self.eligible_from),
            self.identified.grouped(),
            self.outstanding.grouped(),
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
        begin_on(view, "cases", Some(on), sink)?;
        let wanted = self.cases.wanted(view)?;
        let mut sums = [Money::ZERO; 4];
        let hidden = cases::all(view, &wanted, !self.all, on, &mut |case| {
            let parts = [case.outstanding, case.carried_forward, case.restoration_owed];
            let parts = [case.identified].into_iter().chain(parts);
            for (sum, part) in sums.iter_mut().zip(parts) {
                add(sum, Some(part))?;
            }
            Ok(sink.put(&case)?)
        })?;
        sink.ended::<Case>()?;
        let lines = sink.lines();
        if lines == 0 {
            sink.say("  no cases: none is as asked for (--all shows those that ended)")?;
            return say_hidden(sink, hidden);
        }
        let [identified, outstanding, carried, owed] = sums.map(Money::grouped);
        sink.say(&format!(
            "\n  {} {}: identified {identified}, outstanding {outstanding}",
            spaced(lines),
            count(lines, "case", "cases")
        ))?;
        sink.say(&format!("  carried forward {carried}, restoration owed {owed}"))?;
        say_hidden(sink, hidden)
    }
}
