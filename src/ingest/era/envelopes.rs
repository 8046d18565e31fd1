//! The envelopes around the remittances: control numbers and counts.

use lookback_events::finding::Rule;

use super::place::{Path, Sink};
use super::values;
use super::{Envelope, EnvelopeKind};
use crate::ingest::x12::{Elements, Tag, Token};

/// The interchange and group in force.
#[derive(Debug, Default)]
pub(crate) struct Envelopes {
    pub(crate) interchange_control: String,
    pub(crate) usage: String,
    pub(crate) group_control: String,
    pub(crate) version: String,
    /// The last of each that began: what numbers the next ones.
    pub(crate) path: Path,
    interchange_open: bool,
    group_open: bool,
    /// Groups of the interchange.
    groups: u64,
    /// Transaction sets of the group.
    sets: u64,
}

impl Envelopes {
    /// Where something stands that is in no transaction set: in what is open, and nothing else.
    pub(super) fn outside_sets(&self) -> Path {
        let Path { interchange, group, .. } = self.path;
        match (self.interchange_open, self.group_open) {
            (_, true) => Path { interchange, group, ..Path::default() },
            (true, false) => Path { interchange, ..Path::default() },
            (false, false) => Path::default(),
        }
    }

    /// A transaction set begins.
    pub(super) fn set(&mut self, sink: &mut Sink<'_>) {
        self.sets = self.sets.saturating_add(1);
        self.path.set = self.path.set.saturating_add(1);
        sink.path = self.path;
        if !self.group_open {
            sink.breach(Rule::SegmentUnexpected, "a transaction set begins outside a group (GS)");
        }
    }

    /// Takes an envelope segment; `told` is true where the cut of an 835 was already told here.
    pub(super) fn take(
        &mut self,
        token: &Token<'_>,
        elements: &Elements,
        tag: Tag,
        told: bool,
        sink: &mut Sink<'_>,
    ) -> Envelope {
        let get = |index| elements.get(token.content, index);
        let text = |index| values::text(get(index)).into_owned();
        let kind = match &tag {
            b"ISA" => {
                self.cut(told, sink);
                self.interchange_open = true;
                self.group_open = false;
                (self.groups, self.sets) = (0, 0);
                let interchange = self.path.interchange.saturating_add(1);
                self.path = Path { interchange, ..Path::default() };
                (self.interchange_control, self.usage) = (text(13), text(15));
                self.leave_group();
                EnvelopeKind::Interchange
            }
            b"GS\0" => {
                if self.group_open {
                    self.cut(told, sink);
                }
                self.group_open = true;
                self.sets = 0;
                self.groups = self.groups.saturating_add(1);
                let group = self.path.group.saturating_add(1);
                self.path = Path { group, set: 0, ..self.path };
                (self.group_control, self.version) = (text(6), text(8));
                EnvelopeKind::Group
            }
            b"GE\0" => {
                sink.path = self.outside_sets();
                if self.group_open {
                    counted(sink, Rule::GeCount, get(1), self.sets, GE_COUNT);
                    same_number(sink, self.group_control.as_bytes(), get(2), "GE02 is not GS06");
                } else {
                    sink.breach(Rule::SegmentUnexpected, "GE without a GS");
                }
                self.group_open = false;
                EnvelopeKind::GroupEnd
            }
            b"IEA" => {
                if self.group_open {
                    self.cut(told, sink);
                }
                sink.path = self.outside_sets();
                sink.path.group = 0;
                if self.interchange_open {
                    counted(sink, Rule::IeaCount, get(1), self.groups, IEA_COUNT);
                    let control = self.interchange_control.as_bytes();
                    same_number(sink, control, get(2), "IEA02 is not ISA13");
                } else {
                    sink.breach(Rule::SegmentUnexpected, "IEA without an ISA");
                }
                (self.interchange_open, self.group_open) = (false, false);
                EnvelopeKind::InterchangeEnd
            }
            _ => EnvelopeKind::Acknowledgment,
        };
        let envelope = Envelope {
            kind,
            position: sink.position,
            interchange_control: self.interchange_control.clone(),
            usage: self.usage.clone(),
            group_control: self.group_control.clone(),
            version: self.version.clone(),
            bytes: token.bytes.to_vec(),
        };
        if kind == EnvelopeKind::GroupEnd {
            self.leave_group();
        }
        envelope
    }

    fn leave_group(&mut self) {
        self.group_control.clear();
        self.version.clear();
    }

    /// Something ends that has not been closed; one cut is told once.
    pub(super) fn cut(&mut self, told: bool, sink: &mut Sink<'_>) {
        let missing = match (self.interchange_open, self.group_open) {
            (_, true) => "another envelope begins, or the file ends, before GE",
            (true, false) => "another envelope begins, or the file ends, before IEA",
            (false, false) => return,
        };
        if !told {
            sink.path = self.path;
            sink.path.set = 0;
            sink.breach(Rule::Truncated, missing);
        }
    }
}

const GE_COUNT: &str = "GE01 is not the number of transaction sets in the group";
const IEA_COUNT: &str = "IEA01 is not the number of groups in the interchange";

/// Compares a count with what a trailer says.
pub(super) fn counted(
    sink: &mut Sink<'_>,
    rule: Rule,
    stated: &[u8],
    count: u64,
    message: &'static str,
) {
    let text = values::text(stated);
    if text.parse() != Ok(count) {
        let found = match number(&text) {
            found if !found.is_empty() => found,
            _ if stated.trim_ascii().is_empty() => "nothing".to_owned(),
            _ if text.bytes().all(|b| b.is_ascii_digit()) => "a number of absurd length".to_owned(),
            _ => "not a number".to_owned(),
        };
        sink.compared(rule, message, count.to_string(), found);
    }
}

/// Compares two control numbers; leading zeros say nothing (ISA13 and GS06 are numbers).
fn same_number(sink: &mut Sink<'_>, header: &[u8], trailer: &[u8], message: &'static str) {
    let bare = |n: &[u8]| {
        let n = n.trim_ascii();
        let zeros = n.iter().take_while(|b| **b == b'0').count();
        n.get(zeros..).unwrap_or_default().to_vec()
    };
    if bare(header) != bare(trailer) {
        mismatch(sink, header, trailer, message);
    }
}

/// Says that two control numbers differ.
pub(super) fn mismatch(sink: &mut Sink<'_>, header: &[u8], trailer: &[u8], message: &'static str) {
    let (expected, found) = (number(&values::text(header)), number(&values::text(trailer)));
    sink.compared(Rule::ControlNumberMismatch, message, expected, found);
}

/// A number as it stands, if it is one: a finding repeats nothing else of a damaged file.
fn number(text: &str) -> String {
    let plain = text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.to_owned() } else { String::new() }
}
