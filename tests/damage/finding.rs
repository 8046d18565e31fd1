//! Whatever is changed is found and named.

use super::*;

#[test]
fn a_sound_ledger_verifies_at_both_depths() {
    let folder = copied();
    let full = check(folder.path());
    assert!(full.is_clean(), "{}", words(&full));
    let counts = full.counts();
    assert!(counts.volumes >= 6 && counts.copies > 0, "{counts:?}");
    // A copy that is the same as in a volume is opened there alone.
    assert_eq!(counts.records, counts.bodies);
    assert_eq!(counts.disposed, 0);
    let journals = Journals::open(folder.path(), PAYMENT, settings()).unwrap();
    let headers = verify::journals(&journals, &keys(), Depth::Headers, &(), &|_| {});
    assert!(headers.is_clean(), "{}", words(&headers));
    assert_eq!(heads(&headers), heads(&full));
    assert_eq!((headers.counts().records, headers.counts().bodies), (counts.records, 0));
    for (journal, head) in full.heads() {
        assert_eq!(*head, journals.head(journal));
    }
}

/// Sees every record once, in order within each journal.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<JournalId, Vec<u64>>>);

impl Observer for Seen {
    fn record(&self, at: Position, header: &Header<'_>, body: Option<&[u8]>) {
        assert_eq!((header.seq, header.journal), (at.seq, at.journal));
        assert!(body.unwrap().starts_with(b"{"));
        self.0.lock().unwrap().entry(at.journal).or_default().push(at.seq);
    }
}

#[test]
fn the_observer_sees_every_record_once_and_in_order() {
    let folder = copied();
    let seen = Seen::default();
    let told = std::sync::atomic::AtomicU64::new(0);
    let count = |n| {
        told.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
    };
    let report = verify::folder(folder.path(), PAYMENT, CACHE, &keys(), Depth::Full, &seen, &count);
    for (journal, head) in report.heads() {
        let seen = seen.0.lock().unwrap();
        assert_eq!(seen[&journal], (0..head.next()).collect::<Vec<_>>());
    }
    let counts = report.counts();
    assert_eq!(told.into_inner(), counts.records + counts.copies);
}

#[test]
fn every_flipped_byte_of_a_volume_is_found_and_named() {
    let folder = copied();
    let mut random = ChaCha12Rng::seed_from_u64(42);
    let paths = ["control", "p00", "p01"].map(|journal| volumes(folder.path(), journal)).concat();
    let mut places = Vec::new();
    for path in &paths {
        let len = length(path);
        // The ends, where magic, tail and digest are, and all sections between.
        places.extend(
            [0, 7, 8, 11, len - 1, len - 32, len - 33, len - 41, len - 2_100, len - 2_200]
                .map(|at| (path, at)),
        );
        places.extend((0..8).map(|_| (path, random.random_range(8..len))));
        // The sections behind the records are dense; walk them more closely.
        places.extend((0..6).map(|_| (path, random.random_range(len - 30_000.min(len - 8)..len))));
    }
    for (path, at) in places {
        let bit = random.random_range(0..8);
        flip(path, at, bit);
        let report = check(folder.path());
        let name = path.file_name().unwrap().to_str().unwrap();
        let named = report.faults().any(|fault| {
            fault.part == Part::Volume(path.clone()) && fault.damage.place.contains(name)
        });
        assert!(named, "byte {at} bit {bit} of {}: {}", path.display(), words(&report));
        assert!(report.affected() <= 300, "{at} of {}: {}", path.display(), words(&report));
        flip(path, at, bit);
    }
    assert!(check(folder.path()).is_clean());
}

