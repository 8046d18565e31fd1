//! A payee, for a person.

use std::io::Write;

use super::super::table::{Column, Line, Sink, clipped, left, right};
use super::super::text::{count, spaced};
use crate::report::payee::{self, Month, Payee};
use crate::report::stand_down::Covered;
use crate::report::{AnswerError, View};

impl Line for Month {
    const FIELDS: &'static [&'static str] =
        &["month", "paid", "denied", "reversed", "claims_paid", "adjusted"];
    const COLUMNS: &'static [Column] = &[
        left("month", 7),
        right("paid", 9),
        right("denied", 9),
        right("reversed", 9),
        right("claims paid", 16),
        right("adjusted", 16),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.month.clone(),
            spaced(self.paid),
            spaced(self.denied),
            spaced(self.reversed),
            self.claims_paid.grouped(),
            self.adjusted.grouped(),
        ]
    }
}

pub(super) fn show_payee<W: Write>(
    view: &View<'_>,
    id: &str,
    covered: &Covered,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    let id = payee::resolve(view, id)?;
    let payee = payee::payee(view, &id, covered)?;
    sink.object(&payee)?;
    if sink.is_csv() {
        for month in &payee.months {
            sink.put(month)?;
        }
    }
    if !sink.is_table() {
        return Ok(());
    }
    let list = |texts: &[String]| match texts {
        [] => "none given".to_owned(),
        texts => texts.join(", "),
    };
    let open = payee.open_findings;
    let live = u64::try_from(payee.forwards.len()).unwrap_or(u64::MAX);
    sink.say(&format!("  payee {}   {}", payee.payee, clipped(&list(&payee.names), 74)))?;
    sink.say(&format!(
        "  {} open {}, {} live forward {}\n",
        spaced(open),
        count(open, "finding", "findings"),
        spaced(live),
        count(live, "balance", "balances"),
    ))?;
    if payee.open_cases > 0 {
        let owed = match payee.restoration_owed {
            owed if owed.is_zero() => String::new(),
            owed => format!(", {} owed back", owed.grouped()),
        };
        sink.say(&format!(
            "  {} open {}, {} outstanding{owed}: lookback report cases --payee {}\n",
            spaced(payee.open_cases),
            count(payee.open_cases, "case", "cases"),
            payee.outstanding.grouped(),
            payee.payee
        ))?;
    }
    sink.say(&format!("  NPI      {}", payee.npi.as_deref().unwrap_or("none given")))?;
    sink.say(&format!("  TINs     {}", clipped(&list(&payee.tins), 86)))?;
    sink.say(&format!("  journal  {}, first seen by {}", payee.journal, payee.first_seen))?;
    for link in &payee.linked {
        let (other, why) = (&link.payee, link.why);
        let line = format!("{other} in {}, by {} ({why}); counted apart", link.journal, link.at);
        sink.say(&format!("  linked   {}", clipped(&line, 86)))?;
    }
    beside(&payee, sink)?;
    sink.say("")?;
    sink.part();
    payee.months.iter().try_for_each(|month| sink.put(month))?;
    if !payee.forwards.is_empty() {
        sink.say("\n  live forward balances")?;
        sink.part();
        payee.forwards.iter().try_for_each(|forward| sink.put(forward))?;
    }
    if !payee.last_remittances.is_empty() {
        sink.say("\n  last remittances")?;
        sink.part();
        payee.last_remittances.iter().try_for_each(|remittance| sink.put(remittance))?;
    }
    let id = &payee.payee;
    sink.say(&format!(
        "\n  its claims: lookback report payments --payee {id}\n  \
         its findings: lookback report findings --unresolved --payee {id}"
    ))?;
    Ok(())
}

/// Who answers for a payee, and when its contract ends.
fn beside<W: Write>(payee: &Payee, sink: &mut Sink<W>) -> Result<(), AnswerError> {
    for other in &payee.answered_by {
        let (who, how, since) = (&other.payee, other.how, other.since.0);
        sink.say(&format!("  answers  {who}, its {how}, since {since}, by {}", other.at))?;
    }
    for ending in &payee.terminations {
        let wishes = ending.requested.map_or(String::new(), |day| format!(" for {}", day.0));
        let runs = match (ending.runs_until, &ending.rule) {
            (Some(until), Some(rule)) => format!("its time runs until {} ({rule})", until.0),
            _ => "no rule says how long it runs".to_owned(),
        };
        let (given, at) = (ending.given.0, &ending.at);
        sink.say(&format!("  leaves   notice given {given}{wishes}; {runs}, by {at}"))?;
    }
    Ok(())
}
