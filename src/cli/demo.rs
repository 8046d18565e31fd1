//! `lookback demo`: the main job, on samples that come with the program, in plain words.

use std::path::{Path, PathBuf};

use clap::Parser as _;

use super::{Cli, Failure};
use crate::demo::samples::SAMPLES;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Keep the ledger in this folder, new or empty [default: a temporary one, removed at the end]
    dir: Option<PathBuf>,
}

/// One step: what is asked, and what its answer shows.
struct Step {
    words: &'static str,
    command: &'static [&'static str],
}

/// `{ledger}` and `{inbox}` stand for the two folders.
const STEPS: &[Step] = &[
    Step {
        words: "A ledger of its own: one control journal, four for payments, keys, a configuration.",
        command: &["init", "{ledger}", "--origin", "demo.lookback.local/small-plan"],
    },
    Step {
        words: "A month of a small plan came in: ten files of remittances (835). Every claim and \
                every\n  provider adjustment becomes a sealed, hashed record. One file does not add \
                up, and one\n  is the bytes of another: recorded once, and reported.",
        command: &["ingest", "{inbox}"],
    },
    Step {
        words: "What was odd. The file is kept as it came; the finding says where and by how much.",
        command: &["report", "findings"],
    },
    Step {
        words: "One claim through time: paid, then reversed and corrected under another control \
                number.",
        command: &["show", "claim", "1200000119/HL-1001"],
    },
    Step {
        words: "The corrected payment left Harbor below zero, so 95.00 was carried forward, and \
                used up\n  a week later.",
        command: &["report", "forwards", "--all"],
    },
    Step {
        words: "The month by payee: what was paid, denied and reversed, and every adjustment by \
                its reason\n  (WO a recovery under a letter's number, 72 a refund check, FB a \
                balance carried forward).",
        command: &["report", "accounts"],
    },
    Step {
        words: "And nobody changed the record since: every record re-hashed, every body opened, \
                every row\n  folded again, every file put together again byte for byte.",
        command: &["verify"],
    },
];

impl Args {
    pub(super) fn run(self) -> Result<u8, Failure> {
        let made = |error| Failure::new("no folder could be made for the demo").because(error);
        let temporary = tempfile::tempdir().map_err(made)?;
        let ledger = match &self.dir {
            Some(dir) => dir.clone(),
            None => temporary.path().join("ledger"),
        };
        let inbox = temporary.path().join("inbox");
        std::fs::create_dir(&inbox).map_err(made)?;
        for (name, bytes) in SAMPLES {
            std::fs::write(inbox.join(name), bytes).map_err(made)?;
        }
        say!("  Lookback in a minute. Plan, providers and patients are invented.");
        for step in STEPS {
            say!("\n  {}\n", step.words);
            say!("$ lookback {}", shown(step.command));
            let code = run(step.command, &ledger, &inbox)?;
            if code != 0 {
                return Ok(code);
            }
        }
        say!("\n  That is the spine: what came in is kept exactly, says what is odd about it, and");
        say!("  can be proved. Ask more: lookback --help");
        if let Some(dir) = &self.dir {
            say!("  The ledger stays at {}.", dir.display());
        } else {
            say!("  This ledger was a temporary one; lookback demo DIR keeps it.");
        }
        Ok(0)
    }
}

/// The command as a person would type it beside the two folders.
fn shown(command: &[&str]) -> String {
    command.join(" ").replace("{ledger}", "ledger").replace("{inbox}", "inbox/")
}

fn run(command: &[&str], ledger: &Path, inbox: &Path) -> Result<u8, Failure> {
    let mut words = vec!["lookback".into(), "--ledger".into(), ledger.as_os_str().to_owned()];
    words.extend(command.iter().map(|word| match *word {
        "{ledger}" => ledger.as_os_str().to_owned(),
        "{inbox}" => inbox.as_os_str().to_owned(),
        word => word.into(),
    }));
    let cli = Cli::try_parse_from(words).map_err(|error| Failure::usage(error.to_string()))?;
    cli.run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_demo_is_a_command_that_exists() {
        for step in STEPS {
            let words = std::iter::once("lookback").chain(step.command.iter().copied());
            assert!(Cli::try_parse_from(words).is_ok(), "{:?}", step.command);
        }
    }

    #[test]
    fn the_demo_runs_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let args = Args { dir: Some(folder.path().join("ledger")) };
        assert_eq!(args.run().unwrap(), 0);
    }
}
