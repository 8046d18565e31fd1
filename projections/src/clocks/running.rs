//! Running one clock: its start, its length, and what moves the day.

use chrono::NaiveDate;
use lookback_events::event::text::Day;

use super::arithmetic::{Arithmetic, Way};
use super::derivation::{Asked, CalendarUse, Derivation, Ends, Step};
use super::terms::{At, Found};
use super::{ClockError, Facts, Known, Settings};
use crate::policy::fact::Fact;
use crate::policy::length::{Length, Unit};
use crate::policy::parameters::Parameter;
use crate::policy::purpose::Purpose;
use crate::policy::{Extension, Policy, Rule, Term};

/// One rule at work on facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) policy: &'a Policy,
    pub(super) rule: &'a Rule,
    pub(super) facts: &'a Facts,
    pub(super) settings: &'a Settings<'a>,
    /// Whether rules that this one refers to give their rolled day.
    pub(super) rolling: bool,
    depth: u8,
}

/// References behind references; a sound policy has fewer.
const DEPTH_MAX: u8 = 16;

/// Runs a rule on facts.
pub(super) fn run(
    policy: &Policy,
    rule: &Rule,
    facts: &Facts,
    settings: &Settings<'_>,
) -> Result<Derivation, ClockError> {
    Run { policy, rule, facts, settings, rolling: false, depth: 0 }.derive()
}

/// A clock's day on its way: where it stands, and what moved it.
struct Moved {
    found: Found,
    /// The day it started on, where it has one.
    start: Option<NaiveDate>,
    steps: Vec<Step>,
}

