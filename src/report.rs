//! Answers: what the ledger knows, as typed values, one after the other.
//!
//! Not how they look (cli), and nothing that is kept: every answer is made from rows, indexes and
//! records when it is asked for. What may be long is handed over piece by piece, so that memory does
//! not grow with the ledger.
//!
//! # Two dials
//!
//! What was *known* is the prefix of every journal up to a moment ([`View::known_at`]): moments
//! never go back within a journal, so the prefix is found by halving and folded into rows in memory.
//! Nothing here depends on today.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;

use chrono::{DateTime, NaiveDate, TimeZone as _};
use lookback_events::event::text::Day;
use lookback_events::id::JournalId;
use lookback_events::record::Header;
use lookback_events::time::Timestamp;
use lookback_projections::cycles;
use lookback_projections::rows::{MemoryRows, Rows, RowsError};
use lookback_projections::windows::RulebookError;
use serde::Serialize;

use crate::journal::{JournalError, Position};
use crate::ledger::{Ledger, LedgerError, fold};
use crate::original::OriginalError;

pub mod accounts;
pub mod aging;
pub mod among;
pub mod audit;
pub mod case;
pub mod cases;
pub mod claim;
pub mod days;
pub mod due;
mod duties;
pub mod explained;
pub mod file;
pub mod findings;
pub mod forwards;
pub mod funnel;
pub mod holds;
pub mod lookbacks;
pub mod monday;
pub mod offsets;
pub mod overturn_rate;
pub mod overview;
pub mod payee;
pub mod payments;
pub mod percent;
pub mod policies;
pub mod prefix;
pub mod recovery_rate;
pub mod remittance;
pub mod remittances;
pub mod retention;
pub mod rollforward;
pub mod runs;
pub mod stand_down;
pub mod top_reasons;
pub mod trail;
pub mod unmatched;
pub mod windows;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// Nothing is known by that name; it never repeats a patient's number.
    #[error("{what}")]
    Unknown {
        /// What was looked for.
        what: String,
        /// How to find the right one.
        help: String,
    },
    /// Several things are meant.
    #[error("{what}: {}{}", candidates.join(", "), if *more { ", and others" } else { "" })]
    Ambiguous {
        /// What was looked for.
        what: String,
        /// Some of them, in order.
        candidates: Vec<String>,
        /// True where there are others.
        more: bool,
    },
    /// It cannot be asked so.
    #[error("{0}")]
    Question(String),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The policies that the ledger adopted cannot be used.
    #[error("the policies that the ledger adopted cannot be read")]
    Rules(#[from] RulebookError),
    /// A file cannot be given back.
    #[error(transparent)]
    Original(#[from] OriginalError),
    /// The answer cannot be written.
    #[error("the answer cannot be written")]
    Write(#[from] io::Error),
}

impl From<RowsError> for AnswerError {
    fn from(error: RowsError) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<JournalError> for AnswerError {
    fn from(error: JournalError) -> Self {
        Self::Ledger(error.into())
    }
}

/// The ledger as it was known at a moment.
#[derive(Debug)]
pub struct View<'a> {
    ledger: &'a Ledger,
    /// Rows of the past; `None` where everything recorded is known.
    past: Option<MemoryRows>,
    /// By index of the journal: how many of its records are known.
    ends: Vec<u64>,
    known_at: Timestamp,
    /// True where a moment was asked for.
    asked: bool,
    /// Records that could not be read on the way to an answer.
    unread: RefCell<BTreeSet<Position>>,
}

/// The last payment cycle that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cycle {
    /// Its payment date (835 BPR16).
    pub paid_on: Option<Day>,
    /// When the first remittance of that date was closed, UTC.
    pub recorded_at: Timestamp,
    /// That remittance.
    pub remittance: String,
}

impl<'a> View<'a> {
    /// Everything that is recorded.
    pub fn live(ledger: &'a Ledger) -> Self {
        let journals = ledger.journals();
        let heads: Vec<_> = journals.ids().into_iter().map(|id| journals.head(id)).collect();
        let newest = heads.iter().map(|head| head.recorded_at).max();
        Self {
            ledger,
            past: None,
            ends: heads.iter().map(super::journal::hot::Head::next).collect(),
            known_at: newest.unwrap_or(Timestamp::from_micros(0)),
            asked: false,
            unread: RefCell::default(),
        }
    }

    /// What was recorded until a moment, with the rows of today: for answers that are made from
    /// records alone.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn records_until(ledger: &'a Ledger, moment: Timestamp) -> Result<Self, AnswerError> {
        let ids = ledger.journals().ids();
        let ends = ids.into_iter().map(|journal| end_at(ledger, journal, moment));
        let ends = ends.collect::<Result<_, _>>()?;
        Ok(Self {
            ledger,
            past: None,
            ends,
            known_at: moment,
            asked: true,
            unread: RefCell::default(),
        })
    }

    /// What was known at a moment: folds what was recorded until then, and tells `progress` how many
    /// of how many records are done.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn known_at(
        ledger: &'a Ledger,
        moment: Timestamp,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, AnswerError> {
        const STEP: u64 = 1_024;
        let mut view = Self::records_until(ledger, moment)?;
        let all = view.ends.iter().copied().fold(0, u64::saturating_add);
        let mut rows = MemoryRows::default();
        let mut done = 0_u64;
        for (journal, end) in view.stretches() {
            ledger.each_opened(journal, 0, end, |at, header, body| {
                fold(&mut rows, at, header, body)?;
                done = done.saturating_add(1);
                if done.is_multiple_of(STEP) {
                    progress(done, all);
                }
                Ok(true)
            })?;
        }
        progress(all, all);
        view.past = Some(rows);
        Ok(view)
    }

    /// The ledger behind it.
    pub const fn ledger(&self) -> &'a Ledger {
        self.ledger
    }

    /// The rows as they were.
    pub fn rows(&self) -> &dyn Rows {
        match &self.past {
            Some(past) => past,
            None => self.ledger.rows(),
        }
    }

    /// The moment: the one asked for, else that of the newest record.
    pub const fn moment(&self) -> Timestamp {
        self.known_at
    }

    /// True where a moment was asked for.
    pub const fn is_past(&self) -> bool {
        self.asked
    }

    /// Every journal with how many of its records are known.
    pub fn stretches(&self) -> Vec<(JournalId, u64)> {
        self.ledger.journals().ids().into_iter().zip(self.ends.iter().copied()).collect()
    }

    /// How many records of a journal are known.
    pub fn end(&self, journal: JournalId) -> u64 {
        self.ends.get(usize::from(journal.index())).copied().unwrap_or(0)
    }

    /// True where the record was known.
    pub fn knows(&self, at: Position) -> bool {
        at.seq < self.end(at.journal)
    }

    /// What was read of a record; `None` where it is damaged or cannot be opened, which is noted: one
    /// record does not keep all others from an answer.
    fn unless_damaged<T>(&self, read: Result<T, LedgerError>) -> Result<Option<T>, AnswerError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error) => match error.record() {
                Some(at) => {
                    self.unread.borrow_mut().insert(at);
                    Ok(None)
                }
                None => Err(error.into()),
            },
        }
    }

    /// What the answers given until now lack, in words; none where they lack nothing.
    pub fn lacks(&self) -> Option<String> {
        let unread = self.unread.borrow();
        let named: Vec<String> = unread.iter().take(3).map(ToString::to_string).collect();
        let (count, more) = (unread.len(), if unread.len() > 3 { " and others" } else { "" });
        let (records, them) = if count == 1 { ("record", "it") } else { ("records", "them") };
        (count > 0).then(|| {
            format!(
                "{count} {records} could not be read ({}{more}): the answer lacks {them}; lookback \
                 verify says what is wrong",
                named.join(", ")
            )
        })
    }

    /// The last payment cycle that is known.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn last_cycle(&self) -> Result<Option<Cycle>, AnswerError> {
        let last = cycles::last(self.rows())?;
        Ok(last.map(|row| Cycle {
            paid_on: row.paid_on.map(Day),
            recorded_at: row.recorded_at,
            remittance: row.remittance.to_string(),
        }))
    }
}

