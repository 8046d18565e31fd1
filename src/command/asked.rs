//! From a JSON object to a command.

use chrono::{DateTime, NaiveDateTime, Timelike as _};
use lookback_events::event::act::{Act, ClaimPart, Happened, Subject, Told};
use lookback_events::event::deed::Deed;
use lookback_events::id::{ActorId, CommandId, Digest};
use lookback_projections::policy::vocabulary::nearest;
use serde_json::{Map, Value, json};

use super::members::{COMMON, Kind, about, short};
use super::object::Object;
use super::{APPROVE, Approval, Command, CommandError, Reading, Wish, names, schema, sha256};
use crate::journal::Position;

/// The canonical text of a JSON value: members ascending, no white space. Two texts that say the same
/// have one.
pub fn canonical(value: &Value) -> String {
    // A map of serde_json keeps its members sorted.
    value.to_string()
}

/// Members that are on their way to a command.
#[derive(Debug, Clone)]
pub struct Asking {
    members: Map<String, Value>,
}

impl Asking {
    /// Begins a command with nothing but its name.
    pub fn new(command: &str) -> Self {
        let mut members = Map::new();
        members.insert("command".to_owned(), json!(command));
        Self { members }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When it is no JSON object, or a member stands twice.
    pub fn parse(text: &str) -> Result<Self, CommandError> {
        let read: Result<Object, _> = serde_json::from_str(text);
        read.map(|object| Self { members: object.0 }).map_err(|error| {
            // A command is one line: only the column says anything.
            let why = plain(&error.to_string()).replace(" at line 1 column ", ", column ");
            let why = if error.is_syntax() { format!("not JSON: {why}") } else { why };
            CommandError::new(format!("no command: {why}"))
                .help("a command is one JSON object a line: lookback record --schema")
        })
    }

    /// The same with one more member; `null` and nothing leave it out.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.members.insert(member.to_owned(), value);
        }
        self
    }

    /// The same as a proposal, so that a second person may approve it.
    #[must_use]
    pub fn proposed(mut self) -> Self {
        let mut outer = Map::new();
        outer.insert("command".to_owned(), json!("propose"));
        for member in ["id", "actor", "expect"] {
            if let Some(value) = self.members.remove(member) {
                outer.insert(member.to_owned(), value);
            }
        }
        outer.insert("proposal".to_owned(), Value::Object(self.members));
        Self { members: outer }
    }

    /// The members.
    pub fn json(&self) -> Value {
        Value::Object(self.members.clone())
    }

    /// The command that it is.
    ///
    /// # Errors
    /// When a member is missing, unknown, or is not what it should be.
    pub fn command(self, reading: &Reading) -> Result<Command, CommandError> {
        let mut rest = self.members;
        let Some(Value::String(name)) = rest.remove("command") else {
            return Err(CommandError::new("the member \"command\" is missing or no text")
                .help("such as \"command\":\"issue-notice\"; lookback record --schema lists all"));
        };
        Read { name: &name, rest, reading }.command().map_err(|error| match error.command {
            Some(_) => error,
            None => error.of(&name),
        })
    }
}

/// A command on its way, by its name, with the members that are not read yet.
struct Read<'a> {
    name: &'a str,
    rest: Map<String, Value>,
    reading: &'a Reading,
}

