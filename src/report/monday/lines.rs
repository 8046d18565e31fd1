//! The lines of the Monday list that are questions to a case.

use chrono::{Days, Months, NaiveDate};
use lookback_events::event::recovery::letters::AnswerKind;
use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::Position;
use lookback_projections::policy::length::{Length, Unit};
use lookback_projections::rows::{RowsError, add};

use super::super::cases::Seen;
use super::super::findings::place;
use super::{Item, Line};

/// What the questions are asked with.
pub(super) struct Asked {
    pub(super) on: Day,
    pub(super) cycles: u64,
    /// Payment dates that are known by that day, ascending.
    pub(super) paid: Vec<NaiveDate>,
    /// The plan's own time to give money back.
    pub(super) restoration_time: Option<Length>,
    /// True where the plan has set itself a time to determine disputes.
    pub(super) determination_time: bool,
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
        (Line::NoClock, no_clock(seen, asked)),
        (Line::EligibleNotInstructed, eligible(seen, asked)?),
        (Line::InstructedNotSeen, instructed(seen, asked)?),
        (Line::TakenWhileBarred, taken_while_barred(seen)),
        (Line::RestorationsOverdue, restoration(seen, asked)),
        (Line::PromisesPast, promise(seen, asked)),
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

/// A balance that nothing will move: no window runs, nothing is eligible, instructed, promised, paid in
/// instalments, stayed or referred, and no dispute waits for a determination that has a time.
fn no_clock(seen: &Seen, asked: &Asked) -> Option<Found> {
    let row = &seen.case.row;
    let window_runs = seen.clocks.window.is_some_and(|window| asked.on <= window);
    let instalment = row.plan.iter().any(|instalment| instalment.due >= asked.on);
    let disputed = seen.open_disputes().last();
    let elsewhere = row.stayed.is_some()
        || row.referred.is_some()
        || last_answer(seen).is_some()
        || returned(seen).is_some();
    let instructed = row.instructions.iter().any(|one| one.seen < one.amount);
    let moves = window_runs || seen.clocks.eligible.is_some() || instructed || elsewhere;
    let waits = disputed.is_some() && asked.determination_time;
    if !owes(seen) || moves || instalment || waits {
        return None;
    }
    let (known, what) = if let Some(dispute) = disputed {
        (&dispute.known, "disputed, and the plan has set no time to determine it")
    } else if let Some(known) = &row.defaulted {
        (known, "a repayment plan was not kept")
    } else if !row.plan.is_empty() {
        (&row.identified, "the last instalment of its repayment plan is past")
    } else if let Some(notice) = row.notices.last() {
        (&notice.known, "noticed, and no rule says when the window ends")
    } else {
        (&row.identified, "identified, and nobody was written to")
    };
    Some(Found {
        since: Some(known.happened.day),
        amount: Some(seen.outstanding),
        what: what.to_owned(),
        at: known.at,
    })
}

/// An offset is eligible, and less was instructed than is outstanding.
fn eligible(seen: &Seen, asked: &Asked) -> Result<Option<Found>, RowsError> {
    let eligible = seen.clocks.eligible.filter(|eligible| *eligible <= asked.on);
    let (Some(eligible), true) = (eligible, owes(seen)) else { return Ok(None) };
    let free = seen.clocks.free.checked_sub(unseen(seen)?).unwrap_or_default();
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

/// Money must be given back, and its time has passed or was never set.
fn restoration(seen: &Seen, asked: &Asked) -> Option<Found> {
    let row = &seen.case.row;
    if seen.restoration_owed.is_zero() {
        return None;
    }
    let decided = row.restorations.iter().map(|one| (one.known.happened.day, one.known.at));
    let letters = row.disputes.iter().filter_map(|dispute| dispute.determined.as_ref());
    let determined = letters.map(|letter| (letter.dated.0, letter.known.at));
    let entries = || seen.case.entries.iter().map(|entry| (entry.day, entry.at)).max();
    let (since, at) = decided.max().or(determined.max()).or_else(entries)?;
    let what = match asked.restoration_time {
        None => "the plan has set no time to restore".to_owned(),
        Some(time) => {
            let due = after(since, time);
            if due.is_some_and(|due| asked.on.0 <= due) {
                return None;
            }
            let due = due.map_or("a day that is not known".to_owned(), |due| due.to_string());
            format!("to be restored by {due}")
        }
    };
    Some(Found { since: Some(since), amount: Some(seen.restoration_owed), what, at })
}

/// The last day of a time that the plan set itself, in days of the calendar; none for a unit that needs
/// a calendar of its own.
fn after(day: NaiveDate, time: Length) -> Option<NaiveDate> {
    match time.unit {
        Unit::CalendarDays | Unit::Days => day.checked_add_days(Days::new(time.count.into())),
        Unit::Months => day.checked_add_months(Months::new(time.count)),
        Unit::Years => day.checked_add_months(Months::new(time.count.checked_mul(12)?)),
        Unit::BusinessDays | Unit::FiscalYears | Unit::ContractYears => None,
    }
}

/// The last answer, where it promises a refund and nothing came to the case after it.
fn last_answer(seen: &Seen) -> Option<(NaiveDate, Position, Option<Money>)> {
    let row = &seen.case.row;
    let answer = row.answers.iter().rfind(|answer| answer.kind != AnswerKind::Contact)?;
    let promised = answer.promised_by.filter(|_| answer.kind == AnswerKind::RefundPromised)?;
    let later = row.disputes.iter().any(|dispute| dispute.known.at.seq > answer.known.at.seq);
    (!later).then_some((promised.0, answer.known.at, answer.amount))
}

/// A refund was promised by a day that has passed.
fn promise(seen: &Seen, asked: &Asked) -> Option<Found> {
    let (by, at, amount) = last_answer(seen).filter(|(by, ..)| *by < asked.on.0)?;
    if !owes(seen) {
        return None;
    }
    Some(Found {
        since: Some(by),
        amount: Some(amount.unwrap_or(seen.outstanding).min(seen.outstanding)),
        what: format!("a refund was promised by {by}"),
        at,
    })
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
