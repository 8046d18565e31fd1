//! The stories, a line a step: what is done, and behind `=>` what comes of it.
//!
//! `money CASE` is collected, carried forward, outstanding, restoration owed. All letters are of
//! 1 March 2025: their windows close on Monday the 31st, and an offset is eligible on 1 April.

use serde_json::{Value, json};

use super::Program;

/// What a whole notice carries.
pub(super) const CONTENT: [&str; 12] = [
    "claim",
    "patient",
    "service-dates",
    "amount-paid",
    "proposed-adjustment",
    "reason",
    "standard",
    "cure",
    "appeal-right",
    "recovery-method",
    "contact",
    "control-number",
];

/// A story: its name and its lines.
pub(super) type Story = (&'static str, &'static [&'static str]);

pub(super) const STORIES: &[Story] = &[
    (
        "two cases on one claim's different lines",
        &[
            "pays T1 2025-02-03; A 300.00+200.00 => ",
            "identify-case OP-1 claims=A#1:120.00",
            "identify-case OP-2 claims=A#2:80.00",
            // 300.00 less 120.00 are 180.00.
            "identify-case OP-3 claims=A#1:180.01 => refused above-net-paid",
            "issue-notice OP-1 control_number=F1",
            "issue-notice OP-2 control_number=F2",
            "pays T2 2025-04-07; B 900.00; WO F1 120.00 => ",
            "money OP-1 => 120.00 0.00 0.00 0.00",
            "money OP-2 => 0.00 0.00 80.00 0.00",
            // The claim's number is that of both; one of them has 80.00 outstanding.
            "pays T3 2025-04-14; C 900.00; WO A 80.00 => ",
            "money OP-1 => 120.00 0.00 0.00 0.00",
            "money OP-2 => 80.00 0.00 0.00 0.00",
            "waits => 0",
        ],
    ),
    (
        "a claim reversed and corrected by parts",
        &[
            "pays T1 2025-02-03; A 300.00+200.00 => ",
            "identify-case OP-1 claims=A:200.00",
            "issue-notice OP-1 control_number=F1",
            // 500.00 less 400.00.
            "pays T2 2025-04-07; B 900.00; A -300.00+-200.00; A 300.00+100.00 of:300.00+200.00 => ",
            "money OP-1 => 100.00 0.00 100.00 0.00",
            // 400.00 less 250.00: 50.00 more than there was to take.
            "pays T3 2025-04-14; C 900.00; A -300.00+-100.00 of:-320.00+-220.00; \
         A 250.00+0.00 of:300.00+200.00 => offset-above-balance",
            "money OP-1 => 250.00 0.00 0.00 50.00",
            "waits => 0",
        ],
    ),
    (
        "taken under the payer's number of the claim",
        &[
            "pays T1 2025-02-03; A 500.00 => ",
            "identify-case OP-1 claims=A:200.00",
            "issue-notice OP-1 control_number=F1",
            "pays T2 2025-04-07; B 900.00; WO PA 150.00 => ",
            "money OP-1 => 150.00 0.00 50.00 0.00",
            "pays T3 2025-04-14; C 900.00; WO PA 60.00 => offset-above-balance",
            "money OP-1 => 210.00 0.00 0.00 10.00",
        ],
    ),
    (
        "taken under a number of two cases",
        &[
            "pays T1 2025-02-03; A 500.00; B 300.00 => ",
            "identify-case OP-1 claims=A:60.00",
            "identify-case OP-2 claims=B:70.00",
            "issue-notice OP-1 control_number=FCN",
            "record-notice OP-2 control_number=FCN => recorded control-number-reused",
            "pays T2 2025-04-07; C 900.00; WO FCN 70.00 => ",
            "money OP-1 => 0.00 0.00 60.00 0.00",
            "money OP-2 => 70.00 0.00 0.00 0.00",
            "pays T3 2025-04-14; D 900.00; WO FCN 25.00 => ",
            "waits => 1",
            "attribute-movement OP-1 movement=@waiting reason=x happened=2025-04-15",
            "money OP-1 => 25.00 0.00 35.00 0.00",
            "waits => 0",
        ],
    ),
    (
        "a refund check is recorded, then acknowledged",
        &[
            "pays T1 2025-02-03; A 500.00 => ",
            "identify-case OP-1 claims=A:200.00",
            "issue-notice OP-1 control_number=F1",
            "record-refund OP-1 amount=200.00 check=77 happened=2025-03-20",
            "money OP-1 => 200.00 0.00 0.00 0.00",
            "pays T2 2025-04-07; B 900.00; WO F1 200.00; 72 F1 -200.00 => ",
            "money OP-1 => 200.00 0.00 0.00 0.00",
            "waits => 0",
        ],
    ),
    (
        "a forward balance consumed in parts and carried on",
        &[
            "pays T1 2025-02-03; A 500.00 => ",
            "identify-case OP-1 claims=A:200.00",
            "issue-notice OP-1 control_number=F1",
            "pays T2 2025-04-07; B 50.00; WO F1 200.00; FB T2 -150.00 => ",
            "money OP-1 => 50.00 150.00 0.00 0.00",
            "pays T3 2025-04-14; C 100.00; FB T2 100.00 => ",
            "money OP-1 => 150.00 50.00 0.00 0.00",
            // 50.00 consumed, of which 20.00 are carried on under the new number.
            "pays T4 2025-04-22; D 30.00; FB T2 50.00; FB T4 -20.00 => ",
            "money OP-1 => 180.00 20.00 0.00 0.00",
            "pays T5 2025-04-28; E 900.00; FB T4 20.00 => ",
            "money OP-1 => 200.00 0.00 0.00 0.00",
            "pays T6 2025-05-05; G 900.00; FB T4 5.00 => forward-amount",
            "money OP-1 => 200.00 0.00 0.00 0.00",
        ],
    ),
    (
        "a successor's payment pays the debt, once",
        &[
            "pays T1 2025-02-03; A 500.00 => ",
            "identify-case OP-1 claims=A:200.00",
            "issue-notice OP-1 control_number=F1",
            "pays T2 2025-04-07 to successor; B 900.00; WO F1 150.00 => ",
            "money OP-1 => 0.00 0.00 200.00 0.00",
            "waits => 1",
            "attribute-movement OP-1 movement=p00/0 reason=x happened=2025-04-08 => refused movement",
            "link-payee payee=1234567893 other=1200000226 kind=successor authority=x \
         happened=2025-04-08",
            "assign-movement case=OP-1 movement=@waiting payee=1234567893 reason=x \
         happened=2025-04-08 => refused movement",
            "assign-movement case=OP-1 movement=@waiting payee=1200000226 reason=x \
         happened=2025-04-08",
            "waits => 1",
            "attribute-movement OP-1 movement=@assigned reason=x happened=2025-04-08",
            "waits => 0",
            "money OP-1 => 150.00 0.00 50.00 0.00",
            "attribute-movement OP-1 movement=@assigned reason=x happened=2025-04-09 \
         => refused movement",
            "assign-movement case=OP-1 movement=@assigned payee=1200000226 reason=x \
         happened=2025-04-09 => refused movement",
            "money OP-1 => 150.00 0.00 50.00 0.00",
        ],
    ),
    (
        "opened after its money was seen",
        &[
            "pays T1 2025-02-03; A 500.00 => ",
            "pays T2 2025-04-07; B 900.00; WO F9 120.00; WO PA 30.00 => ",
            "waits => 2",
            // What names its claim is its own at once, the rest when the letter's number is known.
            "identify-case OP-1 claims=A:200.00 happened=2025-04-08",
            "money OP-1 => 30.00 0.00 170.00 0.00",
            "record-notice OP-1 control_number=F9",
            "money OP-1 => 150.00 0.00 50.00 0.00",
            "waits => 0",
        ],
    ),
    (
        "booked to the wrong case, and mended",
        &[
            "pays T1 2025-02-03; A 500.00; B 300.00 => ",
            "identify-case OP-1 claims=A:200.00",
            "identify-case OP-2 claims=B:100.00",
            "issue-notice OP-1 control_number=F1",
            "issue-notice OP-2 control_number=F2",
            "pays T2 2025-04-07; C 900.00; WO F1 100.00 => ",
            "money OP-1 => 100.00 0.00 100.00 0.00",
            "attribute-movement OP-2 movement=@last:OP-1 reason=x happened=2025-04-08 \
         => refused movement",
            "unattribute-movement OP-1 movement=@last:OP-1 reason=x happened=2025-04-08",
            "money OP-1 => 0.00 0.00 200.00 0.00",
            "waits => 1",
            "attribute-movement OP-2 movement=@waiting reason=x happened=2025-04-08",
            "money OP-1 => 0.00 0.00 200.00 0.00",
            "money OP-2 => 100.00 0.00 0.00 0.00",
            "waits => 0",
        ],
    ),
    (
        "overturned after it was taken, and restored with interest",
        &[
            "pays T1 2025-02-03; A 500.00 => ",
            "identify-case OP-1 claims=A:200.00",
            "issue-notice OP-1 control_number=F1",
            "pays T2 2025-04-07; B 900.00; WO F1 200.00 => ",
            "record-dispute OP-1 level=1 grounds=x happened=2025-04-10",
            "determine OP-1 level=1 outcome=overturned dated=2025-05-01 happened=2025-05-01",
            "money OP-1 => 200.00 0.00 0.00 200.00",
            "decide-restoration OP-1 amount=200.00 decision=restore reason=x happened=2025-05-02",
            "record-restoration OP-1 amount=200.00 interest=3.50 happened=2025-05-10",
            "money OP-1 => 0.00 0.00 0.00 0.00",
            // The remittance that shows it gives back nothing more.
            "pays T3 2025-05-12; C 900.00; WO F1 -200.00 => ",
            "money OP-1 => 0.00 0.00 0.00 0.00",
            "waits => 0",
        ],
    ),
    (
        "an offset told, shown, given back and taken again",
        &[
            "pays T1 2025-02-03; A 500.00 => ",
            "identify-case OP-1 claims=A:200.00",
            "issue-notice OP-1 control_number=F1",
            "instruct-offset OP-1 amount=200.00 first_on=2025-04-01 happened=2025-03-31 \
         => refused offset-before-eligible",
            "instruct-offset OP-1 amount=200.00 first_on=2025-04-01 happened=2025-04-01",
            "record-offset OP-1 amount=200.00 trace=T2 happened=2025-04-07",
            "money OP-1 => 200.00 0.00 0.00 0.00",
            "pays T2 2025-04-07; B 900.00; WO F1 200.00 => ",
            "money OP-1 => 200.00 0.00 0.00 0.00",
            "reverse-offset OP-1 amount=200.00 reason=x happened=2025-04-20",
            "money OP-1 => 0.00 0.00 200.00 0.00",
            "pays T3 2025-04-28; C 900.00; WO F1 -200.00 => ",
            "money OP-1 => 0.00 0.00 200.00 0.00",
            "pays T4 2025-05-05; D 900.00; WO F1 200.00 => ",
            "money OP-1 => 200.00 0.00 0.00 0.00",
            "waits => 0",
        ],
    ),
];

/// The claims that `A#1:120.00` names.
fn claims(text: &str) -> Value {
    let (named, amount) = text.split_once(':').unwrap();
    json!([match named.split_once('#') {
        Some((control, line)) => {
            let line: u64 = line.parse().unwrap();
            json!({ "patient_control": control, "lines": [{ "line": line, "amount": amount }] })
        }
        None => json!({ "patient_control": named, "amount": amount }),
    }])
}

/// The movement that is meant.
fn movement(program: &mut Program, text: &str) -> String {
    match text.split_once(':') {
        Some(("@last", case)) => {
            let case = program.case(case);
            let last = case["movements"].as_array().unwrap().last().unwrap().clone();
            last["at"].as_str().unwrap().to_owned()
        }
        _ if text == "@waiting" => {
            let waiting = program.waiting().remove(0);
            program.assigned.clone_from(&waiting);
            waiting
        }
        _ if text == "@assigned" => program.assigned.clone(),
        _ => text.to_owned(),
    }
}

/// The command that a line tells.
pub(super) fn command(program: &mut Program, line: &str) -> Value {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap();
    let mut told = json!({ "command": name });
    for word in words {
        match word.split_once('=') {
            Some(("claims", text)) => told["claims"] = claims(text),
            Some(("level", text)) => told["level"] = json!(text.parse::<u64>().unwrap()),
            Some(("movement", text)) => told["movement"] = json!(movement(program, text)),
            Some((member, text)) => told[member] = json!(text),
            None => told["case"] = json!(word),
        }
    }
    if name == "identify-case" {
        let with = json!({ "payee": "1234567893", "plan": "MCF", "line_of_business": "medicaid",
            "cause": "incorrect-code", "detected_by": "plan", "standard": { "citation": "x" } });
        told.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    }
    if name.ends_with("-notice") {
        told["dated"] = json!("2025-03-01");
        told["happened"] = json!("2025-03-01");
        told["method"] = json!("mail");
        told["content"] = json!(CONTENT);
    }
    if told["happened"].is_null() {
        told["happened"] = json!("2025-02-04");
    }
    told
}
