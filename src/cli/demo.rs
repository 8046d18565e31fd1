//! `lookback demo`: the main job, on samples that come with the program, in plain words.

use std::path::PathBuf;

use clap::Parser as _;
use lookback_events::time::Timestamp;

use super::{Cli, Failure};
use crate::demo::samples::SAMPLES;
use crate::demo::story::{LATER, STEPS};
use crate::now::play;

/// How long a line of a command may be.
const LINE_MAX: usize = 96;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Keep the ledger in this folder, new or empty [default: a temporary one, removed at the end]
    dir: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self) -> Result<u8, Failure> {
        let made = |error| Failure::new("no folder could be made for the demo").because(error);
        let temporary = tempfile::tempdir().map_err(made)?;
        let kept = || temporary.path().join("ledger");
        let folders = Folders {
            ledger: self.dir.clone().unwrap_or_else(kept),
            inbox: temporary.path().join("inbox"),
            later: temporary.path().join("later"),
        };
        std::fs::create_dir(&folders.inbox).map_err(made)?;
        for (name, bytes) in SAMPLES {
            std::fs::write(folders.inbox.join(name), bytes).map_err(made)?;
        }
        std::fs::create_dir(&folders.later).map_err(made)?;
        std::fs::write(folders.later.join(LATER.0), LATER.1).map_err(made)?;
        say!("  Lookback in a minute. Plan, providers and patients are invented, and the clock of");
        say!("  this demonstration runs from March to June 2026.");
        for step in STEPS {
            say!("\n  {}\n", step.words);
            say!("{}", wrapped(&shown(step.command)));
            play(Timestamp::parse(step.at).map_err(|error| Failure::usage(error.to_string()))?);
            let code = folders.run(step.command)?;
            if code != step.code {
                return Ok(code);
            }
        }
        say!(
            "\n  What came in is kept exactly and says what is odd about it; every deadline explains"
        );
        say!("  itself, and all of it can be proved. Ask more: lookback --help");
        if let Some(dir) = &self.dir {
            say!(
                "  The ledger stays at {}. The story as a page with a chart of the money:",
                dir.display()
            );
            say!("  lookback replay case:OP-2026-000130 --html story.html");
        } else {
            say!("  This ledger was a temporary one; lookback demo DIR keeps it.");
        }
        Ok(0)
    }
}

/// The folders that the steps speak of.
struct Folders {
    ledger: PathBuf,
    inbox: PathBuf,
    later: PathBuf,
}

impl Folders {
    fn run(&self, command: &[&str]) -> Result<u8, Failure> {
        let mut words =
            vec!["lookback".into(), "--ledger".into(), self.ledger.as_os_str().to_owned()];
        words.extend(command.iter().map(|word| match *word {
            "{ledger}" => self.ledger.as_os_str().to_owned(),
            "{inbox}" => self.inbox.as_os_str().to_owned(),
            "{later}" => self.later.as_os_str().to_owned(),
            word => word.into(),
        }));
        let cli = Cli::try_parse_from(words).map_err(|error| Failure::usage(error.to_string()))?;
        cli.run()
    }
}

/// The command as a person would type it beside the folders.
fn shown(command: &[&str]) -> Vec<String> {
    let word = |word: &&str| match *word {
        "{ledger}" => "ledger".to_owned(),
        "{inbox}" => "inbox/".to_owned(),
        "{later}" => "later/".to_owned(),
        word if word.contains([' ', '\'']) => format!("\"{word}\""),
        word => word.to_owned(),
    };
    command.iter().map(word).collect()
}

/// A command on lines that end where an option begins.
fn wrapped(words: &[String]) -> String {
    let mut lines = vec!["$ lookback".to_owned()];
    let mut rest = words;
    while let [first, more @ ..] = rest {
        // An option stays on a line with its value.
        let (part, left) = match more {
            [value, left @ ..] if first.starts_with("--") => (format!("{first} {value}"), left),
            left => (first.clone(), left),
        };
        let line = lines.last_mut();
        match line {
            Some(line) if line.len().saturating_add(part.len()) < LINE_MAX => {
                line.push(' ');
                line.push_str(&part);
            }
            _ => lines.push(format!("      {part}")),
        }
        rest = left;
    }
    lines.join(" \\\n")
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
    fn a_long_command_goes_on_where_an_option_begins() {
        let words = ["case", "x", "--reason", "\"of all that is long enough to fill a line\""];
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            wrapped(&[words.clone(), words].concat()),
            "$ lookback case x --reason \"of all that is long enough to fill a line\" case x \\\n      \
             --reason \"of all that is long enough to fill a line\""
        );
    }
}
