use std::fmt::Write as _;

use lookback_events::event::governance::{Governance, Proposal};

use super::*;

/// The golden body of an event, as `events` keeps it.
fn golden(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/events/tests/golden/");
    std::fs::read(format!("{folder}{}.json", name.replace('/', "."))).unwrap()
}

#[test]
fn every_event_has_its_words_and_what_people_wrote_stands_apart() {
    let mut table = String::new();
    for name in Event::names() {
        let body = golden(name);
        let words = of(&Event::decode(name, &body).unwrap());
        writeln!(table, "{name}: {}", words.what).unwrap();
        if let Some(said) = words.said {
            writeln!(table, "    said: {said}").unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/replay/words/table.txt");
    if std::env::var_os("LOOKBACK_WRITE_GOLDEN").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    assert_eq!(table, std::fs::read_to_string(path).unwrap());
}

#[test]
fn no_words_hold_a_patients_number_or_a_line_break() {
    for name in Event::names() {
        let body = golden(name);
        let words = of(&Event::decode(name, &body).unwrap());
        assert!(!words.what.contains("ACCT-A0"), "{name}: {}", words.what);
        assert!(!words.what.contains('\n') && !words.what.is_empty(), "{name}");
    }
}

#[test]
fn a_proposal_says_what_is_proposed() {
    let command = r#"{"actor":"ada","amount":"10.00","case":"OP-2","command":"write-off",
        "happened":"2026-04-10","id":"w","reason":"too small"}"#;
    let made = Governance::ProposalMade(Box::new(Proposal {
        command: command.to_owned(),
        sha256: crate::command::sha256(command),
    }));
    let told = governance::words(&made);
    assert_eq!(told.what, "proposed to a second person, write-off: 10.00 written off");
    assert_eq!(told.said.as_deref(), Some("too small"));
}
