//! Retention: what each unit touches, and when money last moved for it.
//!
//! A unit is a payee's remittances of one contract year of payment; the records in it touch the
//! contract years of the *services* they speak of. The final payment of a contract year is the last
//! movement of money for its services, also years later, so one row is kept for each pair of unit and
//! year of services; it only moves forward. It is written when a remittance begins and when it is
//! closed, never for a claim. How long that makes the unit be kept is computed when it is asked, by
//! [`keeping`], from these rows, the policies, holds and cases.
//!
//! Not here: units of cases and audits, whose rows say themselves what they touch.
//!
//! A remittance without a payment date that can be believed moved money on the day it was recorded:
//! later than it did, never earlier. Its unit is that of its payment date all the same, and without one
//! that of the day it was recorded.

use chrono::{Datelike as _, NaiveDate};
use lookback_events::event::claim::ClaimBody;
use lookback_events::id::{Digest, PayeeId, UnitId};
use lookback_events::time::MonthDay;
use serde::{Deserialize, Serialize};

use crate::keys::{Fields, Key};
use crate::payments::Dates;
use crate::remittances::Open;
use crate::rows::{Rows, RowsError, decode, plus, read, write};
use crate::{Position, Record, compact, cycles, ledger};

pub mod keeping;

/// A service that lasts longer is one whose days were mistyped: only its two ends are believed.
const SERVICE_YEARS_MAX: i32 = 3;

/// The contract years whose services a remittance speaks of, and whether it moved money for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Touched {
    /// Month and day on which contract years begin.
    starts: (u32, u32),
    /// The contract year of the payment, which names the unit.
    unit: i32,
    /// Ascending.
    years: Vec<TouchedYear>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct TouchedYear {
    year: i32,
    moved: bool,
}

impl Touched {
    /// What a remittance begins with: its own year is touched, whatever its claims will say.
    pub(crate) fn begin(
        rows: &dyn Rows,
        record: &Record<'_>,
        paid_on: Option<NaiveDate>,
    ) -> Result<Self, RowsError> {
        let choices = ledger::choices(rows)?;
        let starts = choices.map_or(MonthDay::FIRST_OF_JANUARY, |row| row.contract_year_start);
        // 2001 is any year without a 29 February, which no contract year begins on.
        let starts = starts.in_year(2001).map_or((1, 1), |day| (day.month(), day.day()));
        let day = paid_on.unwrap_or_else(|| record.recorded_at.to_utc().date_naive());
        let mut touched = Self { starts, unit: 0, years: Vec::new() };
        touched.unit = touched.year_of(day);
        touched.touch(touched.unit, true);
        Ok(touched)
    }

    /// The contract year of a day.
    fn year_of(&self, day: NaiveDate) -> i32 {
        let begun = (day.month(), day.day()) >= self.starts;
        if begun { day.year() } else { day.year().saturating_sub(1) }
    }

    fn touch(&mut self, year: i32, moved: bool) {
        match self.years.binary_search_by_key(&year, |touched| touched.year) {
            Ok(at) => {
                if let Some(touched) = self.years.get_mut(at) {
                    touched.moved |= moved;
                }
            }
            Err(at) => self.years.insert(at, TouchedYear { year, moved }),
        }
    }

    /// Takes in a claim.
    pub(crate) fn claim(&mut self, body: &ClaimBody<'_>) {
        let moved = body.money.paid.is_none_or(|paid| !paid.is_zero());
        let dates = Dates::of(body);
        let ends = [dates.from.or(dates.to), dates.to.or(dates.from)];
        let [Some(first), Some(last)] = ends.map(|day| day.map(|day| self.year_of(day))) else {
            return;
        };
        if (0..=SERVICE_YEARS_MAX).contains(&last.saturating_sub(first)) {
            for year in first..=last {
                self.touch(year, moved);
            }
        } else {
            self.touch(first, moved);
            self.touch(last, moved);
        }
    }

    /// The years, ascending.
    pub(crate) fn years(&self) -> impl Iterator<Item = i32> {
        self.years.iter().map(|touched| touched.year)
    }
}

/// What the remittances of a unit did for the services of one contract year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchedRow {
    /// How many remittances of the unit speak of such services.
    pub remittances: u64,
    /// The last day on which one of them moved money for such services.
    #[serde(with = "compact::day_if_any")]
    pub moved_on: Option<NaiveDate>,
    /// That remittance.
    #[serde(with = "compact::digest_if_any")]
    pub moved_by: Option<Digest>,
    /// Where it begins.
    pub moved_at: Option<Position>,
}

