//! A remittance, for a person.

use std::io::Write;

use lookback_events::id::{Digest, PayeeId};
use serde::Serialize;

use super::super::report::show_finding;
use super::super::table::{Column, Line, Sink, amount, clipped, day, left, right, short};
use super::super::text::{count, spaced};
use super::claim::status_word;
use crate::report::findings::{self, Found};
use crate::report::prefix::{Kind, resolve};
use crate::report::remittance::{self, ClaimLine, Head, Part, ProviderLine};
use crate::report::{AnswerError, View, payee};

/// The digest of the remittance that is meant.
pub(super) fn wanted(
    view: &View<'_>,
    id: Option<String>,
    trace: Option<String>,
    payee: Option<String>,
) -> Result<Digest, AnswerError> {
    let payee: Option<PayeeId> = payee.map(|text| payee::resolve(view, &text)).transpose()?;
    match trace {
        Some(trace) => remittance::of_trace(view, &trace, payee.as_ref()),
        None => resolve(view.rows(), Kind::Remittance, &id.unwrap_or_default()),
    }
}

impl Line for ClaimLine {
    const FIELDS: &'static [&'static str] =
        &["at", "ordinal", "patient_control", "status", "charge", "paid", "patient_share"];
    const COLUMNS: &'static [Column] = &[
        left("record", 13),
        left("patient control no.", 22),
        left("status", 20),
        right("charge", 13),
        right("paid", 13),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.at.clone(),
            self.patient_control.clone(),
            format!("{} {}", self.status, status_word(&self.status)),
            amount(self.charge),
            amount(self.paid),
        ]
    }
}

impl Line for ProviderLine {
    const FIELDS: &'static [&'static str] = &["at", "provider", "reason", "reference", "amount"];
    const COLUMNS: &'static [Column] = &[
        left("record", 13),
        left("provider", 12),
        left("reason", 24),
        left("reference", 24),
        right("amount", 13),
    ];
    fn cells(&self) -> Vec<String> {
        let reason = match self.reason.trim() {
            "WO" => "WO recovery",
            "FB" => "FB forwarding balance",
            "72" => "72 authorized return",
            "L6" => "L6 interest",
            "CS" => "CS adjustment",
            other => other,
        };
        vec![
            self.at.clone(),
            self.provider.clone(),
            reason.to_owned(),
            self.reference.clone().unwrap_or_default(),
            amount(self.amount),
        ]
    }
}

/// A part of a remittance's JSON, told from the others by its name.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Tagged<'a> {
    Remittance(&'a Head),
    Claim(&'a ClaimLine),
    Adjustment(&'a ProviderLine),
    Finding(&'a Found),
}

pub(super) fn show_remittance<W: Write>(
    view: &View<'_>,
    digest: &Digest,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    let head = remittance::head(view, digest)?;
    sink.object(&Tagged::Remittance(&head))?;
    if sink.is_table() {
        say_head(sink, &head)?;
        if head.line.adjustments > 0 {
            sink.say("\n  provider adjustments (above zero takes from the payment)")?;
            sink.part();
            remittance::parts(view, digest, &mut |part| match part {
                Part::Provider(line) => Ok(sink.put(&line)?),
                Part::Claim(_) => Ok(()),
            })?;
        }
        let mut found = 0_u64;
        findings::of(view, digest, &mut |finding| {
            found = found.saturating_add(1);
            show_finding(sink, &finding)
        })?;
        if found == 0 {
            sink.say("\n  no findings about this remittance")?;
        }
        sink.say("")?;
        sink.part();
    }
    remittance::parts(view, digest, &mut |part| match part {
        Part::Claim(line) if sink.is_table() || sink.is_csv() => Ok(sink.put(&line)?),
        Part::Claim(line) => Ok(sink.object(&Tagged::Claim(&line))?),
        Part::Provider(line) => Ok(sink.object(&Tagged::Adjustment(&line))?),
    })?;
    if sink.is_table() {
        let (payee, file) = (&head.line.payee, short(&head.line.file));
        sink.say(&format!(
            "\n  one claim: lookback show claim {payee}/NUMBER      its file: lookback show file {file}"
        ))?;
        return Ok(());
    }
    findings::of(view, digest, &mut |finding| Ok(sink.object(&Tagged::Finding(&finding))?))
}

fn say_head<W: Write>(sink: &mut Sink<W>, head: &Head) -> Result<(), AnswerError> {
    let line = &head.line;
    let verdict = match (line.balance, line.off) {
        ("incomplete", _) => {
            "INCOMPLETE: not all of it is recorded; ingest its file again, it goes on there"
                .to_owned()
        }
        ("off", Some(off)) => format!("does not add up: the payment is off by {}", off.grouped()),
        ("off", None) => "does not add up".to_owned(),
        ("unverifiable", _) => "cannot be verified: an amount is missing or unreadable".to_owned(),
        _ => "adds up".to_owned(),
    };
    let cut = if head.truncated { "; it was cut off before its end" } else { "" };
    sink.say(&format!("  remittance {}", line.remittance))?;
    sink.say(&format!("  {verdict}{cut}\n"))?;
    let payer = head.payer_name.as_deref().unwrap_or_default();
    let payee = head.payee_name.as_deref().unwrap_or_default();
    let method = head.method.as_deref().unwrap_or_default();
    let [isa, gs, st] = &head.controls;
    let last = line.last.as_deref().unwrap_or("not yet closed");
    let say = |sink: &mut Sink<W>, word: &str, text: String| {
        sink.say(&format!("  {word:<12}{}", clipped(&text, 86)))
    };
    say(
        sink,
        "payment",
        format!("{} {method} {} on {}", amount(line.amount), line.trace, day(line.paid_on)),
    )?;
    say(sink, "from", format!("{} {payer}", line.payer))?;
    say(sink, "to", format!("{} {payee}", line.payee))?;
    say(
        sink,
        "claims",
        format!(
            "{}, of which {} denied and {} reversed; {} paid",
            spaced(line.claims),
            spaced(line.denied),
            spaced(line.reversed),
            line.claims_paid.grouped()
        ),
    )?;
    say(
        sink,
        "adjusted",
        format!(
            "{} by {} provider {}",
            line.adjusted.grouped(),
            spaced(line.adjustments),
            count(line.adjustments, "adjustment", "adjustments")
        ),
    )?;
    say(
        sink,
        "file",
        format!(
            "{}, 835 no. {} of {}; ISA {} GS {gs} ST {st}",
            short(&line.file),
            spaced(line.ordinal),
            head.file_name.as_deref().unwrap_or("a file not yet finished"),
            isa.trim()
        ),
    )?;
    Ok(say(sink, "records", format!("{} to {last}", line.first))?)
}
