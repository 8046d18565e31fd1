//! The rules of what is settled for the ledger as a whole: actors, policies, payment runs.

use lookback_events::event::act::{Subject, Told};
use lookback_events::event::governance::{Adoption, Assigned, ChangeKind, Governance, Role};
use lookback_events::id::{ActorId, CaseId, PayeeId};
use lookback_projections::clocks::{Change, ChangeKind as Kind, NoticeRefusal};
use lookback_projections::policy::{Policy, SHIPPED};
use lookback_projections::{Position, affairs, cases, governance, movements, payees};

use super::given::{Given, No};
use super::refusal::{Applied, Refusal};
use super::situation::applied;
use super::verdict::unknown;
use crate::command::sha256;

fn unsound<T>(what: impl Into<String>, help: &'static str) -> Result<T, No> {
    Err(Refusal::Unsound { what: what.into(), help }.into())
}

/// Decides a command about the ledger as a whole.
pub(super) fn decide(given: &Given<'_>, told: &mut Told<Governance>) -> Result<(), No> {
    match &mut told.detail {
        Governance::ActorRegistered(one) => {
            if one.roles.is_empty() {
                return unsound("no role is given", "one of more of: --role, or \"roles\"");
            }
            // Whoever is registered first could otherwise register nobody else.
            if !governance::has_actors(given.rows)? && !one.roles.contains(&Role::Admin) {
                one.roles.push(Role::Admin);
            }
            Ok(())
        }
        Governance::ActorRetired(one) => may_retire(given, &one.who),
        Governance::PolicyAdopted(one) => may_adopt(given, one),
        Governance::RunAnnounced(one) if one.run.trim().is_empty() => {
            unsound("the payment run has no name", "give its name: \"run\"")
        }
        Governance::RunAnnounced(one) if one.amount.is_negative() => {
            unsound("the dollars of the payment run are below zero", "correct the \"amount\"")
        }
        Governance::MovementAssigned(one) => {
            let Ok(case) = CaseId::parse(&one.case) else {
                return unsound("the case is named by no id", "such as OP-2026-000117");
            };
            let Some(row) = cases::case(given.rows, &case)? else {
                return Err(unknown(&Subject::Case(case)));
            };
            if payees::payee(given.rows, &one.payee)?.is_none() {
                return Err(Refusal::PayeeUnknown { payee: one.payee.clone() }.into());
            }
            answers_for(given, &row.payee, one)?;
            may_assign(given, one)
        }
        // Proposals were looked at before.
        Governance::RunAnnounced(_)
        | Governance::ProposalMade(_)
        | Governance::ProposalRejected(_) => Ok(()),
    }
}

/// What one payee was paid pays another's debt only where a record links them: a successor or an
/// affiliate by an authority, or one TIN (DOMAIN 5).
fn answers_for(given: &Given<'_>, debtor: &PayeeId, one: &Assigned) -> Result<(), No> {
    let told = |of: &PayeeId, other: &PayeeId| -> Result<bool, No> {
        let row = affairs::affairs(given.rows, of)?;
        Ok(row.is_some_and(|row| row.successors.iter().any(|(known, _, _)| known == other)))
    };
    let by_tin = payees::links(given.rows, debtor)?.iter().any(|(other, _)| *other == one.payee);
    if *debtor == one.payee || by_tin || told(debtor, &one.payee)? || told(&one.payee, debtor)? {
        return Ok(());
    }
    let movement = one.movement.trim().to_owned();
    let what = "its payee is not linked with the case's: record the authority first, link-payee";
    Err(Refusal::Movement { movement, what }.into())
}

/// A movement is given to a case once: it waits under the payee that is named, and no case has it.
fn may_assign(given: &Given<'_>, one: &Assigned) -> Result<(), No> {
    let Ok(at) = one.movement.trim().parse::<crate::journal::Position>() else {
        return unsound(
            "the movement is not named by its record",
            "write the record that shows it, such as p02/118204",
        );
    };
    let refused = |what| {
        let movement = one.movement.trim().to_owned();
        Err(No::from(Refusal::Movement { movement, what }))
    };
    let at = Position { journal: at.journal, seq: at.seq };
    let Some(row) = movements::movement(given.rows, at)? else {
        return refused("that record shows no movement of money");
    };
    if row.payee != one.payee {
        return refused("it was seen under another payee than is named");
    }
    if row.kind.is_told() || row.of.is_some() {
        return refused("no remittance of that payee shows it");
    }
    if row.case.is_some() {
        return refused("it is booked to a case; it must be taken from there first");
    }
    let before = movements::assignment(given.rows, at)?;
    let before = before.and_then(|before| CaseId::parse(&before.case).ok());
    match before {
        Some(case) if movements::has_taken(given.rows, &case, at)? => refused(
            "it is booked to the case that it was given to; it must be taken from there first",
        ),
        Some(_) | None => Ok(()),
    }
}

