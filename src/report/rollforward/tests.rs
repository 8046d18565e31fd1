//! Roll-forwards with sums by hand.

use lookback_projections::case_on::CaseOn;
use proptest::prelude::*;

use super::super::cases::samples::{Sample, day, dollars};
use super::*;

fn period(from: &str, to: &str) -> Period {
    Period { from: day(from).0, to: day(to).0 }
}

fn told(cases: &[CaseOn], period: Period, known_before: [u64; 2]) -> Sums {
    let mut sums = Sums::new(period);
    let late = |entry: &Entry, side: Side| {
        let [opening, closing] = known_before;
        entry.at.seq >= if side == Side::Opening { opening } else { closing }
    };
    for case in cases {
        sums.take(case, false, late).unwrap();
    }
    sums
}

fn story() -> CaseOn {
    // Positions: identified 1, amended 2, offset 3, carried 4, consumed 5, reduced 6, written off 7.
    let mut case = Sample::identified("2026-01-10", "1000.00");
    case.entry("2026-02-05", Kind::Amended, |entry| entry.identified = dollars("-100.00"));
    case.offset("2026-02-20", "300.00");
    case.entry("2026-02-20", Kind::Offset, |entry| entry.carried = dollars("50.00"));
    case.entry("2026-03-06", Kind::Offset, |entry| {
        entry.carried = dollars("-50.00");
        entry.collected = dollars("50.00");
    });
    case.entry("2026-03-10", Kind::Reduced, |entry| entry.reduced = dollars("200.00"));
    case.entry("2026-03-31", Kind::WrittenOff, |entry| entry.written_off = dollars("350.00"));
    case.seen().case
}

#[test]
fn each_movement_is_in_the_period_of_its_day() {
    let cases = [story()];
    for (from, to, sums) in [
        // opening, identified, amended, reduced, collected, written off, closing
        ("2026-01-01", "2026-01-31", [0, 100_000, 0, 0, 0, 0, 100_000]),
        ("2026-02-01", "2026-02-28", [100_000, 0, -10_000, 0, 30_000, 0, 60_000]),
        ("2026-03-01", "2026-03-31", [60_000, 0, 0, 20_000, 5_000, 35_000, 0]),
        ("2026-01-01", "2026-12-31", [0, 100_000, -10_000, 20_000, 35_000, 35_000, 0]),
    ] {
        let mut told = told(&cases, period(from, to), [u64::MAX; 2]);
        let mut line = told.lines.pop_first().unwrap().1;
        let found: Vec<i128> = line.sums().into_iter().take(7).map(|sum| sum.cents()).collect();
        assert_eq!(found, sums, "{from} to {to}");
        assert!(told.late.is_empty());
    }
}

#[test]
fn what_was_learnt_after_the_end_of_its_period_is_itemised() {
    // At the end of January the ledger held the first record, at the end of February three.
    let mut told = told(&[story()], period("2026-02-01", "2026-02-28"), [1, 3]);
    let line = told.lines.pop_first().unwrap().1;
    assert_eq!(line.opening_learnt_late, dollars("1000.00"));
    assert_eq!(line.period_learnt_late, dollars("-300.00"));
    let items: Vec<_> = told
        .late
        .iter()
        .map(|late| (late.opening, late.entry.kind, late.entry.inventory().unwrap().cents()))
        .collect();
    assert_eq!(items, [(true, Kind::Identified, 100_000), (false, Kind::Offset, -30_000)]);
}

proptest! {
    #[test]
    fn both_ends_meet_and_a_closing_is_the_next_opening(
        steps in prop::collection::vec((0_u32..120, 0_u8..6, -500_i64..500), 1..20),
        cut in 1_u32..118, to in 0_u32..119
    ) {
        let begin = day("2026-01-01").0;
        let on = |days: u32| begin.checked_add_days(chrono::Days::new(days.into())).unwrap();
        let mut case = Sample::identified("2026-01-01", "5.00");
        for (days, what, cents) in steps {
            let amount = Money::from_cents(cents);
            let kind = [Kind::Amended, Kind::Reduced, Kind::Offset, Kind::WrittenOff, Kind::Refund, Kind::Opening];
            case.entry(&on(days).to_string(), kind[usize::from(what)], |entry| match what {
                0 => entry.identified = amount,
                1 => entry.reduced = amount,
                3 => entry.written_off = amount,
                5 => entry.carried = amount,
                _ => entry.collected = amount,
            });
        }
        let cases = [case.seen().case];
        let line = |from: u32, to: u32| {
            let period = Period { from: on(from), to: on(to) };
            told(&cases, period, [3, 9]).lines.pop_first().unwrap().1
        };
        let (first, second) = (line(0, cut.saturating_sub(1)), line(cut, cut.saturating_add(to)));
        prop_assert_eq!(first.closing, second.opening);
        for line in [first, second] {
            let plus = [line.opening, line.identified, line.amended];
            let minus = [line.reduced, line.collected, line.written_off, line.closing];
            let sum = |all: &[Money]| all.iter().try_fold(Money::ZERO, |sum, one| sum.checked_add(*one));
            prop_assert_eq!(sum(&plus), sum(&minus));
        }
    }
}
