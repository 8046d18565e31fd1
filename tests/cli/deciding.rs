//! Policies that are adopted, and commands given line by line, by one person and by two.

use std::io::Write as _;

use serde_json::Value;

use super::*;

/// An 835 of one claim, paid in February of 2025.
pub(super) const REMITTANCE: &str = "ISA*00*          *00*          *ZZ*BAYSTATE       *ZZ*RIVERBEND      \
    *250203*0900*^*00501*000000901*0*P*:~GS*HP*BAYSTATE*RIVERBEND*20250203*0900*901*X*005010X221A1~\
    ST*835*0001~BPR*I*500*C*ACH*CCP*01*1*DA*1*1999999999**01*1*DA*1*20250203~\
    TRN*1*71001*1999999999~N1*PR*BAYSTATE HEALTH PLAN~N1*PE*RIVERBEND CLINIC*XX*1234567893~LX*1~\
    CLP*A-1*1*500*500**MC*PA-1*11*1~DTM*232*20250110~SVC*HC:99213*500*500~DTM*472*20250110~\
    SE*10*0001~GE*1*901~IEA*1*000000901~";

/// The manual's text.
fn manual() -> String {
    let shipped = lookback_projections::policy::SHIPPED;
    let (_, text) = shipped.iter().find(|(id, _)| *id == MANUAL).unwrap();
    (*text).to_owned()
}

const MANUAL: &str = "allways-my-care-family-2019";

pub(super) struct Begun {
    pub(super) folder: tempfile::TempDir,
    pub(super) ledger: PathBuf,
}

impl Begun {
    /// A new ledger with what `init` is told, and the remittance.
    pub(super) fn with(further: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger");
        done(&ledger, format!("init {} {further}", ledger.display()).trim());
        let begun = Self { folder, ledger };
        let file = begun.file("one.835", REMITTANCE);
        ingest(&begun.ledger, Path::new(&file)).holds(0, &[]);
        begun
    }

    pub(super) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Runs words, in the name of jane.roe where they name nobody.
    pub(super) fn say(&self, words: &[&str]) -> Said {
        let mut command = command(&self.ledger, words);
        command.env("LOOKBACK_ACTOR", "jane.roe");
        said(command)
    }

    pub(super) fn line(&self, line: &str) -> Said {
        self.say(&line.split(' ').collect::<Vec<_>>())
    }

