//! What a payee's history says across remittances, files and identifiers, and what is said of a
//! remittance that is not whole.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use lookback::check::Outcome;
use lookback::ingest::file::{FileError, Ingest, Watch};
use lookback::ledger::Ledger;
use lookback::report::claim::{self, Name};
use lookback::report::findings::{self, Found, Wanted};
use lookback::report::stand_down::Covered;
use lookback::report::{View, payee};
use lookback_events::event::control::Usage;
use lookback_events::finding::Rule;
use lookback_events::id::PayeeId;

use crate::ledger::{actor, create, given_back, sha256, sound, take};

/// One remittance in its envelopes.
struct Remittance<'a> {
    trace: &'a str,
    date: &'a str,
    /// What stands behind `N1*PE*CLINIC*`, and the segments after it.
    payee: &'a str,
    paid: &'a str,
    claims: &'a str,
}

impl Remittance<'_> {
    fn file(&self, control: u32) -> String {
        let Self { trace, date, payee, paid, claims } = self;
        let body = format!(
            "BPR*I*{paid}*C*ACH*CCP*01*1*DA*1*1512345678**01*1*DA*1*{date}~TRN*1*{trace}*1512345678~\
             N1*PR*LANTERN PLAN~N1*PE*CLINIC*{payee}~LX*1~{claims}"
        );
        let segments = body.matches('~').count() + 2;
        format!(
            "ISA*00*          *00*          *ZZ*LANTERNPLAN    *ZZ*HARBORCLEARING \
             *250301*0900*^*00501*{control:09}*0*P*:~\
             GS*HP*A*B*20250301*0900*1*X*005010X221A1~ST*835*0001~{body}\
             SE*{segments}*0001~GE*1*1~IEA*1*{control:09}~"
        )
    }
}

/// A claim without lines.
fn claim(number: &str, status: &str, charge: i64, paid: i64) -> String {
    let rest = charge - paid;
    format!(
        "CLP*{number}*{status}*{charge}*{paid}**HM*PC-1*11*1~CAS*CO*45*{rest}~DTM*232*20250210~"
    )
}

fn rules(summary: &lookback::check::Summary) -> Vec<&'static str> {
    summary.findings.iter().map(|found| found.rule.id()).collect()
}

fn found(ledger: &Ledger, wanted: &Wanted) -> Vec<Found> {
    let mut all = Vec::new();
    findings::all(&View::live(ledger), wanted, &mut |found| {
        all.push(found);
        Ok(())
    })
    .unwrap();
    all
}

#[test]
fn a_payee_known_by_tin_and_then_by_npi_is_linked_and_its_reversals_find_their_payments() {
    for npi_first in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
        let tin = "FI*042345678";
        let npis = ["XX*1234567893~REF*TJ*042345678", "XX*1376607150~REF*TJ*042345678"];
        if npi_first {
            // Two NPIs with one TIN, so that the TIN alone is a payee of its own.
            for (number, npi) in (10..).zip(npis) {
                let claims = claim("OTHER", "1", 90, 80);
                let trace = format!("T{number}");
                let seen = Remittance {
                    trace: &trace,
                    date: "20250301",
                    payee: npi,
                    paid: "80",
                    claims: &claims,
                };
                let taken = take(&mut ledger, "seen", seen.file(number).as_bytes());
                assert_eq!(rules(&taken), Vec::<&str>::new());
            }
        }
        let (first, second) = if npi_first { (npis[0], tin) } else { (tin, npis[0]) };
        let paid = claim("A-1", "1", 800, 500);
        let paid =
            Remittance { trace: "T1", date: "20250303", payee: first, paid: "500", claims: &paid };
        assert_eq!(rules(&take(&mut ledger, "paid", paid.file(1).as_bytes())), Vec::<&str>::new());
        let back = claim("A-1", "22", -800, -500) + &claim("B-1", "1", 700, 600);
        let back =
            Remittance { trace: "T2", date: "20250310", payee: second, paid: "100", claims: &back };
        let taken = take(&mut ledger, "back", back.file(2).as_bytes());
        assert_eq!(
            rules(&taken),
            Vec::<&str>::new(),
            "TIN {}",
            if npi_first { "last" } else { "first" }
        );
        // The same again: what the other payee's reversal took is taken.
        let again = claim("A-1", "22", -800, -500) + &claim("C-1", "1", 700, 600);
        let again =
            Remittance { trace: "T3", date: "20250317", payee: first, paid: "100", claims: &again };
        let taken = take(&mut ledger, "again", again.file(3).as_bytes());
        assert_eq!(rules(&taken), ["reversed-twice"]);
        ledger.flush().unwrap();
        let view = View::live(&ledger);
        for (id, others) in [("042345678", 1 + usize::from(npi_first)), ("1234567893", 1)] {
            let id = PayeeId::parse(id).unwrap();
            let shown = payee::payee(&view, &id, &Covered::default()).unwrap();
            assert_eq!(shown.linked.len(), others, "{:?}", shown.linked);
            assert!(
                shown.linked.iter().all(|link| link.why == "same-tin" && link.payee != shown.payee)
            );
        }
        let id = PayeeId::parse(if npi_first { "042345678" } else { "1234567893" }).unwrap();
        let name = Name::Number { payee: id, patient_control: "A-1".to_owned() };
        let shown = claim::claim(&view, &name, false).unwrap();
        assert_eq!(shown.records.len(), 1);
        assert_eq!(shown.records[0].entry.pairing, Some("takes"));
        assert!(shown.records[0].entry.about.is_some());
        assert_eq!(shown.totals.net.to_string(), "-500.00", "money is counted where it was paid");
        sound(&ledger);
    }
}

