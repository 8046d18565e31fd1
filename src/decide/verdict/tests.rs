//! Deciding as a table: what went before, what is asked, what is answered.
//!
//! A line is a command: its name, what it is about, and members as `name=value`. `@2026-05-01` sets the
//! day of today. Amounts of claims are written `A-1:50.00`, of their lines `A-1#2:50.00`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use lookback_events::event::control::{
    LedgerChoices, LedgerCreated, PayeeIdentity, PayeeSeen, Usage,
};
use lookback_events::event::recovery::letters::NoticeItem;
use lookback_events::event::{Control, Event};
use lookback_events::id::{ActorId, CommandId};
use lookback_events::money::Money;
use lookback_events::time::{MonthDay, Timestamp};
use lookback_projections::clocks::{Rulebook, Years};
use lookback_projections::payments::Dates;
use lookback_projections::rows::MemoryRows;
use lookback_projections::windows::rulebook;
use lookback_projections::{Position, Projections, Record};
use serde_json::{Value, json};

use super::*;
use crate::command::{Asking, Reading};
use crate::decide::given::{FoundClaim, FoundPayment};

mod money;
mod order;
mod policies;
mod table;

const PAYEE: &str = "1200000119";
const OTHER: &str = "1200000226";
const JOURNALS: u8 = 4;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

struct World {
    rows: MemoryRows,
    rules: Rulebook,
    ends: BTreeMap<JournalId, u64>,
    today: NaiveDate,
    commands: u64,
    /// The commands that proposals hold.
    proposals: BTreeMap<String, String>,
}

fn payment(seq: u64, paid_on: &str, lines: &[&str]) -> FoundPayment {
    let journal = JournalId::of_payee(&PayeeId::parse(PAYEE).unwrap(), JOURNALS);
    let lines: Vec<(u64, Option<Money>)> =
        (1..).zip(lines.iter().map(|paid| Some(paid.parse().unwrap()))).collect();
    let paid = lines.iter().try_fold(Money::ZERO, |sum, (_, paid)| sum.checked_add((*paid)?));
    let service = Some(date("2026-02-10"));
    FoundPayment {
        at: Position { journal, seq },
        moved_on: Some(date(paid_on)),
        never: None,
        payer_control: format!("PC-{seq}"),
        paid,
        lines,
        service: Dates { from: service, to: service },
        reversed_by: None,
    }
}

