//! Volumes under wrong names: each says itself what it holds.

use super::*;

fn swap(one: &Path, other: &Path) {
    let aside = one.with_extension("aside");
    std::fs::rename(one, &aside).unwrap();
    std::fs::rename(other, one).unwrap();
    std::fs::rename(&aside, other).unwrap();
}

/// Repairs a ledger of which nothing is lost, and asserts that it is as it was.
fn back_as_it_was(folder: &Path) -> RepairReport {
    let report = repaired(folder, &sizes(&sound(original())));
    assert_whole(folder, &report);
    for journal in ["control", "p00", "p01"] {
        let content = |folder: &Path| -> Vec<_> {
            let named = |path: PathBuf| {
                (path.file_name().unwrap().to_owned(), std::fs::read(&path).unwrap())
            };
            volumes(folder, journal).into_iter().map(named).collect()
        };
        assert_eq!(content(folder), content(original()), "{journal}");
    }
    report
}

#[test]
fn swapped_volumes_are_named_each_and_get_their_names_back() {
    let folder = copied();
    let paths = volumes(folder.path(), "p00");
    swap(&paths[0], &paths[1]);
    let report = check(folder.path());
    assert_eq!(report.faults().count(), 2, "{}", words(&report));
    assert_eq!(report.affected(), 0);
    for (path, right) in [(&paths[1], &paths[0]), (&paths[0], &paths[1])] {
        let fault = report.faults().find(|f| f.part == Part::Volume(path.clone())).unwrap();
        let damage = &fault.damage;
        assert_eq!(damage.at.seq, stretch_by_name(right).unwrap().0);
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(damage.expected, format!("p00/{}", name(right)));
        assert_eq!(damage.found, format!("p00/{}", name(path)));
        assert!(damage.what.contains("--repair renames it"), "{damage}");
    }
    let report = back_as_it_was(folder.path());
    assert_eq!(report.renamed.len(), 2);
    assert!(report.set_aside.is_empty(), "{:?}", report.set_aside);
}

#[test]
fn a_volume_is_found_under_any_name_and_in_any_journals_folder() {
    for name in ["p00/x.vol", "p00/000000000005-000000000009.vol", "p00/old.bak", "p01/y", "z.vol"]
    {
        let folder = copied();
        let first = volumes(folder.path(), "p00").remove(0);
        std::fs::rename(&first, folder.path().join("volumes").join(name)).unwrap();
        let report = check(folder.path());
        assert_eq!(report.faults().count(), 1, "{name}: {}", words(&report));
        assert!(words(&report).contains("under a wrong name"), "{}", words(&report));
        assert_eq!(back_as_it_was(folder.path()).renamed.len(), 1, "{name}");
    }
    // A folder that was renamed is a folder of misnamed files.
    let folder = copied();
    let own = folder.path().join("volumes/p00");
    std::fs::rename(&own, folder.path().join("volumes/p00.old")).unwrap();
    let report = back_as_it_was(folder.path());
    assert_eq!(report.renamed.len(), volumes(original(), "p00").len());
}

#[test]
fn a_renaming_that_a_crash_cut_off_goes_on() {
    let folder = copied();
    let paths = volumes(folder.path(), "p00");
    // As it was when the first of two swapped files was on its way.
    swap(&paths[0], &paths[1]);
    let mut named = paths[1].clone().into_os_string();
    named.push(".named");
    std::fs::rename(&paths[0], named).unwrap();
    back_as_it_was(folder.path());
}

#[test]
fn a_second_copy_and_a_stub_are_set_aside_and_cost_no_record() {
    let folder = copied();
    let paths = volumes(folder.path(), "p00");
    let (copy, stub) = (paths[0].with_file_name("copy.vol"), paths[0].with_file_name("5-9.vol"));
    std::fs::copy(&paths[0], &copy).unwrap();
    std::fs::write(&stub, b"not one").unwrap();
    let report = check(folder.path());
    assert_eq!(report.faults().count(), 2, "{}", words(&report));
    let report = back_as_it_was(folder.path());
    assert_eq!(report.set_aside.len(), 2, "{:?}", report.set_aside);
    assert!(!copy.exists() && !stub.exists());
    // A kept copy whose name is no volume's is nobody's business.
    std::fs::copy(&paths[0], paths[0].with_extension("bak")).unwrap();
    assert!(check(folder.path()).is_clean());
}

#[test]
fn a_damaged_volume_under_another_ones_name_is_made_again_from_its_records() {
    let folder = copied();
    let paths = volumes(folder.path(), "p00");
    // The digest: nothing it says of itself is believed any more.
    let at = length(&paths[0]) - 1;
    flip(&paths[0], at, 1);
    swap(&paths[0], &paths[1]);
    assert!(!check(folder.path()).is_clean());
    let report = back_as_it_was(folder.path());
    assert_eq!(report.renamed.len(), 1);
    assert_eq!(report.journals[1].volumes_restored.len(), 1);
}

#[test]
fn a_good_copy_stands_in_for_a_damaged_volume() {
    let folder = copied();
    let first = volumes(folder.path(), "p00").remove(0);
    std::fs::copy(&first, first.with_file_name("copy.vol")).unwrap();
    flip(&first, 5_000, 1);
    let report = back_as_it_was(folder.path());
    assert_eq!(report.journals[1].volumes_restored.len(), 1);
}
