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
//! The steps, for one journal: compare what is there, and write again what is gone or was changed →
//! new entries and tiles, each whole under its name → the root over all of it is the signed one →
//! everything durable → the key, the checkpoint →
//! partial tiles that became full are removed. If we crash between any two, the checkpoint in place
//! needs only files that are there, and the next run writes what is missing.

use std::path::{Path, PathBuf};

use lookback_events::checkpoint::{Checkpoint, CheckpointError as NoteError};
use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::merkle::Frontier;

use crate::checkpoints::{
    CheckpointError, Checkpoints, RecordedLeaves, SignedCheckpoint, frontier_at,
};
use crate::journal::read::JournalTree;
use crate::journal::{JournalError, Journals};

mod folder;
mod prove;
mod standing;
mod tiles;

use folder::Folder;
pub use prove::{ProveError, prove};
use standing::{Published, Standing};
use tiles::{Finished, Row, TILE_LEN};

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
         folder, or, if it was only damaged, remove it to have it written again",
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
    /// A published file never changes, this one is not what this journal publishes there, and nothing
    /// says that the folder is this ledger's.
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
    /// How many files were published before, were gone or changed, and are written again.
    pub again: u64,
    /// The first of those.
    pub first_again: Option<PathBuf>,
    /// It was published before, and its checkpoint is gone: nobody knows how many records are new.
    pub lacked_checkpoint: bool,
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
    let published = published_before(&folder, checkpoints, signed, &tree)?;
    let before = published.size;
    folder.is_ours = published.is_ours;
    let vkey = checkpoints.verifier(journal).ok_or(CheckpointError::NoJournal(journal))?;
    let (key, lacks_key) = (format!("{vkey}\n"), folder.text("vkey")?.is_none());
    if lacks_key && before > 0 {
        folder.put_again("vkey", key.as_bytes())?;
    } else {
        folder.put("vkey", key.as_bytes())?;
    }
    let lacked_checkpoint = published.is_ours && before == 0;
    let mut standing = Standing { journals, tree: &tree, signed, published, is_sure: false };
    let found = write_tree(&mut standing, &mut folder, watch)?;
    if found != root {
        return Err(PublishError::Unlike { journal, size, signed: root, found });
    }
    folder.settle()?;
    if before < size {
        // From here on the new checkpoint may be seen: all that it needs is durable.
        folder.replace("checkpoint", signed.note.as_bytes())?;
    }
    folder.remove_partial(before, size)?;
    let Folder { files, bytes, again, first_again, .. } = folder;
    Ok(PublishedJournal {
        journal,
        before,
        size,
        root,
        files,
        bytes,
        again,
        first_again,
        lacked_checkpoint,
    })
}

/// What the folder holds under a checkpoint that is an earlier state of this journal.
fn published_before(
    folder: &Folder,
    checkpoints: &Checkpoints,
    signed: &SignedCheckpoint,
    tree: &JournalTree<'_>,
) -> Result<Published, PublishError> {
    let journal = signed.journal;
    let verifier = checkpoints.verifier(journal).ok_or(CheckpointError::NoJournal(journal))?;
    let vkey = folder.text("vkey")?;
    if vkey.as_ref().is_some_and(|vkey| *vkey != format!("{verifier}\n")) {
        return Err(PublishError::ForeignKey { journal, path: folder.join("vkey") });
    }
    let Some(note) = folder.text("checkpoint")? else {
        let root = Frontier::default().root();
        return Ok(Published { size: 0, root, is_ours: vkey.is_some() });
    };
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
    Ok(Published { size, root, is_ours: true })
}

/// Looks at what was published, and writes entries and tiles from its last full tile up to what was
/// signed; returns the root over it all.
fn write_tree(
    standing: &mut Standing<'_>,
    folder: &mut Folder,
    watch: &mut dyn FnMut(Progress),
) -> Result<Hash, PublishError> {
    let (signed, before) = (standing.signed, standing.published.size);
    let (journal, size) = (signed.journal, signed.checkpoint.size);
    if before == size {
        let tiles = standing.look(size, folder, watch)?;
        let root = tiles.root();
        tiles.finish().try_for_each(|tile| standing.tile(&tile, folder))?;
        return Ok(root);
    }
    let from = before.saturating_sub(before % TILE_LEN);
    let mut tiles = standing.look(from, folder, watch)?;
    let mut leaves = RecordedLeaves::new(standing.tree, journal, size);
    let mut bundle = Vec::new();
    let mut each = |seq: u64, header: &[u8]| -> Result<(), PublishError> {
        let leaf = leaves.checked(seq, header)?;
        push_entry(&mut bundle, journal, seq, header)?;
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
    let read = standing.journals.records(journal, from, size, |seq, header, _| {
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

/// Appends the entry of a record to its bundle.
fn push_entry(
    bundle: &mut Vec<u8>,
    journal: JournalId,
    seq: u64,
    header: &[u8],
) -> Result<(), JournalError> {
    let len = u16::try_from(header.len()).map_err(|_| {
        let what = "its header is longer than a header may be";
        JournalError::damaged(journal, seq, "the stored records", what)
    })?;
    bundle.extend_from_slice(&len.to_be_bytes());
    bundle.extend_from_slice(header);
    Ok(())
}

fn put_tile(folder: &mut Folder, tile: &Finished) -> Result<(), PublishError> {
    let path = Row::Level(tile.level).path(tile.number, tile.hashes.len());
    folder.put(&path, &tile.bytes())
}
