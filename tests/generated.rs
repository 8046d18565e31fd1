//! Generated remittances through the whole path: clean ones raise nothing, each injected fault is
//! found in its place, and nothing else is.

use std::collections::BTreeMap;

use lookback::check::{Outcome, Summary, summarise};
use lookback::generate::{FaultKind, Files, GeneratedFile, InjectedFault, Settings};
use lookback_events::event::control::Usage;
use lookback_events::finding::Rule;

use crate::ledger::{create, sound, take};

/// Where something is odd, and which rule says so: file, transaction, claim, rule.
type Odd = (String, u64, u64, &'static str);

/// The number behind `name[` in a path, 0 where there is none.
fn number(path: &str, name: &str) -> u64 {
    let after = path.split('/').find_map(|part| part.strip_prefix(name)?.strip_prefix('['));
    after.map_or(0, |rest| rest.trim_end_matches(']').parse().unwrap())
}

fn odd(file: &str, summary: &Summary) -> Vec<Odd> {
    let place = |path: &str| (number(path, "ST"), number(path, "CLP"));
    let found = summary.findings.iter().map(|found| {
        let (transaction, claim) = place(&found.path);
        (file.to_owned(), transaction, claim, found.rule.id())
    });
    found.collect()
}

fn injected(faults: &[InjectedFault], kinds: &[FaultKind]) -> Vec<Odd> {
    let own = faults.iter().filter(|fault| kinds.contains(&fault.kind));
    own.map(|f| (f.file.clone(), f.transaction, f.claim, f.rule.id())).collect()
}

fn sorted(mut odd: Vec<Odd>) -> Vec<Odd> {
    odd.sort();
    odd
}

/// Checks, ingests, ingests again, and walks through everything.
fn whole_path(settings: &Settings) -> BTreeMap<&'static str, u64> {
    let mut files = Files::new(settings);
    let all: Vec<GeneratedFile> = files.by_ref().collect();
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
    let mut of_rules = BTreeMap::new();
    let mut claims = 0;
    for file in &all {
        let checked = summarise(&file.name, file.bytes.as_slice()).unwrap();
        let expected = sorted(injected(&file.faults, &[FaultKind::File]));
        assert_eq!(sorted(odd(&file.name, &checked)), expected, "check {}", file.name);
        let taken = take(&mut ledger, &file.name, &file.bytes);
        let expected = sorted(injected(&file.faults, &[FaultKind::File, FaultKind::History]));
        assert_eq!(sorted(odd(&file.name, &taken)), expected, "ingest {}", file.name);
        let again = file.faults.iter().any(|fault| fault.rule == Rule::DeliveredTwice);
        let outcome = if again { Outcome::PartlyRecorded } else { Outcome::Recorded };
        assert_eq!(taken.outcome, outcome, "{}: {:?}", file.name, taken.reason);
        assert_eq!((taken.claims, taken.claim_paid), (checked.claims, checked.claim_paid));
        claims += taken.claims;
        for fault in &file.faults {
            *of_rules.entry(fault.rule.id()).or_default() += 1;
        }
    }
    assert_eq!(claims, files.generated().claims);
    ledger.flush().unwrap();
    let walked = sound(&ledger);
    assert!(walked.records > claims);
    assert_eq!(walked.files, u64::try_from(all.len()).unwrap());
    for file in &all {
        let again = take(&mut ledger, &file.name, &file.bytes);
        assert_eq!(again.outcome, Outcome::AlreadyRecorded, "{}", file.name);
        assert_eq!(again.findings, []);
    }
    assert_eq!(sound(&ledger), walked, "nothing was added");
    of_rules
}

#[test]
fn clean_claims_raise_nothing_and_are_taken_once() {
    let found = whole_path(&Settings::new(20_000, 71));
    assert_eq!(found, BTreeMap::new());
}

#[test]
fn each_injected_fault_is_found_in_its_place_and_nothing_else_is() {
    let faulty = Settings { faults: true, ..Settings::new(20_000, 72) };
    let found = whole_path(&faulty);
    assert!(found.len() >= 20, "{found:?}");
}
