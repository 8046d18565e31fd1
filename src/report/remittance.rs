//! One remittance: who paid whom, whether it adds up, and what it holds.

use lookback_events::event::text::Day;
use lookback_events::event::{Event, Remittance as RemittanceEvent};
use lookback_events::id::{Digest, PayeeId};
use lookback_events::money::Money;
use lookback_projections::remittances::{self, RemittanceRow, Which};
use lookback_projections::{files, payees};
use serde::Serialize;

use super::remittances::Remittance;
use super::{AnswerError, Each, View, ended, go_on};
use crate::journal::Position;
use crate::ledger::LedgerError;

/// What is known of a remittance before its claims are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The line that lists have of it.
    #[serde(flatten)]
    pub line: Remittance,
    /// The name the payee was first seen with.
    pub payee_name: Option<String>,
    /// The payer's name (835 N1*PR).
    pub payer_name: Option<String>,
    /// How it was paid (835 BPR04).
    pub method: Option<String>,
    /// When the payer made it (835 DTM*405).
    pub produced: Option<Day>,
    /// 835 ISA13, GS06, ST02.
    pub controls: [String; 3],
    /// The file's name.
    pub file_name: Option<String>,
    /// True where its SE is missing.
    pub truncated: bool,
}

/// A provider adjustment (835 PLB).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderLine {
    /// The record.
    pub at: String,
    /// 835 PLB01.
    pub provider: String,
    /// 835 PLB03-1.
    pub reason: String,
    /// 835 PLB03-2.
    pub reference: Option<String>,
    /// Above zero it takes from the payment.
    pub amount: Option<Money>,
}

/// A claim of the remittance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimLine {
    /// The record.
    pub at: String,
    /// Its number in the remittance, from 1.
    pub ordinal: u64,
    /// The provider's number of the claim (835 CLP01).
    pub patient_control: String,
    /// 835 CLP02.
    pub status: String,
    /// 835 CLP03.
    pub charge: Option<Money>,
    /// 835 CLP04.
    pub paid: Option<Money>,
    /// 835 CLP05.
    pub patient_share: Option<Money>,
}

/// One record of a remittance that is worth a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A claim.
    Claim(ClaimLine),
    /// A provider adjustment.
    Provider(ProviderLine),
}

/// The remittance of a check or EFT number (835 TRN02), of a payee where one is given.
///
/// # Errors
/// When there is none, or more than one.
pub fn of_trace(
    view: &View<'_>,
    trace: &str,
    payee: Option<&PayeeId>,
) -> Result<Digest, AnswerError> {
    const NAMED_MAX: usize = 5;
    let trace = trace.trim();
    let mut found: Vec<(Digest, PayeeId)> = Vec::new();
    remittances::all(view.rows(), payee.map_or(Which::All, Which::OfPayee), &mut |digest, row| {
        if row.trace == trace {
            found.push((digest, row.payee));
        }
        found.len() <= NAMED_MAX
    })?;
    match found.as_slice() {
        [] => Err(AnswerError::Unknown {
            what: format!(
                "no remittance {}has the check or EFT number {trace}",
                payee.map_or(String::new(), |payee| format!("of payee {payee} "))
            ),
            help: "lookback report remittances lists all with their numbers".to_owned(),
        }),
        [(digest, _)] => Ok(*digest),
        several => Err(AnswerError::Ambiguous {
            what: format!("several remittances have the check or EFT number {trace}"),
            candidates: several
                .iter()
                .take(NAMED_MAX)
                .map(|(digest, payee)| format!("{digest} of payee {payee}"))
                .collect(),
            more: several.len() > NAMED_MAX,
        }),
    }
}

fn row_of(view: &View<'_>, digest: &Digest) -> Result<RemittanceRow, AnswerError> {
    let row = remittances::remittance(view.rows(), digest)?;
    row.ok_or_else(|| AnswerError::Unknown {
        what: format!("no remittance {digest} is known"),
        help: "lookback report remittances lists all".to_owned(),
    })
}

