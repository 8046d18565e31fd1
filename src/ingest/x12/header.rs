//! The ISA: where an interchange says which bytes separate its parts.
//!
//! Found by counting the 16 element separators, never by byte offset, because real files pad badly.

use serde::Serialize;

/// The most bytes an ISA may have; 106 by the standard, more where elements are padded wrongly.
pub const HEADER_MAX: usize = 512;

/// The separators of one interchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    /// Between elements: the byte after `ISA`.
    pub element: u8,
    /// Between components of a composite: ISA16.
    pub component: u8,
    /// After each segment: the byte after ISA16.
    pub terminator: u8,
}

/// Why no separators can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Unreadable {
    /// Nothing in the file but blanks.
    #[error("the file is empty")]
    Empty,
    /// No ISA.
    #[error("no interchange header (ISA)")]
    NoInterchange,
    /// Fewer than 16 element separators after ISA.
    #[error("the interchange header (ISA) does not have 16 elements")]
    IncompleteHeader,
    /// A separator is a space, a tab or a NUL.
    #[error("a separator defined by the ISA is blank")]
    BlankSeparator,
    /// A separator is a letter or a digit.
    #[error("a separator defined by the ISA is a letter or a digit")]
    AlphanumericSeparator,
    /// Two separators are the same byte.
    #[error("two separators defined by the ISA are the same")]
    CollidingSeparators,
    /// A separator is one byte of a character that has several.
    #[error("a separator defined by the ISA is not ASCII")]
    ForeignSeparator,
}

/// The first version of the ISA (ISA12) whose ISA11 is the repetition separator; before it names the
/// standards body.
const REPETITION_SINCE: u32 = 402;

/// Lengths that X12 fixes (ISA01, 03, 05, 07, 09, 10, 12, 14, 15, 16), by element.
const FIXED: [(usize, usize); 10] =
    [(1, 2), (3, 2), (5, 2), (7, 2), (9, 6), (10, 4), (12, 5), (14, 1), (15, 1), (16, 1)];

/// Reads the ISA at the start of `bytes`.
///
/// # Errors
/// When the separators that it defines cannot be trusted.
pub fn read(bytes: &[u8]) -> Result<Delimiters, Unreadable> {
    parse(bytes).map(|(delimiters, _)| delimiters)
}

/// Reads an ISA that stands where none is expected, so that words like `LISA` are not taken for one:
/// the lengths must be those of the standard.
pub(super) fn read_strictly(bytes: &[u8]) -> Option<Delimiters> {
    let (delimiters, lengths) = parse(bytes).ok()?;
    FIXED
        .iter()
        .all(|(element, length)| lengths.get(*element) == Some(length))
        .then_some(delimiters)
}

/// True where an interchange header begins: `ISA` and a byte that no name goes on with.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"ISA") && bytes.get(3).is_some_and(|b| !b.is_ascii_alphanumeric())
}

/// The separators and the length of each element.
fn parse(bytes: &[u8]) -> Result<(Delimiters, [usize; 17]), Unreadable> {
    let bytes = bytes.get(..HEADER_MAX).unwrap_or(bytes);
    let element = match (bytes.strip_prefix(b"ISA"), bytes.get(3)) {
        (Some(_), Some(byte)) => *byte,
        (Some(_), None) => return Err(Unreadable::IncompleteHeader),
        (None, _) => return Err(Unreadable::NoInterchange),
    };
    trusted(element)?;
    let mut lengths = [0_usize; 17];
    let mut from = 0_usize;
    let mut separators = memchr::memchr_iter(element, bytes);
    for length in lengths.iter_mut().take(16) {
        let at = separators.next().ok_or(Unreadable::IncompleteHeader)?;
        *length = at.saturating_sub(from);
        from = at.saturating_add(1);
    }
    if let Some(last) = lengths.last_mut() {
        *last = 1;
    }
    let (Some(component), Some(terminator)) = (bytes.get(from), bytes.get(from.saturating_add(1)))
    else {
        return Err(Unreadable::IncompleteHeader);
    };
    trusted(*component)?;
    if !matches!(terminator, b'\r' | b'\n') {
        trusted(*terminator)?;
    }
    if element == *component || element == *terminator || component == terminator {
        return Err(Unreadable::CollidingSeparators);
    }
    let mut elements = bytes.split(|byte| *byte == element);
    if let (Some(repetition), Some(version)) = (elements.nth(11), elements.next()) {
        repeats(repetition, version, &[element, *component, *terminator])?;
    }
    Ok((Delimiters { element, component: *component, terminator: *terminator }, lengths))
}

