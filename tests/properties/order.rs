//! What order does not matter to, and what it does.

use serde_json::{Value, json};

use super::slip::{Slip, SlipClaim};
use super::teller::{PAYEES, Step, Teller, Throw};
use super::world::{Said, World};
use super::{Counts, begin, count, name, told};
use chrono::NaiveDate;
use proptest::prelude::*;

/// A step with its day, and what became of it: empty for a remittance.
type Done = (NaiveDate, Step);

/// The story of one payee alone.
fn alone(payee: usize, throws: &[Throw]) -> Vec<Done> {
    let mut world = World::new(begin());
    let mut teller = Teller::new(begin());
    teller.only = Some(payee);
    let mut done = Vec::new();
    for throw in throws {
        let step = teller.step(&world.rows, throw);
        world.today = teller.today;
        done.push((world.today, step.clone()));
        match step {
            Step::Paid(slip) => drop(world.pay(&slip)),
            Step::Command(told) => {
                if let Said::Recorded(_) = world.give(&told) {
                    teller.accepted(&told);
                }
            }
        }
    }
    let tag = ["one", "two"][payee];
    done.into_iter().map(|(day, step)| (day, named(step, tag))).collect()
}

/// The same with ids of its own.
fn named(step: Step, tag: &str) -> Step {
    match step {
        Step::Paid(mut slip) => {
            slip.trace = format!("{tag}-{}", slip.trace);
            for (reason, reference, _) in &mut slip.plb {
                if *reason == "FB" {
                    *reference = format!("{tag}-{reference}");
                }
            }
            Step::Paid(slip)
        }
        Step::Command(told) => {
            let mut text = told.to_string();
            for word in ["OP-", "H-", "\"c-"] {
                text = text.replace(word, &format!("{word}{tag}-"));
            }
            Step::Command(serde_json::from_str(&text).unwrap())
        }
    }
}

/// Tells both stories, mixed as `order` says; gives the world and what was said to each story.
fn mixed(stories: &[Vec<Done>; 2], order: &[bool], counts: &Counts) -> (World, [Vec<String>; 2]) {
    let mut world = World::new(begin());
    let mut said = [Vec::new(), Vec::new()];
    let mut at = [0, 0];
    let rest = [vec![false; stories[0].len()], vec![true; stories[1].len()]].concat();
    for second in order.iter().chain(&rest) {
        let which = usize::from(*second);
        let Some((day, step)) = stories[which].get(at[which]) else { continue };
        at[which] += 1;
        world.today = *day;
        said[which].push(match step {
            Step::Paid(slip) => world.pay(slip).join(" "),
            Step::Command(told) => match world.give(told) {
                Said::Recorded(found) => {
                    count(counts, name(told));
                    format!("recorded {}", found.join(" "))
                }
                Said::Refused(refusal) => refusal.to_string(),
            },
        });
    }
    (world, said)
}

#[test]
fn stories_of_two_payees_end_the_same_however_they_are_mixed() {
    let counts = Counts::default();
    let story = || prop::collection::vec(any::<Throw>(), 5..60);
    let order = || prop::collection::vec(any::<bool>(), 0..120);
    told(40, &(story(), story(), order(), order()), |(one, two, first, second)| {
        let stories = [alone(0, &one), alone(1, &two)];
        let (a, said) = mixed(&stories, &first, &counts);
        let (b, again) = mixed(&stories, &second, &counts);
        assert_eq!(said, again);
        assert_eq!(a.rows, b.rows);
    });
    assert!(counts.into_inner().len() > 15, "hardly anything was accepted");
}

fn payment() -> Slip {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let claim = SlipClaim {
        control: "A".to_owned(),
        payer: "PA".to_owned(),
        status: "1",
        lines: vec![(60_000, 50_000)],
        service: day("2026-01-02"),
    };
    Slip {
        payee: PAYEES[0],
        trace: "T1".to_owned(),
        paid_on: day("2026-01-05"),
        claims: vec![claim],
        plb: vec![("WO", "F1".to_owned(), 7_000)],
    }
}

