//! What the special investigations unit did about a payee or a case: reviews, suspensions,
//! stand-downs.
//!
//! A row a subject. A stand-down of a case is in the case's own row too, where its windows look.

use chrono::NaiveDate;
use lookback_events::event::act::{Subject, Told};
use lookback_events::event::audit::Integrity;
use lookback_events::id::PayeeId;
use serde::{Deserialize, Serialize};

use crate::cases::Known;
use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, decode, read, write};
use crate::{Position, Record, cases};

/// Something that began, and ended or lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Its beginning.
    pub began: Known,
    /// Which agency or rule is behind it.
    pub authority: Option<String>,
    /// Its end; `None` while it lasts.
    pub ended: Option<Known>,
}

impl Stretch {
    /// True where it stood on a day: from the day it began, and no more on the day it ended.
    pub fn stood(&self, on: NaiveDate) -> bool {
        self.began.day() <= on && self.ended.as_ref().is_none_or(|end| on < end.day())
    }
}

/// Measures about a payee or a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrityRow {
    /// Fraud predicates: what a fraud lookback needs before it begins (DOMAIN 3.10).
    pub predicates: Vec<Known>,
    /// Prepayment reviews.
    pub reviews: Vec<Stretch>,
    /// Payment suspensions.
    pub suspensions: Vec<Stretch>,
    /// Stand-downs: no notice, contact or offset (DOMAIN 3.12).
    pub stand_downs: Vec<Stretch>,
    /// Reports to government partners: to whom.
    pub referrals: Vec<(Known, String)>,
    /// Sanctions: which.
    pub sanctions: Vec<(Known, String)>,
    /// The last record that changed it.
    pub last: Position,
}

impl IntegrityRow {
    const fn new(last: Position) -> Self {
        Self {
            predicates: Vec::new(),
            reviews: Vec::new(),
            suspensions: Vec::new(),
            stand_downs: Vec::new(),
            referrals: Vec::new(),
            sanctions: Vec::new(),
            last,
        }
    }

    /// The stand-down that stands.
    pub fn stand_down(&self) -> Option<&Stretch> {
        standing(&self.stand_downs)
    }

    /// True where a stand-down stood on a day.
    pub fn is_stood_down(&self, on: NaiveDate) -> bool {
        self.stand_downs.iter().any(|stretch| stretch.stood(on))
    }

    /// The suspension that stands.
    pub fn suspension(&self) -> Option<&Stretch> {
        standing(&self.suspensions)
    }

    /// The prepayment review that goes on.
    pub fn review(&self) -> Option<&Stretch> {
        standing(&self.reviews)
    }
}

fn standing(stretches: &[Stretch]) -> Option<&Stretch> {
    stretches.iter().rfind(|stretch| stretch.ended.is_none())
}

fn key(subject: &Subject) -> Vec<u8> {
    Key::new(b'i').text(&subject.to_string()).done()
}

pub(crate) fn apply(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    told: &Told<Integrity>,
) -> Result<(), RowsError> {
    let known = Known::of(record, &told.act);
    let new = IntegrityRow::new(known.at);
    let mut row = measures(rows, &told.subject)?.unwrap_or(new);
    row.last = known.at;
    let begun =
        |authority: Option<String>| Stretch { began: known.clone(), authority, ended: None };
    match &told.detail {
        Integrity::PrepaymentReviewBegan(_) => row.reviews.push(begun(None)),
        Integrity::PrepaymentReviewEnded(_) => end(&mut row.reviews, &known),
        Integrity::SuspensionBegan(one) => row.suspensions.push(begun(one.authority.clone())),
        Integrity::SuspensionEnded(_) => end(&mut row.suspensions, &known),
        Integrity::ReferredToGovernment(one) => {
            row.referrals.push((known.clone(), one.agency.clone()));
        }
        Integrity::StandDownBegan(one) => row.stand_downs.push(begun(Some(one.agency.clone()))),
        Integrity::StandDownLifted(_) => end(&mut row.stand_downs, &known),
        Integrity::Sanctioned(one) => row.sanctions.push((known.clone(), one.measure.clone())),
    }
    if let Subject::Case(case) = &told.subject {
        let stands = row.stand_down().map(|stretch| stretch.began.clone());
        cases::stood_down(rows, record, case, stands, known.day())?;
    }
    write(rows, key(&told.subject), &row)
}

/// Fraud or abuse is alleged of a payee.
pub(crate) fn predicate(
    rows: &mut dyn Rows,
    payee: &PayeeId,
    known: Known,
) -> Result<(), RowsError> {
    let subject = Subject::Payee(payee.clone());
    let mut row = measures(rows, &subject)?.unwrap_or(IntegrityRow::new(known.at));
    row.last = known.at;
    row.predicates.push(known);
    write(rows, key(&subject), &row)
}

/// All that last end: whoever ends one means what stands.
fn end(stretches: &mut [Stretch], known: &Known) {
    for stretch in stretches.iter_mut().filter(|stretch| stretch.ended.is_none()) {
        stretch.ended = Some(known.clone());
    }
}

/// What was done about a payee or a case; `None` where nothing was.
///
/// # Errors
/// When the rows cannot be read.
pub fn measures(rows: &dyn Rows, subject: &Subject) -> Result<Option<IntegrityRow>, RowsError> {
    read(rows, &key(subject))
}

/// The stand-down of a payee that stands.
///
/// # Errors
/// When the rows cannot be read.
pub fn payee_stand_down(rows: &dyn Rows, payee: &PayeeId) -> Result<Option<Stretch>, RowsError> {
    let row = measures(rows, &Subject::Payee(payee.clone()))?;
    Ok(row.and_then(|row| row.stand_down().cloned()))
}

/// Calls `each` with every subject that something was done about, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    each: &mut dyn FnMut(String, IntegrityRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'i').done(), &mut |key, value| {
        let subject = Fields::of(key).text();
        let subject =
            subject.ok_or_else(|| RowsError::damaged("a measure's key has no subject"))?;
        Ok(each(subject, decode(value)?))
    })
}
