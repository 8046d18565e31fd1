//! Faults: which rule a remittance is to break, chosen so that it breaks that one rule once.
//!
//! A remittance has one fault at most, and none of its claims is ever taken back, corrected or
//! remembered, so no fault can lead to a second finding elsewhere.

use lookback_events::finding::Rule;

use super::payee::Payee;

/// Who can see a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A checker that has nothing but the file.
    File,
    /// Only a ledger that knows the payee's earlier remittances.
    History,
}

impl FaultKind {
    /// `file` or `history`, as in the truth file.
    pub fn id(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::History => "history",
        }
    }
}

/// A fault that was written: the one finding that must come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InjectedFault {
    /// Name of the file.
    pub file: String,
    /// Ordinal of the transaction set in the file, from 1; 0 for a fault of GE or IEA.
    pub transaction: u64,
    /// Ordinal of the claim in the transaction set, from 1; 0 where no claim is at fault.
    pub claim: u64,
    /// The rule broken.
    pub rule: Rule,
    /// Who can see it.
    pub kind: FaultKind,
}

/// Every rule that is broken on purpose.
const RULES: [(Rule, FaultKind); 25] = [
    (Rule::SeCount, FaultKind::File),
    (Rule::GeCount, FaultKind::File),
    (Rule::IeaCount, FaultKind::File),
    (Rule::ControlNumberMismatch, FaultKind::File),
    (Rule::Truncated, FaultKind::File),
    (Rule::LineUnbalanced, FaultKind::File),
    (Rule::ClaimUnbalanced, FaultKind::File),
    (Rule::TransactionUnbalanced, FaultKind::File),
    (Rule::PatientResponsibilityUnbalanced, FaultKind::File),
    (Rule::AmountUnreadable, FaultKind::File),
    (Rule::BprNegative, FaultKind::File),
    (Rule::PlbZero, FaultKind::File),
    (Rule::PlbReasonUnknown, FaultKind::File),
    (Rule::PlbUntraceable, FaultKind::File),
    (Rule::NpiCheckDigit, FaultKind::File),
    (Rule::ReasonCodeRetired, FaultKind::File),
    (Rule::TrnReused, FaultKind::History),
    (Rule::DeliveredTwice, FaultKind::History),
    (Rule::ReversalWithoutOriginal, FaultKind::History),
    (Rule::ReversedTwice, FaultKind::History),
    (Rule::ReversalNotNegated, FaultKind::History),
    (Rule::ForwardUnknown, FaultKind::History),
    (Rule::ForwardAmount, FaultKind::History),
    (Rule::ForwardForeignId, FaultKind::History),
    (Rule::TwoLiveForwards, FaultKind::History),
];

/// The kind of a rule's faults.
pub(super) fn kind(rule: Rule) -> FaultKind {
    RULES.iter().find(|(one, _)| *one == rule).map_or(FaultKind::File, |(_, kind)| *kind)
}

/// True for the rules that one claim breaks.
pub(super) fn is_of_a_claim(rule: Rule) -> bool {
    is_of_a_fresh_claim(rule) || is_of_a_reversal(rule)
}

/// True for the rules that a claim paid here breaks.
pub(super) fn is_of_a_fresh_claim(rule: Rule) -> bool {
    [
        Rule::LineUnbalanced,
        Rule::ClaimUnbalanced,
        Rule::PatientResponsibilityUnbalanced,
        Rule::AmountUnreadable,
        Rule::NpiCheckDigit,
        Rule::ReasonCodeRetired,
    ]
    .contains(&rule)
}

/// True for the rules that a reversal breaks.
pub(super) fn is_of_a_reversal(rule: Rule) -> bool {
    [Rule::ReversalWithoutOriginal, Rule::ReversedTwice, Rule::ReversalNotNegated].contains(&rule)
}

/// What a remittance about to be written would offer to a fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion<'a> {
    pub(super) payee: &'a Payee,
    /// How many claims it will have.
    pub(super) claims: u64,
    /// It is the last of its file.
    pub(super) last: bool,
    /// A remittance of an earlier file is at hand for a second delivery.
    pub(super) earlier: bool,
}

/// How often each rule has been broken.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    broken: [u64; RULES.len()],
}

impl Tally {
    /// Chooses the rule that was broken least often among those the occasion offers.
    pub(super) fn choose(&self, occasion: Occasion<'_>) -> Option<Rule> {
        RULES
            .iter()
            .zip(self.broken)
            .filter(|((rule, _), _)| offers(occasion, *rule))
            .min_by_key(|(_, broken)| *broken)
            .map(|((rule, _), _)| *rule)
    }

    /// Counts a fault that was written.
    pub(super) fn count(&mut self, rule: Rule) {
        for ((one, _), broken) in RULES.iter().zip(self.broken.iter_mut()) {
            if *one == rule {
                *broken = broken.saturating_add(1);
            }
        }
    }
}

/// True where the rule can be broken here and alone.
fn offers(occasion: Occasion<'_>, rule: Rule) -> bool {
    let Occasion { payee, claims, last, earlier } = occasion;
    if [Rule::GeCount, Rule::IeaCount, Rule::Truncated].contains(&rule) {
        return last;
    }
    if rule == Rule::DeliveredTwice {
        return earlier;
    }
    if rule == Rule::TrnReused {
        return payee.trace.is_some();
    }
    if rule == Rule::ReversedTwice {
        return payee.reversed.is_some();
    }
    if rule == Rule::ReversalNotNegated {
        return !payee.recent.is_empty();
    }
    if rule == Rule::ForwardAmount {
        return !payee.forwards.is_empty() && claims >= 8;
    }
    if [Rule::PlbUntraceable, Rule::ForwardUnknown].contains(&rule) {
        // Something must be paid from which they can be taken.
        return claims >= 3;
    }
    true
}