/// The claims of the first payee: `A-1` and `B-1` paid in March 2026, `R-1` reversed and corrected,
/// `OLD` paid in 2022, `ANCIENT` in 2019, `VOID` by a check that was voided, `UNDATED` on no day.
fn claim(number: &str) -> FoundClaim {
    let reversed = FoundPayment {
        reversed_by: Some(payment(901, "2026-03-13", &[]).at),
        ..payment(900, "2026-03-06", &["80.00"])
    };
    let payments = match number {
        "A-1" => vec![payment(100, "2026-03-06", &["150.00", "50.00"])],
        "B-1" => vec![payment(101, "2026-03-06", &["300.00"])],
        "R-1" => vec![reversed, payment(902, "2026-03-13", &["30.00"])],
        "OLD" => vec![payment(50, "2022-05-02", &["90.00"])],
        "ANCIENT" => vec![payment(40, "2019-05-02", &["90.00"])],
        "VOID" => vec![FoundPayment {
            moved_on: None,
            never: Some("check voided"),
            ..payment(41, "2026-03-06", &["90.00"])
        }],
        "UNDATED" => vec![FoundPayment { moved_on: None, ..payment(42, "2026-03-06", &["90.00"]) }],
        _ => Vec::new(),
    };
    FoundClaim { payments }
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            rows: MemoryRows::default(),
            rules: Rulebook::default(),
            ends: BTreeMap::new(),
            today: date("2026-03-31"),
            commands: 0,
            proposals: BTreeMap::new(),
        };
        let ledger = LedgerChoices {
            contract_year_start: MonthDay::parse("01-01").unwrap(),
            created: Timestamp::parse("2026-01-02T12:00:00.000000Z").unwrap(),
            fiscal_year_end: Some(MonthDay::parse("12-31").unwrap()),
            journals: JOURNALS,
            origin: "plan.example/lookback".to_owned(),
            signing_key: None,
            time_zone: "America/New_York".to_owned(),
            usage: Usage::Production,
        };
        let created = Control::LedgerCreated(Box::new(LedgerCreated { ledger }));
        world.fold(JournalId::CONTROL, "svc-ingest", &Event::Control(created));
        for id in [PAYEE, OTHER] {
            let id = PayeeId::parse(id).unwrap();
            let journal = JournalId::of_payee(&id, JOURNALS);
            let payee = PayeeIdentity { id, journal, name: None, npi: None, tin: None };
            let seen = Control::PayeeSeen(Box::new(PayeeSeen { payee }));
            world.fold(JournalId::CONTROL, "svc-ingest", &Event::Control(seen));
        }
        world.learn();
        world
    }

    /// The policies that hold now.
    fn learn(&mut self) {
        let years = Years {
            fiscal_year_end: Some(MonthDay::parse("12-31").unwrap()),
            contract_year_start: Some(MonthDay::parse("01-01").unwrap()),
        };
        self.rules = rulebook(&self.rows, None, years).unwrap();
    }

    fn fold(&mut self, journal: JournalId, actor: &str, event: &Event<'_>) -> u64 {
        // Records of cases lie behind those of payments.
        let first = if journal.is_control() { 0 } else { 1_000 };
        let end = self.ends.entry(journal).or_insert(first);
        let seq = *end;
        *end = end.saturating_add(1);
        let control = self.ends.get(&JournalId::CONTROL).copied().unwrap_or(0);
        let record = Record {
            journal,
            seq,
            recorded_at: Timestamp::from_micros(i64::try_from(seq).unwrap()),
            control: if journal.is_control() { seq } else { control },
            actor,
            event,
        };
        Projections::apply(&mut self.rows, &record).unwrap();
        seq
    }

    fn reading(&self) -> Reading {
        Reading {
            zone: chrono_tz::America::New_York,
            today: self.today,
            actor: Some(ActorId::parse("jane").unwrap()),
            id: CommandId::parse(&format!("c-{}", self.commands)).unwrap(),
        }
    }

    /// Gives a line; says what became of it.
    fn tell(&mut self, line: &str) -> String {
        if let Some(day) = line.strip_prefix('@') {
            self.today = date(day);
            return "today".to_owned();
        }
        // What happens on a later day is told on that day.
        let today = self.today;
        let happens = line.split(' ').find_map(|word| word.strip_prefix("happened="));
        self.today = happens.map_or(today, |on| date(on.get(..10).unwrap()).max(today));
        let said = self.give(object(line));
        self.today = today;
        said
    }

    /// Gives a command; says what became of it.
    fn give(&mut self, asking: Asking) -> String {
        self.commands = self.commands.saturating_add(1);
        let json = asking.json();
        let command = asking.command(&self.reading()).unwrap_or_else(|e| panic!("{json}: {e}"));
        let held = match &command.wish {
            Wish::Approve(approval) => self.proposals.get(approval.proposal.as_str()).cloned(),
            Wish::Do(deed) => held(deed),
            Wish::Begin(_) => None,
        };
        let proposed = held
            .as_ref()
            .map(|text| Asking::parse(text).unwrap().command(&self.reading()).unwrap());
        let about = proposed.as_ref().unwrap_or(&command);
        let claims: Vec<FoundClaim> = match &about.wish {
            Wish::Do(deed) => {
                deed.claims().iter().map(|part| claim(&part.patient_control)).collect()
            }
            Wish::Begin(_) | Wish::Approve(_) => Vec::new(),
        };
        let given = Given {
            rows: &self.rows,
            rules: &self.rules,
            journals: JOURNALS,
            today: self.today,
            created: date("2026-01-02"),
            claims: &claims,
            proposed: proposed.as_ref(),
        };
        match decide(&given, &command).unwrap() {
            Verdict::Answered(_) => "already".to_owned(),
            Verdict::Refused(refusal) => {
                let told = refusal.told();
                assert!(!told.rule.is_empty() && !told.citation.is_empty());
                let text = refusal.to_string();
                for private in ["A-1", "B-1", "R-1", "OLD", "ANCIENT"] {
                    assert!(!text.contains(private), "{text} names a claim");
                }
                let date = told.date.map(|day| format!(" {}", day.0)).unwrap_or_default();
                format!("refused {}{date}", told.rule)
            }
            Verdict::Record(decided) => {
                let found: Vec<&str> = decided.findings().iter().map(|f| f.rule.id()).collect();
                let said = if found.is_empty() {
                    "recorded".to_owned()
                } else {
                    format!("recorded {}", found.join(" "))
                };
                if let Some(text) = held {
                    self.proposals.entry(command.id.to_string()).or_insert(text);
                }
                for (deed, streams) in decided.records {
                    assert!(!streams.is_empty() && streams.len() <= 8, "{streams:?}");
                    self.fold(decided.journal, command.actor.as_str(), &Event::Deed(deed));
                }
                self.learn();
                said
            }
        }
    }
}

