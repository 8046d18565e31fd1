//! Signing, publishing and proving, over journals without the rest of the ledger.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use lookback::checkpoints::{CheckpointError, Checkpoints};
use lookback::journal::commit::{Commit, Draft, Writer, service_actor};
use lookback::journal::read::Settings;
use lookback::journal::{Journals, Position};
use lookback::publish::{ProveError, PublishError, prove, publish, publish_watched};
use lookback_events::body::UnitKey;
use lookback_events::id::JournalId;
use lookback_events::proof::Proof;
use lookback_events::record::{Streams, leaf_hash};
use lookback_events::stream::StreamKey;

/// The signing key of all test ledgers, as if one ledger was copied.
const SEED: [u8; 32] = [3; 32];
/// One for each size at which tiles change, so that they are published side by side.
pub(crate) const PAYMENT_JOURNALS: u8 = 5;

#[derive(serde::Serialize)]
struct Body {
    number: u64,
}

/// Journals, a writer and checkpoints in a folder that goes with it.
pub(crate) struct Ledger {
    writer: Option<Writer>,
    pub(crate) journals: Arc<Journals>,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) folder: tempfile::TempDir,
    key: Arc<UnitKey>,
    streams: StreamKey,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap())
    }

    fn in_folder(folder: tempfile::TempDir) -> Self {
        let key = Arc::new(UnitKey::new([7; 32]));
        let streams = StreamKey::new(&[9; 32]);
        let settings = Settings { cache_bytes: 8 * 1024 * 1024, ..Settings::default() };
        let journals = Arc::new(Journals::open(folder.path(), PAYMENT_JOURNALS, settings).unwrap());
        let ledger = Streams::new(&[streams.id("ledger")]).unwrap();
        let announce_key = Arc::clone(&key);
        let writer = Writer::start(
            Arc::clone(&journals),
            Box::new(|| Ok(())),
            lookback::now::now,
            Box::new(move |sealed| Draft {
                event: "volume-sealed/1",
                body: Box::new(sealed),
                streams: ledger,
                key: Arc::clone(&announce_key),
            }),
        )
        .unwrap();
        let checkpoints = checkpoints_of(&journals, &folder.path().join("checkpoints"), &SEED);
        Self { writer: Some(writer), journals, checkpoints, folder, key, streams }
    }

    /// Closes everything and opens it again.
    fn reopened(mut self) -> Self {
        self.writer = None;
        let Self { journals, folder, .. } = self;
        drop(Arc::into_inner(journals).expect("the writer has ended"));
        Self::in_folder(folder)
    }

    /// Appends records until the journal holds `size`, then waits until volumes are sealed.
    pub(crate) fn grow(&self, journal: JournalId, size: u64) {
        let writer = self.writer.as_ref().unwrap();
        let stream = Streams::new(&[self.streams.id("claim:1/1")]).unwrap();
        let mut next = self.journals.head(journal).next();
        // Each sealed volume is announced by a record of the journal itself.
        let announced = |next: u64| size / 65_536 - next / 65_536;
        let end = size - announced(next);
        while next < end {
            let to = end.min(next + 256);
            let drafts = (next..to).map(|number| Draft {
                event: "test/1",
                body: Box::new(Body { number }),
                streams: stream,
                key: Arc::clone(&self.key),
            });
            let commit = Commit {
                journal,
                actor: service_actor(),
                drafts: drafts.collect(),
                weight: 256 * 32,
                announces: None,
            };
            let placed = writer.submit(commit).unwrap();
            // A few commits on their way, as a careful caller has, and one sync for all of them.
            if placed.ticket.is_multiple_of(16) {
                writer.wait(placed.ticket).unwrap();
            }
            next = to;
        }
        writer.flush().unwrap();
        writer.settle().unwrap();
        assert_eq!(self.journals.head(journal).next(), size);
    }

    pub(crate) fn sign(&self) -> Vec<(String, u64, u64)> {
        let signed = self.checkpoints.sign(&self.journals).unwrap();
        let row = |s: lookback::checkpoints::Signed| {
            (s.signed.journal.to_string(), s.before, s.signed.checkpoint.size)
        };
        signed.into_iter().map(row).collect()
    }

    pub(crate) fn publish(&self, dir: &Path) -> Result<Vec<(String, u64, u64, u64)>, PublishError> {
        let published = publish(&self.journals, &self.checkpoints, dir)?;
        Ok(published
            .into_iter()
            .map(|p| (p.journal.to_string(), p.before, p.size, p.files))
            .collect())
    }
}

