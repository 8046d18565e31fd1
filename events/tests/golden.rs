//! The bytes of every event, written once: what was released is read and written as it was.
//!
//! `tests/golden/claim-paid.1.json` is the body of a `claim-paid/1` with every member. A file here
//! never changes; an event whose shape changes is a new version with a file of its own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    reason = "a test that meets what it did not expect must stop"
)]

use std::path::PathBuf;

use chrono::NaiveDate;
use lookback_events::body::{BodyWriter, fields};
use lookback_events::event::claim::{
    AdjustmentMoney, ClaimBody, ClaimDates, ClaimMoney, ClaimNumbers, LineDates, LineMoney,
    OtherAmount, Party, Person, Persons, Reference, Remark, Remarks, Service,
};
use lookback_events::event::control::{
    Bytes, ClockAccepted, ClockGap, FileCounts, FileIdentity, FilePart, FileReceived,
    LedgerChoices, LedgerCreated, LinkReason, OriginalPart, Outcome, Part, PayeeIdentity,
    PayeeLink, PayeeSeen, PayeesLinked, Piece, SealedStretch, Usage, VolumeSealed,
};
use lookback_events::event::remittance::{
    AdjustmentNumbers, BalanceFigures, Counts, Payee, Payer, Payment, ProviderAdjusted,
    RemittanceClosed, RemittanceFile, RemittanceReceived, Verdict,
};
use lookback_events::event::text::{Day, Text};
use lookback_events::event::{ClaimKind, Control, Event, FindingsRecorded, Remittance};
use lookback_events::finding::{Finding, Rule, Severity};
use lookback_events::hash::Hash;
use lookback_events::id::{Digest, JournalId, PayeeId};
use lookback_events::money::Money;
use lookback_events::time::{MonthDay, Timestamp};

fn text() -> Option<Text<'static>> {
    Some("a \"quoted\" \u{e9}\n".into())
}

fn day() -> Option<Day> {
    NaiveDate::from_ymd_opt(2025, 1, 10).map(Day)
}

fn money() -> Option<Money> {
    Some(Money::from_cents(-12_345))
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn digest() -> Digest {
    Digest([0xa5; 32])
}

fn journal() -> JournalId {
    JournalId::payment(2).unwrap()
}

fn payee(id: &str) -> PayeeId {
    PayeeId::parse(id).unwrap()
}

fn claim() -> ClaimBody<'static> {
    let party = || Party { id: text(), id_qualifier: text(), name: text(), qualifier: "82".into() };
    let reference = || Reference { qualifier: "F8".into(), value: "1".into() };
    ClaimBody {
        before: text(),
        before_base64: text(),
        claim: ClaimNumbers {
            continued: true,
            drg: text(),
            facility: text(),
            filing: text(),
            frequency: text(),
            lines_not_itemised: 3,
            location: text(),
            ordinal: 1,
            patient_control: "A".into(),
            payee: "1234567893".into(),
            payer_control: text(),
            payers: vec![party()],
            references: vec![reference()],
            remittance: "00".into(),
            rendering: Some(party()),
            status: "1".into(),
        },
        dates: ClaimDates {
            expired: day(),
            from: day(),
            lines: vec![LineDates { from: day(), line: 1, to: day() }],
            received: day(),
            to: day(),
        },
        money: ClaimMoney {
            adjustments: vec![AdjustmentMoney {
                amount: money(),
                group: "CO".into(),
                line: 1,
                quantity: text(),
                reason: "45".into(),
            }],
            amounts: vec![OtherAmount { amount: money(), line: 0, qualifier: "AU".into() }],
            charge: money(),
            lines: vec![LineMoney { charge: money(), line: 1, paid: money() }],
            paid: money(),
            patient: money(),
        },
        original: text(),
        original_base64: text(),
        patient: Some(Persons {
            names: vec![Person {
                first: text(),
                id: text(),
                id_qualifier: text(),
                last: text(),
                middle: text(),
                qualifier: "QC".into(),
                suffix: text(),
            }],
            references: vec![reference()],
        }),
        remarks: Some(Remarks {
            codes: vec![Remark { code: "N1".into(), line: 1, qualifier: "HE".into() }],
            inpatient: vec!["0".into()],
            outpatient: vec!["0".into()],
        }),
        services: vec![Service {
            code: "99213".into(),
            line: 1,
            modifiers: vec!["25".into()],
            place: text(),
            qualifier: "HC".into(),
            references: vec![reference()],
            revenue: text(),
            submitted: text(),
            units: text(),
            units_submitted: text(),
        }],
    }
}

