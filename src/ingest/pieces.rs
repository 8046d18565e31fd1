//! What a file is made of, as it is recorded: the list of its pieces, and the bytes that lie in no
//! remittance.
//!
//! The list goes into `FileReceived`; what would make that too long goes ahead into `FilePart`s. The
//! bytes go into `original-part` records under the quarantine unit, cut at the same places every time
//! the same file is read, so that an interrupted file goes on where it stopped.

use std::sync::Arc;

use lookback_events::event::control::{Bytes, FilePart, Part, Piece};
use lookback_events::finding::Finding;
use lookback_events::id::{ActorId, Digest, JournalId, UnitId};

use super::facts::{Kept, Listed};
use crate::ledger::{Entry, Ledger, LedgerError};

/// Bytes of one `original-part`: escaped at worst sixfold they still fit a body.
const PART_LEN: usize = 64 * 1024;
/// Bytes of envelopes in one piece; a longer one is no envelope to believe in.
const ENVELOPE_LEN: usize = 4 * 1024;
/// Parts that gather before they are committed.
const PARTS_A_COMMIT: usize = 16;
/// Bytes of a list that fit one body, with what stands beside it.
const LIST_LEN: usize = 192 * 1024;
/// About how many bytes a finding takes.
const FINDING_LEN: usize = 700;

/// The pieces of one file.
pub(super) struct Pieces {
    file: Digest,
    actor: ActorId,
    unit: UnitId,
    /// How many parts and lists earlier runs have recorded.
    recorded_parts: u64,
    recorded_lists: u64,
    /// The part being filled: why, where it began, its bytes.
    why: &'static str,
    part_at: u64,
    part: Vec<u8>,
    next_part: u64,
    /// The first part of the stretch that is being kept.
    stretch_first: Option<u64>,
    waiting: Vec<Kept>,
    /// Envelope bytes that are not in a piece yet.
    envelope: Vec<u8>,
    layout: Vec<Piece<'static>>,
    findings: Vec<Finding>,
    layout_len: usize,
    next_list: u64,
    /// Where in the file the next byte stands.
    offset: u64,
}

impl Pieces {
    pub(super) fn new(
        file: Digest,
        actor: ActorId,
        unit: UnitId,
        recorded_parts: u64,
        recorded_lists: u64,
    ) -> Self {
        Self {
            file,
            actor,
            unit,
            recorded_parts,
            recorded_lists,
            why: "",
            part_at: 0,
            part: Vec::new(),
            next_part: 0,
            stretch_first: None,
            waiting: Vec::new(),
            envelope: Vec::new(),
            layout: Vec::new(),
            findings: Vec::new(),
            layout_len: 0,
            next_list: 0,
            offset: 0,
        }
    }

    /// How many bytes of the file have been given a place.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Counts bytes that lie in a remittance's records.
    pub(super) fn passed(&mut self, bytes: &[u8]) {
        self.offset = self.offset.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
    }

    /// Envelope segments, and blanks between them.
    pub(super) fn envelope(
        &mut self,
        ledger: &mut Ledger,
        bytes: &[u8],
    ) -> Result<(), LedgerError> {
        if bytes.len() > ENVELOPE_LEN {
            return self.keep(ledger, bytes, "an envelope segment of absurd length");
        }
        self.end_stretch(ledger)?;
        if self.envelope.len().saturating_add(bytes.len()) > ENVELOPE_LEN {
            self.end_envelope(ledger)?;
        }
        self.envelope.extend_from_slice(bytes);
        self.passed(bytes);
        Ok(())
    }

