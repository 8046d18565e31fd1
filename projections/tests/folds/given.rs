//! What is given up, given back, instructed and barred of a case, and cases of many claims.

use super::*;

#[test]
fn one_seen_under_another_payee_brings_its_amount() {
    let (mut story, case) = noticed();
    let telling = Telling { day: 4, ..Telling::default() };
    story.deed(&case, &telling, attribute("p07/12".into(), Some(150)));
    assert_eq!(money(&rows_of(&story), &case), [150, 0, 50, 0]);
    story.deed(&case, &telling, unattribute("p07/12".into()));
    let rows = rows_of(&story);
    assert_eq!((money(&rows, &case), waiting(&rows).len()), ([0, 0, 200, 0], 0));
}

#[test]
fn what_is_given_up_given_back_and_owed() {
    let write_off = |amount| {
        Recovery::BalanceWrittenOff(Box::new(WriteOff { amount: cents(amount), reason: reason() }))
    };
    let by_another = |amount| {
        let (amount, by) = (cents(amount), "the State".to_owned());
        Recovery::RecoveredByAnother(Box::new(OtherRecovery { amount, by }))
    };
    let determined = |outcome, reduced| {
        Recovery::DisputeDetermined(Box::new(determination(1, outcome, reduced)))
    };
    let corrected = |outcome, reduced| {
        Recovery::DeterminationCorrected(Box::new(determination(1, outcome, reduced)))
    };
    let restored = |amount| {
        let (amount, interest, trace) = (cents(amount), Some(cents(7)), None);
        Recovery::RestorationRecorded(Box::new(Restoration { amount, interest, trace }))
    };
    let settled = |reduced| {
        Recovery::CaseSettled(Box::new(Settlement { reason: reason(), reduced: cents(reduced) }))
    };
    let discharged = |amount| {
        Recovery::BalanceDischarged(Box::new(Discharge { amount: cents(amount), docket: None }))
    };
    let withdrawn = || Recovery::CaseWithdrawn(Box::new(why()));
    // Reduced, collected, written off, outstanding, owed.
    let stories: Vec<(&str, Vec<Recovery>, [i128; 5])> = vec![
        ("upheld", vec![dispute(None), determined(Outcome::Upheld, None)], [0, 0, 0, 200, 0]),
        (
            "modified",
            vec![dispute(None), determined(Outcome::Modified, Some(80))],
            [80, 0, 0, 120, 0],
        ),
        (
            "overturned",
            vec![dispute(None), determined(Outcome::Overturned, None)],
            [200, 0, 0, 0, 0],
        ),
        (
            "the disputed part",
            vec![dispute(Some(60)), determined(Outcome::Overturned, None)],
            [60, 0, 0, 140, 0],
        ),
        (
            "overturned when taken",
            vec![offset(200), dispute(None), determined(Outcome::Overturned, None)],
            [200, 200, 0, 0, 200],
        ),
        (
            "and restored",
            vec![offset(200), dispute(None), determined(Outcome::Overturned, None), restored(200)],
            [200, 0, 0, 0, 0],
        ),
        (
            "a determination corrected",
            vec![
                dispute(None),
                determined(Outcome::Overturned, None),
                corrected(Outcome::Modified, Some(50)),
            ],
            [50, 0, 0, 150, 0],
        ),
        ("withdrawn", vec![withdrawn()], [200, 0, 0, 0, 0]),
        ("withdrawn when a part was taken", vec![offset(50), withdrawn()], [200, 50, 0, 0, 50]),
        ("settled", vec![settled(90)], [90, 0, 0, 110, 0]),
        ("written off", vec![offset(50), write_off(150)], [0, 50, 150, 0, 0]),
        (
            "no more is written off than is outstanding",
            vec![offset(50), write_off(500)],
            [0, 50, 150, 0, 0],
        ),
        ("given up once", vec![write_off(80), withdrawn()], [120, 0, 80, 0, 0]),
        ("recovered by the State", vec![by_another(200)], [200, 0, 0, 0, 0]),
        ("recovered by both", vec![offset(200), by_another(200)], [200, 200, 0, 0, 200]),
        ("discharged", vec![offset(30), discharged(500)], [170, 30, 0, 0, 0]),
        ("above the balance", vec![offset(230)], [0, 230, 0, 0, 30]),
    ];
    for (what, steps, wanted) in stories {
        let (mut story, case) = noticed();
        let telling = Telling { day: 5, ..Telling::default() };
        for step in steps {
            story.deed(&case, &telling, step);
        }
        let rows = rows_of(&story);
        let row = cases::case(&rows, &case).unwrap().unwrap();
        let money = &row.money;
        let found = [
            money.reduced,
            money.collected,
            money.written_off,
            money.outstanding().unwrap(),
            money.restoration_owed().unwrap(),
        ];
        assert_eq!(found.map(Money::cents), wanted, "{what}");
        let even = money.balance().unwrap().is_zero() && money.reduced.cents() > 0;
        assert!(!even || row.ended.is_some(), "{what}: it ended");
    }
}

