//! Files of other people and our own, against what an independent reader found in them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use lookback::check::{Outcome, Summary, summarise};
use lookback_events::finding::Rule;
use lookback_events::money::Money;

/// The data shared between projects; `None` where it is not there.
pub(crate) fn shared() -> Option<PathBuf> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared"));
    let folder = std::env::var_os("LOOKBACK_SHARED").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is not there; set LOOKBACK_SHARED", folder.display());
    None
}

/// Every 835 of the shared data.
pub(crate) fn files() -> Vec<PathBuf> {
    let Some(shared) = shared() else { return Vec::new() };
    let mut files: Vec<PathBuf> = ["corpus/835", "vectors/835"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(shared.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|e| e != "tsv"))
        .collect();
    files.sort();
    files
}

/// A table with a header line.
pub(crate) fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let row = |line: &str| {
        names.iter().zip(line.split('\t')).map(|(n, v)| ((*n).to_owned(), v.to_owned())).collect()
    };
    lines.map(row).collect()
}

fn check(path: &Path) -> Summary {
    summarise(&path.display().to_string(), File::open(path).unwrap()).unwrap()
}

fn counted(summary: &Summary, column: &str) -> String {
    let cents = |amount: Money| amount.cents().to_string();
    let count = |n: u64| n.to_string();
    match (column, summary.outcome) {
        ("status", Outcome::Unreadable) => "unreadable".to_owned(),
        ("status", _) => "read".to_owned(),
        (_, Outcome::Unreadable) => "-".to_owned(),
        ("interchanges", _) => count(summary.interchanges),
        ("transactions", _) => count(summary.transactions),
        ("claims", _) => count(summary.claims),
        ("lines", _) => count(summary.lines),
        ("adjustments", _) => count(summary.adjustments),
        ("plb_adjustments", _) => count(summary.plb_adjustments),
        ("claim_paid", _) => cents(summary.claim_paid),
        ("plb_total", _) => cents(summary.plb_total),
        ("bpr_total", _) => cents(summary.bpr_total),
        ("tx_off", _) => count(summary.count(Rule::TransactionUnbalanced)),
        ("claim_off", _) => count(summary.count(Rule::ClaimUnbalanced)),
        ("line_off", _) => count(summary.count(Rule::LineUnbalanced)),
        ("reversals", _) => count(summary.reversals),
        ("denied", _) => count(summary.denied),
        other => panic!("no such column: {other:?}"),
    }
}

fn compare(table_path: &str, folder: &str) {
    let Some(shared) = shared() else { return };
    for row in table(&shared.join(table_path)) {
        let summary = check(&shared.join(folder).join(&row["file"]));
        for (column, expected) in row.iter().filter(|(name, _)| *name != "file") {
            assert_eq!(&counted(&summary, column), expected, "{column} of {}", row["file"]);
        }
    }
}

#[test]
fn third_party_files_hold_what_an_independent_reader_found() {
    compare("corpus/835/expected.tsv", "corpus/835");
}

#[test]
fn our_small_remittances_hold_what_they_were_made_to_hold() {
    compare("vectors/835-counts.tsv", "vectors/835");
}

#[test]
fn stories_show_no_finding_of_one_file_that_is_not_told() {
    let Some(shared) = shared() else { return };
    let stories = table(&shared.join("vectors/835.tsv"));
    for row in stories.iter().filter(|row| row["story"].starts_with('S')) {
        let summary = check(&shared.join("vectors/835").join(format!("{}.835", row["what"])));
        for rule in summary.findings_by_rule.keys() {
            let told = row["findings"].split(',').any(|id| id == rule.id());
            assert!(told, "{} of {} is not told", rule.id(), row["what"]);
        }
        for rule in [Rule::PlbZero, Rule::TransactionUnbalanced] {
            let told = row["findings"].split(',').any(|id| id == rule.id());
            assert_eq!(summary.count(rule) > 0, told, "{} of {}", rule.id(), row["what"]);
        }
    }
}
