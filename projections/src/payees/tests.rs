use lookback_events::event::control::{PayeeSeen, PayeesLinked};
use lookback_events::event::{Control, Event};
use lookback_events::time::Timestamp;

use super::*;
use crate::Projections;
use crate::rows::MemoryRows;

/// Rows of a registry that saw these payees, each as `id npi tin`, `-` where not given.
fn registry(lines: &[&str]) -> MemoryRows {
    let mut rows = MemoryRows::default();
    for (seq, line) in (1..).zip(lines) {
        let words: Vec<_> = line.split(' ').map(|w| (w != "-").then_some(w)).collect();
        let payee = PayeeIdentity {
            id: PayeeId::parse(words[0].unwrap()).unwrap(),
            journal: JournalId::payment(0).unwrap(),
            name: Some("CLINIC".into()),
            npi: words[1].map(Into::into),
            tin: words[2].map(Into::into),
        };
        let event = Event::Control(Control::PayeeSeen(Box::new(PayeeSeen { payee })));
        let recorded_at = Timestamp::from_micros(0);
        let record = Record {
            journal: JournalId::CONTROL,
            seq,
            recorded_at,
            control: seq,
            actor: "t",
            event: &event,
        };
        Projections::apply(&mut rows, &record).unwrap();
    }
    rows
}

#[test]
fn a_payee_is_its_npi_else_its_tin_else_unknown() {
    for (what, known, npi, tin, wanted) in [
        ("an NPI alone", &[][..], Some("N1"), None, "N1"),
        ("an NPI with a TIN", &[], Some("N1"), Some("T1"), "N1"),
        ("an NPI though its TIN is a payee", &["T1 - T1"], Some("N1"), Some("T1"), "N1"),
        ("a TIN nobody has", &[], None, Some("T1"), "T1"),
        ("a TIN of one NPI", &["N1 N1 T1"], None, Some("T1"), "N1"),
        ("a TIN of two NPIs", &["N1 N1 T1", "N2 N2 T1"], None, Some("T1"), "T1"),
        ("a TIN that begins another", &["N1 N1 T12"], None, Some("T1"), "T1"),
        ("a TIN that had its own journal first", &["T1 - T1", "N1 N1 T1"], None, Some("T1"), "T1"),
        ("a TIN learnt later", &["N1 N1 -", "N1 N1 T1"], None, Some("T1"), "N1"),
        ("blanks around it", &["N1 N1 T1"], None, Some(" T1 "), "N1"),
        ("blanks only", &[], Some(" "), Some(""), "unknown"),
        ("nobody", &["N1 N1 T1"], None, None, "unknown"),
    ] {
        let rows = registry(known);
        assert_eq!(resolve(&rows, npi, tin).unwrap().as_str(), wanted, "{what}");
    }
}

#[test]
fn a_tin_that_is_a_payee_of_its_own_is_linked_to_its_npis_once() {
    for (known, id, tin, wanted) in [
        (&["T1 - T1", "N1 N1 T1"][..], "N1", Some("T1"), &["T1"][..]),
        (&["N1 N1 T1", "N2 N2 T1", "T1 - T1"], "T1", Some("T1"), &["N1", "N2"]),
        (&["N1 N1 T1"], "N1", Some("T1"), &[]),
        (&["T1 - T1", "N1 N1 T1"], "N1", Some("T2"), &[]),
        (&["T1 - T1", "N1 N1 -"], "N1", None, &[]),
        (&["T1 - T1"], "T1", Some("T1"), &[]),
    ] {
        let mut rows = registry(known);
        let id = PayeeId::parse(id).unwrap();
        let missing = unlinked(&rows, &id, tin).unwrap();
        assert_eq!(missing.iter().map(PayeeId::as_str).collect::<Vec<_>>(), wanted, "{known:?}");
        for known in missing.clone() {
            let link = PayeeLink { known, seen: id.clone(), why: LinkReason::SameTin };
            let event = Event::Control(Control::PayeesLinked(Box::new(PayeesLinked { link })));
            let recorded_at = Timestamp::from_micros(0);
            let record = Record {
                journal: JournalId::CONTROL,
                seq: 9,
                recorded_at,
                control: 9,
                actor: "t",
                event: &event,
            };
            Projections::apply(&mut rows, &record).unwrap();
        }
        assert_eq!(unlinked(&rows, &id, tin).unwrap(), []);
        let others = links(&rows, &id).unwrap();
        assert_eq!(others.iter().map(|(other, _)| other.clone()).collect::<Vec<_>>(), missing);
        for (other, row) in others {
            assert_eq!(links(&rows, &other).unwrap(), [(id.clone(), row)]);
        }
    }
}

#[test]
fn a_payee_is_news_until_all_its_identifiers_are_known() {
    for (known, id, npi, tin, wanted) in [
        (&[][..], "N1", Some("N1"), None, true),
        (&["N1 N1 -"], "N1", Some("N1"), None, false),
        (&["N1 N1 -"], "N1", Some("N1"), Some("T1"), true),
        (&["N1 N1 T1"], "N1", Some("N1"), Some("T1"), false),
        (&["N1 N1 T1"], "N1", None, Some("T1"), false),
        (&["N1 N1 T1"], "N1", Some("N1"), Some("T2"), true),
        (&["T1 - T1"], "T1", None, Some("T1"), false),
        (&["unknown - -"], "unknown", None, None, false),
    ] {
        let (rows, id) = (registry(known), PayeeId::parse(id).unwrap());
        assert_eq!(is_news(&rows, &id, npi, tin).unwrap(), wanted, "{known:?} {id} {tin:?}");
    }
}

#[test]
fn a_payee_keeps_its_first_name_and_all_its_tins() {
    let rows = registry(&["N2 N2 T9", "N1 N1 T2", "N1 N1 T1"]);
    let id = PayeeId::parse("N1").unwrap();
    assert_eq!(tins(&rows, &id).unwrap(), ["T1", "T2"]);
    let row = payee(&rows, &id).unwrap().unwrap();
    assert_eq!((row.npi.as_deref(), row.seq), (Some("N1"), 2));
    let mut ids = Vec::new();
    all(&rows, &mut |id, _| {
        ids.push(id.to_string());
        true
    })
    .unwrap();
    assert_eq!(ids, ["N1", "N2"]);
}
