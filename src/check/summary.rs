//! What one file holds, counted while it is read.

use std::collections::BTreeMap;

use lookback_events::finding::{Finding, Rule, Severity};
use lookback_events::money::Money;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use super::not_an_835;
use crate::ingest::era::{EnvelopeKind, Item, Totals};
use crate::ingest::x12::Unreadable;
use lookback_events::id::Digest;

/// The most findings of a file that are listed; all are counted.
pub const FINDINGS_LISTED_MAX: usize = 10_000;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// `check`: an interchange was found.
    Readable,
    /// `check`: no separators can be trusted.
    Unreadable,
    /// `ingest`: all of it was recorded from this file.
    Recorded,
    /// `ingest`: the same bytes, or all remittances in it, were recorded before.
    AlreadyRecorded,
    /// `ingest`: some of it was recorded from this file; the rest was recorded before, refused, or not
    /// readable.
    PartlyRecorded,
    /// `ingest`: nothing of it was recorded; its bytes are kept.
    Rejected,
}

/// The part of a file that was recorded from it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RecordedPart {
    /// Remittances.
    pub transactions: u64,
    /// Claims in them.
    pub claims: u64,
    /// Sum of their CLP04.
    pub claim_paid: Money,
}

impl RecordedPart {
    /// Counts a remittance that was recorded.
    pub(crate) fn add(&mut self, totals: &Totals) {
        self.transactions = self.transactions.saturating_add(1);
        self.claims = self.claims.saturating_add(totals.claims);
        add(&mut self.claim_paid, totals.claim_paid);
    }
}

/// What one file holds. Amounts are sums of what could be read.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The path as given, or `-`.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where that needs saying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What of it was recorded, where that is not all or nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedPart>,
    /// ISA segments.
    pub interchanges: u64,
    /// 835 transaction sets.
    pub transactions: u64,
    /// CLP segments.
    pub claims: u64,
    /// SVC segments.
    pub lines: u64,
    /// CAS triples that hold a reason or an amount.
    pub adjustments: u64,
    /// PLB pairs.
    pub plb_adjustments: u64,
    /// Sum of CLP04.
    pub claim_paid: Money,
    /// Sum of the PLB amounts.
    pub plb_total: Money,
    /// Sum of BPR02.
    pub bpr_total: Money,
    /// Claims with CLP02 = 22.
    pub reversals: u64,
    /// Claims with CLP02 = 4.
    pub denied: u64,
    /// The findings, at most [`FINDINGS_LISTED_MAX`] of them.
    #[serde(serialize_with = "listed")]
    pub findings: Vec<Finding>,
    /// How many findings are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub findings_left_out: u64,
    /// How many findings there are by rule, those not listed among them.
    #[serde(skip)]
    pub findings_by_rule: BTreeMap<Rule, u64>,
}

impl Summary {
    /// True where the file could be read, there is an 835 in it, and nothing was odd.
    pub fn is_clean(&self) -> bool {
        self.findings_by_rule.is_empty()
            && self.outcome != Outcome::Unreadable
            && self.transactions > 0
    }

    /// Drops the findings: they are not news.
    pub(crate) fn forget_findings(&mut self) {
        self.findings.clear();
        self.findings_left_out = 0;
        self.findings_by_rule.clear();
    }

    /// How many findings there are of a rule.
    pub fn count(&self, rule: Rule) -> u64 {
        self.findings_by_rule.get(&rule).copied().unwrap_or(0)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A finding with the members that are promised, in that order.
#[derive(Serialize)]
struct Listed<'a> {
    rule: Rule,
    severity: Severity,
    segment: u64,
    offset: u64,
    path: &'a str,
    message: &'a str,
    expected: &'a str,
    found: &'a str,
}

fn listed<S: Serializer>(findings: &[Finding], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(findings.len()))?;
    for finding in findings {
        list.serialize_element(&Listed {
            rule: finding.rule,
            severity: finding.severity,
            segment: finding.segment,
            offset: finding.offset,
            path: &finding.path,
            message: &finding.message,
            expected: &finding.expected,
            found: &finding.found,
        })?;
    }
    list.end()
}

