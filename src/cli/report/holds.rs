//! `report holds`: holds on records.

use std::io::Write;

use super::super::table::{Column, Line, Sink, day, left};
use super::super::text::{count, spaced};
use super::{Narrowed, begin_on, covered};
use crate::report::holds::{self, Hold};
use crate::report::stand_down::MASK;
use crate::report::{AnswerError, View};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Those that stand no more, too
    #[arg(long)]
    all: bool,
    /// Name cases that an agency's stand-down covers, too: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    #[command(flatten)]
    pub(super) of: Narrowed,
}

impl Line for Hold {
    const FIELDS: &'static [&'static str] = &[
        "hold",
        "kind",
        "scope",
        "payment",
        "requester",
        "placed_on",
        "until",
        "released_on",
        "stands",
        "placed",
    ];
    const COLUMNS: &'static [Column] = &[
        left("hold", 14),
        left("kind", 16),
        left("scope", 26),
        left("placed on", 10),
        left("until", 10),
        left("released", 10),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.hold.clone(),
            self.kind.to_owned(),
            match &self.payment {
                Some(payment) => format!("{} {payment}", self.scope),
                None => self.scope.clone(),
            },
            day(Some(self.placed_on)),
            day(self.until),
            day(self.released_on),
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
        begin_on(view, "holds", Some(on), sink)?;
        let (among, covered) = (self.of.among(view)?, covered(view, on, self.cleared)?);
        holds::all(view, !self.all, on, &mut |mut hold| {
            if !among.subject(view, &hold.scope)? {
                return Ok(());
            }
            if covered.scope(view, &hold.scope)? {
                MASK.clone_into(&mut hold.scope);
                hold.payment = None;
            }
            Ok(sink.put(&hold)?)
        })?;
        sink.ended::<Hold>()?;
        let lines = sink.lines();
        if lines == 0 {
            return Ok(sink.say("  no holds: nothing is held (--all shows those that ended)")?);
        }
        sink.say(&format!("\n  {} {}", spaced(lines), count(lines, "hold", "holds")))?;
        sink.say("  what a hold keeps: lookback report retention --held")?;
        Ok(())
    }
}