fn checkpoints_of(journals: &Journals, folder: &Path, seed: &[u8; 32]) -> Checkpoints {
    Checkpoints::open(folder, "ledger.example.org/plan1", seed, &journals.ids())
}

pub(crate) fn payment(n: u8) -> JournalId {
    JournalId::payment(n).unwrap()
}

/// Every file below a folder with its content and when it was written.
fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let changed = entry.metadata().unwrap().modified().unwrap();
                let name = entry.path().strip_prefix(folder).unwrap().to_owned();
                found.insert(name, (std::fs::read(entry.path()).unwrap(), changed));
            }
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    files(folder).into_keys().map(|name| name.display().to_string()).collect()
}

#[test]
fn nothing_is_signed_when_nothing_is_new() {
    let ledger = Ledger::new();
    assert_eq!(ledger.sign(), []);
    assert_eq!(ledger.checkpoints.last(payment(0)).unwrap(), None);
    ledger.grow(payment(0), 3);
    assert_eq!(ledger.sign(), [("p00".to_owned(), 0, 3)]);
    let first = ledger.checkpoints.last_signed(payment(0)).unwrap().unwrap();
    assert_eq!(first.checkpoint.root, ledger.journals.head(payment(0)).tree.root());
    let verifier = ledger.checkpoints.verifier(payment(0)).unwrap();
    assert_eq!(verifier.open(&first.note).unwrap(), first.checkpoint);
    assert_eq!(ledger.sign(), []);
    ledger.grow(payment(0), 5);
    ledger.grow(JournalId::CONTROL, 1);
    assert_eq!(ledger.sign(), [("control".to_owned(), 0, 1), ("p00".to_owned(), 3, 5)]);
    let ledger = ledger.reopened();
    ledger.checkpoints.check(&ledger.journals).unwrap();
    assert_eq!(ledger.sign(), []);
}

#[test]
fn a_store_behind_its_checkpoint_refuses_to_sign() {
    let (now, backup) = (Ledger::new(), Ledger::new());
    now.grow(payment(1), 20);
    now.sign();
    backup.grow(payment(1), 19);
    let of_now = checkpoints_of(&backup.journals, &now.folder.path().join("checkpoints"), &SEED);
    let before = files(&now.folder.path().join("checkpoints"));
    for refused in [of_now.check(&backup.journals), of_now.sign(&backup.journals).map(drop)] {
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, CheckpointError::Behind { records: 19, signed: 20, .. }),
            "{refused}"
        );
        assert!(refused.to_string().contains("restore a newer backup"), "{refused}");
    }
    assert_eq!(files(&now.folder.path().join("checkpoints")), before);
}

#[test]
fn a_store_with_another_history_refuses_to_sign() {
    let (now, other) = (Ledger::new(), Ledger::new());
    now.grow(payment(1), 20);
    now.sign();
    let of_now = checkpoints_of(&other.journals, &now.folder.path().join("checkpoints"), &SEED);
    // Event ids are random, so the same events make another tree: of the size that was signed, and
    // of a larger one.
    for size in [20, 21] {
        other.grow(payment(1), size);
        for refused in [of_now.check(&other.journals), of_now.sign(&other.journals).map(drop)] {
            let refused = refused.unwrap_err();
            assert!(matches!(refused, CheckpointError::Forked { size: 20, .. }), "{refused}");
        }
    }
}

