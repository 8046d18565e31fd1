//! Payment runs: what the payer announced, and which remittances never came (DOMAIN 8, completeness).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use lookback_projections::governance;
use lookback_projections::rows::RowsError;
use lookback_projections::runs::{self, Announced, Compared, Standing};
use serde::Serialize;

use super::findings::place;
use super::{AnswerError, Each, View, header};

/// Which payment dates are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Paid on that day or later.
    pub from: Option<NaiveDate>,
    /// Paid on that day or earlier.
    pub to: Option<NaiveDate>,
    /// Only those that are not complete.
    pub incomplete: bool,
    /// The day asked about: what is announced for a later one is not missing yet.
    pub on: Option<NaiveDate>,
}

/// What was announced and what came for a payment date of a payer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The payment date (835 BPR16).
    pub paid_on: Option<Day>,
    /// Who pays (835 TRN03); none where the register does not say.
    pub payer: Option<String>,
    /// The names of the runs, with spaces between.
    pub runs: String,
    /// How many remittances were announced.
    pub announced: u64,
    /// How many dollars were announced.
    pub announced_amount: Money,
    /// How many remittances came.
    pub received: u64,
    /// Those among them that are not whole.
    pub incomplete: u64,
    /// How many dollars they pay (835 BPR02).
    pub received_amount: Money,
    /// Remittances that were announced and did not come.
    pub missing: u64,
    /// Dollars that were announced and did not come; below zero where more came.
    pub missing_amount: Money,
    /// `complete`, `run-missing`, `differs`, `not-announced` or `awaited`.
    pub standing: Standing,
}

/// Hands over every payment date of every payer, dates ascending; without a register, none is
/// announced.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(view: &View<'_>, wanted: Wanted, each: &mut Each<'_, Run>) -> Result<(), AnswerError> {
    for compared in compared(view)? {
        let day = compared.paid_on;
        let outside = wanted.from.is_some_and(|from| day.is_none_or(|day| day < from))
            || wanted.to.is_some_and(|to| day.is_none_or(|day| day > to));
        if outside || (wanted.incomplete && compared.standing == Standing::Complete) {
            continue;
        }
        let waits = compared.standing == Standing::RunMissing
            && day.zip(wanted.on).is_some_and(|(day, on)| day > on);
        let standing = if waits { Standing::Awaited } else { compared.standing };
        each(run(Compared { standing, ..compared })?)?;
    }
    Ok(())
}

/// The register beside what came.
pub(super) fn compared(view: &View<'_>) -> Result<Vec<Compared>, AnswerError> {
    let mut announced = Vec::new();
    governance::runs(view.rows(), &mut |run, row| {
        let (count, amount) = (row.count, row.amount);
        announced.push(Announced { run, paid_on: row.paid_on.0, payer: row.payer, count, amount });
        true
    })?;
    Ok(runs::compare(&announced, runs::received(view.rows())?)?)
}

/// Runs of a payment date and payer of which remittances did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    /// The payment date.
    pub(super) paid_on: Option<NaiveDate>,
    /// Who pays; any payer where the register does not say.
    pub(super) payer: Option<String>,
    /// The names of the runs.
    pub(super) runs: String,
    /// How many remittances were announced.
    pub(super) announced: u64,
    /// How many came.
    pub(super) received: u64,
    /// The record that announced the last of them.
    pub(super) at: lookback_projections::Position,
    /// When that was recorded.
    pub(super) recorded_at: Timestamp,
}

/// The runs that did not come, dates ascending.
pub(super) fn missing(view: &View<'_>) -> Result<Vec<Missing>, AnswerError> {
    let mut records = BTreeMap::new();
    governance::runs(view.rows(), &mut |run, row| {
        records.insert(run, row.announced.at);
        true
    })?;
    let mut all = Vec::new();
    for compared in compared(view)?.into_iter().filter(|one| one.standing == Standing::RunMissing) {
        let Some(at) = compared.runs.iter().filter_map(|run| records.get(run)).max() else {
            continue;
        };
        let stored = view.ledger().journals().record(place(*at))?;
        all.push(Missing {
            paid_on: compared.paid_on,
            payer: compared.payer,
            runs: compared.runs.join(" "),
            announced: compared.announced.0,
            received: compared.received.count,
            at: *at,
            recorded_at: header(place(*at), &stored.header)?.recorded_at,
        });
    }
    Ok(all)
}

fn run(compared: Compared) -> Result<Run, AnswerError> {
    let Compared { paid_on, payer, runs, announced, received, standing } = compared;
    let (count, amount) = announced;
    let missing = amount.checked_sub(received.amount);
    let missing = missing.ok_or_else(|| RowsError::damaged("a sum is too long"))?;
    let announced = !runs.is_empty();
    Ok(Run {
        paid_on: paid_on.map(Day),
        payer,
        runs: runs.join(" "),
        announced: count,
        announced_amount: amount,
        received: received.count,
        incomplete: received.count.saturating_sub(received.closed),
        received_amount: received.amount,
        missing: count.saturating_sub(received.count),
        missing_amount: if announced { missing } else { Money::ZERO },
        standing,
    })
}
