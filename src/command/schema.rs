//! The JSON Schema of all commands (draft 2020-12): one object with `oneOf`, a branch a command.

use std::collections::BTreeSet;

use lookback_events::event::deed::Deed;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::APPROVE;
use super::members::{Kind, about, short};

/// The schemas of details by command, and what they refer to.
struct Details {
    commands: Vec<(&'static str, Value)>,
    definitions: Map<String, Value>,
}

impl Details {
    fn new() -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let claims = generator.subschema_for::<Vec<lookback_events::event::act::ClaimPart>>();
        let references = Deed::schemas(&mut generator);
        let definitions = generator.take_definitions(true);
        let mut commands = Vec::new();
        for (command, reference) in references {
            let name = reference.get("$ref").and_then(Value::as_str);
            let name = name.and_then(|name| name.rsplit('/').next()).unwrap_or_default();
            commands.push((command, definitions.get(name).cloned().unwrap_or_default()));
        }
        let mut definitions = definitions;
        definitions.insert("Claims".to_owned(), claims.into());
        Self { commands, definitions }
    }
}

/// The members of a command's detail.
pub(super) fn members(command: &str) -> Vec<String> {
    let details = Details::new();
    let detail = details.commands.iter().find(|(name, _)| *name == command);
    let properties = detail.and_then(|(_, schema)| schema.get("properties"));
    let all = properties.and_then(Value::as_object);
    all.map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

/// The schema of a line.
pub fn schema() -> Value {
    let Details { commands, mut definitions } = Details::new();
    let mut branches: Vec<Value> = Vec::new();
    for (command, detail) in commands {
        let branch = if command == "propose" {
            branch(command, &proposal(), &json!(["proposal"]))
        } else {
            let properties = detail.get("properties").cloned().unwrap_or_else(|| json!({}));
            let required = detail.get("required").cloned().unwrap_or_else(|| json!([]));
            branch(command, &properties, &required)
        };
        branches.push(branch);
    }
    let approved = json!({ "proposal": {
        "type": "string",
        "description": "The id of the command that proposed.",
    }});
    branches.push(branch(APPROVE, &approved, &json!(["proposal"])));
    let used = referred_to(&branches, &definitions);
    definitions.retain(|name, _| used.contains(name));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A command of a Lookback ledger, one a line",
        "oneOf": branches,
        "$defs": definitions,
    })
}

/// The definitions that branches refer to, and those that these refer to.
fn referred_to(branches: &[Value], definitions: &Map<String, Value>) -> BTreeSet<String> {
    fn look(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(to)) = members.get("$ref") {
                    found.extend(to.strip_prefix("#/$defs/").map(ToOwned::to_owned));
                }
                members.values().for_each(|value| look(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| look(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut used = BTreeSet::new();
    let mut found = Vec::new();
    for branch in branches {
        look(branch, &mut found);
    }
    while let Some(name) = found.pop() {
        if let Some(definition) = definitions.get(&name)
            && used.insert(name)
        {
            look(definition, &mut found);
        }
    }
    used
}

fn proposal() -> Value {
    json!({ "proposal": {
        "type": "object",
        "description": "The command that a second person is to approve; what it leaves out is as here.",
        "required": ["command"],
        "properties": { "command": { "type": "string" } },
    }})
}

fn branch(command: &'static str, detail: &Value, required: &Value) -> Value {
    let mut properties = common();
    properties.insert("command".to_owned(), json!({ "const": command }));
    for word in short(command) {
        let description =
            format!("What it is about: \"{word}\":\"ID\" is \"subject\":\"{word}:ID\".");
        properties.insert(word.to_owned(), json!({ "type": "string", "description": description }));
    }
    if let Value::Object(detail) = detail {
        properties.extend(detail.clone());
    }
    let mut needed = vec![json!("command")];
    needed.extend(required.as_array().cloned().unwrap_or_default());
    let mut branch = json!({
        "title": command,
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    });
    let named = about(command).filter(|about| !about.begins && !about.kinds.is_empty());
    if let Some(about) = named.filter(|about| !about.kinds.contains(&Kind::Ledger)) {
        let mut ways = vec![json!({ "required": ["subject"] })];
        ways.extend(about.kinds.iter().map(|kind| json!({ "required": [kind.word()] })));
        if let Some(branch) = branch.as_object_mut() {
            branch.insert("oneOf".to_owned(), Value::Array(ways));
        }
    }
    branch
}

/// The members that every command may have.
fn common() -> Map<String, Value> {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let all = [
        (
            "id",
            text(
                "The command's id; sent again it is answered and not done twice. Made where it is missing.",
            ),
        ),
        ("actor", text("Who acts; --actor where it is missing.")),
        (
            "happened",
            text(
                "When it happened: 2026-03-01, 2026-03-01T16:59 plan time, with seconds or without, or RFC 3339 with an offset. Seconds are not kept. Today where it is missing.",
            ),
        ),
        ("party", text("The designated party that did it or received it for the plan.")),
        (
            "document",
            json!({ "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the document that shows it." }),
        ),
        ("note", text("What somebody writes beside it.")),
        ("claims", json!({ "$ref": "#/$defs/Claims" })),
        (
            "expect",
            json!({ "type": "string", "pattern": "^(control|p[0-9]{2})/[0-9]+$", "description": "The last record of the subject that the sender knew; with a later one the command is refused." }),
        ),
        (
            "subject",
            json!({ "type": "string", "description": "What it is about: case:ID, audit:ID, hold:ID, payee:ID or ledger." }),
        ),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}
