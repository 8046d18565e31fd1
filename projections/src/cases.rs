//! Cases: each overpayment from the day it is identified to its end, its state and its money.
//!
//! A row holds what was said and done, in the order in which it was learnt; nothing in it depends on
//! a day that is asked about. What is *true on a day* (whether a window is open, whether an offset may
//! begin) is computed from the row and the policies by [`crate::windows`].
//!
//! # Money
//!
//! At all times, in exact cents (DOMAIN 6): identified + restoration owed = reduced + collected +
//! carried forward + written off + outstanding, and at most one of outstanding and restoration owed
//! is above zero. [`CaseMoney`] keeps the sums; the two ends are derived from it. Each sum comes from
//! two places and no third: the [changes](MoneyChange) that people recorded, in the row, and the
//! [movements] that are booked to the case. [`recount`] adds them up again.
//!
//! # Who is meant
//!
//! No patient's data: a claim is known by a SHA-256 of payee and patient control number, and by the
//! positions of the records that hold it.

use chrono::NaiveDate;
use lookback_events::event::act::{Subject, Told};
use lookback_events::event::recovery::money::Horizon;
use lookback_events::event::recovery::{Cause, DetectedBy, Recovery};
use lookback_events::event::text::Day;
use lookback_events::id::{ActorId, CaseId, Digest, PayeeId};
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::rows::{Rows, RowsError};
use crate::{Position, Record, compact, movements};

mod changes;
mod claims;
mod letters;
mod money;
mod opening;
mod owing;
mod states;
mod store;

pub use claims::{meant_by, number, of_claim, with_control_number};
pub use money::{Bucket, CaseMoney, ChangeKind, MoneyChange, Ways, recount};
pub use states::{
    AnswerState, DeterminationState, DisputeState, End, InstalmentState, InstructionState, Known,
    NoticeState, OfClaim, PlanBegun, RefundState, RestorationState,
};
pub use store::{all, case, has_any, of_payee};

pub(crate) use claims::{Kind, identified, known_as, learn, position, with_number};
pub(crate) use money::Way;
pub(crate) use store::{payees_cases, save, save_count};

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRow {
    /// Who was paid.
    pub payee: PayeeId,
    /// How it was identified.
    pub identified: Known,
    /// What rules ask about it.
    pub facts: CaseFacts,
    /// The claims it is about.
    pub claims: Vec<CaseClaim>,
    /// Its money.
    pub money: CaseMoney,
    /// In which ways money was taken, net.
    pub ways: Ways,
    /// What people recorded of its money, in the order it was recorded; movements are rows of their
    /// own.
    pub changes: Vec<MoneyChange>,
    /// Its letters, in the order they were recorded.
    pub notices: Vec<NoticeState>,
    /// Answers that are no disputes.
    pub answers: Vec<AnswerState>,
    /// Disputes and what became of them.
    pub disputes: Vec<DisputeState>,
    /// When the provider paid, as it was told or seen: paying is an answer.
    pub refunds: Vec<RefundState>,
    /// Instructions to take money.
    pub instructions: Vec<InstructionState>,
    /// Decisions about money taken wrongly.
    pub restorations: Vec<RestorationState>,
    /// Instalments in force; empty without a plan.
    pub plan: Vec<InstalmentState>,
    /// When they were agreed, and what had been taken and paid by then.
    pub planned: Option<PlanBegun>,
    /// A plan that was not kept.
    pub defaulted: Option<Known>,
    /// A bankruptcy stay that stands.
    pub stayed: Option<Known>,
    /// A stand-down of this case that stands; one of its payee is a row of [`crate::integrity`].
    pub stood_down: Option<Known>,
    /// Stays that were lifted: the first day, and the first day after.
    pub stays_lifted: Vec<(Day, Day)>,
    /// Stand-downs of this case that were lifted: the first day, and the first day after.
    pub stand_downs_lifted: Vec<(Day, Day)>,
    /// A referral to collections.
    pub referred: Option<(Known, Horizon)>,
    /// How it ended; `None` while it goes on.
    pub ended: Option<(Known, End)>,
    /// Money was taken while a dispute, a stay or a stand-down barred it, and nobody has decided yet
    /// whether it is restored.
    #[serde(with = "compact::cents")]
    pub taken_while_barred: Money,
    /// The last day on which money of it moved, and the record; it only moves forward, also where the
    /// movement was taken from it later (DOMAIN 3.13).
    pub moved: Option<(Day, Position)>,
    /// The last record that changed it.
    pub last: Position,
}