    pub(super) fn json(&self, line: &str) -> Vec<Value> {
        let said = self.line(&format!("{line} --format json"));
        let lines = said.out.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    /// Identifies an overpayment of the claim.
    pub(super) fn identify(&self, case: &str, amount: &str) {
        let line = format!(
            "case identify {case} --payee 1234567893 --plan P1 --line medicaid --cause units \
             --standard Manual-3 --claim A-1={amount} --on 2025-02-10"
        );
        self.line(&line).holds(0, &["recorded identify-case", case]);
    }

    /// Issues a notice on a day.
    pub(super) fn notice(&self, case: &str, dated: &str) {
        let line = format!(
            "case notice {case} --control-number 7{case} --dated {dated} --content all --on {dated}"
        );
        self.line(&line).holds(0, &["recorded issue-notice"]);
    }

    /// Commands, one a line, from standard input.
    pub(super) fn record(&self, further: &[&str], lines: &str) -> Said {
        let words: Vec<&str> = ["record", "-"].into_iter().chain(further.iter().copied()).collect();
        let mut command = command(&self.ledger, &words);
        command.env("LOOKBACK_ACTOR", "jane.roe");
        said_of(command, lines)
    }
}

#[test]
fn a_new_ledger_adopts_what_it_is_told_or_the_manual() {
    let begun = Begun::with("");
    let held = begun.json("policy list");
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!((&held[0]["id"], &held[0]["standing"]), (&MANUAL.into(), &"in-force".into()));
    assert_eq!(
        (&held[0]["since"], &held[0]["adopted"]),
        (&"2019-01-01".into(), &"control/1".into())
    );
    assert!(held[0]["sha256"].is_string() && held[0]["announced"].is_null());
    begun.line("show ledger").holds(
        0,
        &["policies allways-my-care-family-2019 v1, in force since 2019-01-01 (control/1)"],
    );
    begun.line("verify").holds(0, &[]);
    let several = Begun::with("--policy massachusetts --policy texas");
    let held = several.json("policy list");
    let ids: Vec<_> =
        held.iter().map(|held| (held["id"].as_str().unwrap(), &held["adopted"])).collect();
    // The manual holds by default where nobody adopted it.
    assert_eq!(
        ids,
        [
            (MANUAL, &Value::Null),
            ("massachusetts", &"control/1".into()),
            ("texas", &"control/2".into())
        ]
    );
    several.line("policy list").holds(0, &["by default", "7 others come with the program"]);
    several.line("policy list --shipped").holds(0, &["delaware"]).lacks(&["adopted"]);
    several.line("policy list --known-at 2025-01-01").holds(0, &[MANUAL]).lacks(&["texas"]);
    // What cannot begin makes no ledger.
    let later = several.file("later.toml", &manual().replacen("2019-01-01", "2999-01-01", 1));
    for (policy, words) in [
        ("nonsense", "there is no policy and no file"),
        (later.as_str(), "is in force from 2999-01-01"),
        ("texas --policy texas", "is named twice"),
    ] {
        let other = several.folder.path().join("other");
        let said = run(&other, &format!("init {} --policy {policy}", other.display()));
        said.holds(2, &[words]);
        assert!(!other.exists(), "{policy}");
    }
}

#[test]
fn the_fiscal_year_of_init_is_that_of_the_lookbacks() {
    // 2025-02-03 lies in the fiscal year after that which ends on 31 January.
    for (end, until) in [("06-30", "2027-06-30"), ("12-31", "2027-12-31"), ("01-31", "2028-01-31")]
    {
        let begun = Begun::with(&format!("--fiscal-year-end {end}"));
        let lines = begun.json("report lookbacks --on 2026-01-01");
        let routine = lines.iter().find_map(|line| line["routine_until"].as_str());
        assert!(routine.is_some(), "{lines:?}");
        assert_eq!(routine, Some(until), "{end}");
    }
    let begun = Begun::with("");
    begun.line("report lookbacks --on 2026-01-01").holds(0, &["no fiscal year's end"]);
}

#[test]
fn the_policy_in_force_on_the_notices_date_governs_its_windows() {
    let begun = Begun::with("");
    begun.identify("OP-1", "100.00");
    begun.identify("OP-2", "100.00");
    begun.notice("OP-1", "2025-04-30");
    // From May on the window is of 45 days: an adoption in between.
    let longer = manual()
        .replacen("version = 1", "version = 2", 1)
        .replacen("2019-01-01", "2025-05-01", 1)
        .replacen("length = \"30 CD\"", "length = \"45 CD\"", 1);
    let file = begun.file("longer.toml", &longer);
    let adopt = format!("policy adopt {file} --announced");
    // 2025-03-03 and 60 days is 2025-05-02.
    begun.line(&format!("{adopt} 2025-03-03 --kind payment")).holds(
        3,
        &[
            "refused: policy-too-soon",
            "it may take effect on 2025-05-02 at the earliest, not on 2025-05-01",
            "rule policy-notice",
        ],
    );
    begun
        .line(&format!("{adopt} 2025-04-02 --kind general"))
        .holds(3, &["at the earliest", "rule policy-notice-general"]);
    begun
        .line(&format!("{adopt} 2025-02-28 --kind payment --effective 2025-05-02"))
        .holds(2, &["says 2025-05-01, not 2025-05-02"]);
    begun.line(&format!("{adopt} 2025-02-28")).holds(2, &["--kind"]);
    let said =
        begun.line(&format!("{adopt} 2025-02-28 --kind payment --effective 2025-05-01 --id a-1"));
    said.holds(0, &["recorded adopt-policy ledger control/"]);
    begun
        .line(&format!("{adopt} 2025-02-28 --kind payment --id a-1"))
        .holds(0, &["already recorded adopt-policy"]);
    begun.notice("OP-2", "2025-05-01");
    begun.line("explain case:OP-1 dispute-window --on 2025-05-02").holds(
        0,
        &["Offset may begin on 2025-05-31", "v1 (in force 2019-01-01)", "2025-05-30 Fri"],
    );
    begun.line("explain case:OP-2 dispute-window --on 2025-05-02").holds(
        0,
        &[
            "Offset may begin on 2025-06-17",
            "45 calendar days",
            "v2 (in force 2025-05-01)",
            "last day 2025-06-15 Sun, rolls to 2025-06-16 Mon (end rule roll-forward); strict would \
             be 2025-06-15",
        ],
    );
    begun.line("case offset OP-1 10.00 --first-on 2025-05-31").holds(0, &["recorded"]);
    begun
        .line("case offset OP-2 10.00 --first-on 2025-06-16")
        .holds(3, &["refused: offset-before-eligible", "2025-06-17"]);
    let held = begun.json("policy list --on 2025-04-30");
    let stands: Vec<_> = held.iter().map(|held| held["standing"].as_str().unwrap()).collect();
    assert_eq!(stands, ["in-force", "waiting"]);
    begun.line("policy list --on 2025-05-01").holds(0, &["1 replaced 2019-01-01 2025-04-30"]);
    // What if the change had not been made, and what if the day did not roll.
    let first = begun.file("first.toml", &manual());
    begun
        .line(&format!("replay case:OP-2 --on 2025-06-03 --what-if policy={first}"))
        .holds(0, &["what if", "silent, offset eligible from 2025-06-03"]);
    begun.line("replay case:OP-2 --on 2025-06-16 --what-if end-rule=strict").holds(
        0,
        &["what if: under the end rule strict", "silent, offset eligible from 2025-06-16"],
    );
    begun.line("replay case:OP-2 --what-if nothing=x").holds(2, &["--what-if policy=FILE"]);
    begun.line("verify").holds(0, &[]);
}

/// Bad lines say which they are; the others are recorded, or nothing more with `--stop`.
#[test]
fn commands_from_standard_input_are_answered_line_by_line() {
    const LINES: &str = r#"{"command":"record-note","id":"n-1","case":"OP-1","text":"a"}

{"command":"record-notee","case":"OP-1"}
not json
{"command":"record-refund","case":"OP-1","amount":12.5}
{"command":"record-note","id":"n-1","text":"a","case":"OP-1"}
{"command":"record-note","id":"n-1","case":"OP-1","text":"b"}
{"command":"record-note","id":"n-2","case":"OP-9","text":"a"}
{"command":"record-note","id":"n-3","case":"OP-1","text":"a","expect":"p00/0"}
{"command":"record-note","id":"n-4","case":"OP-1","text":"a","bill_member":"5.00"}
{"command":"record-note","id":"n-5","case":"OP-1","text":"a"}"#;
    let begun = Begun::with("");
    begun.identify("OP-1", "100.00");
    let said = begun.record(&["--format", "json"], LINES);
    assert_eq!(said.code, Some(2), "{}", said.all());
    let answers: Vec<Value> =
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(u64, &str)> = answers
        .iter()
        .map(|answer| (answer["line"].as_u64().unwrap(), answer["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (1, "recorded"),
            (3, "error"),
            (4, "error"),
            (5, "error"),
            (6, "already-recorded"),
            (7, "refused"),
            (8, "refused"),
            (9, "refused"),
            (10, "error"),
            (11, "recorded")
        ]
    );
    assert_eq!(answers[0]["records"], answers[4]["records"], "the same id, the same answer");
    let rules: Vec<_> = answers[5..8].iter().map(|answer| &answer["refusal"]["rule"]).collect();
    assert_eq!(rules, ["command-reused", "subject-unknown", "not-as-expected"]);
    let message = |at: usize| answers[at]["error"]["message"].as_str().unwrap();
    assert!(message(2).starts_with("no command: not JSON"), "{}", message(2));
    assert!(message(3).contains("\"amount\""), "{}", message(3));
    assert!(message(8).contains("a member is none of this command"), "{}", message(8));
    let said = begun.record(&["--stop"], LINES);
    said.holds(2, &["line 1: already recorded", "line 3: error: record-notee"]).lacks(&["line 4"]);
    // The position that its sender knew, or nothing.
    let last = answers[9]["records"][0].as_str().unwrap();
    let line = format!(
        "{{\"command\":\"record-note\",\"case\":\"OP-1\",\"text\":\"c\",\"expect\":\"{last}\"}}"
    );
    begun.record(&[], &line).holds(0, &["line 1: recorded"]);
    begun.record(&[], &line).holds(3, &["line 1: refused: not-as-expected", "its last record is"]);
    let nobody = said_of(command(&begun.ledger, &["record", "-"]), &line);
    nobody.holds(2, &["line 1: error", "nobody acts", "--actor"]);
}

/// What a command says to what it is given.
fn said_of(mut command: Command, lines: &str) -> Said {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
