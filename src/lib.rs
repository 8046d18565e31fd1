//! The ledger.
pub mod journal;
pub mod now;
pub mod verify;
