use proptest::prelude::*;
use sha2::Digest as _;

use super::MovementKind::{Letter, Refund, ReturnAlone, WrittenOffByPayer};
use super::*;

fn number(text: &str) -> Option<Digest> {
    (text != "-").then(|| Digest(sha2::Sha256::digest(text.as_bytes()).into()))
}

/// Reads `WO:A 200` and the like; amounts in dollars, numbers by a letter, `-` for none.
fn adjustments(text: &str) -> Vec<Adjustment> {
    let one = |(seq, text): (u64, &str)| {
        let (code, rest) = text.split_once(':').unwrap();
        let (name, amount) = rest.split_once(' ').unwrap();
        Adjustment {
            seq,
            ordinal: seq,
            reason: Reason::of(code).unwrap(),
            number: number(name),
            forward: None,
            amount: amount.parse().unwrap(),
        }
    };
    (1..).zip(text.split(", ").filter(|text| !text.is_empty())).map(one).collect()
}

/// Writes `letter@1:A 200.00` and the like.
fn shown(found: &[Net]) -> String {
    let name = |of: &Option<Digest>| {
        ["A", "B", "C", "D"].into_iter().find(|text| number(text) == *of).unwrap_or("-")
    };
    let one = |net: &Net| {
        format!("{}@{}:{} {}", net.kind.as_str(), net.seq, name(&net.number), net.amount)
    };
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn opposite_adjustments_of_a_remittance_belong_together() {
    for (given, wanted) in [
        ("", ""),
        ("WO:A 200", "letter@1:A 200.00"),
        ("WO:A 200, 72:A -200", "refund@2:A 200.00"),
        ("72:A -200, WO:A 200", "refund@1:A 200.00"),
        // A refund of a part: the rest was taken.
        ("WO:A 200, 72:A -150", "letter@1:A 50.00, refund@2:A 150.00"),
        ("WO:A 150, 72:A -200", "refund@1:A 150.00, return-alone@2:A 50.00"),
        // Two numbers and one acknowledgment.
        ("WO:A 100, WO:A 50, 72:A -150", "refund@1:A 100.00, refund@3:A 50.00"),
        // Other numbers: only where exactly one on each side has that amount.
        ("WO:A 200, 72:B -200", "refund@2:A 200.00"),
        (
            "WO:A 200, WO:B 200, 72:C -200",
            "letter@1:A 200.00, letter@2:B 200.00, return-alone@3:C 200.00",
        ),
        (
            "WO:A 200, 72:B -200, 72:C -200",
            "letter@1:A 200.00, return-alone@2:B 200.00, return-alone@3:C 200.00",
        ),
        ("WO:A 200, 72:B -100", "letter@1:A 200.00, return-alone@2:B 100.00"),
        ("WO:- 200, 72:- -200", "refund@2:- 200.00"),
        // The number decides before the amount does.
        ("WO:A 200, WO:B 200, 72:A -200, 72:C -200", "refund@3:A 200.00, refund@4:B 200.00"),
        ("WO:A 200, CS:A -200", "written-off-by-payer@2:A 200.00"),
        ("WO:A 200, CS:A -80", "letter@1:A 120.00, written-off-by-payer@2:A 80.00"),
        ("CS:B -30", ""),
        // Postponed and taken under one number.
        ("WO:A -200", "letter@1:A -200.00"),
        ("WO:A -200, WO:A 200", ""),
        ("WO:A -200, WO:A 50", "letter@1:A -150.00"),
        ("WO:A 300, WO:B -200, WO:A -100", "letter@1:A 200.00, letter@2:B -200.00"),
        ("WO:- 100, WO:- -100", "letter@1:- 100.00, letter@2:- -100.00"),
        // Two recoveries under one number stay two: two cases may share it.
        ("WO:A 100, WO:A 50", "letter@1:A 100.00, letter@2:A 50.00"),
        ("WO:A 100, WO:A 50, WO:A -50", "letter@1:A 100.00"),
        // A refund taken back.
        ("WO:A -200, 72:A 200", "refund@2:A -200.00"),
        ("WU:A 70, OB:B 30", "unspecified@1:A 70.00, affiliated@2:B 30.00"),
    ] {
        assert_eq!(shown(&net(&adjustments(given))), wanted, "{given}");
    }
}

#[test]
fn netting_loses_and_makes_no_cent() {
    let code = prop::sample::select(vec!["WO", "72", "CS", "WU", "OB"]);
    let name = prop::sample::select(vec!["A", "B", "-"]);
    let list = prop::collection::vec((code, name, -4_i64..5), 0..9);
    proptest!(|(list in list)| {
        let text: Vec<_> = list.iter().map(|(c, n, cents)| format!("{c}:{n} {}", Money::from_cents(*cents))).collect();
        let given = adjustments(&text.join(", "));
        let found = net(&given);
        let sum = |kinds: &[MovementKind]| -> i128 {
            found.iter().filter(|net| kinds.contains(&net.kind)).map(|net| net.amount.cents()).sum()
        };
        let of = |reason| -> i128 {
            given.iter().filter(|own| own.reason == reason).map(|own| own.amount.cents()).sum()
        };
        // What was taken, acknowledged and written off is what was shown as taken.
        prop_assert_eq!(sum(&[Letter, Refund, WrittenOffByPayer]), of(Reason::Recovery));
        prop_assert_eq!(sum(&[Refund, ReturnAlone]).checked_add(of(Reason::Return)), Some(0));
        prop_assert!(found.iter().all(|net| !net.amount.is_zero()));
        let places: std::collections::BTreeSet<_> = found.iter().map(|net| net.seq).collect();
        prop_assert_eq!(places.len(), found.len(), "one movement a record");
    });
}
