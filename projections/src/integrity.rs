//! What the special investigations unit did about a payee: reviews, suspensions, stand-downs.

use lookback_events::event::act::Told;
use lookback_events::event::audit::Integrity;

use crate::Record;
use crate::rows::{Rows, RowsError};

pub(crate) fn apply(
    _rows: &mut dyn Rows,
    _record: &Record<'_>,
    _told: &Told<Integrity>,
) -> Result<(), RowsError> {
    Ok(())
}
