//! Rows depend on nothing but the records: not on how journals interleave, not on where a fold stops
//! and goes on. Small stories beside them say what a later record changes.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a test may stop where it is wrong"
)]

use chrono::NaiveDate;
use lookback_events::event::control::{
    Bytes, FileCounts, FileIdentity, FilePart, FileReceived, LinkReason, OriginalPart, Outcome,
    Part, PayeeIdentity, PayeeLink, PayeeSeen, PayeesLinked, Piece,
};
use lookback_events::event::{Control, Event, Remittance};
use lookback_events::finding::Rule;
use lookback_events::id::{Digest, JournalId, PayeeId};
use lookback_events::money::Money;
use lookback_projections::remittances::{self, Which};
use lookback_projections::rows::{MemoryRows, Rows as _};
use lookback_projections::{Position, Projections, Record};
use lookback_projections::{accounts, cycles, files, findings, forwards};
use proptest::prelude::*;

#[path = "folds/recoveries.rs"]
mod recoveries;
#[path = "folds/story.rs"]
mod story;
#[path = "folds/units.rs"]
mod units;

use story::{PATIENT, Story, apply, finding, rows_of};

/// One step of a story, as numbers that mean something in any state.
type Step = (u8, u8, u8, i64);

/// Tells a payment journal: any step is possible at any time, a remittance that was left is gone on
/// with later.
fn told(journal: u8, steps: &[Step]) -> Story {
    let mut story = Story::new(journal);
    for (what, which, patient, cents) in steps {
        if story.open.is_empty() || *what == 0 {
            story.begin(*which, 1 + *which % 5);
            continue;
        }
        let at = usize::from(*which) % story.open.len();
        let claim = 1 + u64::from(*which);
        let rule = if *patient == 0 { Rule::ForwardUnknown } else { Rule::ReversalWithoutOriginal };
        match *what {
            1..=3 => story.claim(at, *patient, "1", *cents),
            4 | 5 => story.claim(at, *patient, "22", -cents.abs()),
            6 => story.claim(at, *patient, "4", 0),
            7 => story.adjust(at, "FB", ["T0", "T1", " T2 "][usize::from(*patient)], *cents),
            8 => story.adjust(at, "WO", &format!("{PATIENT}{patient}"), *cents),
            9 => story.part(at),
            10 => story.findings(at, vec![finding(Rule::ClaimUnbalanced, 1), finding(rule, claim)]),
            11 | 12 => {
                story.close(at, vec![finding(rule, claim), finding(Rule::ForwardUnknown, 1)]);
            }
            _ => recoveries::happens(&mut story, *what, *which, *patient, *cents),
        }
    }
    story
}

/// Tells the control journal.
fn told_control(steps: &[Step]) -> Story {
    let mut story = Story::new(0);
    for (what, which, patient, cents) in steps {
        let file = Digest([200 + which % 3; 32]);
        let payee = PayeeIdentity {
            id: PayeeId::parse(&format!("N{which}")).unwrap(),
            journal: JournalId::payment(which % 2).unwrap(),
            name: None,
            npi: Some(format!("N{which}").into()),
            tin: Some(format!("T{patient}").into()),
        };
        let layout = vec![Piece::Remittance {
            digest: file,
            first: 0,
            journal: JournalId::payment(0).unwrap(),
            last: 1,
        }];
        story.events.push(match what % 5 {
            0 => Event::Control(Control::PayeeSeen(Box::new(PayeeSeen { payee }))),
            1 => {
                let part = Part { file, number: 0, offset: 0, remittance: None };
                let original = Bytes::Base64("AAEC".into());
                Event::Original(Box::new(OriginalPart { original, part }))
            }
            2 => {
                let known = PayeeId::parse(&format!("T{patient}")).unwrap();
                let link = PayeeLink { known, seen: payee.id, why: LinkReason::SameTin };
                Event::Control(Control::PayeesLinked(Box::new(PayeesLinked { link })))
            }
            3 => Event::Control(Control::FilePart(Box::new(FilePart {
                file,
                findings: Vec::new(),
                layout,
                number: 0,
            }))),
            _ => Event::Control(Control::FileReceived(Box::new(FileReceived {
                counts: FileCounts {
                    claim_paid: Money::from_cents(*cents),
                    ..FileCounts::default()
                },
                file: FileIdentity { bytes: 1, name: "a.835".into(), sha256: file },
                findings: vec![finding(Rule::IeaCount, 1)],
                layout,
                outcome: Outcome::PartlyRecorded,
                reason: Some("x".repeat(9_000).into()),
            }))),
        });
    }
    story
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0_u8..40, 0_u8..4, 0_u8..3, -3_i64..4), 0..80)
}

