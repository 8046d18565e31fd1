//! A ledger: its folder, its lock, its keys, journals and rows, as one thing that can be opened.
//!
//! Not here: what a command decides (decide), and how a file becomes events (ingest).
//!
//! # Start is verification
//!
//! Opening re-hashes the newest records, compares every journal with its last signed checkpoint, and
//! folds the records that the rows have not seen. A store that is behind what was signed is refused,
//! but to those who only read, who are told ([`Ledger::open_to_read`]).
//!
//! # A damaged record
//!
//! One record that cannot be read locks nobody out. Rows that have folded it stay right and stay in
//! use; rows that must be made again are made without it and say so until `rebuild` has read every
//! record; an answer that needs the record itself is an error that names it. `verify` names it each
//! time, and `rebuild` refuses to make rows that would lack it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lookback_events::body::{BodyError, BodyWriter, UnitKey};
use lookback_events::event::control::{LedgerChoices, VolumeSealed};
use lookback_events::event::{Event, EventError};
use lookback_events::id::{ActorId, JournalId, KeyId, UnitId};
use lookback_events::record::{Header, Streams};
use lookback_projections::rows::RowsError;
use lookback_projections::windows::RulebookError;
use lookback_projections::{Projections, Record};

use crate::checkpoints::{CheckpointError, Checkpoints, Signed};
use crate::config::{Config, ConfigError};
use crate::journal::commit::{Body, Commit, Draft, Placed, Writer, Written};
use crate::journal::sled::DatabaseError;
use crate::journal::{JournalError, Journals, Position};
use crate::keys::{KeyError, Keys};
use crate::rows::{RowStore, SAVE_ROWS};

mod anew;
pub mod audit;
mod clock;
mod closing;
pub mod create;
pub mod examine;
mod folding;
pub mod hold;
mod opening;

pub use folding::fold;
use hold::{Hold, HoldError};

/// Why a ledger cannot be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process has it.
    #[error(transparent)]
    Held(#[from] HoldError),
    /// Its configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// A journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The rows' database failed; `lookback rebuild` makes the rows again.
    #[error("the rows cannot be used")]
    Database(#[from] DatabaseError),
    /// A row is not what was written.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The policies that were adopted cannot be used.
    #[error("the adopted policies cannot be used")]
    Policies(#[source] Box<RulebookError>),
    /// A record's event cannot be read.
    #[error("the event at {at} cannot be read")]
    Event {
        /// The record.
        at: Position,
        /// What was wrong.
        #[source]
        source: EventError,
    },
    /// A sealed body does not open, or its key is gone.
    #[error("the body of {at} cannot be opened: {why}")]
    Sealed {
        /// The record.
        at: Position,
        /// Why not.
        why: &'static str,
    },
    /// A record's key is not kept: put `keys/units` back from a backup.
    #[error(
        "the record {at} cannot be opened, because its key {key} is not in keys/units: put that \
         file back from a backup"
    )]
    KeyMissing {
        /// The record.
        at: Position,
        /// The key that its header names.
        key: KeyId,
    },
    /// The control journal is empty: the store is lost, or `init` did not come to its end.
    #[error(
        "the ledger's first record is not there: either the hot store is lost, and a backup must be \
         restored, or lookback init did not come to its end"
    )]
    NoFirstRecord,
    /// Somebody comes with another signing key than the ledger was created with.
    #[error(
        "the signing key is not this ledger's: the first record names the public key {expected}, \
         the key given has {found}; put keys/signing.key back, or set LOOKBACK_SIGNING_KEY right"
    )]
    OtherSigningKey {
        /// The public key in the first record.
        expected: String,
        /// The public key of the one given.
        found: String,
    },
    /// The configuration says something else than the ledger's first record.
    #[error("lookback.toml says {what} is {found}, the ledger was created with {expected}")]
    OtherLedger {
        /// Which setting.
        what: &'static str,
        /// What the record says.
        expected: String,
        /// What the file says.
        found: String,
    },
    /// The store holds fewer records than the rows were folded from.
    #[error(
        "{journal} holds {records} records, but the rows were folded from {folded}: this store lost \
         its newest records; restore a backup; nothing is added until then (to go on without them, \
         remove the folder rows)"
    )]
    BehindRows {
        /// The journal.
        journal: JournalId,
        /// How many records it holds.
        records: u64,
        /// How many the rows were folded from.
        folded: u64,
    },
    /// The store does not fit what was signed.
    #[error(transparent)]
    Checkpoints(#[from] CheckpointError),
    /// A file of the ledger cannot be made.
    #[error("{what} failed at {path}")]
    Io {
        /// Which step.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The file system's error.
        #[source]
        source: std::io::Error,
    },
    /// `init` was given a folder with something in it.
    #[error("{path} is not empty; a ledger begins in a folder of its own")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Something `init` was told cannot be.
    #[error("{0}")]
    Choice(String),
}