#[test]
fn one_journal_behind_keeps_the_others_from_being_signed() {
    let (now, backup) = (Ledger::new(), Ledger::new());
    now.grow(payment(4), 20);
    now.sign();
    backup.grow(payment(0), 7);
    let of_now = checkpoints_of(&backup.journals, &now.folder.path().join("checkpoints"), &SEED);
    assert!(matches!(of_now.sign(&backup.journals), Err(CheckpointError::Behind { .. })));
    assert_eq!(of_now.last(payment(0)).unwrap(), None);
}

#[test]
fn a_damaged_or_foreign_checkpoint_is_an_error_that_names_the_file() {
    let ledger = Ledger::new();
    ledger.grow(payment(0), 3);
    ledger.sign();
    let path = ledger.folder.path().join("checkpoints/p00");
    let note = std::fs::read_to_string(&path).unwrap();
    let other = checkpoints_of(&ledger.journals, path.parent().unwrap(), &[4; 32]);
    let check = |checkpoints: &Checkpoints| {
        let refused = checkpoints.sign(&ledger.journals).unwrap_err();
        assert!(matches!(refused, CheckpointError::Foreign { .. }), "{refused}");
        assert!(refused.to_string().contains("checkpoints/p00"), "{refused}");
    };
    check(&other);
    let flipped = note.replacen("\n3\n", "\n2\n", 1).into_bytes();
    for damaged in [flipped.as_slice(), b"", b"\xff\xfe", &note.as_bytes()[..note.len() / 2]] {
        std::fs::write(&path, damaged).unwrap();
        check(&ledger.checkpoints);
    }
}

#[test]
fn a_record_that_does_not_read_back_is_not_published() {
    let ledger = Ledger::new();
    ledger.grow(payment(2), 70_000);
    ledger.sign();
    let ledger = ledger.reopened();
    ledger.checkpoints.check(&ledger.journals).unwrap();
    let published = tempfile::tempdir().unwrap();
    // A header of the sealed volume is changed on the disk, behind everybody's back.
    let volume = ledger.journals.volumes(payment(2))[0].path.clone();
    let mut bytes = std::fs::read(&volume).unwrap();
    let at = bytes.windows(9).position(|w| w == b"\"seq\":777").unwrap() + 6;
    bytes[at] = b'8';
    std::fs::write(&volume, bytes).unwrap();
    let refused = ledger.publish(published.path()).unwrap_err();
    let PublishError::Journal(damaged) = &refused else { panic!("{refused}") };
    assert!(damaged.to_string().contains("p02/777"), "{damaged}");
    assert!(!published.path().join("p02/checkpoint").exists());
}

