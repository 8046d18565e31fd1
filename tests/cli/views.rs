//! What is asked about the past, about what waits, and about what an agency keeps.

use super::deciding::Begun;

fn told() -> Begun {
    let begun = Begun::with("--fiscal-year-end 06-30");
    begun.identify("OP-1", "100.00");
    begun.notice("OP-1", "2025-03-03");
    begun
}

#[test]
fn what_waits_for_a_second_person_says_what_it_is() {
    let begun = told();
    begun
        .line("case write-off OP-1 10.00 --reason tiny --propose --id w-1")
        .holds(0, &["recorded propose"]);
    let words = "write-off: 10.00 written off";
    for line in [
        "actor list --proposals",
        "actor list --proposals --format json",
        "report trail --about case:OP-1",
        "report trail --about case:OP-1 --format json",
        "show case OP-1",
        "show case OP-1 --format json",
    ] {
        begun.line(line).holds(0, &[words, "w-1"]).lacks(&["tiny", "{\"actor\""]);
    }
    let said = begun.line("replay case:OP-1 --patient");
    said.holds(0, &["write-off", "10.00 written", "said: tiny", "by jane.roe"]);
    said.lacks(&["{\"actor\""]);
    assert!(said.all().lines().all(|line| line.chars().count() <= 100), "{}", said.all());
    let command = "actor list --proposals";
    begun.line("case write-off OP-1 10.00 --reason tiny --propose --id w-2").holds(0, &[]);
    begun.line("show case OP-1").holds(0, &["w-1 of jane.roe", "w-2 of jane.roe"]);
    begun
        .record(&[], r#"{"command":"begin-stand-down","case":"OP-1","agency":"MFCU"}"#)
        .holds(0, &["recorded"]);
    begun.line(command).holds(0, &["w-1", "(stand-down)"]).lacks(&["10.00", "OP-1"]);
}

#[test]
fn a_proposal_that_was_settled_waits_no_more() {
    let begun = told();
    begun.line("case write-off OP-1 10.00 --reason tiny --propose --id w-1").holds(0, &[]);
    begun.line("approve w-1 --actor bob").holds(0, &["recorded"]);
    begun.line("show case OP-1").holds(0, &[]).lacks(&["w-1"]);
}

#[test]
fn who_is_not_cleared_is_not_told_why_something_is_kept() {
    let begun = told();
    begun.identify("OP-4", "50.00");
    begun
        .record(&[], r#"{"command":"begin-stand-down","case":"OP-4","agency":"MFCU"}"#)
        .holds(0, &["recorded"]);
    begun.line("actor register ann --role admin --role compliance --role analyst").holds(0, &[]);
    begun.line("actor register ada --role analyst --actor ann").holds(0, &[]);
    let identify = "case identify OP-7 --payee 1234567893 --plan P1 --line medicaid --cause units \
                    --standard Manual-3 --claim A-1=400.00 --on 2025-02-10";
    let notice = "case notice OP-4 --control-number 74 --dated 2025-03-03 --content all \
                  --on 2025-03-03";
    let secret = ["MFCU", "stand-down", "OP-4 holds"];
    let said = begun.line(&format!("{identify} --actor ada"));
    said.holds(3, &["refused: above-net-paid", "another case holds 50.00", "case OP-1 holds"]);
    said.lacks(&secret);
    let said = begun.line(&format!("{notice} --actor ada"));
    said.holds(3, &["refused: kept-by-authority", "an authority keeps this; ask compliance"]);
    said.lacks(&secret);
    begun.line(&format!("{identify} --actor ann")).holds(3, &["case OP-4 holds 50.00"]);
    begun.line(&format!("{notice} --actor ann")).holds(3, &["refused: stand-down", "(MFCU)"]);
    let csv = "payee,patient_control,amount,line_of_business\n1234567893,A-1,400.00,medicaid\n";
    let file = begun.file("asked.csv", csv);
    for format in ["table", "json", "csv"] {
        let line = format!("precheck {file} --on 2025-03-03 --format {format}");
        begun.line(&line).holds(1, &["another case holds 50.00"]).lacks(&secret);
        begun.line(&format!("{line} --cleared")).holds(1, &["case OP-4 holds 50.00"]);
    }
    let payee = |line: &str| begun.json(line)[0].clone();
    let told = payee("show payee 1234567893");
    assert_eq!((&told["open_cases"], &told["outstanding"]), (&1.into(), &"100.00".into()));
    let told = payee("show payee 1234567893 --cleared");
    assert_eq!((&told["open_cases"], &told["outstanding"]), (&2.into(), &"150.00".into()));
}

#[test]
fn csv_is_written_wherever_it_is_offered() {
    let begun = told();
    let head =
        "subject,on,clock,due,due_strict,due_rolled,then,stopped,policy,rule,citation,not_found";
    for line in
        ["explain case:OP-1", "explain case:OP-1 dispute-window", "explain claim:1234567893/A-1"]
    {
        let said = begun.line(&format!("{line} --on 2025-03-10 --format csv"));
        said.holds(0, &[head]);
        assert!(said.out.lines().count() > 1, "{}", said.out);
    }
    let said = begun.line(
        "replay case:OP-1 --compare 2025-03-10 2025-05-10 --known-at 2999-01-01 --format csv",
    );
    said.holds(0, &["what,before,after,steps,by_time", "state,", ",true"]);
}

#[test]
fn the_names_of_reports_stay_whatever_is_asked_of_them() {
    let begun = told();
    let head = |line: &str| begun.json(line)[0].clone();
    let told = head("report rollforward --from 2025-01-01 --to 2025-12-31");
    assert_eq!(
        (&told["report"], &told["from"], &told["to"]),
        (&"rollforward".into(), &"2025-01-01".into(), &"2025-12-31".into())
    );
    let lines = begun.json("report rollforward --from 2025-01-01 --to 2025-12-31");
    assert!(lines[1]["plan"] == "P1" && lines[1]["funding"].is_null(), "{:?}", lines[1]);
    let told = head("report monday --line no-clock");
    assert_eq!((&told["report"], &told["line"]), (&"monday".into(), &"no-clock".into()));
}

#[test]
fn what_is_said_of_bad_input_repeats_none_of_it() {
    let begun = told();
    for line in [
        r#"{"command":"record-answer","case":"OP-1","kind":"John Smith","channel":"mail"}"#,
        r#"{"command":"close-case","case":"OP-1","John Smith":"x"}"#,
        r#"{"command":"close-case","case":"OP-1","John Smith":"x","John Smith":"y"}"#,
        r#"{"command":"identify-case","payee":"1234567893","plan":"P","line_of_business":"medicaid",
        "cause":"units","claims":[{"patient_control":"A","John Smith":"1"}]}"#,
    ] {
        let said = begun.record(&[], &line.replace('\n', ""));
        said.holds(2, &["line 1"]).lacks(&["John Smith"]);
    }
    let said = begun.record(&[], r#"{"command":"record-answer","case":"OP-1","kind":"x"}"#);
    said.holds(2, &["\"kind\" is not what it should be: one of", "refund-promised"]);
}

#[test]
fn a_moment_before_a_case_was_known_says_so_and_none_is_to_come() {
    let begun = told();
    begun
        .line("replay case:OP-1 --compare 2020-01-01 2020-02-01")
        .holds(4, &["case OP-1 was not known at 2020-02-02T"])
        .lacks(&["cleared"]);
    begun.line("report cases --known-at 2999-01-01").holds(0, &[]).lacks(&["2999-01-01"]);
    begun.line("replay case:OP-1 --known-at 2999-01-01").holds(0, &[]).lacks(&["2999-01-01"]);
    let begun = Begun::with("");
    let said = begun.line("explain claim:1234567893/A-1 lookback --on 2025-03-03");
    said.holds(0, &["no day could be found"]).lacks(&["MM-DD; the last day", "\n\n\n"]);
}

#[test]
fn an_audit_keeps_its_stopped_clocks_and_says_what_it_asked_for() {
    let begun = told();
    for line in [
        "audit open AU-1 --payee 1234567893 --plan P1 --line medicaid --claim A-1 \
         --topic units --on 2025-03-03",
        "audit request AU-1 --item i-1 --on 2025-03-04",
        "audit receive AU-1 i-1 --on 2025-03-10",
    ] {
        begun.line(line).holds(0, &["recorded"]);
    }
    let told = &begun.json("show audit AU-1 --on 2025-03-20")[0];
    assert_eq!((&told["topics"][0], &told["claims"]), (&"units".into(), &1.into()));
    assert!(told["items"][0]["kind"].is_string() && told["items"][0]["form"].is_string());
    begun.line("show audit AU-1 --on 2025-03-20").holds(
        0,
        &["topics", "1 claim named", "records-production 2025-03-25", "stopped 2025-03-10"],
    );
    begun
        .line("explain audit:AU-1 records-production --on 2025-03-20")
        .holds(0, &["stopped 2025-03-10", "records-production, 21 calendar days"]);
    begun
        .line("explain audit:AU-1 records-production --on 2025-03-05")
        .holds(0, &["overdue"])
        .lacks(&["stopped"]);
}

#[test]
fn holds_on_claims_of_one_payee_are_told_apart() {
    let begun = told();
    begun
        .line("hold place claim:1234567893/A-1 --hold H-1 --kind litigation --on 2025-03-04")
        .holds(0, &["recorded"]);
    let told = begun.json("report holds")[1].clone();
    let payment = told["payment"].as_str().unwrap().to_owned();
    assert!(payment.starts_with('p'), "{payment}");
    let words = format!("claim:1234567893 {payment}");
    begun.line("report holds").holds(0, &[&words]).lacks(&["A-1"]);
}
