//! One remittance on its way into its payee's journal.
//!
//! Up to 4,096 records and 16 MiB it is one commit, kept whole or not at all. A larger one is
//! several; until its close it counts as incomplete, and the same file goes on where it stopped.

use std::sync::Arc;

use lookback_events::body::UnitKey;
use lookback_events::event::control::Part;
use lookback_events::finding::Finding;
use lookback_events::id::{ActorId, Digest, JournalId, StreamId};
use lookback_events::record::Streams;
use lookback_projections::remittances::Running;

use super::era::{Close, Head, ProviderAdjustment};
use super::facts::{Adjusted, Claimed, Closed, Found, Kept, Names, Received};
use crate::ledger::{Entry, Fact, Ledger, LedgerError};

/// The most records of one commit (DESIGN 3).
const RECORDS_A_COMMIT: usize = 4_096;
/// The most bytes of one commit (DESIGN 3).
const COMMIT_LEN: usize = 16 * 1024 * 1024;
/// Findings that fit one record: about 700 bytes each, 512 KiB a body.
const FINDINGS_A_RECORD: usize = 400;
/// Bytes of continuation in one record: escaped at worst sixfold they still fit a body.
const PART_LEN: usize = 64 * 1024;

/// Where everything of a remittance goes.
pub(super) struct Into {
    pub(super) journal: JournalId,
    pub(super) actor: ActorId,
    pub(super) key: Arc<UnitKey>,
    pub(super) names: Arc<Names>,
    pub(super) digest: Digest,
    pub(super) file: Digest,
    pub(super) payee_stream: StreamId,
}

/// How many records there are of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Recorded {
    heads: u64,
    claims: u64,
    adjustments: u64,
    parts: u64,
    findings: u64,
}

impl Recorded {
    /// What the rows know of a remittance that has begun.
    pub(super) fn of(running: &Running) -> Self {
        Self {
            heads: 1,
            claims: running.claims,
            adjustments: running.adjustments,
            parts: running.parts,
            findings: running.findings_records,
        }
    }
}

/// A kind of record between the two ends of a remittance, or one of those.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Head,
    Claim,
    Adjustment,
    Part,
    Findings,
    Close,
}

/// A remittance that is being recorded.
pub(super) struct Open {
    into: Into,
    /// Records that an earlier run has committed: they are made again and passed over, each kind by
    /// its own count, because what history says of a reversal may have changed since.
    recorded: Recorded,
    made: Recorded,
    entries: Vec<Entry>,
    weight: usize,
    findings: Vec<Finding>,
    adjustments: u64,
    /// Of these, how many are in `entries` or committed.
    adjustments_pushed: u64,
    adjustments_recorded: u64,
    next_part: u64,
    /// The streams of the record that continuations belong to.
    last_streams: Streams,
    first: Option<u64>,
    /// The ticket of the last commit.
    pub(super) ticket: Option<u64>,
}

impl Open {
    /// Begins, or goes on behind `recorded` records whose first is at `first`.
    pub(super) fn begin(
        ledger: &mut Ledger,
        into: Into,
        head: Box<Head>,
        recorded: Recorded,
        first: Option<u64>,
    ) -> Result<Self, LedgerError> {
        let last_streams = streams(&[into.payee_stream])?;
        let mut open = Self {
            into,
            recorded,
            made: Recorded::default(),
            entries: Vec::new(),
            weight: 0,
            findings: Vec::new(),
            adjustments: 0,
            adjustments_pushed: 0,
            adjustments_recorded: 0,
            next_part: 0,
            last_streams,
            first,
            ticket: None,
        };
        let weight = head.original.len();
        let names = Arc::clone(&open.into.names);
        open.push(ledger, Kind::Head, Arc::new(Received { head, names }), last_streams, weight)?;
        Ok(open)
    }

    /// The names under which its records are written.
    pub(super) fn names(&self) -> Arc<Names> {
        Arc::clone(&self.into.names)
    }

    /// Its journal.
    pub(super) const fn journal(&self) -> JournalId {
        self.into.journal
    }

    /// How many of its provider adjustments the rows have seen.
    pub(super) const fn adjustments_recorded(&self) -> u64 {
        self.adjustments_recorded
    }

    /// What the rows have not seen of it yet.
    pub(super) fn pending(&self) -> impl Iterator<Item = &dyn Fact> {
        self.entries.iter().map(|entry| entry.fact.as_ref())
    }

    /// Counts a record that is made; true where an earlier run has recorded it.
    fn is_recorded(&mut self, kind: Kind) -> bool {
        let (made, recorded) = match kind {
            Kind::Head => (&mut self.made.heads, self.recorded.heads),
            Kind::Claim => (&mut self.made.claims, self.recorded.claims),
            Kind::Adjustment => (&mut self.made.adjustments, self.recorded.adjustments),
            Kind::Part => (&mut self.made.parts, self.recorded.parts),
            Kind::Findings => (&mut self.made.findings, self.recorded.findings),
            Kind::Close => return false,
        };
        *made = made.saturating_add(1);
        *made <= recorded
    }

