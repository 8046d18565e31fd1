//! Movements: each thing that moved money of a payee, or postponed it, and the case it is booked to.
//!
//! A remittance shows movements when it closes ([`close`]): what opposes each other in it is netted
//! first, what a forward balance carries is told from what was collected, and what a number names
//! without doubt is booked (DOMAIN 5). What people tell of offsets, refunds and restorations are
//! movements too, so that one of them and the remittance that shows it are one and not two: they
//! become *twins*, of which the one that was seen counts.
//!
//! A movement that needs a person waits in the unmatched queue. Whoever attributes it moves it to a
//! case with what of it is carried forward; whoever takes it away puts it back into the queue.
//!
//! # Retractions
//!
//! A reversal counts for what was paid before less what was paid after. What was reversed before a
//! case was identified is no movement of it: the overpayment was identified in what was left.
//!
//! Not here: what a case's money is ([`crate::cases`]), and whether an offset was allowed ([`breach`]
//! compares that).

use chrono::NaiveDate;
use lookback_events::id::{CaseId, Digest, PayeeId};
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::cases::{self, CaseRow, Known, Way};
use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, add, decode, read, write};
use crate::{Position, Record, compact};

mod barred;
pub mod breach;
mod carrying;
mod close;
mod foresee;
mod ladder;
mod netting;
mod shown;
mod twins;

pub use barred::{Stays, barred_part, stays};
pub use close::Booking;
pub use foresee::{Foreseen, foresee};

pub(crate) use close::closed;
pub(crate) use shown::{Watch, adjusted, claim, watch};

/// What moved, or postponed, money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MovementKind {
    /// A claim was reversed and corrected in a remittance: reversed less corrected.
    Retraction,
    /// Taken, or postponed, under a number (835 PLB WO), net.
    Letter,
    /// Taken without a number that could be traced (WU).
    Unspecified,
    /// Taken for an affiliated provider (OB).
    Affiliated,
    /// A refund acknowledged (WO with 72).
    Refund,
    /// A refund acknowledged that nothing opposes (72 alone).
    ReturnAlone,
    /// The payer wrote off (WO with CS): nothing was taken.
    WrittenOffByPayer,
    /// A forward balance consumed of which nobody knows what it carried.
    ForwardUnknown,
    /// Seen under another payee and given to this case.
    Assigned,
    /// An offset, as somebody says.
    Offset,
    /// An offset given back, as somebody says.
    GivenBack,
    /// The provider paid, as somebody says.
    RefundCheck,
    /// Money taken wrongly was given back, as somebody says.
    Restored,
}

impl MovementKind {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retraction => "retraction",
            Self::Letter => "letter",
            Self::Unspecified => "unspecified",
            Self::Affiliated => "affiliated",
            Self::Refund => "refund",
            Self::ReturnAlone => "return-alone",
            Self::WrittenOffByPayer => "written-off-by-payer",
            Self::ForwardUnknown => "forward-unknown",
            Self::Assigned => "assigned",
            Self::Offset => "offset",
            Self::GivenBack => "given-back",
            Self::RefundCheck => "refund-check",
            Self::Restored => "restored",
        }
    }

    /// True where somebody told of it; else a remittance shows it.
    pub const fn is_told(self) -> bool {
        match self {
            Self::Offset | Self::GivenBack | Self::RefundCheck | Self::Restored => true,
            Self::Retraction
            | Self::Letter
            | Self::Unspecified
            | Self::Affiliated
            | Self::Refund
            | Self::ReturnAlone
            | Self::WrittenOffByPayer
            | Self::ForwardUnknown
            | Self::Assigned => false,
        }
    }

    /// True where it takes from payments: what may be barred, and what an instruction asks for.
    pub const fn is_offset(self) -> bool {
        match self {
            Self::Retraction
            | Self::Letter
            | Self::Unspecified
            | Self::Affiliated
            | Self::ForwardUnknown
            | Self::Assigned
            | Self::Offset
            | Self::GivenBack => true,
            Self::Refund
            | Self::ReturnAlone
            | Self::WrittenOffByPayer
            | Self::RefundCheck
            | Self::Restored => false,
        }
    }
}

/// What of a remittance shows a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum About {
    /// The claim of that number, from 1.
    Claim(u64),
    /// The provider adjustment of that number, from 1.
    Adjustment(u64),
    /// No remittance: somebody told of it.
    Told,
}

/// What of a movement waits under a forward balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Under {
    /// The id of the forward balance.
    pub id: String,
    /// How much of the movement is carried under it now.
    #[serde(with = "compact::cents")]
    pub left: Money,
}

/// How a movement came to its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// By the ladder, when it was seen.
    Ladder,
    /// By the ladder, when the case was known later.
    Backwards,
    /// By a person, with that record.
    Person(Position),
    /// It was told of that case.
    Told,
}

