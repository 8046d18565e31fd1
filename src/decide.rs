//! Deciding: what a command leads to, and what a payee's history says of a remittance.
//!
//! Commands are decided in [`verdict`]: events, an answer given before, or a [`refusal`]. Of a
//! remittance nothing is refused: what is odd about it, beside what was known, becomes findings, here.
//!
//! Pure: rows and facts come as arguments, nothing is read from the world and nothing is written. The
//! caller adds where in the file each finding is; nothing here names a person or repeats a reference,
//! because payers put account numbers there.

use std::collections::BTreeMap;

use lookback_events::event::remittance::ProviderAdjusted;
use lookback_events::finding::Rule;
use lookback_events::id::{Digest, PayeeId};
use lookback_events::money::Money;
use lookback_projections::payments::{Fact, Pairing, pair};
use lookback_projections::rows::{Rows, RowsError, add};
use lookback_projections::{forwards, remittances};

mod audit;
mod case;
mod cleared;
mod eligible;
pub mod given;
mod hold;
mod home;
mod ledgerwide;
pub mod net;
mod payee;
pub mod precheck;
mod recoveries;
pub mod refusal;
pub mod roles;
pub mod situation;
pub mod verdict;
mod who;

pub use recoveries::recoveries;

/// What in a remittance a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// All of it.
    Remittance,
    /// The claim of that number, from 1.
    Claim(u64),
    /// The provider adjustment of that number, from 1.
    Adjustment(u64),
}

/// A finding without its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// The rule that was broken.
    pub rule: Rule,
    /// What it is about.
    pub about: About,
    /// What should have stood there; empty where the rule compares nothing.
    pub expected: String,
    /// What stood there.
    pub found: String,
    /// One sentence for a person.
    pub message: &'static str,
}

impl Seed {
    fn new(rule: Rule, about: About, message: &'static str) -> Self {
        Self { rule, about, expected: String::new(), found: String::new(), message }
    }
}

/// Looks at the reversals of a remittance among the facts of one claim.
///
/// `facts` are all facts under one payee and patient control number in order, those of the
/// `remittance` last; facts of other claims lead to wrong findings.
pub fn reversals(facts: Vec<Fact>, remittance: &Digest) -> Vec<Seed> {
    let entries = pair(facts);
    let own = entries.iter().filter(|entry| entry.fact.remittance == *remittance);
    own.filter_map(|entry| {
        let about = About::Claim(entry.fact.ordinal);
        match entry.pairing? {
            Pairing::Takes(_) => None,
            Pairing::Twice(_) => Some(Seed::new(
                Rule::ReversedTwice,
                about,
                "the payment that this reversal takes back has been reversed before",
            )),
            Pairing::NotNegated(payment) => {
                let shown = |charge: Option<Money>, paid: Option<Money>| {
                    let text = |m: Option<Money>| m.map_or("missing".to_owned(), |m| m.to_string());
                    format!("charge {}, paid {}", text(charge), text(paid))
                };
                let of = entries.get(payment).map(|entry| &entry.fact);
                let negated = |amount: Option<Money>| amount.map(Money::negated);
                Some(Seed {
                    expected: of
                        .map(|f| shown(negated(f.charge), negated(f.paid)))
                        .unwrap_or_default(),
                    found: shown(entry.fact.charge, entry.fact.paid),
                    ..Seed::new(
                        Rule::ReversalNotNegated,
                        about,
                        "the amounts of this reversal are not those of the payment, negated",
                    )
                })
            }
            Pairing::Without => Some(Seed::new(
                Rule::ReversalWithoutOriginal,
                about,
                "this reversal takes back a payment that the ledger does not know",
            )),
        }
    })
    .collect()
}

/// Looks whether the check or EFT number of a remittance (835 TRN02) was used before by this payer
/// (TRN03) for this payee, with other content.
///
/// # Errors
/// When the rows cannot be read.
pub fn trace_number(
    rows: &dyn Rows,
    payee: &PayeeId,
    payer: Option<&str>,
    trace: Option<&str>,
    remittance: &Digest,
) -> Result<Option<Seed>, RowsError> {
    let (payer, trace) = (payer.unwrap_or_default().trim(), trace.unwrap_or_default().trim());
    if trace.is_empty() {
        return Ok(None);
    }
    let mut reused = false;
    remittances::with_trace(rows, payee, payer, trace, &mut |digest| {
        reused = digest != *remittance;
        !reused
    })?;
    let message = "another remittance has the same check or EFT number, payer and payee";
    Ok(reused.then(|| Seed::new(Rule::TrnReused, About::Remittance, message)))
}