#[test]
fn what_stands_behind_a_reversal_in_its_remittance_corrects_it_and_is_no_original() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
    let back = claim("A-1", "22", -800, -500);
    let cases = [
        (back.clone() + &claim("A-1", "1", 800, 500), "0", vec!["reversal-without-original"]),
        (
            back.replace("A-1", "A-2") + &claim("A-2", "1", 800, 600),
            "100",
            vec!["reversal-without-original"],
        ),
        (
            back.replace("A-1", "A-3") + &claim("A-4", "1", 800, 500),
            "0",
            vec!["reversal-without-original"],
        ),
        (
            back.replace("A-1", "A-5").repeat(2) + &claim("A-5", "1", 800, 500).repeat(2),
            "0",
            vec!["reversal-without-original"; 2],
        ),
    ];
    for (number, (claims, paid, expected)) in (1..).zip(cases) {
        let trace = format!("T{number}");
        let remittance = Remittance {
            trace: &trace,
            date: "20250303",
            payee: "XX*1234567893",
            paid,
            claims: &claims,
        };
        let taken = take(&mut ledger, "file", remittance.file(number).as_bytes());
        assert_eq!(rules(&taken), expected, "{number}");
    }
    ledger.flush().unwrap();
    let name = Name::Number {
        payee: PayeeId::parse("1234567893").unwrap(),
        patient_control: "A-1".to_owned(),
    };
    let shown = claim::claim(&View::live(&ledger), &name, false).unwrap();
    assert_eq!(shown.records[0].entry.pairing, Some("without"));
    let open = Wanted { unresolved: true, ..Wanted::default() };
    assert_eq!(found(&ledger, &open).len(), 5);
    sound(&ledger);
}

#[test]
fn only_the_ledgers_own_usage_enters_it() {
    for (usage, own) in [(Usage::Production, "P"), (Usage::Test, "T")] {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = create(&folder.path().join("ledger"), usage);
        let claims = claim("A-1", "1", 800, 500);
        let sample = Remittance {
            trace: "T1",
            date: "20250303",
            payee: "XX*1234567893",
            paid: "500",
            claims: &claims,
        };
        let with = |letter: &str| sample.file(1).replace("*0*P*:~", &format!("*0*{letter}*:~"));
        for letter in
            ["X", "I", "p", "t", " ", "", "\u{7}", "PT", "P", "T"].iter().filter(|l| **l != own)
        {
            let bytes = with(letter);
            let taken = take(&mut ledger, "other", bytes.as_bytes());
            let reason = taken.reason.unwrap();
            assert_eq!(taken.outcome, Outcome::Rejected, "{letter:?}: {reason}");
            assert!(reason.contains("ISA15 is") && !reason.contains('\u{7}'), "{reason}");
            ledger.flush().unwrap();
            assert_eq!(given_back(&ledger, &sha256(bytes.as_bytes())), bytes.as_bytes());
            let read = lookback::check::summarise("x", bytes.as_bytes()).unwrap();
            assert_eq!((read.outcome, read.claims), (Outcome::Readable, 1), "check reads any");
        }
        assert_eq!(take(&mut ledger, "own", with(own).as_bytes()).outcome, Outcome::Recorded);
        ledger.flush().unwrap();
        sound(&ledger);
    }
}

#[test]
fn a_payment_date_that_cannot_be_one_is_not_the_last_payment_cycle() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
    let claims = claim("A-1", "1", 800, 500);
    let mut number = 0;
    let mut cycle = |date: &str| {
        number += 1;
        let trace = format!("T{number}");
        let remittance = Remittance {
            trace: &trace,
            date,
            payee: "XX*1234567893",
            paid: "500",
            claims: &claims,
        };
        let taken = take(&mut ledger, "file", remittance.file(number).as_bytes());
        assert_eq!(taken.outcome, Outcome::Recorded);
        ledger.flush().unwrap();
        View::live(&ledger).last_cycle().unwrap().map(|cycle| cycle.paid_on.unwrap().0.to_string())
    };
    for impossible in ["00000000", "20251345", "18000101", "99991231", "19891231"] {
        assert_eq!(cycle(impossible), None, "{impossible}");
    }
    assert_eq!(cycle("20250303").as_deref(), Some("2025-03-03"));
    assert_eq!(cycle("99991231").as_deref(), Some("2025-03-03"));
    assert_eq!(cycle("20250310").as_deref(), Some("2025-03-10"));
    sound(&ledger);
}

