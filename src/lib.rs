//! The ledger.
pub mod journal;
pub mod now;
pub mod repair;
pub mod verify;
