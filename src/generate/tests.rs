//! What generated data promises, held against an auditor that shares nothing with the generator.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows in a test is a test that fails"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::auditor::Auditor;
use super::*;

fn faulty(claims: u64, seed: u64) -> Settings {
    Settings { faults: true, ..Settings::new(claims, seed) }
}

/// Reads a whole run.
fn audit(settings: &Settings) -> (Auditor, Vec<InjectedFault>, Generated) {
    let mut auditor = Auditor::default();
    let mut faults = Vec::new();
    let mut files = Files::new(settings);
    let mut last = String::new();
    for file in files.by_ref() {
        assert!(file.name > last, "names ascend");
        auditor.read(&file.name, &file.bytes);
        faults.extend(file.faults);
        last = file.name;
    }
    (auditor, faults, files.generated())
}

fn digest(settings: &Settings) -> String {
    let mut digest = Sha256::new();
    for file in Files::new(settings) {
        digest.update(file.name.as_bytes());
        digest.update(&file.bytes);
    }
    let mut hex = String::new();
    for byte in digest.finalize() {
        write!(hex, "{byte:02x}").unwrap();
    }
    hex
}

#[test]
fn the_same_seed_gives_the_same_bytes_for_ever() {
    // A change here changes every measurement and every test made on generated data.
    assert_eq!(
        digest(&Settings::new(5_000, 7)),
        "9c865db6d4293c522b78e57cfcf9811d9d4a65ecee0531712ec0aad0199edce1"
    );
    assert_eq!(
        digest(&faulty(5_000, 7)),
        "a030d5aaf0c620a449e496f4ff13de3f75c419acc38b40e01e44705ab4e4b879"
    );
    assert_ne!(digest(&Settings::new(5_000, 7)), digest(&Settings::new(5_000, 8)));
}

#[test]
fn clean_data_breaks_no_rule_in_its_files_or_its_history() {
    for (claims, seed) in [(1, 1), (37, 2), (3_000, 3), (60_000, 4)] {
        let (auditor, faults, generated) = audit(&Settings::new(claims, seed));
        assert_eq!(auditor.breaches, []);
        assert_eq!(faults, []);
        assert_eq!(generated.claims, claims);
        assert_eq!(auditor.seen["CLP"], claims);
        assert_eq!(auditor.seen["SVC"], generated.lines);
        assert_eq!(auditor.seen["ST"], generated.transactions);
        assert_eq!(auditor.seen["ISA"], generated.files);
    }
}

#[test]
fn each_injected_fault_breaks_its_rule_once_and_nothing_else_is_broken() {
    let mut of_rules: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 1..=4 {
        let (auditor, faults, generated) = audit(&faulty(60_000, seed));
        let mut told: Vec<_> =
            faults.iter().map(|f| (f.file.clone(), f.transaction, f.claim, f.rule.id())).collect();
        told.sort();
        let mut found = auditor.breaches;
        found.sort();
        for (found, told) in found.iter().zip(&told) {
            assert_eq!(found, told);
        }
        assert_eq!(found.len(), told.len());
        let per_1000 = generated.faults * 1000 / generated.claims;
        assert!((1..=5).contains(&per_1000), "{per_1000} faults per 1,000 claims");
        for fault in &faults {
            *of_rules.entry(fault.rule.id()).or_default() += 1;
        }
    }
    assert_eq!(of_rules.len(), 25, "{of_rules:?}");
    assert!(of_rules.values().all(|count| *count >= 4), "{of_rules:?}");
}

#[test]
fn the_shape_of_the_data_is_that_of_life() {
    let (auditor, _, generated) = audit(&Settings::new(100_000, 11));
    let per_1000 = |count: u64| count * 1000 / generated.claims;
    let with_lines = |low: usize, high: usize| {
        let count = auditor.lines_of_claims.iter().filter(|n| (low..=high).contains(n)).count();
        per_1000(u64::try_from(count).unwrap())
    };
    let expected = [
        (1, 1, 340),
        (2, 2, 220),
        (3, 3, 100),
        (4, 4, 70),
        (5, 5, 40),
        (6, 6, 40),
        (7, 8, 50),
        (9, 12, 60),
        (13, 13, 70),
        (14, 99, 10),
    ];
    for (low, high, wanted) in expected {
        let found = with_lines(low, high);
        assert!(found.abs_diff(wanted) <= 6, "{low} to {high} lines: {found} per 1,000");
    }
    assert!(per_1000(generated.denied).abs_diff(125) <= 6, "{} denied", generated.denied);
    let reversals = generated.reversals * 10_000 / generated.claims;
    assert!(reversals.abs_diff(150) <= 20, "{reversals} reversals per 10,000");
    let at_once = auditor.reversals[&(true, true)] * 100 / generated.reversals;
    assert!((80..=90).contains(&at_once), "{at_once} % status 22 and corrected at once");
    assert_eq!(auditor.reversals.len(), 4, "every other way is there: {:?}", auditor.reversals);
    let forwards = auditor.forwards_left();
    let used = forwards.iter().filter(|left| **left == 0).count();
    assert!(forwards.len() > 20 && used > 10, "{used} of {} forwards used", forwards.len());
    assert_eq!(auditor.adjustments_of_lines.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    let adjusted = auditor.adjusted_transactions * 100 / generated.transactions;
    assert!((13..=17).contains(&adjusted), "{adjusted} % of the remittances have a PLB");
    let mut sizes = auditor.claims_of_transactions;
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    assert!((18..=22).contains(&median), "median of {median} claims");
    let bytes = generated.bytes / generated.claims;
    assert!((500..=700).contains(&bytes), "{bytes} bytes a claim");
    let payees = auditor.seen.keys().filter(|key| key.starts_with("PLB*")).count();
    assert!(payees > 100, "{payees} payees with provider adjustments");
}

#[test]
fn limits_of_files_and_remittances_are_kept() {
    let settings = Settings {
        claims_per_file: Some(700),
        claims_per_remittance: Some(100),
        ..Settings::new(10_000, 5)
    };
    let (auditor, _, generated) = audit(&settings);
    assert_eq!(auditor.breaches, []);
    assert_eq!((generated.transactions, generated.files), (100, 15));
    let one = Settings { claims_per_remittance: Some(5_000), ..Settings::new(5_000, 5) };
    let (auditor, _, generated) = audit(&one);
    assert_eq!(auditor.breaches, []);
    assert_eq!((generated.transactions, generated.files), (1, 1));
}

#[test]
fn the_folder_holds_the_same_bytes_and_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let settings = faulty(5_000, 9);
    let generated = generate(&settings, folder.path()).unwrap();
    let mut truth = String::from("file\ttransaction\tclaim\trule\tkind\n");
    let mut bytes = 0;
    for file in Files::new(&settings) {
        assert_eq!(fs::read(folder.path().join(&file.name)).unwrap(), file.bytes);
        bytes += u64::try_from(file.bytes.len()).unwrap();
        for f in file.faults {
            let (rule, kind) = (f.rule.id(), f.kind.id());
            writeln!(truth, "{}\t{}\t{}\t{rule}\t{kind}", f.file, f.transaction, f.claim).unwrap();
        }
    }
    assert_eq!(fs::read_to_string(folder.path().join(TRUTH_FILE)).unwrap(), truth);
    assert_eq!(truth.lines().count() - 1, usize::try_from(generated.faults).unwrap());
    assert_eq!(generated.bytes, bytes);
    let again = generate(&settings, folder.path()).unwrap_err();
    assert!(matches!(again, GenerateError::Write { .. }), "nothing is overwritten");
}
