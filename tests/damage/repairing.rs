//! What is still proved is restored, and what is lost is said.

use super::*;

#[test]
fn a_flipped_byte_of_the_raw_database_is_found_or_was_not_live() {
    let sound = sound(original());
    let intact = copied();
    let journals = Journals::open(intact.path(), PAYMENT, settings()).unwrap();
    let mut random = ChaCha12Rng::seed_from_u64(3);
    let mut found = 0;
    for _ in 0..24 {
        let folder = copied();
        let path = generations(folder.path())[0].join("db");
        let len = length(&path);
        let at = random.random_range(0..len);
        flip(&path, at, random.random_range(0..8));
        let report = check(folder.path());
        if report.is_clean() && heads(&report) == heads(&sound) {
            // Nothing that counts lay there: the same records lead to the same roots.
            continue;
        }
        if report.is_clean() {
            // sled dropped the end of its log without a word: what is left is a beginning of what
            // was, and the signed sizes tell that it is short.
            for (journal, size, root) in heads(&report) {
                let tree = journals.tree(journal).unwrap();
                assert_eq!(merkle::root(&tree, size).unwrap(), root, "byte {at}");
            }
        }
        found += 1;
        let repair = repaired(folder.path(), &sizes(&sound));
        let after = repair.after.as_ref().unwrap_or(&repair.before);
        let is_same = heads(after) == heads(&sound);
        assert_eq!(repair.is_whole(), after.is_clean() && is_same, "byte {at}: {}", words(after));
        for (journal, now) in repair.journals.iter().zip(heads(after)) {
            // What is there is what was there; what is not is said.
            assert_eq!(journal.end, now.1);
            let lost: u64 = sound_size(&sound, journal.journal) - now.1;
            assert_eq!(journal.lost_count(), lost, "byte {at}: {journal:?}");
        }
    }
    println!("{found} of 24 flipped bytes lay in live data");
}

#[test]
fn a_truncated_volume_is_named_and_restored_from_what_the_hot_store_holds() {
    let folder = copied_hot();
    let path = volumes(folder.path(), "p00").remove(1);
    let len = std::fs::metadata(&path).unwrap().len();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(len / 2).unwrap();
    let report = check(folder.path());
    assert!(report.faults().any(|f| f.part == Part::Volume(path.clone())), "{}", words(&report));
    let report = repaired(folder.path(), &[]);
    assert_eq!(report.set_aside, [path.with_extension("vol.damaged-1")]);
    assert_eq!(report.journals[1].volumes_restored.len(), 1);
    assert_whole_as(all_hot(), folder.path(), &report);
    // The volume is the same again, byte for byte.
    let name = path.strip_prefix(folder.path()).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(all_hot().join(name)).unwrap());
}

#[test]
fn deleted_volumes_are_named_and_restored_from_what_the_hot_store_holds() {
    let folder = copied_hot();
    for path in volumes(folder.path(), "p00") {
        std::fs::remove_file(&path).unwrap();
    }
    let found = check(folder.path());
    assert!(words(&found).contains("is missing"), "{}", words(&found));
    let report = repaired(folder.path(), &[]);
    assert!(report.journals[1].volumes_restored.len() >= 3);
    assert_whole_as(all_hot(), folder.path(), &report);
}

#[test]
fn a_deleted_volume_that_lies_nowhere_else_is_lost_with_its_positions() {
    let folder = copied();
    let oldest = volumes(folder.path(), "p00").remove(0);
    let (first, last) = stretch_by_name(&oldest).unwrap();
    std::fs::remove_file(&oldest).unwrap();
    let found = check(folder.path());
    assert_eq!(found.journals[1].affected, last + 1, "{}", words(&found));
    assert!(!found.journals[1].head_is_proved);
    let report = repaired(folder.path(), &[]);
    let lost = &report.journals[1];
    assert_eq!((lost.first_lost(), lost.lost_count()), (Some(0), last + 1));
    assert_eq!(lost.lost, [repair::Stretch { first, last }]);
    assert!(!report.is_whole());
    assert!(report.journals[0].lost.is_empty() && report.journals[2].lost.is_empty());
}

