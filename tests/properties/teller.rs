//! Invents what happens next: a command or a remittance that means something in the ledger as it is.
//!
//! Numbers decide; the same numbers and rows give the same story. Most of what it invents is allowed,
//! some is not, and whoever decides says which.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use lookback_events::event::recovery::letters::NoticeItem;
use lookback_events::id::{CaseId, PayeeId};
use lookback_projections::cases::{self, CaseRow};
use lookback_projections::rows::Rows;
use lookback_projections::{affairs, movements};
use serde_json::{Value, json};

use super::slip::{Slip, SlipClaim, dollars};

mod paying;

/// Who is paid.
pub(crate) const PAYEES: [&str; 2] = ["1200000119", "1200000226"];

/// The numbers that decide one step.
pub(crate) type Throw = [u16; 10];

/// Takes the numbers of a step one by one.
pub(crate) struct Dice<'a> {
    throw: &'a Throw,
    at: usize,
}

impl<'a> Dice<'a> {
    pub(crate) fn new(throw: &'a Throw) -> Self {
        Self { throw, at: 0 }
    }

    /// A number below `sides`.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        let number = self.throw[self.at % self.throw.len()];
        self.at += 1;
        usize::from(number) % sides.max(1)
    }

    fn cents(&mut self, most: i64) -> i64 {
        1 + i64::try_from(self.below(1 << 16)).unwrap() % most.max(1)
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == many - 1
    }

    fn of<'b, T>(&mut self, all: &'b [T]) -> Option<&'b T> {
        all.get(self.below(all.len()))
    }
}

/// Commands that say no amount.
const BARE: [&str; 6] = [
    "refer-to-collections",
    "agree-plan",
    "default-plan",
    "settle-case",
    "attribute-movement",
    "unattribute-movement",
];

/// Commands that say no reason.
const SILENT: [&str; 16] = [
    "begin-stay",
    "mail-returned",
    "discharge",
    "issue-notice",
    "record-notice",
    "serve-again",
    "record-answer",
    "record-dispute",
    "determine",
    "correct-determination",
    "instruct-offset",
    "record-offset",
    "record-refund",
    "record-restoration",
    "agree-plan",
    "recovered-by-another",
];

/// What happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A command, as it is sent.
    Command(Value),
    /// A remittance comes.
    Paid(Slip),
}

/// A payment of a claim as the payer's books have it.
#[derive(Debug, Clone)]
struct Paid {
    payee: usize,
    claim: SlipClaim,
    /// It was taken back.
    reversed: bool,
    /// What it is corrected to in a later remittance.
    waits: Option<Vec<(i64, i64)>>,
}

/// What the teller remembers.
pub(crate) struct Teller {
    pub(crate) today: NaiveDate,
    /// The only payee that it speaks of, by number.
    pub(crate) only: Option<usize>,
    paid: Vec<Paid>,
    /// Payee, id and what is left.
    forwards: Vec<(usize, String, i64)>,
    /// The claims and letters' numbers of each case.
    numbers: BTreeMap<String, Vec<String>>,
    traces: u32,
    holds: usize,
    /// Commands that wait for a second person.
    proposals: Vec<String>,
    /// Case and movement, of what was given to a case of another payee.
    assigned: Vec<(String, String)>,
    commands: u32,
}

fn money(cents: i128) -> i64 {
    i64::try_from(cents).unwrap()
}

impl Teller {
    pub(crate) fn new(today: NaiveDate) -> Self {
        Self {
            today,
            only: None,
            paid: Vec::new(),
            forwards: Vec::new(),
            numbers: BTreeMap::new(),
            traces: 0,
            holds: 0,
            proposals: Vec::new(),
            assigned: Vec::new(),
            commands: 0,
        }
    }

