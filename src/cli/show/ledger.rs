//! The ledger itself, for a person.

use std::io::Write;

use lookback_events::event::text::Day;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::spaced;
use crate::report::overview::{self, JournalLine};
use crate::report::policies::{Held, Stands};
use crate::report::{AnswerError, View};

impl Line for JournalLine {
    const FIELDS: &'static [&'static str] =
        &["journal", "records", "newest", "volumes", "sealed", "signed"];
    const COLUMNS: &'static [Column] = &[
        left("journal", 8),
        right("records", 14),
        right("volumes", 8),
        right("in volumes", 14),
        right("signed up to", 14),
        left("newest", 27),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.journal.clone(),
            spaced(self.records),
            spaced(self.volumes),
            spaced(self.sealed),
            self.signed.map_or_else(|| "never".to_owned(), spaced),
            self.newest.map_or_else(|| "-".to_owned(), |at| at.to_string()),
        ]
    }
}

pub(super) fn show_ledger<W: Write>(
    view: &View<'_>,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    let ledger = overview::overview(view)?;
    sink.object(&ledger)?;
    if sink.is_table() {
        let cycle = ledger.last_payment_cycle.as_ref().and_then(|cycle| cycle.paid_on);
        let records = ledger.journals.iter().map(|j| j.records).fold(0, u64::saturating_add);
        sink.say(&format!("  ledger {}", ledger.origin))?;
        sink.say(&format!(
            "  {} records, last payment cycle known: {}\n",
            spaced(records),
            day(cycle)
        ))?;
        let usage = match ledger.usage {
            lookback_events::event::control::Usage::Production => "production",
            lookback_events::event::control::Usage::Test => "test",
        };
        let fiscal = match &ledger.fiscal_year_end {
            Some(day) => format!("ends {day}"),
            None => "no last day is set".to_owned(),
        };
        sink.say(&format!("  created        {}", ledger.created))?;
        sink.say(&format!("  usage          {usage} (835 ISA15)"))?;
        sink.say(&format!("  contract year  begins {}", ledger.contract_year_start))?;
        sink.say(&format!("  fiscal year    {fiscal}"))?;
        sink.say(&format!("  time zone      {}", ledger.time_zone))?;
        sink.say(&format!("  generations    {}", spaced(ledger.generations)))?;
    }
    if sink.is_table() {
        for (place, held) in ledger.policies.iter().enumerate() {
            let label = if place == 0 { "policies" } else { "" };
            sink.say(&format!("  {label:<13}  {}", policy(held)))?;
        }
        sink.say("")?;
    }
    if sink.is_table() || sink.is_csv() {
        ledger.journals.iter().try_for_each(|journal| sink.put(journal))?;
    }
    Ok(())
}

/// A policy in a line: what holds, since when, and what waits.
fn policy(held: &Held) -> String {
    let day = |day: Option<Day>| day.map_or_else(|| "ever".to_owned(), |day| day.0.to_string());
    let stands = match held.standing {
        Stands::InForce => match held.until {
            Some(until) => format!("in force since {} until {}", day(held.since), until.0),
            None => format!("in force since {}", day(held.since)),
        },
        Stands::Waiting => format!("waits, in force from {}", day(held.since)),
        Stands::Replaced | Stands::Ended => format!("no more since {}", day(held.until)),
    };
    let adopted = match &held.adopted {
        Some(record) => record.clone(),
        None => "by default".to_owned(),
    };
    format!("{} v{}, {stands}  ({adopted})", held.id, held.version)
}
