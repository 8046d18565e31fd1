//! A file, for a person, and its bytes for a program.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::super::Failure;
use super::super::report::{answer, show_finding};
use super::super::table::{Sink, clipped, short};
use super::super::text::{count, spaced};
use crate::journal::JournalError;
use crate::ledger::LedgerError;
use crate::original::{self, OriginalError};
use crate::report::findings::{self, Found};
use crate::report::prefix::{Kind, resolve};
use crate::report::remittances::Remittance;
use crate::report::{AnswerError, View, file};

/// A file's JSON: what became of it, then its remittances and findings, a line each.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum OfFile<'a> {
    File(&'a file::File),
    Remittance(&'a crate::report::remittances::Remittance),
    Finding(&'a Found),
}

pub(super) fn show_file<W: Write>(
    view: &View<'_>,
    id: &str,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    let sha256 = resolve(view.rows(), Kind::File, id)?;
    let file = file::file(view, &sha256)?;
    sink.object(&OfFile::File(&file))?;
    if sink.is_table() {
        let bytes = file.bytes.map_or_else(|| "unknown".to_owned(), spaced);
        sink.say(&format!("  file {}", file.sha256))?;
        let reason = file.reason.as_deref().map_or(String::new(), |why| format!(": {why}"));
        sink.say(&format!("  {}\n", clipped(&format!("{}{reason}", file.outcome), 96)))?;
        let name = file.name.as_deref().unwrap_or("not known until it is finished");
        sink.say(&format!("  name      {}", clipped(name, 86)))?;
        sink.say(&format!("  bytes     {bytes}"))?;
        sink.say(&format!(
            "  holds     {} {}, {} {}; claims paid {}, payments {}",
            spaced(file.transactions),
            count(file.transactions, "835", "835s"),
            spaced(file.claims),
            count(file.claims, "claim", "claims"),
            file.claims_paid.grouped(),
            file.payments.grouped()
        ))?;
        if let Some(at) = &file.at {
            sink.say(&format!("  record    {at}"))?;
        }
        if file.again > 0 {
            sink.say(&format!("  again     delivered {} more times", spaced(file.again)))?;
        }
        sink.say("")?;
    }
    file::remittances_of(view, &sha256, &mut |remittance| {
        if sink.is_table() || sink.is_csv() {
            Ok(sink.put(&remittance)?)
        } else {
            Ok(sink.object(&OfFile::Remittance(&remittance))?)
        }
    })?;
    sink.ended::<Remittance>()?;
    if sink.is_table() && sink.lines() == 0 {
        sink.say("  no remittances: none could be made of it")?;
    }
    findings::of(view, &sha256, &mut |finding| {
        if sink.is_table() {
            show_finding(sink, &finding)
        } else {
            Ok(sink.object(&OfFile::Finding(&finding))?)
        }
    })?;
    let short = short(&file.sha256);
    sink.say(&format!("\n  its bytes: lookback show file {short} --original --output FILE"))?;
    Ok(())
}

/// Writes the bytes of a file as they were received, where it was known then.
pub(super) fn give_back(view: &View<'_>, id: &str, output: Option<PathBuf>) -> Result<(), Failure> {
    let sha256 = resolve(view.rows(), Kind::File, id).map_err(answer)?;
    if view.is_past() && file::file(view, &sha256).map_err(answer)?.at.is_none() {
        let what = format!("at {} the file had not been taken in to its end", view.moment());
        return Err(Failure::new(what).help("ask for it as it is known now: without --known-at"));
    }
    let back = |out: &mut dyn Write| {
        original::write(view.ledger(), &sha256, out).map_err(|error| match error {
            // A check that failed, as one of verify would.
            OriginalError::Broken { .. }
            | OriginalError::Differs { .. }
            | OriginalError::Ledger(
                LedgerError::KeyMissing { .. }
                | LedgerError::Sealed { .. }
                | LedgerError::Journal(JournalError::Damaged(_)),
            ) => answer(error.into()).found(),
            OriginalError::Unknown(_)
            | OriginalError::Unfinished
            | OriginalError::Ledger(_)
            | OriginalError::Write(_) => answer(error.into()),
        })
    };
    if let Some(path) = output {
        let cannot =
            |error| Failure::new(format!("cannot write {}", path.display())).because(error);
        let mut out = BufWriter::new(File::create_new(&path).map_err(cannot)?);
        let written = back(&mut out).and_then(|()| out.flush().map_err(cannot));
        if written.is_err() {
            // What is not the file must not lie there under its name.
            let _ = std::fs::remove_file(&path);
        }
        return written;
    }
    if io::stdout().is_terminal() {
        let what = "an 835 is written to a terminal only by mistake: it holds patients' data";
        return Err(Failure::usage(what).help("say where to: --output FILE"));
    }
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    back(&mut out)?;
    Ok(out.flush()?)
}
