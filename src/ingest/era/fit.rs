//! How much of a claim fits into one body.

use super::claim::Claim;
pub(super) const SMALL: usize = 16 << 10;
pub(super) fn fit(_claim: &mut Claim, _length: usize) -> usize {
    256 << 10
}
