//! `report offsets`: what was instructed and seen, and when it will be repaid.

use std::io::Write;

use lookback_events::money::Money;
use lookback_projections::rows::add;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::{count, spaced};
use super::begin_on;
use super::cases::{OfCases, say_hidden};
use crate::report::offsets::{self, Offset};
use crate::report::{AnswerError, View};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only what may be thought of for collections: by forecast, or because the horizon has passed
    #[arg(long)]
    flagged: bool,
    #[command(flatten)]
    pub(super) cases: OfCases,
}

impl Line for Offset {
    const FIELDS: &'static [&'static str] = &[
        "case",
        "payee",
        "plan",
        "owner",
        "balance",
        "instructed",
        "seen",
        "first_on",
        "eligible_from",
        "horizon",
        "weekly",
        "weeks_of",
        "weeks_left",
        "repaid_by",
        "forecast",
        "elapsed",
    ];
    const COLUMNS: &'static [Column] = &[
        left("case", 15),
        right("balance", 11),
        right("instructed", 11),
        right("seen", 9),
        left("eligible", 10),
        left("horizon", 10),
        left("repaid by", 10),
        left("flags", 8),
    ];
    fn cells(&self) -> Vec<String> {
        let flags = match (self.forecast, self.elapsed) {
            // With both the other stands in the line below.
            (true, _) => "forecast",
            (false, true) => ELAPSED,
            (false, false) => "",
        };
        let repaid = self.repaid_by.map_or_else(|| "never".to_owned(), |by| day(Some(by)));
        vec![
            self.case.clone(),
            self.balance.grouped(),
            self.instructed.grouped(),
            self.seen.grouped(),
            day(self.eligible_from),
            day(self.horizon),
            repaid,
            flags.to_owned(),
        ]
    }
}

/// The flag of a balance whose horizon has passed.
const ELAPSED: &str = "elapsed";
/// Where the flags stand in a line of the table.
const FLAGS: usize = 92;

impl Args {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let on = self.cases.of.day(view);
        begin_on(view, "offsets", Some(on), sink)?;
        let wanted = self.cases.wanted(view)?;
        let (mut balance, mut weeks) = (Money::ZERO, 0);
        let hidden = offsets::all(view, &wanted, self.flagged, on, &mut |offset| {
            add(&mut balance, Some(offset.balance))?;
            weeks = offset.weeks_of;
            sink.put(&offset)?;
            if offset.forecast && offset.elapsed {
                sink.say(&format!("{:FLAGS$}{ELAPSED}", ""))?;
            }
            Ok(())
        })?;
        sink.ended::<Offset>()?;
        let lines = sink.lines();
        if lines == 0 {
            sink.say("  no offsets: nothing is eligible or instructed as asked for")?;
            return say_hidden(sink, hidden);
        }
        let (number, words) = (spaced(lines), count(lines, "balance", "balances"));
        sink.say(&format!("\n  {number} {words}, $ {} outstanding", balance.grouped()))?;
        sink.say(&format!(
            "  repaid by: the balance over the payee's mean weekly net payable of {weeks} weeks"
        ))?;
        sink.say("  a flag allows a referral to collections; a person decides on it")?;
        say_hidden(sink, hidden)
    }
}
