//! Reports about cases, units and runs: what a story leaves behind, asked at the command line in every
//! form, then and now.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use lookback::demo::samples::SAMPLES;
use lookback::ledger::Ledger;
use lookback::report::View;
use lookback::report::cases::{self, Wanted};
use lookback::report::rollforward::{self, Period};
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::cases::CaseMoney;
use lookback_projections::entries;

/// What happened, as commands: three payment runs of which one is short; a case that is collected, one
/// that is disputed and overturned, one that nobody was told of, one under a stand-down; a hold; a check
/// that was voided.
const STORY: &[&str] = &[
    r#"{"command":"announce-run","id":"r-1","happened":"2026-03-05","run":"2026-10","paid_on":"2026-03-06","count":2,"amount":"710.10","payer":"1990200000"}"#,
    r#"{"command":"announce-run","id":"r-2","happened":"2026-03-12","run":"2026-11","paid_on":"2026-03-13","count":4,"amount":"9999.00","payer":"1990200000"}"#,
    r#"{"command":"identify-case","id":"a-1","happened":"2026-03-09","case":"OP-1","payee":"1200000226","plan":"SCHP","funding":"fully-insured","line_of_business":"medicaid","cause":"incorrect-code","detected_by":"plan","owner":"jane","standard":{"citation":"Payment policy 12"},"claims":[{"patient_control":"BB-7001","amount":"48.00"}]}"#,
    r#"{"command":"record-notice","id":"a-2","happened":"2026-03-10","case":"OP-1","control_number":"FCN-1","dated":"2026-03-10","method":"mail"}"#,
    r#"{"command":"record-offset","id":"a-3","happened":"2026-04-17","case":"OP-1","amount":"18.00"}"#,
    r#"{"command":"identify-case","id":"b-1","happened":"2026-03-11","case":"OP-2","payee":"1200000226","plan":"SCHP","line_of_business":"medicaid","cause":"duplicate-payment","detected_by":"vendor","vendor":"Acme","standard":{"citation":"Payment policy 12"},"claims":[{"patient_control":"BB-7003","amount":"100.00"}]}"#,
    r#"{"command":"record-notice","id":"b-2","happened":"2026-03-12","case":"OP-2","control_number":"FCN-2","dated":"2026-03-12","method":"mail"}"#,
    r#"{"command":"record-dispute","id":"b-3","happened":"2026-03-22","case":"OP-2","level":1,"grounds":"documented"}"#,
    r#"{"command":"determine","id":"b-4","happened":"2026-04-11","case":"OP-2","level":1,"dated":"2026-04-11","outcome":"overturned"}"#,
    r#"{"command":"identify-case","id":"c-1","happened":"2026-04-02","case":"OP-3","payee":"1200000333","plan":"SCHP","line_of_business":"medicaid","cause":"units","detected_by":"plan","owner":"joe","standard":{"citation":"Payment policy 12"},"claims":[{"patient_control":"CH-3301","amount":"7.00"}]}"#,
    r#"{"command":"identify-case","id":"d-1","happened":"2026-04-03","case":"OP-4","payee":"1200000119","plan":"SCHP","line_of_business":"medicaid","cause":"fraud","detected_by":"agency","standard":{"citation":"Payment policy 12"},"claims":[{"patient_control":"HL-1002","amount":"5.00"}]}"#,
    r#"{"command":"begin-stand-down","id":"d-2","happened":"2026-04-04","case":"OP-4","agency":"MFCU"}"#,
    r#"{"command":"place-hold","id":"h-1","happened":"2026-03-12","hold":"H-1","kind":"litigation","scope":"payee:1200000333","matter":"26-cv-1"}"#,
    r#"{"command":"void-check","id":"v-1","happened":"2026-03-09","payee":"1200000226","trace":"990302"}"#,
];

fn run(ledger: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    command.arg("--ledger").arg(ledger).args(line.split(' ')).output().unwrap()
}

