//! The line of the Monday list that is the queue of movements without a case.

use super::super::{AnswerError, Each, View};
use super::{Item, Question};

/// Hands over the movements that wait for a person.
pub(super) fn all(
    _view: &View<'_>,
    _question: &Question,
    _put: &mut Each<'_, Item>,
) -> Result<(), AnswerError> {
    Ok(())
}
