//! What the demonstration shows, bundled with the program.

pub mod samples;
pub mod story;
