//! One claim: everything that remittances said of it, and how it belongs together.
//!
//! Found through the indexes, not the rows: a few records whatever the ledger's size. Nothing of the
//! patient is in the answer unless it was asked for.

use lookback_events::event::claim::ClaimBody;
use lookback_events::event::text::Day;
use lookback_events::event::{Event, Remittance};
use lookback_events::id::{Digest, PayeeId};
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use lookback_projections::payees;
use lookback_projections::payments::{Entry, Fact, Pairing, fold, pair};
use serde::Serialize;

use super::findings::{self, Found};
use super::{AnswerError, View, payee};
use crate::journal::Position;

/// Which claim is meant.
#[derive(Clone, PartialEq, Eq)]
pub enum Name {
    /// By the provider's number (835 CLP01).
    Number {
        /// Who is paid.
        payee: PayeeId,
        /// The number.
        patient_control: String,
    },
    /// By one of its records.
    Record(Position),
}

impl Name {
    /// Reads `PAYEE/PATIENT-CONTROL-NUMBER` or `pNN/SEQ`; with a payee, the number alone.
    ///
    /// # Errors
    /// When no payee is given.
    pub fn parse(text: &str, payee: Option<PayeeId>) -> Result<Self, AnswerError> {
        if let Some(payee) = payee {
            return Ok(Self::Number { payee, patient_control: text.to_owned() });
        }
        if let Ok(at) = text.parse::<Position>() {
            return Ok(Self::Record(at));
        }
        let parts = text.split_once('/').and_then(|(id, control)| {
            Some((PayeeId::parse(id).ok()?, control)).filter(|(_, control)| !control.is_empty())
        });
        let Some((payee, control)) = parts else {
            return Err(AnswerError::Question(
                "a claim is named PAYEE/PATIENT-CONTROL-NUMBER, or by its number with --payee, or \
                 by one of its records, such as p02/118204"
                    .to_owned(),
            ));
        };
        Ok(Self::Number { payee, patient_control: control.to_owned() })
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Who is paid.
    pub payee: String,
    /// The name the payee was first seen with.
    pub payee_name: Option<String>,
    /// The provider's number of the claim (835 CLP01).
    pub patient_control: String,
    /// Its money.
    pub totals: Totals,
    /// What was said, in the order it was recorded.
    pub records: Vec<Said>,
    /// Findings about it.
    pub findings: Vec<Found>,
}

/// The claim's money as signed in the 835s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Payments that correct nothing.
    pub paid: Money,
    /// Reversals, zero or below.
    pub reversed: Money,
    /// Payments that correct a reversed one.
    pub corrected: Money,
    /// All of it.
    pub net: Money,
}

/// One thing that a remittance said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The numbers of it.
    #[serde(flatten)]
    pub entry: Line,
    /// Adjustments of the claim and its lines (835 CAS).
    pub adjustments: Vec<Adjustment>,
    /// Its service lines.
    pub lines: Vec<ServiceLine>,
    /// Names and numbers of persons, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<Vec<PersonLine>>,
}

/// The numbers of one thing that a remittance said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The record.
    pub at: String,
    /// When it was recorded, UTC.
    pub recorded_at: Timestamp,
    /// The remittance.
    pub remittance: String,
    /// Its number in the remittance, from 1.
    pub ordinal: u64,
    /// Payment date of the remittance.
    pub paid_on: Option<Day>,
    /// 835 CLP02.
    pub status: String,
    /// The event, such as `claim-paid`.
    pub event: String,
    /// The payer's number of the claim (835 CLP07).
    pub payer_control: String,
    /// First day of service.
    pub service_from: Option<Day>,
    /// Last day of service.
    pub service_to: Option<Day>,
    /// 835 CLP03.
    pub charge: Option<Money>,
    /// 835 CLP04.
    pub paid: Option<Money>,
    /// The patient's share (835 CLP05).
    pub patient_share: Option<Money>,
    /// Adjustments by group and reason: `CO-45 39.00; PR-1 20.00`.
    pub adjusted: String,
    /// Of a reversal: `takes`, `twice`, `not-negated` or `without`.
    pub pairing: Option<&'static str>,
    /// Of a reversal: the record of the payment that it is about.
    pub about: Option<String>,
    /// Of a payment: the record of the reversal that took it back.
    pub reversed_by: Option<String>,
    /// Of a payment: the record of the reversal after which it corrects the claim.
    pub corrects: Option<String>,
}

