//! Recording: commands in, answers out.
//!
//! What deciding needs of the world is looked up here (the claims that a command names, the command
//! that a proposal holds) and given to it as values; what it decides is appended. Not here: the rules
//! ([`crate::decide`]), and how commands and answers are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate};
use lookback_events::body::{BodyError, BodyWriter};
use lookback_events::event::Event;
use lookback_events::event::act::Subject;
use lookback_events::event::control::{PayeeIdentity, PayeeSeen};
use lookback_events::event::deed::Deed;
use lookback_events::event::governance::Governance;
use lookback_events::event::text::Day;
use lookback_events::finding::Finding;
use lookback_events::id::{ActorId, AuditId, CaseId, CommandId, HoldId, JournalId, PayeeId};
use lookback_projections::clocks::{Rulebook, Years};
use lookback_projections::windows::{RulebookError, rulebook};
use lookback_projections::{audits, cases, commands, governance, holds};

use crate::command::{Asking, Command, CommandError, Reading, Wish};
use crate::decide::given::{FoundClaim, Given};
use crate::decide::refusal::Refusal;
use crate::decide::verdict::{Decided, Verdict, decide};
use crate::journal::Position;
use crate::ledger::{Entry, Fact, Ledger, LedgerError};
use crate::report::day_of;

mod claims;

pub use claims::found;

/// The most bytes of a body, about: enough to bound what is on its way.
const WEIGHT: usize = 4_096;

/// Why commands cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The policies of the ledger cannot be read.
    #[error("the policies that the ledger adopted cannot be read")]
    Rules(#[from] RulebookError),
    /// A proposal's command can be read no more.
    #[error("the command that the proposal {proposal} holds cannot be read")]
    Proposal {
        /// The proposal.
        proposal: String,
        /// What was wrong.
        #[source]
        source: CommandError,
    },
    /// No command id could be made.
    #[error("the system gives no random numbers")]
    Random(#[source] getrandom::Error),
}

impl From<lookback_projections::rows::RowsError> for RecordError {
    fn from(error: lookback_projections::rows::RowsError) -> Self {
        Self::Ledger(error.into())
    }
}

/// What was answered to a command.
#[derive(Debug)]
pub struct Answer {
    /// The command.
    pub id: CommandId,
    /// Its name.
    pub command: &'static str,
    /// What it was about; `None` where it was refused before that was known.
    pub subject: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// What to wait for until it is durable.
    pub ticket: Option<u64>,
}

/// What became of a command.
#[derive(Debug)]
pub enum Outcome {
    /// It was recorded.
    Recorded {
        /// Its records.
        records: Vec<Position>,
        /// What broke a rule and is recorded with it.
        findings: Vec<Finding>,
    },
    /// The same was recorded before.
    AlreadyRecorded {
        /// Its records.
        records: Vec<Position>,
    },
    /// The rules say no.
    Refused(Box<Refusal>),
}

/// Gives commands to a ledger.
pub struct Recorder<'a> {
    ledger: &'a mut Ledger,
    rules: Rulebook,
    /// The day that it is, where the clock does not say it.
    day: Option<NaiveDate>,
    /// The last number that was given, by the beginning of an id.
    numbers: BTreeMap<String, u64>,
}

/// A deed whose subject the ledger named.
struct Named {
    deed: Deed,
    /// The beginning of the id, and the number that it used.
    number: Option<(String, u64)>,
}

/// An event that a command led to, on its way.
struct DeedFact(Deed);

impl Fact for DeedFact {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.0)
    }

    fn event(&self) -> Event<'_> {
        Event::Deed(self.0.clone())
    }
}

/// A payee that no remittance has named yet.
struct Unseen(PayeeSeen<'static>);

impl Fact for Unseen {
    fn name(&self) -> &'static str {
        PayeeSeen::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.0)
    }

    fn event(&self) -> Event<'_> {
        Event::Control(lookback_events::event::Control::PayeeSeen(Box::new(self.0.clone())))
    }
}

