//! Who may act, which policies hold, which payment runs were announced, what was proposed.

use lookback_events::event::act::Told;
use lookback_events::event::governance::Governance;

use crate::Record;
use crate::rows::{Rows, RowsError};

pub(crate) fn apply(
    _rows: &mut dyn Rows,
    _record: &Record<'_>,
    _told: &Told<Governance>,
) -> Result<(), RowsError> {
    Ok(())
}
