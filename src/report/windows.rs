//! Windows: until when providers may answer, and what a letter itself states, by the last day.

use lookback_events::event::text::Day;
use lookback_events::money::Money;
use lookback_projections::windows::{Standing, Window, WindowKind};
use serde::Serialize;

use super::cases::{self, Wanted};
use super::findings::place;
use super::{AnswerError, Each, View};

/// A window of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opened {
    /// The case.
    pub case: String,
    /// Who was paid.
    pub payee: String,
    /// The plan that paid.
    pub plan: String,
    /// Who works on it.
    pub owner: Option<String>,
    /// `dispute-window` or `determination-window`.
    pub window: &'static str,
    /// The day it starts from.
    pub opened: Day,
    /// The last day, included; none where no rule says one.
    pub closes: Option<Day>,
    /// The last day without rolling over a weekend or holiday.
    pub strict: Option<Day>,
    /// So many days are left; below zero where it has closed.
    pub days_left: Option<i64>,
    /// `open`, `heard`, `closed` or `void`.
    pub standing: &'static str,
    /// The last day for an appeal, as the letter states.
    pub appeal_deadline: Option<Day>,
    /// What is outstanding.
    pub outstanding: Money,
    /// The first day on which something may be taken.
    pub eligible_from: Option<Day>,
    /// The rule that says so.
    pub rule: Option<String>,
    /// Its policy and version.
    pub policy: Option<String>,
    /// Where it is written.
    pub citation: Option<String>,
    /// The record of the letter.
    pub letter: String,
}

/// Hands over the windows of the open cases asked for, the first to close first; those that are still
/// open only, or all. Gives how many cases a stand-down keeps off the list.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    open: bool,
    on: Day,
    each: &mut Each<'_, Opened>,
) -> Result<u64, AnswerError> {
    let mut windows: Vec<Opened> = Vec::new();
    let mut hidden = 0_u64;
    cases::each(view, wanted, on, &mut |seen| {
        let wanted_window = |window: &&Window| !open || matches!(window.standing, Standing::Open);
        let mut of_case = seen.windows.iter().filter(wanted_window).peekable();
        if !seen.is_open() || of_case.peek().is_none() {
            return Ok(());
        }
        if seen.stood_down && !wanted.cleared {
            hidden = hidden.saturating_add(1);
            return Ok(());
        }
        windows.extend(of_case.map(|window| opened(&seen, window, on)));
        Ok(())
    })?;
    windows.sort_by(|a, b| (a.closes, &a.case).cmp(&(b.closes, &b.case)));
    windows.into_iter().try_for_each(each)?;
    Ok(hidden)
}

fn opened(seen: &cases::Seen, window: &Window, on: Day) -> Opened {
    let row = &seen.case.row;
    let derivation = window.derivation.as_ref().ok();
    let closes = window.closes;
    Opened {
        case: seen.case.id.to_string(),
        payee: row.payee.to_string(),
        plan: row.facts.plan.clone(),
        owner: row.facts.owner.as_ref().map(ToString::to_string),
        window: match window.kind {
            WindowKind::Dispute => "dispute-window",
            WindowKind::Determination => "determination-window",
        },
        opened: Day(window.opened),
        closes: closes.map(Day),
        strict: derivation.and_then(|derivation| derivation.strict()),
        days_left: closes.map(|day| day.signed_duration_since(on.0).num_days()),
        standing: match window.standing {
            Standing::Open => "open",
            Standing::Heard(_) => "heard",
            Standing::Closed => "closed",
            Standing::Void(_) => "void",
        },
        appeal_deadline: window.appeal_deadline,
        outstanding: seen.outstanding,
        eligible_from: seen.eligible_from(),
        rule: derivation.map(|derivation| derivation.rule.to_string()),
        policy: derivation.map(|found| format!("{} v{}", found.policy, found.policy_version)),
        citation: derivation.map(|derivation| derivation.citation.clone()),
        letter: place(window.letter).to_string(),
    }
}
