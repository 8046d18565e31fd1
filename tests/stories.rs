//! The whole path, told as stories: files in, outcomes and findings out, every byte given back.

use std::collections::BTreeMap;

use lookback::check::{Outcome, RecordedPart, Summary};
use lookback::ledger::Ledger;
use lookback_events::event::control::Usage;
use lookback_events::money::Money;

use crate::corpus::{files, shared, table};
use crate::ledger::{create, given_back, rebuilt, rows, same, sha256, sound, take};

fn word(outcome: Outcome) -> String {
    serde_json::to_value(outcome).unwrap().as_str().unwrap().to_owned()
}

/// The findings of a file as the stories tell them: sorted, with commas; `-` for none.
pub(crate) fn told(summary: &Summary) -> Vec<&'static str> {
    let mut rules: Vec<_> = summary.findings.iter().map(|found| found.rule.id()).collect();
    rules.sort_unstable();
    rules
}

#[test]
fn each_story_is_told_step_by_step_and_nothing_else() {
    let Some(shared) = shared() else { return };
    let mut stories: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for row in table(&shared.join("vectors/835.tsv")) {
        if row["story"].starts_with('S') {
            stories.entry(row["story"].clone()).or_default().push(row);
        }
    }
    assert!(stories.len() >= 15, "{} stories", stories.len());
    for (story, steps) in stories {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
        for row in steps {
            let name = format!("{}.835", row["what"]);
            let bytes = std::fs::read(shared.join("vectors/835").join(&name)).unwrap();
            let summary = take(&mut ledger, &name, &bytes);
            let step = format!("story {story}, step {} ({name})", row["step"]);
            let (outcome, mut findings) = match row["findings"].as_str() {
                "-" => ("recorded", Vec::new()),
                outcome @ ("rejected" | "already-recorded") => (outcome, Vec::new()),
                list => ("recorded", list.split(',').collect()),
            };
            findings.sort_unstable();
            assert_eq!(word(summary.outcome), outcome, "{step}: {:?}", summary.reason);
            assert_eq!(told(&summary), findings, "{step}");
        }
        ledger.flush().unwrap();
        sound(&ledger);
    }
}

#[test]
fn every_file_comes_back_byte_for_byte_from_ledgers_of_both_usages() {
    let files = files();
    for usage in [Usage::Production, Usage::Test] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("ledger");
        let mut ledger = create(&folder, usage);
        let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
        for path in &files {
            let bytes = std::fs::read(path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            let summary = take(&mut ledger, name, &bytes);
            *outcomes.entry(word(summary.outcome)).or_default() += 1;
            ledger.flush().unwrap();
            assert_eq!(given_back(&ledger, &sha256(&bytes)), bytes, "{name}");
        }
        if !files.is_empty() {
            assert!(outcomes["recorded"] > 0 && outcomes["rejected"] > 0, "{outcomes:?}");
        }
        let before = rows(&ledger);
        same(&before, &rebuilt(&ledger));
        ledger.finish_rows().unwrap();
        ledger.sign().unwrap();
        drop(ledger);
        // A new start finds the same, and takes nothing twice.
        let mut ledger = Ledger::open(&folder, "test").unwrap();
        same(&before, &rows(&ledger));
        let walked = sound(&ledger);
        for path in &files {
            let bytes = std::fs::read(path).unwrap();
            let summary = take(&mut ledger, "again", &bytes);
            let again = [Outcome::AlreadyRecorded, Outcome::Rejected].contains(&summary.outcome);
            assert!(again, "{} is {:?}", path.display(), summary.outcome);
        }
        ledger.flush().unwrap();
        assert_eq!(sound(&ledger), walked, "nothing was added");
    }
}

/// An interchange of one small remittance that adds up.
fn interchange(usage: char, trace: &str) -> String {
    format!(
        "ISA*00*          *00*          *ZZ*LANTERNPLAN    *ZZ*HARBORCLEARING \
         *250301*0900*^*00501*000000001*0*{usage}*:~\
         GS*HP*LANTERNPLAN*HARBORCLEARING*20250301*0900*1*X*005010X221A1~\
         ST*835*0001~BPR*I*80*C*ACH*CCP*01*1*DA*1*1512345678**01*1*DA*1*20250303~\
         TRN*1*{trace}*1512345678~N1*PR*LANTERN PLAN~N1*PE*HARBOR CARE*XX*1234567893~LX*1~\
         CLP*A-{trace}*1*100*80**HM*PC-{trace}*11*1~SVC*HC:99213*100*80**1~DTM*472*20250210~\
         CAS*CO*45*20~SE*11*0001~GE*1*1~IEA*1*000000001~"
    )
}

#[test]
fn each_kind_of_file_has_its_outcome() {
    let acknowledgment = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PAYEE          \
         *250101*0900*^*00501*000000001*0*P*:~GS*FA*PAYER*PAYEE*20250101*0900*1*X*005010X231A1~\
         ST*999*0001~AK1*HP*1*005010X221A1~AK9*A*1*1*1~SE*4*0001~GE*1*1~IEA*1*000000001~";
    let both = interchange('P', "A") + &interchange('T', "B");
    let beside = interchange('P', "C") + acknowledgment;
    // The remittance of `both`, but in a file of its own.
    let twice = interchange('P', "A");
    let fresh = interchange('P', "F");
    let fresh_and_known = interchange('P', "A") + &interchange('P', "D");
    let cases: [(&str, &[u8], &str, &[&str]); 10] = [
        ("empty", b"", "rejected", &[]),
        ("binary", &[0, 159, 146, 150, 255, 0, 1, 2], "rejected", &[]),
        ("text", b"Dear Sir or Madam, please find attached", "rejected", &[]),
        ("acknowledgment", acknowledgment.as_bytes(), "rejected", &[]),
        ("other usage", &interchange('T', "E").into_bytes(), "rejected", &[]),
        ("both usages", both.as_bytes(), "partly-recorded", &[]),
        ("an 835 beside a 999", beside.as_bytes(), "partly-recorded", &[]),
        (
            "a remittance known from another file",
            twice.as_bytes(),
            "already-recorded",
            &["delivered-twice"],
        ),
        ("one known, one new", fresh_and_known.as_bytes(), "partly-recorded", &["delivered-twice"]),
        ("one new", fresh.as_bytes(), "recorded", &[]),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
    for (name, bytes, outcome, findings) in cases {
        let summary = take(&mut ledger, name, bytes);
        assert_eq!(word(summary.outcome), outcome, "{name}: {:?}", summary.reason);
        if outcome != "rejected" {
            assert_eq!(told(&summary), findings, "{name}");
        }
        let says_why = outcome == "rejected" || outcome == "partly-recorded";
        assert_eq!(summary.reason.is_some(), says_why, "{name}: {:?}", summary.reason);
        // Of two remittances one was recorded, and no other money is counted.
        let part = (outcome == "partly-recorded").then(|| RecordedPart {
            transactions: 1,
            claims: 1,
            claim_paid: Money::from_cents(80_00),
        });
        assert_eq!(summary.recorded, part, "{name}");
        ledger.flush().unwrap();
        assert_eq!(given_back(&ledger, &sha256(bytes)), bytes, "{name}");
        let again = take(&mut ledger, name, bytes);
        let expected = if outcome == "rejected" { "rejected" } else { "already-recorded" };
        assert_eq!(word(again.outcome), expected, "{name} delivered again");
        assert_eq!(told(&again), Vec::<&str>::new(), "{name} delivered again");
    }
    ledger.flush().unwrap();
    sound(&ledger);
}
