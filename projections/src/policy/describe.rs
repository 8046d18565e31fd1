//! A policy in words: its keys and what they say, for showing one and for comparing two.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::parameters::NOT_SET;
use super::rule::Rule;
use super::scope::About;
use super::{Policy, RuleId};

/// One place where two policies differ.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The rule; `None` for the policy and its parameters.
    pub rule: Option<RuleId>,
    /// The key.
    pub key: String,
    /// What the first says; `None` where it says nothing.
    pub before: Option<String>,
    /// What the second says.
    pub after: Option<String>,
}

fn joined<T: Display>(values: &[T]) -> String {
    let words: Vec<String> = values.iter().map(T::to_string).collect();
    words.join(", ")
}

fn about(about: &About, into: &mut Vec<(&'static str, String)>) {
    let About { states, funding, services, providers, causes, service_dates } = about;
    into.extend([
        ("states", joined(states)),
        ("funding", joined(funding)),
        ("services", joined(services)),
        ("providers", joined(providers)),
        ("causes", joined(causes)),
    ]);
    if !service_dates.is_open() {
        into.push(("service-dates", service_dates.to_string()));
    }
}

impl Rule {
    /// Its keys with what they say; what says nothing is left out.
    pub fn described(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("title", self.title.clone()),
            ("due", self.due.to_string()),
            ("outcome", self.outcome.to_string()),
            ("then", self.then.clone().unwrap_or_default()),
            ("purpose", joined(&self.purposes)),
            ("actors", joined(&self.scope.actors)),
            ("lines", joined(&self.scope.lines)),
        ];
        about(&self.scope.about, &mut all);
        all.push(("stopped-by", joined(&self.stopped_by)));
        all.push(("reset", joined(&self.reset)));
        let suspend = self.suspend.iter().map(|suspension| match suspension.at_most {
            Some(most) => format!("{} at most {}", suspension.during, most.in_words()),
            None => suspension.during.to_string(),
        });
        all.push(("suspend", joined(&suspend.collect::<Vec<_>>())));
        all.push(("extend", joined(&self.extend)));
        for exception in &self.exceptions {
            let mut asked = Vec::new();
            about(&exception.about, &mut asked);
            let asked = asked.into_iter().filter(|(_, value)| !value.is_empty());
            let asked: Vec<String> = asked.map(|(key, value)| format!("{key} {value}")).collect();
            all.push(("exception", format!("{}: {}", asked.join("; "), exception.why)));
        }
        all.push(("pre-empts", joined(&self.pre_empts)));
        if !self.rolls {
            all.push(("rolls", "never".to_owned()));
        }
        all.push(("layer", self.layer.to_string()));
        if !self.effective.is_open() {
            all.push(("effective", self.effective.to_string()));
        }
        let mut verification = self.verification.to_string();
        if !self.decides {
            verification.push_str(", warns only");
        }
        all.push(("verification", verification));
        all.push(("citation", self.citation.clone()));
        all.retain(|(_, value)| !value.is_empty());
        all
    }
}

type Described = BTreeMap<(Option<RuleId>, String), String>;

impl Policy {
    /// What differs from this policy to another, in the order of rules and keys.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let (before, mut after) = (self.described(), other.described());
        let mut all = BTreeMap::new();
        for (key, value) in before {
            let now = after.remove(&key);
            if now.as_ref() != Some(&value) {
                all.insert(key, (Some(value), now));
            }
        }
        all.extend(after.into_iter().map(|(key, value)| (key, (None, Some(value)))));
        let difference = |((rule, key), (before, after))| Difference { rule, key, before, after };
        all.into_iter().map(difference).collect()
    }

    fn described(&self) -> Described {
        let mut all: Described = [
            ("id", self.id.to_string()),
            ("version", self.version.to_string()),
            ("title", self.title.clone()),
            ("citation", self.citation.clone()),
            ("layer", self.layer.to_string()),
            ("effective", self.effective.to_string()),
        ]
        .map(|(key, value)| ((None, key.to_owned()), value))
        .into();
        for (parameter, value) in self.parameters.iter() {
            let value = value.map_or_else(|| NOT_SET.to_owned(), ToString::to_string);
            all.insert((None, format!("parameters.{parameter}")), value);
        }
        for rule in &self.rules {
            for (key, value) in rule.described() {
                // A rule may have several exceptions.
                let mut key = (Some(rule.id.clone()), key.to_owned());
                while all.contains_key(&key) {
                    key.1.push('+');
                }
                all.insert(key, value);
            }
        }
        all
    }
}
