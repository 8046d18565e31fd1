use chrono::NaiveDate;
use lookback_events::event::claim::{ClaimBody, ClaimDates, ClaimMoney, ClaimNumbers, LineDates};
use lookback_events::event::remittance::{
    AdjustmentNumbers, Payee, Payer, Payment, RemittanceFile, RemittanceReceived,
};
use lookback_events::event::text::Day;
use lookback_events::event::{ClaimKind, Event, Remittance};
use lookback_events::id::JournalId;
use lookback_events::time::Timestamp;
use lookback_projections::rows::MemoryRows;
use lookback_projections::{Projections, Record};

use super::*;

fn digest(number: u8) -> Digest {
    Digest([number; 32])
}

fn payee() -> PayeeId {
    PayeeId::parse("1234567893").unwrap()
}

fn money(text: &str) -> Option<Money> {
    text.parse().ok()
}

/// Rows into which remittances are folded.
#[derive(Default)]
struct Told {
    rows: MemoryRows,
    seq: u64,
}

impl Told {
    fn tell(&mut self, event: &Event<'_>) {
        let record = Record {
            journal: JournalId::payment(0).unwrap(),
            seq: self.seq,
            recorded_at: Timestamp::from_micros(0),
            control: 0,
            actor: "svc-ingest",
            event,
        };
        Projections::apply(&mut self.rows, &record).unwrap();
        self.seq = self.seq.saturating_add(1);
    }

    /// A remittance with its provider adjustments, each as `reason:reference amount`.
    fn remittance(&mut self, number: u8, payee: &PayeeId, names: [&str; 2], adjusted: &[&str]) {
        let [payer, trace] = names;
        let hex = digest(number).to_string();
        let body = RemittanceReceived {
            file: RemittanceFile { sha256: hex.clone().into(), ..RemittanceFile::default() },
            payee: Payee { id: payee.as_str().into(), ..Payee::default() },
            payer: Payer { id: Some(payer.into()), ..Payer::default() },
            payment: Payment { trace: Some(trace.into()), ..Payment::default() },
            remittance: hex.into(),
            ..RemittanceReceived::default()
        };
        self.tell(&Event::Remittance(Remittance::Received(Box::new(body))));
        self.adjust(number, &adjustments(adjusted));
    }

    fn adjust(&mut self, number: u8, adjusted: &[Adjusted<'_>]) {
        for one in adjusted {
            let body = ProviderAdjusted {
                adjustment: AdjustmentNumbers {
                    amount: one.amount,
                    ordinal: one.ordinal,
                    reason: one.reason.into(),
                    remittance: digest(number).to_string().into(),
                    ..AdjustmentNumbers::default()
                },
                reference: one.reference.map(Into::into),
                ..ProviderAdjusted::default()
            };
            self.tell(&Event::Remittance(Remittance::Adjusted(Box::new(body))));
        }
    }
}

/// Provider adjustments, each as `reason:reference amount`.
fn adjustments<'a>(lines: &[&'a str]) -> Vec<Adjusted<'a>> {
    let mut out = Vec::new();
    for (ordinal, line) in (1..).zip(lines) {
        let (composite, amount) = line.rsplit_once(' ').unwrap();
        let (reason, reference) = match composite.split_once(':') {
            Some((reason, reference)) => (reason, Some(reference)),
            None => (composite, None),
        };
        out.push(Adjusted { ordinal, reason, reference, amount: money(amount) });
    }
    out
}

fn shown(seeds: &[Seed]) -> Vec<String> {
    let about = |about| match about {
        About::Remittance => String::new(),
        About::Claim(n) => format!(" CLP {n}"),
        About::Adjustment(n) => format!(" PLB {n}"),
    };
    let sides = |seed: &Seed| match (seed.expected.as_str(), seed.found.as_str()) {
        ("", "") => String::new(),
        (expected, found) => format!(" {expected} / {found}"),
    };
    seeds.iter().map(|s| format!("{}{}{}", s.rule.id(), about(s.about), sides(s))).collect()
}

