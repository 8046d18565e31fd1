//! Where a command's records belong: journal, unit, streams; and whether what it is about is there.

use lookback_events::event::act::{ClaimPart, Subject};
use lookback_events::event::audit::Audit;
use lookback_events::event::deed::Deed;
use lookback_events::event::governance::Governance;
use lookback_events::event::hold::Hold;
use lookback_events::event::recovery::Recovery;
use lookback_events::id::{CaseId, JournalId, PayeeId, UnitId};
use lookback_projections::cases::{self, CaseRow};
use lookback_projections::{Position, affairs, audits, holds, integrity, payees};

use super::case::is_opening;
use super::given::{Given, No};
use super::refusal::{Refusal, place};
use super::verdict::unknown;
use crate::command::Command;
use crate::ingest::era::values::identifier;

/// The most streams that a header names (FORMATS 1).
const STREAMS_MAX: usize = 8;

/// Where records belong.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) journal: JournalId,
    pub(super) unit: UnitId,
    /// Whose affairs they are; nobody's where they are the ledger's.
    pub(super) payee: Option<PayeeId>,
    /// A payee that control has not named yet.
    pub(super) unseen: Option<PayeeId>,
    /// Their streams, without those of claims.
    streams: Vec<String>,
    /// The last record that changed the subject; `None` where it begins.
    last: Option<Position>,
}

/// Where a deed belongs.
pub(super) fn of(given: &Given<'_>, deed: &Deed) -> Result<Home, No> {
    let subject = deed.subject();
    match subject {
        Subject::Case(id) => case(given, deed, id),
        Subject::Audit(id) => {
            let row = audits::audit(given.rows, id)?;
            let begun = begun(deed);
            let payee = match (&row, begun) {
                (Some(row), Some(_)) => {
                    let at = row.opened.at;
                    return Err(Refusal::SubjectExists { subject: subject.clone(), at }.into());
                }
                (Some(row), None) => &row.payee,
                (None, Some(payee)) => payee,
                (None, None) => return Err(unknown(subject)),
            };
            seen(given, payee)?;
            let last = row.as_ref().map(|row| row.last);
            Ok(Home { last, ..about(given, payee, subject, UnitId::audit(id)) })
        }
        Subject::Hold(id) => {
            let row = holds::hold(given.rows, id)?;
            let placed = match deed {
                Deed::Hold(told) => match &told.detail {
                    Hold::HoldPlaced(placed) => Some(&placed.scope),
                    Hold::HoldReleased(_) => None,
                },
                Deed::Recovery(_)
                | Deed::Audit(_)
                | Deed::Integrity(_)
                | Deed::Affairs(_)
                | Deed::Governance(_) => None,
            };
            let scope = match (&row, placed) {
                (Some(row), Some(_)) => {
                    let at = row.placed.at;
                    return Err(Refusal::SubjectExists { subject: subject.clone(), at }.into());
                }
                (Some(row), None) => row.scope.clone(),
                (None, Some(scope)) => scope.clone(),
                (None, None) => return Err(unknown(subject)),
            };
            let last = row.map(|row| row.last);
            Ok(Home { last, ..held(given, subject, &scope)? })
        }
        Subject::Payee(payee) => {
            seen(given, payee)?;
            let measures = integrity::measures(given.rows, subject)?.map(|row| row.last);
            let affairs = affairs::affairs(given.rows, payee)?.map(|row| row.last);
            let home = about(given, payee, subject, UnitId::payee(payee));
            Ok(Home { last: measures.max(affairs), ..home })
        }
        Subject::Ledger => Ok(Home {
            journal: JournalId::CONTROL,
            unit: UnitId::ledger(),
            payee: None,
            unseen: None,
            streams: ledgers(deed),
            last: None,
        }),
    }
}

fn case(given: &Given<'_>, deed: &Deed, id: &CaseId) -> Result<Home, No> {
    let subject = deed.subject();
    let row: Option<CaseRow> = cases::case(given.rows, id)?;
    let begun = begun(deed);
    let payee = match (&row, begun) {
        (Some(row), Some(_)) => {
            let at = row.identified.at;
            return Err(Refusal::SubjectExists { subject: subject.clone(), at }.into());
        }
        (Some(row), None) => &row.payee,
        (None, Some(payee)) => payee,
        (None, None) => return Err(unknown(subject)),
    };
    let mut unseen = None;
    if payees::payee(given.rows, payee)?.is_none() {
        // Another system's inventory may know payees of whom no remittance has come yet.
        if !is_opening(deed) {
            return Err(Refusal::PayeeUnknown { payee: payee.clone() }.into());
        }
        unseen = Some(payee.clone());
    }
    let last = row.as_ref().map(|row| row.last);
    Ok(Home { unseen, last, ..about(given, payee, subject, UnitId::case(id)) })
}

/// Whose case or audit begins with a deed; `None` for one that goes on.
fn begun(deed: &Deed) -> Option<&PayeeId> {
    if let Deed::Recovery(told) = deed
        && let Recovery::CaseIdentified(detail) = &told.detail
    {
        return Some(&detail.payee);
    }
    if let Deed::Audit(told) = deed
        && let Audit::AuditOpened(detail) = &told.detail
    {
        return Some(&detail.payee);
    }
    None
}

fn seen(given: &Given<'_>, payee: &PayeeId) -> Result<(), No> {
    match payees::payee(given.rows, payee)? {
        Some(_) => Ok(()),
        None => Err(Refusal::PayeeUnknown { payee: payee.clone() }.into()),
    }
}

