//! An audit on one page.

use std::io::{self, Write};

use super::super::table::{Column, Line, Sink, left};
use super::super::text::{count, labelled, plain, spaced};
use crate::report::audit::{Audit, Step};

impl Line for Step {
    const FIELDS: &'static [&'static str] = &["at", "happened", "learnt", "actor", "what"];
    const COLUMNS: &'static [Column] =
        &[left("record", 13), left("happened", 10), left("actor", 16), left("what", 51)];
    fn cells(&self) -> Vec<String> {
        let day = self.happened.get(..10).unwrap_or(&self.happened);
        vec![self.at.clone(), day.to_owned(), self.actor.clone(), self.what.clone()]
    }
}

pub(super) fn show_audit<W: Write>(audit: &Audit, sink: &mut Sink<W>) -> io::Result<()> {
    sink.object(audit)?;
    if sink.is_csv() {
        audit.records.iter().try_for_each(|record| sink.put(record))?;
        return sink.ended::<Step>();
    }
    if !sink.is_table() {
        return Ok(());
    }
    let name = plain(audit.payee_name.as_deref().unwrap_or_default());
    sink.say(format!("  audit {}   payee {} {name}", audit.audit, audit.payee).trim_end())?;
    let stands = match audit.closed {
        Some(day) => format!("closed {}", day.0),
        None => format!("open since {}", audit.opened.0),
    };
    let kind = audit.kind.replace('-', " ");
    sink.say(&format!("  {} audit, {kind}, {stands}, on {}\n", audit.nature, audit.on.0))?;
    sink.say(&labelled("about", &format!("{} of plan {}", audit.line_of_business, audit.plan)))?;
    if let (Some(from), to) = (audit.paid_from, audit.paid_to) {
        let to = to.map_or("open".to_owned(), |to| to.0.to_string());
        sink.say(&labelled("payments", &format!("{} to {to}", from.0)))?;
    }
    if !audit.topics.is_empty() {
        sink.say(&labelled("topics", &audit.topics.join(", ")))?;
    }
    if audit.claims > 0 {
        let (n, words) = (spaced(audit.claims), count(audit.claims, "claim", "claims"));
        sink.say(&labelled("claims", &format!("{n} {words} named")))?;
    }
    for item in &audit.items {
        let came =
            item.received.map_or("not received".to_owned(), |day| format!("received {}", day.0));
        let of: Vec<&str> = [item.kind, item.form].into_iter().flatten().collect();
        let of = of.join(", ").replace('-', " ");
        let of = if of.is_empty() { of } else { format!(" ({of})") };
        let words = format!("{}{of}, asked for {}, {came}", item.item, item.requested.0);
        sink.say(&labelled("item", &words))?;
    }
    for clock in &audit.clocks {
        let due =
            clock.due.map_or("open".to_owned(), |due| due.0.format("%Y-%m-%d %a").to_string());
        if let Some(stopped) = clock.stopped {
            let words = format!("{} {due}, stopped {}", clock.clock, stopped.0);
            sink.say(&labelled("clock", &words))?;
            continue;
        }
        let found = &clock.derivation;
        let by = format!("{} of {} v{}", found.rule, found.policy, found.policy_version);
        let calendar = found.calendar.as_ref();
        let calendar = calendar.map_or(String::new(), |calendar| {
            format!("; calendar {} {}, {}", calendar.id, calendar.version, calendar.asked)
        });
        sink.say(&labelled("clock", &format!("{} {due}: {}", clock.clock, clock.then)))?;
        sink.say(&labelled("", &format!("rule {by}, {}{calendar}", found.citation)))?;
    }
    if let Some(clock) = audit.clocks.first() {
        let (audit, clock) = (&audit.audit, clock.clock);
        sink.say(&format!("  why a date: lookback explain audit:{audit} {clock}"))?;
    }
    sink.say("")?;
    audit.records.iter().try_for_each(|record| sink.put(record))
}
