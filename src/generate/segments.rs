//! X12 segments written into a buffer: elements, amounts, dates, and how many segments there are.
//!
//! Knows nothing of what the segments mean. Every segment ends with `~` and a line feed.

/// Segments in a row.
#[derive(Debug, Clone, Default)]
pub(super) struct Segments {
    pub(super) bytes: Vec<u8>,
    /// How many segments have been ended (835 SE01 counts them).
    pub(super) count: u64,
}

impl Segments {
    /// Forgets everything but the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }

    /// Begins a segment.
    pub(super) fn begin(&mut self, id: &str) -> &mut Self {
        self.bytes.extend_from_slice(id.as_bytes());
        self
    }

    /// Writes an element.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes.push(b'*');
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// Goes on with the element just written.
    pub(super) fn more(&mut self, text: &str) -> &mut Self {
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// Writes so many empty elements.
    pub(super) fn empty(&mut self, count: usize) -> &mut Self {
        for _ in 0..count {
            self.bytes.push(b'*');
        }
        self
    }

    /// Writes a whole number.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.bytes.push(b'*');
        self.digits(number, 1)
    }

    /// Goes on with a whole number of at least so many digits.
    pub(super) fn digits(&mut self, number: u64, width: usize) -> &mut Self {
        let mut digits = [b'0'; 20];
        let mut left = number;
        let mut length = 0_usize;
        for place in digits.iter_mut().rev() {
            if left == 0 && length >= width.max(1) {
                break;
            }
            *place = b'0'.wrapping_add(u8::try_from(left % 10).unwrap_or_default());
            left /= 10;
            length = length.saturating_add(1);
        }
        let written = digits.get(digits.len().saturating_sub(length)..).unwrap_or_default();
        self.bytes.extend_from_slice(written);
        self
    }

    /// Writes an amount the way X12 wants it: no needless zeros, `125`, `125.5`, `-0.05`.
    pub(super) fn cents(&mut self, cents: i64) -> &mut Self {
        self.bytes.push(b'*');
        if cents < 0 {
            self.bytes.push(b'-');
        }
        let size = cents.unsigned_abs();
        self.digits(size / 100, 1);
        let places = size % 100;
        if places != 0 {
            self.bytes.push(b'.');
            if places.is_multiple_of(10) {
                self.digits(places / 10, 1);
            } else {
                self.digits(places, 2);
            }
        }
        self
    }

    /// Ends the segment.
    pub(super) fn end(&mut self) {
        self.bytes.extend_from_slice(b"~\n");
        self.count = self.count.saturating_add(1);
    }

    /// Adds the segments of another row.
    pub(super) fn append(&mut self, other: &Self) {
        self.bytes.extend_from_slice(&other.bytes);
        self.count = self.count.saturating_add(other.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_no_needless_zeros() {
        let mut segments = Segments::default();
        for cents in [0, 5, -5, 50, 100, 12_550, -12_505] {
            segments.cents(cents);
        }
        assert_eq!(segments.bytes, b"*0*0.05*-0.05*0.5*1*125.5*-125.05");
    }

    #[test]
    fn digits_are_filled_up_to_their_width() {
        let mut segments = Segments::default();
        segments.digits(7, 4).digits(123_456, 4).digits(0, 1).digits(u64::MAX, 1);
        assert_eq!(segments.bytes, b"0007123456018446744073709551615");
    }
}