fn about(given: &Given<'_>, payee: &PayeeId, subject: &Subject, unit: UnitId) -> Home {
    let mut streams = vec![subject.to_string()];
    let own = format!("payee:{payee}");
    if !streams.contains(&own) {
        streams.push(own);
    }
    Home {
        journal: JournalId::of_payee(payee, given.journals),
        unit,
        payee: Some(payee.clone()),
        unseen: None,
        streams,
        last: None,
    }
}

/// Where a hold belongs: with the payee whose records it holds, else to control.
fn held(given: &Given<'_>, subject: &Subject, scope: &str) -> Result<Home, No> {
    let unsound = || {
        No::from(Refusal::Unsound {
            what: "the scope of the hold names nothing that can be held".to_owned(),
            help: "write payee:ID, case:ID, audit:ID, claim:PAYEE/NUMBER, unit:UNIT or ledger",
        })
    };
    let (word, rest) = scope.split_once(':').unwrap_or((scope, ""));
    let payee = match word {
        "case" => {
            let id = CaseId::parse(rest).map_err(|_| unsound())?;
            let row = cases::case(given.rows, &id)?;
            row.ok_or_else(|| unknown(&Subject::Case(id)))?.payee
        }
        "audit" => {
            let held = Subject::parse(scope).map_err(|_| unsound())?;
            let Subject::Audit(id) = &held else { return Err(unsound()) };
            audits::audit(given.rows, id)?.ok_or_else(|| unknown(&held))?.payee
        }
        "payee" | "claim" => {
            let id = rest.split('/').next().unwrap_or_default();
            PayeeId::parse(id).map_err(|_| unsound())?
        }
        "unit" => match rest.split_once(':') {
            Some(("payee", rest)) => {
                let id = rest.split('/').next().unwrap_or_default();
                PayeeId::parse(id).map_err(|_| unsound())?
            }
            Some(("case" | "audit", _)) => return held(given, subject, rest),
            Some(("quarantine", _)) => return Ok(of_control(subject)),
            None if rest == "ledger" => return Ok(of_control(subject)),
            Some(_) | None => return Err(unsound()),
        },
        "ledger" if rest.is_empty() => return Ok(of_control(subject)),
        _ => return Err(unsound()),
    };
    seen(given, &payee)?;
    let mut home = about(given, &payee, subject, UnitId::payee(&payee));
    if matches!(word, "case" | "audit") || rest.contains('/') {
        home.streams.push(scope.to_owned());
    }
    Ok(home)
}

fn of_control(subject: &Subject) -> Home {
    Home {
        journal: JournalId::CONTROL,
        unit: UnitId::ledger(),
        payee: None,
        unseen: None,
        streams: vec![subject.to_string(), "ledger".to_owned()],
        last: None,
    }
}

/// The streams of what is settled for the ledger as a whole.
fn ledgers(deed: &Deed) -> Vec<String> {
    let Deed::Governance(told) = deed else { return vec!["ledger".to_owned()] };
    match &told.detail {
        Governance::ActorRegistered(one) => vec![format!("actor:{}", one.who)],
        Governance::ActorRetired(one) => vec![format!("actor:{}", one.who)],
        Governance::PolicyAdopted(one) => vec![format!("policy:{}", one.policy)],
        Governance::RunAnnounced(one) => vec![format!("run:{}", one.run)],
        Governance::MovementAssigned(one) => {
            vec![format!("payee:{}", one.payee), format!("case:{}", one.case)]
        }
        Governance::ProposalMade(_) | Governance::ProposalRejected(_) => vec!["ledger".to_owned()],
    }
}

/// Whether nothing has happened since what the sender knew.
pub(super) fn expected(
    _given: &Given<'_>,
    command: &Command,
    deed: &Deed,
    home: &Home,
) -> Result<(), No> {
    let Some(expected) = command.expect else { return Ok(()) };
    let wanted = Position { journal: expected.journal, seq: expected.seq };
    if home.last == Some(wanted) {
        return Ok(());
    }
    let (subject, expected) = (deed.subject().to_string(), place(wanted));
    Err(Refusal::Unexpected { subject, expected, found: home.last }.into())
}

/// The records of a deed with their streams: a header names eight, so claims beyond those of the first
/// record have further ones, each about its own claims.
pub(super) fn records(home: &Home, deed: Deed) -> Vec<(Deed, Vec<String>)> {
    let stream = |claim: &ClaimPart| {
        let payee = home.payee.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("claim:{payee}/{}", identifier(claim.patient_control.as_bytes()))
    };
    let mut first = home.streams.clone();
    let mut rest: Vec<ClaimPart> = Vec::new();
    for claim in deed.claims().iter().filter(|_| home.payee.is_some()) {
        let name = stream(claim);
        if first.contains(&name) {
            continue;
        }
        if first.len() < STREAMS_MAX {
            first.push(name);
        } else if !rest.iter().any(|other| stream(other) == name) {
            rest.push(claim.clone());
        }
    }
    let mut more = Vec::new();
    // One stream is the subject's own, so that whoever follows it sees them all.
    for claims in rest.chunks(STREAMS_MAX.saturating_sub(1)) {
        let mut streams: Vec<String> = home.streams.iter().take(1).cloned().collect();
        streams.extend(claims.iter().map(stream));
        let mut further = deed.clone();
        let beside = further.beside();
        *beside.claims = claims.to_vec();
        beside.findings.clear();
        more.push((further, streams));
    }
    let mut all = vec![(deed, first)];
    all.append(&mut more);
    all
}