impl TouchedRow {
    /// Moves forward, never back; of one day the first that was recorded counts.
    fn moved(&mut self, on: NaiveDate, by: Digest, at: Position) {
        if self.moved_on.is_none_or(|before| before < on) {
            *self = Self { moved_on: Some(on), moved_by: Some(by), moved_at: Some(at), ..*self };
        }
    }
}

/// A year in a key; years before the common era come first.
fn number(year: i32) -> u32 {
    u32::try_from(year).unwrap_or(0)
}

fn key(payee: &PayeeId, unit: i32, services: i32) -> Vec<u8> {
    Key::new(b'e').text(payee.as_str()).number(number(unit)).number(number(services)).done()
}

/// The day on which a remittance moved money.
fn moved_on(open: &Open, record: &Record<'_>) -> NaiveDate {
    let recorded = record.recorded_at.to_utc().date_naive();
    cycles::cycle_of(open.paid_on, record).unwrap_or(recorded)
}

/// A remittance begins: its unit is there.
pub(crate) fn begun(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &Open,
) -> Result<(), RowsError> {
    let unit = open.touched.unit;
    let key = key(&open.payee, unit, unit);
    let mut row: TouchedRow = read(rows, &key)?.unwrap_or_default();
    plus(&mut row.remittances, 1)?;
    row.moved(moved_on(open, record), open.digest, record.position());
    write(rows, key, &row)
}

/// A remittance ends: the years that its claims spoke of.
pub(crate) fn closed(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    open: &Open,
    first: Position,
) -> Result<(), RowsError> {
    let unit = open.touched.unit;
    let moved_on = moved_on(open, record);
    for touched in open.touched.years.iter().filter(|touched| touched.year != unit) {
        let key = key(&open.payee, unit, touched.year);
        let mut row: TouchedRow = read(rows, &key)?.unwrap_or_default();
        plus(&mut row.remittances, 1)?;
        if touched.moved {
            row.moved(moved_on, open.digest, first);
        }
        write(rows, key, &row)?;
    }
    Ok(())
}

/// A unit of remittances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Who was paid.
    pub payee: PayeeId,
    /// The contract year of the payments, named after the year it begins in.
    pub year: i32,
    /// The contract years of the services that its records speak of, ascending; its own among them.
    pub touches: Vec<(i32, TouchedRow)>,
}

impl Unit {
    /// Its id.
    pub fn id(&self) -> UnitId {
        UnitId::remittances(&self.payee, self.year)
    }
}

/// The units of one payee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units {
    /// Who was paid.
    pub payee: PayeeId,
    /// By contract year, ascending.
    pub units: Vec<Unit>,
}

impl Units {
    /// The last movement of money for the services of a contract year, in whichever unit it was.
    pub fn last_movement(&self, services: i32) -> Option<TouchedRow> {
        let all = self.units.iter().flat_map(|unit| &unit.touches);
        let of_year = all.filter(|(year, _)| *year == services).map(|(_, row)| *row);
        of_year
            .filter(|row| row.moved_on.is_some())
            .reduce(|last, row| if row.moved_on > last.moved_on { row } else { last })
    }
}

fn read_key(key: &[u8]) -> Option<(PayeeId, i32, i32)> {
    let mut fields = Fields::of(key);
    let payee = PayeeId::parse(&fields.text()?).ok()?;
    let mut year = || i32::try_from(fields.number()?).ok();
    Some((payee, year()?, year()?))
}

/// Calls `each` with the units of a payee, or of every payee one after the other, until it returns
/// false.
///
/// # Errors
/// When the rows cannot be read.
pub fn units(
    rows: &dyn Rows,
    payee: Option<&PayeeId>,
    each: &mut dyn FnMut(Units) -> bool,
) -> Result<(), RowsError> {
    let prefix = Key::new(b'e');
    let prefix = payee.map_or(prefix.clone(), |payee| prefix.text(payee.as_str()));
    let mut gathered: Option<Units> = None;
    let mut goes_on = true;
    crate::rows::each(rows, &prefix.done(), &mut |key, value| {
        let read = read_key(key);
        let (payee, year, services) =
            read.ok_or_else(|| RowsError::damaged("the key of a unit is cut short"))?;
        if gathered.as_ref().is_some_and(|units| units.payee != payee)
            && let Some(units) = gathered.take()
        {
            goes_on = each(units);
        }
        let units =
            gathered.get_or_insert_with(|| Units { payee: payee.clone(), units: Vec::new() });
        if units.units.last().is_none_or(|unit| unit.year != year) {
            units.units.push(Unit { payee, year, touches: Vec::new() });
        }
        if let Some(unit) = units.units.last_mut() {
            unit.touches.push((services, decode(value)?));
        }
        Ok(goes_on)
    })?;
    if goes_on && let Some(units) = gathered {
        each(units);
    }
    Ok(())
}
