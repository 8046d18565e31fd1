//! Stories told to a ledger on a disk: what was known then is what is said of then, and no unit is kept
//! shorter than it was.

use std::collections::{BTreeMap, BTreeSet};

use lookback::command::Asking;
use lookback::ledger::Ledger;
use lookback::record::{Outcome, Recorder};
use lookback::report::cases::Wanted;
use lookback::report::rollforward::{Period, rollforward};
use lookback::report::{
    AnswerError, View, accounts, aging, cases, funnel, holds, monday, offsets, retention,
};
use lookback::report::{unmatched, windows};
use lookback_events::event::control::Usage;
use lookback_events::event::text::Day;
use lookback_events::id::ActorId;
use lookback_events::time::Timestamp;
use serde_json::Value;

use super::teller::{Step, Teller, Throw};
use super::{Counts, begin, count, name, throws, told};
use crate::ledger::{create, rebuilt, rows, same, take};

/// Gives a command; true where it was recorded.
fn give(ledger: &mut Ledger, told: &Value) -> bool {
    let mut recorder = Recorder::new(ledger).unwrap();
    let reading = recorder.reading(Some(ActorId::parse("jane").unwrap())).unwrap();
    let command = Asking::parse(&told.to_string()).unwrap().command(&reading).unwrap();
    matches!(recorder.take(command).unwrap().outcome, Outcome::Recorded { .. })
}

/// Tells a story; `each` looks at the ledger after every step, with the command that was taken.
fn tell(
    ledger: &mut Ledger,
    throws: &[Throw],
    counts: &Counts,
    each: &mut dyn FnMut(&Ledger, Option<&Value>),
) {
    let mut teller = Teller::new(begin());
    for throw in throws {
        match teller.step(ledger.rows(), throw) {
            Step::Paid(slip) => {
                take(ledger, &format!("{}.835", slip.trace), slip.text().as_bytes());
                ledger.flush().unwrap();
                each(ledger, None);
            }
            Step::Command(told) => {
                let taken = give(ledger, &told);
                ledger.flush().unwrap();
                if taken {
                    count(counts, name(&told));
                    teller.accepted(&told);
                }
                each(ledger, Some(&told).filter(|_| taken));
            }
        }
    }
}

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

/// What the reports say of a view.
fn reports(view: &View<'_>) -> Vec<String> {
    let (on, all) = (day("2026-12-31"), Wanted { cleared: true, ..Wanted::default() });
    let said = std::cell::RefCell::new(Vec::new());
    let say = |what: &str, line: &dyn erased::Line| {
        said.borrow_mut().push(format!("{what} {}", line.json()));
        Ok(())
    };
    cases::all(view, &all, false, on, &mut |line| say("cases", &line)).unwrap();
    windows::all(view, &all, false, on, &mut |line| say("windows", &line)).unwrap();
    offsets::all(view, &all, false, on, &mut |line| say("offsets", &line)).unwrap();
    holds::all(view, false, on, &mut |line| say("holds", &line)).unwrap();
    accounts::all(view, &accounts::Wanted::default(), &mut |line| say("accounts", &line)).unwrap();
    let waiting = unmatched::Wanted { payee: None, cleared: true };
    unmatched::all(view, &waiting, on, &mut |line| say("unmatched", &line)).unwrap();
    let kept = retention::Wanted { cleared: true, ..retention::Wanted::default() };
    retention::all(view, &kept, on, &mut |line| say("retention", &line)).unwrap();
    let question = monday::Question { wanted: all.clone(), line: None, cycles: 2, on };
    monday::all(view, &question, &mut |line| say("monday", &line)).unwrap();
    let _: Result<(), AnswerError> = say("aging", &aging::aging(view, &all, on).unwrap());
    let _: Result<(), AnswerError> = say("funnel", &funnel::funnel(view, &all, on).unwrap());
    let period = Period { from: day("2026-02-01").0, to: day("2026-06-30").0 };
    let told = rollforward(view, &all, period).unwrap();
    let _: Result<(), AnswerError> = say("rollforward", &told.lines);
    let _: Result<(), AnswerError> = say("rollforward items", &told.items);
    said.into_inner()
}

