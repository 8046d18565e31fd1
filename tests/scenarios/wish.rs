//! A command as a story writes it, and the members that a story may leave out.
//!
//! What is left out: `actor` jane, `happened` the day of the line; of a case its payee, plan MCF, line
//! of business medicaid, a cause, a standard; of a letter the day it bears, mail, everything it must
//! carry, the case's id as its control number; of a dispute level 1 and grounds; of an audit that it is
//! general, routine and of the plan MCF; reasons. `claims=A-1:50.00,A-2#3:7.00` are amounts of a claim
//! and of a line, `items=I-1+I-2` records asked for, `instalments=2026-05-01:10.00+…` a plan.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use lookback::command::schema::schema;
use lookback_events::event::recovery::letters::NoticeItem;
use lookback_projections::policy::SHIPPED;
use serde_json::{Map, Value, json};
use sha2::Digest as _;

use super::pay::PAYEE;

/// Members that are lists, written with `+`.
const LISTS: [&str; 7] = ["content", "roles", "told", "signed_by", "cases", "topics", "lists"];
/// Members that are numbers.
const NUMBERS: [&str; 3] = ["level", "count", "version"];

/// The members that each command must have.
fn required(command: &str) -> &'static [String] {
    static ALL: OnceLock<BTreeMap<String, Vec<String>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let branches = schema()["oneOf"].as_array().unwrap().clone();
        let branch = |branch: &Value| {
            let words = branch["required"].as_array().unwrap().iter();
            let words = words.map(|word| word.as_str().unwrap().to_owned()).collect();
            (branch["title"].as_str().unwrap().to_owned(), words)
        };
        branches.iter().map(branch).collect()
    });
    all.get(command).map_or(&[], Vec::as_slice)
}

/// The JSON of a command of some words, that happened on a day.
pub(super) fn object(words: &[String], happened: &str) -> Result<Value, String> {
    let (command, words) = words.split_first().ok_or("no command")?;
    if command == "propose" {
        let mut inner = object(words, happened)?;
        let mut outer = Map::new();
        outer.insert("command".to_owned(), json!("propose"));
        for member in ["id", "actor", "expect"] {
            if let Some(value) = inner.as_object_mut().and_then(|all| all.remove(member)) {
                outer.insert(member.to_owned(), value);
            }
        }
        if inner.get("subject").is_none() {
            inner["subject"] = json!("ledger");
        }
        outer.insert("happened".to_owned(), json!(happened));
        outer.insert("proposal".to_owned(), inner);
        return Ok(Value::Object(outer));
    }
    let mut members = Map::new();
    members.insert("command".to_owned(), json!(command));
    let mut changes = Vec::new();
    let mut named = None;
    for word in words {
        match word.split_once('=') {
            None => named = Some(word.as_str()),
            Some((name, value)) if command == "adopt-policy" && name.contains(['-', '.']) => {
                changes.push((name, value));
            }
            Some((name, value)) => {
                members.insert(name.to_owned(), member(name, value)?);
            }
        }
    }
    if let Some(named) = named {
        about(command, named, &mut members);
    }
    if command == "adopt-policy" {
        adopted(named.ok_or("which policy?")?, &changes, &mut members)?;
    }
    members.entry("actor").or_insert(json!("jane"));
    members.entry("happened").or_insert(json!(happened));
    let day = happened.split('T').next().unwrap_or_default();
    for (name, value) in left_out(command, named.unwrap_or_default(), day) {
        members.entry(name).or_insert(value);
    }
    if required(command).iter().any(|name| name == "reason") {
        members.entry("reason").or_insert(json!("as told"));
    }
    members.retain(|_, value| *value != json!("none"));
    Ok(Value::Object(members))
}

/// What a bare word names.
fn about(command: &str, named: &str, members: &mut Map<String, Value>) {
    if ["approve", "reject-proposal"].contains(&command) {
        members.insert("proposal".to_owned(), json!(named));
        return;
    }
    let kind = match named.split('-').next() {
        Some("OP") => "case",
        Some("AU") => "audit",
        Some("H") => "hold",
        _ => "payee",
    };
    let about = match command {
        "register-actor" | "retire-actor" => ("who", named.to_owned()),
        "announce-run" => ("run", named.to_owned()),
        "adopt-policy" => ("policy", named.to_owned()),
        _ => ("subject", format!("{kind}:{named}")),
    };
    members.insert(about.0.to_owned(), json!(about.1));
}

fn member(name: &str, value: &str) -> Result<Value, String> {
    let list = || value.split('+');
    Ok(match name {
        "claims" => claims(value)?,
        "content" if value == "all" => content(),
        "items" => {
            let item = |item: &str| json!({ "form": "copies", "item": item, "kind": "record" });
            list().map(item).collect()
        }
        "instalments" => {
            let one = |one: &str| {
                let (due, amount) = one.split_once(':').unwrap_or((one, ""));
                json!({ "due": due, "amount": amount })
            };
            list().map(one).collect()
        }
        _ if value == "none" => json!("none"),
        _ if value.starts_with(['{', '[']) => {
            serde_json::from_str(value).map_err(|error| format!("{name}: {error}"))?
        }
        _ if LISTS.contains(&name) => list().collect::<Vec<_>>().into(),
        _ if NUMBERS.contains(&name) => {
            json!(value.parse::<u64>().map_err(|_| format!("{name} is a number"))?)
        }
        "in_writing" | "agrees" | "last" | "changes" | "accepted" => json!(value == "true"),
        _ => json!(value),
    })
}