/// How many records of a journal were recorded until a moment: moments never go back within it.
///
/// # Errors
/// When a record cannot be read.
pub fn end_at(ledger: &Ledger, journal: JournalId, moment: Timestamp) -> Result<u64, AnswerError> {
    let journals = ledger.journals();
    let head = journals.head(journal);
    let (mut low, mut high) = (0, head.next());
    if head.recorded_at <= moment {
        return Ok(high);
    }
    while low < high {
        let middle = low.midpoint(high);
        let stored = journals.record(Position { journal, seq: middle })?;
        let header = header(Position { journal, seq: middle }, &stored.header)?;
        if header.recorded_at <= moment {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// A record's header as stored, read.
fn header(at: Position, bytes: &[u8]) -> Result<Header<'_>, JournalError> {
    Header::decode(bytes)
        .map_err(|e| JournalError::damaged(at.journal, at.seq, "store", e.to_string()))
}

/// Reads a moment: RFC 3339, or a date, which is the end of that day in the plan's time zone.
///
/// # Errors
/// When the text is neither.
pub fn moment(ledger: &Ledger, text: &str) -> Result<Timestamp, AnswerError> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let next = day.succ_opt().and_then(|next| start_of_day(ledger, next));
        let end = next.map(|next| Timestamp::from_micros(next.micros().saturating_sub(1)));
        return end.ok_or_else(|| AnswerError::Question(format!("{text} is no day of a calendar")));
    }
    let moment = DateTime::parse_from_rfc3339(text).map_err(|_| {
        AnswerError::Question(format!(
            "{text:?} is no moment: a date such as 2026-03-31, or 2026-03-31T17:00:00Z, is wanted"
        ))
    })?;
    Ok(Timestamp::from_micros(moment.timestamp_micros()))
}

