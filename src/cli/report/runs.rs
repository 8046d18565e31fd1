//! `report runs`: the register of payment runs beside what came.

use std::io::Write;

use chrono::NaiveDate;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::{count, spaced};
use super::{Narrowed, begin_on};
use crate::report::runs::{self, Run};
use crate::report::{AnswerError, View};
use lookback_projections::runs::Standing;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Paid on that day or later
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// Paid on that day or earlier
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// Only those that are not complete
    #[arg(long)]
    incomplete: bool,
    #[command(flatten)]
    pub(super) of: Narrowed,
}

impl Line for Run {
    const FIELDS: &'static [&'static str] = &[
        "paid_on",
        "payer",
        "runs",
        "announced",
        "announced_amount",
        "received",
        "incomplete",
        "received_amount",
        "missing",
        "missing_amount",
        "standing",
    ];
    const COLUMNS: &'static [Column] = &[
        left("paid on", 10),
        left("payer", 10),
        left("runs", 10),
        right("announced", 9),
        right("dollars", 14),
        right("came", 5),
        right("missing", 12),
        left("standing", 13),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            day(self.paid_on),
            self.payer.clone().unwrap_or_else(|| "any".to_owned()),
            self.runs.clone(),
            spaced(self.announced),
            self.announced_amount.grouped(),
            spaced(self.received),
            self.missing_amount.grouped(),
            word(self.standing).to_owned(),
        ]
    }
}

const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Complete => "complete",
        Standing::RunMissing => "run-missing",
        Standing::Differs => "differs",
        Standing::NotAnnounced => "not-announced",
        Standing::Awaited => "awaited",
    }
}

impl Args {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        begin_on(view, "runs", self.of.of.given(), sink)?;
        let Self { from, to, incomplete, of } = self;
        let (to, on) = (of.until(to), Some(of.day(view).0));
        // A remittance of the payee of such a case was paid then.
        let paid = of.among(view)?.runs(view)?;
        let (mut missing, mut announced) = (0_u64, 0_u64);
        runs::all(view, runs::Wanted { from, to, incomplete, on }, &mut |run| {
            if !paid.holds(run.paid_on.map(|day| day.0), run.payer.as_deref()) {
                return Ok(());
            }
            missing = missing.saturating_add(u64::from(run.standing == Standing::RunMissing));
            announced = announced.saturating_add(run.announced);
            Ok(sink.put(&run)?)
        })?;
        sink.ended::<Run>()?;
        if sink.lines() == 0 {
            return Ok(sink.say("  no payment dates: nothing was announced or came as asked for")?);
        }
        let lines = sink.lines();
        let (words, of) = (count(lines, "payment date", "payment dates"), spaced(missing));
        sink.say(&format!("\n  {} {words}, {of} with remittances missing", spaced(lines)))?;
        if announced == 0 {
            sink.say("  no run is announced: what never came cannot be told without a register")?;
        }
        sink.say("  what came: lookback report remittances --from DATE --to DATE")?;
        Ok(())
    }
}
