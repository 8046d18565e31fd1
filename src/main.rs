//! The program.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use lookback::check;

fn cli() -> Command {
    let paths = Arg::new("paths")
        .value_name("PATH")
        .help("Files, folders, or - for standard input")
        .value_parser(value_parser!(PathBuf))
        .num_args(1..)
        .required(true);
    let format = Arg::new("format")
        .long("format")
        .help("How to answer")
        .value_parser(["table", "json"])
        .default_value("table");
    Command::new("lookback")
        .version(env!("CARGO_PKG_VERSION"))
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("check")
                .about("Read 835 files without a ledger: what they hold and what is odd about them")
                .args([paths, format]),
        )
}

fn main() -> anyhow::Result<ExitCode> {
    match cli().get_matches().subcommand() {
        Some(("check", given)) => check(given),
        _ => Ok(ExitCode::from(2)),
    }
}

fn check(given: &ArgMatches) -> anyhow::Result<ExitCode> {
    let paths: Vec<PathBuf> = given.get_many("paths").into_iter().flatten().cloned().collect();
    let json = given.get_one::<String>("format").is_some_and(|format| format == "json");
    let format = if json { check::Format::Json } else { check::Format::Human };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let verdict = match check::run(&paths, format, &mut out, &mut io::stderr().lock()) {
        // Whoever reads our answer has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
        outcome => outcome?,
    };
    out.flush()?;
    Ok(ExitCode::from(verdict.code()))
}