fn said(ledger: &Path, line: &str) -> String {
    let output = run(ledger, line);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn objects(ledger: &Path, line: &str) -> Vec<serde_json::Value> {
    let json = said(ledger, &format!("{line} --format json"));
    json.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A ledger with the samples and the story.
fn told(dir: &Path) -> std::path::PathBuf {
    let folder = dir.join("ledger");
    let init = format!("init {} --fiscal-year-end 12-31", folder.display());
    assert!(run(dir, &init).status.success());
    let inbox = dir.join("inbox");
    std::fs::create_dir(&inbox).unwrap();
    for (name, bytes) in SAMPLES {
        std::fs::write(inbox.join(name), bytes).unwrap();
    }
    said(&folder, &format!("ingest {}", inbox.display()));
    let commands = dir.join("commands.jsonl");
    std::fs::write(&commands, STORY.join("\n")).unwrap();
    let answers = run(&folder, &format!("record {} --actor jane", commands.display()));
    let text = String::from_utf8_lossy(&answers.stdout).into_owned();
    assert!(answers.status.success(), "{text}{}", String::from_utf8_lossy(&answers.stderr));
    folder
}

/// Every report, each on a day.
const REPORTS: &[&str] = &[
    "runs",
    "lookbacks --on 2026-05-01",
    "retention --on 2026-05-01",
    "holds --all --on 2026-05-01",
    "cases --all --on 2026-05-01",
    "windows --all --on 2026-05-01",
    "aging --on 2026-05-01",
    "funnel --on 2026-05-01",
    "recovery-rate --on 2026-05-01",
    "overturn-rate --on 2026-05-01",
    "days --on 2026-05-01",
    "offsets --on 2026-05-01",
    "top-reasons --on 2026-05-01",
    "unmatched --on 2026-05-01",
    "accounts --on 2026-05-01",
    "monday --on 2026-05-01",
    "monday --line no-clock --on 2026-05-01",
    "monday --line unmatched --on 2026-05-01",
    "rollforward --from 2026-03-01 --to 2026-03-31",
    "rollforward --from 2026-03-01 --to 2026-03-31 --items",
];

#[test]
fn every_report_says_the_same_in_every_form_and_names_its_last_cycle() {
    let dir = tempfile::tempdir().unwrap();
    let folder = told(dir.path());
    for report in REPORTS {
        let json = said(&folder, &format!("report {report} --format json"));
        let mut lines = json.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
        let head = lines.next().unwrap();
        assert_eq!(head["last_payment_cycle"]["paid_on"], "2026-03-27", "{report}");
        let csv = said(&folder, &format!("report {report} --format csv"));
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let names = reader.headers().unwrap().clone();
        let mut records = reader.records();
        let mut count = 0;
        for object in lines {
            count += 1;
            let record = records.next().unwrap().unwrap();
            assert_eq!(names.len(), object.as_object().unwrap().len(), "{report}");
            for (name, cell) in names.iter().zip(&record) {
                let value = &object[name];
                let number = if value.is_null() { String::new() } else { value.to_string() };
                let expected = value.as_str().map_or(number, ToOwned::to_owned);
                assert_eq!(cell, expected, "{report} {name}");
            }
        }
        assert!(records.next().is_none() && count > 0, "{report}");
        let table = said(&folder, &format!("report {report}"));
        assert!(table.contains("last payment cycle known: 2026-03-27"), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        assert!(!table.lines().any(|line| line.ends_with(' ')), "{table}");
    }
}

#[test]
fn what_is_known_now_is_what_is_live_and_before_there_was_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = told(dir.path());
    for report in REPORTS {
        let live = objects(&folder, &format!("report {report}"));
        let now = objects(&folder, &format!("report {report} --known-at 2099-01-01"));
        assert_eq!(live, now, "{report}");
    }
    let line = "report cases --all --on 2026-05-01 --known-at 2020-01-01";
    assert!(objects(&folder, line).is_empty());
}

/// Of a report's lines, some members.
fn table(ledger: &Path, line: &str, members: &[&str]) -> Vec<String> {
    let word = |object: &serde_json::Value, member: &&str| {
        let value = &object[*member];
        let other = || if value.is_null() { "-".to_owned() } else { value.to_string() };
        value.as_str().map_or_else(other, ToOwned::to_owned)
    };
    let lines = objects(ledger, &format!("report {line}"));
    let row = |object: &serde_json::Value| {
        members.iter().map(|member| word(object, member)).collect::<Vec<_>>().join(" ")
    };
    lines.iter().map(row).collect()
}

#[test]
fn each_figure_is_the_one_that_the_story_says() {
    let dir = tempfile::tempdir().unwrap();
    let folder = told(dir.path());
    let is = |line: &str, members: &[&str], expected: &[&str]| {
        assert_eq!(table(&folder, line, members), expected, "{line}");
    };
    payments_are_the_story_s(&is);
    cases_are_the_story_s(&is);
}

/// Asserts what a report says: its arguments, some members, and these of each line.
type Is<'a> = &'a dyn Fn(&str, &[&str], &[&str]);

fn payments_are_the_story_s(is: Is<'_>) {
    is(
        "runs --to 2026-03-13",
        &["paid_on", "announced", "received", "missing", "standing"],
        &["2026-03-06 2 2 0 complete", "2026-03-13 4 3 1 run-missing"],
    );
    let days = ["paid_on", "moved_on", "routine_until", "fraud_until", "standing"];
    is(
        "lookbacks --payee 1200000226 --to 2026-03-13 --on 2029-01-01",
        &days,
        &["2026-03-06 - - - closed", "2026-03-13 2026-03-13 2028-12-31 2032-03-13 fraud-only"],
    );
    is("holds --on 2026-05-01", &["hold", "scope", "stands"], &["H-1 payee:1200000333 true"]);
    let units = ["unit", "contract_years", "cases", "final_payment", "keep_until", "standing"];
    is(
        "retention --payee 1200000226 --on 2026-05-01",
        &units,
        &[
            "payee:1200000226/2026 2025 2026 2 2026-04-17 - held",
            "case:OP-1 2025 2026 1 2026-04-17 - held",
            "case:OP-2 2025 2026 1 2026-04-17 2033-04-17 kept",
        ],
    );
}

fn cases_are_the_story_s(is: Is<'_>) {
    let money = ["case", "standing", "identified", "reduced", "collected", "outstanding"];
    is(
        "cases --all --on 2026-05-01",
        &money,
        &[
            "OP-1 open 48.00 0.00 18.00 30.00",
            "OP-2 overturned 100.00 100.00 0.00 0.00",
            "OP-3 open 7.00 0.00 0.00 7.00",
        ],
    );
    is(
        "cases --all --cleared --owner jane --on 2026-04-16",
        &money,
        &["OP-1 open 48.00 0.00 0.00 48.00"],
    );
    is(
        "cases --cleared --on 2026-04-10",
        &["case", "outstanding"],
        &["OP-1 48.00", "OP-2 100.00", "OP-3 7.00", "OP-4 5.00"],
    );
    is(
        "windows --on 2026-04-01",
        &["case", "closes", "days_left", "standing"],
        &["OP-1 2026-04-09 8 open"],
    );
    is(
        "funnel --on 2026-05-01",
        &["stage", "cases", "amount"],
        &["identified 4 160.00", "noticed 2 148.00", "collectible 1 48.00", "recovered 1 18.00"],
    );
    is(
        "recovery-rate --on 2026-05-01",
        &["noticed", "cases", "rate", "rate_of_standing"],
        &["2026-03 2 12.2 37.5"],
    );
    is(
        "overturn-rate --on 2026-05-01",
        &["by", "value", "determined", "overturned"],
        &["all  1 1", "level 1 1 1", "cause duplicate-payment 1 1", "auditor Acme 1 1"],
    );
    is(
        "days --on 2026-05-01",
        &["step", "count", "median"],
        &[
            "identify-to-notice 2 1",
            "notice-to-answer 1 10",
            "dispute-to-determination 1 20",
            "eligible-to-first-offset 1 7",
            "notice-to-close 1 30",
        ],
    );
    is(
        "offsets --on 2026-05-01",
        &["case", "balance", "eligible_from"],
        &["OP-1 30.00 2026-04-10"],
    );
    is(
        "monday --on 2026-05-01",
        &["line", "items", "amount"],
        &[
            "no-clock 1 7.00",
            "eligible-not-instructed 1 30.00",
            "instructed-not-seen 0 -",
            "taken-while-barred 0 -",
            "disputes-undetermined 0 -",
            "restorations-overdue 0 -",
            "promises-past 0 -",
            "instalments-missed 0 -",
            "returned-mail 0 -",
            "unmatched 2 213.00",
        ],
    );
    let sums = ["opening", "identified", "reduced", "collected", "closing"];
    is(
        "rollforward --from 2026-04-01 --to 2026-04-30",
        &sums,
        &["100.00 12.00 100.00 0.00 12.00", "48.00 0.00 0.00 18.00 30.00"],
    );
}

#[test]
fn a_stand_down_is_in_every_sum_and_on_no_list() {
    let dir = tempfile::tempdir().unwrap();
    let folder = told(dir.path());
    for report in REPORTS {
        let all = said(&folder, &format!("report {report} --format json"));
        assert!(!all.contains("OP-4"), "{report}");
        if !["runs", "lookbacks", "accounts", "retention"].iter().any(|of| report.starts_with(of)) {
            assert!(!all.contains("1200000119"), "{report}");
        }
    }
    let aging = objects(&folder, "report aging --on 2026-05-01");
    assert_eq!(aging.last().unwrap()["outstanding"], "12.00");
    let hidden = said(&folder, "report cases --on 2026-05-01");
    assert!(hidden.contains("1 case is not listed: an agency forbids contact"), "{hidden}");
}

#[test]
fn entries_add_up_and_roll_forwards_tie_to_the_cases() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&told(dir.path()), "test").unwrap();
    let view = View::live(&ledger);
    let add = |a: Money, b: Money| a.checked_add(b).unwrap();
    lookback_projections::cases::all(view.rows(), &mut |id, row| {
        let mut sum = CaseMoney::default();
        let entries = entries::of(view.rows(), &id, &row).unwrap();
        entries.iter().for_each(|entry| entry.add_to(&mut sum).unwrap());
        let parts = |money: &CaseMoney| {
            [money.identified, money.reduced, money.collected, money.carried, money.written_off]
        };
        assert_eq!(parts(&sum), parts(&row.money), "{id}");
        true
    })
    .unwrap();
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let mut before: BTreeMap<(String, Option<String>), Money> = BTreeMap::new();
    for (from, to) in [("2026-03-01", "2026-03-31"), ("2026-04-01", "2026-04-30")] {
        let period = Period { from: day(from), to: day(to) };
        let told = rollforward::rollforward(&view, &Wanted::default(), period).unwrap();
        let mut inventory = Money::ZERO;
        cases::each(&view, &Wanted::default(), Day(period.to), &mut |seen| {
            for part in [seen.outstanding, seen.case.row.money.carried] {
                inventory = add(inventory, part);
            }
            inventory = add(inventory, seen.restoration_owed.negated());
            Ok(())
        })
        .unwrap();
        let total = rollforward::Line::total(&told.lines).unwrap();
        assert_eq!(total.closing, inventory, "{to}");
        for line in told.lines {
            let key = (line.plan.clone(), line.funding.clone());
            let opening = before.insert(key, line.closing).unwrap_or_default();
            assert_eq!(opening, line.opening, "{from}");
        }
    }
}