/// An actor retires where another admin is left.
fn may_retire(given: &Given<'_>, who: &ActorId) -> Result<(), No> {
    let Some(row) = governance::actor(given.rows, who)? else {
        return Err(Refusal::ActorUnknown { actor: who.clone() }.into());
    };
    if let Some(retired) = row.retired {
        return Err(Refusal::ActorRetired { actor: who.clone(), at: retired.at }.into());
    }
    let mut admins = 0_u64;
    governance::actors(given.rows, &mut |other, row| {
        let stays = other != *who && row.retired.is_none() && row.roles.contains(&Role::Admin);
        admins = admins.saturating_add(u64::from(stays));
        true
    })?;
    if row.roles.contains(&Role::Admin) && admins == 0 {
        return Err(Refusal::LastAdmin { actor: who.clone() }.into());
    }
    Ok(())
}

/// A policy is adopted whose text is what it says it is, and whose notice has run.
fn may_adopt(given: &Given<'_>, one: &Adoption) -> Result<(), No> {
    const CHECK: &str = "lookback policy check FILE says what is wrong with a policy";
    const OTHER: &str = "another text is another version";
    let policy = match Policy::parse(&one.text) {
        Ok(policy) => policy,
        Err(error) => return unsound(format!("the policy cannot be read: {error}"), CHECK),
    };
    if sha256(&one.text) != one.sha256 {
        return unsound(
            "the digest is not that of the text",
            "leave the text as it is in its file",
        );
    }
    if policy.id.as_str() != one.policy || policy.version != one.version {
        return unsound("the text is another policy or version than is said", CHECK);
    }
    if policy.effective.from != Some(one.effective) {
        return unsound("the text says another first day than is said", CHECK);
    }
    if let Some(fault) = policy.check(given.rules.calendars()).into_iter().next() {
        return unsound(format!("the policy makes no sense: {fault}"), CHECK);
    }
    if governance::policy(given.rows, &one.policy, one.version)?.is_some() {
        return unsound("this version is adopted already", OTHER);
    }
    let at_creation = one.announced.is_none() && held_at_creation(given, one)?;
    if !at_creation && is_by_default(given, one) {
        return unsound("the ledger goes by this version already, with another text", OTHER);
    }
    let Some(announced) = one.announced else {
        if at_creation || one.mandated_by.is_some() {
            return Ok(());
        }
        return unsound(
            "it is not said when the change was announced",
            "say when and what it changes, \"announced\" and \"kind\", or --announced and --kind",
        );
    };
    // Notice runs from what was told to providers, and nobody has told what is to come.
    if announced.0 > given.today {
        return unsound(
            "it is said to be announced on a day that has not come",
            "adopt it once it is announced",
        );
    }
    let Some(kind) = one.kind else {
        return unsound("it is not said how much it changes", "\"kind\" is payment or general");
    };
    let change = Change {
        kind: match kind {
            ChangeKind::Payment => Kind::Payment,
            ChangeKind::General => Kind::General,
        },
        announced,
        effective: one.effective,
        mandated_by: one.mandated_by.clone(),
    };
    notice(given, &change)
}

/// True where a policy held when the ledger was created: it says so, and it is told at the beginning, or
/// no version of it was adopted since.
fn held_at_creation(given: &Given<'_>, one: &Adoption) -> Result<bool, No> {
    let mut known = false;
    governance::policies(given.rows, &mut |id, _, _| {
        known = id == one.policy;
        !known
    })?;
    Ok(one.effective.0 <= given.created && (!known || given.today <= given.created))
}

/// True where the ledger goes by that version without having adopted it, and its text is another.
fn is_by_default(given: &Given<'_>, one: &Adoption) -> bool {
    let known = |policy: &Policy| policy.id.as_str() == one.policy && policy.version == one.version;
    let shipped = SHIPPED.iter().find(|(id, _)| *id == one.policy);
    given.rules.policies().iter().any(known)
        && shipped.is_some_and(|(_, text)| sha256(text) != one.sha256)
}

/// The notice of a change has run by the rules of every policy in force when it was announced.
fn notice(given: &Given<'_>, change: &Change) -> Result<(), No> {
    let rules = given.rules;
    let mut latest: Option<Refusal> = None;
    for policy in rules.policies() {
        let governs = rules.in_force(policy.id.as_str(), change.announced);
        if governs.is_none_or(|other| other.version != policy.version) {
            continue;
        }
        match policy.may_take_effect(change, rules.calendars()) {
            Err(NoticeRefusal::TooSoon { announced, earliest, derivation, .. }) => {
                let before = |other: &Refusal| other.told().date < Some(earliest);
                if latest.as_ref().is_none_or(before) {
                    // The announcement is told with the change itself: no record holds it yet.
                    let applied = Applied { events: Vec::new(), ..applied(&derivation) };
                    let effective = change.effective;
                    latest =
                        Some(Refusal::PolicyTooSoon { announced, effective, earliest, applied });
                }
            }
            Err(NoticeRefusal::NotComputed(error)) => {
                let why = error.to_string();
                return Err(Refusal::NotComputed { why, of: "policy-too-soon" }.into());
            }
            // A policy without such rules asks no notice.
            Ok(()) | Err(NoticeRefusal::NoRule(_)) => {}
        }
    }
    latest.map_or(Ok(()), |refusal| Err(refusal.into()))
}
