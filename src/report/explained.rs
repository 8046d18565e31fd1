//! Days that are no case's, with everything that led to them: the clocks of an audit, the lookbacks of a
//! claim's payments, how long a unit is kept.
//!
//! Not here: the clocks of a case, which [`crate::replay`] finds from its records.

use std::collections::BTreeSet;

use lookback_events::event::text::Day;
use lookback_events::id::{AuditId, CaseId, PayeeId};
use lookback_projections::clocks::{ClockError, Derivation, Source};
use lookback_projections::lookbacks::{self, Moved};
use lookback_projections::policy::purpose::Purpose;
use lookback_projections::{affairs, audits, cases, remittances, rules};
use serde::Serialize;

use super::audit::audit;
use super::claim::{Line, Name, Said, claim};
use super::lookbacks::moved;
use super::{AnswerError, View, prefix, retention};

/// A clock, and how its day was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// What it is about, as `audit:AU-1`.
    pub subject: String,
    /// The day asked about.
    pub on: Day,
    /// The clock.
    pub clock: String,
    /// The last day under the end rule; none while it is open or not found.
    pub due: Option<Day>,
    /// The last day as it is counted.
    pub due_strict: Option<Day>,
    /// The last day rolled to a business day.
    pub due_rolled: Option<Day>,
    /// What happens then.
    pub then: String,
    /// On which day and by what it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// The policy that gave it, with its version; empty where none did.
    pub policy: String,
    /// Everything that led to the day.
    pub derivation: Option<Derivation>,
    /// Why no day could be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_found: Option<String>,
}

impl Explained {
    fn new(
        (subject, on): (&str, Day),
        clock: &str,
        then: String,
        found: Result<Derivation, String>,
    ) -> Self {
        let (derivation, not_found) = match found {
            Ok(derivation) => (Some(derivation), None),
            Err(why) => (None, Some(why)),
        };
        let of = |what: fn(&Derivation) -> Option<Day>| derivation.as_ref().and_then(what);
        let by = |found: &Derivation| format!("{} v{}", found.policy, found.policy_version);
        Self {
            subject: subject.to_owned(),
            on,
            clock: clock.to_owned(),
            due: of(Derivation::due),
            due_strict: of(Derivation::strict),
            due_rolled: of(Derivation::rolled),
            then,
            stopped: None,
            policy: derivation.as_ref().map(by).unwrap_or_default(),
            derivation,
            not_found,
        }
    }
}

/// The clocks of an audit on a day.
///
/// # Errors
/// When it is not known, or rows cannot be read.
pub fn of_audit(view: &View<'_>, id: &AuditId, on: Day) -> Result<Vec<Explained>, AnswerError> {
    let subject = format!("audit:{id}");
    let clocks = audit(view, id, on)?.clocks.into_iter();
    let one = |clock: super::audit::Clock| {
        let stopped = clock.stopped.map(|day| day.0.to_string());
        let found = Explained::new((&subject, on), clock.clock, clock.then, Ok(clock.derivation));
        Explained { stopped, ..found }
    };
    Ok(clocks.map(one).collect())
}

/// The lookbacks of a claim's payments, in each line of business that the policies know, because a
/// remittance does not say its own; and how long the units are kept that its records lie in.
///
/// # Errors
/// When it is not known, or rows cannot be read.
pub fn of_claim(view: &View<'_>, name: &Name, on: Day) -> Result<Vec<Explained>, AnswerError> {
    let told = claim(view, name, false)?;
    let payee = PayeeId::parse(&told.payee).map_err(|e| AnswerError::Question(e.to_string()))?;
    let subject = format!("claim:{}", told.payee);
    let mut found = Vec::new();
    let mut units = BTreeSet::new();
    let starts = view.ledger().choices().contract_year_start;
    for said in &told.records {
        let line = &said.entry;
        let paid_on = line.paid_on.map(|day| day.0);
        units.insert(starts.year_of(paid_on.unwrap_or(line.recorded_at.to_utc().date_naive())));
        if line.paid.is_some_and(|paid| !paid.is_zero() && !paid.is_negative()) {
            let moving = moving(&told.records, line);
            lookbacks_of(view, &payee, (line, moving), (&subject, on), &mut found)?;
        }
    }
    for year in units {
        found.extend(of_unit(view, &payee, &format!("payee:{payee}/{year}"), on)?);
    }
    Ok(found)
}

