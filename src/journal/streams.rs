//! All streams of a journal in ascending order: a merge over what is sorted already, the indexes of
//! its volumes and its open stretch.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use lookback_events::id::{JournalId, StreamId};

use super::volume::{Volume, VolumeReader};
use super::{JournalError, Journals};

/// Takes a stream and its positions, ascending.
pub type EachStream<'a, E> = dyn FnMut(StreamId, &[u64]) -> Result<(), E> + 'a;

/// One sorted source of streams.
enum Source<'a> {
    /// A volume's index, read entry by entry.
    Volume { reader: VolumeReader<'a>, next: u64, positions: Vec<u64> },
    /// An open stretch: (stream, position), sorted.
    Open { entries: std::vec::IntoIter<(StreamId, u64)> },
}

impl Source<'_> {
    /// Moves to the next stream.
    fn advance(&mut self) -> Result<Option<StreamId>, JournalError> {
        match self {
            Self::Volume { reader, next, positions } => {
                let Some((id, found)) = reader.stream(*next)? else { return Ok(None) };
                *next = next.saturating_add(1);
                *positions = found;
                Ok(Some(id))
            }
            Self::Open { entries } => Ok(entries.as_slice().first().map(|(id, _)| *id)),
        }
    }

    /// Appends the positions of the stream it stands at, where they are wanted.
    fn take(&mut self, stream: StreamId, out: Option<&mut Vec<u64>>) {
        match self {
            Self::Volume { positions, .. } => {
                let found = std::mem::take(positions);
                if let Some(out) = out {
                    out.extend(found);
                }
            }
            Self::Open { entries } => {
                let rest = entries.as_slice();
                let count = rest.partition_point(|(id, _)| *id <= stream);
                let own = entries.by_ref().take(count).map(|(_, seq)| seq);
                match out {
                    Some(out) => out.extend(own),
                    None => own.for_each(drop),
                }
            }
        }
    }
}

impl Journals {
    /// Calls `each` with every stream that is `wanted` and its positions, streams and positions
    /// ascending. Holds the positions of one stream at a time.
    ///
    /// # Errors
    /// When an index cannot be read, or `each` says so.
    pub fn each_stream<E: From<JournalError>>(
        &self,
        journal: JournalId,
        wanted: &mut dyn FnMut(StreamId) -> bool,
        each: &mut EachStream<'_, E>,
    ) -> Result<(), E> {
        self.load_open(journal)?;
        let volumes: Vec<Arc<Volume>>;
        let mut entries: Vec<(StreamId, u64)>;
        {
            let state = self.read_state();
            let Some(j) = state.journals.get(usize::from(journal.index())) else { return Ok(()) };
            let open = j.open.iter().flat_map(|stretch| {
                let first = stretch.first();
                let sorted = stretch.sorted().into_iter();
                sorted.map(move |(id, at)| (id, first.saturating_add(u64::from(at))))
            });
            entries = open.collect();
            volumes = j.volumes.clone();
        }
        entries.sort();
        // In the order of positions, so that those of one stream come together in order.
        let mut sources = Vec::with_capacity(volumes.len().saturating_add(1));
        for volume in &volumes {
            let reader = volume.reader()?;
            sources.push(Source::Volume { reader, next: 0, positions: Vec::new() });
        }
        sources.push(Source::Open { entries: entries.into_iter() });
        let mut heap = BinaryHeap::new();
        for (number, source) in sources.iter_mut().enumerate() {
            heap.extend(source.advance()?.map(|id| Reverse((id, number))));
        }
        let mut positions = Vec::new();
        while let Some(Reverse((stream, _))) = heap.peek().copied() {
            positions.clear();
            let is_wanted = wanted(stream);
            while let Some(Reverse((id, number))) = heap.peek().copied()
                && id == stream
            {
                heap.pop();
                let Some(source) = sources.get_mut(number) else { continue };
                source.take(stream, is_wanted.then_some(&mut positions));
                heap.extend(source.advance()?.map(|id| Reverse((id, number))));
            }
            if is_wanted {
                each(stream, &positions)?;
            }
        }
        Ok(())
    }
}
