//! What an ingest records, as facts: parsed things with the names they are recorded under.
//!
//! Each is written to its body where bodies are encoded, and read by the projections where it is
//! submitted; neither copies what the reader parsed.

use std::sync::Arc;

use lookback_events::body::{BodyError, BodyWriter};
use lookback_events::event::control::{
    Bytes, FileCounts, FileIdentity, FilePart, FileReceived, OriginalPart, Outcome, Part,
    PayeeIdentity, PayeeLink, PayeeSeen, PayeesLinked, Piece,
};
use lookback_events::event::remittance::{ProviderAdjusted, RemittanceClosed, RemittanceReceived};
use lookback_events::event::{Control, Event, FindingsRecorded, Remittance};
use lookback_events::finding::Finding;
use lookback_events::id::Digest;

use super::era::{Claim, Close, Head, ProviderAdjustment};
use crate::ledger::Fact;

/// The names under which everything of one remittance is recorded.
#[derive(Debug)]
pub(super) struct Names {
    /// Who is paid.
    pub(super) payee: String,
    /// The remittance's digest, hex.
    pub(super) remittance: String,
    /// The file's SHA-256, hex.
    pub(super) file: String,
    /// The payment date (835 BPR16).
    pub(super) paid_on: Option<chrono::NaiveDate>,
}

/// A remittance begins.
pub(super) struct Received {
    pub(super) head: Box<Head>,
    pub(super) names: Arc<Names>,
}

impl Received {
    fn body(&self) -> RemittanceReceived<'_> {
        let mut body = self.head.body(&self.names.file, &self.names.remittance);
        body.payee.id = self.names.payee.as_str().into();
        body
    }
}

impl Fact for Received {
    fn name(&self) -> &'static str {
        RemittanceReceived::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.body())
    }

    fn event(&self) -> Event<'_> {
        Event::Remittance(Remittance::Received(Box::new(self.body())))
    }
}

/// A claim.
pub(super) struct Claimed {
    pub(super) claim: Box<Claim>,
    pub(super) names: Arc<Names>,
}

impl Fact for Claimed {
    fn name(&self) -> &'static str {
        self.claim.kind().event()
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.claim.body(&self.names.payee, &self.names.remittance))
    }

    fn event(&self) -> Event<'_> {
        let body = self.claim.brief(&self.names.payee, &self.names.remittance);
        Event::Claim(self.claim.kind(), Box::new(body))
    }
}

impl Claimed {
    /// The claim as the pairing of reversals sees it.
    pub(super) fn fact(&self) -> Option<lookback_projections::payments::Fact> {
        let body = self.claim.values(&self.names.payee, &self.names.remittance);
        lookback_projections::payments::Fact::of(self.claim.kind(), &body, self.names.paid_on)
    }

    /// The same without what only a reversal needs (REF*F8).
    pub(super) fn brief_fact(&self) -> Option<lookback_projections::payments::Fact> {
        let body = self.claim.brief(&self.names.payee, &self.names.remittance);
        lookback_projections::payments::Fact::of(self.claim.kind(), &body, self.names.paid_on)
    }

    /// True where it takes a payment back.
    pub(super) fn is_reversal(&self) -> bool {
        let (charge, paid) = (self.claim.charge.get(), self.claim.paid.get());
        lookback_projections::payments::is_reversal(self.claim.kind(), charge, paid)
    }
}

/// A provider adjustment.
pub(super) struct Adjusted {
    pub(super) adjustment: Box<ProviderAdjustment>,
    pub(super) names: Arc<Names>,
}

impl Fact for Adjusted {
    fn name(&self) -> &'static str {
        ProviderAdjusted::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.adjustment.body(&self.names.payee, &self.names.remittance))
    }

    fn event(&self) -> Event<'_> {
        let body = self.adjustment.body(&self.names.payee, &self.names.remittance);
        Event::Remittance(Remittance::Adjusted(Box::new(body)))
    }
}

/// Findings that do not fit the closing record.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) names: Arc<Names>,
}

impl Found {
    fn body(&self) -> FindingsRecorded<'_> {
        FindingsRecorded {
            findings: self.findings.clone(),
            remittance: self.names.remittance.as_str().into(),
        }
    }
}

impl Fact for Found {
    fn name(&self) -> &'static str {
        FindingsRecorded::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.body())
    }

    fn event(&self) -> Event<'_> {
        Event::Remittance(Remittance::Findings(self.body()))
    }
}

/// A remittance ends.
pub(super) struct Closed {
    pub(super) close: Box<Close>,
    pub(super) findings: Vec<Finding>,
    pub(super) names: Arc<Names>,
}

impl Closed {
    fn body(&self) -> RemittanceClosed<'_> {
        self.close.body(&self.names.remittance, self.findings.clone())
    }
}

impl Fact for Closed {
    fn name(&self) -> &'static str {
        RemittanceClosed::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.body())
    }

    fn event(&self) -> Event<'_> {
        Event::Remittance(Remittance::Closed(Box::new(self.body())))
    }
}

/// Bytes that lie in no other record.
pub(super) struct Kept {
    pub(super) bytes: Vec<u8>,
    pub(super) part: Part,
}

impl Kept {
    fn body(&self) -> OriginalPart<'_> {
        OriginalPart { original: Bytes::new(&self.bytes), part: self.part }
    }
}

impl Fact for Kept {
    fn name(&self) -> &'static str {
        OriginalPart::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.body())
    }

    fn event(&self) -> Event<'_> {
        Event::Original(Box::new(self.body()))
    }
}

/// A payee, or another identifier of one, seen for the first time.
pub(super) struct Seen(pub(super) PayeeIdentity<'static>);

impl Fact for Seen {
    fn name(&self) -> &'static str {
        PayeeSeen::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&PayeeSeen { payee: self.0.clone() })
    }

    fn event(&self) -> Event<'_> {
        Event::Control(Control::PayeeSeen(Box::new(PayeeSeen { payee: self.0.clone() })))
    }
}

/// Two payees that belong together.
pub(super) struct Linked(pub(super) PayeeLink);

impl Linked {
    fn body(&self) -> PayeesLinked {
        PayeesLinked { link: self.0.clone() }
    }
}

impl Fact for Linked {
    fn name(&self) -> &'static str {
        PayeesLinked::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.body())
    }

    fn event(&self) -> Event<'_> {
        Event::Control(Control::PayeesLinked(Box::new(self.body())))
    }
}

/// A part of a file's list.
pub(super) struct Listed(pub(super) FilePart<'static>);

impl Fact for Listed {
    fn name(&self) -> &'static str {
        FilePart::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.0)
    }

    fn event(&self) -> Event<'_> {
        Event::Control(Control::FilePart(Box::new(self.0.clone())))
    }
}

/// A file, taken in or refused.
pub(super) struct FileTaken {
    pub(super) counts: FileCounts,
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: Digest,
    pub(super) findings: Vec<Finding>,
    pub(super) layout: Vec<Piece<'static>>,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
}

impl FileTaken {
    fn body(&self) -> FileReceived<'_> {
        FileReceived {
            counts: self.counts.clone(),
            file: FileIdentity {
                bytes: self.bytes,
                name: self.name.as_str().into(),
                sha256: self.sha256,
            },
            findings: self.findings.clone(),
            layout: self.layout.clone(),
            outcome: self.outcome,
            reason: self.reason.as_deref().map(Into::into),
        }
    }
}

impl Fact for FileTaken {
    fn name(&self) -> &'static str {
        FileReceived::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(&self.body())
    }

    fn event(&self) -> Event<'_> {
        Event::Control(Control::FileReceived(Box::new(self.body())))
    }
}
