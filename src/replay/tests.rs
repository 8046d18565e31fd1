//! A story in which something is learnt late, told day by day, and looked at afterwards.

use lookback_events::id::{CaseId, JournalId};
use lookback_projections::policy::Policy;
use lookback_projections::policy::purpose::EndRule;
use lookback_projections::windows::MANUAL;

use super::compare::{Comparison, Sight, compare};
use super::html;
use super::rules::WhatIf;
use super::*;
use crate::command::Asking;
use crate::ledger::Ledger;
use crate::ledger::create::Choices;
use crate::record::{Outcome, Recorder};
use crate::report::{View, end_at, moment};

/// What was recorded on which day.
const STORY: &[(&str, &str)] = &[
    (
        "2026-03-02",
        r#"{"command":"identify-case","case":"OP-1","payee":"1200000119","plan":"P1",
        "line_of_business":"medicaid","cause":"units","detected_by":"plan",
        "opening":{"system":"old"},"standard":{"citation":"Manual 3"},
        "claims":[{"patient_control":"ACCT-1","amount":"100.00"}],
        "note":"<script>alert('note')</script> & \"so\""}"#,
    ),
    (
        "2026-03-02",
        r#"{"command":"issue-notice","case":"OP-1","control_number":"775<b>","dated":"2026-03-02",
        "method":"mail","content":["claim","patient","service-dates","amount-paid",
        "proposed-adjustment","reason","standard","cure","appeal-right","recovery-method","contact",
        "control-number"],"appeal_deadline":"2026-04-30"}"#,
    ),
    (
        "2026-04-03",
        r#"{"command":"instruct-offset","case":"OP-1","amount":"100.00","first_on":"2026-04-10"}"#,
    ),
    (
        "2026-04-10",
        r#"{"command":"record-dispute","case":"OP-1","happened":"2026-03-20","level":1,
        "grounds":"the <img src=x> is right","channel":"fax"}"#,
    ),
];

mod known;

/// Noon UTC of a day.
fn noon(day: &str) -> lookback_events::time::Timestamp {
    lookback_events::time::Timestamp::parse(&format!("{day}T12:00:00.000000Z")).unwrap()
}

/// A ledger in which nothing was told yet.
fn begun() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    crate::now::play(noon("2026-03-01"));
    let place = folder.path().join("ledger");
    let ledger = Ledger::create(&place, &Choices::new(&place)).unwrap();
    (folder, ledger)
}

/// Tells a ledger of something on a day.
fn tell(ledger: &mut Ledger, day: &str, line: &str) {
    crate::now::play(noon(day));
    let mut recorder = Recorder::new(ledger).unwrap();
    let actor = lookback_events::id::ActorId::parse("jane.roe").unwrap();
    let reading = recorder.reading(Some(actor)).unwrap();
    let command = Asking::parse(line).unwrap().command(&reading).unwrap();
    let answer = recorder.take(command).unwrap();
    assert!(matches!(answer.outcome, Outcome::Recorded { .. }), "{line}: {:?}", answer.outcome);
    ledger.flush().unwrap();
}

/// A ledger in which the story was told.
fn told() -> (tempfile::TempDir, Ledger) {
    let (folder, mut ledger) = begun();
    for (day, line) in STORY {
        tell(&mut ledger, day, line);
    }
    (folder, ledger)
}

fn case() -> CaseId {
    CaseId::parse("OP-1").unwrap()
}

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn replayed(ledger: &Ledger, known_at: Option<&str>, dials: &Dials) -> Replay {
    let view = match known_at {
        Some(time) => View::records_until(ledger, moment(ledger, time).unwrap()).unwrap(),
        None => View::live(ledger),
    };
    replay(&view, &case(), dials).unwrap()
}

fn whole(ledger: &Ledger) -> Replay {
    let on = Some(day("2026-04-10"));
    replayed(ledger, None, &Dials { on, persons: true, curve: true, ..Dials::default() })
}

