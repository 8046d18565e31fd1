//! Who did what: every command that was recorded, every file that was taken in, by time.
//!
//! Not here: what was decided and why, which is in the records; and what somebody looked at, which
//! leaves no record but where an answer left the ledger.

use lookback_events::event::act::Happened;
use lookback_events::event::control::{ClockAccepted, FileReceived};
use lookback_events::event::deed::Deed;
use lookback_events::id::{ActorId, CommandId};
use lookback_events::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, decode, write};
use crate::{Position, Record};

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailRow {
    /// The record that says so.
    pub at: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who acted; empty where a decision looks ahead at what nobody did yet.
    pub actor: String,
    /// The event, name and version.
    pub event: String,
    /// What it was about, as `case:OP-2026-000117`.
    pub subject: String,
    /// When it happened, plan time; `None` where that is when it was recorded.
    pub happened: Option<Happened>,
    /// The command behind it.
    pub command: Option<CommandId>,
    /// The proposal that it approved.
    pub proposal: Option<CommandId>,
    /// Who had proposed it.
    pub proposed_by: Option<ActorId>,
    /// True where a document shows it.
    pub evidenced: bool,
}

impl TrailRow {
    fn of(record: &Record<'_>, event: &str, subject: String) -> Self {
        Self {
            at: record.position(),
            recorded_at: record.recorded_at,
            actor: record.actor.to_owned(),
            event: event.to_owned(),
            subject,
            happened: None,
            command: None,
            proposal: None,
            proposed_by: None,
            evidenced: false,
        }
    }

    fn keep(self, rows: &mut dyn Rows) -> Result<(), RowsError> {
        let key = Key::new(b's').long(micros(self.recorded_at));
        write(rows, key.journal(self.at.journal).long(self.at.seq).done(), &self)
    }
}

/// A moment before 1970 reads as its beginning.
fn micros(moment: Timestamp) -> u64 {
    u64::try_from(moment.micros()).unwrap_or(0)
}

/// Notes a command's first record.
pub(crate) fn did(rows: &mut dyn Rows, record: &Record<'_>, deed: &Deed) -> Result<(), RowsError> {
    let act = deed.act();
    let row = TrailRow::of(record, deed.name(), deed.subject().to_string());
    let row = TrailRow {
        happened: Some(act.happened),
        command: Some(act.command.clone()),
        proposal: act.proposal.clone(),
        proposed_by: act.proposed_by.clone(),
        evidenced: act.document.is_some(),
        ..row
    };
    row.keep(rows)
}

/// Notes a file that was taken in.
pub(crate) fn took(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    body: &FileReceived<'_>,
) -> Result<(), RowsError> {
    let row = TrailRow::of(record, FileReceived::EVENT, format!("file:{}", body.file.sha256));
    TrailRow { evidenced: true, ..row }.keep(rows)
}

/// Notes that somebody let a clock be used that went back.
pub(crate) fn accepted_clock(rows: &mut dyn Rows, record: &Record<'_>) -> Result<(), RowsError> {
    TrailRow::of(record, ClockAccepted::EVENT, "ledger".to_owned()).keep(rows)
}

/// Calls `each` with what was recorded from one moment until ahead of another, by time, until it
/// returns false. Records of one moment follow in the order of their journals.
///
/// # Errors
/// When the rows cannot be read.
pub fn trail(
    rows: &dyn Rows,
    from: Option<Timestamp>,
    before: Option<Timestamp>,
    each: &mut dyn FnMut(TrailRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b's').done(), &mut |key, value| {
        let moment = Fields::of(key).long();
        let moment = moment.ok_or_else(|| RowsError::damaged("a key of the trail is cut short"))?;
        if from.is_some_and(|from| moment < micros(from)) {
            return Ok(true);
        }
        if before.is_some_and(|before| moment >= micros(before)) {
            return Ok(false);
        }
        Ok(each(decode(value)?))
    })
}
