//! The program.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use lookback::check;

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read 835 files without a ledger: what they hold and what is odd about them.
    Check {
        /// Files, folders, or `-` for standard input.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// How to answer.
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

fn main() -> anyhow::Result<ExitCode> {
    let Command::Check { paths, format } = Cli::parse().command;
    let format = match format {
        Format::Table => check::Format::Human,
        Format::Json => check::Format::Json,
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let verdict = match check::run(&paths, format, &mut out, &mut io::stderr().lock()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
        outcome => outcome?,
    };
    out.flush()?;
    Ok(ExitCode::from(verdict.code()))
}
