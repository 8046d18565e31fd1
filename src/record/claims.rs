//! The claims that a command names, as the ledger knows them: looked up ahead of deciding.

use lookback_events::event::Event;
use lookback_events::event::act::Subject;
use lookback_events::event::audit::Audit;
use lookback_events::event::claim::ClaimBody;
use lookback_events::event::deed::Deed;
use lookback_events::event::recovery::Recovery;
use lookback_events::id::PayeeId;
use lookback_projections::lookbacks::Moved;
use lookback_projections::payments::{Fact, fold};
use lookback_projections::remittances;
use lookback_projections::{affairs, audits, cases, payees};

use crate::decide::given::{FoundClaim, FoundPayment};
use crate::ingest::era::values::identifier;
use crate::journal::Position;
use crate::ledger::{Ledger, LedgerError};
use crate::report::lookbacks::moved;

/// What is found of each claim that a deed names, in its order.
///
/// # Errors
/// When the rows, an index or a record cannot be read.
pub fn found(ledger: &Ledger, deed: &Deed) -> Result<Vec<FoundClaim>, LedgerError> {
    if deed.claims().is_empty() {
        return Ok(Vec::new());
    }
    let Some(payee) = payee_of(ledger, deed)? else {
        return Ok(vec![FoundClaim::default(); deed.claims().len()]);
    };
    deed.claims().iter().map(|part| claim(ledger, &payee, &part.patient_control)).collect()
}

/// Whose claims a deed names.
fn payee_of(ledger: &Ledger, deed: &Deed) -> Result<Option<PayeeId>, LedgerError> {
    if let Deed::Recovery(told) = deed
        && let Recovery::CaseIdentified(detail) = &told.detail
    {
        return Ok(Some(detail.payee.clone()));
    }
    if let Deed::Audit(told) = deed
        && let Audit::AuditOpened(detail) = &told.detail
    {
        return Ok(Some(detail.payee.clone()));
    }
    let rows = ledger.rows();
    Ok(match deed.subject() {
        Subject::Case(id) => cases::case(rows, id)?.map(|row| row.payee),
        Subject::Audit(id) => audits::audit(rows, id)?.map(|row| row.payee),
        Subject::Payee(payee) => Some(payee.clone()),
        Subject::Hold(_) | Subject::Ledger => None,
    })
}

/// Everything that a payee was paid under a number.
///
/// # Errors
/// When the rows, an index or a record cannot be read.
pub(super) fn claim(
    ledger: &Ledger,
    payee: &PayeeId,
    patient_control: &str,
) -> Result<FoundClaim, LedgerError> {
    let rows = ledger.rows();
    let Some(row) = payees::payee(rows, payee)? else { return Ok(FoundClaim::default()) };
    let control = identifier(patient_control.as_bytes());
    let stream = ledger.keys().stream().id(&format!("claim:{payee}/{control}"));
    let (mut facts, mut lines) = (Vec::new(), Vec::new());
    for seq in ledger.journals().positions(row.journal, stream)? {
        let at = Position { journal: row.journal, seq };
        let opened = ledger.opened(at)?;
        let event = opened.event()?;
        let Event::Claim(_, body) = &event else { continue };
        if let Some(fact) = Fact::of_record(rows, &opened.record(&event)?)? {
            facts.push(fact);
            lines.push(lines_of(body));
        }
    }
    let history = fold(facts)?;
    let mut payments: Vec<FoundPayment> = Vec::new();
    // What was taken back: how much had been paid, when that had moved, and by which remittance.
    let mut reversed: Vec<(Fact, WhenMoved, Fact)> = Vec::new();
    for (entry, lines) in history.entries.iter().zip(lines) {
        let Some(at) = entry.fact.at.filter(|_| entry.pairing.is_none()) else { continue };
        let reversal = entry.reversed_by.and_then(|by| history.entries.get(by));
        let own = moved_on(ledger, payee, &entry.fact)?;
        let corrected = reversed.iter().rev().find(|(paid, _, by)| corrects(&entry.fact, paid, by));
        let when = corrected.map_or(own, |(_, when, _)| *when);
        if let Some(reversal) = reversal {
            reversed.push((entry.fact.clone(), when, reversal.fact.clone()));
        }
        payments.push(FoundPayment {
            at,
            moved_on: when.on,
            never: when.never,
            payer_control: entry.fact.payer_control.clone(),
            paid: entry.fact.paid,
            lines,
            service: entry.fact.dates,
            reversed_by: reversal.and_then(|reversal| reversal.fact.at),
        });
    }
    Ok(FoundClaim { payments })
}

/// True where a payment only says again, for no more money, what another had paid that was taken back
/// before it or beside it: it moved nothing to the provider (DOMAIN 3.11).
fn corrects(fact: &Fact, before: &Fact, reversal: &Fact) -> bool {
    let beside = reversal.remittance == fact.remittance || reversal.at < fact.at;
    beside && before.dates == fact.dates && fact.paid <= before.paid
}

fn lines_of(body: &ClaimBody<'_>) -> Vec<(u64, Option<lookback_events::money::Money>)> {
    body.money.lines.iter().map(|line| (u64::from(line.line), line.paid)).collect()
}

/// When a payment moved money, or why it never did.
#[derive(Debug, Clone, Copy)]
struct WhenMoved {
    /// The day; `None` also where the payer gave none.
    on: Option<chrono::NaiveDate>,
    /// Its check was voided or stopped, and not issued again.
    never: Option<&'static str>,
}

/// The day on which a payment moved money (DOMAIN 3.11): none where its check was voided or stopped, that
/// of the new one where it was issued again.
fn moved_on(ledger: &Ledger, payee: &PayeeId, fact: &Fact) -> Result<WhenMoved, LedgerError> {
    let dated = WhenMoved { on: fact.paid_on, never: None };
    let Some(row) = remittances::remittance(ledger.rows(), &fact.remittance)? else {
        return Ok(dated);
    };
    let checks = affairs::checks(ledger.rows(), payee, &row.trace)?;
    if checks.is_empty() {
        return Ok(dated);
    }
    // A check without a date is voided like any other.
    let paid_on = fact.paid_on.unwrap_or(chrono::NaiveDate::MIN);
    Ok(match moved(Some(paid_on), &checks, chrono::NaiveDate::MAX) {
        Moved::On(day) if day == chrono::NaiveDate::MIN => dated,
        Moved::On(day) => WhenMoved { on: Some(day), never: None },
        Moved::Never(why) => WhenMoved { on: None, never: Some(why) },
    })
}
