//! What was settled for the ledger as a whole, in words.

use lookback_events::event::governance::Governance;

use super::{Words, counted, on, proposal, spoken, with};

pub(super) fn words(what: &Governance) -> Words {
    match what {
        Governance::ActorRegistered(of) => {
            let roles: Vec<&str> = of.roles.iter().map(|role| role.as_str()).collect();
            let vendor = with("of ", of.vendor.as_deref());
            let (actor, kind, roles) = (&of.who, of.kind.as_str(), roles.join(", "));
            Words::new(format!("{kind} {actor} registered{vendor}: {roles}"))
        }
        Governance::ActorRetired(of) => {
            Words::new(format!("{} retired", of.who)).saying_if_any(of.reason.as_deref())
        }
        Governance::PolicyAdopted(of) => {
            let kind =
                of.kind.map_or(String::new(), |k| format!(", {} change", spoken(k.as_str())));
            let announced = on("announced", of.announced);
            let mandated = with("mandated by ", of.mandated_by.as_deref());
            let (policy, version, effective) = (&of.policy, of.version, of.effective.0);
            Words::new(format!(
                "policy {policy} v{version} adopted from {effective}{announced}{kind}{mandated}"
            ))
        }
        Governance::RunAnnounced(of) => {
            let count = usize::try_from(of.count).unwrap_or(usize::MAX);
            let count = counted(count, "remittance", "remittances");
            let (run, amount, paid_on) = (&of.run, of.amount.grouped(), of.paid_on.0);
            Words::new(format!("payment run {run} announced, {count} of {amount}, paid {paid_on}"))
        }
        Governance::MovementAssigned(of) => {
            let (movement, payee, case) = (&of.movement, &of.payee, &of.case);
            Words::new(format!("movement {movement} of payee {payee} given to case {case}"))
                .saying(&*of.reason)
        }
        Governance::ProposalMade(of) => proposal::words(of),
        Governance::ProposalRejected(of) => {
            Words::new(format!("proposal {} turned down", of.proposal)).saying(&*of.reason)
        }
    }
}
