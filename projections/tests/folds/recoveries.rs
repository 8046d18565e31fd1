//! Cases and movements: what is booked, carried, waits and meets its twin, and that no cent is lost.

use chrono::NaiveDate;
use lookback_events::event::recovery::letters::{
    Answer, AnswerKind, Determination, Dispute, Outcome,
};
use lookback_events::event::recovery::money::{
    Attribution, Discharge, OffsetGivenBack, OffsetInstruction, OffsetTaken, OtherRecovery, Refund,
    Restoration, RestorationDecision, Restore, Settlement, Unattribution, WriteOff,
};
use lookback_events::event::recovery::{Amended, Reason, Recovery};
use lookback_events::event::text::Day;
use lookback_events::id::CaseId;
use lookback_events::money::Money;
use lookback_projections::movements::{self, How, MovementKind};
use lookback_projections::rows::MemoryRows;
use lookback_projections::{Position, Projections, cases, forwards};
use proptest::prelude::*;

use crate::story::{PATIENT, Story, Telling, rows_of};
use crate::{steps, told};

mod given;

fn cents(cents: i64) -> Money {
    Money::from_cents(cents)
}

fn day(day: u32) -> Day {
    Day(NaiveDate::from_ymd_opt(2025, 2, day).unwrap())
}

fn at(position: Position) -> String {
    format!("{}/{}", position.journal, position.seq)
}

fn reason() -> String {
    "because".to_owned()
}

fn offset(amount: i64) -> Recovery {
    let (plan, remittance, trace) = (None, None, None);
    let amount = cents(amount);
    Recovery::OffsetRecorded(Box::new(OffsetTaken { amount, plan, remittance, trace }))
}

fn refund(amount: i64) -> Recovery {
    Recovery::RefundRecorded(Box::new(Refund { amount: cents(amount), check: None }))
}

fn attribute(movement: String, amount: Option<i64>) -> Recovery {
    let amount = amount.map(cents);
    Recovery::MovementAttributed(Box::new(Attribution {
        amount,
        movement,
        reason: reason(),
        taken_on: None,
    }))
}

fn unattribute(movement: String) -> Recovery {
    Recovery::MovementUnattributed(Box::new(Unattribution { movement, reason: reason() }))
}

fn determination(level: u8, outcome: Outcome, reduced: Option<i64>) -> Determination {
    Determination {
        appeal_deadline: None,
        dated: day(9),
        level,
        outcome,
        reason: None,
        received: None,
        reduced: reduced.map(cents),
        sent: None,
    }
}

fn dispute(amount: Option<i64>) -> Recovery {
    let (amount, channel, grounds) = (amount.map(cents), None, reason());
    Recovery::DisputeReceived(Box::new(Dispute { amount, channel, grounds, level: 1 }))
}

fn why() -> Reason {
    Reason { reason: reason() }
}

