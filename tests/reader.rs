//! What must hold of the reader on any input: every byte comes back, nothing grows, nobody panics.

use std::io::{self, Read};

use lookback::check::{Outcome, Tally, summarise};
use lookback::ingest::era::{Balance, Era, Item};
use lookback::ingest::x12::{Kind, PIECE_MAX, Tokens, Unreadable, prescan};
use lookback_events::finding::{Finding, Rule};
use lookback_events::money::Money;
use proptest::prelude::*;

use crate::corpus::files;

/// A body may be 512 KiB (FORMATS 2).
const BODY_MAX: usize = 512 << 10;

/// A remittance with every kind of segment.
pub(crate) const SAMPLE: &str = "\
ISA*00*          *00*          *ZZ*PAYER          *ZZ*PAYEE          *250203*0900*^*00501*000000101*0*P*:~
GS*HP*PAYER*PAYEE*20250203*0900*101*X*005010X221A1~
ST*835*0101~
BPR*I*640*C*ACH*CCP*01*011000015*DA*123456*1999999999**01*011000015*DA*654321*20250203~
TRN*1*1001*1999999999~
DTM*405*20250203~
N1*PR*PLAN~
N1*PE*CLINIC*XX*1234567893~
REF*TJ*042345678~
LX*1~
TS3*1234567893*11*20251231*2*1000~
CLP*A1*1*800*500*60*MC*P1*11*1~
CAS*CO*45*100~
NM1*QC*1*DOE*JANE****MI*M1~
NM1*82*1*ROE*RICHARD****XX*1234567893~
REF*F8*OLD~
DTM*232*20250110~
AMT*AU*500~
SVC*HC:99213:25*500*300**1~
DTM*472*20250110~
CAS*CO*45*140~
CAS*PR*1*60~
REF*LU*SITE~
LQ*HE*N4~
SVC*HC:99214*300*300**1~
CLP*A2*22*-200*-150*0*MC*P2*11*1~
CAS*CO*45*-50~
CLP*A3*4*90*0*0*MC*P3*11*1~
SVC*HC:99215*90*0**1~
CAS*CO*96*90~
CLP*A4*1*300*300*0*MC*P4*11*1~
PLB*1234567893*20251231*WO:REF1*20*L6:REF2*-10~
SE*31*0101~
GE*1*101~
IEA*1*000000101~
";

/// Gives one byte, then a few, then many: every boundary falls somewhere else.
struct Dribble<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step = self.step % 97 + 1;
        let count = self.step.min(self.rest.len()).min(buffer.len());
        let (now, rest) = self.rest.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.rest = rest;
        Ok(count)
    }
}

fn items(input: impl Read) -> Vec<Item> {
    let mut era = Era::new(input);
    let mut items = Vec::new();
    while let Some(item) = era.next().unwrap() {
        items.push(item);
    }
    items
}

