//! Making a ledger: folders, keys, configuration, and the first record.

use std::fs::{DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use lookback_events::body::{BodyError, BodyWriter};
use lookback_events::event::control::{LedgerChoices, LedgerCreated, Usage};
use lookback_events::event::{Control, Event};
use lookback_events::id::{ActorId, JournalId, UnitId};
use lookback_events::time::MonthDay;

use super::opening::Purpose;
use super::{Config, Entry, Fact, Hold, Ledger, LedgerError};
use crate::config;
use crate::journal::commit::service_actor;
use crate::keys::{Keys, random_secret, read_secret, write_secret};

/// What a new ledger is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The name its logs go by: a host name and a path that its owner controls, no blanks or `+`.
    pub origin: String,
    /// How many payment journals.
    pub journals: u8,
    /// Which interchanges it takes.
    pub usage: Usage,
    /// The day on which contract years begin.
    pub contract_year_start: MonthDay,
    /// The last day of the plan's fiscal year.
    pub fiscal_year_end: Option<MonthDay>,
    /// The plan's time zone, an IANA name.
    pub time_zone: String,
}

impl Choices {
    /// The defaults: production, four journals, calendar years, Eastern time, named after `folder`.
    pub fn new(folder: &Path) -> Self {
        let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or("ledger");
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
        Self {
            origin: format!("lookback.local/{}", name.chars().map(plain).collect::<String>()),
            journals: 4,
            usage: Usage::Production,
            contract_year_start: MonthDay::FIRST_OF_JANUARY,
            fiscal_year_end: None,
            time_zone: "America/New_York".to_owned(),
        }
    }

    fn check(&self) -> Result<(), LedgerError> {
        let wrong = |text: String| Err(LedgerError::Choice(text));
        let printable = self.origin.chars().all(|c| c.is_ascii_graphic() && c != '+' && c != '"');
        if self.origin.is_empty() || self.origin.len() > 200 || !printable {
            return wrong(format!(
                "the origin {:?} must be 1 to 200 printable characters without blanks, quotes and +",
                self.origin
            ));
        }
        if self.journals == 0 || self.journals > 64 {
            return wrong(format!("{} journals: a ledger has 1 to 64", self.journals));
        }
        if self.time_zone.parse::<chrono_tz::Tz>().is_err() {
            return wrong(format!(
                "{:?} is not a time zone; an IANA name such as America/New_York is wanted",
                self.time_zone
            ));
        }
        Ok(())
    }
}

impl Ledger {
    /// Makes a ledger in `folder`, which must be empty or not there, and opens it.
    ///
    /// # Errors
    /// When the folder holds anything, a choice cannot be, or a file cannot be made.
    pub fn create(folder: &Path, choices: &Choices) -> Result<Self, LedgerError> {
        choices.check()?;
        let io = |what| move |source| LedgerError::Io { what, path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(io("making the folder"))?;
        let mut entries = std::fs::read_dir(folder).map_err(io("listing the folder"))?;
        if entries.next().is_some() {
            return Err(LedgerError::NotEmpty { path: folder.to_owned() });
        }
        let hold = Hold::take(folder, "init")?;
        let keys = folder.join("keys");
        DirBuilder::new().mode(0o700).create(&keys).map_err(io("making the keys' folder"))?;
        for (what, variable, name) in [
            ("master key", "LOOKBACK_MASTER_KEY", "master.key"),
            ("signing key", "LOOKBACK_SIGNING_KEY", "signing.key"),
        ] {
            let path = keys.join(name);
            if std::env::var_os(variable).is_some() {
                read_secret(what, variable, &path)?;
            } else {
                write_secret(&path, &random_secret()?)?;
            }
        }
        let master = read_secret("master key", "LOOKBACK_MASTER_KEY", &keys.join("master.key"))?;
        Keys::create(&keys.join("units"), &master)?;
        let text = Config::text(choices);
        let mut file =
            File::create_new(folder.join(config::FILE_NAME)).map_err(io("making lookback.toml"))?;
        file.write_all(text.as_bytes()).map_err(io("writing lookback.toml"))?;
        file.sync_all().map_err(io("syncing lookback.toml"))?;
        for folder in [&keys, folder] {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(io("syncing the folder"))?;
        }
        let mut ledger = Self::assembled(folder, Config::read(folder)?, hold, Purpose::Write)?;
        ledger.begin(choices)?;
        // So that a ledger without any signed checkpoint is one that lost them.
        ledger.flush()?;
        ledger.sign()?;
        Ok(ledger)
    }

    fn begin(&mut self, choices: &Choices) -> Result<(), LedgerError> {
        let ledger = LedgerChoices {
            contract_year_start: choices.contract_year_start,
            created: crate::now::now(),
            fiscal_year_end: choices.fiscal_year_end,
            journals: choices.journals,
            origin: choices.origin.clone(),
            signing_key: self.checkpoints.public_key(),
            time_zone: choices.time_zone.clone(),
            usage: choices.usage,
        };
        self.choices = ledger.clone();
        let fact = LedgerCreated { ledger };
        self.submit_control(&service_actor(), Arc::new(fact), &["ledger"])?;
        self.finish_rows()
    }

    /// Appends one fact of the ledger's own unit to the control journal.
    ///
    /// # Errors
    /// As [`Ledger::submit`].
    pub fn submit_control(
        &mut self,
        actor: &ActorId,
        fact: Arc<dyn Fact>,
        streams: &[&str],
    ) -> Result<crate::journal::commit::Placed, LedgerError> {
        let key = self.keys.of_unit(&UnitId::ledger())?;
        let streams = self.streams(streams)?;
        let entries = vec![Entry { fact, streams, key }];
        self.submit(JournalId::CONTROL, actor, entries, 4_096)
    }
}

impl Fact for LedgerCreated {
    fn name(&self) -> &'static str {
        Self::EVENT
    }

    fn write(&self, out: &mut BodyWriter) -> Result<(), BodyError> {
        out.write(self)
    }

    fn event(&self) -> Event<'_> {
        Event::Control(Control::LedgerCreated(Box::new(self.clone())))
    }
}
