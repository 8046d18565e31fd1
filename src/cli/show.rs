//! `lookback show`: one thing, with everything that is known of it.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Subcommand;
use lookback_events::id::{AuditId, CaseId};

use super::replay::view_of;
use super::report::{Asked, answer, day_asked, sink, view};
use super::{Failure, Site};
use crate::report::audit::audit;
use crate::report::case::{Shown as OfCase, case, wo};
use crate::report::stand_down::Covered;
use audit::show_audit;
use case::{show_case, show_wo};
use claim::{Shown, show_claim};
use file::{give_back, show_file};
use ledger::show_ledger;
use payee::show_payee;
use remittance::{show_remittance, wanted};

mod audit;
mod case;
mod claim;
mod file;
mod ledger;
mod payee;
mod remittance;

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A claim: everything that remittances said of it
    Claim {
        /// PAYEE/PATIENT-CONTROL-NUMBER, the number alone with --payee, or a record such as p02/118
        id: String,
        /// Whose claim, by NPI or TIN
        #[arg(long, value_name = "ID")]
        payee: Option<String>,
        /// Its service lines, too
        #[arg(long)]
        lines: bool,
        /// Names and numbers of persons, too
        #[arg(long)]
        patient: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// A case: what it is about, how it stands, its letters, disputes and movements of money
    Case {
        /// Its id
        #[arg(value_parser = super::replay::case)]
        id: CaseId,
        /// As things are on that day [default: today, or the day of --known-at]
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
        /// Its claims by their numbers, too
        #[arg(long)]
        patient: bool,
        /// Also a case that an agency's stand-down covers: only for who is cleared for it
        #[arg(long)]
        cleared: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// An audit: what was asked for, its clocks, its records
    Audit {
        /// Its id
        #[arg(value_parser = audit_id)]
        id: AuditId,
        /// As things are on that day [default: today, or the day of --known-at]
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
        #[command(flatten)]
        asked: Asked,
    },
    /// The letter of a financial control number (835 PLB WO), its claims, every PLB, the balance
    Wo {
        /// The number that the letter states
        number: String,
        /// As things are on that day [default: today, or the day of --known-at]
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
        /// Its claims by their numbers, too
        #[arg(long)]
        patient: bool,
        /// Also a case that an agency's stand-down covers: only for who is cleared for it
        #[arg(long)]
        cleared: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// A remittance: who paid whom, whether it adds up, its claims
    Remittance {
        /// Its SHA-256, or at least 8 digits of it
        #[arg(required_unless_present = "trace", conflicts_with = "trace")]
        id: Option<String>,
        /// Its check or EFT number
        #[arg(long, value_name = "TRN02")]
        trace: Option<String>,
        /// Whose, by NPI or TIN, where several payees have the number
        #[arg(long, value_name = "ID", requires = "trace")]
        payee: Option<String>,
        #[command(flatten)]
        asked: Asked,
    },
    /// A payee: identifiers, journal, months, forward balances
    Payee {
        /// NPI or TIN
        id: String,
        /// With cases that an agency's stand-down covers: only for who is cleared for it
        #[arg(long)]
        cleared: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// A file: what became of it
    File {
        /// Its SHA-256, or at least 8 digits of it
        id: String,
        /// Write its bytes, exactly as they were received
        #[arg(long)]
        original: bool,
        /// Where to, instead of standard output
        #[arg(long, value_name = "FILE", requires = "original")]
        output: Option<PathBuf>,
        #[command(flatten)]
        asked: Asked,
    },
    /// The ledger: what was chosen when it began, and its journals
    Ledger {
        #[command(flatten)]
        asked: Asked,
    },
}

fn audit_id(text: &str) -> Result<AuditId, String> {
    let id = text.strip_prefix("audit:").unwrap_or(text);
    AuditId::parse(id).map_err(|error| error.to_string())
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let ledger = site.open_to_read("show")?;
        match self.what {
            What::Claim { id, payee, lines, patient, asked } => {
                let mut sink = sink(asked.format);
                let shown = Shown { lines, patient };
                show_claim(&ledger, &id, payee, shown, &asked, &mut sink).map_err(answer)?;
                sink.end()?;
            }
            What::Case { id, on, patient, cleared, asked } => {
                let view = view_of(&ledger, asked.known_at.as_deref())?;
                let mut sink = sink(asked.format);
                let shown = OfCase { on: Some(day_asked(&view, on)), patient, cleared };
                show_case(&case(&view, &id, shown).map_err(answer)?, &mut sink)?;
                sink.end()?;
            }
            What::Audit { id, on, asked } => {
                let view = view(&ledger, &asked)?;
                let mut sink = sink(asked.format);
                let on = day_asked(&view, on);
                show_audit(&audit(&view, &id, on).map_err(answer)?, &mut sink)?;
                sink.end()?;
            }
            What::Wo { number, on, patient, cleared, asked } => {
                let view = view(&ledger, &asked)?;
                let mut sink = sink(asked.format);
                let shown = OfCase { on: Some(day_asked(&view, on)), patient, cleared };
                show_wo(&wo(&view, &number, shown).map_err(answer)?, &mut sink)?;
                sink.end()?;
            }
            What::Remittance { id, trace, payee, asked } => {
                let view = view(&ledger, &asked)?;
                let mut sink = sink(asked.format);
                let digest = wanted(&view, id, trace, payee).map_err(answer)?;
                show_remittance(&view, &digest, &mut sink).map_err(answer)?;
                sink.end()?;
                super::warn_of(&view);
            }
            What::Payee { id, cleared, asked } => {
                let view = view(&ledger, &asked)?;
                let on = day_asked(&view, None);
                let covered = if cleared { Ok(Covered::default()) } else { Covered::on(&view, on) };
                let covered = covered.map_err(answer)?;
                let mut sink = sink(asked.format);
                show_payee(&view, &id, &covered, &mut sink).map_err(answer)?;
                sink.end()?;
            }
            What::File { id, original: true, output, asked } => {
                give_back(&view(&ledger, &asked)?, &id, output)?;
            }
            What::File { id, asked, .. } => {
                let view = view(&ledger, &asked)?;
                let mut sink = sink(asked.format);
                show_file(&view, &id, &mut sink).map_err(answer)?;
                sink.end()?;
            }
            What::Ledger { asked } => {
                let view = view(&ledger, &asked)?;
                let mut sink = sink(asked.format);
                show_ledger(&view, &mut sink).map_err(answer)?;
                sink.end()?;
            }
        }
        Ok(0)
    }
}
