//! The facts, by family: what the body of each record says.

pub mod claim;
pub mod remittance;
pub mod text;
