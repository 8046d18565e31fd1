//! `lookback check` as a person or a program runs it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use lookback::check::{FINDINGS_LISTED_MAX, summarise};
use lookback_events::finding::Rule;
use serde_json::Value;

use crate::reader::SAMPLE;

fn check(arguments: &[&str], input: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    command.arg("check").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = input.unwrap_or_default().to_owned();
    let feeder = std::thread::spawn(move || {
        // A program that asks for nothing may be gone already.
        let _ = std::io::Write::write_all(&mut stdin, text.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(name, text): &(&str, &str)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let paths = files.iter().map(write).collect();
    (folder, paths)
}

#[test]
fn exit_codes_tell_clean_odd_wrong_usage_and_error_apart() {
    let odd = SAMPLE.replace("BPR*I*640*", "BPR*I*641*");
    assert_eq!(check(&["-"], Some(SAMPLE)).status.code(), Some(0));
    assert_eq!(check(&["-"], Some(&odd)).status.code(), Some(1));
    assert_eq!(check(&["-"], Some("hello")).status.code(), Some(1));
    assert_eq!(check(&[], None).status.code(), Some(2));
    assert_eq!(check(&["--format", "xml", "-"], None).status.code(), Some(2));
    let missing = check(&["no/such/file.835", "-"], Some(SAMPLE));
    assert_eq!(missing.status.code(), Some(4));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("no/such/file.835"));
    assert!(String::from_utf8(missing.stdout).unwrap().contains("1 remittance,"));
}

#[test]
fn a_generated_folder_is_checked_without_the_list_of_its_faults() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let settings = lookback::generate::Settings {
        faults: true,
        ..lookback::generate::Settings::new(3_000, 9)
    };
    lookback::generate::generate(&settings, &out).unwrap();
    let list = std::fs::read_to_string(out.join("truth.tsv")).unwrap();
    let mut wanted: Vec<_> = list
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|fields| fields[4] == "file")
        .map(|fields| (fields[0].to_owned(), fields[3].to_owned()))
        .collect();
    let output = check(&["--format", "json", out.to_str().unwrap()], None);
    let mut found = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["outcome"], "readable");
        let path = std::path::Path::new(line["file"].as_str().unwrap());
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let rules = line["findings"].as_array().unwrap().iter();
        found.extend(rules.map(|f| (name.clone(), f["rule"].as_str().unwrap().to_owned())));
    }
    wanted.sort();
    found.sort();
    assert!(!wanted.is_empty());
    assert_eq!(found, wanted);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("passed over") && said.contains("truth.tsv"), "{said}");
    // Who names the list itself is told what it is not.
    let output = check(&[out.join("truth.tsv").to_str().unwrap()], None);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn json_has_one_object_a_file_with_the_promised_members_in_order() {
    let odd = SAMPLE.replace("BPR*I*640*", "BPR*I*641*");
    let files = [("a.835", SAMPLE), ("b.835", odd.as_str()), ("c.txt", "hello")];
    let (folder, paths) = folder(&files);
    let output = check(&["--format", "json", folder.path().to_str().unwrap()], None);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    for (line, path) in lines.iter().zip(&paths) {
        assert_eq!(line["file"], path.to_str().unwrap());
    }
    assert_eq!(lines[0]["outcome"], "readable");
    assert_eq!(lines[0]["claim_paid"], "650.00");
    assert_eq!(lines[0]["plb_total"], "10.00");
    assert_eq!(lines[0]["findings"], Value::Array(Vec::new()));
    assert_eq!(lines[0].get("reason"), None);
    assert_eq!(lines[0]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(lines[2]["outcome"], "unreadable");
    assert_eq!(lines[2]["reason"], "no interchange header (ISA)");
    let members = [
        "file",
        "sha256",
        "outcome",
        "interchanges",
        "transactions",
        "claims",
        "lines",
        "adjustments",
        "plb_adjustments",
        "claim_paid",
        "plb_total",
        "bpr_total",
        "reversals",
        "denied",
        "findings",
    ];
    let first = text.lines().next().unwrap();
    let places: Vec<usize> =
        members.iter().map(|m| first.find(&format!("\"{m}\":")).unwrap()).collect();
    assert!(places.is_sorted());
    assert_eq!(lines[0].as_object().unwrap().len(), members.len());
    let finding = lines[1]["findings"][0].as_object().unwrap();
    let names: Vec<&str> = finding.keys().map(String::as_str).collect();
    let mut expected =
        ["rule", "severity", "segment", "offset", "path", "message", "expected", "found"];
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(finding["rule"], "transaction-unbalanced");
    assert_eq!(
        (finding["expected"].as_str(), finding["found"].as_str()),
        (Some("640.00"), Some("641.00"))
    );
    assert_eq!(finding["path"], "ISA[1]/GS[1]/ST[1]");
}

#[test]
fn a_person_sees_totals_and_findings_by_rule() {
    let odd = SAMPLE.replace("BPR*I*640*", "BPR*I*641*");
    let (folder, _) = folder(&[("a.835", SAMPLE), ("b.835", &odd)]);
    let output = check(&[folder.path().to_str().unwrap()], None);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("2 files, 2 remittances, 8 claims, $ 1,300.00 paid"), "{text}");
    assert!(text.contains("1  transaction-unbalanced"), "{text}");
    assert!(text.contains("expected 640.00, found 641.00"), "{text}");
    assert!(!text.contains("DOE"), "{text}");
}