/// Something happens to one of the journal's cases, as numbers that mean something in any state.
pub(crate) fn happens(story: &mut Story, what: u8, which: u8, patient: u8, amount: i64) {
    let claim = format!("{PATIENT}{patient}");
    let case = story.case(which % 3);
    let some = amount.abs().max(1);
    let telling = Telling { day: 1 + u32::from(which) * 3, ..Telling::default() };
    let any = |story: &Story| {
        let seq = usize::from(which) * 7 + usize::from(patient) * 3;
        at(story.at(seq % story.events.len().max(1)))
    };
    let detail = match what {
        13..=16 => {
            story.identify(which % 3, which % 2, &[(&claim, some * 2)]);
            return;
        }
        17 | 18 => return story.notify(&case, ["T0", "T1", "T2"][usize::from(patient)], 3),
        19 => dispute((amount > 0).then_some(some)),
        20 => {
            let outcome = Outcome::ALL[usize::from(patient)];
            Recovery::DisputeDetermined(Box::new(determination(1, outcome, Some(some))))
        }
        21 => {
            let outcome = Outcome::ALL[usize::from(patient)];
            Recovery::DeterminationCorrected(Box::new(determination(1, outcome, None)))
        }
        22 | 23 => offset(some),
        24 => refund(some),
        25 => Recovery::OffsetReversed(Box::new(OffsetGivenBack {
            amount: cents(some),
            reason: reason(),
            trace: None,
        })),
        26 | 27 => attribute(any(story), None),
        28 => unattribute(any(story)),
        29 => attribute("p90/5".to_owned(), Some(amount)),
        30 => Recovery::RestorationRecorded(Box::new(Restoration {
            amount: cents(some),
            interest: Some(cents(1)),
            trace: None,
        })),
        31 => Recovery::BalanceWrittenOff(Box::new(WriteOff {
            amount: cents(some),
            reason: reason(),
        })),
        32 => {
            Recovery::CaseSettled(Box::new(Settlement { reason: reason(), reduced: cents(some) }))
        }
        33 => Recovery::RecoveredByAnother(Box::new(OtherRecovery {
            amount: cents(some),
            by: "the State".into(),
        })),
        34 => {
            Recovery::BalanceDischarged(Box::new(Discharge { amount: cents(some), docket: None }))
        }
        35 => Recovery::CaseWithdrawn(Box::new(why())),
        36 => Recovery::CaseReopened(Box::new(why())),
        37 => Recovery::CaseClosed(Box::new(why())),
        38 => {
            let (cause, reason, standard) = (None, reason(), None);
            let amended = Amended { cause, reason, standard };
            let telling = Telling { claims: vec![(claim, None, some)], ..telling };
            return story.deed(&case, &telling, Recovery::CaseAmended(Box::new(amended)));
        }
        _ => Recovery::RestorationDecided(Box::new(RestorationDecision {
            amount: cents(some),
            decision: Restore::Restore,
            reason: reason(),
        })),
    };
    story.deed(&case, &telling, detail);
}

proptest! {
    #[test]
    fn money_meets_after_every_record_and_forward_balances_hold_what_movements_carry(
        steps in steps()
    ) {
        let story = told(1, &steps);
        let mut rows = MemoryRows::default();
        for record in story.records() {
            Projections::apply(&mut rows, &record).unwrap();
            let mut all = Vec::new();
            cases::all(&rows, &mut |id, row| {
                all.push((id, row));
                true
            }).unwrap();
            for (id, row) in all {
                prop_assert!(row.money.holds().unwrap(), "{id}: {:?}", row.money);
                prop_assert_eq!(cases::recount(&rows, &id, &row).unwrap(), row.money);
                let mut carried = 0;
                movements::of_case(&rows, &id, &mut |_, movement| {
                    assert_eq!(movement.case.as_ref(), Some(&id));
                    carried += movement.carried.cents();
                    Ok(true)
                }).unwrap();
                prop_assert_eq!(carried, row.money.carried.cents());
            }
        }
        // Of a payee, no more is carried under an id than is left of its forward balance.
        let mut under = std::collections::BTreeMap::new();
        for seq in 0..story.events.len() {
            let Some(movement) = movements::movement(&rows, story.at(seq)).unwrap() else { continue };
            let sum: i128 = movement.under.iter().map(|under| under.left.cents()).sum();
            prop_assert_eq!(sum, movement.carried.cents());
            prop_assert!(movement.under.iter().all(|under| under.left.cents() > 0));
            for own in movement.under {
                *under.entry((movement.payee.clone(), own.id)).or_insert(0) += own.left.cents();
            }
            if movement.waits {
                prop_assert!(movement.case.is_none());
            }
        }
        for ((payee, id), carried) in under {
            let row = forwards::forward(&rows, &payee, &id).unwrap().unwrap();
            // What was consumed before it was made is a finding, and was taken from nothing.
            prop_assert!(carried <= row.made.cents(), "{id}: {carried} of {row:?}");
        }
    }
}

/// Collected, carried, outstanding, owed in cents.
fn money(rows: &MemoryRows, case: &CaseId) -> [i128; 4] {
    let row = cases::case(rows, case).unwrap().unwrap();
    let (outstanding, owed) = (row.money.outstanding(), row.money.restoration_owed());
    [row.money.collected, row.money.carried, outstanding.unwrap(), owed.unwrap()].map(Money::cents)
}

