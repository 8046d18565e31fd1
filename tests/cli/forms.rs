//! The friendly forms of commands about money and answers, and policies by their names.

use super::deciding::Begun;
use super::*;

/// A case whose window closed in silence.
fn silent() -> Begun {
    let begun = Begun::with("--fiscal-year-end 06-30");
    begun.identify("OP-1", "100.00");
    begun.notice("OP-1", "2025-02-14");
    begun
}

#[test]
fn a_refund_an_instalment_plan_and_a_settlement_move_what_they_say() {
    let begun = silent();
    begun.line("case refund OP-1 0.00").holds(3, &["refused: not-above-zero"]);
    begun
        .line("case refund OP-1 30.00 --check 5501 --on 2025-03-20")
        .holds(0, &["recorded record-refund case:OP-1"]);
    begun
        .line("show case OP-1 --on 2025-03-20")
        .holds(0, &["outstanding 70.00", "collected 30.00"]);
    // Nobody saw it: what keeps the records so long is what somebody said.
    begun
        .line("explain unit:case:OP-1 retention --on 2025-03-21")
        .holds(0, &["2025-03-20", "asserted"])
        .lacks(&["evidenced"]);
    begun.line("case plan OP-1 --instalment 2025-05-01=wrong").holds(2, &["amount"]);
    let plan = "case plan OP-1 --instalment 2025-05-01=40.00 --instalment 2025-06-02=30.00";
    begun.line(&format!("{plan} --on 2025-03-21")).holds(0, &["recorded agree-plan case:OP-1"]);
    begun
        .line("show case OP-1 --on 2025-03-22")
        .holds(0, &["instalment 2025-05-01: instalment of 40.00 is due"]);
    begun
        .line("case default OP-1 --reason unpaid --on 2025-05-10")
        .holds(0, &["recorded default-plan case:OP-1"]);
    begun
        .line("case settle OP-1 80.00 --reason agreed --on 2025-05-12")
        .holds(3, &["refused:", "70.00"]);
    begun
        .line("case settle OP-1 20.00 --reason agreed --on 2025-05-12")
        .holds(0, &["recorded settle-case case:OP-1"]);
    begun.line("show case OP-1 --on 2025-05-12").holds(0, &["outstanding 50.00", "reduced 20.00"]);
    begun.line("verify").holds(0, &[]);
}

#[test]
fn what_was_taken_and_overturned_is_given_back_by_decision() {
    let begun = silent();
    begun.line("case taken OP-1 60.00 --on 2025-04-01").holds(0, &["recorded record-offset"]);
    for line in [
        "case dispute OP-1 --grounds x --on 2025-04-02",
        "case late-appeal OP-1 --accept --reason x --on 2025-04-03",
        "case determine OP-1 overturned --dated 2025-04-10 --on 2025-04-10",
    ] {
        let said = begun.line(line);
        assert!(matches!(said.code, Some(0 | 3)), "{}", said.all());
    }
    begun.line("show case OP-1 --on 2025-04-11").holds(0, &["restoration owed 60.00"]);
    begun.line("case restore OP-1 60.00 --decide restore").holds(2, &["--reason"]);
    begun
        .line("case restore OP-1 60.00 --decide restore --reason x --on 2025-04-12")
        .holds(0, &["recorded decide-restoration case:OP-1"]);
    begun
        .line("case restore OP-1 60.00 --interest 1.25 --trace 7700 --on 2025-04-20")
        .holds(0, &["recorded record-restoration case:OP-1"]);
    begun
        .line("show case OP-1 --on 2025-04-20")
        .holds(0, &["outstanding 0.00"])
        .lacks(&["restoration owed"]);
    begun.line("verify").holds(0, &[]);
}

