//! When an offset may begin (DOMAIN 3.1): the day after the window opened last closed unheard, and only
//! while no dispute is open.

use lookback_events::event::recovery::letters::AnswerKind;
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::cases::{CaseRow, DisputeState, Known};
use lookback_projections::clocks::{ClockError, Derivation, Facts, Source};
use lookback_projections::policy::fact::Fact;
use lookback_projections::policy::purpose::Purpose;

use super::case::Case;
use super::given::No;
use super::refusal::{Applied, Refusal, place};
use super::situation::{applied, of_case};

/// The dispute that bars an offset on a day: received, heard, and not determined.
pub(super) fn open_dispute(row: &CaseRow, on: Day) -> Option<&DisputeState> {
    row.disputes.iter().rfind(|dispute| {
        let heard = !dispute.late || dispute.accepted == Some(true);
        let determined = dispute.determined.as_ref().is_some_and(|d| d.dated <= on);
        heard && dispute.known.day() <= on.0 && !determined
    })
}

fn source(known: &Known) -> Source {
    let at = place(known.at);
    if known.evidenced { Source::evidenced(at) } else { Source::asserted(at) }
}

/// Refuses an offset on a day before it is eligible.
pub(super) fn offset(case: &Case<'_>, amount: Money, on: Day) -> Result<(), No> {
    let row = &case.row;
    let Some(notice) = row.notices.iter().rfind(|notice| notice.returned.is_none()) else {
        return Err(Refusal::NoNotice { case: case.id.clone() }.into());
    };
    let governs = notice.dated;
    let determined = row.disputes.iter().filter_map(|d| d.determined.as_ref()).next_back();
    let after = determined.filter(|determined| determined.dated >= notice.dated);
    let opened = after.map_or(notice.dated, |determined| determined.dated);
    // An agreement, and a promise that was not kept, end the waiting.
    let answer = row.answers.iter().rfind(|answer| {
        answer.kind != AnswerKind::Contact && answer.known.day() >= opened.0 && answer.known.day() <= on.0
    });
    if let Some(answer) = answer {
        let heard = answer.promised_by.unwrap_or(Day(answer.known.day()));
        let from = Day(heard.0.succ_opt().unwrap_or(heard.0));
        let applied = Applied {
            rule: "dispute-window".to_owned(),
            citation: "policy parameters agreement-eligible, promise-past".to_owned(),
            events: vec![place(answer.known.at)],
        };
        return before(case, amount, heard, from, applied, on);
    }
    let mut facts = Facts::default().with(Fact::NoticeDated, notice.dated, source(&notice.known));
    if let Some(sent) = notice.sent {
        facts = facts.with(Fact::NoticeSent, sent, source(&notice.known));
    }
    let mut purpose = Purpose::DisputeWindow;
    if let Some(determined) = after {
        purpose = Purpose::DeterminationWindow;
        facts = facts.with(Fact::Determined, determined.dated, source(&determined.known));
        if let Some(sent) = determined.sent {
            facts = facts.with(Fact::DeterminationSent, sent, source(&determined.known));
        }
    }
    let Some(context) = of_case(&row.facts, governs) else {
        let why = format!("no policy knows the line of business {:?}", row.facts.line_of_business);
        return Err(Refusal::NotComputed { why, of: "offset-before-eligible" }.into());
    };
    let rules = case.given.rules;
    let window = rules.decide(purpose, &context, &facts).map_err(not_computed)?;
    let later = match rules.decide(Purpose::RecoveryStart, &context, &facts) {
        Ok(start) => Some(start).filter(|start| start.due() > window.due()),
        // No rule on the start of recovery applies: the window alone counts.
        Err(_) => None,
    };
    let last: &Derivation = later.as_ref().unwrap_or(&window);
    let (Some(until), Some(from)) = (last.due(), last.day_after()) else {
        let why = "the window is open without an end".to_owned();
        return Err(Refusal::NotComputed { why, of: "offset-before-eligible" }.into());
    };
    before(case, amount, until, from, applied(last), on)
}

fn not_computed(error: ClockError) -> No {
    Refusal::NotComputed { why: error.to_string(), of: "offset-before-eligible" }.into()
}

fn before(
    case: &Case<'_>,
    amount: Money,
    until: Day,
    from: Day,
    applied: Applied,
    on: Day,
) -> Result<(), No> {
    if on >= from {
        return Ok(());
    }
    let case = case.id.clone();
    Err(Refusal::OffsetBeforeEligible { case, amount, until, from, applied }.into())
}
