//! Buffers that go round: what one stage has done with serves another again.
//!
//! Memory that is given back to the system and taken anew must be cleared by it first, which cost a
//! sixth of the time of an ingest.

use std::sync::Mutex;

use super::lock;

/// Buffers that wait for use.
const KEPT_MAX: usize = 64;
/// A larger one is let go.
const LEN_MAX: usize = 1024 * 1024;

/// Used buffers.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    /// A buffer, perhaps with room from its last use, and with bytes that mean nothing.
    pub(super) fn take(&self) -> Vec<u8> {
        lock(&self.0).pop().unwrap_or_default()
    }

    /// Gives a buffer back.
    pub(super) fn give(&self, buffer: Vec<u8>) {
        if buffer.capacity() > LEN_MAX {
            return;
        }
        let mut kept = lock(&self.0);
        if kept.len() < KEPT_MAX {
            kept.push(buffer);
        }
    }
}
