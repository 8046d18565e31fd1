//! Payments: every claim with what was paid, reversed, corrected, and its net.
//!
//! Folded from records when asked: journal by journal, payee by payee, each claim when the first of its
//! records comes. The same remittances give the same order in any ledger of so many journals, whatever
//! positions they were given. A record that cannot be read is left out, and the view notes it.

use std::collections::{HashMap, HashSet};

use lookback_events::event::Event;
use lookback_events::event::text::Day;
use lookback_events::id::{JournalId, PayeeId, StreamId};
use lookback_events::money::Money;
use lookback_projections::payees;
use lookback_projections::payments::{Fact, fold};
use serde::Serialize;

use super::{AnswerError, Each, View};
use crate::journal::Position;
use crate::ledger::LedgerError;

/// A claim and its money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// Who is paid.
    pub payee: String,
    /// The provider's number of the claim (835 CLP01).
    pub patient_control: String,
    /// The first record of it.
    pub first: String,
    /// How many records it has.
    pub records: u64,
    /// The last payment date on which it was in a remittance.
    pub last_paid_on: Option<Day>,
    /// Payments that correct nothing.
    pub paid: Money,
    /// Reversals, zero or below.
    pub reversed: Money,
    /// Payments that correct a reversed one.
    pub corrected: Money,
    /// All of it.
    pub net: Money,
}

/// Hands over the claims of a payee, or of all.
///
/// # Errors
/// When a record cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    payee: Option<&PayeeId>,
    each: &mut Each<'_, Payment>,
) -> Result<(), AnswerError> {
    by(view, payee, None, each)
}

/// The same without what was paid after a day; a claim of which nothing remains is left out.
///
/// # Errors
/// As [`all`].
pub fn by(
    view: &View<'_>,
    payee: Option<&PayeeId>,
    on: Option<Day>,
    each: &mut Each<'_, Payment>,
) -> Result<(), AnswerError> {
    if let Some(payee) = payee {
        return of_payee(view, payee, on, each);
    }
    let key = view.ledger().keys().stream();
    let mut others = HashSet::from([key.id("ledger")]);
    let mut of_journals: HashMap<JournalId, Vec<StreamId>> = HashMap::new();
    payees::all(view.rows(), &mut |payee, row| {
        let stream = key.id(&format!("payee:{payee}"));
        others.insert(stream);
        of_journals.entry(row.journal).or_default().push(stream);
        true
    })?;
    for (journal, end) in view.stretches() {
        let Some(of_payees) = of_journals.get(&journal) else { continue };
        let claims = claims_by_record(view, journal, end, &others)?;
        let mut waiting = Vec::with_capacity(CLAIMS_AT_ONCE);
        for payee in of_payees {
            for claim in claims_of(view, journal, *payee, &claims)? {
                waiting.push(claim);
                if waiting.len() >= CLAIMS_AT_ONCE {
                    payments(view, (journal, on), &std::mem::take(&mut waiting), each)?;
                }
            }
        }
        payments(view, (journal, on), &waiting, each)?;
    }
    Ok(())
}

/// By position: the number of the claim that a record belongs to, from 1 in the order of the names of
/// streams; 0 for none. Four bytes a record.
fn claims_by_record(
    view: &View<'_>,
    journal: JournalId,
    end: u64,
    others: &HashSet<StreamId>,
) -> Result<Vec<u32>, AnswerError> {
    let mut claims = vec![0; usize::try_from(end).unwrap_or(0)];
    let mut count = 0_u32;
    let mut wanted = |stream: StreamId| !others.contains(&stream);
    view.ledger().journals().each_stream(journal, &mut wanted, &mut |_, positions: &[u64]| {
        count = count.saturating_add(1);
        for seq in positions {
            // What was recorded later than is asked about lies behind the end.
            let slot = usize::try_from(*seq).ok().and_then(|seq| claims.get_mut(seq));
            if let Some(slot) = slot {
                *slot = count;
            }
        }
        Ok::<(), AnswerError>(())
    })?;
    Ok(claims)
}

/// The positions of each claim of a payee, in the order of their first records.
fn claims_of(
    view: &View<'_>,
    journal: JournalId,
    payee: StreamId,
    claims: &[u32],
) -> Result<Vec<Vec<u64>>, AnswerError> {
    let mut found: Vec<Vec<u64>> = Vec::new();
    let mut places: HashMap<u32, usize> = HashMap::new();
    for seq in view.ledger().journals().positions(journal, payee)? {
        let claim = usize::try_from(seq).ok().and_then(|seq| claims.get(seq));
        let Some(claim) = claim.copied().filter(|claim| *claim > 0) else { continue };
        let place = *places.entry(claim).or_insert(found.len());
        if place == found.len() {
            found.push(Vec::new());
        }
        if let Some(own) = found.get_mut(place) {
            own.push(seq);
        }
    }
    Ok(found)
}

