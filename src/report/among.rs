//! Whose cases a list about other things is narrowed to: `--plan` and `--owner` where a line is no case.
//!
//! A payment, a run or a hold has no plan and no owner; the cases that it belongs to have. Such a line is
//! kept where it is about a case asked for, or about the payee of one; all else is left out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use lookback_events::event::act::Subject;
use lookback_events::id::{ActorId, CaseId, PayeeId};
use lookback_projections::remittances::{self, Which};
use lookback_projections::{audits, cases};

use super::{AnswerError, View};

/// Which plan and owner are asked for; all where both are missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whose {
    /// Cases of that plan.
    pub plan: Option<String>,
    /// Cases of that owner.
    pub owner: Option<ActorId>,
}

/// The cases asked for, and their payees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Among {
    /// `None` where everything is asked for.
    cases: Option<BTreeMap<CaseId, PayeeId>>,
    payees: BTreeSet<PayeeId>,
}

impl Among {
    /// Gathers the cases of a plan and an owner.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn of(view: &View<'_>, whose: &Whose) -> Result<Self, AnswerError> {
        if whose.plan.is_none() && whose.owner.is_none() {
            return Ok(Self::default());
        }
        let mut found = BTreeMap::new();
        cases::all(view.rows(), &mut |id, row| {
            let facts = &row.facts;
            let wanted = whose.plan.as_ref().is_none_or(|plan| *plan == facts.plan)
                && whose.owner.as_ref().is_none_or(|owner| facts.owner.as_ref() == Some(owner));
            if wanted {
                found.insert(id, row.payee);
            }
            true
        })?;
        let payees = found.values().cloned().collect();
        Ok(Self { cases: Some(found), payees })
    }

    /// True where everything is asked for.
    pub const fn is_all(&self) -> bool {
        self.cases.is_none()
    }

    /// True for the payee of a case asked for.
    pub fn payee(&self, payee: &PayeeId) -> bool {
        self.is_all() || self.payees.contains(payee)
    }

    /// The same of a payee as answers name it.
    pub fn named(&self, payee: &str) -> bool {
        self.is_all() || PayeeId::parse(payee).is_ok_and(|payee| self.payees.contains(&payee))
    }

    /// True for a case asked for.
    pub fn case(&self, case: &CaseId) -> bool {
        self.cases.as_ref().is_none_or(|cases| cases.contains_key(case))
    }

    /// True where a subject, as `case:OP-1`, is a case asked for, or its payee, or an audit or a unit of
    /// that payee; of a hold's scope also where it names a claim of that payee.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn subject(&self, view: &View<'_>, subject: &str) -> Result<bool, AnswerError> {
        if self.is_all() {
            return Ok(true);
        }
        let subject = subject.strip_prefix("unit:").unwrap_or(subject);
        if let Some(of) = subject.strip_prefix("claim:").or_else(|| subject.strip_prefix("payee:"))
        {
            // A claim, a unit: the payee stands ahead of what belongs to it.
            return Ok(self.named(of.split('/').next().unwrap_or_default()));
        }
        Ok(match Subject::parse(subject) {
            Ok(Subject::Case(case)) => self.case(&case),
            Ok(Subject::Audit(audit)) => {
                audits::audit(view.rows(), &audit)?.is_some_and(|row| self.payee(&row.payee))
            }
            Ok(Subject::Payee(payee)) => self.payee(&payee),
            Ok(Subject::Hold(_) | Subject::Ledger) | Err(_) => false,
        })
    }

    /// The payment runs that paid the payees.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn runs(&self, view: &View<'_>) -> Result<Runs, AnswerError> {
        if self.is_all() {
            return Ok(Runs(None));
        }
        let mut runs = BTreeSet::new();
        for payee in &self.payees {
            remittances::all(view.rows(), Which::OfPayee(payee), &mut |_, row| {
                runs.insert((row.paid_on, row.payer));
                true
            })?;
        }
        Ok(Runs(Some(runs)))
    }
}

/// Payment runs, by date and payer; all where everything is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs(Option<BTreeSet<(Option<NaiveDate>, String)>>);

impl Runs {
    /// True for a run asked for; one that names no payer is of every payer of its date.
    pub fn holds(&self, paid_on: Option<NaiveDate>, payer: Option<&str>) -> bool {
        let own = |(day, of): &(Option<NaiveDate>, String)| {
            *day == paid_on && payer.is_none_or(|payer| payer == of)
        };
        self.0.as_ref().is_none_or(|runs| runs.iter().any(own))
    }
}