/// The command that a proposal holds.
fn held(deed: &Deed) -> Option<String> {
    let Deed::Governance(told) = deed else { return None };
    let Governance::ProposalMade(made) = &told.detail else { return None };
    Some(made.command.clone())
}

/// The members of a line.
fn object(line: &str) -> Asking {
    let (line, proposes) = match line.strip_prefix("propose: ") {
        Some(line) => (line, true),
        None => (line, false),
    };
    let mut words = line.split(' ');
    let mut asking = Asking::new(words.next().unwrap());
    for word in words {
        let asked = match word.split_once('=') {
            Some(("claims", parts)) => asking.with("claims", claims(parts)),
            Some(("content", "all")) => {
                let all: Vec<&str> = NoticeItem::ALL.iter().map(|item| item.as_str()).collect();
                asking.with("content", all)
            }
            Some((name @ ("content" | "roles" | "told" | "signed_by" | "cases"), list)) => {
                asking.with(name, list.split('+').collect::<Vec<_>>())
            }
            Some((name @ ("level" | "count" | "version"), number)) => {
                asking.with(name, number.parse::<u64>().unwrap())
            }
            Some((name, "true")) => asking.with(name, true),
            Some((name, "false")) => asking.with(name, false),
            Some((name, value)) if value.starts_with(['[', '{']) => {
                asking.with(name, serde_json::from_str::<Value>(value).unwrap())
            }
            Some((name, value)) => asking.with(name, value),
            None if word.starts_with("OP-") => asking.with("case", word),
            None if word.starts_with("AU-") => asking.with("audit", word),
            None if word.starts_with("H-") => asking.with("hold", word),
            None => asking.with("payee", word),
        };
        asking = asked;
    }
    if proposes { asking.proposed() } else { asking }
}

fn claims(parts: &str) -> Value {
    let mut all: Vec<Value> = Vec::new();
    for part in parts.split(',') {
        let (named, amount) = part.split_once(':').map_or((part, None), |(n, a)| (n, Some(a)));
        let (number, line) = named.split_once('#').map_or((named, None), |(n, l)| (n, Some(l)));
        let (number, payment) =
            number.split_once('@').map_or((number, None), |(n, p)| (n, Some(p)));
        let mut claim = json!({ "patient_control": number });
        match (line, amount) {
            (Some(line), amount) => {
                let line: u64 = line.parse().unwrap();
                claim["lines"] = json!([{ "line": line, "amount": amount }]);
            }
            (None, Some(amount)) => claim["amount"] = json!(amount),
            (None, None) => {}
        }
        if let Some(payment) = payment {
            claim["payment"] = json!(payment);
        }
        all.push(claim);
    }
    Value::Array(all)
}

/// The beginning of most cases: identified, and noticed a month ago.
const CASE: &str = "identify-case OP-1 payee=1200000119 plan=P1 line_of_business=medicaid \
                    cause=units detected_by=plan standard={\"citation\":\"x\"} claims=A-1:100.00";
const NOTICE: &str = "issue-notice OP-1 happened=2026-03-02 control_number=77 dated=2026-03-02 \
                      method=mail content=all";

/// An audit of the same payee, but for its nature and what it looks at.
const AUDIT: &str = "open-audit AU-1 payee=1200000119 plan=P1 line_of_business=medicaid \
                     kind=general";
/// Somebody may do everything but what is asked of others.
const ANN: &str = "register-actor who=ann roles=admin kind=person";
const WRITE_OFF: &str = "propose: write-off OP-1 id=w amount=1.00 reason=x";

