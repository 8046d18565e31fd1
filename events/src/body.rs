//! The body of a record: its fields, their commitments, and the sealed form.
//!
//! A body is JSON text whose top-level members are the unit of disclosure (FORMATS 2). Commitments
//! bind each field with a salt, so that one can be shown and the others stay hidden, and so that
//! destroying the unit secret leaves hashes that nobody can guess a value from.

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};

use crate::hash::{Hash, Mac, sha256};
use crate::id::{EventId, KeyId};

mod json;
mod writer;

pub use writer::BodyWriter;

/// The most bytes of a body; what is longer goes on in further records.
pub const BODY_LEN_MAX: usize = 512 * 1024;
/// Bytes of the nonce ahead of a sealed body.
pub const NONCE_LEN: usize = 24;
/// Bytes of the tag behind a sealed body.
pub const TAG_LEN: usize = 16;

/// One top-level member of a body: its name and its value's text as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// `[a-z0-9_]+`.
    pub name: &'a str,
    /// Compact JSON.
    pub value: &'a [u8],
}

/// Why bytes are not a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not an object in compact JSON with plain member names.
    #[error("not a body: {what} at byte {at}")]
    Malformed {
        /// What was wanted.
        what: &'static str,
        /// Where, in bytes.
        at: usize,
    },
    /// Longer than a body may be.
    #[error("a body of {len} bytes is longer than {BODY_LEN_MAX}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
}

/// Splits a body into its fields, in the order they stand in, which is ascending by name.
///
/// It checks what the commitments rest on (names, order, brackets and strings); whether each value
/// means anything is its reader's affair.
///
/// # Errors
/// When the bytes are not a body.
pub fn fields<'a>(body: &'a [u8], out: &mut Vec<Field<'a>>) -> Result<(), BodyError> {
    out.clear();
    if body.len() > BODY_LEN_MAX {
        return Err(BodyError::TooLong { len: body.len() });
    }
    let wrong = |what, at| BodyError::Malformed { what, at };
    if body.first() != Some(&b'{') {
        return Err(wrong("an object", 0));
    }
    if body == b"{}" {
        return Ok(());
    }
    let mut at = 1_usize;
    loop {
        let name = string(body, at).ok_or(wrong("a member name", at))?;
        let plain = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'_';
        let name = name
            .strip_prefix(b"\"")
            .and_then(|n| n.strip_suffix(b"\""))
            .filter(|n| !n.is_empty() && n.iter().all(plain))
            .and_then(|n| std::str::from_utf8(n).ok())
            .ok_or(wrong("a name of a-z, 0-9 and _", at))?;
        if out.last().is_some_and(|last| last.name >= name) {
            return Err(wrong("ascending names", at));
        }
        at = at.saturating_add(name.len()).saturating_add(2);
        if body.get(at) != Some(&b':') {
            return Err(wrong("a colon", at));
        }
        at = at.saturating_add(1);
        let len = value_len(body.get(at..).unwrap_or_default()).ok_or(wrong("a value", at))?;
        let end = at.saturating_add(len);
        out.push(Field { name, value: body.get(at..end).ok_or(wrong("a value", at))? });
        match (body.get(end), body.len().checked_sub(end)) {
            (Some(b','), _) => at = end.saturating_add(1),
            (Some(b'}'), Some(1)) => return Ok(()),
            _ => return Err(wrong("a comma or the end", end)),
        }
    }
}

/// The string that begins at `at`, quotes included.
fn string(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let len = string_len(bytes.get(at..)?)?;
    bytes.get(at..at.checked_add(len)?)
}

/// The length of the JSON string that `bytes` begins with, quotes included.
fn string_len(bytes: &[u8]) -> Option<usize> {
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1_usize;
    loop {
        at = at.checked_add(plain_len(bytes.get(at..)?)?)?;
        match bytes.get(at) {
            Some(b'"') => return at.checked_add(1),
            _ => at = at.checked_add(2)?,
        }
    }
}

/// How many bytes stand ahead of the next quote or backslash.
///
/// Most of a body is the text of long strings, so it is looked through 32 bytes at a time, without
/// branches within them, as the processor likes it.
fn plain_len(bytes: &[u8]) -> Option<usize> {
    let special = |c: &u8| matches!(c, b'"' | b'\\');
    let (blocks, _) = bytes.as_chunks::<32>();
    let is_plain = |block: &&[u8; 32]| !block.iter().fold(false, |any, c| any | special(c));
    let plain = blocks.iter().take_while(is_plain).count().checked_mul(32)?;
    bytes.get(plain..)?.iter().position(special)?.checked_add(plain)
}

/// The length of the JSON value that `bytes` begins with.
fn value_len(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'"' => string_len(bytes),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut at = 0_usize;
            loop {
                match bytes.get(at)? {
                    b'"' => {
                        at = at.checked_add(string_len(bytes.get(at..)?)?)?;
                        continue;
                    }
                    b'{' | b'[' => depth = depth.checked_add(1)?,
                    b'}' | b']' => depth = depth.checked_sub(1)?,
                    b' ' | b'\n' | b'\r' | b'\t' => return None,
                    _ => {}
                }
                at = at.checked_add(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => {
            let len = bytes
                .iter()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'+' | b'.'));
            Some(len.count()).filter(|len| *len > 0)
        }
    }
}