impl Read<'_> {
    fn command(mut self) -> Result<Command, CommandError> {
        if about(self.name).is_none() {
            return Err(unknown_command(self.name));
        }
        let id = match self.text("id")? {
            Some(id) => parsed("id", CommandId::parse(&id))?,
            None => self.reading.id.clone(),
        };
        let actor = match self.text("actor")? {
            Some(actor) => parsed("actor", ActorId::parse(&actor))?,
            None => self.reading.actor.clone().ok_or_else(|| {
                CommandError::new("nobody acts: the member \"actor\" is missing")
                    .help("give it, or --actor, or LOOKBACK_ACTOR")
            })?,
        };
        let expect = match self.text("expect")? {
            Some(at) => Some(at.parse::<Position>().map_err(|_| wrong("expect", RECORD))?),
            None => None,
        };
        let happened = self.happened()?;
        let asked = self.asked(&id, &actor, happened);
        let act = Act {
            command: id.clone(),
            document: self
                .text("document")?
                .map(|d| parsed("document", Digest::parse(&d)))
                .transpose()?,
            happened: happened.unwrap_or(Happened::on(self.reading.today)),
            party: self.text("party")?,
            proposal: None,
            proposed_by: None,
        };
        let wish = match self.name {
            APPROVE => self.approve(act)?,
            "propose" => self.propose(act, asked, &actor)?,
            "reject-proposal" => {
                // What it is about, the proposal says when it is decided.
                let deed = self.deed(act, asked, Subject::Ledger)?;
                Wish::Begin(Box::new(deed))
            }
            _ => match self.subject()? {
                Some(subject) => Wish::Do(Box::new(self.deed(act, asked, subject)?)),
                None => Wish::Begin(Box::new(self.deed(act, asked, Subject::Ledger)?)),
            },
        };
        Ok(Command { id, actor, expect, asked, wish })
    }

    /// SHA-256 of what was asked: the members as they were sent, with the id and the actor that were
    /// left to others, the moment in plan time, the subject in full, and without what was expected.
    fn asked(&self, id: &CommandId, actor: &ActorId, happened: Option<Happened>) -> Digest {
        let mut all = self.rest.clone();
        all.insert("command".to_owned(), json!(self.name));
        all.insert("id".to_owned(), json!(id));
        all.insert("actor".to_owned(), json!(actor));
        if let Some(happened) = happened {
            all.insert("happened".to_owned(), json!(happened));
        }
        for word in short(self.name) {
            if let Some(Value::String(id)) = all.get(word) {
                let subject = json!(format!("{word}:{id}"));
                all.remove(word);
                all.insert("subject".to_owned(), subject);
            }
        }
        sha256(&canonical(&Value::Object(all)))
    }

    fn approve(mut self, act: Act) -> Result<Wish, CommandError> {
        let proposal = self.text("proposal")?.ok_or_else(|| missing("proposal"))?;
        let proposal = parsed("proposal", CommandId::parse(&proposal))?;
        match self.rest.keys().next() {
            Some(member) => Err(unknown_member(self.name, member)),
            None => Ok(Wish::Approve(Box::new(Approval { proposal, act }))),
        }
    }

    /// A proposal holds the other command as it will be read again when it is approved, with the
    /// proposal's own day, document and actor where it says nothing of its own.
    fn propose(mut self, act: Act, asked: Digest, actor: &ActorId) -> Result<Wish, CommandError> {
        let inner = match self.rest.remove("proposal") {
            Some(Value::Object(inner)) => Asking { members: inner },
            Some(_) => return Err(wrong("proposal", "the other command, as a JSON object")),
            None => return Err(missing("proposal")),
        };
        for word in ["propose", APPROVE, "reject-proposal"] {
            if inner.members.get("command").and_then(Value::as_str) == Some(word) {
                return Err(CommandError::new(format!("{word} cannot be proposed")));
            }
        }
        let mut inner = inner
            .with_default("id", json!(act.command))
            .with_default("actor", json!(actor))
            .with_default("happened", json!(act.happened));
        if let Some(document) = &act.document {
            inner = inner.with_default("document", json!(document));
        }
        let text = canonical(&inner.json());
        let command = inner.command(self.reading)?;
        let Some(subject) = command.subject().cloned() else {
            return Err(CommandError::new("what is proposed must name what it is about"));
        };
        let detail = json!({ "command": text, "sha256": sha256(&text) });
        match self.rest.keys().next() {
            Some(member) => Err(unknown_member(self.name, member)),
            None => {
                Ok(Wish::Do(Box::new(of_command(self.name, told(act, asked, detail, subject))?)))
            }
        }
    }

    /// What the command is about, in full or in short.
    fn subject(&mut self) -> Result<Option<Subject>, CommandError> {
        let Some(about) = about(self.name) else { return Ok(None) };
        let mut named = Vec::new();
        if let Some(text) = self.text("subject")? {
            named.push(Subject::parse(&text).map_err(|why| wrong("subject", &why))?);
        }
        for kind in about.kinds.iter().filter(|_| about.short) {
            if let Some(id) = self.text(kind.word())? {
                let subject = Subject::parse(&format!("{}:{id}", kind.word()));
                named.push(subject.map_err(|why| wrong(kind.word(), &why))?);
            }
        }
        let allowed: Vec<&str> = about.kinds.iter().map(|kind| kind.word()).collect();
        let allowed = allowed.join(" or ");
        match named.as_slice() {
            [] if about.kinds.contains(&Kind::Ledger) => Ok(Some(Subject::Ledger)),
            [] if about.begins => Ok(None),
            [] => Err(CommandError::new("it is about nothing")
                .help(format!("name the {allowed}: \"subject\":\"{}:…\"", first(about.kinds)))),
            [subject] if about.kinds.contains(&Kind::of(subject)) => Ok(Some(subject.clone())),
            [_] => {
                Err(CommandError::new(format!("it is about a {allowed}, not about what is named")))
            }
            _ => Err(CommandError::new("it names several things that it is about")),
        }
    }

    fn happened(&mut self) -> Result<Option<Happened>, CommandError> {
        const WANTED: &str =
            "a day 2026-03-01, a minute 2026-03-01T16:59 plan time, or a moment with its offset";
        let Some(text) = self.text("happened")? else { return Ok(None) };
        if let Some(happened) = Happened::parse(&text) {
            return Ok(Some(happened));
        }
        // Seconds are not kept: without an offset it is plan time, as it is without seconds.
        let seconds = NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f").is_ok();
        let minute = text.get(..16).filter(|_| seconds);
        if let Some(happened) = minute.and_then(Happened::parse) {
            return Ok(Some(happened));
        }
        let moment = DateTime::parse_from_rfc3339(&text).map_err(|_| wrong("happened", WANTED))?;
        let local = moment.with_timezone(&self.reading.zone).naive_local();
        let time = local.time();
        let minute = chrono::NaiveTime::from_hms_opt(time.hour(), time.minute(), 0);
        Ok(Some(Happened { day: local.date(), time: minute }))
    }

    /// The deed, of what is left of the members.
    fn deed(mut self, act: Act, asked: Digest, subject: Subject) -> Result<Deed, CommandError> {
        let claims = match self.rest.remove("claims") {
            Some(claims) => {
                let read: Result<Vec<ClaimPart>, _> = serde_json::from_value(claims);
                read.map_err(|error| wrong("claims", &plain(&error.to_string())))?
            }
            None => Vec::new(),
        };
        let note = self.text("note")?;
        let mut told = told(act, asked, Value::Object(self.rest), subject);
        (told.claims, told.note) = (claims, note);
        of_command(self.name, told)
    }

    /// Takes a text out of the members.
    fn text(&mut self, member: &str) -> Result<Option<String>, CommandError> {
        if COMMON.contains(&member) || member == "proposal" || short(self.name).contains(&member) {
            return match self.rest.remove(member) {
                Some(Value::String(text)) => Ok(Some(text)),
                Some(_) => Err(wrong(member, "a text")),
                None => Ok(None),
            };
        }
        Ok(None)
    }
}

