//! Cases as they stand on a day, one after the other: what every report about cases is made from.
//!
//! Each case is a row with its changes and movements; nothing here reads a claim. Two dials: what is
//! known are the rows of the view, what had happened by the day asked about is [`case_on`].
//!
//! # Stand-down
//!
//! A case that an agency's stand-down covers stays off lists unless who asks is cleared for it and says
//! so; sums hold it always ([`super::stand_down`]).

use std::collections::BTreeMap;

use lookback_events::event::text::Day;
use lookback_events::id::{ActorId, PayeeId};
use lookback_events::money::Money;
use lookback_projections::case_on::{self, CaseOn};
use lookback_projections::cases::{CaseRow, DisputeState, NoticeState};
use lookback_projections::movements::{self, Stays};
use lookback_projections::rows::RowsError;
use lookback_projections::rules;
use lookback_projections::windows::Window;
use serde::Serialize;

use super::findings::place;
use super::stand_down::Covered;
use super::{AnswerError, Each, View, ended, go_on};

mod clocks;
#[cfg(test)]
pub(in crate::report) mod samples;

pub use clocks::Clocks;

/// Which cases are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of that payee.
    pub payee: Option<PayeeId>,
    /// Of that plan.
    pub plan: Option<String>,
    /// Of that owner.
    pub owner: Option<ActorId>,
    /// Of that vendor.
    pub vendor: Option<String>,
    /// Those under a stand-down are listed, too.
    pub cleared: bool,
}

/// A case on a day, with what its clocks and sums say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The case on that day.
    pub case: CaseOn,
    /// What its clocks say.
    pub clocks: Clocks,
    /// Its windows, in the order of the letters.
    pub windows: Vec<Window>,
    /// What is outstanding, zero or above.
    pub outstanding: Money,
    /// What must be given back, zero or above.
    pub restoration_owed: Money,
    /// True where only who is cleared may see it: an agency forbids notice, contact and offset, on that
    /// day or since.
    pub stood_down: bool,
}

impl Seen {
    /// The case on a day, by its own row.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn of(
        case: CaseOn,
        (clocks, windows): (Clocks, Vec<Window>),
        stood_down: bool,
    ) -> Result<Self, RowsError> {
        let outstanding = case.row.money.outstanding()?;
        let restoration_owed = case.row.money.restoration_owed()?;
        Ok(Self { case, clocks, windows, outstanding, restoration_owed, stood_down })
    }

    /// True where it goes on.
    pub const fn is_open(&self) -> bool {
        self.case.row.ended.is_none()
    }

    /// The first day on which something may be taken; none where nothing is outstanding.
    pub fn eligible_from(&self) -> Option<Day> {
        self.clocks.eligible.filter(|_| !self.outstanding.is_zero())
    }

    /// The first notice that did not come back.
    pub fn first_notice(&self) -> Option<&NoticeState> {
        self.case.row.notices.iter().find(|notice| notice.returned.is_none())
    }

    /// How much an open dispute stays of what is outstanding.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn disputed(&self) -> Result<Money, RowsError> {
        let mut sum = Money::ZERO;
        for dispute in self.open_disputes() {
            let amount = dispute.amount.unwrap_or(self.outstanding);
            lookback_projections::rows::add(&mut sum, Some(amount))?;
        }
        Ok(sum.min(self.outstanding))
    }

    /// Disputes that wait for their determination; a late one only where it was accepted.
    pub fn open_disputes(&self) -> impl Iterator<Item = &DisputeState> {
        let heard = |dispute: &&DisputeState| dispute.determined.is_none() && dispute.is_heard();
        self.case.row.disputes.iter().filter(heard)
    }
}

/// Calls `each` with the cases asked for that were identified by a day, by id; those under a stand-down
/// among them, marked.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn each(
    view: &View<'_>,
    wanted: &Wanted,
    on: Day,
    each: &mut Each<'_, Seen>,
) -> Result<(), AnswerError> {
    let rules = rules::in_use(view.rows())?;
    let mut stays: BTreeMap<PayeeId, Stays> = BTreeMap::new();
    let covered = Covered::on(view, on)?;
    let mut failed = None;
    case_on::all(view.rows(), on.0, &mut |case| {
        if !takes(wanted, &case.row) {
            return Ok(true);
        }
        if !stays.contains_key(&case.row.payee) {
            let of_payee = movements::stays(view.rows(), &case.row)?;
            stays.insert(case.row.payee.clone(), of_payee);
        }
        let Some(of_payee) = stays.get(&case.row.payee) else { return Ok(true) };
        let stood_down = covered.case(&case.id, &case.row.payee);
        let clocks = Clocks::of(&rules, &case, of_payee, on)?;
        let seen = Seen::of(case, clocks, stood_down)?;
        Ok(go_on(&mut failed, each(seen).map(|()| true)))
    })?;
    ended(failed)
}

