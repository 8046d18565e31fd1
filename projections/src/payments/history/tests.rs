use chrono::NaiveDate;
use lookback_events::event::ClaimKind;
use lookback_events::id::Digest;
use proptest::prelude::*;

use super::*;
use crate::payments::Dates;

/// A fact told in a line: `remittance status charge paid [day|-] [CLP07|-] [F8|-]`.
fn fact(line: &str) -> Fact {
    let words: Vec<&str> = line.split_whitespace().collect();
    let word = |at: usize| words.get(at).copied().filter(|w| *w != "-");
    let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
    let number: u8 = words[0].parse().unwrap();
    let dates = match word(4).map(|days| days.split_once("..").unwrap_or((days, days))) {
        Some((from, to)) => Dates {
            from: (!from.is_empty()).then(|| day(from)),
            to: (!to.is_empty()).then(|| day(to)),
        },
        None => Dates::default(),
    };
    Fact {
        at: None,
        recorded_at: None,
        remittance: Digest([number; 32]),
        paid_on: NaiveDate::from_ymd_opt(2025, 2, u32::from(number)),
        ordinal: 1,
        kind: ClaimKind::of_status(words[1].as_bytes()),
        status: words[1].to_owned(),
        charge: (words[2] != "?").then(|| words[2].parse().unwrap()),
        paid: (words[3] != "?").then(|| words[3].parse().unwrap()),
        dates,
        payer_control: word(5).unwrap_or_default().to_owned(),
        originals: word(6).map(ToOwned::to_owned).into_iter().collect(),
    }
}

fn facts(lines: &[&str]) -> Vec<Fact> {
    lines.iter().map(|line| fact(line)).collect()
}

#[test]
fn a_reversal_takes_the_payment_that_is_its_own() {
    use Pairing::{NotNegated, Takes, Twice, Without};
    let day = "2025-01-10";
    let with_day = |line: &str| line.replace("DAY", day);
    for (what, lines, last) in [
        ("the only one", vec!["1 1 800 500 DAY A", "2 22 -800 -500 DAY A"], Takes(0)),
        ("status 1 and negative amounts", vec!["1 1 800 500 DAY", "2 1 -800 -500 DAY"], Takes(0)),
        ("a denied claim", vec!["1 4 800 0 DAY", "2 22 -800 0 DAY"], Takes(0)),
        ("no days on the payment", vec!["1 1 800 500", "2 22 -800 -500 DAY"], Takes(0)),
        ("no days on the reversal", vec!["1 1 800 500 DAY", "2 22 -800 -500"], Takes(0)),
        ("no last day", vec!["1 1 8 5 DAY..2025-01-12", "2 22 -8 -5 DAY.."], Takes(0)),
        ("another day", vec!["1 1 800 500 2025-01-11", "2 22 -800 -500 DAY"], Without),
        (
            "another last day",
            vec!["1 1 8 5 DAY..2025-01-12", "2 22 -8 -5 DAY..2025-01-13"],
            Without,
        ),
        ("the newest", vec!["1 1 8 5", "2 1 8 5", "3 22 -8 -5"], Takes(1)),
        ("the same CLP07", vec!["1 1 8 5 DAY A", "2 1 8 5 DAY B", "3 22 -8 -5 DAY A"], Takes(0)),
        ("named by F8", vec!["1 1 8 5 DAY A", "2 1 8 5 DAY B", "3 22 -8 -5 DAY C A"], Takes(0)),
        ("CLP07 missing twice", vec!["1 1 8 5 DAY", "2 1 8 5 DAY B", "3 22 -8 -5 DAY"], Takes(1)),
        ("its correction ahead of it", vec!["1 1 8 5", "2 1 8 3", "2 22 -8 -5"], Takes(0)),
        (
            "an equal correction ahead",
            vec!["1 1 8 5 - A", "2 1 8 5 - A", "2 22 -8 -5 - A"],
            Takes(0),
        ),
        ("inside one remittance", vec!["1 1 8 5", "1 22 -8 -5"], Takes(0)),
        ("reversed before", vec!["1 1 8 5", "2 22 -8 -5", "2 1 8 3", "3 22 -8 -5"], Twice(0)),
        ("paid again since", vec!["1 1 8 5", "2 22 -8 -5", "2 1 8 5", "3 22 -8 -5"], Takes(2)),
        ("two reversals of two", vec!["1 1 8 5", "1 1 8 5", "2 22 -8 -5", "2 22 -8 -5"], Takes(0)),
        ("other amounts", vec!["1 1 800 500", "2 22 -800 -400"], NotNegated(0)),
        ("not negated", vec!["1 1 800 500", "2 22 800 500"], NotNegated(0)),
        ("an unreadable amount", vec!["1 1 800 500", "2 22 -800 ?"], NotNegated(0)),
        ("the correction of the same remittance only", vec!["2 1 8 3", "2 22 -8 -5"], Without),
        ("other amounts on another day", vec!["1 1 8 5 2025-01-11", "2 22 -8 -4 DAY"], Without),
        ("nothing", vec!["2 22 -800 -500"], Without),
    ] {
        let lines: Vec<String> = lines.into_iter().map(with_day).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let entries = pair(facts(&lines));
        assert_eq!(entries.last().unwrap().pairing, Some(last), "{what}");
        for (at, entry) in entries.iter().enumerate() {
            if let Some(Takes(payment)) = entry.pairing {
                assert_eq!(entries[payment].reversed_by, Some(at), "{what}");
            }
        }
    }
}

