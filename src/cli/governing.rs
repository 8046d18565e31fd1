//! `lookback hold`, `actor`, `run`, `approve` and `reject`: what concerns records and the ledger as a
//! whole, as a person says it.

use std::path::PathBuf;

use clap::Subcommand;
use lookback_events::event::governance::{ActorKind, Role};
use lookback_events::event::hold::HoldKind;

use super::giving::{Beside, words};
use super::record::Who;
use super::{Failure, Format, Site, Telling};
use crate::command::Asking;

mod actors;
mod runs;

/// Arguments of `hold`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Hold records: they are not disposed of while it stands
    Place {
        /// What: payee:ID, case:ID, audit:ID, claim:PAYEE/NUMBER, unit:UNIT
        scope: String,
        /// The hold [default: the next free one]
        #[arg(long, value_name = "ID")]
        hold: Option<String>,
        /// Why
        #[arg(long, value_parser = words!(HoldKind))]
        kind: String,
        /// The court file, audit or request
        #[arg(long)]
        matter: Option<String>,
        /// Who asked for it
        #[arg(long)]
        requester: Option<String>,
        /// Until when at least [default: until it is released]
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Release a hold; it needs a second person, so --propose it
    Release {
        /// The hold
        hold: String,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        beside: Beside,
    },
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        match self.what {
            What::Place { scope, hold, kind, matter, requester, until, beside } => {
                let asking = Asking::new("place-hold")
                    .with("hold", hold)
                    .with("scope", scope)
                    .with("kind", kind)
                    .with("matter", matter)
                    .with("requester", requester)
                    .with("until", until);
                beside.give(site, "hold", asking)
            }
            What::Release { hold, reason, beside } => {
                let asking = Asking::new("release-hold").with("hold", hold).with("reason", reason);
                beside.give(site, "hold", asking)
            }
        }
    }
}

/// Arguments of `actor`.
#[derive(Debug, clap::Args)]
pub(super) struct ActorArgs {
    #[command(subcommand)]
    what: ActorWhat,
}

#[derive(Debug, Subcommand)]
enum ActorWhat {
    /// Register who may act, or change what somebody may do; the first one becomes an admin too
    Register {
        /// Who, by an id that is not personal data
        #[arg(value_name = "ACTOR")]
        whom: String,
        /// What it may do
        #[arg(long = "role", value_name = "ROLE", required = true, value_parser = words!(Role))]
        roles: Vec<String>,
        /// What it is
        #[arg(long, value_parser = words!(ActorKind), default_value = "person")]
        kind: String,
        /// For which designated party
        #[arg(long)]
        vendor: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Somebody may act no more; it needs a second person, so --propose it
    Retire {
        /// Who
        #[arg(value_name = "ACTOR")]
        whom: String,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// List who may act, or what waits for a second person
    List {
        /// Proposals instead of actors
        #[arg(long)]
        proposals: bool,
        /// How to answer
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

impl ActorArgs {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        match self.what {
            ActorWhat::Register { whom, roles, kind, vendor, beside } => {
                let asking = Asking::new("register-actor")
                    .with("who", whom)
                    .with("roles", roles)
                    .with("kind", kind)
                    .with("vendor", vendor);
                beside.give(site, "actor", asking)
            }
            ActorWhat::Retire { whom, reason, beside } => {
                let asking = Asking::new("retire-actor").with("who", whom).with("reason", reason);
                beside.give(site, "actor", asking)
            }
            ActorWhat::List { proposals, format } => actors::list(site, proposals, format),
        }
    }
}

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    #[command(subcommand)]
    what: RunWhat,
}

#[derive(Debug, Subcommand)]
enum RunWhat {
    /// The payer announced a payment run
    Announce {
        /// Its name
        run: String,
        /// Its payment date
        #[arg(long, value_name = "DATE")]
        paid_on: String,
        /// How many remittances it has
        #[arg(long, value_name = "N")]
        count: u64,
        /// The dollars it pays
        #[arg(long)]
        amount: String,
        /// Who pays (835 TRN03)
        #[arg(long)]
        payer: Option<String>,
        #[command(flatten)]
        beside: Box<Beside>,
    },
    /// Take a payer's register of payment runs in
    #[command(after_help = runs::COLUMNS)]
    Import {
        /// A CSV file with a head
        file: PathBuf,
        /// How to answer
        #[arg(long, value_enum, default_value_t)]
        format: Telling,
        #[command(flatten)]
        who: Who,
    },
}

impl RunArgs {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        match self.what {
            RunWhat::Announce { run, paid_on, count, amount, payer, beside } => {
                let asking = Asking::new("announce-run")
                    .with("run", run)
                    .with("paid_on", paid_on)
                    .with("count", count)
                    .with("amount", amount)
                    .with("payer", payer);
                beside.give(site, "run", asking)
            }
            RunWhat::Import { file, format, who } => runs::import(site, &file, format, &who),
        }
    }
}

/// Arguments of `approve`.
#[derive(Debug, clap::Args)]
pub(super) struct Approve {
    /// The proposal: the id of its command
    proposal: String,
    /// Turn it down instead
    #[arg(long, requires = "reason")]
    reject: bool,
    /// Why it is turned down
    #[arg(long, requires = "reject")]
    reason: Option<String>,
    #[command(flatten)]
    beside: Beside,
}

impl Approve {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let command = if self.reject { "reject-proposal" } else { "approve" };
        let asking =
            Asking::new(command).with("proposal", self.proposal).with("reason", self.reason);
        self.beside.give(site, "approve", asking)
    }
}