/// What rules ask about a case (DOMAIN 4, scope).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// Why the payment was too high.
    pub cause: Cause,
    /// Who found it.
    pub detected_by: DetectedBy,
    /// The line of business.
    pub line_of_business: String,
    /// The plan that paid.
    pub plan: String,
    /// How the plan is funded.
    pub funding: Option<String>,
    /// Two letters.
    pub state: Option<String>,
    /// The class of provider.
    pub provider_class: Option<String>,
    /// The class of service.
    pub service_class: Option<String>,
    /// The vendor that works it.
    pub vendor: Option<String>,
    /// Who works on it.
    pub owner: Option<ActorId>,
    /// It came from another system: all of it is asserted.
    pub asserted: bool,
    /// Who paid its claims (835 TRN03), where the payments that are meant are known.
    pub payer: Option<String>,
}

/// A claim of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseClaim {
    /// SHA-256 of payee and patient control number.
    #[serde(with = "compact::digest")]
    pub claim: Digest,
    /// SHA-256 of payee and payer control number, where it was given or found.
    #[serde(with = "compact::digest_if_any")]
    pub payer_control: Option<Digest>,
    /// The record of the payment that was too high.
    pub payment: Option<Position>,
    /// By how much.
    #[serde(with = "compact::cents")]
    pub amount: Money,
    /// Its lines, where only they are meant: number and amount.
    pub lines: Vec<(u64, Money)>,
}

pub(crate) fn apply(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    told: &Told<Recovery>,
) -> Result<(), RowsError> {
    let Subject::Case(id) = &told.subject else { return Ok(()) };
    let known = Known::of(record, &told.act);
    let Some(row) = case(rows, id)? else {
        // Whoever decides names no case that is not known; a fold makes none up.
        let Recovery::CaseIdentified(detail) = &told.detail else { return Ok(()) };
        return opening::identified(rows, id, &known, detail, &told.claims);
    };
    let change = Change { rows, id, known, row };
    match &told.detail {
        // It was identified once; whoever decides refuses the second.
        Recovery::CaseIdentified(_) => Ok(()),
        Recovery::CaseAmended(detail) => change.amended(detail, &told.claims),
        Recovery::NoticeIssued(detail)
        | Recovery::NoticeRecorded(detail)
        | Recovery::NoticeServedAgain(detail) => change.noticed(detail),
        Recovery::MailReturned(detail) => change.returned(detail),
        Recovery::AnswerReceived(detail) => change.answered(detail, &told.claims),
        Recovery::DisputeReceived(detail) => change.disputed(detail, &told.claims),
        Recovery::DisputeDetermined(detail) => change.determined(detail, &told.claims),
        Recovery::DeterminationCorrected(detail) => change.corrected(detail, &told.claims),
        Recovery::LateAppealDecided(detail) => change.late_appeal(detail, &told.claims),
        Recovery::OffsetInstructed(detail) => change.instructed(detail),
        Recovery::OffsetRecorded(detail) => change.offset(detail),
        Recovery::OffsetReversed(detail) => change.given_back(detail),
        Recovery::RefundRecorded(detail) => change.refunded(detail),
        Recovery::MovementAttributed(detail) => change.attributed(detail),
        Recovery::MovementUnattributed(detail) => change.unattributed(detail),
        Recovery::RestorationDecided(detail) => change.restoration_decided(detail),
        Recovery::RestorationRecorded(detail) => change.restored(detail),
        Recovery::RepaymentPlanAgreed(detail) => change.plan(detail),
        Recovery::RepaymentPlanDefaulted(_) => change.defaulted(),
        Recovery::CaseReferred(detail) => change.referred(detail.because),
        Recovery::CaseWithdrawn(_) => change.withdrawn(),
        Recovery::CaseSettled(detail) => change.settled(detail.reduced),
        Recovery::BalanceWrittenOff(detail) => change.written_off(detail.amount),
        Recovery::RecoveredByAnother(detail) => change.recovered_by_another(detail.amount),
        Recovery::BalanceDischarged(detail) => change.discharged(detail.amount),
        Recovery::StayBegan(_) => change.stayed(true),
        Recovery::StayLifted(_) => change.stayed(false),
        Recovery::CaseReopened(_) => change.reopened(),
        Recovery::CaseClosed(_) => change.closed(),
        Recovery::CaseAssigned(detail) => change.assigned(detail),
    }
}

