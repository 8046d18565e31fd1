//! What a command leads to: events, an answer that was given before, or a refusal.
//!
//! One pure function, in the order of [`Refusal`]: idempotency, who acts, what it is about, what was
//! expected, whether a second person is needed, and only then the rules of the business. What has
//! happened is recorded, also where it breaks a rule: then with a finding (DOMAIN 3.18).

use lookback_events::event::act::{Happened, Subject};
use lookback_events::event::deed::Deed;
use lookback_events::event::governance::Governance;
use lookback_events::event::text::Day;
use lookback_events::finding::{Finding, RULES_VERSION, Rule};
use lookback_events::id::{JournalId, PayeeId, UnitId};
use lookback_projections::commands::{self, CommandRow};
use lookback_projections::governance;
use lookback_projections::rows::RowsError;

use super::cleared::{is_cleared, masked};
use super::given::{Given, No};
use super::home::{self, Home};
use super::refusal::Refusal;
use super::roles::TWO_PEOPLE;
use super::{audit, case, hold, ledgerwide, payee, who};
use crate::command::{Command, Wish};

/// What was decided.
#[derive(Debug)]
pub enum Verdict {
    /// The same was asked and answered before.
    Answered(CommandRow),
    /// It is to be recorded.
    Record(Box<Decided>),
    /// The rules say no.
    Refused(Box<Refusal>),
}

/// What is to be recorded, in one commit.
#[derive(Debug)]
pub struct Decided {
    /// Where.
    pub journal: JournalId,
    /// Under which key.
    pub unit: UnitId,
    /// A payee that control must name first.
    pub unseen: Option<PayeeId>,
    /// The records: the first holds everything, the others repeat it for the streams of more claims.
    pub records: Vec<(Deed, Vec<String>)>,
}

impl Decided {
    /// What broke a rule and is recorded.
    pub fn findings(&self) -> &[Finding] {
        self.records.first().map(|(deed, _)| deed.findings()).unwrap_or_default()
    }
}

/// Decides a command.
///
/// # Errors
/// When the rows cannot be read.
pub fn decide(given: &Given<'_>, command: &Command) -> Result<Verdict, RowsError> {
    match verdict(given, command) {
        Ok(verdict) => Ok(verdict),
        Err(No::Refused(refusal)) if is_cleared(given.rows, &command.actor)? => {
            Ok(Verdict::Refused(refusal))
        }
        Err(No::Refused(refusal)) => Ok(Verdict::Refused(Box::new(masked(given.rows, *refusal)?))),
        Err(No::Rows(error)) => Err(error),
    }
}

fn verdict(given: &Given<'_>, command: &Command) -> Result<Verdict, No> {
    if let Some(row) = commands::command(given.rows, &command.id)? {
        if row.content == command.asked {
            return Ok(Verdict::Answered(row));
        }
        return Err(Refusal::CommandReused { command: command.id.clone(), at: row.at }.into());
    }
    who::may(given, &command.actor, command.name())?;
    let (deed, people) = wished(given, command)?;
    let mut deed = deed;
    let home = home::of(given, &deed)?;
    home::expected(given, command, &deed, &home)?;
    second_person(given, &deed, people)?;
    has_happened(given, &deed)?;
    let mut findings = late(given, &deed, people)?;
    if let (Deed::Governance(told), Some(proposed)) = (&deed, given.proposed)
        && let Governance::ProposalMade(_) = told.detail
    {
        // What would be refused when it is approved is refused now.
        proposable(given, command, proposed)?;
    } else {
        findings.extend(business(given, &mut deed, &home)?);
    }
    // The point of no return: what follows only says where it is written.
    deed.beside().findings.extend(findings);
    Ok(Verdict::Record(Box::new(Decided {
        journal: home.journal,
        unit: home.unit.clone(),
        unseen: home.unseen.clone(),
        records: home::records(&home, deed),
    })))
}

/// How many people stand behind a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum People {
    One,
    Two,
}

/// The deed that is wished; what was proposed, where a second person approves it.
fn wished(given: &Given<'_>, command: &Command) -> Result<(Deed, People), No> {
    let approval = match &command.wish {
        Wish::Do(deed) => return Ok(((**deed).clone(), People::One)),
        Wish::Begin(deed) => return Ok((who::of_proposal(given, command, deed)?, People::One)),
        Wish::Approve(approval) => approval,
    };
    let row = who::approvable(given, &approval.proposal, &command.actor)?;
    let unknown = || Refusal::ProposalUnknown { proposal: approval.proposal.to_string() };
    let proposed = given.proposed.and_then(|proposed| match &proposed.wish {
        Wish::Do(deed) => Some((**deed).clone()),
        Wish::Begin(_) | Wish::Approve(_) => None,
    });
    let mut deed = proposed.ok_or_else(unknown)?;
    // What one person alone may not do is done when the second says so; a fact happened when it did.
    let decided = TWO_PEOPLE.contains(&deed.command());
    let beside = deed.beside();
    beside.act.command = approval.act.command.clone();
    beside.act.proposal = Some(approval.proposal.clone());
    beside.act.proposed_by = Some(row.by);
    if beside.act.document.is_none() {
        beside.act.document = approval.act.document;
    }
    if beside.act.party.is_none() {
        beside.act.party.clone_from(&approval.act.party);
    }
    if decided {
        beside.act.happened = approval.act.happened;
    }
    *beside.asked = Some(command.asked);
    Ok((deed, People::Two))
}

