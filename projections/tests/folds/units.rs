//! What a remittance changes beside its own row: its unit, its week, its payment date.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use lookback_projections::rows::MemoryRows;
use lookback_projections::{offsets, retention, runs};
use proptest::prelude::*;

use super::{Story, apply, rows_of, steps, told};

/// The last movement of money for the services of each contract year of a payee.
fn last_movements(rows: &MemoryRows, payee: &PayeeId) -> BTreeMap<i32, NaiveDate> {
    let mut last = BTreeMap::new();
    retention::units(rows, Some(payee), &mut |units| {
        let years = units.units.iter().flat_map(|unit| &unit.touches).map(|(year, _)| *year);
        for year in years {
            if let Some(row) = units.last_movement(year) {
                last.insert(year, row.moved_on.unwrap());
            }
        }
        true
    })
    .unwrap();
    last
}

proptest! {
    #[test]
    fn a_final_payment_only_moves_forward(steps in steps()) {
        let story = told(1, &steps);
        let mut rows = MemoryRows::default();
        let mut before = [BTreeMap::new(), BTreeMap::new()];
        for record in story.records() {
            apply(&mut rows, [record]);
            for (number, known) in (0..).zip(&mut before) {
                let now = last_movements(&rows, &story.payee(number));
                for (year, day) in known.iter() {
                    prop_assert!(now.get(year).is_some_and(|now| now >= day), "{year}");
                }
                *known = now;
            }
        }
    }
}

#[test]
fn a_unit_touches_the_years_of_its_services_and_keeps_who_moved_their_money_last() {
    let mut story = Story::new(1);
    // Patient 0 is served in January and February of 2025, patient 1 in January of 2024, patient 2 from
    // January of 2023 to February of 2025.
    story.begin(0, 5);
    story.claim(0, 0, "1", 500);
    story.claim(0, 1, "4", 0);
    story.close(0, Vec::new());
    story.begin(0, 2);
    story.claim(0, 1, "22", -300);
    story.close(0, Vec::new());
    story.begin(0, 1);
    story.claim(0, 2, "1", 100);
    story.close(0, Vec::new());
    let rows = rows_of(&story);
    let day = |day: u32| NaiveDate::from_ymd_opt(2025, 2, day).unwrap();
    // 2024 was moved by the reversal on the 2nd: the denial on the 5th moved nothing.
    let last = last_movements(&rows, &story.payee(0));
    let expected = [(2023, day(1)), (2024, day(2)), (2025, day(5))];
    assert_eq!(last, expected.into_iter().collect());
    let mut units = Vec::new();
    retention::units(&rows, None, &mut |found| {
        units.push(found);
        true
    })
    .unwrap();
    let [only] = &units[..] else { panic!("one payee: {units:?}") };
    let [unit] = &only.units[..] else { panic!("one unit: {only:?}") };
    assert_eq!(unit.id().to_string(), format!("payee:{}/2025", story.payee(0)));
    let touches: Vec<_> = unit.touches.iter().map(|(year, row)| (*year, row.remittances)).collect();
    assert_eq!(touches, [(2023, 1), (2024, 3), (2025, 3)]);
}

#[test]
fn weeks_and_runs_count_each_remittance_once() {
    let mut story = Story::new(1);
    // 5 February 2025 is a Wednesday, the 2nd the Sunday before.
    for (day, paid, wo, fee) in [(5, 90_000, 20_000, 500), (2, 1_000, 0, 0), (5, 10, 0, 0)] {
        story.begin(0, day);
        story.claim(0, 0, "1", paid);
        story.adjust(0, "WO", "T0", wo);
        story.adjust(0, "AP", "T0", fee);
        story.close(0, Vec::new());
    }
    story.begin(0, 5);
    story.claim(0, 0, "1", 7);
    let rows = rows_of(&story);
    let monday = NaiveDate::from_ymd_opt(2025, 2, 10).unwrap();
    let payable = |weeks| offsets::payable(&rows, &story.payee(0), monday, weeks).unwrap();
    // 900.00 less the advance of 5.00; what was recovered is payable all the same.
    assert_eq!(payable(1).total, Money::from_cents(90_000 - 500 + 10));
    assert_eq!(payable(2).total, Money::from_cents(90_000 - 500 + 10 + 1_000));
    let received = runs::received(&rows).unwrap();
    let counts =
        received.values().map(|row| (row.paid_on.unwrap().to_string(), row.count, row.closed));
    let counts: Vec<_> = counts.collect();
    let row = |day: &str, count, closed| (day.to_owned(), count, closed);
    assert_eq!(counts, [row("2025-02-02", 1, 1), row("2025-02-05", 3, 2)]);
}
