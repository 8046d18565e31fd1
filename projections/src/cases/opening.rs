//! A case begins, and its claims change.

use lookback_events::event::act::ClaimPart;
use lookback_events::event::recovery::{Amended, Identified, OpeningBalance};
use lookback_events::event::text::Day;
use lookback_events::id::CaseId;
use lookback_events::money::Money;

use super::{
    Bucket, CaseFacts, CaseMoney, CaseRow, Change, ChangeKind, Known, MoneyChange, Ways, checked,
    claims, save, store,
};
use crate::rows::{Rows, RowsError, add};
use crate::{movements, remittances};

fn sum(claims: &[super::CaseClaim]) -> Result<Money, RowsError> {
    let mut all = Money::ZERO;
    for claim in claims {
        add(&mut all, Some(claim.amount))?;
    }
    Ok(all)
}

/// An overpayment is identified.
pub(super) fn identified(
    rows: &mut dyn Rows,
    id: &CaseId,
    known: &Known,
    detail: &Identified,
    parts: &[ClaimPart],
) -> Result<(), RowsError> {
    let facts = CaseFacts {
        cause: detail.cause,
        detected_by: detail.detected_by,
        line_of_business: detail.line_of_business.clone(),
        plan: detail.plan.clone(),
        funding: detail.funding.clone(),
        state: detail.state.clone(),
        provider_class: detail.provider_class.clone(),
        service_class: detail.service_class.clone(),
        vendor: detail.vendor.clone(),
        owner: detail.owner.clone(),
        asserted: detail.opening.is_some(),
        payer: None,
    };
    let mut row = CaseRow {
        payee: detail.payee.clone(),
        identified: known.clone(),
        facts,
        claims: Vec::new(),
        money: CaseMoney::default(),
        ways: Ways::default(),
        changes: Vec::new(),
        notices: Vec::new(),
        answers: Vec::new(),
        disputes: Vec::new(),
        refunds: Vec::new(),
        instructions: Vec::new(),
        restorations: Vec::new(),
        plan: Vec::new(),
        planned: None,
        defaulted: None,
        stayed: None,
        stood_down: None,
        stays_lifted: Vec::new(),
        stand_downs_lifted: Vec::new(),
        moved: None,
        referred: None,
        ended: None,
        taken_while_barred: Money::ZERO,
        last: known.at,
    };
    let claims = claims::read_parts(&row.payee, parts)?;
    row.facts.payer = payer(rows, &row, &claims)?;
    let change = |kind, bucket, amount| MoneyChange {
        at: known.at,
        on: Day(known.happened.day),
        kind,
        bucket,
        amount,
    };
    row.change(change(ChangeKind::Identified, Bucket::Identified, sum(&claims)?))?;
    if let Some(OpeningBalance { carried, collected, reduced, written_off, system: _ }) =
        &detail.opening
    {
        for (bucket, amount) in [
            (Bucket::Reduced, reduced),
            (Bucket::WrittenOff, written_off),
            (Bucket::Collected, collected),
            (Bucket::Carried, carried),
        ] {
            row.opening(&change(ChangeKind::Opening, bucket, amount.unwrap_or_default()))?;
        }
    }
    claims::replace(rows, id, &mut row, claims)?;
    store::add(rows, &row.payee, id)?;
    remittances::has_cases(rows, known.at.journal, &row.payee)?;
    save(rows, id, &row)?;
    movements::backwards(rows, &row.payee, id, known.control)?;
    checked(rows, id)
}

/// Who paid the claims (835 TRN03), where the payments that are meant are known.
fn payer(
    rows: &dyn Rows,
    row: &CaseRow,
    claims: &[super::CaseClaim],
) -> Result<Option<String>, RowsError> {
    let own = row.identified.at.journal;
    let mut payments = claims.iter().filter_map(|claim| claim.payment);
    match payments.find(|payment| payment.journal == own) {
        Some(payment) => remittances::payer_at(rows, &row.payee, payment),
        None => Ok(None),
    }
}

impl CaseRow {
    /// Takes in what another system says; no more is given up than was identified.
    fn opening(&mut self, change: &MoneyChange) -> Result<(), RowsError> {
        let given_up = matches!(change.bucket, Bucket::Reduced | Bucket::WrittenOff);
        let most = if given_up { self.money.standing()? } else { change.amount };
        let amount = change.amount.min(most).max(Money::ZERO);
        self.change(MoneyChange { amount, ..*change })
    }
}

impl Change<'_> {
    /// Claims given replace those known; without any only the cause changes.
    pub(super) fn amended(
        mut self,
        detail: &Amended,
        parts: &[ClaimPart],
    ) -> Result<(), RowsError> {
        if let Some(cause) = detail.cause {
            self.row.facts.cause = cause;
        }
        if parts.is_empty() {
            return self.done();
        }
        let mut now = claims::read_parts(&self.row.payee, parts)?;
        for claim in &mut now {
            // What the payer calls it was learnt before, and the amendment need not repeat it.
            let before = self.row.claims.iter().find(|before| before.claim == claim.claim);
            claim.payer_control = claim.payer_control.or(before.and_then(|b| b.payer_control));
            claim.payment = claim.payment.or(before.and_then(|b| b.payment));
        }
        let identified = sum(&now)?;
        let more = identified.checked_sub(self.row.money.identified);
        let more = more.ok_or_else(|| RowsError::damaged("the money of a case is too long"))?;
        self.put(ChangeKind::Amended, Bucket::Identified, more)?;
        // Less than was given up already: what was given up shrinks with it, because nothing of it
        // was ever taken that could be owed back.
        for bucket in [Bucket::Reduced, Bucket::WrittenOff] {
            let money = &self.row.money;
            let given_up = money.reduced.checked_add(money.written_off).unwrap_or_default();
            let excess = given_up.checked_sub(identified).unwrap_or_default().max(Money::ZERO);
            let own = if bucket == Bucket::Reduced { money.reduced } else { money.written_off };
            self.put(ChangeKind::Amended, bucket, excess.min(own).negated())?;
        }
        claims::replace(self.rows, self.id, &mut self.row, now)?;
        self.done_and_matched()
    }

    /// Changes a sum by this record.
    pub(super) fn put(
        &mut self,
        kind: ChangeKind,
        bucket: Bucket,
        amount: Money,
    ) -> Result<(), RowsError> {
        let (at, on) = (self.known.at, Day(self.known.happened.day));
        self.row.change(MoneyChange { at, on, kind, bucket, amount })
    }
}
