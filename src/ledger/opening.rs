//! Opening a ledger: what must fit together before anything is written, and what reading can live
//! with.
//!
//! Whoever wants to write is refused where anything is in doubt. Whoever only asks is answered from
//! what is there, and told what it may lack: a store behind what was signed, a checkpoint that is
//! not one, newest records that do not hold, keys that are gone.

use std::path::Path;
use std::sync::Arc;

use lookback_events::event::control::{LedgerChoices, Usage};
use lookback_events::event::{Control, Event};
use lookback_events::id::JournalId;
use lookback_events::record::Header;
use lookback_events::time::{MonthDay, Timestamp};
use lookback_projections::Projections;

use super::anew::{Unreadable, fold_new};
use super::hold::Hold;
use super::{Config, Ledger, LedgerError, clock, error_chain};
use crate::checkpoints::{CheckpointError, Checkpoints};
use crate::journal::hot;
use crate::journal::sled::DatabaseError;
use crate::journal::{JournalError, Journals, Position};
use crate::keys::{KeyError, Keys, read_secret};
use crate::rows::RowStore;

/// Newest records of each journal whose keys are looked for: as many as are re-hashed.
const TAIL: u64 = 64;

/// What a ledger is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To append, sign or vouch: everything must fit.
    Write,
    /// To answer questions from what is there.
    Read,
}

impl Ledger {
    /// Opens the ledger in `folder` for `command`, which is named to others who want it.
    ///
    /// # Errors
    /// When it is not a ledger, is held by another process, is damaged, or is behind what it signed.
    pub fn open(folder: &Path, command: &str) -> Result<Self, LedgerError> {
        Self::open_for(folder, command, Purpose::Write)
    }

    /// Opens the ledger to ask it something: a store that is behind what was signed, that lacks volumes,
    /// or whose newest records are damaged, still answers, and [`Ledger::doubts`] says what its answers may lack.
    ///
    /// # Errors
    /// As [`Ledger::open`], but for what is a doubt.
    pub fn open_to_read(folder: &Path, command: &str) -> Result<Self, LedgerError> {
        Self::open_for(folder, command, Purpose::Read)
    }

    fn open_for(folder: &Path, command: &str, purpose: Purpose) -> Result<Self, LedgerError> {
        let config = Config::read(folder)?;
        let hold = Hold::take(folder, command)?;
        there(folder)?;
        let mut ledger = Self::assembled(folder, config, hold, purpose)?;
        match ledger.read_choices() {
            // Answers need no more of it than the time zone.
            Err(
                error @ (LedgerError::Journal(JournalError::Damaged(_))
                | LedgerError::NoFirstRecord
                | LedgerError::Checkpoints(CheckpointError::Behind { .. })
                | LedgerError::Sealed { .. }),
            ) if purpose == Purpose::Read && ledger.holds_payments() => {
                let lacks = "what the ledger was created with cannot be read: its moment, usage, years \
                             and time zone are not as shown, and days are of UTC";
                ledger.doubts.push(format!("{lacks}: {}", error_chain(&error)));
            }
            read => read?,
        }
        let tail = ledger.check_tail();
        ledger.unless_reading(purpose, tail)?;
        let signed = ledger.checkpoints.check(&ledger.journals);
        ledger.unless_reading(purpose, signed.map_err(LedgerError::from))?;
        ledger.doubt_unsigned();
        let rows = ledger.check_rows();
        ledger.unless_reading(purpose, rows)?;
        let keys = ledger.check_keys();
        ledger.unless_reading(purpose, keys)?;
        ledger.catch_up()?;
        Ok(ledger)
    }

