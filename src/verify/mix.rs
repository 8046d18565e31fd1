//! Memberships (which record belongs to which stream) as numbers, so that what the headers say and
//! what an index says can be compared without bringing either into the order of the other.

use lookback_events::id::StreamId;

/// Makes a number of a membership, so that two sets of memberships can be compared by their sums.
/// Secret and new for every run, so that nobody can choose memberships that cancel out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mix(u64, u64);

impl Mix {
    pub(super) fn new() -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        let random = RandomState::new();
        Self(random.hash_one(1_u8), random.hash_one(2_u8))
    }

    pub(super) fn of(self, stream: StreamId, offset: u32) -> u64 {
        let number = u128::from_be_bytes(stream.0);
        let (high, low) = (number >> 64, number & u128::from(u64::MAX));
        let half = |n: u128| u64::try_from(n).unwrap_or(0);
        let folded = |a: u64, b: u64| {
            let product = u128::from(a).wrapping_mul(u128::from(b));
            half(product >> 64) ^ half(product & u128::from(u64::MAX))
        };
        let own = folded(half(high) ^ self.0, half(low) ^ self.1);
        folded(own ^ self.1, u64::from(offset).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.0)
    }
}
