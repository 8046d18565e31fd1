//! The funnel: identified, noticed, collectible, recovered.
//!
//! Each stage holds the cases that came as far as it, so each is a part of the one before, but that what
//! was refunded without a notice is recovered too. Collectible is what stands of the cases whose offset
//! was eligible, or of which something was taken; a case of which nothing stands is not.

use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::rows::{RowsError, add};
use serde::Serialize;

use super::cases::{self, Seen, Wanted};
use super::{AnswerError, View, percent};

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// `identified`, `noticed`, `collectible` or `recovered`.
    pub stage: &'static str,
    /// How many cases came as far.
    pub cases: u64,
    /// Their dollars: identified of the first two stages, what stands of it of the third, collected of
    /// the last.
    pub amount: Money,
    /// Of the dollars identified, in percent.
    pub of_identified: Option<String>,
}

/// Cases on their way.
#[derive(Debug, Clone, Default)]
pub struct Funnel {
    stages: [(u64, Money); 4],
}

impl Funnel {
    /// Takes a case in.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn take(&mut self, seen: &Seen, on: Day) -> Result<(), RowsError> {
        let money = &seen.case.row.money;
        let stands = money.identified.checked_sub(money.reduced);
        let stands = stands.ok_or_else(|| RowsError::damaged("a sum is too long"))?;
        let eligible = seen.clocks.eligible.is_some_and(|eligible| eligible <= on);
        let taken = !money.collected.is_zero() || !money.carried.is_zero();
        let reached = [
            (true, money.identified),
            (seen.first_notice().is_some(), money.identified),
            (taken || eligible && !stands.is_zero(), stands),
            (!money.collected.is_zero(), money.collected),
        ];
        for ((cases, sum), (reached, amount)) in self.stages.iter_mut().zip(reached) {
            if reached {
                *cases = cases.saturating_add(1);
                add(sum, Some(amount))?;
            }
        }
        Ok(())
    }

    /// The stages.
    pub fn stages(&self) -> Vec<Stage> {
        let names = ["identified", "noticed", "collectible", "recovered"];
        let (_, identified) = self.stages.first().copied().unwrap_or_default();
        let stage = |(stage, (cases, amount)): (&'static str, (u64, Money))| Stage {
            stage,
            cases,
            amount,
            of_identified: percent::of_money(amount, identified),
        };
        names.into_iter().zip(self.stages).map(stage).collect()
    }
}

/// The funnel of the cases asked for.
///
/// # Errors
/// When the rows cannot be read.
pub fn funnel(view: &View<'_>, wanted: &Wanted, on: Day) -> Result<Vec<Stage>, AnswerError> {
    let mut funnel = Funnel::default();
    cases::each(view, wanted, on, &mut |seen| Ok(funnel.take(&seen, on)?))?;
    Ok(funnel.stages())
}

#[cfg(test)]
mod tests {
    use lookback_events::event::recovery::letters::Outcome;

    use super::super::cases::samples::{Sample, day, dollars};
    use super::*;

    #[test]
    fn each_stage_holds_the_cases_that_came_as_far() {
        let on = day("2026-06-01");
        let mut funnel = Funnel::default();
        let mut take = |sample: &mut Sample| funnel.take(&sample.seen(), on).unwrap();
        take(&mut Sample::identified("2026-01-02", "100.00"));
        take(
            Sample::identified("2026-01-02", "200.00").noticed("2026-02-01").eligible("2026-06-02"),
        );
        take(
            Sample::identified("2026-01-02", "300.00").noticed("2026-02-01").eligible("2026-06-01"),
        );
        let mut reduced = Sample::identified("2026-01-02", "400.00");
        reduced.noticed("2026-02-01").disputed("2026-02-10", 1);
        reduced.determined("2026-03-01", Outcome::Modified, "150.00").eligible("2026-04-01");
        take(reduced.offset("2026-04-10", "50.00"));
        let stages = funnel.stages();
        let told: Vec<_> = stages.iter().map(|s| (s.stage, s.cases, s.amount)).collect();
        assert_eq!(
            told,
            [
                ("identified", 4, dollars("1000.00")),
                ("noticed", 3, dollars("900.00")),
                // 300.00, and 400.00 - 150.00
                ("collectible", 2, dollars("550.00")),
                ("recovered", 1, dollars("50.00")),
            ]
        );
        assert_eq!(stages[3].of_identified.as_deref(), Some("5.0"));
    }
}