/// The moment at which a day begins in the plan's time zone; where the clock is put forward over
/// midnight, the first moment of the day.
pub fn start_of_day(ledger: &Ledger, day: NaiveDate) -> Option<Timestamp> {
    let zone: chrono_tz::Tz = ledger.choices().time_zone.parse().unwrap_or(chrono_tz::UTC);
    let first = (0..24).find_map(|hour| {
        let local = day.and_hms_opt(hour, 0, 0)?;
        zone.from_local_datetime(&local).earliest()
    })?;
    Some(Timestamp::from_micros(first.timestamp_micros()))
}

/// The day of a moment in the plan's time zone.
pub fn day_of(ledger: &Ledger, moment: Timestamp) -> NaiveDate {
    day_in(ledger.choices().time_zone.parse().unwrap_or(chrono_tz::UTC), moment)
}

/// The day of a moment in a time zone.
pub fn day_in(zone: chrono_tz::Tz, moment: Timestamp) -> NaiveDate {
    moment.to_utc().with_timezone(&zone).date_naive()
}

/// Notes a failure inside a callback that can only say whether to go on.
fn go_on(failed: &mut Option<AnswerError>, step: Result<bool, AnswerError>) -> bool {
    step.unwrap_or_else(|error| {
        *failed = Some(error);
        false
    })
}

/// What [`go_on`] noted.
fn ended(failed: Option<AnswerError>) -> Result<(), AnswerError> {
    failed.map_or(Ok(()), Err)
}

/// Takes one piece of an answer.
pub type Each<'a, T> = dyn FnMut(T) -> Result<(), AnswerError> + 'a;