    /// What happens next.
    pub(crate) fn step(&mut self, rows: &dyn Rows, throw: &Throw) -> Step {
        let mut dice = Dice::new(throw);
        let days = [0, 0, 1, 2, 5, 9, 16, 31][dice.below(8)];
        self.today = self.today.checked_add_days(Days::new(days)).unwrap();
        let what = dice.below(100);
        if what < 26 || self.paid.is_empty() {
            return Step::Paid(self.remittance(rows, &mut dice));
        }
        self.commands += 1;
        let told = self.command(rows, what, &mut dice);
        Step::Command(told.unwrap_or_else(|| self.identify(&mut dice)))
    }

    /// A command was accepted.
    pub(crate) fn accepted(&mut self, command: &Value) {
        let word = |member: &str| command[member].as_str().map(ToOwned::to_owned);
        match command["command"].as_str().unwrap() {
            "propose" => self.proposals.push(word("id").unwrap()),
            "identify-case" | "amend-case" => {
                let numbers = self.numbers.entry(word("case").unwrap()).or_default();
                for claim in command["claims"].as_array().into_iter().flatten() {
                    let control = claim["patient_control"].as_str().unwrap().to_owned();
                    numbers.push(format!("P{control}"));
                    numbers.push(control);
                }
            }
            "issue-notice" | "serve-again" | "record-notice" => {
                let numbers = self.numbers.entry(word("case").unwrap()).or_default();
                numbers.push(word("control_number").unwrap());
            }
            "place-hold" => self.holds += 1,
            "assign-movement" => {
                self.assigned.push((word("case").unwrap(), word("movement").unwrap()));
            }
            _ => {}
        }
    }

    fn payee(&self, dice: &mut Dice<'_>) -> usize {
        self.only.unwrap_or_else(|| dice.below(2))
    }

    fn base(&self, command: &str, dice: &mut Dice<'_>) -> Value {
        // Some things are told days after they happened.
        let back = if dice.one_in(5) { dice.below(15) } else { 0 };
        let happened = self.today.checked_sub_days(Days::new(back as u64)).unwrap();
        json!({
            "command": command, "id": format!("c-{}", self.commands), "actor": "jane",
            "happened": happened.to_string(),
        })
    }

    fn identify(&mut self, dice: &mut Dice<'_>) -> Value {
        let payee = self.payee(dice);
        let number = self.numbers.len();
        let mut told = self.base("identify-case", dice);
        told["case"] = json!(format!("OP-{number}"));
        told["payee"] = json!(PAYEES[payee]);
        told["plan"] = json!("MCF");
        told["line_of_business"] = json!("medicaid");
        told["cause"] = json!("units");
        told["detected_by"] = json!("plan");
        told["standard"] = json!({ "citation": "policy 12" });
        told["claims"] = self.claims(payee, dice);
        told
    }

    /// One or two claims, or a line of one; now and then more than was paid.
    fn claims(&self, payee: usize, dice: &mut Dice<'_>) -> Value {
        let own: Vec<&Paid> =
            self.paid.iter().filter(|paid| paid.payee == payee && !paid.reversed).collect();
        let mut all = Vec::new();
        for _ in 0..=usize::from(dice.one_in(3)) {
            let Some(paid) = dice.of(&own) else { continue };
            let control = paid.claim.control.clone();
            let line = dice.below(paid.claim.lines.len());
            let of_line = paid.claim.lines[line].1;
            let more = if dice.one_in(8) { 5_000 } else { 0 };
            if dice.one_in(3) {
                let amount = dollars(dice.cents(of_line) + more);
                let lines = json!([{ "line": line + 1, "amount": amount }]);
                all.push(json!({ "patient_control": control, "lines": lines }));
            } else {
                let amount = dollars(dice.cents(paid.claim.paid()) + more);
                all.push(json!({ "patient_control": control, "amount": amount }));
            }
        }
        json!(all)
    }

