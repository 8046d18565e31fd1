//! One case: what it is about, how it stands, its letters, disputes and movements of money; and the
//! letter of a control number with everything that was booked under it.

use lookback_events::event::text::Day;
use lookback_events::id::CaseId;
use lookback_events::money::Money;
use lookback_projections::cases::{self, CaseRow, Known, NoticeState, number};
use lookback_projections::movements::{self, How, MovementRow};
use lookback_projections::payees;
use lookback_projections::windows::Bar;
use serde::Serialize;

use super::stand_down::{Covered, may_see, unknown};
use super::{AnswerError, View, day_of};
use crate::journal::Position;
use crate::replay::{Looked, Standing, Story};

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The case.
    pub case: String,
    /// Who was paid.
    pub payee: String,
    /// The name the payee was first seen with.
    pub payee_name: Option<String>,
    /// What rules ask about it.
    pub facts: Facts,
    /// How it stands on the day asked about.
    pub standing: Standing,
    /// What keeps an offset on that day, in words.
    pub barred_by: Option<&'static str>,
    /// How much may be taken on that day.
    pub free: Money,
    /// The claims it is about.
    pub claims: Vec<Claim>,
    /// Its letters.
    pub letters: Vec<Letter>,
    /// Its disputes.
    pub disputes: Vec<Dispute>,
    /// What moved its money.
    pub movements: Vec<Movement>,
    /// What waits for a second person.
    pub proposals: Vec<Proposed>,
    /// Its records.
    pub records: u64,
}

/// What rules ask about a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Why the payment was too high.
    pub cause: &'static str,
    /// Who found it.
    pub detected_by: &'static str,
    /// When it was identified.
    pub identified: Day,
    /// The line of business.
    pub line_of_business: String,
    /// The plan that paid.
    pub plan: String,
    /// Two letters.
    pub state: Option<String>,
    /// The vendor that works it.
    pub vendor: Option<String>,
    /// Who works on it.
    pub owner: Option<String>,
    /// True where another system's word is all there is.
    pub asserted: bool,
}

/// A claim of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The record of the payment that was too high, where it is known.
    pub payment: Option<String>,
    /// By how much.
    pub amount: Money,
    /// How many lines of it; none where all of it is meant.
    pub lines: u64,
    /// The provider's number; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_control: Option<String>,
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// Its record.
    pub at: String,
    /// Its financial control number.
    pub control_number: String,
    /// The day it bears.
    pub dated: Day,
    /// When it was sent.
    pub sent: Option<Day>,
    /// When it was received.
    pub received: Option<Day>,
    /// How it was sent.
    pub method: &'static str,
    /// The last day for an appeal, as it states.
    pub appeal_deadline: Option<Day>,
    /// When it came back.
    pub returned: Option<Day>,
    /// What it lacks of what it must carry.
    pub lacks: Vec<&'static str>,
    /// `evidenced` where a document shows it, else `asserted`.
    pub standing: &'static str,
}

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dispute {
    /// Its record.
    pub at: String,
    /// When it was received.
    pub received: Day,
    /// Its level.
    pub level: u8,
    /// Of how much; all where this is missing.
    pub amount: Option<Money>,
    /// True where it came after its deadline.
    pub late: bool,
    /// How it was determined.
    pub outcome: Option<&'static str>,
    /// The day that the determination bears.
    pub determined: Option<Day>,
    /// By how much it reduced the overpayment.
    pub reduced: Option<Money>,
}

/// Something that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposed {
    /// Its id: who approves names it.
    pub proposal: String,
    /// Who proposed it.
    pub by: String,
    /// When that was recorded, plan time.
    pub made: Day,
    /// The record.
    pub at: String,
    /// What is proposed, in words that name no patient.
    pub what: String,
}

