//! Holds on records.

use lookback_events::event::act::Told;
use lookback_events::event::hold::Hold;

use crate::Record;
use crate::rows::{Rows, RowsError};

pub(crate) fn apply(
    _rows: &mut dyn Rows,
    _record: &Record<'_>,
    _told: &Told<Hold>,
) -> Result<(), RowsError> {
    Ok(())
}