#[test]
fn late_knowledge_says_how_late_and_what_was_believed_meanwhile() {
    let (_folder, ledger) = told();
    let told = whole(&ledger);
    let late: Vec<_> = told.steps.iter().map(|step| step.late_days).collect();
    assert_eq!(late, [None, None, None, Some(21)]);
    let states: Vec<_> =
        told.steps.iter().map(|step| step.after.as_ref().unwrap().state.as_str()).collect();
    assert_eq!(
        states,
        [
            "identified",
            "noticed, window to 2026-04-01",
            "instructed from 2026-04-10",
            "disputed, offset barred"
        ]
    );
    let believed: Vec<_> = told.steps.iter().map(|step| step.believed.as_ref()).collect();
    assert!(believed[..3].iter().all(Option::is_none), "{believed:?}");
    let belief = believed[3].unwrap();
    assert_eq!((belief.from, belief.until), (day("2026-03-20"), day("2026-04-09")));
    assert_eq!(belief.state, "instructed from 2026-04-10");
    assert_eq!(belief.was, "disputed, offset barred");
    assert_eq!(belief.acted, [3], "the offset was instructed on what was not so");
    // What was known on the day before is what is said to have been believed.
    let on = Some(day("2026-04-09"));
    let then = replayed(&ledger, Some("2026-04-09"), &Dials { on, ..Dials::default() });
    assert_eq!((then.steps.len(), &then.now.state), (3, &belief.state));
}

fn compared(ledger: &Ledger, first: (&str, &str), second: (&str, &str)) -> Comparison {
    let sight = |(known_at, on): (&str, &str)| Sight {
        known_at: moment(ledger, known_at).unwrap(),
        on: day(on),
        control: end_at(ledger, JournalId::CONTROL, moment(ledger, known_at).unwrap()).unwrap(),
    };
    let (first, second) = (sight(first), sight(second));
    let view = View::records_until(ledger, second.known_at).unwrap();
    let story = Story::open(&view, &case(), None).unwrap();
    let look = |count: usize, control: u64, on: Day| story.look(count, control, on);
    compare("OP-1", &story.known, (first, second), &look).unwrap()
}

/// What differs in the state: from, to, by which steps, by time.
fn state(told: &Comparison) -> (Option<&str>, Option<&str>, &[u64], bool) {
    let state = told.differences.iter().find(|other| other.change.what == "state").unwrap();
    let Change { before, after, .. } = &state.change;
    (before.as_deref(), after.as_deref(), &state.steps, state.by_time)
}

#[test]
fn two_times_are_compared_by_what_was_learnt_between() {
    let (_folder, ledger) = told();
    let told = compared(&ledger, ("2026-04-09", "2026-04-09"), ("2026-04-10", "2026-04-10"));
    let (instructed, disputed) = ("instructed from 2026-04-10", "disputed, offset barred");
    assert_eq!(state(&told), (Some(instructed), Some(disputed), &[4][..], false));
    let learnt: Vec<_> =
        told.learnt.iter().map(|own| (own.number, own.happened.as_str())).collect();
    assert_eq!(learnt, [(4, "2026-03-20")]);
    assert!(told.learnt[0].made_a_difference);
    // Two days of one knowledge: only time passed.
    let told = compared(&ledger, ("2026-04-01", "2026-04-01"), ("2026-04-02", "2026-04-02"));
    let silent = "silent, offset eligible from 2026-04-02";
    let (before, after, steps, by_time) = state(&told);
    assert_eq!((before, after), (Some("noticed, window to 2026-04-01"), Some(silent)));
    assert_eq!((steps, by_time), (&[][..], true));
    assert_eq!(told.learnt, []);
    // A case that was not known yet.
    let told = compared(&ledger, ("2026-03-01", "2026-03-01"), ("2026-03-02", "2026-03-02"));
    assert!(told.before.is_none() && told.after.is_some());
    assert_eq!(told.learnt.len(), 2);
}

