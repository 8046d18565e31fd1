//! Other people's programs read what we publish: the Go checksum database's log and note packages,
//! and the fsck of the Tessera log, unchanged.
//!
//! Both are fetched by `go` at the versions in `tests/go`. Without Go, or without a way to fetch
//! them, the test says so and passes; with `LOOKBACK_REQUIRE_GO=1` it fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lookback::journal::Position;
use lookback::publish::prove;

use super::publish::{Ledger, PAYMENT_JOURNALS, payment};

struct Programs {
    readtiles: PathBuf,
    fsck: PathBuf,
}

/// Builds the programs, or tells why they cannot be had.
fn build() -> Option<Programs> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("go");
    std::fs::create_dir_all(&folder).unwrap();
    let build = |package: &str, name: &str| {
        let program = folder.join(name);
        let built = Command::new("go")
            .args(["build", "-mod=readonly", "-o"])
            .arg(&program)
            .arg(package)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/go"))
            .output();
        match built {
            Ok(built) if built.status.success() => Ok(program),
            Ok(built) => Err(String::from_utf8_lossy(&built.stderr).into_owned()),
            Err(error) => Err(format!("go cannot be run: {error}")),
        }
    };
    let both = build("./readtiles", "readtiles").and_then(|readtiles| {
        let fsck = build("github.com/transparency-dev/tessera/cmd/fsck", "fsck")?;
        Ok(Programs { readtiles, fsck })
    });
    match both {
        Ok(programs) => Some(programs),
        Err(why) if std::env::var("LOOKBACK_REQUIRE_GO").is_ok_and(|v| v == "1") => panic!("{why}"),
        Err(why) => {
            eprintln!("skipped: the programs in tests/go cannot be built here: {why}");
            None
        }
    }
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

impl Programs {
    fn readtiles(&self, journal: &Path, old: Option<&Path>, proofs: &[PathBuf]) -> Output {
        let mut command = Command::new(&self.readtiles);
        if let Some(old) = old {
            command.arg("-old").arg(old);
        }
        for proof in proofs {
            command.arg("-proof").arg(proof);
        }
        command.arg(journal).output().unwrap()
    }

    fn fsck(&self, journal: &Path) -> Output {
        Command::new(&self.fsck)
            // With one worker it waits for ever behind the first tile that it refuses.
            .args(["-ui=false", "-logtostderr", "-N=16"])
            .arg(format!("-storage_url=file://{}/", journal.display()))
            .arg(format!("-public_key={}", journal.join("vkey").display()))
            .output()
            .unwrap()
    }

    /// Both accept the journal at this size.
    fn accept(&self, journal: &Path, size: u64, old: Option<&Path>, proofs: &[PathBuf]) {
        let read = self.readtiles(journal, old, proofs);
        assert!(read.status.success(), "{}", text(&read));
        let said = text(&read);
        assert!(said.contains(&format!(": {size} entries")), "{said}");
        assert!(said.ends_with(&format!("{} tlog-proofs: ok\n", proofs.len())), "{said}");
        assert_eq!(said.contains("grown from"), old.is_some(), "{said}");
        // It ends with 0 whatever it found, so what it says is what counts.
        let checked = text(&self.fsck(journal));
        let wanted = format!("Successfully fsck'd log with size {size} ");
        assert!(checked.contains(&wanted) && !checked.contains("fsck failed"), "{checked}");
    }

    /// Neither accepts the journal.
    fn refuse(&self, journal: &Path, why: &str) {
        let read = self.readtiles(journal, None, &[]);
        assert!(!read.status.success(), "{why}: {}", text(&read));
        let checked = text(&self.fsck(journal));
        assert!(checked.contains("fsck failed"), "{why}: {checked}");
        assert!(!checked.contains("Successfully"), "{why}: {checked}");
    }
}

/// The proofs of the first, the middle and the last record, as files.
fn proofs(ledger: &Ledger, journal: u8, size: u64, folder: &Path) -> Vec<PathBuf> {
    let proof = |seq: u64| {
        let at = Position { journal: payment(journal), seq };
        let path = folder.join(format!("{journal}-{size}-{seq}.tlog-proof"));
        let proof = prove(&ledger.journals, &ledger.checkpoints, at).unwrap();
        std::fs::write(&path, proof).unwrap();
        path
    };
    [0, size / 2, size - 1].map(proof).to_vec()
}

#[test]
fn other_peoples_programs_accept_what_is_published_and_how_it_grew() {
    let Some(programs) = build() else { return };
    let ledger = Ledger::new();
    let (dir, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // The last of them begins with a sealed volume, and grows over the end of a second one.
    let sizes = [[1, 2], [255, 256], [256, 257], [257, 800], [70_000, 132_000]];
    let mut before: Vec<Option<PathBuf>> = vec![None; usize::from(PAYMENT_JOURNALS)];
    for round in 0..2 {
        for (n, size) in (0..).zip(sizes) {
            ledger.grow(payment(n), size[round]);
        }
        ledger.sign();
        ledger.publish(dir.path()).unwrap();
        for ((n, size), before) in (0..).zip(sizes).zip(&mut before) {
            let journal = dir.path().join(payment(n).to_string());
            let proofs = proofs(&ledger, n, size[round], kept.path());
            programs.accept(&journal, size[round], before.as_deref(), &proofs);
            let old = kept.path().join(format!("{n}.checkpoint"));
            std::fs::copy(journal.join("checkpoint"), &old).unwrap();
            *before = Some(old);
        }
    }
    assert_eq!(ledger.journals.volumes(payment(4)).len(), 2);
    let journal = dir.path().join("p03");
    assert!(ledger.publish(dir.path()).unwrap().iter().all(|(.., files)| *files == 0));
    for name in ["tile/entries/001", "tile/0/003.p/32", "tile/1/000.p/3", "checkpoint"] {
        let good = std::fs::read(journal.join(name)).unwrap();
        let mut bad = good.clone();
        bad[40] ^= 1;
        std::fs::write(journal.join(name), bad).unwrap();
        programs.refuse(&journal, name);
        std::fs::write(journal.join(name), good).unwrap();
    }
    programs.accept(&journal, 800, None, &[]);
}
