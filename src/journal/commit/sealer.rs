//! The thread that turns finished stretches into volumes.

use std::sync::Arc;

use crossbeam_channel::Receiver;
use lookback_events::id::JournalId;
use lookback_events::record::Header;

use super::{Buffers, Durable, Group, Shared, group, lock};
use crate::journal::JournalError;
use crate::journal::open::OpenStretch;
use crate::journal::read::volumes_folder;
use crate::journal::seal::{Builder, remove_unfinished};
use crate::journal::volume::Volume;

pub(super) fn seal_all(shared: &Shared, from: &Receiver<Group>, buffers: &Buffers) {
    // By journal: the volume being written along with the commits. None where the stretch began
    // before this process did; such a stretch is copied from the hot store when it is full.
    let mut builders: Vec<Option<Builder>> = Vec::new();
    builders.resize_with(shared.journals.ids().len(), || None);
    if let Err(error) = finish_all(shared, &mut builders) {
        shared.poison(error);
    }
    for written in from {
        let poisoned = lock(&shared.progress).poison.is_some();
        if !poisoned && let Err(error) = take(shared, &mut builders, &written) {
            shared.poison(error);
        }
        for commit in written.commits {
            // The last to hold the bytes.
            if let Ok(frames) = Arc::try_unwrap(commit.frames) {
                buffers.give(frames.into_bytes());
            }
        }
        let mut progress = lock(&shared.progress);
        progress.sealing = progress.sealing.saturating_sub(1);
        drop(progress);
        shared.moved.notify_all();
    }
    // A volume that is not finished is made again from the hot store by whoever writes next.
    drop(builders);
    for journal in shared.journals.ids() {
        let folder = volumes_folder(shared.journals.folder(), journal);
        // What cannot be removed now is removed then.
        let _ = remove_unfinished(&folder);
    }
}

fn take(
    shared: &Shared,
    builders: &mut [Option<Builder>],
    written: &Group,
) -> Result<(), JournalError> {
    for Durable { journal, first, frames, recorded_at } in &written.commits {
        let Some(slot) = builders.get_mut(usize::from(journal.index())) else { continue };
        for (seq, frame) in (*first..).zip(frames.iter()) {
            // A stretch that ends ahead of this record is finished first.
            if finished(shared, *journal).is_some_and(|(_, end)| end <= seq) {
                finish(shared, *journal, slot)?;
            }
            if slot.is_none() && open_first(shared, *journal) == Some(seq) {
                let folder = volumes_folder(shared.journals.folder(), *journal);
                *slot = Some(Builder::new(&folder, *journal, seq)?);
            }
            if let Some(builder) = slot
                && builder.end() == seq
            {
                builder.push(frame, *recorded_at)?;
            }
        }
    }
    if written.cut
        || written.commits.iter().any(|commit| finished(shared, commit.journal).is_some())
    {
        finish_all(shared, builders)?;
        group::remove_old(shared)?;
    }
    Ok(())
}

/// The first position of the oldest stretch that is not yet in a volume.
fn open_first(shared: &Shared, journal: JournalId) -> Option<u64> {
    let state = shared.journals.read_state();
    let open = &state.journals.get(usize::from(journal.index()))?.open;
    open.front().map(OpenStretch::first)
}

/// The first and the end of the oldest stretch, when another has begun behind it.
fn finished(shared: &Shared, journal: JournalId) -> Option<(u64, u64)> {
    let state = shared.journals.read_state();
    let open = &state.journals.get(usize::from(journal.index()))?.open;
    let first = open.front()?;
    (open.len() > 1).then(|| (first.first(), first.tree().size()))
}

fn finish_all(shared: &Shared, builders: &mut [Option<Builder>]) -> Result<(), JournalError> {
    for (journal, slot) in shared.journals.ids().into_iter().zip(builders) {
        while let Some((_, end)) = finished(shared, journal) {
            if slot.as_ref().is_some_and(|builder| builder.end() < end) {
                // Its last records are in a group that is still to come.
                break;
            }
            finish(shared, journal, slot)?;
        }
    }
    Ok(())
}

/// Makes the volume of the oldest stretch and announces it.
fn finish(
    shared: &Shared,
    journal: JournalId,
    slot: &mut Option<Builder>,
) -> Result<(), JournalError> {
    let stretch = {
        let state = shared.journals.read_state();
        let j = state.journals.get(usize::from(journal.index()));
        j.and_then(|j| j.open.front().cloned())
    };
    let Some(stretch) = stretch else { return Ok(()) };
    let builder = match slot.take() {
        Some(builder) => builder,
        None => copied(shared, journal, &stretch)?,
    };
    let volume: Volume = builder.finish(&stretch)?;
    let tail = volume.tail.clone();
    let mut state = shared.journals.write_state();
    if let Some(j) = state.journals.get_mut(usize::from(journal.index())) {
        j.volumes.push(Arc::new(volume));
        j.open.pop_front();
    }
    drop(state);
    shared.announce_volume(&tail)
}

/// A builder filled from the hot store.
fn copied(
    shared: &Shared,
    journal: JournalId,
    stretch: &OpenStretch,
) -> Result<Builder, JournalError> {
    let folder = volumes_folder(shared.journals.folder(), journal);
    let mut builder = Builder::new(&folder, journal, stretch.first())?;
    let mut frame = Vec::new();
    shared.journals.records(
        journal,
        stretch.first(),
        stretch.tree().size(),
        |seq, header, sealed| {
            let decoded = Header::decode(header).map_err(|error| {
                JournalError::damaged(journal, seq, "hot store", error.to_string())
            })?;
            frame.clear();
            for part in [header, sealed] {
                frame.extend_from_slice(
                    &u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes(),
                );
                frame.extend_from_slice(part);
            }
            builder.push(&frame, decoded.recorded_at)?;
            Ok(true)
        },
    )?;
    Ok(builder)
}
