//! `lookback clock`: one clock alone, without a ledger.

use std::io::{self, Write as _};

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::time::MonthDay;
use lookback_projections::calendar::{CalendarName, Calendars};
use lookback_projections::clocks::{Clock, ClockError, Facts, Settings, Source, Span, Years};
use lookback_projections::policy::Policy;
use lookback_projections::policy::fact::{Fact, SpanKind};
use lookback_projections::policy::purpose::EndRule;
use lookback_projections::policy::vocabulary::nearest;

use super::policy::{named, shipped};
use super::{Failure, Telling};
use explain::{Answer, explained};

pub(super) mod explain;

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
        the_one(&self.rule, &shipped()?).cloned()
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

/// The only policy that has a rule.
fn the_one<'a>(rule: &str, policies: &'a [Policy]) -> Result<&'a Policy, Failure> {
    let with: Vec<&Policy> = policies.iter().filter(|policy| policy.rule(rule).is_some()).collect();
    match with.as_slice() {
        [] => Err(unknown(rule, policies)),
        [policy] => Ok(policy),
        several => {
            let ids: Vec<&str> = several.iter().map(|policy| policy.id.as_str()).collect();
            let failure = Failure::usage(format!("{rule} is a rule of several policies"));
            Err(failure.help(format!("choose: --policy {}", ids.join(" or "))))
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_of_several_policies_is_not_guessed() {
        let mut all = shipped().unwrap();
        assert_eq!(the_one("retention", &all).unwrap().id.as_str(), "allways-my-care-family-2019");
        let copy = all[0].clone();
        all.push(copy);
        let said = the_one("retention", &all).unwrap_err().to_string();
        assert!(said.contains("retention is a rule of several policies"), "{said}");
        let choose = "choose: --policy allways-my-care-family-2019 or allways-my-care-family-2019";
        assert!(said.contains(choose), "{said}");
    }
}
