//! Records taken from what is damaged, each only as far as it is proved.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use lookback_events::body::{BODY_LEN_MAX, Field, NONCE_LEN, TAG_LEN, fields};
use lookback_events::event::control::{SealedStretch, VolumeSealed};
use lookback_events::hash::Hash;
use lookback_events::id::JournalId;
use lookback_events::record::{HEADER_LEN_MAX, Header, Streams, leaf_hash};
use lookback_events::time::Timestamp;

use crate::journal::hot::{Generation, IndexEntry, PART, WHOLE, split_entry};
use crate::journal::volume::run::{Place, Run};
use crate::journal::volume::{Sections, Volume};
use crate::journal::{Position, Stored, split_frame};
use crate::verify::Keys;

/// The longest sealed body there can be: a body and its seal.
const SEALED_LEN_MAX: usize = BODY_LEN_MAX + NONCE_LEN + TAG_LEN;

/// A record that is proved.
#[derive(Debug)]
pub(super) struct Proved {
    pub(super) entry: IndexEntry,
    pub(super) recorded_at: Timestamp,
    /// The volume that it announces.
    pub(super) announces: Option<SealedStretch>,
}

/// What is known of the record ahead.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ahead {
    /// There is none: the journal begins.
    Nothing,
    /// Its hash.
    Leaf(Hash),
    /// It was lost, so anything may be named as its hash.
    Lost,
}

impl Ahead {
    /// The hash of the last record, where a journal has one.
    pub(super) fn of(leaf: Option<Hash>) -> Self {
        leaf.map_or(Self::Nothing, Self::Leaf)
    }

    fn fits(self, prev: Option<Hash>) -> bool {
        match self {
            Self::Nothing => prev.is_none(),
            Self::Leaf(leaf) => prev == Some(leaf),
            Self::Lost => true,
        }
    }
}

/// What was stored beside a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Witness {
    pub(super) leaf: Hash,
    pub(super) check: u32,
}

/// Says whether these bytes are the record at `seq` behind the record `ahead`.
///
/// The seal binds body and header: it opens only at the leaf it was sealed to. Where the key is
/// gone, what was stored beside the record must fit both.
pub(super) fn proved(
    journal: JournalId,
    seq: u64,
    ahead: Ahead,
    record: &Stored,
    witness: Option<Witness>,
    keys: &dyn Keys,
) -> Option<Proved> {
    let header = Header::decode(&record.header).ok()?;
    if header.journal != journal || header.seq != seq || !ahead.fits(header.prev) {
        return None;
    }
    let leaf = leaf_hash(&record.header);
    let check = crc32fast::hash(&record.sealed);
    let mut body = Vec::new();
    let holds = match keys.key(header.key) {
        Some(key) => {
            let mut split: Vec<Field<'_>> = Vec::new();
            key.open(&leaf, &record.sealed, &mut body).is_ok()
                && fields(&body, &mut split).is_ok()
                && key.root(header.event_id, &split) == header.body
        }
        None => witness.is_some_and(|witness| witness.leaf == leaf && witness.check == check),
    };
    let streams: Streams = header.streams;
    let entry = IndexEntry { leaf, check, streams };
    let sealed = (header.event == VolumeSealed::EVENT)
        .then(|| serde_json::from_slice::<VolumeSealed>(&body).ok())
        .flatten();
    let announces = sealed.map(|sealed| sealed.volume);
    holds.then_some(Proved { entry, recorded_at: header.recorded_at, announces })
}

/// Reads the records of a volume file, however damaged.
pub(super) struct VolumeFile {
    file: File,
    len: u64,
    first: u64,
    sections: Option<Sections>,
    /// The run at hand by the lengths in it, the position of its first record, and where the next
    /// one begins; until a length leads nowhere.
    run: Option<(u64, Run)>,
    at: Option<u64>,
}

impl VolumeFile {
    pub(super) fn open(path: &Path, journal: JournalId, first: u64) -> Option<Self> {
        let file = File::open(path).ok()?;
        let len = file.metadata().ok()?.len();
        let volume = Volume::read(path, journal).ok().filter(|volume| volume.tail.first == first);
        let sections = volume.and_then(|volume| Sections::load(&volume).ok());
        Some(Self { file, len, first, sections, run: None, at: Some(8) })
    }

    /// The place that the first record in a file says it has, whatever the file is called.
    pub(super) fn begins_with(path: &Path) -> Option<Position> {
        // Behind the magic and the count of the first run.
        const FIRST_HEADER_AT: u64 = 8 + 4;
        let file = File::open(path).ok()?;
        let mut len = [0_u8; 4];
        file.read_exact_at(&mut len, FIRST_HEADER_AT).ok()?;
        let len = usize::try_from(u32::from_be_bytes(len)).ok().filter(|n| *n <= HEADER_LEN_MAX)?;
        let mut header = vec![0; len];
        file.read_exact_at(&mut header, FIRST_HEADER_AT + 4).ok()?;
        let header = Header::decode(&header).ok()?;
        Some(Position { journal: header.journal, seq: header.seq })
    }

