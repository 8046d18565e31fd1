//! Which bytes belong to which transaction set, whatever is missing.
//!
//! The pre-scan and the reader both go by this, so they agree on damaged files too.

use super::elements::Tag;
use super::tokens::{Kind, Token};

/// What a token is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// ISA, GS, GE, IEA or TA1 outside a transaction set.
    Envelope,
    /// The ST of an 835.
    Begin,
    /// Inside an 835.
    Within,
    /// The SE of an 835.
    End,
    /// The ST of another transaction set.
    OtherBegin,
    /// Inside another transaction set, its SE with it.
    Other,
    /// A segment outside every transaction set.
    Stray,
    /// Blanks or unreadable bytes outside every transaction set.
    Between,
}

/// Follows the envelopes through a file.
#[derive(Debug, Default)]
pub struct Frames {
    within: bool,
    other: bool,
}

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// True where an 835 ends before this token, without its SE.
    pub cut: bool,
    /// What the token is part of.
    pub frame: Frame,
}

impl Frames {
    /// True for a segment inside an 835 that changes nothing here, as nearly all are: its name begins
    /// like none of the envelopes.
    #[inline]
    pub fn is_plainly_within(&self, token: &Token<'_>) -> bool {
        let envelope = |first: Option<&u8>| matches!(first, Some(b'I' | b'G' | b'S' | b'T'));
        self.within && token.kind == Kind::Segment && !envelope(token.content.first())
    }

    /// Takes the next token; `tag` and `first` are its name and first element.
    pub fn step(&mut self, token: &Token<'_>, tag: Tag, first: &[u8]) -> Step {
        let within = self.within;
        let inside = if within {
            Frame::Within
        } else if self.other {
            Frame::Other
        } else {
            Frame::Between
        };
        match token.kind {
            Kind::Blank => return Step { cut: false, frame: inside },
            Kind::Unreadable(_) => {
                (self.within, self.other) = (false, false);
                return Step { cut: within, frame: Frame::Between };
            }
            Kind::Long { .. } => {
                let frame = if inside == Frame::Between { Frame::Stray } else { inside };
                return Step { cut: false, frame };
            }
            Kind::Segment => {}
        }
        match &tag {
            b"ISA" | b"GS\0" | b"GE\0" | b"IEA" => {
                (self.within, self.other) = (false, false);
                Step { cut: within, frame: Frame::Envelope }
            }
            b"TA1" if inside == Frame::Between => Step { cut: false, frame: Frame::Envelope },
            b"ST\0" => {
                self.within = first.trim_ascii() == b"835";
                self.other = !self.within;
                let frame = if self.within { Frame::Begin } else { Frame::OtherBegin };
                Step { cut: within, frame }
            }
            b"SE\0" => {
                (self.within, self.other) = (false, false);
                let frame = match (within, inside) {
                    (true, _) => Frame::End,
                    (false, Frame::Other) => Frame::Other,
                    (false, _) => Frame::Stray,
                };
                Step { cut: false, frame }
            }
            _ => {
                let frame = if inside == Frame::Between { Frame::Stray } else { inside };
                Step { cut: false, frame }
            }
        }
    }

    /// Ends the file; true where an 835 lacks its SE.
    pub fn end(&mut self) -> bool {
        std::mem::take(&mut self.within)
    }
}