/// A movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementRow {
    /// Whose payments.
    pub payee: PayeeId,
    /// What it is.
    pub kind: MovementKind,
    /// How much: above zero taken from the provider, below zero given back or postponed.
    #[serde(with = "compact::cents")]
    pub amount: Money,
    /// How much of it is not collected yet, because forward balances carry it.
    #[serde(with = "compact::cents")]
    pub carried: Money,
    /// Under which forward balances.
    pub under: Vec<Under>,
    /// How much of it was taken while something barred it.
    #[serde(with = "compact::cents")]
    pub barred: Money,
    /// The case it is booked to.
    pub case: Option<CaseId>,
    /// How it came there.
    pub how: Option<How>,
    /// Cases that a person took it from: nothing books it there again by itself.
    pub not: Vec<CaseId>,
    /// True where it waits for a person.
    pub waits: bool,
    /// Payment date of its remittance, or the day it is said to have happened.
    #[serde(with = "compact::day_if_any")]
    pub on: Option<NaiveDate>,
    /// Its remittance.
    #[serde(with = "compact::digest_if_any")]
    pub remittance: Option<Digest>,
    /// Check or EFT number of that (835 TRN02).
    pub trace: Option<String>,
    /// Who paid it (835 TRN03).
    pub payer: Option<String>,
    /// What of the remittance shows it.
    pub about: About,
    /// SHA-256 of payee and the number it names: PLB03-2, or CLP01 of a claim that was reversed.
    #[serde(with = "compact::digest_if_any")]
    pub number: Option<Digest>,
    /// The same movement as somebody told of it, or as it was seen.
    pub twin: Option<Position>,
    /// The record of another payee that shows it.
    pub of: Option<Position>,
}

impl MovementRow {
    /// True where it moves money of its case: what was told counts only until it is seen.
    pub const fn counts(&self) -> bool {
        match self.kind {
            MovementKind::WrittenOffByPayer => false,
            MovementKind::Offset
            | MovementKind::GivenBack
            | MovementKind::RefundCheck
            | MovementKind::Restored => self.twin.is_none(),
            MovementKind::Retraction
            | MovementKind::Letter
            | MovementKind::Unspecified
            | MovementKind::Affiliated
            | MovementKind::Refund
            | MovementKind::ReturnAlone
            | MovementKind::ForwardUnknown
            | MovementKind::Assigned => true,
        }
    }
}

/// What somebody told of a movement beside its amount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Check or EFT number.
    pub(crate) trace: Option<String>,
    /// The remittance.
    pub(crate) remittance: Option<Digest>,
}

fn key(at: Position) -> Vec<u8> {
    Key::new(b'm').journal(at.journal).long(at.seq).done()
}

fn of_case_key(case: &CaseId) -> Key {
    Key::new(b'n').text(case.as_str())
}

fn queue_key(payee: &PayeeId) -> Key {
    Key::new(b'q').text(payee.as_str())
}

fn assigned_key(at: Position) -> Vec<u8> {
    Key::new(b'j').journal(at.journal).long(at.seq).done()
}

fn put(key: Key, at: Position) -> Vec<u8> {
    key.journal(at.journal).long(at.seq).done()
}

fn taken(fields: &mut Fields<'_>) -> Result<Position, RowsError> {
    match (fields.journal(), fields.long()) {
        (Some(journal), Some(seq)) => Ok(Position { journal, seq }),
        _ => Err(RowsError::damaged("the key of a movement is cut short")),
    }
}

/// A movement by the record that shows it; `None` where that record shows none.
///
/// # Errors
/// When the rows cannot be read.
pub fn movement(rows: &dyn Rows, at: Position) -> Result<Option<MovementRow>, RowsError> {
    read(rows, &key(at))
}

fn known(rows: &dyn Rows, at: Position) -> Result<MovementRow, RowsError> {
    movement(rows, at)?.ok_or_else(|| RowsError::damaged("a movement's row is missing"))
}

/// Takes a movement with its record, and says whether to go on.
type Each<'a> = dyn FnMut(Position, MovementRow) -> Result<bool, RowsError> + 'a;

/// Calls `each` with the movements of a case, by record, until it returns false or fails.
///
/// # Errors
/// When the rows cannot be read.
pub fn of_case(rows: &dyn Rows, case: &CaseId, each: &mut Each<'_>) -> Result<(), RowsError> {
    crate::rows::each(rows, &of_case_key(case).done(), &mut |key, _| {
        let mut fields = Fields::of(key);
        fields.text();
        let at = taken(&mut fields)?;
        each(at, known(rows, at)?)
    })
}

