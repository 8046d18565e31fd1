//! Who may act: registered actors, their roles, and the two people of a proposal.

use lookback_events::event::act::Subject;
use lookback_events::event::deed::Deed;
use lookback_events::event::governance::{Governance, Role};
use lookback_events::id::{ActorId, CommandId};
use lookback_projections::governance::{self, ProposalEnd, ProposalRow};

use super::given::{Given, No};
use super::refusal::Refusal;
use super::roles::needed;
use crate::command::Command;

/// Whether an actor may give a command. A ledger without registered actors lets everybody: then all
/// names are asserted.
pub(super) fn may(given: &Given<'_>, actor: &ActorId, command: &'static str) -> Result<(), No> {
    let Some(row) = governance::actor(given.rows, actor)? else {
        if governance::has_actors(given.rows)? {
            return Err(Refusal::ActorUnknown { actor: actor.clone() }.into());
        }
        return Ok(());
    };
    if let Some(retired) = row.retired {
        return Err(Refusal::ActorRetired { actor: actor.clone(), at: retired.at }.into());
    }
    let needed = needed(command);
    // Who proposed something may take it back.
    let takes_back = command == "reject-proposal";
    if takes_back || row.roles.iter().any(|role| needed.contains(role)) {
        return Ok(());
    }
    Err(Refusal::RoleMissing { actor: actor.clone(), command, needed }.into())
}

/// A proposal that may be approved by an actor.
pub(super) fn approvable(
    given: &Given<'_>,
    proposal: &CommandId,
    actor: &ActorId,
) -> Result<ProposalRow, No> {
    let row = open(given, proposal)?;
    if row.by == *actor {
        return Err(Refusal::SamePerson { actor: actor.clone(), at: row.made.at }.into());
    }
    Ok(row)
}

fn open(given: &Given<'_>, proposal: &CommandId) -> Result<ProposalRow, No> {
    let Some(row) = governance::proposal(given.rows, proposal)? else {
        return Err(Refusal::ProposalUnknown { proposal: proposal.to_string() }.into());
    };
    if let Some((at, how)) = row.ended {
        let how = match how {
            ProposalEnd::Approved => "approved",
            ProposalEnd::Rejected => "turned down",
        };
        return Err(Refusal::ProposalEnded { proposal: proposal.to_string(), how, at }.into());
    }
    Ok(row)
}

/// A deed whose subject was left open: what turns a proposal down is about what that is about. Others
/// had their ids made before.
pub(super) fn of_proposal(given: &Given<'_>, command: &Command, deed: &Deed) -> Result<Deed, No> {
    let mut deed = deed.clone();
    let Deed::Governance(told) = &deed else { return Ok(deed) };
    let Governance::ProposalRejected(rejection) = &told.detail else { return Ok(deed) };
    let unknown = || Refusal::ProposalUnknown { proposal: rejection.proposal.clone() };
    let id = CommandId::parse(&rejection.proposal).map_err(|_| unknown())?;
    let row = open(given, &id)?;
    let approver = governance::actor(given.rows, &command.actor)?
        .is_none_or(|actor| actor.roles.contains(&Role::Approver));
    if row.by != command.actor && !approver {
        let needed = needed("reject-proposal");
        let actor = command.actor.clone();
        return Err(Refusal::RoleMissing { actor, command: "reject-proposal", needed }.into());
    }
    *deed.beside().subject = Subject::parse(&row.subject).map_err(|_| unknown())?;
    Ok(deed)
}
