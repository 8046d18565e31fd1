//! What a person sees: the main screens word by word, and the friendly forms that lead there.

use super::deciding::Begun;
use super::*;

/// A screen as it is kept. What depends on when the test runs is masked.
fn screen(name: &str, said: &Said) {
    said.holds(0, &[]);
    let shown = masked(&said.out);
    let path = format!("{}/tests/cli/screens/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("LOOKBACK_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, &shown).unwrap();
    }
    for line in shown.lines() {
        assert!(line.chars().count() <= 100, "{name}: {line:?} is wider than 100 columns");
        assert_eq!(line, line.trim_end(), "{name} ends a line with blanks");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(shown, kept, "{name}");
}

/// Without the day of today.
fn masked(text: &str) -> String {
    let today = lookback::now::now().to_utc();
    let near = [-1, 0, 1].map(|days| (today + chrono::Duration::days(days)).date_naive());
    let mut out = text.to_owned();
    for day in near {
        out = out.replace(&day.to_string(), "TODAY-----");
    }
    out
}

/// A case from the overpayment to the determination, with a note that is no markup.
fn story() -> Begun {
    let begun = Begun::with("--fiscal-year-end 06-30");
    begun.identify("OP-1", "100.00");
    begun
        .say(&[
            "case",
            "notice",
            "OP-1",
            "--control-number",
            "7750012",
            "--dated",
            "2025-02-14",
            "--content",
            "all",
            "--appeal-deadline",
            "2025-04-14",
            "--on",
            "2025-02-14",
            "--note",
            "<script>alert(1)</script> & \"so\"",
        ])
        .holds(0, &["recorded"]);
    begun
        .say(&[
            "case",
            "dispute",
            "OP-1",
            "--grounds",
            "the <b>code</b> is right",
            "--channel",
            "fax",
            "--on",
            "2025-03-10",
        ])
        .holds(0, &["recorded record-dispute"]);
    begun
        .line("case determine OP-1 upheld --dated 2025-04-10 --on 2025-04-10")
        .holds(0, &["recorded determine"]);
    begun
}

#[test]
fn the_main_screens_are_as_they_are_kept() {
    let begun = story();
    let shown = |name: &str, line: &str| screen(name, &begun.line(line));
    shown("explain-window", "explain case:OP-1 determination-window --on 2025-05-20");
    shown("explain-first-window", "explain case:OP-1 dispute-window --on 2025-02-20");
    shown("explain", "explain case:OP-1 --on 2025-05-20");
    shown("due", "due --within 14d --on 2025-05-01");
    shown("due-overdue", "due --overdue --on 2025-05-20");
    shown("due-nothing", "due --within 1d --on 2025-04-15");
    shown("show-case", "show case OP-1 --on 2025-05-20");
    shown("show-wo", "show wo 7750012 --on 2025-05-20");
    shown("show-payee", "show payee 1234567893");
    shown("policy-list", "policy list --on 2025-05-20");
    shown("trail", "report trail");
}

/// How late each fact was learnt depends on today, and so do the lines.
#[test]
fn a_case_is_replayed_step_by_step_and_under_another_end_rule() {
    let begun = story();
    begun.line("replay case:OP-1 --on 2025-05-20").holds(
        0,
        &[
            "OP-1 payee 1234567893 RIVERBEND CLINIC determined upheld, silent, offset eligible from \
             2025-05-13 on 2025-05-20, as known at",
            "# happened learnt what outstanding state",
            "1 2025-02-10",
            "2 2025-02-14",
            "3 2025-03-10",
            "4 2025-04-10",
            "d late)",
            "disputed, offset barred",
            "clock dispute-window 2025-03-17, stopped 2025-03-10, heard from (allways-my-care-family-2019 v1)",
            "clock determination-window 2025-05-12: determination window ends;",
            "(allways-my-care-family-2019 v1)",
        ],
    );
    begun.line("replay case:OP-1 --on 2025-05-11 --what-if end-rule=strict").holds(
        0,
        &[
            "what if: under the end rule strict; no record says so",
            "otherwise state: determined upheld, silent, offset eligible from 2025-05-11 (as it is: \
             determined upheld, window to 2025-05-12)",
            "otherwise offset from: 2025-05-11 (as it is: 2025-05-13)",
            "otherwise determination-window: 2025-05-10 (as it is: 2025-05-12)",
        ],
    );
}

