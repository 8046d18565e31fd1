//! Payees: who they are, and the little of their past that later remittances need.
//!
//! What a payee remembers is bounded whatever the number of claims: a reservoir of payments that may
//! yet be reversed, corrections still to come, forward balances still to be used.

use super::claim::Claim;
use super::source::Source;
use super::vocabulary::{PLACES, PRACTICES, STREETS, TOWNS, entry};

/// How many recent payments a payee keeps as possible targets of reversals.
pub(super) const RECENT_MAX: usize = 16;

/// How many corrections may wait for a later file.
pub(super) const PENDING_MAX: usize = 4;

/// How many forward balances may be alive, and how many recoveries postponed.
pub(super) const FORWARDS_MAX: usize = 4;

/// A practitioner of the payee (835 NM1*82).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Practitioner {
    pub(super) surname: u8,
    pub(super) first_name: u8,
    pub(super) npi: u64,
}

/// A forward balance that has not been used up (835 PLB, FB).
#[derive(Debug, Clone, Copy)]
pub(super) struct Forward {
    /// The TRN02 under which it was made.
    pub(super) trace: u64,
    /// Cents that may still be consumed.
    pub(super) left: i64,
}

/// A recovery given back for now and taken later under the same number (835 PLB, WO).
#[derive(Debug, Clone, Copy)]
pub(super) struct Postponed {
    /// The claim whose payer control number both sides carry.
    pub(super) serial: u64,
    pub(super) cents: i64,
}

/// A payee and what is remembered of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Payee {
    pub(super) name: String,
    pub(super) street: String,
    pub(super) town: usize,
    /// Ten digits with their check digit; none where the payee is known by its TIN alone.
    pub(super) npi: Option<u64>,
    /// Nine digits (835 REF*TJ).
    pub(super) tin: u64,
    /// Two letters that begin its patient control numbers.
    pub(super) prefix: String,
    pub(super) practitioners: Vec<Practitioner>,
    pub(super) recent: Vec<Claim>,
    /// Corrections that wait, each with the number of the file that held its reversal.
    pub(super) pending: Vec<(u64, Claim)>,
    pub(super) forwards: Vec<Forward>,
    pub(super) postponed: Vec<Postponed>,
    /// A payment reversed in an earlier remittance, for whoever wants to reverse it again.
    pub(super) reversed: Option<Claim>,
    /// The check number of an earlier remittance that made no forward balance.
    pub(super) trace: Option<u64>,
}

impl Payee {
    /// Invents a payee; `number` makes its TIN its own.
    pub(super) fn new(source: &mut Source, number: u32) -> Self {
        let mut practitioners = Vec::new();
        for _ in 0..source.between(1, 4) {
            practitioners.push(Practitioner {
                surname: source.small(40),
                first_name: source.small(32),
                npi: npi(source),
            });
        }
        let place = entry(&PLACES, source.index(PLACES.len()));
        let practice = entry(&PRACTICES, source.index(PRACTICES.len()));
        let street = entry(&STREETS, source.index(STREETS.len()));
        let letters = [source.small(26), source.small(26)];
        Self {
            name: format!("{place} {practice}"),
            street: format!("{} {street}", source.between(1, 900)),
            town: source.index(TOWNS.len()),
            npi: if source.chance(970) { Some(npi(source)) } else { None },
            // Five digits of chance, so that runs of other seeds have other payees, then the number.
            tin: u64::from(source.below(90_000))
                .saturating_mul(1_000)
                .saturating_add(u64::from(number % 1_000))
                .saturating_add(900_000_000),
            prefix: letters.iter().map(|letter| char::from(letter.wrapping_add(b'A'))).collect(),
            practitioners,
            ..Self::default()
        }
    }

    /// The identifier of 835 PLB01.
    pub(super) fn identifier(&self) -> u64 {
        self.npi.unwrap_or(self.tin)
    }

    /// Keeps a payment as a possible target of a reversal, in place of another when full.
    pub(super) fn remember(&mut self, claim: Claim, source: &mut Source) {
        if self.recent.len() < RECENT_MAX {
            self.recent.push(claim);
        } else {
            let place = source.index(RECENT_MAX);
            if let Some(old) = self.recent.get_mut(place) {
                *old = claim;
            }
        }
    }
}

/// Draws an NPI with a right check digit.
fn npi(source: &mut Source) -> u64 {
    let nine = 100_000_000_u64.saturating_add(u64::from(source.below(100_000_000)));
    nine.saturating_mul(10).saturating_add(check_digit(nine))
}

/// The check digit of an NPI's first nine digits: Luhn over them with the prefix 80840.
///
/// The prefix's own digits come to 24. From the right every other digit is doubled, and a doubled
/// digit above 9 counts as the sum of its two.
fn check_digit(nine: u64) -> u64 {
    let mut sum = 24_u64;
    let mut left = nine;
    for place in 0..9_u8 {
        let digit = left % 10;
        left /= 10;
        let counted = if place.is_multiple_of(2) { digit.saturating_mul(2) } else { digit };
        sum = sum.saturating_add(counted / 10).saturating_add(counted % 10);
    }
    10_u64.saturating_sub(sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_published_example() {
        assert_eq!(check_digit(123_456_789), 3);
    }

    #[test]
    fn a_payee_remembers_a_bounded_number_of_payments() {
        let mut source = Source::new(3);
        let mut payee = Payee::new(&mut source, 1);
        for serial in 0..10_000 {
            let claim = Claim { serial, ..Claim::default() };
            payee.remember(claim, &mut source);
        }
        assert_eq!(payee.recent.len(), RECENT_MAX);
        // Replacement is at random, so what is kept is recent: the mean age is RECENT_MAX.
        assert!(payee.recent.iter().all(|claim| claim.serial > 9_500));
    }
}
