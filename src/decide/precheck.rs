//! Proposed overpayments against everything that would be in their way, before any letter goes out
//! (DOMAIN 8): go, or all the reasons why not. Nothing is recorded.

use lookback_events::event::act::ClaimPart;
use lookback_events::event::audit::Nature;
use lookback_events::event::recovery::Standard;
use lookback_events::event::text::Day;
use lookback_events::id::{CaseId, PayeeId};
use lookback_events::money::Money;
use lookback_projections::clocks::Source;
use lookback_projections::rows::RowsError;
use lookback_projections::{Position, integrity, payees};

use super::audit;
use super::case::not_in_force;
use super::cleared::masked;
use super::given::{FoundClaim, Given, No};
use super::net::{self, held};
use super::refusal::{Refusal, place};
use super::situation::of_audit;

/// An overpayment that somebody proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// Who was paid.
    pub payee: PayeeId,
    /// The claim and how much of it.
    pub part: ClaimPart,
    /// The line of business.
    pub line_of_business: String,
    /// Two letters.
    pub state: Option<String>,
    /// Which lookback it has.
    pub nature: Nature,
    /// The standard that it rests on.
    pub standard: Option<Standard>,
}

/// Why a proposed overpayment may not go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule's id.
    pub rule: String,
    /// In a sentence, without patient data.
    pub message: String,
    /// Where the rule is written.
    pub citation: String,
    /// The day that was computed.
    pub date: Option<Day>,
    /// The records behind it.
    pub events: Vec<String>,
}

impl Reason {
    fn of(refusal: &Refusal) -> Self {
        let told = refusal.told();
        Self {
            rule: told.rule.to_owned(),
            message: refusal.to_string(),
            citation: told.citation,
            date: told.date,
            events: told.events,
        }
    }
}

/// What earlier lines of a file would hold, so that lines are looked at together.
#[derive(Debug, Default)]
pub struct Earlier(Vec<(PayeeId, Position, Option<u64>, Money, CaseId)>);

/// What is told of what an agency keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// All of it, to who is cleared.
    All,
    /// Only that something is kept.
    Open,
}

/// Which claim of its line a claim is: the only one.
const NUMBER: usize = 1;

/// Decides a proposed overpayment; no reasons mean go. A line that may go holds its part of the
/// payment for those behind it, under the name given.
///
/// # Errors
/// When the rows cannot be read.
pub fn precheck(
    given: &Given<'_>,
    proposed: &Proposed,
    found: &FoundClaim,
    on: Day,
    (earlier, name): (&mut Earlier, &CaseId),
    told: Told,
) -> Result<Vec<Reason>, RowsError> {
    let mut reasons = Vec::new();
    let mut note = |outcome: Result<(), No>| match outcome {
        Ok(()) => Ok(()),
        Err(No::Refused(refusal)) => {
            let refusal = match told {
                Told::All => *refusal,
                Told::Open => masked(given.rows, *refusal)?,
            };
            reasons.push(Reason::of(&refusal));
            Ok(())
        }
        Err(No::Rows(error)) => Err(error),
    };
    let payee = &proposed.payee;
    if payees::payee(given.rows, payee)?.is_none() {
        note(Err(Refusal::PayeeUnknown { payee: payee.clone() }.into()))?;
        return Ok(reasons);
    }
    if let Some(stretch) = integrity::payee_stand_down(given.rows, payee)? {
        note(Err(Refusal::StandDown {
            agency: stretch.authority,
            since: Day(stretch.began.day()),
            at: stretch.began.at,
        }
        .into()))?;
    }
    if proposed.nature == Nature::Fraud {
        note(audit::alleged(given, payee))?;
    }
    let mut part = proposed.part.clone();
    note(net::amounts(NUMBER, &mut part))?;
    let payment = match net::meant(payee, NUMBER, &part, found) {
        Ok(payment) => payment,
        Err(no) => {
            note(Err(no))?;
            return Ok(reasons);
        }
    };
    let source = Source::evidenced(place(payment.at));
    let context = of_audit(&proposed.line_of_business, proposed.state.as_deref(), on);
    match &context {
        None => note(Err(audit::unknown_line(proposed.nature).into()))?,
        // What moved no money has no lookback; that nothing of it can be claimed is told below.
        Some(_) if payment.never.is_some() => {}
        Some(context) => {
            let paid = payment.moved_on.map(Day);
            note(audit::within(given, proposed.nature, context, paid, &source, on))?;
        }
    }
    let mut others = held(given.rows, payee, &part.patient_control, payment.at, None)?;
    for (of, at, line, amount, name) in &earlier.0 {
        if of == payee && *at == payment.at {
            others.add(name, *line, *amount);
        }
    }
    note(net::within(NUMBER, &part, payment, &others))?;
    let service = &payment.service;
    let standard = proposed.standard.as_ref();
    if let Some(found) =
        standard.and_then(|s| not_in_force(s, service.from, service.to.or(service.from)))
    {
        reasons.push(Reason {
            rule: found.rule.id().to_owned(),
            message: format!("{}: {}, {}", found.message, found.expected, found.found),
            citation: "Provider Manual Section 3, Payment Integrity".to_owned(),
            date: None,
            events: vec![place(payment.at)],
        });
    }
    if reasons.is_empty() {
        let of = |line, amount| (payee.clone(), payment.at, line, amount, name.clone());
        earlier.0.push(of(None, part.amount.unwrap_or_default()));
        let lines = part.lines.iter();
        earlier.0.extend(lines.map(|line| of(Some(line.line), line.amount.unwrap_or_default())));
    }
    Ok(reasons)
}
