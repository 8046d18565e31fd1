//! Damaged and missing volumes, made again from what is still proved: their own records, and those
//! that generations still hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lookback_events::event::control::SealedStretch;
use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::merkle::Frontier;

use super::salvage::{Ahead, Proved, VolumeFile, Witness, hot_records, index, proved};
use super::{Announced, JournalRepair, Stretch, set_aside};
use crate::journal::hot::Generation;
use crate::journal::open::OpenStretch;
use crate::journal::read::volumes_folder;
use crate::journal::seal::{Builder, remove_unfinished, tree_behind};
use crate::journal::volume::{Volume, file_name, stretch_by_name};
use crate::journal::{JournalError, Position, Stored};
use crate::verify::source::{Parts, Store};
use crate::verify::{JournalReport, Keys, Part};

/// Restores the volumes of one journal; returns what was set aside.
pub(super) fn restore(
    folder: &Path,
    store: &Store,
    found: &JournalReport,
    keys: &dyn Keys,
    announced: &mut Announced,
    out: &mut JournalRepair,
) -> Result<Vec<PathBuf>, JournalError> {
    let journal = found.journal;
    let own = volumes_folder(folder, journal);
    let Some(parts) = store.journals.iter().find(|parts| parts.journal == journal) else {
        return Ok(Vec::new());
    };
    let (stretches, strange) = stretches(&own, parts, found, announced);
    out.volumes_good = 0;
    let mut aside = strange.iter().map(|path| set_aside(path)).collect::<Result<Vec<_>, _>>()?;
    // The tree and the last hash ahead of the next stretch; unknown behind one that was lost.
    let mut ahead = Some((Frontier::default(), None));
    if stretches.values().any(|state| matches!(state, State::Bad(_))) {
        remove_unfinished(&own)?;
    }
    for (stretch, state) in stretches {
        let from = ahead.take().filter(|(tree, _): &(Frontier, _)| tree.size() == stretch.first);
        let restored = match (state, from) {
            (State::Good(volume), _) => {
                out.volumes_good = out.volumes_good.saturating_add(1);
                Some(volume)
            }
            (State::Bad(path), from) => {
                let from = from.or_else(|| tree_ahead(path.as_deref(), journal, stretch));
                let job = Job { own: &own, journal, stretch, keys };
                match job.rebuilt(store, announced, from)? {
                    Ok((builder, open)) => {
                        if let Some(path) = path {
                            aside.push(set_aside(&path)?);
                        }
                        out.volumes_restored.push(stretch);
                        Some(builder.finish(&open)?)
                    }
                    Err(mut lost) => {
                        out.lost.append(&mut lost);
                        None
                    }
                }
            }
        };
        if let Some(volume) = restored {
            let last = volume.reader()?.leaves(stretch.last, stretch.end())?;
            ahead = Some((tree_behind(&volume)?, last.first().copied()));
        }
    }
    remove_unfinished(&own)?;
    Ok(aside)
}

enum State {
    Good(Volume),
    /// Damaged, where it lies; or missing.
    Bad(Option<PathBuf>),
}

/// The stretches that are or should be in volumes, and the files that can be none of them.
fn stretches(
    own: &Path,
    parts: &Parts,
    found: &JournalReport,
    announced: &Announced,
) -> (BTreeMap<Stretch, State>, Vec<PathBuf>) {
    let bad = |path: &Path| {
        found.faults.iter().any(|fault| matches!(&fault.part, Part::Volume(p) if p == path))
    };
    let (mut stretches, mut strange) = (BTreeMap::new(), Vec::new());
    for said in announced.values() {
        let stretch = Stretch { first: said.first, last: said.last };
        stretches.insert(stretch, State::Bad(None));
    }
    for path in crate::verify::source::files(own) {
        let volume = parts.volumes.iter().find(|volume| volume.path == path);
        let said = volume.map(|volume| (volume.tail.first, volume.tail.end().saturating_sub(1)));
        let Some((first, last)) = said.or_else(|| stretch_by_name(&path)) else {
            strange.push(path);
            continue;
        };
        let stretch = Stretch { first, last };
        // A file that cannot be read and is called after records that others hold says nothing of them.
        let is_held = |own: &Volume| own.tail.first <= last && first < own.tail.end();
        if volume.is_none()
            && (first > last
                || !stretches.contains_key(&stretch) && parts.volumes.iter().any(is_held))
        {
            strange.push(path);
            continue;
        }
        let state = match volume {
            Some(volume) if !bad(&path) => State::Good(volume.clone()),
            _ => State::Bad(Some(path)),
        };
        stretches.insert(stretch, state);
    }
    (stretches, strange)
}