/// A provider adjustment as the rules of forward balances see it.
#[derive(Debug, Clone, Copy)]
pub struct Adjusted<'a> {
    /// Its number in the remittance, from 1.
    pub ordinal: u64,
    /// 835 PLB03-1.
    pub reason: &'a str,
    /// 835 PLB03-2.
    pub reference: Option<&'a str>,
    /// 835 PLB04; `None` where it cannot be read.
    pub amount: Option<Money>,
}

impl<'a> From<&'a ProviderAdjusted<'_>> for Adjusted<'a> {
    fn from(body: &'a ProviderAdjusted<'_>) -> Self {
        Self {
            ordinal: body.adjustment.ordinal,
            reason: &body.adjustment.reason,
            reference: body.reference.as_deref(),
            amount: body.adjustment.amount,
        }
    }
}

/// A forward balance while a remittance is looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Balance {
    made: Money,
    consumed: Money,
}

impl Balance {
    fn change(&mut self, amount: Money) -> Result<(), RowsError> {
        if amount.is_negative() {
            add(&mut self.made, Some(amount.negated()))
        } else {
            add(&mut self.consumed, Some(amount))
        }
    }
}

/// Looks at the forward balances of a remittance (835 PLB03-1 `FB`): what it makes, then what it
/// consumes, each in the order of the file.
///
/// `adjustments` are all of the remittance; the first `recorded` of them are in the rows already,
/// which happens where a large remittance is recorded in several commits.
///
/// # Errors
/// When the rows cannot be read.
pub fn forward_balances(
    rows: &dyn Rows,
    payee: &PayeeId,
    trace: Option<&str>,
    adjustments: &[Adjusted<'_>],
    recorded: u64,
) -> Result<Vec<Seed>, RowsError> {
    let own: Vec<(u64, &str, Money)> = adjustments
        .iter()
        .filter(|adjusted| adjusted.reason.trim() == forwards::REASON)
        .filter_map(|a| Some((a.ordinal, forwards::id(a.reference), a.amount?)))
        .filter(|(_, _, amount)| !amount.is_zero())
        .collect();
    let mut balances = BTreeMap::new();
    for (_, id, _) in &own {
        if !balances.contains_key(id) {
            balances.insert(*id, before(rows, payee, id, &own, recorded)?);
        }
    }
    let trace = trace.unwrap_or_default().trim();
    let mut seeds = Vec::new();
    let mut made = 0_u64;
    for (ordinal, id, amount) in own.iter().filter(|(_, _, amount)| amount.is_negative()) {
        let about = About::Adjustment(*ordinal);
        balances.entry(id).or_insert_with(Balance::default).change(*amount)?;
        if *id != trace {
            let message = "a forward balance is made under another id than the remittance's TRN02";
            seeds.push(Seed::new(Rule::ForwardForeignId, about, message));
        }
        made = made.saturating_add(1);
        if made == 2 {
            let message = "a second forward balance is made in one remittance";
            seeds.push(Seed::new(Rule::TwoLiveForwards, about, message));
        }
    }
    for (ordinal, id, amount) in own.iter().filter(|(_, _, amount)| !amount.is_negative()) {
        let about = About::Adjustment(*ordinal);
        let balance = balances.entry(id).or_insert_with(Balance::default);
        let left = balance.made.checked_sub(balance.consumed).unwrap_or_default();
        let left = if left.is_negative() { Money::ZERO } else { left };
        if balance.made.is_zero() {
            let message = "a forward balance is consumed that was never made for this payee";
            seeds.push(Seed::new(Rule::ForwardUnknown, about, message));
        } else if *amount > left {
            let message = "more of a forward balance is consumed than was left of it";
            seeds.push(Seed {
                expected: left.to_string(),
                found: amount.to_string(),
                ..Seed::new(Rule::ForwardAmount, about, message)
            });
        }
        balance.change(*amount)?;
    }
    Ok(seeds)
}

/// A forward balance as it was before the remittance: the rows less what they hold of it already.
fn before(
    rows: &dyn Rows,
    payee: &PayeeId,
    id: &str,
    own: &[(u64, &str, Money)],
    recorded: u64,
) -> Result<Balance, RowsError> {
    let row = forwards::forward(rows, payee, id)?;
    let mut balance =
        row.map_or(Balance::default(), |row| Balance { made: row.made, consumed: row.consumed });
    for (_, _, amount) in own.iter().filter(|(n, other, _)| *n <= recorded && *other == id) {
        if amount.is_negative() {
            add(&mut balance.made, Some(*amount))?;
        } else {
            add(&mut balance.consumed, Some(amount.negated()))?;
        }
    }
    Ok(balance)
}

#[cfg(test)]
mod tests;
