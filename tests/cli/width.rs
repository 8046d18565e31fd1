//! What a person reads goes on a page of 100 columns, whatever it tells.

use super::deciding::Begun;
use super::*;

const COLUMNS: usize = 100;

/// Asserts that no line is longer, but for a word that is.
fn fits(line: &str, said: &Said) {
    for text in said.out.lines().chain(said.err.lines()) {
        let longest = text.split_whitespace().map(|word| word.chars().count()).max();
        let is_word = longest.is_some_and(|longest| longest > 80);
        let columns = text.chars().count();
        assert!(columns <= COLUMNS || is_word, "{line}: {columns} columns: {text:?}");
    }
}

/// A ledger in which much happened, with long names and large sums.
fn rich() -> Begun {
    let begun = Begun::with("--fiscal-year-end 06-30");
    ingest(&begun.ledger, &samples(begun.folder.path(), 0, SAMPLES.len())).holds(0, &[]);
    let case = "OP-2025-A-RATHER-LONG-ID-000117";
    for (case, amount, owner) in
        [(case, "200.00", "the-analyst-with-a-long-name"), ("OP-1", "100.00", "jane")]
    {
        begun
            .line(&format!(
                "case identify {case} --payee 1234567893 --plan ALLWAYS-MY-CARE-FAMILY --line medicaid \
                 --cause units --standard Manual-3 --claim A-1={amount} --owner {owner} --vendor \
                 ACME-RECOVERY-OF-MASSACHUSETTS --funding fully-insured --on 2025-02-10"
            ))
            .holds(0, &["recorded"]);
        for line in [
            format!(
                "case notice {case} --control-number 7{case} --dated 2025-02-14 --recorded --on 2025-02-14"
            ),
            format!(
                "case notice {case} --control-number 8{case} --dated 2025-02-20 --content all --on 2025-02-20 --again --appeal-deadline 2025-04-30 --tracking 9400 --address here"
            ),
        ] {
            fits(&line, begun.line(&line).holds(0, &["recorded"]));
        }
    }
    for line in [
        format!("case dispute {case} --grounds right --amount 50.00 --channel certified-mail --on 2025-03-10"),
        format!("case determine {case} modified --reduced 20.00 --dated 2025-04-10 --on 2025-04-10 --appeal-deadline 2025-06-30"),
        format!("case taken {case} 60.00 --trace 990302 --on 2025-04-11"),
        format!("case offset {case} 30.00 --first-on 2025-06-13 --on 2025-06-01"),
        "case answer OP-1 refund-promised --promised-by 2025-03-20 --on 2025-03-01".to_owned(),
        "case taken OP-1 70.00 --trace 990303 --on 2025-03-02".to_owned(),
        "audit open AU-1 --payee 1234567893 --plan P1 --line medicaid --claim A-1 --on 2025-03-03".to_owned(),
        "audit request AU-1 --item i-1 --on 2025-03-04".to_owned(),
        "audit schedule AU-1 2025-06-15 --on 2025-03-05".to_owned(),
        "audit cancel AU-1 --told one --reason later --on 2025-06-10".to_owned(),
        "audit schedule AU-1 2025-06-30 --on 2025-06-11".to_owned(),
        "run announce A-RUN-WITH-A-LONG-NAME-OF-2025 --paid-on 2025-02-10 --count 2000000 --amount 999999999.00 --on 2025-02-01".to_owned(),
        "hold place case:OP-1 --hold A-HOLD-WITH-A-LONG-NAME --kind agency-request --on 2025-03-04".to_owned(),
    ] {
        fits(&line, &begun.line(&line));
    }
    begun
}

/// Every page and report about it.
const QUESTIONS: &[&str] = &[
    "show case CASE --on 2025-05-20",
    "show case CASE --patient",
    "show wo 8CASE --on 2025-05-20",
    "show audit AU-1 --on 2025-06-12",
    "show payee 1234567893",
    "show payee 1200000119",
    "show claim 1234567893/A-1 --lines",
    "show remittance --trace 71001",
    "show ledger",
    "explain case:CASE --on 2025-05-20",
    "explain case:CASE dispute-window",
    "explain case:CASE determination-window --on 2025-05-20",
    "explain case:CASE offset-horizon",
    "explain case:CASE nothing-of-that-name",
    "explain audit:AU-1 --on 2025-06-12",
    "explain audit:AU-1 audit-scheduling --on 2025-06-12",
    "explain claim:1234567893/A-1 --on 2026-01-02",
    "explain claim:1234567893/A-1 retention --on 2026-01-02",
    "replay case:CASE",
    "replay case:CASE --patient --on 2025-06-20",
    "replay case:OP-1",
    "replay case:CASE --compare 2025-03-01 2025-06-20 --known-at 2999-01-01",
    "replay case:CASE --what-if end-rule=strict --on 2025-05-11",
    "due --on 2025-02-25",
    "due --overdue --on 2026-05-20",
    "case notice CASE --control-number 9 --dated 2025-06-01 --on 2025-06-01",
    "case notice OP-1 --control-number 9 --dated 2025-06-01 --recorded --on 2025-06-01",
    "case offset CASE 5000.00 --first-on 2025-06-13 --on 2025-06-01",
    "case offset OP-1 5.00 --first-on 2025-02-25 --on 2025-02-24",
    "policy list",
    "policy show allways-my-care-family-2019",
    "policy show massachusetts",
    "policy diff massachusetts texas",
    "policy check texas",
    "clock determination-window --start 2026-02-05",
    "clock retraction --start 2026-02-05",
    "actor list",
    "verify",
    "report monday --on 2025-05-20 --line no-clock",
    "report monday --on 2025-05-20 --line taken-while-barred",
    "report monday --on 2025-05-20 --line unmatched",
    "report rollforward --from 2025-03-01 --to 2025-03-31 --items",
];

#[test]
fn no_line_of_an_answer_is_wider_than_a_page() {
    let begun = rich();
    let case = "OP-2025-A-RATHER-LONG-ID-000117";
    for line in QUESTIONS {
        let line = line.replace("CASE", case);
        fits(&line, &begun.line(&line));
    }
    let help = begun.line("report --help").out;
    let (_, reports) = help.split_once("Commands:\n").unwrap();
    let lines = reports.lines().take_while(|line| line.starts_with("  "));
    for report in lines.filter(|line| !line.starts_with("   ")) {
        let Some(report) = report.split_whitespace().next().filter(|name| *name != "help") else {
            continue;
        };
        let period =
            if report == "rollforward" { " --from 2025-03-01 --to 2025-03-31" } else { "" };
        for further in ["", " --on 2025-05-20", " --known-at 2999-01-01"] {
            let line = format!("report {report}{period}{further}");
            fits(&line, begun.line(&line).holds(0, &[]));
        }
    }
}

#[test]
fn no_page_of_help_is_wider_either() {
    fn pages(words: &[&str], depth: usize) {
        let all: Vec<&str> = words.iter().copied().chain(["--help"]).collect();
        let help = said(command(Path::new("/nowhere"), &all));
        fits(&all.join(" "), help.holds(0, &["Usage:"]));
        let commands = help.out.split_once("Commands:\n").map_or("", |(_, rest)| rest);
        for line in commands.lines().take_while(|line| line.starts_with("  ")) {
            let name = line.split_whitespace().next().unwrap_or("help");
            if name != "help" && depth > 0 && !line.starts_with("   ") {
                let deeper: Vec<&str> = words.iter().copied().chain([name]).collect();
                pages(&deeper, depth - 1);
            }
        }
    }
    pages(&[], 2);
}
