//! `report rollforward`: from one inventory to the next.

use std::io::Write;

use lookback_events::event::text::Day;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::{count, spaced};
use super::{AskedOn, Named, begin_named, payee_of};
use crate::report::cases::Wanted;
use crate::report::rollforward::{self, Item, Line as Forward, Period};
use crate::report::{AnswerError, View, day_of};
use chrono::NaiveDate;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The first day of the period
    #[arg(long, value_name = "DATE")]
    from: NaiveDate,
    /// The last day of the period
    #[arg(long, value_name = "DATE")]
    to: NaiveDate,
    /// Of one payee, by NPI or TIN
    #[arg(long, value_name = "ID")]
    payee: Option<String>,
    /// Of one plan
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
    /// Of one owner
    #[arg(long, value_name = "ACTOR", value_parser = crate::cli::actor)]
    owner: Option<lookback_events::id::ActorId>,
    /// The changes to closed periods alone, one after the other
    #[arg(long)]
    items: bool,
    /// Name what an agency's stand-down covers, too: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    #[command(flatten)]
    pub(super) of: AskedOn,
}

impl Line for Forward {
    const FIELDS: &'static [&'static str] = &[
        "plan",
        "funding",
        "opening",
        "identified",
        "amended",
        "reduced",
        "collected",
        "written_off",
        "closing",
        "opening_learnt_late",
        "period_learnt_late",
    ];
    const COLUMNS: &'static [Column] = &[
        left("plan", 12),
        right("opening", 12),
        right("identified", 11),
        right("amended", 9),
        right("reduced", 9),
        right("collected", 11),
        right("written", 8),
        right("closing", 12),
    ];
    fn cells(&self) -> Vec<String> {
        let funding = self.funding.as_deref().map_or(String::new(), |of| format!(", {of}"));
        vec![
            format!("{}{funding}", self.plan),
            self.opening.grouped(),
            self.identified.grouped(),
            self.amended.grouped(),
            self.reduced.grouped(),
            self.collected.grouped(),
            self.written_off.grouped(),
            self.closing.grouped(),
        ]
    }
}

impl Line for Item {
    const FIELDS: &'static [&'static str] =
        &["changes", "case", "plan", "funding", "what", "day", "learnt", "amount", "at"];
    const COLUMNS: &'static [Column] = &[
        left("changes", 8),
        left("case", 18),
        left("what", 11),
        left("day", 10),
        left("learnt", 10),
        right("by", 14),
        left("record", 12),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.changes.to_owned(),
            self.case.clone(),
            self.what.to_owned(),
            day(Some(self.day)),
            self.learnt.to_string().chars().take(10).collect(),
            self.amount.grouped(),
            self.at.clone(),
        ]
    }
}

impl Args {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let Self { from, to, payee, plan, owner, items, cleared, of } = self;
        let on = of.given();
        // On a day within the period, what happened by it.
        let to = on.map_or(to, |on| to.min(on.0));
        let payee = payee_of(view, payee.as_deref())?;
        let wanted = Wanted { payee, plan, owner, vendor: None, cleared };
        let told = rollforward::rollforward(view, &wanted, Period { from, to })?;
        let named =
            Named { report: "rollforward", line: None, from: Some(Day(from)), to: Some(Day(to)) };
        begin_named(view, named, on, sink)?;
        if items {
            return list(&told.items, sink);
        }
        let total = Forward::total(&told.lines)?;
        for line in &told.lines {
            sink.put(line)?;
        }
        sink.ended::<Forward>()?;
        if told.lines.is_empty() {
            return Ok(sink.say("  no cases: nothing was identified by the end of the period")?);
        }
        if told.lines.len() > 1 && sink.is_table() {
            sink.put(&total)?;
        }
        sink.say(
            "\n  opening + identified + amended - reduced - collected - written off = closing",
        )?;
        sink.say("  opening, closing: outstanding + carried forward - restoration owed")?;
        let known = day_of(view.ledger(), view.moment());
        if told.items.is_empty() {
            return Ok(sink.say("  no changes to closed periods: nothing was learnt late")?);
        }
        if sink.is_table() {
            sink.say(&format!("\n  changes to closed periods, as known on {known}"))?;
            sink.part();
            list(&told.items, sink)?;
            let (opening, period) = (total.opening_learnt_late, total.period_learnt_late);
            let (opening, period) = (opening.grouped(), period.grouped());
            sink.say(&format!("  of the opening {opening}, of the period {period}"))?;
        }
        Ok(())
    }
}

fn list<W: Write>(items: &[Item], sink: &mut Sink<W>) -> Result<(), AnswerError> {
    for item in items {
        sink.put(item)?;
    }
    sink.ended::<Item>()?;
    let number = u64::try_from(items.len()).unwrap_or(u64::MAX);
    if number == 0 {
        return Ok(sink.say("  no changes to closed periods: nothing was learnt late")?);
    }
    Ok(sink.say(&format!("\n  {} {}", spaced(number), count(number, "change", "changes")))?)
}