/// Everything that must hold of any input.
fn holds(bytes: &[u8]) -> Vec<Item> {
    let mut tokens = Tokens::new(bytes);
    let mut given = Vec::new();
    let mut segments = 0;
    while let Some(token) = tokens.next().unwrap() {
        assert_eq!(token.offset, u64::try_from(given.len()).unwrap());
        if matches!(token.kind, Kind::Segment | Kind::Long { first: true }) {
            segments += 1;
        }
        assert_eq!(token.segment, segments);
        assert!(!token.bytes.is_empty());
        given.extend_from_slice(token.bytes);
    }
    assert!(given == bytes, "tokens are the file");

    let items = items(bytes);
    let mut given = Vec::new();
    let mut open = false;
    let mut remittances = 0;
    for item in &items {
        for part in item.bytes() {
            assert!(part.len() <= PIECE_MAX);
            given.extend_from_slice(part);
        }
        match item {
            Item::Head(head) => {
                assert!(!open);
                open = true;
                remittances += 1;
                assert_eq!(head.ordinal, remittances);
                assert!(serde_json::to_vec(&head.body("", "")).unwrap().len() <= BODY_MAX);
            }
            Item::Close(close) => {
                assert!(std::mem::take(&mut open));
                assert_eq!(close.ordinal, remittances);
                let body = close.body("", Vec::new());
                assert!(serde_json::to_vec(&body).unwrap().len() <= BODY_MAX);
            }
            Item::Claim(claim) => {
                assert!(open);
                assert!(serde_json::to_vec(&claim.body("", "")).unwrap().len() <= BODY_MAX);
            }
            Item::Adjustment(adjustment) => {
                assert!(open);
                assert!(serde_json::to_vec(&adjustment.body("", "")).unwrap().len() <= BODY_MAX);
            }
            // A very long head or claim is given before its findings are all known.
            Item::Finding(found) => assert!(open || !found.of_remittance || !given.is_empty()),
            Item::Envelope(_) | Item::Outside(_) => assert!(!open),
            Item::Continuation(_) => {}
        }
    }
    assert!(!open, "every remittance is closed");
    assert!(given == bytes, "items are the file");

    let scanned = prescan(bytes).unwrap();
    assert_eq!(scanned.length, u64::try_from(bytes.len()).unwrap());
    assert_eq!(u64::try_from(scanned.remittances.len()).unwrap(), remittances);
    items
}

fn closes(items: &[Item]) -> Vec<&lookback::ingest::era::Close> {
    let mut closes = Vec::new();
    for item in items {
        if let Item::Close(close) = item {
            closes.push(&**close);
        }
    }
    closes
}

/// The sample in lines of 80 bytes, wherever they end.
fn wrapped(line_break: &str) -> String {
    let flat = SAMPLE.replace('\n', "");
    let lines: Vec<&str> =
        flat.as_bytes().chunks(80).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(line_break)
}

fn rules(items: &[Item]) -> Vec<&'static str> {
    let rule = |item: &Item| {
        if let Item::Finding(found) = item { Some(found.finding.rule.id()) } else { None }
    };
    items.iter().filter_map(rule).collect()
}

#[test]
fn a_clean_remittance_has_no_findings_and_balances() {
    let items = holds(SAMPLE.as_bytes());
    assert_eq!(rules(&items), Vec::<&str>::new());
    let totals = closes(&items)[0].totals;
    assert_eq!(totals.balance, Balance::Holds);
    assert_eq!((totals.claims, totals.lines, totals.adjustments), (4, 3, 5));
    assert_eq!((totals.denied, totals.reversals, totals.plb_adjustments), (1, 1, 2));
}

#[test]
fn every_file_of_the_corpus_comes_back_whole_however_it_is_damaged() {
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        holds(&bytes);
        for cut in (0..bytes.len()).step_by(bytes.len() / 97 + 1) {
            holds(&bytes[..cut]);
            holds(&bytes[cut..]);
            let mut twice = bytes[..cut].to_vec();
            twice.extend_from_slice(&bytes);
            holds(&twice);
        }
    }
}

#[test]
fn how_the_input_arrives_changes_nothing() {
    let long = SAMPLE.replace("LX*1~\n", &format!("LX*1~\nNTE*{}~\n", "x".repeat(1 << 20)));
    for text in [SAMPLE.to_owned(), SAMPLE.repeat(300), long] {
        let whole = items(text.as_bytes());
        let dribbled = items(Dribble { rest: text.as_bytes(), step: 0 });
        assert_eq!(format!("{whole:?}"), format!("{dribbled:?}"));
        let scan = prescan(Dribble { rest: text.as_bytes(), step: 0 }).unwrap();
        assert_eq!(scan, prescan(text.as_bytes()).unwrap());
    }
}

#[test]
fn a_truncated_file_is_closed_with_one_finding() {
    let whole = SAMPLE.find("SE*31").unwrap();
    for cut in SAMPLE.find("ST*835").unwrap() + 7..whole {
        let items = holds(&SAMPLE.as_bytes()[..cut]);
        let found = rules(&items);
        assert_eq!(found.iter().filter(|id| **id == "truncated").count(), 1, "{cut}");
        let close = closes(&items)[0];
        assert!(close.truncated);
        assert!(!matches!(close.totals.balance, Balance::Off(_)), "{cut}");
        for rule in ["claim-unbalanced", "line-unbalanced", "transaction-unbalanced"] {
            assert!(!found.contains(&rule), "{rule} at {cut}");
        }
    }
}

