//! The reader's speed on one core, beside hashing alone: `cargo bench --bench reader`.
//!
//! `LOOKBACK_BENCH_MB` says how much is read (default 128); a name measures one thing only.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a measurement that meets what it did not expect must stop"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use lookback::ingest::era::{Era, Item};
use lookback::ingest::x12::{Elements, Tokens, prescan};
use sha2::{Digest as _, Sha256};

/// A file of remittances of 20 claims each, three lines a claim.
fn sample(bytes: usize) -> Vec<u8> {
    let mut text = String::with_capacity(bytes + 20_000);
    text.push_str("ISA*00*          *00*          *ZZ*PAYER          *ZZ*PAYEE          *250203*0900*^*00501*000000101*0*P*:~\nGS*HP*PAYER*PAYEE*20250203*0900*101*X*005010X221A1~\n");
    let mut sets = 0_u32;
    while text.len() < bytes {
        sets += 1;
        write!(text, "ST*835*{sets:04}~\nBPR*I*5400*C*ACH*CCP*01*011000015*DA*123456*1999999999**01*011000015*DA*654321*20250203~\nTRN*1*{sets}*1999999999~\nDTM*405*20250203~\nN1*PR*BAYSTATE HEALTH PLAN~\nN3*1 MAIN ST~\nN4*BOSTON*MA*02110~\nPER*BL*PROVIDER SERVICES*TE*8005550100~\nN1*PE*RIVERBEND CLINIC*XX*1234567893~\nREF*TJ*042345678~\nLX*1~\n").unwrap();
        for claim in 0..20 {
            write!(text, "CLP*ACCT-{sets}-{claim}*1*450*270*30*MC*PCN{sets}{claim}*11*1~\nNM1*QC*1*MEMBER{claim}*JANE****MI*M{sets}{claim}~\nNM1*82*1*ROE*RICHARD****XX*1234567893~\nREF*EA*{sets}{claim}~\nDTM*232*20250110~\nDTM*233*20250110~\nDTM*050*20250112~\nAMT*AU*300~\n").unwrap();
            for line in 0..3 {
                write!(text, "SVC*HC:9921{line}:25*150*90**1~\nDTM*472*20250110~\nCAS*CO*45*50~\nCAS*PR*1*10~\nREF*6R*{claim}{line}~\nAMT*B6*100~\n").unwrap();
            }
        }
        writeln!(text, "SE*{}*{sets:04}~", 12 + 20 * 26).unwrap();
    }
    write!(text, "GE*{sets}*101~\nIEA*1*000000101~\n").unwrap();
    text.into_bytes()
}

/// Nanoseconds that this thread has been on a processor, so that neighbours do not count; on other
/// systems the time that has passed.
fn busy(start: Instant) -> u128 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| start.elapsed().as_nanos())
}

/// The median of five runs, in MB/s.
fn measure(name: &str, bytes: usize, mut run: impl FnMut() -> u64) {
    if std::env::args().nth(1).is_some_and(|only| !only.starts_with('-') && only != name) {
        return;
    }
    let mut times: Vec<u128> = (0..5)
        .map(|_| {
            let start = Instant::now();
            let before = busy(start);
            black_box(run());
            (busy(start) - before).max(1)
        })
        .collect();
    times.sort_unstable();
    let count = run();
    println!("{name:28} {:>7} MB/s  {count:>10}", bytes as u128 * 1000 / times[2]);
}

fn main() {
    let megabytes = std::env::var("LOOKBACK_BENCH_MB").ok().and_then(|n| n.parse().ok());
    let data = sample(megabytes.unwrap_or(128_usize) * 1_000_000);
    let bytes = data.len();
    measure("sha-256 alone", bytes, || Sha256::digest(&data)[0].into());
    measure("tokens", bytes, || {
        let (mut tokens, mut count) = (Tokens::new(&data[..]), 0);
        while tokens.next().unwrap().is_some() {
            count += 1;
        }
        count
    });
    measure("tokens and elements", bytes, || {
        let (mut tokens, mut elements, mut count) =
            (Tokens::new(&data[..]), Elements::default(), 0);
        while let Some(token) = tokens.next().unwrap() {
            elements.split(token.content, token.delimiters.element);
            count += elements.count() as u64;
        }
        count
    });
    measure("pre-scan", bytes, || prescan(&data[..]).unwrap().remittances.len() as u64);
    measure("reader", bytes, || {
        let (mut era, mut count) = (Era::new(&data[..]), 0);
        while let Some(item) = era.next().unwrap() {
            assert!(!matches!(item, Item::Finding(_)), "the sample is clean");
            count += 1;
        }
        count
    });
    measure("reader and values", bytes, || {
        let (mut era, mut count) = (Era::new(&data[..]), 0);
        while let Some(item) = era.next().unwrap() {
            if let Item::Claim(claim) = item {
                count += claim.body("1234567893", "00").services.len() as u64;
            }
        }
        count
    });
    measure("reader and bodies", bytes, || {
        let (mut era, mut count) = (Era::new(&data[..]), 0);
        let mut json = Vec::with_capacity(1 << 20);
        while let Some(item) = era.next().unwrap() {
            if let Item::Claim(claim) = item {
                json.clear();
                let body = claim.body("1234567893", "00");
                serde_json::to_writer(&mut json, &body).unwrap();
                count += 1;
            }
        }
        count
    });
}
