//! Events: what somebody said or did, never a derived amount.
//!
//! An event's name and version stand in the header, its members in the body. A released event never
//! changes its bytes: what changes is a new version. Body structs serve both ways, borrow what they
//! can, and hold their members in ascending order at every level (FORMATS 2), which a test checks.

use serde::{Deserialize, Serialize, Serializer};

use crate::finding::Finding;
use deed::Deed;
use text::Text;

pub mod act;
pub mod audit;
pub mod claim;
pub mod control;
pub mod deed;
pub mod governance;
pub mod hold;
pub mod recovery;
pub mod remittance;
pub mod text;

use claim::ClaimBody;
use control::{
    ClockAccepted, FilePart, FileReceived, LedgerCreated, OriginalPart, PayeeSeen, PayeesLinked,
    VolumeSealed,
};
use remittance::{ProviderAdjusted, RemittanceClosed, RemittanceReceived};

/// Any event that a record can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// About the ledger itself, its payees and the files it was given.
    Control(Control<'a>),
    /// The beginning and end of a remittance, and its provider adjustments.
    Remittance(Remittance<'a>),
    /// One claim as a remittance reports it.
    Claim(ClaimKind, Box<ClaimBody<'a>>),
    /// Bytes that did not fit their own record.
    Original(Box<OriginalPart<'a>>),
    /// A stretch of this journal was closed off into a volume.
    VolumeSealed(VolumeSealed),
    /// What a command led to.
    Deed(Deed),
}

/// Events of the control journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control<'a> {
    /// The ledger began.
    LedgerCreated(Box<LedgerCreated>),
    /// A payee, or another identifier of one, was seen for the first time.
    PayeeSeen(Box<PayeeSeen<'a>>),
    /// Two payees that have journals of their own belong together.
    PayeesLinked(Box<PayeesLinked>),
    /// A file was taken in, or refused.
    FileReceived(Box<FileReceived<'a>>),
    /// A part of a file's list that did not fit its `FileReceived`.
    FilePart(Box<FilePart<'a>>),
    /// A person accepted a clock that had gone back.
    ClockAccepted(ClockAccepted),
}

/// Events of a remittance that are not claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remittance<'a> {
    /// It begins.
    Received(Box<RemittanceReceived<'a>>),
    /// Money added or taken at provider level (835 PLB).
    Adjusted(Box<ProviderAdjusted<'a>>),
    /// Findings that did not fit the closing record.
    Findings(FindingsRecorded<'a>),
    /// It ends, with totals, balance and findings.
    Closed(Box<RemittanceClosed<'a>>),
}

/// What a payer did with a claim (835 CLP02); the event's name says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ClaimKind {
    /// 1, 2, 3, and 19, 20, 21: processed as primary, secondary or tertiary.
    Paid,
    /// 4: denied.
    Denied,
    /// 22: a previous payment reversed.
    Reversed,
    /// 23: not ours, forwarded.
    Forwarded,
    /// 25: a predetermination, no payment.
    Predetermined,
    /// Any other status.
    Reported,
}

impl ClaimKind {
    /// The kind of a status code.
    pub fn of_status(status: &[u8]) -> Self {
        match status {
            b"1" | b"2" | b"3" | b"19" | b"20" | b"21" => Self::Paid,
            b"4" => Self::Denied,
            b"22" => Self::Reversed,
            b"23" => Self::Forwarded,
            b"25" => Self::Predetermined,
            _ => Self::Reported,
        }
    }

    /// Name and version of the event.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Paid => "claim-paid/1",
            Self::Denied => "claim-denied/1",
            Self::Reversed => "claim-reversed/1",
            Self::Forwarded => "claim-forwarded/1",
            Self::Predetermined => "claim-predetermined/1",
            Self::Reported => "claim-reported/1",
        }
    }

    /// The kind whose event has that name.
    pub fn from_event(name: &str) -> Option<Self> {
        [
            Self::Paid,
            Self::Denied,
            Self::Reversed,
            Self::Forwarded,
            Self::Predetermined,
            Self::Reported,
        ]
        .into_iter()
        .find(|kind| kind.event() == name)
    }
}

/// Findings of a remittance that did not fit its closing record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingsRecorded<'a> {
    /// The findings, in the order they were made.
    pub findings: Vec<Finding>,
    /// Digest of the remittance, hex.
    #[serde(borrow)]
    pub remittance: Text<'a>,
}

impl FindingsRecorded<'_> {
    /// Name and version.
    pub const EVENT: &'static str = "findings-recorded/1";
}

impl RemittanceReceived<'_> {
    /// Name and version.
    pub const EVENT: &'static str = "remittance-received/1";
}

impl ProviderAdjusted<'_> {
    /// Name and version.
    pub const EVENT: &'static str = "provider-adjusted/1";
}

impl RemittanceClosed<'_> {
    /// Name and version.
    pub const EVENT: &'static str = "remittance-closed/1";
}

/// A body that is not what its event's name promises.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// No event of this name and version is known.
    #[error("no event named {0} is known; a newer program may have written it")]
    Unknown(String),
    /// The body lacks a member or has one of another kind.
    #[error("the body of {name} cannot be read")]
    Body {
        /// The event's name and version.
        name: &'static str,
        /// What was wrong; it never repeats a value of the body.
        #[source]
        source: serde_json::Error,
    },
}