#[test]
fn another_policy_or_end_rule_says_what_would_be_otherwise() {
    let (_folder, ledger) = told();
    let shipped = lookback_projections::policy::SHIPPED;
    let (_, text) = shipped.iter().find(|(id, _)| *id == MANUAL).unwrap();
    let longer = text.replacen("length = \"30 CD\"", "length = \"45 CD\"", 1);
    let policy = WhatIf::Policy(Box::new(Policy::parse(&longer).unwrap()));
    let on = Some(day("2026-04-02"));
    let dials = Dials { on, what_if: Some(policy), ..Dials::default() };
    let told = replayed(&ledger, Some("2026-04-03"), &dials);
    assert_eq!(told.now.state, "noticed, window to 2026-04-16");
    let as_it_is = told.as_it_is.as_ref().unwrap();
    assert_eq!(as_it_is.state, "silent, offset eligible from 2026-04-02");
    assert!(html::page(&told).contains("No record says so"));
    let dials = Dials { on, ..Dials::default() };
    let rules = |end_rule| Dials { what_if: Some(WhatIf::EndRule(end_rule)), ..dials.clone() };
    let told = replayed(&ledger, None, &rules(EndRule::Strict));
    assert_eq!(told.what_if.as_deref(), Some("the end rule strict"));
    let as_it_is = told.as_it_is.as_ref().unwrap();
    assert_eq!(told.now.offset_from, as_it_is.offset_from, "2026-04-01 is a Wednesday");
    let rule = |standing: &Standing| {
        let clock = standing.deadlines.first().unwrap();
        clock.derivation.as_ref().unwrap().end_rule
    };
    assert_eq!((rule(&told.now), rule(as_it_is)), (EndRule::Strict, EndRule::RollForward));
}

/// The names in the answer are a promise: programs read them.
#[test]
fn the_json_is_complete_and_its_names_stay() {
    let (_folder, ledger) = told();
    let told = serde_json::to_value(whole(&ledger)).unwrap();
    let names = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&told), "case curve known_at now on payee payee_name steps what_if");
    let step = &told["steps"][3];
    assert_eq!(
        names(step),
        "actor after at before believed changed event happened late_days learnt learnt_on number \
         on said standing what"
    );
    assert_eq!(names(&step["believed"]), "acted from outstanding state until was");
    assert_eq!(names(&step["after"]), "deadlines money offset_from on state");
    assert_eq!(step["said"], "the <img src=x> is right", "what people wrote is as they wrote it");
    assert_eq!(told["steps"][0]["claims"][0]["patient_control"], "ACCT-1");
    assert_eq!(told["steps"][0]["note"], "<script>alert('note')</script> & \"so\"");
    let clock = &step["after"]["deadlines"][0];
    assert_eq!(clock["clock"], "dispute-window");
    assert_eq!(clock["derivation"]["policy_since"], "2019-01-01");
}

/// The tags of a page, in order, without their attributes.
fn tags(page: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("{part} is not closed"));
        let name = tag.split([' ', '\n']).next().unwrap();
        if !tag.starts_with('!') && !tag.ends_with('/') {
            tags.push(name);
        }
    }
    tags
}

#[test]
fn the_page_stands_alone_and_what_people_wrote_is_only_text() {
    let (_folder, ledger) = told();
    let page = html::page(&whole(&ledger));
    for outside in [
        "<script", "<img", "<link", "<iframe", "http:", "https:", "src=\"", "url(", "@import",
        "<b>",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    for said in [
        "&lt;script&gt;alert(&#39;note&#39;)&lt;/script&gt; &amp; &quot;so&quot;",
        "the &lt;img src=x&gt; is right",
        "775&lt;b&gt;",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(page.contains("<svg") && page.contains("</svg>"), "it has the money chart");
    assert!(page.contains("21 days late"), "late knowledge is marked");
    assert!(page.contains("the ledger did not know it"), "and what was believed");
    let mut open = Vec::new();
    for tag in tags(&page) {
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{name} is closed"),
            None => open.push(tag),
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    // Without being asked for, nothing that people wrote is in it.
    let plain = html::page(&replayed(&ledger, None, &Dials::default()));
    for said in ["alert", "is right", "ACCT-1"] {
        assert!(!plain.contains(said), "{said}");
    }
}
