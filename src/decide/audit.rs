//! The rules of audits: how far back they may look, and what is recorded with a finding.

use lookback_events::event::act::{ClaimPart, Subject, Told};
use lookback_events::event::audit::{Audit, Cancellation, Nature, Opened};
use lookback_events::event::text::Day;
use lookback_events::finding::{Finding, Rule};
use lookback_events::id::{CaseId, PayeeId};
use lookback_projections::audits::{self, AuditRow};
use lookback_projections::clocks::{Facts, Source};
use lookback_projections::policy::fact::Fact;
use lookback_projections::policy::purpose::Purpose;
use lookback_projections::policy::scope::Context;
use lookback_projections::{cases, integrity};

use super::given::{Given, No};
use super::home::Home;
use super::net;
use super::refusal::{Refusal, place};
use super::situation::{applied, lines, of_audit};
use super::verdict::{finding, unknown};

/// Decides a command about an audit.
pub(super) fn decide(
    given: &Given<'_>,
    told: &mut Told<Audit>,
    home: &Home,
) -> Result<Vec<Finding>, No> {
    let day = Day(told.act.happened.day);
    let subject = told.subject.clone();
    if let Audit::AuditOpened(opened) = &told.detail {
        let paid = named(given, opened, &mut told.claims, home)?;
        return may_open(given, opened, &paid, day).map(|()| Vec::new());
    }
    // Fraud may be alleged of a payee that no audit looks at yet.
    let Subject::Audit(id) = &subject else { return Ok(Vec::new()) };
    let row = audits::audit(given.rows, id)?.ok_or_else(|| unknown(&subject))?;
    let nothing = |what| Err(Refusal::NothingThere { subject: subject.clone(), what }.into());
    let unsound =
        |what: &str, help| Err(No::from(Refusal::Unsound { what: what.to_owned(), help }));
    if let Some(closed) = &row.closed
        && is_instruction(&told.detail)
    {
        return Err(Refusal::SubjectEnded { subject: subject.clone(), at: closed.at }.into());
    }
    match &told.detail {
        Audit::RecordsRequested(request) if request.items.is_empty() => {
            return unsound("no item is asked for", "name the items: --item ID, or \"items\"");
        }
        Audit::RecordsRequested(request) => {
            let known = |item: &str| row.items.iter().any(|state| state.item == item);
            if request.items.iter().any(|item| known(&item.item)) {
                return unsound("an item was asked for before", "give each item an id of its own");
            }
        }
        Audit::ItemReceived(item) => {
            if !row.missing().any(|state| state.item == item.item) {
                return nothing("no such item is asked for and missing");
            }
        }
        Audit::DateAgreed(agreed) => {
            let known = given.rules.policies().iter().any(|p| p.rule(&agreed.clock).is_some());
            if !known {
                return unsound("no policy has a rule of that name", "such as audit-scheduling");
            }
        }
        Audit::VisitCancelled(cancelled) => {
            return cancellation(given, &row, cancelled, &subject, day);
        }
        Audit::DocumentsReviewed(_) if row.documents.is_empty() => {
            return nothing("no supporting documents came");
        }
        Audit::ReportSigned(report) if report.signed_by.is_empty() => {
            return unsound(
                "nobody signed",
                "name who signed, by role: --signed-by, or \"signed_by\"",
            );
        }
        Audit::AuditClosed(end) => {
            for case in &end.cases {
                let Ok(id) = CaseId::parse(case) else {
                    return unsound("a case is named that can be none", "such as OP-2026-000117");
                };
                if cases::case(given.rows, &id)?.is_none() {
                    return Err(unknown(&Subject::Case(id)));
                }
            }
        }
        Audit::AuditOpened(_)
        | Audit::FraudPredicateRecorded(_)
        | Audit::VisitScheduled(_)
        | Audit::AuditConducted(_)
        | Audit::ExitInterviewHeld(_)
        | Audit::DocumentsReceived(_)
        | Audit::DocumentsReviewed(_)
        | Audit::ReportSigned(_) => {}
    }
    Ok(Vec::new())
}

/// What the plan does to an audit, against what happens to it.
const fn is_instruction(detail: &Audit) -> bool {
    matches!(
        detail,
        Audit::RecordsRequested(_)
            | Audit::VisitScheduled(_)
            | Audit::ReportSigned(_)
            | Audit::AuditClosed(_)
    )
}

/// The payment dates that an audit looks at, each with where it is known from; `None` where the payer gave
/// none. The payments that its claims mean are written into them. One that moved no money has no lookback.
fn named(
    given: &Given<'_>,
    opened: &Opened,
    claims: &mut [ClaimPart],
    home: &Home,
) -> Result<Vec<(Option<Day>, Source)>, No> {
    let mut paid = Vec::new();
    if let Some(from) = opened.paid_from {
        paid.push((Some(from), Source::asserted("the command")));
    }
    let Some(payee) = &home.payee else { return Ok(paid) };
    for (number, (part, found)) in (1..).zip(claims.iter_mut().zip(given.claims)) {
        let payment = net::meant(payee, number, part, found)?;
        part.payment = Some(place(payment.at));
        if let Some(why) = payment.never {
            return Err(Refusal::NothingMoved { number, why, payment: payment.at }.into());
        }
        paid.push((payment.moved_on.map(Day), Source::evidenced(place(payment.at))));
    }
    if paid.is_empty() {
        return Err(Refusal::Unsound {
            what: "it is not said which payments are looked at".to_owned(),
            help: "give the first payment date, --paid-from, or claims",
        }
        .into());
    }
    Ok(paid)
}

