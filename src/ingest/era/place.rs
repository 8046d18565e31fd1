//! Where something stands in a file, and findings that say it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Write as _;

use lookback_events::finding::{Finding, RULES_VERSION, Rule};

use super::Item;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Number of the segment in the file, from 1.
    pub segment: u64,
    /// Byte offset of the segment.
    pub offset: u64,
}

/// How deep in the envelopes, each counted from 1; 0 where outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Path {
    /// ISA in the file.
    pub interchange: u64,
    /// GS in the interchange.
    pub group: u64,
    /// ST in the group.
    pub set: u64,
    /// CLP in the ST.
    pub claim: u64,
    /// SVC in the CLP.
    pub line: u64,
    /// PLB in the ST.
    pub plb: u64,
}

impl Path {
    /// `ISA[1]/GS[1]/ST[2]/CLP[3]/SVC[1]`.
    pub fn show(&self) -> String {
        let mut out = String::with_capacity(48);
        for (name, number) in [
            ("ISA", self.interchange),
            ("GS", self.group),
            ("ST", self.set),
            ("CLP", self.claim),
            ("SVC", self.line),
            ("PLB", self.plb),
        ] {
            if number > 0 {
                let slash = if out.is_empty() { "" } else { "/" };
                // Writing into a String cannot fail.
                let _ = write!(out, "{slash}{name}[{number}]");
            }
        }
        out
    }

    /// The same without the line.
    pub(crate) fn of_claim(self) -> Self {
        Self { line: 0, ..self }
    }
}

/// A finding and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// True where it belongs to the remittance that is open here, false where to the file.
    pub of_remittance: bool,
    /// The finding.
    pub finding: Finding,
}

/// Takes findings as they are made.
pub(crate) struct Sink<'a> {
    pub(crate) queue: &'a mut VecDeque<Item>,
    pub(crate) of_remittance: bool,
    pub(crate) position: Position,
    pub(crate) path: Path,
}

impl Sink<'_> {
    /// A breach that compares nothing.
    pub(crate) fn breach(&mut self, rule: Rule, message: impl Into<Cow<'static, str>>) {
        self.compared(rule, message, String::new(), String::new());
    }

    /// A breach with the two sides of what was compared.
    pub(crate) fn compared(
        &mut self,
        rule: Rule,
        message: impl Into<Cow<'static, str>>,
        expected: String,
        found: String,
    ) {
        self.at(self.position, self.path, rule, message, expected, found);
    }

    /// A breach at an earlier place.
    pub(crate) fn at(
        &mut self,
        position: Position,
        path: Path,
        rule: Rule,
        message: impl Into<Cow<'static, str>>,
        expected: String,
        found: String,
    ) {
        let finding = Finding {
            expected,
            found,
            message: message.into(),
            offset: position.offset,
            path: path.show(),
            rule,
            segment: position.segment,
            severity: rule.severity(),
            version: RULES_VERSION,
        };
        self.queue.push_back(Item::Finding(Found { of_remittance: self.of_remittance, finding }));
    }
}
