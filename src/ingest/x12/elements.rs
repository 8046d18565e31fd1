//! The elements of one segment, as positions; nothing is copied.

/// How many elements of a segment have a position; an 835 needs 25 (MIA).
pub const ELEMENTS_MAX: usize = 32;

/// A segment's name of two or three bytes; shorter ones are filled up with NUL, others are all NUL.
pub type Tag = [u8; 3];

/// The name of a segment.
#[inline]
pub fn tag(content: &[u8], separator: u8) -> Tag {
    let name = |byte: &u8| *byte != separator;
    match content {
        [a, b, c, d, ..] if *d == separator && name(a) && name(b) && name(c) => [*a, *b, *c],
        [a, b, c, ..] if *c == separator && name(a) && name(b) => [*a, *b, 0],
        [a, b] if name(a) && name(b) => [*a, *b, 0],
        [a, b, c] if name(a) && name(b) && name(c) => [*a, *b, *c],
        _ => [0; 3],
    }
}

/// Where the elements of a segment end, counted from its first byte; element 0 is its name.
#[derive(Debug, Clone)]
pub struct Elements {
    ends: [u32; ELEMENTS_MAX],
    count: usize,
}

impl Default for Elements {
    fn default() -> Self {
        Self { ends: [0; ELEMENTS_MAX], count: 0 }
    }
}

/// One byte in every byte of a word.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The high bit in every byte of a word.
const HIGHS: u64 = 0x8080_8080_8080_8080;

impl Elements {
    /// Splits a segment of at most 4 GiB; elements after the 32nd have no position.
    pub fn split(&mut self, content: &[u8], separator: u8) {
        self.count = 0;
        let pattern = u64::from(separator).wrapping_mul(ONES);
        let mut base = 0_u32;
        let (words, rest) = content.as_chunks::<8>();
        for word in words {
            // Bytes equal to the separator become zero; the classic test marks the first exactly,
            // and a later byte only where it is 0x01 above a zero, so each mark is checked.
            let different = u64::from_le_bytes(*word) ^ pattern;
            let mut marks = different.wrapping_sub(ONES) & !different & HIGHS;
            while marks != 0 {
                let at = marks.trailing_zeros() >> 3;
                if (different >> (at << 3)).trailing_zeros() >= 8 {
                    self.push(base.wrapping_add(at));
                }
                marks &= marks.wrapping_sub(1);
            }
            base = base.wrapping_add(8);
        }
        for byte in rest {
            if *byte == separator {
                self.push(base);
            }
            base = base.wrapping_add(1);
        }
        self.push(base);
    }

    #[inline]
    fn push(&mut self, end: u32) {
        if let Some(slot) = self.ends.get_mut(self.count) {
            *slot = end;
            self.count = self.count.wrapping_add(1);
        }
    }

    /// How many elements there are, the name among them.
    pub fn count(&self) -> usize {
        self.count
    }

    /// True where every element of the segment has a position.
    pub fn reach_the_end_of(&self, content: &[u8]) -> bool {
        self.ends().last().is_some_and(|end| place(*end) >= content.len())
    }

    /// The ends, for who keeps them.
    pub fn ends(&self) -> &[u32] {
        self.ends.get(..self.count).unwrap_or_default()
    }

    /// One element; empty where the segment has none there.
    #[inline]
    pub fn get<'a>(&self, content: &'a [u8], index: usize) -> &'a [u8] {
        pick(content, self.ends(), index)
    }
}

/// One element of a segment whose ends are known; empty where there is none.
#[inline]
pub fn pick<'a>(content: &'a [u8], ends: &[u32], index: usize) -> &'a [u8] {
    let Some(end) = ends.get(index) else { return &[] };
    let start = match index.checked_sub(1) {
        None => 0,
        Some(before) => ends.get(before).map_or(0, |e| e.wrapping_add(1)),
    };
    content.get(place(start)..place(*end)).unwrap_or_default()
}

/// A position as an index.
#[inline]
pub fn place(position: u32) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// One component of a composite, from 0; empty where there is none.
pub fn component(composite: &[u8], separator: u8, index: usize) -> &[u8] {
    composite.split(|b| *b == separator).nth(index).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn elements_are_those_of_a_plain_split(
            content in proptest::collection::vec(prop_oneof![Just(b'*'), Just(b'+'), any::<u8>()], 0..120),
        ) {
            let mut elements = Elements::default();
            elements.split(&content, b'*');
            let plain: Vec<&[u8]> = content.split(|b| *b == b'*').take(ELEMENTS_MAX).collect();
            let found: Vec<&[u8]> =
                (0..elements.count()).map(|i| elements.get(&content, i)).collect();
            prop_assert_eq!(found, plain);
        }
    }

    #[test]
    fn names_have_two_or_three_bytes() {
        for (content, expected) in [
            (&b"CLP*1"[..], *b"CLP"),
            (b"ST*835", *b"ST\0"),
            (b"SE", *b"SE\0"),
            (b"LONG*1", [0; 3]),
            (b"A*1", [0; 3]),
            (b"A**1", [0; 3]),
            (b"", [0; 3]),
        ] {
            assert_eq!(tag(content, b'*'), expected);
        }
    }

    #[test]
    fn what_is_not_there_is_empty() {
        let mut elements = Elements::default();
        elements.split(b"CAS*CO*45", b'*');
        assert_eq!(elements.get(b"CAS*CO*45", 3), b"");
        assert_eq!(component(b"HC:99213:25", b':', 2), b"25");
        assert_eq!(component(b"HC:99213:25", b':', 3), b"");
    }

    #[test]
    fn elements_beyond_the_last_position_are_known_to_be_there() {
        for (count, whole) in [(1, true), (31, true), (32, true), (33, false), (90, false)] {
            let content = vec!["1"; count].join("*").into_bytes();
            let mut elements = Elements::default();
            elements.split(&content, b'*');
            assert_eq!(elements.reach_the_end_of(&content), whole, "{count}");
        }
    }
}
