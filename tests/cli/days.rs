//! Audits on a day of the past, and the whole derivation of days that are no case's.

use serde_json::Value;

use super::deciding::Begun;

/// An audit that is asked for records, gets them late, and is held and reported.
fn audited() -> Begun {
    let begun = Begun::with("--fiscal-year-end 06-30");
    for line in [
        "audit open AU-1 --payee 1234567893 --plan P1 --line medicaid --claim A-1 --on 2025-03-03",
        "audit request AU-1 --item i-1 --item i-2 --on 2025-03-04",
        "audit receive AU-1 i-1 --on 2025-03-10",
        "audit schedule AU-1 2025-05-15 --on 2025-03-11",
        "audit receive AU-1 i-2 --on 2025-04-01",
        "audit conduct AU-1 --on 2025-05-15",
        "audit close AU-1 --reason over --on 2025-06-02",
    ] {
        begun.line(line).holds(0, &["recorded"]);
    }
    begun
}

#[test]
fn a_day_of_the_past_sees_an_audit_without_what_happened_since() {
    let begun = audited();
    let due = |on: &str| {
        let line = format!("due --on {on}");
        let all = begun.json(&line).into_iter().chain(begun.json(&format!("{line} --overdue")));
        let audits = all.filter(|due| due["subject"] == "audit:AU-1");
        let mut told: Vec<String> = audits
            .map(|due| {
                format!("{} {}", due["due"].as_str().unwrap(), due["clock"].as_str().unwrap())
            })
            .collect();
        told.sort();
        told
    };
    assert!(due("2025-03-02").is_empty(), "it was not opened");
    assert_eq!(due("2025-03-05"), ["2025-03-25 records-production", "2025-04-15 audit-scheduling"]);
    assert_eq!(
        due("2025-03-31"),
        [
            "2025-03-25 records-production",
            "2025-04-15 audit-scheduling",
            "2025-04-24 audit-cancellation"
        ]
    );
    assert_eq!(due("2025-04-01"), ["2025-04-15 audit-scheduling", "2025-04-24 audit-cancellation"]);
    assert!(due("2025-05-15").is_empty(), "it was held");
    let shown = |on: &str| begun.line(&format!("show audit AU-1 --on {on}"));
    shown("2025-03-02").holds(4, &["no audit AU-1 is known on 2025-03-02"]);
    shown("2025-03-05")
        .holds(
            0,
            &[
                "open since 2025-03-03, on 2025-03-05",
                "i-1 (record, copies), asked for 2025-03-04, not received",
            ],
        )
        .lacks(&["2025-03-10", "visit"]);
    shown("2025-03-31").holds(
        0,
        &["i-1 (record, copies), asked for 2025-03-04, received 2025-03-10", "visit scheduled"],
    );
    shown("2025-06-02").holds(0, &["closed 2025-06-02", "received 2025-04-01"]);
}

#[test]
fn the_day_of_an_audit_explains_itself() {
    let begun = audited();
    begun.line("show audit AU-1 --on 2025-03-31").holds(
        0,
        &[
            "records-production 2025-03-25 Tue",
            "rule records-production of allways-my-care-family-2019 v1",
            "calendar MA-legal",
            "why a date: lookback explain audit:AU-1 records-production",
        ],
    );
    begun
        .line("explain audit:AU-1 --on 2025-03-31")
        .holds(0, &["records-production: 2025-03-25 Tue", "audit-cancellation: 2025-04-24 Thu"]);
    begun.line("explain audit:AU-1 audit-scheduling --on 2025-03-31").holds(
        0,
        &[
            "2025-04-15 Tue: the audit is not held: overdue",
            "rule audit-scheduling, 30 business days",
            "policy allways-my-care-family-2019 v1 (in force 2019-01-01)",
            "source Provider Manual, Section 3",
            "starts 2025-03-04 Tue records requested asserted p00/4",
            "last day 2025-04-15 Tue, the same under both end rules",
            "skipped",
            "calendar MA-legal 2026.1, asked which days are business days",
        ],
    );
    let told = begun.json("explain audit:AU-1 records-production --on 2025-03-31");
    assert_eq!(told.len(), 1);
    for (member, value) in [
        ("subject", "audit:AU-1"),
        ("clock", "records-production"),
        ("due", "2025-03-25"),
        ("due_strict", "2025-03-25"),
        ("policy", "allways-my-care-family-2019 v1"),
    ] {
        assert_eq!(told[0][member], value, "{member}");
    }
    assert!(told[0]["derivation"]["citation"].is_string());
    begun
        .line("explain audit:AU-1 records-productio --on 2025-03-31")
        .holds(4, &["did you mean records-production"]);
    begun
        .line("explain audit:AU-1 records-production --on 2025-05-20")
        .holds(0, &["2025-03-25 Tue, stopped 2025-04-01", "21 calendar days"]);
    begun
        .line("explain audit:AU-1 dispute-window --on 2025-05-20")
        .holds(4, &["audit:AU-1 has no clock"]);
    begun.line("explain audit:AU-9").holds(4, &["no audit AU-9 is known"]);
}

#[test]
fn a_rule_that_competes_for_an_audits_day_is_named_with_why_it_lost() {
    let begun = Begun::with("--fiscal-year-end 06-30 --policy medicare-recoupment");
    for line in [
        "audit open AU-1 --payee 1234567893 --plan P1 --line medicaid --claim A-1 --on 2025-03-03",
        "audit request AU-1 --item i-1 --on 2025-03-04",
    ] {
        begun.line(line).holds(0, &["recorded"]);
    }
    begun
        .line("explain audit:AU-1 records-production --on 2025-03-31")
        .holds(0, &["2025-03-25 Tue", "lost cms-records of medicare-recoupment v1", "not us"]);
}

#[test]
fn the_lookbacks_of_a_claim_and_the_retention_of_its_unit_explain_themselves() {
    let begun = Begun::with("--fiscal-year-end 06-30");
    let claim = "explain claim:1234567893/A-1";
    begun.line(&format!("{claim} lookback --on 2026-01-02")).holds(
        0,
        &[
            "2027-06-30 Wed: the last day for opening such an audit",
            "rule routine-lookback",
            "rule fraud-lookback",
            "starts 2025-02-03 Mon paid evidenced p00/",
        ],
    );
    begun
        .line(&format!("{claim} fraud-lookback --on 2026-01-02"))
        .holds(0, &["2031-02-03"])
        .lacks(&["rule routine-lookback", "A-1"]);
    let kept = begun.json(&format!("{claim} retention --on 2026-01-02"));
    let unit = begun.json("explain unit:payee:1234567893/2025 retention --on 2026-01-02");
    assert_eq!(kept, unit);
    let report = begun.json("report retention --on 2026-01-02");
    let of_unit = |line: &&Value| line["unit"] == "payee:1234567893/2025";
    let line = report.iter().find(of_unit).unwrap();
    assert_eq!(kept[0]["due"], line["keep_until"]);
    assert_eq!(kept[0]["derivation"]["rule"], line["rule"]);
    begun.line(&format!("{claim} dispute-window")).holds(4, &["has no clock"]);
    begun.line("explain claim:1234567893/Z-9").holds(4, &[]);
    // A check that was stopped moved no money, so nothing may be audited.
    begun
        .record(
            &[],
            r#"{"command":"stop-check","payee":"1234567893","trace":"71001","happened":"2025-02-05"}"#,
        )
        .holds(0, &[]);
    begun
        .line(&format!("{claim} routine-lookback"))
        .holds(0, &["no money was moved: check stopped"]);
}