/// True where a case is asked for, stood down or not.
pub(super) fn takes(wanted: &Wanted, case: &CaseRow) -> bool {
    let facts = &case.facts;
    wanted.payee.as_ref().is_none_or(|payee| *payee == case.payee)
        && wanted.plan.as_ref().is_none_or(|plan| *plan == facts.plan)
        && wanted.owner.as_ref().is_none_or(|owner| facts.owner.as_ref() == Some(owner))
        && wanted.vendor.as_ref().is_none_or(|vendor| facts.vendor.as_ref() == Some(vendor))
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Its id.
    pub case: String,
    /// Who was paid.
    pub payee: String,
    /// The plan that paid.
    pub plan: String,
    /// How the plan is funded.
    pub funding: Option<String>,
    /// The line of business.
    pub line_of_business: String,
    /// Why the payment was too high.
    pub cause: &'static str,
    /// Who found it.
    pub detected_by: &'static str,
    /// Who works on it.
    pub owner: Option<String>,
    /// The vendor that works it.
    pub vendor: Option<String>,
    /// How it ended, or `open`.
    pub standing: &'static str,
    /// When it was identified.
    pub identified_on: Day,
    /// The day of its first notice that did not come back.
    pub noticed_on: Option<Day>,
    /// The last day of the window that was opened last.
    pub window: Option<Day>,
    /// The first day on which an offset may be taken.
    pub eligible_from: Option<Day>,
    /// When it ended.
    pub ended_on: Option<Day>,
    /// The overpayment as identified or amended.
    pub identified: Money,
    /// Overturned, withdrawn, settled, discharged or recovered by another.
    pub reduced: Money,
    /// Collected.
    pub collected: Money,
    /// Carried forward and not collected yet.
    pub carried_forward: Money,
    /// Given up for good.
    pub written_off: Money,
    /// Outstanding.
    pub outstanding: Money,
    /// To be given back.
    pub restoration_owed: Money,
    /// The record that identified it.
    pub at: String,
}

impl Case {
    fn of(seen: &Seen) -> Self {
        let (row, facts) = (&seen.case.row, &seen.case.row.facts);
        let ended = row.ended.as_ref();
        Self {
            case: seen.case.id.to_string(),
            payee: row.payee.to_string(),
            plan: facts.plan.clone(),
            funding: facts.funding.clone(),
            line_of_business: facts.line_of_business.clone(),
            cause: facts.cause.as_str(),
            detected_by: facts.detected_by.as_str(),
            owner: facts.owner.as_ref().map(ToString::to_string),
            vendor: facts.vendor.clone(),
            standing: ended.map_or("open", |(_, end)| end_word(*end)),
            identified_on: Day(row.identified.happened.day),
            noticed_on: seen.first_notice().map(|notice| notice.dated),
            window: seen.clocks.window,
            eligible_from: seen.eligible_from(),
            ended_on: ended.map(|(known, _)| Day(known.happened.day)),
            identified: row.money.identified,
            reduced: row.money.reduced,
            collected: row.money.collected,
            carried_forward: row.money.carried,
            written_off: row.money.written_off,
            outstanding: seen.outstanding,
            restoration_owed: seen.restoration_owed,
            at: place(row.identified.at).to_string(),
        }
    }
}

/// How a case ended, as reports write it.
pub(super) const fn end_word(end: lookback_projections::cases::End) -> &'static str {
    use lookback_projections::cases::End;
    match end {
        End::Recovered => "recovered",
        End::Withdrawn => "withdrawn",
        End::Overturned => "overturned",
        End::Settled => "settled",
        End::WrittenOff => "written-off",
        End::RecoveredByAnother => "recovered-by-another",
        End::Discharged => "discharged",
        End::Closed => "closed",
    }
}

/// Hands over the cases asked for, by id; `open` ones only, or all. Gives how many a stand-down keeps off
/// the list.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    open: bool,
    on: Day,
    put: &mut Each<'_, Case>,
) -> Result<u64, AnswerError> {
    let mut hidden = 0_u64;
    each(view, wanted, on, &mut |seen| {
        if open && !seen.is_open() {
            return Ok(());
        }
        if seen.stood_down && !wanted.cleared {
            hidden = hidden.saturating_add(1);
            return Ok(());
        }
        put(Case::of(&seen))
    })?;
    Ok(hidden)
}
