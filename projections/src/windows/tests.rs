use lookback_events::event::act::Happened;
use lookback_events::event::recovery::letters::{Method, Outcome};
use lookback_events::event::recovery::{Cause, DetectedBy};
use lookback_events::id::{JournalId, PayeeId};
use lookback_events::time::Timestamp;

use super::*;
use crate::cases::{
    AnswerState, CaseFacts, CaseMoney, DeterminationState, InstalmentState, Known, NoticeState,
    Ways,
};
use crate::clocks::Years;
use crate::rows::MemoryRows;
use lookback_events::event::recovery::letters::AnswerKind;

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

fn known(seq: u64, on: &str) -> Known {
    Known {
        at: Position { journal: JournalId::payment(0).unwrap(), seq },
        happened: Happened::on(day(on)),
        recorded_at: Timestamp::from_micros(0),
        evidenced: true,
        control: 0,
    }
}

pub(crate) fn case() -> CaseRow {
    let first = known(1, "2025-01-15");
    CaseRow {
        payee: PayeeId::parse("1234567893").unwrap(),
        last: first.at,
        identified: first,
        facts: CaseFacts {
            cause: Cause::BillingError,
            detected_by: DetectedBy::Plan,
            line_of_business: "medicaid".into(),
            plan: "MCF".into(),
            funding: None,
            state: None,
            provider_class: None,
            service_class: None,
            vendor: None,
            owner: None,
            asserted: false,
            payer: None,
        },
        claims: Vec::new(),
        money: CaseMoney { identified: Money::from_cents(20_000), ..CaseMoney::default() },
        ways: Ways::default(),
        changes: Vec::new(),
        notices: Vec::new(),
        answers: Vec::new(),
        disputes: Vec::new(),
        refunds: Vec::new(),
        instructions: Vec::new(),
        restorations: Vec::new(),
        plan: Vec::new(),
        planned: None,
        defaulted: None,
        stayed: None,
        stood_down: None,
        stays_lifted: Vec::new(),
        stand_downs_lifted: Vec::new(),
        moved: None,
        referred: None,
        ended: None,
        taken_while_barred: Money::ZERO,
    }
}

/// Tells a case: `notice DAY [sent DAY]`, `returned DAY`, `agreed DAY [AMOUNT]`, `promised DAY by DAY`,
/// `contact DAY`, `disputed DAY [AMOUNT] [late] [accepted|rejected]`, `level-2 DAY`,
/// `upheld DAY`, `modified DAY AMOUNT`, `stay DAY`, `stand-down DAY`, `plan`.
fn told(story: &str) -> CaseRow {
    let mut row = case();
    for (seq, step) in (2..).zip(story.split("; ").filter(|step| !step.is_empty())) {
        let words: Vec<&str> = step.split(' ').collect();
        let on = words.get(1).copied().unwrap_or("2025-01-15");
        let amount = words.get(2).and_then(|text| text.parse::<Money>().ok());
        let says = |word: &str| words.contains(&word);
        let after = |word: &str| {
            let at = words.iter().position(|own| *own == word)?;
            words.iter().skip(at).nth(1).map(|text| Day(day(text)))
        };
        let of = known(seq, on);
        match words[0] {
            "notice" => row.notices.push(NoticeState {
                known: of,
                dated: Day(day(on)),
                sent: after("sent"),
                received: None,
                method: Method::Mail,
                control_number: "N".into(),
                appeal_deadline: None,
                lacks: Vec::new(),
                returned: None,
                named: row.money.identified,
                claims: Vec::new(),
            }),
            "returned" => row.notices.last_mut().unwrap().returned = Some(of),
            "agreed" => row.answers.push(AnswerState {
                known: of,
                kind: AnswerKind::Agreement,
                amount,
                claims: Vec::new(),
                promised_by: None,
            }),
            "promised" => row.answers.push(AnswerState {
                known: of,
                kind: AnswerKind::RefundPromised,
                amount: None,
                claims: Vec::new(),
                promised_by: after("by"),
            }),
            "contact" => row.answers.push(AnswerState {
                known: of,
                kind: AnswerKind::Contact,
                amount: None,
                claims: Vec::new(),
                promised_by: None,
            }),
            "disputed" | "level-2" => row.disputes.push(crate::cases::DisputeState {
                known: of,
                level: if words[0] == "level-2" { 2 } else { 1 },
                amount,
                claims: Vec::new(),
                late: says("late"),
                accepted: (says("accepted") || says("rejected")).then(|| says("accepted")),
                determined: None,
            }),
            "upheld" | "modified" => {
                let reduced = amount.unwrap_or_default();
                row.money.reduced = row.money.reduced.checked_add(reduced).unwrap();
                row.disputes.last_mut().unwrap().determined = Some(DeterminationState {
                    known: of,
                    outcome: if words[0] == "upheld" { Outcome::Upheld } else { Outcome::Modified },
                    dated: Day(day(on)),
                    sent: None,
                    appeal_deadline: None,
                    reduced,
                });
            }
            "stay" => row.stayed = Some(of),
            "stand-down" => row.stood_down = Some(of),
            "plan" => row.plan.push(InstalmentState {
                due: Day(day("2025-06-01")),
                amount: Money::from_cents(20_000),
            }),
            other => panic!("{other}"),
        }
    }
    row
}

