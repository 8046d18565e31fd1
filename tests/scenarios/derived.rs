//! What a story may ask of a day that explains itself.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::time::MonthDay;
use lookback_projections::calendar::{CalendarName, Calendars};
use lookback_projections::clocks::{Clock, Derivation, Facts, Settings, Source, Span, Years};
use lookback_projections::policy::fact::{Fact, SpanKind};
use lookback_projections::policy::purpose::EndRule;
use lookback_projections::policy::{Policy, SHIPPED};

use super::play::day;

/// What was found, by name.
pub(super) type Members = BTreeMap<String, String>;

/// A day, or that none is there.
pub(super) fn or_none(day: Option<NaiveDate>) -> String {
    day.map_or("none".to_owned(), |day| day.to_string())
}

/// Everything that a derivation says.
pub(super) fn members(found: &Derivation) -> Members {
    let day = |day: Option<Day>| or_none(day.map(|day| day.0));
    let list = |all: Vec<String>| if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    let starts = found.starts.iter();
    let starts = starts.map(|k| format!("{} {} {}", k.fact, k.day.0, k.source.standing.as_str()));
    let skipped = found.skipped.iter().map(|skipped| skipped.day.0.to_string());
    let lost = found.lost.iter().map(|lost| lost.rule.to_string());
    let calendar = found.calendar.as_ref().map(|used| format!("{} {}", used.id, used.version));
    let [due, strict, rolled] = [found.due(), found.strict(), found.rolled()].map(day);
    let verified = if found.decides { "decides" } else { "warns" };
    [
        ("due", due),
        ("strict", strict),
        ("rolled", rolled),
        ("rule", found.rule.to_string()),
        ("policy", format!("{} v{}", found.policy, found.policy_version)),
        ("citation", found.citation.clone()),
        ("counted", found.counted.clone()),
        ("calendar", calendar.unwrap_or("none".to_owned())),
        ("facts", list(starts.collect())),
        ("skipped", list(skipped.collect())),
        ("steps", list(found.steps.iter().map(ToString::to_string).collect())),
        ("lost", list(lost.collect())),
        ("standing", verified.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The policies that come with the program.
pub(super) fn shipped() -> Vec<Policy> {
    SHIPPED.iter().map(|(_, text)| Policy::parse(text).unwrap()).collect()
}

/// One clock alone: `dispute-window 2024-01-31 calendar=MA-suffolk end-rule=strict`.
pub(super) fn clock(words: &[String]) -> Result<Members, String> {
    let (Some(rule), Some(start)) = (words.first(), words.get(1)) else {
        return Err("clock RULE DAY".to_owned());
    };
    let all = shipped();
    let policy = all.iter().find(|policy| policy.rule(rule).is_some());
    let policy = policy.ok_or_else(|| format!("no policy has a rule {rule}"))?;
    let calendars = Calendars::shipped().unwrap();
    let mut settings = Settings::of(policy, &calendars, Years::default()).unwrap();
    let clock = Clock::of(policy, rule).unwrap();
    let mut facts = Facts::default();
    let said = |on: &str| day(on).map(Day);
    if start != "-" {
        let first = clock.rule().due.first_fact().ok_or("it starts at other rules")?;
        facts = facts.with(first, said(start)?, Source::asserted("a story"));
    }
    for word in &words[2..] {
        match word.split_once('=') {
            Some(("calendar", name)) => {
                let name = CalendarName::parse(name).unwrap();
                settings.calendar = Some(calendars.get(&name).unwrap());
            }
            Some(("end-rule", rule)) => settings.end_rule = EndRule::parse(rule).unwrap(),
            Some(("fiscal-year-end", on)) => {
                settings.years.fiscal_year_end = Some(MonthDay::parse(on).unwrap());
            }
            Some((name, days)) if days.contains("..") => {
                let (from, until) = days.split_once("..").unwrap_or_default();
                let kind = SpanKind::parse(name).map_err(|error| error.to_string())?;
                let until = if until.is_empty() { None } else { Some(said(until)?) };
                let source = Source::asserted("a story");
                facts = facts.during(Span { kind, from: said(from)?, until, source });
            }
            Some((name, on)) => {
                let fact = Fact::parse(name).map_err(|error| error.to_string())?;
                facts = facts.with(fact, said(on)?, Source::asserted("a story"));
            }
            None => return Err(format!("a clock has no {word}")),
        }
    }
    match clock.compute(&facts, &settings) {
        Ok(found) => Ok(members(&found)),
        Err(error) => Ok([("not-computed".to_owned(), error.to_string())].into()),
    }
}
