//! The configuration file of a ledger, `lookback.toml`: how it runs, never what it means.
//!
//! What a ledger means (origin, journals, usage, contract year, time zone) is fixed in its
//! `LedgerCreated` record. The file repeats two of these, because they are needed before the record
//! can be read, and they are compared with it on every start.

use std::path::{Path, PathBuf};

use lookback_events::event::control::Usage;
use serde::Deserialize;

use crate::journal::read::Settings;
use crate::ledger::create::Choices;

/// The name of the file in the ledger's folder.
pub const FILE_NAME: &str = "lookback.toml";

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No configuration: the folder is not a ledger. `lookback init DIR` makes one.
    #[error("{path} is not there, so this is not a ledger; lookback init DIR makes one")]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("{path} cannot be read")]
    Io {
        /// The file.
        path: PathBuf,
        /// The file system's error.
        #[source]
        source: std::io::Error,
    },
    /// A setting has a value that it cannot have.
    #[error("{path}: {name} = {found} cannot be; {wanted}")]
    Setting {
        /// The file.
        path: PathBuf,
        /// The section and the setting.
        name: &'static str,
        /// What it says.
        found: u64,
        /// What it may say.
        wanted: String,
    },
    /// The file is not TOML, or has a setting that does not exist.
    #[error("{path} cannot be understood")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was wrong, and where.
        #[source]
        source: Box<toml::de::Error>,
    },
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What is needed before the first record can be read.
    pub ledger: LedgerSection,
    /// Where the keys are.
    #[serde(default)]
    pub keys: KeysSection,
    /// How the store lays itself out.
    #[serde(default)]
    pub store: StoreSection,
}

/// Repeated from `LedgerCreated`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerSection {
    /// The name the ledger's logs go by.
    pub origin: String,
    /// How many payment journals.
    pub journals: u8,
}

/// Key files, relative to the ledger's folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeysSection {
    /// The master key.
    pub master: PathBuf,
    /// The signing key.
    pub signing: PathBuf,
}

impl Default for KeysSection {
    fn default() -> Self {
        Self { master: "keys/master.key".into(), signing: "keys/signing.key".into() }
    }
}

/// How the store lays itself out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSection {
    /// Records after which a new generation of the hot store begins.
    pub generation_records: u64,
    /// Mebibytes of records after which a new generation begins.
    pub generation_mib: u64,
    /// Mebibytes of cache for the hot store.
    pub cache_mib: u64,
    /// Mebibytes of cache for the rows.
    pub rows_cache_mib: u64,
    /// Mebibytes that must stay free on the disk.
    pub reserve_mib: u64,
}

const MIB: u64 = 1024 * 1024;
/// A generation holds at least this many records: each begins with a volume's announcement a journal.
const GENERATION_RECORDS_MIN: u64 = 4;

impl Default for StoreSection {
    fn default() -> Self {
        let settings = Settings::default();
        Self {
            generation_records: settings.generation_records,
            generation_mib: settings.generation_bytes / MIB,
            cache_mib: settings.cache_bytes / MIB,
            rows_cache_mib: 16,
            reserve_mib: settings.reserve_bytes / MIB,
        }
    }
}