/// An audit looks no further back than its lookback; one for fraud needs a predicate recorded before.
fn may_open(
    given: &Given<'_>,
    opened: &Opened,
    paid: &[(Option<Day>, Source)],
    day: Day,
) -> Result<(), No> {
    if opened.nature == Nature::Fraud {
        alleged(given, &opened.payee)?;
    }
    let context = of_audit(&opened.line_of_business, opened.state.as_deref(), day);
    let context = context.ok_or_else(|| unknown_line(opened.nature))?;
    for (paid, source) in paid {
        within(given, opened.nature, &context, *paid, source, day)?;
    }
    Ok(())
}

/// Fraud is investigated where somebody recorded why.
pub(super) fn alleged(given: &Given<'_>, payee: &PayeeId) -> Result<(), No> {
    let row = integrity::measures(given.rows, &Subject::Payee(payee.clone()))?;
    if row.is_none_or(|row| row.predicates.is_empty()) {
        return Err(Refusal::NoFraudPredicate { payee: payee.clone() }.into());
    }
    Ok(())
}

/// What a lookback is computed for, and the rule that it is.
const fn lookback(nature: Nature) -> (Purpose, &'static str) {
    match nature {
        Nature::Routine => (Purpose::RoutineLookback, "routine-lookback"),
        Nature::Fraud => (Purpose::FraudLookback, "fraud-lookback"),
    }
}

/// The refusal where no policy has a word for the line of business: then none says how far back.
pub(super) fn unknown_line(nature: Nature) -> Refusal {
    let words: Vec<&str> = lines().collect();
    let why = format!("no policy has a line of business of that name; known: {}", words.join(", "));
    Refusal::NotComputed { why, of: lookback(nature).1 }
}

/// A payment may be audited until the last day of its lookback. Where that cannot be computed, because a
/// rule lacks something or none decides for the line of business, nothing says that it may.
pub(super) fn within(
    given: &Given<'_>,
    nature: Nature,
    context: &Context,
    paid: Option<Day>,
    source: &Source,
    day: Day,
) -> Result<(), No> {
    let (purpose, of) = lookback(nature);
    let not_computed = |why| No::from(Refusal::NotComputed { why, of });
    let paid = paid.ok_or_else(|| not_computed("the payer gave no payment date".to_owned()))?;
    let facts = Facts::default().with(Fact::Paid, paid, source.clone());
    let derivation = given.rules.decide(purpose, context, &facts);
    let derivation = derivation.map_err(|error| not_computed(error.to_string()))?;
    match derivation.due().filter(|until| *until < day) {
        Some(until) => {
            let applied = applied(&derivation);
            Err(Refusal::OutsideLookback { paid, until, applied }.into())
        }
        None => Ok(()),
    }
}

/// To so many people the cancelling of a visit is told (DOMAIN 2).
const TOLD: usize = 2;

/// A visit is cancelled in writing, to both people named, and in time; else it is a finding.
fn cancellation(
    given: &Given<'_>,
    row: &AuditRow,
    cancelled: &Cancellation,
    subject: &Subject,
    day: Day,
) -> Result<Vec<Finding>, No> {
    let Some(visit) = row.visit() else {
        let what = "no visit is scheduled";
        return Err(Refusal::NothingThere { subject: subject.clone(), what }.into());
    };
    let mut found = Vec::new();
    let scheduled = place(visit.scheduled.at);
    let context = of_audit(&row.line_of_business, row.state.as_deref(), day);
    let facts = Facts::default().with(Fact::Visit, visit.on, Source::asserted(scheduled));
    let last = context
        .and_then(|context| given.rules.decide(Purpose::AuditCancellation, &context, &facts).ok())
        .and_then(|derivation| derivation.due());
    if let Some(last) = last.filter(|last| day > *last) {
        let mut late = finding(
            Rule::CancellationLate,
            "a visit was cancelled after the last day on which it may be",
        );
        late.expected = format!("until {}", last.0);
        late.found = day.0.to_string();
        found.push(late);
    }
    if !cancelled.in_writing || cancelled.told.len() < TOLD {
        let mut form = finding(
            Rule::CancellationLate,
            "a visit was not cancelled in writing to both people named",
        );
        form.expected = format!("in writing, {TOLD} people told");
        let how = if cancelled.in_writing { "in writing" } else { "not in writing" };
        form.found = format!("{how}, {} told", cancelled.told.len());
        found.push(form);
    }
    Ok(found)
}
