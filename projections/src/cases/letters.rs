//! What was written to the provider, and what was answered.

use chrono::NaiveDate;
use lookback_events::event::act::ClaimPart;
use lookback_events::event::recovery::Assignment;
use lookback_events::event::recovery::letters::{
    Answer, Determination, Dispute, LateAppeal, Notice, NoticeItem, Outcome, Returned,
};
use lookback_events::event::recovery::money::{Horizon, RepaymentPlan};
use lookback_events::event::text::Day;
use lookback_events::money::Money;

use super::{
    AnswerState, Bucket, CaseRow, Change, ChangeKind, DeterminationState, DisputeState,
    InstalmentState, Kind, NoticeState, PlanBegun, claims, known_as, number,
};
use crate::rows::{RowsError, add};

impl CaseRow {
    /// The notice that holds: the last one that did not come back.
    pub fn notice(&self) -> Option<&NoticeState> {
        self.notices.iter().rfind(|notice| notice.returned.is_none())
    }

    /// The last day for an appeal of that level, as the letter before it states.
    fn appeal_deadline(&self, level: u8) -> Option<NaiveDate> {
        let mut determined = self.disputes.iter().filter_map(|d| d.determined.as_ref()).rev();
        let stated = match determined.next() {
            Some(determined) if level > 1 => determined.appeal_deadline,
            _ => self.notice().and_then(|notice| notice.appeal_deadline),
        };
        stated.map(|day| day.0)
    }

    /// The dispute of that level that a letter about these claims speaks of, the last where it names none.
    ///
    /// One of another level is another dispute, and so is one about other claims: no letter determines
    /// what it does not speak of.
    pub fn spoken_of(&self, level: u8, determined: bool, parts: &[ClaimPart]) -> Option<usize> {
        let fits = |d: &DisputeState| d.level == level && d.determined.is_some() == determined;
        self.last_about(parts, &fits)
    }

    /// The late dispute that waits for a decision and is about these claims, the last where none are
    /// named.
    pub fn late_about(&self, parts: &[ClaimPart]) -> Option<usize> {
        self.last_about(parts, &|d| d.late && d.accepted.is_none())
    }

    fn last_about(
        &self,
        parts: &[ClaimPart],
        fits: &dyn Fn(&DisputeState) -> bool,
    ) -> Option<usize> {
        let claims: Vec<_> =
            parts.iter().map(|part| number(&self.payee, &part.patient_control)).collect();
        let last = |about: &dyn Fn(&DisputeState) -> bool| {
            self.disputes.iter().rposition(|dispute| fits(dispute) && about(dispute))
        };
        if claims.is_empty() {
            return last(&|_| true);
        }
        let names = |d: &DisputeState| d.claims.iter().any(|own| claims.contains(&own.claim));
        last(&names).or_else(|| last(&|dispute| dispute.claims.is_empty()))
    }
}

impl DisputeState {
    /// True where it stays what is not taken yet: a late one only if a person accepted it.
    pub fn is_heard(&self) -> bool {
        !self.late || self.accepted == Some(true)
    }

    /// True where it was received by a day, and had not been determined by then.
    pub fn is_open(&self, on: NaiveDate) -> bool {
        let determined = self.determined.as_ref().is_some_and(|d| d.dated.0 <= on);
        self.is_heard() && self.known.happened.day <= on && !determined
    }
}

