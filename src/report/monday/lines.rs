//! The lines of the Monday list that are questions to a case.

use chrono::NaiveDate;
use lookback_events::event::recovery::letters::AnswerKind;
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::Position;
use lookback_projections::cases::AnswerState;
use lookback_projections::entries::{Entry, Kind};
use lookback_projections::policy::length::Length;
use lookback_projections::rows::{RowsError, add};

use super::super::cases::Seen;
use super::super::duties::{self, Duty, Times};
use super::super::findings::place;
use super::{Item, Line};

/// What the questions are asked with.
pub(super) struct Asked {
    pub(super) on: Day,
    pub(super) cycles: u64,
    /// Payment dates that are known by that day, ascending.
    pub(super) paid: Vec<NaiveDate>,
    /// The times that the plan set itself.
    pub(super) times: Times,
}

/// What a line says of a case, ahead of what is the same for all.
struct Found {
    since: Option<NaiveDate>,
    amount: Option<Money>,
    what: String,
    at: Position,
}

/// The things to do about a case.
pub(super) fn items(seen: &Seen, asked: &Asked) -> Result<Vec<Item>, RowsError> {
    let found = [
        (Line::NoClock, no_clock(seen, asked)?),
        (Line::EligibleNotInstructed, eligible(seen, asked)?),
        (Line::InstructedNotSeen, instructed(seen, asked)?),
        (Line::TakenWhileBarred, taken_while_barred(seen)),
        (Line::DisputesUndetermined, undetermined(seen, asked)?),
        (Line::RestorationsOverdue, restoration(seen, asked)?),
        (Line::PromisesPast, promise(seen, asked)?),
        (Line::InstalmentsMissed, instalments(seen, asked)?),
        (Line::ReturnedMail, returned(seen)),
    ];
    let items = found.into_iter().filter_map(|(line, found)| Some(item(seen, asked, line, found?)));
    Ok(items.collect())
}

fn item(seen: &Seen, asked: &Asked, line: Line, found: Found) -> Item {
    let facts = &seen.case.row.facts;
    let days = found.since.map(|since| asked.on.0.signed_duration_since(since).num_days());
    Item {
        line,
        case: Some(seen.case.id.to_string()),
        payee: seen.case.row.payee.to_string(),
        plan: Some(facts.plan.clone()),
        owner: facts.owner.as_ref().map(ToString::to_string),
        vendor: facts.vendor.clone(),
        since: found.since.map(Day),
        days,
        amount: found.amount,
        what: found.what,
        at: place(found.at).to_string(),
    }
}

fn owes(seen: &Seen) -> bool {
    seen.is_open() && !seen.outstanding.is_zero()
}

/// What was instructed and not seen yet.
fn unseen(seen: &Seen) -> Result<Money, RowsError> {
    let mut sum = Money::ZERO;
    for instruction in &seen.case.row.instructions {
        add(&mut sum, instruction.amount.checked_sub(instruction.seen))?;
    }
    Ok(sum.max(Money::ZERO))
}

/// A balance that nothing will move: no window runs, nothing is eligible, instructed, promised, to be
/// paid in instalments, stayed or referred, and no dispute waits for its determination.
fn no_clock(seen: &Seen, asked: &Asked) -> Result<Option<Found>, RowsError> {
    let row = &seen.case.row;
    let window_runs = seen.clocks.window.is_some_and(|window| asked.on <= window);
    let instalment = !row.instalments_left()?.is_empty();
    let disputed = seen.open_disputes().next().is_some();
    let elsewhere = row.stayed.is_some()
        || row.referred.is_some()
        || last_answer(seen).is_some()
        || returned(seen).is_some();
    let instructed = row.instructions.iter().any(|one| one.seen < one.amount);
    let moves = window_runs || seen.clocks.eligible.is_some() || instructed || elsewhere;
    if !owes(seen) || moves || instalment || disputed {
        return Ok(None);
    }
    let (known, what) = if let Some(known) = &row.defaulted {
        (known, "a repayment plan was not kept")
    } else if !row.plan.is_empty() {
        (&row.identified, "its repayment plan is paid, and does not cover all of it")
    } else if let Some(notice) = row.notices.last() {
        (&notice.known, "noticed, and no rule says when the window ends")
    } else {
        (&row.identified, "identified, and nobody was written to")
    };
    Ok(Some(Found {
        since: Some(known.happened.day),
        amount: Some(seen.outstanding),
        what: what.to_owned(),
        at: known.at,
    }))
}

