//! What a remittance will book when it closes, seen before its records are folded.
//!
//! The same fold in a scratch over the rows: what is foreseen is what happens.

use std::collections::BTreeMap;

use lookback_events::event::{Event, Remittance};
use lookback_events::id::CaseId;

use super::{Booking, adjusted, claim, closed};
use crate::cases::{self, CaseRow};
use crate::rows::{Rows, RowsError, Scratch};
use crate::{Record, remittances};

/// What a remittance will book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// What will be booked by itself, in the order of the rules.
    pub bookings: Vec<Booking>,
    /// The cases it is booked to, as they are before and will be after.
    pub cases: BTreeMap<CaseId, (CaseRow, CaseRow)>,
}

/// Says what an open remittance will book if these records follow and it closes with the last of
/// them. Records of it that are folded already are in the rows; a record of another remittance is
/// passed over.
///
/// # Errors
/// When the rows cannot be read.
pub fn foresee<'a>(
    rows: &dyn Rows,
    remittance: &str,
    records: impl IntoIterator<Item = Record<'a>>,
) -> Result<Foreseen, RowsError> {
    let mut scratch = Scratch::new(rows);
    let mut last = None;
    for record in records {
        match record.event {
            Event::Remittance(Remittance::Received(body)) if *body.remittance == *remittance => {
                remittances::begin(&mut scratch, &record, body)?;
            }
            Event::Remittance(Remittance::Adjusted(body))
                if *body.adjustment.remittance == *remittance =>
            {
                let mut open = remittances::reopen(&mut scratch, &record, remittance)?;
                adjusted(&mut scratch, &record, &mut open, body)?;
                open.save(&mut scratch, record.journal)?;
            }
            Event::Claim(kind, body) if *body.claim.remittance == *remittance => {
                let mut open = remittances::reopen(&mut scratch, &record, remittance)?;
                claim(&mut scratch, &record, &mut open, *kind, body)?;
                open.save(&mut scratch, record.journal)?;
            }
            Event::Remittance(_)
            | Event::Claim(..)
            | Event::Control(_)
            | Event::Original(_)
            | Event::VolumeSealed(_)
            | Event::Deed(_) => {}
        }
        last = Some(record);
    }
    let Some(record) = last else { return Ok(Foreseen::default()) };
    let open = remittances::reopen(&mut scratch, &record, remittance)?;
    let bookings = closed(&mut scratch, &record, &open)?;
    let mut both = BTreeMap::new();
    for booking in &bookings {
        let (before, after) =
            (cases::case(rows, &booking.case)?, cases::case(&scratch, &booking.case)?);
        if let (Some(before), Some(after)) = (before, after) {
            both.insert(booking.case.clone(), (before, after));
        }
    }
    Ok(Foreseen { bookings, cases: both })
}
