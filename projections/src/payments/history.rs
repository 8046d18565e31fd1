//! How the facts of one claim belong together: which payment a reversal takes, what corrects it.
//!
//! A reversal takes an earlier payment (any fact that is no reversal, denied ones included) with the
//! same days of service whose charge and payment are its own negated and that no earlier reversal
//! took. Payer's numbers decide among several, then remittances before its own, then the newest. One
//! that finds none waits for a payment of another remittance that was paid no later; what stands behind
//! it in its own remittance corrects it, also where the amounts are the same.

use std::collections::BTreeMap;

use lookback_events::money::Money;

use super::Fact;
use crate::rows::{RowsError, add};

/// What a reversal was found to take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// The payment of that index; it may have been recorded after the reversal.
    Takes(usize),
    /// Only payments that were reversed before, such as that.
    Twice(usize),
    /// No payment of these amounts, though one of an earlier remittance stands unreversed.
    NotNegated(usize),
    /// Nothing that is known.
    Without,
}

/// A fact and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The fact.
    pub fact: Fact,
    /// What it takes back; `None` for what is no reversal.
    pub pairing: Option<Pairing>,
    /// Which reversal took it back.
    pub reversed_by: Option<usize>,
    /// Which reversal it follows as the claim's corrected payment.
    pub corrects: Option<usize>,
}

/// The claim's money, as signed in the 835s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Payments that correct nothing.
    pub paid: Money,
    /// Reversals, zero or below.
    pub reversed: Money,
    /// Payments that correct a reversed one.
    pub corrected: Money,
    /// All of it: paid, reversed and corrected.
    pub net: Money,
}

/// All that was said of one claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimHistory {
    /// The facts, in the order of the journal.
    pub entries: Vec<Entry>,
    /// Their sums; an amount that could not be read adds nothing.
    pub totals: Totals,
}

/// Folds the facts of one claim, in the order of their journal.
///
/// # Errors
/// When a sum cannot be held exactly.
pub fn fold(facts: Vec<Fact>) -> Result<ClaimHistory, RowsError> {
    let mut entries = pair(facts);
    let reversals: Vec<usize> = (0..entries.len())
        .filter(|at| entries.get(*at).is_some_and(|e| e.pairing.is_some()))
        .collect();
    for reversal in reversals {
        if let Some(at) = correction(&entries, reversal)
            && let Some(entry) = entries.get_mut(at)
        {
            entry.corrects = Some(reversal);
        }
    }
    let mut totals = Totals::default();
    for entry in &entries {
        let sum = match (entry.pairing, entry.corrects) {
            (Some(_), _) => &mut totals.reversed,
            (None, Some(_)) => &mut totals.corrected,
            (None, None) => &mut totals.paid,
        };
        add(sum, entry.fact.paid)?;
        add(&mut totals.net, entry.fact.paid)?;
    }
    Ok(ClaimHistory { entries, totals })
}

/// The payment that corrects what a reversal took: of the same remittance, after it or ahead of it,
/// else the next one of a later remittance.
fn correction(entries: &[Entry], reversal: usize) -> Option<usize> {
    let reversed = &entries.get(reversal)?.fact;
    let free = |at: usize, entry: &Entry| {
        // What was taken before it came is a payment that arrived late, not a correction.
        let late = entry.reversed_by.is_some_and(|by| by < at);
        entry.pairing.is_none()
            && entry.corrects.is_none()
            && entry.reversed_by != Some(reversal)
            && !late
            && entry.fact.dates.agree(&reversed.dates)
    };
    let rank = |at: usize, entry: &Entry| {
        let same = entry.fact.remittance == reversed.remittance;
        match (same, at > reversal) {
            (true, true) => Some(0_u8),
            (true, false) => Some(1),
            (false, true) => Some(2),
            (false, false) => None,
        }
    };
    let candidates = entries.iter().enumerate().filter(|(at, entry)| free(*at, entry));
    let ranked = candidates.filter_map(|(at, entry)| rank(at, entry).map(|rank| (rank, at)));
    ranked.min().map(|(_, at)| at)
}

type Amounts = (Option<Money>, Option<Money>);