impl Config {
    /// Reads the configuration of the ledger in `folder`.
    ///
    /// # Errors
    /// When there is none, or it cannot be understood.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ConfigError::Missing { path });
            }
            Err(source) => return Err(ConfigError::Io { path, source }),
        };
        let config: Self = toml::from_str(&text).map_err(|source| ConfigError::Malformed {
            path: path.clone(),
            source: Box::new(source),
        })?;
        config.checked(&path)?;
        Ok(config)
    }

    /// Settings that the store could not work with are refused, not changed in silence.
    fn checked(&self, path: &Path) -> Result<(), ConfigError> {
        // A tebibyte of cache, and a generation of any size that a disk has.
        const CACHE_MIB_MAX: u64 = 1024 * 1024;
        const MIB_MAX: u64 = u64::MAX / MIB;
        let store = &self.store;
        let default = StoreSection::default();
        for (name, found, least, most, default) in [
            (
                "[store] generation_records",
                store.generation_records,
                GENERATION_RECORDS_MIN,
                u64::MAX,
                default.generation_records,
            ),
            ("[store] generation_mib", store.generation_mib, 1, MIB_MAX, default.generation_mib),
            ("[store] cache_mib", store.cache_mib, 1, CACHE_MIB_MAX, default.cache_mib),
            (
                "[store] rows_cache_mib",
                store.rows_cache_mib,
                1,
                CACHE_MIB_MAX,
                default.rows_cache_mib,
            ),
            ("[store] reserve_mib", store.reserve_mib, 0, MIB_MAX, default.reserve_mib),
        ] {
            if found < least || found > most {
                let wanted = if found < least {
                    format!("write {least} or more (a new ledger has {default})")
                } else {
                    format!("write {most} or less (a new ledger has {default})")
                };
                return Err(ConfigError::Setting { path: path.to_owned(), name, found, wanted });
            }
        }
        Ok(())
    }

    /// The store's settings.
    pub fn settings(&self) -> Settings {
        Settings {
            cache_bytes: self.store.cache_mib.saturating_mul(MIB),
            generation_records: self.store.generation_records,
            generation_bytes: self.store.generation_mib.saturating_mul(MIB),
            reserve_bytes: self.store.reserve_mib.saturating_mul(MIB),
            ..Settings::default()
        }
    }

    /// The text of a new ledger's configuration, every setting explained, and what is no setting:
    /// what the ledger's first record fixes.
    pub fn text(choices: &Choices) -> String {
        let store = StoreSection::default();
        let Choices { origin, journals, usage, contract_year_start, fiscal_year_end, time_zone } =
            choices;
        let usage = match usage {
            Usage::Production => "production: takes interchanges with ISA15 P",
            Usage::Test => "test: takes interchanges with ISA15 T",
        };
        let fiscal = fiscal_year_end
            .map_or_else(|| "no last day was given".to_owned(), |day| format!("ends on {day}"));
        format!(
            r#"# Configuration of a Lookback ledger. It says how the ledger runs, never what it means:
# what it means is fixed in its first record (lookback show ledger).

[ledger]
# Fixed when the ledger was created, and compared with its first record on every start. Do not edit.
origin = {origin:?}
journals = {journals}
# Fixed when the ledger was created, too, in its first record alone (lookback init --help tells what
# each means). They are no settings: to change what is written here changes nothing.
#   usage          {usage}
#   contract year  begins on {contract_year_start} (MM-DD)
#   fiscal year    {fiscal}
#   time zone      {time_zone}

[keys]
# Key files, relative to this folder; 64 hexadecimal digits, mode 0600. The environment variables
# LOOKBACK_MASTER_KEY and LOOKBACK_SIGNING_KEY come first, so that the files may live elsewhere.
# The master key wraps all others: without it nothing that is sealed can be read. Keep a copy safe.
master = "keys/master.key"
signing = "keys/signing.key"

[store]
# The hot store is a row of sled databases, removed whole when all they hold lies in volumes.
# A new one begins after so many records, or so many mebibytes of them, whichever comes first.
generation_records = {}
generation_mib = {}
# Mebibytes of cache for the hot store and for the rows.
cache_mib = {}
rows_cache_mib = {}
# Writing stops, with a clear error, when fewer mebibytes than this are free on the disk: the hot
# store cannot be opened again on a disk that is full.
reserve_mib = {}
"#,
            store.generation_records,
            store.generation_mib,
            store.cache_mib,
            store.rows_cache_mib,
            store.reserve_mib,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices() -> Choices {
        Choices::new(Path::new("/plan/ledger"))
    }

    #[test]
    fn a_setting_that_cannot_be_is_an_error_that_says_what_can() {
        let folder = tempfile::tempdir().unwrap();
        let text = Config::text(&choices());
        for name in ["generation_records", "generation_mib", "cache_mib", "rows_cache_mib"] {
            let lines = text.lines().map(|line| match line.split_once(" = ") {
                Some((own, _)) if own == name => format!("{name} = 0\n"),
                _ => format!("{line}\n"),
            });
            let path = folder.path().join(FILE_NAME);
            std::fs::write(path, lines.collect::<String>()).unwrap();
            let error = Config::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(&format!("[store] {name} = 0 cannot be; write ")), "{error}");
        }
    }

    #[test]
    fn the_text_of_a_new_configuration_says_the_defaults() {
        let config: Config = toml::from_str(&Config::text(&choices())).unwrap();
        assert_eq!(config.store, StoreSection::default());
        assert_eq!(config.keys, KeysSection::default());
        assert_eq!(config.settings(), Settings::default());
        assert_eq!(config.ledger.journals, 4);
    }

    #[test]
    fn a_setting_that_does_not_exist_is_an_error() {
        let text = Config::text(&choices()).replace("reserve_mib", "reserve_mb");
        assert!(toml::from_str::<Config>(&text).is_err());
    }
}
