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
//! is above zero. [`CaseMoney`] keeps what was said; the two ends of the sum are derived from it.
//!
//! # Who is meant
//!
//! No patient's data: a claim is known by a SHA-256 of payee and patient control number, and by the
//! positions of the records that hold it.

use lookback_events::event::act::{Happened, Told};
use lookback_events::event::recovery::letters::{AnswerKind, Method, NoticeItem, Outcome};
use lookback_events::event::recovery::money::{Horizon, Restore};
use lookback_events::event::recovery::{Cause, DetectedBy, Recovery};
use lookback_events::event::text::Day;
use lookback_events::id::{ActorId, CaseId, Digest, PayeeId};
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, decode, read, write};
use crate::{Position, Record, compact};

/// Where and when something was recorded, and when it is said to have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The record.
    pub at: Position,
    /// When it happened, plan time.
    pub happened: Happened,
    /// When it was learnt: recorded, UTC.
    #[serde(with = "compact::moment")]
    pub recorded_at: lookback_events::time::Timestamp,
    /// True where a document shows it; else it is asserted.
    pub evidenced: bool,
    /// How many records of control had been applied: which policies held.
    pub control: u64,
}

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
    /// Its letters, in the order they were recorded.
    pub notices: Vec<NoticeState>,
    /// Answers that are no disputes.
    pub answers: Vec<AnswerState>,
    /// Disputes and what became of them.
    pub disputes: Vec<DisputeState>,
    /// Instructions to take money.
    pub instructions: Vec<InstructionState>,
    /// Decisions about money taken wrongly.
    pub restorations: Vec<RestorationState>,
    /// Instalments in force; empty without a plan.
    pub plan: Vec<InstalmentState>,
    /// A plan that was not kept.
    pub defaulted: Option<Known>,
    /// A bankruptcy stay that stands.
    pub stayed: Option<Known>,
    /// A stand-down of this case that stands; one of its payee is a row of [`crate::integrity`].
    pub stood_down: Option<Known>,
    /// A referral to collections.
    pub referred: Option<(Known, Horizon)>,
    /// How it ended; `None` while it goes on.
    pub ended: Option<(Known, End)>,
    /// Money was taken while a dispute or a stand-down barred it: a restoration decision is due.
    pub taken_while_barred: Money,
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
    pub amount: Money,
    /// Its lines, where only they are meant: number and amount.
    pub lines: Vec<(u64, Money)>,
}

/// What was said of a case's money; amounts are zero or above.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseMoney {
    /// The overpayment as identified or amended.
    pub identified: Money,
    /// Overturned, withdrawn, settled, discharged or recovered by another.
    pub reduced: Money,
    /// Offsets and refunds, less what was restored and what is only carried forward.
    pub collected: Money,
    /// Carried forward under forward balances that are not consumed.
    pub carried: Money,
    /// Given up for good.
    pub written_off: Money,
    /// Restored so far, with what was decided; interest is beside it.
    pub restored: Money,
    /// Interest paid with restorations.
    pub interest: Money,
}

impl CaseMoney {
    /// Identified less all that was reduced, collected, carried and written off: what is outstanding
    /// where it is above zero, what must be restored where it is below.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn balance(&self) -> Result<Money, RowsError> {
        [self.reduced, self.collected, self.carried, self.written_off]
            .into_iter()
            .try_fold(self.identified, Money::checked_sub)
            .ok_or_else(|| RowsError::damaged("the money of a case is too long"))
    }

    /// What is outstanding, zero or above.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn outstanding(&self) -> Result<Money, RowsError> {
        self.balance().map(|balance| if balance.is_negative() { Money::ZERO } else { balance })
    }

    /// What was taken beyond the overpayment and must be restored, zero or above.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn restoration_owed(&self) -> Result<Money, RowsError> {
        let owed =
            |balance: Money| if balance.is_negative() { balance.negated() } else { Money::ZERO };
        self.balance().map(owed)
    }
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeState {
    /// Its record.
    pub known: Known,
    /// The day it bears.
    pub dated: Day,
    /// When it was sent.
    pub sent: Option<Day>,
    /// When it was received.
    pub received: Option<Day>,
    /// How it was sent.
    pub method: Method,
    /// Its financial control number.
    pub control_number: String,
    /// The last day for an appeal, as it states.
    pub appeal_deadline: Option<Day>,
    /// What it lacks of what it must carry.
    pub lacks: Vec<NoticeItem>,
    /// When it came back undelivered: its window is void.
    pub returned: Option<Known>,
}