fn said(ledger: &Path, line: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lookback"))
        .arg("--ledger")
        .arg(ledger)
        .args(line)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn identifiers_that_differ_stay_apart_and_are_found_as_they_stood_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut ledger = create(&path, Usage::Production);
    let (long, longer) = ("7".repeat(300), "7".repeat(301));
    let ids = ["12/34", "12_34", "12 34", "12%2F34", &long, &longer];
    for (number, id) in (1..).zip(ids) {
        let claims = claim("A-1", "1", 800, 500);
        let (trace, payee) = (format!("T{number}"), format!("FI*{id}"));
        let remittance = Remittance {
            trace: &trace,
            date: "20250303",
            payee: &payee,
            paid: "500",
            claims: &claims,
        };
        take(&mut ledger, "file", remittance.file(number).as_bytes());
    }
    // Two claim numbers of absurd length, one taken back: each is its own.
    let (one, other) = ("N".repeat(5_000), "N".repeat(5_001));
    let claims = claim(&one, "1", 800, 500);
    let paid = Remittance {
        trace: "T80",
        date: "20250303",
        payee: "XX*1234567893",
        paid: "500",
        claims: &claims,
    };
    assert_eq!(rules(&take(&mut ledger, "paid", paid.file(80).as_bytes())), Vec::<&str>::new());
    for (number, back, expected) in
        [(81, &other, vec!["reversal-without-original"]), (82, &one, vec![])]
    {
        let claims = claim(back, "22", -800, -500) + &claim("B-1", "1", 700, 600);
        let trace = format!("T{number}");
        let back = Remittance {
            trace: &trace,
            date: "20250310",
            payee: "XX*1234567893",
            paid: "100",
            claims: &claims,
        };
        assert_eq!(rules(&take(&mut ledger, "back", back.file(number).as_bytes())), expected);
    }
    ledger.flush().unwrap();
    sound(&ledger);
    ledger.finish_rows().unwrap();
    drop(ledger);
    for id in ["12/34", "12_34", "12 34", "12%2F34"] {
        let text = said(&path, &["show", "claim", "A-1", "--payee", id]);
        assert!(text.contains("net 500.00 after 1 record"), "{id}: {text}");
    }
    assert!(said(&path, &["show", "claim", "12%2F34/A-1"]).contains("net 500.00"));
    let accounts = said(&path, &["report", "accounts", "--format", "json"]);
    let payees = accounts.matches("\"total\":\"500.00\"").count();
    assert_eq!(payees, ids.len(), "{accounts}");
}

/// Stops an ingest after so many bytes.
struct StopAfter(u64);

impl Watch for StopAfter {
    fn read(&mut self, bytes: u64, _: u64) {
        self.0 = self.0.saturating_sub(bytes);
    }

    fn stopped(&self) -> bool {
        self.0 == 0
    }
}