#[test]
fn only_what_is_new_is_written() {
    let ledger = Ledger::new();
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(ledger.publish(dir.path()).unwrap(), []);
    ledger.grow(payment(0), 600);
    assert_eq!(ledger.publish(dir.path()).unwrap(), [], "nothing is signed yet");
    ledger.sign();
    ledger.grow(payment(0), 601);
    // Three bundles, three tiles of hashes, one above, key and checkpoint; the record beyond the
    // signed checkpoint is not published.
    assert_eq!(ledger.publish(dir.path()).unwrap(), [("p00".to_owned(), 0, 600, 9)]);
    assert_eq!(
        names(dir.path()),
        [
            "p00/checkpoint",
            "p00/tile/0/000",
            "p00/tile/0/001",
            "p00/tile/0/002.p/88",
            "p00/tile/1/000.p/2",
            "p00/tile/entries/000",
            "p00/tile/entries/001",
            "p00/tile/entries/002.p/88",
            "p00/vkey",
        ]
    );
    let first = files(dir.path());
    assert_eq!(ledger.publish(dir.path()).unwrap(), [("p00".to_owned(), 600, 600, 0)]);
    assert_eq!(files(dir.path()), first);

    ledger.grow(payment(0), 1_000);
    ledger.sign();
    assert_eq!(ledger.publish(dir.path()).unwrap(), [("p00".to_owned(), 600, 1_000, 6)]);
    let second = files(dir.path());
    let is_new = |name: &&PathBuf| second.get(*name) != first.get(*name);
    let new: Vec<_> = second.keys().filter(is_new).map(|n| n.display().to_string()).collect();
    assert_eq!(
        new,
        [
            "p00/checkpoint",
            "p00/tile/0/002",
            "p00/tile/0/003.p/232",
            "p00/tile/1/000.p/3",
            "p00/tile/entries/002",
            "p00/tile/entries/003.p/232",
        ]
    );
    let gone: Vec<_> = first.keys().filter(|name| !second.contains_key(*name)).collect();
    assert_eq!(gone, [Path::new("p00/tile/0/002.p/88"), Path::new("p00/tile/entries/002.p/88")]);

    // Published in two steps or in one, the tree is the same.
    let at_once = tempfile::tempdir().unwrap();
    ledger.publish(at_once.path()).unwrap();
    std::fs::remove_file(dir.path().join("p00/tile/1/000.p/2")).unwrap();
    let content = |dir: &Path| -> Vec<_> {
        files(dir).into_iter().map(|(name, (bytes, _))| (name, bytes)).collect()
    };
    assert_eq!(content(at_once.path()), content(dir.path()));
}

#[test]
fn an_interrupted_publication_is_completed() {
    let ledger = Ledger::new();
    ledger.grow(payment(0), 1_000);
    ledger.sign();
    let whole = tempfile::tempdir().unwrap();
    ledger.publish(whole.path()).unwrap();
    let wanted = names(whole.path());
    // Any file may be missing: those written last, or those that lost the race to the disk. What
    // was being written has another name.
    for missing in wanted.iter().filter(|name| !name.ends_with("vkey")) {
        let dir = tempfile::tempdir().unwrap();
        for name in wanted.iter().filter(|name| !name.ends_with("checkpoint") && *name != missing) {
            std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            std::fs::copy(whole.path().join(name), dir.path().join(name)).unwrap();
        }
        let unfinished = dir.path().join(format!("{missing}.tmp"));
        std::fs::create_dir_all(unfinished.parent().unwrap()).unwrap();
        std::fs::write(&unfinished, b"half").unwrap();
        ledger.publish(dir.path()).unwrap();
        assert_eq!(names(dir.path()), wanted, "without {missing}");
    }
    // A crash between the checkpoint and the removal of partial tiles leaves them to the next run.
    let partial = whole.path().join("p00/tile/entries/002.p");
    std::fs::create_dir(&partial).unwrap();
    std::fs::write(partial.join("7"), b"left over").unwrap();
    ledger.publish(whole.path()).unwrap();
    assert_eq!(names(whole.path()), wanted);
}

