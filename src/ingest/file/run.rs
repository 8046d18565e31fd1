//! The second reading of a file: item by item into records, pieces and findings.

use std::io::Read;
use std::sync::Arc;

use chrono::NaiveDate;
use lookback_events::event::control::{FileCounts, Outcome};
use lookback_events::id::{ActorId, Digest, JournalId};
use lookback_projections::clocks::Rulebook;

use super::{FileError, Taken, Watch};
use crate::check::{self, RecordedPart, Summary, Tally};
use crate::ingest::era::{Era, Item, Outside, OutsideReason};
use crate::ingest::facts::FileTaken;
use crate::ingest::history::History;
use crate::ingest::pieces::Pieces;
use crate::ingest::remittance::Open;
use crate::ingest::x12::prescan::Prescan;
use crate::ledger::{Ledger, LedgerError};

mod begin;
mod claims;
mod envelopes;

use claims::{Adjustment, Facts};

enum State {
    Between,
    /// In a remittance that is being recorded.
    Recording(Box<Open>, Box<Facts>),
    /// In a remittance that an earlier run recorded whole: its bytes have their place.
    Known {
        digest: Digest,
        journal: JournalId,
        first: u64,
        last: u64,
    },
    /// In a remittance whose bytes are kept, for this reason.
    Keeping(&'static str),
}

pub(super) struct Run<'a> {
    ledger: &'a mut Ledger,
    actor: &'a ActorId,
    history: &'a mut History,
    scan: &'a Prescan,
    pieces: Pieces,
    tally: Tally,
    /// The interchange is of the other usage.
    refused: bool,
    /// The day of the envelope, where a remittance has none.
    envelope_date: Option<NaiveDate>,
    state: State,
    /// The policies that hold, read where a remittance takes something of a case.
    rules: Option<Rulebook>,
    recorded: u64,
    part: RecordedPart,
    again: u64,
    /// Remittances that another file began and has not finished.
    begun: u64,
    reason: Option<String>,
    /// ST01 of the first transaction set that is not an 835.
    other_set: Option<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        ledger: &'a mut Ledger,
        actor: &'a ActorId,
        history: &'a mut History,
        scan: &'a Prescan,
        pieces: Pieces,
    ) -> Self {
        Self {
            ledger,
            actor,
            history,
            scan,
            pieces,
            tally: Tally::default(),
            refused: false,
            envelope_date: None,
            state: State::Between,
            rules: None,
            recorded: 0,
            part: RecordedPart::default(),
            again: 0,
            begun: 0,
            reason: None,
            other_set: None,
        }
    }
}

