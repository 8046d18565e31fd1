//! Terms: days made of facts, later-of and earlier-of.

use chrono::NaiveDate;
use lookback_events::event::text::Day;

use super::arithmetic::Way;
use super::derivation::{Asked, Ends, Passed};
use super::running::Run;
use super::{ClockError, Known};
use crate::calendar::Skipped;
use crate::policy::fact::{Fact, SpanKind};
use crate::policy::length::{Length, Unit};
use crate::policy::{RuleId, Term};

/// What a term came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) at: At,
    pub(super) used: Vec<Known>,
    pub(super) missing: Vec<Fact>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) passed: Vec<Passed>,
    pub(super) asked: Asked,
}

/// Where a term stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Day(NaiveDate),
    /// Not before something ends that lasts.
    Open(SpanKind, Day),
    /// Nothing that it is made of is known.
    Unknown,
}

impl Found {
    const fn new(at: At) -> Self {
        Self {
            at,
            used: Vec::new(),
            missing: Vec::new(),
            skipped: Vec::new(),
            passed: Vec::new(),
            asked: Asked::Nothing,
        }
    }

    /// Takes over what another rests on.
    fn absorb(&mut self, other: Self) {
        self.used.extend(other.used);
        self.missing.extend(other.missing);
        self.skipped.extend(other.skipped);
        self.passed.extend(other.passed);
        self.asked = self.asked.max(other.asked);
    }
}

/// Which of several days is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    Later,
    Earlier,
}

impl Run<'_> {
    /// What a term comes to.
    pub(super) fn find(&self, term: &Term) -> Result<Found, ClockError> {
        match term {
            Term::Fact(fact) => Ok(self.fact(*fact)),
            Term::Rule(rule) => self.reference(rule),
            Term::LaterOf(terms) => self.pick(terms, Pick::Later),
            Term::EarlierOf(terms) => self.pick(terms, Pick::Earlier),
            Term::After(term, length) => {
                let found = self.find(term)?;
                self.counted(found, *length, Way::After)
            }
            Term::Before(term, length) => {
                let found = self.find(term)?;
                self.counted(found, *length, Way::Before)
            }
        }
    }

    /// A length counted from what was found.
    pub(super) fn counted(
        &self,
        mut found: Found,
        length: Length,
        way: Way,
    ) -> Result<Found, ClockError> {
        let arithmetic = self.arithmetic();
        if let At::Day(day) = found.at {
            let counted = arithmetic.count(day, length, way)?;
            found.at = At::Day(counted.day);
            found.skipped.extend(counted.skipped);
        }
        if arithmetic.unit(length) == Unit::BusinessDays {
            found.asked = Asked::Counting;
        }
        Ok(found)
    }

    fn fact(&self, fact: Fact) -> Found {
        let Some(known) = self.facts.latest(fact) else {
            let mut found = Found::new(At::Unknown);
            found.missing.push(fact);
            return found;
        };
        let mut found = Found::new(At::Day(known.day.0));
        found.used.push(known.clone());
        found
    }

    /// The due day of another rule of the policy.
    fn reference(&self, reference: &RuleId) -> Result<Found, ClockError> {
        let wrong =
            || ClockError::Reference { rule: self.rule.id.clone(), reference: reference.clone() };
        let rule = self.policy.rule(reference.as_str()).ok_or_else(wrong)?;
        let run = self.deeper(rule).ok_or_else(wrong)?;
        let derived = match run.derive() {
            Ok(derived) => derived,
            Err(ClockError::NoStart { wanted, .. }) => {
                let mut found = Found::new(At::Unknown);
                found.missing = wanted;
                return Ok(found);
            }
            Err(error) => return Err(error),
        };
        let at = match derived.ends {
            Ends::On { strict, rolled } => At::Day(if self.rolling { rolled.0 } else { strict.0 }),
            Ends::Open { during, since } => At::Open(during, since),
        };
        let asked = derived.calendar.map_or(Asked::Nothing, |calendar| calendar.asked);
        Ok(Found {
            at,
            used: derived.starts,
            missing: derived.missing,
            skipped: derived.skipped,
            passed: derived.passed,
            asked,
        })
    }

    /// The latest or earliest of several; what is not known is left out.
    fn pick(&self, terms: &[Term], pick: Pick) -> Result<Found, ClockError> {
        let mut all = Vec::with_capacity(terms.len());
        for term in terms {
            all.push((term, self.find(term)?));
        }
        let days = all.iter().filter_map(|(_, found)| match found.at {
            At::Day(day) => Some(day),
            At::Open(..) | At::Unknown => None,
        });
        let open = all.iter().find_map(|(_, found)| match found.at {
            At::Open(during, since) => Some(At::Open(during, since)),
            At::Day(_) | At::Unknown => None,
        });
        let at = match pick {
            // What is open ends after everything else.
            Pick::Later => open.or_else(|| days.max().map(At::Day)),
            Pick::Earlier => days.min().map(At::Day).or(open),
        };
        let mut picked = Found::new(at.unwrap_or(At::Unknown));
        let mut taken = false;
        for (term, mut found) in all {
            if !taken && found.at == picked.at {
                taken = true;
            } else {
                if let At::Day(day) = found.at {
                    picked.passed.push(Passed { counted: term.to_string(), day: Day(day) });
                }
                // What was passed over on the way to another day explains nothing.
                found.skipped.clear();
            }
            picked.absorb(found);
        }
        Ok(picked)
    }
}
