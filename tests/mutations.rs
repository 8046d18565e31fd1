//! Files cut, mixed and damaged at random: whatever they are, nothing panics, every byte comes back,
//! and the same file twice changes nothing.

use lookback::check::Outcome;
use lookback::generate::{Files, Settings};
use lookback::ledger::Ledger;
use lookback_events::event::control::Usage;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::ledger::{create, given_back, rebuilt, rows, same, sha256, sound, take};

/// One change of a file; places are parts of 65,536 of its length.
#[derive(Debug, Clone)]
enum Change {
    Cut(u16),
    Begin(u16),
    Put(u16, u8),
    Insert(u16, Vec<u8>),
    Remove(u16, u8),
    Repeat(u16, u8, u8),
    Swap(u8, u8),
    Append(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let telling = prop::sample::select(b"~*:^\r\n \0P9-.\xff".to_vec());
    prop_oneof![
        any::<u16>().prop_map(Change::Cut),
        any::<u16>().prop_map(Change::Begin),
        (any::<u16>(), prop_oneof![telling, any::<u8>()]).prop_map(|(at, to)| Change::Put(at, to)),
        (any::<u16>(), prop::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<u16>(), any::<u8>()).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<u16>(), any::<u8>(), any::<u8>())
            .prop_map(|(at, count, times)| Change::Repeat(at, count, times)),
        (any::<u8>(), any::<u8>()).prop_map(|(a, b)| Change::Swap(a, b)),
        (0_usize..4).prop_map(Change::Append),
    ]
}

fn changed(files: &[Vec<u8>], first: usize, changes: &[Change]) -> Vec<u8> {
    let mut bytes = files[first % files.len()].clone();
    for change in changes {
        let at = |place: u16| usize::from(place) * bytes.len() / 65_536;
        match change {
            Change::Cut(place) => bytes.truncate(at(*place)),
            Change::Begin(place) => drop(bytes.drain(..at(*place))),
            Change::Put(place, to) => {
                let at = at(*place);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = *to;
                }
            }
            Change::Insert(place, more) => {
                let at = at(*place);
                bytes.splice(at..at, more.iter().copied());
            }
            Change::Remove(place, count) => {
                let at = at(*place);
                bytes.drain(at..bytes.len().min(at + usize::from(*count)));
            }
            Change::Repeat(place, count, times) => {
                let at = at(*place);
                let piece = bytes[at..bytes.len().min(at + usize::from(*count))].to_vec();
                bytes.splice(at..at, piece.repeat(usize::from(*times)));
            }
            Change::Swap(a, b) => {
                let mut segments: Vec<Vec<u8>> =
                    bytes.split_inclusive(|b| *b == b'~').map(<[u8]>::to_vec).collect();
                if !segments.is_empty() {
                    let count = segments.len();
                    segments.swap(usize::from(*a) % count, usize::from(*b) % count);
                }
                bytes = segments.concat();
            }
            Change::Append(other) => bytes.extend_from_slice(&files[other % files.len()]),
        }
    }
    bytes
}

/// How many records each journal holds.
fn ends(ledger: &Ledger) -> Vec<u64> {
    let journals = ledger.journals();
    journals.ids().into_iter().map(|id| journals.head(id).next()).collect()
}

#[test]
fn whatever_a_file_is_it_comes_back_and_is_taken_once() {
    let settings = Settings {
        claims_per_file: Some(12),
        claims_per_remittance: Some(5),
        faults: true,
        ..Settings::new(48, 31)
    };
    let files: Vec<Vec<u8>> = Files::new(&settings).map(|file| file.bytes).collect();
    let folder = tempfile::tempdir().unwrap();
    let ledger = create(&folder.path().join("ledger"), Usage::Production);
    // One ledger for all: a file meets what was left of all before it.
    let ledger = std::cell::RefCell::new(ledger);
    let cases = crate::crash::number("PROPTEST_CASES").unwrap_or(400);
    let config = Config {
        cases: u32::try_from(cases).unwrap(),
        failure_persistence: None,
        ..Config::default()
    };
    let changes = (any::<usize>(), prop::collection::vec(change(), 0..6));
    TestRunner::new(config)
        .run(&changes, |(first, changes)| {
            let bytes = changed(&files, first, &changes);
            let ledger = &mut *ledger.borrow_mut();
            let taken = take(ledger, "changed", &bytes);
            ledger.flush().unwrap();
            prop_assert!(given_back(ledger, &sha256(&bytes)) == bytes, "the bytes come back");
            let before = ends(ledger);
            let again = take(ledger, "again", &bytes);
            let expected = match taken.outcome {
                Outcome::Rejected => Outcome::Rejected,
                Outcome::Readable
                | Outcome::Unreadable
                | Outcome::Recorded
                | Outcome::AlreadyRecorded
                | Outcome::PartlyRecorded => Outcome::AlreadyRecorded,
            };
            prop_assert_eq!(again.outcome, expected);
            ledger.flush().unwrap();
            prop_assert_eq!(before, ends(ledger), "nothing is added");
            Ok(())
        })
        .unwrap();
    let ledger = ledger.into_inner();
    same(&rows(&ledger), &rebuilt(&ledger));
    sound(&ledger);
}