/// What went before under TRN02 `T1`, what the remittance `T2` says, and what is found.
type ForwardCase<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a [&'a str]);

const FORWARDS: &[ForwardCase<'_>] = &[
    ("made under its own TRN02", &[], &["FB:T2 -100"], &[]),
    ("made under it with blanks", &[], &["FB: T2  -100"], &[]),
    ("made under another id", &[], &["FB:T9 -100"], &["forward-foreign-id PLB 1"]),
    ("made without an id", &[], &["FB -100"], &["forward-foreign-id PLB 1"]),
    (
        "two made, one under another id",
        &[],
        &["FB:T2 -40", "FB:T2B -50"],
        &["forward-foreign-id PLB 2", "two-live-forwards PLB 2"],
    ),
    (
        "three made are said once",
        &[],
        &["FB:T2 -1", "FB:T2 -2", "FB:T2 -3"],
        &["two-live-forwards PLB 2"],
    ),
    ("all of it consumed", &["FB:T1 -100"], &["FB:T1 100"], &[]),
    ("a part of it consumed", &["FB:T1 -100"], &["FB:T1 60"], &[]),
    ("consumed in two parts", &["FB:T1 -100"], &["FB:T1 60", "FB:T1 40"], &[]),
    ("consumed with blanks", &["FB:T1 -100"], &["FB: T1  100"], &[]),
    (
        "more than is left",
        &["FB:T1 -100", "FB:T1 60"],
        &["FB:T1 50"],
        &["forward-amount PLB 1 40.00 / 50.00"],
    ),
    (
        "a second part that is too much",
        &["FB:T1 -100"],
        &["FB:T1 60", "FB:T1 41"],
        &["forward-amount PLB 2 40.00 / 41.00"],
    ),
    (
        "more when nothing is left",
        &["FB:T1 -100", "FB:T1 130"],
        &["FB:T1 1"],
        &["forward-amount PLB 1 0.00 / 1.00"],
    ),
    ("never made", &["FB:T1 -100"], &["FB:T1X 100"], &["forward-unknown PLB 1"]),
    (
        "never made, twice",
        &[],
        &["FB:X 1", "FB:X 1"],
        &["forward-unknown PLB 1", "forward-unknown PLB 2"],
    ),
    ("consumed before, never made", &["FB:T1 5"], &["FB:T1 5"], &["forward-unknown PLB 1"]),
    ("consumed ahead of being made here", &[], &["FB:T2 100", "FB:T2 -100"], &[]),
    ("re-forwarded", &["FB:T1 -100"], &["FB:T1 100", "FB:T2 -70"], &[]),
    ("a zero", &[], &["FB:X 0"], &[]),
    ("an amount that cannot be read", &[], &["FB:X ?"], &[]),
    ("another reason", &[], &["WO:X 100", "WO:X -100"], &[]),
];

#[test]
fn forward_balances_are_made_under_trn02_and_consumed_only_where_made() {
    for (what, before, now, wanted) in FORWARDS {
        let mut told = Told::default();
        told.remittance(1, &payee(), ["P", "T1"], before);
        let now = adjustments(now);
        let found = forward_balances(&told.rows, &payee(), Some(" T2"), &now, 0).unwrap();
        assert_eq!(shown(&found), *wanted, "{what}");
    }
}

#[test]
fn forward_balances_are_found_the_same_however_much_is_recorded_already() {
    for (what, before, now, wanted) in FORWARDS {
        let now = adjustments(now);
        for recorded in 0..=now.len() {
            let mut told = Told::default();
            told.remittance(1, &payee(), ["P", "T1"], before);
            told.remittance(2, &payee(), ["P", "T2"], &[]);
            told.adjust(2, now.get(..recorded).unwrap());
            let recorded = u64::try_from(recorded).unwrap();
            let found = forward_balances(&told.rows, &payee(), Some("T2"), &now, recorded).unwrap();
            assert_eq!(shown(&found), *wanted, "{what}, {recorded} recorded");
        }
    }
}

#[test]
fn a_forward_balance_of_another_payee_is_unknown() {
    let mut told = Told::default();
    told.remittance(1, &PayeeId::parse("1999999992").unwrap(), ["P", "T1"], &["FB:T1 -100"]);
    let now = adjustments(&["FB:T1 100"]);
    let found = forward_balances(&told.rows, &payee(), Some("T2"), &now, 0).unwrap();
    assert_eq!(shown(&found), ["forward-unknown PLB 1"]);
}

#[test]
fn a_check_number_is_reused_only_by_the_same_payer_for_the_same_payee() {
    let other = PayeeId::parse("1999999992").unwrap();
    for (what, before, now, number, wanted) in [
        ("another remittance", (payee(), ["P", "T1"]), ("P", "T1"), 2, true),
        ("blanks around it", (payee(), ["P", "T1"]), (" P", "T1 "), 2, true),
        ("the same remittance", (payee(), ["P", "T1"]), ("P", "T1"), 1, false),
        ("another number", (payee(), ["P", "T1"]), ("P", "T11"), 2, false),
        ("another payer", (payee(), ["P", "T1"]), ("Q", "T1"), 2, false),
        ("another payee", (other, ["P", "T1"]), ("P", "T1"), 2, false),
        ("no number", (payee(), ["P", ""]), ("P", ""), 2, false),
        ("no payer twice", (payee(), ["", "T1"]), ("", "T1"), 2, true),
    ] {
        let mut told = Told::default();
        told.remittance(1, &before.0, before.1, &[]);
        let (payer, trace) = (Some(now.0), Some(now.1));
        let found = trace_number(&told.rows, &payee(), payer, trace, &digest(number)).unwrap();
        let found: Vec<Seed> = found.into_iter().collect();
        let wanted: &[&str] = if wanted { &["trn-reused"] } else { &[] };
        assert_eq!(shown(&found), wanted, "{what}");
    }
}

/// A claim: `remittance ordinal status charge paid`, with a service line on a day.
fn claim(line: &str) -> Fact {
    let words: Vec<&str> = line.split(' ').collect();
    let day = NaiveDate::from_ymd_opt(2025, 1, 10).map(Day);
    let body = ClaimBody {
        claim: ClaimNumbers {
            ordinal: words[1].parse().unwrap(),
            patient_control: "ACCT-A0".into(),
            remittance: digest(words[0].parse().unwrap()).to_string().into(),
            status: words[2].into(),
            ..ClaimNumbers::default()
        },
        dates: ClaimDates {
            lines: vec![LineDates { from: day, line: 1, to: None }],
            ..ClaimDates::default()
        },
        money: ClaimMoney {
            charge: money(words[3]),
            paid: money(words[4]),
            ..ClaimMoney::default()
        },
        ..ClaimBody::default()
    };
    Fact::of(ClaimKind::of_status(words[2].as_bytes()), &body, None).unwrap()
}

#[test]
fn reversals_are_judged_by_what_the_ledger_knows_of_the_claim() {
    for (what, facts, wanted) in [
        ("a payment", &["9 1 1 800 500"][..], &[][..]),
        ("reversed", &["1 1 1 800 500", "9 1 22 -800 -500", "9 2 1 800 300"], &[]),
        ("negated under status 1", &["1 1 1 800 500", "9 1 1 -800 -500"], &[]),
        ("a correction ahead of it", &["1 1 1 800 500", "9 1 1 800 300", "9 2 22 -800 -500"], &[]),
        (
            "reversed a second time, as in the story of a recovery taken twice",
            &[
                "1 1 1 800 500",
                "2 1 22 -800 -500",
                "2 2 1 800 300",
                "9 1 22 -800 -500",
                "9 2 1 800 300",
            ],
            &["reversed-twice CLP 1"],
        ),
        (
            "reversed twice at once",
            &["1 1 1 800 500", "9 4 22 -800 -500", "9 7 22 -800 -500"],
            &["reversed-twice CLP 7"],
        ),
        (
            "unknown, with its correction",
            &["9 1 22 -800 -500", "9 2 1 800 300"],
            &["reversal-without-original CLP 1"],
        ),
        (
            "other amounts",
            &["1 1 1 800 500", "9 3 22 -800 -400"],
            &[
                "reversal-not-negated CLP 3 charge -800.00, paid -500.00 / charge -800.00, paid -400.00",
            ],
        ),
        (
            "an amount that cannot be read",
            &["1 1 1 800 500", "9 3 22 -800 ?"],
            &[
                "reversal-not-negated CLP 3 charge -800.00, paid -500.00 / charge -800.00, paid missing",
            ],
        ),
        ("what was found before is not found again", &["1 1 22 -800 -500", "9 1 1 7 7"], &[]),
    ] {
        let facts = facts.iter().map(|line| claim(line)).collect();
        assert_eq!(shown(&reversals(facts, &digest(9))), wanted, "{what}");
    }
}