fn waiting(rows: &MemoryRows) -> Vec<(u64, MovementKind, i128)> {
    let mut found = Vec::new();
    movements::unmatched(rows, None, &mut |at, movement| {
        found.push((at.seq, movement.kind, movement.amount.cents()));
        Ok(true)
    })
    .unwrap();
    found
}

/// A story of payee 0 with a case of 200 about claim A, whose notice has the control number N.
fn noticed() -> (Story, CaseId) {
    let mut story = Story::new(1);
    let case = story.identify(0, 0, &[("A", 200)]);
    story.notify(&case, "N", 2);
    (story, case)
}

/// A remittance of payee 0 with these claims (`A 22 -500`) and adjustments (`WO:N 200`).
fn remit(story: &mut Story, day: u8, what: &str) {
    story.begin(0, day);
    let open = story.open.len() - 1;
    for item in what.split(", ") {
        if let Some((reason, rest)) = item.split_once(':') {
            let (reference, amount) = rest.split_once(' ').unwrap();
            story.adjust(open, reason, reference, amount.parse().unwrap());
        } else {
            let words: Vec<&str> = item.split(' ').collect();
            let (claim, status, paid) = (words[0], words[1], words[2]);
            story.claim_of(open, claim, status, paid.parse().unwrap());
        }
    }
    story.close(open, Vec::new());
}

#[test]
fn remittances_meet_a_case() {
    // Each step is a remittance; after the last one the money, and what waits.
    for (what, steps, wanted, waits) in [
        ("a letter", vec!["WO:N 200"], [200, 0, 0, 0], 0),
        ("in parts", vec!["WO:N 50", "WO:N 70"], [120, 0, 80, 0], 0),
        ("by the claim's number", vec!["WO:A 200"], [200, 0, 0, 0], 0),
        ("amount and date alone never match", vec!["WO:Z 200"], [0, 0, 200, 0], 1),
        ("no number", vec!["WU: 200"], [0, 0, 200, 0], 1),
        ("a refund", vec!["WO:N 200, 72:N -200"], [200, 0, 0, 0], 0),
        ("a refund of a part, the rest taken", vec!["WO:N 200, 72:N -150"], [200, 0, 0, 0], 0),
        ("the payer writes off", vec!["WO:N 200, CS:N -200"], [0, 0, 200, 0], 0),
        ("a return that nothing opposes", vec!["72:N -200"], [0, 0, 200, 0], 1),
        ("reversed and corrected", vec!["A 22 -500, A 1 300"], [200, 0, 0, 0], 0),
        ("a status 1 with negative amounts", vec!["A 1 -500, A 1 300"], [200, 0, 0, 0], 0),
        ("the correction ahead of its reversal", vec!["A 1 300, A 22 -500"], [200, 0, 0, 0], 0),
        ("the correction in another remittance", vec!["A 22 -500", "A 1 300"], [200, 0, 0, 0], 0),
        ("until then all of it is taken", vec!["A 22 -500"], [500, 0, 0, 300], 0),
        (
            "corrected to more gives back no more than was reversed",
            vec!["A 22 -500, A 1 900"],
            [0, 0, 200, 0],
            0,
        ),
        (
            "a second payment is no correction",
            vec!["A 22 -500, A 1 300", "A 1 70"],
            [200, 0, 0, 0],
            0,
        ),
        ("a claim of nobody's case", vec!["B 22 -500, B 1 300"], [0, 0, 200, 0], 0),
        ("both ways", vec!["A 22 -500, A 1 300, WO:N 200"], [400, 0, 0, 200], 0),
        ("carried and consumed", vec!["WO:N 200, FB:F -150", "FB:F 150"], [200, 0, 0, 0], 0),
        ("carried", vec!["WO:N 200, FB:F -150"], [50, 150, 0, 0], 0),
        ("consumed in part", vec!["WO:N 200, FB:F -150", "FB:F 60"], [110, 90, 0, 0], 0),
        (
            "carried on under another id",
            vec!["WO:N 200, FB:F -150", "FB:F 150, FB:G -100"],
            [100, 100, 0, 0],
            0,
        ),
        (
            "and consumed there",
            vec!["WO:N 200, FB:F -150", "FB:F 150, FB:G -100", "FB:G 100"],
            [200, 0, 0, 0],
            0,
        ),
        (
            "two carried on as one",
            vec!["WO:N 100, FB:F -100", "WO:N 100, FB:G -100", "FB:F 100, FB:G 100, FB:H -150"],
            [50, 150, 0, 0],
            0,
        ),
        (
            "an unmatched recovery is carried first, because it is last",
            vec!["WO:N 200, WO:Z 80, FB:F -100"],
            [180, 20, 0, 0],
            1,
        ),
        (
            "a letter is carried before a reversal",
            vec!["A 22 -300, A 1 200, WO:N 100, FB:F -120"],
            [80, 120, 0, 0],
            0,
        ),
        (
            "a reversal of another claim is carried before this one",
            vec!["A 22 -500, A 1 300, B 22 -90, B 1 10, FB:F -100"],
            [180, 20, 0, 0],
            0,
        ),
        ("a forward balance that nobody made", vec!["FB:Q 100"], [0, 0, 200, 0], 1),
        ("more than was left", vec!["WO:N 200, FB:F -150", "FB:F 160"], [200, 0, 0, 0], 1),
        ("deferred", vec!["A 22 -500, A 1 300, WO:A -200"], [0, 0, 200, 0], 0),
        (
            "deferred and taken",
            vec!["A 22 -500, A 1 300, WO:A -200", "WO:A 200, FB:F -150"],
            [50, 150, 0, 0],
            0,
        ),
        ("nothing was taken that could be postponed", vec!["WO:N -200"], [0, 0, 200, 0], 1),
    ] {
        let (mut story, case) = noticed();
        for (day, step) in (4..).zip(&steps) {
            remit(&mut story, day, step);
        }
        let rows = rows_of(&story);
        assert_eq!(money(&rows, &case), wanted, "{what}");
        assert_eq!(waiting(&rows).len(), waits, "{what}: {:?}", waiting(&rows));
    }
}

