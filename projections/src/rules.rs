//! The rules that hold: every policy that was adopted, ready to be asked.
//!
//! Made from rows when a question needs it, once for all its lines; nothing is kept.

use lookback_events::event::text::Day;

use crate::calendar::Calendars;
use crate::clocks::{Rulebook, Years};
use crate::policy::Policy;
use crate::rows::{Rows, RowsError};
use crate::{governance, ledger};

/// The policies that were adopted, each in force no sooner than its adoption says, with the ledger's
/// years and the calendars that come with the program.
///
/// # Errors
/// When the rows cannot be read, or a policy that was adopted makes no sense to this program.
pub fn adopted(rows: &dyn Rows) -> Result<Rulebook, RowsError> {
    let choices = ledger::choices(rows)?;
    let years = Years {
        fiscal_year_end: choices.as_ref().and_then(|row| row.fiscal_year_end),
        contract_year_start: choices.as_ref().map(|row| row.contract_year_start),
    };
    let calendars = Calendars::shipped().map_err(RowsError::world)?;
    let mut rules = Rulebook::new(calendars, years);
    let mut failed = None;
    governance::policies(rows, &mut |_, _, row| {
        let adopted = Policy::parse(&row.text).map_err(RowsError::world).and_then(|mut policy| {
            policy.effective.from = later(policy.effective.from, row.effective);
            rules.adopt(policy).map_err(RowsError::world)
        });
        failed = adopted.err();
        failed.is_none()
    })?;
    failed.map_or(Ok(rules), Err)
}

/// The first day of a policy: its own, or that of its adoption where it is later.
fn later(own: Option<Day>, adopted: Day) -> Option<Day> {
    Some(own.map_or(adopted, |own| own.max(adopted)))
}
