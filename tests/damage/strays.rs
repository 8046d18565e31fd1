//! Files among the volumes that are none of this ledger's: set aside, and nothing is lost to them.

use super::*;

/// A larger ledger under another key: none of its records is one of ours.
fn foreign() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let key = Arc::new(UnitKey::new([8; 32]));
        write_under(folder.path(), 6_000, settings(), &key);
        folder
    });
    folder.path()
}

/// Puts files of another ledger among the volumes of `p00`, and repairs.
fn repaired_with(ledger: &tempfile::TempDir, strays: &[PathBuf]) {
    let original = ledger.path();
    let mut places = Vec::new();
    for stray in strays {
        let place = original.join("volumes/p00").join(stray.file_name().unwrap());
        assert!(!place.exists(), "{}", place.display());
        std::fs::copy(stray, &place).unwrap();
        places.push(place);
    }
    only_set_aside(original, &places);
}

fn only_set_aside(folder: &Path, places: &[PathBuf]) {
    assert!(!check(folder).is_clean());
    let report = repaired(folder, &sizes(&sound(original())));
    let aside: Vec<PathBuf> = places.iter().map(|p| p.with_extension("vol.damaged-1")).collect();
    assert_eq!(report.set_aside, aside);
    assert!(report.journals.iter().all(|j| j.lost.is_empty() && j.volumes_restored.is_empty()));
    assert_eq!(heads(&check(folder)), heads(&sound(original())));
    assert!(report.is_whole() && check(folder).is_clean());
}

#[test]
fn volumes_of_another_ledger_beyond_the_end_are_set_aside_and_nothing_is_lost() {
    let end = sound_size(&sound(original()), p00());
    let beyond = |path: &PathBuf| stretch_by_name(path).unwrap().0 >= end;
    let strays: Vec<_> = volumes(foreign(), "p00").into_iter().filter(beyond).collect();
    assert!(strays.len() > 2);
    repaired_with(&copied(), &strays[..1]);
    // Two that follow each other speak for each other alone.
    repaired_with(&copied(), &strays[..2]);
}

#[test]
fn a_volume_of_another_ledger_over_records_of_the_hot_store_is_set_aside() {
    let held = volumes(original(), "p00");
    let end = stretch_by_name(held.last().unwrap()).unwrap().1;
    let size = sound_size(&sound(original()), p00());
    let amid = |path: &PathBuf| {
        let first = stretch_by_name(path).unwrap().0;
        first > end && first < size
    };
    // Where volumes begin is a matter of how fast they are written.
    let key = Arc::new(UnitKey::new([8; 32]));
    let mut others = (0..30).map(|n| {
        let folder = tempfile::tempdir().unwrap();
        write_under(folder.path(), 4_000 + 40 * n, settings(), &key);
        let stray = volumes(folder.path(), "p00").into_iter().find(amid);
        (folder, stray)
    });
    let Some((_folder, Some(stray))) = others.find(|(_, stray)| stray.is_some()) else {
        assert!(size - end < 100, "no volume begins between {end} and {size}");
        return;
    };
    repaired_with(&copied(), &[stray]);
}

#[test]
fn a_file_that_is_no_volume_makes_no_records_that_were_lost() {
    for name in ["000000005801-000000007212.vol", "000000001750-000000001760.vol"] {
        let folder = copied();
        let place = folder.path().join("volumes/p00").join(name);
        std::fs::write(&place, "junk\n").unwrap();
        only_set_aside(folder.path(), &[place]);
    }
}

#[test]
fn volumes_that_nothing_announces_any_more_are_kept_where_the_hot_store_is_gone() {
    let sound = sound(original());
    for known in [sizes(&sound), Vec::new()] {
        let folder = copied();
        std::fs::remove_dir_all(folder.path().join("hot")).unwrap();
        let report = repaired(folder.path(), &known);
        assert!(report.set_aside.is_empty(), "{:?}", report.set_aside);
        assert_eq!(volumes(folder.path(), "p00").len(), volumes(original(), "p00").len());
    }
}
