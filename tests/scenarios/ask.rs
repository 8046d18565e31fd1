//! What a story asks: a subject, and what must be found of it.
//!
//! | subject | names |
//! |---|---|
//! | `case ID` | `state` (its beginning), sums, `free`, `barred`, `offset-from`, `taken-while-barred`, `carried`, a clock (`dispute-window`, `determination-window:2`, …) as `DAY open`, `DAY closed`, `DAY heard DAY`, `DAY void DAY` |
//! | `explain ID CLOCK` | everything that a day says of itself ([`super::derived`]) |
//! | `due SUBJECT` | `next`: the days and clocks, in order |
//! | `clock RULE DAY NAME=VALUE…` | one clock alone |
//! | `audit ID` | its clocks |
//! | `retention UNIT`, `lookback PAYEE PAID`, `offset ID`, `hold ID`, `run PAID` | members of the reports of these names |
//! | `listed`, `monday LINE` | `cases`: those on the list that anybody may see |
//! | `precheck CLAIM AMOUNT` | `says`: `go`, or rules |
//! | `unmatched`, `findings` | `count` |

use std::collections::BTreeSet;

use chrono::NaiveDate;
use lookback::decide::precheck::{Earlier, Proposed, Told, precheck};
use lookback::record::{Prechecking, rules};
use lookback::replay::{Deadline, Looked, Story};
use lookback::report::{self, View, due, lookbacks, monday, retention, runs};
use lookback_events::event::act::ClaimPart;
use lookback_events::event::audit::Nature;
use lookback_events::event::text::Day;
use lookback_events::id::{AuditId, CaseId, PayeeId};
use lookback_projections::policy::scope::Line;
use lookback_projections::windows::{Standing, WindowKind};
use lookback_projections::{audits, movements};
use serde::Serialize;
use serde_json::Value;

use super::derived::{self, Members, or_none};
use super::pay::PAYEE;
use super::play::{World, day, is};
use super::read::words;

/// Asks `[on DAY] SUBJECT: NAME VALUE; …`.
pub(super) fn ask(world: &mut World, text: &str) -> Result<(), String> {
    let mut text = text;
    if let Some(rest) = text.strip_prefix("on ") {
        let (on, rest) = rest.split_once(' ').ok_or("on DAY SUBJECT: …")?;
        world.day = day(on)?;
        text = rest.trim_start();
    }
    let (subject, wanted) = text.split_once(": ").ok_or("SUBJECT: NAME VALUE; …")?;
    let subject = words(subject);
    let found = members(world, &subject, world.day)?;
    for one in wanted.split(';') {
        let words = words(one);
        let (name, value) = words.split_first().ok_or("a name and a value")?;
        let value = value.join(" ");
        let there = match found.get(name) {
            Some(there) => there.as_str(),
            None if may_miss(name) => "none",
            None => return Err(format!("nothing is called {name}; there are {:?}", found.keys())),
        };
        let starts = name == "state" || name == "not-computed";
        if !(starts && there.starts_with(&value)) {
            is(name, &value, there)?;
        }
    }
    Ok(())
}

/// The clocks that a case or audit may not have.
fn may_miss(name: &str) -> bool {
    let name = name.split(':').next().unwrap_or_default();
    let rules: BTreeSet<String> = derived::shipped()
        .iter()
        .flat_map(|policy| policy.rules.iter().map(|rule| rule.id.to_string()))
        .collect();
    rules.contains(name) || ["refund-promised", "instalment"].contains(&name)
}

