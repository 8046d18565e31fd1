//! What is due: the next day of every case and audit on which something happens by itself or somebody
//! must act, and what is past.

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::id::CaseId;
use lookback_events::money::Money;
use lookback_projections::audits::{self, AuditRow};
use lookback_projections::cases::{self, CaseRow};
use lookback_projections::clocks::{Derivation, Facts, Rulebook, Source, Years};
use lookback_projections::movements::{self, Stays};
use lookback_projections::policy::fact::Fact;
use lookback_projections::policy::purpose::Purpose;
use lookback_projections::state::State;
use lookback_projections::windows::{MANUAL, Standing, rulebook};
use lookback_projections::{case_on, entries, payees};
use serde::Serialize;

use super::duties::{self, Times};
use super::stand_down::Covered;
use super::{AnswerError, View, cases as listed, day_of};
use crate::decide::situation::of_audit as of_audit_rules;
use crate::replay::{Looked, Story, looked};

/// Which are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The day asked about.
    pub on: Day,
    /// Of these cases, and the audits of the same payee and plan; audits have no owner and no vendor.
    pub cases: listed::Wanted,
    /// Due within so many days; without it, whenever.
    pub within: Option<u32>,
    /// Only what is past.
    pub overdue: bool,
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Due {
    /// The day.
    pub due: Day,
    /// In how many days; below zero where it is past.
    pub days: i64,
    /// The case or audit, such as `case:OP-2026-000117`.
    pub subject: String,
    /// The clock; `explain` takes it.
    pub clock: Option<String>,
    /// Whose.
    pub payee: String,
    /// The name the payee was first seen with.
    pub payee_name: Option<String>,
    /// What is outstanding, or owed back.
    pub amount: Option<Money>,
    /// What happens then, or what is to be done.
    pub then: String,
    /// The policy that gave the day; none where somebody said it.
    pub policy: Option<String>,
}

/// All that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The day asked about.
    pub on: Day,
    /// What is due, by day.
    pub due: Vec<Due>,
    /// How many are past, shown or not.
    pub overdue: u64,
    /// How many cases are not listed, because an agency forbids contact.
    pub hidden: u64,
}

/// What is due, by day.
///
/// # Errors
/// When rows or policies cannot be read.
pub fn due(view: &View<'_>, wanted: &Wanted) -> Result<Answer, AnswerError> {
    let today = Day(day_of(view.ledger(), view.moment()));
    let on = wanted.on;
    let choices = view.ledger().choices();
    let years = Years {
        fiscal_year_end: choices.fiscal_year_end,
        contract_year_start: Some(choices.contract_year_start),
    };
    let rules = rulebook(view.rows(), None, years)?;
    let mut all = Vec::new();
    let mut rows: Vec<(CaseId, CaseRow)> = Vec::new();
    cases::all(view.rows(), &mut |id, row| {
        if listed::takes(&wanted.cases, &row) {
            rows.push((id, row));
        }
        true
    })?;
    let covered = Covered::on(view, on)?;
    let times = Times::of(&rules, on);
    let mut hidden = 0_u64;
    for (id, row) in rows {
        if !wanted.cases.cleared && covered.case(&id, &row.payee) {
            hidden = hidden.saturating_add(1);
            continue;
        }
        let stays = movements::stays(view.rows(), &row)?;
        let Some(looked) = looked_at(view, (&id, &row, &stays), &rules, on, today)? else {
            continue;
        };
        let row = if on < today { as_it_was(view, &id, row, on)? } else { Some(row) };
        let Some(row) = row else { continue };
        of_case((&id, &row), &looked, times, on, &mut all)?;
    }
    let mut opened = Vec::new();
    audits::all(view.rows(), &mut |id, row| {
        if of_audits(&wanted.cases, &row) {
            opened.push((id, row));
        }
        true
    })?;
    for (id, row) in opened {
        // A day of the past is looked at without what happened since.
        if let Some(row) = row.on(on.0) {
            of_audit(id.as_str(), &row, &rules, on, &mut all);
        }
    }
    all.sort();
    let overdue = all.iter().filter(|due| due.days < 0).count();
    all.retain(|due| {
        let soon = wanted.within.is_none_or(|within| due.days <= i64::from(within));
        (due.days < 0) == wanted.overdue && (soon || wanted.overdue)
    });
    for due in &mut all {
        let payee = lookback_events::id::PayeeId::parse(&due.payee).ok();
        if let Some(payee) = payee {
            due.payee_name = payees::payee(view.rows(), &payee)?.and_then(|row| row.name);
        }
    }
    Ok(Answer { on, due: all, overdue: u64::try_from(overdue).unwrap_or(u64::MAX), hidden })
}

