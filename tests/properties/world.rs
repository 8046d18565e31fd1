//! A ledger in memory: commands go through `decide`, records through the fold, nothing touches a disk.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::NaiveDate;
use lookback::command::{Asking, Command, Reading, Wish};
use lookback::decide::given::{FoundClaim, FoundPayment, Given};
use lookback::decide::refusal::Refusal;
use lookback::decide::verdict::{Verdict, decide};
use lookback::decide::{About, recoveries};
use lookback_events::event::control::{
    LedgerChoices, LedgerCreated, PayeeIdentity, PayeeSeen, Usage,
};
use lookback_events::event::deed::Deed;
use lookback_events::event::governance::Governance;
use lookback_events::event::recovery::Recovery;
use lookback_events::event::{Control, Event};
use lookback_events::finding::{Finding, RULES_VERSION};
use lookback_events::id::{ActorId, CommandId, JournalId, PayeeId};
use lookback_events::money::Money;
use lookback_events::time::{MonthDay, Timestamp};
use lookback_projections::clocks::{Rulebook, Years};
use lookback_projections::movements::foresee;
use lookback_projections::payments::{Fact, fold};
use lookback_projections::rows::MemoryRows;
use lookback_projections::windows::rulebook;
use lookback_projections::{Position, Projections, Record, cases};
use serde_json::Value;

use super::slip::Slip;
use super::teller::PAYEES;

const JOURNALS: u8 = 4;

/// A record as it was folded.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub(crate) journal: JournalId,
    pub(crate) seq: u64,
    pub(crate) recorded_at: Timestamp,
    pub(crate) control: u64,
    pub(crate) actor: String,
    pub(crate) event: Event<'static>,
}

impl Logged {
    pub(crate) fn record(&self) -> Record<'_> {
        Record {
            journal: self.journal,
            seq: self.seq,
            recorded_at: self.recorded_at,
            control: self.control,
            actor: &self.actor,
            event: &self.event,
        }
    }
}

/// What became of a command.
#[derive(Debug)]
pub(crate) enum Said {
    /// It was recorded, with these findings.
    Recorded(Vec<&'static str>),
    /// The rules said no.
    Refused(Box<Refusal>),
}

/// What was said of a claim, and its lines.
type History = Vec<(Fact, Vec<(u64, Option<Money>)>)>;

/// The ledger.
pub(crate) struct World {
    pub(crate) rows: MemoryRows,
    pub(crate) log: Vec<Logged>,
    ends: BTreeMap<JournalId, u64>,
    claims: BTreeMap<(PayeeId, String), History>,
    /// The commands that proposals hold.
    proposals: BTreeMap<String, String>,
    pub(crate) today: NaiveDate,
}

fn years() -> Years {
    Years {
        fiscal_year_end: Some(MonthDay::parse("12-31").unwrap()),
        contract_year_start: Some(MonthDay::parse("01-01").unwrap()),
    }
}

/// The policies of a ledger that adopted none.
fn rules() -> &'static Rulebook {
    static RULES: OnceLock<Rulebook> = OnceLock::new();
    RULES.get_or_init(|| rulebook(&MemoryRows::default(), None, years()).unwrap())
}

impl World {
    pub(crate) fn new(today: NaiveDate) -> Self {
        let mut world = Self {
            rows: MemoryRows::default(),
            log: Vec::new(),
            ends: BTreeMap::new(),
            claims: BTreeMap::new(),
            proposals: BTreeMap::new(),
            today,
        };
        let ledger = LedgerChoices {
            contract_year_start: MonthDay::parse("01-01").unwrap(),
            created: Timestamp::parse("2025-01-02T12:00:00.000000Z").unwrap(),
            fiscal_year_end: Some(MonthDay::parse("12-31").unwrap()),
            journals: JOURNALS,
            origin: "plan.example/lookback".to_owned(),
            signing_key: None,
            time_zone: "America/New_York".to_owned(),
            usage: Usage::Production,
        };
        let created = Control::LedgerCreated(Box::new(LedgerCreated { ledger }));
        world.fold(JournalId::CONTROL, "svc-ingest", Event::Control(created));
        for id in PAYEES {
            let id = PayeeId::parse(id).unwrap();
            let journal = JournalId::of_payee(&id, JOURNALS);
            let payee = PayeeIdentity { id, journal, name: None, npi: None, tin: None };
            let seen = Control::PayeeSeen(Box::new(PayeeSeen { payee }));
            world.fold(JournalId::CONTROL, "svc-ingest", Event::Control(seen));
        }
        world
    }

