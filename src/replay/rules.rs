//! The policies that a ledger went by when so much of control was known; or others, to see what if.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use lookback_events::id::JournalId;
use lookback_projections::clocks::{AdoptError, Rulebook, Years};
use lookback_projections::governance;
use lookback_projections::policy::Policy;
use lookback_projections::policy::purpose::EndRule;
use lookback_projections::rows::RowsError;
use lookback_projections::windows::{RulebookError, rulebook};

use crate::ledger::Ledger;
use crate::report::View;

/// What is to be otherwise than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhatIf {
    /// A policy in the place of every version of its name, whatever day it begins.
    Policy(Box<Policy>),
    /// Another end rule in every policy.
    EndRule(EndRule),
}

impl WhatIf {
    /// Under which rules, in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::Policy(policy) => format!("policy {} v{}", policy.id, policy.version),
            Self::EndRule(rule) => format!("the end rule {rule}"),
        }
    }

    /// The policies with it.
    ///
    /// # Errors
    /// When the policy makes no sense beside the others.
    pub fn applied(&self, rules: &Rulebook, years: Years) -> Result<Rulebook, AdoptError> {
        let mut other = Rulebook::new(rules.calendars().clone(), years);
        match self {
            Self::Policy(policy) => {
                let rest = rules.policies().iter().filter(|own| own.id != policy.id);
                for own in rest {
                    other.adopt(own.clone())?;
                }
                let mut policy = (**policy).clone();
                (policy.effective.from, policy.effective.until) = (None, None);
                other.adopt(policy)?;
            }
            Self::EndRule(rule) => {
                for own in rules.policies() {
                    let mut own = own.clone();
                    own.parameters = own.parameters.with_end_rule(*rule);
                    other.adopt(own)?;
                }
            }
        }
        Ok(other)
    }
}

/// The policies by how many of them were adopted.
#[derive(Debug)]
pub(super) struct RulesOf<'a> {
    ledger: &'a Ledger,
    years: Years,
    /// The records of control that adopted one and that are known, ascending.
    adopted: Vec<u64>,
    what_if: Option<WhatIf>,
    known: RefCell<BTreeMap<usize, Rc<Rulebook>>>,
}

impl<'a> RulesOf<'a> {
    pub(super) fn new(view: &View<'a>, what_if: Option<WhatIf>) -> Result<Self, RowsError> {
        let ledger = view.ledger();
        let end = view.end(JournalId::CONTROL);
        let choices = ledger.choices();
        let years = Years {
            fiscal_year_end: choices.fiscal_year_end,
            contract_year_start: Some(choices.contract_year_start),
        };
        let mut adopted = Vec::new();
        governance::policies(ledger.rows(), &mut |_, _, row| {
            adopted.extend(Some(row.adopted.at.seq).filter(|seq| *seq < end));
            true
        })?;
        adopted.sort_unstable();
        let known = RefCell::default();
        Ok(Self { ledger, years, adopted, what_if, known })
    }

    /// The records of control that adopted one and that are known, ascending.
    pub(super) fn adopted(&self) -> &[u64] {
        &self.adopted
    }

    /// The policies that were known behind so many records of control.
    pub(super) fn at(&self, control: u64) -> Result<Rc<Rulebook>, RulebookError> {
        let count = self.adopted.partition_point(|seq| *seq < control);
        if let Some(known) = self.known.borrow().get(&count) {
            return Ok(Rc::clone(known));
        }
        let rules = rulebook(self.ledger.rows(), Some(control), self.years)?;
        let rules = match &self.what_if {
            Some(what_if) => what_if.applied(&rules, self.years)?,
            None => rules,
        };
        let rules = Rc::new(rules);
        self.known.borrow_mut().insert(count, Rc::clone(&rules));
        Ok(rules)
    }
}
