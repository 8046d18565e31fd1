//! Properties of random stories: commands that go through `decide`, mixed with remittances.
//!
//! Seeded: the same stories each time. `LOOKBACK_PROPERTY_CASES` says how many, `LOOKBACK_PROPERTY_SEED`
//! which. That every command was accepted at times is asserted too, so that no property is empty.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Debug;

use chrono::NaiveDate;
use lookback_events::event::Event;
use lookback_events::id::CaseId;
use lookback_events::money::Money;
use lookback_projections::Projections;
use lookback_projections::cases;
use lookback_projections::rows::MemoryRows;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use serde_json::Value;

mod lasting;
mod money;
mod oracle;
mod order;
pub(crate) mod slip;
mod teller;
mod world;

use teller::{Step, Teller, Throw};
use world::{Said, World};

/// How many stories: so many, or as many times more as somebody asks for.
fn stories(usual: u32) -> u32 {
    let asked = std::env::var("LOOKBACK_PROPERTY_CASES").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(usual)
}

/// Tells stories from a seed.
fn told<T: Debug>(usual: u32, strategy: &impl Strategy<Value = T>, test: impl Fn(T)) {
    let seed: u64 = std::env::var("LOOKBACK_PROPERTY_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let config = Config { cases: stories(usual), failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let run = runner.run(strategy, |value| {
        test(value);
        Ok(())
    });
    match run {
        Ok(()) => {}
        Err(TestError::Fail(reason, least)) => {
            // The least story that fails is told again, step by step, and fails here.
            ALOUD.set(true);
            test(least);
            panic!("{reason}, and not when it is told again");
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

thread_local! {
    /// True while a story that fails is told to the person who reads the test.
    static ALOUD: Cell<bool> = const { Cell::new(false) };
}

fn throws(most: usize) -> impl Strategy<Value = Vec<Throw>> {
    prop::collection::vec(any::<Throw>(), 10..most)
}

fn begin() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).unwrap()
}

/// How often something was accepted, or refused by which rule.
type Counts = RefCell<BTreeMap<String, u64>>;

fn count(counts: &Counts, what: &str) {
    *counts.borrow_mut().entry(what.to_owned()).or_default() += 1;
}

/// The name of a command; of a proposal, what it proposes.
fn name(told: &Value) -> &str {
    let proposed = told["proposal"]["command"].as_str();
    proposed.or(told["command"].as_str()).unwrap()
}

/// What an instruction says: case, amount, the day that decides.
fn instruction(told: &Value) -> Option<(CaseId, Money, NaiveDate)> {
    if told["command"] != "instruct-offset" {
        return None;
    }
    let day = |member: &str| told[member].as_str().unwrap().parse::<NaiveDate>().unwrap();
    let case = CaseId::parse(told["case"].as_str().unwrap()).unwrap();
    let amount = told["amount"].as_str().unwrap().parse().unwrap();
    Some((case, amount, day("happened").min(day("first_on"))))
}

/// Refusals that say that an offset is not eligible.
const NOT_ELIGIBLE: &[&str] = &[
    "stand-down",
    "offset-while-stayed",
    "offset-while-disputed",
    "offset-under-plan",
    "offset-without-notice",
    "offset-before-eligible",
];

/// Tells a story in memory; `each` looks at the world after every step.
fn tell(throws: &[Throw], counts: &Counts, each: &mut dyn FnMut(&World)) -> World {
    let mut world = World::new(begin());
    let mut teller = Teller::new(begin());
    for throw in throws {
        let step = teller.step(&world.rows, throw);
        world.today = teller.today;
        if ALOUD.get() {
            match &step {
                Step::Paid(slip) => eprintln!("{} {:?} {:?}", slip.paid_on, slip.claims, slip.plb),
                Step::Command(told) => eprintln!("{} {told}", world.today),
            }
        }
        match step {
            Step::Paid(slip) => {
                for found in world.pay(&slip) {
                    count(counts, found);
                }
            }
            Step::Command(told) => {
                let asked = instruction(&told);
                let judged = asked.and_then(|(case, amount, on)| {
                    let row = cases::case(&world.rows, &case).unwrap()?;
                    let judged =
                        oracle::judge(&world.log, &case, &row.payee, &row.money, amount, on);
                    Some((judged, on))
                });
                match world.give(&told) {
                    Said::Recorded(findings) => {
                        if let Some((judged, on)) = judged {
                            assert_eq!(judged.must, None, "{told} is accepted for {on}");
                        }
                        count(counts, name(&told));
                        findings.iter().for_each(|found| count(counts, found));
                        teller.accepted(&told);
                    }
                    Said::Refused(refusal) => {
                        let told_of = refusal.told();
                        if ALOUD.get() {
                            eprintln!("  refused: {refusal}");
                        }
                        if let Some((judged, on)) = judged
                            && NOT_ELIGIBLE.contains(&told_of.rule)
                        {
                            let why = judged.may.or(judged.must);
                            assert!(why.is_some(), "{told} is refused for {on}: {refusal}");
                        }
                        count(counts, &format!("refused {}", told_of.rule));
                    }
                }
            }
        }
        each(&world);
    }
    world
}

