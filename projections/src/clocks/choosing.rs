//! Choosing among rules that apply to one situation (DOMAIN 3.17).
//!
//! The shortest lookback, the longest retention, the longest time to answer and the latest start of
//! recovery win, unless a rule pre-empts. A layer alone does not win: it says what may pre-empt what,
//! and breaks a tie.

use std::cmp::Ordering;
use std::fmt::Display;

use lookback_events::event::text::Day;

use super::derivation::{Derivation, Ends, Lost, Why};
use super::{Clock, ClockError, Facts, Settings, Years};
use crate::calendar::{CalendarError, Calendars};
use crate::policy::purpose::{EndRule, Preference, Purpose};
use crate::policy::scope::{Context, Fit};
use crate::policy::{Policy, PolicyError, PreEmption, Rule, SHIPPED, SemanticFault};

/// A policy cannot be taken into a rulebook.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// Its text is not a policy.
    #[error("policy {policy} cannot be read")]
    Malformed {
        /// Its id, or where it came from.
        policy: String,
        /// What is wrong.
        #[source]
        source: PolicyError,
    },
    /// It makes no sense; `policy check` lists everything.
    #[error("policy {policy} makes no sense")]
    Unsound {
        /// Its id.
        policy: String,
        /// The first thing that is wrong.
        #[source]
        source: SemanticFault,
    },
    /// That version of it is there already.
    #[error("policy {policy} version {version} is there already; another text is another version")]
    Twice {
        /// Its id.
        policy: String,
        /// Its version.
        version: u32,
    },
    /// The calendars that come with the program cannot be read.
    #[error("the calendars cannot be read")]
    Calendars(#[from] CalendarError),
}

/// The policies that hold, with the calendars and years that they count in.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    policies: Vec<Policy>,
    calendars: Calendars,
    years: Years,
}

/// A candidate whose day is known.
struct Candidate<'a> {
    rule: &'a Rule,
    derivation: Derivation,
}

impl Rulebook {
    /// A rulebook without policies.
    pub const fn new(calendars: Calendars, years: Years) -> Self {
        Self { policies: Vec::new(), calendars, years }
    }

    /// Every policy and calendar that comes with the program.
    ///
    /// # Errors
    /// Never for the data that a release was tested with.
    pub fn shipped() -> Result<Self, AdoptError> {
        let mut rulebook = Self::new(Calendars::shipped()?, Years::default());
        for (id, text) in SHIPPED {
            let policy = Policy::parse(text).map_err(|source| {
                let policy = (*id).to_owned();
                AdoptError::Malformed { policy, source }
            })?;
            rulebook.adopt(policy)?;
        }
        Ok(rulebook)
    }

    /// Takes a policy in.
    ///
    /// # Errors
    /// When it makes no sense, or that version is there already.
    pub fn adopt(&mut self, policy: Policy) -> Result<(), AdoptError> {
        let name = policy.id.to_string();
        if let Some(source) = policy.check(&self.calendars).into_iter().next() {
            return Err(AdoptError::Unsound { policy: name, source });
        }
        let same = |other: &&Policy| other.id == policy.id && other.version == policy.version;
        if self.policies.iter().any(|other| same(&other)) {
            return Err(AdoptError::Twice { policy: name, version: policy.version });
        }
        self.policies.push(policy);
        Ok(())
    }

    /// The policies, in the order they were taken in.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The calendars.
    pub const fn calendars(&self) -> &Calendars {
        &self.calendars
    }

    /// The version of a policy that is in force on a day: of several the one that began last.
    pub fn in_force(&self, policy: &str, day: Day) -> Option<&Policy> {
        self.policies
            .iter()
            .filter(|other| other.id.as_str() == policy && other.is_in_force(day))
            .max_by_key(|other| (other.effective.from, other.version))
    }

