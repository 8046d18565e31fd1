//! What a case's row keeps of its letters, answers, disputes and decisions.

use lookback_events::event::act::Happened;
use lookback_events::event::recovery::letters::{AnswerKind, Method, NoticeItem, Outcome};
use lookback_events::event::recovery::money::Restore;
use lookback_events::event::text::Day;
use lookback_events::id::Digest;
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::{Position, compact};

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

/// How much of a claim is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfClaim {
    /// SHA-256 of payee and patient control number.
    #[serde(with = "compact::digest")]
    pub claim: Digest,
    /// How much of it.
    #[serde(with = "compact::cents")]
    pub amount: Money,
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
    /// How much of what is identified it lets know of: what it states and what was given up before it,
    /// else all that was identified then.
    #[serde(with = "compact::cents")]
    pub named: Money,
    /// What was identified of each claim then: what is identified of others needs another letter.
    pub claims: Vec<OfClaim>,
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
    /// Of which claims; where all is meant, what was identified of each then. None where only an amount
    /// was said.
    pub claims: Vec<OfClaim>,
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
    /// Of which claims, where it named some.
    pub claims: Vec<OfClaim>,
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

/// The provider paid: that is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundState {
    /// The record that tells of it or shows it.
    pub at: Position,
    /// When it came, or when the payer acknowledged it.
    pub on: Day,
    /// True where a remittance or a document shows it.
    pub evidenced: bool,
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

/// When a repayment plan was agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanBegun {
    /// Its record.
    pub known: Known,
    /// What had been taken and paid by then, whether it was restored later or not.
    pub taken: Money,
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
