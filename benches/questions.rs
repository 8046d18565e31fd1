//! Cases among many claims: how fast commands are recorded, questions answered, a case replayed, and
//! rows made again, beside the reading and opening of the same records.
//!
//! `cargo bench --bench questions -- [CLAIMS] [CASES] [FOLDER] [ROUNDS]`
//!
//! Questions are asked as people ask them: each by a new process, its output thrown away; the median.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a benchmark: what fails should stop it, and its ratios are not money"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use lookback::generate::{Settings, generate};
use lookback::ledger::Ledger;
use lookback::replay::{Dials, replay};
use lookback::report::View;
use lookback_events::id::CaseId;

mod setup;

use setup::{median, per_mille, rate};

/// What is asked: the words behind the program's name. Of a live ledger, and of a moment.
const QUESTIONS: &[&str] = &[
    "due",
    "due --within 14d",
    "report monday",
    "report cases",
    "report windows",
    "report aging",
    "report funnel",
    "report recovery-rate",
    "report overturn-rate",
    "report days",
    "report offsets",
    "report top-reasons",
    "report unmatched",
    "report accounts",
    "report lookbacks",
    "report retention",
    "report holds",
    "report runs",
    "report rollforward --from 2023-02-01 --to 2023-02-28",
    "report findings",
    "report forwards",
    "report remittances",
    "show case OP-7",
    "explain case:OP-7 dispute-window",
    "replay case:OP-7",
];

fn run(ledger: &Path, words: &[&str]) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    command.arg("--ledger").arg(ledger).args(words).stdout(Stdio::null());
    let start = Instant::now();
    assert!(command.status().unwrap().success(), "{words:?}");
    start.elapsed()
}