/// The claims of one payee: each when the first of its records comes.
fn of_payee(
    view: &View<'_>,
    payee: &PayeeId,
    on: Option<Day>,
    each: &mut Each<'_, Payment>,
) -> Result<(), AnswerError> {
    let ledger = view.ledger();
    let Some(row) = payees::payee(view.rows(), payee)? else { return Ok(()) };
    let own = ledger.keys().stream().id(&format!("payee:{payee}"));
    let end = view.end(row.journal);
    for seq in ledger.journals().positions(row.journal, own)? {
        if seq >= end {
            break;
        }
        let stored = ledger.journals().record(Position { journal: row.journal, seq });
        let Some(stored) = view.unless_damaged(stored.map_err(LedgerError::from))? else {
            continue;
        };
        let header = super::header(Position { journal: row.journal, seq }, &stored.header)?;
        if lookback_events::event::ClaimKind::from_event(header.event).is_none() {
            continue;
        }
        let Some(stream) = header.streams.as_slice().iter().find(|id| **id != own) else {
            continue;
        };
        let mut positions = ledger.journals().positions(row.journal, *stream)?;
        positions.retain(|at| *at < end);
        if positions.first() == Some(&seq)
            && let Some(payment) = payment(view, (row.journal, on), &positions)?
        {
            each(payment)?;
        }
    }
    Ok(())
}

/// Claims whose records are read together, in the order in which they lie.
const CLAIMS_AT_ONCE: usize = 8_192;

/// Hands over the claims whose records are at these positions, in this order.
fn payments(
    view: &View<'_>,
    (journal, on): (JournalId, Option<Day>),
    claims: &[Vec<u64>],
    each: &mut Each<'_, Payment>,
) -> Result<(), AnswerError> {
    let of_claim = |(n, positions): (usize, &Vec<u64>)| {
        positions.iter().map(|seq| (*seq, n)).collect::<Vec<_>>()
    };
    let mut all: Vec<(u64, usize)> = claims.iter().enumerate().flat_map(of_claim).collect();
    all.sort_unstable();
    let mut gathered: Vec<Gathered> = Vec::new();
    gathered.resize_with(claims.len(), Gathered::default);
    for (seq, n) in all {
        if let Some(claim) = gathered.get_mut(n) {
            claim.add(view, Position { journal, seq })?;
        }
    }
    gathered.into_iter().try_for_each(|claim| match claim.payment(on)? {
        Some(payment) => each(payment),
        None => Ok(()),
    })
}

/// Folds the claim whose records are at these positions; `None` where none of them is a claim's.
fn payment(
    view: &View<'_>,
    (journal, on): (JournalId, Option<Day>),
    positions: &[u64],
) -> Result<Option<Payment>, AnswerError> {
    let mut claim = Gathered::default();
    for seq in positions {
        claim.add(view, Position { journal, seq: *seq })?;
    }
    claim.payment(on)
}

/// What the records of one claim said, in their order.
#[derive(Default)]
struct Gathered {
    facts: Vec<Fact>,
    /// Payee, patient control number, and the first record.
    name: Option<(String, String, Position)>,
}

impl Gathered {
    fn add(&mut self, view: &View<'_>, at: Position) -> Result<(), AnswerError> {
        let Some(opened) = view.unless_damaged(view.ledger().opened(at))? else { return Ok(()) };
        let event = opened.event()?;
        let Event::Claim(_, body) = &event else { return Ok(()) };
        if self.name.is_none() {
            let claim = &body.claim;
            self.name = Some((claim.payee.to_string(), claim.patient_control.to_string(), at));
        }
        self.facts.extend(Fact::of_record(view.rows(), &opened.record(&event)?)?);
        Ok(())
    }

    fn payment(self, on: Option<Day>) -> Result<Option<Payment>, AnswerError> {
        let Self { mut facts, name } = self;
        let Some((payee, patient_control, first)) = name else { return Ok(None) };
        if let Some(on) = on {
            facts.retain(|fact| fact.paid_on.is_none_or(|paid| paid <= on.0));
            if facts.is_empty() {
                return Ok(None);
            }
        }
        let records = u64::try_from(facts.len()).unwrap_or(u64::MAX);
        let last_paid_on = facts.iter().filter_map(|fact| fact.paid_on).max().map(Day);
        let totals = fold(facts)?.totals;
        Ok(Some(Payment {
            payee,
            patient_control,
            first: first.to_string(),
            records,
            last_paid_on,
            paid: totals.paid,
            reversed: totals.reversed,
            corrected: totals.corrected,
            net: totals.net,
        }))
    }
}
