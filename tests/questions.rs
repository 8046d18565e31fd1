//! Questions: what is shown and reported is what was recorded, in every form, then and now.

use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Output};

use lookback::demo::samples::SAMPLES;
use lookback::generate::{Files, Settings};
use lookback::ingest::file::{Ingest, Watch};
use lookback::ledger::Ledger;
use lookback::ledger::create::Choices;
use lookback::report::accounts::{self, Kind};
use lookback::report::{View, findings, forwards, payments, remittances};
use lookback_events::id::ActorId;
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use sha2::Digest as _;

struct Silent;

impl Watch for Silent {
    fn read(&mut self, _: u64, _: u64) {}
    fn stopped(&self) -> bool {
        false
    }
}

/// Takes files into a ledger; gives the moment of the newest record after each.
fn ingest<'a>(
    ledger: &mut Ledger,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Vec<Timestamp> {
    let mut moments = Vec::new();
    for (name, bytes) in files {
        let mut ingest = Ingest::new(ledger, ActorId::parse("svc-test").unwrap());
        ingest.file(name, name, Cursor::new(bytes), &mut Silent).unwrap();
        ledger.flush().unwrap();
        moments.push(View::live(ledger).moment());
        // The next file is recorded at a later microsecond.
        while lookback::now::now() <= *moments.last().unwrap() {}
    }
    ledger.finish_rows().unwrap();
    moments
}

fn demo(folder: &Path) -> (Ledger, Vec<Timestamp>) {
    let mut ledger = Ledger::create(folder, &Choices::new(folder)).unwrap();
    let moments = ingest(&mut ledger, SAMPLES.iter().copied());
    (ledger, moments)
}

fn generated(folder: &Path) -> Ledger {
    drop(Ledger::create(folder, &Choices::new(folder)).unwrap());
    // Short generations, so that most of it lies in volumes.
    let path = folder.join("lookback.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let short = text.replace("generation_records = 1000000", "generation_records = 800");
    assert_ne!(text, short);
    std::fs::write(&path, short).unwrap();
    let mut ledger = Ledger::open(folder, "test").unwrap();
    let settings = Settings { faults: true, ..Settings::new(3_000, 7) };
    let files: Vec<_> = Files::new(&settings).collect();
    ingest(&mut ledger, files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())));
    ledger
}

fn run(ledger: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lookback"))
        .arg("--ledger")
        .arg(ledger)
        .args(line.split(' '))
        .output()
        .unwrap()
}

fn said(ledger: &Path, line: &str) -> String {
    let output = run(ledger, line);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Everything that the reports say, as JSON, in their order.
pub(crate) fn everything(view: &View<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut put = |value: serde_json::Value| lines.push(value.to_string());
    findings::all(view, &findings::Wanted::default(), &mut |line| {
        put(serde_json::to_value(line).unwrap());
        Ok(())
    })
    .unwrap();
    remittances::all(view, &remittances::Wanted::default(), &mut |line| {
        put(serde_json::to_value(line).unwrap());
        Ok(())
    })
    .unwrap();
    accounts::all(view, &accounts::Wanted::default(), &mut |line| {
        put(serde_json::to_value(line).unwrap());
        Ok(())
    })
    .unwrap();
    forwards::all(view, None, false, &mut |line| {
        put(serde_json::to_value(line).unwrap());
        Ok(())
    })
    .unwrap();
    payments::all(view, None, &mut |line| {
        put(serde_json::to_value(line).unwrap());
        Ok(())
    })
    .unwrap();
    lines
}

/// Without what two ledgers never share: the moments.
fn timeless(lines: Vec<String>) -> Vec<String> {
    let strip = |line: String| {
        let mut value: serde_json::Value = serde_json::from_str(&line).unwrap();
        value.as_object_mut().unwrap().remove("recorded_at");
        value.to_string()
    };
    lines.into_iter().map(strip).collect()
}

#[test]
fn what_was_known_is_what_a_ledger_that_stopped_then_knows() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, moments) = demo(&dir.path().join("whole"));
    for stop in [0, 3, 7, SAMPLES.len()] {
        let folder = dir.path().join(format!("stopped-{stop}"));
        let mut stopped = Ledger::create(&folder, &Choices::new(&folder)).unwrap();
        ingest(&mut stopped, SAMPLES.iter().take(stop).copied());
        let moment = stop.checked_sub(1).map(|last| moments[last]);
        let moment = moment.unwrap_or(ledger.choices().created);
        let then = View::known_at(&ledger, moment, &mut |_, _| {}).unwrap();
        let expected = timeless(everything(&View::live(&stopped)));
        assert_eq!(timeless(everything(&then)), expected, "after {stop} files");
    }
    let live = View::live(&ledger);
    let now = View::known_at(&ledger, live.moment(), &mut |_, _| {}).unwrap();
    assert_eq!(everything(&now), everything(&live));
    assert_eq!(now.last_cycle().unwrap(), live.last_cycle().unwrap());
}

