//! Cases met by remittances, told as stories: what was taken, carried, owed, and which rules it broke,
//! to the cent after every step.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use lookback::ledger::{Entry, Fact, Ledger};
use lookback_events::body::{BodyError, BodyWriter};
use lookback_events::event::Event;
use lookback_events::event::act::{Act, ClaimPart, Happened, Subject, Told};
use lookback_events::event::control::Usage;
use lookback_events::event::deed::Deed;
use lookback_events::event::recovery::letters::{
    Answer, AnswerKind, Dispute, Method, Notice, NoticeItem,
};
use lookback_events::event::recovery::{Cause, DetectedBy, Identified, Recovery, Standard};
use lookback_events::event::text::Day;
use lookback_events::id::{CaseId, CommandId, JournalId, PayeeId, UnitId};
use lookback_events::money::Money;
use lookback_projections::{cases, movements};

use crate::corpus::{shared, table};
use crate::ledger::{actor, create, rebuilt, rows, same, sound, take};
use crate::stories::told;

/// What a command led to, appended as it is.
struct Done(Deed);

impl Fact for Done {
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

fn payee() -> PayeeId {
    PayeeId::parse("1234567893").unwrap()
}

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

/// Appends what happened to a case on a day.
pub(crate) fn happens(
    ledger: &mut Ledger,
    case: &CaseId,
    on: &str,
    claims: Vec<ClaimPart>,
    detail: Recovery,
) {
    let journal = JournalId::of_payee(&payee(), ledger.choices().journals);
    let command = format!("t-{}", ledger.journals().head(journal).next());
    let told = Told {
        act: Act {
            command: CommandId::parse(&format!("{command}-{}", detail.command())).unwrap(),
            document: None,
            happened: Happened::on(day(on)),
            party: None,
            proposal: None,
            proposed_by: None,
        },
        asked: None,
        claims,
        detail,
        findings: Vec::new(),
        note: None,
        subject: Subject::Case(case.clone()),
    };
    let streams = ledger.streams(&[&format!("case:{case}"), &format!("payee:{}", payee())]);
    let entry = Entry {
        fact: Arc::new(Done(Deed::Recovery(Box::new(told)))),
        streams: streams.unwrap(),
        key: ledger.keys().of_unit(&UnitId::case(case)).unwrap(),
    };
    ledger.submit(journal, &actor(), vec![entry], 4_096).unwrap();
    ledger.flush().unwrap();
}

/// A case is identified about one claim.
pub(crate) fn identify(ledger: &mut Ledger, case: &CaseId, on: &str, claim: &str, amount: &str) {
    let claims = vec![ClaimPart {
        amount: Some(amount.parse::<Money>().unwrap()),
        lines: Vec::new(),
        patient_control: claim.to_owned(),
        payer_control: None,
        payment: None,
    }];
    let identified = Identified {
        cause: Cause::IncorrectCode,
        detected_by: DetectedBy::Plan,
        funding: None,
        line_of_business: "medicaid".to_owned(),
        opening: None,
        owner: None,
        payee: payee(),
        plan: "MCF".to_owned(),
        provider_class: None,
        service_class: None,
        standard: Standard {
            citation: "Payment policy 12".to_owned(),
            effective: None,
            ended: None,
            version: None,
        },
        state: None,
        vendor: None,
    };
    happens(ledger, case, on, claims, Recovery::CaseIdentified(Box::new(identified)));
}

/// A notice goes out whose control number is the case's id.
pub(crate) fn notify(ledger: &mut Ledger, case: &CaseId, on: &str) {
    let notice = Notice {
        address: None,
        amount: None,
        appeal_deadline: None,
        content: NoticeItem::ALL.to_vec(),
        control_number: case.to_string(),
        dated: Day(day(on)),
        method: Method::Mail,
        received: None,
        sent: None,
        tracking: None,
    };
    happens(ledger, case, on, Vec::new(), Recovery::NoticeIssued(Box::new(notice)));
}

/// Appends what a step `case ID: claim CLAIM, AMOUNT; notice DAY; agreed DAY; disputed DAY` tells.
fn case_step(ledger: &mut Ledger, step: &str) {
    let (id, story) = step.strip_prefix("case ").unwrap().split_once(": ").unwrap();
    let case = CaseId::parse(id).unwrap();
    for part in story.split("; ") {
        let (what, rest) = part.split_once(' ').unwrap();
        match what {
            "claim" => {
                let (claim, amount) = rest.split_once(", ").unwrap();
                identify(ledger, &case, "2025-02-04", claim, amount);
            }
            "notice" => notify(ledger, &case, rest),
            "agreed" => {
                let (amount, channel, promised_by) = (None, None, None);
                let kind = AnswerKind::Agreement;
                let answer = Answer { amount, channel, kind, promised_by };
                happens(
                    ledger,
                    &case,
                    rest,
                    Vec::new(),
                    Recovery::AnswerReceived(Box::new(answer)),
                );
            }
            "disputed" => {
                let (amount, channel, grounds) = (None, None, "the code is right".to_owned());
                let dispute = Dispute { amount, channel, grounds, level: 1 };
                let dispute = Recovery::DisputeReceived(Box::new(dispute));
                happens(ledger, &case, rest, Vec::new(), dispute);
            }
            other => panic!("a step tells {other}"),
        }
    }
}

/// Collected, carried, outstanding and restoration owed, as the vectors write them.
fn money(ledger: &Ledger, case: &CaseId) -> [String; 4] {
    let Some(row) = cases::case(ledger.rows(), case).unwrap() else {
        return ["-"; 4].map(ToOwned::to_owned);
    };
    assert_eq!(cases::recount(ledger.rows(), case, &row).unwrap(), row.money);
    assert!(row.money.holds().unwrap());
    let (outstanding, owed) = (row.money.outstanding(), row.money.restoration_owed());
    [row.money.collected, row.money.carried, outstanding.unwrap(), owed.unwrap()]
        .map(|amount| amount.to_string())
}

#[test]
fn each_story_of_a_case_holds_to_the_cent_after_every_step() {
    let Some(shared) = shared() else { return };
    let mut stories: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for row in table(&shared.join("vectors/835.tsv")) {
        if row["story"].starts_with('C') {
            stories.entry(row["story"].clone()).or_default().push(row);
        }
    }
    assert!(stories.len() >= 9, "{} stories", stories.len());
    let case = CaseId::parse("OP-2025-000123").unwrap();
    for (story, steps) in stories {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = create(&folder.path().join("ledger"), Usage::Production);
        for row in steps {
            let step = format!("story {story}, step {} ({})", row["step"], row["what"]);
            if row["what"].starts_with("case ") {
                case_step(&mut ledger, &row["what"]);
            } else {
                let name = format!("{}.835", row["what"]);
                let bytes = std::fs::read(shared.join("vectors/835").join(&name)).unwrap();
                let summary = take(&mut ledger, &name, &bytes);
                let mut findings: Vec<&str> = match row["findings"].as_str() {
                    "-" => Vec::new(),
                    list => list.split(',').collect(),
                };
                findings.sort_unstable();
                assert_eq!(told(&summary), findings, "{step}");
            }
            let wanted = ["collected", "carried", "outstanding", "restoration_owed"];
            assert_eq!(money(&ledger, &case), wanted.map(|name| row[name].clone()), "{step}");
        }
        let mut waiting = 0;
        movements::unmatched(ledger.rows(), None, &mut |_, _| {
            waiting += 1;
            Ok(true)
        })
        .unwrap();
        assert_eq!(waiting, 0, "story {story}: something is unmatched");
        ledger.flush().unwrap();
        same(&rows(&ledger), &rebuilt(&ledger));
        sound(&ledger);
    }
}