    /// The parts of a ledger, each opened, not yet compared with each other.
    pub(super) fn assembled(
        folder: &Path,
        config: Config,
        hold: Hold,
        purpose: Purpose,
    ) -> Result<Self, LedgerError> {
        let master = folder.join(&config.keys.master);
        let master = read_secret("master key", "LOOKBACK_MASTER_KEY", &master)?;
        let signing = folder.join(&config.keys.signing);
        let (signing, no_signing_key) =
            match read_secret("signing key", "LOOKBACK_SIGNING_KEY", &signing) {
                // Nothing is signed when one only reads, and signatures have a public key.
                Err(error @ KeyError::Missing { .. }) if purpose == Purpose::Read => {
                    ([0; 32], Some(error_chain(&error)))
                }
                signing => (signing?, None),
            };
        let keys = Arc::new(Keys::load(&folder.join("keys/units"), &master)?);
        let (payment, settings) = (config.ledger.journals, config.settings());
        let (journals, odd) = match purpose {
            Purpose::Write => (Journals::open(folder, payment, settings)?, Vec::new()),
            Purpose::Read => Journals::open_to_read(folder, payment, settings)?,
        };
        let journals = Arc::new(journals);
        let ids = journals.ids();
        let origin = &config.ledger.origin;
        let checkpoints = Checkpoints::open(&folder.join("checkpoints"), origin, &signing, &ids);
        let cache = config.store.rows_cache_mib.saturating_mul(1024 * 1024);
        let (rows, damaged_rows) = open_rows(&folder.join("rows"), ids.len(), cache)?;
        let applied = rows.saved().to_vec();
        let choices = LedgerChoices {
            contract_year_start: MonthDay::FIRST_OF_JANUARY,
            created: Timestamp::from_micros(0),
            fiscal_year_end: None,
            journals: config.ledger.journals,
            origin: config.ledger.origin.clone(),
            signing_key: None,
            time_zone: "UTC".to_owned(),
            usage: Usage::Production,
        };
        let odd = odd.iter().map(|error| error_chain(error));
        let anew = damaged_rows.as_ref().map(|why| {
            format!("the rows were damaged, and were made again from the journals: {why}")
        });
        Ok(Self {
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
            signs: no_signing_key.is_none(),
            doubts: odd.chain(no_signing_key).chain(anew).collect(),
            damaged_rows,
            hold,
        })
    }

    /// Doubts what has no signed checkpoint at all: nobody can say what was signed before.
    fn doubt_unsigned(&mut self) {
        let ids = self.journals.ids();
        let is_signed = |id: &JournalId| !matches!(self.checkpoints.last(*id), Ok(None));
        let records = ids.iter().map(|id| self.journals.head(*id).next());
        // A crash at the creation leaves the first record unsigned.
        if records.fold(0, u64::saturating_add) > 1 && !ids.iter().any(is_signed) {
            self.doubts.push(
                "no signed checkpoint is in checkpoints/, though each ledger signs one when it is made: \
                 put that folder back before anything is signed, or less may be signed than was before"
                    .to_owned(),
            );
        }
    }

    /// True where a payment journal has records.
    fn holds_payments(&self) -> bool {
        let payment = |journal: &JournalId| !journal.is_control();
        self.journals
            .ids()
            .iter()
            .filter(|id| payment(id))
            .any(|id| self.journals.head(*id).next() > 0)
    }

