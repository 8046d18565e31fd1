use lookback_events::event::act::Subject;
use lookback_events::event::deed::Deed;
use serde_json::{Value, json};

use super::*;

fn reading() -> Reading {
    Reading {
        zone: chrono_tz::America::New_York,
        today: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
        actor: Some(ActorId::parse("jane.roe").unwrap()),
        id: CommandId::parse("made").unwrap(),
    }
}

fn read(text: &str) -> Result<Command, CommandError> {
    Asking::parse(text)?.command(&reading())
}

fn deed(command: &Command) -> &Deed {
    match &command.wish {
        Wish::Do(deed) | Wish::Begin(deed) => deed,
        Wish::Approve(_) => panic!("an approval is no deed"),
    }
}

const NOTICE: &str = r#"{"command":"issue-notice","id":"c-1","case":"OP-1","happened":"2026-03-01",
    "control_number":"7750012","dated":"2026-03-01","method":"mail","content":["claim"]}"#;

#[test]
fn a_command_is_one_flat_object() {
    let command = read(NOTICE).unwrap();
    assert_eq!(command.name(), "issue-notice");
    assert_eq!((command.id.as_str(), command.actor.as_str()), ("c-1", "jane.roe"));
    assert_eq!(deed(&command).subject(), &Subject::parse("case:OP-1").unwrap());
    assert_eq!(deed(&command).act().happened.to_string(), "2026-03-01");
    assert_eq!(deed(&command).asked(), Some(command.asked));
}

#[test]
fn what_says_the_same_is_the_same() {
    let other = r#"{"method":"mail","dated":"2026-03-01","content":["claim"],"id":"c-1",
        "subject":"case:OP-1","actor":"jane.roe","happened":"2026-03-01","expect":"p02/7",
        "control_number":"7750012","command":"issue-notice"}"#;
    assert_eq!(read(NOTICE).unwrap().asked, read(other).unwrap().asked);
    for (from, to) in [("c-1", "c-2"), ("OP-1", "OP-2"), ("7750012", "7750013"), ("mail", "fax")] {
        assert_ne!(read(NOTICE).unwrap().asked, read(&NOTICE.replace(from, to)).unwrap().asked);
    }
}