/// A record about a case on its way into the case's row.
struct Change<'a> {
    rows: &'a mut dyn Rows,
    id: &'a CaseId,
    known: Known,
    row: CaseRow,
}

impl Change<'_> {
    /// Keeps the row as it is now.
    fn done(mut self) -> Result<(), RowsError> {
        self.row.last = self.known.at;
        save(self.rows, self.id, &self.row)?;
        checked(self.rows, self.id)
    }

    /// Keeps the row, and looks whether movements that wait are its own.
    fn done_and_matched(mut self) -> Result<(), RowsError> {
        self.row.last = self.known.at;
        save(self.rows, self.id, &self.row)?;
        movements::backwards(self.rows, &self.row.payee, self.id, self.known.control)?;
        checked(self.rows, self.id)
    }
}

/// In debug builds: the sums of a case are those of its changes and movements, and both ends of its
/// money meet.
///
/// # Errors
/// When the rows cannot be read.
pub(crate) fn checked(rows: &dyn Rows, id: &CaseId) -> Result<(), RowsError> {
    if cfg!(debug_assertions)
        && let Some(row) = case(rows, id)?
    {
        let again = recount(rows, id, &row)?;
        debug_assert_eq!(again, row.money, "the money of case {id}");
        debug_assert!(row.money.holds()?, "the money of case {id} does not meet: {:?}", row.money);
    }
    Ok(())
}

impl CaseRow {
    /// True where a bankruptcy stayed it on a day, also one that was lifted since.
    pub fn is_stayed(&self, on: NaiveDate) -> bool {
        stood(self.stayed.as_ref(), &self.stays_lifted, on)
    }

    /// True where a stand-down of the case itself stood on a day, also one that was lifted since.
    pub fn is_stood_down(&self, on: NaiveDate) -> bool {
        stood(self.stood_down.as_ref(), &self.stand_downs_lifted, on)
    }
}

fn stood(stands: Option<&Known>, lifted: &[(Day, Day)], on: NaiveDate) -> bool {
    let covers = |(from, until): &(Day, Day)| from.0 <= on && on < until.0;
    stands.is_some_and(|known| known.day() <= on) || lifted.iter().any(covers)
}

/// An agency's stand-down of a case stands from now on, or does no more.
pub(crate) fn stood_down(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    id: &CaseId,
    stands: Option<Known>,
    on: NaiveDate,
) -> Result<(), RowsError> {
    let Some(mut row) = case(rows, id)? else { return Ok(()) };
    if let (Some(before), None) = (&row.stood_down, &stands) {
        row.stand_downs_lifted.push((Day(before.day()), Day(on)));
    }
    row.stood_down = stands;
    row.last = record.position();
    save(rows, id, &row)
}

/// A record about a case that changes nothing of it: whoever expects nothing to have happened must
/// see it.
pub(crate) fn touched(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    id: &CaseId,
) -> Result<(), RowsError> {
    let Some(mut row) = case(rows, id)? else { return Ok(()) };
    row.last = record.position();
    save(rows, id, &row)
}
