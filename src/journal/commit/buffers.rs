//! Buffers that go round: what one stage has done with serves another again.
//!
//! Memory that is given back to the system and taken anew must be cleared by it first, which cost a
//! sixth of the time of an ingest.

use std::sync::Mutex;

use super::lock;

/// Bytes of buffers that wait for use; what is beyond is let go.
const KEPT_MAX: usize = 8 * 1024 * 1024;

/// Used buffers.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl Buffers {
    /// A buffer, perhaps with room from its last use, and with bytes that mean nothing.
    pub(super) fn take(&self) -> Vec<u8> {
        let mut kept = lock(&self.0);
        let buffer = kept.buffers.pop().unwrap_or_default();
        kept.bytes = kept.bytes.saturating_sub(buffer.capacity());
        buffer
    }

    /// Gives a buffer back.
    pub(super) fn give(&self, buffer: Vec<u8>) {
        let mut kept = lock(&self.0);
        let bytes = kept.bytes.saturating_add(buffer.capacity());
        if bytes <= KEPT_MAX {
            kept.bytes = bytes;
            kept.buffers.push(buffer);
        }
    }
}