proptest! {
    #[test]
    fn rows_are_the_same_however_journals_interleave_and_wherever_a_fold_stops(
        control in steps(), a in steps(), b in steps(),
        order in prop::collection::vec(0_usize..3, 0..200), cut in 0_usize..100
    ) {
        let stories = [told_control(&control), told(1, &a), told(2, &b)];
        let mut rebuilt = MemoryRows::default();
        for story in &stories {
            apply(&mut rebuilt, story.records());
        }
        let mut waiting: Vec<_> = stories.iter().map(Story::records).collect();
        let mut mixed: Vec<Record<'_>> = Vec::new();
        for which in order {
            mixed.extend(waiting[which].next());
        }
        mixed.extend(waiting.into_iter().flatten());
        // Saved at a record and read again: nothing is kept but the rows.
        let (prefix, rest) = mixed.split_at(cut.min(mixed.len()));
        let mut first = MemoryRows::default();
        apply(&mut first, prefix.iter().copied());
        let mut saved = MemoryRows::default();
        first.iter().for_each(|(key, value)| saved.put(key.to_vec(), value.to_vec()));
        apply(&mut saved, rest.iter().copied());
        prop_assert_eq!(&saved, &rebuilt);
        for (key, value) in rebuilt.iter() {
            prop_assert!(key.len() <= 400 && value.len() <= 6_000);
            let holds = |bytes: &[u8]| bytes.windows(PATIENT.len()).any(|w| w == PATIENT.as_bytes());
            prop_assert!(!holds(key) && !holds(value), "a patient's number is in a row");
        }
    }

    #[test]
    fn running_counts_and_accounts_hold_every_claim_and_every_cent(steps in steps()) {
        let story = told(1, &steps);
        let rows = rows_of(&story);
        let (mut claims, mut paid, mut adjusted) = (0_u64, 0_i128, 0_i128);
        for event in &story.events {
            if let Event::Claim(_, body) = event {
                claims += 1;
                paid += body.money.paid.unwrap().cents();
            }
            if let Event::Remittance(Remittance::Adjusted(body)) = event {
                adjusted += body.adjustment.amount.unwrap().cents();
            }
        }
        let (mut counted, mut summed) = (0, [0_i128; 4]);
        let mut incomplete = 0;
        remittances::all(&rows, Which::All, &mut |digest, row| {
            counted += row.running.claims;
            summed[0] += row.running.paid.cents();
            summed[1] += row.running.plb.cents();
            incomplete += usize::from(row.closed.is_none());
            assert_eq!(remittances::remittance(&rows, &digest).unwrap(), Some(row));
            true
        }).unwrap();
        let mut booked = 0;
        accounts::claims(&rows, None, &mut |_, row| {
            booked += row.paid + row.denied + row.reversed + row.other;
            summed[2] += row.total.cents();
            true
        }).unwrap();
        accounts::adjustments(&rows, None, &mut |_, row| {
            summed[3] += row.total.cents();
            true
        }).unwrap();
        prop_assert_eq!((counted, booked), (claims, claims));
        prop_assert_eq!(summed, [paid, adjusted, paid, adjusted]);
        let mut listed = 0;
        remittances::all(&rows, Which::Incomplete, &mut |_, row| {
            listed += usize::from(row.closed.is_none());
            true
        }).unwrap();
        prop_assert_eq!((listed, incomplete), (story.open.len(), story.open.len()));
    }
}

/// The finding of the record at `seq`, and the record that resolved it.
fn resolved(rows: &MemoryRows, story: &Story, seq: usize) -> Option<Position> {
    let id = findings::FindingId { at: story.at(seq), number: 0 };
    findings::finding(rows, id).unwrap().unwrap().resolved
}

#[test]
fn a_reversal_without_its_original_is_resolved_by_the_payment_that_comes_late() {
    for (what, day, patient, paid, resolves) in [
        ("its original", 1, 0, 500, true),
        ("paid after the reversal", 5, 0, 500, false),
        ("another claim", 1, 1, 500, false),
        ("another amount", 1, 0, 400, false),
    ] {
        let mut story = Story::new(1);
        story.begin(0, 4);
        story.claim(0, 2, "1", 7);
        story.claim(0, 0, "22", -500);
        story.close(0, vec![finding(Rule::ReversalWithoutOriginal, 2)]);
        let closed = story.events.len() - 1;
        story.begin(0, day);
        story.claim(0, patient, "1", paid);
        let late = story.at(story.events.len() - 1);
        let rows = rows_of(&story);
        assert_eq!(resolved(&rows, &story, closed), resolves.then_some(late), "{what}");
        // Nothing waits any more once it is resolved, and one payment is the original of one.
        let waits = rows.iter().filter(|(key, _)| matches!(key[0], b'W' | b'C' | b'V')).count();
        assert_eq!(waits, if resolves { 0 } else { 2 }, "{what}");
    }
}

