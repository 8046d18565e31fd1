//! `lookback publish`: each journal as a C2SP tlog-tiles log that other people's verifiers read.
//!
//! ```text
//! <journal>/checkpoint  vkey  tile/<L>/<N>[.p/<W>]  tile/entries/<N>[.p/<W>]
//! ```
//!
//! What is published is what was last signed; signing is [`crate::checkpoints`]. Bodies are never
//! published: an entry is a record's header. Derived state: the folder can be thrown away and
//! published again.
//!
//! The steps, for one journal: check what is there → entries and tiles, each whole under its name →
//! the root over what was written is the signed one → everything durable → the key, the checkpoint →
//! partial tiles that became full are removed. If we crash between any two, the checkpoint in place
//! needs only files that are there, and the next run writes what is missing.

use std::path::{Path, PathBuf};

use lookback_events::checkpoint::{Checkpoint, CheckpointError as NoteError};
use lookback_events::hash::Hash;
use lookback_events::id::JournalId;

use crate::checkpoints::{
    CheckpointError, Checkpoints, RecordedLeaves, SignedCheckpoint, frontier_at,
};
use crate::journal::read::JournalTree;
use crate::journal::{JournalError, Journals};

mod folder;
mod prove;
mod tiles;

use folder::Folder;
pub use prove::{ProveError, prove};
use tiles::{Finished, Row, TILE_LEN, Tiles};

/// Why a journal could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
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
    /// The folder holds another log's checkpoint: publish into another folder.
    #[error(
        "{} is not a checkpoint of {journal} signed with this ledger's key; publish into another \
         folder",
        path.display()
    )]
    Foreign {
        /// The journal.
        journal: JournalId,
        /// The checkpoint found.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: NoteError,
    },
    /// The folder holds another key: publish into another folder.
    #[error("{} holds another key than {journal} signs with; publish into another folder", path.display())]
    ForeignKey {
        /// The journal.
        journal: JournalId,
        /// The key found.
        path: PathBuf,
    },
    /// More was published than this ledger has signed: the ledger is an older copy.
    #[error(
        "{published} records of {journal} were published under root {root}, but this ledger has \
         signed {signed}: it is an older copy; restore a newer backup before publishing"
    )]
    Ahead {
        /// The journal.
        journal: JournalId,
        /// How many records were published.
        published: u64,
        /// The root they were published under.
        root: Hash,
        /// How many this ledger has signed.
        signed: u64,
    },
    /// The published history is not this ledger's: both were signed with its key.
    #[error(
        "the first {size} records of {journal} were published under root {published}, but have root \
         {found} here: two histories were signed with one key; keep the folder as it is and find out \
         which ledger wrote it"
    )]
    Forked {
        /// The journal.
        journal: JournalId,
        /// How many records were published.
        size: u64,
        /// The root they were published under.
        published: Hash,
        /// The root they have here.
        found: Hash,
    },
    /// The records read back do not give the signed root.
    #[error(
        "the first {size} records of {journal} have root {found}, but root {signed} was signed; run \
         `lookback verify`"
    )]
    Unlike {
        /// The journal.
        journal: JournalId,
        /// How many records were signed.
        size: u64,
        /// The root that was signed.
        signed: Hash,
        /// The root of what was read back.
        found: Hash,
    },
    /// A published file never changes, and this one is not what this journal publishes there.
    #[error(
        "{} is there and is not what this journal publishes; it was changed, or is of another log; \
         remove it to have it written again, or publish into another folder",
        path.display()
    )]
    Differs {
        /// The file.
        path: PathBuf,
    },
    /// The last signed checkpoint could not be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The journal could not be read, or is damaged.
    #[error("the journal could not be read")]
    Journal(#[from] JournalError),
}

impl PublishError {
    fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

/// What one journal's folder now holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedJournal {
    /// The journal.
    pub journal: JournalId,
    /// How many records were published before.
    pub before: u64,
    /// How many are published now.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// How many files were written.
    pub files: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// How far publishing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The journal at work.
    pub journal: JournalId,
    /// Records that are done, those published before included.
    pub done: u64,
    /// Records that will be published.
    pub total: u64,
}

/// Publishes every journal that was ever signed, up to what was last signed, under `dir`.
///
/// # Errors
/// When `dir` holds something else than an earlier state of these journals, when a record does not
/// read back as it was signed, or when something cannot be read or written. Run again, it goes on.
pub fn publish(
    journals: &Journals,
    checkpoints: &Checkpoints,
    dir: &Path,
) -> Result<Vec<PublishedJournal>, PublishError> {
    publish_watched(journals, checkpoints, dir, &mut |_| {})
}

/// As [`publish`], and tells `watch` every 256 records how far it has come.
///
/// # Errors
/// As [`publish`].
pub fn publish_watched(
    journals: &Journals,
    checkpoints: &Checkpoints,
    dir: &Path,
    watch: &mut dyn FnMut(Progress),
) -> Result<Vec<PublishedJournal>, PublishError> {
    let mut published = Vec::new();
    for journal in checkpoints.ids() {
        if let Some(signed) = checkpoints.last_signed(journal)? {
            published.push(publish_journal(journals, checkpoints, &signed, dir, watch)?);
        }
    }
    Ok(published)
}