/// One adjustment (835 CAS).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adjustment {
    /// 0 for the claim, else the number of the line.
    pub line: u32,
    /// 835 CAS01.
    pub group: String,
    /// The reason code.
    pub reason: String,
    /// The amount; above zero it takes from the payment.
    pub amount: Option<Money>,
}

/// One service line (835 SVC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceLine {
    /// Its number.
    pub line: u32,
    /// First day of service.
    pub from: Option<Day>,
    /// What was done (835 SVC01-2).
    pub code: String,
    /// Units paid (835 SVC05).
    pub units: Option<String>,
    /// 835 SVC02.
    pub charge: Option<Money>,
    /// 835 SVC03.
    pub paid: Option<Money>,
}

/// A person that the claim names (835 NM1).
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PersonLine {
    /// 835 NM101: QC patient, IL insured.
    pub role: String,
    /// The name.
    pub name: String,
    /// Its identifier (835 NM109).
    pub id: Option<String>,
}

impl std::fmt::Debug for PersonLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonLine(..)")
    }
}

/// The history of a claim, with persons where `patient` says so.
///
/// # Errors
/// When it is not known, or a record cannot be read.
pub fn claim(view: &View<'_>, name: &Name, patient: bool) -> Result<Claim, AnswerError> {
    let (payee, control) = match name {
        Name::Number { payee, patient_control } => {
            (payee::resolve(view, payee.as_str())?, patient_control.clone())
        }
        Name::Record(at) => named_by(view, *at)?,
    };
    let unknown = || AnswerError::Unknown {
        what: format!("payee {payee} has no claim under the patient control number given"),
        help: format!("lookback report payments --payee {payee} lists its claims"),
    };
    let row = payees::payee(view.rows(), &payee)?.ok_or_else(unknown)?;
    let mut facts = Vec::new();
    let mut said = Vec::new();
    let ledger = view.ledger();
    let stream = ledger.keys().stream().id(&format!("claim:{payee}/{control}"));
    for seq in ledger.journals().positions(row.journal, stream)? {
        let at = Position { journal: row.journal, seq };
        if !view.knows(at) {
            break;
        }
        let opened = ledger.opened(at)?;
        let event = opened.event()?;
        let Event::Claim(_, body) = &event else { continue };
        let recorded_at = opened.header()?.recorded_at;
        if let Some(fact) = Fact::of_record(view.rows(), &opened.record(&event)?)? {
            facts.push(fact);
            said.push(of_body(at, recorded_at, body, patient));
        }
    }
    if facts.is_empty() {
        return Err(unknown());
    }
    // A payment of a linked payee may be what is taken back here; its money is not counted.
    let mut all = elsewhere(view, &payee, &control)?;
    let others = all.len();
    let places = said.iter().map(|said| said.entry.at.clone());
    all.extend(places.zip(facts.iter().cloned()));
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|at| all.get(*at).map(|(_, fact)| fact.recorded_at));
    let sorted = order.iter().filter_map(|at| all.get(*at));
    let (places, sorted): (Vec<String>, Vec<Fact>) = sorted.cloned().unzip();
    let paired = pair(sorted);
    let mut history = fold(facts)?;
    let mut found = Vec::new();
    let mut own = said.iter_mut().zip(&mut history.entries);
    let place = |own: usize| order.iter().position(|at| *at == own.saturating_add(others));
    for (paired, _) in paired.iter().zip(&order).filter(|(_, at)| **at >= others) {
        // Those of one journal keep their order.
        let Some((said, entry)) = own.next() else { break };
        entry.corrects = entry.corrects.and_then(place);
        (entry.pairing, entry.reversed_by) = (paired.pairing, paired.reversed_by);
        tie(&mut said.entry, entry, &places);
        about(view, &entry.fact, &mut found)?;
    }
    let totals = history.totals;
    Ok(Claim {
        payee: payee.to_string(),
        payee_name: row.name,
        patient_control: control,
        totals: Totals {
            paid: totals.paid,
            reversed: totals.reversed,
            corrected: totals.corrected,
            net: totals.net,
        },
        records: said,
        findings: found,
    })
}