fn read<'a, T: Deserialize<'a>>(name: &'static str, body: &'a [u8]) -> Result<T, EventError> {
    serde_json::from_slice(body).map_err(|source| EventError::Body { name, source })
}

/// The body as its record holds it; the name stands beside it.
impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Control(control) => match control {
                Control::LedgerCreated(body) => body.serialize(to),
                Control::PayeeSeen(body) => body.serialize(to),
                Control::PayeesLinked(body) => body.serialize(to),
                Control::FileReceived(body) => body.serialize(to),
                Control::FilePart(body) => body.serialize(to),
                Control::ClockAccepted(body) => body.serialize(to),
            },
            Self::Remittance(remittance) => match remittance {
                Remittance::Received(body) => body.serialize(to),
                Remittance::Adjusted(body) => body.serialize(to),
                Remittance::Findings(body) => body.serialize(to),
                Remittance::Closed(body) => body.serialize(to),
            },
            Self::Claim(_, body) => body.serialize(to),
            Self::Original(body) => body.serialize(to),
            Self::VolumeSealed(body) => body.serialize(to),
            Self::Deed(deed) => deed.serialize(to),
        }
    }
}

impl<'a> Event<'a> {
    /// The names that [`Event::decode`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::OWN_NAMES.into_iter().chain(Deed::names())
    }

    /// The names of what no command leads to.
    const OWN_NAMES: [&'static str; 18] = [
        LedgerCreated::EVENT,
        PayeeSeen::EVENT,
        PayeesLinked::EVENT,
        FileReceived::EVENT,
        FilePart::EVENT,
        ClockAccepted::EVENT,
        OriginalPart::EVENT,
        VolumeSealed::EVENT,
        RemittanceReceived::EVENT,
        ProviderAdjusted::EVENT,
        FindingsRecorded::EVENT,
        RemittanceClosed::EVENT,
        ClaimKind::Paid.event(),
        ClaimKind::Denied.event(),
        ClaimKind::Reversed.event(),
        ClaimKind::Forwarded.event(),
        ClaimKind::Predetermined.event(),
        ClaimKind::Reported.event(),
    ];

    /// Its name and version.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Control(control) => match control {
                Control::LedgerCreated(_) => LedgerCreated::EVENT,
                Control::PayeeSeen(_) => PayeeSeen::EVENT,
                Control::PayeesLinked(_) => PayeesLinked::EVENT,
                Control::FileReceived(_) => FileReceived::EVENT,
                Control::FilePart(_) => FilePart::EVENT,
                Control::ClockAccepted(_) => ClockAccepted::EVENT,
            },
            Self::Remittance(remittance) => match remittance {
                Remittance::Received(_) => RemittanceReceived::EVENT,
                Remittance::Adjusted(_) => ProviderAdjusted::EVENT,
                Remittance::Findings(_) => FindingsRecorded::EVENT,
                Remittance::Closed(_) => RemittanceClosed::EVENT,
            },
            Self::Claim(kind, _) => kind.event(),
            Self::Original(_) => OriginalPart::EVENT,
            Self::VolumeSealed(_) => VolumeSealed::EVENT,
            Self::Deed(deed) => deed.name(),
        }
    }

    /// Reads a body by its event's name and version.
    ///
    /// # Errors
    /// When the name is not known, or the body is not what it promises.
    pub fn decode(name: &str, body: &'a [u8]) -> Result<Self, EventError> {
        if let Some(kind) = ClaimKind::from_event(name) {
            return Ok(Self::Claim(kind, Box::new(read(kind.event(), body)?)));
        }
        Ok(match name {
            LedgerCreated::EVENT => {
                Self::Control(Control::LedgerCreated(Box::new(read(LedgerCreated::EVENT, body)?)))
            }
            PayeeSeen::EVENT => {
                Self::Control(Control::PayeeSeen(Box::new(read(PayeeSeen::EVENT, body)?)))
            }
            PayeesLinked::EVENT => {
                Self::Control(Control::PayeesLinked(Box::new(read(PayeesLinked::EVENT, body)?)))
            }
            FileReceived::EVENT => {
                Self::Control(Control::FileReceived(Box::new(read(FileReceived::EVENT, body)?)))
            }
            FilePart::EVENT => {
                Self::Control(Control::FilePart(Box::new(read(FilePart::EVENT, body)?)))
            }
            ClockAccepted::EVENT => {
                Self::Control(Control::ClockAccepted(read(ClockAccepted::EVENT, body)?))
            }
            OriginalPart::EVENT => Self::Original(Box::new(read(OriginalPart::EVENT, body)?)),
            VolumeSealed::EVENT => Self::VolumeSealed(read(VolumeSealed::EVENT, body)?),
            RemittanceReceived::EVENT => Self::Remittance(Remittance::Received(Box::new(read(
                RemittanceReceived::EVENT,
                body,
            )?))),
            ProviderAdjusted::EVENT => Self::Remittance(Remittance::Adjusted(Box::new(read(
                ProviderAdjusted::EVENT,
                body,
            )?))),
            FindingsRecorded::EVENT => {
                Self::Remittance(Remittance::Findings(read(FindingsRecorded::EVENT, body)?))
            }
            RemittanceClosed::EVENT => {
                Self::Remittance(Remittance::Closed(Box::new(read(RemittanceClosed::EVENT, body)?)))
            }
            _ => Self::Deed(Deed::decode(name, body)?),
        })
    }
}