impl From<RulebookError> for LedgerError {
    fn from(error: RulebookError) -> Self {
        Self::Policies(Box::new(error))
    }
}

/// A record, opened: its header's bytes and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Where it is.
    pub at: Position,
    /// The header as stored.
    pub header: Vec<u8>,
    /// The body as hashed.
    pub body: Vec<u8>,
}

/// An event on its way into a journal: what is stored, and what the rows make of it.
pub trait Fact: Send + Sync {
    /// Name and version.
    fn name(&self) -> &'static str;
    /// Writes the body behind those that `out` holds.
    ///
    /// # Errors
    /// When it is not a body, or too long for one.
    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError>;
    /// The event as projections read it. It may leave out what no projection reads.
    fn event(&self) -> Event<'_>;
}

/// A fact with its streams and the key of its unit.
pub struct Entry {
    /// The fact; shared, because it is folded here and written elsewhere.
    pub fact: Arc<dyn Fact>,
    /// The streams it belongs to.
    pub streams: Streams,
    /// Its unit's key.
    pub key: Arc<UnitKey>,
}

/// Lets a fact be the body of a draft.
struct FactBody(Arc<dyn Fact>);

impl Body for FactBody {
    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        self.0.write(out)
    }
}

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    config: Config,
    choices: LedgerChoices,
    keys: Arc<Keys>,
    journals: Arc<Journals>,
    rows: RowStore,
    /// By index of the journal: how many records have been folded.
    applied: Vec<u64>,
    checkpoints: Checkpoints,
    /// False where it only reads and the signing key is missing.
    signs: bool,
    /// Started by the first write.
    writer: Option<Writer>,
    clock: clock::Clock,
    /// What reading can live with and writing could not.
    doubts: Vec<String>,
    /// Why its rows had to be made again when it was opened.
    damaged_rows: Option<String>,
    hold: Hold,
}

impl Ledger {
    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was fixed when it was created.
    pub const fn choices(&self) -> &LedgerChoices {
        &self.choices
    }

    /// Its keys.
    pub const fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Its journals.
    pub const fn journals(&self) -> &Arc<Journals> {
        &self.journals
    }

    /// Its rows, as they follow from everything submitted.
    pub const fn rows(&self) -> &RowStore {
        &self.rows
    }

