//! Signed checkpoints: what each journal last said of itself to others, in a small file of its own.
//!
//! A signature cannot be taken back, so the files are kept apart from the store: a store that was
//! restored from an older copy is found out by them. Not here: giving checkpoints to others, which
//! is [`crate::publish`].
//!
//! Invariants: a journal never signs two roots of one size, nor a smaller size after a larger one;
//! a signature is durable here before anybody else sees it; what is signed was read back and
//! re-hashed.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lookback_events::checkpoint::{Checkpoint, CheckpointError as NoteError, NoteSigner, Verifier};
use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::merkle::Frontier;

use crate::journal::hot::Head;
use crate::journal::{JournalError, Journals};

mod reread;

pub(crate) use reread::{RecordedLeaves, frontier_at};

/// Why a checkpoint could not be read or signed.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system failed.
    #[error("{what} failed at {}", path.display())]
    Io {
        /// Which step.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The file system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file holds no checkpoint that this ledger's key signed for this journal. Put the file
    /// back from a backup, or from where the journal is published.
    #[error(
        "{} is not a checkpoint of {journal} signed with this ledger's key; put it back from a \
         backup or from the place where the journal is published; nothing is signed until then",
        path.display()
    )]
    Foreign {
        /// The journal.
        journal: JournalId,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: NoteError,
    },
    /// The store is older than what was signed: bring the missing records back.
    #[error(
        "{journal} holds {records} records, but {signed} were signed under root {root}: this store \
         is an older copy, or lost its newest records; restore a newer backup; nothing is signed \
         until then"
    )]
    Behind {
        /// The journal.
        journal: JournalId,
        /// How many records it holds.
        records: u64,
        /// How many were signed.
        signed: u64,
        /// The root they were signed under.
        root: Hash,
    },
    /// The store holds other records than were signed: go back to the copy that was signed.
    #[error(
        "the first {size} records of {journal} have root {found}, but root {signed} was signed: \
         this store has another history; restore the copy that was signed (`lookback verify` tells \
         what is damaged); nothing is signed until then"
    )]
    Forked {
        /// The journal.
        journal: JournalId,
        /// How many records were signed.
        size: u64,
        /// The root that was signed.
        signed: Hash,
        /// The root of the store's records.
        found: Hash,
    },
    /// The records read back do not give the root that the journal's head has.
    #[error(
        "the {size} records of {journal} read back have root {found}, but its head has root {head}; \
         run `lookback verify`; nothing is signed until then"
    )]
    Unlike {
        /// The journal.
        journal: JournalId,
        /// How many records.
        size: u64,
        /// The root of the head.
        head: Hash,
        /// The root of what was read back.
        found: Hash,
    },
    /// The ledger has no such journal.
    #[error("the ledger has no journal {0}")]
    NoJournal(JournalId),
    /// The journal could not be read, or is damaged.
    #[error("the journal could not be read")]
    Journal(#[from] JournalError),
}

impl CheckpointError {
    fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

/// A checkpoint with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// The journal.
    pub journal: JournalId,
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The signed note, verbatim.
    pub note: String,
}

/// A checkpoint that was just signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// How many records the checkpoint before it covers; 0 for the first.
    pub before: u64,
    /// The new one.
    pub signed: SignedCheckpoint,
}

/// A journal that agrees with its last signed checkpoint.
struct Standing {
    /// Where the journal stands.
    head: Head,
    /// The tree over what was signed.
    signed: Frontier,
}

/// The signed checkpoints of one ledger.
#[derive(Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    /// By order of the journals.
    signers: Vec<(JournalId, NoteSigner)>,
    /// In the same order: the keys that signatures are checked with.
    verifiers: Vec<Verifier>,
    /// Held while signing, so that two threads never sign one size twice.
    signing: Mutex<()>,
}

impl Checkpoints {
    /// The checkpoints that lie in `folder` (`<ledger>/checkpoints`), signed with the Ed25519 `seed`
    /// under the names `<ledger origin>/<journal>`. Nothing is read yet.
    pub fn open(
        folder: &Path,
        ledger_origin: &str,
        seed: &[u8; 32],
        journals: &[JournalId],
    ) -> Self {
        let signer = |journal: &JournalId| {
            (*journal, NoteSigner::new(&format!("{ledger_origin}/{journal}"), seed))
        };
        let signers: Vec<_> = journals.iter().map(signer).collect();
        Self {
            folder: folder.to_owned(),
            verifiers: signers.iter().map(|(_, signer)| signer.verifier().clone()).collect(),
            signers,
            signing: Mutex::new(()),
        }
    }

    /// Reads them with the public key (base64) that the ledger says is its own from now on, whichever key
    /// is at hand to sign with. To look only: what the other key would sign, this one does not check.
    ///
    /// # Errors
    /// When that is not a public key.
    pub fn check_with(&mut self, public_key: &str) -> Result<(), NoteError> {
        for verifier in &mut self.verifiers {
            *verifier = Verifier::of(verifier.name(), public_key)?;
        }
        Ok(())
    }

