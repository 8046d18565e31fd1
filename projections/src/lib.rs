//! Derived answers.