#[test]
fn moments_are_converted_to_the_plans_time_and_days_are_kept() {
    for (sent, kept) in [
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T16:59", "2026-03-01T16:59"),
        ("2026-03-01T10:00:00", "2026-03-01T10:00"),
        ("2026-03-01T10:00:59.5", "2026-03-01T10:00"),
        ("2026-03-02T02:30:59Z", "2026-03-01T21:30"),
        ("2026-03-01T16:59:00-05:00", "2026-03-01T16:59"),
        ("2026-07-01T12:00:00+02:00", "2026-07-01T06:00"),
    ] {
        let line =
            NOTICE.replace("\"happened\":\"2026-03-01\"", &format!("\"happened\":\"{sent}\""));
        assert_eq!(deed(&read(&line).unwrap()).act().happened.to_string(), kept, "{sent}");
    }
    let without = NOTICE.replace(r#""happened":"2026-03-01","#, "");
    assert_eq!(deed(&read(&without).unwrap()).act().happened.to_string(), "2026-03-02");
}

#[test]
fn what_is_no_command_says_which_member_and_what_is_allowed() {
    for (line, what, help) in [
        ("", "no command: EOF", "lookback record --schema"),
        ("[]", "no command: a JSON object, column 0 is wanted", ""),
        (r#"{"command":"x","command":"y"}"#, "a member stands twice", ""),
        ("{}", "the member \"command\" is missing", "issue-notice"),
        (
            r#"{"command":"isue-notice"}"#,
            "isue-notice: there is no such command",
            "did you mean issue-notice",
        ),
        (
            r#"{"command":"issue-notice","case":"OP-1","control":"1"}"#,
            "issue-notice: a member is none of this command; did you mean \"control_number\"?",
            "appeal_deadline",
        ),
        (
            r#"{"command":"issue-notice","case":"OP-1","dated":"2026-03-01","method":"mail"}"#,
            "issue-notice: the member \"control_number\" is missing",
            "",
        ),
        (
            r#"{"command":"issue-notice","case":"OP-1","dated":"SMITH"}"#,
            "the member \"dated\" is not what it should be",
            "",
        ),
        (
            r#"{"command":"issue-notice","case":"OP-1","control_number":17}"#,
            "the member \"control_number\" is not what it should be: a string is wanted",
            "",
        ),
        (
            r#"{"command":"issue-notice","case":"OP-1","method":"pigeon"}"#,
            "the member \"method\" is not",
            "",
        ),
        (
            r#"{"command":"issue-notice","case":"OP 1"}"#,
            "the member \"case\" is not what it should be",
            "",
        ),
        (r#"{"command":"issue-notice"}"#, "it is about nothing", "name the case"),
        (r#"{"command":"issue-notice","payee":"1234567893"}"#, "it is about nothing", ""),
        (r#"{"command":"issue-notice","subject":"payee:1234567893"}"#, "it is about a case", ""),
        (r#"{"command":"issue-notice","case":"OP-1","subject":"case:OP-2"}"#, "several things", ""),
        (r#"{"command":"issue-notice","happened":"yesterday"}"#, "the member \"happened\"", ""),
        (r#"{"command":"issue-notice","document":"00"}"#, "the member \"document\"", ""),
        (r#"{"command":"issue-notice","expect":"17"}"#, "the member \"expect\"", ""),
        (r#"{"command":"record-refund","case":"OP-1","amount":12.5}"#, "an amount such as", ""),
        (
            r#"{"command":"record-refund","case":"OP-1","amount":"1.00","claims":[{"line":1}]}"#,
            "the member \"claims\"",
            "",
        ),
        (r#"{"command":"approve"}"#, "the member \"proposal\" is missing", ""),
        (
            r#"{"command":"approve","proposal":"c-1","amount":"1.00"}"#,
            "a member is none of this command",
            "",
        ),
        (r#"{"command":"propose","proposal":"c-1"}"#, "the other command, as a JSON object", ""),
        (
            r#"{"command":"propose","proposal":{"command":"approve","proposal":"c"}}"#,
            "approve cannot be proposed",
            "",
        ),
        (
            r#"{"command":"propose","proposal":{"command":"write-off","case":"OP-1","amount":"1.00"}}"#,
            "write-off: the member \"reason\" is missing",
            "",
        ),
        (
            r#"{"command":"bill-member","case":"OP-1","amount":"1.00"}"#,
            "there is no such command",
            "",
        ),
    ] {
        let error = match read(line) {
            Ok(command) => panic!("{line} is {command:?}"),
            Err(error) => error,
        };
        let said = error.to_string();
        assert!(said.contains(what), "{line}\n{said}\nlacks {what}");
        assert!(error.help.clone().unwrap_or_default().contains(help), "{line}: {:?}", error.help);
        assert!(!said.contains("SMITH"), "{said}");
    }
    let nobody = Reading { actor: None, ..reading() };
    let error = Asking::parse(NOTICE).unwrap().command(&nobody).unwrap_err();
    assert!(error.to_string().contains("nobody acts"), "{error}");
    let on_line = read("{}").unwrap_err().on_line(7).to_string();
    assert!(on_line.starts_with("line 7: "), "{on_line}");
}

#[test]
fn a_proposal_holds_the_command_as_it_will_be_read_again() {
    let line = r#"{"command":"propose","id":"c-7","proposal":
        {"command":"write-off","case":"OP-1","amount":"5.00","reason":"too small"}}"#;
    let command = read(line).unwrap();
    let Deed::Governance(told) = deed(&command) else { panic!("{command:?}") };
    let lookback_events::event::governance::Governance::ProposalMade(proposal) = &told.detail
    else {
        panic!("{told:?}")
    };
    assert_eq!(told.subject, Subject::parse("case:OP-1").unwrap());
    assert_eq!(
        proposal.command,
        "{\"actor\":\"jane.roe\",\"amount\":\"5.00\",\"case\":\"OP-1\",\"command\":\"write-off\",\
         \"happened\":\"2026-03-02\",\"id\":\"c-7\",\"reason\":\"too small\"}"
    );
    assert_eq!(proposal.sha256, sha256(&proposal.command));
    assert_eq!(read(&proposal.command).unwrap().name(), "write-off");
}

/// Nothing here can bill a member: no command is about one, and none has a member that names one.
#[test]
fn no_command_bills_a_member() {
    const WORDS: [&str; 7] =
        ["bill", "member", "patient", "subscriber", "invoice", "collect-from", "copay"];
    for name in names() {
        assert!(!WORDS.iter().any(|word| name.contains(word)), "{name}");
        for member in schema::members(name) {
            assert!(!WORDS.iter().any(|word| member.contains(word)), "{name}: {member}");
        }
    }
    let text = schema::schema().to_string();
    for word in ["\"bill\"", "\"bill-", "bill_", "member_id", "subscriber"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn every_command_says_what_it_is_about() {
    for name in names() {
        assert!(members::about(name).is_some(), "{name}");
        let own = schema::members(name);
        // What names the subject in short must not be a member of the detail, nor must what all have.
        for word in members::short(name).into_iter().chain(members::COMMON.iter().copied()) {
            let allowed = name == "propose" && word == "command";
            assert!(allowed || !own.iter().any(|member| member == word), "{name}: {word}");
        }
    }
}

/// Whether a value is as a schema says: the words that this schema uses.
fn fits(value: &Value, schema: &Value, all: &Value) -> Result<(), String> {
    if schema == &Value::Bool(true) {
        return Ok(());
    }
    for (word, of) in schema.as_object().ok_or("a schema is an object")? {
        let list = || of.as_array().cloned().unwrap_or_default();
        let fault = |why: String| Err(format!("{word}: {why} in {value}"));
        match word.as_str() {
            "$ref" => {
                let name = of.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                fits(value, &all["$defs"][name], all)?;
            }
            "const" if of != value => return fault(format!("{of} is wanted")),
            "enum" if !list().contains(value) => return fault(format!("{of} is wanted")),
            "type" => {
                let named = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "integer",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                if of != named && !list().iter().any(|kind| kind == named) {
                    return fault(format!("{of} is wanted"));
                }
            }
            "required" => {
                for name in list() {
                    if value.get(name.as_str().unwrap()).is_none() {
                        return fault(format!("{name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, of) in of.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        fits(value, of, all).map_err(|why| format!("{name}: {why}"))?;
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(of, &Value::Bool(false));
                let known = &schema["properties"];
                let more = value.as_object().unwrap().keys().find(|name| known.get(name).is_none());
                if let Some(name) = more {
                    return fault(format!("{name} is not known"));
                }
            }
            "items" => {
                for value in value.as_array().into_iter().flatten() {
                    fits(value, of, all)?;
                }
            }
            "anyOf" | "oneOf" => {
                let fine = list().iter().filter(|one| fits(value, one, all).is_ok()).count();
                if fine == 0 || (word == "oneOf" && fine > 1) {
                    return fault(format!("{fine} of {} fit", list().len()));
                }
            }
            "const" | "enum" | "title" | "description" | "format" | "pattern" | "minimum"
            | "maximum" | "default" | "$schema" | "$defs" | "maxLength" | "minLength" => {}
            other => panic!("the schema says {other}, which this test does not know"),
        }
    }
    Ok(())
}

/// One example a command: what leads to the event that `events` keeps as golden.
fn examples() -> Vec<(&'static str, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/events/tests/golden/");
    let mut all = vec![(APPROVE, json!({ "command": APPROVE, "proposal": "c-0" }))];
    for name in lookback_events::event::Event::names() {
        let body = std::fs::read(format!("{folder}{}.json", name.replace('/', "."))).unwrap();
        let event = lookback_events::event::Event::decode(name, &body).unwrap();
        let lookback_events::event::Event::Deed(deed) = event else { continue };
        let told: Value = serde_json::from_slice(&body).unwrap();
        let mut example = if deed.command() == "propose" {
            json!({ "proposal": { "command": "record-note", "case": "OP-1", "text": "x" } })
        } else {
            told["detail"].clone()
        };
        example["command"] = json!(deed.command());
        if deed.command() != "propose" && deed.command() != "reject-proposal" {
            let about = members::about(deed.command()).unwrap();
            let subject = about.kinds.first().map(|kind| match kind {
                members::Kind::Case => "case:OP-1",
                members::Kind::Audit => "audit:AU-1",
                members::Kind::Hold => "hold:H-1",
                members::Kind::Payee => "payee:1200000119",
                members::Kind::Ledger => "ledger",
            });
            example["subject"] = json!(subject);
            example["claims"] = told["claims"].clone();
            example["note"] = told["note"].clone();
        }
        all.push((deed.command(), example));
    }
    all
}

#[test]
fn every_command_has_an_example_that_fits_the_schema_and_is_read() {
    let schema = schema::schema();
    let examples = examples();
    for name in names() {
        assert!(examples.iter().any(|(command, _)| *command == name), "{name} has no example");
    }
    assert_eq!(schema["oneOf"].as_array().unwrap().len(), names().count());
    for (name, example) in &examples {
        let branches = schema["oneOf"].as_array().unwrap();
        let own = branches.iter().find(|branch| branch["title"] == *name);
        let own = own.unwrap_or_else(|| panic!("{name} is not in the schema"));
        fits(example, own, &schema).unwrap_or_else(|why| panic!("{name}: {why}"));
        let fine = branches.iter().filter(|one| fits(example, one, &schema).is_ok()).count();
        assert_eq!(fine, 1, "{name} is one command: {example}");
        let command = read(&example.to_string()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(command.name(), *name);
        // What the schema does not know is not read either.
        let mut wrong = example.clone();
        wrong["bill_member"] = json!("1.00");
        assert!(fits(&wrong, own, &schema).is_err() && read(&wrong.to_string()).is_err(), "{name}");
    }
}
