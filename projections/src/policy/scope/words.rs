//! The words that scopes are made of: who is bound, which business, who bears the risk, which cause.

use crate::policy::vocabulary::words;

words! {
    /// Who is bound by a rule (DOMAIN 3.17).
    Actor is "an actor" {
        /// A managed care plan.
        Plan = "plan",
        /// A State's Medicaid agency.
        StateAgency = "state-agency",
        /// A contractor that administers Medicare.
        MedicareContractor = "medicare-contractor",
        /// An insurer under a State's insurance law.
        Insurer = "insurer",
        /// A recovery audit contractor.
        RecoveryAuditor = "recovery-auditor",
        /// A provider.
        Provider = "provider",
    }
}

words! {
    /// The business that a claim belongs to.
    Line is "a line of business" {
        /// Medicaid by way of a plan.
        MedicaidManagedCare = "medicaid-managed-care",
        /// Medicaid paid by the State itself.
        MedicaidFeeForService = "medicaid-fee-for-service",
        /// Medicare paid by its contractors.
        MedicareFeeForService = "medicare-fee-for-service",
        /// Medicare by way of a plan.
        MedicareAdvantage = "medicare-advantage",
        /// Commercial insurance.
        Commercial = "commercial",
    }
}

words! {
    /// Who bears the risk.
    Funding is "a funding" {
        /// The plan or insurer.
        Insured = "insured",
        /// The employer.
        SelfInsured = "self-insured",
        /// A government.
        Government = "government",
    }
}

words! {
    /// Why an amount was identified: what the manual names (DOMAIN 2), and what rules except.
    Cause is "a cause" {
        /// A contract or fee schedule was set up wrongly.
        ContractSetup = "contract-setup",
        /// Authorizations contradict each other.
        ConflictingAuthorization = "conflicting-authorization",
        /// The same service was paid twice.
        DuplicatePayment = "duplicate-payment",
        /// The procedure or revenue code is wrong.
        IncorrectCode = "incorrect-code",
        /// Billed at a higher level than provided.
        HigherLevel = "higher-level",
        /// Not documented.
        NotDocumented = "not-documented",
        /// Not provided.
        NotProvided = "not-provided",
        /// Billed apart what belongs together.
        Unbundling = "unbundling",
        /// A modifier is wrong.
        Modifier = "modifier",
        /// Units are wrong.
        Units = "units",
        /// Within a global surgical period.
        GlobalPeriod = "global-period",
        /// Not medically necessary.
        MedicalNecessity = "medical-necessity",
        /// A contract was reviewed after the fact.
        RetroactiveContract = "retroactive-contract",
        /// The plan paid wrongly.
        PaymentError = "payment-error",
        /// The provider billed wrongly.
        BillingError = "billing-error",
        /// Before the contract took effect, or before credentialing.
        BeforeEffective = "before-effective",
        /// Locum tenens over six months without notice.
        LocumTenens = "locum-tenens",
        /// The provider was terminated.
        TerminatedProvider = "terminated-provider",
        /// The provider was excluded or not licensed.
        ExcludedProvider = "excluded-provider",
        /// Fraud or intentional misrepresentation.
        Fraud = "fraud",
        /// A legal action is under way.
        LegalAction = "legal-action",
        /// Another payer already paid, or the provider was already paid.
        AlreadyPaid = "already-paid",
    }
}