#[test]
fn headers_alone_find_what_is_changed_in_a_volume_but_its_bodies() {
    let folder = copied();
    let path = &volumes(folder.path(), "p00")[0];
    let bytes = std::fs::read(path).unwrap();
    let number = |at: usize| {
        usize::try_from(u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())).unwrap()
    };
    // The first run: its count, its headers, its bodies, each behind its length.
    let behind = |from: usize| (0..number(8)).fold(from, |at, _| at + 4 + number(at));
    let bodies = behind(12);
    let run_end = behind(bodies);
    let mut random = ChaCha12Rng::seed_from_u64(11);
    let mut places = vec![0, 7, 8, 11, 12, 15, bodies - 1];
    places.extend((0..40).map(|_| random.random_range(8..bodies)));
    // The sections behind the records.
    places.extend([1, 33, 41, 2_100, 3_000].map(|back| bytes.len() - back));
    places.extend((0..40).map(|_| random.random_range(bytes.len() - 15_000..bytes.len())));
    let found = |at: usize| {
        flip(path, at, 3);
        let report =
            verify::folder(folder.path(), PAYMENT, CACHE, &keys(), Depth::Headers, &(), &|_| {});
        flip(path, at, 3);
        assert!(report.affected() <= 300, "{at}: {}", words(&report));
        report.faults().any(|f| f.part == Part::Volume(path.clone()))
    };
    for at in places {
        assert!(found(at), "{at}");
    }
    // Bodies are not read, and only they.
    assert!(!found(bodies + 4) && !found(run_end - 1));
}

#[test]
fn a_flipped_byte_in_any_stored_value_is_found_and_named() {
    // One whose records lie in several generations, and one with all of them in one.
    let walked = walk_values(&copied()) + walk_values(&copied_hot());
    assert!(walked > 400, "{walked}");
}

fn walk_values(folder: &tempfile::TempDir) -> u64 {
    let mut random = ChaCha12Rng::seed_from_u64(7);
    let mut walked = 0;
    for path in generations(folder.path()) {
        let all = values(&path);
        let number: u32 = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
        // Several at once, none beside another, so that each has to be named by itself; heads apart,
        // because what a head says of a gap ahead of it cannot be judged.
        let (heads, others): (Vec<_>, Vec<_>) =
            all.iter().enumerate().partition(|(_, (key, _))| key[0] == b'h');
        let step = others.len().div_ceil(12).max(1);
        let rounds = (0..step).map(|from| others[from..].iter().step_by(step).copied().collect());
        for some in rounds.chain([heads]).collect::<Vec<Vec<_>>>() {
            let damaged: Vec<_> = some
                .iter()
                .map(|(_, (key, value))| {
                    let mut value = value.clone();
                    let at = random.random_range(0..value.len());
                    value[at] ^= 1 << random.random_range(0..8);
                    (key.clone(), value)
                })
                .collect();
            put(&path, &damaged);
            let report = check(folder.path());
            for (n, (key, _)) in some {
                let behind = all.get(n + 1).filter(|(next, _)| next[..2] == key[..2]);
                let seq = |key: &[u8]| u64::from_be_bytes(key[2..10].try_into().unwrap());
                let named = report.faults().any(|fault| {
                    let at = fault.damage.at;
                    let own = if key[0] == b'h' {
                        fault.damage.what.contains("head")
                    } else {
                        let end = behind.map_or(u64::MAX, |(next, _)| seq(next).max(seq(key) + 1));
                        at.seq >= seq(key) && at.seq < end
                    };
                    at.journal.index() == key[1] && fault.part == Part::Generation(number) && own
                });
                assert!(named, "{key:?} of {}: {}", path.display(), words(&report));
                walked += 1;
            }
            let back =
                damaged.iter().map(|(key, _)| all.iter().find(|(k, _)| k == key).unwrap().clone());
            put(&path, &back.collect::<Vec<_>>());
        }
    }
    assert!(check(folder.path()).is_clean());
    walked
}

#[test]
fn swapped_blocks_are_named_at_the_first_of_them() {
    let folder = copied();
    let mut at = 0;
    tamper(folder.path(), |all| {
        let keys = blocks(all, 1);
        let [.., one, two] = keys.as_slice() else { panic!("two blocks are wanted") };
        let (first, second) = (all[one].clone(), all[two].clone());
        at = u64::from_be_bytes(one[2..10].try_into().unwrap());
        all.insert(one.clone(), second);
        all.insert(two.clone(), first);
    });
    let report = check(folder.path());
    let first = &report.journals[1].faults[0].damage;
    assert_eq!(first.at, Position { journal: p00(), seq: at }, "{}", words(&report));
}

#[test]
fn a_block_of_another_journal_is_named() {
    let folder = copied();
    tamper(folder.path(), |all| {
        let (own, other) = (blocks(all, 1).pop().unwrap(), blocks(all, 2).pop().unwrap());
        let foreign = all[&other].clone();
        all.insert(own, foreign);
    });
    let report = check(folder.path());
    assert!(words(&report).contains("leaf hash differs"), "{}", words(&report));
    assert!(!report.journals[1].faults.is_empty() && report.journals[2].faults.is_empty());
}