fn rules() -> Rulebook {
    rulebook(&MemoryRows::default(), None, Years::default()).unwrap()
}

/// A story; on a day: the first day something may be taken, how much, how much is not barred, what bars
/// it.
type Told = (&'static str, &'static str, &'static str, &'static str, &'static str, Option<Bar>);

const STORIES: &[Told] = &[
    ("", "2025-06-01", "-", "0.00", "200.00", Some(Bar::NoNotice)),
    // 31 March 2025 is a Monday.
    ("notice 2025-03-01", "2025-03-31", "2025-04-01", "0.00", "200.00", None),
    ("notice 2025-03-01", "2025-04-01", "2025-04-01", "200.00", "200.00", None),
    ("notice 2025-03-01", "2025-02-28", "-", "0.00", "200.00", Some(Bar::NoNotice)),
    // 19 April is a Saturday, 21 April Patriots' Day.
    ("notice 2025-03-20", "2025-04-22", "2025-04-23", "0.00", "200.00", None),
    ("notice 2025-03-01 sent 2025-03-05", "2025-04-04", "2025-04-05", "0.00", "200.00", None),
    ("notice 2025-03-05 sent 2025-03-01", "2025-04-05", "2025-04-05", "200.00", "200.00", None),
    (
        "notice 2025-03-01; returned 2025-03-10",
        "2025-05-01",
        "-",
        "0.00",
        "200.00",
        Some(Bar::NoNotice),
    ),
    // On the day before it came back nobody knew.
    (
        "notice 2025-03-01; returned 2025-05-10",
        "2025-05-01",
        "2025-04-01",
        "200.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; returned 2025-03-10; notice 2025-03-20",
        "2025-04-22",
        "2025-04-23",
        "0.00",
        "200.00",
        None,
    ),
    // The window that was opened last counts.
    ("notice 2025-03-01; notice 2025-03-20", "2025-04-02", "2025-04-23", "0.00", "200.00", None),
    ("notice 2025-03-01; agreed 2025-03-05", "2025-03-05", "2025-03-06", "0.00", "200.00", None),
    ("notice 2025-03-01; agreed 2025-03-05", "2025-03-06", "2025-03-06", "200.00", "200.00", None),
    (
        "notice 2025-03-01; agreed 2025-03-05 50",
        "2025-03-06",
        "2025-03-06",
        "50.00",
        "200.00",
        None,
    ),
    ("notice 2025-03-01; agreed 2025-04-20", "2025-04-10", "2025-04-01", "200.00", "200.00", None),
    ("notice 2025-03-01; agreed 2025-04-20", "2025-05-10", "2025-04-01", "200.00", "200.00", None),
    ("notice 2025-03-01; contact 2025-03-05", "2025-03-06", "2025-04-01", "0.00", "200.00", None),
    (
        "notice 2025-03-01; promised 2025-03-05 by 2025-04-15",
        "2025-04-10",
        "2025-04-16",
        "0.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; promised 2025-03-05 by 2025-04-15",
        "2025-04-16",
        "2025-04-16",
        "200.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; promised 2025-04-05 by 2025-04-15",
        "2025-04-10",
        "2025-04-01",
        "200.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20",
        "2025-05-01",
        "-",
        "0.00",
        "0.00",
        Some(Bar::Dispute),
    ),
    // An appeal in time stays what is not yet taken, also after the window closed in silence.
    (
        "notice 2025-03-01; disputed 2025-04-20",
        "2025-04-10",
        "2025-04-01",
        "200.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; disputed 2025-04-20",
        "2025-04-20",
        "-",
        "0.00",
        "0.00",
        Some(Bar::Dispute),
    ),
    (
        "notice 2025-03-01; disputed 2025-04-20 late",
        "2025-04-20",
        "2025-04-01",
        "200.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; disputed 2025-04-20 late accepted",
        "2025-04-20",
        "-",
        "0.00",
        "0.00",
        Some(Bar::Dispute),
    ),
    (
        "notice 2025-03-01; disputed 2025-04-20 late rejected",
        "2025-04-20",
        "2025-04-01",
        "200.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20 80",
        "2025-03-31",
        "2025-04-01",
        "0.00",
        "120.00",
        Some(Bar::PartialDispute),
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20 80",
        "2025-04-01",
        "2025-04-01",
        "120.00",
        "120.00",
        Some(Bar::PartialDispute),
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20 80; agreed 2025-03-20 120",
        "2025-03-21",
        "2025-03-21",
        "120.00",
        "120.00",
        Some(Bar::PartialDispute),
    ),
    // The determination opens a window of its own: 11 June 2025 is a Wednesday.
    (
        "notice 2025-03-01; disputed 2025-03-20; upheld 2025-05-12",
        "2025-06-11",
        "2025-06-12",
        "0.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20; upheld 2025-05-12",
        "2025-06-12",
        "2025-06-12",
        "200.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20; upheld 2025-05-12",
        "2025-05-11",
        "-",
        "0.00",
        "0.00",
        Some(Bar::Dispute),
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20; modified 2025-05-12 50",
        "2025-06-12",
        "2025-06-12",
        "150.00",
        "150.00",
        None,
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20; upheld 2025-05-12; agreed 2025-05-20",
        "2025-05-21",
        "2025-05-21",
        "200.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; agreed 2025-03-10; disputed 2025-03-20; upheld 2025-05-12",
        "2025-05-21",
        "2025-06-12",
        "0.00",
        "200.00",
        None,
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20; upheld 2025-05-12; level-2 2025-05-20",
        "2025-07-01",
        "-",
        "0.00",
        "0.00",
        Some(Bar::Dispute),
    ),
    (
        "notice 2025-03-01; disputed 2025-03-20 80; upheld 2025-05-12",
        "2025-05-20",
        "2025-04-01",
        "120.00",
        "200.00",
        None,
    ),
    ("notice 2025-03-01; stay 2025-03-20", "2025-05-20", "-", "0.00", "0.00", Some(Bar::Stay)),
    ("notice 2025-03-01; stay 2025-06-20", "2025-05-20", "2025-04-01", "200.00", "200.00", None),
    (
        "notice 2025-03-01; stand-down 2025-03-20",
        "2025-05-20",
        "-",
        "0.00",
        "0.00",
        Some(Bar::StandDown),
    ),
    ("notice 2025-03-01; plan", "2025-05-20", "-", "0.00", "200.00", Some(Bar::RepaymentPlan)),
];

#[test]
fn what_may_be_offset_on_a_day() {
    let rules = rules();
    for (story, on, from, free, not_barred, bar) in STORIES {
        let found = eligibility(&told(story), &Stays::default(), &rules, day(on)).unwrap();
        let shown = found.from.map_or("-".to_owned(), |day| day.to_string());
        assert_eq!(shown, *from, "{story} on {on}: from");
        let amounts = (found.amount_free.to_string(), found.amount_not_barred.to_string());
        assert_eq!(amounts, ((*free).to_owned(), (*not_barred).to_owned()), "{story} on {on}");
        assert_eq!(found.barred, *bar, "{story} on {on}");
    }
}

#[test]
fn every_window_explains_itself_and_knows_where_it_stands() {
    let rules = rules();
    let row = told("notice 2025-03-01; disputed 2025-03-20; upheld 2025-05-12");
    let found = eligibility(&row, &Stays::default(), &rules, day("2025-06-12")).unwrap();
    let windows: Vec<_> = found
        .windows
        .iter()
        .map(|window| {
            (window.kind, window.standing, window.derivation.as_ref().unwrap().rule.as_str())
        })
        .collect();
    assert_eq!(
        windows,
        [
            (WindowKind::Dispute, Standing::Heard(day("2025-03-20")), "dispute-window"),
            (WindowKind::Determination, Standing::Closed, "determination-window"),
        ]
    );
    let derivation = found.windows[0].derivation.as_ref().unwrap();
    assert_eq!(derivation.starts[0].source.position, "p00/2");
    assert_eq!(derivation.stopped.as_ref().unwrap().day, Day(day("2025-03-20")));
    // A line of business that no policy knows: the manual's window counts.
    let mut row = told("notice 2025-03-01");
    row.facts.line_of_business = "dental".into();
    let found = eligibility(&row, &Stays::default(), &rules, day("2025-04-01")).unwrap();
    assert_eq!(found.from, Some(day("2025-04-01")));
    assert_eq!(found.windows[0].standing, Standing::Closed);
}
