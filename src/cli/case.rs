//! `lookback case`: the commands about a case, as a person says them.

use std::path::PathBuf;

use clap::Subcommand;
use lookback_events::event::recovery::letters::{AnswerKind, Method, NoticeItem, Outcome};
use lookback_events::event::recovery::money::{Horizon, Restore};
use lookback_events::event::recovery::{Cause, DetectedBy};

use super::giving::{Beside, ClaimArg, claim, words};
use super::record::Who;
use super::{Failure, Site, Telling};

mod asking;
mod import;

/// Arguments of `case`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Identify an overpayment
    Identify(Box<Identify>),
    /// Change its claims or amounts; the claims given replace those known
    Amend {
        /// The case
        case: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// The cause, where it changed
        #[arg(long, value_parser = words!(Cause))]
        cause: Option<String>,
        /// A claim: NUMBER=AMOUNT, or NUMBER:LINE=AMOUNT for each line
        #[arg(long = "claim", value_name = "CLAIM", value_parser = claim)]
        claims: Vec<ClaimArg>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Issue a notice: a window opens
    Notice(Box<Notice>),
    /// A notice came back undelivered: its window is void
    Returned {
        /// The case
        case: String,
        /// Which notice, by its financial control number [default: the last]
        #[arg(long, value_name = "NUMBER")]
        control_number: Option<String>,
        /// Why it could not be delivered
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// The provider answered with something that is no dispute
    Answer {
        /// The case
        case: String,
        /// What it says
        #[arg(value_parser = words!(AnswerKind))]
        kind: String,
        /// Of how much it speaks [default: all]
        #[arg(long)]
        amount: Option<String>,
        /// How it came
        #[arg(long, value_parser = words!(Method))]
        channel: Option<String>,
        /// Until when a refund is promised
        #[arg(long, value_name = "DATE")]
        promised_by: Option<String>,
        /// Only these claims: NUMBER, or NUMBER=AMOUNT
        #[arg(long = "claim", value_name = "CLAIM", value_parser = claim)]
        claims: Vec<ClaimArg>,
        #[command(flatten)]
        beside: Beside,
    },
    /// The provider disputes: offsets are barred
    Dispute {
        /// The case
        case: String,
        /// Why
        #[arg(long)]
        grounds: String,
        /// Its level, from 1
        #[arg(long, default_value_t = 1)]
        level: u8,
        /// Of how much [default: all]
        #[arg(long)]
        amount: Option<String>,
        /// How it came
        #[arg(long, value_parser = words!(Method))]
        channel: Option<String>,
        /// Only these claims: NUMBER=AMOUNT
        #[arg(long = "claim", value_name = "CLAIM", value_parser = claim)]
        claims: Vec<ClaimArg>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Determine a dispute by letter: the second window opens
    Determine(Box<Determine>),
    /// Decide whether an appeal after its deadline is heard
    LateAppeal {
        /// The case
        case: String,
        /// It is heard
        #[arg(long, required_unless_present = "reject", conflicts_with = "reject")]
        accept: bool,
        /// It is not
        #[arg(long)]
        reject: bool,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// Tell the payer to take money from later payments
    Offset {
        /// The case
        case: String,
        /// How much
        amount: String,
        /// The first payment date it may be taken from
        #[arg(long, value_name = "DATE")]
        first_on: String,
        /// From whose payments [default: the case's plan]
        #[arg(long)]
        plan: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Record that money was taken
    Taken {
        /// The case
        case: String,
        /// How much
        amount: String,
        /// From whose payments [default: the case's plan]
        #[arg(long)]
        plan: Option<String>,
        /// The remittance, by its SHA-256
        #[arg(long, value_name = "SHA256")]
        remittance: Option<String>,
        /// Its check or EFT number
        #[arg(long, value_name = "TRN02")]
        trace: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Record that money taken was given back to later payments
    GivenBack {
        /// The case
        case: String,
        /// How much
        amount: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Its check or EFT number
        #[arg(long, value_name = "TRN02")]
        trace: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// The provider paid back
    Refund {
        /// The case
        case: String,
        /// How much
        amount: String,
        /// The number of the check or transfer
        #[arg(long, value_name = "NUMBER")]
        check: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Say that a movement of money belongs to the case
    Attribute {
        /// The case
        case: String,
        /// The record that shows it, such as p02/118204
        movement: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// It does not belong to it after all
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        beside: Beside,
    },
    /// Record that money taken wrongly was given back, or decide whether it is
    Restore {
        /// The case
        case: String,
        /// How much, without interest
        amount: String,
        /// Decide what becomes of it; without this it is recorded that it was given back
        #[arg(long, value_parser = words!(Restore), requires = "reason")]
        decide: Option<String>,
        /// Why
        #[arg(long, requires = "decide")]
        reason: Option<String>,
        /// Interest paid beside it
        #[arg(long, conflicts_with = "decide")]
        interest: Option<String>,
        /// Its check or EFT number
        #[arg(long, value_name = "TRN02", conflicts_with = "decide")]
        trace: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Agree on instalments
    Plan {
        /// The case
        case: String,
        /// What is due when: 2026-04-01=250.00
        #[arg(long = "instalment", value_name = "DATE=AMOUNT", required = true)]
        instalments: Vec<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// The instalments were not kept
    Default {
        /// The case
        case: String,
        /// What was not kept
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// Refer the balance to collections
    Refer {
        /// The case
        case: String,
        /// What allows it
        #[arg(long, value_parser = words!(Horizon))]
        because: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// To whom
        #[arg(long)]
        agency: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Give the case up as unfounded
    Withdraw {
        /// The case
        case: String,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// Both sides agreed on less
    Settle {
        /// The case
        case: String,
        /// By how much the overpayment is reduced
        reduced: String,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// Write a balance off; it needs a second person, so --propose it
    WriteOff {
        /// The case
        case: String,
        /// How much
        amount: String,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// The State or another payer recovered the money
    RecoveredByAnother {
        /// The case
        case: String,
        /// How much
        amount: String,
        /// Who
        #[arg(long)]
        by: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// A court discharged the debt
    Discharge {
        /// The case
        case: String,
        /// How much
        amount: String,
        /// The court file
        #[arg(long)]
        docket: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// A bankruptcy stays all recovery, or does no more
    Stay {
        /// The case
        case: String,
        /// Which court
        #[arg(long)]
        court: Option<String>,
        /// The court file
        #[arg(long)]
        docket: Option<String>,
        /// The stay ended
        #[arg(long, requires = "reason", conflicts_with_all = ["court", "docket"])]
        lift: bool,
        /// Why it ended
        #[arg(long, requires = "lift")]
        reason: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Let a case that had ended go on
    Reopen {
        /// The case
        case: String,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// End a case whose money is even
    Close {
        /// The case
        case: String,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// Somebody else owns the case
    Assign {
        /// The case
        case: String,
        /// Who works on it
        owner: String,
        /// For which vendor
        #[arg(long)]
        vendor: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Take the opening inventory of another system in, as asserted
    #[command(after_help = import::COLUMNS)]
    Import {
        /// A CSV file with a head
        file: PathBuf,
        /// Which system says so
        #[arg(long, value_name = "NAME")]
        system: String,
        /// How to answer
        #[arg(long, value_enum, default_value_t)]
        format: Telling,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Debug, clap::Args)]
struct Identify {
    /// The case [default: the next free one]
    case: Option<String>,
    /// Who was paid
    #[arg(long, value_name = "ID")]
    payee: String,
    /// The plan that paid
    #[arg(long)]
    plan: String,
    /// The line of business, such as medicaid
    #[arg(long = "line", value_name = "LINE")]
    line_of_business: String,
    /// Why the payment was too high
    #[arg(long, value_parser = words!(Cause))]
    cause: String,
    /// Who found it
    #[arg(long, value_parser = words!(DetectedBy), default_value = "plan")]
    detected_by: String,
    /// Where the standard is written that the finding rests on
    #[arg(long, value_name = "CITATION")]
    standard: String,
    /// The standard's version
    #[arg(long, value_name = "VERSION")]
    standard_version: Option<String>,
    /// When this version took effect
    #[arg(long, value_name = "DATE")]
    standard_effective: Option<String>,
    /// The last day on which it was in force
    #[arg(long, value_name = "DATE")]
    standard_ended: Option<String>,
    /// A claim: NUMBER=AMOUNT, or NUMBER:LINE=AMOUNT for each line
    #[arg(long = "claim", value_name = "CLAIM", required = true, value_parser = claim)]
    claims: Vec<ClaimArg>,
    /// How the plan is funded: fully-insured, self-insured
    #[arg(long)]
    funding: Option<String>,
    /// Two letters, where rules of a State may apply
    #[arg(long)]
    state: Option<String>,
    /// The class of provider that rules distinguish
    #[arg(long, value_name = "CLASS")]
    provider_class: Option<String>,
    /// The class of service that rules distinguish, such as behavioral-health
    #[arg(long, value_name = "CLASS")]
    service_class: Option<String>,
    /// The vendor that found or works it
    #[arg(long)]
    vendor: Option<String>,
    /// Who works on it
    #[arg(long, value_name = "ID")]
    owner: Option<String>,
    #[command(flatten)]
    beside: Beside,
}

#[derive(Debug, clap::Args)]
struct Notice {
    /// The case
    case: String,
    /// Its financial control number
    #[arg(long, value_name = "NUMBER")]
    control_number: String,
    /// The day it bears
    #[arg(long, value_name = "DATE")]
    dated: String,
    /// How it was sent
    #[arg(long, value_parser = words!(Method), default_value = "mail")]
    method: String,
    /// What it carries; all for everything that it must
    #[arg(long, value_name = "ITEM", value_delimiter = ',', value_parser = content())]
    content: Vec<String>,
    /// The amount it states
    #[arg(long)]
    amount: Option<String>,
    /// The last day for an appeal, as it states
    #[arg(long, value_name = "DATE")]
    appeal_deadline: Option<String>,
    /// Where it was sent
    #[arg(long)]
    address: Option<String>,
    /// When it was sent; not known where it is left out, and then the day it bears counts
    #[arg(long, value_name = "DATE")]
    sent: Option<String>,
    /// When the provider received it
    #[arg(long, value_name = "DATE")]
    received: Option<String>,
    /// Its tracking number
    #[arg(long, value_name = "NUMBER")]
    tracking: Option<String>,
    /// It was sent already, by us or others: record it, also where it is defective
    #[arg(long, conflicts_with = "again")]
    recorded: bool,
    /// It is served again: a new window opens
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    beside: Beside,
}

/// What a notice may carry, and `all`.
fn content() -> clap::builder::PossibleValuesParser {
    let items = NoticeItem::ALL.iter().map(|item| item.as_str());
    clap::builder::PossibleValuesParser::new(items.chain(["all"]))
}

#[derive(Debug, clap::Args)]
struct Determine {
    /// The case
    case: String,
    /// How
    #[arg(value_parser = words!(Outcome))]
    outcome: String,
    /// The day the letter bears
    #[arg(long, value_name = "DATE")]
    dated: String,
    /// Which level was determined
    #[arg(long, default_value_t = 1)]
    level: u8,
    /// By how much the overpayment is reduced where it is modified
    #[arg(long, value_name = "AMOUNT")]
    reduced: Option<String>,
    /// Why
    #[arg(long)]
    reason: Option<String>,
    /// The last day for the next level, as the letter states
    #[arg(long, value_name = "DATE")]
    appeal_deadline: Option<String>,
    /// When it was sent
    #[arg(long, value_name = "DATE")]
    sent: Option<String>,
    /// When the provider received it
    #[arg(long, value_name = "DATE")]
    received: Option<String>,
    /// A determination letter was wrong, and this is the right one
    #[arg(long)]
    correct: bool,
    #[command(flatten)]
    beside: Beside,
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        if let What::Import { file, system, format, who } = self.what {
            return import::run(site, &file, &system, format, &who);
        }
        let Some((asking, beside)) = self.what.asking() else { return Ok(0) };
        beside.give(site, "case", asking)
    }
}
