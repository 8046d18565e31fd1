//! Leaving a ledger as the next start wants to find it.

use super::{Ledger, LedgerError};
use crate::journal::hot;

/// After so many bytes of records the next start would be slow.
const MUCH: u64 = 64 * 1024 * 1024;

impl Ledger {
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

    /// Lets go of the ledger. Where much was written, the hot store is opened once more: sled reads
    /// all that was written since it was last opened, and whoever asks next need not wait for that.
    ///
    /// # Errors
    /// When the hot store cannot be opened again.
    pub fn rest(self) -> Result<(), LedgerError> {
        let much = self.written().bytes >= MUCH;
        let Self { folder, config, writer, journals, rows, hold, .. } = self;
        drop(writer);
        drop((journals, rows));
        if much {
            hot::open_once(&folder.join("hot"), config.settings().cache_bytes)?;
        }
        drop(hold);
        Ok(())
    }
}