/// Commands and rules that a run must have met.
const MET: &[&str] = &[
    "identify-case",
    "amend-case",
    "issue-notice",
    "record-notice",
    "mail-returned",
    "serve-again",
    "record-answer",
    "record-dispute",
    "determine",
    "correct-determination",
    "decide-late-appeal",
    "instruct-offset",
    "record-offset",
    "reverse-offset",
    "record-refund",
    "attribute-movement",
    "unattribute-movement",
    "decide-restoration",
    "record-restoration",
    "agree-plan",
    "default-plan",
    "refer-to-collections",
    "withdraw-case",
    "settle-case",
    "write-off",
    "recovered-by-another",
    "discharge",
    "begin-stay",
    "lift-stay",
    "reopen-case",
    "close-case",
    "begin-stand-down",
    "lift-stand-down",
    "place-hold",
    "release-hold",
    "approve",
    "reject-proposal",
    "assign-movement",
    "offset-above-balance",
    "offset-before-eligible",
    "offset-while-barred",
    "letter-and-reversal",
    "recovered-twice",
    "refused stand-down",
    "refused offset-while-stayed",
    "refused offset-while-disputed",
    "refused offset-under-plan",
    "refused offset-without-notice",
    "refused offset-before-eligible",
    "refused offset-above-balance",
    "refused above-net-paid",
    "refused subject-ended",
    "refused movement",
    "refused nothing-there",
    "refused notice-content",
];

#[test]
fn money_is_conserved_and_nothing_is_taken_inside_a_window_a_dispute_a_stay_or_a_stand_down() {
    let counts = Counts::default();
    told(200, &throws(160), |throws| {
        tell(&throws, &counts, &mut money::holds);
    });
    let counts = counts.into_inner();
    if std::env::var("LOOKBACK_PROPERTY_CASES").is_ok() {
        eprintln!("{counts:#?}");
    }
    let never: Vec<&&str> = MET.iter().filter(|what| !counts.contains_key(**what)).collect();
    assert!(never.is_empty(), "never met: {never:?} among {counts:?}");
}

/// Rows folded from records.
fn folded<'a>(log: impl IntoIterator<Item = &'a world::Logged>) -> MemoryRows {
    let mut rows = MemoryRows::default();
    for logged in log {
        Projections::apply(&mut rows, &logged.record()).unwrap();
    }
    rows
}

#[test]
fn a_prefix_and_then_the_rest_is_all_of_it_at_every_record() {
    let counts = Counts::default();
    told(24, &throws(40), |throws| {
        let mut then: Vec<(usize, MemoryRows)> = Vec::new();
        let world = tell(&throws, &counts, &mut |world| {
            then.push((world.log.len(), world.rows.clone()));
        });
        // What was live after each step is what a fresh ledger of that prefix holds.
        let mut known = then.iter().peekable();
        let mut rows = MemoryRows::default();
        for (at, logged) in (1..).zip(&world.log) {
            Projections::apply(&mut rows, &logged.record()).unwrap();
            while let Some((_, live)) = known.next_if(|(end, _)| *end == at) {
                assert_eq!(&rows, live, "after {at} records");
            }
        }
        assert!(known.next().is_none());
        assert_eq!(rows, world.rows);
        // The journals one after the other, control first, as a rebuild reads them.
        let mut journals: Vec<&world::Logged> = world.log.iter().collect();
        journals.sort_by_key(|logged| (logged.journal, logged.seq));
        assert_eq!(folded(journals), world.rows, "a rebuild is another ledger");
        assert!(world.log.iter().any(|logged| matches!(logged.event, Event::Deed(_))));
    });
}
