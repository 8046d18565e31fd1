//! What each event says, for a person: one phrase, in the field's words.
//!
//! Two halves. [`Words::what`] is made from members that name nobody: kinds, amounts, days, control
//! numbers. [`Words::said`] is what people wrote (reasons, grounds, summaries): free text may name a
//! patient, so it is shown only where it was asked for. Not here: what an event changed, which is
//! found by folding it.

use lookback_events::event::act::ClaimPart;
use lookback_events::event::deed::Deed;
use lookback_events::event::text::Day;
use lookback_events::event::{Control, Event, Remittance};
use lookback_events::money::Money;

use crate::check::plain;

mod audit;
mod governance;
mod hold;
mod integrity;
mod proposal;
mod recovery;

/// An event in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// What happened; it names no patient.
    pub what: String,
    /// What somebody wrote about it; it may name anybody.
    pub said: Option<String>,
}

impl Words {
    fn new(what: impl Into<String>) -> Self {
        Self { what: plain(&what.into()), said: None }
    }

    /// The same with what somebody wrote.
    fn saying(self, said: impl Into<String>) -> Self {
        Self { said: Some(said.into()), ..self }
    }

    fn saying_if_any(self, said: Option<&str>) -> Self {
        Self { said: said.map(ToOwned::to_owned), ..self }
    }
}

/// The words of any event.
pub fn of(event: &Event<'_>) -> Words {
    match event {
        Event::Deed(deed) => of_deed(deed),
        Event::Remittance(remittance) => of_remittance(remittance),
        Event::Claim(kind, body) => {
            let kind = kind.event().trim_end_matches("/1").replace('-', " ");
            let paid =
                body.money.paid.map_or(String::new(), |paid| format!(", {}", paid.grouped()));
            Words::new(format!("{kind} in a remittance{paid}"))
        }
        Event::Control(control) => of_control(control),
        Event::Original(_) => Words::new("bytes of a file kept"),
        Event::VolumeSealed(sealed) => {
            Words::new(format!("volume sealed, records {} and on", sealed.volume.first))
        }
    }
}

/// The words of what a command led to.
pub fn of_deed(deed: &Deed) -> Words {
    match deed {
        Deed::Recovery(told) => recovery::words(&told.detail, &told.claims),
        Deed::Audit(told) => audit::words(&told.detail),
        Deed::Integrity(told) => integrity::words(&told.detail),
        Deed::Hold(told) => hold::words(&told.detail),
        Deed::Affairs(told) => hold::affairs(&told.detail),
        Deed::Governance(told) => governance::words(&told.detail),
    }
}

fn of_remittance(remittance: &Remittance<'_>) -> Words {
    match remittance {
        Remittance::Received(body) => {
            let payment = &body.payment;
            let trace = payment.trace.as_deref().unwrap_or("without a number");
            let amount = payment.amount.map_or("without an amount".to_owned(), Money::grouped);
            Words::new(format!("remittance {trace} of {amount} received"))
        }
        // The reference stands with what people wrote: payers put account numbers there.
        Remittance::Adjusted(body) => {
            let Some(amount) = body.adjustment.amount else {
                return Words::new("provider adjustment without an amount");
            };
            let way = if amount.is_negative() { "added to" } else { "taken from" };
            let size = if amount.is_negative() { amount.negated() } else { amount };
            let reason = adjustment_reason(body.adjustment.reason.trim());
            Words::new(format!("{reason}: {} {way} a payment", size.grouped()))
                .saying_if_any(body.reference.as_deref())
        }
        Remittance::Findings(body) => Words::new(format!("{} findings", body.findings.len())),
        Remittance::Closed(_) => Words::new("remittance complete"),
    }
}

/// What a PLB reason means, in our own words.
fn adjustment_reason(code: &str) -> String {
    let words = match code {
        "WO" => "recovery of an overpayment",
        "FB" => "forward balance",
        "72" => "authorized return",
        "B2" => "rebate",
        "L6" => "interest",
        "50" => "late charge",
        "51" => "interest penalty",
        "CS" => "adjustment",
        "J1" => "not reimbursable",
        "AP" => "acceleration of benefits",
        "IR" | "LE" => "levy",
        "OB" => "affiliated provider",
        "WU" => "unspecified recovery",
        other => return format!("provider adjustment {other}"),
    };
    format!("{words} ({code})")
}

fn of_control(control: &Control<'_>) -> Words {
    Words::new(match control {
        Control::LedgerCreated(_) => "ledger created",
        Control::PayeeSeen(_) => "payee seen for the first time",
        Control::PayeesLinked(_) => "two payees linked",
        Control::FileReceived(_) => "file received",
        Control::FilePart(_) => "file listed",
        Control::ClockAccepted(_) => "a clock that had gone back accepted",
    })
}

/// A kebab-case word of the vocabulary, as it is spoken.
fn spoken(word: &str) -> String {
    word.replace('-', " ")
}

/// How many of something, with the right word.
fn counted(count: usize, one: &str, several: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {several}") }
}

/// Of what an event speaks: `, 2 claims`, `, 3 lines`; nothing where no claim is given.
fn parts(claims: &[ClaimPart]) -> String {
    let lines = claims.iter().map(|claim| claim.lines.len()).fold(0, usize::saturating_add);
    match (claims.len(), lines) {
        (0, _) => String::new(),
        (claims, 0) => format!(", {}", counted(claims, "claim", "claims")),
        (_, lines) => format!(", {}", counted(lines, "line", "lines")),
    }
}

/// What the claims add up to; `None` where one has no amount.
fn sum(claims: &[ClaimPart]) -> Option<Money> {
    let amounts = claims.iter().map(|claim| claim.amount);
    let sum = amounts.reduce(|sum, amount| sum?.checked_add(amount?))?;
    sum.filter(|sum| !sum.is_zero())
}

/// An amount behind a comma; nothing where there is none.
fn of_amount(amount: Option<Money>) -> String {
    amount.map_or(String::new(), |amount| format!(", {}", amount.grouped()))
}

/// A day behind some words; nothing where there is none.
fn on(words: &str, day: Option<Day>) -> String {
    day.map_or(String::new(), |day| format!(", {words} {}", day.0))
}

/// A text behind some words; nothing where there is none.
fn with(words: &str, text: Option<&str>) -> String {
    text.map_or(String::new(), |text| format!(", {words}{text}"))
}

#[cfg(test)]
mod tests;
