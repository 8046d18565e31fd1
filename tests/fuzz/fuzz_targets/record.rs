//! Any bytes as the parts of a record: a header has one spelling, fields are all of a body, and an
//! event that is read is written so that it is read as the same.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz record -- -max_total_time=60`
#![no_main]

use libfuzzer_sys::fuzz_target;
use lookback_events::body::fields;
use lookback_events::checkpoint::Verifier;
use lookback_events::event::Event;
use lookback_events::proof::Proof;
use lookback_events::record::Header;

fuzz_target!(|data: &[u8]| {
    if let Ok(header) = Header::decode(data) {
        let mut again = Vec::new();
        header.encode(&mut again);
        assert!(again == data);
    }
    let mut found = Vec::new();
    if fields(data, &mut found).is_ok() {
        let rest: usize = found.iter().map(|f| f.name.len() + f.value.len() + 4).sum();
        assert_eq!(data.len(), if found.is_empty() { 2 } else { rest + 1 });
    }
    for name in Event::names() {
        let Ok(event) = Event::decode(name, data) else { continue };
        assert_eq!(event.name(), name);
        let again = serde_json::to_vec(&event).unwrap();
        assert_eq!(Event::decode(name, &again).unwrap(), event);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Proof::parse(text);
        let _ = Verifier::parse(text);
    }
});