/// True where an audit is asked for.
fn of_audits(wanted: &listed::Wanted, audit: &AuditRow) -> bool {
    wanted.payee.as_ref().is_none_or(|payee| *payee == audit.payee)
        && wanted.plan.as_ref().is_none_or(|plan| *plan == audit.plan)
        && wanted.owner.is_none()
        && wanted.vendor.is_none()
}

/// A case on a day; `None` where it had not begun. A day of the past is looked at without what
/// happened since.
fn looked_at(
    view: &View<'_>,
    (id, row, stays): (&CaseId, &CaseRow, &Stays),
    rules: &Rulebook,
    on: Day,
    today: Day,
) -> Result<Option<Looked>, AnswerError> {
    if row.identified.happened.day > on.0 {
        return Ok(None);
    }
    if on < today {
        return Ok(Some(Story::open(view, id, None)?.now(on)?));
    }
    Ok(Some(looked(row, stays, rules, on)?))
}

/// The row of a case without what happened since a day.
fn as_it_was(
    view: &View<'_>,
    id: &CaseId,
    row: CaseRow,
    on: Day,
) -> Result<Option<CaseRow>, AnswerError> {
    let entries = entries::of(view.rows(), id, &row)?;
    let case = case_on::case_on(id.clone(), row, entries, on.0)?;
    Ok(case.map(|case| case.row))
}

fn of_case(
    (id, row): (&CaseId, &CaseRow),
    looked: &Looked,
    times: Times,
    on: Day,
    all: &mut Vec<Due>,
) -> Result<(), AnswerError> {
    let money = &looked.standing.money;
    let owed = !money.restoration_owed.is_zero();
    let amount = if owed { money.restoration_owed } else { money.outstanding };
    let new = |due: NaiveDate, clock: Option<&str>, then: String| Due {
        due: Day(due),
        days: due.signed_duration_since(on.0).num_days(),
        subject: format!("case:{id}"),
        clock: clock.map(ToOwned::to_owned),
        payee: row.payee.to_string(),
        payee_name: None,
        amount: Some(amount),
        then,
        policy: None,
    };
    if let Some((due, then)) = to_do(&looked.state) {
        all.push(new(due, None, then));
    }
    let moved = row.moved.filter(|(day, _)| *day <= on).map(|(day, at)| (day.0, at));
    let back = duties::owed_back(row, times, moved)?;
    for duty in back.into_iter().chain(duties::undetermined(row, times, on.0)?) {
        let then = match duty.due {
            Some(_) => duty.what.to_owned(),
            None => format!("{}; the plan has set no time for it", duty.what),
        };
        let due = duty.due.unwrap_or(duty.since);
        all.push(Due { amount: Some(duty.amount), ..new(due, None, then) });
    }
    if let Some(duty) = duties::late_appeal(row, on.0)? {
        all.push(Due { amount: Some(duty.amount), ..new(duty.since, None, duty.what.to_owned()) });
    }
    // What was taken before says nothing of the rest: nobody told the payer to take that.
    if matches!(looked.state, State::CollectedInPart(_))
        && row.instructions.is_empty()
        && !looked.eligibility.amount_free.is_zero()
        && let Some(from) = looked.eligibility.from
    {
        all.push(new(from, None, "the rest is offset eligible, to be instructed".to_owned()));
    }
    if !row.taken_while_barred.is_zero() && !owed {
        let taken = row.taken_while_barred;
        let since = row.moved.map_or_else(|| last_day(row), |(day, _)| day.0);
        let then = "taken while barred; restoration decision due".to_owned();
        all.push(Due { amount: Some(taken), ..new(since, None, then) });
    }
    if let Some((since, taken)) = appealed(row, looked, on) {
        let then = "taken before the appeal; restoration decision due".to_owned();
        all.push(Due { amount: Some(taken), ..new(since, None, then) });
    }
    if row.ended.is_some() {
        return Ok(());
    }
    for deadline in &looked.standing.deadlines {
        let Some(due) = deadline.due else { continue };
        let window = looked.eligibility.windows.iter().find(|window| {
            window.derivation.as_ref().ok().map(|own| &**own) == deadline.derivation.as_ref()
        });
        let is_open = match (deadline.clock.split(':').next(), window) {
            (Some("dispute-window" | "determination-window"), Some(window)) => {
                window.standing == Standing::Open && !money.outstanding.is_zero()
            }
            // A stated deadline that is past has no consequence of its own.
            (Some("appeal-deadline"), _) => due >= on && !money.outstanding.is_zero(),
            _ => true,
        };
        if !is_open || deadline.stopped.is_some() {
            continue;
        }
        let rolled = deadline.derivation.as_ref().map_or(String::new(), rolled);
        let then = format!("{}{rolled}", deadline.then.as_deref().unwrap_or_default());
        let policy = deadline.derivation.as_ref().map(|_| deadline.policy.clone());
        all.push(Due { policy, ..new(due.0, Some(&deadline.clock), then) });
    }
    Ok(())
}