impl<'a> Run<'a> {
    pub(super) const fn arithmetic(&self) -> Arithmetic<'a> {
        Arithmetic { policy: self.policy, settings: self.settings, rule: &self.rule.id }
    }

    /// The run of a rule that this one refers to; `None` where rules wait for each other.
    pub(super) fn deeper(&self, rule: &'a Rule) -> Option<Self> {
        let depth = self.depth.checked_add(1).filter(|depth| *depth < DEPTH_MAX)?;
        Some(Self { rule, depth, ..*self })
    }

    pub(super) fn derive(&self) -> Result<Derivation, ClockError> {
        let strict = Self { rolling: false, ..*self }.moved()?;
        // Only what refers to other rules can come to another day when those roll.
        let rolled = if self.rule.due.rules().is_empty() {
            strict.found.at
        } else {
            Self { rolling: true, ..*self }.moved()?.found.at
        };
        let Moved { mut found, start, steps } = strict;
        let ends = match (found.at, rolled) {
            (At::Unknown, _) | (_, At::Unknown) => return Err(self.no_start(&found)),
            (At::Open(during, since), _) | (_, At::Open(during, since)) => {
                Ends::Open { during, since }
            }
            (At::Day(strict), At::Day(rolled)) => {
                let rolled = Day(self.roll(rolled, &mut found)?);
                Ends::On { strict: Day(strict), rolled }
            }
        };
        let mut derivation = self.derivation(found, ends, steps);
        self.stop(&mut derivation, start);
        Ok(derivation)
    }

    /// The day as it is counted, with everything that moves it.
    fn moved(&self) -> Result<Moved, ClockError> {
        let mut steps = Vec::new();
        let mut start = None;
        let mut found = match &self.rule.due {
            Term::After(term, length) => {
                let begun = self.begin(term, &mut steps)?;
                start = day_of(&begun);
                let counted = self.counted(begun, *length, Way::After)?;
                match start {
                    Some(start) => self.suspend(counted, start, *length, &mut steps)?,
                    None => counted,
                }
            }
            Term::Before(term, length) => {
                let begun = self.begin(term, &mut steps)?;
                self.counted(begun, *length, Way::Before)?
            }
            term @ (Term::Fact(_) | Term::Rule(_) | Term::LaterOf(_) | Term::EarlierOf(_)) => {
                self.find(term)?
            }
        };
        for extension in &self.rule.extend {
            if let At::Day(day) = found.at {
                found.at = self.extend(day, *extension, &mut steps)?;
            }
        }
        Ok(Moved { found, start, steps })
    }

    /// Where the clock starts, or last began anew.
    fn begin(&self, term: &Term, steps: &mut Vec<Step>) -> Result<Found, ClockError> {
        let mut begun = self.find(term)?;
        let again = self.rule.reset.iter().filter_map(|fact| self.facts.latest(*fact));
        if let At::Day(day) = begun.at
            && let Some(again) = again.max_by_key(|known| known.day)
            && again.day.0 > day
        {
            begun.at = At::Day(again.day.0);
            begun.used.push(again.clone());
            steps.push(Step::Reset(again.clone()));
        }
        Ok(begun)
    }

    /// Makes up for the days on which the clock stood still.
    fn suspend(
        &self,
        mut found: Found,
        start: NaiveDate,
        length: Length,
        steps: &mut Vec<Step>,
    ) -> Result<Found, ClockError> {
        for suspension in &self.rule.suspend {
            // Spans that overlap stop the clock once.
            let mut stood_until = start.succ_opt().unwrap_or(start);
            for span in self.facts.spans(suspension.during) {
                let At::Day(end) = found.at else { break };
                let from = span.from.0.max(stood_until);
                if from > end {
                    break;
                }
                let most = match suspension.at_most {
                    Some(most) => Some(self.arithmetic().count(span.from.0, most, Way::After)?.day),
                    None => None,
                };
                let until = match (span.until, most) {
                    (Some(until), Some(most)) => until.0.min(most),
                    (Some(until), None) => until.0,
                    (None, Some(most)) => most,
                    (None, None) => {
                        found.at = At::Open(span.kind, span.from);
                        break;
                    }
                };
                let days = self.standing(from, until, length)?;
                if days == 0 {
                    continue;
                }
                let unit = match self.arithmetic().unit(length) {
                    Unit::BusinessDays => Unit::BusinessDays,
                    Unit::CalendarDays
                    | Unit::Days
                    | Unit::Months
                    | Unit::Years
                    | Unit::FiscalYears
                    | Unit::ContractYears => Unit::CalendarDays,
                };
                found = self.counted(found, Length { count: days, unit }, Way::After)?;
                stood_until = until;
                steps.push(Step::StoodStill {
                    during: span.kind,
                    from: Day(from),
                    until: Day(until),
                    days,
                    position: span.source.position.clone(),
                });
            }
        }
        Ok(found)
    }

    /// How many days of the clock's own kind lie from a day to the day before another.
    fn standing(
        &self,
        from: NaiveDate,
        until: NaiveDate,
        length: Length,
    ) -> Result<u32, ClockError> {
        let days = from.iter_days().take_while(|day| *day < until);
        let count = if self.arithmetic().unit(length) == Unit::BusinessDays {
            let calendar = self.arithmetic().calendar()?;
            days.filter(|day| calendar.is_business_day(*day)).count()
        } else {
            days.count()
        };
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// The later day that an extension gives, or the same.
    fn extend(
        &self,
        end: NaiveDate,
        extension: Extension,
        steps: &mut Vec<Step>,
    ) -> Result<At, ClockError> {
        let mut at = end;
        let mut reach = reach(end, steps);
        let mut longer = |to: NaiveDate, by: String, position: &str| {
            steps.push(Step::Extended { by, to: Day(to), position: position.to_owned() });
            to
        };
        match extension {
            Extension::To(fact) => {
                if let Some(known) = self.facts.latest(fact).filter(|known| known.day.0 > end) {
                    at = longer(known.day.0, fact.to_string(), &known.source.position);
                }
            }
            Extension::By(length, fact) => match self.facts.latest(fact) {
                Some(known) if known.day.0 <= end => {
                    let to = self.arithmetic().count(end, length, Way::After)?.day;
                    let by = format!("{} when {fact} {}", length.in_words(), known.day.0);
                    at = longer(to, by, &known.source.position);
                }
                Some(known) => steps.push(Step::TooLate(known.clone())),
                None => {}
            },
            Extension::During(kind) => {
                // Begun before the end; a span that goes on where another ended lasts with it.
                for span in self.facts.spans(kind) {
                    if span.from.0 > reach {
                        break;
                    }
                    let Some(until) = span.until else { return Ok(At::Open(kind, span.from)) };
                    // A span's `until` is the first day after it.
                    if let Some(last) = until.0.pred_opt().filter(|last| *last > at) {
                        let by = format!("{kind} since {}", span.from.0);
                        at = longer(last, by, &span.source.position);
                        reach = until.0;
                    }
                }
            }
        }
        Ok(At::Day(at))
    }

    /// The business day that a last day rolls to.
    fn roll(&self, day: NaiveDate, found: &mut Found) -> Result<NaiveDate, ClockError> {
        let Some(calendar) = self.settings.calendar.filter(|_| self.rule.rolls) else {
            return Ok(day);
        };
        found.asked = found.asked.max(Asked::Rolling);
        // What must be done before a day is done early, not late.
        let rolled = if self.rule.is_backward() {
            calendar.roll_back(day)
        } else {
            calendar.roll_forward(day)
        };
        let rolled = rolled.map_err(|end| self.arithmetic().too_far(end))?;
        found.skipped.extend(rolled.skipped);
        Ok(rolled.day)
    }

    /// Says what stopped the clock in time, or came too late to.
    fn stop(&self, derivation: &mut Derivation, start: Option<NaiveDate>) {
        let start = Day(start.unwrap_or(NaiveDate::MIN));
        let came: Vec<&Known> = self
            .stops()
            .into_iter()
            .filter_map(|fact| self.facts.earliest_from(fact, start))
            .collect();
        let Some(first) = came.into_iter().min_by_key(|known| known.day) else { return };
        if derivation.due().is_none_or(|due| first.day <= due) {
            derivation.stopped = Some(first.clone());
        } else {
            derivation.steps.push(Step::TooLate(first.clone()));
        }
    }

    /// What stops the clock: for a lookback, the act that the policy chose.
    fn stops(&self) -> Vec<Fact> {
        let lookback = |purpose: &Purpose| {
            matches!(purpose, Purpose::RoutineLookback | Purpose::FraudLookback)
        };
        let mut stops = self.rule.stopped_by.clone();
        if let Some(act) = self.policy.parameters.word(Parameter::LookbackStoppedBy)
            && self.rule.purposes.iter().any(lookback)
        {
            stops.retain(|fact| fact.as_str() == act);
        }
        stops
    }

    fn no_start(&self, found: &Found) -> ClockError {
        ClockError::NoStart { rule: self.rule.id.clone(), wanted: found.missing.clone() }
    }

    fn derivation(&self, found: Found, ends: Ends, steps: Vec<Step>) -> Derivation {
        let calendar = self.settings.calendar.map(|calendar| CalendarUse {
            id: calendar.id().to_owned(),
            version: calendar.version().to_owned(),
            asked: found.asked,
        });
        Derivation {
            rule: self.rule.id.clone(),
            title: self.rule.title.clone(),
            policy: self.policy.id.clone(),
            policy_version: self.policy.version,
            policy_since: self.policy.effective.from,
            citation: self.rule.citation.clone(),
            verification: self.rule.verification,
            decides: self.rule.decides,
            layer: self.rule.layer,
            outcome: self.rule.outcome,
            then: self.rule.then.clone(),
            counted: self.rule.due.to_string(),
            calendar,
            end_rule: self.settings.end_rule,
            starts: found.used,
            missing: found.missing,
            ends,
            stopped: None,
            steps,
            skipped: found.skipped,
            passed: found.passed,
            lost: Vec::new(),
            blocked_by: Vec::new(),
        }
    }
}

/// The day that was found.
const fn day_of(found: &Found) -> Option<NaiveDate> {
    match found.at {
        At::Day(day) => Some(day),
        At::Open(..) | At::Unknown => None,
    }
}

/// The last day on which a span may begin to make a clock longer: its end, or the day after it where
/// something made it longer before, because what goes on where another ended lasts with it.
fn reach(end: NaiveDate, steps: &[Step]) -> NaiveDate {
    let is_longer = |step: &Step| match step {
        Step::Extended { to, .. } => to.0 == end,
        Step::Reset(_) | Step::StoodStill { .. } | Step::TooLate(_) => false,
    };
    let after = end.succ_opt().filter(|_| steps.iter().any(is_longer));
    after.unwrap_or(end)
}