    fn push(
        &mut self,
        ledger: &mut Ledger,
        kind: Kind,
        fact: Arc<dyn Fact>,
        streams: Streams,
        original: usize,
    ) -> Result<(), LedgerError> {
        if self.is_recorded(kind) {
            self.adjustments_recorded = self.adjustments;
            return Ok(());
        }
        // The loop as received, its values in JSON, and what stands around them.
        let weight = original.saturating_mul(5).div_ceil(2).saturating_add(512);
        let full = self.weight.saturating_add(weight) > COMMIT_LEN
            || self.entries.len() >= RECORDS_A_COMMIT;
        if full && !self.entries.is_empty() {
            self.commit(ledger)?;
        }
        self.weight = self.weight.saturating_add(weight);
        self.entries.push(Entry { fact, streams, key: Arc::clone(&self.into.key) });
        Ok(())
    }

    fn commit(&mut self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let entries = std::mem::take(&mut self.entries);
        let weight = std::mem::take(&mut self.weight);
        let committed = self.adjustments_pushed;
        let placed = ledger.submit(self.into.journal, &self.into.actor, entries, weight)?;
        self.first.get_or_insert(placed.first);
        self.ticket = Some(placed.ticket);
        self.adjustments_recorded = committed;
        Ok(())
    }

    /// A claim, under its own stream.
    pub(super) fn claim(
        &mut self,
        ledger: &mut Ledger,
        claim: Arc<Claimed>,
        stream: StreamId,
    ) -> Result<(), LedgerError> {
        let parsed = &claim.claim;
        let weight = parsed.original.len().saturating_add(parsed.before.len());
        let streams = streams(&[stream, self.into.payee_stream])?;
        self.last_streams = streams;
        self.push(ledger, Kind::Claim, claim, streams, weight)
    }

    /// A provider adjustment.
    pub(super) fn adjustment(
        &mut self,
        ledger: &mut Ledger,
        adjustment: Box<ProviderAdjustment>,
    ) -> Result<(), LedgerError> {
        let weight = adjustment.original.len().saturating_add(adjustment.before.len());
        let streams = streams(&[self.into.payee_stream])?;
        self.last_streams = streams;
        let names = Arc::clone(&self.into.names);
        self.adjustments = self.adjustments.saturating_add(1);
        let fact = Arc::new(Adjusted { adjustment, names });
        self.push(ledger, Kind::Adjustment, fact, streams, weight)?;
        self.adjustments_pushed = self.adjustments;
        Ok(())
    }

    /// More bytes of the record before.
    pub(super) fn continuation(
        &mut self,
        ledger: &mut Ledger,
        bytes: &[u8],
        offset: u64,
    ) -> Result<(), LedgerError> {
        let mut at = offset;
        for piece in bytes.chunks(PART_LEN) {
            let part = Part {
                file: self.into.file,
                number: self.next_part,
                offset: at,
                remittance: Some(self.into.digest),
            };
            self.next_part = self.next_part.saturating_add(1);
            at = at.saturating_add(u64::try_from(piece.len()).unwrap_or(0));
            let fact = Arc::new(Kept { bytes: piece.to_vec(), part });
            self.push(ledger, Kind::Part, fact, self.last_streams, piece.len())?;
        }
        Ok(())
    }

    /// Something odd about it.
    pub(super) fn finding(
        &mut self,
        ledger: &mut Ledger,
        finding: Finding,
    ) -> Result<(), LedgerError> {
        self.findings.push(finding);
        if self.findings.len() < FINDINGS_A_RECORD {
            return Ok(());
        }
        let findings = std::mem::take(&mut self.findings);
        let names = Arc::clone(&self.into.names);
        let streams = streams(&[self.into.payee_stream])?;
        let fact = Arc::new(Found { findings, names });
        self.push(ledger, Kind::Findings, fact, streams, 128 * 1024)
    }

    /// Its end. Gives its journal and the positions of its first and last record.
    pub(super) fn close(
        &mut self,
        ledger: &mut Ledger,
        close: Box<Close>,
    ) -> Result<(JournalId, u64, u64), LedgerError> {
        let streams = streams(&[self.into.payee_stream])?;
        let weight = close.original.len().saturating_add(close.before.len());
        let weight = weight.saturating_add(self.findings.len().saturating_mul(300));
        let findings = std::mem::take(&mut self.findings);
        let names = Arc::clone(&self.into.names);
        // What continues the close stands before it, so the close is always the last record.
        self.last_streams = streams;
        let fact = Arc::new(Closed { close, findings, names });
        self.push(ledger, Kind::Close, fact, streams, weight)?;
        let count = u64::try_from(self.entries.len()).unwrap_or(0);
        let entries = std::mem::take(&mut self.entries);
        let weight = std::mem::take(&mut self.weight);
        let placed = ledger.submit(self.into.journal, &self.into.actor, entries, weight)?;
        self.ticket = Some(placed.ticket);
        let first = *self.first.get_or_insert(placed.first);
        let last = placed.first.saturating_add(count).saturating_sub(1);
        Ok((self.into.journal, first, last))
    }
}

fn streams(ids: &[StreamId]) -> Result<Streams, LedgerError> {
    Streams::new(ids).ok_or_else(|| LedgerError::Choice("a record has 1 to 8 streams".to_owned()))
}