/// Calls `each` with the movements of a payee, or of all, that wait for a person, by payee and record,
/// until it returns false or fails. One that was given to another payee's case waits no more.
///
/// # Errors
/// When the rows cannot be read.
pub fn unmatched(
    rows: &dyn Rows,
    payee: Option<&PayeeId>,
    each: &mut Each<'_>,
) -> Result<(), RowsError> {
    let prefix = payee.map_or(Key::new(b'q'), queue_key);
    crate::rows::each(rows, &prefix.done(), &mut |key, _| {
        let mut fields = Fields::of(key);
        fields.text();
        let at = taken(&mut fields)?;
        if assignment(rows, at)?.is_some() {
            return Ok(true);
        }
        each(at, known(rows, at)?)
    })
}

/// A movement that was given to a case of another payee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentRow {
    /// The case, as it was named.
    pub case: String,
    /// The record of control.
    pub at: Position,
}

/// Control gives a movement to a case of another payee.
pub(crate) fn assigned_by_control(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    movement: &str,
    case: &str,
) -> Result<(), RowsError> {
    let Some(of) = cases::position(movement) else { return Ok(()) };
    let row = AssignmentRow { case: case.to_owned(), at: record.position() };
    write(rows, assigned_key(of), &row)
}

/// To which case of another payee a movement was given.
///
/// # Errors
/// When the rows cannot be read.
pub fn assignment(rows: &dyn Rows, at: Position) -> Result<Option<AssignmentRow>, RowsError> {
    read(rows, &assigned_key(at))
}

/// Changes a movement, and the money of the cases it was and is booked to with it.
fn update(
    rows: &mut dyn Rows,
    at: Position,
    change: impl FnOnce(&mut MovementRow) -> Result<(), RowsError>,
) -> Result<(), RowsError> {
    let before = movement(rows, at)?;
    let mut now = before.clone().ok_or_else(|| RowsError::damaged("a movement is missing"))?;
    change(&mut now)?;
    replace(rows, at, before, now)
}

/// Puts a movement in the place of what it was before, if it was there.
fn replace(
    rows: &mut dyn Rows,
    at: Position,
    before: Option<MovementRow>,
    mut now: MovementRow,
) -> Result<(), RowsError> {
    let place = |row: &MovementRow| (row.case.clone(), row.counts(), row.twin);
    let moved = before.as_ref().map(place) != Some(place(&now));
    if let Some(before) = &before {
        if let Some(id) = &before.case {
            with_case(rows, id, |row| row.book(before, Way::Out))?;
            if moved {
                with_case(rows, id, |row| row.barred(before.barred.negated()))?;
                rows.remove(put(of_case_key(id), at));
            }
        }
        if before.waits {
            rows.remove(put(queue_key(&before.payee), at));
        }
    }
    if moved {
        now.barred = Money::ZERO;
    }
    if let Some(id) = now.case.clone() {
        if moved && now.counts() && now.kind.is_offset() {
            let row = known_case(rows, &id)?;
            now.barred = barred_part(&row, &stays(rows, &row)?, now.amount, now.on)?;
        }
        with_case(rows, &id, |row| {
            row.book(&now, Way::In)?;
            if moved { row.barred(now.barred) } else { Ok(()) }
        })?;
        write(rows, put(of_case_key(&id), at), &())?;
    }
    if now.waits {
        write(rows, put(queue_key(&now.payee), at), &())?;
    }
    write(rows, key(at), &now)
}

fn known_case(rows: &dyn Rows, id: &CaseId) -> Result<CaseRow, RowsError> {
    cases::case(rows, id)?.ok_or_else(|| RowsError::damaged("a movement's case is missing"))
}

fn with_case(
    rows: &mut dyn Rows,
    id: &CaseId,
    change: impl FnOnce(&mut CaseRow) -> Result<(), RowsError>,
) -> Result<(), RowsError> {
    let mut row = known_case(rows, id)?;
    change(&mut row)?;
    cases::save(rows, id, &row)
}

/// Books a movement to a case, and looks for its twin there.
fn attach(rows: &mut dyn Rows, at: Position, case: &CaseId, how: How) -> Result<(), RowsError> {
    twins::leave(rows, at)?;
    update(rows, at, |row| {
        row.case = Some(case.clone());
        row.how = Some(how);
        row.waits = false;
        Ok(())
    })?;
    twins::meet(rows, at, case)
}

/// A person says which case a movement belongs to; it leaves the one it was booked to.
pub(crate) fn attribute(
    rows: &mut dyn Rows,
    at: Position,
    case: &CaseId,
    by: Position,
) -> Result<(), RowsError> {
    let Some(row) = movement(rows, at)? else { return Ok(()) };
    let payee = known_case(rows, case)?.payee;
    // Another payee's rows are another journal's to change.
    if row.payee != payee || row.kind.is_told() || row.case.as_ref() == Some(case) {
        return Ok(());
    }
    attach(rows, at, case, How::Person(by))?;
    update(rows, at, |row| {
        row.not.retain(|other| other != case);
        Ok(())
    })
}

