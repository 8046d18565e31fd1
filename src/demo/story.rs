//! What the demonstration tells, step by step: a month that came in, and one overpayment to its end.
//!
//! The overpayment: imaging claim CH-3301 was paid by a fee schedule that was set up wrongly, 120.00 too
//! much. A notice goes out, the provider disputes in part and is right in part, the second window ends
//! on a Saturday and so on the Monday after, and the rest is taken from a later payment.

/// What came after the month: 80.00 are taken under the notice's control number.
pub const LATER: (&str, &[u8]) =
    ("11-2026-06-12-cobble.835", include_bytes!("later/11-2026-06-12-cobble.835"));

/// One step: when it is taken, what is asked, and what its answer shows.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Where the clock stands, UTC, as [`Timestamp::parse`](lookback_events::time::Timestamp::parse)
    /// reads it.
    pub at: &'static str,
    /// What it shows, for a person.
    pub words: &'static str,
    /// The command's arguments. `{ledger}`, `{inbox}` and `{later}` stand for folders.
    pub command: &'static [&'static str],
    /// The exit code that it ends with: 3 where it is refused.
    pub code: u8,
}

impl Step {
    const fn new(at: &'static str, words: &'static str, command: &'static [&'static str]) -> Self {
        Self { at, words, command, code: 0 }
    }

    const fn refused(self) -> Self {
        Self { code: 3, ..self }
    }
}

/// The steps in their order.
pub const STEPS: &[Step] = &[
    Step::new(
        "2026-03-30T13:00:00.000000Z",
        "A ledger of its own: one control journal, four for payments, keys, a configuration.",
        &[
            "init",
            "{ledger}",
            "--origin",
            "demo.lookback.local/small-plan",
            "--fiscal-year-end",
            "12-31",
        ],
    ),
    Step::new(
        "2026-03-30T13:05:00.000000Z",
        "A month of a small plan came in: ten files of remittances (835). Every claim and every\n  \
         provider adjustment becomes a sealed, hashed record. One file does not add up, and one\n  is \
         the bytes of another: recorded once, and reported.",
        &["ingest", "{inbox}"],
    ),
    Step::new(
        "2026-03-30T13:10:00.000000Z",
        "What was odd. The file is kept as it came; the finding says where and by how much.",
        &["report", "findings"],
    ),
    Step::new(
        "2026-03-30T13:15:00.000000Z",
        "One claim through time: paid, then reversed and corrected under another control number.",
        &["show", "claim", "1200000119/HL-1001"],
    ),
    Step::new(
        "2026-03-30T13:20:00.000000Z",
        "The corrected payment left Harbor below zero, so 95.00 was carried forward, and used up\n  a \
         week later.",
        &["report", "forwards", "--all"],
    ),
    Step::new(
        "2026-03-30T13:25:00.000000Z",
        "The month by payee: what was paid, denied and reversed, and every adjustment by its reason\n  \
         (WO a recovery under a letter's number, 72 a refund check, FB a balance carried forward).",
        &["report", "accounts"],
    ),
    Step::new(
        "2026-03-30T14:00:00.000000Z",
        "Now one overpayment, from the day it is identified to its end. A fee schedule was set up\n  \
         wrongly: claim CH-3301 of Cobble Hill was paid 120.00 too much.",
        &[
            "case",
            "identify",
            "OP-2026-000130",
            "--payee",
            "1200000333",
            "--plan",
            "SCHP",
            "--line",
            "medicaid",
            "--cause",
            "contract-setup",
            "--standard",
            "Fee schedule 2026, imaging",
            "--standard-effective",
            "2026-01-01",
            "--claim",
            "CH-3301=120.00",
            "--owner",
            "jane",
            "--actor",
            "jane",
        ],
    ),
    Step::new(
        "2026-03-31T15:00:00.000000Z",
        "The notice goes out, with everything that it must carry. A window of 30 days opens.",
        &[
            "case",
            "notice",
            "OP-2026-000130",
            "--control-number",
            "OP-2026-000130",
            "--dated",
            "2026-03-31",
            "--appeal-deadline",
            "2026-04-30",
            "--content",
            "all",
            "--actor",
            "jane",
        ],
    ),
    Step::new(
        "2026-04-10T15:00:00.000000Z",
        "Somebody is too early. What the rules forbid is refused, with the rule and the day.",
        &[
            "case",
            "offset",
            "OP-2026-000130",
            "120.00",
            "--first-on",
            "2026-04-17",
            "--actor",
            "raj",
        ],
    )
    .refused(),
    Step::new("2026-04-20T13:00:00.000000Z", "What happens next, by date.", &["due"]),
    Step::new(
        "2026-05-04T13:30:00.000000Z",
        "A fax of 21 April was found on 4 May. It counts from the day it came in: the offset is\n  \
         barred, and replay shows what the ledger believed meanwhile.",
        &[
            "case",
            "dispute",
            "OP-2026-000130",
            "--grounds",
            "The 2026 schedule has two rates for this code",
            "--channel",
            "fax",
            "--on",
            "2026-04-21",
            "--actor",
            "jane",
        ],
    ),
    Step::new(
        "2026-05-07T18:00:00.000000Z",
        "The provider is right about 40.00. The letter says so, and a second window opens.",
        &[
            "case",
            "determine",
            "OP-2026-000130",
            "modified",
            "--dated",
            "2026-05-07",
            "--reduced",
            "40.00",
            "--reason",
            "The second rate applies to one of two views",
            "--appeal-deadline",
            "2026-06-08",
            "--actor",
            "ana",
        ],
    ),
    Step::new(
        "2026-05-08T13:00:00.000000Z",
        "Every date explains itself. Thirty days from 7 May end on a Saturday.",
        &["explain", "case:OP-2026-000130", "determination-window"],
    ),
    Step::new(
        "2026-06-09T13:00:00.000000Z",
        "Nothing was heard. The day after the window the offset may be instructed.",
        &[
            "case",
            "offset",
            "OP-2026-000130",
            "80.00",
            "--first-on",
            "2026-06-12",
            "--actor",
            "raj",
        ],
    ),
    Step::new(
        "2026-06-12T11:00:00.000000Z",
        "Friday's remittance shows 80.00 taken (WO) under the notice's number: it books itself.",
        &["ingest", "{later}"],
    ),
    Step::new(
        "2026-06-15T13:00:00.000000Z",
        "The case is even, and is closed.",
        &["case", "close", "OP-2026-000130", "--reason", "recovered in full", "--actor", "jane"],
    ),
    Step::new(
        "2026-06-15T13:05:00.000000Z",
        "Years later somebody asks: what did you know, and when? Any day can be replayed.",
        &["replay", "case:OP-2026-000130"],
    ),
    Step::new(
        "2026-06-15T13:10:00.000000Z",
        "The letter, its claims and every movement of money under its number, on one page.",
        &["show", "wo", "OP-2026-000130"],
    ),
    Step::new(
        "2026-06-15T13:15:00.000000Z",
        "And nobody changed the record since: every record re-hashed, every body opened, every row\n  \
         folded again, every file put together again byte for byte.",
        &["verify"],
    ),
];
