//! Remittances, a line each.

use chrono::NaiveDate;
use lookback_events::event::remittance::Verdict;
use lookback_events::event::text::Day;
use lookback_events::id::{Digest, PayeeId};
use lookback_events::money::Money;
use lookback_projections::remittances::{self, RemittanceRow, Which};
use serde::Serialize;

use super::{AnswerError, Each, View, ended, go_on};
use crate::journal::Position;

/// Which remittances are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of that payee.
    pub payee: Option<PayeeId>,
    /// Paid on that day or later.
    pub from: Option<NaiveDate>,
    /// Paid on that day or earlier.
    pub to: Option<NaiveDate>,
    /// Only those that are not closed.
    pub incomplete: bool,
}

impl Wanted {
    fn takes(&self, row: &RemittanceRow) -> bool {
        self.payee.as_ref().is_none_or(|payee| row.payee == *payee)
            && self.from.is_none_or(|from| row.paid_on.is_some_and(|day| day >= from))
            && self.to.is_none_or(|to| row.paid_on.is_some_and(|day| day <= to))
            && (!self.incomplete || row.closed.is_none())
    }
}

/// Whether a remittance adds up, as a word.
pub const fn verdict(row: &RemittanceRow) -> &'static str {
    match &row.closed {
        None => "incomplete",
        Some(closed) => match closed.verdict {
            Verdict::Holds => "holds",
            Verdict::Off => "off",
            Verdict::Unverifiable => "unverifiable",
        },
    }
}

/// A remittance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remittance {
    /// Its digest.
    pub remittance: String,
    /// Payment date (835 BPR16).
    pub paid_on: Option<Day>,
    /// Who is paid.
    pub payee: String,
    /// Who pays (835 TRN03).
    pub payer: String,
    /// Check or EFT number (835 TRN02).
    pub trace: String,
    /// The payment (835 BPR02).
    pub amount: Option<Money>,
    /// Claims recorded.
    pub claims: u64,
    /// Claims denied (835 CLP02 4).
    pub denied: u64,
    /// Claims reversed (835 CLP02 22).
    pub reversed: u64,
    /// Sum of CLP04.
    pub claims_paid: Money,
    /// Provider adjustments recorded (835 PLB).
    pub adjustments: u64,
    /// Sum of the PLB amounts; above zero where they take from the payment.
    pub adjusted: Money,
    /// `holds`, `off`, `unverifiable` or `incomplete`.
    pub balance: &'static str,
    /// By how much the payment is above what it should be.
    pub off: Option<Money>,
    /// Findings it has.
    pub findings: Option<u64>,
    /// SHA-256 of the file.
    pub file: String,
    /// Which 835 of the file, from 1.
    pub ordinal: u64,
    /// Its first record.
    pub first: String,
    /// Its last record; none while it is incomplete.
    pub last: Option<String>,
}

impl Remittance {
    pub(super) fn new(digest: &Digest, row: &RemittanceRow) -> Self {
        let at = |seq| Position { journal: row.journal, seq }.to_string();
        Self {
            remittance: digest.to_string(),
            paid_on: row.paid_on.map(Day),
            payee: row.payee.to_string(),
            payer: row.payer.clone(),
            trace: row.trace.clone(),
            amount: row.amount,
            claims: row.running.claims,
            denied: row.running.denied,
            reversed: row.running.reversed,
            claims_paid: row.running.paid,
            adjustments: row.running.adjustments,
            adjusted: row.running.plb,
            balance: verdict(row),
            off: row.closed.and_then(|closed| closed.off),
            findings: row.closed.map(|closed| closed.findings),
            file: row.file.to_string(),
            ordinal: row.ordinal,
            first: at(row.first),
            last: row.closed.map(|closed| at(closed.last)),
        }
    }
}

/// Hands over the remittances asked for by payment date, those without one first; where only
/// incomplete ones are asked for, by journal.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    each: &mut Each<'_, Remittance>,
) -> Result<(), AnswerError> {
    let which = match &wanted.payee {
        _ if wanted.incomplete => Which::Incomplete,
        Some(payee) => Which::OfPayee(payee),
        None => Which::All,
    };
    let mut failed = None;
    remittances::all(view.rows(), which, &mut |digest, row| {
        let past = !wanted.incomplete
            && wanted.to.is_some_and(|to| row.paid_on.is_some_and(|day| day > to));
        if past || !wanted.takes(&row) {
            return !past;
        }
        go_on(&mut failed, each(Remittance::new(&digest, &row)).map(|()| true))
    })?;
    ended(failed)
}
