//! One file: what became of it, and which remittances it held.

use lookback_events::event::control::Piece;
use lookback_events::event::{Control, Event};
use lookback_events::id::{Digest, JournalId};
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use lookback_projections::files::{self, FileRow};
use lookback_projections::remittances;
use serde::Serialize;

use super::remittances::Remittance;
use super::{AnswerError, Each, View};
use crate::journal::Position;
use crate::ledger::LedgerError;

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    /// Its SHA-256.
    pub sha256: String,
    /// The last part of its path, `-` for standard input; none while it is not finished.
    pub name: Option<String>,
    /// Its length.
    pub bytes: Option<u64>,
    /// `recorded`, `partly-recorded`, `rejected`, or `unfinished`.
    pub outcome: &'static str,
    /// Why it, or a part of it, was not recorded.
    pub reason: Option<String>,
    /// When it was recorded, UTC.
    pub recorded_at: Option<Timestamp>,
    /// The record that says so.
    pub at: Option<String>,
    /// ST segments of 835s.
    pub transactions: u64,
    /// CLP segments.
    pub claims: u64,
    /// Sum of CLP04.
    pub claims_paid: Money,
    /// Sum of BPR02.
    pub payments: Money,
    /// Findings of its own; those of its remittances are not among them.
    pub findings: u64,
    /// How often it came again.
    pub again: u64,
}

fn row_of(view: &View<'_>, sha256: &Digest) -> Result<FileRow, AnswerError> {
    let row = files::file(view.rows(), sha256)?;
    row.ok_or_else(|| AnswerError::Unknown {
        what: format!("no file {sha256} is known"),
        help: "the id of a file is its SHA-256: sha256sum FILE".to_owned(),
    })
}

/// What is known of a file.
///
/// # Errors
/// When it is not known.
pub fn file(view: &View<'_>, sha256: &Digest) -> Result<File, AnswerError> {
    let row = row_of(view, sha256)?;
    let received = row.received.as_ref();
    let counts = received.map(|received| received.counts).unwrap_or_default();
    let control = JournalId::CONTROL;
    Ok(File {
        sha256: sha256.to_string(),
        name: received.map(|received| received.name.clone()),
        bytes: received.map(|received| received.bytes),
        outcome: received.map_or("unfinished", |received| received.outcome.as_str()),
        reason: received.and_then(|received| received.reason.clone()),
        recorded_at: received.map(|received| received.recorded_at),
        at: received.map(|r| Position { journal: control, seq: r.seq }.to_string()),
        transactions: counts.transactions,
        claims: counts.claims,
        claims_paid: counts.claim_paid,
        payments: counts.bpr_total,
        findings: received.map_or(row.findings, |received| received.findings),
        again: row.again,
    })
}

/// Hands over the remittances of a file in its order. One that was first recorded from another file
/// names that file.
///
/// # Errors
/// When a record cannot be read, or `each` says so.
pub fn remittances_of(
    view: &View<'_>,
    sha256: &Digest,
    each: &mut Each<'_, Remittance>,
) -> Result<(), AnswerError> {
    let row = row_of(view, sha256)?;
    let ledger = view.ledger();
    let mut lists = Vec::new();
    if let (Some(first), Some(last)) = (row.lists_first, row.lists_last) {
        ledger.each_opened(
            JournalId::CONTROL,
            first,
            last.saturating_add(1),
            |at, header, body| {
                let event = Event::decode(header.event, body)
                    .map_err(|source| LedgerError::Event { at, source })?;
                let own =
                    matches!(&event, Event::Control(Control::FilePart(p)) if p.file == *sha256);
                lists.extend(own.then_some(at));
                Ok(true)
            },
        )?;
    }
    let received = row.received.as_ref().map(|received| received.seq);
    lists.extend(received.map(|seq| Position { journal: JournalId::CONTROL, seq }));
    for at in lists {
        let opened = ledger.opened(at)?;
        let event = opened.event()?;
        let layout = match &event {
            Event::Control(Control::FilePart(body)) => &body.layout,
            Event::Control(Control::FileReceived(body)) => &body.layout,
            Event::Control(_)
            | Event::Remittance(_)
            | Event::Claim(..)
            | Event::Original(_)
            | Event::VolumeSealed(_)
            | Event::Deed(_) => continue,
        };
        for piece in layout {
            if let Piece::Remittance { digest, .. } = piece
                && let Some(row) = remittances::remittance(view.rows(), digest)?
            {
                each(Remittance::new(digest, &row))?;
            }
        }
    }
    Ok(())
}
