//! What was chosen when the ledger was created.

use lookback_events::event::control::{LedgerCreated, Usage};
use lookback_events::time::{MonthDay, Timestamp};
use serde::{Deserialize, Serialize};

use crate::compact;
use crate::keys::Key;
use crate::rows::{Rows, RowsError, read, write};

/// The choices that hold for the ledger's whole life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// The day on which contract years begin.
    pub contract_year_start: MonthDay,
    /// When it was created, UTC.
    #[serde(with = "compact::moment")]
    pub created: Timestamp,
    /// The last day of the plan's fiscal year, where it was set.
    pub fiscal_year_end: Option<MonthDay>,
    /// How many payment journals.
    pub journals: u8,
    /// The name its logs go by.
    pub origin: String,
    /// The plan's time zone, an IANA name.
    pub time_zone: String,
    /// Which interchanges it takes (835 ISA15).
    pub usage: Usage,
}

pub(crate) fn created(rows: &mut dyn Rows, body: &LedgerCreated) -> Result<(), RowsError> {
    let choices = body.ledger.clone();
    let row = LedgerRow {
        contract_year_start: choices.contract_year_start,
        created: choices.created,
        fiscal_year_end: choices.fiscal_year_end,
        journals: choices.journals,
        origin: choices.origin,
        time_zone: choices.time_zone,
        usage: choices.usage,
    };
    write(rows, Key::new(b'L').done(), &row)
}

/// The choices; `None` before the first record.
///
/// # Errors
/// When the rows cannot be read.
pub fn choices(rows: &dyn Rows) -> Result<Option<LedgerRow>, RowsError> {
    read(rows, &Key::new(b'L').done())
}
