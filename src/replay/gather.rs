//! The records that a case consists of, found through streams and rows: its own, those of its payee's
//! other cases (a number may have meant one of them), and the remittances that moved their money or
//! carried it forward. A few, whatever the ledger's size.

use std::collections::{BTreeMap, BTreeSet};

use lookback_events::event::act::Subject;
use lookback_events::event::{Event, Remittance};
use lookback_events::id::{CaseId, Digest, JournalId, PayeeId};
use lookback_projections::remittances::{self, RemittanceRow, Which};
use lookback_projections::{cases, forwards, integrity, movements};

use crate::journal::Position;
use crate::ledger::{Ledger, Opened};
use crate::report::{AnswerError, View};

/// How much of a payee is gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The remittances that show movements of its cases.
    Moved,
    /// All of its remittances.
    All,
}

/// Opens the records that the payee's cases consist of, in the order in which they were learnt.
pub(super) fn gather(
    view: &View<'_>,
    payee: &PayeeId,
    journal: JournalId,
    reach: Reach,
) -> Result<Vec<Opened>, AnswerError> {
    let ledger = view.ledger();
    let rows = ledger.rows();
    let own = cases::of_payee(rows, payee)?;
    let mut seqs: BTreeSet<u64> = BTreeSet::new();
    let mut control: BTreeSet<u64> = BTreeSet::new();
    for case in &own {
        let stream = ledger.keys().stream().id(&format!("case:{case}"));
        seqs.extend(ledger.journals().positions(journal, stream)?);
        control.extend(ledger.journals().positions(JournalId::CONTROL, stream)?);
    }
    measured(ledger, payee, &mut seqs)?;
    let remittances = match reach {
        Reach::Moved => moved(ledger, payee, &own)?,
        Reach::All => all_of(ledger, payee)?,
    };
    let mut opened = Vec::new();
    for (digest, row) in remittances.into_values() {
        let last =
            row.closed.map_or_else(|| view.end(journal), |closed| closed.last.saturating_add(1));
        for seq in row.first..last {
            let at = Position { journal, seq };
            // What stands within it and belongs elsewhere comes by its own way.
            if !seqs.contains(&seq) && view.knows(at) {
                let record = ledger.opened(at)?;
                if of_remittance(&record)? == Some(digest) {
                    opened.push(record);
                }
            }
        }
    }
    for seq in seqs {
        let at = Position { journal, seq };
        if view.knows(at) {
            opened.push(ledger.opened(at)?);
        }
    }
    opened.sort_by_key(|record| record.at.seq);
    merged(view, opened, control)
}

/// The records of control in their places: ahead of those that were decided with them known.
fn merged(
    view: &View<'_>,
    payment: Vec<Opened>,
    control: BTreeSet<u64>,
) -> Result<Vec<Opened>, AnswerError> {
    let mut waiting = control.into_iter().peekable();
    let mut all = Vec::with_capacity(payment.len());
    let open = |seq: u64| view.ledger().opened(Position { journal: JournalId::CONTROL, seq });
    for record in payment {
        let known = record.header()?.control;
        while let Some(seq) = waiting.next_if(|seq| *seq < known) {
            all.push(open(seq)?);
        }
        all.push(record);
    }
    for seq in waiting {
        if view.knows(Position { journal: JournalId::CONTROL, seq }) {
            all.push(open(seq)?);
        }
    }
    Ok(all)
}

/// What was done about the payee: stand-downs keep its cases.
fn measured(ledger: &Ledger, payee: &PayeeId, seqs: &mut BTreeSet<u64>) -> Result<(), AnswerError> {
    let measures = integrity::measures(ledger.rows(), &Subject::Payee(payee.clone()))?;
    for stretch in measures.iter().flat_map(|measures| &measures.stand_downs) {
        seqs.insert(stretch.began.at.seq);
        seqs.extend(stretch.ended.as_ref().map(|ended| ended.at.seq));
    }
    Ok(())
}

/// Remittances by their first record.
type Remittances = BTreeMap<u64, (Digest, RemittanceRow)>;

fn all_of(ledger: &Ledger, payee: &PayeeId) -> Result<Remittances, AnswerError> {
    let mut all = Remittances::new();
    remittances::all(ledger.rows(), Which::OfPayee(payee), &mut |digest, row| {
        all.insert(row.first, (digest, row));
        true
    })?;
    Ok(all)
}

/// The remittances that show movements of the cases, or movements that wait; and those that made or
/// consumed a forward balance which may hold some of it.
fn moved(ledger: &Ledger, payee: &PayeeId, own: &[CaseId]) -> Result<Remittances, AnswerError> {
    let rows = ledger.rows();
    let mut digests: BTreeSet<[u8; 32]> = BTreeSet::new();
    for case in own {
        movements::of_case(rows, case, &mut |_, row| {
            digests.extend(row.remittance.map(|digest| digest.0));
            Ok(true)
        })?;
    }
    movements::unmatched(rows, Some(payee), &mut |_, row| {
        digests.extend(row.remittance.map(|digest| digest.0));
        Ok(true)
    })?;
    let mut balances = Vec::new();
    forwards::all(rows, Some(payee), &mut |of, _, row| {
        let made = row.made_in.filter(|_| of == *payee);
        balances.extend(made.map(|made| (made, row.consumed_on)));
        true
    })?;
    let mut spans = Vec::new();
    for (made, consumed_on) in balances {
        let made_row = remittances::remittance(rows, &made.remittance)?;
        if digests.contains(&made.remittance.0) || made_row.is_some_and(|row| row.closed.is_none())
        {
            spans.push((made.on, consumed_on));
        }
    }
    let mut found = Remittances::new();
    // What was carried on under another id goes on until the last of the balances is used up.
    let from = spans.iter().map(|(made, _)| *made).min();
    if let Some(from) = from {
        remittances::all(rows, Which::OfPayee(payee), &mut |digest, row| {
            if row.paid_on >= from && row.running.adjustments > 0 {
                found.insert(row.first, (digest, row));
            }
            true
        })?;
    }
    for digest in digests.into_iter().map(Digest) {
        if let Some(row) = remittances::remittance(rows, &digest)? {
            found.insert(row.first, (digest, row));
        }
    }
    Ok(found)
}

/// The remittance that a record belongs to.
fn of_remittance(record: &Opened) -> Result<Option<Digest>, AnswerError> {
    let digest = |hex: &str| Digest::parse(hex).ok();
    Ok(match record.event()? {
        Event::Remittance(remittance) => match &remittance {
            Remittance::Received(body) => digest(&body.remittance),
            Remittance::Adjusted(body) => digest(&body.adjustment.remittance),
            Remittance::Findings(body) => digest(&body.remittance),
            Remittance::Closed(body) => digest(&body.remittance),
        },
        Event::Claim(_, body) => digest(&body.claim.remittance),
        Event::Original(body) => body.part.remittance,
        Event::Control(_) | Event::VolumeSealed(_) | Event::Deed(_) => None,
    })
}
