//! The ledger.
pub mod check;
pub mod checkpoints;
pub mod cli;
pub mod config;
pub mod decide;
pub mod demo;
pub mod generate;
pub mod ingest;
pub mod journal;
pub mod keys;
pub mod ledger;
pub mod now;
pub mod original;
pub mod publish;
<<<<<<< HEAD
pub mod repair;
=======
pub mod report;
>>>>>>> report
pub mod rows;
pub mod verify;