/// An offset is eligible, and less was instructed than is outstanding. What was promised and did not come
/// stands in a line of its own.
fn eligible(seen: &Seen, asked: &Asked) -> Result<Option<Found>, RowsError> {
    let eligible = seen.clocks.eligible.filter(|eligible| *eligible <= asked.on);
    let (Some(eligible), true) = (eligible, owes(seen)) else { return Ok(None) };
    let free = seen.clocks.free.checked_sub(unseen(seen)?).unwrap_or_default();
    let promised = promise(seen, asked)?.and_then(|promise| promise.amount).unwrap_or_default();
    let free = free.checked_sub(promised).unwrap_or_default();
    if free <= Money::ZERO || seen.case.row.referred.is_some() {
        return Ok(None);
    }
    let at = seen.case.row.notices.last().map_or(seen.case.row.identified.at, |n| n.known.at);
    let what = format!("eligible since {}", eligible.0);
    Ok(Some(Found { since: Some(eligible.0), amount: Some(free), what, at }))
}

/// Instructed, and not seen in so many payment cycles since it might have been taken.
fn instructed(seen: &Seen, asked: &Asked) -> Result<Option<Found>, RowsError> {
    let open = seen.case.row.instructions.iter().filter(|one| one.seen < one.amount);
    let (mut since, mut sum, mut missed) = (None, Money::ZERO, 0_u64);
    for instruction in open {
        let first = instruction.first_on.0.max(instruction.known.happened.day);
        let cycles = asked.paid.iter().filter(|paid| **paid >= first).count();
        let cycles = u64::try_from(cycles).unwrap_or(u64::MAX);
        if cycles >= asked.cycles {
            missed = missed.max(cycles);
            since = since.or(Some((first, instruction.known.at)));
            add(&mut sum, instruction.amount.checked_sub(instruction.seen))?;
        }
    }
    let Some((since, at)) = since.filter(|_| owes(seen)) else { return Ok(None) };
    let what = format!("not seen in {missed} payment cycles since {since}");
    Ok(Some(Found { since: Some(since), amount: Some(sum), what, at }))
}

/// Money was taken while something barred it, and nobody has decided what becomes of it.
fn taken_while_barred(seen: &Seen) -> Option<Found> {
    let row = &seen.case.row;
    if row.taken_while_barred <= Money::ZERO {
        return None;
    }
    let taken = seen.case.entries.iter().rfind(|entry| !entry.collected.is_zero())?;
    Some(Found {
        since: Some(taken.day),
        amount: Some(row.taken_while_barred),
        what: "restoration decision due".to_owned(),
        at: taken.at,
    })
}

/// A dispute waits for its determination, and its time has passed or was never set; or a late one waits
/// to be accepted or rejected.
fn undetermined(seen: &Seen, asked: &Asked) -> Result<Option<Found>, RowsError> {
    let duty = duties::undetermined(&seen.case.row, asked.times, asked.on.0)?;
    let found =
        duty.and_then(|duty| overdue(duty, asked, asked.times.determination, "determine it"));
    if found.is_some() {
        return Ok(found);
    }
    let late = duties::late_appeal(&seen.case.row, asked.on.0)?;
    Ok(late.map(|Duty { since, at, amount, due: _, what }| Found {
        since: Some(since),
        amount: Some(amount),
        what: what.to_owned(),
        at,
    }))
}

