//! Facts, and the bytes that hold them.
pub mod body;
pub mod checkpoint;
pub mod event;
pub mod finding;
pub mod hash;
pub mod id;
pub mod index;
pub mod merkle;
pub mod money;
pub mod proof;
pub mod record;
pub mod stream;
pub mod time;
