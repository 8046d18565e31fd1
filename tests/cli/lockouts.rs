//! What must not lock anybody out: a snapshot that was cut off, a signing key that is lost, a hot store
//! that is gone, rows that cannot be read, checkpoints that were removed.

use lookback::journal::sled::{Batch, Database};

use super::*;

#[test]
fn a_snapshot_that_a_crash_or_a_full_disk_cut_off_is_no_damage() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    for name in ["hot/000001", "rows"] {
        std::fs::write(ledger.join(name).join("snap.00000000000FFFFF.generating"), b"").unwrap();
    }
    done(&ledger, "report accounts");
    ingest(&ledger, &samples(copied.folder.path(), 4, 6)).holds(0, &["already recorded"]);
    done(&ledger, "verify");
}

#[test]
fn without_the_signing_key_questions_are_answered_and_nothing_is_signed() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    let accounts = done(&ledger, "report accounts");
    let key = ledger.join("keys/signing.key");
    let aside = copied.folder.path().join("signing.key");
    std::fs::rename(&key, &aside).unwrap();
    let now = run(&ledger, "report accounts");
    assert_eq!(now.holds(0, &["warning: no signing key"]).out, accounts);
    for command in ["checkpoint", "verify", "ingest nothing"] {
        run(&ledger, command).holds(4, &["no signing key", "LOOKBACK_SIGNING_KEY"]);
    }
    std::fs::rename(&aside, &key).unwrap();
    done(&ledger, "verify");
}

#[test]
fn volumes_answer_when_the_hot_store_is_gone() {
    let copied = Copied::of(sealed());
    let ledger = copied.path();
    std::fs::remove_dir_all(ledger.join("hot")).unwrap();
    run(&ledger, "verify --repair").holds(1, &["LOST"]);
    for rows in [true, false] {
        if !rows {
            std::fs::remove_dir_all(ledger.join("rows")).unwrap();
        }
        let payments = run(&ledger, "report payments --format csv");
        payments.holds(0, &["warning"]);
        assert!(payments.out.lines().count() > 500, "{}", payments.all());
        run(&ledger, "report accounts").holds(0, &["warning"]);
    }
    run(&ledger, "ingest nothing").holds(4, &["control"]);
}

#[test]
fn rows_that_cannot_be_read_are_named_beside_everything_else() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    let rows = Database::open(&ledger.join("rows"), 1 << 20).unwrap();
    let mut batch = Batch::default();
    batch.put(b"cOP-1", b"no case");
    rows.apply(batch).unwrap();
    rows.sync().unwrap();
    drop(rows);
    let said = run(&ledger, "verify");
    said.holds(1, &["journals 5 65 records", "rows - DIFFER", "lookback rebuild"]);
    done(&ledger, "rebuild");
    done(&ledger, "verify");
}

#[test]
fn removed_checkpoints_are_said_before_anything_is_signed() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    std::fs::remove_dir_all(ledger.join("checkpoints")).unwrap();
    run(&ledger, "report accounts").holds(0, &["warning: no signed checkpoint"]);
    let line = samples(copied.folder.path(), 0, 1);
    ingest(&ledger, &line).holds(0, &["warning: no signed checkpoint"]);
    // A ledger just made has signed.
    let fresh = copied.folder.path().join("fresh");
    done(&fresh, &format!("init {}", fresh.display()));
    ingest(&fresh, &line).holds(0, &[]).lacks(&["warning"]);
}