/// A person says that a movement does not belong to a case: it waits again. One that was given to the
/// case from another payee ends.
pub(crate) fn unattribute(
    rows: &mut dyn Rows,
    at: Position,
    case: &CaseId,
) -> Result<(), RowsError> {
    let mut own = None;
    of_case(rows, case, &mut |place, row| {
        if place == at || row.of == Some(at) {
            own = Some((place, row.of.is_some()));
        }
        Ok(own.is_none())
    })?;
    let Some((place, given)) = own else { return Ok(()) };
    twins::leave(rows, place)?;
    update(rows, place, |row| {
        // A told movement is of its case or of none.
        row.waits = !given && !row.kind.is_told();
        row.not.push(case.clone());
        Ok(())
    })
}

/// Keeps a movement that somebody told of a case.
pub(crate) fn told(
    rows: &mut dyn Rows,
    id: &CaseId,
    case: &CaseRow,
    known: &Known,
    kind: MovementKind,
    amount: Money,
    told: Told,
) -> Result<(), RowsError> {
    let row = MovementRow {
        trace: told.trace.map(|trace| trace.trim().to_owned()).filter(|t| !t.is_empty()),
        remittance: told.remittance,
        ..MovementRow::of(case.payee.clone(), kind, amount)
    };
    begin(rows, id, known, row, How::Told)
}

/// Keeps a movement that was seen under another payee and is given to a case.
pub(crate) fn assigned(
    rows: &mut dyn Rows,
    id: &CaseId,
    known: &Known,
    of: Position,
    amount: Money,
) -> Result<(), RowsError> {
    let payee = known_case(rows, id)?.payee;
    let row =
        MovementRow { of: Some(of), ..MovementRow::of(payee, MovementKind::Assigned, amount) };
    begin(rows, id, known, row, How::Person(known.at))
}

fn begin(
    rows: &mut dyn Rows,
    id: &CaseId,
    known: &Known,
    row: MovementRow,
    how: How,
) -> Result<(), RowsError> {
    let row =
        MovementRow { case: Some(id.clone()), how: Some(how), on: Some(known.happened.day), ..row };
    replace(rows, known.at, None, row)?;
    twins::meet(rows, known.at, id)
}

impl MovementRow {
    /// A movement of which nothing else is known yet.
    fn of(payee: PayeeId, kind: MovementKind, amount: Money) -> Self {
        Self {
            payee,
            kind,
            amount,
            carried: Money::ZERO,
            under: Vec::new(),
            barred: Money::ZERO,
            case: None,
            how: None,
            not: Vec::new(),
            waits: false,
            on: None,
            remittance: None,
            trace: None,
            payer: None,
            about: About::Told,
            number: None,
            twin: None,
            of: None,
        }
    }

    /// So much more of it is carried under a forward balance, or less.
    fn carry(&mut self, id: &str, more: Money) -> Result<(), RowsError> {
        add(&mut self.carried, Some(more))?;
        match self.under.iter_mut().find(|under| under.id == id) {
            Some(under) => add(&mut under.left, Some(more))?,
            None => self.under.push(Under { id: id.to_owned(), left: more }),
        }
        self.under.retain(|under| !under.left.is_zero());
        Ok(())
    }
}

/// Movements that wait are looked at again, because a case is known by more numbers than before: those
/// that the ladder now gives to it are booked.
pub(crate) fn backwards(
    rows: &mut dyn Rows,
    payee: &PayeeId,
    case: &CaseId,
) -> Result<(), RowsError> {
    let mut waiting = Vec::new();
    let prefix = queue_key(payee).done();
    crate::rows::each(rows, &prefix, &mut |key, _| {
        let mut fields = Fields::of(key);
        fields.text();
        waiting.push(taken(&mut fields)?);
        Ok(true)
    })?;
    for at in waiting {
        let row = known(rows, at)?;
        if ladder::of(rows, &row, None)? == ladder::Found::Case(case.clone()) {
            attach(rows, at, case, How::Backwards)?;
        }
    }
    Ok(())
}

/// Decodes what is kept under a prefix, in order.
fn gathered<T: serde::de::DeserializeOwned>(
    rows: &dyn Rows,
    prefix: &[u8],
) -> Result<Vec<(Vec<u8>, T)>, RowsError> {
    let mut found = Vec::new();
    crate::rows::each(rows, prefix, &mut |key, value| {
        found.push((key.to_vec(), decode(value)?));
        Ok(true)
    })?;
    Ok(found)
}
