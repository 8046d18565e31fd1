//! Terms: how a day is made of facts.
//!
//! Not here: the arithmetic, which is [`crate::clocks`]'.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::RuleId;
use super::fact::Fact;
use super::length::Length;

/// A day that is made of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// The day of a fact; of several, the latest.
    Fact(Fact),
    /// The due day of another rule of the policy.
    Rule(RuleId),
    /// The latest of those that are known.
    LaterOf(Vec<Term>),
    /// The earliest of those that are known.
    EarlierOf(Vec<Term>),
    /// So long after a day.
    After(Box<Term>, Length),
    /// So long before a day.
    Before(Box<Term>, Length),
}

impl Term {
    /// The first fact that the term names: what `lookback clock --start` gives.
    pub fn first_fact(&self) -> Option<Fact> {
        match self {
            Self::Fact(fact) => Some(*fact),
            Self::Rule(_) => None,
            Self::LaterOf(terms) | Self::EarlierOf(terms) => {
                terms.iter().find_map(Self::first_fact)
            }
            Self::After(term, _) | Self::Before(term, _) => term.first_fact(),
        }
    }

    /// Every fact that the term itself names, in its order.
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            Self::Fact(fact) => vec![*fact],
            Self::Rule(_) => Vec::new(),
            Self::LaterOf(terms) | Self::EarlierOf(terms) => {
                terms.iter().flat_map(Self::facts).collect()
            }
            Self::After(term, _) | Self::Before(term, _) => term.facts(),
        }
    }

    /// The rules that it refers to.
    pub fn rules(&self) -> Vec<&RuleId> {
        match self {
            Self::Fact(_) => Vec::new(),
            Self::Rule(rule) => vec![rule],
            Self::LaterOf(terms) | Self::EarlierOf(terms) => {
                terms.iter().flat_map(Self::rules).collect()
            }
            Self::After(term, _) | Self::Before(term, _) => term.rules(),
        }
    }

    /// The lengths in it, outermost first.
    pub fn lengths(&self) -> Vec<Length> {
        match self {
            Self::Fact(_) | Self::Rule(_) => Vec::new(),
            Self::LaterOf(terms) | Self::EarlierOf(terms) => {
                terms.iter().flat_map(Self::lengths).collect()
            }
            Self::After(term, length) | Self::Before(term, length) => {
                let mut lengths = vec![*length];
                lengths.extend(term.lengths());
                lengths
            }
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, words: &str, terms: &[Self]| {
            write!(f, "the {words} of ")?;
            for (place, term) in terms.iter().enumerate() {
                if place > 0 {
                    f.write_str(", ")?;
                }
                write!(f, "{term}")?;
            }
            Ok(())
        };
        match self {
            Self::Fact(fact) => write!(f, "{fact}"),
            Self::Rule(rule) => write!(f, "the end of {rule}"),
            Self::LaterOf(terms) => list(f, "later", terms),
            Self::EarlierOf(terms) => list(f, "earlier", terms),
            Self::After(term, length) => write!(f, "{} after {term}", length.in_words()),
            Self::Before(term, length) => write!(f, "{} before {term}", length.in_words()),
        }
    }
}

/// A term as a table: exactly one of its first five keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TermTable {
    rule: Option<RuleId>,
    later_of: Option<Vec<Term>>,
    earlier_of: Option<Vec<Term>>,
    after: Option<Box<Term>>,
    before: Option<Box<Term>>,
    length: Option<Length>,
}

const TABLE: &str = "a term is a fact (\"paid\") or a table with one of rule, later-of, earlier-of, \
                     after with length, before with length";

impl TermTable {
    fn term(self) -> Option<Term> {
        let Self { rule, later_of, earlier_of, after, before, length } = self;
        match (rule, later_of, earlier_of, after, before, length) {
            (Some(rule), None, None, None, None, None) => Some(Term::Rule(rule)),
            (None, Some(terms), None, None, None, None) => Some(Term::LaterOf(terms)),
            (None, None, Some(terms), None, None, None) => Some(Term::EarlierOf(terms)),
            (None, None, None, Some(term), None, Some(length)) => Some(Term::After(term, length)),
            (None, None, None, None, Some(term), Some(length)) => Some(Term::Before(term, length)),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Term;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(TABLE)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Term, E> {
                Fact::deserialize(StrDeserializer::new(text)).map(Term::Fact)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Term, A::Error> {
                let table = TermTable::deserialize(MapAccessDeserializer::new(map))?;
                table.term().ok_or_else(|| A::Error::custom(TABLE))
            }
        }
        deserializer.deserialize_any(Read)
    }
}
