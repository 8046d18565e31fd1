//! What the ledger promises, tested from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "in a test what fails should stop it"
)]

#[path = "lookback/interop.rs"]
mod interop;
#[path = "lookback/publish.rs"]
mod publish;