/// Money must be given back, and its time has passed or was never set.
fn restoration(seen: &Seen, asked: &Asked) -> Result<Option<Found>, RowsError> {
    let moved = seen.case.entries.iter().map(|entry| (entry.day, entry.at)).max();
    let duty = duties::owed_back(&seen.case.row, asked.times, moved)?;
    Ok(duty.and_then(|duty| overdue(duty, asked, asked.times.restoration, "restore")))
}

/// A duty of the plan's own whose time has passed or was never set.
fn overdue(duty: Duty, asked: &Asked, time: Option<Length>, to: &str) -> Option<Found> {
    let Duty { since, at, amount, due, what: _ } = duty;
    if due.is_some_and(|due| asked.on.0 <= due) {
        return None;
    }
    let what = match (time, due) {
        (None, _) => format!("the plan has set no time to {to}"),
        (Some(_), None) => format!("to {to} by a day that is not known"),
        (Some(_), Some(due)) => format!("to {to} by {due}"),
    };
    Some(Found { since: Some(since), amount: Some(amount), what, at })
}

/// The last answer, where it promises a refund and no dispute came after it.
fn last_answer(seen: &Seen) -> Option<(NaiveDate, &AnswerState)> {
    let row = &seen.case.row;
    let answer = row.answers.iter().rfind(|answer| answer.kind != AnswerKind::Contact)?;
    let promised = answer.promised_by.filter(|_| answer.kind == AnswerKind::RefundPromised)?;
    let later = row.disputes.iter().any(|dispute| dispute.known.at.seq > answer.known.at.seq);
    (!later).then_some((promised.0, answer))
}

/// A refund was promised by a day that has passed, and something of it came neither as a refund nor was
/// the payer told to take it.
fn promise(seen: &Seen, asked: &Asked) -> Result<Option<Found>, RowsError> {
    let Some((by, answer)) = last_answer(seen).filter(|(by, _)| *by < asked.on.0) else {
        return Ok(None);
    };
    let mut came = Money::ZERO;
    let refund = |entry: &&Entry| entry.kind == Kind::Refund && entry.day >= answer.known.day();
    for entry in seen.case.entries.iter().filter(refund) {
        add(&mut came, Some(entry.collected))?;
    }
    let missing = answer.amount.map_or(Some(seen.outstanding), |amount| amount.checked_sub(came));
    let missing = missing.unwrap_or_default().min(seen.outstanding);
    let missing = missing.checked_sub(unseen(seen)?).unwrap_or_default();
    if !owes(seen) || missing <= Money::ZERO {
        return Ok(None);
    }
    Ok(Some(Found {
        since: Some(by),
        amount: Some(missing),
        what: format!("a refund was promised by {by}"),
        at: answer.known.at,
    }))
}

/// Instalments of a repayment plan whose day passed without the money.
fn instalments(seen: &Seen, asked: &Asked) -> Result<Option<Found>, RowsError> {
    let row = &seen.case.row;
    let (mut first, mut sum, mut count) = (None, Money::ZERO, 0_u64);
    for instalment in row.instalments_left()?.iter().filter(|one| one.due < asked.on) {
        first = first.or(Some(instalment.due.0));
        count = count.saturating_add(1);
        add(&mut sum, Some(instalment.amount))?;
    }
    let Some(first) = first.filter(|_| owes(seen)) else { return Ok(None) };
    let what = match count {
        1 => format!("the instalment of {first} did not come"),
        many => format!("{many} instalments since {first} did not come"),
    };
    let at = row.planned.as_ref().map_or(row.identified.at, |planned| planned.known.at);
    Ok(Some(Found { since: Some(first), amount: Some(sum), what, at }))
}

/// The last notice came back, and it was not served again.
fn returned(seen: &Seen) -> Option<Found> {
    let known = seen.case.row.notices.last()?.returned.as_ref()?;
    if !owes(seen) {
        return None;
    }
    Some(Found {
        since: Some(known.happened.day),
        amount: None,
        what: format!("window void since {}", known.happened.day),
        at: known.at,
    })
}

#[cfg(test)]
mod tests;