#[test]
fn what_was_published_and_is_gone_or_changed_is_written_again() {
    let ledger = Ledger::new();
    ledger.grow(payment(0), 70_000);
    ledger.sign();
    let whole = tempfile::tempdir().unwrap();
    ledger.publish(whole.path()).unwrap();
    let wanted = files(whole.path());
    let content = |dir: &Path| -> Vec<_> {
        files(dir).into_iter().map(|(name, (bytes, _))| (name, bytes)).collect()
    };
    let before = content(whole.path());
    // Of each row a full file that is old, a newer one, and the partial one.
    let some: Vec<&PathBuf> = wanted
        .keys()
        .filter(|name| {
            let name = name.to_str().unwrap();
            name.contains("/tile/") && ["/000", "/200", ".p/"].iter().any(|end| name.contains(end))
        })
        .collect();
    assert!(some.len() >= 9, "{some:?}");
    for (n, name) in some.iter().enumerate() {
        let path = whole.path().join(name);
        let mut bytes = wanted[*name].0.clone();
        match n % 4 {
            0 => std::fs::remove_file(&path).unwrap(),
            1 => std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap(),
            2 => std::fs::write(&path, b"").unwrap(),
            _ => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                std::fs::write(&path, bytes).unwrap();
            }
        }
    }
    let published = publish(&ledger.journals, &ledger.checkpoints, whole.path()).unwrap();
    assert_eq!(published[0].again, u64::try_from(some.len()).unwrap());
    assert_eq!(published[0].files, published[0].again);
    assert!(some.iter().any(|name| published[0].first_again == Some(whole.path().join(name))));
    assert!(content(whole.path()) == before);
    // A key that is gone was published before; without a checkpoint nobody knows what is new.
    std::fs::remove_file(whole.path().join("p00/vkey")).unwrap();
    let published = publish(&ledger.journals, &ledger.checkpoints, whole.path()).unwrap();
    let p00 = published.iter().find(|own| own.journal == payment(0)).unwrap();
    assert_eq!((p00.again, p00.files, p00.lacked_checkpoint), (1, 1, false));
    assert_eq!(p00.first_again, Some(whole.path().join("p00/vkey")));
    std::fs::remove_file(whole.path().join("p00/checkpoint")).unwrap();
    let published = publish(&ledger.journals, &ledger.checkpoints, whole.path()).unwrap();
    let lacked: Vec<_> = published.iter().filter(|own| own.lacked_checkpoint).collect();
    assert_eq!(lacked.iter().map(|own| own.journal).collect::<Vec<_>>(), [payment(0)]);
    assert!(content(whole.path()) == before);
    // The same below a new checkpoint: it needs what was published before.
    ledger.grow(payment(0), 70_300);
    ledger.sign();
    std::fs::remove_file(whole.path().join("p00/tile/0/100")).unwrap();
    std::fs::remove_file(whole.path().join("p00/tile/1/000")).unwrap();
    std::fs::write(whole.path().join("p00/tile/entries/007"), b"x").unwrap();
    let published = publish(&ledger.journals, &ledger.checkpoints, whole.path()).unwrap();
    assert_eq!((published[0].before, published[0].again), (70_000, 3));
    let at_once = tempfile::tempdir().unwrap();
    ledger.publish(at_once.path()).unwrap();
    // Partial tiles that grew, and did not become full, are left.
    let now = files(whole.path());
    for (name, bytes) in content(at_once.path()) {
        assert!(now.get(&name).is_some_and(|(own, _)| *own == bytes), "{}", name.display());
    }
}

#[test]
fn what_was_published_is_not_replaced_by_what_a_damaged_journal_holds() {
    let ledger = Ledger::new();
    ledger.grow(payment(2), 70_000);
    ledger.sign();
    let dir = tempfile::tempdir().unwrap();
    ledger.publish(dir.path()).unwrap();
    let before = files(dir.path());
    let ledger = ledger.reopened();
    // A leaf that the volume stored is changed on the disk: the published tile is the right one.
    let leaf = leaf_hash(
        &ledger.journals.record(Position { journal: payment(2), seq: 300 }).unwrap().header,
    );
    let volume = ledger.journals.volumes(payment(2))[0].path.clone();
    let mut bytes = std::fs::read(&volume).unwrap();
    let at = bytes.windows(32).position(|w| w == leaf.0).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&volume, bytes).unwrap();
    let refused = ledger.publish(dir.path()).unwrap_err();
    assert!(matches!(refused, PublishError::Unlike { size: 70_000, .. }), "{refused}");
    assert_eq!(files(dir.path()), before);
}