impl Change<'_> {
    /// A letter went out, was recorded, or was served again: a window opens.
    pub(super) fn noticed(mut self, detail: &Notice) -> Result<(), RowsError> {
        let control = number(&self.row.payee, &detail.control_number);
        known_as(self.rows, &self.row.payee, Kind::Control, &control, self.id)?;
        let lacks = NoticeItem::ALL.iter().filter(|item| !detail.content.contains(item));
        let notice = NoticeState {
            known: self.known.clone(),
            dated: detail.dated,
            sent: detail.sent,
            received: detail.received,
            method: detail.method,
            control_number: detail.control_number.clone(),
            appeal_deadline: detail.appeal_deadline,
            lacks: lacks.copied().collect(),
            returned: None,
            named: self.names(detail.amount)?,
            claims: claims::identified(&self.row)?,
        };
        self.row.notices.push(notice);
        self.done_and_matched()
    }

    /// How much of what was identified a letter lets know of: what it says, and what was given up before
    /// it; all of it where it says nothing.
    fn names(&self, amount: Option<Money>) -> Result<Money, RowsError> {
        let money = &self.row.money;
        let Some(mut named) = amount else { return Ok(money.identified) };
        add(&mut named, Some(money.reduced))?;
        add(&mut named, Some(money.written_off))?;
        Ok(named)
    }

    /// A letter came back.
    pub(super) fn returned(mut self, detail: &Returned) -> Result<(), RowsError> {
        let known = self.known.clone();
        let is_meant = |notice: &&mut NoticeState| match &detail.control_number {
            Some(number) => notice.control_number == *number,
            // One that came back already is out no more.
            None => notice.returned.is_none(),
        };
        if let Some(notice) = self.row.notices.iter_mut().rev().find(is_meant) {
            notice.returned = Some(known);
        }
        self.done()
    }

    /// An answer that is no dispute.
    pub(super) fn answered(
        mut self,
        detail: &Answer,
        parts: &[ClaimPart],
    ) -> Result<(), RowsError> {
        let Answer { amount, channel: _, kind, promised_by } = *detail;
        let mut claims = claims::named(&self.row, parts)?;
        let amount = amount.or(claims::together(&claims)?);
        if amount.is_none() {
            claims = claims::identified(&self.row)?;
        }
        let known = self.known.clone();
        self.row.answers.push(AnswerState { known, kind, amount, claims, promised_by });
        self.done()
    }

    /// A dispute or appeal.
    pub(super) fn disputed(
        mut self,
        detail: &Dispute,
        parts: &[ClaimPart],
    ) -> Result<(), RowsError> {
        let deadline = self.row.appeal_deadline(detail.level);
        let claims = claims::named(&self.row, parts)?;
        let dispute = DisputeState {
            late: deadline.is_some_and(|last| self.known.happened.day > last),
            known: self.known.clone(),
            level: detail.level,
            amount: detail.amount.or(claims::together(&claims)?),
            claims,
            accepted: None,
            determined: None,
        };
        self.row.disputes.push(dispute);
        self.done()
    }

    /// Somebody decided whether a late appeal is heard.
    pub(super) fn late_appeal(
        mut self,
        detail: &LateAppeal,
        parts: &[ClaimPart],
    ) -> Result<(), RowsError> {
        let waits = self.row.late_about(parts);
        if let Some(dispute) = waits.and_then(|at| self.row.disputes.get_mut(at)) {
            dispute.accepted = Some(detail.accepted);
        }
        self.done()
    }

    /// A dispute is determined; one that nobody recorded is taken as received with its determination.
    pub(super) fn determined(
        mut self,
        detail: &Determination,
        parts: &[ClaimPart],
    ) -> Result<(), RowsError> {
        if let Some(at) = self.row.spoken_of(detail.level, false, parts) {
            return self.determine(detail, at);
        }
        let claims = claims::named(&self.row, parts)?;
        let at = self.row.disputes.len();
        self.row.disputes.push(DisputeState {
            known: self.known.clone(),
            level: detail.level,
            amount: claims::together(&claims)?,
            claims,
            late: false,
            accepted: None,
            determined: None,
        });
        self.determine(detail, at)
    }

    /// A determination letter was wrong: what it gave up is taken back, and the right one counts.
    pub(super) fn corrected(
        mut self,
        detail: &Determination,
        parts: &[ClaimPart],
    ) -> Result<(), RowsError> {
        let at = self.row.spoken_of(detail.level, true, parts);
        let before = at.and_then(|at| {
            let determined = self.row.disputes.get_mut(at)?.determined.take()?;
            Some((at, determined.reduced))
        });
        let Some((at, before)) = before else { return self.determined(detail, parts) };
        let back = before.min(self.row.money.reduced).negated();
        self.put(ChangeKind::Determined, Bucket::Reduced, back)?;
        self.determine(detail, at)
    }

    fn determine(mut self, detail: &Determination, at: usize) -> Result<(), RowsError> {
        let standing = self.row.money.standing()?;
        let known = self.known.clone();
        let Some(dispute) = self.row.disputes.get_mut(at) else { return self.done() };
        let wanted = match detail.outcome {
            Outcome::Upheld => Money::ZERO,
            Outcome::Modified => detail.reduced.unwrap_or_default(),
            Outcome::Overturned => detail.reduced.or(dispute.amount).unwrap_or(standing),
        };
        let reduced = wanted.min(standing).max(Money::ZERO);
        dispute.determined = Some(DeterminationState {
            known,
            outcome: detail.outcome,
            dated: detail.dated,
            sent: detail.sent,
            appeal_deadline: detail.appeal_deadline,
            reduced,
        });
        self.put(ChangeKind::Determined, Bucket::Reduced, reduced)?;
        // Also what was closed as recovered goes on where a letter gives back what was taken.
        self.row.goes_on()?;
        let end = self.row.overturned()?;
        self.row.end_where_settled(&self.known, end)?;
        self.done()
    }

    /// The provider repays in instalments.
    pub(super) fn plan(mut self, detail: &RepaymentPlan) -> Result<(), RowsError> {
        let instalments = detail.instalments.iter();
        let one = |i: &lookback_events::event::recovery::money::Instalment| InstalmentState {
            due: i.due,
            amount: i.amount,
        };
        self.row.plan = instalments.map(one).collect();
        let taken = self.row.money.taken_at_all()?;
        self.row.planned = Some(PlanBegun { known: self.known.clone(), taken });
        self.row.defaulted = None;
        self.done()
    }

    /// The instalments were not kept.
    pub(super) fn defaulted(mut self) -> Result<(), RowsError> {
        self.row.plan.clear();
        self.row.planned = None;
        self.row.defaulted = Some(self.known.clone());
        self.done()
    }

    /// A person referred the balance to collections.
    pub(super) fn referred(mut self, because: Horizon) -> Result<(), RowsError> {
        self.row.referred = Some((self.known.clone(), because));
        self.done()
    }

    /// A bankruptcy stays all recovery, or no more.
    pub(super) fn stayed(mut self, stands: bool) -> Result<(), RowsError> {
        if let Some(before) = self.row.stayed.take_if(|_| !stands) {
            self.row.stays_lifted.push((Day(before.day()), Day(self.known.day())));
        }
        // A second stay goes on from the first.
        if stands && self.row.stayed.is_none() {
            self.row.stayed = Some(self.known.clone());
        }
        self.done()
    }

    /// Somebody else owns the case.
    pub(super) fn assigned(mut self, detail: &Assignment) -> Result<(), RowsError> {
        self.row.facts.owner = Some(detail.owner.clone());
        if detail.vendor.is_some() {
            self.row.facts.vendor.clone_from(&detail.vendor);
        }
        self.done()
    }
}