    /// What lies at `seq`, by the lengths in its run and by the stored offsets; asked for in
    /// ascending order.
    pub(super) fn candidates(&mut self, seq: u64) -> Vec<(Stored, Option<Witness>)> {
        let n = usize::try_from(seq.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let by_offset = self.sections.as_ref().and_then(|sections| sections.place(n));
        let witness = self.sections.as_ref().and_then(|sections| {
            Some(Witness { leaf: sections.leaf(n)?, check: sections.check(n)? })
        });
        let by_length = self.by_length(seq);
        let by_offset = by_offset.filter(|place| Some(*place) != by_length);
        let places = [by_length, by_offset].into_iter().flatten();
        places.filter_map(|place| Some((self.record(place)?, witness))).collect()
    }

    fn by_length(&mut self, seq: u64) -> Option<Place> {
        let number = |at| {
            let mut number = [0_u8; 4];
            self.file.read_exact_at(&mut number, at).ok()?;
            Some(u32::from_be_bytes(number))
        };
        loop {
            let end = |(first, run): &(u64, Run)| {
                first.saturating_add(u64::try_from(run.places.len()).unwrap_or(0))
            };
            let next = self.run.as_ref().map_or(self.first, end);
            if let Some((first, run)) = &self.run
                && seq < next
            {
                let n = usize::try_from(seq.checked_sub(*first)?).ok()?;
                return run.places.get(n).copied();
            }
            let run = Run::by_lengths(self.at?, self.len, number);
            self.at = run.as_ref().map(|run| run.end);
            self.run = Some((next, run?));
        }
    }

    fn record(&self, place: Place) -> Option<Stored> {
        let part = |at: u64, longest: usize| {
            let mut len = [0_u8; 4];
            self.file.read_exact_at(&mut len, at).ok()?;
            let len = usize::try_from(u32::from_be_bytes(len)).ok().filter(|n| *n <= longest)?;
            let mut bytes = vec![0; len];
            self.file.read_exact_at(&mut bytes, at.checked_add(4)?).ok()?;
            Some(bytes)
        };
        let header = part(place.header, HEADER_LEN_MAX)?;
        Some(Stored { header, sealed: part(place.sealed, SEALED_LEN_MAX)? })
    }
}

/// What the index of a generation says of a journal's records, as far as it can be read.
pub(super) fn index(generation: &Generation, journal: JournalId) -> BTreeMap<u64, Witness> {
    let mut found = BTreeMap::new();
    for value in generation.index_values(journal) {
        let Ok((first, value)) = value else { break };
        let mut seq = first;
        let mut rest: &[u8] = &value;
        while let Some((entry, tail)) = split_entry(rest) {
            found.insert(seq, Witness { leaf: entry.leaf, check: entry.check });
            rest = tail;
            seq = seq.saturating_add(1);
        }
    }
    found
}

/// Calls `each` with what a generation holds of a journal from `from` on, as far as it can be read;
/// until it returns false.
pub(super) fn hot_records(
    generation: &Generation,
    journal: JournalId,
    from: u64,
    mut each: impl FnMut(u64, Stored) -> bool,
) {
    let mut long: Option<(u64, Vec<u8>)> = None;
    let one = |bytes: &[u8]| match split_frame(bytes) {
        Some((header, sealed, [])) => {
            Some(Stored { header: header.to_vec(), sealed: sealed.to_vec() })
        }
        _ => None,
    };
    for piece in generation.blocks(journal).map_while(Result::ok) {
        let (first, piece) = piece;
        if let Some((seq, bytes)) = long.take_if(|(seq, _)| *seq != first)
            && seq >= from
            && let Some(record) = one(&bytes)
            && !each(seq, record)
        {
            return;
        }
        match piece.split_first() {
            Some((&PART, bytes)) => {
                long.get_or_insert_with(|| (first, Vec::new())).1.extend_from_slice(bytes);
            }
            Some((&WHOLE, mut rest)) => {
                let mut seq = first;
                while let Some((header, sealed, behind)) = split_frame(rest) {
                    let record = Stored { header: header.to_vec(), sealed: sealed.to_vec() };
                    if seq >= from && !each(seq, record) {
                        return;
                    }
                    rest = behind;
                    seq = seq.saturating_add(1);
                }
            }
            _ => {}
        }
    }
    if let Some((seq, bytes)) = long
        && seq >= from
        && let Some(record) = one(&bytes)
    {
        each(seq, record);
    }
}
