//! Events.
pub mod control;
