//! What the policies in force choose for the ledger as a whole.

use lookback_events::event::text::Day;

use crate::clocks::Rulebook;
use crate::policy::Policy;
use crate::policy::parameters::Parameter;

/// After how many days a fact is known late (DOMAIN 3.19): the smallest number that a policy in force
/// on the day sets; `None` where none does.
pub fn late_knowledge_days(book: &Rulebook, on: Day) -> Option<u32> {
    let in_force = book.policies().iter().filter(|policy| governs(book, policy, on));
    in_force.filter_map(|policy| policy.parameters.count(Parameter::LateKnowledgeDays)).min()
}

/// True where money of one plan may be taken for another (DOMAIN 4): a policy in force allows it and
/// none refuses.
pub fn may_net_across_plans(book: &Rulebook, on: Day) -> bool {
    let in_force = book.policies().iter().filter(|policy| governs(book, policy, on));
    let words: Vec<&str> =
        in_force.filter_map(|policy| policy.parameters.word(Parameter::CrossPlanNetting)).collect();
    !words.is_empty() && words.iter().all(|word| *word == "allowed")
}

fn governs(book: &Rulebook, policy: &Policy, on: Day) -> bool {
    book.in_force(policy.id.as_str(), on).is_some_and(|other| other.version == policy.version)
}
