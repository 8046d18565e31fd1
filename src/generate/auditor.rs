//! A small auditor of 835 files for the tests of generated data: its own reading, its own sums.
//!
//! It trusts the delimiters and the order of segments, so it is no reader for files of others. It
//! shares nothing with the generator, nor with the program's reader, but the ids of the rules.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows in a test is a test that fails"
)]

use std::collections::{BTreeMap, HashMap};

/// File, transaction from 1, claim from 1, rule: 0 where there is none.
pub(crate) type Breach = (String, u64, u64, &'static str);

/// What was paid once and may be taken back.
struct Payment {
    dates: String,
    charge: i64,
    paid: i64,
    reversed: bool,
}

/// What the auditor remembers between files.
#[derive(Default)]
pub(crate) struct Auditor {
    pub(crate) breaches: Vec<Breach>,
    /// How many segments of each kind were seen, by their first elements.
    pub(crate) seen: BTreeMap<String, u64>,
    pub(crate) lines_of_claims: Vec<usize>,
    pub(crate) adjustments_of_lines: BTreeMap<usize, u64>,
    pub(crate) claims_of_transactions: Vec<u64>,
    pub(crate) adjusted_transactions: u64,
    /// How payments are taken back: status 22 or not, and corrected by the next claim or not.
    pub(crate) reversals: BTreeMap<(bool, bool), u64>,
    payments: HashMap<(String, String), Vec<Payment>>,
    contents: HashMap<String, u64>,
    traces: HashMap<(String, String), u64>,
    forwards: HashMap<(String, String), i64>,
}

/// Cents of an amount with at most two places.
fn cents(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let places = match places.len() {
        0 => 0,
        1 => places.parse::<i64>().ok()? * 10,
        2 => places.parse::<i64>().ok()?,
        _ => return None,
    };
    Some(sign * (whole.parse::<i64>().ok()? * 100 + places))
}

/// Luhn over 80840 and the ten digits.
fn is_npi(text: &str) -> bool {
    let digits: Vec<u32> = format!("80840{text}").chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| if i % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { *d })
        .sum();
    text.len() == 10 && digits.len() == 15 && sum.is_multiple_of(10)
}

/// Amounts of the CAS segments: all, and those of the patient; none where one is unreadable.
fn adjustments<'a>(segments: impl Iterator<Item = &'a Vec<&'a str>>) -> (Vec<i64>, i64) {
    let mut all = Vec::new();
    let mut patient = 0;
    for cas in segments.filter(|s| s[0] == "CAS") {
        for triple in cas[2..].chunks(3) {
            let amount = cents(triple[1]).unwrap();
            all.push(amount);
            if cas[1] == "PR" {
                patient += amount;
            }
        }
    }
    (all, patient)
}

impl Auditor {
    /// What is left of every forward balance ever made.
    pub(crate) fn forwards_left(&self) -> Vec<i64> {
        let mut left: Vec<i64> = self.forwards.values().copied().collect();
        left.sort_unstable();
        left
    }