#[test]
fn an_instruction_sees_what_was_taken_and_what_was_barred_waits_for_a_decision() {
    let (mut story, case) = noticed();
    let telling = Telling { day: 3, ..Telling::default() };
    let instruction = OffsetInstruction { amount: cents(150), first_on: day(4), plan: None };
    story.deed(&case, &telling, Recovery::OffsetInstructed(Box::new(instruction)));
    story.deed(&case, &telling, dispute(Some(120)));
    remit(&mut story, 5, "WO:N 150, FB:F -20");
    let row = cases::case(&rows_of(&story), &case).unwrap().unwrap();
    assert_eq!(row.instructions[0].seen, cents(150));
    // 80 of 200 are not disputed, 150 were taken.
    assert_eq!(row.taken_while_barred, cents(70));
    let decision =
        RestorationDecision { amount: cents(70), decision: Restore::Keep, reason: reason() };
    story.deed(&case, &telling, Recovery::RestorationDecided(Box::new(decision)));
    remit(&mut story, 6, "FB:F 20");
    let row = cases::case(&rows_of(&story), &case).unwrap().unwrap();
    assert_eq!((row.taken_while_barred, row.money.collected), (cents(0), cents(150)));
    let answer =
        Answer { amount: None, channel: None, kind: AnswerKind::Contact, promised_by: None };
    story.deed(&case, &telling, Recovery::AnswerReceived(Box::new(answer)));
    assert_eq!(cases::case(&rows_of(&story), &case).unwrap().unwrap().answers.len(), 1);
}

#[test]
fn a_case_of_many_claims_is_kept_in_pieces_and_shrinks_again() {
    let mut story = Story::new(1);
    let names: Vec<String> = (0..300).map(|n| format!("{PATIENT}{n}")).collect();
    let claims: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let case = story.identify(0, 0, &claims);
    let rows = rows_of(&story);
    assert_eq!(cases::case(&rows, &case).unwrap().unwrap().claims.len(), 300);
    assert!(rows.iter().filter(|(key, _)| key[0] == b'f').count() >= 2);
    assert!(rows.iter().all(|(_, value)| value.len() < 6_000));
    let amended = Amended { cause: None, reason: reason(), standard: None };
    let telling = Telling { claims: vec![("A".into(), None, 90)], day: 3 };
    story.deed(&case, &telling, Recovery::CaseAmended(Box::new(amended)));
    let rows = rows_of(&story);
    assert_eq!(cases::case(&rows, &case).unwrap().unwrap().money.identified, cents(90));
    assert!(!rows.iter().any(|(key, _)| key[0] == b'f'));
    assert_eq!(rows.iter().filter(|(key, _)| key[0] == b'k').count(), 1);
}
