//! The second reading of a file: item by item into records, pieces and findings.

use std::io::Read;
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate};
use lookback_events::event::control::{FileCounts, Outcome, PayeeIdentity, Usage};
use lookback_events::finding::{Finding, RULES_VERSION, Rule};
use lookback_events::id::{ActorId, Digest, JournalId, PayeeId, UnitId};
use lookback_projections::{payees, remittances};

use super::{FileError, Taken, Watch, contract_year, year_of};
use crate::check::{self, Summary, Tally};
use crate::decide::{self, About, Seed};
use crate::ingest::era::{
    self, Claim, Close, Envelope, EnvelopeKind, Era, Head, Item, Outside, OutsideReason,
    ProviderAdjustment,
};
use crate::ingest::facts::{Claimed, FileTaken, Names, Seen};
use crate::ingest::history::History;
use crate::ingest::pieces::Pieces;
use crate::ingest::remittance::{Into, Open};
use crate::ingest::x12::prescan::Prescan;
use crate::ledger::{Ledger, LedgerError};

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

/// What the history findings of a remittance need of it.
struct Facts {
    payee: PayeeId,
    digest: Digest,
    trace: Option<String>,
    path: String,
    at: era::Position,
    /// The places and values of its adjustments that the rules of forward balances look at.
    adjustments: Vec<Adjustment>,
}

/// What is kept of a provider adjustment until its remittance ends: only forward balances are.
struct Adjustment {
    ordinal: u64,
    reference: Option<String>,
    amount: Option<lookback_events::money::Money>,
    path: String,
    at: era::Position,
}

impl Adjustment {
    fn of(parsed: &ProviderAdjustment) -> Option<Self> {
        (parsed.reason.trim() == lookback_projections::forwards::REASON).then(|| Self {
            ordinal: parsed.ordinal,
            reference: parsed.reference.clone(),
            amount: parsed.amount.get(),
            path: parsed.path.show(),
            at: parsed.position,
        })
    }
}

