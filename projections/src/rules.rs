//! The rules that hold: every policy that was adopted, ready to be asked.
//!
//! Made from rows when a question needs it, once for all its lines; nothing is kept.

use crate::clocks::{Rulebook, Years};
use crate::policy::purpose::Purpose;
use crate::policy::{Policy, SHIPPED};
use crate::rows::{Rows, RowsError};
use crate::{ledger, windows};

/// The policies that a ledger goes by, with its years and the calendars that come with the program.
///
/// # Errors
/// When the rows cannot be read, or a policy that was adopted makes no sense to this program.
pub fn in_use(rows: &dyn Rows) -> Result<Rulebook, RowsError> {
    let choices = ledger::choices(rows)?;
    let years = Years {
        fiscal_year_end: choices.as_ref().and_then(|row| row.fiscal_year_end),
        contract_year_start: choices.as_ref().map(|row| row.contract_year_start),
    };
    windows::rulebook(rows, None, years).map_err(RowsError::world)
}

/// The same with every rule on retention that comes with the program, adopted or not: law that nobody
/// adopted keeps records all the same, and as long as it is not verified it blocks (DOMAIN 4).
///
/// # Errors
/// As [`in_use`].
pub fn on_retention(rows: &dyn Rows) -> Result<Rulebook, RowsError> {
    let mut rules = in_use(rows)?;
    for (id, text) in SHIPPED {
        if rules.policies().iter().any(|policy| policy.id.as_str() == *id) {
            continue;
        }
        let policy = Policy::parse(text).map_err(RowsError::world)?;
        if policy.rules.iter().any(|rule| rule.purposes.contains(&Purpose::Retention)) {
            rules.adopt(policy).map_err(RowsError::world)?;
        }
    }
    Ok(rules)
}
