//! Clocks of the shipped policies against tables that independent programs made of the same texts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets what it did not expect must stop, and it reads its table"
)]

use std::path::PathBuf;

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::time::MonthDay;
use lookback_projections::calendar::{CalendarName, Calendars};
use lookback_projections::clocks::{Clock, Derivation, Facts, Rulebook, Settings, Source, Years};
use lookback_projections::policy::Policy;
use lookback_projections::policy::purpose::{EndRule, Verification};

/// The data shared between projects; `None` where it is not there.
fn shared() -> Option<PathBuf> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    let folder = std::env::var_os("LOOKBACK_SHARED").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is not there; set LOOKBACK_SHARED", folder.display());
    None
}

fn table(name: &str) -> Vec<Vec<String>> {
    let Some(shared) = shared() else { return Vec::new() };
    let text = std::fs::read_to_string(shared.join("vectors").join(name)).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect());
    let rows: Vec<Vec<String>> = rows.collect();
    assert!(rows.len() > 100, "the table has rows");
    rows
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The only shipped policy that has a rule.
fn policy_of<'a>(rules: &'a Rulebook, rule: &str) -> &'a Policy {
    let mut with = rules.policies().iter().filter(|policy| policy.rule(rule).is_some());
    let policy = with.next().unwrap_or_else(|| panic!("no policy has {rule}"));
    assert!(with.next().is_none(), "{rule} is in two policies");
    policy
}

fn derived(rules: &Rulebook, rule: &str, start: &str, settings: &Settings<'_>) -> Derivation {
    let clock = Clock::of(policy_of(rules, rule), rule).unwrap();
    let fact = clock.rule().due.first_fact().unwrap();
    let facts = Facts::default().with(fact, Day(day(start)), Source::evidenced("p00/1"));
    clock.compute(&facts, settings).unwrap()
}

#[test]
fn every_clock_of_the_manual_gives_the_days_that_the_table_says() {
    let rules = Rulebook::shipped().unwrap();
    let calendars = Calendars::shipped().unwrap();
    for row in table("clocks.tsv") {
        let [rule, unit, _, calendar, start, strict, rolled] = row.as_slice() else { panic!() };
        let fiscal_year_end = unit
            .strip_prefix("FY")
            .map(|end| MonthDay::parse(&format!("{}-{}", &end[..2], &end[2..])).unwrap());
        for end_rule in [EndRule::Strict, EndRule::RollForward] {
            let settings = Settings {
                calendar: Some(calendars.get(&CalendarName::parse(calendar).unwrap()).unwrap()),
                end_rule,
                years: Years { fiscal_year_end, ..Years::default() },
            };
            let derived = derived(&rules, rule, start, &settings);
            assert_eq!(derived.strict(), Some(Day(day(strict))), "{row:?}");
            assert_eq!(derived.rolled(), Some(Day(day(rolled))), "{row:?}");
            let due = if end_rule == EndRule::Strict { strict } else { rolled };
            assert_eq!(derived.due(), Some(Day(day(due))), "{row:?}");
            assert_eq!(derived.verification, Verification::Verified, "{row:?}");
        }
    }
}

#[test]
fn every_simple_clock_of_the_other_rule_sets_gives_the_day_that_the_table_says() {
    let rules = Rulebook::shipped().unwrap();
    for row in table("other-clocks.tsv") {
        let [rule, unit, length, start, strict] = row.as_slice() else { panic!() };
        let policy = policy_of(&rules, rule);
        let settings = rules.settings(policy).unwrap();
        let derived = derived(&rules, rule, start, &settings);
        assert_eq!(derived.strict(), Some(Day(day(strict))), "{row:?}");
        let lengths = policy.rule(rule).unwrap().due.lengths();
        assert_eq!(lengths[0].to_string(), format!("{length} {unit}"), "{row:?}");
    }
}
