//! Who may act, which policies hold, which payment runs were announced, what was proposed.

use lookback_events::event::act::{Act, Told};
use lookback_events::event::governance::{ActorKind, ChangeKind, Governance, Role};
use lookback_events::event::text::Day;
use lookback_events::id::{ActorId, CommandId, Digest};
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use crate::cases::Known;
use crate::keys::{Fields, Key};
use crate::rows::{Rows, RowsError, decode, read, write};
use crate::{Position, Record, compact};

mod parameters;

pub use parameters::{late_knowledge_days, may_net_across_plans};

/// Somebody who may act, or might.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRow {
    /// The record that registered it last.
    pub registered: Known,
    /// A person or a program.
    pub kind: ActorKind,
    /// What it may do.
    pub roles: Vec<Role>,
    /// For which designated party.
    pub vendor: Option<String>,
    /// When it left.
    pub retired: Option<Known>,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProposalEnd {
    /// A second person approved it: it was done.
    Approved,
    /// It was turned down.
    Rejected,
}

/// A command that waits, or waited, for a second person. The command itself is in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRow {
    /// The record that holds it.
    pub made: Known,
    /// Who proposed it.
    pub by: ActorId,
    /// What it is about, as `case:OP-2026-000117`.
    pub subject: String,
    /// SHA-256 of the command's text.
    #[serde(with = "compact::digest")]
    pub sha256: Digest,
    /// What became of it.
    pub ended: Option<(Position, ProposalEnd)>,
}

/// A payment run as it was announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    /// The record that announced it last.
    pub announced: Known,
    /// Its payment date.
    pub paid_on: Day,
    /// How many remittances it has.
    pub count: u64,
    /// The dollars it pays.
    pub amount: Money,
    /// Who pays.
    pub payer: Option<String>,
}

/// A policy that was adopted. Its text is no person's, so it stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRow {
    /// The record that holds it.
    pub adopted: Known,
    /// The first day it holds.
    pub effective: Day,
    /// When it was announced.
    pub announced: Option<Day>,
    /// How much it changes.
    pub kind: Option<ChangeKind>,
    /// The agency that mandated it sooner.
    pub mandated_by: Option<String>,
    /// SHA-256 of its text.
    #[serde(with = "compact::digest")]
    pub sha256: Digest,
    /// Its text, TOML.
    pub text: String,
}

fn actor_key(actor: &ActorId) -> Vec<u8> {
    Key::new(b'u').text(actor.as_str()).done()
}

fn proposal_key(proposal: &str) -> Vec<u8> {
    Key::new(b'o').text(proposal).done()
}

fn policy_key(policy: &str, version: u32) -> Vec<u8> {
    Key::new(b'p').text(policy).number(version).done()
}

pub(crate) fn apply(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    told: &Told<Governance>,
) -> Result<(), RowsError> {
    let known = Known::of(record, &told.act);
    match &told.detail {
        Governance::ActorRegistered(one) => {
            let row = ActorRow {
                registered: known,
                kind: one.kind,
                roles: one.roles.clone(),
                vendor: one.vendor.clone(),
                retired: None,
            };
            write(rows, actor_key(&one.who), &row)
        }
        Governance::ActorRetired(one) => {
            let key = actor_key(&one.who);
            let Some(mut row) = read::<ActorRow>(rows, &key)? else { return Ok(()) };
            row.retired = Some(known);
            write(rows, key, &row)
        }
        Governance::PolicyAdopted(one) => {
            let row = PolicyRow {
                adopted: known,
                effective: one.effective,
                announced: one.announced,
                kind: one.kind,
                mandated_by: one.mandated_by.clone(),
                sha256: one.sha256,
                text: one.text.clone(),
            };
            write(rows, policy_key(&one.policy, one.version), &row)
        }
        Governance::RunAnnounced(one) => {
            let row = RunRow {
                announced: known,
                paid_on: one.paid_on,
                count: one.count,
                amount: one.amount,
                payer: one.payer.clone(),
            };
            write(rows, Key::new(b'r').text(&one.run).done(), &row)
        }
        // The money of the case follows in its own journal, by a record that cites this one.
        Governance::MovementAssigned(one) => {
            crate::movements::assigned_by_control(rows, record, &one.movement, &one.case)
        }
        Governance::ProposalMade(one) => {
            let row = ProposalRow {
                made: known,
                by: ActorId::parse(record.actor)
                    .map_err(|_| RowsError::damaged("a proposal's actor is no actor"))?,
                subject: told.subject.to_string(),
                sha256: one.sha256,
                ended: None,
            };
            write(rows, proposal_key(told.act.command.as_str()), &row)
        }
        Governance::ProposalRejected(one) => {
            end(rows, &one.proposal, record.position(), ProposalEnd::Rejected)
        }
    }
}