/// An audit from its opening to its report, by the friendly forms.
#[test]
fn an_audit_is_worked_and_shown() {
    let begun = Begun::with("--fiscal-year-end 06-30");
    for (line, words) in [
        (
            "audit open AU-1 --payee 1234567893 --plan P1 --line medicaid --claim A-1 --on 2025-03-03",
            "recorded open-audit",
        ),
        ("audit request AU-1 --item i-1 --item i-2 --on 2025-03-04", "recorded request-records"),
        ("audit receive AU-1 i-1 --on 2025-03-10", "recorded"),
        ("audit schedule AU-1 2025-04-15 --on 2025-03-10", "recorded schedule-visit"),
    ] {
        begun.line(line).holds(0, &[words]);
    }
    screen("show-audit", &begun.line("show audit AU-1"));
    screen("due-audit", &begun.line("due --on 2025-03-20"));
}

#[test]
fn a_page_of_a_case_stands_alone_and_escapes_what_people_wrote() {
    let begun = story();
    let page = begun.folder.path().join("case.html");
    let file = page.display().to_string();
    begun
        .line(&format!("replay case:OP-1 --patient --html {file}"))
        .holds(0, &["4 steps of case OP-1"]);
    let page = std::fs::read_to_string(&page).unwrap();
    for outside in ["<script", "http:", "https:", "src=\"", "url(", "@import", "<b>"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for inside in
        ["<svg", "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;so&quot;", "&lt;b&gt;code"]
    {
        assert!(page.contains(inside), "{inside}");
    }
    // Two moments of the same knowledge: the dispute was learnt between them.
    let steps = begun.json("replay case:OP-1");
    let steps =
        if steps.len() == 1 { steps[0]["steps"].as_array().unwrap().clone() } else { steps };
    let learnt: Vec<&str> = steps.iter().filter_map(|step| step["learnt"].as_str()).collect();
    assert_eq!(learnt.len(), 4, "{steps:?}");
    let line = format!("replay case:OP-1 --compare {} {} --on 2025-03-17", learnt[1], learnt[2]);
    begun.line(&line).holds(
        0,
        &[
            "noticed, window to 2025-03-17",
            "-> disputed, offset barred by step 3",
            "dispute received by fax",
        ],
    );
    let line = "replay case:OP-1 --compare 2025-03-01 2025-03-20 --known-at 2999-01-01";
    begun
        .line(line)
        .holds(0, &["noticed, window to 2025-03-17 -> disputed, offset barred by step 3"]);
    begun
        .line("replay case:OP-1 --compare 2025-03-20 2025-03-01 --known-at 2999-01-01")
        .holds(2, &["the first time is after the second"]);
}

#[test]
fn two_people_write_off_and_release_and_one_does_not() {
    let begun = story();
    let propose = "case write-off OP-1 5.00 --reason small";
    begun.line(propose).holds(3, &["refused: second-person-needed", "--propose"]);
    begun.line(&format!("{propose} --propose --id w-1")).holds(0, &["recorded propose case:OP-1"]);
    begun.line("actor list --proposals").holds(0, &["w-1 case:OP-1 jane.roe"]);
    begun.line("approve w-1").holds(3, &["refused: same-person", "a second person must approve"]);
    begun.line("show case OP-1").holds(0, &["outstanding 100.00"]);
    begun.line("approve w-1 --actor john.doe --id ap-1").holds(0, &["recorded approve case:OP-1"]);
    begun.line("show case OP-1").holds(0, &["outstanding 95.00"]);
    begun.line("approve w-1 --actor john.doe --id ap-1").holds(0, &["already recorded approve"]);
    begun.line("approve w-1 --actor john.doe").holds(3, &["refused: proposal-ended"]);
    begun.line("approve w-9 --actor john.doe").holds(3, &["refused: proposal-unknown"]);
    begun.line(&format!("{propose} --propose --id w-2")).holds(0, &["recorded"]);
    begun
        .say(&["approve", "w-2", "--reject", "--reason", "too much", "--actor", "john.doe"])
        .holds(0, &["recorded reject-proposal"]);
    begun.line("actor list --proposals").holds(0, &["nothing waits"]);
    begun
        .line("hold place case:OP-1 --hold H-1 --kind litigation")
        .holds(0, &["recorded place-hold"]);
    begun.line("hold release H-1 --reason over").holds(3, &["second-person-needed"]);
    begun.line("hold release H-1 --reason over --propose --id r-1").holds(0, &["recorded"]);
    begun.line("approve r-1 --actor john.doe").holds(0, &["recorded approve hold:H-1"]);
    // The trail says who did what, and who had proposed it.
    let trail = begun.json("report trail --actor john.doe");
    let acts: Vec<_> = trail.iter().filter(|line| line["event"].is_string()).collect();
    let told: Vec<_> = acts
        .iter()
        .map(|act| {
            (act["event"].as_str().unwrap(), act["subject"].as_str().unwrap(), &act["proposed_by"])
        })
        .collect();
    assert_eq!(
        told,
        [
            ("balance-written-off/1", "case:OP-1", &"jane.roe".into()),
            ("proposal-rejected/1", "case:OP-1", &serde_json::Value::Null),
            ("hold-released/1", "hold:H-1", &"jane.roe".into()),
        ]
    );
    assert!(acts.iter().all(|act| act["record"].as_str().unwrap().contains('/')));
    let all = |line: &str| begun.json(line).iter().filter(|line| line["event"].is_string()).count();
    let everything = all("report trail");
    assert_eq!(all("report trail --known-at 2025-01-01"), 0, "nothing was known");
    assert_eq!(all("report trail --to 2025-01-01"), 0);
    assert_eq!(all("report trail --from 2025-01-01"), everything);
    assert_eq!(all("report trail --known-at 2999-01-01"), everything, "folded anew it is the same");
    assert_eq!(all("report trail --about hold:H-1"), 3);
    let csv = begun.line("report trail --format csv").out;
    assert_eq!(csv.lines().count(), everything + 1, "{csv}");
    begun.line("verify").holds(0, &[]);
}

#[test]
fn who_is_registered_may_and_others_may_not() {
    let begun = Begun::with("");
    begun.line("actor register ann --role admin").holds(0, &["recorded register-actor"]);
    begun.line("actor register bob --role analyst").holds(3, &["refused: actor-unknown"]);
    begun.line("actor register bob --role finance --actor ann").holds(0, &["recorded"]);
    begun
        .line("run announce R-1 --paid-on 2025-02-03 --count 2 --amount 700.00 --actor bob")
        .holds(0, &["recorded announce-run"]);
    begun.line("report runs").holds(0, &["2025-02-03"]);
    begun
        .line(
            "case identify OP-1 --payee 1234567893 --plan P1 --line medicaid --cause units \
                --standard x --claim A-1=1.00 --actor bob",
        )
        .holds(3, &["refused: role-missing"]);
    begun.line("actor list").holds(0, &["ann person admin", "bob person finance"]);
}

#[test]
fn proposed_overpayments_are_held_against_everything_and_nothing_is_recorded() {
    let begun = Begun::with("--fiscal-year-end 06-30");
    begun.identify("OP-1", "300.00");
    let head = "payee,patient_control,amount,line_of_business\n";
    let file = begun.file(
        "proposed.csv",
        &format!(
            "{head}1234567893,A-1,150.00,medicaid\n1234567893,A-1,100.00,medicaid\n\
             1234567893,Z-9,5.00,medicaid\n1234567893,A-1,50.00,medicaid\n"
        ),
    );
    screen(
        "precheck",
        &Said { code: Some(0), ..begun.line(&format!("precheck {file} --on 2025-06-01")) },
    );
    begun
        .line(&format!("precheck {file} --on 2025-06-01"))
        .holds(1, &["2 of 4 lines may go, 200.00"]);
    // After the lookback nothing may go.
    begun
        .line(&format!("precheck {file} --on 2027-07-01"))
        .holds(1, &["0 of 4 lines may go", "lookback"]);
    begun.line("report cases --format json").lacks(&["Z-9", "line-"]);
    for (text, words) in [
        ("payee,amount\n1,2\n", "line 1: the column patient_control is missing"),
        (&*format!("{head}1234567893,A-1,five,medicaid\n"), "line 2: amount is no exact amount"),
        ("", "is missing"),
    ] {
        let file = begun.file("wrong.csv", text);
        begun.line(&format!("precheck {file}")).holds(2, &[words]);
    }
}

#[test]
fn the_inventory_of_another_system_comes_in_as_asserted_and_once() {
    const INVENTORY: &str = "\
case,payee,plan,line_of_business,cause,identified,patient_control,amount,collected,control_number,dated,method
OLD-1,1234567893,P1,medicaid,units,2024-01-10,X-1,80.00,30.00,881,2024-02-01,mail
OLD-2,1234567893,P1,medicaid,units,2024-01-10,X-2,10.00,,,,
OLD-2,1234567893,P1,medicaid,units,2024-01-10,X-3,15.50,,,,
";
    let begun = Begun::with("");
    let file = begun.file("inventory.csv", INVENTORY);
    let import = format!("case import {file} --system old");
    begun.line(&import).holds(0, &["2 cases: 3 recorded, 0 already", "asserted by old"]);
    begun.line(&import).holds(0, &["2 cases: 0 recorded, 3 already"]);
    begun.line("show case OLD-1").holds(
        0,
        &[
            "as another system asserts",
            "identified 80.00, outstanding 50.00, collected 30.00",
            "881",
        ],
    );
    begun
        .line("due --overdue --on 2024-04-01")
        .holds(0, &["2024-03-05 Tue -27d OLD-1", "the rest is offset eligible, to be instructed"]);
    begun.line("show case OLD-2").holds(0, &["identified 25.50, outstanding 25.50"]);
    let other = begun.file("other.csv", &INVENTORY.replace("80.00", "81.00"));
    begun
        .line(&format!("case import {other} --system old"))
        .holds(3, &["line 2: refused: command-reused", "1 refused"]);
    let above =
        INVENTORY.replace("OLD-1", "OLD-3").replace("30.00", "80.01").replace("OLD-2", "OLD-4");
    let above = begun.file("above.csv", &above.replace(",881,", ",882,"));
    begun.line(&format!("case import {above} --system old")).holds(
        0,
        &["finding offset-above-balance: the other system says that more was taken than stands"],
    );
    let wrong = begun.file("wrong.csv", &INVENTORY.replace("2024-01-10,X-3", "2024-13-10,X-3"));
    let fresh = Begun::with("");
    fresh.line(&format!("case import {wrong} --system old")).holds(2, &["line 4"]);
    fresh.line("report cases --all").holds(0, &["no cases"]);
    begun.line("verify").holds(0, &[]);
}

/// Nothing here can bill a member: no friendly form does, down to the last.
#[test]
fn no_friendly_form_bills_a_member() {
    fn helps(words: &[&str], depth: usize) -> Vec<String> {
        let mut all: Vec<&str> = words.to_vec();
        all.push("--help");
        let help = said(command(Path::new("/nowhere"), &all)).holds(0, &["Usage:"]).out.clone();
        let mut pages = vec![help.clone()];
        let commands = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
        for line in commands.lines().take_while(|line| line.starts_with("  ")) {
            let name = line.split_whitespace().next().unwrap_or("help");
            if name != "help" && depth > 0 && !line.starts_with("   ") {
                let deeper: Vec<&str> = words.iter().copied().chain([name]).collect();
                pages.extend(helps(&deeper, depth - 1));
            }
        }
        pages
    }
    let pages = helps(&[], 2);
    assert!(pages.len() > 80, "{} pages of help", pages.len());
    for page in pages {
        let words = page.to_lowercase();
        let words = words.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        for word in words {
            let bills =
                ["bill", "invoice", "--bill", "--member", "bill-member", "copay", "--subscriber"];
            assert!(!bills.contains(&word), "{word} in {page}");
        }
    }
}