fn members(world: &World, subject: &[String], on: NaiveDate) -> Result<Members, String> {
    let words: Vec<&str> = subject.iter().map(String::as_str).collect();
    let view = View::live(&world.ledger);
    let told = |error: report::AnswerError| error.to_string();
    match words.as_slice() {
        ["case", id] => {
            let looked = story(&view, id, on)?;
            Ok(of_case(&view, &CaseId::parse(id).unwrap(), &looked, on))
        }
        ["explain", id, clock] => {
            let looked = story(&view, id, on)?;
            let known = looked.standing.deadlines.iter().find(|known| known.clock == *clock);
            let known = known.ok_or_else(|| format!("{id} has no clock {clock}"))?;
            match &known.derivation {
                Some(found) => Ok(derived::members(found)),
                None => Ok([
                    ("due".to_owned(), or_none(known.due.map(|day| day.0))),
                    ("policy".to_owned(), known.policy.clone()),
                ]
                .into()),
            }
        }
        ["clock", rest @ ..] => {
            derived::clock(&rest.iter().map(ToString::to_string).collect::<Vec<_>>())
        }
        ["due", id] => of_due(&view, id, on).map_err(told),
        ["audit", id] => of_audit(world, id),
        ["retention", unit] => row(on, |on, put| {
            let wanted = retention::Wanted { cleared: true, ..retention::Wanted::default() };
            retention::all(&view, &wanted, on, &mut |found| put(&found.unit, unit, &found))
        }),
        ["lookback", payee, paid] => row(on, |on, put| {
            let wanted = lookbacks::Wanted {
                payee: PayeeId::parse(payee).ok(),
                line: Line::parse("medicaid-managed-care").ok(),
                ..lookbacks::Wanted::default()
            };
            lookbacks::all(&view, &wanted, on, &mut |found| {
                put(&or_none(found.paid_on.map(|day| day.0)), paid, &found)
            })
        }),
        ["offset", id] => row(on, |on, put| {
            let wanted = report::cases::Wanted::default();
            let mut each = |found: report::offsets::Offset| put(&found.case, id, &found);
            report::offsets::all(&view, &wanted, false, on, &mut each).map(|_| ())
        }),
        ["hold", id] => row(on, |on, put| {
            report::holds::all(&view, false, on, &mut |found| put(&found.hold, id, &found))
        }),
        ["run", paid] => row(on, |_, put| {
            runs::all(&view, runs::Wanted::default(), &mut |found| {
                put(&or_none(found.paid_on.map(|day| day.0)), paid, &found)
            })
        }),
        ["listed"] | ["monday", _] => of_list(&view, words.get(1).copied(), on).map_err(told),
        ["precheck", claim, amount, more @ ..] => of_precheck(world, claim, amount, more, on),
        ["unmatched"] => {
            let mut count = 0_u64;
            movements::unmatched(world.ledger.rows(), None, &mut |_, _| {
                count += 1;
                Ok(true)
            })
            .unwrap();
            Ok([("count".to_owned(), count.to_string())].into())
        }
        _ => Err(format!("nobody can ask of {words:?}")),
    }
}

fn story(view: &View<'_>, id: &str, on: NaiveDate) -> Result<Looked, String> {
    let id = CaseId::parse(id).map_err(|error| error.to_string())?;
    let story = Story::open(view, &id, None).map_err(|error| error.to_string())?;
    story.now(Day(on)).map_err(|error| error.to_string())
}

fn of_case(view: &View<'_>, id: &CaseId, looked: &Looked, on: NaiveDate) -> Members {
    let mut found = Members::new();
    let mut put = |name: &str, value: String| found.insert(name.to_owned(), value);
    for (name, amount) in looked.standing.money.named() {
        put(&name.replace(' ', "-"), amount.to_string());
    }
    put("state", looked.standing.state.clone());
    put("free", looked.eligibility.amount_free.to_string());
    put("not-barred", looked.eligibility.amount_not_barred.to_string());
    put("offset-from", or_none(looked.standing.offset_from.map(|day| day.0)));
    let barred = looked.eligibility.barred.map_or("none", |bar| bar.in_words());
    put("barred", barred.to_owned());
    let mut barred = "none".to_owned();
    let mut closes = Vec::new();
    report::cases::each(
        view,
        &report::cases::Wanted { cleared: true, ..Default::default() },
        Day(on),
        &mut |seen| {
            if seen.case.id == *id {
                barred = seen.case.row.taken_while_barred.to_string();
                closes = seen.windows.iter().map(|window| window.closes).collect();
            }
            Ok(())
        },
    )
    .unwrap();
    put("taken-while-barred", barred);
    let told: Vec<_> = looked.eligibility.windows.iter().map(|window| window.closes).collect();
    assert_eq!(closes, told, "two ways of looking at {id} on {on}");
    for known in &looked.standing.deadlines {
        put(&known.clock, of_deadline(looked, known));
    }
    found
}

/// A window's last day and where it stands; another clock's day.
fn of_deadline(looked: &Looked, known: &Deadline) -> String {
    let due = or_none(known.due.map(|day| day.0));
    let mut names = known.clock.split(':');
    let kind = match names.next() {
        Some("dispute-window") => WindowKind::Dispute,
        Some("determination-window") => WindowKind::Determination,
        _ => return due,
    };
    let number: usize = names.next().map_or(1, |number| number.parse().unwrap());
    let mut own = looked.eligibility.windows.iter().filter(|window| window.kind == kind);
    match own.nth(number - 1).unwrap().standing {
        Standing::Open => format!("{due} open"),
        Standing::Closed => format!("{due} closed"),
        Standing::Heard(day) => format!("{due} heard {day}"),
        Standing::Void(day) => format!("{due} void {day}"),
    }
}