fn publish_journal(
    journals: &Journals,
    checkpoints: &Checkpoints,
    signed: &SignedCheckpoint,
    dir: &Path,
    watch: &mut dyn FnMut(Progress),
) -> Result<PublishedJournal, PublishError> {
    let journal = signed.journal;
    let Checkpoint { size, root, .. } = signed.checkpoint;
    let mut folder = Folder::new(dir.join(journal.to_string()));
    let records = journals.head(journal).next();
    if records < size {
        return Err(CheckpointError::Behind { journal, records, signed: size, root }.into());
    }
    let tree = journals.tree(journal)?;
    let before = published_before(&folder, checkpoints, signed, &tree)?;
    let vkey = checkpoints.verifier(journal).ok_or(CheckpointError::NoJournal(journal))?;
    folder.put("vkey", format!("{vkey}\n").as_bytes())?;
    if before < size {
        let found = write_tree(journals, &tree, signed, before, &mut folder, watch)?;
        if found != root {
            return Err(PublishError::Unlike { journal, size, signed: root, found });
        }
    }
    folder.settle()?;
    if before < size {
        // From here on the new checkpoint may be seen: all that it needs is durable.
        folder.replace("checkpoint", signed.note.as_bytes())?;
    }
    folder.remove_partial(before, size)?;
    Ok(PublishedJournal { journal, before, size, root, files: folder.files, bytes: folder.bytes })
}

/// How many records the folder holds under a checkpoint that is an earlier state of this journal.
fn published_before(
    folder: &Folder,
    checkpoints: &Checkpoints,
    signed: &SignedCheckpoint,
    tree: &JournalTree<'_>,
) -> Result<u64, PublishError> {
    let journal = signed.journal;
    let verifier = checkpoints.verifier(journal).ok_or(CheckpointError::NoJournal(journal))?;
    if folder.text("vkey")?.is_some_and(|vkey| vkey != format!("{verifier}\n")) {
        return Err(PublishError::ForeignKey { journal, path: folder.join("vkey") });
    }
    let Some(note) = folder.text("checkpoint")? else { return Ok(0) };
    let published = verifier.open(&note).map_err(|source| PublishError::Foreign {
        journal,
        path: folder.join("checkpoint"),
        source,
    })?;
    let Checkpoint { size, root, .. } = published;
    if size > signed.checkpoint.size {
        let signed = signed.checkpoint.size;
        return Err(PublishError::Ahead { journal, published: size, root, signed });
    }
    let found = frontier_at(tree, size)?.root();
    if found != root {
        return Err(PublishError::Forked { journal, size, published: root, found });
    }
    Ok(size)
}

/// Writes entries and tiles from the last full tile before `before` up to what was signed; returns
/// the root over it all.
fn write_tree(
    journals: &Journals,
    tree: &JournalTree<'_>,
    signed: &SignedCheckpoint,
    before: u64,
    folder: &mut Folder,
    watch: &mut dyn FnMut(Progress),
) -> Result<Hash, PublishError> {
    let journal = signed.journal;
    let size = signed.checkpoint.size;
    let from = before.saturating_sub(before % TILE_LEN);
    let mut leaves = RecordedLeaves::new(tree, journal, size);
    let mut tiles = Tiles::after(tree, from)?;
    let mut bundle = Vec::new();
    let mut each = |seq: u64, header: &[u8]| -> Result<(), PublishError> {
        let leaf = leaves.checked(seq, header)?;
        let len = u16::try_from(header.len()).map_err(|_| {
            let what = "its header is longer than a header may be";
            JournalError::damaged(journal, seq, "the stored records", what)
        })?;
        bundle.extend_from_slice(&len.to_be_bytes());
        bundle.extend_from_slice(header);
        let done = seq.saturating_add(1);
        let width = (seq % TILE_LEN).saturating_add(1);
        if width == TILE_LEN || done == size {
            let width = usize::try_from(width).unwrap_or(0);
            folder.put(&Row::Entries.path(seq / TILE_LEN, width), &bundle)?;
            bundle.clear();
            watch(Progress { journal, done, total: size });
        }
        tiles.push(leaf, |tile| put_tile(folder, tile))
    };
    // `records` knows only errors of the journal, so ours waits here until it has returned.
    let mut failed = None;
    let read = journals.records(journal, from, size, |seq, header, _| {
        if failed.is_none() {
            failed = each(seq, header).err();
        }
        Ok(failed.is_none())
    });
    if let Some(error) = failed {
        return Err(error);
    }
    read?;
    let root = tiles.root();
    tiles.finish().try_for_each(|tile| put_tile(folder, &tile))?;
    Ok(root)
}

fn put_tile(folder: &mut Folder, tile: &Finished) -> Result<(), PublishError> {
    let path = Row::Level(tile.level).path(tile.number, tile.hashes.len());
    folder.put(&path, &tile.bytes())
}
