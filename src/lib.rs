//! The ledger.
pub mod journal;
pub mod now;
pub mod config;
pub mod keys;
pub mod rows;
