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
        Err(failure) => {
            // Nobody listens any more: not worth a message.
            if !failure.is_broken_pipe() {
                eprint!("{failure}");
            }
            ExitCode::from(Failure::code(&failure))
        }
    }
}