    /// Bytes that lie in no remittance.
    pub(super) fn keep(
        &mut self,
        ledger: &mut Ledger,
        bytes: &[u8],
        why: &'static str,
    ) -> Result<(), LedgerError> {
        self.end_envelope(ledger)?;
        if self.why != why {
            self.end_stretch(ledger)?;
        }
        self.why = why;
        self.stretch_first.get_or_insert(self.next_part);
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.part.is_empty() {
                self.part_at = self.offset;
            }
            let room = PART_LEN.saturating_sub(self.part.len());
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.part.extend_from_slice(now);
            self.passed(now);
            rest = later;
            if self.part.len() >= PART_LEN {
                self.end_part(ledger)?;
            }
        }
        Ok(())
    }

    /// A remittance whose records lie in a payee's journal.
    pub(super) fn remittance(
        &mut self,
        ledger: &mut Ledger,
        digest: Digest,
        journal: JournalId,
        first: u64,
        last: u64,
    ) -> Result<(), LedgerError> {
        self.end_envelope(ledger)?;
        self.end_stretch(ledger)?;
        self.push(ledger, Piece::Remittance { digest, first, journal, last }, 200)
    }

    /// A finding that belongs to no remittance.
    pub(super) fn finding(
        &mut self,
        ledger: &mut Ledger,
        finding: Finding,
    ) -> Result<(), LedgerError> {
        self.findings.push(finding);
        self.grow(ledger, FINDING_LEN)
    }

    fn end_envelope(&mut self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        if self.envelope.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.envelope);
        // Escaped at worst sixfold.
        let len = bytes.len().saturating_mul(6);
        let piece = Piece::Envelope(owned(Bytes::new(&bytes)));
        self.push(ledger, piece, len)
    }

    fn end_part(&mut self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        if self.part.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.part);
        let number = self.next_part;
        self.next_part = number.saturating_add(1);
        if number < self.recorded_parts {
            return Ok(());
        }
        let part = Part { file: self.file, number, offset: self.part_at, remittance: None };
        self.waiting.push(Kept { bytes, part });
        if self.waiting.len() >= PARTS_A_COMMIT {
            self.commit_parts(ledger)?;
        }
        Ok(())
    }

    fn end_stretch(&mut self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        self.end_part(ledger)?;
        let Some(first) = self.stretch_first.take() else { return Ok(()) };
        let last = self.next_part.saturating_sub(1);
        self.push(ledger, Piece::Parts { first, last, why: self.why.into() }, 160)
    }

    fn commit_parts(&mut self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let key = ledger.keys().of_unit(&self.unit)?;
        let streams = ledger.streams(&[&format!("file:{}", self.file)])?;
        let mut weight = 0_usize;
        let entries = std::mem::take(&mut self.waiting).into_iter().map(|kept| {
            weight = weight.saturating_add(kept.bytes.len().saturating_mul(2));
            Entry { fact: Arc::new(kept), streams, key: Arc::clone(&key) }
        });
        let entries = entries.collect();
        ledger.submit(JournalId::CONTROL, &self.actor, entries, weight)?;
        Ok(())
    }

    fn push(
        &mut self,
        ledger: &mut Ledger,
        piece: Piece<'static>,
        len: usize,
    ) -> Result<(), LedgerError> {
        self.layout.push(piece);
        self.grow(ledger, len)
    }

    fn grow(&mut self, ledger: &mut Ledger, len: usize) -> Result<(), LedgerError> {
        self.layout_len = self.layout_len.saturating_add(len);
        if self.layout_len < LIST_LEN {
            return Ok(());
        }
        // The parts that the list names are recorded ahead of it.
        self.commit_parts(ledger)?;
        self.layout_len = 0;
        let number = self.next_list;
        self.next_list = number.saturating_add(1);
        let (findings, layout) =
            (std::mem::take(&mut self.findings), std::mem::take(&mut self.layout));
        if number < self.recorded_lists {
            return Ok(());
        }
        let list = FilePart { file: self.file, findings, layout, number };
        let stream = format!("file:{}", self.file);
        ledger.submit_control(&self.actor, Arc::new(Listed(list)), &[&stream])?;
        Ok(())
    }

    /// Ends the file: what was kept is committed, and the rest of the list is given back.
    pub(super) fn end(
        mut self,
        ledger: &mut Ledger,
    ) -> Result<(Vec<Piece<'static>>, Vec<Finding>), LedgerError> {
        self.end_envelope(ledger)?;
        self.end_stretch(ledger)?;
        self.commit_parts(ledger)?;
        Ok((self.layout, self.findings))
    }
}

fn owned(bytes: Bytes<'_>) -> Bytes<'static> {
    match bytes {
        Bytes::Base64(text) => Bytes::Base64(text.into_owned().into()),
        Bytes::Text(text) => Bytes::Text(text.into_owned().into()),
    }
}
