//! The tokeniser: a file as segments and what lies between them.
//!
//! After a fault it goes on at the next ST or ISA: an ISA in the middle of a segment ends that
//! segment, as does `ST*835` at the start of a line.

use std::io::{self, ErrorKind, Read};

use memchr::memmem::Finder;

use super::elements::{Tag, tag};
use super::header::{self, Delimiters, HEADER_MAX, Unreadable};

/// A segment above this passes in pieces and is not read.
pub const SEGMENT_MAX: usize = 1 << 20;
/// The most bytes of a piece.
pub const PIECE_MAX: usize = 256 << 10;
/// The most blank bytes that a segment takes with it after its terminator.
const BLANKS_MAX: usize = 64;
/// How far a decision looks past the end of a segment: its blanks, and an ISA that it may hold.
const LOOKAHEAD: usize = HEADER_MAX + BLANKS_MAX;
/// How much is read at a time.
const CHUNK: usize = 256 << 10;
/// The shortest segment that could hold a whole ISA (16 separators and the fixed lengths).
const HEADER_MIN: usize = 40;
/// How many bytes must be there for the quick way.
const USUAL: usize = HEADER_MIN + 4;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What a stretch of the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A segment; its content can be split.
    Segment,
    /// Part of a segment above [`SEGMENT_MAX`]: the first part, or a later one.
    Long {
        /// True for the first part.
        first: bool,
    },
    /// Line breaks, spaces, NUL, a byte order mark.
    Blank,
    /// Nothing can be told apart here.
    Unreadable(Unreadable),
}

/// A stretch of the file. All tokens of a file, one after the other, are the file.
#[derive(Debug)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Every byte of it, terminator and line breaks with it.
    pub bytes: &'a [u8],
    /// A segment without its terminator and without line breaks.
    pub content: &'a [u8],
    /// True where `content` is not simply the start of `bytes`, because line breaks were taken out.
    pub wrapped: bool,
    /// Where it begins in the file.
    pub offset: u64,
    /// Number of the segment in the file, from 1; 0 before the first.
    pub segment: u64,
    /// The separators in force.
    pub delimiters: Delimiters,
}

impl Token<'_> {
    /// The segment's name; NUL for what is not a readable segment.
    pub fn tag(&self) -> Tag {
        match self.kind {
            Kind::Segment => tag(self.content, self.delimiters.element),
            Kind::Long { .. } | Kind::Blank | Kind::Unreadable(_) => [0; 3],
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    /// At the first byte of the file.
    Start,
    /// Separators are known.
    Segments,
    /// In the middle of a segment above [`SEGMENT_MAX`].
    Long,
    /// Looking for an ISA, not before `skip` bytes from here.
    Seeking { why: Unreadable, skip: usize },
}

/// What the token is.
#[derive(Debug, Clone, Copy)]
struct Step {
    kind: Kind,
    length: usize,
    content: usize,
    wrapped: bool,
}

impl Step {
    fn plain(kind: Kind, length: usize) -> Self {
        Self { kind, length, content: length, wrapped: false }
    }
}

/// The tokens of one input.
pub struct Tokens<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// Where the token begins in the file; it ends in the buffer at `start`.
    offset: u64,
    segment: u64,
    step: Step,
    delimiters: Delimiters,
    mode: Mode,
    /// The first reason why separators could not be trusted.
    fault: Option<Unreadable>,
    /// True once an ISA could be read.
    readable: bool,
    unwrapped: Vec<u8>,
    isa: Finder<'static>,
}

