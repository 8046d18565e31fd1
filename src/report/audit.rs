//! One audit: what was asked for, held, found and signed, its clocks, and its records in order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use lookback_events::event::Event;
use lookback_events::event::audit::{Audit as Told, Form, ItemKind};
use lookback_events::event::deed::Deed;
use lookback_events::event::text::Day;
use lookback_events::id::{AuditId, JournalId};
use lookback_events::time::Timestamp;
use lookback_projections::audits::{self, AuditRow};
use lookback_projections::clocks::{Derivation, Rulebook, Years};
use lookback_projections::payees;
use lookback_projections::windows::rulebook;
use serde::Serialize;

use super::due::audit_clocks;
use super::{AnswerError, View};
use crate::journal::Position;
use crate::replay::words;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The audit.
    pub audit: String,
    /// The day asked about.
    pub on: Day,
    /// Whose payments it looks at.
    pub payee: String,
    /// The name the payee was first seen with.
    pub payee_name: Option<String>,
    /// Where it is held.
    pub kind: &'static str,
    /// Which lookback it has.
    pub nature: &'static str,
    /// When it was opened.
    pub opened: Day,
    /// When it ended.
    pub closed: Option<Day>,
    /// The plan that paid.
    pub plan: String,
    /// The line of business.
    pub line_of_business: String,
    /// The first payment date it looks at.
    pub paid_from: Option<Day>,
    /// The last.
    pub paid_to: Option<Day>,
    /// What it looks for, as it was opened.
    pub topics: Vec<String>,
    /// How many claims it names.
    pub claims: u64,
    /// Items that were asked for, and when each came.
    pub items: Vec<Item>,
    /// Its clocks.
    pub clocks: Vec<Clock>,
    /// Its records, in the order in which they were learnt.
    pub records: Vec<Step>,
}

/// An item that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its id within the audit.
    pub item: String,
    /// What it is, such as `pharmacy-profile`.
    pub kind: Option<&'static str>,
    /// In which form it is wanted.
    pub form: Option<&'static str>,
    /// When it was asked for.
    pub requested: Day,
    /// When it came.
    pub received: Option<Day>,
}

/// A clock of an audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// Its rule.
    pub clock: &'static str,
    /// Its last day.
    pub due: Option<Day>,
    /// What happens then.
    pub then: String,
    /// The day on which it was stopped.
    pub stopped: Option<Day>,
    /// How the day was found.
    pub derivation: Derivation,
}

/// A record of an audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The record.
    pub at: String,
    /// When it happened.
    pub happened: String,
    /// When it was learnt, UTC.
    pub learnt: Timestamp,
    /// Who acted.
    pub actor: String,
    /// What happened, in words that name no patient.
    pub what: String,
}

/// An audit on a day, without what happened later.
///
/// # Errors
/// When it was not known or not opened, or a record cannot be read.
pub fn audit(view: &View<'_>, id: &AuditId, on: Day) -> Result<Audit, AnswerError> {
    let whole = audits::audit(view.rows(), id)?;
    let row = whole.clone().and_then(|row| row.on(on.0));
    let (whole, row) = whole.zip(row).ok_or_else(|| AnswerError::Unknown {
        what: format!("no audit {id} is known on {}", on.0),
        help: "lookback due lists the audits with something due".to_owned(),
    })?;
    let ledger = view.ledger();
    let choices = ledger.choices();
    let years = Years {
        fiscal_year_end: choices.fiscal_year_end,
        contract_year_start: Some(choices.contract_year_start),
    };
    let rules = rulebook(view.rows(), None, years)?;
    let journal = JournalId::of_payee(&row.payee, choices.journals);
    let stream = ledger.keys().stream().id(&format!("audit:{id}"));
    let mut records = Vec::new();
    let (mut topics, mut wanted, mut days) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    for seq in ledger.journals().positions(journal, stream)? {
        let at = Position { journal, seq };
        if !view.knows(at) {
            break;
        }
        let opened = ledger.opened(at)?;
        let (header, event) = (opened.header()?, opened.event()?);
        let Event::Deed(deed) = &event else { continue };
        if deed.act().happened.day > on.0 {
            continue;
        }
        days.insert(deed.act().happened.day);
        if let Deed::Audit(told) = deed {
            asked(&told.detail, &mut topics, &mut wanted);
        }
        records.push(Step {
            at: at.to_string(),
            happened: deed.act().happened.to_string(),
            learnt: header.recorded_at,
            actor: header.actor.to_owned(),
            what: words::of(&event).what,
        });
    }
    let item = |item: &audits::ItemState| Item {
        item: item.item.clone(),
        kind: wanted.get(&item.item).map(|(kind, _)| kind.as_str()),
        form: wanted.get(&item.item).map(|(_, form)| form.as_str()),
        requested: Day(item.requested.happened.day),
        received: item.received.as_ref().map(|known| Day(known.happened.day)),
    };
    Ok(Audit {
        audit: id.to_string(),
        on,
        payee_name: payees::payee(view.rows(), &row.payee)?.and_then(|payee| payee.name),
        payee: row.payee.to_string(),
        kind: row.kind.as_str(),
        nature: row.nature.as_str(),
        opened: Day(row.opened.happened.day),
        closed: row.closed.as_ref().map(|known| Day(known.happened.day)),
        plan: row.plan.clone(),
        line_of_business: row.line_of_business.clone(),
        paid_from: row.paid_from,
        paid_to: row.paid_to,
        topics,
        claims: row.claims,
        items: row.items.iter().map(item).collect(),
        clocks: clocks(&whole, &rules, &days),
        records,
    })
}

/// Notes what an audit looks for and which items were asked for.
fn asked(told: &Told, topics: &mut Vec<String>, wanted: &mut BTreeMap<String, (ItemKind, Form)>) {
    if let Told::AuditOpened(of) = told {
        topics.clone_from(&of.topics);
    }
    if let Told::RecordsRequested(of) = told {
        wanted.extend(of.items.iter().map(|own| (own.item.clone(), (own.kind, own.form))));
    }
}

/// The clocks behind the last of these days, with those that ran behind one of them and were stopped.
fn clocks(row: &AuditRow, rules: &Rulebook, days: &BTreeSet<NaiveDate>) -> Vec<Clock> {
    let mut all: Vec<Clock> = Vec::new();
    for day in days {
        let Some(row) = row.clone().on(*day) else { continue };
        let run = audit_clocks(&row, rules);
        for clock in all.iter_mut().filter(|clock| clock.stopped.is_none()) {
            if !run.iter().any(|(name, ..)| *name == clock.clock) {
                clock.stopped = Some(Day(*day));
            }
        }
        for (clock, derivation, then) in run {
            all.retain(|own| own.clock != clock);
            all.push(Clock { clock, due: derivation.due(), then, stopped: None, derivation });
        }
    }
    all.sort_by_key(|clock| clock.stopped.is_some());
    all
}