#[test]
fn payments_tie_to_remittances_and_accounts_whichever_way_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = generated(&dir.path().join("ledger"));
    let ids = ledger.journals().ids();
    let volumes = ids.iter().map(|id| ledger.journals().volumes(*id).len()).max();
    assert!(volumes >= Some(2), "the merge has more than one volume to go through: {volumes:?}");
    let view = View::live(&ledger);
    let add = |a: Money, b: Money| a.checked_add(b).unwrap();
    let (mut net, mut records) = (Money::ZERO, 0);
    let mut merged = Vec::new();
    payments::all(&view, None, &mut |payment| {
        net = add(net, payment.net);
        records += payment.records;
        assert_eq!(
            add(add(payment.paid, payment.reversed), payment.corrected),
            payment.net,
            "{}",
            payment.first
        );
        merged.push(payment);
        Ok(())
    })
    .unwrap();
    let (mut paid, mut claims, mut payees) = (Money::ZERO, 0, std::collections::BTreeSet::new());
    remittances::all(&view, &remittances::Wanted::default(), &mut |remittance| {
        paid = add(paid, remittance.claims_paid);
        claims += remittance.claims;
        payees.insert(remittance.payee);
        Ok(())
    })
    .unwrap();
    assert!(claims > 2_900 && payees.len() > 1);
    assert_eq!((net, records), (paid, claims));
    let mut booked = Money::ZERO;
    accounts::all(&view, &accounts::Wanted::default(), &mut |account| {
        if account.kind == Kind::Claims {
            booked = add(booked, account.total);
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(booked, paid);
    let mut by_payee = Vec::new();
    for payee in payees {
        let payee = lookback_events::id::PayeeId::parse(&payee).unwrap();
        payments::all(&view, Some(&payee), &mut |payment| {
            by_payee.push(payment);
            Ok(())
        })
        .unwrap();
    }
    merged.sort_by(|a, b| a.first.cmp(&b.first));
    by_payee.sort_by(|a, b| a.first.cmp(&b.first));
    assert_eq!(by_payee, merged);
}

#[test]
fn every_file_is_given_back_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    drop(demo(&folder));
    for (name, bytes) in SAMPLES {
        let digest = sha2::Sha256::digest(bytes);
        let hex = lookback_events::id::Digest(digest.into()).to_string();
        let back = run(&folder, &format!("show file {} --original", &hex[..16]));
        assert!(back.status.success() && back.stdout == *bytes, "{name}");
    }
}

#[test]
fn a_claims_history_is_told_with_what_belongs_together() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    drop(demo(&folder));
    let text = said(&folder, "show claim 1200000119/HL-1001");
    assert!(text.contains("net 101.00 after 3 records: paid 261.00, reversed -261.00"), "{text}");
    assert!(text.contains("takes back p0") && text.contains("corrects after p0"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let json = said(&folder, "show claim HL-1001 --payee 1200000119 --format json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["totals"]["net"], "101.00");
    assert!(json["records"].as_array().unwrap().iter().all(|r| r.get("patient").is_none()));
    let place = json["records"][1]["at"].as_str().unwrap();
    assert_eq!(said(&folder, &format!("show claim {place}")), text);
    let patient = said(&folder, "show claim 1200000119/HL-1001 --patient --format json");
    assert!(patient.contains("\"role\":\"QC\""), "{patient}");
    let early = run(&folder, "show claim 1200000119/HL-1001 --known-at 2020-01-01");
    assert!(!early.status.success());
}

#[test]
fn tables_are_as_an_auditor_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    drop(demo(&folder));
    let accounts = "  accounts: last payment cycle known: 2026-03-27

  payee         month    what                        paid   denied  reversed   other           total
  1200000119    2026-03  claims                         9        1         1       0          761.50
  1200000119    2026-03  adjusted FB                                               2            0.00
  1200000226    2026-03  claims                         8        2         0       0        1,096.75
  1200000226    2026-03  adjusted 72                                               1          -88.00
  1200000226    2026-03  adjusted WO                                               2          213.00
  1200000333    2026-03  claims                         4        0         0       0        1,460.48
  1200000333    2026-03  adjusted L6                                               1           -4.50

  claims $ 3,318.73, provider adjustments $ 120.50
  an adjustment above zero takes from the payment, one below adds to it
  one payee: lookback show payee ID
";
    assert_eq!(said(&folder, "report accounts"), accounts);
    let none = said(&folder, "report forwards");
    assert!(none.contains("no live forward balances"), "{none}");
    for line in [
        "report findings",
        "report remittances",
        "report payments",
        "report forwards --all",
        "show payee 1200000119",
        "show remittance --trace 990308",
        "show ledger",
    ] {
        let text = said(&folder, line);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(!text.lines().any(|line| line.ends_with(' ')), "{text}");
    }
}

#[test]
fn json_and_csv_say_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    drop(demo(&folder));
    for report in ["findings", "remittances", "accounts", "payments", "forwards --all"] {
        let json = said(&folder, &format!("report {report} --format json"));
        let mut lines = json.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
        let head = lines.next().unwrap();
        assert_eq!(head["last_payment_cycle"]["paid_on"], "2026-03-27");
        let csv = said(&folder, &format!("report {report} --format csv"));
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let names = reader.headers().unwrap().clone();
        let mut records = reader.records();
        for object in lines {
            let record = records.next().unwrap().unwrap();
            assert_eq!(names.len(), object.as_object().unwrap().len(), "{report}");
            for (name, cell) in names.iter().zip(&record) {
                let value = &object[name];
                let number = if value.is_null() { String::new() } else { value.to_string() };
                let expected = value.as_str().map_or(number, ToOwned::to_owned);
                assert_eq!(cell, expected, "{report} {name}");
            }
        }
        assert!(records.next().is_none());
    }
}

#[test]
fn who_asks_for_what_is_not_there_is_told_how_to_find_it() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    drop(demo(&folder));
    for (line, code, words) in [
        ("show claim 1200000119/NO-SUCH", 4, "report payments --payee 1200000119"),
        ("show claim p00/999999", 4, "show ledger"),
        ("show claim HL-1001", 2, "PAYEE/PATIENT-CONTROL-NUMBER"),
        ("show remittance deadbeef", 4, "report remittances"),
        ("show remittance abc", 2, "8 to 64"),
        ("show remittance --trace 1", 4, "check or EFT number 1"),
        ("show payee 42", 4, "report accounts"),
        ("show file deadbeef", 4, "sha256sum"),
        ("report findings --rule nonsense", 2, "claim-unbalanced"),
        ("report forwards --known-at yesterday", 2, "2026-03-31"),
    ] {
        let output = run(&folder, line);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{line}: {text}");
        assert!(text.contains(words), "{line}: {text}");
        assert!(!text.contains("NO-SUCH"), "a patient control number: {text}");
    }
}
