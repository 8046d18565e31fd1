//! What is known of a payee beside its remittances: successors, terminations, checks.

use lookback_events::event::act::{Subject, Told};
use lookback_events::event::hold::{Affairs, SuccessionKind};
use lookback_events::event::text::Day;
use lookback_events::id::PayeeId;
use serde::{Deserialize, Serialize};

use crate::Position;
use crate::cases::Known;
use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, decode, plus, read, write};
use crate::{Record, cases};

/// A payee's affairs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffairsRow {
    /// Others that answer for it: who, how, since when.
    pub successors: Vec<(PayeeId, SuccessionKind, Known)>,
    /// Notices that end its contract, each with the day the provider wishes.
    pub terminations: Vec<(Known, Option<Day>)>,
    /// How many contacts and notes were recorded.
    pub remarks: u64,
    /// The last record that changed it.
    pub last: Position,
}

/// What became of a check (835 TRN02).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRow {
    /// It was voided: it moved no money.
    pub voided: Option<Known>,
    /// It was stopped: it moved no money.
    pub stopped: Option<Known>,
    /// It was issued again, under that number.
    pub reissued: Option<(Known, String)>,
}

fn key(payee: &PayeeId) -> Vec<u8> {
    Key::new(b'b').text(payee.as_str()).done()
}

fn check_key(payee: &PayeeId, trace: &str) -> Vec<u8> {
    Key::new(b'b').text(payee.as_str()).text(trace.trim()).done()
}

pub(crate) fn apply(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    told: &Told<Affairs>,
) -> Result<(), RowsError> {
    let payee = match &told.subject {
        Subject::Payee(payee) => payee.clone(),
        // A contact about a case or an audit: whoever expects nothing to have happened must see it.
        Subject::Case(case) => return cases::touched(rows, record, case),
        Subject::Audit(audit) => return crate::audits::touched(rows, record, audit),
        Subject::Hold(_) | Subject::Ledger => return Ok(()),
    };
    let known = Known::of(record, &told.act);
    let check = |rows: &mut dyn Rows, trace: &str, change: &mut dyn FnMut(&mut CheckRow)| {
        let key = check_key(&payee, trace);
        let mut row: CheckRow = read(rows, &key)?.unwrap_or_default();
        change(&mut row);
        write(rows, key, &row)
    };
    let mut row = affairs(rows, &payee)?.unwrap_or(AffairsRow {
        successors: Vec::new(),
        terminations: Vec::new(),
        remarks: 0,
        last: record.position(),
    });
    row.last = record.position();
    match &told.detail {
        Affairs::PayeeSucceeded(one) => row.successors.push((one.other.clone(), one.kind, known)),
        Affairs::TerminationNoticeGiven(one) => row.terminations.push((known, one.requested)),
        Affairs::ContactRecorded(_) | Affairs::NoteRecorded(_) => plus(&mut row.remarks, 1)?,
        Affairs::CheckVoided(one) => {
            check(rows, &one.trace, &mut |row| row.voided = Some(known.clone()))?;
        }
        Affairs::CheckStopped(one) => {
            check(rows, &one.trace, &mut |row| row.stopped = Some(known.clone()))?;
        }
        Affairs::CheckReissued(one) => check(rows, &one.trace, &mut |row| {
            row.reissued = Some((known.clone(), one.new_trace.clone()));
        })?,
    }
    write(rows, key(&payee), &row)
}

/// A payee's affairs; `None` where nothing was recorded.
///
/// # Errors
/// When the rows cannot be read.
pub fn affairs(rows: &dyn Rows, payee: &PayeeId) -> Result<Option<AffairsRow>, RowsError> {
    read(rows, &key(payee))
}

/// What became of a check of a payee; `None` where nothing was recorded.
///
/// # Errors
/// When the rows cannot be read.
pub fn check(rows: &dyn Rows, payee: &PayeeId, trace: &str) -> Result<Option<CheckRow>, RowsError> {
    read(rows, &check_key(payee, trace))
}

/// Checks that follow each other at most: one is issued again once or twice, and a ring ends.
const CHAIN_MAX: usize = 16;

/// What became of a check of a payee, and of those that were issued in its place, in their order; empty
/// where nothing was recorded.
///
/// # Errors
/// When the rows cannot be read.
pub fn checks(rows: &dyn Rows, payee: &PayeeId, trace: &str) -> Result<Vec<CheckRow>, RowsError> {
    let mut chain: Vec<CheckRow> = Vec::new();
    let mut next = Some(trace.to_owned());
    while let Some(trace) = next.take().filter(|_| chain.len() < CHAIN_MAX) {
        let Some(row) = check(rows, payee, &trace)? else { break };
        next = row.reissued.as_ref().map(|(_, trace)| trace.clone());
        chain.push(row);
    }
    Ok(chain)
}

/// True where a check of a payee was issued again under that number.
///
/// # Errors
/// When the rows cannot be read.
pub fn is_reissued(rows: &dyn Rows, payee: &PayeeId, trace: &str) -> Result<bool, RowsError> {
    let mut found = false;
    crate::rows::each(rows, &key(payee), &mut |key, value| {
        let mut fields = Fields::of(key);
        // The first row is the payee's own, without a number.
        if (fields.text(), fields.text()).1.is_some() {
            let row: CheckRow = decode(value)?;
            let new = row.reissued.map(|(_, new)| new);
            found = new.is_some_and(|new| new.trim() == trace.trim());
        }
        Ok(!found)
    })?;
    Ok(found)
}
