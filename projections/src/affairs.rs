//! What is known of a payee beside its remittances: successors, terminations, checks.

use lookback_events::event::act::Told;
use lookback_events::event::hold::Affairs;

use crate::Record;
use crate::rows::{Rows, RowsError};

pub(crate) fn apply(
    _rows: &mut dyn Rows,
    _record: &Record<'_>,
    _told: &Told<Affairs>,
) -> Result<(), RowsError> {
    Ok(())
}
