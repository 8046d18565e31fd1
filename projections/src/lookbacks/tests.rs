//! Lookbacks of payments under the manual.

use lookback_events::time::MonthDay;

use super::*;
use crate::calendar::Calendars;
use crate::clocks::Years;
use crate::policy::{Policy, SHIPPED};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn manual(fiscal_year_end: Option<&str>) -> Rulebook {
    let fiscal_year_end = fiscal_year_end.map(|text| MonthDay::parse(text).unwrap());
    let years = Years { fiscal_year_end, contract_year_start: None };
    let mut rules = Rulebook::new(Calendars::shipped().unwrap(), years);
    for (id, text) in SHIPPED {
        if *id == "allways-my-care-family-2019" {
            rules.adopt(Policy::parse(text).unwrap()).unwrap();
        }
    }
    rules
}

#[test]
fn a_payment_is_open_two_fiscal_years_more_and_six_years_for_fraud() {
    let rules = manual(Some("09-30"));
    for (paid, routine, fraud) in [
        ("2023-09-30", "2025-09-30", "2029-09-30"),
        ("2023-10-01", "2026-09-30", "2029-10-01"),
        ("2024-02-29", "2026-09-30", "2030-02-28"),
    ] {
        let source = Source::evidenced("p00/1");
        let on = Day(day("2025-10-01"));
        let found = lookback(&rules, Line::MedicaidManagedCare, day(paid), &source, on);
        assert_eq!(found.routine_until(), Some(Day(day(routine))), "{paid}");
        assert_eq!(found.fraud_until(), Some(Day(day(fraud))), "{paid}");
        for (on, standing) in [
            (day(routine), Standing::Open),
            (day(routine).succ_opt().unwrap(), Standing::FraudOnly),
            (day(fraud), Standing::FraudOnly),
            (day(fraud).succ_opt().unwrap(), Standing::Closed),
        ] {
            assert_eq!(found.standing(Day(on)), standing, "{paid} on {on}");
        }
    }
}

#[test]
fn without_a_fiscal_year_only_the_fraud_lookback_is_known() {
    let (source, on) = (Source::evidenced("p00/1"), Day(day("2025-01-01")));
    let line = Line::MedicaidManagedCare;
    let found = lookback(&manual(None), line, day("2024-02-29"), &source, on);
    assert!(found.routine.is_err());
    assert_eq!(found.standing(on), Standing::FraudOnly);
    let none = lookback(&Rulebook::default(), line, day("2024-02-29"), &source, on);
    assert_eq!(none.standing(on), Standing::NotComputed);
}

#[test]
fn the_lines_are_those_of_rules_that_bind_a_plan() {
    let found = lines(&manual(None), Purpose::RoutineLookback);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [Line::MedicaidManagedCare]);
}