    fn command(&mut self, rows: &dyn Rows, what: usize, dice: &mut Dice<'_>) -> Option<Value> {
        if what < 29 {
            return Some(self.identify(dice));
        }
        let mut known: Vec<(CaseId, CaseRow)> = Vec::new();
        cases::all(rows, &mut |id, row| {
            known.push((id, row));
            true
        })
        .unwrap();
        let (id, row) = dice.of(&known)?.clone();
        let outstanding = money(row.money.outstanding().unwrap().cents());
        let some = match dice.below(8) {
            0..=3 => outstanding.max(1),
            4 | 5 => dice.cents(outstanding),
            6 => outstanding / 2 + 1,
            _ => outstanding + dice.cents(2_000),
        };
        let mut told = self.base("", dice);
        told["case"] = json!(id);
        let name = match what {
            29..=40 => self.letter(&row, &mut told, dice),
            41 => "mail-returned",
            42..=46 => self.answer(some, &mut told, dice),
            47..=50 => {
                told["level"] = json!(1 + row.disputes.len().min(2));
                told["grounds"] = json!("the code is right");
                if dice.one_in(3) {
                    told["amount"] = json!(dollars(some));
                }
                "record-dispute"
            }
            51..=56 => Self::determination(&row, some, &mut told, dice),
            57 => {
                told["accepted"] = json!(dice.one_in(2));
                "decide-late-appeal"
            }
            58..=69 => {
                told["first_on"] = json!(self.today.to_string());
                told["amount"] = json!(dollars(some));
                "instruct-offset"
            }
            70..=86 => self.money(rows, &id, &row, some, &mut told, dice)?,
            87 => {
                told["claims"] = self.claims(usize::from(row.payee.as_str() == PAYEES[1]), dice);
                "amend-case"
            }
            88 => ["withdraw-case", "close-case", "reopen-case"][dice.below(3)],
            89 => "reopen-case",
            90 => {
                if row.stayed.is_some() {
                    "lift-stay"
                } else {
                    "begin-stay"
                }
            }
            91 | 92 => return Some(self.stand_down(row.stood_down.is_some(), dice)),
            93 | 94 => return Some(self.hold(dice)),
            95 | 96 => return self.approval(dice),
            _ => return self.assignment(rows, &known, dice),
        };
        told["command"] = json!(name);
        if !SILENT.contains(&name) {
            told["reason"] = json!("because");
        }
        if name == "write-off" {
            return Some(proposed(told));
        }
        Some(told)
    }