    /// The record that comes next in a journal.
    fn next(&self, journal: JournalId, actor: &str, event: Event<'static>) -> Logged {
        let seq = self.ends.get(&journal).copied().unwrap_or(0);
        let control = self.ends.get(&JournalId::CONTROL).copied().unwrap_or(0);
        let noon = self.today.and_hms_opt(17, 0, 0).unwrap().and_utc().timestamp_micros();
        Logged {
            journal,
            seq,
            recorded_at: Timestamp::from_micros(noon + i64::try_from(seq).unwrap()),
            control: if journal.is_control() { seq } else { control },
            actor: actor.to_owned(),
            event,
        }
    }

    fn fold(&mut self, journal: JournalId, actor: &str, event: Event<'static>) {
        let logged = self.next(journal, actor, event);
        Projections::apply(&mut self.rows, &logged.record()).unwrap();
        self.ends.insert(journal, logged.seq + 1);
        self.log.push(logged);
    }

    /// A remittance comes: what it will book is foreseen, broken rules are recorded when it closes, and
    /// what was foreseen has happened.
    pub(crate) fn pay(&mut self, slip: &Slip) -> Vec<&'static str> {
        let payee = PayeeId::parse(slip.payee).unwrap();
        let journal = JournalId::of_payee(&payee, JOURNALS);
        let mut foreseen = Vec::new();
        for event in slip.events() {
            if let Event::Claim(kind, body) = &event {
                let at = self.ends.get(&journal).copied().unwrap_or(0);
                let fact = Fact::of(*kind, body, Some(slip.paid_on)).unwrap();
                let fact = Fact { at: Some(Position { journal, seq: at }), ..fact };
                let lines = body.money.lines.iter().map(|line| (u64::from(line.line), line.paid));
                let control = body.claim.patient_control.to_string();
                let history = self.claims.entry((payee.clone(), control)).or_default();
                history.push((fact, lines.collect()));
            }
            self.fold(journal, "svc-ingest", event);
            foreseen.push(self.log.len() - 1);
        }
        let id = slip.digest().to_string();
        // Its first record is folded; the last is still to come.
        let last = self.next(journal, "svc-ingest", slip.end(Vec::new()));
        let seen = foresee(&self.rows, &id, [last.record()]).unwrap();
        let seeds = recoveries(&self.rows, &seen, Some("1999999999"), slip.paid_on, rules());
        let findings: Vec<Finding> = seeds
            .unwrap()
            .into_iter()
            .map(|seed| Finding {
                expected: seed.expected,
                found: seed.found,
                message: seed.message.into(),
                offset: 1,
                path: match seed.about {
                    About::Remittance => "ISA[1]/GS[1]/ST[1]".to_owned(),
                    About::Claim(number) => format!("ISA[1]/GS[1]/ST[1]/CLP[{number}]"),
                    About::Adjustment(number) => format!("ISA[1]/GS[1]/ST[1]/PLB[{number}]"),
                },
                rule: seed.rule,
                segment: 1,
                severity: seed.rule.severity(),
                version: RULES_VERSION,
            })
            .collect();
        let told = findings.iter().map(|found| found.rule.id()).collect();
        self.fold(journal, "svc-ingest", slip.end(findings));
        for (case, (_, after)) in seen.cases {
            let now = cases::case(&self.rows, &case).unwrap().unwrap();
            assert_eq!(now, after, "{case} is not as it was foreseen");
        }
        told
    }

    fn reading(&self) -> Reading {
        Reading {
            zone: chrono_tz::America::New_York,
            today: self.today,
            actor: Some(ActorId::parse("jane").unwrap()),
            id: CommandId::parse("none").unwrap(),
        }
    }

    /// Gives a command.
    pub(crate) fn give(&mut self, told: &Value) -> Said {
        let read = |text: &str| Asking::parse(text).unwrap().command(&self.reading());
        let command = read(&told.to_string()).unwrap_or_else(|error| panic!("{told}: {error}"));
        let held = match &command.wish {
            Wish::Approve(approval) => self.proposals.get(approval.proposal.as_str()).cloned(),
            Wish::Do(deed) => held(deed),
            Wish::Begin(_) => None,
        };
        let proposed = held.as_ref().map(|text| read(text).unwrap());
        let claims = self.found(proposed.as_ref().unwrap_or(&command));
        let given = Given {
            rows: &self.rows,
            rules: rules(),
            journals: JOURNALS,
            today: self.today,
            created: self.today,
            claims: &claims,
            proposed: proposed.as_ref(),
        };
        match decide(&given, &command).unwrap() {
            Verdict::Answered(_) => panic!("{told}: its id is new"),
            Verdict::Refused(refusal) => Said::Refused(refusal),
            Verdict::Record(decided) => {
                let findings = decided.findings().iter().map(|found| found.rule.id()).collect();
                if let Some(text) = held {
                    self.proposals.entry(command.id.to_string()).or_insert(text);
                }
                for (deed, _) in decided.records {
                    self.fold(decided.journal, command.actor.as_str(), Event::Deed(deed));
                }
                Said::Recorded(findings)
            }
        }
    }

    /// What is found of the claims that a command names.
    fn found(&self, command: &Command) -> Vec<FoundClaim> {
        let Wish::Do(deed) = &command.wish else { return Vec::new() };
        let Deed::Recovery(told) = &**deed else { return Vec::new() };
        let payee = match (&told.detail, &told.subject) {
            (Recovery::CaseIdentified(detail), _) => Some(detail.payee.clone()),
            (_, lookback_events::event::act::Subject::Case(id)) => {
                cases::case(&self.rows, id).unwrap().map(|row| row.payee)
            }
            _ => None,
        };
        let claim = |control: &str| {
            let known = payee.as_ref().map(|payee| (payee.clone(), control.to_owned()));
            let history = known.and_then(|key| self.claims.get(&key));
            history.map_or_else(FoundClaim::default, payments)
        };
        deed.claims().iter().map(|part| claim(&part.patient_control)).collect()
    }
}

/// The payments of a claim, each with what took it back.
fn payments(history: &History) -> FoundClaim {
    let facts = history.iter().map(|(fact, _)| fact.clone()).collect();
    let folded = fold(facts).unwrap();
    let mut payments = Vec::new();
    for (entry, (_, lines)) in folded.entries.iter().zip(history) {
        if entry.pairing.is_some() {
            continue;
        }
        let reversal = entry.reversed_by.and_then(|by| folded.entries.get(by));
        payments.push(FoundPayment {
            at: entry.fact.at.unwrap(),
            moved_on: entry.fact.paid_on,
            never: None,
            payer_control: entry.fact.payer_control.clone(),
            paid: entry.fact.paid,
            lines: lines.clone(),
            service: entry.fact.dates,
            reversed_by: reversal.and_then(|reversal| reversal.fact.at),
        });
    }
    FoundClaim { payments }
}

/// The command that a proposal holds.
fn held(deed: &Deed) -> Option<String> {
    let Deed::Governance(told) = deed else { return None };
    let Governance::ProposalMade(made) = &told.detail else { return None };
    Some(made.command.clone())
}