/// What was taken before an appeal that came in time, but after the window had closed in silence: it
/// stays taken until somebody decides what becomes of it (DOMAIN 3.7).
fn appealed(row: &CaseRow, looked: &Looked, on: Day) -> Option<(NaiveDate, Money)> {
    let dispute = row.disputes.iter().rev().find(|dispute| dispute.is_open(on.0))?;
    let day = dispute.known.happened.day;
    let silent = looked.eligibility.windows.iter().any(|window| {
        window.standing == Standing::Closed && window.closes.is_some_and(|closes| closes < day)
    });
    let decided = row.restorations.iter().any(|one| one.known.at > dispute.known.at);
    let taken = row.money.collected.checked_add(row.money.carried)?;
    // What was taken while it was open is told of as such.
    let before = taken.checked_sub(row.taken_while_barred)?;
    let is_owed = silent && !decided && !before.is_zero() && !before.is_negative();
    is_owed.then_some((day, before))
}

/// Where a last day was rolled.
fn rolled(derivation: &Derivation) -> String {
    match (derivation.strict(), derivation.due()) {
        (Some(strict), Some(due)) if strict != due => {
            format!(" (rolled from {})", strict.0.format("%a %Y-%m-%d"))
        }
        _ => String::new(),
    }
}

/// What somebody is to do about a case in its state, since when or from when.
fn to_do(state: &State) -> Option<(NaiveDate, String)> {
    match state {
        State::Silent(Some(from))
        | State::DeterminedSilent(_, Some(from))
        | State::Agreed(Some(from)) => {
            Some((from.0, "offset eligible, to be instructed".to_owned()))
        }
        State::Instructed(from) => Some((from.0, "offset instructed, not seen yet".to_owned())),
        State::Returned(day) => {
            Some((day.0, "the notice came back: it is to be served again".to_owned()))
        }
        State::PlanDefaulted(day) => {
            Some((day.0, "the repayment plan was not kept: somebody must decide".to_owned()))
        }
        // A promise, an instalment and a duty of the plan's own have days of their own.
        State::Identified
        | State::Noticed(_)
        | State::Silent(None)
        | State::DeterminedSilent(_, None)
        | State::Agreed(None)
        | State::Disputed(_)
        | State::LateAppeal(_)
        | State::DisputedInPart(_)
        | State::Determined(..)
        | State::Promised(_)
        | State::PromisePast(_)
        | State::RepaymentPlan(_)
        | State::InstalmentMissed(_)
        | State::RestorationOwed(_)
        | State::NothingOutstanding
        | State::Referred(_)
        | State::CollectedInPart(_)
        | State::CarriedForward(_)
        | State::Collected(_)
        | State::Stayed
        | State::StoodDown
        | State::Ended(..) => None,
    }
}

