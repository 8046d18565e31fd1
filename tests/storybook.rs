//! Stories of cases from the first letter to the last cent, told to the program itself: `init`, `record`,
//! `ingest`, `show case`. The money of each was computed by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::corpus::{shared, table};
use crate::properties::slip::{Slip, SlipClaim};

mod told;

/// A ledger in a folder, and the program that is asked.
struct Program {
    folder: tempfile::TempDir,
    files: usize,
    commands: usize,
    story: String,
    /// The last movement that was named because it waits.
    assigned: String,
}

impl Program {
    fn new(story: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Self {
            folder,
            files: 0,
            commands: 0,
            story: story.to_owned(),
            assigned: String::new(),
        };
        let ledger = program.ledger();
        let init = ["init", ledger.to_str().unwrap(), "--fiscal-year-end", "12-31"];
        assert!(program.run(&init).status.success());
        program
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
        command.env_remove("LOOKBACK_LEDGER").env_remove("LOOKBACK_ACTOR");
        command.arg("--ledger").arg(self.ledger()).args(args).output().unwrap()
    }

    /// The lines of JSON of an answer.
    fn answers(&self, args: &[&str]) -> Vec<Value> {
        let output = self.run(args);
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 3)), "{}: {args:?}: {text}{errors}", self.story);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Gives a command; says `recorded`, `recorded` with findings, or `refused` with the rule.
    fn record(&mut self, mut command: Value) -> String {
        self.commands += 1;
        if command["id"].is_null() {
            command["id"] = json!(format!("c-{}", self.commands));
        }
        let file = self.folder.path().join("command.jsonl");
        std::fs::write(&file, command.to_string()).unwrap();
        let args = ["record", file.to_str().unwrap(), "--actor", "jane", "--format", "json"];
        let answers = self.answers(&args);
        let answer = &answers[0];
        let mut said = vec![answer["outcome"].as_str().unwrap().to_owned()];
        if let Some(rule) = answer["refusal"]["rule"].as_str() {
            said.push(rule.to_owned());
        }
        said.extend(rules(&answer["findings"]));
        said.join(" ")
    }

    /// Takes a file in; gives its findings.
    fn ingest(&mut self, bytes: &[u8]) -> Vec<String> {
        self.files += 1;
        let file = self.folder.path().join(format!("{}.835", self.files));
        std::fs::write(&file, bytes).unwrap();
        let answers = self.answers(&["ingest", file.to_str().unwrap(), "--format", "json"]);
        assert_eq!(answers[0]["outcome"], "recorded", "{}: {answers:?}", self.story);
        let mut found = rules(&answers[0]["findings"]);
        found.sort_unstable();
        found
    }

    fn case(&self, case: &str) -> Value {
        self.answers(&["show", "case", case, "--format", "json"]).remove(0)
    }

    /// Collected, carried, outstanding and restoration owed.
    fn money(&self, case: &str) -> [String; 4] {
        let money = &self.case(case)["standing"]["money"];
        let word = |name: &str| money[name].as_str().unwrap_or("?").to_owned();
        ["collected", "carried_forward", "outstanding", "restoration_owed"].map(word)
    }

    /// Asserts that every case, replayed, ends with the money that it has.
    fn replays(&self) {
        let cases = self.answers(&["report", "cases", "--format", "json"]);
        for case in cases.iter().filter_map(|line| line["case"].as_str()) {
            let told = self.answers(&["replay", &format!("case:{case}"), "--format", "json"]);
            let (told, shown) = (&told[0]["now"]["money"], self.case(case));
            assert!(told.is_object(), "{}: {case}", self.story);
            assert_eq!(told, &shown["standing"]["money"], "{}: {case}", self.story);
        }
    }

    /// The movements that wait for a person.
    fn waiting(&self) -> Vec<String> {
        let lines = self.answers(&["report", "unmatched", "--format", "json"]);
        let lines = lines.iter().skip(1);
        lines.map(|line| line["movement"].as_str().unwrap().to_owned()).collect()
    }
}

fn rules(findings: &Value) -> Vec<String> {
    let all = findings.as_array().into_iter().flatten();
    all.map(|found| found["rule"].as_str().unwrap().to_owned()).collect()
}

/// The commands of a step `case ID: claim CLAIM, AMOUNT; notice DAY; agreed DAY; disputed DAY`.
fn case_step(program: &mut Program, step: &str) {
    let (id, story) = step.strip_prefix("case ").unwrap().split_once(": ").unwrap();
    for part in story.split("; ") {
        let (what, rest) = part.split_once(' ').unwrap();
        let command = match what {
            "claim" => {
                let (claim, amount) = rest.split_once(", ").unwrap();
                json!({ "command": "identify-case", "case": id, "happened": "2025-02-04",
                    "payee": "1234567893", "plan": "MCF", "line_of_business": "medicaid",
                    "cause": "incorrect-code", "detected_by": "plan",
                    "standard": { "citation": "Payment policy 12" },
                    "claims": [{ "patient_control": claim, "amount": amount }] })
            }
            "notice" => json!({ "command": "issue-notice", "case": id, "happened": rest,
                "control_number": id, "dated": rest, "method": "mail", "content": told::CONTENT }),
            "agreed" => json!({ "command": "record-answer", "case": id, "happened": rest,
                "kind": "agreement" }),
            "disputed" => json!({ "command": "record-dispute", "case": id, "happened": rest,
                "level": 1, "grounds": "the code is right" }),
            other => panic!("a step tells {other}"),
        };
        assert_eq!(program.record(command), "recorded", "{}: {part}", program.story);
    }
}

