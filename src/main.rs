//! The program: what was asked, done, and said to whoever asked.

use std::process::ExitCode;

use clap::Parser as _;
use lookback::cli::{Cli, Failure};

/// See Cargo.toml: bodies are allocated on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => ExitCode::from(code),
        // Who reads has seen enough: no failure, and not worth a message.
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            eprint!("{failure}");
            ExitCode::from(Failure::code(&failure))
        }
    }
}
