//! How much of an absurdly large claim fits into one body (512 KiB, FORMATS 2).

use std::io::{self, Write};

use super::claim::Claim;
use crate::ingest::x12::PIECE_MAX;

/// Below this many bytes of a loop nothing can be too large.
pub(super) const SMALL: usize = 16 << 10;
/// The most bytes of a body, less what its writer adds around the fields.
const BODY_MAX: usize = 508 << 10;
/// The most bytes of what is itemised, so that the loop itself has room as well.
const ITEMISED_MAX: usize = 300 << 10;
/// The most bytes of payee and remittance, which are not known here.
const NAMES_MAX: usize = 2 << 10;
/// Above so many lines or adjustments a small loop is measured too.
const ITEMS_FEW: usize = 200;

/// Gives up what does not fit, and tells how many bytes of a loop of `length` do.
pub(super) fn fit(claim: &mut Claim, length: usize) -> usize {
    let few = claim.lines.len() <= ITEMS_FEW && claim.adjustments.len() <= ITEMS_FEW;
    if length <= SMALL && few {
        return length;
    }
    let mut itemised = measured(claim);
    while itemised > ITEMISED_MAX && claim.shed() {
        itemised = measured(claim);
    }
    // Both are written as Base64 at worst: four bytes for three.
    let before = claim.before.len().div_ceil(3).saturating_mul(4);
    let used = itemised.saturating_add(before).saturating_add(NAMES_MAX);
    let room = BODY_MAX.saturating_sub(used) / 4;
    length.min(room.saturating_mul(3)).min(PIECE_MAX)
}

fn measured(claim: &Claim) -> usize {
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, &claim.values("", "")) {
        Ok(()) => count.0,
        // Writing a body into a counter cannot fail; if it did, nothing would fit.
        Err(_) => usize::MAX,
    }
}

/// Counts what is written.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
