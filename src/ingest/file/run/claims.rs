//! The claims of a remittance that is being recorded, and what its history says when it ends.

use std::sync::Arc;

use chrono::NaiveDate;
use lookback_events::event::Event;
use lookback_events::finding::{Finding, RULES_VERSION, Rule};
use lookback_events::id::{Digest, JournalId, PayeeId, StreamId};
use lookback_events::time::Timestamp;
use lookback_projections::Record;
use lookback_projections::clocks::Years;
use lookback_projections::movements::{self, Foreseen};
use lookback_projections::windows::rulebook;

use super::{Run, State};
use crate::decide::{self, About, Seed};
use crate::ingest::era::{self, Claim, Close, ProviderAdjustment};
use crate::ingest::facts::Claimed;
use crate::ingest::remittance::Open;
use crate::ledger::{Fact, LedgerError};

/// What the history findings of a remittance need of it.
pub(super) struct Facts {
    pub(super) payee: PayeeId,
    pub(super) digest: Digest,
    pub(super) trace: Option<String>,
    pub(super) path: String,
    pub(super) at: era::Position,
    /// Who pays (835 TRN03).
    pub(super) payer: Option<String>,
    /// When (835 BPR16), else the envelope's day.
    pub(super) paid_on: Option<NaiveDate>,
    /// True where its payee has cases: what it takes of them is looked at when it ends.
    pub(super) cases: bool,
    /// The places and values of its adjustments.
    pub(super) adjustments: Vec<Adjustment>,
    /// The places of its reversals, where its payee has cases.
    pub(super) reversals: Vec<(u64, era::Position, String)>,
    /// Payees that its own is linked to, with their journals.
    pub(super) linked: Vec<(JournalId, PayeeId)>,
    /// Its reversals without original so far: what they take back may stand behind them.
    pub(super) waiting: Vec<Waiting>,
}

/// A reversal whose original was not seen yet.
pub(super) struct Waiting {
    seed: Seed,
    /// Its claim, under its payee and those it is linked to.
    streams: Vec<(JournalId, StreamId)>,
    /// A payment under the same number came behind it.
    met: bool,
    at: era::Position,
    path: String,
}

/// The most reversals of one remittance that wait for its end; what is said of further ones is said
/// at once, and resolved where a payment comes behind them.
const WAITING_MAX: usize = 4_096;

/// What is kept of a provider adjustment until its remittance ends.
pub(super) struct Adjustment {
    ordinal: u64,
    reason: String,
    reference: Option<String>,
    amount: Option<lookback_events::money::Money>,
    path: String,
    at: era::Position,
}

impl Adjustment {
    pub(super) fn of(parsed: &ProviderAdjustment) -> Self {
        Self {
            ordinal: parsed.ordinal,
            reason: parsed.reason.clone(),
            reference: parsed.reference.clone(),
            amount: parsed.amount.get(),
            path: parsed.path.show(),
            at: parsed.position,
        }
    }
}

