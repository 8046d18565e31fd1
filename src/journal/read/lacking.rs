//! Journals that lack volumes, opened to be asked all the same.
//!
//! What is here answers; what is not is said. Nothing is written to such journals, and nothing is
//! proved of them behind what is missing.

use std::path::Path;
use std::sync::Arc;

use lookback_events::id::JournalId;

use super::{Journals, Settings};
use crate::journal::hot::Generation;
use crate::journal::volume::found::{Found, found};
use crate::journal::{JournalError, seal};

impl Journals {
    /// Opens the journals to be asked: where volumes are missing, damaged at their ends or under wrong
    /// names, those that are here answer. Also says what is wrong with the others.
    ///
    /// # Errors
    /// When the hot store cannot be opened.
    pub fn open_to_read(
        folder: &Path,
        payment: u8,
        settings: Settings,
    ) -> Result<(Self, Vec<JournalError>), JournalError> {
        let mut doubts = Vec::new();
        let journals =
            Self::open_with(folder, payment, settings, |own, journal| {
                match seal::volumes(own, journal) {
                    Err(JournalError::Damaged(_)) => {
                        let Found { volumes, odd } = found(folder, journal);
                        doubts.extend(odd.into_iter().map(|odd| odd.told(journal).1));
                        Ok(volumes)
                    }
                    volumes => volumes,
                }
            })?;
        for journal in journals.ids() {
            doubts.extend(journals.missing(journal));
        }
        Ok((journals, doubts))
    }

    /// The records that no volume holds and that are not in the hot store behind them.
    pub(super) fn missing(&self, journal: JournalId) -> Vec<JournalError> {
        let end = self.head(journal).next();
        let mut next = 0;
        let mut gaps = Vec::new();
        for volume in self.volumes(journal) {
            if volume.tail.first > next {
                gaps.push((next, volume.tail.first));
            }
            next = volume.tail.end();
        }
        if next < end {
            let holds = |generation: &Arc<Generation>| {
                // What cannot be read is another damage, and told when it is asked for.
                generation.record(journal, next).map_or(true, |record| record.is_some())
            };
            if !self.generations().iter().any(holds) {
                let first = self
                    .generations()
                    .iter()
                    .find_map(|generation| generation.first_indexed(journal, next).ok().flatten());
                gaps.push((next, first.unwrap_or(end)));
            }
        }
        let told = gaps.into_iter().map(|(from, to)| seal::missing(journal, from, to));
        told.collect()
    }
}
