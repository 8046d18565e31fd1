//! What the stories must cover, taken from the program and not from a list of our own: a clock, a
//! state, an end, a refusal, a finding or a rule that is new and has no story fails here.

use std::collections::BTreeSet;

use lookback_events::finding::Rule;

use super::derived::shipped;
use super::read::Table;
use super::tables;

const STATES: &str = include_str!("../../projections/src/state.rs");
const ENDS: &str = include_str!("../../projections/src/cases/states.rs");
const REFUSALS: &str = include_str!("../../src/decide/refusal/told.rs");

/// How many defaults DOMAIN 3 has.
const DEFAULTS: usize = 19;

/// What stories may cover beside: what the program has no word of its own for.
const BESIDE: [&str; 7] = [
    "refusal no-command",
    "refusal routine-lookback",
    "state amended",
    "state held",
    "state refunded",
    "state reopened",
    "state suspension",
];

/// The variants of an enum as the stories write them: `DisputedInPart` is `disputed-in-part`.
fn variants(source: &str, name: &str) -> Vec<String> {
    let begin = format!("pub enum {name} {{\n");
    let (_, body) = source.split_once(&begin).expect("the enum is there");
    let (body, _) = body.split_once("\n}").expect("the enum ends");
    let names = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let names = names.filter_map(|line| line.split(['(', ',']).next());
    let words = names.filter(|name| !name.is_empty()).map(|name| {
        let mut word = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() && !word.is_empty() {
                word.push('-');
            }
            word.push(c.to_ascii_lowercase());
        }
        word
    });
    words.collect()
}

/// The ids of all refusals.
fn refusals() -> Vec<String> {
    let ids = REFUSALS.split("of(\"").skip(1).filter_map(|rest| rest.split('"').next());
    ids.map(ToOwned::to_owned).collect()
}

/// Everything that must have a story.
fn wanted() -> BTreeSet<String> {
    let mut wanted = BTreeSet::new();
    let mut want = |kind: &str, words: Vec<String>| {
        assert!(!words.is_empty(), "nothing of kind {kind}");
        wanted.extend(words.into_iter().map(|word| format!("{kind} {word}")));
    };
    let policies = shipped();
    let (manual, others) = policies.split_first().unwrap();
    let rules = |policy: &lookback_projections::policy::Policy| -> Vec<String> {
        policy.rules.iter().map(|rule| rule.id.to_string()).collect()
    };
    want("clock", rules(manual));
    want("rule", others.iter().flat_map(rules).collect());
    want("default", (1..=DEFAULTS).map(|number| format!("3.{number}")).collect());
    let states = variants(STATES, "State");
    // How it ended is asked for by itself.
    want("state", states.into_iter().filter(|state| state != "ended").collect());
    want("end", variants(ENDS, "End"));
    want("refusal", refusals());
    // The findings before are those that one remittance shows by itself.
    let about_cases = Rule::ALL.iter().skip_while(|rule| **rule != Rule::LetterAndReversal);
    let about_cases = about_cases.filter(|rule| **rule != Rule::RemittanceIncomplete);
    want("finding", about_cases.map(|rule| rule.id().to_owned()).collect());
    wanted
}

/// True where a story says what it claims to cover: a refusal or finding is an answer in it, a rule is
/// named, a state or end is asked for.
fn is_said(table: &Table, claim: &str) -> bool {
    let Some((kind, word)) = claim.split_once(' ') else { return false };
    let lines = || table.lines.iter().map(|line| line.text.as_str());
    let answers = || lines().filter_map(|text| text.split_once(" -> "));
    match kind {
        "refusal" if word == "no-command" => answers().any(|(_, answer)| answer == "no command"),
        "refusal" => answers().any(|(_, answer)| {
            answer.strip_prefix("refused ").is_some_and(|of| of.split(' ').next() == Some(word))
        }),
        "finding" if word == "run-missing" => lines().any(|text| text.contains(word)),
        "finding" => answers().any(|(_, answer)| answer.split(' ').any(|one| one == word)),
        "rule" => lines().any(|text| text.contains(word)),
        "state" | "end" if !BESIDE.contains(&claim) => {
            let shown = shown(word);
            let asked = lines().filter_map(|text| text.split_once(": "));
            let mut states = asked.flat_map(|(_, wanted)| wanted.split("; "));
            states.any(|one| one.starts_with("state ") && one.contains(&shown))
        }
        _ => true,
    }
}

/// What a state or an end is shown as.
fn shown(word: &str) -> String {
    match word {
        "determined-silent" => ", silent".to_owned(),
        "plan-defaulted" => "plan not kept".to_owned(),
        "promise-past" => "promise of".to_owned(),
        "stayed" => "bankruptcy stay".to_owned(),
        "stood-down" => "stand-down".to_owned(),
        word => word.replace('-', " "),
    }
}

#[test]
fn the_stories_cover_every_clock_default_state_end_refusal_finding_and_rule() {
    let tables = tables();
    let wanted = wanted();
    let mut covered = BTreeSet::new();
    let mut wrong = Vec::new();
    for table in &tables {
        assert!(!table.covers.is_empty(), "{} covers nothing", table.place());
        for claim in table.covers.iter().filter(|claim| !claim.is_empty()) {
            if !wanted.contains(claim) && !BESIDE.contains(&claim.as_str()) {
                wrong.push(format!("{}: nothing is called {claim}", table.place()));
            } else if !is_said(table, claim) {
                wrong.push(format!("{}: no line says {claim}", table.place()));
            }
            covered.insert(claim.clone());
        }
    }
    let missing: Vec<&String> = wanted.difference(&covered).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(missing.is_empty(), "no story covers {missing:?}");
}

#[test]
fn what_must_be_covered_is_read_from_the_program() {
    let wanted = wanted();
    for known in [
        "clock dispute-window",
        "default 3.19",
        "end recovered-by-another",
        "finding cross-plan-offset",
        "finding run-missing",
        "refusal offset-while-disputed",
        "rule tx-appeal",
        "state disputed-in-part",
    ] {
        assert!(wanted.contains(known), "{known}");
    }
    assert!(wanted.len() > 120, "{}", wanted.len());
}
