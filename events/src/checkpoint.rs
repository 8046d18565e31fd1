//! Signed checkpoints: C2SP `tlog-checkpoint` in a C2SP `signed-note`, with Ed25519.
//!
//! Not a policy about who may sign what: that a log never signs two roots of one size is the
//! ledger's duty (FORMATS 3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::hash::Hash;
use crate::id::push_hex;

/// What a log says of itself at one moment: so many leaves under this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, `<ledger origin>/<journal>`.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them (RFC 6962 2.1).
    pub root: Hash,
}

/// Why a text is not a checkpoint that this key signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note, or its text is not a checkpoint.
    #[error("not a signed checkpoint: {0}")]
    Malformed(&'static str),
    /// No signature line of the wanted key.
    #[error("the checkpoint carries no signature by {0}")]
    Unsigned(String),
    /// The signature does not fit the text.
    #[error("the signature by {0} does not fit the checkpoint")]
    BadSignature(String),
    /// The verifier key is not `name+hash+key`.
    #[error("not a verifier key: {0}")]
    BadKey(&'static str),
}

/// The algorithm byte of Ed25519 in a signed note.
const ED25519: u8 = 1;

/// The name of a log's key as others check it: `name+<8 hex>+base64(0x01 || public key)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

/// Who signs the checkpoints of one log.
pub struct NoteSigner {
    verifier: Verifier,
    key: SigningKey,
}

impl std::fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NoteSigner({})", self.verifier.name)
    }
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([b'\n', ED25519]);
    hasher.update(key.as_bytes());
    let hash: [u8; 32] = hasher.finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}

impl Verifier {
    /// Reads a verifier key.
    ///
    /// # Errors
    /// When it is not one, or its hash does not fit its key.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let wrong = CheckpointError::BadKey;
        let mut parts = text.trim_end_matches('\n').splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("three parts joined by +"));
        };
        let bytes = STANDARD.decode(key).map_err(|_| wrong("the key is not base64"))?;
        let (Some(&ED25519), Some(key)) = (bytes.first(), bytes.get(1..)) else {
            return Err(wrong("not an Ed25519 key"));
        };
        let key = <[u8; 32]>::try_from(key).map_err(|_| wrong("the key has not 32 bytes"))?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| wrong("not a point of the curve"))?;
        let verifier = Self { name: name.to_owned(), key };
        if verifier.id_text() != id {
            return Err(wrong("its hash does not fit its name and key"));
        }
        Ok(verifier)
    }

    /// The key of the log `name` with this Ed25519 public key, in base64.
    ///
    /// # Errors
    /// When it is not such a key.
    pub fn of(name: &str, public_key: &str) -> Result<Self, CheckpointError> {
        let wrong = CheckpointError::BadKey;
        let bytes = STANDARD.decode(public_key).map_err(|_| wrong("the key is not base64"))?;
        let key = <[u8; 32]>::try_from(bytes).map_err(|_| wrong("the key has not 32 bytes"))?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| wrong("not a point of the curve"))?;
        Ok(Self { name: name.to_owned(), key })
    }

    fn id_text(&self) -> String {
        let mut hex = Vec::with_capacity(8);
        push_hex(&mut hex, &key_id(&self.name, &self.key));
        String::from_utf8(hex).unwrap_or_default()
    }

    /// The Ed25519 public key, in base64.
    pub fn public_key(&self) -> String {
        STANDARD.encode(self.key.as_bytes())
    }

    /// The key's name, which is the log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads a signed checkpoint and checks this key's signature and the origin.
    ///
    /// # Errors
    /// When the note is malformed, of another log, or not signed by this key.
    pub fn open(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        let (text, signatures) =
            note.rsplit_once("\n\n").ok_or(CheckpointError::Malformed("no blank line"))?;
        let text = format!("{text}\n");
        let checkpoint = Checkpoint::parse(&text)?;
        if checkpoint.origin != self.name {
            return Err(CheckpointError::Malformed("it is of another log"));
        }
        let id = key_id(&self.name, &self.key);
        for line in signatures.lines() {
            let line = line
                .strip_prefix("\u{2014} ")
                .ok_or(CheckpointError::Malformed("a signature line begins with a dash"))?;
            let (name, signature) = line
                .split_once(' ')
                .ok_or(CheckpointError::Malformed("a signature line has two parts"))?;
            if name != self.name {
                continue;
            }
            let bytes = STANDARD
                .decode(signature)
                .map_err(|_| CheckpointError::Malformed("a signature is base64"))?;
            let Some((of, signature)) = bytes.split_first_chunk::<4>() else { continue };
            if *of != id {
                continue;
            }
            let bad = || CheckpointError::BadSignature(self.name.clone());
            let signature = Signature::from_slice(signature).map_err(|_| bad())?;
            return match self.key.verify_strict(text.as_bytes(), &signature) {
                Ok(()) => Ok(checkpoint),
                Err(_) => Err(bad()),
            };
        }
        Err(CheckpointError::Unsigned(self.name.clone()))
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, self.id_text(), STANDARD.encode(key))
    }
}

impl NoteSigner {
    /// The signer of the log `origin`, from an Ed25519 seed.
    pub fn new(origin: &str, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let verifier = Verifier { name: origin.to_owned(), key: key.verifying_key() };
        Self { verifier, key }
    }

    /// The key that others check with.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs `size` leaves under `root`, as a note.
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let name = &self.verifier.name;
        let text = Checkpoint { origin: name.clone(), size, root }.to_string();
        let mut signature = key_id(name, &self.verifier.key).to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n\u{2014} {name} {}\n", STANDARD.encode(signature))
    }
}

impl Checkpoint {
    /// Reads the text of a checkpoint, without signatures. Extension lines are allowed and ignored.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let wrong = CheckpointError::Malformed;
        let mut lines = text.lines();
        let origin = lines.next().filter(|l| !l.is_empty()).ok_or(wrong("no origin"))?;
        let size = lines.next().ok_or(wrong("no size"))?;
        let number = size.parse::<u64>().map_err(|_| wrong("the size is not a number"))?;
        if number.to_string() != size {
            return Err(wrong("the size is not plain decimal"));
        }
        let root = lines.next().ok_or(wrong("no root"))?;
        let root = Hash::parse(root).map_err(|_| wrong("the root is not a hash"))?;
        Ok(Self { origin: origin.to_owned(), size: number, root })
    }
}

/// The text that is signed: `origin "\n" size "\n" base64 root "\n"`.
impl std::fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)
    }
}