#[test]
fn reading_goes_on_at_the_next_interchange_with_other_separators() {
    let other = SAMPLE.replace('*', "|").replace(':', ">").replace("~\n", "\n");
    for cut in SAMPLE.find("BPR").unwrap()..SAMPLE.find("SE*31").unwrap() {
        let text = format!("{}{other}", &SAMPLE[..cut]);
        let items = holds(text.as_bytes());
        assert_eq!(closes(&items).len(), 2, "{cut}");
        assert_eq!(closes(&items)[1].totals.balance, Balance::Holds, "{cut}");
        assert_eq!(rules(&items).iter().filter(|id| **id == "truncated").count(), 1, "{cut}");
    }
}

#[test]
fn a_digest_does_not_depend_on_envelope_wrapping_or_separators() {
    let digest = |text: &str| prescan(text.as_bytes()).unwrap().remittances;
    let expected = digest(SAMPLE);
    assert_eq!(expected.len(), 1);
    let wrapped = wrapped("\r\n");
    for same in [
        SAMPLE.replace('\n', ""),
        SAMPLE.replace('\n', "\r\n"),
        SAMPLE.replace("~\n", "\n"),
        SAMPLE.replace("~\n", "\r\n"),
        SAMPLE.replace("~\n", "~\n\n  "),
        SAMPLE.replace('*', "|").replace(':', ">"),
        SAMPLE.replace("0101~", "7777~").replace("000000101", "000000999"),
        SAMPLE.replace("ST*835*0101", "ST*835*0101*005010X221A1"),
        SAMPLE.replace("SE*31*", "SE*99*"),
        format!("\u{feff}{SAMPLE}"),
        wrapped,
    ] {
        assert_eq!(digest(&same), expected, "{same}");
        holds(same.as_bytes());
    }
    assert_ne!(digest(&SAMPLE.replace("CLP*A1", "CLP*A9")), expected);
    assert_ne!(digest(&SAMPLE.replace("LX*1~\n", "")), expected);
}

#[test]
fn a_wrapped_file_means_what_the_file_means() {
    let wrapped = wrapped("\n");
    let items = holds(wrapped.as_bytes());
    assert_eq!(rules(&items), Vec::<&str>::new());
    let bodies = |items: &[Item]| -> Vec<String> {
        let value = |item: &Item| {
            let Item::Claim(claim) = item else { return None };
            let mut body = claim.body("p", "r");
            (body.before, body.original) = (None, None);
            Some(serde_json::to_string(&body).unwrap())
        };
        items.iter().filter_map(value).collect()
    };
    assert_eq!(bodies(&items), bodies(&holds(SAMPLE.as_bytes())));
}

