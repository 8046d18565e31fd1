//! Unit keys and the stream key: wrapped by a master key, in one append-only file of their own.
//!
//! Keys are never in a journal and never in sled, so losing sled loses no key, and destroying a key
//! leaves no old page behind. A new key is durable before the first record sealed under it: the
//! writer calls [`Keys::sync`] ahead of every write.
//!
//! The file holds one JSON object a line: the unit, the key's id, and the secret wrapped with
//! XChaCha20-Poly1305 under the master key, bound to both.
//!
//! A last line that is cut off is what a crash leaves of a key whose sync had not returned: no record
//! names it. It may also be what is left of a used key. So reading leaves it where it is, a new key
//! does not overwrite it (it is put aside into `units.torn` first), and whether a record names a key
//! that is not here is asked at every start and by `verify`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use lookback_events::body::UnitKey;
use lookback_events::id::{Digest, KeyId, UnitId};
use lookback_events::stream::StreamKey;
use serde::{Deserialize, Serialize};

/// The unit under whose name the stream key stands in the file.
const STREAM_KEY_UNIT: &str = "stream-key";

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file cannot be read or written.
    #[error("{what} failed at {path}")]
    Io {
        /// Which step.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The file system's error.
        #[source]
        source: std::io::Error,
    },
    /// There is no such file and no such variable: restore the file or set the variable.
    #[error("no {what}: neither {path} nor the environment variable {variable} holds one")]
    Missing {
        /// Which key.
        what: &'static str,
        /// Where its file would be.
        path: PathBuf,
        /// The variable that could hold it.
        variable: &'static str,
    },
    /// The file of the unit keys is gone: put it back from a backup.
    #[error("the unit key file {path} is not there")]
    NoUnits {
        /// Where it should be.
        path: PathBuf,
    },
    /// Not 64 lower-case hexadecimal digits.
    #[error("the {what} is not 64 lower-case hexadecimal digits")]
    Malformed {
        /// Which key.
        what: &'static str,
    },
    /// The key file is readable by others: `chmod 600` it.
    #[error("the key file {path} may be read by others than its owner; chmod 600 it")]
    TooOpen {
        /// The file.
        path: PathBuf,
    },
    /// Another master key wrapped these keys, or the file was changed.
    #[error(
        "the master key does not open line {line} of {path}: it is another ledger's, or the file is damaged"
    )]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A line that is not a wrapped key.
    #[error("line {line} of {path} is not a wrapped key; restore the file from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    NoRandom,
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { what, path, source }
}

/// Thirty-two random bytes of the operating system.
///
/// # Errors
/// When it gives none.
pub fn random_secret() -> Result<[u8; 32], KeyError> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(|_| KeyError::NoRandom)?;
    Ok(secret)
}

/// Reads a secret of 32 bytes from the environment, else from a file of mode 0600.
///
/// # Errors
/// When neither holds one, or the file is open to others.
pub fn read_secret(
    what: &'static str,
    variable: &'static str,
    path: &Path,
) -> Result<[u8; 32], KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let malformed = || KeyError::Malformed { what };
    if let Ok(text) = std::env::var(variable) {
        return Digest::parse(text.trim()).map(|d| d.0).map_err(|_| malformed());
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(KeyError::Missing { what, path: path.to_owned(), variable });
        }
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Err(malformed()),
        Err(error) => return Err(io("reading a key", path)(error)),
    };
    let mode = std::fs::metadata(path).map_err(io("reading a key", path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::TooOpen { path: path.to_owned() });
    }
    Digest::parse(text.trim()).map(|d| d.0).map_err(|_| malformed())
}

/// Writes a secret to a new file of mode 0600.
///
/// # Errors
/// When the file is there or cannot be written.
pub fn write_secret(path: &Path, secret: &[u8; 32]) -> Result<(), KeyError> {
    let mut file = new_private(path).map_err(io("making a key file", path))?;
    let text = format!("{}\n", Digest(*secret));
    file.write_all(text.as_bytes()).map_err(io("writing a key", path))?;
    file.sync_all().map_err(io("syncing a key", path))
}

fn new_private(path: &Path) -> std::io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    unit: String,
    wrapped: String,
}

#[derive(Debug, Default)]
struct Known {
    by_unit: HashMap<UnitId, Arc<UnitKey>>,
    by_id: HashMap<KeyId, Arc<UnitKey>>,
    /// Lines of new keys, not yet in the file.
    pending: Vec<u8>,
    /// What was cut off behind the last whole line, until it is put aside.
    torn: Option<Torn>,
}

