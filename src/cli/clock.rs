//! `lookback clock`: one clock alone, without a ledger.

use std::io::{self, Write as _};

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::time::MonthDay;
use lookback_projections::calendar::{CalendarName, Calendars, Closed, Skipped};
use lookback_projections::clocks::{
    Clock, ClockError, Derivation, Ends, Facts, Settings, Source, Span, Years,
};
use lookback_projections::policy::Policy;
use lookback_projections::policy::fact::{Fact, SpanKind};
use lookback_projections::policy::purpose::{EndRule, Verification};
use lookback_projections::policy::vocabulary::nearest;
use serde::Serialize;

use super::policy::{named, shipped};
use super::text::labelled;
use super::{Failure, Telling};

/// Arguments of `clock`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rule, such as dispute-window; lookback policy show lists those of a policy
    rule: String,
    /// The day on which it starts (of audit-cancellation: the visit)
    #[arg(long, value_name = "DATE", value_parser = day, required_unless_present = "facts")]
    start: Option<Day>,
    /// Another fact on its day, such as notice-sent=2026-02-06; may be given several times
    #[arg(long = "fact", value_name = "FACT=DATE", value_parser = fact)]
    facts: Vec<(Fact, Day)>,
    /// Something that lasted, such as investigation=2026-02-06..2026-03-01, open without a second day
    #[arg(long = "during", value_name = "SPAN=DATE..DATE", value_parser = span)]
    spans: Vec<Span>,
    /// The calendar, such as MA-suffolk [default: the policy's]
    #[arg(long, value_name = "CALENDAR", value_parser = calendar)]
    calendar: Option<CalendarName>,
    /// What happens to a last day that is no business day, strict or roll-forward [default: the policy's]
    #[arg(long, value_name = "RULE", value_parser = end_rule)]
    end_rule: Option<EndRule>,
    /// The last day of the plan's fiscal year [default: the policy's]
    #[arg(long, value_name = "MM-DD", value_parser = day_of_year)]
    fiscal_year_end: Option<MonthDay>,
    /// The day on which contract years begin
    #[arg(long, value_name = "MM-DD", value_parser = day_of_year)]
    contract_year_start: Option<MonthDay>,
    /// The policy, by id or file [default: the shipped one that has the rule]
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Telling,
}

fn day(text: &str) -> Result<Day, String> {
    let wrong = |_| format!("{text:?} is not a day; write YYYY-MM-DD");
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Day).map_err(wrong)
}

fn day_of_year(text: &str) -> Result<MonthDay, String> {
    MonthDay::parse(text).map_err(|error| error.to_string())
}

fn calendar(text: &str) -> Result<CalendarName, String> {
    CalendarName::parse(text).map_err(|error| error.to_string())
}

fn end_rule(text: &str) -> Result<EndRule, String> {
    EndRule::parse(text).map_err(|error| error.to_string())
}

fn fact(text: &str) -> Result<(Fact, Day), String> {
    let (name, on) = text.split_once('=').ok_or("write FACT=DATE")?;
    Ok((Fact::parse(name).map_err(|error| error.to_string())?, day(on)?))
}

fn span(text: &str) -> Result<Span, String> {
    let (name, days) = text.split_once('=').ok_or("write SPAN=DATE..DATE")?;
    let kind = SpanKind::parse(name).map_err(|error| error.to_string())?;
    let (from, until) = days.split_once("..").ok_or("write SPAN=DATE..DATE")?;
    let from = day(from)?;
    let until = if until.is_empty() { None } else { Some(day(until)?) };
    if until.is_some_and(|until| until < from) {
        return Err(format!("{text:?} ends before it begins"));
    }
    Ok(Span { kind, from, until, source: Source::asserted("--during") })
}

impl Args {
    pub(super) fn run(self) -> Result<u8, Failure> {
        let policy = self.policy()?;
        let clock = Clock::of(&policy, &self.rule).map_err(|_| unknown(&self.rule, [&policy]))?;
        let calendars = Calendars::shipped()
            .map_err(|error| Failure::new("the calendars cannot be read").because(error))?;
        let settings = self.settings(&policy, &calendars)?;
        let facts = self.facts(&clock)?;
        let derived = clock.compute(&facts, &settings).map_err(cannot)?;
        let mut out = io::stdout().lock();
        if self.format == Telling::Json {
            serde_json::to_writer(&mut out, &Answer::of(&derived)).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            out.write_all(explained(&derived).as_bytes())?;
        }
        Ok(0)
    }

