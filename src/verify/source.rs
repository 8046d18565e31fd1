//! What lies where: the parts of a store, each opened on its own, so that one that cannot be opened
//! hides no other.

use std::path::Path;
use std::sync::Arc;

use lookback_events::id::JournalId;

use super::{Fault, Part};
use crate::journal::hot::{self, Generation, Head};
use crate::journal::volume::found::{Found, found};
use crate::journal::volume::{Volume, first_by_name, name};
use crate::journal::{Damage, JournalError, Journals, Position};

/// One journal's parts.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) journal: JournalId,
    pub(crate) volumes: Vec<Volume>,
    /// The heads that the generations hold, oldest first.
    pub(crate) heads: Vec<(u32, Head)>,
    /// What could not be opened.
    pub(crate) faults: Vec<Fault>,
}

/// All parts.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) journals: Vec<Parts>,
    pub(crate) generations: Vec<Arc<Generation>>,
    /// Generations that are there and cannot be opened.
    pub(crate) unopened: Vec<u32>,
}

/// The words for an error whose place is known: damage stays what it is.
pub(crate) fn fault(error: JournalError, at: Position, part: Part, place: &str) -> Fault {
    let damage = match error {
        JournalError::Damaged(damage) => *damage,
        // Whatever else hinders reading is told in its own words.
        error @ (JournalError::Io { .. }
        | JournalError::Database(_)
        | JournalError::Poisoned(_)
        | JournalError::DiskFull { .. }
        | JournalError::NoRoom { .. }
        | JournalError::ClockBehind { .. }
        | JournalError::Body { .. }) => {
            let mut what = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(error) = source {
                what = format!("{what}: {error}");
                source = error.source();
            }
            let (expected, found) = (String::new(), String::new());
            Damage { at, place: place.to_owned(), what, expected, found }
        }
    };
    Fault { damage, part, affected: 0 }
}

impl Store {
    /// The parts of open journals.
    pub(crate) fn of(journals: &Journals) -> Self {
        let volumes = |journal| {
            let volumes = journals.volumes(journal);
            (volumes.iter().map(|volume| Volume::clone(volume)).collect(), Vec::new())
        };
        let parts = journals.ids().into_iter().map(|journal| Parts::new(journal, volumes(journal)));
        Self { journals: parts.collect(), generations: Vec::new(), unopened: Vec::new() }
            .with_generations(journals.generations())
    }

    /// The parts that lie in a folder.
    pub(crate) fn open(folder: &Path, payment: u8, cache_bytes: u64) -> Self {
        let ids = (0..=payment).filter_map(|index| JournalId::from_index(index).ok());
        let parts = ids.map(|journal| Parts::new(journal, volumes(folder, journal)));
        let mut store =
            Self { journals: parts.collect(), generations: Vec::new(), unopened: Vec::new() };
        let hot = folder.join("hot");
        let numbers = if hot.is_dir() { hot::numbers(&hot) } else { Ok(Vec::new()) };
        let numbers = numbers.and_then(|numbers| {
            let what = "the newest records are missing: the hot store has no database";
            let missing = || JournalError::damaged(JournalId::CONTROL, 0, "hot store", what);
            if numbers.is_empty() { Err(missing()) } else { Ok(numbers) }
        });
        let numbers = numbers.unwrap_or_else(|error| {
            store.everywhere(error, &Part::Generation(1), "hot store");
            Vec::new()
        });
        let mut generations = Vec::new();
        for number in numbers {
            match Generation::open(&hot, number, cache_bytes) {
                Ok(generation) => generations.push(generation),
                Err(error) => {
                    let place = format!("hot store, generation {number:06}");
                    store.everywhere(error.into(), &Part::Generation(number), &place);
                    store.unopened.push(number);
                }
            }
        }
        // One that was opened ahead and never written to.
        while generations.len() > 1
            && generations.last().is_some_and(|last| matches!(last.is_empty(), Ok(true)))
        {
            generations.pop();
        }
        store.with_generations(generations)
    }

    fn with_generations(mut self, generations: Vec<Arc<Generation>>) -> Self {
        for generation in &generations {
            for parts in &mut self.journals {
                let journal = parts.journal;
                match generation.head(journal) {
                    Ok(Some(head)) => parts.heads.push((generation.number, head)),
                    // A new ledger's only generation may hold nothing of a journal yet.
                    Ok(None) => {}
                    Err(error) => parts.faults.push(fault(
                        error,
                        Position { journal, seq: 0 },
                        Part::Generation(generation.number),
                        &generation.place(),
                    )),
                }
            }
        }
        let payment = u8::try_from(self.journals.len().saturating_sub(1)).unwrap_or(u8::MAX);
        for generation in &generations {
            let error = match generation.strange_key(payment) {
                Ok(None) => continue,
                Ok(Some(key)) => JournalError::damaged(
                    JournalId::CONTROL,
                    0,
                    generation.place(),
                    format!("it holds a key that nobody writes: {key:02x?}"),
                ),
                Err(error) => error.into(),
            };
            let at = Position { journal: JournalId::CONTROL, seq: 0 };
            let part = Part::Generation(generation.number);
            if let Some(control) = self.journals.first_mut() {
                control.faults.push(fault(error, at, part, &generation.place()));
            }
        }
        self.generations = generations;
        self
    }

    /// Damage to something that all journals share: each of them is told, behind its volumes.
    fn everywhere(&mut self, error: JournalError, part: &Part, place: &str) {
        let first = Position { journal: JournalId::CONTROL, seq: 0 };
        let fault = fault(error, first, part.clone(), place);
        for parts in &mut self.journals {
            let mut own = fault.clone();
            let seq = parts.volumes.last().map_or(0, |last| last.tail.end());
            own.damage.at = Position { journal: parts.journal, seq };
            parts.faults.push(own);
        }
    }
}

impl Parts {
    fn new(journal: JournalId, (volumes, faults): (Vec<Volume>, Vec<Fault>)) -> Self {
        Self { journal, volumes, heads: Vec::new(), faults }
    }
}

/// The volumes of a journal that can be read, whatever their names, and what is wrong with others.
fn volumes(folder: &Path, journal: JournalId) -> (Vec<Volume>, Vec<Fault>) {
    let Found { volumes, odd } = found(folder, journal);
    let faults = odd.into_iter().map(|odd| {
        let (path, error) = odd.told(journal);
        let at = Position { journal, seq: first_by_name(&path) };
        let place = format!("volume {}", name(&path));
        fault(error, at, Part::Volume(path), &place)
    });
    (volumes, faults.collect())
}

/// The volume files of a folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "vol"))
        .collect();
    paths.sort();
    paths
}
