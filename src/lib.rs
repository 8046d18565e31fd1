//! The ledger.

pub mod check;
pub mod ingest;