impl<R: Read> Tokens<R> {
    /// Starts at the first byte of `input`; no buffering is needed around it.
    pub fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            offset: 0,
            segment: 0,
            step: Step::plain(Kind::Blank, 0),
            delimiters: Delimiters { element: b'*', component: b':', terminator: b'~' },
            mode: Mode::Start,
            fault: None,
            readable: false,
            unwrapped: Vec::new(),
            isa: Finder::new("ISA"),
        }
    }

    /// After the last token: why the file cannot be read; `None` where an interchange was found.
    pub fn unreadable(&self) -> Option<Unreadable> {
        if self.readable { None } else { Some(self.fault.unwrap_or(Unreadable::Empty)) }
    }

    /// How many bytes have been given.
    pub fn offset(&self) -> u64 {
        self.reached()
    }

    /// The input, to ask it something once the tokens have ended.
    pub fn into_input(self) -> R {
        self.input
    }

    /// The next token; `None` at the end of the file.
    ///
    /// # Errors
    /// When the input cannot be read.
    #[inline]
    #[expect(
        clippy::should_implement_trait,
        reason = "a token borrows the buffer; no iterator can"
    )]
    pub fn next(&mut self) -> io::Result<Option<Token<'_>>> {
        Ok(if self.advance()? { Some(self.token()) } else { None })
    }

    /// Goes to the next token; false at the end of the file.
    ///
    /// Apart from [`Self::token`] because a token is large: handing it out by value through two
    /// wrappers cost more than finding it.
    ///
    /// # Errors
    /// When the input cannot be read.
    #[inline]
    pub fn advance(&mut self) -> io::Result<bool> {
        self.offset = self.reached();
        match self.usual() {
            Some((length, content)) => {
                self.step = Step { kind: Kind::Segment, length, content, wrapped: false };
                self.segment = self.segment.saturating_add(1);
                self.start = self.start.saturating_add(length);
                Ok(true)
            }
            None => self.advance_carefully(),
        }
    }

    fn advance_carefully(&mut self) -> io::Result<bool> {
        self.step.length = 0;
        let Some(step) = self.measure()? else { return Ok(false) };
        if matches!(step.kind, Kind::Segment | Kind::Long { first: true }) {
            self.segment = self.segment.saturating_add(1);
        }
        if step.wrapped {
            let end = self.start.saturating_add(step.content);
            let content = self.buffer.get(self.start..end).unwrap_or_default();
            self.unwrapped.clear();
            self.unwrapped.extend(content.iter().filter(|b| !matches!(b, b'\r' | b'\n')));
        }
        self.start = self.start.saturating_add(step.length);
        self.step = step;
        Ok(true)
    }

    /// The token that [`Self::advance`] went to.
    #[inline]
    pub fn token(&self) -> Token<'_> {
        let Step { kind, length, content, wrapped } = self.step;
        let from = self.start.saturating_sub(length);
        let bytes = self.buffer.get(from..self.start).unwrap_or_default();
        let content =
            if wrapped { &self.unwrapped } else { bytes.get(..content).unwrap_or_default() };
        Token {
            kind,
            bytes,
            content,
            wrapped,
            offset: self.offset,
            segment: self.segment,
            delimiters: self.delimiters,
        }
    }

    /// Where the token after this one begins.
    #[inline]
    fn reached(&self) -> u64 {
        let length = u64::try_from(self.step.length).unwrap_or(u64::MAX);
        self.offset.saturating_add(length)
    }

    /// A short whole segment and at most a line break after it: nearly all there is, found quickly.
    /// The rules are those of [`Self::segment`].
    #[inline]
    fn usual(&self) -> Option<(usize, usize)> {
        if !matches!(self.mode, Mode::Segments) {
            return None;
        }
        let window = self.window().first_chunk::<USUAL>()?;
        if window.starts_with(b"IS") || blank(*window.first()?) {
            return None;
        }
        let terminator = self.delimiters.terminator;
        let content = memchr::memchr3(terminator, b'\r', b'\n', window.get(..HEADER_MIN)?)?;
        let [end, next, other] = *window.get(content..)?.first_chunk()?;
        let length = content.saturating_add(if next == b'\n' { 2 } else { 1 });
        let after = if next == b'\n' { other } else { next };
        if end != terminator || blank(after) {
            return None;
        }
        Some((length, content))
    }

    fn measure(&mut self) -> io::Result<Option<Step>> {
        loop {
            if self.end.saturating_sub(self.start) < LOOKAHEAD {
                self.fill(CHUNK)?;
            }
            if self.start == self.end {
                return Ok(None);
            }
            let step = match self.mode {
                Mode::Start => self.first(),
                Mode::Segments => self.segment()?,
                Mode::Long => self.long(false)?,
                Mode::Seeking { why, skip } => self.seek(why, skip)?,
            };
            if step.is_some() {
                return Ok(step);
            }
        }
    }

    fn window(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads until the window holds `want` bytes or the input ends.
    fn fill(&mut self, want: usize) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        if self.buffer.len() < want {
            self.buffer.resize(want, 0);
        }
        while !self.ended && self.end < want {
            match self.input.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => self.ended = true,
                Ok(n) => self.end = self.end.saturating_add(n).min(self.buffer.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn first(&mut self) -> Option<Step> {
        let window = self.window();
        let mark = if window.starts_with(BOM) { BOM.len() } else { 0 };
        let blanks = window.iter().skip(mark).take_while(|b| blank(**b)).count();
        let length = mark.saturating_add(blanks);
        if length > 0 {
            return Some(Step::plain(Kind::Blank, length));
        }
        if header::begins(window) || window.starts_with(b"ISA") {
            self.mode = Mode::Segments;
            return self.interchange();
        }
        self.fault.get_or_insert(Unreadable::NoInterchange);
        self.mode = Mode::Seeking { why: Unreadable::NoInterchange, skip: 0 };
        None
    }

    /// An ISA at the start of the window: new separators, or none that can be trusted.
    fn interchange(&mut self) -> Option<Step> {
        match header::read(self.window()) {
            Ok(delimiters) => {
                self.delimiters = delimiters;
                self.readable = true;
                self.mode = Mode::Segments;
                let end = self.header_end();
                let header = self.window().get(..end).unwrap_or_default();
                let wrapped = memchr::memchr2(b'\r', b'\n', header).is_some();
                Some(self.closed(Kind::Segment, end, wrapped))
            }
            Err(why) => {
                self.fault.get_or_insert(why);
                self.mode = Mode::Seeking { why, skip: 1 };
                None
            }
        }
    }

    /// Where the terminator of the ISA at the start of the window stands.
    fn header_end(&self) -> usize {
        memchr::memchr_iter(self.delimiters.element, self.window())
            .nth(15)
            .map_or(0, |last| last.saturating_add(2))
    }

    /// A step up to the terminator at `end` and the blanks after it.
    fn closed(&self, kind: Kind, end: usize, wrapped: bool) -> Step {
        let after = end.saturating_add(1);
        let blanks = self
            .window()
            .get(after..)
            .unwrap_or_default()
            .iter()
            .take(BLANKS_MAX)
            .take_while(|b| blank(**b))
            .count();
        Step { kind, length: after.saturating_add(blanks), content: end, wrapped }
    }

    /// The segment at the start of the window; `None` after more was read or the mode has changed.
    fn segment(&mut self) -> io::Result<Option<Step>> {
        let window = self.buffer.get(self.start..self.end).unwrap_or_default();
        match window.first() {
            Some(b'I') if header::begins(window) => return Ok(self.interchange()),
            Some(byte) if blank(*byte) => {
                let length = window.iter().take(PIECE_MAX).take_while(|b| blank(**b)).count();
                return Ok(Some(Step::plain(Kind::Blank, length)));
            }
            _ => {}
        }
        let Delimiters { terminator, element, .. } = self.delimiters;
        // Whether a segment is too long must not depend on how much happens to be in the buffer.
        let searched = window.get(..=SEGMENT_MAX).unwrap_or(window);
        let mut wrapped = false;
        let mut end = None;
        for at in memchr::memchr3_iter(terminator, b'\r', b'\n', searched) {
            if searched.get(at) == Some(&terminator) {
                end = Some(at);
                break;
            }
            wrapped = true;
            if let Some(cut) = transaction_after(window, at, element) {
                return Ok(Some(cut_off(cut, wrapped)));
            }
        }
        let close = end.unwrap_or(searched.len());
        if close > SEGMENT_MAX {
            self.mode = Mode::Long;
            return self.long(true);
        }
        let known = end.is_some() && close.saturating_add(LOOKAHEAD) <= window.len();
        if !known && !self.ended {
            let want = window.len().saturating_mul(2).max(CHUNK);
            self.fill(want.min(SEGMENT_MAX + CHUNK))?;
            return Ok(None);
        }
        if close >= HEADER_MIN
            && let Some(cut) = self.embedded(close)
        {
            return Ok(Some(cut_off(cut, wrapped)));
        }
        Ok(Some(match end {
            Some(end) => self.closed(Kind::Segment, end, wrapped),
            None => cut_off(close, wrapped),
        }))
    }

    /// An ISA inside the first `limit` bytes of the window, not at its start.
    fn embedded(&self, limit: usize) -> Option<usize> {
        let window = self.window();
        let searched = window.get(1..limit.saturating_add(2)).or(window.get(1..))?;
        self.isa.find_iter(searched).map(|at| at.saturating_add(1)).find(|at| {
            let rest = window.get(*at..).unwrap_or_default();
            *at < limit && header::read_strictly(rest).is_some()
        })
    }

    /// A piece of a segment that is too long.
    fn long(&mut self, first: bool) -> io::Result<Option<Step>> {
        self.fill(PIECE_MAX + LOOKAHEAD)?;
        let kind = Kind::Long { first };
        if !first && header::read_strictly(self.window()).is_some() {
            self.mode = Mode::Segments;
            return Ok(self.interchange());
        }
        let window = self.window();
        let limit = window.len().min(PIECE_MAX);
        let piece = window.get(..limit).unwrap_or_default();
        let Delimiters { terminator, element, .. } = self.delimiters;
        let mut end = None;
        let mut cut = None;
        for at in memchr::memchr3_iter(terminator, b'\r', b'\n', piece) {
            if piece.get(at) == Some(&terminator) {
                end = Some(at);
                break;
            }
            cut = transaction_after(window, at, element);
            if cut.is_some() {
                break;
            }
        }
        let stop = end.or(cut).unwrap_or(limit);
        if let Some(found) = self.embedded(stop) {
            self.mode = Mode::Segments;
            return Ok(Some(Step { kind, length: found, content: found, wrapped: true }));
        }
        Ok(Some(match (end, cut) {
            (Some(end), _) => {
                self.mode = Mode::Segments;
                self.closed(kind, end, true)
            }
            (None, Some(cut)) => {
                self.mode = Mode::Segments;
                Step { kind, length: cut, content: cut, wrapped: true }
            }
            (None, None) => Step { kind, length: limit, content: limit, wrapped: true },
        }))
    }

    /// Bytes up to the next ISA that can be read.
    fn seek(&mut self, why: Unreadable, skip: usize) -> io::Result<Option<Step>> {
        self.fill(PIECE_MAX + LOOKAHEAD)?;
        let window = self.window();
        if skip == 0 && header::read_strictly(window).is_some() {
            return Ok(self.interchange());
        }
        let limit = window.len().min(PIECE_MAX);
        let length = self.embedded(limit).unwrap_or(limit);
        self.mode = Mode::Seeking { why, skip: 0 };
        Ok(Some(Step::plain(Kind::Unreadable(why), length)))
    }
}

/// A segment that ends without a terminator.
fn cut_off(length: usize, wrapped: bool) -> Step {
    Step { kind: Kind::Segment, length, content: length, wrapped }
}

/// Bytes between segments that mean nothing: line breaks, padding, an end-of-file mark.
fn blank(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b' ' | b'\t' | 0 | 0x1a)
}

/// Where `ST*835` begins after the line break at `at`.
fn transaction_after(window: &[u8], at: usize, element: u8) -> Option<usize> {
    let rest = window.get(at..)?;
    let breaks = rest.iter().take(BLANKS_MAX).take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let line = rest.get(breaks..)?;
    (line.starts_with(b"ST") && line.get(2) == Some(&element) && line.get(3..6)? == b"835")
        .then_some(at.saturating_add(breaks))
}