fn amounts(fact: &Fact) -> Amounts {
    (fact.charge, fact.paid)
}

fn negated((charge, paid): Amounts) -> Amounts {
    (charge.map(Money::negated), paid.map(Money::negated))
}

/// Payments by their amounts, and reversals that found none, so that the many facts of a number that
/// a provider gives to all its claims are not compared each with each.
#[derive(Default)]
struct Known {
    standing: BTreeMap<Amounts, Vec<usize>>,
    taken: BTreeMap<Amounts, Vec<usize>>,
    /// By the amounts of the payment that they wait for.
    without: BTreeMap<Amounts, Vec<usize>>,
}

/// Finds what each reversal takes back; nothing is said of corrections.
pub fn pair(facts: Vec<Fact>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::with_capacity(facts.len());
    let mut known = Known::default();
    for (at, fact) in facts.into_iter().enumerate() {
        let mut entry = Entry { fact, pairing: None, reversed_by: None, corrects: None };
        if entry.fact.is_reversal() {
            let pairing = known.reversal(&entries, at, &entry.fact);
            if let Pairing::Takes(payment) = pairing
                && let Some(payment) = entries.get_mut(payment)
            {
                payment.reversed_by = Some(at);
            }
            entry.pairing = Some(pairing);
        } else {
            entry.reversed_by = known.payment(&entries, at, &entry.fact);
            if let Some(reversal) = entry.reversed_by.and_then(|by| entries.get_mut(by)) {
                reversal.pairing = Some(Pairing::Takes(at));
            }
        }
        entries.push(entry);
    }
    entries
}

impl Known {
    /// Finds what a reversal takes back.
    fn reversal(&mut self, entries: &[Entry], at: usize, reversal: &Fact) -> Pairing {
        let wanted = negated(amounts(reversal));
        let fact = |payment: &usize| entries.get(*payment).map(|entry| &entry.fact);
        let negates = |payment: &&usize| fact(payment).is_some_and(|f| reversal.negates(f));
        let rank = |payment: &&usize| {
            let fact = fact(payment);
            let named = fact.is_some_and(|f| reversal.names(f));
            let earlier = fact.is_some_and(|f| f.remittance != reversal.remittance);
            (named, earlier, **payment)
        };
        if let Some(standing) = self.standing.get_mut(&wanted)
            && let Some(best) = standing.iter().filter(negates).max_by_key(rank).copied()
        {
            standing.retain(|payment| *payment != best);
            self.taken.entry(wanted).or_default().push(best);
            return Pairing::Takes(best);
        }
        let taken = self.taken.get(&wanted).and_then(|taken| taken.iter().rfind(negates));
        if let Some(taken) = taken {
            return Pairing::Twice(*taken);
        }
        let others = self.standing.values().flatten().filter(|payment| {
            fact(payment).is_some_and(|f| {
                f.remittance != reversal.remittance && f.dates.agree(&reversal.dates)
            })
        });
        if let Some(other) = others.max_by_key(rank) {
            return Pairing::NotNegated(*other);
        }
        self.without.entry(wanted).or_default().push(at);
        Pairing::Without
    }

    /// Takes in a payment; gives the reversal that waited for it, if one did: of another remittance that
    /// was not paid before this payment.
    fn payment(&mut self, entries: &[Entry], at: usize, payment: &Fact) -> Option<usize> {
        let key = amounts(payment);
        let waits = |reversal: &&usize| {
            entries.get(**reversal).is_some_and(|entry| {
                let in_time = match (entry.fact.paid_on, payment.paid_on) {
                    (Some(reversed), Some(paid)) => paid <= reversed,
                    (None, _) | (_, None) => true,
                };
                let other = entry.fact.remittance != payment.remittance;
                other && in_time && entry.fact.negates(payment)
            })
        };
        let waiting = self.without.get_mut(&key);
        let found = waiting.and_then(|waiting| {
            let found = waiting.iter().find(waits).copied()?;
            waiting.retain(|reversal| *reversal != found);
            Some(found)
        });
        let own = if found.is_some() { &mut self.taken } else { &mut self.standing };
        own.entry(key).or_default().push(at);
        found
    }
}

#[cfg(test)]
mod tests;