/// The end of a file that is not a whole line.
#[derive(Debug)]
struct Torn {
    /// Where it begins.
    at: u64,
    bytes: Vec<u8>,
}

/// All keys of a ledger.
pub struct Keys {
    path: PathBuf,
    file: Mutex<File>,
    master: XChaCha20Poly1305,
    stream: StreamKey,
    known: Mutex<Known>,
    /// Bytes of the last line, where that line was cut off.
    torn: usize,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keys {
    /// Makes the key file of a new ledger, with its stream key.
    ///
    /// # Errors
    /// When the file is there or cannot be written.
    pub fn create(path: &Path, master: &[u8; 32]) -> Result<(), KeyError> {
        let cipher = XChaCha20Poly1305::new(master.into());
        let mut file = new_private(path).map_err(io("making the key file", path))?;
        let line = wrap(&cipher, STREAM_KEY_UNIT, &UnitKey::new(random_secret()?))?;
        file.write_all(&line).map_err(io("writing the key file", path))?;
        file.sync_all().map_err(io("syncing the key file", path))
    }

    /// Loads all keys.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or was wrapped by another master key.
    pub fn load(path: &Path, master: &[u8; 32]) -> Result<Self, KeyError> {
        let cipher = XChaCha20Poly1305::new(master.into());
        let mut file = File::options().read(true).write(true).open(path).map_err(|source| {
            if source.kind() == std::io::ErrorKind::NotFound {
                return KeyError::NoUnits { path: path.to_owned() };
            }
            io("opening the key file", path)(source)
        })?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(io("reading the key file", path))?;
        let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at.saturating_add(1));
        let (lines, end) = text.split_at_checked(whole).unwrap_or_default();
        let mut known = Known::default();
        if !end.is_empty() {
            let at = u64::try_from(whole).unwrap_or(u64::MAX);
            known.torn = Some(Torn { at, bytes: end.to_vec() });
        }
        let mut stream = None;
        let lines = lines.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        for (number, line) in (1_usize..).zip(lines) {
            let damaged = || KeyError::Damaged { path: path.to_owned(), line: number };
            let line: Line = serde_json::from_slice(line).map_err(|_| damaged())?;
            let secret = unwrap(&cipher, &line)
                .ok_or_else(|| KeyError::Wrong { path: path.to_owned(), line: number })?;
            if line.unit == STREAM_KEY_UNIT {
                stream = Some(StreamKey::new(&secret));
                continue;
            }
            let unit = UnitId::parse(&line.unit).map_err(|_| damaged())?;
            known.add(unit, Arc::new(UnitKey::new(secret)));
        }
        let stream = stream.ok_or_else(|| KeyError::Damaged { path: path.to_owned(), line: 1 })?;
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
            master: cipher,
            stream,
            torn: end.len(),
            known: Mutex::new(known),
        })
    }

    /// The key under which stream names are hidden.
    pub const fn stream(&self) -> &StreamKey {
        &self.stream
    }

    /// The key of a unit; a new one where the unit has none.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn of_unit(&self, unit: &UnitId) -> Result<Arc<UnitKey>, KeyError> {
        let mut known = lock(&self.known);
        if let Some(key) = known.by_unit.get(unit) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(UnitKey::new(random_secret()?));
        let line = wrap(&self.master, unit.as_str(), &key)?;
        known.pending.extend_from_slice(&line);
        known.add(unit.clone(), Arc::clone(&key));
        Ok(key)
    }

    /// The key of that id; `None` where it was destroyed or never known.
    pub fn by_id(&self, id: KeyId) -> Option<Arc<UnitKey>> {
        lock(&self.known).by_id.get(&id).cloned()
    }

    /// How many bytes of a line that was cut off the file ended with when it was loaded.
    pub const fn torn(&self) -> usize {
        self.torn
    }

    /// Makes all new keys durable.
    ///
    /// # Errors
    /// When the file cannot be written; nothing may be sealed under the new keys then.
    pub fn sync(&self) -> Result<(), KeyError> {
        let (pending, torn) = {
            let mut known = lock(&self.known);
            if known.pending.is_empty() {
                return Ok(());
            }
            (std::mem::take(&mut known.pending), known.torn.take())
        };
        let mut file = lock(&self.file);
        if let Some(torn) = torn {
            put_aside(&self.path, &torn.bytes)?;
            file.set_len(torn.at).map_err(io("ending the key file at its last key", &self.path))?;
            file.seek(SeekFrom::End(0)).map_err(io("writing the key file", &self.path))?;
        }
        file.write_all(&pending).map_err(io("writing the key file", &self.path))?;
        file.sync_data().map_err(io("syncing the key file", &self.path))
    }
}