#[test]
fn among_several_cases_only_the_one_whose_outstanding_is_the_amount_is_booked() {
    for (what, step, wanted, waits) in [
        ("the one of 200", "WO:A 200", [[200, 0, 0, 0], [0, 0, 70, 0], [0, 0, 50, 0]], 0),
        ("the one of 70", "WO:A 70", [[0, 0, 200, 0], [70, 0, 0, 0], [0, 0, 50, 0]], 0),
        ("neither", "WO:A 60", [[0, 0, 200, 0], [0, 0, 70, 0], [0, 0, 50, 0]], 1),
        (
            "a reversal of one",
            "A 22 -500, A 1 430",
            [[0, 0, 200, 0], [70, 0, 0, 0], [0, 0, 50, 0]],
            0,
        ),
        (
            "a reversal of both",
            "A 22 -500, A 1 230",
            [[0, 0, 200, 0], [0, 0, 70, 0], [0, 0, 50, 0]],
            1,
        ),
        ("its own number", "WO:N 60", [[60, 0, 140, 0], [0, 0, 70, 0], [0, 0, 50, 0]], 0),
        ("of one only", "WO:B 60", [[0, 0, 200, 0], [0, 0, 70, 0], [60, 0, 0, 10]], 0),
        (
            "one after the other",
            "WO:A 200, WO:A 70",
            [[200, 0, 0, 0], [70, 0, 0, 0], [0, 0, 50, 0]],
            0,
        ),
    ] {
        let (mut story, first) = noticed();
        let second = story.identify(1, 0, &[("A", 70)]);
        let third = story.identify(2, 0, &[("B", 50)]);
        remit(&mut story, 4, step);
        let rows = rows_of(&story);
        let found = [&first, &second, &third].map(|case| money(&rows, case));
        assert_eq!(found, wanted, "{what}");
        assert_eq!(waiting(&rows).len(), waits, "{what}");
    }
}

