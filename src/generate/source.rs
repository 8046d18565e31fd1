//! The seeded source of chance: the same seed gives the same draws on every machine.
//!
//! Integers only. Not a general random library: what a remittance needs and no more.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// One stream of draws.
#[derive(Debug, Clone)]
pub(super) struct Source(ChaCha8Rng);

impl Source {
    /// Seeds the stream. The key is a digest of the seed, so that neighbouring seeds share nothing.
    pub(super) fn new(seed: u64) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"lookback/generate/1\0");
        digest.update(seed.to_be_bytes());
        Self(ChaCha8Rng::from_seed(digest.finalize().into()))
    }

    /// Draws from 0 to `limit` - 1; 0 where `limit` is 0.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()).wrapping_mul(u64::from(limit));
        u32::try_from(wide >> 32).unwrap_or_default()
    }

    /// Draws from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low.saturating_add(self.below(high.saturating_sub(low).saturating_add(1)))
    }

    /// Draws an amount from `low` to `high` cents, both included, of at most 42 million dollars.
    pub(super) fn cents(&mut self, low: i64, high: i64) -> i64 {
        let span = u32::try_from(high.saturating_sub(low).max(0)).unwrap_or(u32::MAX);
        low.saturating_add(i64::from(self.between(0, span)))
    }

    /// True so many times in a thousand.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// Draws a small number from 0 to `limit` - 1.
    pub(super) fn small(&mut self, limit: u8) -> u8 {
        u8::try_from(self.below(u32::from(limit))).unwrap_or_default()
    }

    /// Draws an index into something of that length.
    pub(super) fn index(&mut self, length: usize) -> usize {
        let limit = u32::try_from(length).unwrap_or(u32::MAX);
        usize::try_from(self.below(limit)).unwrap_or_default()
    }

    /// Draws thirty-two independent coins.
    pub(super) fn coins(&mut self) -> u32 {
        self.0.next_u32()
    }
}
