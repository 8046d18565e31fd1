//! How long a unit is kept: the longest rule, the holds, and what blocks a disposal (DOMAIN 3.13, 4).
//!
//! Pure: the last movement of money, what lasts or lasted, policies and the day that is asked about are
//! arguments. A record is kept until the longest of everything it touches has ended; nothing may be
//! disposed of while a hold stands, a case or audit that it touches is open, or a remittance of it is
//! incomplete. A rule in scope that would keep it longer and is not verified blocks any disposal before
//! its own day, and one whose day is not known blocks every disposal.
//!
//! Architecture invariant: more is never less. Another movement, hold or case never makes a unit be
//! disposable sooner.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use lookback_events::event::hold::HoldKind;
use lookback_events::event::text::Day;
use serde::Serialize;

use crate::clocks::{ClockError, Derivation, Facts, Lost, Rulebook, Source, Span, Why};
use crate::policy::fact::{Fact, SpanKind};
use crate::policy::purpose::Purpose;
use crate::policy::scope::{Context, Line};

/// Something that keeps records while it lasts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keeper {
    /// What, as `hold:H-1`, `case:OP-1`, `audit:AU-1`.
    pub what: String,
    /// Which kind of span it is to the rules.
    pub kind: SpanKind,
    /// Its first day.
    pub from: Day,
    /// The first day after it; `None` while it lasts.
    pub until: Option<Day>,
    /// The record that began it.
    pub position: String,
}

/// The span that a hold is to the rules.
pub const fn span_of_hold(kind: HoldKind) -> SpanKind {
    match kind {
        HoldKind::Litigation => SpanKind::Litigation,
        HoldKind::Audit | HoldKind::Appeal => SpanKind::Proceeding,
        HoldKind::FraudAllegation | HoldKind::AgencyRequest => SpanKind::Inquiry,
    }
}

/// What a unit rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touches {
    /// The final payment of the contract year whose final payment is the latest.
    pub final_payment: Option<(NaiveDate, Source)>,
    /// Holds, cases and audits.
    pub keepers: BTreeSet<Keeper>,
    /// Remittances of it that are incomplete.
    pub incomplete: u64,
    /// The lines of business that its records may be of.
    pub lines: BTreeSet<Line>,
}

/// What forbids a disposal on a day, whatever the dates say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nothing does: it may be disposed of.
    Disposable,
    /// Its time has not run out.
    Kept,
    /// A hold, case or audit stands.
    Held,
    /// A remittance is incomplete.
    Incomplete,
    /// A rule that would keep it longer is not verified.
    Unverified,
    /// No rule decides, or no movement of money is known.
    NotComputed,
}

impl Standing {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disposable => "disposable",
            Self::Kept => "kept",
            Self::Held => "held",
            Self::Incomplete => "incomplete",
            Self::Unverified => "unverified",
            Self::NotComputed => "not-computed",
        }
    }
}

/// How long a unit is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The rule that keeps it longest; the reason where none decides.
    pub rule: Result<Derivation, ClockError>,
    /// Rules that would keep it longer and are not verified, or of which it is not known whether they
    /// apply.
    pub blocked_by: Vec<Lost>,
    /// What stands on the day that was asked about.
    pub standing_keepers: Vec<String>,
    /// The last day that the rules want it kept; `None` while that is open.
    pub until: Option<Day>,
    /// The first day on which it may be disposed of; `None` while something forbids it that has no end
    /// yet.
    pub disposable_from: Option<Day>,
    /// Whether it may be disposed of on the day that was asked about.
    pub standing: Standing,
}

/// How long a unit is kept, as asked on a day. The policies in force on that day govern it: a disposal
/// is a deed of its own day.
pub fn keep(rules: &Rulebook, touches: &Touches, on: Day) -> Kept {
    let stands = |keeper: &&Keeper| keeper.from <= on && keeper.until.is_none_or(|end| on < end);
    let standing: Vec<String> =
        touches.keepers.iter().filter(stands).map(|keeper| keeper.what.clone()).collect();
    let (rule, blocked_by) = longest(rules, touches, on);
    let until = rule.as_ref().ok().and_then(Derivation::due);
    let longest = blocked_by.iter().map(|lost| lost.due).fold(until, |longest, due| {
        // What has no day has no end that anybody knows.
        Some(longest?.max(due?))
    });
    let held = !standing.is_empty() || touches.incomplete > 0;
    let disposable_from =
        longest.filter(|_| !held).and_then(|longest| longest.0.succ_opt()).map(Day);
    let verdict = match (&rule, disposable_from) {
        (Err(_), _) => Standing::NotComputed,
        _ if !standing.is_empty() => Standing::Held,
        _ if touches.incomplete > 0 => Standing::Incomplete,
        (Ok(_), Some(from)) if from <= on => Standing::Disposable,
        // As long as a rule that decides keeps it anyway, that is the reason to name.
        (Ok(_), _) if until.is_some_and(|until| until < on) => Standing::Unverified,
        (Ok(_), _) => Standing::Kept,
    };
    Kept { rule, blocked_by, standing_keepers: standing, until, disposable_from, standing: verdict }
}

/// The rule that keeps longest over all lines of business that the records may be of, and the rules
/// that would keep longer still and do not decide.
fn longest(
    rules: &Rulebook,
    touches: &Touches,
    on: Day,
) -> (Result<Derivation, ClockError>, Vec<Lost>) {
    let mut facts = Facts::default();
    if let Some((day, source)) = &touches.final_payment {
        facts = facts.with(Fact::FinalPayment, Day(*day), source.clone());
    }
    for keeper in &touches.keepers {
        facts = facts.during(Span {
            kind: keeper.kind,
            from: keeper.from,
            until: keeper.until,
            source: Source::asserted(keeper.position.clone()),
        });
    }
    let mut best =
        Err(ClockError::NothingDecides { purpose: Purpose::Retention, lost: Vec::new() });
    let mut blocking = Vec::new();
    for line in &touches.lines {
        match rules.decide(Purpose::Retention, &Context::plan(*line, on), &facts) {
            Ok(derivation) => {
                blocking.extend(derivation.blocked_by.iter().cloned());
                if best.as_ref().map_or(true, |best| end(best) < end(&derivation)) {
                    best = Ok(derivation);
                }
            }
            Err(error) => {
                // These may be records of that line, and nothing that decides speaks for it.
                if let ClockError::NothingDecides { lost, .. } = &error {
                    blocking.extend(lost.iter().filter(|lost| may_hold(&lost.why)).cloned());
                }
                if matches!(&best, Err(ClockError::NothingDecides { lost, .. }) if lost.is_empty())
                {
                    best = Err(error);
                }
            }
        }
    }
    if let Ok(derivation) = &best {
        let until = end(derivation);
        blocking.retain(|lost| lost.due.is_none_or(|due| (0, Some(due)) > until));
    }
    blocking.sort_by(|a, b| (&a.rule, a.due).cmp(&(&b.rule, b.due)));
    blocking.dedup();
    (best, blocking)
}

/// True where a rule that lost may hold all the same.
const fn may_hold(why: &Why) -> bool {
    matches!(why, Why::DoesNotDecide | Why::ScopeUnknown(_) | Why::NotComputed(_))
}

/// The end of a clock in the order of ends: what is open is later than every day.
fn end(derivation: &Derivation) -> (u8, Option<Day>) {
    derivation.due().map_or((1, None), |day| (0, Some(day)))
}

#[cfg(test)]
mod tests;
