//! `lookback policy`: the policies that come with the program, those in files, and those that a ledger
//! adopted. Only to name one of the last, and to adopt one, needs a ledger.

use std::io::{self, Write as _};
use std::path::Path;

use clap::Subcommand;
use lookback_projections::calendar::Calendars;
use lookback_projections::policy::parameters::NOT_SET;
use lookback_projections::policy::vocabulary::nearest;
use lookback_projections::policy::{Policy, SHIPPED};
use serde::Serialize;

use super::text::{count, folded, labelled};
use super::{FOUND, Failure, Site, Telling};

mod adopting;
mod held;
mod listing;

pub(super) use adopting::Adopted;

/// Arguments of `policy`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the policies that come with the program; in a ledger those that it goes by, too
    List(listing::Args),
    /// Show a policy: its parameters and its rules
    Show {
        /// An id, ID@VERSION, or a file; in a ledger an id is the version it goes by today
        policy: String,
        /// Only this rule
        #[arg(long, value_name = "ID")]
        rule: Option<String>,
        /// Print its text as it is, to begin one's own with
        #[arg(long, conflicts_with = "rule")]
        text: bool,
        /// How to answer
        #[arg(long, value_enum, default_value_t, conflicts_with = "text")]
        format: Telling,
    },
    /// Check a policy's text: everything that is wrong with it, by line, rule and key
    Check {
        /// The file, or an id
        policy: String,
        /// How to answer
        #[arg(long, value_enum, default_value_t)]
        format: Telling,
    },
    /// Compare two policies, rule by rule and key by key
    Diff {
        /// An id, ID@VERSION, or a file; in a ledger an id is the version it goes by today
        before: String,
        /// The same
        after: String,
        /// How to answer
        #[arg(long, value_enum, default_value_t)]
        format: Telling,
    },
    /// Adopt a policy, or another version of one: from its first day on the ledger goes by it
    Adopt(Box<adopting::Args>),
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        match self.what {
            What::List(args) => args.run(site),
            What::Adopt(args) => args.run(site),
            What::Show { policy, text: true, .. } => {
                let (_, text) = held::held(site, &policy)?;
                io::stdout().lock().write_all(text.as_bytes())?;
                Ok(0)
            }
            What::Show { policy, rule, format, .. } => {
                let (policy, _) = held::held(site, &policy)?;
                show(&policy, rule.as_deref(), format)
            }
            What::Check { policy, format } => check(&policy, format),
            What::Diff { before, after, format } => {
                let (before, after) = (held::held(site, &before)?, held::held(site, &after)?);
                diff(&before.0, &after.0, format)
            }
        }
    }
}

/// The policies that come with the program.
pub(super) fn shipped() -> Result<Vec<Policy>, Failure> {
    let read = |(id, text): &(&str, &str)| {
        Policy::parse(text)
            .map_err(|error| Failure::new(format!("policy {id} cannot be read")).because(error))
    };
    SHIPPED.iter().map(read).collect()
}

/// The text of a policy: of one that comes with the program by its id, else of a file.
fn text_of(name: &str) -> Result<String, Failure> {
    if let Some((_, text)) = SHIPPED.iter().find(|(id, _)| *id == name) {
        return Ok((*text).to_owned());
    }
    match std::fs::read_to_string(Path::new(name)) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let near = nearest(name, SHIPPED.iter().map(|(id, _)| *id));
            let failure = Failure::usage(format!("there is no policy and no file {name:?}"));
            if near.is_empty() {
                let help = "lookback policy list names those that come with the program";
                return Err(failure.help(help));
            }
            Err(failure.help(format!("did you mean {}", near.join(", "))))
        }
        Err(error) => Err(Failure::new(format!("{name} cannot be read")).because(error)),
    }
}

/// A policy by its id or file, and its text.
pub(super) fn named(name: &str) -> Result<(Policy, String), Failure> {
    let text = text_of(name)?;
    let policy = Policy::parse(&text).map_err(|error| {
        Failure::usage(format!("{name} is not a policy"))
            .because(error)
            .help("the language is documented in projections/src/policy.rs")
    })?;
    Ok((policy, text))
}

/// A policy as JSON.
#[derive(Serialize)]
struct Whole {
    id: String,
    version: u32,
    title: String,
    citation: String,
    layer: &'static str,
    effective: String,
    parameters: serde_json::Map<String, serde_json::Value>,
    rules: Vec<serde_json::Value>,
}