#[test]
fn a_key_that_nobody_writes_is_named() {
    let folder = copied();
    tamper(folder.path(), |all| {
        all.insert(b"zebra".to_vec(), vec![1]);
    });
    assert!(words(&check(folder.path())).contains("nobody writes"));
}

#[test]
fn a_missing_key_is_named_and_a_disposed_one_is_counted() {
    struct NoKey(bool);
    impl Keys for NoKey {
        fn key(&self, _: KeyId) -> Option<Arc<UnitKey>> {
            None
        }
        fn is_disposed(&self, _: KeyId) -> bool {
            self.0
        }
    }
    let folder = copied();
    let look = |disposed| {
        let keys = NoKey(disposed);
        verify::folder(folder.path(), PAYMENT, CACHE, &keys, Depth::Full, &(), &|_| {})
    };
    assert!(words(&look(false)).contains("cannot be opened: key"));
    let counts = look(true).counts();
    assert_eq!(counts.disposed, counts.records);
    assert_eq!(counts.bodies, 0);
}

/// Where the leaf, the checksum and the two halves of the offset of a record lie in a volume.
fn stored_beside(path: &Path, leaf: &[u8; 32], count: usize) -> [usize; 4] {
    let bytes = std::fs::read(path).unwrap();
    // The leaves stand behind all records and their offsets.
    let at = bytes.windows(32).rposition(|window| window == leaf).unwrap();
    let n = {
        let folder = path.parent().unwrap();
        let journal = JournalId::parse(folder.file_name().unwrap().to_str().unwrap()).unwrap();
        let volume = lookback::journal::volume::Volume::open(path, journal).unwrap();
        let leaves = usize::try_from(volume.tail.offsets_at).unwrap() + count * 16;
        assert!(at >= leaves && (at - leaves).is_multiple_of(32));
        (at - leaves) / 32
    };
    let leaves = at - n * 32;
    [
        at,
        leaves + count * 32 + n * 4,
        leaves - count * 16 + n * 16 + 7,
        leaves - count * 16 + n * 16 + 15,
    ]
}

#[test]
fn what_is_stored_beside_a_record_is_blamed_alone_and_neither_it_nor_its_copy() {
    let folder = copied_hot();
    let path = volumes(folder.path(), "p00").remove(1);
    let (first, last) = stretch_by_name(&path).unwrap();
    let at = Position { journal: p00(), seq: first + 5 };
    let leaf = {
        let journals = Journals::open(folder.path(), PAYMENT, settings()).unwrap();
        lookback_events::record::leaf_hash(&journals.record(at).unwrap().header)
    };
    let count = usize::try_from(last + 1 - first).unwrap();
    let words_of = [
        "the stored leaf hash differs from the record",
        "the stored checksum differs from the sealed body",
        "the stored offsets of the record differ",
        "the stored offsets of the record differ",
    ];
    for (byte, what) in stored_beside(&path, &leaf.0, count).into_iter().zip(words_of) {
        let folder = copied_hot();
        let path = volumes(folder.path(), "p00").remove(1);
        flip(&path, byte, 2);
        let report = check(folder.path());
        assert_eq!(report.faults().count(), 1, "{}", words(&report));
        let fault = report.faults().next().unwrap();
        assert_eq!((fault.damage.at, fault.damage.what.as_str(), fault.affected), (at, what, 0));
        assert_eq!(fault.part, Part::Volume(path.clone()));
        assert_ne!(fault.damage.expected, fault.damage.found, "{}", fault.damage);
        let report = repaired(folder.path(), &[]);
        assert_eq!(report.set_aside, [path.with_extension("vol.damaged-1")]);
        assert_whole_as(all_hot(), folder.path(), &report);
    }
}

