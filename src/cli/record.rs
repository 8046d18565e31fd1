//! `lookback record`: commands as JSON, one a line, and their answers.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::PathBuf;

use lookback_events::id::ActorId;

use super::text::plain;
use super::{Failure, Site, Telling, actor, failed};
use crate::command::{Asking, Command, CommandError, schema};
use crate::ledger::Ledger;
use crate::record::{Answer, Outcome, RecordError, Recorder};

mod answer;

pub(super) use answer::{Told, show};

/// Exit code of a refusal.
pub(super) const REFUSED: u8 = 3;
/// Exit code of a line that is no command.
const NO_COMMAND: u8 = 2;

/// Arguments of `record`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file of commands, one JSON object a line, or - for standard input
    #[arg(required_unless_present = "schema", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print the JSON Schema of a command
    #[arg(long, conflicts_with = "file")]
    schema: bool,
    /// Stop at the first line that is refused or is no command
    #[arg(long)]
    stop: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Telling,
    #[command(flatten)]
    who: Who,
}

/// Who acts.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Who {
    /// Who acts, where a command does not say so.
    #[arg(
        long,
        value_name = "ID",
        value_parser = actor,
        help = "Who acts, where a command does not say so [env: LOOKBACK_ACTOR]"
    )]
    actor: Option<ActorId>,
}

impl Who {
    /// The actor named on the command line or in the environment.
    pub(super) fn named(&self) -> Result<Option<ActorId>, Failure> {
        if let Some(actor) = &self.actor {
            return Ok(Some(actor.clone()));
        }
        // A variable that is set to nothing says nothing.
        let set = std::env::var("LOOKBACK_ACTOR").ok().filter(|id| !id.is_empty());
        let read = set.map(|id| actor(&id)).transpose();
        read.map_err(|why| Failure::usage(format!("LOOKBACK_ACTOR: {why}")))
    }
}

/// The worst that became of several commands, as an exit code: what is no command comes before
/// refusals, because nobody knows what it was to be.
#[derive(Debug, Clone, Copy, Default)]
struct Worst {
    refused: bool,
    no_command: bool,
}

impl Worst {
    const fn code(self) -> u8 {
        match (self.no_command, self.refused) {
            (true, _) => NO_COMMAND,
            (false, true) => REFUSED,
            (false, false) => 0,
        }
    }
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        if self.schema {
            let schema = serde_json::to_string_pretty(&schema::schema());
            let schema = schema.map_err(|e| Failure::new("cannot write the schema").because(e))?;
            say!("{schema}");
            return Ok(0);
        }
        let who = self.who.named()?;
        let path = self.file.clone().unwrap_or_else(|| PathBuf::from("-"));
        let input: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(&path).map_err(|error| {
                Failure::new(format!("cannot read {}", plain(&path.display().to_string())))
                    .because(error)
            })?)
        };
        let mut ledger = site.open("record")?;
        let outcome = self.all(&mut ledger, who.as_ref(), input);
        let closed = ledger.close();
        let worst = outcome?;
        closed.map_err(|error| failed("the ledger could not be closed as it should be", error))?;
        Ok(worst.code())
    }

    fn all(
        &self,
        ledger: &mut Ledger,
        who: Option<&ActorId>,
        input: Box<dyn Read>,
    ) -> Result<Worst, Failure> {
        let mut lines = BufReader::new(input);
        let mut recorder = Recorder::new(ledger).map_err(told)?;
        let mut waiting: VecDeque<(u64, Result<Answer, CommandError>)> = VecDeque::new();
        let (mut worst, mut number) = (Worst::default(), 0_u64);
        let mut text = Vec::new();
        let mut fault = None;
        loop {
            text.clear();
            number = number.saturating_add(1);
            match lines.read_until(b'\n', &mut text) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    fault = Some(Failure::new("cannot read the commands").because(error));
                    break;
                }
            }
            if text.trim_ascii().is_empty() {
                continue;
            }
            let answer = match one(&mut recorder, &text, who.cloned(), number) {
                Ok(answer) => answer,
                Err(error) => {
                    fault = Some(told(error));
                    break;
                }
            };
            let refused =
                matches!(&answer, Ok(answer) if matches!(answer.outcome, Outcome::Refused(_)));
            worst.refused |= refused;
            worst.no_command |= answer.is_err();
            let stop = self.stop && (refused || answer.is_err());
            waiting.push_back((number, answer));
            // Whoever waits for an answer gets it: nothing more is there to be taken with it.
            if lines.buffer().is_empty() || stop {
                flush(recorder.ledger())?;
            }
            self.answer(&mut waiting, recorder.ledger())?;
            if stop {
                break;
            }
        }
        let flushed = flush(recorder.ledger());
        self.answer(&mut waiting, recorder.ledger())?;
        fault.map_or(Ok(()), Err)?;
        flushed?;
        Ok(worst)
    }

    /// Answers, in order, what is durable.
    fn answer(
        &self,
        waiting: &mut VecDeque<(u64, Result<Answer, CommandError>)>,
        ledger: &Ledger,
    ) -> Result<(), Failure> {
        let durable = |answer: &Result<Answer, CommandError>| match answer {
            Ok(answer) => answer.ticket.is_none_or(|ticket| ledger.is_durable(ticket)),
            Err(_) => true,
        };
        while waiting.front().is_some_and(|(_, answer)| durable(answer)) {
            if let Some((number, answer)) = waiting.pop_front() {
                let told = Told::new(Some(number), &answer);
                super::unless_closed(show(&told, self.format))?;
            }
        }
        Ok(())
    }
}

