//! Any bytes: all of them come back, in order, and the pre-scan sees what the reader sees.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz reader -- -max_total_time=60`
#![no_main]

use libfuzzer_sys::fuzz_target;
use lookback::ingest::era::{Era, Item};
use lookback::ingest::x12::prescan;

/// Half of the inputs get a header, so that not all of them end at a missing one.
const HEADER: &[u8] = b"ISA*00*          *00*          *ZZ*PAYER          *ZZ*PAYEE          *250203*0900*^*00501*000000101*0*P*:~GS*HP*A*B*20250203*0900*1*X*005010X221A1~ST*835*1~";

fuzz_target!(|data: &[u8]| {
    let mut bytes = Vec::new();
    if let Some((first, rest)) = data.split_first() {
        if first & 1 == 1 {
            bytes.extend_from_slice(HEADER);
        }
        bytes.extend_from_slice(rest);
    }
    let mut era = Era::new(&bytes[..]);
    let (mut given, mut heads, mut closes) = (Vec::new(), 0_usize, 0_usize);
    while let Some(item) = era.next().unwrap() {
        for part in item.bytes() {
            given.extend_from_slice(part);
        }
        match &item {
            Item::Head(head) => {
                heads += 1;
                let _ = head.body("", "");
            }
            Item::Claim(claim) => {
                let _ = claim.body("", "");
            }
            Item::Close(_) => closes += 1,
            _ => {}
        }
    }
    assert!(given == bytes);
    assert_eq!(heads, closes);
    let scanned = prescan(&bytes[..]).unwrap();
    assert_eq!(scanned.remittances.len(), heads);
    assert_eq!(scanned.unreadable, era.unreadable());
});