/// Counts the items of one file.
#[derive(Debug, Default)]
pub struct Tally {
    interchanges: u64,
    transactions: u64,
    claims: u64,
    lines: u64,
    adjustments: u64,
    plb_adjustments: u64,
    claim_paid: Money,
    plb_total: Money,
    bpr_total: Money,
    reversals: u64,
    denied: u64,
    /// ST01 of the first transaction set that is not an 835.
    other_set: Option<String>,
    findings: Vec<Finding>,
    findings_left_out: u64,
    findings_by_rule: BTreeMap<Rule, u64>,
}

impl Tally {
    /// Counts an item.
    pub fn take(&mut self, item: &Item) {
        match item {
            Item::Envelope(envelope) if envelope.kind == EnvelopeKind::Interchange => {
                self.interchanges = self.interchanges.saturating_add(1);
            }
            Item::Head(_) => self.transactions = self.transactions.saturating_add(1),
            Item::Close(close) => {
                let totals = &close.totals;
                self.claims = self.claims.saturating_add(totals.claims);
                self.lines = self.lines.saturating_add(totals.lines);
                self.adjustments = self.adjustments.saturating_add(totals.adjustments);
                self.plb_adjustments = self.plb_adjustments.saturating_add(totals.plb_adjustments);
                self.reversals = self.reversals.saturating_add(totals.reversals);
                self.denied = self.denied.saturating_add(totals.denied);
                add(&mut self.claim_paid, totals.claim_paid);
                add(&mut self.plb_total, totals.plb_total);
                add(&mut self.bpr_total, totals.payment.get());
            }
            Item::Finding(found) => self.finding(&found.finding),
            Item::Outside(outside) => {
                if self.other_set.is_none() {
                    self.other_set = outside.transaction_set().map(ToOwned::to_owned);
                }
            }
            Item::Envelope(_) | Item::Claim(_) | Item::Adjustment(_) | Item::Continuation(_) => {}
        }
    }

    /// Counts a finding that no item carries.
    pub fn finding(&mut self, finding: &Finding) {
        let count = self.findings_by_rule.entry(finding.rule).or_default();
        *count = count.saturating_add(1);
        if self.findings.len() < FINDINGS_LISTED_MAX {
            self.findings.push(finding.clone());
        } else {
            self.findings_left_out = self.findings_left_out.saturating_add(1);
        }
    }

    /// The summary, once the file has ended.
    pub fn finish(self, file: &str, sha256: Digest, unreadable: Option<Unreadable>) -> Summary {
        let reason = match (unreadable, &self.other_set) {
            (Some(why), _) => Some(why.to_string()),
            (None, Some(other)) if self.transactions > 0 => {
                Some(format!("beside its 835s: {}", not_an_835(other)))
            }
            (None, Some(other)) => Some(not_an_835(other)),
            (None, None) if self.transactions == 0 => Some("no 835 in it".to_owned()),
            (None, None) => None,
        };
        Summary {
            file: file.to_owned(),
            sha256,
            outcome: if unreadable.is_some() { Outcome::Unreadable } else { Outcome::Readable },
            reason,
            recorded: None,
            interchanges: self.interchanges,
            transactions: self.transactions,
            claims: self.claims,
            lines: self.lines,
            adjustments: self.adjustments,
            plb_adjustments: self.plb_adjustments,
            claim_paid: self.claim_paid,
            plb_total: self.plb_total,
            bpr_total: self.bpr_total,
            reversals: self.reversals,
            denied: self.denied,
            findings: self.findings,
            findings_left_out: self.findings_left_out,
            findings_by_rule: self.findings_by_rule,
        }
    }
}

/// Adds what can be added exactly.
fn add(sum: &mut Money, amount: Option<Money>) {
    if let Some(more) = amount.and_then(|amount| sum.checked_add(amount)) {
        *sum = more;
    }
}
