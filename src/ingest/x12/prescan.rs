//! One fast pass ahead of everything: the digest of the file and of each remittance in it.
//!
//! Not a check of anything: a file is judged by the reader that goes over it next. A remittance's
//! digest is SHA-256 over its segments from ST to SE, each followed by one `~`, with `*` and `:` for
//! the file's separators, without line breaks and control numbers (ST02, SE01, SE02): the same
//! remittance in another envelope, wrapped in another way, has the same digest.

use std::io::{self, Read};

use lookback_events::id::Digest;
use sha2::{Digest as _, Sha256};

use super::frames::{Frame, Frames};
use super::header::{Delimiters, Unreadable};
use super::tokens::{Kind, Token, Tokens};

/// The most remittances of a file whose digests are kept: 32 MiB of them.
pub const REMITTANCES_MAX: usize = 1 << 20;
/// The separators that a digest is made over.
const USUAL: (u8, u8, u8) = (b'*', b':', b'~');
/// How many bytes are gathered before they are hashed.
const GATHERED: usize = 32 << 10;

/// What one pass over a file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prescan {
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// Bytes in the file.
    pub length: u64,
    /// Why nothing in the file can be read; `None` where an interchange was found.
    pub unreadable: Option<Unreadable>,
    /// The digest of each 835, in file order.
    pub remittances: Vec<Digest>,
    /// How many 835 above [`REMITTANCES_MAX`] have no digest here.
    pub remittances_left_out: u64,
}

/// Goes over a file once.
///
/// # Errors
/// When the input cannot be read.
pub fn prescan<R: Read>(input: R) -> io::Result<Prescan> {
    let mut tokens = Tokens::new(Hashing::new(input));
    let mut frames = Frames::default();
    let mut digests = Digests::default();
    while tokens.advance()? {
        let token = tokens.token();
        if frames.is_plainly_within(&token) {
            digests.take(&token);
            continue;
        }
        let name = token.tag();
        let first = if name == *b"ST\0" { first(&token) } else { &[] };
        let step = frames.step(&token, name, first);
        if step.cut {
            digests.end();
        }
        match step.frame {
            Frame::Begin => digests.begin(),
            Frame::Within => digests.take(&token),
            Frame::End => {
                digests.put(b"SE~");
                digests.end();
            }
            Frame::Envelope | Frame::OtherBegin | Frame::Other | Frame::Stray | Frame::Between => {}
        }
    }
    if frames.end() {
        digests.end();
    }
    let unreadable = tokens.unreadable();
    let (sha256, length) = tokens.into_input().finish();
    let Digests { remittances, remittances_left_out, .. } = digests;
    Ok(Prescan { sha256, length, unreadable, remittances, remittances_left_out })
}

fn first<'a>(token: &Token<'a>) -> &'a [u8] {
    let content = token.content;
    content.split(|b| *b == token.delimiters.element).nth(1).unwrap_or_default()
}

/// The digest of one remittance after the other.
#[derive(Default)]
struct Digests {
    hasher: Sha256,
    gathered: Vec<u8>,
    /// True in a long segment, whose `~` is still to come.
    long: bool,
    remittances: Vec<Digest>,
    remittances_left_out: u64,
}

impl Digests {
    fn begin(&mut self) {
        self.hasher = Sha256::new();
        self.gathered.clear();
        self.long = false;
        self.put(b"ST*835~");
    }

    #[inline]
    fn take(&mut self, token: &Token<'_>) {
        match token.kind {
            Kind::Segment => {
                self.after_long();
                let Delimiters { element, component, terminator } = token.delimiters;
                let whole = token.bytes.get(..=token.content.len());
                match whole {
                    // As it stands in the file: content and `~`.
                    Some(whole) if !token.wrapped && (element, component, terminator) == USUAL => {
                        self.put(whole);
                    }
                    _ => {
                        self.content(token.content, token.delimiters);
                        self.put(b"~");
                    }
                }
            }
            Kind::Long { first } => {
                if first {
                    self.after_long();
                }
                self.content(token.content, token.delimiters);
                self.long = true;
            }
            Kind::Blank | Kind::Unreadable(_) => {}
        }
    }

    #[inline]
    fn after_long(&mut self) {
        if std::mem::take(&mut self.long) {
            self.put(b"~");
        }
    }

    fn content(&mut self, content: &[u8], delimiters: Delimiters) {
        let Delimiters { element, component, .. } = delimiters;
        if element == b'*' && component == b':' {
            return self.put(content);
        }
        let mapped = content.iter().map(|byte| match *byte {
            b if b == element => b'*',
            b if b == component => b':',
            b => b,
        });
        self.gathered.extend(mapped);
        self.flush();
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.gathered.extend_from_slice(bytes);
        self.flush();
    }

    #[inline]
    fn flush(&mut self) {
        if self.gathered.len() >= GATHERED {
            self.hasher.update(&self.gathered);
            self.gathered.clear();
        }
    }

    fn end(&mut self) {
        self.after_long();
        self.hasher.update(&self.gathered);
        self.gathered.clear();
        let digest = std::mem::take(&mut self.hasher).finalize();
        if self.remittances.len() < REMITTANCES_MAX {
            self.remittances.push(Digest(digest.into()));
        } else {
            self.remittances_left_out = self.remittances_left_out.saturating_add(1);
        }
    }
}

/// An input that hashes and counts what is read from it.
pub struct Hashing<R> {
    input: R,
    hasher: Sha256,
    length: u64,
}

impl<R: Read> Hashing<R> {
    /// Starts at the first byte.
    pub fn new(input: R) -> Self {
        Self { input, hasher: Sha256::new(), length: 0 }
    }

    /// The digest and number of the bytes read.
    pub fn finish(self) -> (Digest, u64) {
        (Digest(self.hasher.finalize().into()), self.length)
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        self.length = self.length.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}
