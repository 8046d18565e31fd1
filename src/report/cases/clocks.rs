//! What the clocks of a case say on a day, as far as lists need it.

use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::case_on::CaseOn;
use lookback_projections::clocks::{Derivation, Rulebook};
use lookback_projections::movements::Stays;
use lookback_projections::rows::RowsError;
use lookback_projections::windows::{self, Bar, Standing, Window};

/// What the clocks of a case say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clocks {
    /// The last day of the window that was opened last; none without a letter that holds.
    pub window: Option<Day>,
    /// The first day on which something may be taken; none while all of it is barred.
    pub eligible: Option<Day>,
    /// How much may be taken on the day.
    pub free: Money,
    /// What keeps an offset whatever the windows say.
    pub barred: Option<Bar>,
    /// The last day of the horizon of an offset that is eligible.
    pub horizon: Option<Day>,
}

impl Clocks {
    /// What the clocks of a case say on a day, and its windows.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn of(
        rules: &Rulebook,
        case: &CaseOn,
        stays: &Stays,
        on: Day,
    ) -> Result<(Self, Vec<Window>), RowsError> {
        let found = windows::eligibility(&case.row, stays, rules, on.0)?;
        let holds = |window: &&Window| !matches!(window.standing, Standing::Void(_));
        let last = found.windows.iter().filter(holds).max_by_key(|window| window.opened);
        let eligible = found.from.map(Day);
        let clocks = Self {
            window: last.and_then(|window| window.closes).map(Day),
            eligible,
            free: found.amount_free,
            barred: found.barred,
            horizon: eligible.and_then(|eligible| {
                let letter = found.windows.last()?;
                let horizon = windows::horizon(rules, &case.row, eligible, letter.governs);
                horizon.as_ref().and_then(Derivation::due)
            }),
        };
        Ok((clocks, found.windows))
    }
}
