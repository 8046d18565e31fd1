//! What was said of one claim over time: paid, reversed, corrected, net.
//!
//! No rows: a claim's few records are found through the indexes and folded when asked. Facts are
//! those of one payee and one patient control number, in the order of their journal.

use chrono::NaiveDate;
use lookback_events::event::claim::ClaimBody;
use lookback_events::event::{ClaimKind, Event};
use lookback_events::id::Digest;
use lookback_events::money::Money;
use lookback_events::time::Timestamp;

use crate::rows::{Rows, RowsError};
use crate::{Position, Record, remittances};

mod history;

pub use history::{ClaimHistory, Entry, Pairing, Totals, fold, pair};

/// True where a claim takes a payment back: its status says so (835 CLP02 22), or its charge or its
/// payment is below zero, whatever its status.
pub fn is_reversal(kind: ClaimKind, charge: Option<Money>, paid: Option<Money>) -> bool {
    kind == ClaimKind::Reversed || [charge, paid].into_iter().flatten().any(Money::is_negative)
}

/// The days of service of a claim: its statement's (835 DTM 232, 233), else the span of its lines
/// (DTM 472, 150, 151).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dates {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

impl Dates {
    /// The days that a claim gives.
    pub fn of(body: &ClaimBody<'_>) -> Self {
        let dates = &body.dates;
        if dates.from.is_some() || dates.to.is_some() {
            return Self { from: dates.from.map(|d| d.0), to: dates.to.map(|d| d.0) };
        }
        let firsts = dates.lines.iter().filter_map(|line| line.from.or(line.to));
        let lasts = dates.lines.iter().filter_map(|line| line.to.or(line.from));
        Self { from: firsts.min().map(|d| d.0), to: lasts.max().map(|d| d.0) }
    }

    /// True where no day differs; an absent day differs from none.
    pub fn agree(&self, other: &Self) -> bool {
        let same =
            |a: Option<NaiveDate>, b: Option<NaiveDate>| a.is_none() || b.is_none() || a == b;
        same(self.from, other.from) && same(self.to, other.to)
    }
}

/// One thing that a remittance said of the claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The record; `None` while it is still being decided.
    pub at: Option<Position>,
    /// When it was recorded, UTC.
    pub recorded_at: Option<Timestamp>,
    /// The remittance.
    pub remittance: Digest,
    /// Payment date of the remittance (835 BPR16), where the caller knows it.
    pub paid_on: Option<NaiveDate>,
    /// Its number in the remittance, from 1.
    pub ordinal: u64,
    /// What the payer did.
    pub kind: ClaimKind,
    /// 835 CLP02.
    pub status: String,
    /// 835 CLP03.
    pub charge: Option<Money>,
    /// 835 CLP04.
    pub paid: Option<Money>,
    /// The days of service.
    pub dates: Dates,
    /// 835 CLP07, trimmed; empty where it is missing.
    pub payer_control: String,
    /// 835 REF*F8, the payer's number of the claim this one is about.
    pub originals: Vec<String>,
}

impl Fact {
    /// A claim that is not recorded yet, of a remittance paid on that date; `None` where it names no
    /// remittance.
    pub fn of(kind: ClaimKind, body: &ClaimBody<'_>, paid_on: Option<NaiveDate>) -> Option<Self> {
        let trimmed = |text: &str| text.trim().to_owned();
        let references = body.claim.references.iter().filter(|r| r.qualifier.trim() == "F8");
        Some(Self {
            at: None,
            recorded_at: None,
            remittance: Digest::parse(&body.claim.remittance).ok()?,
            paid_on,
            ordinal: body.claim.ordinal,
            kind,
            status: trimmed(&body.claim.status),
            charge: body.money.charge,
            paid: body.money.paid,
            dates: Dates::of(body),
            payer_control: trimmed(body.claim.payer_control.as_deref().unwrap_or_default()),
            originals: references.map(|r| trimmed(&r.value)).collect(),
        })
    }

    /// The claim that a record holds; `None` where it holds none.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn of_record(rows: &dyn Rows, record: &Record<'_>) -> Result<Option<Self>, RowsError> {
        let Event::Claim(kind, body) = record.event else { return Ok(None) };
        let Some(fact) = Self::of(*kind, body, None) else { return Ok(None) };
        let remittance = remittances::remittance(rows, &fact.remittance)?;
        Ok(Some(Self {
            at: Some(record.position()),
            recorded_at: Some(record.recorded_at),
            paid_on: remittance.and_then(|row| row.paid_on),
            ..fact
        }))
    }

    /// True where it takes a payment back.
    pub fn is_reversal(&self) -> bool {
        is_reversal(self.kind, self.charge, self.paid)
    }

    /// True where this reversal takes back that payment, whichever was recorded first: amounts
    /// negated and no day of service that differs.
    fn negates(&self, payment: &Self) -> bool {
        let negated = |mine: Option<Money>, its: Option<Money>| {
            mine.is_some_and(|mine| its.is_some_and(|its| its.negated() == mine))
        };
        negated(self.charge, payment.charge)
            && negated(self.paid, payment.paid)
            && self.dates.agree(&payment.dates)
    }

    /// True where this reversal names that payment by its payer's number (835 CLP07, REF*F8).
    fn names(&self, payment: &Self) -> bool {
        let number = &payment.payer_control;
        !number.is_empty() && (self.payer_control == *number || self.originals.contains(number))
    }
}