    /// What a policy's clocks count with.
    ///
    /// # Errors
    /// When its calendar is not there.
    pub fn settings(&self, policy: &Policy) -> Result<Settings<'_>, ClockError> {
        Settings::of(policy, &self.calendars, self.years)
            .map_err(|error| ClockError::Calendar(error.to_string()))
    }

    /// The day on which one rule of a policy is due, whether or not it applies or decides.
    ///
    /// # Errors
    /// When the policy has no such rule, or something that it needs is not there.
    pub fn compute(
        &self,
        policy: &Policy,
        rule: &str,
        facts: &Facts,
    ) -> Result<Derivation, ClockError> {
        Clock::of(policy, rule)?.compute(facts, &self.settings(policy)?)
    }

    /// The day that holds for a purpose in a situation, with the candidates that lost.
    ///
    /// # Errors
    /// When no rule applies and decides; the error holds every candidate and why it does not.
    pub fn decide(
        &self,
        purpose: Purpose,
        context: &Context,
        facts: &Facts,
    ) -> Result<Derivation, ClockError> {
        let (mut contenders, mut lost, mut blocking) = (Vec::new(), Vec::new(), Vec::new());
        for policy in &self.policies {
            for rule in policy.rules.iter().filter(|rule| rule.purposes.contains(&purpose)) {
                let computed = self.compute(policy, rule.id.as_str(), facts);
                if let Some(why) = self.unfit(policy, rule, context) {
                    let due = computed.as_ref().ok().and_then(Derivation::due);
                    // Whether it applies is not known, so nobody may act as if it did not.
                    let in_doubt = matches!(why, Why::ScopeUnknown(_));
                    let entry = entry(policy, rule, due, why);
                    if in_doubt {
                        blocking.push((entry.clone(), computed.ok()));
                    }
                    lost.push(entry);
                    continue;
                }
                match computed {
                    Ok(derivation) if rule.decides => {
                        contenders.push(Candidate { rule, derivation });
                    }
                    Ok(derivation) => {
                        let entry = entry(policy, rule, derivation.due(), Why::DoesNotDecide);
                        blocking.push((entry.clone(), Some(derivation)));
                        lost.push(entry);
                    }
                    Err(error) => {
                        let entry = entry(policy, rule, None, Why::NotComputed(error.to_string()));
                        blocking.push((entry.clone(), None));
                        lost.push(entry);
                    }
                }
            }
        }
        let Some((mut winner, beaten)) = best(purpose, contenders) else {
            return Err(ClockError::NothingDecides { purpose, lost });
        };
        if purpose == Purpose::Retention {
            let longer = |other: &Option<Derivation>| match other {
                Some(other) => later(other, &winner) == Ordering::Greater,
                None => true,
            };
            let blocking = blocking.into_iter().filter(|(_, other)| longer(other));
            winner.blocked_by = blocking.map(|(entry, _)| entry).collect();
        }
        winner.lost = beaten;
        winner.lost.extend(lost);
        Ok(winner)
    }

    /// Why a rule does not apply to a situation; `None` where it does.
    fn unfit(&self, policy: &Policy, rule: &Rule, context: &Context) -> Option<Why> {
        let scope = &rule.scope;
        if !scope.actors.iter().any(|actor| context.actors.contains(actor)) {
            return Some(Why::OtherActor(joined(&scope.actors)));
        }
        if !scope.lines.contains(&context.line) {
            return Some(Why::OtherLine(joined(&scope.lines)));
        }
        if !policy.is_in_force(context.day) {
            return Some(Why::NotInForce(policy.effective.to_string()));
        }
        if !rule.is_in_force(context.day) {
            return Some(Why::NotInForce(rule.effective.to_string()));
        }
        let governs = self.in_force(policy.id.as_str(), context.day);
        if let Some(governs) = governs.filter(|governs| governs.version != policy.version) {
            return Some(Why::Superseded(governs.version));
        }
        match scope.about.fit(context) {
            Fit::Yes => {}
            Fit::No(what) => return Some(Why::OutOfScope(what.to_owned())),
            Fit::Unknown(what) => return Some(Why::ScopeUnknown(what.to_owned())),
        }
        let holds =
            rule.exceptions.iter().find(|exception| exception.about.fit(context) == Fit::Yes);
        holds.map(|exception| Why::Exception(exception.why.clone()))
    }
}

fn joined<T: Display>(values: &[T]) -> String {
    let words: Vec<String> = values.iter().map(T::to_string).collect();
    words.join(", ")
}

fn entry(policy: &Policy, rule: &Rule, due: Option<Day>, why: Why) -> Lost {
    Lost {
        rule: rule.id.clone(),
        policy: policy.id.clone(),
        policy_version: policy.version,
        citation: rule.citation.clone(),
        verification: rule.verification,
        due,
        why,
    }
}

/// The winner, and those it beat.
fn best(purpose: Purpose, contenders: Vec<Candidate<'_>>) -> Option<(Derivation, Vec<Lost>)> {
    let mut lost = Vec::new();
    let mut standing: Vec<Candidate<'_>> = Vec::new();
    let rules: Vec<&Rule> = contenders.iter().map(|contender| contender.rule).collect();
    for contender in contenders {
        match rules.iter().find(|other| pre_empts(other, contender.rule)) {
            Some(by) => lost.push(beaten(&contender.derivation, Why::PreEmpted(by.id.clone()))),
            None => standing.push(contender),
        }
    }
    let preference = purpose.preference();
    let winner = standing.into_iter().reduce(|best, other| {
        let order = match preference {
            Preference::Latest => later(&other.derivation, &best.derivation),
            Preference::Earliest => later(&best.derivation, &other.derivation),
        };
        let stronger = other.rule.layer < best.rule.layer;
        let wins = order == Ordering::Greater || (order == Ordering::Equal && stronger);
        let (winner, loser) = if wins { (other, best) } else { (best, other) };
        let why = match (order, preference) {
            (Ordering::Equal, _) => Why::SameDay,
            (_, Preference::Latest) => Why::Earlier,
            (_, Preference::Earliest) => Why::Later,
        };
        lost.push(beaten(&loser.derivation, why));
        winner
    })?;
    Some((winner.derivation, lost))
}

fn beaten(loser: &Derivation, why: Why) -> Lost {
    Lost {
        rule: loser.rule.clone(),
        policy: loser.policy.clone(),
        policy_version: loser.policy_version,
        citation: loser.citation.clone(),
        verification: loser.verification,
        due: loser.due(),
        why,
    }
}

/// True where one rule pre-empts another; two that pre-empt each other do not.
fn pre_empts(one: &Rule, other: &Rule) -> bool {
    let over = |one: &Rule, other: &Rule| {
        one.layer <= other.layer
            && one.pre_empts.iter().any(|pre_empted| match pre_empted {
                PreEmption::LowerLayers => one.layer < other.layer,
                PreEmption::Rule(rule) => *rule == other.id,
            })
    };
    over(one, other) && !over(other, one)
}

/// Which of two days is later; what is open is later than every day.
fn later(one: &Derivation, other: &Derivation) -> Ordering {
    let day = |derivation: &Derivation| match (derivation.ends, derivation.end_rule) {
        (Ends::Open { .. }, _) => (1, None),
        (Ends::On { strict, .. }, EndRule::Strict) => (0, Some(strict)),
        (Ends::On { rolled, .. }, EndRule::RollForward) => (0, Some(rolled)),
    };
    day(one).cmp(&day(other))
}