/// A line of a report, whatever its type.
mod erased {
    pub(super) trait Line {
        fn json(&self) -> String;
    }

    impl<T: serde::Serialize> Line for T {
        fn json(&self) -> String {
            serde_json::to_string(self).unwrap()
        }
    }
}

#[test]
fn what_the_reports_said_then_is_what_they_say_of_then() {
    let counts = Counts::default();
    told(6, &throws(40), |throws| {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
        let mut then: Vec<(Timestamp, Vec<String>)> = Vec::new();
        tell(&mut ledger, &throws, &counts, &mut |ledger, _| {
            let view = View::live(ledger);
            then.push((view.moment(), reports(&view)));
        });
        ledger.flush().unwrap();
        let known = |moment| View::known_at(&ledger, moment, &mut |_, _| {}).unwrap();
        let now = known(Timestamp::parse("2099-01-01T00:00:00.000000Z").unwrap());
        assert_eq!(reports(&now), reports(&View::live(&ledger)), "known now");
        for (moment, said) in then {
            assert_eq!(reports(&known(moment)), said, "known at {moment:?}");
        }
        same(&rows(&ledger), &rebuilt(&ledger));
    });
    assert!(counts.into_inner().len() > 20, "hardly anything was accepted");
}

/// Of every unit: until when it is kept, where that has an end, and what keeps it beyond.
type Units = BTreeMap<String, (Option<Day>, BTreeSet<String>)>;

/// The units on a day far behind everything that is told, so that a hold that was released to a day
/// does not stand any more.
fn units(ledger: &Ledger) -> Units {
    let mut units = Units::new();
    let wanted = retention::Wanted { cleared: true, ..retention::Wanted::default() };
    retention::all(&View::live(ledger), &wanted, day("2060-12-31"), &mut |unit| {
        let keepers = unit.held_by.split_whitespace().map(ToOwned::to_owned).collect();
        units.insert(unit.unit, (unit.keep_until, keepers));
        Ok(())
    })
    .unwrap();
    units
}

#[test]
fn no_unit_is_ever_kept_shorter_than_it_was() {
    let counts = Counts::default();
    told(12, &throws(90), |throws| {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
        let mut before = Units::new();
        // The latest end that was ever told of a unit.
        let mut floor: BTreeMap<String, Day> = BTreeMap::new();
        let mut until: BTreeMap<String, Day> = BTreeMap::new();
        tell(&mut ledger, &throws, &counts, &mut |ledger, command| {
            let now = units(ledger);
            for (unit, (_, keepers)) in &before {
                let (end, still) = now.get(unit).unwrap_or_else(|| panic!("{unit} is gone"));
                // What had no end has one only where a keeper ended.
                let ended: Vec<&String> = keepers.difference(still).collect();
                let may_end = !ended.is_empty() || keepers.is_empty();
                assert!(end.is_none() || may_end, "{unit} ends though {keepers:?} stand");
                let Some(end) = end else { continue };
                let least = floor.entry(unit.clone()).or_insert(*end);
                assert!(end >= least, "{unit} is kept until {end:?}, not {least:?}: {command:?}");
                *least = *end;
                // A hold that is released keeps at least until the day that its requester set.
                for hold in ended {
                    let set = until.get(hold);
                    assert!(set.is_none_or(|set| end >= set), "{unit}: {hold} until {set:?}");
                }
            }
            if let Some(command) = command
                && command["command"] == "place-hold"
                && let Some(set) = command["until"].as_str()
            {
                let hold = format!("hold:{}", command["hold"].as_str().unwrap());
                until.insert(hold, day(set));
            }
            before = now;
        });
        ledger.flush().unwrap();
    });
    let counts = counts.into_inner();
    for what in ["place-hold", "approve", "unattribute-movement", "amend-case", "withdraw-case"] {
        assert!(counts.contains_key(what), "{what} was never accepted: {counts:?}");
    }
}