#[test]
fn a_remittance_that_is_not_whole_says_so_until_it_is() {
    let count = 10_000;
    let mut claims = String::new();
    for number in 0..count {
        write!(claims, "CLP*N-{number}*1*100*80**HM*PC-{number}*11*1~CAS*CO*45*20~").unwrap();
    }
    let paid = (80 * count).to_string();
    let large = Remittance {
        trace: "T1",
        date: "20250303",
        payee: "XX*1234567893",
        paid: &paid,
        claims: &claims,
    };
    let (file, other) = (large.file(1), large.file(2));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut ledger = create(&path, Usage::Production);
    let mut stop = StopAfter(file.len() as u64 / 2);
    let stopped = Ingest::new(&mut ledger, actor()).file("f", "f", Cursor::new(&file), &mut stop);
    assert!(matches!(stopped, Err(FileError::Interrupted)));
    ledger.flush().unwrap();
    let incomplete = Wanted { rule: Some(Rule::RemittanceIncomplete), ..Wanted::default() };
    let live = found(&ledger, &incomplete);
    assert_eq!(live.len(), 1);
    assert_eq!((live[0].segment, live[0].found.as_str()), (3, "4095 claims"));
    assert_eq!(live[0].file, Some(sha256(file.as_bytes()).to_string()));
    // Another file with the same remittance is not said to be recorded while it is not.
    let taken = take(&mut ledger, "other", other.as_bytes());
    assert_eq!(taken.outcome, Outcome::PartlyRecorded);
    assert!(
        taken.reason.as_ref().unwrap().contains("of which 4095 claims are recorded"),
        "{:?}",
        taken.reason
    );
    assert_eq!(rules(&taken), ["delivered-twice"]);
    ledger.flush().unwrap();
    assert_eq!(given_back(&ledger, &sha256(other.as_bytes())), other.as_bytes());
    ledger.finish_rows().unwrap();
    drop(ledger);
    let json = said(&path, &["report", "accounts", "--format", "json"]);
    assert!(json.lines().next().unwrap().contains("\"incomplete_remittances\":1"), "{json}");
    for report in ["accounts", "payments", "findings", "remittances"] {
        let text = said(&path, &["report", report]);
        let note = "1 remittance is incomplete, and counted as far as recorded";
        assert!(text.contains(note), "{report}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
    let text = said(&path, &["report", "findings", "--rule", "remittance-incomplete"]);
    assert!(text.contains("1 finding") && text.contains("found 4095 claims"), "{text}");
    // Its own file goes on with it.
    let mut ledger = Ledger::open(&path, "test").unwrap();
    assert_eq!(take(&mut ledger, "f", file.as_bytes()).outcome, Outcome::Recorded);
    ledger.flush().unwrap();
    assert_eq!(found(&ledger, &incomplete), []);
    assert_eq!(findings::incomplete_remittances(&View::live(&ledger)).unwrap(), 0);
    assert_eq!(given_back(&ledger, &sha256(file.as_bytes())), file.as_bytes());
    // A third delivery is told from the second.
    assert_eq!(
        take(&mut ledger, "third", large.file(3).as_bytes()).outcome,
        Outcome::AlreadyRecorded
    );
    ledger.flush().unwrap();
    sound(&ledger);
}

#[test]
fn a_remittance_goes_on_whole_though_its_history_has_changed_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
    let known = 450;
    let claims = |status: &str, charge: i64, paid: i64, count: i64| -> String {
        (0..count).map(|number| claim(&format!("N-{number}"), status, charge, paid)).collect()
    };
    let give = |ledger: &mut Ledger, number: u32, claims: &str, paid: i64| {
        let (trace, paid) = (format!("T{number}"), paid.to_string());
        let remittance = Remittance {
            trace: &trace,
            date: "20250303",
            payee: "XX*1234567893",
            paid: &paid,
            claims,
        };
        let file = remittance.file(number);
        assert_eq!(take(ledger, "file", file.as_bytes()).outcome, Outcome::Recorded);
        file
    };
    give(&mut ledger, 1, &claims("1", 100, 80, known), 80 * known);
    // Its reversals are not those payments, negated: so many findings that they fill a record of
    // their own, far ahead of where the run is stopped.
    let count = 9_000;
    let fresh: String = (0..count).map(|n| claim(&format!("F-{n}"), "1", 100, 80)).collect();
    let large = claims("22", -100, -70, known) + &fresh;
    let paid = (80 * count - 70 * known).to_string();
    let large = Remittance {
        trace: "T2",
        date: "20250310",
        payee: "XX*1234567893",
        paid: &paid,
        claims: &large,
    };
    let file = large.file(2);
    let mut stop = StopAfter(file.len() as u64 * 2 / 3);
    let stopped = Ingest::new(&mut ledger, actor()).file("f", "f", Cursor::new(&file), &mut stop);
    assert!(matches!(stopped, Err(FileError::Interrupted)));
    ledger.flush().unwrap();
    let not_negated = Wanted { rule: Some(Rule::ReversalNotNegated), ..Wanted::default() };
    assert_eq!(found(&ledger, &not_negated).len(), 400);
    // What they do take back comes from another file before they are read again.
    give(&mut ledger, 3, &claims("1", 100, 70, known), 70 * known);
    assert_eq!(take(&mut ledger, "f", file.as_bytes()).outcome, Outcome::Recorded);
    ledger.flush().unwrap();
    assert_eq!(given_back(&ledger, &sha256(file.as_bytes())), file.as_bytes());
    sound(&ledger);
}

#[test]
fn what_cannot_be_read_has_the_same_finding_whoever_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
    for (number, bytes) in (1..).zip([&b""[..], b"\r\n \n", b"Dear Sir", b"ISA*00*"]) {
        let checked = lookback::check::summarise("x", bytes).unwrap();
        assert_eq!(rules(&checked), ["interchange-unreadable"]);
        let taken = take(&mut ledger, "x", bytes);
        assert_eq!((taken.outcome, &taken.findings), (Outcome::Rejected, &checked.findings));
        assert_eq!(taken.reason, checked.reason);
        ledger.flush().unwrap();
        let rule = Some(Rule::InterchangeUnreadable);
        assert_eq!(found(&ledger, &Wanted { rule, ..Wanted::default() }).len(), number);
    }
    sound(&ledger);
}
