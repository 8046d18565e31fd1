use super::*;
use lookback_events::id::JournalId;

fn at(seq: u64) -> Position {
    Position { journal: JournalId::CONTROL, seq }
}

/// Reads `1=200`, `2/X=200` with a case, `-=50` for what nobody keeps.
fn recoveries(text: &str) -> Vec<Recovery> {
    let one = |text: &str| {
        let (who, amount) = text.split_once('=').unwrap();
        let (seq, case) = who.split_once('/').map_or((who, None), |(s, c)| (s, Some(c)));
        let number =
            case.and_then(|case| case.strip_prefix('#')).map(|n| Digest([n.as_bytes()[0]; 32]));
        Recovery {
            of: seq.parse().ok().map(at),
            amount: amount.parse().unwrap(),
            case: case
                .filter(|case| !case.starts_with('#'))
                .map(|case| CaseId::parse(case).unwrap()),
            numbers: number.into_iter().collect(),
        }
    };
    text.split(' ').filter(|text| !text.is_empty()).map(one).collect()
}

fn shown(parts: &[Part]) -> String {
    let one = |part: &Part| {
        let of = part.of.map_or("-".to_owned(), |of| of.seq.to_string());
        format!("{of}={}", part.amount)
    };
    parts.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn forward_balances_are_carried_from_recoveries_last_first() {
    for (what, given, made, wanted) in [
        ("one recovery in part", "1=200", "F=100", "F: 1=100.00"),
        ("all of it", "1=200", "F=200", "F: 1=200.00"),
        ("the last first", "1=200 2=50", "F=120", "F: 1=70.00 2=50.00"),
        ("also of one that nobody keeps", "1=200 -=50", "F=60", "F: 1=10.00 -=50.00"),
        ("more than all", "1=200", "F=250", "F: -=50.00 1=200.00"),
        ("nothing is known", "", "F=250", "F: -=250.00"),
        (
            "two made, in the order of the file",
            "1=200 2=50",
            "F=40 G=50",
            "F: 2=40.00; G: 1=40.00 2=10.00",
        ),
        ("postponed of the same case is not carried", "1/X=200 2/X=-200", "F=100", "F: -=100.00"),
        ("postponed in part", "1/X=200 2/X=-150 3/Y=30", "F=70", "F: 1=40.00 3=30.00"),
        (
            "postponed under the number of the claim",
            "1/#a=200 2/#a=-200 3=90",
            "F=90",
            "F: 3=90.00",
        ),
        ("postponed of another case", "1/X=200 2/Y=-200", "F=100", "F: 1=100.00"),
    ] {
        let made: Vec<(String, Money)> = made
            .split(' ')
            .map(|one| one.split_once('=').unwrap())
            .map(|(id, amount)| (id.to_owned(), amount.parse().unwrap()))
            .collect();
        let carried = carry(&recoveries(given), &made).unwrap();
        let text: Vec<_> =
            carried.iter().map(|(id, parts)| format!("{id}: {}", shown(parts))).collect();
        assert_eq!(text.join("; "), wanted, "{what}");
        for ((_, parts), (_, amount)) in carried.iter().zip(&made) {
            let sum: i128 = parts.iter().map(|part| part.amount.cents()).sum();
            assert_eq!(sum, amount.cents(), "{what}: no cent is lost");
        }
    }
}

#[test]
fn a_forward_balance_that_is_consumed_collects_the_earliest_first() {
    for (what, given, amount, taken, left, unknown) in [
        ("in part", "1=70 2=50", "60", "1=60.00", "1=10.00 2=50.00", "0.00"),
        ("over two", "1=70 2=50", "100", "1=70.00 2=30.00", "2=20.00", "0.00"),
        ("all", "1=70 2=50", "120", "1=70.00 2=50.00", "", "0.00"),
        ("more than was left", "1=70", "100", "1=70.00", "", "30.00"),
        ("one that was never made", "", "100", "", "", "100.00"),
    ] {
        let mut parts: Vec<Part> = recoveries(given)
            .into_iter()
            .map(|own| Part { of: own.of, amount: own.amount })
            .collect();
        let (got, rest) = consume(&mut parts, amount.parse().unwrap()).unwrap();
        assert_eq!((shown(&got), shown(&parts)), (taken.to_owned(), left.to_owned()), "{what}");
        assert_eq!(rest.to_string(), unknown, "{what}");
    }
}