impl Asking {
    /// The same with a member, where it has none of that name.
    fn with_default(mut self, member: &str, value: Value) -> Self {
        self.members.entry(member).or_insert(value);
        self
    }
}

fn told(act: Act, asked: Digest, detail: Value, subject: Subject) -> Told<Value> {
    Told {
        act,
        asked: Some(asked),
        claims: Vec::new(),
        detail,
        findings: Vec::new(),
        note: None,
        subject,
    }
}

fn of_command(name: &str, told: Told<Value>) -> Result<Deed, CommandError> {
    let copy = told.clone();
    match Deed::of_command(name, told) {
        Some(Ok(deed)) => Ok(deed),
        Some(Err(error)) => Err(explained(name, &copy, &error)),
        None => Err(unknown_command(name)),
    }
}

/// Says which member of a detail is wrong: each is read alone, where only that others are missing is
/// no fault of its own.
fn explained(name: &str, told: &Told<Value>, error: &serde_json::Error) -> CommandError {
    let members = schema::members(name);
    if let Value::Object(all) = &told.detail {
        if let Some(member) = all.keys().find(|member| !members.contains(member)) {
            return unknown_member(name, member);
        }
        for (member, value) in all {
            let alone = Value::Object([(member.clone(), value.clone())].into_iter().collect());
            let told = Told { detail: alone, ..told.clone() };
            if let Some(Err(error)) = Deed::of_command(name, told) {
                let why = error.to_string();
                if !why.starts_with("missing field") {
                    return wrong(member, &plain(&why));
                }
            }
        }
    }
    let why = error.to_string();
    match why.split('`').nth(1).filter(|_| why.starts_with("missing field")) {
        Some(member) => missing(member),
        None => CommandError::new(plain(&why)),
    }
}

/// What serde says, without the value that it repeats.
fn plain(why: &str) -> String {
    for begin in ["invalid type: ", "invalid value: "] {
        if let Some(rest) = why.strip_prefix(begin)
            && let Some((_, wanted)) = rest.rsplit_once(", expected ")
        {
            return format!("{wanted} is wanted");
        }
    }
    for begin in ["unknown variant `", "unknown field `"] {
        if why.starts_with(begin)
            && let Some((_, allowed)) = why.rsplit_once(", expected ")
        {
            return format!("{} is wanted", allowed.replace('`', ""));
        }
    }
    why.to_owned()
}

fn first(kinds: &[Kind]) -> &'static str {
    kinds.first().map_or("case", |kind| kind.word())
}

const RECORD: &str = "a record, such as \"p02/118204\", is wanted";

fn missing(member: &str) -> CommandError {
    CommandError::new(format!("the member \"{member}\" is missing"))
}

fn wrong(member: &str, why: &str) -> CommandError {
    CommandError::new(format!("the member \"{member}\" is not what it should be: {why}"))
}

fn parsed<T, E: std::fmt::Display>(member: &str, read: Result<T, E>) -> Result<T, CommandError> {
    read.map_err(|error| wrong(member, &error.to_string()))
}

fn unknown_command(name: &str) -> CommandError {
    let near = nearest(name, names());
    let error = CommandError::new("there is no such command");
    match near.first() {
        Some(_) => error
            .help(format!("did you mean {}? lookback record --schema lists all", near.join(", "))),
        None => error.help("lookback record --schema lists all"),
    }
}

fn unknown_member(name: &str, member: &str) -> CommandError {
    let own = schema::members(name);
    let mut allowed: Vec<&str> = own.iter().map(String::as_str).collect();
    allowed.extend(short(name));
    allowed.extend(COMMON);
    let near = nearest(member, allowed.iter().copied());
    let near = near.first().map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
    CommandError::new(format!("a member is none of this command{near}"))
        .help(format!("allowed are {}", allowed.join(", ")))
}