    /// The journals, in the order in which they were given.
    pub fn ids(&self) -> impl Iterator<Item = JournalId> + '_ {
        self.signers.iter().map(|(journal, _)| *journal)
    }

    /// The key with which others check this journal's checkpoints.
    pub fn verifier(&self, journal: JournalId) -> Option<&Verifier> {
        let at = self.signers.iter().position(|(id, _)| *id == journal)?;
        self.verifiers.get(at)
    }

    /// The Ed25519 public key that belongs to the seed, in base64; every journal has the same.
    pub fn public_key(&self) -> Option<String> {
        self.signers.first().map(|(_, signer)| signer.verifier().public_key())
    }

    fn path(&self, journal: JournalId) -> PathBuf {
        self.folder.join(journal.to_string())
    }

    /// What was last signed of a journal; `None` before the first time.
    ///
    /// # Errors
    /// When the file cannot be read or is not a checkpoint signed with this key.
    pub fn last(&self, journal: JournalId) -> Result<Option<Checkpoint>, CheckpointError> {
        Ok(self.last_signed(journal)?.map(|signed| signed.checkpoint))
    }

    /// What was last signed of a journal, with the signed note itself.
    ///
    /// # Errors
    /// When the file cannot be read or is not a checkpoint signed with this key.
    pub fn last_signed(
        &self,
        journal: JournalId,
    ) -> Result<Option<SignedCheckpoint>, CheckpointError> {
        let verifier = self.verifier(journal).ok_or(CheckpointError::NoJournal(journal))?;
        let path = self.path(journal);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CheckpointError::io("reading the checkpoint", &path)(error)),
        };
        let opened = String::from_utf8(bytes)
            .map_err(|_| NoteError::Malformed("it is not text"))
            .and_then(|note| Ok((verifier.open(&note)?, note)));
        match opened {
            Ok((checkpoint, note)) => Ok(Some(SignedCheckpoint { journal, checkpoint, note })),
            Err(source) => Err(CheckpointError::Foreign { journal, path, source }),
        }
    }

    /// Checks that every journal holds at least what was signed of it, under the very root.
    ///
    /// # Errors
    /// When a journal is behind what was signed or has another history, when a checkpoint is not
    /// ours, or when something cannot be read.
    pub fn check(&self, journals: &Journals) -> Result<(), CheckpointError> {
        self.ids().try_for_each(|journal| self.standing(journals, journal).map(drop))
    }

    fn standing(
        &self,
        journals: &Journals,
        journal: JournalId,
    ) -> Result<Standing, CheckpointError> {
        let head = journals.head(journal);
        let Some(last) = self.last(journal)? else {
            return Ok(Standing { head, signed: Frontier::default() });
        };
        if head.next() < last.size {
            return Err(CheckpointError::Behind {
                journal,
                records: head.next(),
                signed: last.size,
                root: last.root,
            });
        }
        let signed = if head.next() == last.size {
            head.tree.clone()
        } else {
            frontier_at(&journals.tree(journal)?, last.size)?
        };
        if signed.root() != last.root {
            return Err(CheckpointError::Forked {
                journal,
                size: last.size,
                signed: last.root,
                found: signed.root(),
            });
        }
        Ok(Standing { head, signed })
    }

    /// Signs every journal that has records which were not signed yet, after reading them back.
    ///
    /// All journals are checked before the first is signed. A journal without new records signs
    /// nothing, an empty one neither.
    ///
    /// # Errors
    /// As [`Checkpoints::check`]; also when a record does not read back as it was recorded, or the
    /// new checkpoint cannot be kept.
    pub fn sign(&self, journals: &Journals) -> Result<Vec<Signed>, CheckpointError> {
        let _alone = self.signing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut standings = Vec::new();
        for (journal, signer) in &self.signers {
            standings.push((*journal, signer, self.standing(journals, *journal)?));
        }
        standings.retain(|(_, _, standing)| standing.head.next() > standing.signed.size());
        let stretches = standings.iter().map(|(journal, _, standing)| {
            (*journal, standing.signed.clone(), standing.head.next())
        });
        let roots = reread::roots(journals, stretches.collect());
        let mut out = Vec::new();
        for ((journal, signer, standing), root) in standings.into_iter().zip(roots) {
            let (before, size) = (standing.signed.size(), standing.head.next());
            let (root, head) = (root?, standing.head.tree.root());
            if root != head {
                return Err(CheckpointError::Unlike { journal, size, head, found: root });
            }
            let note = signer.sign(size, root);
            std::fs::create_dir_all(&self.folder)
                .map_err(CheckpointError::io("making the folder", &self.folder))?;
            let path = self.path(journal);
            replace(&path, note.as_bytes())
                .map_err(CheckpointError::io("keeping the checkpoint", &path))?;
            let checkpoint = Checkpoint { origin: signer.verifier().name().to_owned(), size, root };
            let signed = SignedCheckpoint { journal, checkpoint, note };
            out.push(Signed { before, signed });
        }
        Ok(out)
    }
}

/// Writes a file beside its name, syncs it, names it, and syncs the folder.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("tmp");
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
