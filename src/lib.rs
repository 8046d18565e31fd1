//! The ledger.
pub mod demo;
pub mod generate;