#[test]
fn a_foreign_folder_is_refused_and_left_alone() {
    let ledger = Ledger::new();
    ledger.grow(payment(0), 300);
    ledger.sign();
    let dir = tempfile::tempdir().unwrap();
    ledger.publish(dir.path()).unwrap();
    let before = files(dir.path());
    ledger.grow(payment(0), 700);
    let own = tempfile::tempdir().unwrap();
    let other = checkpoints_of(&ledger.journals, own.path(), &[5; 32]);
    other.sign(&ledger.journals).unwrap();
    let refused = publish(&ledger.journals, &other, dir.path()).unwrap_err();
    assert!(matches!(refused, PublishError::ForeignKey { .. }), "{refused}");
    assert_eq!(files(dir.path()), before);
    std::fs::remove_file(dir.path().join("p00/vkey")).unwrap();
    let refused = publish(&ledger.journals, &other, dir.path()).unwrap_err();
    assert!(matches!(refused, PublishError::Foreign { .. }), "{refused}");
    // Without checkpoint and key, a file that is not this journal's is found by what it holds.
    std::fs::remove_file(dir.path().join("p00/checkpoint")).unwrap();
    std::fs::write(dir.path().join("p00/tile/entries/000"), b"another log").unwrap();
    let refused = publish(&ledger.journals, &other, dir.path()).unwrap_err();
    assert!(matches!(&refused, PublishError::Differs { path } if path.ends_with("entries/000")));
    assert!(!dir.path().join("p00/checkpoint").exists());
}

#[test]
fn a_forked_folder_and_one_ahead_are_refused() {
    let (ledger, fork) = (Ledger::new(), Ledger::new());
    let dir = tempfile::tempdir().unwrap();
    ledger.grow(payment(0), 300);
    ledger.sign();
    ledger.publish(dir.path()).unwrap();
    let before = files(dir.path());
    for (size, ahead) in [(299, true), (300, false), (600, false)] {
        fork.grow(payment(0), size);
        fork.sign();
        let refused = fork.publish(dir.path()).unwrap_err();
        let is_ahead = matches!(refused, PublishError::Ahead { published: 300, signed: 299, .. });
        let is_forked = matches!(refused, PublishError::Forked { size: 300, .. });
        assert_eq!((is_ahead, is_forked), (ahead, !ahead), "{refused}");
        assert_eq!(files(dir.path()), before);
    }
}

#[test]
fn publishing_tells_how_far_it_has_come() {
    let ledger = Ledger::new();
    ledger.grow(payment(0), 600);
    ledger.sign();
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    let mut watch = |p: lookback::publish::Progress| seen.push((p.done, p.total));
    publish_watched(&ledger.journals, &ledger.checkpoints, dir.path(), &mut watch).unwrap();
    assert_eq!(seen, [(256, 600), (512, 600), (600, 600)]);
}

#[test]
fn every_record_under_the_signed_checkpoint_is_proved() {
    let ledger = Ledger::new();
    ledger.grow(payment(0), 70_000);
    ledger.sign();
    ledger.grow(payment(0), 70_001);
    let verifier = ledger.checkpoints.verifier(payment(0)).unwrap();
    for seq in [0, 1, 255, 256, 40_000, 65_535, 65_536, 69_999] {
        let at = Position { journal: payment(0), seq };
        let text = prove(&ledger.journals, &ledger.checkpoints, at).unwrap();
        let leaf = leaf_hash(&ledger.journals.record(at).unwrap().header);
        let proof = Proof::parse(&text).unwrap();
        assert_eq!(proof.index, seq);
        proof.verify(verifier, &leaf).unwrap();
    }
    let at = |journal, seq| Position { journal, seq };
    let refused = |at| prove(&ledger.journals, &ledger.checkpoints, at).unwrap_err();
    let beyond = refused(at(payment(0), 70_000));
    assert!(matches!(beyond, ProveError::NotSigned { signed: 70_000, .. }));
    assert!(beyond.to_string().contains("run `lookback checkpoint`"), "{beyond}");
    let missing = refused(at(payment(0), 70_001));
    assert!(matches!(missing, ProveError::NoRecord { records: 70_001, .. }), "{missing}");
    let nowhere = refused(at(payment(77), 0));
    let no_journal = ProveError::Checkpoint(CheckpointError::NoJournal(payment(77)));
    assert_eq!(nowhere.to_string(), no_journal.to_string());
}
