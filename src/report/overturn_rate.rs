//! Overturn rate: how determinations ended, by level, by cause, and by who audited.
//!
//! Who audited is the case's owner, or its vendor where one works it. A determination counts as it
//! stands: a corrected one as it was corrected.

use std::collections::BTreeMap;

use lookback_events::event::recovery::letters::Outcome;
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::rows::{RowsError, add};
use serde::Serialize;

use super::cases::{self, Seen, Wanted};
use super::{AnswerError, View, percent};

/// Determinations that have something in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Determined {
    /// `all`, `level`, `cause`, `auditor`.
    pub by: &'static str,
    /// Which.
    pub value: String,
    /// How many were determined.
    pub determined: u64,
    /// The finding stands.
    pub upheld: u64,
    /// It stands in part.
    pub modified: u64,
    /// It falls.
    pub overturned: u64,
    /// By how much they reduced overpayments.
    pub reduced: Money,
    /// Overturned of determined, in percent.
    pub overturn_rate: Option<String>,
    /// Overturned or modified of determined, in percent.
    pub change_rate: Option<String>,
}

/// Upheld, modified and overturned, and by how much.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    outcomes: [u64; 3],
    reduced: Money,
}

/// Determinations, counted in each way.
#[derive(Debug, Clone, Default)]
pub struct Rates(BTreeMap<(u8, String), Sums>);

const WAYS: [&str; 4] = ["all", "level", "cause", "auditor"];

impl Rates {
    /// Takes a case in.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn take(&mut self, seen: &Seen) -> Result<(), RowsError> {
        let facts = &seen.case.row.facts;
        let auditor = facts.vendor.clone().or(facts.owner.as_ref().map(ToString::to_string));
        for dispute in &seen.case.row.disputes {
            let Some(determined) = &dispute.determined else { continue };
            let values = [
                String::new(),
                dispute.level.to_string(),
                facts.cause.as_str().to_owned(),
                auditor.clone().unwrap_or_else(|| "nobody".to_owned()),
            ];
            for (way, value) in (0..).zip(values) {
                let sums = self.0.entry((way, value)).or_default();
                let [upheld, modified, overturned] = &mut sums.outcomes;
                let count = match determined.outcome {
                    Outcome::Upheld => upheld,
                    Outcome::Modified => modified,
                    Outcome::Overturned => overturned,
                };
                *count = count.saturating_add(1);
                add(&mut sums.reduced, Some(determined.reduced))?;
            }
        }
        Ok(())
    }

    /// The rates: over all, then by level, cause and auditor.
    pub fn rates(self) -> Vec<Determined> {
        let line = |((way, value), sums): ((u8, String), Sums)| {
            let [upheld, modified, overturned] = sums.outcomes;
            let changed = modified.saturating_add(overturned);
            let determined = upheld.saturating_add(changed);
            Determined {
                by: WAYS.get(usize::from(way)).copied().unwrap_or_default(),
                value,
                determined,
                upheld,
                modified,
                overturned,
                reduced: sums.reduced,
                overturn_rate: percent::of_counts(overturned, determined),
                change_rate: percent::of_counts(changed, determined),
            }
        };
        self.0.into_iter().map(line).collect()
    }
}

/// The overturn rates of the cases asked for.
///
/// # Errors
/// When the rows cannot be read.
pub fn rates(view: &View<'_>, wanted: &Wanted, on: Day) -> Result<Vec<Determined>, AnswerError> {
    let mut rates = Rates::default();
    cases::each(view, wanted, on, &mut |seen| Ok(rates.take(&seen)?))?;
    Ok(rates.rates())
}

#[cfg(test)]
mod tests {
    use super::super::cases::samples::{Sample, dollars};
    use super::*;

    #[test]
    fn determinations_are_counted_by_level_cause_and_who_audited() {
        let mut rates = Rates::default();
        let mut one = Sample::identified("2026-01-02", "100.00");
        one.noticed("2026-02-01").disputed("2026-02-10", 1);
        one.determined("2026-03-01", Outcome::Upheld, "0.00").disputed("2026-03-10", 2);
        rates.take(&one.determined("2026-04-01", Outcome::Overturned, "100.00").seen()).unwrap();
        let mut two = Sample::identified("2026-01-02", "60.00");
        two.noticed("2026-02-01").disputed("2026-02-10", 1);
        two.determined("2026-03-01", Outcome::Modified, "20.00").disputed("2026-03-20", 2);
        two.with(|row| row.facts.vendor = Some("Acme".to_owned()));
        rates.take(&two.seen()).unwrap();
        let rates = rates.rates();
        let told: Vec<_> = rates
            .iter()
            .map(|r| (r.by, r.value.as_str(), [r.upheld, r.modified, r.overturned], r.reduced))
            .collect();
        assert_eq!(
            told,
            [
                ("all", "", [1, 1, 1], dollars("120.00")),
                ("level", "1", [1, 1, 0], dollars("20.00")),
                ("level", "2", [0, 0, 1], dollars("100.00")),
                ("cause", "duplicate-payment", [1, 1, 1], dollars("120.00")),
                ("auditor", "Acme", [0, 1, 0], dollars("20.00")),
                ("auditor", "jane", [1, 0, 1], dollars("100.00")),
            ]
        );
        assert_eq!(rates[0].overturn_rate.as_deref(), Some("33.3"));
        assert_eq!(rates[0].change_rate.as_deref(), Some("66.7"));
    }
}
