//! The program: what was asked, done, and said to whoever asked.

use std::process::ExitCode;

use lookback::cli::{Cli, Failure};
use lookback::journal::sled::is_inside;

/// See Cargo.toml: bodies are allocated on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // sled panics on damage; that becomes an error, which says more.
        if !is_inside() {
            told(panic);
        }
    }));
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    match cli.run() {
        Ok(code) => ExitCode::from(code),
        // Who reads has seen enough: no failure, and not worth a message.
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            eprint!("{failure}");
            ExitCode::from(Failure::code(&failure))
        }
    }
}