impl<'a> Recorder<'a> {
    /// Begins to give commands.
    ///
    /// # Errors
    /// When the policies of the ledger cannot be read.
    pub fn new(ledger: &'a mut Ledger) -> Result<Self, RecordError> {
        let rules = rules(ledger)?;
        Ok(Self { ledger, rules, day: None, numbers: BTreeMap::new() })
    }

    /// Begins to give the commands of a day, whatever the clock says: of a story that is told.
    ///
    /// # Errors
    /// When the policies of the ledger cannot be read.
    pub fn on(ledger: &'a mut Ledger, day: NaiveDate) -> Result<Self, RecordError> {
        Ok(Self { day: Some(day), ..Self::new(ledger)? })
    }

    /// The plan's day of today; commands may come for longer than a day.
    fn today(&self) -> NaiveDate {
        self.day.unwrap_or_else(|| day_of(self.ledger, crate::now::now()))
    }

    /// The ledger.
    pub const fn ledger(&mut self) -> &mut Ledger {
        self.ledger
    }

    /// The policies that hold.
    pub const fn rules(&self) -> &Rulebook {
        &self.rules
    }

    /// What is taken where a command does not say it, with a new id for one that has none.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn reading(&self, actor: Option<ActorId>) -> Result<Reading, RecordError> {
        Ok(Reading {
            zone: self.ledger.choices().time_zone.parse().unwrap_or(chrono_tz::UTC),
            today: self.today(),
            actor,
            id: made_id()?,
        })
    }

    /// Decides a command and appends what it leads to. Durable when its ticket is.
    ///
    /// # Errors
    /// When the ledger fails; a refusal is an answer.
    pub fn take(&mut self, mut command: Command) -> Result<Answer, RecordError> {
        let named = self.named(&command)?;
        let number = named.as_ref().and_then(|named| named.number.clone());
        if let Some(named) = named {
            command.wish = Wish::Do(Box::new(named.deed));
        }
        self.settle(&command)?;
        let proposed = self.proposed(&command)?;
        let about = proposed.as_ref().unwrap_or(&command);
        let found = match &about.wish {
            Wish::Do(deed) => found(self.ledger, deed)?,
            Wish::Begin(_) | Wish::Approve(_) => Vec::new(),
        };
        let given = self.given(&found, proposed.as_ref());
        let verdict = decide(&given, &command)?;
        let (id, name) = (command.id.clone(), command.name());
        let answer =
            |subject, outcome, ticket| Answer { id, command: name, subject, outcome, ticket };
        Ok(match verdict {
            Verdict::Refused(refusal) => {
                let subject = about.subject().map(ToString::to_string);
                answer(subject, Outcome::Refused(refusal), None)
            }
            Verdict::Answered(row) => {
                let first = Position { journal: row.at.journal, seq: row.at.seq };
                let records = positions(first, row.records);
                answer(Some(row.subject), Outcome::AlreadyRecorded { records }, None)
            }
            Verdict::Record(decided) => {
                let findings = decided.findings().to_vec();
                let subject = decided.records.first().map(|(deed, _)| deed.subject().to_string());
                let (records, ticket) = self.append(&command.actor, *decided)?;
                // What was refused has used no number.
                self.numbers.extend(number);
                answer(subject, Outcome::Recorded { records, findings }, Some(ticket))
            }
        })
    }

    fn given<'g>(&'g self, claims: &'g [FoundClaim], proposed: Option<&'g Command>) -> Given<'g> {
        let choices = self.ledger.choices();
        Given {
            rows: self.ledger.rows(),
            rules: &self.rules,
            journals: choices.journals,
            today: self.today(),
            created: day_of(self.ledger, choices.created),
            claims,
            proposed,
        }
    }

    /// Appends what was decided, as one commit.
    fn append(
        &mut self,
        actor: &ActorId,
        decided: Decided,
    ) -> Result<(Vec<Position>, u64), RecordError> {
        let Decided { journal, unit, unseen, records } = decided;
        if let Some(payee) = unseen {
            self.see(actor, &payee)?;
        }
        let adopts = matches!(records.first(), Some((Deed::Governance(told), _))
            if matches!(told.detail, Governance::PolicyAdopted(_)));
        let key = self.ledger.keys().of_unit(&unit).map_err(LedgerError::from)?;
        let mut entries = Vec::with_capacity(records.len());
        for (deed, streams) in records {
            let names: Vec<&str> = streams.iter().map(String::as_str).collect();
            let streams = self.ledger.streams(&names)?;
            entries.push(Entry { fact: Arc::new(DeedFact(deed)), streams, key: Arc::clone(&key) });
        }
        let count = u64::try_from(entries.len()).unwrap_or(0);
        let weight = WEIGHT.saturating_mul(entries.len());
        let placed = self.ledger.submit(journal, actor, entries, weight)?;
        if adopts {
            self.rules = rules(self.ledger)?;
        }
        Ok((positions(Position { journal, seq: placed.first }, count), placed.ticket))
    }

    /// Names a payee in control that no remittance has named. If we crash behind it, it is named and
    /// nothing else: the next command finds it so.
    fn see(&mut self, actor: &ActorId, payee: &PayeeId) -> Result<(), RecordError> {
        let journal = JournalId::of_payee(payee, self.ledger.choices().journals);
        let stream = format!("payee:{payee}");
        let id = payee.clone();
        let identity = PayeeIdentity { id, journal, name: None, npi: None, tin: None };
        let fact = Unseen(PayeeSeen { payee: identity });
        self.ledger.submit_control(actor, Arc::new(fact), &[&stream])?;
        Ok(())
    }

    /// A deed that begins something which the ledger names; `None` where nothing is to be named. One
    /// that was recorded before keeps the name it was given then.
    fn named(&self, command: &Command) -> Result<Option<Named>, RecordError> {
        let Wish::Begin(deed) = &command.wish else { return Ok(None) };
        let rows = self.ledger.rows();
        let before = commands::command(rows, &command.id)?;
        let mut named = Named { deed: (**deed).clone(), number: None };
        if let Some(before) = before.and_then(|row| Subject::parse(&row.subject).ok()) {
            *named.deed.beside().subject = before;
            return Ok(Some(named));
        }
        let year = self.today().year();
        let begin = match deed.command() {
            "identify-case" => format!("OP-{year}-"),
            "open-audit" => format!("AU-{year}-"),
            "place-hold" => format!("H-{year}-"),
            _ => return Ok(None),
        };
        let last = match self.numbers.get(&begin) {
            Some(last) => *last,
            None => self.highest(&begin)?,
        };
        let number = last.saturating_add(1);
        let id = format!("{begin}{number:06}");
        let subject = match deed.command() {
            "identify-case" => CaseId::parse(&id).map(Subject::Case),
            "open-audit" => AuditId::parse(&id).map(Subject::Audit),
            _ => HoldId::parse(&id).map(Subject::Hold),
        };
        if let Ok(subject) = subject {
            *named.deed.beside().subject = subject;
        }
        named.number = Some((begin, number));
        Ok(Some(named))
    }

    /// The highest number of the ids that begin so.
    fn highest(&self, begin: &str) -> Result<u64, RecordError> {
        let rows = self.ledger.rows();
        let mut highest = 0;
        let mut look = |id: &str| {
            let number = id.strip_prefix(begin).and_then(|rest| rest.parse::<u64>().ok());
            highest = number.unwrap_or(0).max(highest);
            true
        };
        match begin.split('-').next() {
            Some("OP") => cases::all(rows, &mut |id, _| look(id.as_str()))?,
            Some("AU") => audits::all(rows, &mut |id, _| look(id.as_str()))?,
            _ => holds::all(rows, &mut |id, _| look(id.as_str()))?,
        }
        Ok(highest)
    }

    /// Waits until the proposal that a command approves can be read, where it was made just before.
    fn settle(&mut self, command: &Command) -> Result<(), RecordError> {
        let Wish::Approve(approval) = &command.wish else { return Ok(()) };
        let row = governance::proposal(self.ledger.rows(), &approval.proposal)?;
        let waits = |row: &governance::ProposalRow| {
            self.ledger.journals().head(row.made.at.journal).next() <= row.made.at.seq
        };
        if row.as_ref().is_some_and(waits) {
            self.ledger.flush()?;
        }
        Ok(())
    }

    /// The command that a proposal holds, for those who propose and approve.
    fn proposed(&self, command: &Command) -> Result<Option<Command>, RecordError> {
        let (proposal, text) = match &command.wish {
            Wish::Do(deed) => match made(deed) {
                Some(text) => (command.id.to_string(), Some(text)),
                None => return Ok(None),
            },
            Wish::Approve(approval) => {
                let row = governance::proposal(self.ledger.rows(), &approval.proposal)?;
                let text = match row {
                    Some(row) => self.text_of(row.made.at)?,
                    None => None,
                };
                (approval.proposal.to_string(), text)
            }
            Wish::Begin(_) => return Ok(None),
        };
        let Some(text) = text else { return Ok(None) };
        let reading = self.reading(None)?;
        let read = Asking::parse(&text).and_then(|asking| asking.command(&reading));
        let read = read.map_err(|source| RecordError::Proposal { proposal, source })?;
        Ok(Some(read))
    }

    /// The command's text that a proposal's record holds.
    fn text_of(&self, at: lookback_projections::Position) -> Result<Option<String>, RecordError> {
        let opened = self.ledger.opened(Position { journal: at.journal, seq: at.seq })?;
        let Event::Deed(deed) = opened.event()? else { return Ok(None) };
        Ok(made(&deed))
    }
}