/// Keeps what was cut off, behind what was put aside before.
fn put_aside(keys: &Path, torn: &[u8]) -> Result<(), KeyError> {
    let path = keys.with_extension("torn");
    let mut file = File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .map_err(io("putting a cut-off key aside", &path))?;
    file.write_all(&[torn, b"\n"].concat()).map_err(io("putting a cut-off key aside", &path))?;
    file.sync_all().map_err(io("syncing a cut-off key put aside", &path))
}

impl Known {
    fn add(&mut self, unit: UnitId, key: Arc<UnitKey>) {
        self.by_id.insert(key.id(), Arc::clone(&key));
        self.by_unit.insert(unit, key);
    }
}

fn bound_to(unit: &str, key: &str) -> Vec<u8> {
    [unit.as_bytes(), b"\0", key.as_bytes()].concat()
}

fn wrap(master: &XChaCha20Poly1305, unit: &str, key: &UnitKey) -> Result<Vec<u8>, KeyError> {
    let mut nonce = [0_u8; 24];
    getrandom::fill(&mut nonce).map_err(|_| KeyError::NoRandom)?;
    let mut secret = *key.secret();
    let id = key.id().to_string();
    let tag = master
        .encrypt_inout_detached(
            &XNonce::from(nonce),
            &bound_to(unit, &id),
            InOutBuf::from(secret.as_mut_slice()),
        )
        .map_err(|_| KeyError::NoRandom)?;
    let wrapped = STANDARD.encode([&nonce[..], &secret[..], &tag[..]].concat());
    let line = Line { key: id, unit: unit.to_owned(), wrapped };
    let mut text = serde_json::to_vec(&line).unwrap_or_default();
    text.push(b'\n');
    Ok(text)
}

fn unwrap(master: &XChaCha20Poly1305, line: &Line) -> Option<[u8; 32]> {
    let wrapped = STANDARD.decode(&line.wrapped).ok()?;
    let (nonce, rest) = wrapped.split_first_chunk::<24>()?;
    let (secret, tag) = rest.split_first_chunk::<32>()?;
    let tag = <[u8; 16]>::try_from(tag).ok()?;
    let mut secret = *secret;
    master
        .decrypt_inout_detached(
            &XNonce::from(*nonce),
            &bound_to(&line.unit, &line.key),
            InOutBuf::from(secret.as_mut_slice()),
            &tag.into(),
        )
        .ok()?;
    (UnitKey::new(secret).id().to_string() == line.key).then_some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_and_a_cut_off_line_is_put_aside_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("units");
        Keys::create(&path, &[1; 32]).unwrap();
        let unit = UnitId::parse("payee:1234567893/2025").unwrap();
        let id = {
            let keys = Keys::load(&path, &[1; 32]).unwrap();
            let key = keys.of_unit(&unit).unwrap();
            assert_eq!(keys.of_unit(&unit).unwrap().id(), key.id());
            keys.sync().unwrap();
            key.id()
        };
        File::options().append(true).open(&path).unwrap().write_all(b"{\"key\":\"99").unwrap();
        let keys = Keys::load(&path, &[1; 32]).unwrap();
        assert!(keys.by_id(id).is_some());
        assert_eq!(keys.of_unit(&unit).unwrap().id(), id);
        // Reading changes nothing; the first new key does, and keeps what was there.
        let torn = b"{\"key\":\"99";
        assert!(std::fs::read(&path).unwrap().ends_with(torn));
        assert_eq!(keys.torn(), torn.len());
        let new = keys.of_unit(&UnitId::parse("payee:1234567893/2026").unwrap()).unwrap();
        keys.sync().unwrap();
        let aside = std::fs::read(folder.path().join("units.torn")).unwrap();
        assert_eq!(aside, [&torn[..], b"\n"].concat());
        let keys = Keys::load(&path, &[1; 32]).unwrap();
        assert!(keys.by_id(id).is_some() && keys.by_id(new.id()).is_some());
        assert_eq!(keys.torn(), 0);
        assert!(matches!(Keys::load(&path, &[2; 32]), Err(KeyError::Wrong { line: 1, .. })));
    }

    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        write_secret(&path, &[3; 32]).unwrap();
        let variable = "LOOKBACK_TEST_NO_SUCH_KEY";
        assert_eq!(read_secret("master key", variable, &path).unwrap(), [3; 32]);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            read_secret("master key", variable, &path),
            Err(KeyError::TooOpen { .. })
        ));
        let none = folder.path().join("none");
        assert!(matches!(
            read_secret("master key", variable, &none),
            Err(KeyError::Missing { .. })
        ));
    }
}
