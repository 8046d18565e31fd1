//! The records that a case consists of, found through streams and rows: its own, those of its payee's
//! other cases that are bound to it, and the remittances that moved their money or carried it forward.
//! A few, whatever the ledger's size.

use std::collections::{BTreeMap, BTreeSet};

use lookback_events::event::act::Subject;
use lookback_events::event::{Event, Remittance};
use lookback_events::id::{CaseId, Digest, JournalId, PayeeId};
use lookback_projections::remittances::{self, RemittanceRow, Which};
use lookback_projections::rows::Rows;
use lookback_projections::{cases, forwards, integrity, movements};

use crate::journal::Position;
use crate::ledger::Opened;
use crate::report::{AnswerError, View};

mod bound;

/// How much of a payee is gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach<'a> {
    /// The case and those that are bound to it, with the remittances that moved their money.
    Bound(&'a CaseId),
    /// All cases, with the remittances that moved their money.
    Moved,
    /// All cases and all remittances.
    All,
}

/// Opens the records that the payee's cases consist of, in the order in which they were learnt.
pub(super) fn gather(
    view: &View<'_>,
    payee: &PayeeId,
    journal: JournalId,
    reach: Reach<'_>,
) -> Result<Vec<Opened>, AnswerError> {
    let rows = view.ledger().rows();
    let mut found =
        Found { view, payee, journal, deeds: BTreeMap::new(), control: BTreeSet::new() };
    let remittances = match reach {
        Reach::Bound(case) => bound::remittances(&mut found, case)?,
        Reach::Moved | Reach::All => {
            let own = cases::of_payee(rows, payee)?;
            for case in &own {
                found.case(case)?;
            }
            if reach == Reach::All { all_of(rows, payee)? } else { moved(rows, payee, &own)? }
        }
    };
    found.measures()?;
    let Found { deeds, control, .. } = found;
    let mut opened = Vec::new();
    for (digest, row) in remittances.into_values() {
        let last =
            row.closed.map_or_else(|| view.end(journal), |closed| closed.last.saturating_add(1));
        for seq in row.first..last {
            let at = Position { journal, seq };
            // What stands within it and belongs elsewhere comes by its own way.
            if !deeds.contains_key(&seq) && view.knows(at) {
                let record = view.ledger().opened(at)?;
                if of_remittance(&record)? == Some(digest) {
                    opened.push(record);
                }
            }
        }
    }
    opened.extend(deeds.into_values());
    opened.sort_by_key(|record| record.at.seq);
    merged(view, opened, control)
}

/// What was found of cases.
struct Found<'a> {
    view: &'a View<'a>,
    payee: &'a PayeeId,
    journal: JournalId,
    /// Records of the payee's journal that are no remittance's, opened.
    deeds: BTreeMap<u64, Opened>,
    /// Records of control.
    control: BTreeSet<u64>,
}

impl Found<'_> {
    /// Takes a case's own records; gives those of the payee's journal.
    fn case(&mut self, case: &CaseId) -> Result<Vec<u64>, AnswerError> {
        let ledger = self.view.ledger();
        let stream = ledger.keys().stream().id(&format!("case:{case}"));
        self.control.extend(ledger.journals().positions(JournalId::CONTROL, stream)?);
        let own = ledger.journals().positions(self.journal, stream)?;
        own.iter().try_for_each(|seq| self.deed(*seq))?;
        Ok(own)
    }

    fn deed(&mut self, seq: u64) -> Result<(), AnswerError> {
        let at = Position { journal: self.journal, seq };
        if self.view.knows(at) && !self.deeds.contains_key(&seq) {
            self.deeds.insert(seq, self.view.ledger().opened(at)?);
        }
        Ok(())
    }

    /// Takes what was done about the payee: stand-downs keep its cases.
    fn measures(&mut self) -> Result<(), AnswerError> {
        let subject = Subject::Payee(self.payee.clone());
        let measures = integrity::measures(self.view.ledger().rows(), &subject)?;
        for stretch in measures.iter().flat_map(|measures| &measures.stand_downs) {
            self.deed(stretch.began.at.seq)?;
            if let Some(ended) = &stretch.ended {
                self.deed(ended.at.seq)?;
            }
        }
        Ok(())
    }
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

/// Remittances by their first record.
type Remittances = BTreeMap<u64, (Digest, RemittanceRow)>;

fn all_of(rows: &dyn Rows, payee: &PayeeId) -> Result<Remittances, AnswerError> {
    let mut all = Remittances::new();
    remittances::all(rows, Which::OfPayee(payee), &mut |digest, row| {
        all.insert(row.first, (digest, row));
        true
    })?;
    Ok(all)
}

/// The remittances that show movements of the cases, or movements that wait; and those that made or
/// consumed a forward balance which may hold some of it.
fn moved(rows: &dyn Rows, payee: &PayeeId, own: &[CaseId]) -> Result<Remittances, AnswerError> {
    let mut digests = BTreeSet::new();
    for case in own {
        shown(rows, case, &mut digests)?;
    }
    movements::unmatched(rows, Some(payee), &mut |_, row| {
        digests.extend(row.remittance.map(|digest| digest.0));
        Ok(true)
    })?;
    carried(rows, payee, digests)
}

/// The remittances that show movements of a case.
fn shown(
    rows: &dyn Rows,
    case: &CaseId,
    digests: &mut BTreeSet<[u8; 32]>,
) -> Result<(), AnswerError> {
    movements::of_case(rows, case, &mut |_, row| {
        digests.extend(row.remittance.map(|digest| digest.0));
        Ok(true)
    })?;
    Ok(())
}

/// Remittances, with those that made or consumed a forward balance which may hold some of theirs.
fn carried(
    rows: &dyn Rows,
    payee: &PayeeId,
    digests: BTreeSet<[u8; 32]>,
) -> Result<Remittances, AnswerError> {
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
