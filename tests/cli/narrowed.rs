//! Every report is asked with the same options, and every one does what it says.

use serde_json::Value;

use super::deciding::Begun;
use super::*;

/// The reports there are, as the program names them.
fn reports() -> Vec<String> {
    let help = said(command(Path::new("/nowhere"), &["report", "--help"])).out;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let names = commands.lines().take_while(|line| line.starts_with("  "));
    let names = names.filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    let names: Vec<String> = names.filter(|name| *name != "help").map(ToOwned::to_owned).collect();
    assert!(names.len() >= 22, "{names:?}");
    names
}

/// What a report needs beside.
fn needed(report: &str) -> &'static str {
    if report == "rollforward" { " --from 2025-01-01 --to 2025-12-31" } else { "" }
}

/// One case of jane's under plan P1, of one payee; another payee without any.
fn two_payees() -> Begun {
    let begun = Begun::with("--fiscal-year-end 06-30");
    ingest(&begun.ledger, &samples(begun.folder.path(), 0, 3)).holds(0, &[]);
    begun
        .line(
            "case identify OP-1 --payee 1234567893 --plan P1 --line medicaid --cause units \
             --standard Manual-3 --claim A-1=100.00 --owner jane --on 2025-02-10",
        )
        .holds(0, &["recorded"]);
    begun.notice("OP-1", "2025-03-03");
    for line in [
        "run announce R-1 --paid-on 2025-02-03 --count 1 --amount 500.00 --payer 1999999999 --on 2025-02-01",
        "run announce R-2 --paid-on 2025-02-10 --count 2 --amount 700.00 --payer 1999999999 --on 2025-02-01",
        "run announce R-3 --paid-on 2999-01-01 --count 2 --amount 700.00 --payer 1999999999 --on 2025-02-01",
        "hold place case:OP-1 --hold H-1 --kind litigation --on 2025-03-04",
        "hold place payee:1200000119 --hold H-2 --kind litigation --on 2025-03-04",
    ] {
        begun.line(line).holds(0, &["recorded"]);
    }
    begun
}

#[test]
fn every_report_takes_day_moment_plan_owner_and_every_form() {
    let begun = two_payees();
    for report in reports() {
        let help = said(command(Path::new("/nowhere"), &["report", &report, "--help"])).out;
        for option in ["--on <", "--known-at <", "--plan <", "--owner <", "--format <"] {
            assert!(help.contains(option), "report {report} lacks {option}: {help}");
        }
        let line = format!("report {report}{}", needed(&report));
        for format in ["table", "json", "csv"] {
            let all = format!(
                "{line} --on 2026-05-01 --known-at 2999-01-01 --plan P1 --owner jane --format {format}"
            );
            begun.line(&all).holds(0, &[]);
        }
    }
}

#[test]
fn what_belongs_to_nobodys_case_is_left_out() {
    let begun = two_payees();
    for report in reports() {
        let line = format!("report {report}{} --format json", needed(&report));
        let told =
            |further: &str| begun.line(&format!("{line} {further}")).holds(0, &[]).out.clone();
        let (nobody, jane) = (told("--owner nobody"), told("--plan P1 --owner jane"));
        // Nothing of the payee without a case, by whoever is asked for.
        for out in [&nobody, &jane, &told("--plan P9 --owner jane")] {
            assert!(!out.contains("1200000119"), "report {report}: {out}");
        }
        assert!(!nobody.contains("1234567893") && !nobody.contains("OP-1"), "{report}: {nobody}");
    }
    let count = |line: &str| begun.json(line).len() - 1;
    for (report, jane, all) in [
        ("remittances", 1, 4),
        ("payments", 1, 9),
        ("lookbacks", 1, 4),
        ("holds", 1, 2),
        ("runs", 1, 6),
    ] {
        assert_eq!(count(&format!("report {report} --owner jane")), jane, "{report}");
        assert!(count(&format!("report {report}")) >= all.min(2), "{report}");
    }
}

#[test]
fn on_a_day_of_the_past_nothing_later_is_listed() {
    let begun = two_payees();
    let count = |line: &str| begun.json(line).len() - 1;
    for report in ["remittances", "payments", "lookbacks"] {
        assert_eq!(
            count(&format!("report {report} --payee 1234567893 --on 2025-02-03")),
            1,
            "{report}"
        );
    }
    for report in ["remittances", "payments", "runs", "trail", "findings", "holds", "cases"] {
        assert_eq!(count(&format!("report {report} --on 2025-01-01")), 0, "{report}");
    }
    let head = &begun.json("report runs --on 2025-02-03")[0];
    assert_eq!(head["on"], "2025-02-03");
    assert_eq!(count("report runs --on 2025-02-03"), 1);
    let closing = |further: &str| {
        let line = format!("report rollforward --from 2025-01-01 --to 2025-12-31{further}");
        begun.json(&line).get(1).map_or(Value::Null, |line| line["closing"].clone())
    };
    assert_eq!(closing(""), "100.00");
    assert_eq!(closing(" --on 2025-02-10"), "100.00");
    assert_eq!(closing(" --on 2025-02-09"), Value::Null);
}

#[test]
fn a_forward_balance_is_what_was_left_of_it_on_the_day() {
    let ledger = small();
    let on = |day: &str| {
        let out = done(ledger, &format!("report forwards --all --on {day} --format json"));
        let lines: Vec<Value> =
            out.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
        let text = |line: &Value| {
            ["made", "consumed", "left"].map(|member| line[member].as_str().unwrap().to_owned())
        };
        lines.iter().map(text).collect::<Vec<_>>()
    };
    assert!(on("2026-03-12").is_empty(), "it was not made");
    assert_eq!(on("2026-03-13"), [["95.00", "0.00", "95.00"]]);
    assert_eq!(on("2026-03-20"), [["95.00", "95.00", "0.00"]]);
}

#[test]
fn a_run_that_never_came_is_a_finding_until_it_comes() {
    let begun = two_payees();
    let found = |further: &str| {
        let line = format!("report findings --rule run-missing{further}");
        begun.json(&line).into_iter().skip(1).collect::<Vec<_>>()
    };
    let all = found("");
    assert_eq!(all.len(), 1, "{all:?}");
    for (member, value) in [
        ("rule", "run-missing"),
        ("severity", "warning"),
        ("expected", "2 remittances"),
        ("found", "0 remittances"),
        ("message", "not all of payment run R-2 of 2025-02-10 came"),
    ] {
        assert_eq!(all[0][member], value, "{member}");
    }
    begun.line("report findings").holds(0, &["1 warning run-missing", "R-2"]);
    assert!(found(" --payee 1234567893").is_empty(), "a run is of no payee");
    assert!(found(" --severity error").is_empty());
    // What is announced for a day that has not come is awaited, and missing when it has.
    let standing = |line: &str| {
        let lines = begun.json(line);
        let line = lines.iter().find(|line| line["runs"] == "R-3").unwrap();
        line["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(standing("report runs"), "awaited");
    assert_eq!(standing("report runs --on 2999-01-02"), "run-missing");
    for trace in ["71002", "71003"] {
        let text = super::deciding::REMITTANCE
            .replace("71001", trace)
            .replace("20250203", "20250210")
            .replace("A-1", trace)
            .replace("000000901", &format!("0000{trace}"));
        let file = begun.file(&format!("{trace}.835"), &text);
        ingest(&begun.ledger, Path::new(&file)).holds(0, &[]);
    }
    assert!(found("").is_empty(), "it came");
}
