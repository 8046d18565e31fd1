//! Whether an offset may be instructed on a day: what [`windows`] says of the case, as a refusal.

use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::movements::Stays;
use lookback_projections::windows::{self, Bar, Eligibility, Standing, Window, WindowKind};

use super::case::Case;
use super::given::No;
use super::refusal::{Applied, Refusal, place};
use super::situation::applied;

/// Refuses an amount that may not be taken on a day: first what bars it, then what is not open yet.
pub(super) fn offset(case: &Case<'_>, stays: &Stays, amount: Money, on: Day) -> Result<(), No> {
    let found = windows::eligibility(&case.row, stays, case.given.rules, on.0)?;
    if let Some(refusal) = barred(case, &found, amount)? {
        return Err(refusal.into());
    }
    let outstanding = case.row.money.outstanding()?;
    if amount.min(outstanding) <= found.amount_free {
        return Ok(());
    }
    let named = outstanding.checked_sub(found.amount_not_named).unwrap_or(outstanding);
    if !found.amount_not_named.is_zero() && amount.min(outstanding) > named {
        let (case, at, amount) = (case.id.clone(), case.row.last, found.amount_not_named);
        return Err(Refusal::NotNamed { case, amount, at }.into());
    }
    Err(before(case, &found, amount, on).into())
}

fn barred(case: &Case<'_>, found: &Eligibility, amount: Money) -> Result<Option<Refusal>, No> {
    let id = case.id.clone();
    Ok(match found.barred {
        None => None,
        Some(Bar::StandDown) => {
            // One that was lifted since still stood on the day.
            let stood =
                Refusal::StandDown { agency: None, since: case.day, at: case.row.identified.at };
            Some(case.stand_down()?.unwrap_or(stood))
        }
        Some(Bar::Stay) => {
            // One that was lifted since still stood on the day.
            let lifted = case.row.stays_lifted.last().map(|(since, _)| (*since, case.row.last));
            let stands = case.row.stayed.as_ref().map(|known| (Day(known.day()), known.at));
            stands.or(lifted).map(|(since, at)| Refusal::Stayed { case: id, since, at })
        }
        Some(Bar::PartialDispute) if amount <= found.amount_not_barred => None,
        Some(Bar::Dispute | Bar::PartialDispute) => {
            let open = |d: &&lookback_projections::cases::DisputeState| d.is_open(case.day.0);
            let dispute = case.row.disputes.iter().find(open);
            dispute.map(|dispute| Refusal::Disputed {
                case: id,
                since: Day(dispute.known.day()),
                at: dispute.known.at,
            })
        }
        Some(Bar::RepaymentPlan) => Some(Refusal::RepaymentPlan { case: id, at: case.row.last }),
        Some(Bar::NoNotice) => Some(Refusal::NoNotice { case: id }),
    })
}

/// The window that keeps it, and from when it does no more: the last to close.
fn before(case: &Case<'_>, found: &Eligibility, amount: Money, on: Day) -> Refusal {
    let stands = |window: &&Window| !matches!(window.standing, Standing::Void(_));
    let last = found.windows.iter().filter(stands).max_by_key(|window| window.closes);
    let case_id = case.id.clone();
    let not_computed = |why: String| Refusal::NotComputed { why, of: "offset-before-eligible" };
    let Some(window) = last else { return Refusal::NoNotice { case: case_id } };
    let closes = match (&window.derivation, window.closes) {
        (_, Some(closes)) => closes,
        (Err(why), None) => return not_computed(why.clone()),
        (Ok(_), None) => return not_computed("the window is open without an end".to_owned()),
    };
    let day_after = closes.succ_opt().unwrap_or(closes);
    // What is first free may be a part only, or wait for longer than the window.
    let from = found.from.filter(|from| *from > on.0).unwrap_or(day_after);
    let until = from.pred_opt().unwrap_or(from);
    let applied = rule(window);
    Refusal::OffsetBeforeEligible {
        case: case_id,
        amount,
        until: Day(until),
        from: Day(from),
        applied,
    }
}

/// A window's rule as it was applied.
fn rule(window: &Window) -> Applied {
    match &window.derivation {
        Ok(derivation) => applied(derivation),
        Err(_) => Applied {
            rule: match window.kind {
                WindowKind::Dispute => "dispute-window".to_owned(),
                WindowKind::Determination => "determination-window".to_owned(),
            },
            citation: "Provider Manual Section 3".to_owned(),
            events: vec![place(window.letter)],
        },
    }
}