/// The payment that moved the money: one that only says again, for no more, what was taken back before it
/// moved nothing (DOMAIN 3.11).
fn moving<'a>(all: &'a [Said], of: &'a Line) -> &'a Line {
    let mut line = of;
    for _ in all {
        let Some(reversal) = &line.corrects else { break };
        let taken_back = |said: &&Said| said.entry.reversed_by.as_ref() == Some(reversal);
        let Some(before) = all.iter().find(taken_back).map(|said| &said.entry) else { break };
        let dates = |line: &Line| (line.service_from, line.service_to);
        if dates(before) != dates(line) || line.paid > before.paid {
            break;
        }
        line = before;
    }
    line
}

fn lookbacks_of(
    view: &View<'_>,
    payee: &PayeeId,
    (shown, line): (&Line, &Line),
    about: (&str, Day),
    found: &mut Vec<Explained>,
) -> Result<(), AnswerError> {
    let digest = prefix::resolve(view.rows(), prefix::Kind::Remittance, &line.remittance)?;
    let checks = match remittances::remittance(view.rows(), &digest)? {
        Some(row) => affairs::checks(view.rows(), payee, &row.trace)?,
        None => Vec::new(),
    };
    let moved = moved(line.paid_on.map(|day| day.0), &checks, about.1.0);
    let rules = rules::in_use(view.rows())?;
    let mut lines = lookbacks::lines(&rules, Purpose::RoutineLookback);
    lines.extend(lookbacks::lines(&rules, Purpose::FraudLookback));
    let put = |clock: &str, of: &str, derived| {
        let then = format!("the last day for opening such an audit of payment {}{of}", shown.at);
        Explained::new(about, clock, then, derived)
    };
    let day = match moved {
        Moved::On(day) => day,
        Moved::Never(why) => {
            for clock in ["routine-lookback", "fraud-lookback"] {
                found.push(put(clock, "", Err(format!("no money was moved: {why}"))));
            }
            return Ok(());
        }
    };
    let why = |error: ClockError| error.to_string();
    for business in lines {
        let source = Source::evidenced(line.at.clone());
        let until = lookbacks::lookback(&rules, business, day, &source, about.1);
        let of = format!(" as {}", business.as_str());
        found.push(put("routine-lookback", &of, until.routine.map_err(why)));
        found.push(put("fraud-lookback", &of, until.fraud.map_err(why)));
    }
    Ok(())
}

/// How long a unit is kept, as `payee:1234567893/2025`, `case:OP-1` or `audit:AU-1`; nothing where no
/// such unit is known.
///
/// # Errors
/// When rows cannot be read.
pub fn of_unit(
    view: &View<'_>,
    payee: &PayeeId,
    unit: &str,
    on: Day,
) -> Result<Option<Explained>, AnswerError> {
    let Some(kept) = retention::kept(view, payee, unit, on)? else { return Ok(None) };
    let mut then = match kept.disposable_from {
        Some(from) => format!("unit {unit} may be disposed of from {}", from.0),
        None => format!("unit {unit} may not be disposed of yet"),
    };
    if !kept.standing_keepers.is_empty() {
        then = format!("{then}; kept by {}", kept.standing_keepers.join(", "));
    }
    for lost in &kept.blocked_by {
        let until = lost.due.map_or("an end that is not known".to_owned(), |due| due.0.to_string());
        then = format!("{then}; {} ({}) blocks it until {until}", lost.rule, lost.citation);
    }
    let found = kept.rule.map_err(|error| error.to_string());
    Ok(Some(Explained::new((&format!("unit:{unit}"), on), "retention", then, found)))
}

/// Whose a unit is; none where it is of nobody that is known.
///
/// # Errors
/// When rows cannot be read.
pub fn payee_of_unit(view: &View<'_>, unit: &str) -> Result<Option<PayeeId>, AnswerError> {
    Ok(match unit.split_once(':') {
        Some(("payee", rest)) => rest.split('/').next().and_then(|id| PayeeId::parse(id).ok()),
        Some(("case", id)) => match CaseId::parse(id) {
            Ok(id) => cases::case(view.rows(), &id)?.map(|row| row.payee),
            Err(_) => None,
        },
        Some(("audit", id)) => match AuditId::parse(id) {
            Ok(id) => audits::audit(view.rows(), &id)?.map(|row| row.payee),
            Err(_) => None,
        },
        _ => None,
    })
}
