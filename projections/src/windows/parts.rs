//! What stands of an overpayment, claim by claim, cut into parts that may be taken from different days on.
//!
//! What was taken already is not known by claim: it counts against what may be taken first.

use chrono::NaiveDate;
use lookback_events::id::Digest;
use lookback_events::money::Money;

use crate::cases::{CaseRow, DisputeState, OfClaim};
use crate::rows::{RowsError, add};

/// No claim has this number.
const OTHER: Digest = Digest([0; 32]);

/// What stands, cut into parts.
pub(super) struct Parts {
    /// What is in no part yet, by claim; under none what was given back beyond what had been taken.
    left: Vec<(Option<Digest>, Money)>,
    /// How much, and from when it may be taken; `None` where that is not known.
    cut: Vec<(Money, Option<NaiveDate>)>,
    /// How much was taken, zero or above.
    taken: Money,
}

/// What a part is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About<'a> {
    /// All of it.
    All,
    /// These claims, where there are any, up to these amounts.
    Claims(&'a [OfClaim]),
    /// What was given back beyond what had been taken.
    GivenBack,
}

impl About<'_> {
    /// How much of what is left of a claim it is about.
    fn of(self, claim: Option<Digest>, left: Money) -> Money {
        match (self, claim) {
            (Self::All, _) | (Self::GivenBack, None) => left,
            (Self::GivenBack, Some(_)) | (Self::Claims(_), None) => Money::ZERO,
            (Self::Claims(named), Some(claim)) => {
                let own = named.iter().find(|one| one.claim == claim);
                own.map_or(Money::ZERO, |one| one.amount.min(left))
            }
        }
    }
}

/// The claims that are named, all of it where none are.
pub(super) const fn about(named: &[OfClaim]) -> About<'_> {
    if named.is_empty() { About::All } else { About::Claims(named) }
}

impl Parts {
    /// What stands of a case: what was given up is gone. Claims that nobody spoke of come first, so that
    /// an amount alone is of them before it is of those that somebody named.
    pub(super) fn of(case: &CaseRow, heard: &[&DisputeState]) -> Result<Self, RowsError> {
        let answers = case.answers.iter().filter(|answer| answer.amount.is_some());
        let named = answers.flat_map(|answer| &answer.claims);
        let named: Vec<_> = named.chain(heard.iter().flat_map(|dispute| &dispute.claims)).collect();
        let is_named = |claim: &Digest| named.iter().any(|one| one.claim == *claim);
        let mut left: Vec<_> =
            case.claims.iter().map(|claim| (Some(claim.claim), claim.amount)).collect();
        left.sort_by_key(|(claim, _)| claim.as_ref().is_some_and(is_named));
        // Of a day before an amendment the claims of that day are not known.
        let mut sum = Money::ZERO;
        left.iter().try_for_each(|(_, amount)| add(&mut sum, Some(*amount)))?;
        let rest = case.money.identified.checked_sub(sum).unwrap_or_default();
        left.push((Some(OTHER), rest.max(Money::ZERO)));
        let taken = case.money.taken()?;
        left.push((None, taken.negated().max(Money::ZERO)));
        let mut parts = Self { left, cut: Vec::new(), taken: taken.max(Money::ZERO) };
        parts.take(rest.negated(), About::All, About::All)?;
        let mut gone = Money::ZERO;
        for dispute in heard.iter().filter(|dispute| !dispute.claims.is_empty()) {
            let reduced = dispute.determined.as_ref().map_or(Money::ZERO, |letter| letter.reduced);
            let cut = parts.take(reduced, About::Claims(&dispute.claims), About::All)?;
            add(&mut gone, Some(cut))?;
        }
        let given_up = [case.money.reduced, case.money.written_off];
        let rest = given_up.iter().try_fold(Money::ZERO, |sum, one| sum.checked_add(*one));
        let rest = rest.and_then(|sum| sum.checked_sub(gone)).unwrap_or_default();
        // What was given up is of what a letter spoke of, before it is of what was identified behind it.
        let letter = case.notices.iter().rfind(|notice| notice.returned.is_none());
        let named = letter.map_or(&[][..], |letter| &letter.claims);
        let cut = parts.take(rest, about(named), About::All)?;
        parts.take(rest.checked_sub(cut).unwrap_or_default(), About::All, About::All)?;
        Ok(parts)
    }

    /// Takes away what is left of what both are about, up to an amount; gives how much that was.
    fn take(
        &mut self,
        amount: Money,
        about: About<'_>,
        within: About<'_>,
    ) -> Result<Money, RowsError> {
        let mut cut = Money::ZERO;
        for (claim, left) in &mut self.left {
            let rest = amount.checked_sub(cut).unwrap_or_default();
            let most = about.of(*claim, *left).min(within.of(*claim, *left));
            let part = rest.min(most).max(Money::ZERO);
            add(left, Some(part.negated()))?;
            add(&mut cut, Some(part))?;
        }
        Ok(cut)
    }

    /// Cuts off a part of what both are about, as far as something is left; gives how much it is.
    pub(super) fn cut(
        &mut self,
        amount: Money,
        about: About<'_>,
        within: About<'_>,
        from: Option<NaiveDate>,
    ) -> Result<Money, RowsError> {
        let part = self.take(amount, about, within)?;
        self.cut.push((part, from));
        Ok(part)
    }

    /// How much is in no part yet.
    pub(super) fn left(&self) -> Result<Money, RowsError> {
        let mut sum = Money::ZERO;
        self.left.iter().try_for_each(|(_, left)| add(&mut sum, Some(*left)))?;
        Ok(sum)
    }

    /// How much of an amount was not taken yet.
    pub(super) fn not_taken(&self, amount: Money) -> Money {
        amount.checked_sub(self.taken).unwrap_or_default().max(Money::ZERO)
    }

    /// How much may be taken on a day.
    pub(super) fn free(&self, on: NaiveDate) -> Result<Money, RowsError> {
        let mut free = Money::ZERO;
        for (amount, from) in &self.cut {
            if from.is_some_and(|from| from <= on) {
                add(&mut free, Some(*amount))?;
            }
        }
        Ok(self.not_taken(free))
    }

    /// The first day on which something may be taken that was not taken yet; where nothing is left, the
    /// first on which anything could.
    pub(super) fn first(&self) -> Result<Option<NaiveDate>, RowsError> {
        let mut days: Vec<NaiveDate> = self.cut.iter().filter_map(|(_, from)| *from).collect();
        days.sort_unstable();
        for day in &days {
            if !self.free(*day)?.is_zero() {
                return Ok(Some(*day));
            }
        }
        let mut all = Money::ZERO;
        self.cut.iter().try_for_each(|(amount, _)| add(&mut all, Some(*amount)))?;
        let empty = self.not_taken(all).is_zero();
        Ok(days.first().copied().filter(|_| empty))
    }
}
