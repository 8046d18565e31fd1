//! How a case stands on a day: state, money, clocks, from its row and the policies.

use chrono::NaiveDate;
use lookback_events::event::recovery::letters::AnswerKind;
use lookback_events::event::text::Day;
use lookback_projections::cases::CaseRow;
use lookback_projections::clocks::{Derivation, Facts, Rulebook, Source};
use lookback_projections::movements::Stays;
use lookback_projections::policy::fact::Fact;
use lookback_projections::rows::RowsError;
use lookback_projections::state::State;
use lookback_projections::windows::{self, Eligibility, MANUAL, Window, WindowKind, eligibility};

use super::{Deadline, Standing, Sums};

/// A case looked at on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// How it stands.
    pub standing: Standing,
    /// Its state.
    pub state: State,
    /// What may be offset.
    pub eligibility: Eligibility,
}

/// The clock of an appeal: its last day is what a letter states.
const APPEAL: &str = "appeal-deadline";
/// The clock of an offset that takes long.
const HORIZON: &str = "offset-horizon";

/// Looks at a case on a day. The row holds what is said to have happened by then.
///
/// # Errors
/// When a sum cannot be held exactly.
pub fn looked(
    row: &CaseRow,
    stays: &Stays,
    rules: &Rulebook,
    on: Day,
) -> Result<Looked, RowsError> {
    let eligibility = eligibility(row, stays, rules, on.0)?;
    let state = State::of(row, &eligibility, on)?;
    let money = Sums::of(&row.money)?;
    let mut deadlines = of_windows(&eligibility.windows);
    if row.ended.is_none() && !money.outstanding.is_zero() {
        deadlines.extend(horizon(row, rules, &eligibility));
        deadlines.extend(promised(row, &state));
        for instalment in row.instalments_left()? {
            let amount = instalment.amount.grouped();
            let then = if instalment.due < on {
                format!("instalment missed, {amount}; the plan stands until somebody ends it")
            } else {
                format!("instalment of {amount} is due")
            };
            deadlines.push(said("instalment", instalment.due, then));
        }
    }
    let standing = Standing {
        on,
        state: state.to_string(),
        deadlines,
        // Where nothing is outstanding nothing may be offset, whatever the windows say.
        offset_from: eligibility.from.filter(|_| !money.outstanding.is_zero()).map(Day),
        money,
    };
    Ok(Looked { standing, state, eligibility })
}

/// The clocks of the letters: each window, and the deadline that its letter states.
fn of_windows(all: &[Window]) -> Vec<Deadline> {
    let mut deadlines: Vec<Deadline> = Vec::new();
    for window in all {
        let name = match window.kind {
            WindowKind::Dispute => "dispute-window",
            WindowKind::Determination => "determination-window",
        };
        let clock = numbered(&deadlines, name);
        deadlines.push(of_window(window, clock));
        if let Some(stated) = window.appeal_deadline {
            let then = "a later appeal is heard only by decision".to_owned();
            let clock = numbered(&deadlines, APPEAL);
            deadlines.push(Deadline { clock, ..said(APPEAL, stated, then) });
        }
    }
    deadlines
}

/// A clock's name; the second of one kind is numbered.
fn numbered(deadlines: &[Deadline], name: &str) -> String {
    let of = |deadline: &&Deadline| deadline.clock.split(':').next() == Some(name);
    match deadlines.iter().filter(of).count() {
        0 => name.to_owned(),
        before => format!("{name}:{}", before.saturating_add(1)),
    }
}

fn of_window(window: &Window, clock: String) -> Deadline {
    let stopped = match window.standing {
        windows::Standing::Void(day) => Some(format!("{day}, the letter came back")),
        windows::Standing::Heard(day) => Some(format!("{day}, heard from")),
        windows::Standing::Open | windows::Standing::Closed => None,
    };
    let letter = match window.kind {
        WindowKind::Dispute => "dispute window ends",
        WindowKind::Determination => "determination window ends",
    };
    let after = window.closes.and_then(|closes| closes.succ_opt());
    let then = after.map_or(letter.to_owned(), |after| {
        format!("{letter}; unheard, offset is eligible from {after}")
    });
    let (derivation, not_found) = match &window.derivation {
        Ok(derivation) => (Some((**derivation).clone()), None),
        Err(why) => (None, Some(why.clone())),
    };
    let policy = derivation.as_ref().map(by).unwrap_or_default();
    let due = window.closes.map(Day);
    Deadline { clock, due, then: Some(then), stopped, policy, derivation, not_found }
}

/// A policy with its version.
fn by(derivation: &Derivation) -> String {
    format!("{} v{}", derivation.policy, derivation.policy_version)
}

/// A day that somebody said.
fn said(clock: &str, due: Day, then: String) -> Deadline {
    Deadline {
        clock: clock.to_owned(),
        due: Some(due),
        then: Some(then),
        stopped: None,
        policy: "as stated".to_owned(),
        derivation: None,
        not_found: None,
    }
}

/// The horizon of an offset that is, or was, eligible.
fn horizon(row: &CaseRow, rules: &Rulebook, eligible: &Eligibility) -> Option<Deadline> {
    let from = Day(eligible.from?);
    let letter = eligible.windows.last()?;
    let governs = letter.governs;
    let policy = rules.in_force(MANUAL, governs)?;
    let source = Source::asserted(format!("{}/{}", letter.letter.journal, letter.letter.seq));
    let facts = Facts::default().with(Fact::OffsetEligible, from, source);
    let derivation = rules.compute(policy, HORIZON, &facts).ok()?;
    let then = match row.referred {
        Some(_) => "the balance was referred to collections".to_owned(),
        None => "a person may refer the balance to collections".to_owned(),
    };
    Some(Deadline {
        clock: HORIZON.to_owned(),
        due: derivation.due(),
        then: Some(then),
        stopped: None,
        policy: by(&derivation),
        derivation: Some(derivation),
        not_found: None,
    })
}

/// A refund that is promised.
fn promised(row: &CaseRow, state: &State) -> Option<Deadline> {
    if !matches!(state, State::Promised(_) | State::PromisePast(_)) {
        return None;
    }
    let answers = row.answers.iter().rev();
    let mut promises = answers.filter(|answer| answer.kind == AnswerKind::RefundPromised);
    let by = promises.find_map(|answer| answer.promised_by)?;
    let after: Option<NaiveDate> = by.0.succ_opt();
    let after = after.map_or(String::new(), |after| format!("; offset eligible from {after}"));
    Some(said("refund-promised", by, format!("unpaid, the case goes on as agreed{after}")))
}
