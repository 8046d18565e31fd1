//! A file as it was received, put together again from the records that hold its bytes.
//!
//! Not a copy that lies somewhere: every byte is in a record of its own place, and this is the one
//! who knows the way back.

use std::io::{self, Write};

use lookback_events::event::control::{Bytes, Part, Piece};
use lookback_events::event::text::{Text, bytes as text_bytes};
use lookback_events::event::{Control, Event, Remittance};
use lookback_events::id::{Digest, JournalId};
use lookback_projections::files::{self, FileRow};
use sha2::Digest as _;

use crate::journal::Position;
use crate::ledger::{Ledger, LedgerError};

/// Why a file cannot be given back.
#[derive(Debug, thiserror::Error)]
pub enum OriginalError {
    /// No file with this digest was received.
    #[error("no file with this SHA-256 was received: {0}")]
    Unknown(Digest),
    /// It was begun and has not been finished: ingest it again first.
    #[error("the file was not taken in to its end; ingest it again, it goes on where it stopped")]
    Unfinished,
    /// A record does not hold what the file's list says of it.
    #[error("the record {at} does not hold the bytes that the file's list says it does")]
    Broken {
        /// The record.
        at: Position,
    },
    /// What the records hold is not the file that was received.
    #[error(
        "the records of file {file} hold {found_bytes} bytes with SHA-256 {found}, but {bytes} bytes \
         were received; what was given is not the file"
    )]
    Differs {
        /// The file, by what was received.
        file: Digest,
        /// The length that was received.
        bytes: u64,
        /// The length that was put together.
        found_bytes: u64,
        /// The SHA-256 of what was put together.
        found: Digest,
    },
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The bytes cannot be written.
    #[error("the bytes cannot be written")]
    Write(#[from] io::Error),
}

/// Writes the file with this digest, exactly as it was received: its length and SHA-256 are those of
/// what was written, or it is an error.
///
/// # Errors
/// When it is not known, not complete, or a record is not what it should be.
pub fn write(ledger: &Ledger, file: &Digest, out: &mut dyn Write) -> Result<(), OriginalError> {
    let row = files::file(ledger.rows(), file).map_err(LedgerError::from)?;
    let row = row.ok_or(OriginalError::Unknown(*file))?;
    let received = row.received.clone().ok_or(OriginalError::Unfinished)?;
    let bytes = received.bytes;
    let mut out = Hashing { out, hasher: sha2::Sha256::new(), bytes: 0 };
    put_together(ledger, file, &row, received.seq, &mut out)?;
    let found = Digest(out.hasher.finalize().into());
    if found == *file && out.bytes == bytes {
        return Ok(());
    }
    Err(OriginalError::Differs { file: *file, bytes, found_bytes: out.bytes, found })
}

/// Counts and hashes what is written.
struct Hashing<'a> {
    out: &'a mut dyn Write,
    hasher: sha2::Sha256,
    bytes: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(u64::try_from(written).unwrap_or(0));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn put_together(
    ledger: &Ledger,
    file: &Digest,
    row: &FileRow,
    received: u64,
    out: &mut dyn Write,
) -> Result<(), OriginalError> {
    // Parts are asked for in ascending order, so one walk through the control journal finds all.
    let mut parts = Parts { ledger, file: *file, next: 0, stream: None };
    if let (Some(first), Some(last)) = (row.lists_first, row.lists_last) {
        let mut lists = Vec::new();
        let control = JournalId::CONTROL;
        ledger.each_opened(control, first, last.saturating_add(1), |at, header, body| {
            let event = Event::decode(header.event, body)
                .map_err(|source| LedgerError::Event { at, source })?;
            if let Event::Control(Control::FilePart(part)) = event
                && part.file == *file
            {
                lists.push(at);
            }
            Ok(true)
        })?;
        for at in lists {
            let opened = ledger.opened(at)?;
            if let Event::Control(Control::FilePart(part)) = opened.event()? {
                pieces(ledger, &mut parts, &part.layout, out)?;
            }
        }
    }
    let at = Position { journal: JournalId::CONTROL, seq: received };
    let opened = ledger.opened(at)?;
    match opened.event()? {
        Event::Control(Control::FileReceived(body)) => {
            pieces(ledger, &mut parts, &body.layout, out)
        }
        Event::Control(_)
        | Event::Remittance(_)
        | Event::Claim(..)
        | Event::Original(_)
        | Event::VolumeSealed(_)
        | Event::Deed(_) => Err(OriginalError::Broken { at }),
    }
}

