//! A claim's history, for a person.

use std::io::Write;

use super::super::report::{Asked, moment_asked, show_finding};
use super::super::table::{Column, Line, Sink, amount, clipped, day, left, right, short};
use super::super::text::{count, spaced};
use crate::ledger::Ledger;
use crate::report::claim::{self, Claim, Name, Said};
use crate::report::findings::Found;
use crate::report::{AnswerError, View, payee};

/// What of a claim is shown beyond the usual.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    pub(super) lines: bool,
    pub(super) patient: bool,
}

impl Line for claim::Line {
    const FIELDS: &'static [&'static str] = &[
        "at",
        "recorded_at",
        "remittance",
        "ordinal",
        "paid_on",
        "status",
        "event",
        "payer_control",
        "service_from",
        "service_to",
        "charge",
        "paid",
        "patient_share",
        "adjusted",
        "pairing",
        "about",
        "reversed_by",
        "corrects",
    ];
    const COLUMNS: &'static [Column] = &[
        left("record", 13),
        left("paid on", 10),
        left("status", 24),
        right("charge", 13),
        right("paid", 13),
        right("patient", 12),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.at.clone(),
            day(self.paid_on),
            format!("{} {}", self.status, status_word(&self.status)),
            amount(self.charge),
            amount(self.paid),
            amount(self.patient_share),
        ]
    }
}

/// What 835 CLP02 says, in words.
pub(super) fn status_word(status: &str) -> &'static str {
    match status {
        "1" => "primary",
        "2" => "secondary",
        "3" => "tertiary",
        "4" => "denied",
        "19" => "primary, forwarded",
        "20" => "secondary, forwarded",
        "21" => "tertiary, forwarded",
        "22" => "reversal",
        "23" => "not ours, forwarded",
        "25" => "predetermination",
        _ => "other",
    }
}

pub(super) fn show_claim<W: Write>(
    ledger: &Ledger,
    id: &str,
    payee: Option<String>,
    shown: Shown,
    asked: &Asked,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    // Made from records alone: nothing of the past has to be folded.
    let view = match &asked.known_at {
        Some(text) => View::records_until(ledger, moment_asked(ledger, text)?)?,
        None => View::live(ledger),
    };
    let payee = payee.map(|payee| payee::resolve(&view, &payee)).transpose()?;
    let answer = claim::claim(&view, &Name::parse(id, payee)?, shown.patient)?;
    sink.object(&answer)?;
    if sink.is_csv() {
        for said in &answer.records {
            sink.put(&said.entry)?;
        }
    }
    if !sink.is_table() {
        return Ok(());
    }
    let records = u64::try_from(answer.records.len()).unwrap_or(u64::MAX);
    let name = answer.payee_name.as_deref().unwrap_or_default();
    sink.say(&format!("  claim {}/{}   {name}", answer.payee, answer.patient_control))?;
    sink.say(&format!(
        "  net {} after {} {}: paid {}, reversed {}, corrected {}\n",
        answer.totals.net.grouped(),
        spaced(records),
        count(records, "record", "records"),
        answer.totals.paid.grouped(),
        answer.totals.reversed.grouped(),
        answer.totals.corrected.grouped(),
    ))?;
    for said in &answer.records {
        sink.put(&said.entry)?;
        beneath(sink, said, shown)?;
    }
    about(sink, &answer.findings, "this claim")?;
    ask_next(sink, &answer, shown)
}

/// What stands under the line of a record.
fn beneath<W: Write>(sink: &mut Sink<W>, said: &Said, shown: Shown) -> Result<(), AnswerError> {
    let entry = &said.entry;
    let about = entry.about.as_deref().unwrap_or_default();
    let tied = match (entry.pairing, &entry.reversed_by, &entry.corrects) {
        (Some("takes"), _, _) => format!("takes back {about}"),
        (Some("twice"), _, _) => format!("takes back {about}, which was taken back before"),
        (Some("not-negated"), _, _) => format!("should take back {about}, amounts differ"),
        (Some(_), _, _) => "takes back a payment that the ledger does not know".to_owned(),
        (None, Some(by), Some(after)) => format!("corrects after {after}, taken back by {by}"),
        (None, Some(by), None) => format!("taken back by {by}"),
        (None, None, Some(after)) => format!("corrects after {after}"),
        (None, None, None) => String::new(),
    };
    let parts = [tied.as_str(), entry.adjusted.as_str()];
    for part in parts.iter().filter(|part| !part.is_empty()) {
        sink.say(&format!("      {}", clipped(part, 94)))?;
    }
    let service = (day(entry.service_from), day(entry.service_to));
    sink.say(&format!(
        "      remittance {}, claim {} of it, service {} to {}",
        short(&entry.remittance),
        spaced(entry.ordinal),
        service.0,
        service.1
    ))?;
    if shown.lines {
        for line in &said.lines {
            let adjusted: Vec<String> = said
                .adjustments
                .iter()
                .filter(|adjustment| adjustment.line == line.line)
                .map(|a| format!("{}-{} {}", a.group, a.reason, amount(a.amount)))
                .collect();
            let (number, from, code) = (line.line, day(line.from), clipped(&line.code, 10));
            let (charge, paid) = (amount(line.charge), amount(line.paid));
            let adjusted = clipped(&adjusted.join(", "), 38);
            sink.say(&format!(
                "      {number:>4} {from} {code:<10} {charge:>12} {paid:>12}  {adjusted}"
            ))?;
        }
    }
    for person in said.patient.iter().flatten() {
        let id = person.id.as_deref().unwrap_or_default();
        sink.say(&format!("      {} {} {id}", person.role, clipped(&person.name, 60)))?;
    }
    Ok(())
}

fn ask_next<W: Write>(sink: &mut Sink<W>, claim: &Claim, shown: Shown) -> Result<(), AnswerError> {
    if let Some(last) = claim.records.last() {
        let lines = if shown.lines { "" } else { "      by line: --lines" };
        let remittance = short(&last.entry.remittance);
        sink.say(&format!("\n  its remittance: lookback show remittance {remittance}{lines}"))?;
    }
    Ok(())
}

/// Findings about something, or the words that there are none.
fn about<W: Write>(sink: &mut Sink<W>, found: &[Found], what: &str) -> Result<(), AnswerError> {
    if found.is_empty() {
        return Ok(sink.say(&format!("\n  no findings about {what}"))?);
    }
    found.iter().try_for_each(|found| show_finding(sink, found))
}