/// A proposal's command, decided as if it were approved now; nothing of it is kept.
fn proposable(given: &Given<'_>, command: &Command, proposed: &Command) -> Result<(), No> {
    let Wish::Do(deed) = &proposed.wish else { return Ok(()) };
    who::may(given, &command.actor, proposed.name())?;
    let mut deed = (**deed).clone();
    let home = home::of(given, &deed)?;
    has_happened(given, &deed)?;
    late(given, &deed, People::Two)?;
    business(given, &mut deed, &home).map(|_| ())
}

fn second_person(given: &Given<'_>, deed: &Deed, people: People) -> Result<(), No> {
    let command = deed.command();
    if people == People::One && TWO_PEOPLE.contains(&command) {
        return Err(Refusal::SecondPersonNeeded { command, why: None }.into());
    }
    if people == People::One && is_late(given, deed).is_some() && deed.act().document.is_some() {
        let why = Some("it is told long after it happened");
        return Err(Refusal::SecondPersonNeeded { command, why }.into());
    }
    Ok(())
}

/// What is recorded has happened, by the plan's day of today: days to come are said in members of their
/// own.
fn has_happened(given: &Given<'_>, deed: &Deed) -> Result<(), No> {
    let (day, today) = (deed.act().happened.day, given.today);
    if day <= today {
        return Ok(());
    }
    Err(Refusal::Unsound {
        what: format!("it is said to have happened on {day}, and today is {today}, plan time"),
        help: "give the day on which it happened: --on, or \"happened\"",
    }
    .into())
}

/// How many days ago it is said to have happened, and after how many that is late; `None` where it is
/// not (DOMAIN 3.19).
fn is_late(given: &Given<'_>, deed: &Deed) -> Option<(i64, u32)> {
    // What another system says of the past is asserted as a whole; what is settled for the ledger is
    // no fact about a payee.
    let opening = case::is_opening(deed);
    if opening || matches!(deed, Deed::Governance(_)) {
        return None;
    }
    let limit = governance::late_knowledge_days(given.rules, Day(given.today))?;
    let Happened { day, .. } = deed.act().happened;
    let days = given.today.signed_duration_since(day).num_days();
    (days > i64::from(limit)).then_some((days, limit))
}

fn late(given: &Given<'_>, deed: &Deed, people: People) -> Result<Vec<Finding>, No> {
    let Some((days, limit)) = is_late(given, deed) else { return Ok(Vec::new()) };
    if deed.act().document.is_none() {
        let day = deed.act().happened.day;
        let until = day.checked_add_days(chrono::Days::new(u64::from(limit))).unwrap_or(day);
        return Err(Refusal::LateWithoutDocument { days, limit, until: Day(until) }.into());
    }
    let mut found =
        finding(Rule::LateKnowledge, "this was recorded long after it is said to have happened");
    found.expected = format!("{limit} days");
    found.found = format!("{days} days");
    Ok(if people == People::Two { vec![found] } else { Vec::new() })
}

fn business(given: &Given<'_>, deed: &mut Deed, home: &Home) -> Result<Vec<Finding>, No> {
    match deed {
        Deed::Recovery(told) => case::decide(given, told, home),
        Deed::Audit(told) => audit::decide(given, told, home),
        Deed::Integrity(told) => payee::integrity(given, told).map(|()| Vec::new()),
        Deed::Affairs(told) => payee::known(given, told),
        Deed::Hold(told) => hold::decide(given, told).map(|()| Vec::new()),
        Deed::Governance(told) => ledgerwide::decide(given, told).map(|()| Vec::new()),
    }
}

/// A finding that a command leads to: it has no place in a file.
pub(super) fn finding(rule: Rule, message: &'static str) -> Finding {
    Finding {
        expected: String::new(),
        found: String::new(),
        message: message.into(),
        offset: 0,
        path: String::new(),
        rule,
        segment: 0,
        severity: rule.severity(),
        version: RULES_VERSION,
    }
}

/// The refusal where a subject cannot be found.
pub(super) fn unknown(subject: &Subject) -> No {
    Refusal::SubjectUnknown { subject: subject.clone() }.into()
}

#[cfg(test)]
mod tests;
