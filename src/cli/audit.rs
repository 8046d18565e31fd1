//! `lookback audit`: the commands about an audit, as a person says them.

use clap::Subcommand;
use lookback_events::event::audit::{AuditKind, Nature};
use lookback_events::event::recovery::letters::Method;
use serde_json::{Value, json};

use super::giving::{Beside, ClaimArg, claim, claims, list, words};
use super::{Failure, Site};
use crate::command::Asking;

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Open an audit
    Open(Box<Open>),
    /// Record why fraud or abuse is investigated; a fraud audit needs it before
    Predicate {
        /// The audit, where one is open
        #[arg(required_unless_present = "payee", conflicts_with = "payee")]
        audit: Option<String>,
        /// Whose fraud or abuse is alleged
        #[arg(long, value_name = "ID")]
        payee: Option<String>,
        /// Where the allegation came from
        #[arg(long)]
        source: String,
        /// What is alleged
        #[arg(long)]
        summary: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// Ask for records
    Request {
        /// The audit
        audit: String,
        /// An item: ID, ID:KIND or ID:KIND:FORM; record and copies where they are left out
        #[arg(long = "item", value_name = "ITEM", required = true)]
        items: Vec<String>,
        /// How they were asked for
        #[arg(long, value_parser = words!(Method))]
        method: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// An item that was asked for came
    Receive {
        /// The audit
        audit: String,
        /// The item's id
        item: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// The parties agreed on another last day
    Agree {
        /// The audit
        audit: String,
        /// The rule, such as audit-scheduling
        clock: String,
        /// The last day, included
        until: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// Schedule a visit
    Schedule {
        /// The audit
        audit: String,
        /// The day of the visit
        day: String,
        /// Where
        #[arg(long)]
        place: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// The visit that is scheduled was cancelled
    Cancel {
        /// The audit
        audit: String,
        /// Who cancelled
        #[arg(long, value_parser = ["provider", "plan"])]
        by: String,
        /// It was in writing
        #[arg(long)]
        in_writing: bool,
        /// A named person who was told, by role
        #[arg(long, value_name = "ROLE")]
        told: Vec<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// The audit was held
    Conduct {
        /// The audit
        audit: String,
        /// Where
        #[arg(long)]
        place: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// The exit interview was held
    Exit {
        /// The audit
        audit: String,
        /// The provider agrees
        #[arg(long, required_unless_present = "disagrees", conflicts_with = "disagrees")]
        agrees: bool,
        /// The provider disagrees
        #[arg(long)]
        disagrees: bool,
        #[command(flatten)]
        beside: Beside,
    },
    /// Supporting documents came
    Documents {
        /// The audit
        audit: String,
        /// What they are
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Supporting documents were reviewed
    Review {
        /// The audit
        audit: String,
        /// The report changes
        #[arg(long)]
        changes: bool,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// The discrepancy report was signed
    Report {
        /// The audit
        audit: String,
        /// Who signed, by role
        #[arg(long, value_name = "ROLE", required = true)]
        signed_by: Vec<String>,
        /// It is the last one
        #[arg(long = "final")]
        last: bool,
        /// When the provider was given a copy
        #[arg(long, value_name = "DATE")]
        copy_given: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// The audit ended
    Close {
        /// The audit
        audit: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// A case that its findings became
        #[arg(long = "case", value_name = "CASE")]
        cases: Vec<String>,
        #[command(flatten)]
        beside: Beside,
    },
}

#[derive(Debug, clap::Args)]
struct Open {
    /// The audit [default: the next free one]
    audit: Option<String>,
    /// Whose payments
    #[arg(long, value_name = "ID")]
    payee: String,
    /// The plan that paid
    #[arg(long)]
    plan: String,
    /// The line of business, such as medicaid
    #[arg(long = "line", value_name = "LINE")]
    line_of_business: String,
    /// Where it is held
    #[arg(long, value_parser = words!(AuditKind), default_value = "general")]
    kind: String,
    /// Which lookback it has
    #[arg(long, value_parser = words!(Nature), default_value = "routine")]
    nature: String,
    /// The first payment date it looks at
    #[arg(long, value_name = "DATE")]
    paid_from: Option<String>,
    /// The last payment date it looks at
    #[arg(long, value_name = "DATE")]
    paid_to: Option<String>,
    /// Two letters, where rules of a State may apply
    #[arg(long)]
    state: Option<String>,
    /// What it looks at
    #[arg(long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// A claim that it looks at
    #[arg(long = "claim", value_name = "NUMBER", value_parser = claim)]
    claims: Vec<ClaimArg>,
    #[command(flatten)]
    beside: Beside,
}

/// A command about an audit.
fn about(command: &str, audit: String) -> Asking {
    Asking::new(command).with("audit", audit)
}

/// `ID[:KIND[:FORM]]`.
fn item(text: &str) -> Value {
    let mut parts = text.splitn(3, ':');
    let id = parts.next().unwrap_or_default();
    let kind = parts.next().unwrap_or("record");
    json!({ "item": id, "kind": kind, "form": parts.next().unwrap_or("copies") })
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let (asking, beside) = self.what.asking();
        beside.give(site, "audit", asking)
    }
}

impl What {
    fn asking(self) -> (Asking, Beside) {
        match self {
            Self::Open(args) => args.asking(),
            Self::Predicate { audit, payee, source, summary, beside } => {
                let asking = Asking::new("record-fraud-predicate")
                    .with("audit", audit)
                    .with("payee", payee)
                    .with("source", source);
                (asking.with("summary", summary), beside)
            }
            Self::Request { audit, items, method, beside } => {
                let items: Vec<Value> = items.iter().map(|text| item(text)).collect();
                let asking = about("request-records", audit).with("items", items);
                (asking.with("method", method), beside)
            }
            Self::Receive { audit, item, beside } => {
                (about("receive-item", audit).with("item", item), beside)
            }
            Self::Agree { audit, clock, until, beside } => {
                (about("agree-date", audit).with("clock", clock).with("until", until), beside)
            }
            Self::Schedule { audit, day, place, beside } => {
                (about("schedule-visit", audit).with("on", day).with("place", place), beside)
            }
            Self::Cancel { audit, by, in_writing, told, beside } => {
                let asking = about("cancel-visit", audit).with("by", by);
                (asking.with("in_writing", in_writing).with("told", list(&told)), beside)
            }
            Self::Conduct { audit, place, beside } => {
                (about("conduct-audit", audit).with("place", place), beside)
            }
            Self::Exit { audit, agrees, disagrees: _, beside } => {
                (about("hold-exit-interview", audit).with("agrees", agrees), beside)
            }
            Self::Documents { audit, description, beside } => {
                (about("receive-documents", audit).with("description", description), beside)
            }
            Self::Review { audit, changes, reason, beside } => {
                let asking = about("review-documents", audit).with("changes", changes);
                (asking.with("reason", reason), beside)
            }
            Self::Report { audit, signed_by, last, copy_given, beside } => {
                let asking = about("sign-report", audit).with("signed_by", signed_by);
                (asking.with("last", last).with("copy_given", copy_given), beside)
            }
            Self::Close { audit, reason, cases, beside } => (
                about("close-audit", audit).with("reason", reason).with("cases", list(&cases)),
                beside,
            ),
        }
    }
}

impl Open {
    fn asking(self) -> (Asking, Beside) {
        let asking = Asking::new("open-audit")
            .with("audit", self.audit)
            .with("payee", self.payee)
            .with("plan", self.plan)
            .with("line_of_business", self.line_of_business)
            .with("kind", self.kind)
            .with("nature", self.nature)
            .with("paid_from", self.paid_from)
            .with("paid_to", self.paid_to)
            .with("state", self.state)
            .with("topics", list(&self.topics))
            .with("claims", claims(&self.claims));
        (asking, self.beside)
    }
}