/// What a damaged volume itself says of the tree ahead of it, where its digest still holds.
fn tree_ahead(
    path: Option<&Path>,
    journal: JournalId,
    stretch: Stretch,
) -> Option<(Frontier, Option<Hash>)> {
    let volume = Volume::read(path?, journal).ok()?;
    let sections = crate::journal::volume::Sections::load(&volume).ok()?;
    if !sections.digest_holds() || volume.tail.first != stretch.first {
        return None;
    }
    let (record, _) = VolumeFile::open(path?, journal, stretch.first)?
        .candidates(stretch.first)
        .into_iter()
        .next()?;
    let header = lookback_events::record::Header::decode(&record.header).ok()?;
    Some((volume.tail.before, header.prev))
}

/// One volume to be made again.
struct Job<'a> {
    own: &'a Path,
    journal: JournalId,
    stretch: Stretch,
    keys: &'a dyn Keys,
}

impl Job<'_> {
    /// The volume under construction, complete but for its end; or the records that are lost.
    fn rebuilt(
        &self,
        store: &Store,
        announced: &mut Announced,
        ahead: Option<(Frontier, Option<Hash>)>,
    ) -> Result<Result<(Builder, OpenStretch), Vec<Stretch>>, JournalError> {
        let mut files = self.files();
        let hot = self.hot(&store.generations);
        let mut builder = Builder::new(self.own, self.journal, self.stretch.first)?;
        let tree_is_known = ahead.is_some();
        let (tree, leaf) = ahead.unwrap_or_default();
        let mut open = OpenStretch::new(tree);
        let mut prev = if tree_is_known { Ahead::of(leaf) } else { Ahead::Lost };
        let mut lost: Vec<Stretch> = Vec::new();
        let mut frame = Vec::new();
        for seq in self.stretch.first..self.stretch.end() {
            let Some((record, good)) = self.one(&mut files, &hot, seq, prev) else {
                prev = Ahead::Lost;
                match lost.last_mut() {
                    Some(last) if last.end() == seq => last.last = seq,
                    _ => lost.push(Stretch { first: seq, last: seq }),
                }
                continue;
            };
            frame.clear();
            record.push_frame(&mut frame);
            builder.push(&frame, good.recorded_at)?;
            open.push(&good.entry);
            announced.extend(good.announces.map(|volume| (seq, volume)));
            prev = Ahead::Leaf(good.entry.leaf);
        }
        if !lost.is_empty() || !tree_is_known {
            // Whole, but behind records that are lost no volume can be made: they stay where they are.
            return Ok(Err(lost));
        }
        // What the journal itself announced of the volume decides.
        let (streams, root) = crate::journal::seal::grouped(&open.sorted(), self.stretch.first);
        let built = SealedStretch {
            first: self.stretch.first,
            index_root: root,
            last: self.stretch.last,
            streams: u64::try_from(streams.len()).unwrap_or(0),
        };
        let said = announced.values().find(|said| said.first == built.first);
        let fits = said.is_none_or(|said| *said == built);
        Ok(if fits { Ok((builder, open)) } else { Err(vec![self.stretch]) })
    }

    fn one(
        &self,
        files: &mut [VolumeFile],
        hot: &BTreeMap<u64, (Stored, Option<Witness>)>,
        seq: u64,
        prev: Ahead,
    ) -> Option<(Stored, Proved)> {
        let mut taken = None;
        for file in files {
            for (record, witness) in file.candidates(seq) {
                if let Some(good) = proved(self.journal, seq, prev, &record, witness, self.keys) {
                    taken = taken.or(Some((record, good)));
                    break;
                }
            }
        }
        taken.or_else(|| {
            let (record, witness) = hot.get(&seq)?;
            let good = proved(self.journal, seq, prev, record, *witness, self.keys)?;
            Some((record.clone(), good))
        })
    }

    /// The volume's own file, those set aside by earlier repairs, and any other that begins with its
    /// first record.
    fn files(&self) -> Vec<VolumeFile> {
        let name = file_name(self.stretch.first, self.stretch.end());
        let first = Position { journal: self.journal, seq: self.stretch.first };
        let entries = std::fs::read_dir(self.own).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| {
                path.file_name().is_some_and(|own| own.to_string_lossy().starts_with(&name))
                    || VolumeFile::begins_with(path) == Some(first)
            })
            .collect();
        paths.sort();
        let open = |path: PathBuf| VolumeFile::open(&path, self.journal, self.stretch.first);
        paths.into_iter().filter_map(open).collect()
    }

    /// What the generations hold of the stretch: at most the records of one volume.
    fn hot(
        &self,
        generations: &[std::sync::Arc<Generation>],
    ) -> BTreeMap<u64, (Stored, Option<Witness>)> {
        let mut found = BTreeMap::new();
        for generation in generations {
            let index = index(generation, self.journal);
            hot_records(generation, self.journal, self.stretch.first, |seq, record| {
                if seq < self.stretch.end() {
                    found.insert(seq, (record, index.get(&seq).copied()));
                }
                seq < self.stretch.end()
            });
        }
        found
    }
}
