//! What is known of a payee beside its remittances, and files of proposed overpayments that are wrong.

use super::deciding::Begun;
use super::*;

const HEAD: &str = "payee,patient_control,amount,line_of_business\n";

#[test]
fn who_answers_for_a_payee_and_when_it_leaves_is_on_its_page() {
    let begun = Begun::with("");
    ingest(&begun.ledger, &samples(begun.folder.path(), 0, 1)).holds(0, &[]);
    let told = begun.record(
        &[],
        r#"{"command":"link-payee","payee":"1234567893","other":"1200000119","kind":"successor","authority":"asset purchase","happened":"2025-03-01"}
{"command":"link-payee","payee":"1234567893","other":"1200000119","kind":"affiliate","authority":" "}
{"command":"link-payee","payee":"1234567893","other":"1234567893","kind":"affiliate","authority":"x"}
{"command":"give-termination-notice","payee":"1234567893","happened":"2025-03-01","requested":"2025-03-10"}"#,
    );
    told.holds(
        3,
        &[
            "line 1: recorded link-payee",
            "line 2: refused: unsound payee:1234567893: no authority is named",
            "line 3: refused: unsound",
            "line 4: recorded give-termination-notice",
        ],
    );
    begun.line("show payee 1234567893").holds(
        0,
        &[
            "answers 1200000119, its successor, since 2025-03-01, by p0",
            // Sixty days from the first of March.
            "leaves notice given 2025-03-01 for 2025-03-10; its time runs until 2025-04-30 \
             (termination-notice of allways-my-care-family-2019 v1), by p0",
        ],
    );
    let page = begun.json("show payee 1234567893").remove(0);
    assert_eq!(page["answered_by"][0]["how"], "successor");
    assert_eq!(page["terminations"][0]["runs_until"], "2025-04-30");
    begun.line("show payee 1200000119").holds(0, &[]).lacks(&["answers", "leaves"]);
}

#[test]
fn a_check_that_was_issued_again_and_then_voided_moved_nothing() {
    let begun = Begun::with("--fiscal-year-end 06-30");
    begun
        .record(
            &[],
            r#"{"command":"void-check","payee":"1234567893","trace":"71001","happened":"2025-02-10"}
{"command":"reissue-check","payee":"1234567893","trace":"71001","new_trace":"71099","happened":"2025-03-03"}
{"command":"void-check","payee":"1234567893","trace":"71099","happened":"2025-04-01"}
{"command":"reissue-check","payee":"1234567893","trace":"71099","new_trace":"71100","happened":"2025-07-01"}"#,
        )
        .holds(0, &[]);
    let moved = |on: &str| {
        let line = begun.json(&format!("report lookbacks --on {on}")).remove(1);
        let text = |member: &str| line[member].as_str().unwrap_or("-").to_owned();
        (text("moved_on"), text("not_moved"), text("routine_until"))
    };
    let was =
        |moved: &str, not: &str, until: &str| (moved.to_owned(), not.to_owned(), until.to_owned());
    assert_eq!(moved("2025-02-09"), was("2025-02-03", "", "2027-06-30"));
    assert_eq!(moved("2025-02-10"), was("-", "check voided", "-"));
    assert_eq!(moved("2025-03-31"), was("2025-03-03", "", "2027-06-30"));
    assert_eq!(moved("2025-04-01"), was("-", "check voided", "-"));
    assert_eq!(moved("2025-07-01"), was("2025-07-01", "", "2028-06-30"));
}

#[test]
fn what_is_wrong_in_a_file_of_proposals_is_told_line_by_line() {
    let begun = Begun::with("--fiscal-year-end 06-30");
    let check = |text: &str| {
        let file = begun.file("proposed.csv", text);
        begun.line(&format!("precheck {file} --on 2025-06-01"))
    };
    check(&format!("{HEAD}1234567893,A-1,1.00\n1234567893,A-1,1.00,medicaid\n1,2,3,4,5\n")).holds(
        2,
        &["line 2: 3 fields, and the head has 4", "line 4: 5 fields, and the head has 4"],
    );
    check("payee,patient_control,amount,line_of_business,amount\n1234567893,A-1,1.00,medicaid,2\n")
        .holds(2, &["line 1: the column amount stands twice"]);
    check(&format!("{HEAD}1234567893,A-1,x,medicaid\n,A-1,1.00,medicaid\n"))
        .holds(2, &["line 2: amount is no exact amount", "line 3: payee is empty"]);
    // A line of business that no policy knows is held against no lookback, so it may not go.
    check(&format!("{HEAD}1234567893,A-1,1.00,medicad\n1234567893,A-1,1.00,medicaid\n"))
        .holds(1, &["1 of 2 lines may go, 1.00", "no policy has a line of business of that name"]);
    let head = HEAD.trim_end();
    check(&format!("{head},nature,standard,standard_effective\n1234567893,A-1,1.00,medicaid,fraud,x,2025-02-01\n"))
        .holds(1, &["fraud-predicate-missing", "standard-not-in-force", "in force from 2025-02-01"]);
    check(&format!("{HEAD}1234567893,A-1,0.00,medicaid\n9999999999,A-1,1.00,medicaid\n"))
        .holds(1, &["0 of 2 lines may go", "not-above-zero", "payee-unknown"]);
}