fn findings() -> Vec<Finding> {
    let finding = |expected: &str, found: &str, rule, severity| Finding {
        expected: expected.to_owned(),
        found: found.to_owned(),
        message: "one sentence".into(),
        offset: 4_096,
        path: "ISA[1]/GS[1]/ST[2]/CLP[3]/SVC[1]".to_owned(),
        rule,
        segment: 17,
        severity,
        version: 1,
    };
    vec![
        finding("80.00", "90.00", Rule::ClaimUnbalanced, Severity::Error),
        finding("", "", Rule::PlbZero, Severity::Warning),
    ]
}

fn layout() -> Vec<Piece<'static>> {
    vec![
        Piece::Envelope(Bytes::Text("ISA*00~".into())),
        Piece::Envelope(Bytes::Base64("/w==".into())),
        Piece::Remittance { digest: digest(), first: 1, journal: journal(), last: 9 },
        Piece::Parts { first: 0, last: 3, why: "unreadable".into() },
    ]
}

fn control() -> Vec<Control<'static>> {
    let choices = LedgerChoices {
        contract_year_start: MonthDay::parse("01-01").unwrap(),
        created: moment("2026-03-02T09:00:00.000001Z"),
        fiscal_year_end: Some(MonthDay::parse("06-30").unwrap()),
        journals: 4,
        origin: "plan.example/lookback".to_owned(),
        signing_key: Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()),
        time_zone: "America/New_York".to_owned(),
        usage: Usage::Production,
    };
    let identity = PayeeIdentity {
        id: payee("1234567893"),
        journal: journal(),
        name: Some("CLINIC".into()),
        npi: Some("1234567893".into()),
        tin: Some("042345678".into()),
    };
    let link = PayeeLink {
        known: payee("042345678"),
        seen: payee("1234567893"),
        why: LinkReason::SameTin,
    };
    let counts = FileCounts {
        adjustments: 1,
        bpr_total: Money::from_cents(2),
        claim_paid: Money::from_cents(3),
        claims: 4,
        denied: 5,
        interchanges: 6,
        lines: 7,
        plb_adjustments: 8,
        plb_total: Money::from_cents(-9),
        reversals: 10,
        transactions: 11,
    };
    let file = FileIdentity { bytes: 12, name: "run.835".into(), sha256: digest() };
    let clock = ClockGap {
        newest: moment("2026-03-02T09:00:00.000001Z"),
        now: moment("2026-03-02T08:00:00.000000Z"),
    };
    vec![
        Control::LedgerCreated(Box::new(LedgerCreated { ledger: choices })),
        Control::PayeeSeen(Box::new(PayeeSeen { payee: identity })),
        Control::PayeesLinked(Box::new(PayeesLinked { link })),
        Control::FileReceived(Box::new(FileReceived {
            counts,
            file,
            findings: findings(),
            layout: layout(),
            outcome: Outcome::PartlyRecorded,
            reason: Some("test interchange (ISA15 is T)".into()),
        })),
        Control::FilePart(Box::new(FilePart {
            file: digest(),
            findings: findings(),
            layout: layout(),
            number: 2,
        })),
        Control::ClockAccepted(ClockAccepted { clock }),
    ]
}

fn remittance() -> Vec<Remittance<'static>> {
    let hex = || Text::from(digest().to_string());
    let received = RemittanceReceived {
        file: RemittanceFile {
            group_control: "101".into(),
            interchange_control: "000000101".into(),
            offset: 1,
            ordinal: 2,
            segment: 3,
            sha256: hex(),
            transaction_control: "0101".into(),
        },
        original: text(),
        original_base64: text(),
        payee: Payee { id: "1234567893".into(), name: text(), npi: text(), tin: text() },
        payer: Payer { id: text(), name: text(), plan: text() },
        payment: Payment {
            amount: money(),
            credit_debit: text(),
            date: day(),
            handling: text(),
            method: text(),
            trace: text(),
        },
        produced: day(),
        remittance: hex(),
    };
    let adjusted = ProviderAdjusted {
        adjustment: AdjustmentNumbers {
            amount: money(),
            fiscal_period: day(),
            ordinal: 1,
            payee: "1234567893".into(),
            provider: "1234567893".into(),
            reason: "WO".into(),
            remittance: hex(),
        },
        before: text(),
        before_base64: text(),
        original: text(),
        original_base64: text(),
        reference: text(),
    };
    let closed = RemittanceClosed {
        balance: BalanceFigures {
            adjustments: money(),
            claims: money(),
            off: money(),
            payment: money(),
            verdict: Verdict::Off,
        },
        before: text(),
        before_base64: text(),
        counts: Counts {
            adjustments: 1,
            claims: 2,
            denied: 3,
            lines: 4,
            plb_adjustments: 5,
            reversals: 6,
        },
        findings: findings(),
        original: text(),
        original_base64: text(),
        remittance: hex(),
        truncated: true,
    };
    let found = FindingsRecorded { findings: findings(), remittance: hex() };
    vec![
        Remittance::Received(Box::new(received)),
        Remittance::Adjusted(Box::new(adjusted)),
        Remittance::Findings(found),
        Remittance::Closed(Box::new(closed)),
    ]
}