/// Something that moved money of a case, or waits for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// The record that shows it.
    pub at: String,
    /// What it is.
    pub kind: &'static str,
    /// Payment date, or the day it is said to have happened.
    pub on: Option<Day>,
    /// Check or EFT number.
    pub trace: Option<String>,
    /// Above zero taken from the provider, below given back or postponed.
    pub amount: Money,
    /// How much of it is only carried forward.
    pub carried_forward: Money,
    /// How much of it was taken while something barred it.
    pub barred: Money,
    /// How it came to the case: `number`, `number-later`, `person`, `told`, `waits`.
    pub how: &'static str,
    /// True where it moves money; what was told moves none once it was seen.
    pub counts: bool,
}

/// A letter of a control number, and what was booked under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wo {
    /// The number.
    pub control_number: String,
    /// The cases that a letter of this number is about.
    pub cases: Vec<Case>,
    /// Adjustments under this number that are booked to no case.
    pub unmatched: Vec<Movement>,
}

/// What of a case or a letter is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shown {
    /// As things are on that day; that of the view where it is missing.
    pub on: Option<Day>,
    /// The claims' numbers, too.
    pub patient: bool,
    /// Cases under a stand-down, too.
    pub cleared: bool,
}

/// A case on a day.
///
/// # Errors
/// When it is not known, not to be shown, or cannot be looked at.
pub fn case(view: &View<'_>, id: &CaseId, shown: Shown) -> Result<Case, AnswerError> {
    let on = shown.on.unwrap_or_else(|| Day(day_of(view.ledger(), view.moment())));
    may_see(view, id, on, shown.cleared)?;
    let patient = shown.patient;
    let story = Story::open(view, id, None)?;
    let Looked { standing, eligibility, .. } = story.now(on)?;
    let row = story.row().ok_or_else(|| unknown(id))?;
    let moved = story.movements().map(|(at, row)| movement(at, row)).collect();
    let name = payees::payee(view.rows(), &story.payee)?.and_then(|row| row.name);
    Ok(Case {
        case: id.to_string(),
        payee: story.payee.to_string(),
        payee_name: name,
        facts: facts(row),
        barred_by: eligibility.barred.map(Bar::in_words),
        free: eligibility.amount_free,
        standing,
        claims: claims(&story, row, patient),
        letters: row.notices.iter().map(letter).collect(),
        disputes: row.disputes.iter().map(dispute).collect(),
        movements: moved,
        proposals: proposals(&story),
        records: u64::try_from(story.records()).unwrap_or(u64::MAX),
    })
}

/// The letter of a financial control number: the cases it is about, and what waits under it.
///
/// # Errors
/// When no letter that may be shown has the number, or a case cannot be looked at.
pub fn wo(view: &View<'_>, control_number: &str, shown: Shown) -> Result<Wo, AnswerError> {
    let wanted = control_number.trim();
    let on = shown.on.unwrap_or_else(|| Day(day_of(view.ledger(), view.moment())));
    let covered = Covered::on(view, on)?;
    let mut found = Vec::new();
    cases::all(view.rows(), &mut |id, row| {
        let named = row.notices.iter().any(|notice| notice.control_number.trim() == wanted);
        if named && (shown.cleared || !covered.case(&id, &row.payee)) {
            found.push((id, row.payee));
        }
        true
    })?;
    if found.is_empty() {
        return Err(AnswerError::Unknown {
            what: format!("no letter of the financial control number {wanted:?} can be shown"),
            help: "lookback show case ID shows the letters of a case; some are for who is cleared \
                   only (--cleared)"
                .to_owned(),
        });
    }
    let mut unmatched = Vec::new();
    let mut all = Vec::new();
    for (id, payee) in found {
        let own = number(&payee, wanted);
        movements::unmatched(view.rows(), Some(&payee), &mut |at, row| {
            if row.number == Some(own) {
                unmatched.push(movement(at, &row));
            }
            Ok(true)
        })?;
        all.push(case(view, &id, shown)?);
    }
    unmatched.dedup();
    Ok(Wo { control_number: wanted.to_owned(), cases: all, unmatched })
}