/// What is known under the same number of the payees that a payee is linked to, and where.
fn elsewhere(
    view: &View<'_>,
    payee: &PayeeId,
    control: &str,
) -> Result<Vec<(String, Fact)>, AnswerError> {
    let ledger = view.ledger();
    let mut facts = Vec::new();
    for (other, _) in payees::links(view.rows(), payee)? {
        let Some(row) = payees::payee(view.rows(), &other)? else { continue };
        let stream = ledger.keys().stream().id(&format!("claim:{other}/{control}"));
        for seq in ledger.journals().positions(row.journal, stream)? {
            let at = Position { journal: row.journal, seq };
            if !view.knows(at) {
                break;
            }
            let opened = ledger.opened(at)?;
            let event = opened.event()?;
            if let Some(fact) = Fact::of_record(view.rows(), &opened.record(&event)?)? {
                facts.push((at.to_string(), fact));
            }
        }
    }
    Ok(facts)
}

/// Whose claim a record is.
fn named_by(view: &View<'_>, at: Position) -> Result<(PayeeId, String), AnswerError> {
    if !view.knows(at) {
        let end = view.end(at.journal);
        return Err(AnswerError::Unknown {
            what: format!("there is no record {at}: {} holds {end}", at.journal),
            help: "lookback show ledger lists the journals".to_owned(),
        });
    }
    let opened = view.ledger().opened(at)?;
    let what = format!("{at} is no claim, but {}", opened.header()?.event);
    let help = match opened.event()? {
        Event::Claim(_, body) => {
            let payee = PayeeId::of_recorded(&body.claim.payee);
            return Ok((payee, body.claim.patient_control.to_string()));
        }
        Event::Remittance(remittance) => {
            let digest = match &remittance {
                Remittance::Received(body) => &body.remittance,
                Remittance::Adjusted(body) => &body.adjustment.remittance,
                Remittance::Findings(body) => &body.remittance,
                Remittance::Closed(body) => &body.remittance,
            };
            format!("it belongs to a remittance: lookback show remittance {}", &**digest)
        }
        Event::Control(_) | Event::Original(_) | Event::VolumeSealed(_) | Event::Deed(_) => {
            "lookback report payments lists the claims".to_owned()
        }
    };
    Err(AnswerError::Unknown { what, help })
}

fn of_body(at: Position, recorded_at: Timestamp, body: &ClaimBody<'_>, patient: bool) -> Said {
    let dates = lookback_projections::payments::Dates::of(body);
    let adjustments: Vec<Adjustment> = body
        .money
        .adjustments
        .iter()
        .map(|adjustment| Adjustment {
            line: adjustment.line,
            group: adjustment.group.to_string(),
            reason: adjustment.reason.to_string(),
            amount: adjustment.amount,
        })
        .collect();
    let entry = Line {
        at: at.to_string(),
        recorded_at,
        remittance: body.claim.remittance.to_string(),
        ordinal: body.claim.ordinal,
        paid_on: None,
        status: body.claim.status.to_string(),
        event: String::new(),
        payer_control: body.claim.payer_control.as_deref().unwrap_or_default().to_owned(),
        service_from: dates.from.map(Day),
        service_to: dates.to.map(Day),
        charge: body.money.charge,
        paid: body.money.paid,
        patient_share: body.money.patient,
        adjusted: summed(&adjustments),
        pairing: None,
        about: None,
        reversed_by: None,
        corrects: None,
    };
    let patient = patient.then(|| persons(body));
    Said { entry, adjustments, lines: lines(body), patient }
}