/// The commitment to one field (FORMATS 2).
pub fn commitment(salt: &[u8; 16], field: Field<'_>) -> Hash {
    let mut scratch = Vec::with_capacity(field.value.len().saturating_add(64));
    commitment_with(salt, field, &mut scratch)
}

/// As [`commitment`], with a buffer to use: hashed in one piece, which is quicker than in six.
fn commitment_with(salt: &[u8; 16], field: Field<'_>, scratch: &mut Vec<u8>) -> Hash {
    scratch.clear();
    scratch.extend_from_slice(b"lookback/field/1\0");
    scratch.extend_from_slice(salt);
    let len = u16::try_from(field.name.len()).unwrap_or(u16::MAX);
    scratch.extend_from_slice(&len.to_be_bytes());
    scratch.extend_from_slice(field.name.as_bytes());
    scratch.extend_from_slice(field.value);
    sha256(scratch)
}

/// The body root over commitments in byte order of their names.
pub fn body_root<'a>(commitments: impl IntoIterator<Item = &'a Hash>) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"lookback/body/1\0");
    for commitment in commitments {
        hasher.update(commitment.0);
    }
    Hash(hasher.finalize().into())
}

/// The secret of one unit, and what is derived from it.
#[derive(Clone)]
pub struct UnitKey {
    id: KeyId,
    salts: Mac,
    cipher: XChaCha20Poly1305,
    secret: [u8; 32],
}

impl std::fmt::Debug for UnitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UnitKey({})", self.id)
    }
}

/// A sealed body that does not open: another key, another place, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed body does not open under this key at this place")]
pub struct OpenError;

impl UnitKey {
    /// Derives salt key, seal key and key id from the secret.
    pub fn new(secret: [u8; 32]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"lookback/key/1\0");
        hasher.update(secret);
        let mut id = [0_u8; 8];
        for (to, from) in id.iter_mut().zip(hasher.finalize()) {
            *to = from;
        }
        let derived = Hkdf::<Sha256>::new(None, &secret);
        let derive = |info: &[u8]| {
            let mut key = [0_u8; 32];
            // 32 bytes are far below the 8,160 that HKDF-SHA256 can give.
            let _ = derived.expand(info, &mut key);
            key
        };
        Self {
            id: KeyId(id),
            salts: Mac::new(&derive(b"lookback/salt/1")),
            cipher: XChaCha20Poly1305::new(&derive(b"lookback/seal/1").into()),
            secret,
        }
    }

    /// The name under which headers cite this key.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The secret itself, for wrapping only.
    pub const fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The salt of a field of an event.
    pub fn salt(&self, event: EventId, name: &str) -> [u8; 16] {
        self.salt_with(event, name, &mut Vec::with_capacity(64))
    }

    fn salt_with(&self, event: EventId, name: &str, scratch: &mut Vec<u8>) -> [u8; 16] {
        scratch.clear();
        scratch.extend_from_slice(&event.0);
        scratch.extend_from_slice(name.as_bytes());
        let code = self.salts.of(scratch);
        code.0.first_chunk().copied().unwrap_or_default()
    }

    /// The root that binds all fields of a body under this key.
    pub fn root(&self, event: EventId, fields: &[Field<'_>]) -> Hash {
        self.root_with(event, fields.iter().copied(), &mut Vec::with_capacity(1_024))
    }

    /// As [`UnitKey::root`], with a buffer to use.
    pub fn root_with<'a>(
        &self,
        event: EventId,
        fields: impl IntoIterator<Item = Field<'a>>,
        scratch: &mut Vec<u8>,
    ) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(b"lookback/body/1\0");
        for field in fields {
            let salt = self.salt_with(event, field.name, scratch);
            hasher.update(commitment_with(&salt, field, scratch).0);
        }
        Hash(hasher.finalize().into())
    }

    /// Appends `nonce || ciphertext || tag`, bound to the leaf.
    ///
    /// # Errors
    /// Never at the lengths a body may have.
    pub fn seal(
        &self,
        leaf: &Hash,
        nonce: &[u8; NONCE_LEN],
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        out.extend_from_slice(nonce);
        let from = out.len();
        out.extend_from_slice(body);
        let text = out.get_mut(from..).ok_or(OpenError)?;
        let tag = self
            .cipher
            .encrypt_inout_detached(&XNonce::from(*nonce), &leaf.0, InOutBuf::from(text))
            .map_err(|_| OpenError)?;
        out.extend_from_slice(&tag);
        Ok(())
    }

    /// Opens a sealed body into `out`, which is cleared first.
    ///
    /// # Errors
    /// When the bytes are not what this key sealed at this leaf.
    pub fn open(&self, leaf: &Hash, sealed: &[u8], out: &mut Vec<u8>) -> Result<(), OpenError> {
        out.clear();
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(OpenError)?;
        let (text, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(OpenError)?;
        out.extend_from_slice(text);
        let opened = self.cipher.decrypt_inout_detached(
            &XNonce::from(*nonce),
            &leaf.0,
            InOutBuf::from(out.as_mut_slice()),
            &(*tag).into(),
        );
        if opened.is_err() {
            out.clear();
        }
        opened.map_err(|_| OpenError)
    }
}