    /// Reads the next file.
    pub(crate) fn read(&mut self, name: &str, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).unwrap();
        let segments: Vec<Vec<&str>> = text
            .split('~')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .map(|s| s.split('*').collect())
            .collect();
        assert_eq!(&text[..3], "ISA");
        assert_eq!(text.find('~'), Some(105), "{name}: ISA has fixed places");
        for segment in &segments {
            assert!(!segment.last().unwrap().is_empty(), "{name}: {segment:?} ends in nothing");
            *self.seen.entry(segment[0].to_owned()).or_default() += 1;
            if segment.len() > 1 {
                *self.seen.entry(segment[..2].join("*")).or_default() += 1;
            }
        }
        let before = self.breaches.len();
        let mut from = None;
        let mut transactions = 0_u64;
        for (at, segment) in segments.iter().enumerate() {
            if segment[0] == "ST" {
                from = Some(at);
                transactions += 1;
            }
            if segment[0] == "SE" {
                let start = from.take().expect("SE after ST");
                self.transaction(name, transactions, &segments[start..=at]);
            }
        }
        let last = segments.last().unwrap();
        if let Some(start) = from {
            self.transaction(name, transactions, &segments[start..]);
            self.breaches.push((name.to_owned(), transactions, 0, "truncated"));
        } else {
            let ge = &segments[segments.len() - 2];
            assert_eq!((ge[0], last[0]), ("GE", "IEA"));
            let mut envelope = |wrong: bool, rule| {
                if wrong {
                    self.breaches.push((name.to_owned(), 0, 0, rule));
                }
            };
            envelope(ge[1] != transactions.to_string(), "ge-count");
            envelope(ge[2] != segments[1][6], "control-number-mismatch");
            envelope(last[1] != "1", "iea-count");
            envelope(last[2] != segments[0][13], "control-number-mismatch");
        }
        self.breaches[before..].sort();
    }

    /// Checks one transaction set and learns from it.
    fn transaction(&mut self, name: &str, ordinal: u64, all: &[Vec<&str>]) {
        let mut found: Vec<(u64, &'static str)> = Vec::new();
        let se = all.last().filter(|s| s[0] == "SE");
        if let Some(se) = se {
            if se[1] != all.len().to_string() {
                found.push((0, "se-count"));
            }
            if se[2] != all[0][2] {
                found.push((0, "control-number-mismatch"));
            }
        }
        let get = |id: &str| all.iter().find(|s| s[0] == id).unwrap();
        let pe = all.iter().find(|s| s[0] == "N1" && s[1] == "PE").unwrap();
        if pe[3] == "XX" && !is_npi(pe[4]) {
            found.push((0, "npi-check-digit"));
        }
        let payee = pe[4].to_owned();
        let inside = &all[1..all.len() - usize::from(se.is_some())];
        let content = inside.iter().map(|s| s.join("*")).collect::<Vec<_>>().join("~");
        let trace = get("TRN")[2].to_owned();
        let delivered = self.contents.entry(content).or_default();
        *delivered += 1;
        let first_time = *delivered == 1;
        let uses = self.traces.entry((payee.clone(), trace.clone())).or_default();
        *uses += u64::from(first_time);
        if !first_time {
            found.push((0, "delivered-twice"));
        } else if *uses > 1 {
            found.push((0, "trn-reused"));
        }
        let starts: Vec<usize> =
            (0..all.len()).filter(|at| all[*at][0] == "CLP").chain([all.len()]).collect();
        let mut paid = Some(0_i64);
        let mut charge = Some(0_i64);
        for (number, pair) in (1..).zip(starts.windows(2)) {
            let claim = &all[pair[0]..pair[1]];
            let of_claim = self.claim(&payee, claim, first_time);
            found.extend(of_claim.iter().map(|rule| (number, *rule)));
            paid = paid.zip(cents(claim[0][4])).map(|(sum, one)| sum + one);
            charge = charge.zip(cents(claim[0][3])).map(|(sum, one)| sum + one);
        }
        for (at, start) in starts[..starts.len() - 1].iter().enumerate() {
            let clp = &all[*start];
            if clp[3].starts_with('-') {
                let next = all.get(starts[at + 1]).is_some_and(|next| next.get(1) == clp.get(1));
                *self.reversals.entry((clp[2] == "22", next)).or_default() += 1;
            }
        }
        let claims = u64::try_from(starts.len() - 1).unwrap();
        self.claims_of_transactions.push(claims);
        if let Some(summary) = all.iter().find(|s| s[0] == "TS3") {
            assert_eq!(summary[4], claims.to_string());
            assert_eq!(cents(summary[5]), charge);
        }
        let bpr = cents(get("BPR")[2]).unwrap();
        if bpr < 0 {
            found.push((0, "bpr-negative"));
        }
        assert_eq!(get("BPR").len(), 17);
        let mut taken = 0;
        let mut made = 0;
        for plb in all.iter().filter(|s| s[0] == "PLB") {
            for pair in plb[3..].chunks(2) {
                let amount = cents(pair[1]).unwrap();
                taken += amount;
                let (reason, reference) = pair[0].split_once(':').unwrap_or((pair[0], ""));
                if amount == 0 {
                    found.push((0, "plb-zero"));
                }
                match reason {
                    "WU" => found.push((0, "plb-untraceable")),
                    "FB" => {
                        let rule =
                            self.forward(&payee, reference, &trace, amount, first_time, &mut made);
                        found.extend(rule.map(|rule| (0, rule)));
                    }
                    "WO" | "72" | "B2" | "L6" | "50" | "51" | "CS" | "J1" | "AP" | "IR" | "LE" => {}
                    _ => found.push((0, "plb-reason-unknown")),
                }
            }
        }
        self.adjusted_transactions += u64::from(all.iter().any(|s| s[0] == "PLB"));
        if paid.is_some_and(|paid| paid - taken != bpr) {
            found.push((0, "transaction-unbalanced"));
        }
        self.breaches
            .extend(found.into_iter().map(|(claim, rule)| (name.to_owned(), ordinal, claim, rule)));
    }

    /// The life of a forward balance.
    fn forward(
        &mut self,
        payee: &str,
        reference: &str,
        trace: &str,
        amount: i64,
        first_time: bool,
        made: &mut u32,
    ) -> Option<&'static str> {
        if !first_time {
            return None;
        }
        let key = (payee.to_owned(), reference.to_owned());
        if amount < 0 {
            *made += 1;
            *self.forwards.entry(key).or_default() -= amount;
            if *made == 2 {
                return Some("two-live-forwards");
            }
            return (reference != trace).then_some("forward-foreign-id");
        }
        let Some(left) = self.forwards.get_mut(&key) else { return Some("forward-unknown") };
        *left -= amount;
        (*left < 0).then_some("forward-amount")
    }

    /// The balances of a claim, and its place in the payee's history.
    fn claim(&mut self, payee: &str, claim: &[Vec<&str>], first_time: bool) -> Vec<&'static str> {
        let mut found = Vec::new();
        let clp = &claim[0];
        let (charge, paid, share) = (cents(clp[3]), cents(clp[4]), cents(clp[5]));
        found.extend(
            [charge, paid, share].iter().filter(|a| a.is_none()).map(|_| "amount-unreadable"),
        );
        let (taken, patient) = adjustments(claim.iter());
        if let (Some(charge), Some(paid)) = (charge, paid)
            && charge - taken.iter().sum::<i64>() != paid
        {
            found.push("claim-unbalanced");
        }
        if share.is_some_and(|share| share != patient) {
            found.push("patient-responsibility-unbalanced");
        }
        let retired = claim.iter().filter(|s| s[0] == "CAS").flat_map(|s| s[2..].chunks(3));
        found.extend(
            retired
                .filter(|triple| ["17", "42", "57"].contains(&triple[0]))
                .map(|_| "reason-code-retired"),
        );
        for person in claim.iter().filter(|s| s[0] == "NM1" && s[1] == "82") {
            if !is_npi(person[9]) {
                found.push("npi-check-digit");
            }
        }
        let starts: Vec<usize> =
            (0..claim.len()).filter(|at| claim[*at][0] == "SVC").chain([claim.len()]).collect();
        self.lines_of_claims.push(starts.len() - 1);
        for pair in starts.windows(2) {
            let line = &claim[pair[0]..pair[1]];
            let (taken, _) = adjustments(line.iter());
            *self.adjustments_of_lines.entry(taken.len()).or_default() += 1;
            match (cents(line[0][2]), cents(line[0][3])) {
                (Some(charge), Some(paid)) => {
                    if charge - taken.iter().sum::<i64>() != paid {
                        found.push("line-unbalanced");
                    }
                }
                _ => found.push("amount-unreadable"),
            }
        }
        if let (true, Some(charge), Some(paid)) = (first_time, charge, paid) {
            found.extend(self.history(payee, claim, charge, paid));
        }
        found
    }

    /// Pairs a reversal, or remembers a payment.
    fn history(
        &mut self,
        payee: &str,
        claim: &[Vec<&str>],
        charge: i64,
        paid: i64,
    ) -> Option<&'static str> {
        let dates: Vec<&str> = claim
            .iter()
            .filter(|s| s[0] == "DTM" && ["232", "233"].contains(&s[1]))
            .map(|s| s[2])
            .collect();
        let dates = dates.join("-");
        let key = (payee.to_owned(), claim[0][1].to_owned());
        let known = self.payments.entry(key).or_default();
        if claim[0][2] != "22" && charge >= 0 && paid >= 0 {
            known.push(Payment { dates, charge, paid, reversed: false });
            return None;
        }
        let same = |p: &&mut Payment| p.dates == dates && (p.charge, p.paid) == (-charge, -paid);
        if let Some(payment) = known.iter_mut().filter(same).find(|p| !p.reversed) {
            payment.reversed = true;
            return None;
        }
        if known.iter_mut().any(|p| same(&p)) {
            return Some("reversed-twice");
        }
        if known.iter().any(|p| !p.reversed && p.dates == dates) {
            return Some("reversal-not-negated");
        }
        Some("reversal-without-original")
    }
}