/// Adjustments summed by group and reason, in the order they first come.
fn summed(adjustments: &[Adjustment]) -> String {
    let mut sums: Vec<(&str, &str, Option<Money>)> = Vec::new();
    for adjustment in adjustments {
        let same = |(group, reason, _): &&mut (&str, &str, Option<Money>)| {
            *group == adjustment.group && *reason == adjustment.reason
        };
        match sums.iter_mut().find(same) {
            Some((_, _, sum)) => {
                *sum = sum.zip(adjustment.amount).and_then(|(a, b)| a.checked_add(b));
            }
            None => sums.push((&adjustment.group, &adjustment.reason, adjustment.amount)),
        }
    }
    let text = |(group, reason, sum): &(&str, &str, Option<Money>)| match sum {
        Some(sum) => format!("{group}-{reason} {sum}"),
        None => format!("{group}-{reason} ?"),
    };
    sums.iter().map(text).collect::<Vec<_>>().join("; ")
}

fn lines(body: &ClaimBody<'_>) -> Vec<ServiceLine> {
    let line = |money: &lookback_events::event::claim::LineMoney| {
        let service = body.services.iter().find(|service| service.line == money.line);
        let dates = body.dates.lines.iter().find(|dates| dates.line == money.line);
        ServiceLine {
            line: money.line,
            from: dates.and_then(|dates| dates.from),
            code: service.map_or(String::new(), |service| service.code.to_string()),
            units: service.and_then(|service| service.units.as_deref().map(ToOwned::to_owned)),
            charge: money.charge,
            paid: money.paid,
        }
    };
    body.money.lines.iter().map(line).collect()
}

fn persons(body: &ClaimBody<'_>) -> Vec<PersonLine> {
    let persons = body.patient.iter().flat_map(|persons| &persons.names);
    let line = |person: &lookback_events::event::claim::Person<'_>| {
        let parts = [&person.first, &person.middle, &person.last, &person.suffix];
        let parts: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
        PersonLine {
            role: person.qualifier.to_string(),
            name: parts.join(" "),
            id: person.id.as_deref().map(ToOwned::to_owned),
        }
    };
    persons.map(line).collect()
}

/// Says what an entry belongs to, by the places of the others.
fn tie(line: &mut Line, entry: &Entry, places: &[String]) {
    let place = |at: usize| places.get(at).cloned();
    line.paid_on = entry.fact.paid_on.map(Day);
    let event = entry.fact.kind.event();
    event.trim_end_matches("/1").clone_into(&mut line.event);
    let (word, about) = match entry.pairing {
        Some(Pairing::Takes(at)) => (Some("takes"), place(at)),
        Some(Pairing::Twice(at)) => (Some("twice"), place(at)),
        Some(Pairing::NotNegated(at)) => (Some("not-negated"), place(at)),
        Some(Pairing::Without) => (Some("without"), None),
        None => (None, None),
    };
    (line.pairing, line.about) = (word, about);
    line.reversed_by = entry.reversed_by.and_then(place);
    line.corrects = entry.corrects.and_then(place);
}

/// The findings about one thing that a remittance said: its number stands in their path.
fn about(view: &View<'_>, fact: &Fact, out: &mut Vec<Found>) -> Result<(), AnswerError> {
    let part = format!("CLP[{}]", fact.ordinal);
    let digest: &Digest = &fact.remittance;
    findings::of(view, digest, &mut |found| {
        if found.path.split('/').any(|p| p == part) {
            out.push(found);
        }
        Ok(())
    })
}
