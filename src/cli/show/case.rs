//! A case on one page, and the letter of a control number with what was booked under it.

use std::io::{self, Write};

use lookback_events::money::Money;
use lookback_projections::windows::Bar;

use super::super::table::{Column, Line, Sink, amount, day, left, right};
use super::super::text::{count, labelled, plain, spaced};
use crate::report::case::{Case, Letter, Movement, Wo};

impl Line for Movement {
    const FIELDS: &'static [&'static str] =
        &["at", "kind", "on", "trace", "amount", "carried_forward", "barred", "how", "counts"];
    const COLUMNS: &'static [Column] = &[
        left("record", 13),
        left("on", 10),
        left("movement", 20),
        left("remittance", 14),
        right("taken", 13),
        right("carried", 12),
    ];
    fn cells(&self) -> Vec<String> {
        let kind = self.kind.replace('-', " ");
        let kind = if self.counts { kind } else { format!("{kind}, seen") };
        vec![
            self.at.clone(),
            day(self.on),
            kind,
            plain(self.trace.as_deref().unwrap_or("-")),
            amount(Some(self.amount)),
            amount(Some(self.carried_forward)),
        ]
    }
}

pub(super) fn show_case<W: Write>(case: &Case, sink: &mut Sink<W>) -> io::Result<()> {
    sink.object(case)?;
    if sink.is_csv() {
        case.movements.iter().try_for_each(|movement| sink.put(movement))?;
        return sink.ended::<Movement>();
    }
    if !sink.is_table() {
        return Ok(());
    }
    page(case, sink)?;
    sink.say(&format!(
        "\n  step by step: lookback replay case:{0}      a date: lookback explain case:{0} CLOCK",
        case.case
    ))
}

/// The page of a case without what to ask next.
fn page<W: Write>(case: &Case, sink: &mut Sink<W>) -> io::Result<()> {
    let name = plain(case.payee_name.as_deref().unwrap_or_default());
    sink.say(format!("  case {}   payee {} {name}", case.case, case.payee).trim_end())?;
    sink.say(&format!("  {}, on {}\n", case.standing.state, case.standing.on.0))?;
    let facts = &case.facts;
    let mut about = format!(
        "{}, found by {} on {}; {} of plan {}",
        facts.cause.replace('-', " "),
        facts.detected_by.replace('-', " "),
        facts.identified.0,
        facts.line_of_business,
        facts.plan
    );
    for (words, value) in
        [("state", &facts.state), ("vendor", &facts.vendor), ("owner", &facts.owner)]
    {
        if let Some(value) = value {
            about = format!("{about}, {words} {value}");
        }
    }
    if facts.asserted {
        about.push_str(", as another system asserts");
    }
    sink.say(&labelled("about", &about))?;
    let sums = case.standing.money.named();
    let sums: Vec<String> = sums
        .iter()
        .filter(|(name, sum)| !sum.is_zero() || matches!(*name, "identified" | "outstanding"))
        .map(|(name, sum)| format!("{name} {}", sum.grouped()))
        .collect();
    sink.say(&labelled("money", &sums.join(", ")))?;
    let offset = match (case.standing.offset_from, case.barred_by) {
        (_, Some(bar)) if bar == Bar::NoNotice.in_words() => {
            "it waits for a notice that is delivered; nothing may be taken".to_owned()
        }
        (_, Some(bar)) => format!("{bar} keeps it; {} may be taken", case.free.grouped()),
        (Some(from), None) => {
            format!("eligible from {}; {} may be taken", from.0, case.free.grouped())
        }
        (None, None) => "not eligible".to_owned(),
    };
    sink.say(&labelled("offset", &offset))?;
    for deadline in &case.standing.deadlines {
        let words = format!("{} {}", deadline.clock, deadline.sentence());
        sink.say(&labelled("clock", &words))?;
    }
    for claim in &case.claims {
        let whose = claim.patient_control.as_deref().map_or(String::new(), |id| format!("{id}, "));
        let lines = match claim.lines {
            0 => String::new(),
            n => format!(", {} {}", spaced(n), count(n, "line", "lines")),
        };
        let paid = claim
            .payment
            .as_deref()
            .map_or("payment not known".to_owned(), |at| format!("payment {at}"));
        let words = format!("{whose}{}{lines}, {paid}", claim.amount.grouped());
        sink.say(&labelled("claim", &words))?;
    }
    for letter in &case.letters {
        sink.say(&labelled("letter", &in_words(letter)))?;
    }
    for dispute in &case.disputes {
        let of = dispute.amount.map_or("all".to_owned(), Money::grouped);
        let late = if dispute.late { ", late" } else { "" };
        let determined = match (dispute.outcome, dispute.determined) {
            (Some(outcome), Some(on)) => format!("; {outcome} on {}", on.0),
            _ => "; not determined".to_owned(),
        };
        let (received, level) = (dispute.received.0, dispute.level);
        let words = format!("{received}, level {level}, of {of}{late}{determined}");
        sink.say(&labelled("dispute", &words))?;
    }
    for own in &case.proposals {
        let (by, made) = (&own.by, own.made.0);
        let words = format!("{} of {by}, {made}: {}", own.proposal, own.what);
        sink.say(&labelled("waits", &words))?;
    }
    if !case.movements.is_empty() {
        sink.say("")?;
        sink.part();
        case.movements.iter().try_for_each(|movement| sink.put(movement))?;
    }
    Ok(())
}

fn in_words(letter: &Letter) -> String {
    let mut words = format!(
        "control no. {}, dated {}, by {}, {}, {}",
        letter.control_number,
        letter.dated.0,
        letter.method.replace('-', " "),
        letter.standing,
        letter.at
    );
    for (what, day) in [
        ("sent", letter.sent),
        ("received", letter.received),
        ("appeal until", letter.appeal_deadline),
        ("came back", letter.returned),
    ] {
        if let Some(day) = day {
            words = format!("{words}, {what} {}", day.0);
        }
    }
    if !letter.lacks.is_empty() {
        words = format!("{words}; lacks {}", letter.lacks.join(", ").replace('-', " "));
    }
    words
}

pub(super) fn show_wo<W: Write>(wo: &Wo, sink: &mut Sink<W>) -> io::Result<()> {
    sink.object(wo)?;
    let movements = wo.cases.iter().flat_map(|case| &case.movements).chain(&wo.unmatched);
    if sink.is_csv() {
        movements.into_iter().try_for_each(|movement| sink.put(movement))?;
        return sink.ended::<Movement>();
    }
    if !sink.is_table() {
        return Ok(());
    }
    sink.say(&format!("  letter {}\n", plain(&wo.control_number)))?;
    for (place, case) in wo.cases.iter().enumerate() {
        if place > 0 {
            sink.say("")?;
        }
        page(case, sink)?;
    }
    if !wo.unmatched.is_empty() {
        let n = u64::try_from(wo.unmatched.len()).unwrap_or(u64::MAX);
        let words = count(n, "adjustment waits", "adjustments wait");
        sink.say(&format!("\n  {} {words} under this number, booked to no case", spaced(n)))?;
        sink.part();
        wo.unmatched.iter().try_for_each(|movement| sink.put(movement))?;
    }
    Ok(())
}