#[test]
fn of_removed_volumes_only_what_lies_nowhere_else_is_lost() {
    let folder = copied();
    let sound = sound(original());
    std::fs::remove_dir_all(folder.path().join("volumes/p00")).unwrap();
    let found = check(folder.path());
    let own = &found.journals[1];
    // The records behind the gap are there, and counted from where they are.
    assert_eq!(own.head.next(), sound_size(&sound, p00()));
    let [(0, behind)] = own.missing[..] else { panic!("{:?}", own.missing) };
    assert_eq!(own.affected, behind);
    let report = repaired(folder.path(), &sizes(&sound));
    let own = &report.journals[1];
    assert_eq!(own.lost, [repair::Stretch { first: 0, last: behind - 1 }]);
    assert_eq!((own.end, own.known), (sound_size(&sound, p00()), sound_size(&sound, p00())));
    assert!(report.journals[0].lost.is_empty() && report.journals[2].lost.is_empty());
}

#[test]
fn a_volume_whose_index_or_tail_is_damaged_is_made_again_from_its_own_records() {
    // Behind the records: index, filter, tail, digest; the oldest is nowhere else.
    for back in [1, 20, 2_000, 2_150, 2_300, 6_000, 15_000] {
        let folder = copied();
        let path = volumes(folder.path(), "p00").remove(0);
        let len = length(&path);
        flip(&path, len - back, 5);
        let report = repaired(folder.path(), &[]);
        assert_eq!(report.journals[1].volumes_restored.len(), 1, "{back}");
        assert_whole(folder.path(), &report);
    }
}

#[test]
fn a_record_that_lies_nowhere_else_is_lost_alone_and_said_so() {
    let folder = copied();
    let path = volumes(folder.path(), "p00").remove(0);
    flip(&path, 5_000, 1);
    let report = repaired(folder.path(), &[]);
    let journal = &report.journals[1];
    assert_eq!(report.before.affected(), 1, "{}", words(&report.before));
    assert_eq!(journal.lost_count(), 1, "{journal:?}");
    assert_eq!(journal.first_lost(), Some(report.before.journals[1].faults[0].damage.at.seq));
    assert!(report.set_aside.is_empty() && path.exists() && !report.is_whole());
    // Nothing was changed for the worse: all other records still verify.
    assert_eq!(check(folder.path()).affected(), 1);
}

#[test]
fn a_head_set_back_is_named_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { generation_records: 1_000_000, ..settings() };
    write_with(folder.path(), 700, settings);
    let key = vec![b'h', 1];
    let older: BTreeMap<_, _> = values(&newest(folder.path())).into_iter().collect();
    write_with(folder.path(), 700, settings);
    let before = check(folder.path());
    tamper(folder.path(), |all| {
        // An older head, valid in its time.
        assert_ne!(older[&key], all[&key]);
        all.insert(key.clone(), older[&key].clone());
    });
    let report = check(folder.path());
    let said = words(&report);
    assert!(said.contains("the head stands before the last record"), "{said}");
    let report = repaired(folder.path(), &sizes(&before));
    assert!(report.is_whole());
    assert_eq!(heads(&check(folder.path())), heads(&before));
}