#[test]
fn a_file_that_is_no_835_is_said_to_be_none_in_every_form() {
    let other = |name: &str| {
        let text = &SAMPLE[..SAMPLE.find("ST*835").unwrap()];
        format!("{text}ST*{name}*0101~\nAK1*HP*1~\nSE*3*0101~\nGE*1*101~\nIEA*1*000000101~\n")
    };
    let nothing = SAMPLE[..SAMPLE.find("GS*").unwrap()].to_owned() + "IEA*0*000000101~\n";
    let beside = format!("{SAMPLE}{}", other("999"));
    for (text, code, reason) in [
        (other("999").as_str(), 1, "not an 835 (ST01 is 999)"),
        (&other("837"), 1, "not an 835 (ST01 is 837)"),
        (&nothing, 1, "no 835 in it"),
        (&beside, 0, "beside its 835s: not an 835 (ST01 is 999)"),
    ] {
        let table = check(&["-"], Some(text));
        assert_eq!(table.status.code(), Some(code), "{reason}");
        let table = String::from_utf8(table.stdout).unwrap();
        assert!(table.contains(reason), "{table}");
        let json = check(&["--format", "json", "-"], Some(text));
        let json: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!((json["reason"].as_str(), &json["outcome"]), (Some(reason), &"readable".into()));
    }
}

#[test]
fn an_unreadable_file_has_its_finding_in_every_form() {
    for (text, reason) in [("hello", "no interchange header (ISA)"), ("", "the file is empty")] {
        let table = String::from_utf8(check(&["-"], Some(text)).stdout).unwrap();
        assert!(table.contains("1  interchange-unreadable"), "{table}");
        assert!(table.contains(&format!("unreadable: {reason}")), "{table}");
        assert!(!table.contains("no findings"), "{table}");
        let json = check(&["--format", "json", "-"], Some(text));
        let json: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(json["findings"][0]["rule"], "interchange-unreadable", "{json}");
        assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn every_rule_is_explained_in_the_readme() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for rule in Rule::ALL {
        assert!(readme.contains(&format!("`{}`", rule.id())), "{}", rule.id());
    }
}

#[test]
fn a_file_full_of_findings_is_counted_whole_and_listed_in_part() {
    let count = 50_000;
    let odd = SAMPLE.replace("LX*1~\n", &"ZZZ*1~\n".repeat(count));
    let summary = summarise("x", odd.as_bytes()).unwrap();
    assert_eq!(summary.findings.len(), FINDINGS_LISTED_MAX);
    assert_eq!(summary.count(Rule::SegmentUnexpected), u64::try_from(count).unwrap());
    let all: u64 = summary.findings_by_rule.values().sum();
    assert_eq!(summary.findings_left_out, all - u64::try_from(FINDINGS_LISTED_MAX).unwrap());
    assert!(serde_json::to_string(&summary).unwrap().contains("\"findings_left_out\":"));
}
