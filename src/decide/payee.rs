//! The rules of what is done about a payee, and known of it beside its remittances.

use lookback_events::event::act::{Subject, Told};
use lookback_events::event::audit::Integrity;
use lookback_events::event::hold::{Affairs, Direction};
use lookback_events::finding::{Finding, Rule};
use lookback_projections::{affairs, cases, integrity, movements, payees, remittances};

use super::given::{Given, No};
use super::refusal::Refusal;
use super::verdict::finding;

/// Decides what the special investigations unit does.
pub(super) fn integrity(given: &Given<'_>, told: &Told<Integrity>) -> Result<(), No> {
    let row = integrity::measures(given.rows, &told.subject)?;
    let row = row.as_ref();
    let (review, suspension, stand_down) = (
        row.and_then(|row| row.review()),
        row.and_then(|row| row.suspension()),
        row.and_then(|row| row.stand_down()),
    );
    let nothing = |what| Err(Refusal::NothingThere { subject: told.subject.clone(), what }.into());
    match &told.detail {
        Integrity::PrepaymentReviewBegan(_) if review.is_some() => {
            nothing("a review goes on already")
        }
        Integrity::PrepaymentReviewEnded(_) if review.is_none() => nothing("no review goes on"),
        Integrity::SuspensionBegan(_) if suspension.is_some() => {
            nothing("a suspension stands already")
        }
        Integrity::SuspensionEnded(_) if suspension.is_none() => nothing("no suspension stands"),
        Integrity::StandDownBegan(_) if stand_down.is_some() => {
            nothing("a stand-down stands already")
        }
        Integrity::StandDownLifted(_) if stand_down.is_none() => nothing("no stand-down stands"),
        Integrity::PrepaymentReviewBegan(_)
        | Integrity::PrepaymentReviewEnded(_)
        | Integrity::SuspensionBegan(_)
        | Integrity::SuspensionEnded(_)
        | Integrity::StandDownBegan(_)
        | Integrity::StandDownLifted(_)
        | Integrity::ReferredToGovernment(_)
        | Integrity::Sanctioned(_) => Ok(()),
    }
}

/// Decides what is known of a payee.
pub(super) fn known(given: &Given<'_>, told: &Told<Affairs>) -> Result<Vec<Finding>, No> {
    let unsound =
        |what: &str, help| Err(No::from(Refusal::Unsound { what: what.to_owned(), help }));
    let nothing = Ok(Vec::new());
    match &told.detail {
        Affairs::PayeeSucceeded(one) => {
            if told.subject == Subject::Payee(one.other.clone()) {
                return unsound("a payee does not succeed itself", "name the other payee");
            }
            if one.authority.trim().is_empty() {
                return unsound("no authority is named", "say what links them: \"authority\"");
            }
            if payees::payee(given.rows, &one.other)?.is_none() {
                return Err(Refusal::PayeeUnknown { payee: one.other.clone() }.into());
            }
            nothing
        }
        Affairs::ContactRecorded(contact) if contact.direction == Direction::Outbound => {
            contacted(given, told)
        }
        Affairs::CheckReissued(one) if one.new_trace.trim() == one.trace.trim() => {
            unsound("the new check has the number of the old one", "give the new number")
        }
        Affairs::CheckReissued(one) => is_check(given, told, &one.trace),
        Affairs::CheckVoided(one) | Affairs::CheckStopped(one) => is_check(given, told, &one.trace),
        Affairs::TerminationNoticeGiven(_)
        | Affairs::ContactRecorded(_)
        | Affairs::NoteRecorded(_) => nothing,
    }
}

/// A check is one that a remittance of the payee names, or that was issued in the place of one.
fn is_check(given: &Given<'_>, told: &Told<Affairs>, trace: &str) -> Result<Vec<Finding>, No> {
    let Subject::Payee(payee) = &told.subject else { return Ok(Vec::new()) };
    let known = remittances::is_trace(given.rows, payee, trace)?
        || affairs::is_reissued(given.rows, payee, trace)?;
    if known {
        return Ok(Vec::new());
    }
    let what = "no remittance has a check or EFT number like that";
    Err(Refusal::NothingThere { subject: told.subject.clone(), what }.into())
}

/// Contact that we made has happened: under a stand-down of that day it is recorded with a finding
/// (DOMAIN 3.12, 3.18).
fn contacted(given: &Given<'_>, told: &Told<Affairs>) -> Result<Vec<Finding>, No> {
    let day = told.act.happened.day;
    let barred = match &told.subject {
        Subject::Case(id) => match cases::case(given.rows, id)? {
            Some(row) => movements::stays(given.rows, &row)?.stand_down(&row, day),
            None => false,
        },
        Subject::Payee(_) => {
            let measures = integrity::measures(given.rows, &told.subject)?;
            measures.is_some_and(|row| row.is_stood_down(day))
        }
        Subject::Audit(_) | Subject::Hold(_) | Subject::Ledger => false,
    };
    let found = || finding(Rule::ContactWhileBarred, "contact was made under a stand-down");
    Ok(barred.then(found).into_iter().collect())
}
