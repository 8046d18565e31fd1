//! All integration tests, as one program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::needless_for_each,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that meets what it did not expect must stop"
)]

mod check;
mod cli;
mod corpus;
mod crash;
mod damage;
mod disk;
mod generated;
mod histories;
mod interop;
mod journals;
mod ledger;
mod mutations;
mod power;
mod properties;
mod publish;
mod questions;
mod reader;
mod recovery;
mod reports;
mod scenarios;
mod stories;
mod storybook;
mod tidy;