/// The day of the last thing that was said of a case and its disputes.
fn last_day(row: &CaseRow) -> NaiveDate {
    let disputes = row.disputes.iter().flat_map(|dispute| {
        let determined =
            dispute.determined.as_ref().map(|determined| determined.known.happened.day);
        [Some(dispute.known.happened.day), determined].into_iter().flatten()
    });
    let answers = row.answers.iter().map(|answer| answer.known.happened.day);
    disputes.chain(answers).max().unwrap_or(row.identified.happened.day)
}

/// The clocks of an audit that is not closed.
pub fn audit_clocks(row: &AuditRow, rules: &Rulebook) -> Vec<(&'static str, Derivation, String)> {
    let mut clocks = Vec::new();
    if row.closed.is_some() {
        return clocks;
    }
    let governs = Day(row.opened.happened.day);
    let Some(policy) = rules.in_force(MANUAL, governs) else { return clocks };
    let source = |known: &lookback_projections::cases::Known| {
        let place = format!("{}/{}", known.at.journal, known.at.seq);
        if known.evidenced { Source::evidenced(place) } else { Source::asserted(place) }
    };
    let context = of_audit_rules(&row.line_of_business, row.state.as_deref(), governs);
    let mut run = |rule: &'static str, facts: Facts, then: String| {
        // As for the windows of cases: the rule that wins, and the manual's own where none decides.
        let purpose = Purpose::parse(rule).ok().zip(context.as_ref());
        let decided = purpose.and_then(|(of, context)| rules.decide(of, context, &facts).ok());
        if let Some(found) = decided.or_else(|| rules.compute(policy, rule, &facts).ok()) {
            clocks.push((rule, found, then));
        }
    };
    let requested = row.items.iter().map(|item| &item.requested).max_by_key(|known| known.happened);
    if let Some(known) = requested {
        let (day, of) = (Day(known.happened.day), source(known));
        let facts = Facts::default().with(Fact::RecordsRequested, day, of);
        let missing = row.missing().count();
        if missing > 0 {
            let then = format!("{missing} of {} items not received: overdue", row.items.len());
            run("records-production", facts.clone(), then);
        }
        if row.conducted.is_empty() {
            let agreed = row.agreed.iter().rfind(|(_, clock, _)| clock == "audit-scheduling");
            let facts = match agreed {
                Some((known, _, until)) => facts.with(Fact::AgreedDay, *until, source(known)),
                None => facts,
            };
            run("audit-scheduling", facts, "the audit is not held: overdue".to_owned());
        }
    }
    if let Some(visit) = row.visit().filter(|_| row.conducted.is_empty()) {
        let facts = Facts::default().with(Fact::Visit, visit.on, source(&visit.scheduled));
        let then = format!("last day to cancel the visit of {} in writing", visit.on.0);
        run("audit-cancellation", facts, then);
    }
    let mut retraction = Facts::default();
    let disagreed = row.interviews.last().filter(|(_, agrees)| !agrees);
    if let Some((known, _)) = disagreed {
        let (day, of) = (Day(known.happened.day), source(known));
        retraction = retraction.with(Fact::InterviewDisagreed, day, of);
    }
    let silent = disagreed.is_some() && row.documents.is_empty();
    if silent {
        let then = "no supporting documents: retraction".to_owned();
        run("supporting-documents", retraction.clone(), then);
    }
    let report = row.reports.iter().rfind(|report| report.last);
    if let Some(report) = report {
        let (day, of) = (Day(report.signed.happened.day), source(&report.signed));
        retraction = retraction.with(Fact::ReportSigned, day, of);
    }
    // Without a signed report the time for documents decides, where none came (DOMAIN 3.6).
    if report.is_some() || silent {
        run("retraction", retraction, "the plan retracts the day after".to_owned());
    }
    clocks
}

fn of_audit(id: &str, row: &AuditRow, rules: &Rulebook, on: Day, all: &mut Vec<Due>) {
    for (clock, derivation, then) in audit_clocks(row, rules) {
        let Some(due) = derivation.due() else { continue };
        all.push(Due {
            due,
            days: due.0.signed_duration_since(on.0).num_days(),
            subject: format!("audit:{id}"),
            clock: Some(clock.to_owned()),
            payee: row.payee.to_string(),
            payee_name: None,
            amount: None,
            then: format!("{then}{}", rolled(&derivation)),
            policy: Some(format!("{} v{}", derivation.policy, derivation.policy_version)),
        });
    }
}