#[test]
fn a_payment_that_arrives_late_is_taken_by_the_reversal_that_waited() {
    for (what, lines, pairing) in [
        ("an older remittance", ["3 22 -8 -5", "1 1 8 5"], Pairing::Takes(1)),
        ("its equal correction", ["3 22 -8 -5", "3 1 8 5"], Pairing::Without),
        ("a payment made afterwards", ["3 22 -8 -5", "4 1 8 5"], Pairing::Without),
        ("other amounts", ["3 22 -8 -5", "1 1 8 4"], Pairing::Without),
        ("another day", ["3 22 -8 -5 2025-01-10", "1 1 8 5 2025-01-11"], Pairing::Without),
    ] {
        assert_eq!(pair(facts(&lines))[0].pairing, Some(pairing), "{what}");
    }
    let entries = pair(facts(&["3 22 -8 -5", "1 1 8 5", "4 22 -8 -5"]));
    assert_eq!(entries[2].pairing, Some(Pairing::Twice(1)));
}

#[test]
fn what_corrects_a_reversal_and_the_sums_are_told_apart() {
    for (what, lines, corrects, [paid, reversed, corrected, net]) in [
        ("a payment", &["1 1 8 5"][..], &[None][..], ["5.00", "0.00", "0.00", "5.00"]),
        (
            "reversed and corrected",
            &["1 1 8 5", "2 22 -8 -5", "2 1 8 3"],
            &[None, None, Some(1)],
            ["5.00", "-5.00", "3.00", "3.00"],
        ),
        (
            "the correction ahead, under another number",
            &["1 1 8 5 - A", "2 1 8 3 - B", "2 22 -8 -5 - A"],
            &[None, Some(2), None],
            ["5.00", "-5.00", "3.00", "3.00"],
        ),
        (
            "the correction in a later file",
            &["1 1 8 5", "2 22 -8 -5", "3 1 8 4"],
            &[None, None, Some(1)],
            ["5.00", "-5.00", "4.00", "4.00"],
        ),
        (
            "reversed twice",
            &["1 1 8 5", "2 22 -8 -5", "2 1 8 3", "3 22 -8 -5", "3 1 8 3"],
            &[None, None, Some(1), None, Some(3)],
            ["5.00", "-10.00", "6.00", "1.00"],
        ),
        (
            "an equal correction, and both reversed later",
            &["2 22 -8 -5", "2 1 8 5", "3 22 -8 -5", "3 1 8 4"],
            &[None, Some(0), None, Some(2)],
            ["0.00", "-10.00", "9.00", "-1.00"],
        ),
        (
            "the payment arrives after its reversal",
            &["3 22 -8 -5", "1 1 8 5"],
            &[None, None],
            ["5.00", "-5.00", "0.00", "0.00"],
        ),
        (
            "service on two days",
            &["1 1 8 5 2025-01-10", "2 22 -8 -5 2025-01-10", "3 1 9 9 2025-01-11"],
            &[None, None, None],
            ["14.00", "-5.00", "0.00", "9.00"],
        ),
    ] {
        let history = fold(facts(lines)).unwrap();
        let found: Vec<_> = history.entries.iter().map(|entry| entry.corrects).collect();
        assert_eq!(found, corrects, "{what}");
        let sums = history.totals;
        let sums = [sums.paid, sums.reversed, sums.corrected, sums.net].map(|m| m.to_string());
        assert_eq!(sums, [paid, reversed, corrected, net], "{what}");
    }
}

proptest! {
    #[test]
    fn cents_are_conserved_and_no_payment_is_taken_twice(
        lines in prop::collection::vec((1_u8..6, 0_u8..4, 0_i64..3, 0_i64..3, 0_u8..3), 0..24)
    ) {
        let mut sorted = lines;
        sorted.sort_by_key(|line| line.0);
        let facts = sorted.iter().map(|(remittance, status, charge, paid, day)| {
            let sign = if *status == 0 { "-" } else { "" };
            let status = ["22", "1", "4", "1"][usize::from(*status)];
            let day = ["-", "2025-01-10", "2025-01-11"][usize::from(*day)];
            fact(&format!("{remittance} {status} {sign}{charge} {sign}{paid} {day}"))
        });
        let history = fold(facts.collect()).unwrap();
        let mut net = Money::ZERO;
        let mut taken = std::collections::BTreeSet::new();
        for (at, entry) in history.entries.iter().enumerate() {
            net = net.checked_add(entry.fact.paid.unwrap()).unwrap();
            prop_assert_eq!(entry.pairing.is_some(), entry.fact.is_reversal());
            if let Some(Pairing::Takes(payment)) = entry.pairing {
                prop_assert!(taken.insert(payment));
                prop_assert_eq!(history.entries[payment].reversed_by, Some(at));
            }
            prop_assert!(entry.corrects.is_none() || entry.pairing.is_none());
        }
        let sums = history.totals;
        let parts = sums.paid.checked_add(sums.reversed).unwrap().checked_add(sums.corrected);
        prop_assert_eq!(parts, Some(sums.net));
        prop_assert_eq!(net, sums.net);
    }
}