/// An answer that is no dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerState {
    /// Its record; received on the day it happened.
    pub known: Known,
    /// What it says.
    pub kind: AnswerKind,
    /// Of how much; all where this is missing.
    pub amount: Option<Money>,
    /// Until when a refund is promised.
    pub promised_by: Option<Day>,
}

/// A dispute or appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeState {
    /// Its record; received on the day it happened.
    pub known: Known,
    /// Its level, from 1.
    pub level: u8,
    /// Of how much; all where this is missing.
    pub amount: Option<Money>,
    /// It came after its appeal deadline: it stays nothing unless it is accepted.
    pub late: bool,
    /// Whether a late one was accepted.
    pub accepted: Option<bool>,
    /// How it was determined; a corrected determination replaces the first.
    pub determined: Option<DeterminationState>,
}

/// A determination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeterminationState {
    /// Its record.
    pub known: Known,
    /// How.
    pub outcome: Outcome,
    /// The day its letter bears.
    pub dated: Day,
    /// When it was sent.
    pub sent: Option<Day>,
    /// The last day for the next level, as the letter states.
    pub appeal_deadline: Option<Day>,
    /// By how much it reduced the overpayment.
    pub reduced: Money,
}

/// An instruction to take money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstructionState {
    /// Its record.
    pub known: Known,
    /// How much.
    pub amount: Money,
    /// The first payment date it may be taken from.
    pub first_on: Day,
    /// How much of it was seen in remittances.
    pub seen: Money,
}

/// A decision about money taken wrongly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorationState {
    /// Its record.
    pub known: Known,
    /// How much.
    pub amount: Money,
    /// Restored or kept.
    pub decision: Restore,
    /// How much of it was restored.
    pub done: Money,
}

/// An instalment of a repayment plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalmentState {
    /// By when.
    pub due: Day,
    /// How much.
    pub amount: Money,
}

/// How a case ended (DOMAIN 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum End {
    /// All of it was collected.
    Recovered,
    /// It was given up as unfounded.
    Withdrawn,
    /// A determination overturned it.
    Overturned,
    /// Both sides agreed on less.
    Settled,
    /// The balance was written off.
    WrittenOff,
    /// The State or another payer recovered it.
    RecoveredByAnother,
    /// A court discharged it.
    Discharged,
    /// It was closed by a person.
    Closed,
}

pub(crate) fn apply(
    _rows: &mut dyn Rows,
    _record: &Record<'_>,
    _told: &Told<Recovery>,
) -> Result<(), RowsError> {
    Ok(())
}

/// An agency's stand-down of a case stands from now on, or does no more.
pub(crate) fn stood_down(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    id: &CaseId,
    stands: Option<Known>,
) -> Result<(), RowsError> {
    let Some(mut row) = case(rows, id)? else { return Ok(()) };
    row.stood_down = stands;
    row.last = record.position();
    write(rows, key(id), &row)
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
    write(rows, key(id), &row)
}

fn key(case: &CaseId) -> Vec<u8> {
    Key::new(b'c').text(case.as_str()).done()
}

/// A case; `None` where no such case is known.
///
/// # Errors
/// When the rows cannot be read.
pub fn case(rows: &dyn Rows, case: &CaseId) -> Result<Option<CaseRow>, RowsError> {
    read(rows, &key(case))
}

/// Calls `each` with all cases, by id, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    each: &mut dyn FnMut(CaseId, CaseRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'c').done(), &mut |key, value| {
        let case = Fields::of(key).text().and_then(|id| CaseId::parse(&id).ok());
        let case = case.ok_or_else(|| RowsError::damaged("the key of a case is cut short"))?;
        Ok(each(case, decode(value)?))
    })
}