#[test]
fn records_behind_a_broken_block_are_lost_and_counted() {
    let folder = copied();
    let sound = sound(original());
    let mut first = 0;
    let mut damaged = 0;
    tamper(folder.path(), |all| {
        let keys = blocks(all, 1);
        let key = &keys[keys.len() - 2];
        first = u64::from_be_bytes(key[2..10].try_into().unwrap());
        let value = all.get_mut(key).unwrap();
        damaged = value.len() - 3;
        value[damaged] ^= 1;
    });
    let report = repaired(folder.path(), &sizes(&sound));
    let journal = &report.journals[1];
    let size = sound_size(&sound, p00());
    assert!(journal.end >= first && journal.end < size, "{journal:?} {first}");
    assert_eq!(journal.lost, [repair::Stretch { first: journal.end, last: size - 1 }]);
    assert_eq!(journal.known, size);
    // What lies behind the gap still proves itself: it is told, with the place where it lies now.
    let (place, stretch) = journal.stranded.last().unwrap();
    assert_eq!(stretch.last, size - 1, "{:?}", journal.stranded);
    assert!(stretch.first > journal.end, "{:?}", journal.stranded);
    assert!(place.starts_with(folder.path().join("hot.damaged-1")) && place.is_dir(), "{place:?}");
    let aside = folder.path().join("hot.damaged-1");
    assert_eq!(report.set_aside, std::slice::from_ref(&aside));
    assert!(aside.exists());
    // What is left is a ledger; the other journals lost nothing.
    assert!(check(folder.path()).is_clean());
    assert!(report.journals[0].lost.is_empty() && report.journals[2].lost.is_empty());
    let journals = Journals::open(folder.path(), PAYMENT, settings()).unwrap();
    journals.verify_tail().unwrap();
    assert_eq!(journals.head(p00()).next(), journal.end);
    assert_eq!(journals.head(control()).next(), sound_size(&sound, control()));
}

#[test]
fn a_lost_hot_store_leaves_what_the_volumes_prove() {
    let sound = sound(original());
    let folder = copied();
    std::fs::remove_dir_all(folder.path().join("hot")).unwrap();
    assert!(!check(folder.path()).is_clean());
    let report = repaired(folder.path(), &sizes(&sound));
    for journal in &report.journals {
        let end = match volumes(folder.path(), &journal.journal.to_string()).last() {
            Some(path) => stretch_by_name(path).unwrap().1 + 1,
            None => 0,
        };
        let size = sound_size(&sound, journal.journal);
        assert_eq!((journal.end, journal.known, journal.lost_count()), (end, size, size - end));
    }
    // It goes on from there: what a crash left unannounced is announced again.
    write(folder.path(), 700);
    let after = check(folder.path());
    assert!(
        after
            .journals
            .iter()
            .all(|j| j.faults.iter().all(|f| f.damage.what.contains("control position"))),
        "{}",
        words(&after)
    );
}

#[test]
fn a_damaged_database_file_and_a_damaged_volume_are_repaired_together() {
    let folder = copied();
    let path = volumes(folder.path(), "p01").remove(0);
    let len = length(&path);
    flip(&path, len - 3_000, 2);
    tamper(folder.path(), |all| {
        // The index only: every record is still proved.
        for (key, value) in all.iter_mut().filter(|(key, _)| key[0] == b'x') {
            let at = usize::from(key[9]) % value.len();
            value[at] ^= 4;
        }
    });
    let report = repaired(folder.path(), &[]);
    assert_eq!(report.set_aside.len(), 2, "{:?}", report.set_aside);
    assert_whole(folder.path(), &report);
}

#[test]
fn repairing_a_sound_ledger_changes_nothing() {
    let folder = copied();
    let report = repaired(folder.path(), &sizes(&sound(original())));
    assert!(report.after.is_none() && report.set_aside.is_empty() && report.is_whole());
    for journal in ["control", "p00", "p01"] {
        let names = |folder: &Path| -> Vec<_> {
            let paths = volumes(folder, journal);
            paths
                .iter()
                .map(|p| (p.file_name().unwrap().to_owned(), std::fs::read(p).unwrap()))
                .collect()
        };
        assert_eq!(names(folder.path()), names(original()));
    }
    assert!(!folder.path().join("hot.new").exists());
}

#[test]
fn an_exchange_that_a_crash_cut_off_is_ended() {
    let folder = copied();
    tamper(folder.path(), |all| {
        let key = vec![b'h', 2];
        all.get_mut(&key).unwrap()[70] ^= 1;
    });
    assert_whole(folder.path(), &repaired(folder.path(), &[]));
    // As it was between the two renames.
    std::fs::rename(folder.path().join("hot"), folder.path().join("hot.new")).unwrap();
    let report = repaired(folder.path(), &[]);
    assert!(report.after.is_none() && report.is_whole());
    assert!(folder.path().join("hot").exists());
}
