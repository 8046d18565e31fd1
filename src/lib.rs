//! The ledger.
pub mod config;
pub mod demo;
pub mod generate;
pub mod journal;
pub mod keys;
pub mod now;
pub mod rows;
