//! Payment runs: what the payer announced, and which remittances never came (DOMAIN 8, completeness).

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::governance;
use lookback_projections::rows::RowsError;
use lookback_projections::runs::{self, Announced, Compared, Standing};
use serde::Serialize;

use super::{AnswerError, Each, View};

/// Which payment dates are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Paid on that day or later.
    pub from: Option<NaiveDate>,
    /// Paid on that day or earlier.
    pub to: Option<NaiveDate>,
    /// Only those that are not complete.
    pub incomplete: bool,
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
    /// `complete`, `run-missing`, `differs` or `not-announced`.
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
        each(run(compared)?)?;
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