#[test]
fn a_stay_bars_and_a_referral_needs_its_reason() {
    let begun = silent();
    begun
        .line("case stay OP-1 --court D.Mass --docket 25-1 --on 2025-03-20")
        .holds(0, &["recorded begin-stay case:OP-1"]);
    begun
        .line("case offset OP-1 10.00 --first-on 2025-04-01 --on 2025-03-21")
        .holds(3, &["refused: offset-while-stayed"]);
    begun.line("case stay OP-1 --lift").holds(2, &["--reason"]);
    begun
        .line("case stay OP-1 --lift --reason dismissed --on 2025-03-25")
        .holds(0, &["recorded lift-stay case:OP-1"]);
    begun
        .line("case stay OP-1 --lift --reason dismissed --on 2025-03-26")
        .holds(3, &["refused: nothing-there", "no stay stands"]);
    begun.line("case refer OP-1 --because elapsed").holds(2, &["--reason"]);
    begun.line("case refer OP-1 --because tired --reason x").holds(2, &["forecast, elapsed"]);
    begun
        .line("case refer OP-1 --because elapsed --reason x --agency ACME --on 2025-10-01")
        .holds(0, &["recorded refer-to-collections case:OP-1"]);
    begun.line("show case OP-1 --on 2025-10-02").holds(0, &["collections"]);
    begun.line("case refund OP-1 100.00 --on 2025-10-03").holds(0, &["recorded"]);
    begun
        .line("case refer OP-1 --because forecast --reason x --on 2025-10-04")
        .holds(3, &["refused: nothing-there", "nothing is outstanding"]);
}

#[test]
fn an_answer_may_speak_of_some_claims_alone() {
    let begun = silent();
    begun
        .line("case answer OP-1 agreement --claim Z-9 --on 2025-02-20")
        .holds(3, &["refused:", "claim"]);
    begun
        .line("case answer OP-1 agreement --claim A-1=100.00 --channel fax --on 2025-02-20")
        .holds(0, &["recorded record-answer case:OP-1"]);
    let steps = begun.json("replay case:OP-1 --patient");
    let told = steps[0]["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(told["claims"][0]["patient_control"], "A-1", "{told}");
}

#[test]
fn a_moment_may_have_seconds_and_what_is_no_moment_says_what_is_wanted() {
    let begun = silent();
    let line = |at: &str| format!("case refund OP-1 1.00 --on {at}");
    begun.line(&line("2025-03-01T10:00:00")).holds(0, &["recorded"]);
    begun.line(&line("2025-03-01T10:00:00Z")).holds(0, &["recorded"]);
    let steps = begun.json("replay case:OP-1");
    let happened: Vec<&str> = steps[0]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|step| step["happened"].as_str())
        .filter(|happened| happened.contains('T'))
        .collect();
    assert_eq!(happened, ["2025-03-01T10:00", "2025-03-01T05:00"]);
    begun.line(&line("2025-03-01T25:00:00")).holds(2, &["a minute 2026-03-01T16:59 plan time"]);
}

#[test]
fn a_policy_is_named_as_the_ledger_adopted_it_and_by_its_version() {
    let begun = Begun::with("");
    let (_, manual) = lookback_projections::policy::SHIPPED[0];
    let id = "allways-my-care-family-2019";
    let longer = manual
        .replacen("version = 1", "version = 2", 1)
        .replacen("2019-01-01", "2025-05-01", 1)
        .replacen("length = \"30 CD\"", "length = \"45 CD\"", 1);
    let file = begun.file("longer.toml", &longer);
    let adopt = format!("policy adopt {file} --announced 2025-02-28 --kind payment");
    begun.line(&adopt).holds(0, &["recorded adopt-policy"]);
    // The version in force today, and each by its number.
    begun.line(&format!("policy show {id}")).holds(0, &["version 2", "45 calendar days"]);
    begun
        .line(&format!("policy show {id}@1"))
        .holds(0, &["version 1"])
        .lacks(&["45 calendar days"]);
    assert_eq!(begun.line(&format!("policy show {id} --text")).out, longer);
    begun
        .line(&format!("policy diff {id}@1 {id}@2"))
        .holds(0, &["rule dispute-window", "- 30 calendar days", "+ 45 calendar days"]);
    begun.line(&format!("policy diff {id} {file}")).holds(0, &["the two say the same"]);
    begun
        .line(&format!("policy show {id}@3"))
        .holds(2, &["there is no version 3", &format!("{id}@1, {id}@2")]);
    // Without a ledger, and for what it did not adopt, there is what comes with the program.
    let outside = begun.folder.path().join("nothing");
    run(&outside, &format!("policy show {id}")).holds(0, &["version 1"]);
    run(&outside, &format!("policy show {id}@2")).holds(2, &["there is no version 2"]);
    begun.line("policy show texas@1").holds(0, &["texas version 1"]);
}