fn expand(line: &str) -> String {
    let mut line = line.to_owned();
    for (word, meaning) in [
        ("CASE", CASE),
        ("NOTICE", NOTICE),
        ("ROUTINE", "AUDIT nature=routine"),
        ("FRAUD", "AUDIT nature=fraud"),
        ("AUDIT", AUDIT),
        ("ANN", ANN),
        ("WRITE-OFF", WRITE_OFF),
        ("INSTRUCT", "instruct-offset OP-1 first_on=2026-05-02"),
        ("DISPUTE", "record-dispute OP-1 happened=2026-03-20 level=1 grounds=x"),
        ("LETTER", "OP-1 control_number=7 dated=2026-03-01 method=mail"),
        ("REGISTER", "register-actor actor=ann kind=person"),
    ] {
        line = line.replace(word, meaning);
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check(what: &str, before: &[&str], asked: &str, wanted: &str) {
    let mut world = World::new();
    for line in before {
        let said = world.tell(&expand(line));
        let fine = said.starts_with("recorded") || said == "today";
        assert!(fine, "{what}: {line} is {said}");
    }
    assert_eq!(world.tell(&expand(asked)), wanted, "{what}: {asked}");
}

#[test]
fn what_is_asked_is_answered_as_the_table_says() {
    for (what, before, asked, wanted) in table::REFUSALS.iter().chain(money::OF_MONEY) {
        check(what, before, asked, wanted);
    }
}

#[test]
fn what_comes_first_is_told_first() {
    for (what, before, asked, wanted) in order::PRECEDENCE {
        check(what, before, asked, wanted);
    }
}

#[test]
fn what_has_happened_is_recorded_and_said_to_break_a_rule() {
    for (what, before, asked, wanted) in order::FINDINGS {
        check(what, before, asked, wanted);
    }
}

#[test]
fn nothing_has_happened_on_a_day_to_come() {
    let mut world = World::new();
    assert_eq!(world.tell(&expand("CASE")), "recorded");
    let tomorrow = "record-refund OP-1 happened=2026-04-01 amount=1.00";
    assert_eq!(world.give(object(tomorrow)), "refused unsound");
    let tonight = "record-refund OP-1 happened=2026-03-31T23:59 amount=1.00";
    assert_eq!(world.give(object(tonight)), "recorded");
    // Nor is it proposed, and what another system says has happened before today, too.
    let proposed = "propose: write-off OP-1 id=w happened=2026-04-01 amount=1.00 reason=x";
    assert_eq!(world.give(object(&expand(proposed))), "refused unsound");
    let opening =
        CASE.replace("OP-1", "OP-2") + " happened=2026-04-01 opening={\"system\":\"old\"}";
    assert_eq!(world.give(object(&expand(&opening))), "refused unsound");
}

#[test]
fn many_claims_are_several_records_and_one_fold() {
    let mut world = World::new();
    let mut parts: Vec<String> = (0..20).map(|n| format!("N-{n}:1.00")).collect();
    parts.push("N-3:1.00".to_owned());
    let line = format!(
        "identify-case OP-7 payee=1200000119 plan=P1 line_of_business=medicaid cause=units \
         detected_by=plan opening={{\"system\":\"old\"}} standard={{\"citation\":\"x\"}} claims={}",
        parts.join(",")
    );
    assert_eq!(world.tell(&expand(&line)), "recorded");
    let id = lookback_events::id::CaseId::parse("OP-7").unwrap();
    let row = lookback_projections::cases::case(&world.rows, &id).unwrap().unwrap();
    assert_eq!(row.claims.len(), 21);
    assert_eq!(row.money.identified.to_string(), "21.00");
    let command = commands::command(&world.rows, &CommandId::parse("c-1").unwrap());
    // Two streams are the case's and the payee's: six claims in the first record, seven in each other.
    assert_eq!(command.unwrap().unwrap().records, 3);
}

#[test]
fn the_claims_recorded_name_the_payments_that_were_meant() {
    let mut world = World::new();
    assert_eq!(world.tell(&expand("CASE")), "recorded");
    let id = lookback_events::id::CaseId::parse("OP-1").unwrap();
    let row = lookback_projections::cases::case(&world.rows, &id).unwrap().unwrap();
    let claim = row.claims.first().unwrap();
    assert_eq!(claim.payment, Some(payment(100, "2026-03-06", &[]).at));
    assert!(claim.payer_control.is_some());
}
