//! Refusals: the rules said no, the ledger is well.
//!
//! In order of precedence: of several that hold, the first is told. Idempotency comes before
//! everything, then who may act, then what the command is about, then what it expected, then whether a
//! second person is needed, then the rules of the business.
//!
//! No message repeats anything of a patient: a claim is named by its place in the command.

use lookback_events::event::act::Subject;
use lookback_events::event::governance::Role;
use lookback_events::event::recovery::letters::NoticeItem;
use lookback_events::event::text::Day;
use lookback_events::id::{ActorId, CaseId, CommandId, PayeeId};
use lookback_events::money::Money;
use lookback_projections::Position;

mod told;

pub use told::Told;

/// A rule about time as it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The rule.
    pub rule: String,
    /// Where it is written.
    pub citation: String,
    /// The records that it used.
    pub events: Vec<String>,
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its id was answered before, for other content.
    #[error("command {command} was given before with other content")]
    CommandReused {
        /// The id.
        command: CommandId,
        /// What it led to.
        at: Position,
    },
    /// Actors are registered, and this is none of them.
    #[error("{actor} is no registered actor")]
    ActorUnknown {
        /// Who.
        actor: ActorId,
    },
    /// The actor left.
    #[error("{actor} was retired")]
    ActorRetired {
        /// Who.
        actor: ActorId,
        /// When.
        at: Position,
    },
    /// The actor has none of the roles that the command needs.
    #[error("{actor} may not {command}: {} is needed", words(.needed))]
    RoleMissing {
        /// Who.
        actor: ActorId,
        /// What.
        command: &'static str,
        /// One of these.
        needed: &'static [Role],
    },
    /// There is no such proposal.
    #[error("there is no proposal {proposal}")]
    ProposalUnknown {
        /// Its command's id.
        proposal: String,
    },
    /// It was approved or turned down before.
    #[error("proposal {proposal} was {how} before")]
    ProposalEnded {
        /// Its command's id.
        proposal: String,
        /// What became of it.
        how: &'static str,
        /// Where.
        at: Position,
    },
    /// Who proposed cannot approve.
    #[error("{actor} proposed it; a second person must approve")]
    SamePerson {
        /// Who.
        actor: ActorId,
        /// The proposal.
        at: Position,
    },
    /// What it is about is not known.
    #[error("{subject} is not known")]
    SubjectUnknown {
        /// What.
        subject: Subject,
    },
    /// What it would begin is there already.
    #[error("{subject} is there already")]
    SubjectExists {
        /// What.
        subject: Subject,
        /// Where it began.
        at: Position,
    },
    /// No remittance and no opening inventory named this payee.
    #[error("payee {payee} is not known")]
    PayeeUnknown {
        /// Who.
        payee: PayeeId,
    },
    /// A claim that it names was never paid to the payee.
    #[error("claim {number} of the command: payee {payee} was never paid under that number")]
    ClaimUnknown {
        /// Who is paid.
        payee: PayeeId,
        /// Its place in the command, from 1.
        number: usize,
    },
    /// The payment that it names is none of the claim's.
    #[error("claim {number} of the command: {payment} is no payment of it")]
    PaymentUnknown {
        /// Its place in the command, from 1.
        number: usize,
        /// What it names.
        payment: String,
    },
    /// A claim that it names is none of the case.
    #[error("claim {number} of the command is none of {case}")]
    ClaimOfAnother {
        /// The case.
        case: CaseId,
        /// Its place in the command, from 1.
        number: usize,
    },
    /// More has happened than the sender knew.
    #[error("{subject} has gone on since: its last record is {}, not {}", shown(*.found), .expected)]
    Unexpected {
        /// What.
        subject: String,
        /// What the sender knew.
        expected: String,
        /// What is there.
        found: Option<Position>,
    },
    /// It has ended.
    #[error("{subject} has ended")]
    SubjectEnded {
        /// What.
        subject: Subject,
        /// Where.
        at: Position,
    },
    /// There is nothing that it could change.
    #[error("{subject}: {what}")]
    NothingThere {
        /// What it is about.
        subject: Subject,
        /// What is not there.
        what: &'static str,
    },
    /// A fact told long after it happened needs a document.
    #[error(
        "it is said to have happened {days} days ago; after {limit} a document's digest is needed"
    )]
    LateWithoutDocument {
        /// How many days ago.
        days: i64,
        /// After how many a document is needed.
        limit: u32,
        /// The last day without.
        until: Day,
    },
    /// One person alone may not do it.
    #[error("{command} needs a second person{}", because(*why))]
    SecondPersonNeeded {
        /// What.
        command: &'static str,
        /// Why this one does, where not all of its kind do.
        why: Option<&'static str>,
    },
    /// Something is wrong with what it says.
    #[error("{what}")]
    Unsound {
        /// What.
        what: String,
        /// What to do.
        help: &'static str,
    },
    /// An amount must be above zero.
    #[error("{what} is not above zero")]
    NotAboveZero {
        /// Which amount.
        what: &'static str,
    },
    /// More is claimed back than was paid.
    #[error("{}", above_net(*.number, *.line, *.asked, *.net, .others, *.never))]
    AboveNetPaid {
        /// The claim's place in the command, from 1.
        number: usize,
        /// The line; `None` for the claim as a whole.
        line: Option<u64>,
        /// How much is claimed back.
        asked: Money,
        /// What was paid, less what is reversed.
        net: Money,
        /// Other cases that hold parts of it, with how much; unnamed where one is not to be told.
        others: Vec<(Option<CaseId>, Money)>,
        /// Why it moved no money, where it moved none.
        never: Option<&'static str>,
        /// The payment.
        payment: Position,
    },
    /// A payment that is to be audited moved no money: there is nothing to look back at.
    #[error("claim {number} of the command: no money was moved, {why}")]
    NothingMoved {
        /// The claim's place in the command, from 1.
        number: usize,
        /// What became of its check.
        why: &'static str,
        /// The payment.
        payment: Position,
    },
    /// Fraud is to be investigated, and nobody recorded why.
    #[error(
        "no fraud predicate of payee {payee} was recorded before; a routine audit is not relabelled"
    )]
    NoFraudPredicate {
        /// Who.
        payee: PayeeId,
    },
    /// A payment is too old to be audited.
    #[error("a payment of {} may be audited until {}", .paid.0, .until.0)]
    OutsideLookback {
        /// When it was paid.
        paid: Day,
        /// The last day.
        until: Day,
        /// The rule.
        applied: Applied,
    },
    /// Whether it may be cannot be said, so it may not.
    #[error("whether it may be cannot be computed: {why}")]
    NotComputed {
        /// What is missing.
        why: String,
        /// What of.
        of: &'static str,
    },
    /// An agency forbids notice, contact and offset.
    #[error("a stand-down stands{} since {}", of_agency(.agency.as_deref()), .since.0)]
    StandDown {
        /// Which agency.
        agency: Option<String>,
        /// Since when.
        since: Day,
        /// Its record.
        at: Position,
    },
    /// The same, to who is not to know more of it.
    #[error("an authority keeps this; ask compliance")]
    KeptByAuthority,
    /// A notice lacks what it must carry.
    #[error("the notice lacks {}", items(.lacks))]
    NoticeLacks {
        /// What.
        lacks: Vec<NoticeItem>,
    },
    /// A notice states a last day for an appeal before its own day, or before its window closes. One of
    /// which no such day is told is issued: the letter states it, and no appeal against it is late.
    #[error("the notice states {} as the last day for an appeal, and it may not end before {}", .stated.0, .least.0)]
    DeadlineTooEarly {
        /// What it states.
        stated: Day,
        /// The first day that it may state.
        least: Day,
    },
    /// Another case of the payee has a notice with that control number: what a payer takes under it
    /// would be of both.
    #[error("case {other} of this payee has a notice with that control number")]
    ControlNumberReused {
        /// The other case.
        other: CaseId,
        /// The last record of that case.
        at: Position,
    },
    /// A dispute bars the offset.
    #[error("case {case}: a dispute is open since {}", .since.0)]
    Disputed {
        /// The case.
        case: CaseId,
        /// Since when.
        since: Day,
        /// Its record.
        at: Position,
    },
    /// A bankruptcy stays all recovery.
    #[error("case {case}: a bankruptcy stays all recovery since {}", .since.0)]
    Stayed {
        /// The case.
        case: CaseId,
        /// Since when.
        since: Day,
        /// Its record.
        at: Position,
    },
    /// The provider repays in instalments.
    #[error("case {case}: a repayment plan is in force, and while it is kept nothing is offset")]
    RepaymentPlan {
        /// The case.
        case: CaseId,
        /// The last record of the case.
        at: Position,
    },
    /// Nobody wrote to the provider.
    #[error("case {case}: no written notice stands, and without one nothing is offset")]
    NoNotice {
        /// The case.
        case: CaseId,
    },
    /// More than the provider was written to about.
    #[error(
        "case {case}: {} of what is outstanding was identified or given back too much behind the last \
         notice, which names it not; it needs a notice and a window of its own",
        .amount.grouped()
    )]
    NotNamed {
        /// The case.
        case: CaseId,
        /// How much.
        amount: Money,
        /// The last record of the case.
        at: Position,
    },
    /// A window is open.
    #[error(
        "case {case}, {}: the {} is open until {}; an offset may begin on {}",
        .amount.grouped(), .applied.rule.replace('-', " "), .until.0, .from.0
    )]
    OffsetBeforeEligible {
        /// The case.
        case: CaseId,
        /// How much.
        amount: Money,
        /// The last day of the window.
        until: Day,
        /// The first day of an offset.
        from: Day,
        /// The rule.
        applied: Applied,
    },
    /// More is to be taken than is outstanding.
    #[error(
        "case {case}: {} is above what is outstanding and not instructed, {}",
        .asked.grouped(), .left.grouped()
    )]
    AboveBalance {
        /// The case.
        case: CaseId,
        /// How much is asked for.
        asked: Money,
        /// How much is left.
        left: Money,
        /// The last record of the case.
        at: Position,
    },
    /// More is to be restored or kept than was taken and is not decided yet.
    #[error(
        "case {case}: {} is above what was taken and is not decided yet, {}",
        .asked.grouped(), .left.grouped()
    )]
    AboveTaken {
        /// The case.
        case: CaseId,
        /// How much is asked for.
        asked: Money,
        /// How much is left.
        left: Money,
        /// The last record of the case.
        at: Position,
    },
    /// Money of one plan is not taken for another.
    #[error("case {case} is plan {own}'s; money of plan {other} is not taken for it")]
    CrossPlan {
        /// The case.
        case: CaseId,
        /// The case's plan.
        own: String,
        /// The other one.
        other: String,
    },
    /// A policy's notice has not run.
    #[error(
        "announced {}, it may take effect on {} at the earliest, not on {}",
        .announced.0, .earliest.0, .effective.0
    )]
    PolicyTooSoon {
        /// When it was announced.
        announced: Day,
        /// When it was to take effect.
        effective: Day,
        /// The first day.
        earliest: Day,
        /// The rule.
        applied: Applied,
    },
    /// A movement is booked elsewhere, or belongs to another payee.
    #[error("movement {movement}: {what}")]
    Movement {
        /// The record that shows it.
        movement: String,
        /// What is in the way.
        what: &'static str,
    },
    /// Nobody could register actors any more.
    #[error("{actor} is the last admin")]
    LastAdmin {
        /// Who.
        actor: ActorId,
    },
}

