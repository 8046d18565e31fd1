//! Lists of remittances, claims and forward balances, with their sums.

use std::io::Write;

use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use lookback_projections::rows::add;

use super::super::table::{Column, Line, Sink, amount, day, left, right, short};
use super::super::text::{count, spaced};
use super::{Narrowed, begin_on};
use crate::report::forwards::{self, Forward};
use crate::report::payments::{self, Payment};
use crate::report::remittances::{self, Remittance};
use crate::report::{AnswerError, View};

impl Line for Remittance {
    const FIELDS: &'static [&'static str] = &[
        "remittance",
        "paid_on",
        "payee",
        "payer",
        "trace",
        "amount",
        "claims",
        "denied",
        "reversed",
        "claims_paid",
        "adjustments",
        "adjusted",
        "balance",
        "off",
        "findings",
        "file",
        "ordinal",
        "first",
        "last",
    ];
    const COLUMNS: &'static [Column] = &[
        left("paid on", 10),
        left("remittance", 12),
        left("payee", 12),
        left("check or EFT", 14),
        right("payment", 14),
        right("claims", 7),
        left("balance", 12),
        right("odd", 3),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            day(self.paid_on),
            short(&self.remittance).to_owned(),
            self.payee.clone(),
            self.trace.clone(),
            amount(self.amount),
            spaced(self.claims),
            self.balance.to_owned(),
            self.findings.map_or_else(|| "-".to_owned(), spaced),
        ]
    }
}

pub(super) fn all_remittances<W: Write>(
    view: &View<'_>,
    wanted: &remittances::Wanted,
    of: &Narrowed,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    begin_on(view, "remittances", of.of.given(), sink)?;
    let among = of.among(view)?;
    let mut paid = Money::ZERO;
    let mut claims = 0_u64;
    remittances::all(view, wanted, &mut |remittance| {
        if !among.named(&remittance.payee) {
            return Ok(());
        }
        add(&mut paid, remittance.amount)?;
        claims = claims.saturating_add(remittance.claims);
        Ok(sink.put(&remittance)?)
    })?;
    sink.ended::<Remittance>()?;
    let lines = sink.lines();
    if lines == 0 {
        return Ok(sink.say("  no remittances: none is as asked for")?);
    }
    let words = count(lines, "remittance", "remittances");
    let (lines, claims) = (spaced(lines), spaced(claims));
    sink.say(&format!("\n  {lines} {words}, {claims} claims, $ {} paid", paid.grouped()))?;
    sink.say("  one of them: lookback show remittance ID")?;
    Ok(())
}

impl Line for Payment {
    const FIELDS: &'static [&'static str] = &[
        "payee",
        "patient_control",
        "first",
        "records",
        "last_paid_on",
        "paid",
        "reversed",
        "corrected",
        "net",
    ];
    const COLUMNS: &'static [Column] = &[
        left("claim", 26),
        right("rec", 3),
        left("last paid", 10),
        right("paid", 12),
        right("reversed", 12),
        right("corrected", 11),
        right("net", 12),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            format!("{}/{}", self.payee, self.patient_control),
            spaced(self.records),
            day(self.last_paid_on),
            self.paid.grouped(),
            self.reversed.grouped(),
            self.corrected.grouped(),
            self.net.grouped(),
        ]
    }
}

pub(super) fn all_payments<W: Write>(
    view: &View<'_>,
    payee: Option<&PayeeId>,
    of: &Narrowed,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    let on = of.of.given();
    begin_on(view, "payments", on, sink)?;
    let among = of.among(view)?;
    let mut sums = [Money::ZERO; 4];
    payments::by(view, payee, on, &mut |payment| {
        if !among.named(&payment.payee) {
            return Ok(());
        }
        let parts = [payment.paid, payment.reversed, payment.corrected, payment.net];
        for (sum, part) in sums.iter_mut().zip(parts) {
            add(sum, Some(part))?;
        }
        Ok(sink.put(&payment)?)
    })?;
    sink.ended::<Payment>()?;
    let lines = sink.lines();
    if lines == 0 {
        return Ok(sink.say("  no payments: no claim is known")?);
    }
    let words = count(lines, "claim", "claims");
    let [paid, reversed, corrected, net] = sums.map(Money::grouped);
    sink.say(&format!(
        "\n  {} {words}: paid {paid}, reversed {reversed}, corrected {corrected}, net {net}",
        spaced(lines)
    ))?;
    sink.say("  one of them: lookback show claim PAYEE/NUMBER")?;
    Ok(())
}

impl Line for Forward {
    const FIELDS: &'static [&'static str] =
        &["payee", "id", "made", "consumed", "left", "made_on", "made_in", "consumed_on", "last"];
    const COLUMNS: &'static [Column] = &[
        left("payee", 12),
        left("id", 22),
        left("made on", 10),
        right("made", 13),
        right("consumed", 13),
        right("left", 13),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.payee.clone(),
            self.id.clone(),
            if self.made_in.is_none() { "never".to_owned() } else { day(self.made_on) },
            self.made.grouped(),
            self.consumed.grouped(),
            self.left.grouped(),
        ]
    }
}

pub(super) fn all_forwards<W: Write>(
    view: &View<'_>,
    payee: Option<&PayeeId>,
    live: bool,
    of: &Narrowed,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    let on = of.of.given();
    begin_on(view, "forwards", on, sink)?;
    let among = of.among(view)?;
    let mut left = Money::ZERO;
    forwards::by(view, payee, live, on, &mut |forward| {
        if !among.named(&forward.payee) {
            return Ok(());
        }
        add(&mut left, Some(forward.left))?;
        Ok(sink.put(&forward)?)
    })?;
    sink.ended::<Forward>()?;
    let lines = sink.lines();
    if lines == 0 {
        let words = if live {
            "  no live forward balances: all that was carried forward is used up (--all shows them)"
        } else {
            "  no forward balances: nothing was ever carried forward"
        };
        return Ok(sink.say(words)?);
    }
    let words = count(lines, "forward balance", "forward balances");
    sink.say(&format!("\n  {} {words}, $ {} left to consume", spaced(lines), left.grouped()))?;
    sink.say("  where one was made: lookback show remittance --trace ID")?;
    Ok(())
}