pub(super) fn flush(ledger: &mut Ledger) -> Result<(), Failure> {
    ledger.flush().map_err(|error| failed("what was decided could not be made durable", error))
}

/// Reads and gives one line.
fn one(
    recorder: &mut Recorder<'_>,
    text: &[u8],
    who: Option<ActorId>,
    number: u64,
) -> Result<Result<Answer, CommandError>, RecordError> {
    let reading = recorder.reading(who)?;
    let read = std::str::from_utf8(text)
        .map_err(|_| CommandError::no_text())
        .and_then(Asking::parse)
        .and_then(|asking| asking.command(&reading));
    match read {
        Ok(command) => recorder.take(command).map(Ok),
        Err(error) => Ok(Err(error.on_line(number))),
    }
}

/// Says why commands could not be recorded.
pub(super) fn told(error: RecordError) -> Failure {
    match error {
        RecordError::Ledger(error) => failed("the ledger did not take the command", error),
        RecordError::Rules(_) | RecordError::Proposal { .. } | RecordError::Random(_) => {
            Failure::new("the command could not be decided").because(error)
        }
    }
}

/// Gives one command that was made of arguments, and says what became of it.
pub(super) fn give(
    site: &Site,
    name: &str,
    who: &Who,
    format: Telling,
    asking: Asking,
) -> Result<u8, Failure> {
    let who = who.named()?;
    let mut ledger = site.open(name)?;
    let outcome = give_to(&mut ledger, who, asking);
    let closed = ledger.close();
    let answer = outcome?;
    closed.map_err(|error| failed("the ledger could not be closed as it should be", error))?;
    show(&Told::new(None, &Ok(answer.0)), format)?;
    Ok(answer.1)
}

fn give_to(
    ledger: &mut Ledger,
    who: Option<ActorId>,
    asking: Asking,
) -> Result<(Answer, u8), Failure> {
    let mut recorder = Recorder::new(ledger).map_err(told)?;
    let reading = recorder.reading(who).map_err(told)?;
    let command: Command = asking.command(&reading).map_err(|error| usage(&error))?;
    let answer = recorder.take(command).map_err(told)?;
    flush(recorder.ledger())?;
    let code = if matches!(answer.outcome, Outcome::Refused(_)) { REFUSED } else { 0 };
    Ok((answer, code))
}

/// Says what is wrong with a command that was made of arguments.
pub(super) fn usage(error: &CommandError) -> Failure {
    let failure = Failure::usage(error.to_string());
    match &error.help {
        Some(help) => failure.help(help),
        None => failure,
    }
}
