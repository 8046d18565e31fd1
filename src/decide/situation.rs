//! The situation of a case or audit as the rules' scopes ask about it.
//!
//! The plan's own words come first; what is not one of the words of policies is not known to them, and
//! what is not known never makes a rule apply.

use lookback_events::event::recovery::Cause as Named;
use lookback_events::event::text::Day;
use lookback_projections::cases::CaseFacts;
use lookback_projections::clocks::Derivation;
use lookback_projections::policy::scope::{Cause, Class, Context, Funding, Line, State};

use super::refusal::Applied;

/// The line of business that a plan's word means; `None` where policies know none such.
pub fn line(word: &str) -> Option<Line> {
    let word = word.trim().to_ascii_lowercase();
    match word.as_str() {
        // A plan's own Medicaid and Medicare business is managed care.
        "medicaid" => Some(Line::MedicaidManagedCare),
        "medicare" => Some(Line::MedicareAdvantage),
        word => Line::parse(word).ok(),
    }
}

fn funding(word: &str) -> Option<Funding> {
    match word {
        "fully-insured" => Some(Funding::Insured),
        word => Funding::parse(word).ok(),
    }
}

const fn cause(named: Named) -> Option<Cause> {
    Some(match named {
        Named::ContractSetup => Cause::ContractSetup,
        Named::ConflictingAuthorization => Cause::ConflictingAuthorization,
        Named::DuplicatePayment => Cause::DuplicatePayment,
        Named::IncorrectCode => Cause::IncorrectCode,
        Named::HigherLevel => Cause::HigherLevel,
        Named::NotDocumented => Cause::NotDocumented,
        Named::NotProvided => Cause::NotProvided,
        Named::Unbundling => Cause::Unbundling,
        Named::Modifier => Cause::Modifier,
        Named::Units => Cause::Units,
        Named::GlobalSurgicalPeriod => Cause::GlobalPeriod,
        Named::MedicalNecessity => Cause::MedicalNecessity,
        Named::RetroactiveContractReview => Cause::RetroactiveContract,
        Named::PaymentError => Cause::PaymentError,
        Named::BillingError => Cause::BillingError,
        Named::BeforeContract | Named::BeforeCredentialing => Cause::BeforeEffective,
        Named::LocumTenens => Cause::LocumTenens,
        Named::TerminatedProvider => Cause::TerminatedProvider,
        Named::ExcludedProvider | Named::UnlicensedProvider => Cause::ExcludedProvider,
        Named::Fraud => Cause::Fraud,
        Named::Other => return None,
    })
}

/// The situation of a case on the day whose policies govern; `None` where its line of business is none
/// that policies know.
pub fn of_case(facts: &CaseFacts, day: Day) -> Option<Context> {
    let mut context = Context::plan(line(&facts.line_of_business)?, day);
    context.state = facts.state.as_deref().and_then(|state| State::parse(state).ok());
    context.funding = facts.funding.as_deref().and_then(funding);
    context.service = facts.service_class.as_deref().and_then(|class| Class::parse(class).ok());
    context.provider = facts.provider_class.as_deref().and_then(|class| Class::parse(class).ok());
    context.cause = cause(facts.cause);
    Some(context)
}

/// The situation of an audit.
pub fn of_audit(line_of_business: &str, state: Option<&str>, day: Day) -> Option<Context> {
    let mut context = Context::plan(line(line_of_business)?, day);
    context.state = state.and_then(|state| State::parse(state).ok());
    Some(context)
}

/// A rule as it was applied, for a refusal.
pub(super) fn applied(derivation: &Derivation) -> Applied {
    Applied {
        rule: derivation.rule.to_string(),
        citation: format!(
            "{} ({} v{})",
            derivation.citation, derivation.policy, derivation.policy_version
        ),
        events: derivation.starts.iter().map(|known| known.source.position.clone()).collect(),
    }
}
