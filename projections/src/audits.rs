//! Audits: what was asked for, held, found and signed.

use lookback_events::event::act::Told;
use lookback_events::event::audit::Audit;

use crate::Record;
use crate::rows::{Rows, RowsError};

pub(crate) fn apply(
    _rows: &mut dyn Rows,
    _record: &Record<'_>,
    _told: &Told<Audit>,
) -> Result<(), RowsError> {
    Ok(())
}
