//! Where a remittance begins: whether it is news, who is paid, and where its records go.

use std::sync::Arc;

use lookback_events::event::control::{LinkReason, PayeeIdentity, PayeeLink};
use lookback_events::finding::{Finding, RULES_VERSION, Rule};
use lookback_events::id::{Digest, JournalId, PayeeId, UnitId};
use lookback_projections::{cases, payees, remittances};

use super::claims::{Facts, placed};
use super::{DELIVERED_TWICE, OTHER_USAGE, Run, State};
use crate::decide;
use crate::ingest::era::Head;
use crate::ingest::facts::{Linked, Names, Seen};
use crate::ingest::file::{FileError, contract_year, year_of};
use crate::ingest::remittance::{Into, Open, Recorded};
use crate::ledger::LedgerError;

impl Run<'_> {
    pub(super) fn head(&mut self, head: Box<Head>) -> Result<(), FileError> {
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
                let message = if row.closed.is_some() {
                    self.again = self.again.saturating_add(1);
                    "this remittance was recorded before, from another file or place"
                } else {
                    // Its first file goes on with it: only there the places of what is found, and
                    // the bytes that are given back, are those of one file.
                    let claims = row.running.claims;
                    let words = if claims == 1 { "claim" } else { "claims" };
                    self.begun = self.begun.saturating_add(1);
                    self.reason.get_or_insert_with(|| {
                        format!(
                            "a remittance was begun from another file, of which {claims} {words} \
                             are recorded; ingest that file again to finish it"
                        )
                    });
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
                let (records, first) = resumed.map_or((Recorded::default(), None), |row| {
                    (Recorded::of(&row.running), Some(row.first))
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
        records: Recorded,
        first: Option<u64>,
    ) -> Result<(), LedgerError> {
        let payee = self.payee(&head)?;
        let journals = self.ledger.choices().journals;
        let linked = payees::links(self.ledger.rows(), &payee)?.into_iter();
        let linked = linked.map(|(other, _)| (JournalId::of_payee(&other, journals), other));
        let linked = linked.collect();
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
        let cases = cases::has_any(self.ledger.rows(), &payee)?;
        let facts = Facts {
            payee,
            payer: head.payer_id.clone(),
            paid_on: head.date.or(self.envelope_date),
            cases,
            reversals: Vec::new(),
            digest,
            trace: head.trace.clone(),
            path: head.path.show(),
            at: head.position,
            adjustments: Vec::new(),
            linked,
            waiting: Vec::new(),
        };
        let mut open = Open::begin(self.ledger, into, head, records, first)?;
        let reused = decide::trace_number(
            self.ledger.rows(),
            &facts.payee,
            facts.payer.as_deref(),
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
        // Asked each time: an interrupted run may have recorded the payee and not the link.
        for known in payees::unlinked(self.ledger.rows(), &id, tin)? {
            let (one, other) = (format!("payee:{known}"), format!("payee:{id}"));
            let why = LinkReason::SameTin;
            let linked = Arc::new(Linked(PayeeLink { known, seen: id.clone(), why }));
            self.ledger.submit_control(self.actor, linked, &[&one, &other])?;
        }
        Ok(id)
    }
}