    /// The policy that was named, or the shipped one that has the rule.
    fn policy(&self) -> Result<Policy, Failure> {
        if let Some(name) = &self.policy {
            return named(name).map(|(policy, _)| policy);
        }
        let all = shipped()?;
        let mut with: Vec<&Policy> =
            all.iter().filter(|policy| policy.rule(&self.rule).is_some()).collect();
        match (with.pop(), with.len()) {
            (Some(policy), 0) => Ok(policy.clone()),
            (Some(last), _) => {
                with.push(last);
                let ids: Vec<&str> = with.iter().map(|policy| policy.id.as_str()).collect();
                let what = format!("{} is a rule of several policies", self.rule);
                Err(Failure::usage(what).help(format!("choose: --policy {}", ids.join(" or "))))
            }
            (None, _) => Err(unknown(&self.rule, &all)),
        }
    }

    fn settings<'a>(
        &self,
        policy: &Policy,
        calendars: &'a Calendars,
    ) -> Result<Settings<'a>, Failure> {
        let no_calendar = |error| Failure::usage("there is no such calendar").because(error);
        let years = Years::default();
        let mut settings = Settings::of(policy, calendars, years).map_err(no_calendar)?;
        if let Some(name) = &self.calendar {
            settings.calendar = Some(calendars.get(name).map_err(no_calendar)?);
        }
        if let Some(end_rule) = self.end_rule {
            settings.end_rule = end_rule;
        }
        if self.fiscal_year_end.is_some() {
            settings.years.fiscal_year_end = self.fiscal_year_end;
        }
        settings.years.contract_year_start = self.contract_year_start;
        Ok(settings)
    }

    fn facts(&self, clock: &Clock<'_>) -> Result<Facts, Failure> {
        let mut facts = Facts::default();
        if let Some(start) = self.start {
            let first = clock.rule().due.first_fact().ok_or_else(|| {
                let what = format!("{} starts at other rules, not at a day", self.rule);
                Failure::usage(what).help("give their facts: --fact FACT=DATE")
            })?;
            facts = facts.with(first, start, Source::asserted("--start"));
        }
        for (fact, day) in &self.facts {
            facts = facts.with(*fact, *day, Source::asserted("--fact"));
        }
        Ok(self.spans.iter().cloned().fold(facts, Facts::during))
    }
}

/// No policy has the rule.
fn unknown<'a>(rule: &str, policies: impl IntoIterator<Item = &'a Policy>) -> Failure {
    let ids: Vec<&str> = policies
        .into_iter()
        .flat_map(|policy| policy.rules.iter().map(|rule| rule.id.as_str()))
        .collect();
    let near = nearest(rule, ids.into_iter());
    let failure = Failure::usage(format!("there is no rule {rule:?}"));
    if near.is_empty() {
        return failure
            .help("lookback policy list names the policies, lookback policy show ID rules");
    }
    failure.help(format!("did you mean {}", near.join(", ")))
}

/// The day could not be computed.
fn cannot(error: ClockError) -> Failure {
    let help = match &error {
        ClockError::FiscalYearEndNotSet { .. } => Some("say --fiscal-year-end MM-DD".to_owned()),
        ClockError::ContractYearNotSet { .. } => Some("say --contract-year-start MM-DD".to_owned()),
        ClockError::NoCalendar { .. } => Some("say --calendar MA-legal".to_owned()),
        ClockError::NoStart { wanted, .. } => {
            let facts: Vec<String> =
                wanted.iter().map(|fact| format!("--fact {fact}=DATE")).collect();
            Some(format!("say {}", facts.join(" or ")))
        }
        ClockError::Reference { .. } => Some("lookback policy check FILE says more".to_owned()),
        ClockError::TooFar { .. }
        | ClockError::NoRule { .. }
        | ClockError::Calendar(_)
        | ClockError::NothingDecides { .. } => None,
    };
    let failure = Failure::usage("the day cannot be computed").because(error);
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// The answer as JSON. The names are a promise.
#[derive(Serialize)]
struct Answer<'a> {
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
    fn of(known: &'a lookback_projections::clocks::Known) -> Self {
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
    fn of(derived: &'a Derivation) -> Self {
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

fn passed(passed: &lookback_projections::clocks::Passed) -> String {
    format!("{}: {}", passed.counted, weekday(passed.day))
}

/// A day with its weekday.
fn weekday(day: Day) -> String {
    day.0.format("%Y-%m-%d %a").to_string()
}

/// The answer for a person: the day first, then why.
fn explained(derived: &Derivation) -> String {
    let due = match derived.ends {
        Ends::Open { during, since } => {
            format!("Open: a {during} lasts since {}.", weekday(since))
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
fn last_day(end_rule: EndRule, strict: Day, rolled: Day) -> String {
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
fn passed_over(skipped: &[Skipped]) -> String {
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
