//! Facts, and the bytes that hold them.
//!
//! Whoever holds records, a checkpoint and this crate can verify them without us; the crate holds
//! nothing that a verifier does not need. Not here: where records lie, who may append them, and what
//! follows from them. No clock, no disk, no network, no environment; lints hold that.
//!
//! From the outside in:
//!
//! - [`checkpoint`] and [`proof`]: what a journal signed of itself, and a record's place under it
//!   (C2SP `tlog-checkpoint`, `signed-note`, `tlog-proof`);
//! - [`merkle`]: the tree between them (RFC 6962 2.1); [`index`]: the root that says which records a
//!   stream has in a volume;
//! - [`record`]: the header, which is the leaf: these very bytes are hashed, stored and shown;
//! - [`stream`]: names as keyed hashes in the header;
//! - [`body`]: fields, their salted commitments, and the sealed form;
//! - [`event`]: what a body says, in families; [`finding`]: what was odd about it;
//! - [`id`], [`money`], [`time`], [`hash`]: values that cannot be mistaken for one another, exact
//!   amounts, moments and days.
//!
//! # Invariants
//!
//! - What is hashed is what is stored. Nothing is serialised again to verify it: a header in another
//!   spelling than the promised one is refused, not read leniently.
//! - A released event never changes its bytes; what changes is a new version of it. Golden bytes made
//!   by an independent program hold the formats (`events/tests/formats.rs`).
//! - An event keeps what somebody said, never a derived amount.
//! - Amounts are whole cents with checked arithmetic; no floating point anywhere.
//! - No error and no `Debug` of a claim shows anything of a patient.

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
#[cfg(feature = "schema")]
pub mod schema;
pub mod stream;
pub mod time;