#[test]
fn each_story_of_a_case_holds_to_the_cent_when_it_is_told_to_the_program() {
    let Some(shared) = shared() else { return };
    let mut stories: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for row in table(&shared.join("vectors/835.tsv")) {
        if row["story"].starts_with('C') {
            stories.entry(row["story"].clone()).or_default().push(row);
        }
    }
    assert!(stories.len() >= 9, "{} stories", stories.len());
    for (story, steps) in stories {
        let mut program = Program::new(&story);
        for row in steps {
            let step = format!("story {story}, step {} ({})", row["step"], row["what"]);
            if row["what"].starts_with("case ") {
                case_step(&mut program, &row["what"]);
            } else {
                let path = shared.join("vectors/835").join(format!("{}.835", row["what"]));
                let found = program.ingest(&std::fs::read(path).unwrap());
                let mut wanted: Vec<&str> =
                    row["findings"].split(',').filter(|rule| *rule != "-").collect();
                wanted.sort_unstable();
                assert_eq!(found, wanted, "{step}");
            }
            let names = ["collected", "carried", "outstanding", "restoration_owed"];
            let wanted = names.map(|name| row[name].clone());
            if wanted.iter().all(|sum| sum == "-") {
                continue;
            }
            assert_eq!(program.money("OP-2025-000123"), wanted, "{step}");
        }
        assert!(program.waiting().is_empty(), "story {story}: something is unmatched");
        program.replays();
    }
}

/// Cents of an amount such as `-120.00`.
fn cents(text: &str) -> i64 {
    text.parse::<lookback_events::money::Money>().unwrap().cents().try_into().unwrap()
}

/// The remittance that a line tells: `pays T1 2025-02-03; A 300.00+200.00; WO F1 120.00`. A claim below
/// zero is a reversal, one ahead of all is of the payee after `to`.
fn slip(line: &str) -> Slip {
    let mut parts = line.split("; ");
    let mut head = parts.next().unwrap().split(' ').skip(1);
    let trace = head.next().unwrap().to_owned();
    let paid_on = head.next().unwrap().parse().unwrap();
    let payee = if head.next() == Some("to") { "1200000226" } else { "1234567893" };
    let mut slip = Slip { payee, trace, paid_on, claims: Vec::new(), plb: Vec::new() };
    for part in parts {
        let words: Vec<&str> = part.split(' ').collect();
        let reason = ["WO", "72", "FB", "CS", "WU", "OB"].into_iter().find(|r| *r == words[0]);
        if let Some(reason) = reason {
            slip.plb.push((reason, words[1].to_owned(), cents(words[2])));
            continue;
        }
        let lines: Vec<(i64, i64)> = words[1]
            .split('+')
            .map(cents)
            .map(|paid| (if paid < 0 { paid - 1_000 } else { paid + 1_000 }, paid))
            .collect();
        // What was reversed is charged again as it was: a correction pays less of it.
        let lines = match words.get(2) {
            Some(of) => {
                let charges = of.trim_start_matches("of:").split('+').map(|c| cents(c) + 1_000);
                charges.zip(lines).map(|(charge, (_, paid))| (charge, paid)).collect()
            }
            None => lines,
        };
        slip.claims.push(SlipClaim {
            control: words[0].to_owned(),
            payer: format!("P{}", words[0]),
            status: if lines.iter().any(|(_, paid)| *paid < 0) { "22" } else { "1" },
            lines,
            service: "2025-01-10".parse().unwrap(),
        });
    }
    slip
}

/// Tells a line of a story, and asserts what it says behind ` => `.
fn tell(program: &mut Program, line: &str) {
    let (what, wanted) = line.split_once(" => ").unwrap_or((line, ""));
    let place = format!("{}: {line}", program.story);
    if what.starts_with("pays ") {
        let found = program.ingest(slip(what).text().as_bytes());
        assert_eq!(found.join(" "), wanted, "{place}");
    } else if what == "waits" {
        assert_eq!(program.waiting().len().to_string(), wanted, "{place}");
    } else if let Some(case) = what.strip_prefix("money ") {
        assert_eq!(program.money(case).join(" "), wanted, "{place}");
    } else {
        let command = told::command(program, what);
        let said = program.record(command);
        let wanted = if wanted.is_empty() { "recorded" } else { wanted };
        assert_eq!(said, wanted, "{place}");
    }
}

#[test]
fn each_of_our_own_stories_holds_to_the_cent_after_every_step() {
    for (name, lines) in told::STORIES {
        let mut program = Program::new(name);
        for line in *lines {
            tell(&mut program, line);
        }
        program.replays();
        let verified = program.run(&["verify"]);
        assert!(verified.status.success(), "{name}: {}", String::from_utf8_lossy(&verified.stdout));
        assert!(Path::new(&program.ledger()).exists());
    }
}