fn words(roles: &[Role]) -> String {
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    words.join(" or ")
}

fn items(lacks: &[NoticeItem]) -> String {
    let words: Vec<&str> = lacks.iter().map(|item| item.as_str()).collect();
    words.join(", ")
}

fn shown(at: Option<Position>) -> String {
    at.map_or_else(|| "none".to_owned(), place)
}

/// A record, as `p02/118204`.
pub(crate) fn place(at: Position) -> String {
    format!("{}/{}", at.journal, at.seq)
}

fn because(why: Option<&'static str>) -> String {
    why.map(|why| format!(": {why}")).unwrap_or_default()
}

fn of_agency(agency: Option<&str>) -> String {
    agency.map(|agency| format!(" ({agency})")).unwrap_or_default()
}

fn above_net(
    number: usize,
    line: Option<u64>,
    asked: Money,
    net: Money,
    others: &[(Option<CaseId>, Money)],
    never: Option<&'static str>,
) -> String {
    let of = line.map_or_else(String::new, |line| format!(", line {line}"));
    let name = |case: &Option<CaseId>| {
        case.as_ref().map_or("another case".to_owned(), |case| format!("case {case}"))
    };
    let others: Vec<String> =
        others.iter().map(|(of, held)| format!("{} holds {}", name(of), held.grouped())).collect();
    let (asked, net) = (asked.grouped(), net.grouped());
    let above = match others.as_slice() {
        [] => format!("above the net paid of {net}"),
        others => format!("above what is left of the net paid of {net}; {}", others.join(", ")),
    };
    let why = never.map(|why| format!(": no money was moved, {why}")).unwrap_or_default();
    format!("claim {number} of the command{of}: {asked} is {above}{why}")
}