fn facts(row: &CaseRow) -> Facts {
    let facts = &row.facts;
    Facts {
        cause: facts.cause.as_str(),
        detected_by: facts.detected_by.as_str(),
        identified: Day(row.identified.happened.day),
        line_of_business: facts.line_of_business.clone(),
        plan: facts.plan.clone(),
        state: facts.state.clone(),
        vendor: facts.vendor.clone(),
        owner: facts.owner.as_ref().map(ToString::to_string),
        asserted: facts.asserted,
    }
}

fn claims(story: &Story<'_>, row: &CaseRow, patient: bool) -> Vec<Claim> {
    let named = |own: &cases::CaseClaim| {
        let parts = story.known.iter().rev().flat_map(|known| &known.claims);
        let mut same =
            parts.filter(|part| number(&story.payee, &part.patient_control) == own.claim);
        same.next().map(|part| part.patient_control.clone())
    };
    let one = |own: &cases::CaseClaim| Claim {
        payment: own.payment.map(|at| place(at.journal, at.seq)),
        amount: own.amount,
        lines: u64::try_from(own.lines.len()).unwrap_or(u64::MAX),
        patient_control: named(own).filter(|_| patient),
    };
    row.claims.iter().map(one).collect()
}

/// What was proposed about a case and neither approved nor turned down.
fn proposals(story: &Story<'_>) -> Vec<Proposed> {
    let settled = |id: &String| story.known.iter().any(|own| own.settles.as_ref() == Some(id));
    let one = |own: &crate::replay::Known| {
        let proposal = own.command.clone().filter(|id| own.proposes && !settled(id))?;
        Some(Proposed {
            proposal,
            by: own.actor.clone(),
            made: own.learnt_on,
            at: place(own.at.journal, own.at.seq),
            what: own.words.what.clone(),
        })
    };
    story.known.iter().filter_map(one).collect()
}

fn place(journal: lookback_events::id::JournalId, seq: u64) -> String {
    Position { journal, seq }.to_string()
}

const fn standing(known: &Known) -> &'static str {
    if known.evidenced { "evidenced" } else { "asserted" }
}

fn letter(notice: &NoticeState) -> Letter {
    Letter {
        at: place(notice.known.at.journal, notice.known.at.seq),
        control_number: notice.control_number.clone(),
        dated: notice.dated,
        sent: notice.sent,
        received: notice.received,
        method: notice.method.as_str(),
        appeal_deadline: notice.appeal_deadline,
        returned: notice.returned.as_ref().map(|returned| Day(returned.happened.day)),
        lacks: notice.lacks.iter().map(|item| item.as_str()).collect(),
        standing: standing(&notice.known),
    }
}

fn dispute(dispute: &cases::DisputeState) -> Dispute {
    let determined = dispute.determined.as_ref();
    Dispute {
        at: place(dispute.known.at.journal, dispute.known.at.seq),
        received: Day(dispute.known.happened.day),
        level: dispute.level,
        amount: dispute.amount,
        late: dispute.late,
        outcome: determined.map(|determined| determined.outcome.as_str()),
        determined: determined.map(|determined| determined.dated),
        reduced: determined.map(|determined| determined.reduced),
    }
}

fn movement(at: lookback_projections::Position, row: &MovementRow) -> Movement {
    Movement {
        at: place(at.journal, at.seq),
        kind: row.kind.as_str(),
        on: row.on.map(Day),
        trace: row.trace.clone(),
        amount: row.amount,
        carried_forward: row.carried,
        barred: row.barred,
        how: match row.how {
            Some(How::Ladder) => "number",
            Some(How::Backwards) => "number-later",
            Some(How::Person(_)) => "person",
            Some(How::Told) => "told",
            None => "waits",
        },
        counts: row.counts(),
    }
}
