//! `report lookbacks`: until when payments may be audited.

use std::io::Write;

use chrono::NaiveDate;
use lookback_projections::policy::scope::Line as Business;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::{count, spaced};
use super::{Narrowed, begin_on, payee_of};
use crate::report::lookbacks::{self, Payments};
use crate::report::{AnswerError, View};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of one payee, by NPI or TIN
    #[arg(long, value_name = "ID")]
    payee: Option<String>,
    /// Paid on that day or later
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// Paid on that day or earlier
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// Under the rules of one line of business, such as medicaid-managed-care
    #[arg(long, value_name = "LINE", value_parser = business)]
    business: Option<Business>,
    /// Only payments that may still be audited in some way
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    pub(super) of: Narrowed,
}

pub(super) fn business(text: &str) -> Result<Business, String> {
    Business::parse(text).map_err(|error| error.to_string())
}

impl Line for Payments {
    const FIELDS: &'static [&'static str] = &[
        "payee",
        "paid_on",
        "moved_on",
        "not_moved",
        "line_of_business",
        "remittances",
        "amount",
        "routine_until",
        "routine_rule",
        "fraud_until",
        "fraud_rule",
        "standing",
        "first",
    ];
    const COLUMNS: &'static [Column] = &[
        left("payee", 11),
        left("paid on", 10),
        left("moved on", 13),
        right("remit", 5),
        right("amount", 13),
        left("routine", 10),
        left("fraud", 10),
        left("standing", 12),
    ];
    fn cells(&self) -> Vec<String> {
        let moved = match (self.moved_on, self.not_moved) {
            (Some(moved), _) => day(Some(moved)),
            (None, why) => why.to_owned(),
        };
        vec![
            self.payee.clone(),
            day(self.paid_on),
            moved,
            spaced(self.remittances),
            self.amount.grouped(),
            day(self.routine_until),
            day(self.fraud_until),
            self.standing.to_owned(),
        ]
    }
}

impl Args {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let on = self.of.day(view);
        begin_on(view, "lookbacks", Some(on), sink)?;
        let payee = payee_of(view, self.payee.as_deref())?;
        let Self { from, to, business: line, open, .. } = self;
        let among = self.of.among(view)?;
        let mut unknown = false;
        let wanted = lookbacks::Wanted { payee, from, to, line, open };
        lookbacks::all(view, &wanted, on, &mut |payments| {
            if !among.named(&payments.payee) {
                return Ok(());
            }
            unknown |= payments.not_moved.is_empty() && payments.routine_until.is_none();
            Ok(sink.put(&payments)?)
        })?;
        sink.ended::<Payments>()?;
        let lines = sink.lines();
        if lines == 0 {
            return Ok(sink.say("  no payments: none is as asked for")?);
        }
        let words = count(lines, "payment date", "payment dates");
        sink.say(&format!(
            "\n  {} {words} of payees; the last day of each for opening an audit",
            spaced(lines)
        ))?;
        if unknown {
            sink.say(
                "  - where no rule decides: no policy is adopted, or no fiscal year's end set",
            )?;
        }
        sink.say(
            "  its remittances: lookback report remittances --payee ID --from DATE --to DATE",
        )?;
        Ok(())
    }
}
