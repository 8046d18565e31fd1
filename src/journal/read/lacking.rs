//! Journals that lack volumes or part of the hot store, opened to be asked all the same.
//!
//! What is here answers; what is not is said. Nothing is written to such journals, and nothing is
//! proved of them behind what is missing.

use std::path::Path;
use std::sync::Arc;

use lookback_events::id::JournalId;

use super::{Journals, Settings};
use crate::journal::hot::{self, Generation};
use crate::journal::sled::DatabaseError;
use crate::journal::volume::found::{Found, found};
use crate::journal::{JournalError, seal};

impl Journals {
    /// Opens the journals to be asked: where volumes are missing, damaged at their ends or under wrong
    /// names, or a generation does not open, what is here answers. Also says what is wrong with the
    /// others.
    ///
    /// # Errors
    /// When nothing of the hot store can be opened.
    pub fn open_to_read(
        folder: &Path,
        payment: u8,
        settings: Settings,
    ) -> Result<(Self, Vec<JournalError>), JournalError> {
        let (mut doubts, mut unopened) = (Vec::new(), Vec::new());
        let all = hot::numbers(&folder.join("hot")).map_or(0, |numbers| numbers.len());
        let volumes_of = |own: &Path, journal| match seal::volumes(own, journal) {
            Err(JournalError::Damaged(_)) => {
                let Found { volumes, odd } = found(folder, journal);
                doubts.extend(odd.into_iter().map(|odd| odd.told(journal).1));
                Ok(volumes)
            }
            volumes => volumes,
        };
        let left_out = |error: DatabaseError| {
            let is_last = unopened.len().saturating_add(1) >= all;
            if is_last || !is_of_its_files(&error) {
                return Err(error);
            }
            unopened.push(JournalError::from(error));
            Ok(())
        };
        let mut journals = Self::open_with(folder, payment, settings, volumes_of, left_out)?;
        journals.is_incomplete = !unopened.is_empty()
            || journals.ids().into_iter().any(|journal| journals.first_missing(journal).is_some());
        for journal in journals.ids() {
            let gaps = journals.missing(journal).into_iter();
            doubts.extend(gaps.map(|(from, to)| seal::missing(journal, from, to)));
        }
        unopened.append(&mut doubts);
        Ok((journals, unopened))
    }

    /// The first records that no volume holds and that are not in the hot store behind the volumes,
    /// with the position behind them.
    pub(super) fn first_missing(&self, journal: JournalId) -> Option<(u64, u64)> {
        let gap = self.between_volumes(journal).first().copied();
        gap.or_else(|| self.behind_volumes(journal))
    }

    /// All stretches of such records, as far as the hot store can be read.
    fn missing(&self, journal: JournalId) -> Vec<(u64, u64)> {
        let mut gaps = self.between_volumes(journal);
        let Some(first) = self.behind_volumes(journal) else { return gaps };
        if self.load_open(journal).is_err() {
            gaps.push(first);
            return gaps;
        }
        let state = self.read_state();
        let Some(own) = state.journals.get(usize::from(journal.index())) else { return gaps };
        let mut next = first.0;
        for stretch in own.open.iter().filter(|stretch| !stretch.is_empty()) {
            if stretch.first() > next {
                gaps.push((next, stretch.first()));
            }
            next = stretch.tree().size();
        }
        if next < own.head.next() {
            gaps.push((next, own.head.next()));
        }
        gaps
    }

    fn between_volumes(&self, journal: JournalId) -> Vec<(u64, u64)> {
        let mut next = 0;
        let mut gaps = Vec::new();
        for volume in self.volumes(journal) {
            if volume.tail.first > next {
                gaps.push((next, volume.tail.first));
            }
            next = volume.tail.end();
        }
        gaps
    }

    fn behind_volumes(&self, journal: JournalId) -> Option<(u64, u64)> {
        let end = self.head(journal).next();
        let next = self.volumes(journal).last().map_or(0, |volume| volume.tail.end());
        let generations = self.generations();
        let holds = |generation: &Arc<Generation>| {
            // What cannot be read is another damage, and told when it is asked for.
            generation.record(journal, next).map_or(true, |record| record.is_some())
        };
        if next >= end || generations.iter().any(holds) {
            return None;
        }
        let mut firsts =
            generations.iter().filter_map(|own| own.first_indexed(journal, next).ok().flatten());
        Some((next, firsts.next().unwrap_or(end)))
    }
}

/// True where what the files of a database hold keeps it from being opened, and not the system.
fn is_of_its_files(error: &DatabaseError) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error {
        DatabaseError::Damaged { .. } => true,
        DatabaseError::Io { source, .. } => {
            [InvalidData, InvalidInput, Other, UnexpectedEof].contains(&source.kind())
        }
        DatabaseError::TooLong { .. } => false,
    }
}
