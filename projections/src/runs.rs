//! Remittances by payment date and payer, to be compared with the payer's register of payment runs.
//!
//! Hashes prove what happened to what came; only a register tells what never came. Not here: the
//! register itself, which is announced to control ([`crate::governance`]).
//!
//! A row counts the remittances of one journal; an answer adds up the journals.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::accounts::number_of_day;
use crate::keys::{Fields, Key};
use crate::remittances::RemittanceRow;
use crate::rows::{Rows, RowsError, add, decode, plus, read, write};
use crate::{Record, compact};

/// What came from a payer for a payment date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedRow {
    /// The payment date.
    #[serde(with = "compact::day_if_any")]
    pub paid_on: Option<NaiveDate>,
    /// Remittances.
    pub count: u64,
    /// Those among them that are whole.
    pub closed: u64,
    /// Sum of their payments (835 BPR02).
    #[serde(with = "compact::cents")]
    pub amount: Money,
}

impl ReceivedRow {
    fn plus(&mut self, other: &Self) -> Result<(), RowsError> {
        plus(&mut self.count, other.count)?;
        plus(&mut self.closed, other.closed)?;
        add(&mut self.amount, Some(other.amount))
    }
}

fn change(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    remittance: &RemittanceRow,
    change: impl FnOnce(&mut ReceivedRow) -> Result<(), RowsError>,
) -> Result<(), RowsError> {
    let key = Key::new(b'y').number(number_of_day(remittance.paid_on)).text(&remittance.payer);
    let key = key.journal(record.journal).done();
    let mut row: ReceivedRow = read(rows, &key)?.unwrap_or_default();
    row.paid_on = remittance.paid_on;
    change(&mut row)?;
    write(rows, key, &row)
}

pub(crate) fn begun(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    remittance: &RemittanceRow,
) -> Result<(), RowsError> {
    change(rows, record, remittance, |row| {
        plus(&mut row.count, 1)?;
        add(&mut row.amount, remittance.amount)
    })
}

pub(crate) fn closed(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    remittance: &RemittanceRow,
) -> Result<(), RowsError> {
    change(rows, record, remittance, |row| plus(&mut row.closed, 1))
}

/// What came, over all journals, by payment date and payer (835 TRN03).
///
/// # Errors
/// When the rows cannot be read.
pub fn received(
    rows: &dyn Rows,
) -> Result<BTreeMap<(Option<NaiveDate>, String), ReceivedRow>, RowsError> {
    let mut all: BTreeMap<(Option<NaiveDate>, String), ReceivedRow> = BTreeMap::new();
    crate::rows::each(rows, &Key::new(b'y').done(), &mut |key, value| {
        let mut fields = Fields::of(key);
        let payer = fields.number().and_then(|_| fields.text());
        let payer = payer.ok_or_else(|| RowsError::damaged("the key of a run is cut short"))?;
        let row: ReceivedRow = decode(value)?;
        let sum = all
            .entry((row.paid_on, payer))
            .or_insert(ReceivedRow { paid_on: row.paid_on, ..ReceivedRow::default() });
        sum.plus(&row)?;
        Ok(true)
    })?;
    Ok(all)
}

/// A payment run as the payer announced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Its name.
    pub run: String,
    /// Its payment date.
    pub paid_on: NaiveDate,
    /// Who pays; any payer where it is not said.
    pub payer: Option<String>,
    /// How many remittances it has.
    pub count: u64,
    /// The dollars it pays.
    pub amount: Money,
}

/// Whether all of a payment date came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// As many remittances and dollars as announced.
    Complete,
    /// Fewer remittances than announced (finding `run-missing`).
    RunMissing,
    /// As many as announced or more, and not those dollars.
    Differs,
    /// Came without being announced.
    NotAnnounced,
    /// Announced for a day that has not come on the day asked about.
    Awaited,
}

/// What was announced and what came for one payment date of one payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The payment date.
    pub paid_on: Option<NaiveDate>,
    /// Who pays (835 TRN03); `None` where the register does not say.
    pub payer: Option<String>,
    /// The runs, in the order they were announced.
    pub runs: Vec<String>,
    /// What they announce together.
    pub announced: (u64, Money),
    /// What came.
    pub received: ReceivedRow,
    /// What that means.
    pub standing: Standing,
}

/// Compares the register with what came, by payment date and payer. Runs of one date and payer are one
/// sum: a remittance does not say which run it is of.
///
/// A run that names no payer is compared with everything of its date that no other run names.
///
/// # Errors
/// When a sum cannot be held exactly.
pub fn compare(
    announced: &[Announced],
    mut received: BTreeMap<(Option<NaiveDate>, String), ReceivedRow>,
) -> Result<Vec<Compared>, RowsError> {
    let mut sums: BTreeMap<(Option<NaiveDate>, Option<String>), Compared> = BTreeMap::new();
    for run in announced {
        let payer = run.payer.as_ref().map(|payer| payer.trim().to_owned());
        let sum = sums
            .entry((Some(run.paid_on), payer.clone()))
            .or_insert_with(|| nothing(Some(run.paid_on), payer));
        sum.runs.push(run.run.clone());
        plus(&mut sum.announced.0, run.count)?;
        add(&mut sum.announced.1, Some(run.amount))?;
    }
    for ((paid_on, payer), sum) in &mut sums {
        let Some(payer) = payer else { continue };
        if let Some(came) = received.remove(&(*paid_on, payer.clone())) {
            sum.received.plus(&came)?;
        }
    }
    for ((paid_on, payer), came) in received {
        if let Some(sum) = sums.get_mut(&(paid_on, None)) {
            sum.received.plus(&came)?;
        } else {
            let mut sum = nothing(paid_on, Some(payer.clone()));
            sum.received = came;
            sums.insert((paid_on, Some(payer)), sum);
        }
    }
    let mut all: Vec<Compared> = sums.into_values().collect();
    for sum in &mut all {
        sum.standing = match (sum.runs.is_empty(), sum.announced, sum.received) {
            (true, ..) => Standing::NotAnnounced,
            (_, (count, _), came) if came.count < count => Standing::RunMissing,
            (_, announced, came) if announced == (came.count, came.amount) => Standing::Complete,
            _ => Standing::Differs,
        };
    }
    Ok(all)
}

fn nothing(paid_on: Option<NaiveDate>, payer: Option<String>) -> Compared {
    Compared {
        paid_on,
        payer,
        runs: Vec::new(),
        announced: (0, Money::ZERO),
        received: ReceivedRow { paid_on, ..ReceivedRow::default() },
        standing: Standing::NotAnnounced,
    }
}

#[cfg(test)]
mod tests;