/// The text of the command that a proposal holds; `None` for another deed.
fn made(deed: &Deed) -> Option<String> {
    let Deed::Governance(told) = deed else { return None };
    let Governance::ProposalMade(proposal) = &told.detail else { return None };
    Some(proposal.command.clone())
}

/// The policies that a ledger goes by now.
///
/// # Errors
/// When they cannot be read.
pub fn rules(ledger: &Ledger) -> Result<Rulebook, RulebookError> {
    let choices = ledger.choices();
    let years = Years {
        fiscal_year_end: choices.fiscal_year_end,
        contract_year_start: Some(choices.contract_year_start),
    };
    rulebook(ledger.rows(), None, years)
}

fn positions(first: Position, count: u64) -> Vec<Position> {
    let at = |n| Position { journal: first.journal, seq: first.seq.saturating_add(n) };
    (0..count).map(at).collect()
}

/// A random command id.
fn made_id() -> Result<CommandId, RecordError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(RecordError::Random)?;
    let id = lookback_events::id::EventId(bytes);
    // 32 hexadecimal digits are such an id.
    CommandId::parse(&id.to_string())
        .map_err(|_| RecordError::Random(getrandom::Error::UNSUPPORTED))
}

/// What a precheck looks at: the same as deciding, without anything that could be written.
pub struct Prechecking<'a> {
    ledger: &'a Ledger,
    rules: Rulebook,
    today: NaiveDate,
}

impl<'a> Prechecking<'a> {
    /// Begins to ask.
    ///
    /// # Errors
    /// When the policies of the ledger cannot be read.
    pub fn new(ledger: &'a Ledger) -> Result<Self, RecordError> {
        let today = day_of(ledger, crate::now::now());
        Ok(Self { ledger, rules: rules(ledger)?, today })
    }

    /// The plan's day of today.
    pub const fn today(&self) -> Day {
        Day(self.today)
    }

    /// What is given to deciding.
    pub fn given(&self) -> Given<'_> {
        let choices = self.ledger.choices();
        Given {
            rows: self.ledger.rows(),
            rules: &self.rules,
            journals: choices.journals,
            today: self.today,
            created: day_of(self.ledger, choices.created),
            claims: &[],
            proposed: None,
        }
    }

    /// What is known of a claim.
    ///
    /// # Errors
    /// When the rows, an index or a record cannot be read.
    pub fn claim(&self, payee: &PayeeId, number: &str) -> Result<FoundClaim, RecordError> {
        Ok(claims::claim(self.ledger, payee, number)?)
    }
}