/// Every event, with every member.
fn events() -> Vec<Event<'static>> {
    let kinds = [
        ClaimKind::Paid,
        ClaimKind::Denied,
        ClaimKind::Reversed,
        ClaimKind::Forwarded,
        ClaimKind::Predetermined,
        ClaimKind::Reported,
    ];
    let part = Part { file: digest(), number: 1, offset: 2, remittance: Some(digest()) };
    let original = OriginalPart { original: Bytes::Text("CLP*1~".into()), part };
    let volume =
        SealedStretch { first: 0, index_root: Hash([0x5a; 32]), last: 65_535, streams: 40_000 };
    let mut all: Vec<_> = control().into_iter().map(Event::Control).collect();
    all.extend(remittance().into_iter().map(Event::Remittance));
    all.extend(kinds.map(|kind| Event::Claim(kind, Box::new(claim()))));
    all.push(Event::Original(Box::new(original)));
    all.push(Event::VolumeSealed(VolumeSealed { volume }));
    all
}

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    folder.join(format!("{}.json", name.replace('/', ".")))
}

#[test]
fn every_event_is_read_and_written_as_it_was_released() {
    for event in events() {
        let name = event.name();
        let golden = std::fs::read(path(name)).unwrap_or_default();
        let read = Event::decode(name, &golden);
        assert!(read.is_ok(), "{name}: a released event is read no more; give it a new version");
        assert_eq!(read.unwrap(), event, "{name}");
        let mut writer = BodyWriter::default();
        writer.write(&event).unwrap();
        let written = writer.into_text();
        assert!(
            written == golden,
            "{name} is written in other bytes than it was released with; give it a new version\n{}",
            String::from_utf8_lossy(&written)
        );
        let mut found = Vec::new();
        fields(&golden, &mut found).unwrap();
        assert!(!found.is_empty());
        // A value keeps its members sorted, so only what ascends at every level comes back the same.
        let value: serde_json::Value = serde_json::from_slice(&golden).unwrap();
        assert_eq!(serde_json::to_vec(&value).unwrap(), golden, "{name} ascends at every level");
        assert!(plainly_named(&value), "{name}");
    }
}

/// True where all members, at every level, have names of a-z, 0-9 and _.
fn plainly_named(value: &serde_json::Value) -> bool {
    let plain = |name: &String| {
        name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
    };
    match value {
        serde_json::Value::Object(members) => {
            members.keys().all(plain) && members.values().all(plainly_named)
        }
        serde_json::Value::Array(values) => values.iter().all(plainly_named),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => true,
    }
}

#[test]
fn what_may_be_absent_is_read_as_it_was_not_written() {
    let claim = Event::Claim(ClaimKind::Paid, Box::default());
    let received = Event::Remittance(Remittance::Received(Box::default()));
    for event in [claim, received] {
        let mut writer = BodyWriter::default();
        writer.write(&event).unwrap();
        let written = writer.into_text();
        assert_eq!(Event::decode(event.name(), &written).unwrap(), event);
    }
}

#[test]
fn what_commands_led_to_is_read_and_written_as_it_was_released() {
    let own: Vec<&str> = events().iter().map(Event::name).collect();
    for name in Event::names().filter(|name| !own.contains(name)) {
        let golden = std::fs::read(path(name)).unwrap_or_default();
        let read = Event::decode(name, &golden).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(read.name(), name);
        let mut writer = BodyWriter::default();
        writer.write(&read).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&writer.into_text()),
            String::from_utf8_lossy(&golden),
            "{name}"
        );
    }
}

#[test]
fn there_is_one_golden_file_an_event_and_none_besides() {
    for event in events() {
        assert!(Event::names().any(|name| name == event.name()), "{} is not listed", event.name());
    }
    for name in Event::names() {
        assert!(path(name).exists(), "{name} has no golden file");
    }
    let folder = path("x/1");
    let files = std::fs::read_dir(folder.parent().unwrap()).unwrap().count();
    assert_eq!(files, Event::names().count());
}