    /// What is wrong with it that reading can live with, in words: answers may lack something.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts = self.doubts.clone();
        doubts.extend(self.rows.unread().words());
        doubts
    }

    /// What was wrong with its rows when it was opened, where they had to be made again.
    pub fn damaged_rows(&self) -> Option<&str> {
        self.damaged_rows.as_deref()
    }

    /// The writer; the first call starts its threads.
    fn writer(&mut self) -> Result<&Writer, LedgerError> {
        if self.writer.is_none() {
            let keys = Arc::clone(&self.keys);
            let before_write =
                move || keys.sync().map_err(|error| JournalError::Poisoned(error_chain(&error)));
            let key = self.keys.of_unit(&UnitId::ledger())?;
            let streams = self.streams(&["ledger"])?;
            let announce = move |sealed: VolumeSealed| Draft {
                event: VolumeSealed::EVENT,
                body: Box::new(sealed),
                streams,
                key: Arc::clone(&key),
            };
            let writer = Writer::start(
                Arc::clone(&self.journals),
                Box::new(before_write),
                crate::now::now,
                Box::new(announce),
            )?;
            self.writer = Some(writer);
        }
        self.writer.as_ref().ok_or(LedgerError::Choice("no writer".to_owned()))
    }

    /// The ids of named streams, as a header holds them.
    ///
    /// # Errors
    /// Without names, or with more than eight.
    pub fn streams(&self, names: &[&str]) -> Result<Streams, LedgerError> {
        let ids: Vec<_> = names.iter().map(|name| self.keys.stream().id(name)).collect();
        Streams::new(&ids)
            .ok_or_else(|| LedgerError::Choice("a record has 1 to 8 streams".to_owned()))
    }

    /// Appends facts to a journal as one commit and folds them at once. Durable when
    /// [`Ledger::flush`] has returned.
    ///
    /// # Errors
    /// When writing has failed before, the clock cannot be believed, or the rows fail.
    pub fn submit(
        &mut self,
        journal: JournalId,
        actor: &ActorId,
        entries: Vec<Entry>,
        weight: usize,
    ) -> Result<Placed, LedgerError> {
        self.record_clock(actor)?;
        let facts: Vec<Arc<dyn Fact>> = entries.iter().map(|e| Arc::clone(&e.fact)).collect();
        let drafts = entries.into_iter().map(|entry| Draft {
            event: entry.fact.name(),
            body: Box::new(FactBody(entry.fact)),
            streams: entry.streams,
            key: entry.key,
        });
        let drafts = drafts.collect();
        let commit = Commit { journal, actor: actor.clone(), drafts, weight, announces: None };
        let placed = self.writer()?.submit(commit)?;
        for (seq, fact) in (placed.first..).zip(&facts) {
            let event = fact.event();
            let record = Record {
                journal,
                seq,
                recorded_at: placed.recorded_at,
                control: if journal.is_control() { seq } else { placed.control },
                actor: actor.as_str(),
                event: &event,
            };
            Projections::apply(&mut self.rows, &record)?;
        }
        let count = u64::try_from(facts.len()).unwrap_or(0);
        if let Some(applied) = self.applied.get_mut(usize::from(journal.index())) {
            *applied = placed.first.saturating_add(count);
        }
        if self.rows.waiting() >= SAVE_ROWS && !self.rows.is_saving() {
            self.save_rows()?;
        }
        Ok(placed)
    }

    /// Begins to save the rows: what they were folded from must be durable first.
    fn save_rows(&mut self) -> Result<(), LedgerError> {
        self.flush()?;
        Ok(self.rows.save(&self.applied)?)
    }

    /// Saves the rows and waits until they are on disk.
    ///
    /// # Errors
    /// When they could not be saved.
    pub fn finish_rows(&mut self) -> Result<(), LedgerError> {
        self.save_rows()?;
        Ok(self.rows.finish_saving()?)
    }

    /// What this process has made durable.
    pub fn written(&self) -> Written {
        self.writer.as_ref().map_or_else(Written::default, Writer::written)
    }

    /// Its signed checkpoints.
    pub const fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    /// Signs a checkpoint of every journal that has grown, when all that is due is in volumes.
    ///
    /// # Errors
    /// When the store does not read back as what was recorded.
    pub fn sign(&mut self) -> Result<Vec<Signed>, LedgerError> {
        if !self.signs {
            let (what, variable) = ("signing key", "LOOKBACK_SIGNING_KEY");
            let path = self.folder.join(&self.config.keys.signing);
            return Err(KeyError::Missing { what, path, variable }.into());
        }
        if let Some(writer) = &self.writer {
            writer.settle()?;
        }
        Ok(self.checkpoints.sign(&self.journals)?)
    }

    /// True when the commit of this ticket is durable.
    pub fn is_durable(&self, ticket: u64) -> bool {
        self.writer.as_ref().is_none_or(|writer| writer.is_durable(ticket))
    }

    /// Waits until everything submitted is durable.
    ///
    /// # Errors
    /// When it could not be made so.
    pub fn flush(&mut self) -> Result<(), LedgerError> {
        match &self.writer {
            Some(writer) => Ok(writer.flush()?),
            None => Ok(()),
        }
    }
}

/// An event in the place that its header names.
pub(crate) fn placed<'a>(at: Position, header: &Header<'a>, event: &'a Event<'a>) -> Record<'a> {
    Record {
        journal: at.journal,
        seq: at.seq,
        recorded_at: header.recorded_at,
        control: header.control,
        actor: header.actor,
        event,
    }
}

/// An error with its causes, in one line.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

impl Opened {
    /// The event that the body holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn event(&self) -> Result<Event<'_>, LedgerError> {
        let name = self.header()?.event;
        Event::decode(name, &self.body).map_err(|source| LedgerError::Event { at: self.at, source })
    }

    /// The record as projections see it.
    ///
    /// # Errors
    /// When the bytes are not a header.
    pub fn record<'a>(&'a self, event: &'a Event<'a>) -> Result<Record<'a>, LedgerError> {
        Ok(placed(self.at, &self.header()?, event))
    }

    /// The header's members.
    ///
    /// # Errors
    /// When the bytes are not a header.
    pub fn header(&self) -> Result<Header<'_>, LedgerError> {
        let at = self.at;
        Ok(Header::decode(&self.header).map_err(|error| {
            JournalError::damaged(at.journal, at.seq, "store", error.to_string())
        })?)
    }
}