#[test]
fn what_is_no_835_is_unreadable_and_comes_back() {
    let binary: Vec<u8> =
        (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (bytes, why) in [
        (&b""[..], Unreadable::Empty),
        (b"\r\n  \n", Unreadable::Empty),
        (b"hello", Unreadable::NoInterchange),
        (&binary, Unreadable::NoInterchange),
        (b"ISA*00*", Unreadable::IncompleteHeader),
        (b"ST*835*1~SE*2*1~", Unreadable::NoInterchange),
    ] {
        holds(bytes);
        let summary = summarise("x", bytes).unwrap();
        assert_eq!(summary.outcome, Outcome::Unreadable);
        assert_eq!(summary.reason, Some(why.to_string()));
        assert!(!summary.is_clean());
        assert_eq!(summary.count(Rule::InterchangeUnreadable), 1, "{why}");
    }
}

/// So many bytes of one value, none of them kept.
fn endless(byte: u8, count: u64) -> impl Read {
    io::repeat(byte).take(count)
}

#[test]
fn a_segment_without_end_passes_in_pieces() {
    let (head, tail) = SAMPLE.split_at(SAMPLE.find("CO*45*140").unwrap());
    let length: u64 = 64 << 20;
    let input = head.as_bytes().chain(endless(b'x', length)).chain(tail.as_bytes());
    let mut era = Era::new(input);
    let (mut given, mut tally) = (0_u64, Tally::default());
    while let Some(item) = era.next().unwrap() {
        for part in item.bytes() {
            assert!(part.len() <= PIECE_MAX);
            given += part.len() as u64;
        }
        tally.take(&item);
    }
    assert_eq!(given, length + SAMPLE.len() as u64);
    let summary = tally.finish("x", prescan(&b""[..]).unwrap().sha256, era.unreadable());
    assert_eq!(summary.claims, 4);
    assert_eq!(summary.count(Rule::SegmentTooLong), 1);
    // Nobody knows what it was: balances are unverifiable, not broken.
    for rule in [Rule::LineUnbalanced, Rule::ClaimUnbalanced, Rule::TransactionUnbalanced] {
        assert_eq!(summary.count(rule), 0);
    }
    assert_eq!(summary.count(Rule::Truncated), 0);
}

#[test]
fn a_claim_of_a_hundred_thousand_lines_is_counted_whole_and_itemised_in_part() {
    let lines = 100_000;
    let line = "SVC*HC:99213*1*1**1~\nDTM*472*20250110~\n";
    let claim = format!("CLP*BIG*1*{lines}*{lines}*0*MC*P*11*1~\n{}", line.repeat(lines));
    let text = SAMPLE
        .replace("CLP*A4*1*300*300*0*MC*P4*11*1~\n", &claim)
        .replace("SE*31*", &format!("SE*{}*", 31 + 2 * lines))
        .replace("BPR*I*640*", &format!("BPR*I*{}*", 640 - 300 + lines));
    let items = holds(text.as_bytes());
    assert_eq!(rules(&items), Vec::<&str>::new());
    assert_eq!(closes(&items)[0].totals.lines, 100_003);
    let mut claims = Vec::new();
    for item in &items {
        if let Item::Claim(claim) = item {
            claims.push(claim);
        }
    }
    let big = claims.into_iter().find(|claim| claim.patient_control() == b"BIG").unwrap();
    assert!(big.lines.len() > 500 && big.lines.len() <= 2_000);
    assert_eq!(big.lines_not_itemised() + big.lines.len() as u64, 100_000);
    assert!(!big.continued);
    let body = big.body("p", "r");
    assert_eq!(body.services.len(), big.lines.len());
}

#[test]
fn absurd_counts_and_amounts_are_findings() {
    let nines = "9".repeat(40);
    for (from, to, rule) in [
        ("SE*31*", "SE*99999999999999999999999999*", "se-count"),
        ("GE*1*", "GE*-1*", "ge-count"),
        ("IEA*1*", "IEA**", "iea-count"),
        ("CLP*A1*1*800*", &format!("CLP*A1*1*{nines}*"), "amount-unreadable"),
        ("BPR*I*640*", &format!("BPR*I*{nines}*"), "amount-unreadable"),
        ("BPR*I*640*", "BPR*I*-640*", "bpr-negative"),
        ("PLB*1234567893*20251231*WO:REF1*20", "PLB*1*2*WO:REF1*x", "amount-unreadable"),
        ("SE*31*0101", "SE*31*0102", "control-number-mismatch"),
        ("GE*1*101", "GE*1*102", "control-number-mismatch"),
        ("N1*PE*CLINIC*XX*1234567893", "N1*PE*CLINIC*XX*1234567890", "npi-check-digit"),
        ("WO:REF1", "WU:REF1", "plb-untraceable"),
        ("WO:REF1", "QQ:REF1", "plb-reason-unknown"),
        ("CAS*CO*96*90", "CAS*CO*A2*90", "reason-code-retired"),
        ("CAS*CO*96*90", "CAS*CO*96*80", "line-unbalanced"),
        ("CLP*A3*4*90*0*0", "CLP*A3*4*90*10*0", "claim-unbalanced"),
        ("CLP*A1*1*800*500*60", "CLP*A1*1*800*500*50", "patient-responsibility-unbalanced"),
        ("BPR*I*640*", "BPR*I*641*", "transaction-unbalanced"),
        ("LX*1~", "ZZZ*1~", "segment-unexpected"),
        ("GE*1*101~\n", "", "truncated"),
    ] {
        assert!(SAMPLE.contains(from));
        let items = holds(SAMPLE.replacen(from, to, 1).as_bytes());
        assert!(rules(&items).contains(&rule), "{rule}: {:?}", rules(&items));
    }
}

/// What is found in the sample with one text replaced by another.
fn found_with(from: &str, to: &str) -> Vec<Finding> {
    assert!(SAMPLE.contains(from), "{from}");
    let item = |item| if let Item::Finding(found) = item { Some(found.finding) } else { None };
    holds(SAMPLE.replacen(from, to, 1).as_bytes()).into_iter().filter_map(item).collect()
}

#[test]
fn every_pair_of_a_plb_is_read_however_many_there_are() {
    for (pairs, odd) in
        [(6, vec![]), (7, vec!["segment-unexpected"]), (300, vec!["segment-unexpected"])]
    {
        let plb = format!("PLB*1234567893*20251231{}~", "*WO:REF1*1.00".repeat(pairs));
        let text = SAMPLE
            .replace("PLB*1234567893*20251231*WO:REF1*20*L6:REF2*-10~", &plb)
            .replace("BPR*I*640*", &format!("BPR*I*{}*", 650 - pairs));
        let items = holds(text.as_bytes());
        assert_eq!(rules(&items), odd, "{pairs}");
        let totals = closes(&items)[0].totals;
        let money: Option<Money> = format!("{pairs}.00").parse().ok();
        assert!(money.is_some());
        assert_eq!(totals.plb_adjustments, pairs as u64);
        assert_eq!(totals.plb_total, money);
        assert_eq!(totals.balance, Balance::Holds, "{pairs}");
    }
    // So many that no PLB is believed: nothing is said to be whole.
    let plb = format!("PLB*1234567893*20251231{}~", "*WO:REF1*1.00".repeat(1_001));
    let text = SAMPLE.replace("PLB*1234567893*20251231*WO:REF1*20*L6:REF2*-10~", &plb);
    let items = holds(text.as_bytes());
    assert_eq!(rules(&items), ["segment-unexpected", "amount-unreadable"]);
    assert_eq!(closes(&items)[0].totals.balance, Balance::Unverifiable);
}

#[test]
fn adjustments_beyond_those_that_are_read_make_a_balance_unverifiable() {
    let cas = |triples: usize| format!("CAS*CO{}~", "*45*10*".repeat(triples));
    assert!(
        found_with("CAS*CO*45*140~", &cas(14).replace("*~", "~"))
            .iter()
            .all(|found| { found.rule == Rule::AmountUnreadable })
    );
    assert_eq!(found_with("CAS*CO*45*140~", &cas(9).replace("*~", "~")).len(), 2, "off by 50.00");
}

#[test]
fn a_missing_patient_share_is_unverifiable_where_the_patient_owes_something() {
    let found = found_with("CLP*A1*1*800*500*60*", "CLP*A1*1*800*500**");
    let told: Vec<_> = found.iter().map(|f| (f.rule.id(), f.expected.as_str())).collect();
    assert_eq!(told, [("amount-unreadable", "60.00")]);
    // Nothing is owed, or a payment is taken back: nothing is missing.
    assert_eq!(found_with("CLP*A3*4*90*0*0*", "CLP*A3*4*90*0**"), []);
    assert_eq!(found_with("CLP*A2*22*-200*-150*0*", "CLP*A2*22*-200*-150**"), []);
}

#[test]
fn the_provider_of_an_adjustment_is_held_to_its_check_digit() {
    let rules = |found: Vec<Finding>| found.iter().map(|f| f.rule.id()).collect::<Vec<_>>();
    assert_eq!(rules(found_with("PLB*1234567893*", "PLB*1234567890*")), ["npi-check-digit"]);
    // No NPI: another number of the payer's, or the payee is not named by one.
    assert_eq!(rules(found_with("PLB*1234567893*", "PLB*P-77*")), Vec::<&str>::new());
    let by_tin =
        SAMPLE.replace("XX*1234567893", "FI*042345678").replace("PLB*1234567893", "PLB*1234567890");
    let at_plb = |item: &Item| matches!(item, Item::Finding(f) if f.finding.path.contains("PLB"));
    assert!(!holds(by_tin.as_bytes()).iter().any(at_plb));
    // The payee's own is told once, where the payee stands.
    let twice = SAMPLE
        .replace("1234567893*11", "1*11")
        .replace("XX*1234567893~\nREF*TJ", "XX*1234567890~\nREF*TJ");
    let twice = twice.replace("PLB*1234567893", "PLB*1234567890");
    let found: Vec<_> =
        holds(twice.as_bytes()).into_iter().filter(|i| matches!(i, Item::Finding(_))).collect();
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_count_that_is_no_number_is_said_to_be_none() {
    for (from, to, said) in [
        ("SE*31*", "SE*THIRTY*", "not a number"),
        ("SE*31*", "SE**", "nothing"),
        ("SE*31*", "SE*32*", "32"),
        ("GE*1*", "GE*99999999999999999999*", "a number of absurd length"),
    ] {
        let found = found_with(from, to);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].found, said, "{to}");
    }
}

