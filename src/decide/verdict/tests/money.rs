//! What is refused of money, of what is given up, of payees and holds.

use super::table::Row;

/// What is refused of money, of what is given up, of payees and holds.
pub(super) const OF_MONEY: &[Row<'_>] = &[
    // Offsets. The window of the notice of 2 March closes on 1 April.
    ("no notice", &["CASE"], "INSTRUCT amount=1.00", "refused offset-without-notice"),
    (
        "while the window is open",
        &["CASE", "NOTICE"],
        "INSTRUCT amount=100.00",
        "refused offset-before-eligible 2026-04-02",
    ),
    (
        "on its last day",
        &["CASE", "NOTICE", "@2026-04-01"],
        "INSTRUCT amount=100.00",
        "refused offset-before-eligible 2026-04-02",
    ),
    ("the day after", &["CASE", "NOTICE", "@2026-04-02"], "INSTRUCT amount=100.00", "recorded"),
    (
        "to be taken before it is instructed",
        &["CASE", "NOTICE", "@2026-04-02"],
        "INSTRUCT amount=100.00 first_on=2026-04-01",
        "refused offset-before-eligible 2026-04-02",
    ),
    (
        "the day of an agreement",
        &["CASE", "NOTICE", "record-answer OP-1 happened=2026-03-10 kind=agreement"],
        "INSTRUCT happened=2026-03-10 amount=100.00",
        "refused offset-before-eligible 2026-03-11",
    ),
    (
        "the day after an agreement",
        &["CASE", "NOTICE", "record-answer OP-1 happened=2026-03-10 kind=agreement"],
        "INSTRUCT happened=2026-03-11 amount=100.00",
        "recorded",
    ),
    (
        "a contact stops nothing",
        &["CASE", "NOTICE", "record-answer OP-1 happened=2026-03-10 kind=contact", "@2026-04-02"],
        "INSTRUCT amount=100.00",
        "recorded",
    ),
    (
        "mail that came back",
        &["CASE", "NOTICE", "mail-returned OP-1", "@2026-05-01"],
        "INSTRUCT amount=100.00",
        "refused offset-without-notice",
    ),
    (
        "during a dispute",
        &["CASE", "NOTICE", "DISPUTE", "@2026-05-01"],
        "INSTRUCT amount=100.00",
        "refused offset-while-disputed",
    ),
    (
        "what is not in dispute",
        &["CASE", "NOTICE", "DISPUTE amount=40.00", "@2026-05-01"],
        "INSTRUCT amount=60.00",
        "recorded",
    ),
    (
        "and a cent of what is",
        &["CASE", "NOTICE", "DISPUTE amount=40.00", "@2026-05-01"],
        "INSTRUCT amount=60.01",
        "refused offset-while-disputed",
    ),
    (
        "within the second window",
        &[
            "CASE",
            "NOTICE",
            "DISPUTE",
            "determine OP-1 happened=2026-04-20 level=1 outcome=upheld dated=2026-04-20",
            "@2026-05-01",
        ],
        "INSTRUCT amount=100.00",
        "refused offset-before-eligible 2026-05-21",
    ),
    (
        "under a stand-down",
        &["CASE", "NOTICE", "begin-stand-down 1200000119 agency=MFCU", "@2026-05-01"],
        "INSTRUCT amount=100.00",
        "refused stand-down",
    ),
    (
        "under a bankruptcy stay",
        &["CASE", "NOTICE", "begin-stay OP-1 court=x", "@2026-05-01"],
        "INSTRUCT amount=100.00",
        "refused offset-while-stayed",
    ),
    (
        "under a repayment plan",
        &[
            "CASE",
            "NOTICE",
            "agree-plan OP-1 instalments=[{\"due\":\"2026-06-01\",\"amount\":\"100.00\"}]",
            "@2026-05-01",
        ],
        "INSTRUCT amount=100.00",
        "refused offset-under-plan",
    ),
    (
        "above the balance",
        &["CASE", "NOTICE", "@2026-04-02"],
        "INSTRUCT amount=100.01",
        "refused offset-above-balance",
    ),
    (
        "above what is not instructed",
        &["CASE", "NOTICE", "@2026-04-02", "INSTRUCT amount=60.00"],
        "INSTRUCT amount=40.01",
        "refused offset-above-balance",
    ),
    (
        "from another plan",
        &["CASE", "NOTICE", "@2026-04-02"],
        "INSTRUCT amount=100.00 plan=P2",
        "refused cross-plan-offset",
    ),
    // What is given up.
    (
        "more settled than outstanding",
        &["CASE"],
        "settle-case OP-1 reduced=100.01 reason=x",
        "refused offset-above-balance",
    ),
    (
        "more instalments than outstanding",
        &["CASE"],
        "agree-plan OP-1 instalments=[{\"due\":\"2026-06-01\",\"amount\":\"100.01\"}]",
        "refused offset-above-balance",
    ),
    ("no instalments", &["CASE"], "agree-plan OP-1 instalments=[]", "refused unsound"),
    ("no plan", &["CASE"], "default-plan OP-1 reason=x", "refused nothing-there"),
    ("no stay", &["CASE"], "lift-stay OP-1 reason=x", "refused nothing-there"),
    ("closed with a balance", &["CASE"], "close-case OP-1 reason=x", "refused unsound"),
    (
        "nothing to refer",
        &["CASE", "record-refund OP-1 amount=100.00"],
        "refer-to-collections OP-1 because=elapsed reason=x",
        "refused nothing-there",
    ),
    (
        "no such movement",
        &["CASE"],
        "attribute-movement OP-1 movement=p03/5 reason=x",
        "refused movement",
    ),
    (
        "a movement of no case",
        &["CASE"],
        "unattribute-movement OP-1 movement=p03/5 reason=x",
        "refused movement",
    ),
    // Payees and holds.
    ("nothing to lift", &[], "lift-stand-down 1200000119 reason=x", "refused nothing-there"),
    (
        "a stand-down twice",
        &["begin-stand-down 1200000119 agency=x"],
        "begin-stand-down 1200000119 agency=y",
        "refused nothing-there",
    ),
    (
        "its own successor",
        &[],
        "link-payee 1200000119 other=1200000119 kind=successor authority=x",
        "refused unsound",
    ),
    (
        "an unknown successor",
        &[],
        "link-payee 1200000119 other=999 kind=successor authority=x",
        "refused payee-unknown",
    ),
    ("a hold on nothing", &[], "place-hold H-1 scope=everything kind=audit", "refused unsound"),
    (
        "a hold on a case that is none",
        &[],
        "place-hold H-1 scope=case:OP-1 kind=audit",
        "refused subject-unknown",
    ),
    ("a hold on a claim", &[], "place-hold H-1 scope=claim:1200000119/A-1 kind=audit", "recorded"),
    ("a hold on the ledger", &[], "place-hold H-1 scope=ledger kind=agency-request", "recorded"),
    (
        "a hold that ends before it begins",
        &[],
        "place-hold H-1 scope=ledger kind=audit until=2026-01-01",
        "refused unsound",
    ),
    (
        "a hold released before",
        &[
            "place-hold H-1 scope=ledger kind=audit",
            "propose: release-hold H-1 id=w reason=x",
            "approve actor=jo proposal=w",
        ],
        "propose: release-hold H-1 reason=x",
        "refused subject-ended",
    ),
];