    /// A doubt, where it is only to be read; else the error.
    fn unless_reading(
        &mut self,
        purpose: Purpose,
        outcome: Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        match outcome {
            Err(error) if purpose == Purpose::Read && is_doubt(&error) => {
                let doubt = error_chain(&error);
                if !self.doubts.contains(&doubt) {
                    self.doubts.push(doubt);
                }
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// What the first record says, compared with what the configuration repeats of it and with the
    /// signing key at hand.
    fn read_choices(&mut self) -> Result<(), LedgerError> {
        if self.journals.head(JournalId::CONTROL).next() == 0 {
            // Records that were signed and are not there are the clearer reason.
            self.checkpoints.check(&self.journals)?;
            return Err(LedgerError::NoFirstRecord);
        }
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
        if let (Some(key), false) = (&said.signing_key, self.signs) {
            // It reads only, and lacks the secret key.
            self.checkpoints.check_with(key).map_err(|error| {
                JournalError::damaged(at.journal, 0, "first record", error_chain(&error))
            })?;
        } else if let (Some(expected), Some(found)) =
            (&said.signing_key, self.checkpoints.public_key())
            && *expected != found
        {
            return Err(LedgerError::OtherSigningKey { expected: expected.clone(), found });
        }
        self.choices = created.ledger.clone();
        Ok(())
    }

    /// Re-hashes the newest records.
    fn check_tail(&self) -> Result<(), LedgerError> {
        Ok(self.journals.verify_tail()?)
    }

    /// Rows are saved only of what is durable: rows of more records than are there say that the store
    /// lost some, also where nothing was signed. They stay as they are, because they say it.
    fn check_rows(&self) -> Result<(), LedgerError> {
        for (journal, folded) in self.journals.ids().into_iter().zip(self.rows.saved()) {
            let records = self.journals.head(journal).next();
            if *folded > records {
                return Err(LedgerError::BehindRows { journal, records, folded: *folded });
            }
        }
        Ok(())
    }

    /// Looks for the keys that the newest records name: a key file that lost its end lost theirs.
    fn check_keys(&self) -> Result<(), LedgerError> {
        for journal in self.journals.ids() {
            let end = self.journals.head(journal).next();
            let mut missing = None;
            self.journals.records(journal, end.saturating_sub(TAIL), end, |seq, header, _| {
                let at = Position { journal, seq };
                let key = Header::decode(header).map(|header| header.key).ok();
                missing = key.filter(|key| self.keys.by_id(*key).is_none()).map(|key| (at, key));
                Ok(missing.is_none())
            })?;
            if let Some((at, key)) = missing {
                return Err(LedgerError::KeyMissing { at, key });
            }
        }
        Ok(())
    }

    /// Folds the records that the rows have not seen. One that cannot be read is left out and noted:
    /// a damaged record, or rows of an older version, must not lock everybody out.
    fn catch_up(&mut self) -> Result<(), LedgerError> {
        let Self { journals, keys, rows, applied, .. } = self;
        fold_new(journals, keys, rows, applied, Unreadable::LeaveOut)?;
        if self.applied != self.rows.saved() {
            self.rows.save(&self.applied)?;
        }
        Ok(())
    }
}

/// What the answers of one who only reads may lack, where it is not in the way of every answer.
fn is_doubt(error: &LedgerError) -> bool {
    matches!(
        error,
        LedgerError::Checkpoints(
            CheckpointError::Behind { .. }
                | CheckpointError::Foreign { .. }
                | CheckpointError::Journal(JournalError::Damaged(_))
        ) | LedgerError::Journal(JournalError::Damaged(_))
            | LedgerError::KeyMissing { .. }
            | LedgerError::BehindRows { .. }
    )
}

/// A ledger that was created has a hot store; opening one must not make another.
fn there(folder: &Path) -> Result<(), LedgerError> {
    let hot = folder.join("hot");
    if hot.is_dir() && !hot::numbers(&hot)?.is_empty() {
        return Ok(());
    }
    let what = "the newest records of every journal are missing: there is no database in it";
    Err(JournalError::damaged(JournalId::CONTROL, 0, "hot store (hot/)", what).into())
}

/// Opens the rows. They are derived: when they are damaged they are made again, and it is said why.
fn open_rows(
    folder: &Path,
    journals: usize,
    cache_bytes: u64,
) -> Result<(RowStore, Option<String>), LedgerError> {
    let open = || RowStore::open(folder, journals, Projections::VERSION, cache_bytes);
    match open() {
        Err(DatabaseError::Damaged { why, .. }) => {
            std::fs::remove_dir_all(folder).map_err(|source| LedgerError::Io {
                what: "removing the damaged rows",
                path: folder.to_owned(),
                source,
            })?;
            Ok((open()?, Some(why)))
        }
        opened => Ok((opened?, None)),
    }
}
