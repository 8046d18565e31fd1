//! What comes in: files of payers, read without believing them.
//!
//! Not the commands that record what was read. A reader gives values, positions and findings, and
//! gives every byte of a file back.

pub mod era;
mod facts;
pub mod file;
mod history;
mod pieces;
mod remittance;
pub mod x12;