/// A record that a second person's approval led to ends its proposal.
pub(crate) fn approved(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    act: &Act,
) -> Result<(), RowsError> {
    match &act.proposal {
        Some(proposal) => end(rows, proposal.as_str(), record.position(), ProposalEnd::Approved),
        None => Ok(()),
    }
}

fn end(
    rows: &mut dyn Rows,
    proposal: &str,
    at: Position,
    end: ProposalEnd,
) -> Result<(), RowsError> {
    let key = proposal_key(proposal);
    let Some(mut row) = read::<ProposalRow>(rows, &key)? else { return Ok(()) };
    row.ended = Some((at, end));
    write(rows, key, &row)
}

/// An actor; `None` where nobody of that name was registered.
///
/// # Errors
/// When the rows cannot be read.
pub fn actor(rows: &dyn Rows, actor: &ActorId) -> Result<Option<ActorRow>, RowsError> {
    read(rows, &actor_key(actor))
}

/// Calls `each` with all actors, by id, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn actors(
    rows: &dyn Rows,
    each: &mut dyn FnMut(ActorId, ActorRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'u').done(), &mut |key, value| {
        let id = Fields::of(key).text().and_then(|id| ActorId::parse(&id).ok());
        let id = id.ok_or_else(|| RowsError::damaged("an actor's key is no actor"))?;
        Ok(each(id, decode(value)?))
    })
}

/// True where anybody was ever registered: from then on only registered actors may act.
///
/// # Errors
/// When the rows cannot be read.
pub fn has_actors(rows: &dyn Rows) -> Result<bool, RowsError> {
    let mut any = false;
    actors(rows, &mut |_, _| {
        any = true;
        false
    })?;
    Ok(any)
}

/// A proposal.
///
/// # Errors
/// When the rows cannot be read.
pub fn proposal(rows: &dyn Rows, proposal: &CommandId) -> Result<Option<ProposalRow>, RowsError> {
    read(rows, &proposal_key(proposal.as_str()))
}

/// Calls `each` with all proposals, by id, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn proposals(
    rows: &dyn Rows,
    each: &mut dyn FnMut(CommandId, ProposalRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'o').done(), &mut |key, value| {
        let id = Fields::of(key).text().and_then(|id| CommandId::parse(&id).ok());
        let id = id.ok_or_else(|| RowsError::damaged("a proposal's key is no command"))?;
        Ok(each(id, decode(value)?))
    })
}

/// Calls `each` with all payment runs that were announced, by name, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn runs(
    rows: &dyn Rows,
    each: &mut dyn FnMut(String, RunRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'r').done(), &mut |key, value| {
        let run = Fields::of(key).text();
        let run = run.ok_or_else(|| RowsError::damaged("a run's key is cut short"))?;
        Ok(each(run, decode(value)?))
    })
}

/// A policy that was adopted.
///
/// # Errors
/// When the rows cannot be read.
pub fn policy(rows: &dyn Rows, policy: &str, version: u32) -> Result<Option<PolicyRow>, RowsError> {
    read(rows, &policy_key(policy, version))
}

/// Calls `each` with all policies that were adopted, by id and version, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn policies(
    rows: &dyn Rows,
    each: &mut dyn FnMut(String, u32, PolicyRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'p').done(), &mut |key, value| {
        let mut fields = Fields::of(key);
        let (Some(policy), Some(version)) = (fields.text(), fields.number()) else {
            return Err(RowsError::damaged("a policy's key is cut short"));
        };
        Ok(each(policy, version, decode(value)?))
    })
}
