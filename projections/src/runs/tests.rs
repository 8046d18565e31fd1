//! What was announced against what came.

use super::*;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 2, day).unwrap()
}

fn came(day_of: Option<NaiveDate>, payer: &str, count: u64, cents: i64) -> (Key2, ReceivedRow) {
    let amount = Money::from_cents(cents);
    ((day_of, payer.to_owned()), ReceivedRow { paid_on: day_of, count, closed: count, amount })
}

type Key2 = (Option<NaiveDate>, String);

fn run(name: &str, on: u32, payer: Option<&str>, count: u64, cents: i64) -> Announced {
    Announced {
        run: name.to_owned(),
        paid_on: day(on),
        payer: payer.map(ToOwned::to_owned),
        count,
        amount: Money::from_cents(cents),
    }
}

#[test]
fn every_payment_date_is_complete_missing_different_or_not_announced() {
    let register = [
        run("2026-05", 6, Some("A"), 2, 30_000),
        run("2026-06", 13, Some(" A "), 2, 20_000),
        run("2026-06b", 13, Some("A"), 1, 500),
        run("2026-07", 20, Some("A"), 1, 100),
        run("2026-08", 27, None, 3, 900),
    ];
    let received = [
        came(Some(day(6)), "A", 2, 30_000),
        came(Some(day(13)), "A", 2, 20_000),
        came(Some(day(20)), "A", 1, 99),
        came(Some(day(20)), "B", 1, 7),
        came(Some(day(27)), "A", 2, 600),
        came(Some(day(27)), "B", 1, 300),
        came(None, "A", 1, 1),
    ];
    let all = compare(&register, received.into_iter().collect()).unwrap();
    let table: Vec<_> = all
        .iter()
        .map(|sum| {
            let date = sum.paid_on.map(|day| day.to_string());
            let (count, amount) = sum.announced;
            (
                date.unwrap_or_default(),
                sum.payer.as_deref().unwrap_or("any"),
                sum.runs.join(" "),
                (count, amount.cents()),
                (sum.received.count, sum.received.amount.cents()),
                sum.standing,
            )
        })
        .collect();
    let row = |date: &str, payer, runs: &str, said, came, standing| {
        (date.to_owned(), payer, runs.to_owned(), said, came, standing)
    };
    assert_eq!(
        table,
        [
            row("", "A", "", (0, 0), (1, 1), Standing::NotAnnounced),
            row("2026-02-06", "A", "2026-05", (2, 30_000), (2, 30_000), Standing::Complete),
            row(
                "2026-02-13",
                "A",
                "2026-06 2026-06b",
                (3, 20_500),
                (2, 20_000),
                Standing::RunMissing
            ),
            row("2026-02-20", "A", "2026-07", (1, 100), (1, 99), Standing::Differs),
            row("2026-02-20", "B", "", (0, 0), (1, 7), Standing::NotAnnounced),
            row("2026-02-27", "any", "2026-08", (3, 900), (3, 900), Standing::Complete),
        ]
    );
}

#[test]
fn a_run_of_which_nothing_came_is_missing() {
    let all = compare(&[run("2026-05", 6, Some("A"), 2, 5)], BTreeMap::new()).unwrap();
    assert_eq!(all.first().map(|sum| sum.standing), Some(Standing::RunMissing));
}
