//! One payee: the identifiers and names it was seen with, and where its money is booked.

use std::collections::VecDeque;

use lookback_events::event::text::Day;
use lookback_events::event::{Control, Event};
use lookback_events::id::{JournalId, PayeeId};
use lookback_events::money::Money;
use lookback_projections::cases::Known;
use lookback_projections::clocks::{Derivation, Facts, Source};
use lookback_projections::policy::fact::Fact;
use lookback_projections::rows::add;
use lookback_projections::windows::MANUAL;
use lookback_projections::{affairs, cases, payees, rules};
use serde::Serialize;

use super::accounts::{self, Kind};
use super::findings::place;
use super::forwards::{self, Forward};
use super::remittances::{self, Remittance};
use super::stand_down::Covered;
use super::{AnswerError, View, findings};
use crate::journal::Position;

/// How many of the last remittances are shown.
const LAST_MAX: usize = 5;

/// What is known of a payee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payee {
    /// Its identifier here.
    pub payee: String,
    /// The journal of its money.
    pub journal: String,
    /// Its NPI.
    pub npi: Option<String>,
    /// The TINs it was seen with.
    pub tins: Vec<String>,
    /// The payees that it is linked to, and why; nothing of theirs is counted here.
    pub linked: Vec<Link>,
    /// Others that answer for it by a recorded authority, in the order they were told.
    pub answered_by: Vec<Answers>,
    /// Notices that end its contract.
    pub terminations: Vec<Ending>,
    /// The names it was recorded with, in the order they came.
    pub names: Vec<String>,
    /// The record that saw it first.
    pub first_seen: String,
    /// Its months, ascending.
    pub months: Vec<Month>,
    /// Its live forward balances.
    pub forwards: Vec<Forward>,
    /// Its cases that have not ended, as lists show them.
    pub open_cases: u64,
    /// What is outstanding of them.
    pub outstanding: Money,
    /// What is owed back of them.
    pub restoration_owed: Money,
    /// Findings that no later record resolved.
    pub open_findings: u64,
    /// Its last remittances, the latest first.
    pub last_remittances: Vec<Remittance>,
}

/// Another payee that belongs with this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The other.
    pub payee: String,
    /// The journal of its money.
    pub journal: String,
    /// Why: `same-tin`.
    pub why: &'static str,
    /// The record that linked them.
    pub at: String,
}

/// Another payee that answers for this one; the record holds the authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answers {
    /// The other.
    pub payee: String,
    /// How: `successor` or `affiliate`.
    pub how: &'static str,
    /// Since when, as it was told.
    pub since: Day,
    /// The record.
    pub at: String,
}

/// A notice that ends a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// When it was given.
    pub given: Day,
    /// The day that the provider wishes.
    pub requested: Option<Day>,
    /// The day on which its time has run by the rule; none where no rule decides.
    pub runs_until: Option<Day>,
    /// That rule and its policy.
    pub rule: Option<String>,
    /// The record.
    pub at: String,
}

/// A month of a payee, over all locations and reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Month {
    /// The month of the payment dates; `-` where the payer gave none.
    pub month: String,
    /// Claims processed for payment.
    pub paid: u64,
    /// Claims denied.
    pub denied: u64,
    /// Claims reversed.
    pub reversed: u64,
    /// Sum of CLP04.
    pub claims_paid: Money,
    /// Sum of the PLB amounts; above zero where they take from payments.
    pub adjusted: Money,
}