/// A finding of the ledger's history, in its place in the file.
fn placed(seed: Seed, at: era::Position, path: String) -> Finding {
    Finding {
        expected: seed.expected,
        found: seed.found,
        message: seed.message.into(),
        offset: at.offset,
        path,
        rule: seed.rule,
        segment: at.segment,
        severity: seed.rule.severity(),
        version: RULES_VERSION,
    }
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
    recorded: u64,
    again: u64,
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
            recorded: 0,
            again: 0,
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
                    facts.adjustments.extend(Adjustment::of(&adjustment));
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
            Item::Close(close) => self.close(close)?,
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

    fn envelope(&mut self, envelope: &Envelope) -> Result<(), LedgerError> {
        if envelope.kind == EnvelopeKind::Interchange {
            self.refused = match self.ledger.choices().usage {
                Usage::Production => envelope.usage == "T",
                Usage::Test => envelope.usage == "P",
            };
            if self.refused {
                let kind = if envelope.usage == "T" { "test" } else { "production" };
                let reason = format!("{kind} interchange (ISA15 is {})", envelope.usage);
                self.reason.get_or_insert(reason);
            }
        }
        if let Some(date) = envelope_date(envelope) {
            self.envelope_date = Some(date);
        }
        if self.refused {
            self.pieces.keep(self.ledger, &envelope.bytes, OTHER_USAGE)
        } else {
            self.pieces.envelope(self.ledger, &envelope.bytes)
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

    fn head(&mut self, head: Box<Head>) -> Result<(), FileError> {
        if self.refused {
            self.state = State::Keeping(OTHER_USAGE);
            self.pieces.keep(self.ledger, &head.original, OTHER_USAGE)?;
            return Ok(());
        }
        let at = usize::try_from(head.ordinal.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(digest) = self.scan.remittances.get(at).copied() else {
            if self.scan.remittances_left_out == 0 {
                return Err(FileError::Changed);
            }
            let why = "more remittances than one file may hold";
            self.reason.get_or_insert_with(|| why.to_owned());
            self.state = State::Keeping(why);
            self.pieces.keep(self.ledger, &head.original, why)?;
            return Ok(());
        };
        let known =
            remittances::remittance(self.ledger.rows(), &digest).map_err(LedgerError::from)?;
        let own = known
            .as_ref()
            .is_some_and(|row| row.file == self.scan.sha256 && row.ordinal == head.ordinal);
        match known {
            Some(row) if own && let Some(last) = row.closed.as_ref().map(|closed| closed.last) => {
                self.pieces.passed(&head.original);
                self.recorded = self.recorded.saturating_add(1);
                self.state = State::Known { digest, journal: row.journal, first: row.first, last };
            }
            Some(row) if !own => {
                self.again = self.again.saturating_add(1);
                let message = if row.closed.is_some() {
                    "this remittance was recorded before, from another file or place"
                } else {
                    "this remittance was begun from another file, which has not been finished"
                };
                let finding = Finding {
                    expected: String::new(),
                    found: String::new(),
                    message: message.into(),
                    offset: head.position.offset,
                    path: head.path.show(),
                    rule: Rule::DeliveredTwice,
                    segment: head.position.segment,
                    severity: Rule::DeliveredTwice.severity(),
                    version: RULES_VERSION,
                };
                self.tally.finding(&finding);
                self.pieces.finding(self.ledger, finding)?;
                self.state = State::Keeping(DELIVERED_TWICE);
                self.pieces.keep(self.ledger, &head.original, DELIVERED_TWICE)?;
            }
            resumed => {
                let (records, first) = resumed.map_or((0, None), |row| {
                    (row.running.records().saturating_add(1), Some(row.first))
                });
                self.pieces.passed(&head.original);
                self.begin(head, digest, records, first)?;
            }
        }
        Ok(())
    }

    fn begin(
        &mut self,
        head: Box<Head>,
        digest: Digest,
        records: u64,
        first: Option<u64>,
    ) -> Result<(), LedgerError> {
        let payee = self.payee(&head)?;
        let journal = JournalId::of_payee(&payee, self.ledger.choices().journals);
        let today = crate::now::now().to_utc();
        let year = match head.date.or(self.envelope_date) {
            Some(day) => contract_year(self.ledger, day),
            None => year_of(self.ledger, today),
        };
        let key = self.ledger.keys().of_unit(&UnitId::remittances(&payee, year))?;
        let names = Arc::new(Names {
            payee: payee.to_string(),
            remittance: digest.to_string(),
            file: self.scan.sha256.to_string(),
            paid_on: head.date,
        });
        let into = Into {
            journal,
            actor: self.actor.clone(),
            key,
            names,
            digest,
            file: self.scan.sha256,
            payee_stream: self.ledger.keys().stream().id(&format!("payee:{payee}")),
        };
        let facts = Facts {
            payee,
            digest,
            trace: head.trace.clone(),
            path: head.path.show(),
            at: head.position,
            adjustments: Vec::new(),
        };
        let payer = head.payer_id.clone();
        let mut open = Open::begin(self.ledger, into, head, records, first)?;
        let reused = decide::trace_number(
            self.ledger.rows(),
            &facts.payee,
            payer.as_deref(),
            facts.trace.as_deref(),
            &digest,
        )?;
        if let Some(seed) = reused {
            let finding = placed(seed, facts.at, facts.path.clone());
            self.tally.finding(&finding);
            open.finding(self.ledger, finding)?;
        }
        self.state = State::Recording(Box::new(open), Box::new(facts));
        Ok(())
    }

    /// The payee that the head names, made known to the registry where it is new.
    fn payee(&mut self, head: &Head) -> Result<PayeeId, LedgerError> {
        let (npi, mut tin) = (head.npi.as_deref(), head.tin.as_deref());
        if npi.is_none() && tin.is_none() {
            // An id of another kind is still who is paid.
            tin = head.payee.id.as_deref();
        }
        let rows = self.ledger.rows();
        let id = payees::resolve(rows, npi, tin)?;
        if payees::is_news(rows, &id, npi, tin)? {
            let owned = |text: Option<&str>| text.map(|t| t.to_owned().into());
            let identity = PayeeIdentity {
                id: id.clone(),
                journal: JournalId::of_payee(&id, self.ledger.choices().journals),
                name: owned(head.payee.name.as_deref()),
                npi: owned(npi),
                tin: owned(tin),
            };
            let stream = format!("payee:{id}");
            self.ledger.submit_control(self.actor, Arc::new(Seen(identity)), &[&stream])?;
        }
        Ok(id)
    }

    fn claim(&mut self, claim: Box<Claim>) -> Result<(), LedgerError> {
        let State::Recording(open, facts) = &mut self.state else {
            self.elsewhere(&claim.before)?;
            return self.elsewhere(&claim.original);
        };
        self.pieces.passed(&claim.before);
        self.pieces.passed(&claim.original);
        let control = era::values::text(claim.patient_control());
        let stream = self.ledger.keys().stream().id(&format!("claim:{}/{control}", facts.payee));
        let (at, path) = (claim.position, claim.path);
        let claim = Arc::new(Claimed { claim, names: open.names() });
        let seed = self.history.claim(self.ledger, open.journal(), facts.digest, stream, &claim)?;
        open.claim(self.ledger, claim, stream)?;
        if let Some(seed) = seed {
            let finding = placed(seed, at, path.show());
            self.tally.finding(&finding);
            open.finding(self.ledger, finding)?;
        }
        Ok(())
    }

    fn close(&mut self, close: Box<Close>) -> Result<(), LedgerError> {
        match std::mem::replace(&mut self.state, State::Between) {
            State::Recording(mut open, facts) => {
                self.pieces.passed(&close.before);
                self.pieces.passed(&close.original);
                for finding in self.forward_findings(&open, &facts)? {
                    self.tally.finding(&finding);
                    open.finding(self.ledger, finding)?;
                }
                let (journal, first, last) = open.close(self.ledger, close)?;
                self.recorded = self.recorded.saturating_add(1);
                self.pieces.remittance(self.ledger, facts.digest, journal, first, last)
            }
            State::Known { digest, journal, first, last } => {
                self.pieces.passed(&close.before);
                self.pieces.passed(&close.original);
                self.pieces.remittance(self.ledger, digest, journal, first, last)
            }
            state @ (State::Keeping(_) | State::Between) => {
                self.state = state;
                self.elsewhere(&close.before)?;
                self.elsewhere(&close.original)?;
                self.state = State::Between;
                Ok(())
            }
        }
    }

    /// What is odd about the forward balances of a remittance that ends.
    fn forward_findings(&self, open: &Open, facts: &Facts) -> Result<Vec<Finding>, LedgerError> {
        let adjusted = facts.adjustments.iter().map(|a| decide::Adjusted {
            ordinal: a.ordinal,
            reason: lookback_projections::forwards::REASON,
            reference: a.reference.as_deref(),
            amount: a.amount,
        });
        let adjusted: Vec<_> = adjusted.collect();
        let seeds = decide::forward_balances(
            self.ledger.rows(),
            &facts.payee,
            facts.trace.as_deref(),
            &adjusted,
            open.adjustments_recorded(),
        )?;
        let place = |seed: Seed| {
            let of = facts.adjustments.iter().find(|a| About::Adjustment(a.ordinal) == seed.about);
            let (at, path) = of.map_or((facts.at, facts.path.clone()), |a| (a.at, a.path.clone()));
            placed(seed, at, path)
        };
        Ok(seeds.into_iter().map(place).collect())
    }

    fn finish(mut self, shown: &str, name: &str) -> Result<Taken, FileError> {
        let scan = self.scan;
        let mut summary =
            std::mem::take(&mut self.tally).finish(shown, scan.sha256, scan.unreadable);
        let reason = self.reason.take().or_else(|| {
            let other = self.other_set.as_ref()?;
            Some(check::not_an_835(other))
        });
        let outcome = match (self.recorded, self.again, &reason) {
            (0, 0, _) if scan.unreadable.is_some() => Outcome::Rejected,
            (0, 0, Some(_)) => Outcome::Rejected,
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

/// The day that an envelope names: ISA09 (`YYMMDD`) or GS04 (`YYYYMMDD`).
fn envelope_date(envelope: &Envelope) -> Option<NaiveDate> {
    let separator =
        *envelope.bytes.get(if envelope.kind == EnvelopeKind::Group { 2 } else { 3 })?;
    let mut elements = envelope.bytes.split(|b| *b == separator);
    let text = match envelope.kind {
        EnvelopeKind::Interchange => elements.nth(9)?,
        EnvelopeKind::Group => elements.nth(4)?,
        EnvelopeKind::GroupEnd | EnvelopeKind::InterchangeEnd | EnvelopeKind::Acknowledgment => {
            return None;
        }
    };
    let text = std::str::from_utf8(text).ok()?.trim();
    let date = match text.len() {
        6 => NaiveDate::parse_from_str(&format!("20{text}"), "%Y%m%d"),
        8 => NaiveDate::parse_from_str(text, "%Y%m%d"),
        _ => return None,
    };
    date.ok().filter(|date| (1990..2100).contains(&date.year()))
}
