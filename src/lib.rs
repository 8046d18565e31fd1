//! The ledger.
pub mod generate;
