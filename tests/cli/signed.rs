//! Ledgers that do not fit what was signed, or whose configuration is not theirs.

use super::*;

/// What is never said of a ledger that only this command holds, and never of one that does not fit.
const WRONG: &[&str] = &["another process", "Nothing that the signed checkpoints cover", "pid "];

fn fails(ledger: &Path, words: &[&str]) {
    for line in ["verify", "verify --headers"] {
        run(ledger, line).holds(1, words).lacks(WRONG).lacks(&["verify: ok"]);
    }
}

/// The end of a journal in `show ledger`.
fn records(ledger: &Path, journal: &str) -> u64 {
    let json = done(ledger, "show ledger --format json");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let all = value["journals"].as_array().unwrap();
    all.iter().find(|j| j["journal"] == journal).unwrap()["records"].as_u64().unwrap()
}

#[test]
fn a_removed_generation_is_missed_and_the_first_missing_record_named() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    done(&ledger, &format!("init {}", ledger.display()));
    ingest(&ledger, &samples(folder.path(), 0, 4)).holds(0, &[]);
    let (first, end) = (records(&ledger, "control"), records(&ledger, "p00"));
    // The generation that is left when the newest is gone: it ends where the newest began.
    let predecessor = Copied::of(&ledger);
    ingest(&ledger, &samples(folder.path(), 4, SAMPLES.len())).holds(0, &[]);
    assert!(records(&ledger, "p00") > end);
    std::fs::remove_dir_all(ledger.join("hot")).unwrap();
    copy_all(&predecessor.path().join("hot"), &ledger.join("hot"));
    let named =
        format!("control/{first}: records are missing: the store is behind what was signed");
    fails(&ledger, &[&named, &format!("p00/{end}: "), "records under root"]);
    run(&ledger, "ingest nothing").holds(4, &["lookback verify says more", "newer backup"]);
}

#[test]
fn two_copies_that_went_different_ways_are_told_apart() {
    let (one, other) = (Copied::of(small()), Copied::of(small()));
    for (copied, payee) in [(&one, "1999999984"), (&other, "1999999992")] {
        let text = String::from_utf8(SAMPLES[0].1.to_vec()).unwrap();
        let file = copied.folder.path().join("more.835");
        std::fs::write(&file, text.replace("1200000119", payee)).unwrap();
        ingest(&copied.path(), &file).holds(0, &[]);
    }
    for journal in ["control", "p00", "p01", "p02", "p03"] {
        let from = other.path().join("checkpoints").join(journal);
        if from.exists() {
            std::fs::copy(from, one.path().join("checkpoints").join(journal)).unwrap();
        }
    }
    fails(&one.path(), &["another history than was signed", "expected ", "found ", "checkpoints/"]);
    run(&one.path(), "show ledger").holds(4, &["has another history"]);
}

#[test]
fn an_older_store_under_newer_checkpoints_is_behind_and_still_answers() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    done(&ledger, &format!("init {}", ledger.display()));
    ingest(&ledger, &samples(folder.path(), 0, 4)).holds(0, &[]);
    let before = records(&ledger, "control");
    let older = Copied::of(&ledger);
    ingest(&ledger, &samples(folder.path(), 4, SAMPLES.len())).holds(0, &[]);
    let after = records(&ledger, "control");
    std::fs::remove_dir_all(older.path().join("checkpoints")).unwrap();
    copy_all(&ledger.join("checkpoints"), &older.path().join("checkpoints"));
    let first = format!("control/{before}: records are missing");
    let affected = format!("{} records affected", after - before);
    fails(&older.path(), &[&first, "behind what was signed", &affected]);
    let words = ["warning: control holds", "were signed", "restore a newer backup"];
    run(&older.path(), "report accounts").holds(0, &words);
    run(&older.path(), "checkpoint").holds(4, &["nothing is signed until then"]);
}

#[test]
fn a_flipped_byte_of_a_checkpoint_is_named_and_no_reason_not_to_answer() {
    let copied = Copied::of(small());
    copied.flip(Path::new("checkpoints/p00"), 40);
    fails(&copied.path(), &["checkpoints/p00", "is not a checkpoint of p00"]);
    run(&copied.path(), "report accounts").holds(0, &["warning: ", "checkpoints/p00"]);
    run(&copied.path(), "show ledger").holds(0, &["never"]);
}

#[test]
fn another_signing_key_is_refused_with_and_without_checkpoints() {
    for checkpoints in [true, false] {
        let copied = Copied::of(small());
        if !checkpoints {
            std::fs::remove_dir_all(copied.path().join("checkpoints")).unwrap();
        }
        for line in ["verify", "verify --headers", "checkpoint", "show ledger"] {
            let mut command = command(&copied.path(), &line.split(' ').collect::<Vec<_>>());
            command.env("LOOKBACK_SIGNING_KEY", "07".repeat(32));
            let code = if line.starts_with("verify") { 1 } else { 4 };
            let said = said(command);
            said.holds(code, &["the signing key is not this ledger's", "names the public key"]);
            said.lacks(WRONG).lacks(&["DAMAGED", "--repair"]);
            if checkpoints && code == 1 {
                said.holds(1, &["3 signed checkpoints, covering 65 records"]);
            }
        }
        assert_eq!(copied.path().join("checkpoints").exists(), checkpoints);
    }
}

#[test]
fn missing_checkpoints_are_said_to_be_missing() {
    let copied = Copied::of(small());
    std::fs::remove_dir_all(copied.path().join("checkpoints")).unwrap();
    run(&copied.path(), "verify")
        .holds(0, &["put checkpoints/ back", "no checkpoint here says how many there were"])
        .lacks(WRONG);
}

#[test]
fn a_configuration_of_another_ledger_is_told_from_damage() {
    for (from, to, words) in [
        ("journals = 4", "journals = 5", "says journals is 5, the ledger was created with 4"),
        ("journals = 4", "journals = 3", "says journals is 3, the ledger was created with 4"),
        ("lookback.local", "other.example", "the ledger was created with lookback.local/ledger"),
    ] {
        let copied = Copied::of(small());
        let path = copied.path().join("lookback.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        fails(&copied.path(), &[words]);
        for line in ["verify", "verify --headers"] {
            run(&copied.path(), line).holds(1, &[" ok "]).lacks(&["DAMAGED", "--repair"]);
        }
        run(&copied.path(), "show ledger").holds(4, &["put lookback.toml back"]);
        // Nor is a sound ledger repaired into another.
        run(&copied.path(), "verify --repair").holds(4, &[words]);
        assert!(!copied.path().join("hot.damaged-1").exists());
        std::fs::write(&path, text).unwrap();
        done(&copied.path(), "verify");
    }
}

#[test]
fn a_lost_hot_store_is_not_a_sound_ledger_of_no_records() {
    for what in ["hot", "hot/000001"] {
        let copied = Copied::of(small());
        std::fs::remove_dir_all(copied.path().join(what)).unwrap();
        fails(&copied.path(), &["DAMAGED", "control/0: ", "behind what was signed"]);
        run(&copied.path(), "show ledger").holds(4, &["hot"]);
        // Whoever looked has not made a new one.
        assert!(!copied.path().join("hot/000001").exists());
        std::fs::remove_dir_all(copied.path().join("checkpoints")).unwrap();
        run(&copied.path(), "verify").holds(1, &["newest records of every journal are missing"]);
    }
}
