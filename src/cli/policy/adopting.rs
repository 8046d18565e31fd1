//! `lookback policy adopt`, and what `lookback init` adopts: a policy becomes a command as any other.

use std::path::Path;

use chrono::NaiveDate;
use lookback_events::event::governance::ChangeKind;
use lookback_events::id::{ActorId, CommandId};
use lookback_projections::calendar::Calendars;
use lookback_projections::policy::Policy;

use super::super::giving::{Beside, words};
use super::super::record::{flush, told};
use super::super::{Failure, Site, failed};
use super::named;
use crate::command::{Asking, sha256};
use crate::journal::commit::service_actor;
use crate::ledger::Ledger;
use crate::record::{Outcome, Recorder};
use crate::report::day_in;

/// Arguments of `policy adopt`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file, or the id of a policy that comes with the program
    policy: String,
    /// When the change was announced; what held when the ledger was created needs none
    #[arg(long, value_name = "DATE", requires = "kind")]
    announced: Option<NaiveDate>,
    /// The first day on which it holds, which its text says, too [default: that day]
    #[arg(long, value_name = "DATE")]
    effective: Option<NaiveDate>,
    /// What it changes: payment or covered services, or anything else
    #[arg(long, value_parser = words!(ChangeKind), requires = "announced")]
    kind: Option<String>,
    /// The agency that mandated it sooner, so that no notice must run
    #[arg(long, value_name = "AGENCY")]
    mandated_by: Option<String>,
    #[command(flatten)]
    beside: Beside,
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let (policy, text) = named(&self.policy)?;
        let asking = asking(&policy, &text, self.effective)?
            .with("announced", self.announced.map(|day| day.to_string()))
            .with("kind", self.kind)
            .with("mandated_by", self.mandated_by);
        self.beside.give(site, "policy", asking)
    }
}

/// The command that adopts a policy, with its whole text.
fn asking(policy: &Policy, text: &str, effective: Option<NaiveDate>) -> Result<Asking, Failure> {
    let says = policy.effective.from.map(|day| day.0);
    let Some(from) = effective.or(says) else {
        let what = format!("policy {} does not say from which day on it holds", policy.id);
        let help = "write it into its text: effective = { from = 2027-01-01 }";
        return Err(Failure::usage(what).help(help));
    };
    if says != Some(from) {
        let says = says.map_or_else(|| "no first day".to_owned(), |day| format!("{day}"));
        let what = format!("the text of policy {} says {says}, not {from}", policy.id);
        return Err(Failure::usage(what).help(
            "the text is what is adopted: correct its line effective = { from = … }, or leave \
             --effective out",
        ));
    }
    Ok(Asking::new("adopt-policy")
        .with("policy", policy.id.to_string())
        .with("version", policy.version)
        .with("effective", from.to_string())
        .with("sha256", sha256(text).to_string())
        .with("text", text))
}

/// The policies that a new ledger begins with.
pub(in crate::cli) struct Adopted {
    policies: Vec<(Policy, String)>,
}

impl Adopted {
    /// Reads policies by id or file, and looks whether each can hold from the beginning, before anything
    /// is made.
    pub(in crate::cli) fn read(names: &[String]) -> Result<Self, Failure> {
        let calendars = Calendars::shipped()
            .map_err(|error| Failure::new("the calendars cannot be read").because(error))?;
        let mut policies: Vec<(Policy, String)> = Vec::new();
        for name in names {
            let (policy, text) = named(name)?;
            if let Some(fault) = policy.check(&calendars).into_iter().next() {
                let what = format!("{name} makes no sense: {fault}");
                return Err(Failure::usage(what)
                    .help("lookback policy check FILE says what is wrong with a policy"));
            }
            let same = |(other, _): &(Policy, String)| {
                other.id == policy.id && other.version == policy.version
            };
            if policies.iter().any(same) {
                let what =
                    format!("policy {} version {} is named twice", policy.id, policy.version);
                return Err(Failure::usage(what));
            }
            policies.push((policy, text));
        }
        Ok(Self { policies })
    }

    /// The first of them that does not hold yet on the plan's day of today.
    pub(in crate::cli) fn not_yet(&self, time_zone: &str) -> Option<Failure> {
        let zone: chrono_tz::Tz = time_zone.parse().ok()?;
        let today = day_in(zone, crate::now::now());
        let late = |(policy, _): &&(Policy, String)| {
            policy.effective.from.is_none_or(|from| from.0 > today)
        };
        let (policy, _) = self.policies.iter().find(late)?;
        let (id, version) = (&policy.id, policy.version);
        let what = format!("policy {id} version {version} is in force {}", policy.effective);
        Some(Failure::usage(what).help(
            "a ledger begins with what is in force today; adopt it then: lookback policy adopt FILE \
             --announced DATE --kind payment|general",
        ))
    }

    /// Adopts them in a new ledger; gives each as it is told.
    pub(in crate::cli) fn adopt(
        &self,
        ledger: &mut Ledger,
        who: Option<ActorId>,
    ) -> Result<Vec<String>, Failure> {
        let who = who.unwrap_or_else(service_actor);
        let mut lines = Vec::new();
        let mut recorder = Recorder::new(ledger).map_err(told)?;
        for (policy, text) in &self.policies {
            let reading = recorder.reading(Some(who.clone())).map_err(told)?;
            let what = || format!("policy {} could not be adopted", policy.id);
            // The same choices make the same records; a name that is too long for an id has a made one.
            let id = CommandId::parse(&format!("init-{}-{}", policy.id, policy.version)).ok();
            let id = id.map(|id| id.to_string());
            let command = asking(policy, text, None)?.with("id", id).command(&reading);
            let command = command.map_err(|error| Failure::new(what()).because(error))?;
            if let Outcome::Refused(refusal) = recorder.take(command).map_err(told)?.outcome {
                return Err(Failure::new(format!("{}: {refusal}", what())));
            }
            let (id, version) = (&policy.id, policy.version);
            lines.push(format!("{id} version {version}, in force {}", policy.effective));
        }
        flush(recorder.ledger())?;
        let saved = recorder.ledger().finish_rows();
        saved.map_err(|error| failed("the rows could not be saved", error))?;
        Ok(lines)
    }
}

/// True where a folder holds a ledger.
pub(super) fn is_ledger(folder: &Path) -> bool {
    folder.join(crate::config::FILE_NAME).is_file()
}
