//! What the ledger knows of a claim, for pairing reversals.
//!
//! The claims seen last are kept in memory, those still on their way to the disk among them; older
//! ones are found through the streams of the journals. Reversals are rare, so most claims are only
//! remembered and never looked up.

use std::collections::{HashMap, VecDeque};

use lookback_events::id::{Digest, JournalId, StreamId};
use lookback_projections::payments::Fact;

use super::facts::Claimed;
use crate::decide::{self, About, Seed};
use crate::journal::Position;
use crate::ledger::{Ledger, LedgerError};

/// Claims that are remembered: more than can be on their way to the disk at once, which is
/// 16 MiB of bodies of at least 512 bytes, and one commit more.
const REMEMBERED_MAX: usize = 65_536;

/// The claims seen last, by stream.
#[derive(Default)]
pub(super) struct History {
    claims: HashMap<StreamId, Vec<Fact>>,
    order: VecDeque<StreamId>,
}

impl History {
    /// Remembers a claim; tells what is odd about it where it is a reversal. The same number may be
    /// known under payees that are `linked` to its own: their claims come ahead of it.
    pub(super) fn claim(
        &mut self,
        ledger: &Ledger,
        journal: JournalId,
        remittance: Digest,
        stream: StreamId,
        linked: &[(JournalId, StreamId)],
        claim: &Claimed,
    ) -> Result<Option<Seed>, LedgerError> {
        let mut seed = None;
        if claim.is_reversal()
            && let Some(fact) = claim.fact()
        {
            let mut facts = self.all(ledger, linked)?;
            facts.extend(self.known(ledger, journal, stream, &fact)?);
            in_order(&mut facts);
            let about = About::Claim(fact.ordinal);
            facts.push(fact);
            seed =
                decide::reversals(facts, &remittance).into_iter().find(|seed| seed.about == about);
        }
        if let Some(fact) = claim.brief_fact() {
            self.remember(stream, fact);
        }
        Ok(seed)
    }

    /// The facts of the claim ahead of `fact`, oldest first.
    fn known(
        &self,
        ledger: &Ledger,
        journal: JournalId,
        stream: StreamId,
        fact: &Fact,
    ) -> Result<Vec<Fact>, LedgerError> {
        let mut facts = recorded(ledger, journal, stream)?;
        // What an earlier, interrupted run recorded of this very remittance may lie ahead of us.
        facts.retain(|f| f.remittance != fact.remittance || f.ordinal < fact.ordinal);
        self.add_recent(stream, &mut facts);
        Ok(facts)
    }

    /// What is odd about the reversals of a remittance under one claim, now that all of it was seen.
    pub(super) fn reversals(
        &self,
        ledger: &Ledger,
        remittance: Digest,
        streams: &[(JournalId, StreamId)],
    ) -> Result<Vec<Seed>, LedgerError> {
        Ok(decide::reversals(self.all(ledger, streams)?, &remittance))
    }

    /// All facts under some streams, in the order they were recorded.
    fn all(
        &self,
        ledger: &Ledger,
        streams: &[(JournalId, StreamId)],
    ) -> Result<Vec<Fact>, LedgerError> {
        let mut facts = Vec::new();
        for (journal, stream) in streams {
            let mut own = recorded(ledger, *journal, *stream)?;
            self.add_recent(*stream, &mut own);
            facts.extend(own);
        }
        in_order(&mut facts);
        Ok(facts)
    }

    /// Adds what is remembered and may not be on the disk yet.
    fn add_recent(&self, stream: StreamId, facts: &mut Vec<Fact>) {
        let same = |a: &Fact, b: &Fact| a.remittance == b.remittance && a.ordinal == b.ordinal;
        for recent in self.claims.get(&stream).into_iter().flatten() {
            if !facts.iter().any(|f| same(f, recent)) {
                facts.push(recent.clone());
            }
        }
    }

    fn remember(&mut self, stream: StreamId, fact: Fact) {
        // Few claims are told of twice while they are remembered: room for one, not for four.
        self.claims.entry(stream).or_insert_with(|| Vec::with_capacity(1)).push(fact);
        self.order.push_back(stream);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
            && let Some(claims) = self.claims.get_mut(&oldest)
        {
            if claims.len() > 1 {
                claims.remove(0);
            } else {
                self.claims.remove(&oldest);
            }
        }
    }
}

/// Puts facts of several journals in the order they were recorded; those that are on their way to the
/// disk come last.
fn in_order(facts: &mut [Fact]) {
    facts.sort_by_key(|fact| (fact.recorded_at.is_none(), fact.recorded_at));
}

/// The facts of a claim that are recorded, in the order of their journal.
///
/// # Errors
/// When an index or a record cannot be read.
pub(super) fn recorded(
    ledger: &Ledger,
    journal: JournalId,
    stream: StreamId,
) -> Result<Vec<Fact>, LedgerError> {
    let mut facts = Vec::new();
    for seq in ledger.journals().positions(journal, stream)? {
        let opened = ledger.opened(Position { journal, seq })?;
        let event = opened.event()?;
        facts.extend(Fact::of_record(ledger.rows(), &opened.record(&event)?)?);
    }
    Ok(facts)
}
