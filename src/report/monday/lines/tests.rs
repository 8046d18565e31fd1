//! Each line of the Monday list on cases made up for it.

use lookback_events::event::recovery::letters::Outcome;
use lookback_events::event::recovery::money::Horizon;
use lookback_projections::cases::{End, InstalmentState};
use lookback_projections::policy::length::Unit;

use super::super::super::cases::samples::{Sample, day, dollars};
use super::*;

fn asked() -> Asked {
    Asked {
        on: day("2026-06-01"),
        cycles: 2,
        paid: ["2026-05-01", "2026-05-15", "2026-05-29"].map(|text| day(text).0).to_vec(),
        times: Times { restoration: Some(days(30)), determination: Some(days(60)) },
    }
}

fn days(count: u32) -> Length {
    Length { count, unit: Unit::CalendarDays }
}

fn told(sample: &Sample, asked: &Asked) -> Vec<(Line, Option<Money>, Option<i64>)> {
    let items = items(&sample.seen(), asked).unwrap();
    items.into_iter().map(|item| (item.line, item.amount, item.days)).collect()
}

fn case() -> Sample {
    Sample::identified("2026-01-02", "100.00")
}

fn noticed() -> Sample {
    let mut sample = case();
    sample.noticed("2026-04-01").window("2026-05-01").eligible("2026-05-02");
    sample
}

#[test]
fn what_nothing_will_move_stands_in_its_line() {
    let hundred = Some(dollars("100.00"));
    let none: Vec<(Line, Option<Money>, Option<i64>)> = Vec::new();
    let asked = asked();
    // From 2 January to 1 June are 150 days.
    assert_eq!(told(&case(), &asked), [(Line::NoClock, hundred, Some(150))]);
    let mut running = case();
    running.noticed("2026-05-20").window("2026-06-19").eligible("2026-06-20");
    assert_eq!(told(&running, &asked), none);
    let mut no_rule = case();
    no_rule.noticed("2026-05-20");
    assert_eq!(told(&no_rule, &asked), [(Line::NoClock, hundred, Some(12))]);
    let mut disputed = case();
    disputed.noticed("2026-04-01").window("2026-05-01").disputed("2026-04-20", 1);
    assert_eq!(told(&disputed, &asked), none);
    let no_time = Asked { times: Times::default(), ..self::asked() };
    let undetermined = (Line::DisputesUndetermined, hundred, Some(42));
    assert_eq!(told(&disputed, &no_time), [undetermined]);
    // Sixty days from 20 April end on 19 June.
    let on = |text| Asked { on: day(text), ..self::asked() };
    assert_eq!(told(&disputed, &on("2026-06-19")), none);
    let late = (Line::DisputesUndetermined, hundred, Some(61));
    assert_eq!(told(&disputed, &on("2026-06-20")), [late]);
    // Also where all of it was taken.
    disputed.offset("2026-04-17", "100.00");
    assert_eq!(told(&disputed, &on("2026-06-20")), [late]);
    let mut referred = case();
    let known = referred.seen().case.row.identified;
    referred.with(|row| row.referred = Some((known, Horizon::Elapsed)));
    assert_eq!(told(&referred, &asked), none);
    let mut ended = case();
    assert_eq!(told(ended.ended("2026-03-01", End::Withdrawn), &asked), none);
}

#[test]
fn what_is_eligible_stands_there_as_far_as_it_was_not_instructed() {
    let asked = asked();
    let line = |cents: i64| (Line::EligibleNotInstructed, Some(Money::from_cents(cents)), Some(30));
    assert_eq!(told(&noticed(), &asked), [line(10_000)]);
    let mut part = noticed();
    assert_eq!(told(part.instructed("2026-05-30", "60.00", "0.00"), &asked), [line(4_000)]);
    let mut all = noticed();
    assert_eq!(told(all.instructed("2026-05-30", "100.00", "0.00"), &asked), []);
    let tomorrow = Asked { on: day("2026-05-01"), ..self::asked() };
    assert_eq!(told(&noticed(), &tomorrow), []);
}

#[test]
fn what_was_instructed_is_missed_after_so_many_cycles() {
    let asked = asked();
    let line =
        |cents: i64, days| (Line::InstructedNotSeen, Some(Money::from_cents(cents)), Some(days));
    for (first, seen, expected) in [
        ("2026-05-02", "0.00", vec![line(10_000, 30)]),
        ("2026-05-15", "0.00", vec![line(10_000, 17)]),
        ("2026-05-16", "0.00", vec![]),
        ("2026-05-02", "100.00", vec![]),
    ] {
        let mut sample = noticed();
        if seen != "0.00" {
            sample.offset("2026-05-15", seen);
        }
        let found = told(sample.instructed(first, "100.00", seen), &asked);
        assert_eq!(found, expected, "{first} {seen}");
    }
    let three = Asked { cycles: 3, ..self::asked() };
    assert_eq!(told(noticed().instructed("2026-05-02", "100.00", "0.00"), &three), []);
}

#[test]
fn money_to_give_back_stands_there_when_its_time_is_past_or_was_never_set() {
    let mut owed = case();
    owed.noticed("2026-02-01").offset("2026-04-15", "100.00").disputed("2026-04-20", 1);
    owed.determined("2026-05-02", Outcome::Overturned, "100.00");
    let line = (Line::RestorationsOverdue, Some(dollars("100.00")), Some(30));
    // Thirty days from 2 May end on 1 June.
    assert_eq!(told(&owed, &asked()), []);
    let later = Asked { on: day("2026-06-02"), ..asked() };
    assert_eq!(told(&owed, &later), [(line.0, line.1, Some(31))]);
    let never = Asked { times: Times::default(), ..asked() };
    assert_eq!(told(&owed, &never), [line]);
    owed.with(|row| row.taken_while_barred = dollars("40.00"));
    let barred = (Line::TakenWhileBarred, Some(dollars("40.00")), Some(47));
    assert_eq!(told(&owed, &asked()), [barred]);
}

#[test]
fn promises_past_and_returned_mail_stand_in_their_lines_alone() {
    let mut promised = case();
    promised.noticed("2026-04-01").window("2026-05-01").promised("2026-04-20", "2026-05-31");
    let line = (Line::PromisesPast, Some(dollars("100.00")), Some(1));
    assert_eq!(told(&promised, &asked()), [line]);
    let same_day = Asked { on: day("2026-05-31"), ..asked() };
    assert_eq!(told(&promised, &same_day), []);
    let mut returned = case();
    returned.noticed("2026-04-01").returned("2026-04-12");
    assert_eq!(told(&returned, &asked()), [(Line::ReturnedMail, None, Some(50))]);
    returned.noticed("2026-05-20").window("2026-06-19");
    assert_eq!(told(&returned, &asked()), []);
}

#[test]
fn instalments_that_did_not_come_stand_in_their_line_until_they_do() {
    let mut planned = case();
    planned.noticed("2026-04-01").window("2026-05-01").offset("2026-05-10", "30.00").with(|row| {
        let part = |due, amount| InstalmentState { due: day(due), amount: dollars(amount) };
        row.plan = vec![part("2026-05-31", "40.00"), part("2026-06-30", "60.00")];
    });
    let line = (Line::InstalmentsMissed, Some(dollars("10.00")), Some(1));
    assert_eq!(told(&planned, &asked()), [line]);
    let same_day = Asked { on: day("2026-05-31"), ..asked() };
    assert_eq!(told(&planned, &same_day), []);
    assert_eq!(told(planned.offset("2026-06-01", "10.00"), &asked()), []);
}
