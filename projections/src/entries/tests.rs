//! Entries add up to the money of their case.

use lookback_events::event::control::ClockAccepted;
use lookback_events::event::{Control, Event};
use lookback_events::id::JournalId;

use super::*;
use crate::rows::MemoryRows;

fn money(cents: [i64; 5]) -> CaseMoney {
    let [identified, reduced, collected, carried, written_off] = cents.map(Money::from_cents);
    CaseMoney { identified, reduced, collected, carried, written_off, ..CaseMoney::default() }
}

#[test]
fn every_change_is_an_entry_and_what_one_record_does_is_one() {
    let event = Event::Control(Control::ClockAccepted(ClockAccepted {
        behind_seconds: 0,
        last: Timestamp::from_micros(0),
    }));
    let mut rows = MemoryRows::default();
    let case = CaseId::parse("OP-1").unwrap();
    let steps = [
        (1, money([0; 5]), money([1_000, 0, 0, 0, 0])),
        (2, money([1_000, 0, 0, 0, 0]), money([1_000, 100, 0, 0, 0])),
        (3, money([1_000, 100, 0, 0, 0]), money([1_000, 100, 300, 0, 0])),
        (3, money([1_000, 100, 300, 0, 0]), money([1_000, 100, 250, 50, 0])),
        (4, money([1_000, 100, 250, 50, 0]), money([1_000, 100, 250, 50, 0])),
        (5, money([1_000, 100, 250, 50, 0]), money([1_000, 100, 250, 50, 600])),
    ];
    for (number, (seq, before, after)) in steps.iter().enumerate() {
        let record = Record {
            journal: JournalId::payment(0).unwrap(),
            seq: *seq,
            recorded_at: Timestamp::from_micros(1_740_787_200_000_000),
            control: 1,
            actor: "jane",
            event: &event,
        };
        let before = (number > 0).then_some(before);
        changed(&mut rows, &record, &case, before, after).unwrap();
    }
    let entries = of(&rows, &case).unwrap();
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| (entry.at.seq, entry.row.kind, entry.row.inventory().unwrap().cents()))
        .collect();
    assert_eq!(
        seen,
        [
            (1, Kind::Identified, 1_000),
            (2, Kind::Remittance, -100),
            (3, Kind::Remittance, -250),
            (5, Kind::Remittance, -600),
        ]
    );
    let mut sum = CaseMoney::default();
    entries.iter().for_each(|entry| entry.row.add_to(&mut sum).unwrap());
    assert_eq!(sum, money([1_000, 100, 250, 50, 600]));
}