fn pieces(
    ledger: &Ledger,
    parts: &mut Parts<'_>,
    layout: &[Piece<'_>],
    out: &mut dyn Write,
) -> Result<(), OriginalError> {
    for piece in layout {
        match piece {
            Piece::Envelope(bytes) => {
                out.write_all(&decoded(bytes).ok_or(OriginalError::Unfinished)?)?;
            }
            Piece::Parts { first, last, .. } => parts.write(*first, *last, out)?,
            Piece::Remittance { digest, first, journal, last } => {
                remittance(ledger, *journal, *first, *last, digest, out)?;
            }
        }
    }
    Ok(())
}

fn decoded(bytes: &Bytes<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    bytes.push_to(&mut out).ok()?;
    Some(out)
}

/// Writes the bytes of one remittance: its records, in order.
///
/// # Errors
/// When a record cannot be opened or written.
pub fn remittance(
    ledger: &Ledger,
    journal: JournalId,
    first: u64,
    last: u64,
    digest: &Digest,
    out: &mut dyn Write,
) -> Result<(), OriginalError> {
    let hex = digest.to_string();
    let mut failed = None;
    ledger.each_opened(journal, first, last.saturating_add(1), |at, header, body| {
        let event = Event::decode(header.event, body)
            .map_err(|source| LedgerError::Event { at, source })?;
        let step = of_record(&event, digest, &hex, out);
        match step {
            Ok(true) => Ok(true),
            Ok(false) => {
                failed = Some(OriginalError::Broken { at });
                Ok(false)
            }
            Err(error) => {
                failed = Some(error.into());
                Ok(false)
            }
        }
    })?;
    failed.map_or(Ok(()), Err)
}

/// Writes what one record holds of a remittance; false where its bytes are damaged.
fn of_record(
    event: &Event<'_>,
    digest: &Digest,
    hex: &str,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let mut put = |plain: Option<&Text<'_>>, base64: Option<&Text<'_>>| -> io::Result<bool> {
        match text_bytes(plain, base64) {
            Ok(bytes) => out.write_all(&bytes).map(|()| true),
            Err(_) => Ok(false),
        }
    };
    match event {
        Event::Claim(_, body) if *body.claim.remittance == *hex => {
            Ok(put(body.before.as_ref(), body.before_base64.as_ref())?
                && put(body.original.as_ref(), body.original_base64.as_ref())?)
        }
        Event::Remittance(Remittance::Received(body)) if *body.remittance == *hex => {
            put(body.original.as_ref(), body.original_base64.as_ref())
        }
        Event::Remittance(Remittance::Adjusted(body)) if *body.adjustment.remittance == *hex => {
            Ok(put(body.before.as_ref(), body.before_base64.as_ref())?
                && put(body.original.as_ref(), body.original_base64.as_ref())?)
        }
        Event::Remittance(Remittance::Closed(body)) if *body.remittance == *hex => {
            Ok(put(body.before.as_ref(), body.before_base64.as_ref())?
                && put(body.original.as_ref(), body.original_base64.as_ref())?)
        }
        Event::Original(body) if body.part.remittance == Some(*digest) => {
            match decoded(&body.original) {
                Some(bytes) => out.write_all(&bytes).map(|()| true),
                None => Ok(false),
            }
        }
        Event::Control(_)
        | Event::Remittance(_)
        | Event::Claim(..)
        | Event::Original(_)
        | Event::VolumeSealed(_)
        | Event::Deed(_) => Ok(true),
    }
}

/// The `original-part` records of one file, found through the file's stream.
struct Parts<'a> {
    ledger: &'a Ledger,
    file: Digest,
    /// Which of the stream's records is looked at next.
    next: usize,
    /// The positions of the file's stream, once they are needed.
    stream: Option<Vec<u64>>,
}

impl Parts<'_> {
    fn write(&mut self, first: u64, last: u64, out: &mut dyn Write) -> Result<(), OriginalError> {
        let journal = JournalId::CONTROL;
        if self.stream.is_none() {
            let id = self.ledger.keys().stream().id(&format!("file:{}", self.file));
            let found = self.ledger.journals().positions(journal, id).map_err(LedgerError::from)?;
            self.stream = Some(found);
        }
        let mut wanted = first;
        while wanted <= last {
            let seq = self.stream.as_ref().and_then(|s| s.get(self.next)).copied();
            let seq = seq.ok_or(OriginalError::Unfinished)?;
            self.next = self.next.saturating_add(1);
            let at = Position { journal, seq };
            let opened = self.ledger.opened(at)?;
            if let Event::Original(body) = opened.event()? {
                let Part { number, .. } = body.part;
                if number == wanted {
                    let bytes = decoded(&body.original).ok_or(OriginalError::Broken { at })?;
                    out.write_all(&bytes)?;
                    wanted = wanted.saturating_add(1);
                } else if number > wanted {
                    return Err(OriginalError::Broken { at });
                }
            }
        }
        Ok(())
    }
}
