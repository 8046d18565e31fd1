//! What a refusal says of itself: rule, citation, the day that was computed, the records behind it,
//! and what to do.

use lookback_events::event::act::Subject;
use lookback_events::event::text::Day;
use lookback_projections::Position;

use super::{Applied, Refusal, place};

/// A refusal, told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The rule's id, as reports and programs know it.
    pub rule: &'static str,
    /// The rule about time behind it, such as `dispute-window`.
    pub clock: Option<String>,
    /// Where the rule is written.
    pub citation: String,
    /// The day that was computed: from when it would be allowed, or until when it was.
    pub date: Option<Day>,
    /// The records behind it.
    pub events: Vec<String>,
    /// What to do, or where to look.
    pub help: Option<String>,
}

/// What a ledger asks by itself, without a rule of somebody else.
const LEDGER: &str = "this ledger";
const MANUAL: &str = "Provider Manual Section 3";

impl Told {
    fn of(rule: &'static str) -> Self {
        let citation = LEDGER.to_owned();
        Self { rule, clock: None, citation, date: None, events: Vec::new(), help: None }
    }

    fn by(self, citation: &str) -> Self {
        Self { citation: citation.to_owned(), ..self }
    }

    fn under(self, applied: &Applied) -> Self {
        Self {
            clock: Some(applied.rule.clone()),
            citation: applied.citation.clone(),
            events: applied.events.clone(),
            ..self
        }
    }

    fn on(self, day: Day) -> Self {
        Self { date: Some(day), ..self }
    }

    fn at(self, at: Position) -> Self {
        Self { events: vec![place(at)], ..self }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

const REGISTER: &str = "an admin registers it: lookback actor register ID --role ROLE";
const PROPOSE: &str = "send it as a proposal (--propose, or the command propose); another person \
                       approves it: lookback approve ID";

impl Refusal {
    /// What it says of itself beside its message.
    pub fn told(&self) -> Told {
        let of = Told::of;
        match self {
            Self::CommandReused { at, .. } => {
                of("command-reused").at(*at).help("give the new command an id of its own")
            }
            Self::ActorUnknown { .. } => of("actor-unknown").help(REGISTER),
            Self::ActorRetired { at, .. } => of("actor-retired").at(*at).help(REGISTER),
            Self::RoleMissing { .. } => of("role-missing").help(REGISTER),
            Self::ProposalUnknown { .. } => {
                of("proposal-unknown").help("lookback actor list --proposals shows what waits")
            }
            Self::ProposalEnded { at, .. } => of("proposal-ended").at(*at),
            Self::SamePerson { at, .. } => of("same-person").at(*at),
            Self::SubjectUnknown { .. } => of("subject-unknown"),
            Self::SubjectExists { at, .. } => of("subject-exists").at(*at),
            Self::PayeeUnknown { .. } => {
                of("payee-unknown").help("lookback report accounts lists the payees that were paid")
            }
            Self::ClaimUnknown { payee, .. } => of("claim-unknown")
                .help(format!("lookback report payments --payee {payee} lists its claims")),
            Self::PaymentUnknown { .. } => of("payment-unknown"),
            Self::ClaimOfAnother { .. } => of("claim-of-another"),
            Self::Unexpected { found, .. } => {
                let told = of("not-as-expected")
                    .help("look again, then send it with that record, or without \"expect\"");
                Told { events: found.iter().copied().map(place).collect(), ..told }
            }
            Self::SubjectEnded { subject, at } => {
                let told = of("subject-ended").at(*at);
                match subject {
                    Subject::Case(case) => told.help(format!("lookback case reopen {case}")),
                    Subject::Audit(_) | Subject::Hold(_) | Subject::Payee(_) | Subject::Ledger => {
                        told
                    }
                }
            }
            Self::NothingThere { .. } => of("nothing-there"),
            Self::LateWithoutDocument { until, .. } => of("late-without-document")
                .by("policy parameter late-knowledge-days")
                .on(*until)
                .help("give the document that shows it: --document, or its digest as \"document\""),
            Self::SecondPersonNeeded { .. } => of("second-person-needed").help(PROPOSE),
            Self::Unsound { help, .. } => of("unsound").help(*help),
            Self::NotAboveZero { .. } => of("not-above-zero"),
            Self::AboveNetPaid { payment, .. } => {
                of("above-net-paid").by("policy parameter above-net-paid").at(*payment)
            }
            Self::NothingMoved { payment, .. } => {
                of("outside-lookback").by("policy parameter lookback-from").at(*payment)
            }
            Self::NoFraudPredicate { payee } => of("fraud-predicate-missing")
                .by("Provider Manual Section 3, Audits; policy parameter fraud-predicate")
                .help(format!("lookback audit predicate --payee {payee} records one")),
            Self::OutsideLookback { until, applied, .. } => {
                of("outside-lookback").under(applied).on(*until)
            }
            Self::NotComputed { of: rule, .. } => of(rule).by(MANUAL),
            Self::StandDown { at, .. } => of("stand-down")
                .by("policy parameter stand-down")
                .at(*at)
                .help("it is lifted with lift-stand-down when the agency says so"),
            Self::KeptByAuthority => of("kept-by-authority"),
            Self::NoticeLacks { .. } => of("notice-content")
                .by("Provider Manual Section 3, Payment Integrity: content of a notice")
                .help("what was mailed so is recorded with record-notice, with a finding"),
            Self::DeadlineTooEarly { least, .. } => of("notice-content")
                .by("Provider Manual Section 3, Payment Integrity: content of a notice")
                .on(*least)
                .help("what was mailed so is recorded with record-notice, with a finding"),
            Self::ControlNumberReused { at, .. } => of("control-number-reused").at(*at).help(
                "give the notice a number of its own; what was mailed so is recorded with \
                 record-notice, with a finding",
            ),
            Self::Disputed { at, .. } => of("offset-while-disputed").by(MANUAL).at(*at),
            Self::Stayed { at, .. } => of("offset-while-stayed").by("11 U.S.C. 362").at(*at),
            Self::RepaymentPlan { case, at } => of("offset-under-plan")
                .by(MANUAL)
                .at(*at)
                .help(format!("lookback case default {case} says that it was not kept")),
            Self::NoNotice { .. } => of("offset-without-notice").by(MANUAL),
            Self::NotNamed { at, .. } => of("offset-without-notice").by(MANUAL).at(*at),
            Self::OffsetBeforeEligible { case, from, applied, .. } => of("offset-before-eligible")
                .under(applied)
                .on(*from)
                .help(format!("lookback explain case:{case} {}", applied.rule)),
            Self::AboveBalance { at, .. } => of("offset-above-balance").by(MANUAL).at(*at),
            Self::AboveTaken { at, .. } => of("restoration-above-taken").by(MANUAL).at(*at),
            Self::CrossPlan { .. } => of("cross-plan-offset").by(
                "policy parameter cross-plan-netting; Peterson v. UnitedHealth (8th Cir. 2019)",
            ),
            Self::PolicyTooSoon { earliest, applied, .. } => {
                let help = "let it take effect later, or name the agency that mandated it sooner";
                of("policy-too-soon").under(applied).on(*earliest).help(help)
            }
            Self::Movement { .. } => {
                of("movement").help("lookback report unmatched lists what waits for a person")
            }
            Self::LastAdmin { .. } => of("last-admin").help("register another admin first"),
        }
    }
}
