//! The causes and the providers with the most dollars identified.

use std::collections::BTreeMap;

use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::rows::{RowsError, add};
use serde::Serialize;

use super::cases::{self, Seen, Wanted};
use super::{AnswerError, View, percent};

/// Cases that have a cause or a provider in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Top {
    /// `cause` or `payee`.
    pub by: &'static str,
    /// Its place, from 1.
    pub rank: u64,
    /// Which.
    pub value: String,
    /// How many cases.
    pub cases: u64,
    /// Their dollars identified.
    pub identified: Money,
    /// Collected of them.
    pub collected: Money,
    /// Outstanding of them.
    pub outstanding: Money,
    /// Of all dollars identified, in percent.
    pub share: Option<String>,
}

/// Cases by what they have in common.
#[derive(Debug, Clone, Default)]
pub struct Tops {
    all: Money,
    by: [BTreeMap<String, (u64, [Money; 3])>; 2],
}

impl Tops {
    /// Takes a case in; the provider of one under a stand-down is not named.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub fn take(&mut self, seen: &Seen, cleared: bool) -> Result<(), RowsError> {
        let row = &seen.case.row;
        add(&mut self.all, Some(row.money.identified))?;
        let hidden = seen.stood_down && !cleared;
        let payee = if hidden { "(stand-down)".to_owned() } else { row.payee.to_string() };
        let values = [row.facts.cause.as_str().to_owned(), payee];
        let parts = [row.money.identified, row.money.collected, seen.outstanding];
        for (by, value) in self.by.iter_mut().zip(values) {
            let (cases, sums) = by.entry(value).or_default();
            *cases = cases.saturating_add(1);
            sums.iter_mut().zip(parts).try_for_each(|(sum, part)| add(sum, Some(part)))?;
        }
        Ok(())
    }

    /// The first so many of each, the most dollars first; of equal ones by name.
    pub fn tops(self, most: usize) -> Vec<Top> {
        let Self { all, by } = self;
        let mut tops = Vec::new();
        for (name, values) in ["cause", "payee"].into_iter().zip(by) {
            let mut values: Vec<_> = values.into_iter().collect();
            values.sort_by(|(a, (_, x)), (b, (_, y))| y.first().cmp(&x.first()).then(a.cmp(b)));
            for (rank, (value, (cases, sums))) in (1..).zip(values).take(most) {
                let [identified, collected, outstanding] = sums;
                let share = percent::of_money(identified, all);
                tops.push(Top {
                    by: name,
                    rank,
                    value,
                    cases,
                    identified,
                    collected,
                    outstanding,
                    share,
                });
            }
        }
        tops
    }
}

/// The first so many causes and providers of the cases asked for.
///
/// # Errors
/// When the rows cannot be read.
pub fn tops(
    view: &View<'_>,
    wanted: &Wanted,
    most: usize,
    on: Day,
) -> Result<Vec<Top>, AnswerError> {
    let mut tops = Tops::default();
    cases::each(view, wanted, on, &mut |seen| Ok(tops.take(&seen, wanted.cleared)?))?;
    Ok(tops.tops(most))
}

#[cfg(test)]
mod tests {
    use lookback_events::event::recovery::Cause;

    use super::super::cases::samples::{Sample, dollars};
    use super::*;

    #[test]
    fn the_most_dollars_come_first_and_a_stand_down_names_nobody() {
        let mut tops = Tops::default();
        tops.take(&Sample::identified("2026-01-02", "10.00").seen(), false).unwrap();
        let mut fraud = Sample::identified("2026-01-02", "30.00");
        let mut hidden = fraud.with(|row| row.facts.cause = Cause::Fraud).seen();
        hidden.stood_down = true;
        tops.take(&hidden, false).unwrap();
        let told: Vec<_> = tops
            .tops(1)
            .into_iter()
            .map(|top| (top.by, top.value, top.identified, top.share.unwrap()))
            .collect();
        let expected = [("cause", "fraud"), ("payee", "(stand-down)")];
        let expected =
            expected.map(|(by, value)| (by, value.to_owned(), dollars("30.00"), "75.0".to_owned()));
        assert_eq!(told, expected);
    }
}
