//! Records opened one after the other, and rows folded from them.

use std::path::Path;

use lookback_events::event::Event;
use lookback_events::id::JournalId;
use lookback_events::record::{Header, leaf_hash};
use lookback_projections::Projections;
use lookback_projections::rows::Rows;

use super::anew::{Unreadable, fold_new};
use super::{Ledger, LedgerError, Opened};
use crate::journal::{JournalError, Journals, Position, Stored};
use crate::keys::Keys;
use crate::rows::RowStore;

impl Ledger {
    /// The records at a position, opened.
    ///
    /// # Errors
    /// When the record cannot be read or its body not be opened.
    pub fn opened(&self, at: Position) -> Result<Opened, LedgerError> {
        let Stored { header, sealed } = self.journals.record(at)?;
        let mut body = Vec::new();
        open_into(&self.keys, at, &header, &sealed, &mut body)?;
        Ok(Opened { at, header, body })
    }

    /// Calls `each` with the opened records of a journal from `from` to before `to`, until it
    /// returns false. No record is passed over: nothing was disposed of yet, so a key that is not
    /// there is a loss.
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

    /// Folds every record into new rows, which take the place of the old ones when they are
    /// complete; gives how many records there were.
    ///
    /// # Errors
    /// When a record cannot be read or opened, or the rows not be written; the old rows are then
    /// still there.
    pub fn rebuild(mut self) -> Result<u64, LedgerError> {
        self.flush()?;
        let (old, new) = (self.folder.join("rows"), self.folder.join("rows.new"));
        remove(&new)?;
        let count = self.journals.ids().len();
        let cache = self.config.store.rows_cache_mib.saturating_mul(1024 * 1024);
        let mut rows = RowStore::open(&new, count, Projections::VERSION, cache)?;
        let mut applied = vec![0; count];
        fold_new(&self.journals, &self.keys, &mut rows, &mut applied, Unreadable::Refuse)?;
        rows.save(&applied)?;
        rows.finish_saving()?;
        drop(rows);
        // The old ones are let go, the ledger stays held until the new ones have their name.
        let Self { rows, hold, .. } = self;
        drop(rows);
        remove(&old)?;
        // If we crash here: there are no rows, and the next start makes them.
        std::fs::rename(&new, &old).map_err(|source| LedgerError::Io {
            what: "naming the new rows",
            path: new,
            source,
        })?;
        drop(hold);
        Ok(applied.into_iter().fold(0, u64::saturating_add))
    }
}

impl LedgerError {
    /// The record that is damaged or cannot be opened, where it is that; the world failing is
    /// something else.
    pub(crate) fn record(&self) -> Option<Position> {
        if let Self::Sealed { at, .. } | Self::KeyMissing { at, .. } = self {
            return Some(*at);
        }
        if let Self::Journal(JournalError::Damaged(damage)) = self {
            return Some(damage.at);
        }
        None
    }
}

fn remove(folder: &Path) -> Result<(), LedgerError> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(LedgerError::Io { what: "removing old rows", path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Reads records in order, opens them, and hands them to `each`.
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
        let step = open_into(keys, at, header, sealed, &mut body)
            .and_then(|header| each(at, &header, &body));
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
    Ok(Projections::apply(rows, &super::placed(at, header, &event))?)
}

/// Opens a sealed body into `body`.
pub(super) fn open_into<'a>(
    keys: &Keys,
    at: Position,
    header: &'a [u8],
    sealed: &[u8],
    body: &mut Vec<u8>,
) -> Result<Header<'a>, LedgerError> {
    let decoded = Header::decode(header)
        .map_err(|error| JournalError::damaged(at.journal, at.seq, "store", error.to_string()))?;
    let key = keys.by_id(decoded.key).ok_or(LedgerError::KeyMissing { at, key: decoded.key })?;
    key.open(&leaf_hash(header), sealed, body)
        .map_err(|_| LedgerError::Sealed { at, why: "it is not what was sealed there" })?;
    Ok(decoded)
}
