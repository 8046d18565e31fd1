//! The situation of an audit as the rules' scopes ask about it; that of a case is known to its windows.
//!
//! The plan's own words come first; what is not one of the words of policies is not known to them, and
//! what is not known never makes a rule apply.

use lookback_events::event::text::Day;
use lookback_projections::clocks::Derivation;
use lookback_projections::policy::scope::{Actor, Context, Line, State};

use super::refusal::Applied;

/// The line of business that a plan's word means; `None` where policies know none such.
pub fn line(word: &str) -> Option<Line> {
    let word = word.trim().to_ascii_lowercase();
    match word.as_str() {
        // A plan's own Medicaid and Medicare business is managed care.
        "medicaid" => Some(Line::MedicaidManagedCare),
        "medicare" => Some(Line::MedicareAdvantage),
        word => Line::parse(word).ok(),
    }
}

/// The words for lines of business: the plan's own, and those of policies.
pub fn lines() -> impl Iterator<Item = &'static str> {
    ["medicaid", "medicare"].into_iter().chain(Line::ALL.iter().map(|line| line.as_str()))
}

/// The situation of an audit.
pub fn of_audit(line_of_business: &str, state: Option<&str>, day: Day) -> Option<Context> {
    let line = line(line_of_business)?;
    let mut context = Context::plan(line, day);
    if line == Line::Commercial {
        context.actors.push(Actor::Insurer);
    }
    context.state = state.and_then(|state| State::parse(state).ok());
    Some(context)
}

/// A rule as it was applied, for a refusal.
pub(super) fn applied(derivation: &Derivation) -> Applied {
    Applied {
        rule: derivation.rule.to_string(),
        citation: format!(
            "{} ({} v{})",
            derivation.citation, derivation.policy, derivation.policy_version
        ),
        events: derivation.starts.iter().map(|known| known.source.position.clone()).collect(),
    }
}