    fn letter(&self, row: &CaseRow, told: &mut Value, dice: &mut Dice<'_>) -> &'static str {
        let number = if dice.one_in(6) { "FCN".to_owned() } else { format!("F{}", self.commands) };
        let content: Vec<&str> = NoticeItem::ALL.iter().map(|item| item.as_str()).collect();
        told["content"] = json!(if dice.one_in(9) { &content[1..] } else { &content[..] });
        told["control_number"] = json!(number);
        let dated: NaiveDate = told["happened"].as_str().unwrap().parse().unwrap();
        told["dated"] = json!(dated.to_string());
        told["method"] = json!("mail");
        if dice.one_in(4) {
            let sent = dated.checked_add_days(Days::new(dice.below(4) as u64)).unwrap();
            told["sent"] = json!(sent.to_string());
        }
        if dice.one_in(3) {
            let last = dated.checked_add_days(Days::new(20 + dice.below(20) as u64)).unwrap();
            told["appeal_deadline"] = json!(last.to_string());
        }
        match dice.below(6) {
            0 => "record-notice",
            // A number of several cases is not issued; what was mailed with it is told.
            _ if told["control_number"] == "FCN" => "record-notice",
            1 if !row.notices.is_empty() => "serve-again",
            _ => "issue-notice",
        }
    }

    fn answer(&self, some: i64, told: &mut Value, dice: &mut Dice<'_>) -> &'static str {
        let kind = ["agreement", "agreement", "refund-promised", "contact"][dice.below(4)];
        told["kind"] = json!(kind);
        if kind == "refund-promised" {
            let by = self.today.checked_add_days(Days::new(dice.below(40) as u64)).unwrap();
            told["promised_by"] = json!(by.to_string());
        }
        if dice.one_in(3) {
            told["amount"] = json!(dollars(some));
        }
        "record-answer"
    }

    fn determination(
        row: &CaseRow,
        some: i64,
        told: &mut Value,
        dice: &mut Dice<'_>,
    ) -> &'static str {
        let last = row.disputes.last().map_or(1, |dispute| dispute.level);
        told["level"] = json!(last);
        told["dated"] = told["happened"].clone();
        let outcome = ["upheld", "upheld", "modified", "overturned"][dice.below(4)];
        told["outcome"] = json!(outcome);
        if outcome == "modified" {
            told["reduced"] = json!(dollars(some / 2 + 1));
        }
        if dice.one_in(4) {
            let dated: NaiveDate = told["dated"].as_str().unwrap().parse().unwrap();
            let last = dated.checked_add_days(Days::new(20)).unwrap();
            told["appeal_deadline"] = json!(last.to_string());
        }
        if row.disputes.iter().any(|d| d.determined.is_some()) && dice.one_in(3) {
            "correct-determination"
        } else {
            "determine"
        }
    }

    fn money(
        &self,
        rows: &dyn Rows,
        id: &CaseId,
        row: &CaseRow,
        some: i64,
        told: &mut Value,
        dice: &mut Dice<'_>,
    ) -> Option<&'static str> {
        let taken = money(row.money.collected.cents().max(0));
        told["amount"] = json!(dollars(some));
        let name = match dice.below(16) {
            0 | 1 => "record-offset",
            2 => "record-refund",
            3 => "reverse-offset",
            4 => {
                let owed = money(row.money.restoration_owed().unwrap().cents());
                let amount = if owed > 0 { owed } else { dice.cents(taken) };
                told["amount"] = json!(dollars(amount));
                told["interest"] = json!("0.50");
                "record-restoration"
            }
            5 => {
                told["decision"] = json!(["restore", "keep"][dice.below(2)]);
                "decide-restoration"
            }
            6 => {
                let due = self.today.checked_add_days(Days::new(30)).unwrap().to_string();
                let parts = json!([{ "due": due, "amount": dollars(some) }]);
                told["instalments"] = parts;
                "agree-plan"
            }
            7 => "default-plan",
            8 => {
                told["because"] = json!("elapsed");
                "refer-to-collections"
            }
            9 => {
                told["reduced"] = json!(dollars(some));
                "settle-case"
            }
            10 => "write-off",
            11 => {
                told["by"] = json!("the State");
                "recovered-by-another"
            }
            12 => "discharge",
            13 | 14 => {
                let mut waiting = Vec::new();
                movements::unmatched(rows, Some(&row.payee), &mut |at, _| {
                    waiting.push(at);
                    Ok(true)
                })
                .unwrap();
                let at = dice.of(&waiting)?;
                told["movement"] = json!(format!("{}/{}", at.journal, at.seq));
                "attribute-movement"
            }
            _ => {
                let mut own = Vec::new();
                movements::of_case(rows, id, &mut |at, _| {
                    own.push(at);
                    Ok(true)
                })
                .unwrap();
                let at = dice.of(&own)?;
                told["movement"] = json!(format!("{}/{}", at.journal, at.seq));
                "unattribute-movement"
            }
        };
        if BARE.contains(&name) {
            told.as_object_mut().unwrap().remove("amount");
        }
        Some(name)
    }

    fn stand_down(&mut self, of_case: bool, dice: &mut Dice<'_>) -> Value {
        let name = ["begin-stand-down", "lift-stand-down"][dice.below(2)];
        let mut told = self.base(name, dice);
        if name == "begin-stand-down" {
            told["agency"] = json!("MFCU");
        } else {
            told["reason"] = json!("because");
        }
        let number = dice.below(self.numbers.len());
        if of_case || dice.one_in(2) {
            told["case"] = json!(format!("OP-{number}"));
        } else {
            told["payee"] = json!(PAYEES[self.payee(dice)]);
        }
        told
    }