/// A finding of the ledger's history, in its place in the file.
pub(super) fn placed(seed: Seed, at: era::Position, path: String) -> Finding {
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

impl Facts {
    /// A finding in its place in the file.
    fn placed(&self, seed: Seed) -> Finding {
        let (at, path) = match seed.about {
            About::Remittance => None,
            About::Claim(ordinal) => {
                let of = self.reversals.iter().find(|(own, ..)| *own == ordinal);
                of.map(|(_, at, path)| (*at, path.clone()))
            }
            About::Adjustment(ordinal) => {
                let of = self.adjustments.iter().find(|own| own.ordinal == ordinal);
                of.map(|own| (own.at, own.path.clone()))
            }
        }
        .unwrap_or((self.at, self.path.clone()));
        placed(seed, at, path)
    }
}

/// Where records are foreseen: behind all that can be recorded.
const BEHIND_ALL: u64 = u64::MAX / 2;

impl Run<'_> {
    pub(super) fn claim(&mut self, claim: Box<Claim>) -> Result<(), LedgerError> {
        let State::Recording(open, facts) = &mut self.state else {
            self.elsewhere(&claim.before)?;
            return self.elsewhere(&claim.original);
        };
        self.pieces.passed(&claim.before);
        self.pieces.passed(&claim.original);
        let control = era::values::identifier(claim.patient_control());
        let key = self.ledger.keys().stream();
        let stream = key.id(&format!("claim:{}/{control}", facts.payee));
        let of = |(journal, other): &(JournalId, PayeeId)| {
            (*journal, key.id(&format!("claim:{other}/{control}")))
        };
        let mut streams: Vec<_> = facts.linked.iter().map(of).collect();
        let (at, path) = (claim.position, claim.path);
        let claim = Claimed { claim, names: open.names() };
        if facts.cases && claim.is_reversal() {
            facts.reversals.push((claim.claim.ordinal, at, path.show()));
        }
        if !claim.is_reversal() {
            let here = (open.journal(), stream);
            let met = facts.waiting.iter_mut().filter(|one| one.streams.last() == Some(&here));
            met.for_each(|one| one.met = true);
        }
        let claim = Arc::new(claim);
        let journal = open.journal();
        let seed =
            self.history.claim(self.ledger, journal, facts.digest, stream, &streams, &claim)?;
        open.claim(self.ledger, claim, stream)?;
        let Some(seed) = seed else { return Ok(()) };
        let path = path.show();
        if seed.rule == Rule::ReversalWithoutOriginal && facts.waiting.len() < WAITING_MAX {
            streams.push((journal, stream));
            facts.waiting.push(Waiting { seed, streams, met: false, at, path });
            return Ok(());
        }
        let finding = placed(seed, at, path);
        self.tally.finding(&finding);
        open.finding(self.ledger, finding)
    }

    pub(super) fn close(&mut self, close: Box<Close>) -> Result<(), LedgerError> {
        match std::mem::replace(&mut self.state, State::Between) {
            State::Recording(mut open, mut facts) => {
                self.pieces.passed(&close.before);
                self.pieces.passed(&close.original);
                let waiting = std::mem::take(&mut facts.waiting);
                let mut found = self.still_without(facts.digest, waiting)?;
                found.extend(self.forward_findings(&open, &facts)?);
                found.extend(self.recovery_findings(&open, &facts)?);
                for finding in found {
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

    /// The reversals that are without original now that their remittance ends.
    fn still_without(
        &self,
        remittance: Digest,
        waiting: Vec<Waiting>,
    ) -> Result<Vec<Finding>, LedgerError> {
        let mut found = Vec::new();
        for Waiting { seed, streams, met, at, path } in waiting {
            let seed = if met {
                let now = self.history.reversals(self.ledger, remittance, &streams)?;
                now.into_iter().find(|now| now.about == seed.about)
            } else {
                Some(seed)
            };
            found.extend(seed.map(|seed| placed(seed, at, path)));
        }
        Ok(found)
    }

    /// What is odd about the forward balances of a remittance that ends.
    fn forward_findings(&self, open: &Open, facts: &Facts) -> Result<Vec<Finding>, LedgerError> {
        let adjusted = facts.adjustments.iter().map(|a| decide::Adjusted {
            ordinal: a.ordinal,
            reason: &a.reason,
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
        Ok(seeds.into_iter().map(|seed| facts.placed(seed)).collect())
    }

    /// What is odd about what a remittance that ends takes of its payee's cases.
    fn recovery_findings(
        &mut self,
        open: &Open,
        facts: &Facts,
    ) -> Result<Vec<Finding>, LedgerError> {
        if !facts.cases {
            return Ok(Vec::new());
        }
        let foreseen = self.foreseen(open, facts)?;
        if foreseen.bookings.is_empty() {
            return Ok(Vec::new());
        }
        if self.rules.is_none() {
            self.rules = Some(rulebook(self.ledger.rows(), None, Years::default())?);
        }
        let Some(rules) = &self.rules else { return Ok(Vec::new()) };
        let paid_on = facts.paid_on.unwrap_or_else(|| crate::now::now().to_utc().date_naive());
        let (rows, payer) = (self.ledger.rows(), facts.payer.as_deref());
        let seeds = decide::recoveries(rows, &foreseen, payer, paid_on, rules)?;
        Ok(seeds.into_iter().map(|seed| facts.placed(seed)).collect())
    }

    /// What the remittance will book when its last records are folded.
    fn foreseen(&self, open: &Open, facts: &Facts) -> Result<Foreseen, LedgerError> {
        let events: Vec<Event<'_>> = open.pending().map(Fact::event).collect();
        let records = (BEHIND_ALL..).zip(&events).map(|(seq, event)| Record {
            journal: open.journal(),
            seq,
            recorded_at: Timestamp::from_micros(0),
            control: 0,
            actor: self.actor.as_str(),
            event,
        });
        let remittance = facts.digest.to_string();
        Ok(movements::foresee(self.ledger.rows(), &remittance, records)?)
    }
}
