//! Derived answers.
pub mod rows;
