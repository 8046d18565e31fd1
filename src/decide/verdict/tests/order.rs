//! What comes first, and what is recorded though it breaks a rule.

use super::table::Row;

/// Two rules say no: the first of them is told.
pub(super) const PRECEDENCE: &[Row<'_>] = &[
    ("reused before who", &["CASE id=k", "ANN"], "CASE id=k plan=P2", "refused command-reused"),
    ("answered before who", &["CASE id=k", "ANN"], "CASE id=k", "already"),
    ("who before what", &["ANN"], "NOTICE", "refused actor-unknown"),
    ("the role before what", &["ANN"], "NOTICE actor=ann", "refused role-missing"),
    ("who before the proposal", &["ANN"], "approve proposal=no", "refused actor-unknown"),
    (
        "the proposal before the person",
        &["CASE", "WRITE-OFF", "approve actor=jo proposal=w"],
        "approve proposal=w",
        "refused proposal-ended",
    ),
    ("what before the expected", &[], "NOTICE expect=p03/1", "refused subject-unknown"),
    (
        "the expected before two people",
        &["CASE"],
        "write-off OP-1 amount=1.00 reason=x expect=p03/7",
        "refused not-as-expected",
    ),
    (
        "two people before the business",
        &["CASE"],
        "write-off OP-1 amount=999.00 reason=x",
        "refused second-person-needed",
    ),
    (
        "the expected before the business",
        &["CASE"],
        "NOTICE content=claim expect=p03/7",
        "refused not-as-expected",
    ),
    (
        "the end before the business",
        &["CASE", "withdraw-case OP-1 reason=x"],
        "NOTICE content=claim",
        "refused subject-ended",
    ),
    (
        "a stand-down before the content",
        &["CASE", "begin-stand-down OP-1 agency=x"],
        "NOTICE content=claim",
        "refused stand-down",
    ),
    (
        "a predicate before the lookback",
        &[],
        "FRAUD claims=ANCIENT",
        "refused fraud-predicate-missing",
    ),
    ("an amount before the claim", &[], "CASE claims=NONE:0.00", "refused not-above-zero"),
    (
        "a stand-down before a dispute",
        &["CASE", "NOTICE", "DISPUTE", "begin-stand-down OP-1 agency=x"],
        "INSTRUCT amount=1.00",
        "refused stand-down",
    ),
    (
        "a dispute before the window",
        &["CASE", "NOTICE", "DISPUTE"],
        "INSTRUCT amount=100.00",
        "refused offset-while-disputed",
    ),
    (
        "the window before the balance",
        &["CASE", "NOTICE"],
        "INSTRUCT amount=999.00",
        "refused offset-before-eligible 2026-04-02",
    ),
    (
        "the balance before the plan",
        &["CASE", "NOTICE", "@2026-04-02"],
        "INSTRUCT amount=999.00 plan=P2",
        "refused offset-above-balance",
    ),
    (
        "a sound amount before the money",
        &["CASE"],
        "INSTRUCT amount=0.00",
        "refused not-above-zero",
    ),
];

/// Recorded all the same.
pub(super) const FINDINGS: &[Row<'_>] = &[
    ("a whole notice", &["CASE"], "record-notice LETTER content=all", "recorded"),
    (
        "a notice that lacks something",
        &["CASE"],
        "record-notice LETTER content=claim",
        "recorded notice-defective",
    ),
    (
        "a notice under a stand-down",
        &["CASE", "begin-stand-down OP-1 agency=x"],
        "record-notice LETTER content=all",
        "recorded notice-defective",
    ),
    ("in time", &["CASE", "NOTICE", "@2026-04-02"], "record-offset OP-1 amount=100.00", "recorded"),
    (
        "without a notice",
        &["CASE"],
        "record-offset OP-1 amount=100.00",
        "recorded offset-before-eligible",
    ),
    (
        "too early",
        &["CASE", "NOTICE"],
        "record-offset OP-1 amount=100.00",
        "recorded offset-before-eligible",
    ),
    (
        "during a dispute",
        &["CASE", "NOTICE", "DISPUTE"],
        "record-offset OP-1 amount=100.00",
        "recorded offset-while-barred",
    ),
    (
        "under a stand-down",
        &["CASE", "NOTICE", "begin-stand-down OP-1 agency=x", "@2026-04-02"],
        "record-offset OP-1 amount=100.00",
        "recorded offset-while-barred",
    ),
    (
        "too much",
        &["CASE", "NOTICE", "@2026-04-02"],
        "record-offset OP-1 amount=100.01",
        "recorded offset-above-balance",
    ),
    (
        "from another plan",
        &["CASE", "NOTICE", "@2026-04-02"],
        "record-offset OP-1 amount=100.00 plan=P2",
        "recorded cross-plan-offset",
    ),
    // Fifteen business days before 30 April 2026 are through 8 April: Patriots' Day is the 20th.
    (
        "cancelled in time",
        &["ROUTINE claims=A-1", "schedule-visit AU-1 on=2026-04-30"],
        "cancel-visit AU-1 happened=2026-04-08 by=provider in_writing=true told=a+b",
        "recorded",
    ),
    (
        "cancelled a day late",
        &["ROUTINE claims=A-1", "schedule-visit AU-1 on=2026-04-30"],
        "cancel-visit AU-1 happened=2026-04-09 by=provider in_writing=true told=a+b",
        "recorded cancellation-late",
    ),
    (
        "cancelled to one person alone",
        &["ROUTINE claims=A-1", "schedule-visit AU-1 on=2026-04-30"],
        "cancel-visit AU-1 happened=2026-04-08 by=provider in_writing=true told=a",
        "recorded cancellation-late",
    ),
    (
        "a standard that came later",
        &[],
        "CASE standard={\"citation\":\"x\",\"effective\":\"2026-02-11\"}",
        "recorded standard-not-in-force",
    ),
    (
        "a standard on its first day",
        &[],
        "CASE standard={\"citation\":\"x\",\"effective\":\"2026-02-10\"}",
        "recorded",
    ),
    (
        "a standard that had ended",
        &[],
        "CASE standard={\"citation\":\"x\",\"ended\":\"2026-02-09\"}",
        "recorded standard-not-in-force",
    ),
];
