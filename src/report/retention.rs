//! Retention: how long each unit is kept, why, and from when on it may be disposed of.
//!
//! A line for each unit: a payee's remittances of a contract year, a case, an audit. Of each payee the
//! rows of its units, remittances, cases and audits are read, never a claim.
//!
//! # What touches what
//!
//! A case touches the contract years of the remittances that its payments came in, and its own
//! movements of money are movements for their services; one whose payments are not known touches every
//! unit of its payee. An audit touches the units of the payment dates that it looks at. A hold touches
//! what its scope names; one on a claim touches every unit of the payee, because rows do not know
//! patients. All of it can make a unit be kept too long, never too short.

use lookback_events::event::text::Day;
use lookback_events::id::PayeeId;
use lookback_projections::clocks::{Derivation, Rulebook};
use lookback_projections::policy::purpose::Purpose;
use lookback_projections::retention::keeping::{self, Kept, Standing, Touches};
use lookback_projections::{lookbacks, payees, rules};
use serde::Serialize;

use super::{AnswerError, Each, View, ended, go_on};

mod touching;

use touching::{Payee, Touching};

/// Which units are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of that payee.
    pub payee: Option<PayeeId>,
    /// Only those that may be disposed of on the day asked about.
    pub disposable: bool,
    /// Only those that a hold, case or audit keeps on the day asked about.
    pub held: bool,
    /// Cases under a stand-down are named, too; they keep records in any case.
    pub cleared: bool,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// Its id: `payee:1234567893/2025`, `case:OP-1`, `audit:AU-1`.
    pub unit: String,
    /// Whose money it is about.
    pub payee: String,
    /// The contract years of the services that it speaks of, with spaces between.
    pub contract_years: String,
    /// How many cases touch it.
    pub cases: u64,
    /// The latest final payment of those contract years.
    pub final_payment: Option<Day>,
    /// The contract year that it is of.
    pub final_payment_of: Option<i32>,
    /// The record that shows it.
    pub final_payment_at: Option<String>,
    /// The last day that the rules want it kept; none while that is open.
    pub keep_until: Option<Day>,
    /// The rule that won.
    pub rule: Option<String>,
    /// Its policy and version.
    pub policy: Option<String>,
    /// Where the rule is written.
    pub citation: Option<String>,
    /// The holds, cases and audits that keep it on the day asked about, with spaces between.
    pub held_by: String,
    /// Rules that would keep it longer and do not decide, with their days.
    pub blocked_by: String,
    /// The first day on which it may be disposed of; none while something without an end forbids it.
    pub disposable_from: Option<Day>,
    /// `disposable`, `kept`, `held`, `incomplete`, `unverified` or `not-computed`.
    pub standing: &'static str,
}

/// Hands over the units asked for: payee by payee, remittances by contract year, then cases, then
/// audits.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    on: Day,
    each: &mut Each<'_, Unit>,
) -> Result<(), AnswerError> {
    let rules = rules::on_retention(view.rows())?;
    let lines = lookbacks::lines(&rules, Purpose::Retention);
    let touching = Touching::gather(view, lines, on, wanted.cleared)?;
    let mut payee = |payee: &PayeeId| -> Result<(), AnswerError> {
        let touched = touching.of(view, payee)?;
        tell(&rules, &touched, wanted, on, each)
    };
    if let Some(wanted) = &wanted.payee {
        return payee(wanted);
    }
    let mut failed = None;
    payees::all(view.rows(), &mut |id, _| go_on(&mut failed, payee(&id).map(|()| true)))?;
    ended(failed)
}

/// How long a unit of a payee is kept, with the rule behind it; `None` where there is no such unit that
/// anybody may see.
///
/// # Errors
/// When the rows cannot be read.
pub fn kept(
    view: &View<'_>,
    payee: &PayeeId,
    unit: &str,
    on: Day,
) -> Result<Option<Kept>, AnswerError> {
    let rules = rules::on_retention(view.rows())?;
    let lines = lookbacks::lines(&rules, Purpose::Retention);
    let touching = Touching::gather(view, lines, on, false)?;
    let units = touching.of(view, payee)?.units();
    let found = units.into_iter().find(|found| found.unit == unit);
    Ok(found.map(|found| keeping::keep(&rules, &found.touches, on)))
}

/// What a unit is, ahead of what the rules say about it.
pub(super) struct Found {
    unit: String,
    years: Vec<i32>,
    cases: u64,
    /// Contract year, of which the final payment is the one in `touches`.
    final_of: Option<i32>,
    touches: Touches,
}

fn tell(
    rules: &Rulebook,
    payee: &Payee<'_>,
    wanted: &Wanted,
    on: Day,
    each: &mut Each<'_, Unit>,
) -> Result<(), AnswerError> {
    for found in payee.units() {
        let kept = keeping::keep(rules, &found.touches, on);
        let takes = (!wanted.disposable || kept.standing == Standing::Disposable)
            && (!wanted.held || !kept.standing_keepers.is_empty());
        if takes {
            each(unit(payee.id, &found, &kept))?;
        }
    }
    Ok(())
}

fn unit(payee: &PayeeId, found: &Found, kept: &Kept) -> Unit {
    let rule = kept.rule.as_ref().ok();
    let of = |what: fn(&Derivation) -> String| rule.map(what);
    let blocked = kept.blocked_by.iter().map(|lost| match lost.due {
        Some(due) => format!("{} ({})", lost.rule, due.0),
        None => format!("{} (open)", lost.rule),
    });
    let blocked: Vec<String> = blocked.collect();
    let years: Vec<String> = found.years.iter().map(i32::to_string).collect();
    let paid = found.touches.final_payment.as_ref();
    Unit {
        unit: found.unit.clone(),
        payee: payee.to_string(),
        contract_years: years.join(" "),
        cases: found.cases,
        final_payment: paid.map(|(day, _)| Day(*day)),
        final_payment_of: found.final_of,
        final_payment_at: paid.map(|(_, source)| source.position.clone()),
        keep_until: kept.until,
        rule: of(|rule| rule.rule.to_string()),
        policy: of(|rule| format!("{} v{}", rule.policy, rule.policy_version)),
        citation: of(|rule| rule.citation.clone()),
        held_by: kept.standing_keepers.join(" "),
        blocked_by: blocked.join(" "),
        disposable_from: kept.disposable_from,
        standing: kept.standing.as_str(),
    }
}
