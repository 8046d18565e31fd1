//! Facts, and the bytes that hold them.
pub mod event;
pub mod finding;
pub mod money;