/// Claims with money, as `report payments` lists them: payee, number, what was paid last, and when.
fn claims(ledger: &Path, wanted: usize) -> Vec<(String, String, String, NaiveDate)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    command.arg("--ledger").arg(ledger).args(["report", "payments", "--format", "csv"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut found = Vec::new();
    {
        let mut reader = csv::Reader::from_reader(child.stdout.take().unwrap());
        let heads = reader.headers().unwrap().clone();
        let at = |name: &str| heads.iter().position(|head| head == name).unwrap();
        let places = ["payee", "patient_control", "net", "last_paid_on", "records"].map(at);
        for record in reader.records() {
            let record = record.unwrap();
            let [payee, number, net, paid_on, records] =
                places.map(|place| record[place].to_owned());
            let is_paid = !net.starts_with('-') && net.len() > 5 && records == "1";
            if is_paid && let Ok(paid_on) = paid_on.parse() {
                found.push((payee, number, net, paid_on));
            }
            if found.len() == wanted {
                break;
            }
        }
    }
    drop(child.kill());
    drop(child.wait());
    found
}

/// What happened to a case: all are noticed; a third disputes, half of these are determined; of a
/// quarter of the others some is taken.
fn story(number: usize, claim: &(String, String, String, NaiveDate)) -> String {
    let (payee, control, net, paid_on) = claim;
    let day = |days: u64| (*paid_on + Days::new(days)).to_string();
    let mut lines = String::new();
    let mut tell = |what: &str, days: u64, members: &str| {
        let on = day(days);
        writeln!(
            lines,
            r#"{{"command":"{what}","id":"c-{number}-{days}","happened":"{on}","case":"OP-{number}"{members}}}"#
        )
        .unwrap();
    };
    tell(
        "identify-case",
        10,
        &format!(
            r#","payee":"{payee}","plan":"MCF","line_of_business":"medicaid","cause":"units","detected_by":"plan","owner":"jane","standard":{{"citation":"Payment policy 12"}},"claims":[{{"patient_control":"{control}","amount":"{net}"}}]"#
        ),
    );
    let letter = format!(
        r#","control_number":"FCN-{number}","dated":"{}","method":"mail","content":["claim"]"#,
        day(11)
    );
    tell("record-notice", 11, &letter);
    if number.is_multiple_of(3) {
        tell("record-dispute", 20, r#","level":1,"grounds":"documented""#);
        if number.is_multiple_of(2) {
            let letter = format!(r#","level":1,"dated":"{}","outcome":"upheld""#, day(40));
            tell("determine", 40, &letter);
        }
    } else if number.is_multiple_of(4) {
        tell("record-offset", 60, r#","amount":"1.00""#);
    }
    lines
}

fn main() {
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let count: u64 = args.next().map_or(100_000, |n| n.parse().unwrap());
    let cases: usize = args.next().map_or(count as usize / 20, |n| n.parse().unwrap());
    let base = args.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let rounds: usize = args.next().map_or(3, |n| n.parse().unwrap());
    let folder = tempfile::tempdir_in(base).unwrap();
    let (samples, ledger) = (folder.path().join("835"), folder.path().join("ledger"));
    generate(&Settings::new(count, 1), &samples).unwrap();
    let shown = ledger.display().to_string();
    run(&ledger, &["init", &shown, "--fiscal-year-end", "12-31"]);
    run(&ledger, &["ingest", &samples.display().to_string()]);
    std::fs::remove_dir_all(&samples).unwrap();

    let commands = folder.path().join("commands.jsonl");
    let found = claims(&ledger, cases);
    let lines: String =
        found.iter().enumerate().map(|(number, claim)| story(number, claim)).collect();
    let told = lines.lines().count() as u64;
    std::fs::write(&commands, lines).unwrap();
    let took = run(&ledger, &["record", &commands.display().to_string(), "--actor", "jane"]);
    println!(
        "{count} claims, {} cases; record: {told} commands in {took:?}, {}/s",
        found.len(),
        rate(told, took)
    );

    for question in QUESTIONS {
        let words: Vec<&str> = question.split(' ').collect();
        let took = median((0..rounds).map(|_| run(&ledger, &words)));
        println!("{question:<54} {took:>12.1?}");
    }
    let past = ["report", "cases", "--known-at", "2099-01-01"];
    let past = run(&ledger, &past);
    replays(&ledger, found.len());

    let opened = Ledger::open_to_read(&ledger, "bench").unwrap();
    let start = Instant::now();
    let mut records = 0_u64;
    for journal in opened.journals().ids() {
        let each = |_, _: &lookback_events::record::Header<'_>, _: &[u8]| {
            records += 1;
            Ok(true)
        };
        opened.each_opened(journal, 0, u64::MAX, each).unwrap();
    }
    let reading = start.elapsed();
    let start = Instant::now();
    let folded = opened.rebuild().unwrap();
    let rebuilt = start.elapsed();
    println!(
        "{records} records read and opened in {reading:?}; rows made again in {rebuilt:?}, {}/s, ratio \
         0.{:03}",
        rate(folded, rebuilt),
        per_mille(reading, rebuilt)
    );
    println!(
        "report cases of what was known at a moment: {past:?}, {} records/s",
        rate(records, past)
    );
}

/// One case after the other, in an open ledger.
fn replays(ledger: &Path, cases: usize) {
    let opened = Ledger::open_to_read(ledger, "bench").unwrap();
    let view = View::live(&opened);
    let dials = Dials { on: None, what_if: None, persons: false, curve: false };
    let mut times = Vec::new();
    for number in (1..cases).step_by((cases / 200).max(1)) {
        let case = CaseId::parse(&format!("OP-{number}")).unwrap();
        let start = Instant::now();
        let told = replay(&view, &case, &dials).unwrap();
        times.push(start.elapsed());
        assert!(told.steps.len() >= 2);
    }
    times.sort_unstable();
    let (middle, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!(
        "{} cases replayed in an open ledger: median {middle:?}, worst {worst:?}",
        times.len()
    );
}
