//! A ledger: its folder, its lock, its keys, journals and rows, as one thing that can be opened.
//!
//! Not here: what a command decides (decide), and how a file becomes events (ingest).
//!
//! # Start is verification
//!
//! Opening re-hashes the newest records, compares every journal with its last signed checkpoint, and
//! folds the records that the rows have not seen. A store that is behind what was signed is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lookback_events::body::{BodyError, BodyWriter, UnitKey};
use lookback_events::event::control::{LedgerChoices, VolumeSealed};
use lookback_events::event::{Control, Event, EventError};
use lookback_events::id::{ActorId, JournalId, UnitId};
use lookback_events::record::{Header, Streams, leaf_hash};
use lookback_events::time::Timestamp;
use lookback_projections::rows::{Rows, RowsError};
use lookback_projections::{Projections, Record};

use crate::checkpoints::{CheckpointError, Checkpoints, Signed};
use crate::config::{Config, ConfigError};
use crate::journal::commit::{Body, Commit, Draft, Placed, Writer, Written};
use crate::journal::sled::DatabaseError;
use crate::journal::{JournalError, Journals, Position, Stored};
use crate::keys::{KeyError, Keys, read_secret};
use crate::rows::{RowStore, SAVE_ROWS};

pub mod audit;
mod clock;
pub mod create;
pub mod hold;

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
    /// Started by the first write.
    writer: Option<Writer>,
    clock: clock::Clock,
    _hold: Hold,
}

impl Ledger {
    /// Opens the ledger in `folder` for `command`, which is named to others who want it.
    ///
    /// # Errors
    /// When it is not a ledger, is held by another process, is damaged, or is behind what it signed.
    pub fn open(folder: &Path, command: &str) -> Result<Self, LedgerError> {
        let config = Config::read(folder)?;
        let hold = Hold::take(folder, command)?;
        Self::open_held(folder, config, hold)
    }

    fn open_held(folder: &Path, config: Config, hold: Hold) -> Result<Self, LedgerError> {
        let master = folder.join(&config.keys.master);
        let master = read_secret("master key", "LOOKBACK_MASTER_KEY", &master)?;
        let signing = folder.join(&config.keys.signing);
        let signing = read_secret("signing key", "LOOKBACK_SIGNING_KEY", &signing)?;
        let keys = Arc::new(Keys::load(&folder.join("keys/units"), &master)?);
        let journals = Journals::open(folder, config.ledger.journals, config.settings())?;
        journals.verify_tail()?;
        let journals = Arc::new(journals);
        let ids = journals.ids();
        let origin = &config.ledger.origin;
        let checkpoints = Checkpoints::open(&folder.join("checkpoints"), origin, &signing, &ids);
        checkpoints.check(&journals)?;
        let cache = config.store.rows_cache_mib.saturating_mul(1024 * 1024);
        let rows = open_rows(&folder.join("rows"), ids.len(), cache)?;
        let applied = rows.saved().to_vec();
        let choices = LedgerChoices {
            contract_year_start: lookback_events::time::MonthDay::FIRST_OF_JANUARY,
            created: Timestamp::from_micros(0),
            fiscal_year_end: None,
            journals: config.ledger.journals,
            origin: config.ledger.origin.clone(),
            time_zone: "UTC".to_owned(),
            usage: lookback_events::event::control::Usage::Production,
        };
        let mut ledger = Self {
            folder: folder.to_owned(),
            config,
            choices,
            keys,
            journals,
            rows,
            applied,
            checkpoints,
            writer: None,
            clock: clock::Clock::Checked,
            _hold: hold,
        };
        if ledger.journals.head(JournalId::CONTROL).next() > 0 {
            ledger.read_choices()?;
            ledger.catch_up()?;
        }
        Ok(ledger)
    }

    /// What the first record says, compared with what the configuration repeats of it.
    fn read_choices(&mut self) -> Result<(), LedgerError> {
        let at = Position { journal: JournalId::CONTROL, seq: 0 };
        let opened = self.opened(at)?;
        let event = opened.event()?;
        let Event::Control(Control::LedgerCreated(created)) = event else {
            return Err(
                JournalError::damaged(at.journal, 0, "hot store", "not LedgerCreated").into()
            );
        };
        let (said, config) = (&created.ledger, &self.config.ledger);
        for (what, expected, found) in [
            ("origin", said.origin.clone(), config.origin.clone()),
            ("journals", said.journals.to_string(), config.journals.to_string()),
        ] {
            if expected != found {
                return Err(LedgerError::OtherLedger { what, expected, found });
            }
        }
        self.choices = created.ledger.clone();
        Ok(())
    }

    /// Folds the records that the rows have not seen.
    fn catch_up(&mut self) -> Result<(), LedgerError> {
        for journal in self.journals.ids() {
            self.fold_from_journal(journal)?;
        }
        if self.applied != self.rows.saved() {
            self.rows.save(&self.applied)?;
        }
        Ok(())
    }

    /// Throws the rows away and folds every record again; gives how many there were.
    ///
    /// # Errors
    /// When a record cannot be read or the rows not be written.
    pub fn rebuild(&mut self) -> Result<u64, LedgerError> {
        self.flush()?;
        self.rows.clear()?;
        self.applied.iter_mut().for_each(|n| *n = 0);
        self.catch_up()?;
        self.rows.finish_saving()?;
        Ok(self.applied.iter().copied().fold(0, u64::saturating_add))
    }