#[test]
fn an_interchange_whose_separators_collide_is_not_read_with_those_before_it() {
    let collides = SAMPLE.replace("*^*00501*", "*:*00501*");
    let items = holds(format!("{SAMPLE}{collides}{SAMPLE}").as_bytes());
    assert_eq!(rules(&items), ["interchange-unreadable"]);
    assert_eq!(closes(&items).len(), 2);
}

#[test]
fn what_stands_outside_is_placed_where_it_stands() {
    for (behind, path) in
        [("IEA*1*000000101~\n", ""), ("GE*1*101~\n", "ISA[1]"), ("SE*31*0101~\n", "ISA[1]/GS[1]")]
    {
        let found = found_with(behind, &format!("{behind}STRAY*1~\n"));
        let told: Vec<_> = found.iter().map(|f| (f.rule.id(), f.path.as_str())).collect();
        assert_eq!(told, [("segment-unexpected", path)], "behind {behind}");
    }
}

#[test]
fn a_finding_repeats_nothing_of_a_person() {
    let text = SAMPLE
        .replace("*0101~", "*JANEDOE~")
        .replacen("SE*31*JANEDOE", "SE*JANEDOE*X", 1)
        .replace("CLP*A1*1*800*", "CLP*A1*1*JANEDOE*")
        .replace("LX*1~", "JANEDOE*1~");
    for item in holds(text.as_bytes()) {
        if let Item::Finding(found) = item {
            let json = serde_json::to_string(&found.finding).unwrap();
            assert!(!json.contains("JANE") && !json.contains("DOE"), "{json}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_damage_keeps_every_byte(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 1..12),
        copies in 1..3_usize,
    ) {
        let mut bytes = SAMPLE.repeat(copies).into_bytes();
        for (at, how, byte) in edits {
            if bytes.is_empty() { break; }
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, b"*~:\nIS"[usize::from(byte) % 6]),
                _ => { let end = (at + usize::from(byte)).min(bytes.len()); bytes.drain(at..end); }
            }
        }
        holds(&bytes);
    }

    #[test]
    fn segments_in_any_order_keep_every_byte(
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let segments: Vec<&str> = SAMPLE.split_inclusive("~\n").collect();
        let mut text = segments[0].to_owned();
        for index in order {
            text.push_str(segments[index.index(segments.len())]);
        }
        holds(text.as_bytes());
    }

    #[test]
    fn any_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        holds(&bytes);
    }
}
