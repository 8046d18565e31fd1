//! Cases that are bound to another: what is known of one of them alone might read otherwise.
//!
//! Two cases of a payee are bound where a number means, or meant, both (then it decides for neither by
//! itself), and where a remittance moved money of both (what opposes is netted first, and what is carried
//! forward is shared). Bound cases bind further ones.

use std::collections::BTreeSet;

use lookback_events::event::Event;
use lookback_events::event::deed::Deed;
use lookback_events::event::recovery::Recovery;
use lookback_events::id::{CaseId, Digest};
use lookback_projections::{Position, cases, movements};

use super::{Found, Remittances, carried, shown};
use crate::ledger::Opened;
use crate::report::AnswerError;

/// Takes a case and those that are bound to it; gives the remittances that moved their money.
pub(super) fn remittances(
    found: &mut Found<'_>,
    case: &CaseId,
) -> Result<Remittances, AnswerError> {
    let mut bound = Bound { known: BTreeSet::from([case.clone()]), ..Bound::default() };
    let mut waiting = vec![case.clone()];
    loop {
        while let Some(case) = waiting.pop() {
            bound.case(found, &case, &mut waiting)?;
        }
        bound.unmatched(found)?;
        let rows = found.view.ledger().rows();
        let all = carried(rows, found.payee, bound.digests.clone())?;
        for (_, row) in all.values() {
            let last = row.closed.map_or_else(|| found.view.end(row.journal), |closed| closed.last);
            for seq in row.first..=last {
                let at = Position { journal: row.journal, seq };
                let movement = movements::movement(rows, at)?;
                bound.meet(movement.and_then(|movement| movement.case), &mut waiting);
            }
        }
        if waiting.is_empty() {
            return Ok(all);
        }
    }
}

#[derive(Default)]
struct Bound {
    known: BTreeSet<CaseId>,
    /// Every number that means one of them or meant it.
    numbers: BTreeSet<[u8; 32]>,
    /// The remittances that moved their money.
    digests: BTreeSet<[u8; 32]>,
}

impl Bound {
    fn meet(&mut self, other: Option<CaseId>, waiting: &mut Vec<CaseId>) {
        if let Some(other) = other
            && self.known.insert(other.clone())
        {
            waiting.push(other);
        }
    }

    /// Takes a case, and meets those that its numbers mean.
    fn case(
        &mut self,
        found: &mut Found<'_>,
        case: &CaseId,
        waiting: &mut Vec<CaseId>,
    ) -> Result<(), AnswerError> {
        let rows = found.view.ledger().rows();
        let mut numbers = Vec::new();
        for seq in found.case(case)? {
            if let Some(record) = found.deeds.get(&seq) {
                self.read(found, record, &mut numbers)?;
            }
        }
        if let Some(row) = cases::case(rows, case)? {
            // The payer's numbers are learnt from what it says of the claims, too.
            numbers.extend(row.claims.iter().filter_map(|claim| claim.payer_control));
        }
        for number in numbers {
            if self.numbers.insert(number.0) {
                for other in cases::meant_by(rows, found.payee, &number)? {
                    self.meet(Some(other), waiting);
                }
            }
        }
        shown(rows, case, &mut self.digests)
    }

    /// Reads from a record of a case by which numbers it was meant, and which movements were taken from
    /// it.
    fn read(
        &mut self,
        found: &Found<'_>,
        record: &Opened,
        numbers: &mut Vec<Digest>,
    ) -> Result<(), AnswerError> {
        let Event::Deed(Deed::Recovery(told)) = record.event()? else { return Ok(()) };
        let mut number = |text: &str| numbers.push(cases::number(found.payee, text));
        for claim in &told.claims {
            number(&claim.patient_control);
            if let Some(payer_control) = &claim.payer_control {
                number(payer_control);
            }
        }
        if let Recovery::NoticeIssued(notice)
        | Recovery::NoticeRecorded(notice)
        | Recovery::NoticeServedAgain(notice) = &told.detail
        {
            number(&notice.control_number);
        }
        if let Recovery::MovementUnattributed(one) = &told.detail
            && let Ok(at) = one.movement.trim().parse::<crate::journal::Position>()
        {
            let at = Position { journal: at.journal, seq: at.seq };
            let movement = movements::movement(found.view.ledger().rows(), at)?;
            let digest = movement.and_then(|movement| movement.remittance);
            self.digests.extend(digest.map(|digest| digest.0));
        }
        Ok(())
    }

    /// Movements that wait for a person and name one of the numbers.
    fn unmatched(&mut self, found: &Found<'_>) -> Result<(), AnswerError> {
        movements::unmatched(found.view.ledger().rows(), Some(found.payee), &mut |_, row| {
            if row.number.is_some_and(|number| self.numbers.contains(&number.0)) {
                self.digests.extend(row.remittance.map(|digest| digest.0));
            }
            Ok(true)
        })?;
        Ok(())
    }
}
