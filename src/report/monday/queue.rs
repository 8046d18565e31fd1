//! The line of the Monday list that is the queue of movements without a case.

use super::super::unmatched::{self, Unmatched};
use super::super::{AnswerError, Each, View};
use super::{Item, Line, Question};

/// Hands over the movements that wait for a person. They are nobody's yet, so who asks for a plan, an
/// owner or a vendor is not asked about them.
pub(super) fn all(
    view: &View<'_>,
    question: &Question,
    put: &mut Each<'_, Item>,
) -> Result<(), AnswerError> {
    let wanted = &question.wanted;
    let other = question.line.is_some_and(|line| line != Line::Unmatched);
    if other || wanted.plan.is_some() || wanted.owner.is_some() || wanted.vendor.is_some() {
        return Ok(());
    }
    let wanted = unmatched::Wanted { payee: wanted.payee.clone(), cleared: wanted.cleared };
    unmatched::all(view, &wanted, question.on, &mut |waiting| put(item(waiting)))
}

fn item(waiting: Unmatched) -> Item {
    let what = match waiting.candidates {
        0 => format!("{}, no case of that amount", waiting.kind),
        1 => format!("{}, one candidate: {}", waiting.kind, waiting.cases),
        many => format!("{}, {many} candidates", waiting.kind),
    };
    Item {
        line: Line::Unmatched,
        case: None,
        payee: waiting.payee,
        plan: None,
        owner: None,
        vendor: None,
        since: waiting.on,
        days: waiting.days,
        amount: Some(waiting.amount),
        what,
        at: waiting.movement,
    }
}