fn of_due(view: &View<'_>, id: &str, on: NaiveDate) -> Result<Members, report::AnswerError> {
    let mut all = Vec::new();
    for overdue in [true, false] {
        let cases = lookback::report::cases::Wanted::default();
        let wanted = due::Wanted { on: Day(on), cases, within: None, overdue };
        all.extend(due::due(view, &wanted)?.due);
    }
    let own = all.iter().filter(|due| due.subject.ends_with(&format!(":{id}")));
    let own = own.map(|due| format!("{} {}", due.due.0, due.clock.as_deref().unwrap_or("to-do")));
    let own: Vec<String> = own.collect();
    let next = if own.is_empty() { "none".to_owned() } else { own.join(", ") };
    Ok([("next".to_owned(), next)].into())
}

fn of_audit(world: &World, id: &str) -> Result<Members, String> {
    let id = AuditId::parse(id).map_err(|error| error.to_string())?;
    let row = audits::audit(world.ledger.rows(), &id).unwrap().ok_or("no such audit")?;
    let rules = rules(&world.ledger).map_err(|error| error.to_string())?;
    let clocks = due::audit_clocks(&row, &rules).into_iter();
    Ok(clocks
        .map(|(clock, found, _)| (clock.to_owned(), or_none(found.due().map(|day| day.0))))
        .collect())
}

/// Takes a row of a report where its key is the one wanted.
type Put<'a> = dyn FnMut(&str, &str, &dyn erased::Row) -> Result<(), report::AnswerError> + 'a;

mod erased {
    //! A row of a report, whatever its type.

    pub(super) trait Row {
        fn json(&self) -> serde_json::Value;
    }

    impl<T: super::Serialize> Row for T {
        fn json(&self) -> serde_json::Value {
            serde_json::to_value(self).unwrap()
        }
    }
}

/// The members of the row that a report has under a key.
fn row(
    on: NaiveDate,
    ask: impl FnOnce(Day, &mut Put<'_>) -> Result<(), report::AnswerError>,
) -> Result<Members, String> {
    let mut found = None;
    let mut put = |key: &str, wanted: &str, row: &dyn erased::Row| {
        if key == wanted {
            found = Some(row.json());
        }
        Ok(())
    };
    ask(Day(on), &mut put).map_err(|error| error.to_string())?;
    let found = found.ok_or("the report has no such row")?;
    let text = |value: &Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    let members = found.as_object().ok_or("the report has no members")?;
    Ok(members.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

fn of_list(
    view: &View<'_>,
    line: Option<&str>,
    on: NaiveDate,
) -> Result<Members, report::AnswerError> {
    let mut ids = Vec::new();
    let mut amounts = Vec::new();
    if let Some(word) = line {
        let line = monday::Line::ALL.into_iter().find(|line| line.as_str() == word);
        let line = Some(line.ok_or_else(|| {
            report::AnswerError::Question(format!("the Monday list has no line {word}"))
        })?);
        let wanted = report::cases::Wanted::default();
        let question = monday::Question { wanted, line, cycles: monday::CYCLES, on: Day(on) };
        monday::all(view, &question, &mut |item| {
            amounts.extend(item.amount.map(|amount| amount.to_string()));
            ids.push(item.case.unwrap_or("unbooked".to_owned()));
            Ok(())
        })?;
    } else {
        report::cases::each(view, &report::cases::Wanted::default(), Day(on), &mut |seen| {
            if !seen.stood_down {
                ids.push(seen.case.id.to_string());
            }
            Ok(())
        })?;
    }
    let list = |all: Vec<String>| if all.is_empty() { "none".to_owned() } else { all.join(" ") };
    Ok([("cases".to_owned(), list(ids)), ("amounts".to_owned(), list(amounts))].into())
}

fn of_precheck(
    world: &World,
    claim: &str,
    amount: &str,
    more: &[&str],
    on: NaiveDate,
) -> Result<Members, String> {
    let asking = Prechecking::new(&world.ledger).map_err(|error| error.to_string())?;
    let payee = PayeeId::parse(PAYEE).unwrap();
    let found = asking.claim(&payee, claim).map_err(|error| error.to_string())?;
    let proposed = Proposed {
        payee,
        part: ClaimPart {
            amount: Some(amount.parse().map_err(|_| "no amount")?),
            lines: Vec::new(),
            patient_control: claim.to_owned(),
            payer_control: None,
            payment: None,
        },
        line_of_business: "medicaid".to_owned(),
        state: None,
        nature: if more.contains(&"fraud") { Nature::Fraud } else { Nature::Routine },
        standard: None,
    };
    let mut earlier = Earlier::default();
    let name = CaseId::parse("OP-NEW").unwrap();
    let reasons =
        precheck(&asking.given(), &proposed, &found, Day(on), (&mut earlier, &name), Told::All);
    let reasons = reasons.map_err(|error| error.to_string())?;
    let words: Vec<String> = reasons.into_iter().map(|reason| reason.rule).collect();
    let says = if words.is_empty() { "go".to_owned() } else { words.join(" ") };
    Ok([("says".to_owned(), says)].into())
}
