//! Facts, and the bytes that hold them.
pub mod finding;
pub mod money;