/// A command about the case, told in words: `record-refund amount=5.00`.
fn command(line: &str, number: usize) -> Value {
    let mut words = line.split(' ');
    let mut told = json!({ "command": words.next().unwrap(), "id": format!("c-{number}"),
        "actor": "jane", "happened": "2026-03-02" });
    for word in words {
        let (member, text) = word.split_once('=').unwrap();
        told[member] = match member {
            "level" => json!(text.parse::<u64>().unwrap()),
            "instalments" => json!([{ "due": "2026-05-01", "amount": text }]),
            "claims" => json!([{ "patient_control": "A", "amount": text }]),
            _ => json!(text),
        };
    }
    let name = told["command"].as_str().unwrap().to_owned();
    match name.as_str() {
        "identify-case" => {
            let with = json!({ "payee": PAYEES[0], "plan": "MCF", "line_of_business": "medicaid",
                "cause": "units", "detected_by": "plan", "standard": { "citation": "x" } });
            told.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        }
        "record-notice" => {
            told["dated"] = json!("2026-01-06");
            told["method"] = json!("mail");
        }
        "propose" => {
            told["proposal"] = json!({ "command": "write-off", "case": "OP-1", "reason": "x",
                "amount": "1.00" });
        }
        _ => {}
    }
    if !["approve", "propose", "release-hold", "place-hold"].contains(&name.as_str()) {
        told["case"] = json!("OP-1");
    }
    told
}

const PAID: &str = "pays";
const IDENTIFY: &str = "identify-case claims=200.00";

/// What must come first, then what depends on it, and how that is refused without it.
const DEPENDENT: &[(&[&str], &str, &str, &str)] = &[
    (&[], PAID, IDENTIFY, "claim-unknown"),
    (&[PAID], IDENTIFY, "record-notice control_number=F2", "subject-unknown"),
    (
        &[PAID, IDENTIFY],
        "record-notice control_number=F2",
        "instruct-offset amount=5.00 first_on=2026-03-02",
        "offset-without-notice",
    ),
    (&[PAID, IDENTIFY], "record-notice control_number=F2", "mail-returned", "nothing-there"),
    (
        &[PAID, IDENTIFY],
        "record-dispute level=1 grounds=x",
        "determine level=1 outcome=upheld dated=2026-03-02",
        "nothing-there",
    ),
    (
        &[PAID, IDENTIFY, "record-dispute level=1 grounds=x"],
        "determine level=1 outcome=upheld dated=2026-03-02",
        "correct-determination level=1 outcome=upheld dated=2026-03-02",
        "nothing-there",
    ),
    (
        &[PAID, IDENTIFY],
        "record-notice control_number=F1",
        "unattribute-movement movement=p03/2 reason=x",
        "movement",
    ),
    (&[PAID, IDENTIFY], "agree-plan instalments=9.00", "default-plan reason=x", "nothing-there"),
    (&[PAID, IDENTIFY], "begin-stay", "lift-stay reason=x", "nothing-there"),
    (&[PAID, IDENTIFY], "begin-stand-down agency=x", "lift-stand-down reason=x", "nothing-there"),
    (&[PAID, IDENTIFY], "withdraw-case reason=x", "reopen-case reason=x", "nothing-there"),
    (&[PAID, IDENTIFY], "record-refund amount=200.00", "close-case reason=x", "unsound"),
    (&[PAID, IDENTIFY], "propose id=w", "approve actor=joe proposal=w", "proposal-unknown"),
];

#[test]
fn what_depends_on_another_thing_is_refused_before_it_and_taken_after_it() {
    for (before, first, then, rule) in DEPENDENT {
        let mut world = World::new("2026-03-02".parse().unwrap());
        let mut number = 0;
        let mut tell = |world: &mut World, line: &str| -> String {
            number += 1;
            if line == PAID {
                world.pay(&payment());
                return "recorded".to_owned();
            }
            match world.give(&command(line, number)) {
                Said::Recorded(_) => "recorded".to_owned(),
                Said::Refused(refusal) => refusal.told().rule.to_owned(),
            }
        };
        for line in *before {
            assert_eq!(tell(&mut world, line), "recorded", "{line}");
        }
        let rows = world.rows.clone();
        assert_eq!(tell(&mut world, then), *rule, "{then} ahead of {first}");
        assert_eq!(world.rows, rows, "{then} was refused and changed something");
        assert_eq!(tell(&mut world, first), "recorded", "{first}");
        assert_eq!(tell(&mut world, then), "recorded", "{then} behind {first}");
    }
}