fn show(policy: &Policy, only: Option<&str>, format: Telling) -> Result<u8, Failure> {
    if let Some(id) = only
        && policy.rule(id).is_none()
    {
        let near = nearest(id, policy.rules.iter().map(|rule| rule.id.as_str())).join(", ");
        let failure = Failure::usage(format!("policy {} has no rule {id:?}", policy.id));
        return Err(if near.is_empty() {
            failure
        } else {
            failure.help(format!("did you mean {near}"))
        });
    }
    let rules = || policy.rules.iter().filter(|rule| only.is_none_or(|id| rule.id.as_str() == id));
    if format == Telling::Json {
        let parameters = policy.parameters.iter().map(|(parameter, value)| {
            let value = value.map(|value| serde_json::Value::String(value.to_string()));
            (parameter.to_string(), value.unwrap_or_default())
        });
        let whole = Whole {
            id: policy.id.to_string(),
            version: policy.version,
            title: policy.title.clone(),
            citation: policy.citation.clone(),
            layer: policy.layer.as_str(),
            effective: policy.effective.to_string(),
            parameters: parameters.collect(),
            rules: rules().map(rule_as_json).collect(),
        };
        let json = serde_json::to_string(&whole).map_err(io::Error::from)?;
        say!("{json}");
        return Ok(0);
    }
    let (id, version) = (&policy.id, policy.version);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let head =
        format!("  {id} version {version}, layer {}, in force {}", policy.layer, policy.effective);
    writeln!(out, "{}", folded(&head))?;
    writeln!(out, "{}", labelled("title", &policy.title))?;
    writeln!(out, "{}", labelled("source", &policy.citation))?;
    if only.is_none() {
        writeln!(out, "\n  parameters")?;
        for (parameter, value) in policy.parameters.iter() {
            let value = value.map_or_else(|| NOT_SET.to_owned(), ToString::to_string);
            writeln!(out, "    {:<24} {value}", parameter.as_str())?;
        }
    }
    for rule in rules() {
        writeln!(out, "\n  {}", rule.id)?;
        for (key, value) in rule.described() {
            writeln!(out, "{}", labelled(key, &value))?;
        }
    }
    out.flush()?;
    Ok(0)
}

fn rule_as_json(rule: &lookback_projections::policy::Rule) -> serde_json::Value {
    let mut map = serde_json::Map::new();
    map.insert("id".to_owned(), rule.id.to_string().into());
    let mut exceptions = Vec::new();
    for (key, value) in rule.described() {
        if key == "exception" {
            exceptions.push(serde_json::Value::String(value));
        } else {
            map.insert(key.to_owned(), value.into());
        }
    }
    map.insert("exceptions".to_owned(), exceptions.into());
    map.into()
}

/// One thing that is wrong with a policy.
#[derive(Serialize)]
struct Fault<'a> {
    file: &'a str,
    line: usize,
    rule: Option<String>,
    key: Option<String>,
    what: String,
}

fn check(name: &str, format: Telling) -> Result<u8, Failure> {
    let text = text_of(name)?;
    let calendars = Calendars::shipped()
        .map_err(|error| Failure::new("the calendars cannot be read").because(error))?;
    let (policy, faults) = match Policy::parse(&text) {
        Ok(policy) => {
            let faults = policy.check(&calendars).into_iter().map(|fault| Fault {
                file: name,
                line: fault.line,
                rule: fault.rule.as_ref().map(ToString::to_string),
                key: None,
                what: fault.what.to_string(),
            });
            let faults = faults.collect();
            (Some(policy), faults)
        }
        Err(error) => {
            let fault = Fault {
                file: name,
                line: error.line,
                rule: error.rule,
                key: error.key,
                what: error.what,
            };
            (None, vec![fault])
        }
    };
    let code = if faults.is_empty() { 0 } else { FOUND };
    if format == Telling::Json {
        for fault in &faults {
            say!("{}", serde_json::to_string(fault).map_err(io::Error::from)?);
        }
        return Ok(code);
    }
    for fault in &faults {
        let rule = fault.rule.as_ref().map(|rule| format!(", rule {rule}")).unwrap_or_default();
        let key = fault.key.as_ref().map(|key| format!(", {key}")).unwrap_or_default();
        say!("{}", labelled("wrong", &format!("{name} line {}{rule}{key}", fault.line)));
        say!("{}", labelled("", &fault.what));
    }
    match policy {
        Some(policy) if faults.is_empty() => say!("{}", sound(&policy)),
        _ => {
            let number = u64::try_from(faults.len()).unwrap_or(u64::MAX);
            say!("\n  {number} {}", count(number, "thing is wrong", "things are wrong"));
        }
    }
    Ok(code)
}

/// What is to be known of a sound policy.
fn sound(policy: &Policy) -> String {
    let open: Vec<&str> = policy
        .parameters
        .iter()
        .filter_map(|(parameter, value)| value.is_none().then_some(parameter.as_str()))
        .collect();
    let (id, version, rules) = (&policy.id, policy.version, policy.rules.len());
    let words = count(u64::try_from(rules).unwrap_or(u64::MAX), "rule", "rules");
    let mut lines = vec![format!("  {id} version {version} is sound: {rules} {words}")];
    match policy.unverified() {
        0 => {}
        number => lines.push(labelled(
            "unverified",
            &format!("{number} of them; they warn and block a disposal, and never decide"),
        )),
    }
    if !open.is_empty() {
        lines.push(labelled("not set", &open.join(", ")));
    }
    lines.join("\n")
}

fn diff(before: &Policy, after: &Policy, format: Telling) -> Result<u8, Failure> {
    let differences = before.differences(after);
    if format == Telling::Json {
        for difference in &differences {
            say!("{}", serde_json::to_string(difference).map_err(io::Error::from)?);
        }
        return Ok(0);
    }
    if differences.is_empty() {
        say!("  the two say the same");
    }
    let mut last = None;
    for difference in &differences {
        if last != Some(&difference.rule) {
            let rule = difference.rule.as_ref().map(|rule| format!("rule {rule}"));
            say!("  {}", rule.as_deref().unwrap_or("policy"));
            last = Some(&difference.rule);
        }
        say!("    {}", difference.key);
        for (sign, side) in [("-", &difference.before), ("+", &difference.after)] {
            if let Some(side) = side {
                say!("{}", labelled(&format!("       {sign}"), side));
            }
        }
    }
    Ok(0)
}
