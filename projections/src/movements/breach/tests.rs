use super::*;
use crate::windows::Bar;

fn eligible(free: i64, not_barred: i64) -> Eligibility {
    Eligibility {
        from: None,
        barred: (free == 0).then_some(Bar::NoNotice),
        amount_free: Money::from_cents(free),
        amount_not_barred: Money::from_cents(not_barred),
        amount_not_named: Money::ZERO,
        windows: Vec::new(),
    }
}

/// A case of 200 of which so much was retracted and taken by letter.
fn case(retracted: i64, by_letter: i64) -> CaseRow {
    let mut row = crate::windows::tests::case();
    row.money.identified = Money::from_cents(200);
    let (retracted, by_letter) = (Money::from_cents(retracted), Money::from_cents(by_letter));
    row.money.collected = retracted.checked_add(by_letter).unwrap();
    row.ways = Ways { retracted, by_letter };
    row.facts.payer = Some("1999999999".into());
    row
}

#[test]
fn a_taking_breaks_the_rules_that_the_facts_say() {
    let all = eligible(200, 200);
    let too_early = eligible(0, 200);
    let barred = eligible(0, 0);
    let in_part = eligible(120, 120);
    // What was retracted and taken before, and is now; from whom; what is allowed.
    for (what, before, after, payer, eligibility, rules) in [
        ("allowed", (0, 0), (0, 200), None, &all, vec![]),
        ("above", (0, 0), (0, 230), None, &all, vec!["offset-above-balance"]),
        ("above what is left", (0, 150), (0, 210), None, &all, vec!["offset-above-balance"]),
        ("too early", (0, 0), (0, 200), None, &too_early, vec!["offset-before-eligible"]),
        ("barred", (0, 0), (0, 200), None, &barred, vec!["offset-while-barred"]),
        ("a part is barred", (0, 0), (0, 150), None, &in_part, vec!["offset-while-barred"]),
        ("the part that is not", (0, 0), (0, 120), None, &in_part, vec![]),
        (
            "above and too early",
            (0, 0),
            (230, 0),
            None,
            &too_early,
            vec!["offset-above-balance", "offset-before-eligible"],
        ),
        (
            "nothing is left to be early",
            (0, 200),
            (0, 250),
            None,
            &too_early,
            vec!["offset-above-balance"],
        ),
        (
            "both ways within what was identified",
            (100, 0),
            (100, 80),
            None,
            &all,
            vec!["letter-and-reversal"],
        ),
        (
            "both ways beyond it",
            (200, 0),
            (200, 200),
            None,
            &all,
            vec!["letter-and-reversal", "recovered-twice"],
        ),
        ("postponed", (0, 0), (200, -200), None, &barred, vec![]),
        ("given back", (200, 200), (200, 0), None, &all, vec![]),
        ("the same payer", (0, 0), (0, 200), Some("1999999999"), &all, vec![]),
        ("another payer", (0, 0), (0, 200), Some("2888888888"), &all, vec!["cross-plan-offset"]),
    ] {
        let less = |now: i64, then: i64| {
            Money::from_cents(now).checked_sub(Money::from_cents(then)).unwrap()
        };
        let ways = Ways { retracted: less(after.0, before.0), by_letter: less(after.1, before.1) };
        let offset = ways.retracted.checked_add(ways.by_letter).unwrap();
        let payer = payer.map(ToOwned::to_owned);
        let taking = Taking { offset, ways, plan: None, payer };
        let found =
            breaches(&case(before.0, before.1), &case(after.0, after.1), &taking, eligibility);
        let found: Vec<_> = found.unwrap().iter().map(|breach| breach.rule.id()).collect();
        assert_eq!(found, rules, "{what}");
    }
    let taking = Taking::recorded(Money::from_cents(50), Some("OTHER"));
    let found = breaches(&case(0, 0), &case(0, 50), &taking, &all).unwrap();
    assert_eq!(found[0].rule, Rule::CrossPlanOffset);
}
