//! A clock's day with everything that led to it, as JSON and for a person.

use lookback_events::event::text::Day;
use lookback_projections::calendar::{Closed, Skipped};
use lookback_projections::clocks::{Derivation, Ends, Known, Passed};
use lookback_projections::policy::fact::Fact;
use lookback_projections::policy::purpose::{EndRule, Verification};
use serde::Serialize;

use super::super::text::labelled;

/// The answer as JSON. The names are a promise.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    due: Option<Day>,
    due_strict: Option<Day>,
    due_rolled: Option<Day>,
    rule: &'a str,
    citation: &'a str,
    calendar: Option<&'a str>,
    calendar_version: Option<&'a str>,
    #[serde(flatten)]
    derivation: Shown<'a>,
}

/// What explains the days.
#[derive(Serialize)]
struct Shown<'a> {
    policy: &'a str,
    policy_version: u32,
    title: &'a str,
    verification: &'static str,
    decides: bool,
    layer: &'static str,
    outcome: &'static str,
    then: Option<&'a str>,
    counted: &'a str,
    end_rule: &'static str,
    calendar_asked: Option<String>,
    open_during: Option<&'static str>,
    starts: Vec<Started<'a>>,
    missing: &'a [Fact],
    stopped: Option<Started<'a>>,
    steps: Vec<String>,
    passed: Vec<String>,
    skipped: Vec<Over>,
}

#[derive(Serialize)]
struct Started<'a> {
    fact: Fact,
    day: Day,
    standing: &'static str,
    position: &'a str,
}

impl<'a> Started<'a> {
    fn of(known: &'a Known) -> Self {
        let (standing, position) = (known.source.standing.as_str(), &known.source.position);
        Self { fact: known.fact, day: known.day, standing, position }
    }
}

#[derive(Serialize)]
struct Over {
    day: Day,
    why: String,
}

impl<'a> Answer<'a> {
    pub(super) fn of(derived: &'a Derivation) -> Self {
        let calendar = derived.calendar.as_ref();
        let over = |skipped: &Skipped| Over { day: skipped.day, why: closed(&skipped.closed) };
        let derivation = Shown {
            policy: derived.policy.as_str(),
            policy_version: derived.policy_version,
            title: &derived.title,
            verification: derived.verification.as_str(),
            decides: derived.decides,
            layer: derived.layer.as_str(),
            outcome: derived.outcome.as_str(),
            then: derived.then.as_deref(),
            counted: &derived.counted,
            end_rule: derived.end_rule.as_str(),
            calendar_asked: calendar.map(|calendar| calendar.asked.to_string()),
            open_during: match derived.ends {
                Ends::Open { during, .. } => Some(during.as_str()),
                Ends::On { .. } => None,
            },
            starts: derived.starts.iter().map(Started::of).collect(),
            missing: &derived.missing,
            stopped: derived.stopped.as_ref().map(Started::of),
            steps: derived.steps.iter().map(ToString::to_string).collect(),
            passed: derived.passed.iter().map(passed).collect(),
            skipped: derived.skipped.iter().map(over).collect(),
        };
        Self {
            due: derived.due(),
            due_strict: derived.strict(),
            due_rolled: derived.rolled(),
            rule: derived.rule.as_str(),
            citation: &derived.citation,
            calendar: calendar.map(|calendar| calendar.id.as_str()),
            calendar_version: calendar.map(|calendar| calendar.version.as_str()),
            derivation,
        }
    }
}

fn closed(closed: &Closed) -> String {
    match closed {
        Closed::Weekend => "weekend".to_owned(),
        Closed::Holiday(name) => name.clone(),
    }
}

fn passed(passed: &Passed) -> String {
    format!("{}: {}", passed.counted, weekday(passed.day))
}

/// A day with its weekday.
pub(in crate::cli) fn weekday(day: Day) -> String {
    day.0.format("%Y-%m-%d %a").to_string()
}

/// The answer for a person: the day first, then why.
pub(super) fn explained(derived: &Derivation) -> String {
    let due = match derived.ends {
        Ends::Open { during, since } => {
            format!("open: {during} lasts since {}", weekday(since))
        }
        Ends::On { strict, rolled } => weekday(derived.due().unwrap_or(strict.max(rolled))),
    };
    let then = derived.then.as_ref().map(|then| format!(": {then}")).unwrap_or_default();
    let mut lines = vec![labelled("due", &format!("{due}{then}")), String::new()];
    let mut say = |label: &str, words: &str| lines.push(labelled(label, words));
    say("rule", &format!("{}, {}", derived.rule, derived.title));
    say("counted", &derived.counted);
    let (policy, version, layer) = (&derived.policy, derived.policy_version, derived.layer);
    say("policy", &format!("{policy} version {version}, layer {layer}"));
    let status = match derived.verification {
        Verification::Verified => String::new(),
        Verification::Unverified => {
            "; not read in its primary text: it warns, blocks a disposal and never decides"
                .to_owned()
        }
    };
    let verification = derived.verification;
    say("source", &format!("{} ({verification}{status})", derived.citation));
    for known in &derived.starts {
        let (fact, standing) = (known.fact, known.source.standing.as_str());
        let position = &known.source.position;
        say("starts", &format!("{} {fact}, {standing}, {position}", weekday(known.day)));
    }
    for fact in &derived.missing {
        say("not known", &format!("{fact}; the day may still move"));
    }
    for step in &derived.steps {
        say("moved", &step.to_string());
    }
    if let Ends::On { strict, rolled } = derived.ends {
        say("last day", &last_day(derived.end_rule, strict, rolled));
    }
    for other in &derived.passed {
        say("not taken", &passed(other));
    }
    if !derived.skipped.is_empty() {
        say("passed over", &passed_over(&derived.skipped));
    }
    if let Some(calendar) = &derived.calendar {
        say("calendar", &format!("{} {}, {}", calendar.id, calendar.version, calendar.asked));
    }
    if let Some(known) = &derived.stopped {
        say("stopped", &format!("{} {}", weekday(known.day), known.fact));
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// The last day under both end rules.
pub(in crate::cli) fn last_day(end_rule: EndRule, strict: Day, rolled: Day) -> String {
    if strict == rolled {
        return format!("{}, the same under both end rules", weekday(strict));
    }
    match end_rule {
        EndRule::RollForward => {
            format!("{}, rolls to {} (end rule roll-forward)", weekday(strict), weekday(rolled))
        }
        EndRule::Strict => {
            format!("{} (end rule strict; rolled it would be {})", weekday(strict), weekday(rolled))
        }
    }
}

/// The closed days: holidays by name, weekends by number.
pub(in crate::cli) fn passed_over(skipped: &[Skipped]) -> String {
    let holidays = skipped.iter().filter_map(|skipped| match &skipped.closed {
        Closed::Holiday(name) => Some(format!("{} {name}", weekday(skipped.day))),
        Closed::Weekend => None,
    });
    let mut parts: Vec<String> = holidays.collect();
    match skipped.len().saturating_sub(parts.len()) {
        0 => {}
        1 => parts.push("1 day of a weekend".to_owned()),
        days => parts.push(format!("{days} days of weekends")),
    }
    parts.join(", ")
}