#[test]
fn a_reversal_of_a_remittance_in_several_commits_still_waits_for_its_original() {
    let mut story = Story::new(1);
    story.begin(0, 4);
    story.claim(0, 0, "22", -500);
    story.begin(0, 4);
    story.claim(1, 1, "22", -300);
    story.findings(0, vec![finding(Rule::ReversalWithoutOriginal, 1)]);
    let first = story.events.len() - 1;
    story.close(1, vec![finding(Rule::ReversalWithoutOriginal, 1)]);
    let second = story.events.len() - 1;
    story.claim(0, 1, "1", 300);
    let late = story.at(story.events.len() - 1);
    story.close(0, Vec::new());
    let rows = rows_of(&story);
    assert_eq!(resolved(&rows, &story, first), None);
    assert_eq!(resolved(&rows, &story, second), Some(late));
    let digest = story.digest(0);
    let row = remittances::remittance(&rows, &digest).unwrap().unwrap();
    assert_eq!((row.running.claims, row.running.records()), (2, 3));
    assert_eq!(row.closed.unwrap().findings, 1);
    let mut of = Vec::new();
    findings::of(&rows, &digest, &mut |id, row| {
        of.push((id.at.seq as usize, row.rule));
        true
    })
    .unwrap();
    assert_eq!(of, [(first, Rule::ReversalWithoutOriginal)]);
}

#[test]
fn a_reversal_ahead_of_its_payment_in_one_remittance_waits_for_it_too() {
    let mut story = Story::new(1);
    story.begin(0, 4);
    story.claim(0, 0, "22", -500);
    // A remittance of so many findings that some are recorded ahead of the payment.
    story.findings(0, vec![finding(Rule::ReversalWithoutOriginal, 1)]);
    let found = story.events.len() - 1;
    story.claim(0, 0, "1", 500);
    let behind = story.at(story.events.len() - 1);
    story.close(0, Vec::new());
    assert_eq!(resolved(&rows_of(&story), &story, found), Some(behind));
}

#[test]
fn an_unknown_forward_balance_is_resolved_when_it_is_made() {
    let mut story = Story::new(1);
    story.begin(0, 4);
    // The first is made further down and is no finding; the second is.
    story.adjust(0, "FB", "T0", 10);
    story.adjust(0, "FB", "T1", 100);
    story.adjust(0, "FB", "T0", -10);
    story.close(0, vec![finding(Rule::ForwardUnknown, 0)]);
    let closed = story.events.len() - 1;
    let rows = rows_of(&story);
    assert_eq!(resolved(&rows, &story, closed), None);
    story.begin(0, 1);
    story.adjust(0, "FB", " T1", -150);
    let made = story.at(story.events.len() - 1);
    let rows = rows_of(&story);
    assert_eq!(resolved(&rows, &story, closed), Some(made));
    let row = forwards::forward(&rows, &story.payee(0), "T1").unwrap().unwrap();
    assert_eq!((row.left(), row.made_in.unwrap().at), (Money::from_cents(50), made));
    assert!(!rows.iter().any(|(key, _)| matches!(key[0], b'W' | b'U')));
}

#[test]
fn a_file_says_how_much_of_it_is_kept_until_it_is_received() {
    // Two parts, a list, the end, and the end again.
    let story =
        told_control(&[(1, 0, 0, 0), (1, 0, 0, 0), (3, 0, 0, 0), (4, 0, 0, 9), (4, 0, 0, 8)]);
    let sha256 = Digest([200; 32]);
    let mut rows = MemoryRows::default();
    apply(&mut rows, story.records().take(3));
    let row = files::file(&rows, &sha256).unwrap().unwrap();
    assert_eq!((row.parts, row.parts_bytes, row.lists, row.lists_first), (2, 6, 1, Some(2)));
    let mut unfinished = 0;
    files::unfinished(&rows, &mut |_, _| {
        unfinished += 1;
        true
    })
    .unwrap();
    assert_eq!((row.received, unfinished), (None, 1));
    let rows = rows_of(&story);
    files::unfinished(&rows, &mut |_, _| unreachable!("the file is received")).unwrap();
    let row = files::file(&rows, &sha256).unwrap().unwrap();
    let received = row.received.unwrap();
    assert_eq!((received.seq, received.findings, row.again, row.remittances), (3, 1, 1, 2));
    assert_eq!(received.counts.claim_paid, Money::from_cents(9));
    assert_eq!(received.reason.unwrap().len(), 1_024);
}

#[test]
fn the_last_cycle_is_the_latest_payment_date_of_a_closed_remittance() {
    let mut story = Story::new(1);
    for day in [2, 4, 1] {
        story.begin(0, day);
        story.close(0, Vec::new());
    }
    story.begin(0, 5);
    let rows = rows_of(&story);
    let last = cycles::last(&rows).unwrap().unwrap();
    assert_eq!(
        (last.paid_on, last.remittance),
        (NaiveDate::from_ymd_opt(2025, 2, 4), story.digest(1))
    );
    let mut dates = Vec::new();
    remittances::all(&rows, Which::OfPayee(&story.payee(0)), &mut |_, row| {
        dates.push(row.paid_on.unwrap().to_string());
        dates.len() < 3
    })
    .unwrap();
    assert_eq!(dates, ["2025-02-01", "2025-02-02", "2025-02-04"]);
}

#[test]
fn a_record_of_a_remittance_that_never_began_is_refused() {
    let mut story = Story::new(1);
    story.begin(0, 1);
    story.claim(0, 0, "1", 1);
    let mut rows = MemoryRows::default();
    let orphan = story.records().last().unwrap();
    assert!(Projections::apply(&mut rows, &orphan).is_err());
}
