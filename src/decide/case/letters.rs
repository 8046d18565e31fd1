//! The letters of cases: what a notice must carry, and what is unsound of answers, disputes and
//! determinations.

use lookback_events::event::act::Told;
use lookback_events::event::recovery::Recovery;
use lookback_events::event::recovery::letters::{
    Answer, AnswerKind, Determination, Dispute, Notice, NoticeItem, Outcome,
};
use lookback_events::event::text::Day;
use lookback_events::finding::{Finding, Rule};
use lookback_events::id::CaseId;
use lookback_events::money::Money;
use lookback_projections::windows::eligibility;
use lookback_projections::{Position, cases, movements};

use super::Case;
use crate::decide::given::No;
use crate::decide::refusal::Refusal;
use crate::decide::verdict::finding;

impl Case<'_> {
    /// A notice is issued only with its content, and under no stand-down.
    pub(super) fn may_write(&self, told: &Told<Recovery>, notice: &Notice) -> Result<(), No> {
        if let Some(refusal) = self.stand_down()? {
            return Err(refusal.into());
        }
        let lacks = lacking(notice);
        if !lacks.is_empty() {
            return Err(Refusal::NoticeLacks { lacks }.into());
        }
        if let Some((stated, least)) = self.deadline(told, notice)? {
            return Err(Refusal::DeadlineTooEarly { stated, least }.into());
        }
        match self.same_number(notice)? {
            Some((other, at)) => Err(Refusal::ControlNumberReused { other, at }.into()),
            None => Ok(()),
        }
    }

    /// Another case of the payee that has a letter with the control number of a notice, ended or not: a
    /// payer may still take money under it.
    fn same_number(&self, notice: &Notice) -> Result<Option<(CaseId, Position)>, No> {
        let (rows, payee) = (self.given.rows, &self.row.payee);
        let named = cases::with_control_number(rows, payee, &notice.control_number)?;
        let Some(other) = named.into_iter().find(|other| other != self.id) else { return Ok(None) };
        let row = cases::case(rows, &other)?;
        Ok(row.map(|row| (other, row.last)))
    }

    /// A notice that was written is recorded.
    pub(super) fn written(
        &self,
        told: &Told<Recovery>,
        notice: &Notice,
    ) -> Result<Vec<Finding>, No> {
        let mut found = Vec::new();
        let lacks = lacking(notice);
        if !lacks.is_empty() {
            let mut lacking = finding(Rule::NoticeDefective, "the notice lacks what it must carry");
            lacking.expected = words(NoticeItem::ALL);
            lacking.found = words(&notice.content);
            found.push(lacking);
        }
        if let Some((stated, least)) = self.deadline(told, notice)? {
            found.push(too_early(stated, least));
        }
        if self.stand_down()?.is_some() {
            found.push(finding(Rule::NoticeDefective, "the notice was sent under a stand-down"));
        }
        if self.same_number(notice)?.is_some() {
            let message = "another case of the payee has a notice with that control number";
            found.push(finding(Rule::ControlNumberReused, message));
        }
        Ok(found)
    }

    /// The last day for an appeal that a notice states, and the first that it may, where that is later:
    /// the provider may answer until the window closes, whatever the letter says. A notice of which no day
    /// was told states one of its own, and no appeal against it is late.
    fn deadline(&self, told: &Told<Recovery>, notice: &Notice) -> Result<Option<(Day, Day)>, No> {
        let Some(stated) = notice.appeal_deadline else { return Ok(None) };
        let (scratch, at) = self.scratch(told)?;
        let after = cases::case(&scratch, self.id)?.unwrap_or_else(|| self.row.clone());
        let stays = movements::stays(&scratch, &after)?;
        let found = eligibility(&after, &stays, self.given.rules, self.day.0)?;
        let window = found.windows.iter().find(|window| window.letter == at);
        let closes = window.and_then(|window| window.closes).map(Day);
        let least = closes.unwrap_or(notice.dated).max(notice.dated);
        Ok((stated < least).then_some((stated, least)))
    }
}

/// A letter was mailed with a deadline that is none.
fn too_early(stated: Day, least: Day) -> Finding {
    Finding {
        expected: format!("{} or later", least.0),
        found: stated.0.to_string(),
        ..finding(Rule::NoticeDefective, "the letter states a deadline that is too early")
    }
}

/// The letter of a determination is out: a deadline of the next level before its own day is a finding.
pub(super) fn next_level(determination: &Determination) -> Vec<Finding> {
    let stated = determination.appeal_deadline.filter(|stated| *stated < determination.dated);
    stated.map(|stated| too_early(stated, determination.dated)).into_iter().collect()
}

/// What a notice lacks of what it must carry (DOMAIN 7).
fn lacking(notice: &Notice) -> Vec<NoticeItem> {
    NoticeItem::ALL.iter().filter(|item| !notice.content.contains(item)).copied().collect()
}

fn words(items: &[NoticeItem]) -> String {
    let words: Vec<&str> = items.iter().map(|item| item.as_str()).collect();
    words.join(", ")
}

pub(super) fn answered(answer: &Answer) -> Result<(), No> {
    if answer.kind == AnswerKind::RefundPromised && answer.promised_by.is_none() {
        return Err(Refusal::Unsound {
            what: "a refund is promised and no date is given".to_owned(),
            help: "give the date: --promised-by, or \"promised_by\"",
        }
        .into());
    }
    answer.amount.map_or(Ok(()), |amount| Case::positive(amount, "the amount of the answer"))
}

pub(super) fn disputed(dispute: &Dispute) -> Result<(), No> {
    if dispute.level == 0 {
        return Err(Refusal::NotAboveZero { what: "the level of the dispute" }.into());
    }
    dispute.amount.map_or(Ok(()), |amount| Case::positive(amount, "the amount in dispute"))
}

/// A letter gives up no more than there is: a slip of one digit would give up the case.
pub(super) fn reduces(determination: &Determination, left: Money) -> Result<(), No> {
    match determination.reduced {
        Some(reduced) if reduced > left => Err(Refusal::Unsound {
            what: format!(
                "it is reduced by {}, and {} of it stands",
                reduced.grouped(),
                left.grouped()
            ),
            help: "correct the amount; a case that is given up is \"overturned\"",
        }
        .into()),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn determined(determination: &Determination) -> Result<(), No> {
    if determination.level == 0 {
        return Err(Refusal::NotAboveZero { what: "the level of the determination" }.into());
    }
    match (determination.outcome, determination.reduced) {
        (Outcome::Modified, None) => Err(Refusal::Unsound {
            what: "the finding is modified and it is not said by how much".to_owned(),
            help: "give the amount by which the overpayment is less: --reduced, or \"reduced\"",
        }
        .into()),
        (Outcome::Upheld, Some(reduced)) if !reduced.is_zero() => Err(Refusal::Unsound {
            what: "the finding is upheld and yet reduced".to_owned(),
            help: "a finding that stands in part is \"modified\"",
        }
        .into()),
        (Outcome::Modified | Outcome::Overturned, Some(reduced)) => {
            Case::positive(reduced, "the amount by which it is reduced")
        }
        (Outcome::Upheld, _) | (Outcome::Overturned, None) => Ok(()),
    }
}
