//! A policy by its name: as a ledger adopted it, as it comes with the program, or as a file has it.

use std::path::Path;

use lookback_events::event::text::Day;
use lookback_projections::policy::Policy;
use lookback_projections::{governance, rules};

use super::super::report::{answer, day_asked};
use super::super::{Failure, Site};
use super::adopting::is_ledger;
use super::{named, shipped};
use crate::report::{AnswerError, View};

/// Reads `ID`, `ID@VERSION` or a file. In a ledger an id means the version that is in force today, else
/// the last that was adopted.
pub(super) fn held(site: &Site, name: &str) -> Result<(Policy, String), Failure> {
    if Path::new(name).is_file() {
        return named(name);
    }
    let at = name.rsplit_once('@');
    let version = at.and_then(|(_, version)| version.parse::<u32>().ok());
    let id = at.filter(|_| version.is_some()).map_or(name, |(id, _)| id);
    let mut known = Vec::new();
    if is_ledger(&site.folder) {
        let ledger = site.open_to_read("policy")?;
        let view = View::live(&ledger);
        let (text, versions) =
            adopted(&view, id, version, day_asked(&view, None)).map_err(answer)?;
        if let Some(text) = text {
            let policy = Policy::parse(&text).map_err(|error| {
                Failure::new(format!("policy {id} as it was adopted cannot be read")).because(error)
            })?;
            return Ok((policy, text));
        }
        known = versions;
    }
    let Some(version) = version else { return named(name) };
    known.extend(shipped()?.into_iter().filter(|own| own.id.as_str() == id).map(|own| own.version));
    if known.is_empty() {
        return named(id);
    }
    let (policy, text) = named(id)?;
    if policy.version == version {
        return Ok((policy, text));
    }
    known.sort_unstable();
    known.dedup();
    let known: Vec<String> = known.iter().map(|version| format!("{id}@{version}")).collect();
    let failure = Failure::usage(format!("there is no version {version} of policy {id}"));
    Err(failure.help(format!("there is {}", known.join(", "))))
}

/// The text of a version that was adopted, and the versions there are; no text where the one meant was
/// not.
fn adopted(
    view: &View<'_>,
    id: &str,
    version: Option<u32>,
    today: Day,
) -> Result<(Option<String>, Vec<u32>), AnswerError> {
    let mut all = Vec::new();
    governance::policies(view.rows(), &mut |own, version, row| {
        if own == id {
            all.push((version, row.text));
        }
        true
    })?;
    let versions: Vec<u32> = all.iter().map(|(version, _)| *version).collect();
    let in_force = rules::in_use(view.rows())?.in_force(id, today).map(|policy| policy.version);
    let wanted = version.or(in_force).or_else(|| versions.iter().max().copied());
    let text = all.into_iter().find(|(version, _)| Some(*version) == wanted).map(|(_, text)| text);
    Ok((text, versions))
}
