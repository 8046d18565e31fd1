//! Net first: opposite provider adjustments of one remittance belong together (DOMAIN 5).
//!
//! Pure. WO +x with WO −x under one number is nothing; with 72 −x it is a refund acknowledged; with
//! CS −x the payer wrote off, and nothing was taken. What names the same number goes together first;
//! what is left, where exactly one on each side has that amount.

use lookback_events::id::Digest;
use lookback_events::money::Money;
use serde::{Deserialize, Serialize};

use super::MovementKind;
use crate::compact;

/// Why a provider was adjusted (835 PLB03-1), as far as recoveries are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reason {
    /// WO.
    Recovery,
    /// 72.
    Return,
    /// CS.
    Adjustment,
    /// WU.
    Unspecified,
    /// OB.
    Affiliated,
    /// FB.
    Forward,
}

impl Reason {
    /// The reason of a code; `None` where it is no recovery's affair.
    pub(super) fn of(code: &str) -> Option<Self> {
        match code.trim() {
            "WO" => Some(Self::Recovery),
            "72" => Some(Self::Return),
            "CS" => Some(Self::Adjustment),
            "WU" => Some(Self::Unspecified),
            "OB" => Some(Self::Affiliated),
            "FB" => Some(Self::Forward),
            _ => None,
        }
    }
}

/// A provider adjustment as it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Adjustment {
    /// Position of its record.
    pub(super) seq: u64,
    /// Its number in the remittance, from 1.
    pub(super) ordinal: u64,
    /// Why.
    pub(super) reason: Reason,
    /// SHA-256 of payee and PLB03-2; `None` where that is empty.
    #[serde(with = "compact::digest_if_any")]
    pub(super) number: Option<Digest>,
    /// The id of a forward balance; no other reference is kept.
    pub(super) forward: Option<String>,
    /// As signed in the 835: above zero takes from the payment.
    #[serde(with = "compact::cents")]
    pub(super) amount: Money,
}

/// What is left of the adjustments when opposite ones have met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Net {
    pub(super) seq: u64,
    pub(super) ordinal: u64,
    pub(super) kind: MovementKind,
    pub(super) number: Option<Digest>,
    pub(super) amount: Money,
}

/// One side's adjustments, with what is left of each.
struct Side(Vec<Adjustment>);

fn opposite(a: Money, b: Money) -> bool {
    !a.is_zero() && !b.is_zero() && a.is_negative() != b.is_negative()
}

fn size(amount: Money) -> Money {
    if amount.is_negative() { amount.negated() } else { amount }
}

/// What two amounts of opposite sign have in common, signed as the first.
fn common(a: Money, b: Money) -> Money {
    let part = size(a).min(size(b));
    if a.is_negative() { part.negated() } else { part }
}

impl Side {
    fn of(all: &[Adjustment], reason: Reason) -> Self {
        Self(all.iter().filter(|own| own.reason == reason).cloned().collect())
    }

    /// Where what opposes an adjustment stands: of the same number, one of equal amount before others;
    /// else the only one of equal amount, where `alone` says that nothing else competes for it.
    fn opposing(&self, one: &Adjustment, alone: bool) -> Option<usize> {
        let equal = |own: &Adjustment| own.amount == one.amount.negated();
        let meets = |own: &Adjustment| opposite(own.amount, one.amount) && own.seq != one.seq;
        let named = |own: &Adjustment| one.number.is_some() && own.number == one.number;
        let place = |fits: &dyn Fn(&Adjustment) -> bool| self.0.iter().position(fits);
        let by_number = place(&|own| named(own) && meets(own) && equal(own))
            .or_else(|| place(&|own| named(own) && meets(own)));
        by_number.or_else(|| {
            let mut all = self.0.iter().enumerate().filter(|(_, own)| meets(own) && equal(own));
            match (all.next(), all.next()) {
                (Some((at, _)), None) if alone => Some(at),
                _ => None,
            }
        })
    }

    /// Takes a part of what is left of one.
    fn take(&mut self, at: usize, part: Money) -> Option<Adjustment> {
        let own = self.0.get_mut(at)?;
        own.amount = own.amount.checked_sub(part)?;
        Some(own.clone())
    }
}

/// Nets the recoveries of one remittance; forward balances are not among them.
pub(super) fn net(all: &[Adjustment]) -> Vec<Net> {
    let mut recoveries = Side::of(all, Reason::Recovery);
    among_themselves(&mut recoveries);
    let mut found = Vec::new();
    for (reason, kind) in [
        (Reason::Return, MovementKind::Refund),
        (Reason::Adjustment, MovementKind::WrittenOffByPayer),
    ] {
        for rest in across(&mut recoveries, Side::of(all, reason), kind, &mut found) {
            if kind == MovementKind::Refund {
                // It gives the provider what nothing takes: a person must say what it acknowledges.
                let amount = rest.amount.negated();
                found.push(Net { amount, ..left(&rest, MovementKind::ReturnAlone) });
            }
        }
    }
    found.extend(recoveries.0.iter().map(|own| left(own, MovementKind::Letter)));
    for (reason, kind) in [
        (Reason::Unspecified, MovementKind::Unspecified),
        (Reason::Affiliated, MovementKind::Affiliated),
    ] {
        found.extend(Side::of(all, reason).0.iter().map(|own| left(own, kind)));
    }
    found.retain(|net| !net.amount.is_zero());
    found.sort_by_key(|net| net.seq);
    found
}

fn left(own: &Adjustment, kind: MovementKind) -> Net {
    Net { seq: own.seq, ordinal: own.ordinal, kind, number: own.number, amount: own.amount }
}

/// WO +x and WO −x under one number are nothing.
fn among_themselves(recoveries: &mut Side) {
    for at in 0..recoveries.0.len() {
        while let Some(own) = recoveries.0.get(at).cloned() {
            let given_back = own.amount.is_negative() && own.number.is_some();
            let other = recoveries.opposing(&own, false).filter(|_| given_back);
            let Some((other, against)) =
                other.and_then(|other| Some((other, recoveries.0.get(other)?.amount)))
            else {
                break;
            };
            let part = common(own.amount, against);
            recoveries.take(at, part);
            recoveries.take(other, part.negated());
        }
    }
}

/// Lets one side's adjustments meet recoveries; gives what of that side met nothing.
fn across(
    recoveries: &mut Side,
    mut side: Side,
    kind: MovementKind,
    found: &mut Vec<Net>,
) -> Vec<Adjustment> {
    // Numbers first: what they leave may be alone with its amount.
    for by_number in [true, false] {
        for at in 0..side.0.len() {
            while let Some(own) = side.0.get(at).cloned() {
                let rivals = side.0.iter().filter(|other| other.amount == own.amount).count();
                let other = recoveries.opposing(&own, !by_number && rivals == 1);
                let Some((other, of)) = other.and_then(|o| Some((o, recoveries.0.get(o)?.clone())))
                else {
                    break;
                };
                let part = common(of.amount, own.amount);
                recoveries.take(other, part);
                side.take(at, part.negated());
                let number = of.number.or(own.number);
                match found.iter_mut().find(|net| net.seq == own.seq) {
                    Some(net) => net.amount = net.amount.checked_add(part).unwrap_or(net.amount),
                    None => found.push(Net { amount: part, number, ..left(&own, kind) }),
                }
            }
        }
    }
    side.0
}

#[cfg(test)]
mod tests;