    fn hold(&mut self, dice: &mut Dice<'_>) -> Value {
        if self.holds > 0 && dice.one_in(2) {
            let mut told = self.base("release-hold", dice);
            told["hold"] = json!(format!("H-{}", dice.below(self.holds)));
            told["reason"] = json!("because");
            return proposed(told);
        }
        let mut told = self.base("place-hold", dice);
        told["hold"] = json!(format!("H-{}", self.holds));
        told["kind"] = json!(["litigation", "audit", "fraud-allegation"][dice.below(3)]);
        let payee = PAYEES[self.payee(dice)];
        let case = dice.below(self.numbers.len());
        told["scope"] = json!(match dice.below(3) {
            0 => format!("payee:{payee}"),
            1 => format!("case:OP-{case}"),
            _ => format!("unit:payee:{payee}/2026"),
        });
        if dice.one_in(3) {
            let until = self.today.checked_add_days(Days::new(4_000)).unwrap();
            told["until"] = json!(until.to_string());
        }
        told
    }

    fn approval(&mut self, dice: &mut Dice<'_>) -> Option<Value> {
        let at = dice.below(self.proposals.len());
        let proposal = self.proposals.get(at)?.clone();
        self.proposals.remove(at);
        let name = if dice.one_in(6) { "reject-proposal" } else { "approve" };
        let mut told = self.base(name, dice);
        told["actor"] = json!("joe");
        told["proposal"] = json!(proposal);
        if name == "reject-proposal" {
            told["reason"] = json!("because");
        }
        Some(told)
    }

    /// What waits of one payee is given to a case of the other.
    fn assignment(
        &mut self,
        rows: &dyn Rows,
        known: &[(CaseId, CaseRow)],
        dice: &mut Dice<'_>,
    ) -> Option<Value> {
        if dice.one_in(2)
            && let Some((case, movement)) = dice.of(&self.assigned).cloned()
        {
            // It may have been booked before: then it is not booked again.
            let mut told = self.base("attribute-movement", dice);
            told["case"] = json!(case);
            told["movement"] = json!(movement);
            told["reason"] = json!("a successor");
            return Some(told);
        }
        let from = self.payee(dice);
        let payee = PayeeId::parse(PAYEES[from]).unwrap();
        let mut waiting = Vec::new();
        movements::unmatched(rows, Some(&payee), &mut |at, _| {
            waiting.push(at);
            Ok(true)
        })
        .unwrap();
        let others: Vec<_> = known.iter().filter(|(_, row)| row.payee != payee).collect();
        let (at, (case, row)) = (dice.of(&waiting)?, dice.of(&others)?);
        let links = affairs::affairs(rows, &row.payee).unwrap();
        if !links.is_some_and(|links| links.successors.iter().any(|(other, _, _)| *other == payee))
        {
            let mut told = self.base("link-payee", dice);
            told["payee"] = json!(row.payee.to_string());
            told["other"] = json!(PAYEES[from]);
            told["kind"] = json!("successor");
            told["authority"] = json!("a merger");
            return Some(told);
        }
        let mut told = self.base("assign-movement", dice);
        told["case"] = json!(case);
        told["movement"] = json!(format!("{}/{}", at.journal, at.seq));
        told["payee"] = json!(PAYEES[from]);
        told["reason"] = json!("a successor");
        Some(told)
    }
}

/// The same as a proposal.
fn proposed(mut told: Value) -> Value {
    let inner = told.as_object_mut().unwrap();
    let (id, actor) = (inner.remove("id").unwrap(), inner.remove("actor").unwrap());
    let name = inner["command"].clone();
    let mut outer = json!({ "command": "propose", "id": id, "actor": actor });
    outer["proposal"] = told;
    outer["proposal"]["command"] = name;
    outer
}