#[test]
fn a_generation_that_stayed_behind_when_later_ones_went_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 700);
    let oldest = generations(folder.path()).remove(0);
    let held = tempfile::tempdir().unwrap();
    copy_all(&oldest, held.path());
    write(folder.path(), 4_000);
    assert!(!oldest.exists(), "{:?}", generations(folder.path()));
    let sound = check(folder.path());
    // As it is when a reader held the oldest at the moment when it was to go.
    copy_all(held.path(), &oldest);
    let report = check(folder.path());
    assert!(report.is_clean(), "{}", words(&report));
    assert_eq!(heads(&report), heads(&sound));
    let journals = Journals::open(folder.path(), PAYMENT, settings()).unwrap();
    journals.verify_tail().unwrap();
    drop(journals);
    // It goes with the next ones.
    write(folder.path(), 2_000);
    assert!(!oldest.exists(), "{:?}", generations(folder.path()));
    assert!(check(folder.path()).is_clean());
}

#[test]
fn half_of_a_generation_that_was_being_removed_is_in_nobodys_way() {
    let folder = copied();
    let number = generations(folder.path()).remove(0);
    let half = number.with_file_name("000000.gone");
    std::fs::create_dir(&half).unwrap();
    std::fs::copy(number.join("conf"), half.join("conf")).unwrap();
    std::fs::write(half.join("snap.0000000000000001"), b"of a log that is gone").unwrap();
    assert!(check(folder.path()).is_clean());
    Journals::open(folder.path(), PAYMENT, settings()).unwrap();
    assert!(!half.exists());
}

#[test]
fn what_is_missing_is_named_from_its_first_record_to_its_last() {
    let folder = copied();
    std::fs::remove_dir_all(folder.path().join("volumes/p00")).unwrap();
    let report = check(folder.path());
    let last = stretch_by_name(&volumes(original(), "p00").pop().unwrap()).unwrap().1;
    let first = &report.journals[1].faults[0];
    assert_eq!(first.damage.at.seq, 0);
    // The newest may still lie in the hot store.
    let end = report.journals[1].affected;
    assert!(end > 0 && end <= last + 1, "{}", words(&report));
    let told = format!("the records 0 to {} are missing", end - 1);
    assert!(first.damage.what.contains(&told), "{}", words(&report));
    assert!(!words(&report).contains('{'), "{}", words(&report));
    // An announcement that does not fit its volume is told in words, too.
    let stretch = lookback_events::event::control::SealedStretch {
        first: 3,
        last: 9,
        streams: 4,
        index_root: lookback_events::hash::Hash([0; 32]),
    };
    assert!(stretch.to_string().starts_with("records 3 to 9 of 4 streams under index root AAAA"));
}

#[test]
fn where_no_record_lies_nothing_is_found() {
    let folder = copied();
    let path = volumes(folder.path(), "p00").remove(0);
    // The length ahead of the first header.
    flip(&path, 12, 7);
    let said = words(&check(folder.path()));
    assert!(said.contains("found nothing"), "{said}");
    assert!(!said.contains("AAAAAAAAAAAAAAAA"), "{said}");
}

#[test]
fn a_damaged_or_missing_volume_is_no_fault_of_the_hot_store() {
    let mut removed = 0;
    for journal in ["control", "p00", "p01"] {
        for path in volumes(original(), journal) {
            let (first, last) = stretch_by_name(&path).unwrap();
            let own = path.strip_prefix(original()).unwrap();
            let id = JournalId::parse(journal).unwrap();
            let volume = lookback::journal::volume::Volume::open(&path, id).unwrap();
            let runs = usize::try_from(volume.tail.offsets_at).unwrap();
            let hot_blamed = |folder: &Path| {
                let report = check(folder);
                assert!(!report.is_clean(), "{first}");
                let mut faults = report.faults();
                let blamed = faults.any(|f| matches!(f.part, Part::Generation(_)));
                assert!(!blamed, "{journal} {first} to {last}: {}", words(&report));
            };
            // The end of the last sealed body.
            let folder = copied();
            flip(&folder.path().join(own), runs - 1, 3);
            hot_blamed(folder.path());
            let folder = copied();
            std::fs::remove_file(folder.path().join(own)).unwrap();
            hot_blamed(folder.path());
            removed += 1;
        }
    }
    assert!(removed > 10, "{removed}");
}

#[test]
fn a_damaged_last_record_says_nothing_against_the_head() {
    let folder = copied();
    tamper(folder.path(), |all| {
        let keys = blocks(all, 1);
        // The end of the last sealed body.
        *all.get_mut(keys.last().unwrap()).unwrap().last_mut().unwrap() ^= 1;
    });
    let report = check(folder.path());
    assert_eq!((report.faults().count(), report.affected()), (1, 1), "{}", words(&report));
}
