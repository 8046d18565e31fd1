//! `report windows` and `report unmatched`.

use std::io::Write;

use lookback_events::money::Money;
use lookback_projections::rows::add;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::{count, spaced};
use super::cases::{OfCases, say_hidden};
use super::{Narrowed, begin_on, payee_of};
use crate::report::unmatched::{self, Unmatched};
use crate::report::windows::{self, Opened};
use crate::report::{AnswerError, View};

#[derive(Debug, clap::Args)]
pub(super) struct Windows {
    /// Those that are not open any more, too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    pub(super) cases: OfCases,
}

#[derive(Debug, clap::Args)]
pub(super) struct Queue {
    /// Of one payee, by NPI or TIN
    #[arg(long, value_name = "ID")]
    payee: Option<String>,
    /// Name cases that an agency's stand-down covers, too: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    #[command(flatten)]
    pub(super) of: Narrowed,
}

impl Line for Opened {
    const FIELDS: &'static [&'static str] = &[
        "case",
        "payee",
        "plan",
        "owner",
        "window",
        "opened",
        "closes",
        "strict",
        "days_left",
        "standing",
        "appeal_deadline",
        "outstanding",
        "eligible_from",
        "rule",
        "policy",
        "citation",
        "letter",
    ];
    const COLUMNS: &'static [Column] = &[
        left("closes", 10),
        right("left", 5),
        left("case", 16),
        left("payee", 12),
        left("window", 20),
        left("standing", 8),
        right("outstanding", 13),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            day(self.closes),
            self.days_left.map_or_else(|| "-".to_owned(), |days| format!("{days}d")),
            self.case.clone(),
            self.payee.clone(),
            self.window.to_owned(),
            self.standing.to_owned(),
            self.outstanding.grouped(),
        ]
    }
}

impl Line for Unmatched {
    const FIELDS: &'static [&'static str] = &[
        "movement",
        "payee",
        "kind",
        "amount",
        "carried_forward",
        "on",
        "days",
        "remittance",
        "trace",
        "about",
        "candidates",
        "cases",
    ];
    const COLUMNS: &'static [Column] = &[
        left("record", 12),
        left("payee", 12),
        left("kind", 16),
        left("paid on", 10),
        right("dollars", 13),
        left("check or EFT", 12),
        left("candidates", 10),
    ];
    fn cells(&self) -> Vec<String> {
        let candidates = match (self.candidates, self.cases.as_str()) {
            (0, _) => "none".to_owned(),
            (1, case) => case.to_owned(),
            (many, _) => spaced(many),
        };
        vec![
            self.movement.clone(),
            self.payee.clone(),
            self.kind.to_owned(),
            day(self.on),
            self.amount.grouped(),
            self.trace.clone().unwrap_or_default(),
            candidates,
        ]
    }
}

impl Windows {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let on = self.cases.of.day(view);
        begin_on(view, "windows", Some(on), sink)?;
        let wanted = self.cases.wanted(view)?;
        let put = &mut |opened| Ok(sink.put(&opened)?);
        let hidden = windows::all(view, &wanted, !self.all, on, put)?;
        sink.ended::<Opened>()?;
        let lines = sink.lines();
        if lines == 0 {
            sink.say("  no windows: none is open (--all shows those that closed)")?;
        } else {
            sink.say(&format!("\n  {} {}", spaced(lines), count(lines, "window", "windows")))?;
        }
        say_hidden(sink, hidden)
    }
}

impl Queue {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let on = self.of.day(view);
        begin_on(view, "unmatched", Some(on), sink)?;
        let payee = payee_of(view, self.payee.as_deref())?;
        let among = self.of.among(view)?;
        let wanted = unmatched::Wanted { payee, cleared: self.cleared };
        let mut sum = Money::ZERO;
        unmatched::all(view, &wanted, on, &mut |waiting| {
            if !among.named(&waiting.payee) {
                return Ok(());
            }
            add(&mut sum, Some(waiting.amount))?;
            Ok(sink.put(&waiting)?)
        })?;
        sink.ended::<Unmatched>()?;
        let lines = sink.lines();
        if lines == 0 {
            return Ok(sink.say("  nothing waits: every movement has its case, or needs none")?);
        }
        let words = count(lines, "movement waits", "movements wait");
        sink.say(&format!("\n  {} {words}, $ {}", spaced(lines), sum.grouped()))?;
        sink.say(
            "  a candidate is an open case of the payee with exactly that amount outstanding",
        )?;
        Ok(())
    }
}