/// The payee that somebody means: by its identifier here, or by its TIN.
///
/// # Errors
/// When there is none, or the TIN has several.
pub fn resolve(view: &View<'_>, text: &str) -> Result<PayeeId, AnswerError> {
    let text = text.trim();
    // As it is known here, or as it stood in the file.
    for id in [PayeeId::parse(text).ok(), Some(PayeeId::of_given(text.as_bytes()))] {
        if let Some(id) = id
            && payees::payee(view.rows(), &id)?.is_some()
        {
            return Ok(id);
        }
    }
    let mut with_tin = Vec::new();
    let mut failed = None;
    payees::all(view.rows(), &mut |id, _| match payees::tins(view.rows(), &id) {
        Ok(tins) => {
            with_tin.extend(tins.iter().any(|tin| tin == text).then_some(id));
            true
        }
        Err(error) => {
            failed = Some(error);
            false
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    match with_tin.as_slice() {
        [] => Err(AnswerError::Unknown {
            what: format!("no payee {text} is known, by NPI or TIN"),
            help: "lookback report accounts lists the payees that were paid".to_owned(),
        }),
        [one] => Ok(one.clone()),
        several => Err(AnswerError::Ambiguous {
            what: format!("several payees have the TIN {text}"),
            candidates: several.iter().take(10).map(ToString::to_string).collect(),
            more: several.len() > 10,
        }),
    }
}

/// What is known of a payee, without its cases that are covered.
///
/// # Errors
/// When it is not known, or a record cannot be read.
pub fn payee(view: &View<'_>, id: &PayeeId, covered: &Covered) -> Result<Payee, AnswerError> {
    let row = payees::payee(view.rows(), id)?.ok_or_else(|| AnswerError::Unknown {
        what: format!("no payee {id} is known"),
        help: "lookback report accounts lists the payees that were paid".to_owned(),
    })?;
    let mut forwards = Vec::new();
    forwards::all(view, Some(id), true, &mut |forward| {
        forwards.push(forward);
        Ok(())
    })?;
    let mut last = VecDeque::new();
    let of = remittances::Wanted { payee: Some(id.clone()), ..remittances::Wanted::default() };
    remittances::all(view, &of, &mut |remittance| {
        last.push_front(remittance);
        last.truncate(LAST_MAX);
        Ok(())
    })?;
    let open = findings::Wanted {
        cleared: true,
        payee: Some(id.clone()),
        unresolved: true,
        ..findings::Wanted::default()
    };
    let open = findings::by_rule(view, &open)?;
    let first = Position { journal: JournalId::CONTROL, seq: row.seq };
    let (open_cases, outstanding, restoration_owed) = open_cases(view, id, covered)?;
    let (answered_by, terminations) = affairs_of(view, id)?;
    Ok(Payee {
        payee: id.to_string(),
        journal: row.journal.to_string(),
        npi: row.npi,
        tins: payees::tins(view.rows(), id)?,
        linked: linked(view, id)?,
        answered_by,
        terminations,
        names: names(view, id)?,
        first_seen: first.to_string(),
        months: months(view, id)?,
        forwards,
        open_cases,
        outstanding,
        restoration_owed,
        open_findings: open.values().map(|(all, _)| *all).fold(0, u64::saturating_add),
        last_remittances: last.into(),
    })
}

/// Its cases that have not ended and that lists show: how many, what is outstanding of them, what is
/// owed back.
fn open_cases(
    view: &View<'_>,
    id: &PayeeId,
    covered: &Covered,
) -> Result<(u64, Money, Money), AnswerError> {
    let (mut open, mut outstanding, mut owed) = (0_u64, Money::ZERO, Money::ZERO);
    for case in cases::of_payee(view.rows(), id)? {
        let Some(row) = cases::case(view.rows(), &case)? else { continue };
        if row.ended.is_none() && !covered.case(&case, &row.payee) {
            open = open.saturating_add(1);
            add(&mut outstanding, Some(row.money.outstanding()?))?;
            add(&mut owed, Some(row.money.restoration_owed()?))?;
        }
    }
    Ok((open, outstanding, owed))
}

/// The payees that it is linked to.
fn linked(view: &View<'_>, id: &PayeeId) -> Result<Vec<Link>, AnswerError> {
    let journals = view.ledger().choices().journals;
    let links = payees::links(view.rows(), id)?.into_iter();
    let link = |(other, row): (PayeeId, payees::LinkRow)| Link {
        payee: other.to_string(),
        journal: JournalId::of_payee(&other, journals).to_string(),
        why: row.why.as_str(),
        at: Position { journal: JournalId::CONTROL, seq: row.seq }.to_string(),
    };
    Ok(links.map(link).collect())
}

/// Who answers for a payee, and the notices that end its contract.
fn affairs_of(view: &View<'_>, id: &PayeeId) -> Result<(Vec<Answers>, Vec<Ending>), AnswerError> {
    let Some(row) = affairs::affairs(view.rows(), id)? else { return Ok((Vec::new(), Vec::new())) };
    let day = |known: &Known| Day(known.happened.day);
    let at = |known: &Known| place(known.at).to_string();
    let answers = row.successors.iter().map(|(other, kind, known)| Answers {
        payee: other.to_string(),
        how: kind.as_str(),
        since: day(known),
        at: at(known),
    });
    let rules = rules::in_use(view.rows())?;
    let ending = |(known, requested): &(Known, Option<Day>)| {
        let given = day(known);
        let facts =
            Facts::default().with(Fact::TerminationGiven, given, Source::asserted(at(known)));
        let manual = rules.in_force(MANUAL, given);
        let found =
            manual.and_then(|manual| rules.compute(manual, "termination-notice", &facts).ok());
        Ending {
            given,
            requested: *requested,
            runs_until: found.as_ref().and_then(Derivation::due),
            rule: found.map(|found| {
                format!("{} of {} v{}", found.rule, found.policy, found.policy_version)
            }),
            at: at(known),
        }
    };
    Ok((answers.collect(), row.terminations.iter().map(ending).collect()))
}

/// The names that the registry's records give it.
fn names(view: &View<'_>, id: &PayeeId) -> Result<Vec<String>, AnswerError> {
    let ledger = view.ledger();
    let stream = ledger.keys().stream().id(&format!("payee:{id}"));
    let mut names: Vec<String> = Vec::new();
    for seq in ledger.journals().positions(JournalId::CONTROL, stream)? {
        let at = Position { journal: JournalId::CONTROL, seq };
        if !view.knows(at) {
            break;
        }
        let opened = ledger.opened(at)?;
        if let Event::Control(Control::PayeeSeen(body)) = opened.event()?
            && let Some(name) = body.payee.name.as_deref().map(str::trim)
            && !name.is_empty()
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn months(view: &View<'_>, id: &PayeeId) -> Result<Vec<Month>, AnswerError> {
    let mut months: std::collections::BTreeMap<String, Month> = std::collections::BTreeMap::new();
    let of = accounts::Wanted { payee: Some(id.clone()), ..accounts::Wanted::default() };
    accounts::all(view, &of, &mut |account| {
        let month = months.entry(account.month.clone()).or_insert_with(|| Month {
            month: account.month.clone(),
            paid: 0,
            denied: 0,
            reversed: 0,
            claims_paid: Money::ZERO,
            adjusted: Money::ZERO,
        });
        let sum = match account.kind {
            Kind::Claims => &mut month.claims_paid,
            Kind::Adjustments => &mut month.adjusted,
            Kind::Recovery => return Ok(()),
        };
        lookback_projections::rows::add(sum, Some(account.total))?;
        month.paid = month.paid.saturating_add(account.paid);
        month.denied = month.denied.saturating_add(account.denied);
        month.reversed = month.reversed.saturating_add(account.reversed);
        Ok(())
    })?;
    Ok(months.into_values().collect())
}