fn content() -> Value {
    NoticeItem::ALL.iter().map(|item| item.as_str()).collect::<Vec<_>>().into()
}

/// Claims, lines and payments: `A-1:50.00`, `A-1#2:50.00`, `A-1@p00/9:50.00`.
fn claims(parts: &str) -> Result<Value, String> {
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for part in parts.split(',') {
        let (named, amount) = part.split_once(':').map_or((part, None), |(n, a)| (n, Some(a)));
        let (number, line) = named.split_once('#').map_or((named, None), |(n, l)| (n, Some(l)));
        let (number, payment) =
            number.split_once('@').map_or((number, None), |(n, p)| (n, Some(p)));
        let claim = all.entry(number.to_owned()).or_insert(json!({ "patient_control": number }));
        match (line, amount) {
            (Some(line), amount) => {
                let line: u64 = line.parse().map_err(|_| format!("{part}: no line"))?;
                let one = json!({ "line": line, "amount": amount });
                match claim["lines"].as_array_mut() {
                    Some(lines) => lines.push(one),
                    None => claim["lines"] = json!([one]),
                }
            }
            (None, Some(amount)) => claim["amount"] = json!(amount),
            (None, None) => {}
        }
        if let Some(payment) = payment {
            claim["payment"] = json!(payment);
        }
    }
    Ok(all.into_values().collect())
}

/// What a story may leave out of a command.
fn left_out(command: &str, named: &str, day: &str) -> Vec<(&'static str, Value)> {
    let plan = || [("payee", json!(PAYEE)), ("plan", json!("MCF"))];
    let business = ("line_of_business", json!("medicaid"));
    match command {
        "identify-case" => {
            let mut all = plan().to_vec();
            all.extend([
                business,
                ("cause", json!("incorrect-code")),
                ("detected_by", json!("plan")),
                ("standard", json!({ "citation": "Payment policy 12" })),
            ]);
            all
        }
        "open-audit" => {
            let mut all = plan().to_vec();
            all.extend([business, ("kind", json!("general")), ("nature", json!("routine"))]);
            all
        }
        "issue-notice" | "record-notice" | "serve-again" => vec![
            ("control_number", json!(named)),
            ("dated", json!(day)),
            ("method", json!("mail")),
            ("content", content()),
        ],
        "record-dispute" => vec![("level", json!(1)), ("grounds", json!("the code is right"))],
        "determine" | "correct-determination" => {
            vec![("level", json!(1)), ("dated", json!(day))]
        }
        "instruct-offset" => vec![("first_on", json!(day))],
        "record-fraud-predicate" => {
            vec![("source", json!("hotline")), ("summary", json!("services not provided"))]
        }
        "place-hold" => vec![("kind", json!("litigation"))],
        "begin-stand-down" | "refer-to-government" => vec![("agency", json!("MFCU"))],
        "cancel-visit" => vec![
            ("by", json!("provider")),
            ("in_writing", json!(true)),
            ("told", json!(["audit-lead", "medical-director"])),
        ],
        "sign-report" => vec![("last", json!(true)), ("signed_by", json!(["auditor"]))],
        "register-actor" => vec![("kind", json!("person"))],
        "record-contact" => vec![
            ("channel", json!("phone")),
            ("direction", json!("inbound")),
            ("summary", json!("asked for a copy")),
        ],
        _ => Vec::new(),
    }
}

/// The text of a shipped policy, with its version, first day, parameters (`late-knowledge-days=30`) and
/// members of rules (`dispute-window.length="45 CD"`) changed.
fn adopted(
    id: &str,
    changes: &[(&str, &str)],
    members: &mut Map<String, Value>,
) -> Result<(), String> {
    let shipped = SHIPPED.iter().find(|(known, _)| *known == id);
    let (_, text) = shipped.ok_or_else(|| format!("no policy {id}"))?;
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    let begins = |line: &String, name: &str| line.starts_with(&format!("{name} = "));
    let at = |lines: &[String], name: &str, behind: usize| {
        let found = lines.iter().skip(behind).position(|line| begins(line, name));
        found.map(|at| at + behind).ok_or_else(|| format!("{id} has no {name}"))
    };
    let (version, effective) = (at(&lines, "version", 0)?, at(&lines, "effective", 0)?);
    let number = members.entry("version").or_insert(json!(1));
    lines[version] = format!("version = {number}");
    if let Some(day) = members.get("effective").and_then(Value::as_str) {
        lines[effective] = format!("effective = {{ from = {day} }}");
    } else {
        let day = lines[effective].split(['=', '}']).nth(2).unwrap_or_default();
        members.insert("effective".to_owned(), json!(day.trim()));
    }
    for (name, value) in changes {
        let quoted = value.parse::<u64>().map_or(format!("{value:?}"), |n| n.to_string());
        let (rule, name) = name.split_once('.').unwrap_or(("", name));
        let behind = match rule {
            "" => 0,
            rule => lines
                .iter()
                .position(|line| *line == format!("id = {rule:?}"))
                .ok_or_else(|| format!("{id} has no rule {rule}"))?,
        };
        let line = at(&lines, name, behind)?;
        lines[line] = format!("{name} = {quoted}");
    }
    let text = lines.join("\n") + "\n";
    let digest = sha2::Sha256::digest(text.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    members.insert("sha256".to_owned(), json!(digest));
    members.insert("text".to_owned(), json!(text));
    Ok(())
}
