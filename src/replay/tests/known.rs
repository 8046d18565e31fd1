//! What was known at a moment is what was answered then, whatever was learnt and adopted since.

use super::*;
use crate::report::case::{Case, Shown, case as shown};

/// The manual's policy with a longer window, adopted late and for a day that is past.
fn adoption() -> String {
    let shipped = lookback_projections::policy::SHIPPED;
    let (_, text) = shipped.iter().find(|(id, _)| *id == MANUAL).unwrap();
    let text = text
        .replacen("version = 1", "version = 2", 1)
        .replacen("from = 2019-01-01 }", "from = 2026-02-01 }", 1)
        .replacen("length = \"30 CD\"", "length = \"45 CD\"", 1);
    serde_json::json!({
        "command": "adopt-policy", "policy": MANUAL, "version": 2, "text": text,
        "sha256": crate::command::sha256(&text).to_string(),
        "effective": "2026-02-01", "announced": "2025-11-15", "kind": "payment",
    })
    .to_string()
}

/// The story, in which a policy is adopted behind the instruction and money is taken.
fn told_of() -> Vec<(&'static str, String)> {
    let mut all: Vec<_> = STORY.iter().map(|(day, line)| (*day, (*line).to_owned())).collect();
    // Moments are told apart by day.
    all[1].0 = "2026-03-03";
    all.insert(2, ("2026-03-10", adoption()));
    let taken = r#"{"command":"record-offset","case":"OP-1","amount":"40.00"}"#;
    all.push(("2026-04-12", taken.to_owned()));
    all.remove(3);
    all
}

/// What is answered about the case on a day, without the moment.
fn answered(view: &View<'_>) -> (Case, Replay) {
    let on = Some(day("2026-04-10"));
    let told = shown(view, &case(), Shown { on, patient: true, cleared: false }).unwrap();
    let dials = Dials { on, persons: true, curve: true, ..Dials::default() };
    let replayed = replay(view, &case(), &dials).unwrap();
    (told, Replay { known_at: noon("2026-01-01"), ..replayed })
}

#[test]
fn what_was_known_then_is_what_was_answered_then() {
    let (_folder, mut ledger) = begun();
    let mut live = Vec::new();
    for (day, line) in told_of() {
        tell(&mut ledger, day, &line);
        let view = View::live(&ledger);
        live.push((view.moment(), answered(&view)));
    }
    for (moment, answer) in live {
        let then = View::records_until(&ledger, moment).unwrap();
        let told = answered(&then);
        assert_eq!(told.0, answer.0, "{moment}");
        assert_eq!(told.1, answer.1, "{moment}");
        let folded = View::known_at(&ledger, moment, &mut |_, _| {}).unwrap();
        assert_eq!(answered(&folded), answer, "{moment}, folded");
    }
}

#[test]
fn an_adoption_that_changes_the_days_is_a_step_and_is_named_where_sights_are_compared() {
    let (_folder, mut ledger) = begun();
    for (day, line) in &told_of() {
        tell(&mut ledger, day, line);
    }
    let told = replayed(&ledger, None, &Dials::default());
    let step = &told.steps[2];
    assert_eq!((step.event.as_str(), step.number), ("policy-adopted/1", 3));
    assert!(step.at.starts_with("control/"), "{}", step.at);
    let window = step.changed.iter().find(|own| own.what == "dispute-window").unwrap();
    assert_eq!(window.before.as_deref(), Some("2026-04-01"));
    assert_eq!(window.after.as_deref(), Some("2026-04-16"));
    let told = compared(&ledger, ("2026-03-09", "2026-03-10"), ("2026-03-10", "2026-03-10"));
    let state = state(&told);
    let (before, after) = ("noticed, window to 2026-04-01", "noticed, window to 2026-04-16");
    assert_eq!(state, (Some(before), Some(after), &[3][..], false));
    assert_eq!(told.learnt.len(), 1);
    assert_eq!(told.learnt[0].at, step.at);
    // A case that was opened behind it has no step of it.
    let (_folder, mut ledger) = begun();
    let mut all = told_of();
    let (_, adopted) = all.remove(2);
    tell(&mut ledger, "2026-03-01", &adopted);
    for (day, line) in &all {
        tell(&mut ledger, day, line);
    }
    let told = replayed(&ledger, None, &Dials::default());
    assert!(told.steps.iter().all(|step| step.event != "policy-adopted/1"));
}