/// What is known of a remittance before its claims are read.
///
/// # Errors
/// When it is not known, or its first record cannot be read.
pub fn head(view: &View<'_>, digest: &Digest) -> Result<Head, AnswerError> {
    let row = row_of(view, digest)?;
    let at = Position { journal: row.journal, seq: row.first };
    let opened = view.ledger().opened(at)?;
    let event = opened.event()?;
    let Event::Remittance(RemittanceEvent::Received(body)) = &event else {
        let what = "the remittance does not begin here";
        return Err(crate::journal::JournalError::damaged(at.journal, at.seq, "store", what).into());
    };
    let text = |text: &Option<lookback_events::event::text::Text<'_>>| {
        text.as_deref().map(|text| text.trim().to_owned())
    };
    let file = files::file(view.rows(), &row.file)?.and_then(|file| file.received);
    Ok(Head {
        line: Remittance::new(digest, &row),
        payee_name: payees::payee(view.rows(), &row.payee)?.and_then(|payee| payee.name),
        payer_name: text(&body.payer.name),
        method: text(&body.payment.method),
        produced: body.produced,
        controls: [
            body.file.interchange_control.to_string(),
            body.file.group_control.to_string(),
            body.file.transaction_control.to_string(),
        ],
        file_name: file.map(|file| file.name),
        truncated: row.closed.is_some_and(|closed| closed.truncated),
    })
}

/// Hands over the claims and provider adjustments of a remittance in the order of the file. A record
/// that cannot be read is left out, and the view notes it.
///
/// # Errors
/// When a record cannot be read, or `each` says so.
pub fn parts(
    view: &View<'_>,
    digest: &Digest,
    each: &mut Each<'_, Part>,
) -> Result<(), AnswerError> {
    let row = row_of(view, digest)?;
    let hex = digest.to_string();
    let end = view.end(row.journal);
    let to = row.closed.map_or(end, |closed| closed.last.saturating_add(1)).min(end);
    let wanted = row.running.claims.saturating_add(row.running.adjustments);
    let (mut seen, mut next) = (0_u64, row.first);
    let mut failed = None;
    while next < to {
        let read = view.ledger().each_opened(row.journal, next, to, |at, header, body| {
            next = at.seq.saturating_add(1);
            // Behind the last one nothing is left to find where it is not closed.
            if seen >= wanted {
                return Ok(false);
            }
            let event = Event::decode(header.event, body)
                .map_err(|source| LedgerError::Event { at, source })?;
            let Some(part) = part(at, &event, &hex) else { return Ok(true) };
            seen = seen.saturating_add(1);
            Ok(go_on(&mut failed, each(part).map(|()| true)))
        });
        let damaged = read.as_ref().err().and_then(LedgerError::record);
        let (None, Some(at)) = (view.unless_damaged(read)?, damaged) else { break };
        next = at.seq.max(next).saturating_add(1);
    }
    ended(failed)
}

fn part(at: Position, event: &Event<'_>, hex: &str) -> Option<Part> {
    match event {
        Event::Claim(_, body) if *body.claim.remittance == *hex => Some(Part::Claim(ClaimLine {
            at: at.to_string(),
            ordinal: body.claim.ordinal,
            patient_control: body.claim.patient_control.to_string(),
            status: body.claim.status.to_string(),
            charge: body.money.charge,
            paid: body.money.paid,
            patient_share: body.money.patient,
        })),
        Event::Remittance(RemittanceEvent::Adjusted(body))
            if *body.adjustment.remittance == *hex =>
        {
            Some(Part::Provider(ProviderLine {
                at: at.to_string(),
                provider: body.adjustment.provider.to_string(),
                reason: body.adjustment.reason.to_string(),
                reference: body.reference.as_deref().map(ToOwned::to_owned),
                amount: body.adjustment.amount,
            }))
        }
        Event::Control(_)
        | Event::Remittance(_)
        | Event::Claim(..)
        | Event::Original(_)
        | Event::VolumeSealed(_)
        | Event::Deed(_) => None,
    }
}