    fn fold_from_journal(&mut self, journal: JournalId) -> Result<(), LedgerError> {
        const CHUNK: u64 = 8_192;
        let slot = usize::from(journal.index());
        loop {
            let from = self.applied.get(slot).copied().unwrap_or(0);
            let end = self.journals.head(journal).next();
            if from >= end {
                return Ok(());
            }
            let upto = end.min(from.saturating_add(CHUNK));
            let journals = Arc::clone(&self.journals);
            let (keys, rows) = (&self.keys, &mut self.rows);
            each_opened(&journals, keys, journal, from, upto, |at, header, body| {
                fold(rows, at, header, body)?;
                Ok(true)
            })?;
            if let Some(applied) = self.applied.get_mut(slot) {
                *applied = upto;
            }
            if self.rows.waiting() >= SAVE_ROWS {
                self.rows.save(&self.applied)?;
            }
        }
    }

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

    /// The records at a position, opened.
    ///
    /// # Errors
    /// When the record cannot be read or its body not be opened.
    pub fn opened(&self, at: Position) -> Result<Opened, LedgerError> {
        let Stored { header, sealed } = self.journals.record(at)?;
        let mut body = Vec::new();
        if open_into(&self.keys, at, &header, &sealed, &mut body)?.is_none() {
            return Err(LedgerError::Sealed { at, why: "its key has been destroyed" });
        }
        Ok(Opened { at, header, body })
    }

    /// Calls `each` with the opened records of a journal from `from` to before `to`, until it
    /// returns false; records that were disposed of are passed over.
    ///
    /// # Errors
    /// When one cannot be read or opened, or `each` says so.
    pub fn each_opened(
        &self,
        journal: JournalId,
        from: u64,
        to: u64,
        each: impl FnMut(Position, &Header<'_>, &[u8]) -> Result<bool, LedgerError>,
    ) -> Result<(), LedgerError> {
        each_opened(&self.journals, &self.keys, journal, from, to, each)
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
        let actor = actor.clone();
        let commit = Commit { journal, actor, drafts, weight, announces: None };
        let placed = self.writer()?.submit(commit)?;
        for (seq, fact) in (placed.first..).zip(&facts) {
            let event = fact.event();
            let record = Record { journal, seq, recorded_at: placed.recorded_at, event: &event };
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

    /// Leaves the ledger as a new start wants to find it: rows saved, volumes that are due made,
    /// checkpoints signed.
    ///
    /// # Errors
    /// When the rows could not be saved, or the store does not read back as what was recorded.
    pub fn close(&mut self) -> Result<(), LedgerError> {
        self.save_rows()?;
        // The rows go to disk meanwhile.
        let signed = self.sign();
        self.rows.finish_saving()?;
        signed.map(|_| ())
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

/// Opens the rows. They are derived: when they are damaged they are made again.
fn open_rows(folder: &Path, journals: usize, cache_bytes: u64) -> Result<RowStore, LedgerError> {
    let open = || RowStore::open(folder, journals, Projections::VERSION, cache_bytes);
    match open() {
        Err(DatabaseError::Damaged { .. }) => {
            std::fs::remove_dir_all(folder).map_err(|source| LedgerError::Io {
                what: "removing the damaged rows",
                path: folder.to_owned(),
                source,
            })?;
            Ok(open()?)
        }
        opened => Ok(opened?),
    }
}

/// Reads records in order, opens them, and hands those whose key still exists to `each`.
fn each_opened(
    journals: &Journals,
    keys: &Keys,
    journal: JournalId,
    from: u64,
    to: u64,
    mut each: impl FnMut(Position, &Header<'_>, &[u8]) -> Result<bool, LedgerError>,
) -> Result<(), LedgerError> {
    let mut failed = None;
    let mut body = Vec::new();
    journals.records(journal, from, to, |seq, header, sealed| {
        let at = Position { journal, seq };
        let step = open_into(keys, at, header, sealed, &mut body).and_then(|opened| match opened {
            Some(header) => each(at, &header, &body),
            None => Ok(true),
        });
        match step {
            Ok(on) => Ok(on),
            Err(error) => {
                failed = Some(error);
                Ok(false)
            }
        }
    })?;
    failed.map_or(Ok(()), Err)
}

/// Folds one opened record into the rows.
///
/// # Errors
/// When its event cannot be read, or the rows fail.
pub fn fold(
    rows: &mut dyn Rows,
    at: Position,
    header: &Header<'_>,
    body: &[u8],
) -> Result<(), LedgerError> {
    let event =
        Event::decode(header.event, body).map_err(|source| LedgerError::Event { at, source })?;
    let record =
        Record { journal: at.journal, seq: at.seq, recorded_at: header.recorded_at, event: &event };
    Ok(Projections::apply(rows, &record)?)
}

/// Opens a sealed body into `body`; `None` where its key has been destroyed.
fn open_into<'a>(
    keys: &Keys,
    at: Position,
    header: &'a [u8],
    sealed: &[u8],
    body: &mut Vec<u8>,
) -> Result<Option<Header<'a>>, LedgerError> {
    let decoded = Header::decode(header)
        .map_err(|error| JournalError::damaged(at.journal, at.seq, "store", error.to_string()))?;
    let Some(key) = keys.by_id(decoded.key) else { return Ok(None) };
    key.open(&leaf_hash(header), sealed, body)
        .map_err(|_| LedgerError::Sealed { at, why: "it is not what was sealed there" })?;
    Ok(Some(decoded))
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
