//! `clock` and `policy`: commands that need no ledger.

use std::path::Path;

use serde_json::Value;

use super::{Said, command, said};
use crate::corpus::{shared, table};

/// Runs a line of words that hold no spaces.
fn run(line: &str) -> Said {
    said(command(Path::new("/nowhere"), &line.split(' ').collect::<Vec<_>>()))
}

fn json(line: &str) -> Value {
    let said = run(&format!("{line} --format json"));
    said.holds(0, &[]);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn every_clock_answers_as_the_tables_say() {
    let Some(shared) = shared() else { return };
    for row in table(&shared.join("vectors/clocks.tsv")) {
        let (rule, unit) = (&row["rule"], &row["unit"]);
        let mut line =
            format!("clock {rule} --start {} --calendar {}", row["start"], row["calendar"]);
        if let Some(end) = unit.strip_prefix("FY") {
            line = format!("{line} --fiscal-year-end {}-{}", &end[..2], &end[2..]);
        }
        let answer = json(&line);
        assert_eq!(answer["due_strict"], row["due_strict"].as_str(), "{line}");
        assert_eq!(answer["due_rolled"], row["due_rolled"].as_str(), "{line}");
        assert_eq!(answer["due"], row["due_rolled"].as_str(), "{line}");
        assert_eq!(answer["rule"], rule.as_str(), "{line}");
        assert_eq!(answer["calendar"], row["calendar"].as_str(), "{line}");
        assert_ne!(answer["citation"], "", "{line}");
    }
    for row in table(&shared.join("vectors/other-clocks.tsv")) {
        let line = format!("clock {} --start {}", row["rule"], row["start"]);
        assert_eq!(json(&line)["due_strict"], row["due_strict"].as_str(), "{line}");
    }
}

#[test]
fn the_end_rule_says_which_of_the_two_days_is_due() {
    let line = "clock dispute-window --start 2026-02-05";
    for (end_rule, due) in [("strict", "2026-03-07"), ("roll-forward", "2026-03-09")] {
        let answer = json(&format!("{line} --end-rule {end_rule}"));
        assert_eq!(answer["due"], due);
        assert_eq!(answer["end_rule"], end_rule);
        assert_eq!(
            (&answer["due_strict"], &answer["due_rolled"]),
            (&"2026-03-07".into(), &"2026-03-09".into())
        );
    }
    assert_eq!(json(line)["due"], "2026-03-09", "the manual rolls forward");
    assert_eq!(json("clock cms-rebuttal --start 2026-02-20")["end_rule"], "strict");
}

#[test]
fn a_clock_explains_itself_to_a_person() {
    run("clock determination-window --start 2026-02-05").holds(
        0,
        &[
            "due 2026-03-09 Mon: determination window ends; offset eligible the day after",
            "policy allways-my-care-family-2019 version 1, layer manual",
            "source Provider Manual, Section 3, Payment Integrity (verified)",
            "starts 2026-02-05 Thu determined, asserted, --start",
            "not known determination-sent; the day may still move",
            "last day 2026-03-07 Sat, rolls to 2026-03-09 Mon (end rule roll-forward)",
            "passed over 2 days of weekends",
            "calendar MA-legal 2026.1, asked only whether the last day rolls",
        ],
    );
    run("clock medicaid-mco-records --start 2024-02-29")
        .holds(0, &["2034-02-28", "it warns, blocks a disposal and never decides"]);
    // Several facts, and what lasts.
    run("clock retraction --start 2026-02-05 --fact interview-disagreed=2026-02-01").holds(
        0,
        &["due 2026-03-16 Mon", "not taken 30 calendar days after report-signed: 2026-03-07 Sat"],
    );
    let investigated =
        "clock report-and-return --start 2026-01-01 --during investigation=2026-01-11..";
    run(investigated).holds(0, &["due 2026-08-29 Sat", "stood still 180 days: investigation"]);
    run("clock retention --start 2019-01-01 --during litigation=2025-06-01..")
        .holds(0, &["open: litigation lasts since 2025-06-01 Sun"]);
    let said = run("clock audit-scheduling --start 2026-01-05");
    assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
}

#[test]
fn what_a_clock_cannot_answer_says_what_to_give() {
    for (line, words) in [
        (
            "clock dispute-windw --start 2026-01-01",
            &["no rule \"dispute-windw\"", "did you mean dispute-window"][..],
        ),
        ("clock xyzzy --start 2026-01-01", &["no rule \"xyzzy\"", "lookback policy list"]),
        (
            "clock routine-lookback --start 2026-01-01",
            &["fiscal-year-end is not set", "say --fiscal-year-end MM-DD"],
        ),
        ("clock dispute-window", &["--start <DATE>"]),
        (
            "clock dispute-window --start 2026-02-30",
            &["\"2026-02-30\" is not a day; write YYYY-MM-DD"],
        ),
        (
            "clock dispute-window --start 2026-02-01 --calendar NH-legal",
            &["no calendar NH-legal; there are MA-legal"],
        ),
        (
            "clock dispute-window --start 2026-02-01 --end-rule roll",
            &["did you mean \"roll-forward\""],
        ),
        ("clock dispute-window --fact notice-date=2026-02-01", &["did you mean \"notice-dated\""]),
        (
            "clock dispute-window --fact paid=2026-02-01",
            &[
                "none of these is known: notice-dated, notice-sent",
                "say --fact notice-dated=DATE or",
            ],
        ),
        (
            "clock dispute-window --start 2026-02-01 --during appeal=2026-02-02..2026-02-01",
            &["ends before it begins"],
        ),
        ("clock dispute-window --start 2026-02-01 --policy texas", &["no rule \"dispute-window\""]),
        (
            "clock dispute-window --start 2026-02-01 --policy texs",
            &["no policy and no file \"texs\"", "did you mean texas"],
        ),
        (
            "clock routine-lookback --start 2026-01-01 --fiscal-year-end 02-29",
            &["must exist in every year"],
        ),
    ] {
        run(line).holds(2, words).lacks(&["panicked"]);
    }
}

#[test]
fn policies_are_listed_shown_checked_and_compared() {
    run("policy list")
        .holds(0, &["allways-my-care-family-2019 1 manual from 2019-01-01 15 0", "hipaa"]);
    let said = run("policy list --format json");
    assert_eq!(said.out.lines().count(), 10);
    run("policy list --format csv")
        .holds(0, &["id,version,layer,effective,rules,unverified,title"]);
    run("policy show delaware").holds(
        0,
        &["delaware version 1, layer statute", "due 24 months after paid", "funding self-insured"],
    );
    run("policy show allways-my-care-family-2019")
        .holds(0, &["fiscal-year-end not set", "forecast-weeks 13"]);
    let shown = json("policy show texas --rule tx-recovery");
    assert_eq!(shown["rules"][0]["id"], "tx-recovery");
    assert_eq!(shown["rules"].as_array().unwrap().len(), 1);
    run("policy show texas --rule tx-notise").holds(2, &["did you mean tx-notice"]);
    run("policy check texas").holds(0, &["texas version 1 is sound: 3 rules"]);
    run("policy check medicaid-managed-care").holds(0, &["4 rules", "unverified 4 of them"]);
    run("policy diff texas texas").holds(0, &["the two say the same"]);
    run("policy diff texas florida").holds(0, &["- 28 TAC 21.2818", "+ Fla. Stat. 627.6131(6)"]);
}

#[test]
fn a_policy_of_ones_own_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    let name = file.display();
    let text = run("policy show delaware --text").out;
    std::fs::write(&file, &text).unwrap();
    run(&format!("policy check {name}")).holds(0, &["delaware version 1 is sound"]);
    std::fs::write(&file, text.replace("24 M", "18 M").replace("version = 1", "version = 2"))
        .unwrap();
    run(&format!("policy diff delaware {name}"))
        .holds(0, &["- 24 months after paid", "+ 18 months after paid"]);
    let line = format!("clock de-lookback --start 2026-01-31 --policy {name}");
    let answer = json(&line);
    assert_eq!((&answer["due"], &answer["policy_version"]), (&"2027-07-31".into(), &2.into()));

    // What is wrong is told by line, rule and key; everything that makes no sense at once.
    std::fs::write(&file, text.replace("24 M", "24 months")).unwrap();
    run(&format!("policy check {name}")).holds(
        1,
        &["rule de-lookback, length", "\"24 months\" is not a length", "1 thing is wrong"],
    );
    run(&line).holds(2, &["is not a policy", "\"24 months\" is not a length"]);
    let nonsense = text.replace("actors = [\"insurer\"], ", "").replace("2026.1", "1999.1");
    std::fs::write(&file, nonsense).unwrap();
    run(&format!("policy check {name}"))
        .holds(1, &["no calendar US-federal 1999.1", "it binds nobody", "2 things are wrong"]);
    let said = run(&format!("policy check {name} --format json"));
    assert_eq!(said.code, Some(1));
    let faults: Vec<Value> =
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(faults.len(), 2);
    assert_eq!(faults[1]["rule"], "de-lookback");
}
