//! The ledger.
pub mod checkpoints;
pub mod journal;
pub mod now;
pub mod publish;