#[test]
fn what_was_seen_before_its_case_is_matched_backwards_with_what_it_carries() {
    let mut story = Story::new(1);
    remit(&mut story, 3, "WO:N 120, WO:A 80, FB:F -100");
    let case = story.identify(0, 0, &[("A", 200)]);
    let rows = rows_of(&story);
    // The claim's number is known, that of the notice not yet; the last was carried first.
    assert_eq!(money(&rows, &case), [0, 80, 120, 0]);
    story.notify(&case, "N", 4);
    let rows = rows_of(&story);
    assert_eq!((money(&rows, &case), waiting(&rows).len()), ([100, 100, 0, 0], 0));
    remit(&mut story, 5, "FB:F 100");
    assert_eq!(money(&rows_of(&story), &case), [200, 0, 0, 0]);
}

#[test]
fn a_person_moves_what_waits_to_a_case_and_away_from_it() {
    let (mut story, case) = noticed();
    let other = story.identify(1, 0, &[("B", 90)]);
    remit(&mut story, 4, "WO:Z 90, FB:F -30");
    let rows = rows_of(&story);
    let (seq, ..) = waiting(&rows)[0];
    let place = at(story.at(usize::try_from(seq).unwrap()));
    let telling = Telling { day: 5, ..Telling::default() };
    story.deed(&case, &telling, attribute(place.clone(), None));
    let rows = rows_of(&story);
    assert_eq!((money(&rows, &case), waiting(&rows).len()), ([60, 30, 110, 0], 0));
    // Another case takes it over.
    story.deed(&other, &telling, attribute(place.clone(), None));
    let rows = rows_of(&story);
    assert_eq!((money(&rows, &case), money(&rows, &other)), ([0, 0, 200, 0], [60, 30, 0, 0]));
    story.deed(&other, &telling, unattribute(place.clone()));
    let rows = rows_of(&story);
    assert_eq!((money(&rows, &other), waiting(&rows).len()), ([0, 0, 90, 0], 1));
    // Nothing brings it back by itself, also where its number becomes known.
    story.notify(&other, "Z", 6);
    assert_eq!(waiting(&rows_of(&story)).len(), 1);
    story.notify(&case, "Z", 6);
    let rows = rows_of(&story);
    assert_eq!(waiting(&rows).len(), 0);
    assert_eq!(money(&rows, &case), [60, 30, 110, 0]);
    let movement = movements::movement(&rows, story.at(usize::try_from(seq).unwrap()));
    assert_eq!(movement.unwrap().unwrap().how, Some(How::Backwards));
}

#[test]
fn one_movement_counts_once_whichever_is_recorded_first() {
    let telling = Telling { day: 4, ..Telling::default() };
    for (what, shown, tells, wanted) in [
        ("an offset", "WO:N 200", offset(200), [200, 0, 0, 0]),
        ("an offset of another amount", "WO:N 50", offset(70), [120, 0, 80, 0]),
        ("a reversal", "A 22 -500, A 1 300", offset(200), [200, 0, 0, 0]),
        ("a refund", "WO:N 200, 72:N -200", refund(200), [200, 0, 0, 0]),
        ("a refund is no offset", "WO:N 80", refund(80), [160, 0, 40, 0]),
        (
            "what was seen knows what is carried",
            "WO:N 200, FB:F -150",
            offset(200),
            [50, 150, 0, 0],
        ),
    ] {
        for told_first in [true, false] {
            let (mut story, case) = noticed();
            if told_first {
                story.deed(&case, &telling, tells.clone());
            }
            remit(&mut story, 5, shown);
            if !told_first {
                story.deed(&case, &telling, tells.clone());
            }
            let rows = rows_of(&story);
            assert_eq!(money(&rows, &case), wanted, "{what}, told first: {told_first}");
        }
    }
    // Two told, one seen: the other still counts; what was seen goes away, and both do.
    let (mut story, case) = noticed();
    story.deed(&case, &telling, offset(60));
    story.deed(&case, &telling, offset(60));
    remit(&mut story, 5, "WO:N 60");
    let seen = story.at(story.events.len() - 2);
    assert_eq!(money(&rows_of(&story), &case), [120, 0, 80, 0]);
    story.deed(&case, &telling, unattribute(at(seen)));
    let rows = rows_of(&story);
    assert_eq!((money(&rows, &case), waiting(&rows).len()), ([120, 0, 80, 0], 1));
}
