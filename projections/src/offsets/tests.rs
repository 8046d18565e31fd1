//! Forecasts, with numbers computed by hand.

use super::*;
use crate::rows::MemoryRows;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn over(total: i64) -> Payable {
    Payable {
        weeks: 13,
        from: day("2025-12-01"),
        to: day("2026-03-01"),
        total: Money::from_cents(total),
    }
}

#[test]
fn a_payoff_is_the_balance_over_the_mean_of_thirteen_weeks_rounded_up() {
    // 1,300.00 in 13 weeks are 100.00 a week.
    for (balance, weeks, by) in [
        (0, 0, "2026-03-02"),
        (1, 1, "2026-03-09"),
        (10_000, 1, "2026-03-09"),
        (10_001, 2, "2026-03-16"),
        (100_000, 10, "2026-05-11"),
    ] {
        let payoff = forecast(Money::from_cents(balance), &over(130_000), day("2026-03-02"));
        assert_eq!(payoff, Payoff::After { weeks, by: Some(day(by)) }, "{balance}");
    }
    // 0.10 in 13 weeks: 1.00 takes 130 weeks.
    let slow = forecast(Money::from_cents(100), &over(10), day("2026-03-02"));
    assert_eq!(slow, Payoff::After { weeks: 130, by: Some(day("2028-08-28")) });
    for nothing in [0, -5] {
        let payoff = forecast(Money::from_cents(100), &over(nothing), day("2026-03-02"));
        assert_eq!(payoff, Payoff::Never);
    }
    let beyond = forecast(Money::from_cents(i64::MAX), &over(1), day("2026-03-02"));
    assert!(matches!(beyond, Payoff::After { by: None, .. }), "{beyond:?}");
}

#[test]
fn a_balance_is_flagged_by_what_is_forecast_and_by_what_has_passed() {
    let horizon = Some(day("2026-09-02"));
    let after = |by: &str| Payoff::After { weeks: 1, by: Some(day(by)) };
    for (what, balance, payoff, on, forecast, elapsed) in [
        ("in time", 100, after("2026-09-02"), "2026-03-02", false, false),
        ("a day late", 100, after("2026-09-03"), "2026-03-02", true, false),
        ("never", 100, Payoff::Never, "2026-03-02", true, false),
        ("the last day", 100, after("2026-09-02"), "2026-09-02", false, false),
        ("passed", 100, after("2026-09-10"), "2026-09-03", true, true),
        ("nothing left", 0, Payoff::Never, "2027-01-01", false, false),
    ] {
        let found = flags(Money::from_cents(balance), payoff, horizon, day(on));
        assert_eq!(found, Flags { forecast, elapsed }, "{what}");
    }
    let unknown = flags(Money::from_cents(1), Payoff::Never, None, day("2026-03-02"));
    assert_eq!(unknown, Flags { forecast: false, elapsed: false });
}

#[test]
fn the_last_weeks_are_whole_and_end_before_the_week_that_is_asked_in() {
    let mut rows = MemoryRows::default();
    let payee = PayeeId::parse("1234567893").unwrap();
    // Sundays and Mondays around the edges: 2025-12-01 is the Monday of ISO week 49.
    for (on, cents) in [
        ("2025-11-30", 1),
        ("2025-12-01", 10),
        ("2025-12-29", 100),
        ("2026-01-04", 1_000),
        ("2026-03-01", 10_000),
        ("2026-03-02", 100_000),
    ] {
        let key = key(&payee, number(day(on)));
        let mut row: WeekRow = read(&rows, &key).unwrap().unwrap_or_default();
        add(&mut row.payable, Some(Money::from_cents(cents))).unwrap();
        write(&mut rows, key, &row).unwrap();
    }
    for on in ["2026-03-02", "2026-03-04", "2026-03-08"] {
        let found = payable(&rows, &payee, day(on), 13).unwrap();
        assert_eq!((found.from, found.to), (day("2025-12-01"), day("2026-03-01")));
        assert_eq!(found.total, Money::from_cents(11_110), "{on}");
    }
    let short = payable(&rows, &payee, day("2026-03-02"), 1).unwrap();
    assert_eq!(short.total, Money::from_cents(10_000));
}
