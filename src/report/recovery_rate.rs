//! Recovery rate by cohort: of the cases noticed in a month, how much was collected since.

use std::collections::BTreeMap;

use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::accounts::Month;
use lookback_projections::rows::{RowsError, add};
use serde::Serialize;

use super::cases::{self, Seen, Wanted};
use super::{AnswerError, View, percent};

/// The cases noticed in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cohort {
    /// The month of the first notice that did not come back.
    pub noticed: String,
    /// How many cases.
    pub cases: u64,
    /// The overpayment as identified or amended.
    pub identified: Money,
    /// Overturned, withdrawn, settled, discharged or recovered by another.
    pub reduced: Money,
    /// Collected.
    pub collected: Money,
    /// Given up for good.
    pub written_off: Money,
    /// Carried forward.
    pub carried_forward: Money,
    /// Outstanding.
    pub outstanding: Money,
    /// Collected of identified, in percent.
    pub rate: Option<String>,
    /// Collected of what stands (identified less reduced), in percent.
    pub rate_of_standing: Option<String>,
}

/// Cases by the month in which they were noticed.
#[derive(Debug, Clone, Default)]
pub struct Cohorts(BTreeMap<Month, (u64, [Money; 6])>);

impl Cohorts {
    /// Takes a case in; one without a notice is of no cohort.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn take(&mut self, seen: &Seen) -> Result<(), RowsError> {
        let Some(notice) = seen.first_notice() else { return Ok(()) };
        let money = &seen.case.row.money;
        let parts = [
            money.identified,
            money.reduced,
            money.collected,
            money.written_off,
            money.carried,
            seen.outstanding,
        ];
        let (cases, sums) = self.0.entry(Month::of(Some(notice.dated.0))).or_default();
        *cases = cases.saturating_add(1);
        sums.iter_mut().zip(parts).try_for_each(|(sum, part)| add(sum, Some(part)))
    }

    /// The cohorts, by month.
    pub fn cohorts(self) -> Vec<Cohort> {
        let cohort = |(month, (cases, sums)): (Month, (u64, [Money; 6]))| {
            let [identified, reduced, collected, written_off, carried_forward, outstanding] = sums;
            let stands = identified.checked_sub(reduced).unwrap_or_default();
            Cohort {
                noticed: month.to_string(),
                cases,
                identified,
                reduced,
                collected,
                written_off,
                carried_forward,
                outstanding,
                rate: percent::of_money(collected, identified),
                rate_of_standing: percent::of_money(collected, stands),
            }
        };
        self.0.into_iter().map(cohort).collect()
    }
}

/// The cohorts of the cases asked for.
///
/// # Errors
/// When the rows cannot be read.
pub fn cohorts(view: &View<'_>, wanted: &Wanted, on: Day) -> Result<Vec<Cohort>, AnswerError> {
    let mut cohorts = Cohorts::default();
    cases::each(view, wanted, on, &mut |seen| Ok(cohorts.take(&seen)?))?;
    Ok(cohorts.cohorts())
}

#[cfg(test)]
mod tests {
    use lookback_events::event::recovery::letters::Outcome;

    use super::super::cases::samples::{Sample, dollars};
    use super::*;

    #[test]
    fn a_cohort_is_the_month_of_the_notice_whenever_it_was_collected() {
        let mut cohorts = Cohorts::default();
        let mut take = |sample: &mut Sample| cohorts.take(&sample.seen()).unwrap();
        take(
            Sample::identified("2026-01-02", "100.00")
                .noticed("2026-02-28")
                .offset("2026-09-01", "75.00"),
        );
        let mut reduced = Sample::identified("2026-01-30", "200.00");
        reduced.noticed("2026-02-01").disputed("2026-02-10", 1);
        take(reduced.determined("2026-03-01", Outcome::Modified, "100.00"));
        take(
            Sample::identified("2026-01-02", "50.00")
                .noticed("2026-03-01")
                .offset("2026-04-01", "50.00"),
        );
        take(&mut Sample::identified("2026-01-02", "999.00"));
        let cohorts = cohorts.cohorts();
        let told: Vec<_> = cohorts
            .iter()
            .map(|c| (c.noticed.as_str(), c.cases, c.identified, c.collected, c.outstanding))
            .collect();
        assert_eq!(
            told,
            [
                ("2026-02", 2, dollars("300.00"), dollars("75.00"), dollars("125.00")),
                ("2026-03", 1, dollars("50.00"), dollars("50.00"), dollars("0.00")),
            ]
        );
        // 75 of 300, and 75 of 300 less 100
        assert_eq!(cohorts[0].rate.as_deref(), Some("25.0"));
        assert_eq!(cohorts[0].rate_of_standing.as_deref(), Some("37.5"));
        assert_eq!(cohorts[1].rate.as_deref(), Some("100.0"));
    }
}
