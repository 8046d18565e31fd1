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

#[cfg(test)]
mod tests {
    use lookback_events::event::control::LedgerChoices;

    use super::*;
    use crate::rows::MemoryRows;

    #[test]
    fn the_choices_are_those_that_the_ledger_was_created_with() {
        let mut rows = MemoryRows::default();
        assert_eq!(choices(&rows).unwrap(), None);
        let ledger = LedgerChoices {
            contract_year_start: MonthDay::parse("07-01").unwrap(),
            created: Timestamp::parse("2025-02-01T12:00:00.000001Z").unwrap(),
            fiscal_year_end: Some(MonthDay::parse("06-30").unwrap()),
            journals: 4,
            origin: "plan.example/lookback".to_owned(),
            signing_key: None,
            time_zone: "America/New_York".to_owned(),
            usage: Usage::Test,
        };
        created(&mut rows, &LedgerCreated { ledger: ledger.clone() }).unwrap();
        let row = choices(&rows).unwrap().unwrap();
        assert_eq!(
            (row.contract_year_start, row.created),
            (ledger.contract_year_start, ledger.created)
        );
        assert_eq!((row.fiscal_year_end, row.journals), (ledger.fiscal_year_end, 4));
        assert_eq!((row.origin, row.time_zone), (ledger.origin, ledger.time_zone));
        assert_eq!(row.usage, Usage::Test);
    }
}