/// Whether the repetition separator can be trusted. An 835 repeats nothing, but an ISA that says the
/// same byte twice may not mean what it says. `U`, the standards body of older versions, stands in
/// ISA11 of newer ones too: then there is no such separator.
fn repeats(repetition: &[u8], version: &[u8], others: &[u8]) -> Result<(), Unreadable> {
    let number = std::str::from_utf8(version).ok().and_then(|v| v.trim().parse::<u32>().ok());
    if number.is_none_or(|number| number < REPETITION_SINCE) || repetition == b"U" {
        return Ok(());
    }
    match repetition {
        [] => Err(Unreadable::BlankSeparator),
        [byte] if others.contains(byte) => Err(Unreadable::CollidingSeparators),
        [byte] => trusted(*byte),
        // Padded wrongly, or several: none that could be taken for another.
        [..] => Ok(()),
    }
}

fn trusted(separator: u8) -> Result<(), Unreadable> {
    match separator {
        0 | b' ' | b'\t' | b'\r' | b'\n' => Err(Unreadable::BlankSeparator),
        b if b.is_ascii_alphanumeric() => Err(Unreadable::AlphanumericSeparator),
        b if !b.is_ascii() => Err(Unreadable::ForeignSeparator),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(element: &str, component: &str, terminator: &str) -> Vec<u8> {
        let parts = [
            "ISA",
            "00",
            "          ",
            "00",
            "          ",
            "ZZ",
            "PAYER          ",
            "ZZ",
            "PAYEE          ",
            "250203",
            "0900",
            "^",
            "00501",
            "000000101",
            "0",
            "P",
            component,
        ];
        format!("{}{terminator}", parts.join(element)).into_bytes()
    }

    #[test]
    fn separators_are_found_by_counting_elements() {
        for (element, component, terminator) in
            [("*", ":", "~"), ("|", ">", "\n"), ("\u{1d}", "\u{1f}", "\u{1c}"), ("*", ":", "\r\n")]
        {
            let bytes = header(element, component, terminator);
            let read = read(&bytes).unwrap();
            assert_eq!(read.element, element.as_bytes()[0]);
            assert_eq!(read.component, component.as_bytes()[0]);
            assert_eq!(read.terminator, terminator.as_bytes()[0]);
            assert_eq!(read_strictly(&bytes), Some(read));
        }
        let short = String::from_utf8(header("*", ":", "~")).unwrap().replace("PAYER    ", "PAYER");
        assert_eq!(read(short.as_bytes()).unwrap().terminator, b'~');
    }

    #[test]
    fn separators_that_cannot_be_trusted_are_refused() {
        for (bytes, why) in [
            (header(" ", ":", "~"), Unreadable::BlankSeparator),
            (header("*", " ", "~"), Unreadable::BlankSeparator),
            (header("*", ":", " "), Unreadable::BlankSeparator),
            (header("x", ":", "~"), Unreadable::AlphanumericSeparator),
            (header("*", "A", "~"), Unreadable::AlphanumericSeparator),
            (header("*", ":", "G"), Unreadable::AlphanumericSeparator),
            (header("*", ":", ":"), Unreadable::CollidingSeparators),
            (header("*", "*", "~"), Unreadable::CollidingSeparators),
            (header("\u{d6}", ":", "~"), Unreadable::ForeignSeparator),
            (b"ISA*00*".to_vec(), Unreadable::IncompleteHeader),
            (b"ISA".to_vec(), Unreadable::IncompleteHeader),
            (header("*", ":", ""), Unreadable::IncompleteHeader),
            (b"ST*835".to_vec(), Unreadable::NoInterchange),
        ] {
            assert_eq!(read(&bytes), Err(why), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn a_repetition_separator_is_held_to_the_same_where_the_version_has_one() {
        let with = |repetition: &str, version: &str| {
            let text = String::from_utf8(header("*", ":", "~")).unwrap();
            text.replace("*^*00501*", &format!("*{repetition}*{version}*")).into_bytes()
        };
        for (repetition, why) in [
            ("^", Ok(())),
            ("U", Ok(())),
            (":", Err(Unreadable::CollidingSeparators)),
            ("~", Err(Unreadable::CollidingSeparators)),
            (" ", Err(Unreadable::BlankSeparator)),
            ("", Err(Unreadable::BlankSeparator)),
            ("7", Err(Unreadable::AlphanumericSeparator)),
            ("x", Err(Unreadable::AlphanumericSeparator)),
        ] {
            for version in ["00402", "00501"] {
                let found = read(&with(repetition, version)).map(|_| ());
                assert_eq!(found, why, "{repetition:?} in {version}");
            }
            assert_eq!(read(&with(repetition, "00401")).map(|_| ()), Ok(()), "{repetition:?}");
        }
    }

    #[test]
    fn a_name_is_not_taken_for_an_interchange() {
        assert_eq!(read_strictly(b"ISA*M***MI*12345~REF*1*2*3*4*5*6*7*8*9*10*11*12*1~"), None);
        assert!(!begins(b"ISABEL"));
    }
}
