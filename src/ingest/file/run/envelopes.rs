//! Envelopes of a file on its way: whether their usage is the ledger's, and their day.

use chrono::{Datelike as _, NaiveDate};
use lookback_events::event::control::Usage;

use super::{OTHER_USAGE, Run};
use crate::ingest::era::{Envelope, EnvelopeKind};
use crate::ledger::LedgerError;

impl Run<'_> {
    pub(super) fn envelope(&mut self, envelope: &Envelope) -> Result<(), LedgerError> {
        if envelope.kind == EnvelopeKind::Interchange {
            let own = match self.ledger.choices().usage {
                Usage::Production => "P",
                Usage::Test => "T",
            };
            self.refused = envelope.usage != own;
            if self.refused {
                self.reason.get_or_insert_with(|| other_usage(&envelope.usage));
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
}

/// Why an interchange is refused whose ISA15 is not the ledger's; one letter or digit is repeated.
fn other_usage(usage: &str) -> String {
    match usage {
        "T" => "test interchange (ISA15 is T)".to_owned(),
        "P" => "production interchange (ISA15 is P)".to_owned(),
        "" => "interchange of no usage (ISA15 is blank)".to_owned(),
        one if one.len() == 1 && one.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            format!("interchange of unknown usage (ISA15 is {one})")
        }
        _ => "interchange of unknown usage (ISA15 is neither P nor T)".to_owned(),
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