impl Run<'_> {
    pub(super) fn read<R: Read>(
        mut self,
        shown: &str,
        name: &str,
        input: R,
        watch: &mut dyn Watch,
    ) -> Result<Taken, FileError> {
        let mut items = Era::new(input);
        let (mut told, mut claims) = (0_u64, 0_u64);
        while let Some(item) = items.next()? {
            if !matches!(&item, Item::Finding(_)) {
                self.tally.take(&item);
            }
            claims = claims.saturating_add(u64::from(matches!(item, Item::Claim(_))));
            self.take(item)?;
            let at = self.pieces.offset();
            if at.saturating_sub(told) > 256 * 1024 {
                watch.read(at.saturating_sub(told), std::mem::take(&mut claims));
                told = at;
                if watch.stopped() {
                    return Err(FileError::Interrupted);
                }
            }
        }
        watch.read(self.scan.length.saturating_sub(told), claims);
        if self.pieces.offset() != self.scan.length {
            return Err(FileError::Changed);
        }
        self.finish(shown, name)
    }

    fn take(&mut self, item: Item) -> Result<(), FileError> {
        match item {
            Item::Envelope(envelope) => self.envelope(&envelope)?,
            Item::Outside(outside) => self.outside(&outside)?,
            Item::Head(head) => self.head(head)?,
            Item::Claim(claim) => self.claim(claim)?,
            Item::Adjustment(adjustment) => {
                if let State::Recording(open, facts) = &mut self.state {
                    self.pieces.passed(&adjustment.before);
                    self.pieces.passed(&adjustment.original);
                    facts.adjustments.push(Adjustment::of(&adjustment));
                    open.adjustment(self.ledger, adjustment)?;
                } else {
                    self.elsewhere(&adjustment.before)?;
                    self.elsewhere(&adjustment.original)?;
                }
            }
            Item::Continuation(continuation) => {
                if let State::Recording(open, _) = &mut self.state {
                    let offset = self.pieces.offset();
                    self.pieces.passed(&continuation.bytes);
                    open.continuation(self.ledger, &continuation.bytes, offset)?;
                } else {
                    self.elsewhere(&continuation.bytes)?;
                }
            }
            Item::Close(close) => {
                if let State::Recording(..) | State::Known { .. } = self.state {
                    self.part.add(&close.totals);
                }
                self.close(close)?;
            }
            Item::Finding(found) => match &mut self.state {
                State::Recording(open, _) if found.of_remittance => {
                    self.tally.finding(&found.finding);
                    open.finding(self.ledger, found.finding)?;
                }
                // Of a remittance that is recorded already, or is not taken in: said once, or kept.
                State::Known { .. } | State::Keeping(_) if found.of_remittance => {}
                State::Recording(..) | State::Between | State::Known { .. } | State::Keeping(_) => {
                    self.tally.finding(&found.finding);
                    self.pieces.finding(self.ledger, found.finding)?;
                }
            },
        }
        Ok(())
    }

    /// Bytes of a remittance that is not being recorded.
    fn elsewhere(&mut self, bytes: &[u8]) -> Result<(), LedgerError> {
        match self.state {
            State::Known { .. } | State::Recording(..) => {
                self.pieces.passed(bytes);
                Ok(())
            }
            State::Keeping(why) => self.pieces.keep(self.ledger, bytes, why),
            State::Between => self.pieces.keep(self.ledger, bytes, "outside every remittance"),
        }
    }

    fn outside(&mut self, outside: &Outside) -> Result<(), LedgerError> {
        let why = match outside.reason {
            OutsideReason::Blank if !self.refused => {
                return self.pieces.envelope(self.ledger, &outside.bytes);
            }
            OutsideReason::Blank => OTHER_USAGE,
            OutsideReason::OtherTransaction => {
                if self.other_set.is_none() {
                    self.other_set = outside.transaction_set().map(ToOwned::to_owned);
                }
                "a transaction set that is not an 835"
            }
            OutsideReason::Stray => {
                self.reason.get_or_insert_with(|| "segments outside every 835".to_owned());
                "segments outside every transaction set"
            }
            OutsideReason::Unreadable(why) => {
                self.reason.get_or_insert_with(|| why.to_string());
                "unreadable"
            }
        };
        self.pieces.keep(self.ledger, &outside.bytes, why)
    }

    fn finish(mut self, shown: &str, name: &str) -> Result<Taken, FileError> {
        let scan = self.scan;
        let mut summary =
            std::mem::take(&mut self.tally).finish(shown, scan.sha256, scan.unreadable);
        let reason = self.reason.take().or_else(|| {
            let other = self.other_set.as_ref()?;
            Some(check::not_an_835(other))
        });
        let reason = reason.or_else(|| {
            let (again, all) = (self.again, summary.transactions);
            (self.recorded > 0 && again > 0).then(|| {
                format!("{again} of {all} remittances recorded before, from another file or place")
            })
        });
        let outcome = match (self.recorded, self.again, &reason) {
            (0, 0, _) if scan.unreadable.is_some() => Outcome::Rejected,
            (0, 0, Some(_)) if self.begun == 0 => Outcome::Rejected,
            (0, 1.., None) => Outcome::AlreadyRecorded,
            (_, _, Some(_)) => Outcome::PartlyRecorded,
            (_, _, None) => Outcome::Recorded,
        };
        summary.outcome = match outcome {
            Outcome::Recorded => check::Outcome::Recorded,
            Outcome::AlreadyRecorded => check::Outcome::AlreadyRecorded,
            Outcome::PartlyRecorded => check::Outcome::PartlyRecorded,
            Outcome::Rejected => check::Outcome::Rejected,
        };
        summary.recorded = (outcome == Outcome::PartlyRecorded).then_some(self.part);
        summary.reason = reason.or_else(|| scan.unreadable.map(|why| why.to_string()));
        let (layout, findings) = self.pieces.end(self.ledger)?;
        let taken = FileTaken {
            counts: counts(&summary),
            name: name.to_owned(),
            bytes: scan.length,
            sha256: scan.sha256,
            findings,
            layout,
            outcome,
            reason: summary.reason.clone(),
        };
        let stream = format!("file:{}", scan.sha256);
        let placed = self.ledger.submit_control(self.actor, Arc::new(taken), &[&stream])?;
        Ok(Taken { summary, ticket: Some(placed.ticket), first_seen: None })
    }
}

/// Why the bytes of an interchange of the other usage are kept.
const OTHER_USAGE: &str = "an interchange of the other usage";
/// Why the bytes of a remittance that came before are kept.
const DELIVERED_TWICE: &str = "a remittance that was recorded before";

fn counts(summary: &Summary) -> FileCounts {
    FileCounts {
        adjustments: summary.adjustments,
        bpr_total: summary.bpr_total,
        claim_paid: summary.claim_paid,
        claims: summary.claims,
        denied: summary.denied,
        interchanges: summary.interchanges,
        lines: summary.lines,
        plb_adjustments: summary.plb_adjustments,
        plb_total: summary.plb_total,
        reversals: summary.reversals,
        transactions: summary.transactions,
    }
}
