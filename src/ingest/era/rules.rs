//! Facts about code lists that a finding needs: values and dates, no texts.

/// The PLB reasons of 5010 (005010X221A1, PLB03-1) and those that only 4010 lists.
const PLB_REASONS: &[&[u8; 2]] = &[
    b"50", b"51", b"72", b"90", b"AH", b"AM", b"AP", b"B2", b"B3", b"BD", b"BN", b"C5", b"CR",
    b"CS", b"CT", b"CV", b"CW", b"DM", b"E3", b"FB", b"FC", b"GO", b"HM", b"IP", b"IR", b"IS",
    b"J1", b"L3", b"L6", b"LE", b"LS", b"OA", b"OB", b"PI", b"PL", b"RA", b"RE", b"SL", b"TL",
    b"WO", b"WU", b"ZZ",
];

/// True for a provider adjustment reason that X12 lists.
pub fn plb_reason_known(reason: &[u8]) -> bool {
    PLB_REASONS.iter().any(|known| known.as_slice() == reason)
}

/// A day as one number, 20250131.
const fn day(year: u32, month: u32, day: u32) -> u32 {
    year.saturating_mul(10_000).saturating_add(month.saturating_mul(100)).saturating_add(day)
}

/// Claim adjustment reason codes and the day they were stopped, ascending by packed code.
///
/// X12 External Code List 139. Only codes whose stop date we could confirm; a code may be used until
/// that day, and after it where an earlier decision is reported again (a reversal).
const STOPPED: &[(&str, u32)] = &[
    ("17", day(2009, 7, 1)),
    ("25", day(2008, 4, 1)),
    ("28", day(2003, 10, 16)),
    ("30", day(2006, 2, 1)),
    ("36", day(2003, 10, 16)),
    ("37", day(2003, 10, 16)),
    ("41", day(2003, 10, 16)),
    ("42", day(2007, 6, 1)),
    ("43", day(2006, 7, 1)),
    ("46", day(2003, 10, 16)),
    ("47", day(2006, 2, 1)),
    ("48", day(2003, 10, 16)),
    ("52", day(2006, 2, 1)),
    ("57", day(2007, 6, 30)),
    ("62", day(2007, 4, 1)),
    ("63", day(2003, 10, 16)),
    ("64", day(2003, 10, 16)),
    ("65", day(2003, 10, 16)),
    ("67", day(2003, 10, 16)),
    ("68", day(2003, 10, 16)),
    ("71", day(2000, 6, 30)),
    ("72", day(2003, 10, 16)),
    ("73", day(2003, 10, 16)),
    ("77", day(2003, 10, 16)),
    ("79", day(2003, 10, 16)),
    ("80", day(2003, 10, 16)),
    ("81", day(2003, 10, 16)),
    ("82", day(2003, 10, 16)),
    ("83", day(2003, 10, 16)),
    ("84", day(2003, 10, 16)),
    ("86", day(2003, 10, 16)),
    ("87", day(2012, 1, 1)),
    ("88", day(2007, 6, 30)),
    ("92", day(2003, 10, 16)),
    ("93", day(2003, 10, 16)),
    ("98", day(2003, 10, 16)),
    ("99", day(2003, 10, 16)),
    ("A2", day(2008, 1, 1)),
    ("A3", day(2003, 10, 16)),
    ("A4", day(2008, 4, 1)),
    ("B2", day(2003, 10, 16)),
    ("B3", day(2003, 10, 16)),
    ("B6", day(2006, 2, 1)),
    ("D1", day(2003, 10, 16)),
    ("D2", day(2003, 10, 16)),
    ("D3", day(2003, 10, 16)),
    ("D4", day(2003, 10, 16)),
    ("D5", day(2003, 10, 16)),
    ("D6", day(2003, 10, 16)),
    ("D7", day(2003, 10, 16)),
    ("D8", day(2003, 10, 16)),
    ("D9", day(2003, 10, 16)),
    ("113", day(2007, 6, 30)),
    ("120", day(2007, 6, 30)),
    ("123", day(2007, 6, 30)),
    ("124", day(2007, 6, 30)),
    ("125", day(2013, 11, 1)),
    ("126", day(2008, 4, 1)),
    ("127", day(2008, 4, 1)),
    ("141", day(2012, 7, 1)),
    ("145", day(2008, 4, 1)),
    ("156", day(2009, 10, 1)),
    ("196", day(2007, 2, 1)),
    ("B17", day(2006, 2, 1)),
    ("B18", day(2009, 3, 1)),
    ("B19", day(2003, 10, 16)),
    ("B21", day(2003, 10, 16)),
    ("D10", day(2003, 10, 16)),
    ("D11", day(2003, 10, 16)),
    ("D12", day(2003, 10, 16)),
    ("D13", day(2003, 10, 16)),
    ("D14", day(2003, 10, 16)),
    ("D15", day(2003, 10, 16)),
    ("D16", day(2007, 6, 30)),
    ("D17", day(2007, 6, 30)),
    ("D18", day(2007, 6, 30)),
    ("D19", day(2007, 6, 30)),
    ("D20", day(2007, 6, 30)),
    ("D21", day(2007, 6, 30)),
];

/// The day after which a reason code is no longer to be used, as 20080101.
pub fn stopped(reason: &[u8]) -> Option<u32> {
    let key = |code: &[u8]| {
        (code.len(), code.first().copied(), code.get(1).copied(), code.get(2).copied())
    };
    let wanted = key(reason);
    let at = STOPPED.binary_search_by(|(code, _)| key(code.as_bytes()).cmp(&wanted)).ok()?;
    STOPPED.get(at).filter(|(code, _)| code.as_bytes() == reason).map(|(_, day)| *day)
}

/// True for ten digits whose last is the check digit of the NPI standard: Luhn over `80840` and the
/// number. The prefix adds 24.
pub fn npi_holds(number: &[u8]) -> bool {
    let mut sum = 24_u32;
    if number.len() != 10 {
        return false;
    }
    for (place, byte) in number.iter().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        let digit = u32::from(byte.wrapping_sub(b'0'));
        let value = if place.is_multiple_of(2) {
            digit
        } else {
            let double = digit.saturating_mul(2);
            if double > 9 { double.saturating_sub(9) } else { double }
        };
        sum = sum.saturating_add(value);
    }
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_npi_is_held_to_its_check_digit() {
        for good in ["1234567893", "1376607150", "1003814971"] {
            assert!(npi_holds(good.as_bytes()), "{good}");
        }
        for bad in ["1234567890", "123456789", "12345678931", "123456789A", ""] {
            assert!(!npi_holds(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn every_stopped_code_is_found_and_no_other() {
        for (code, day) in STOPPED {
            assert_eq!(stopped(code.as_bytes()), Some(*day), "{code}");
        }
        for code in ["1", "2", "45", "97", "253", "A1", "B7", "A222", ""] {
            assert_eq!(stopped(code.as_bytes()), None, "{code}");
        }
    }

    #[test]
    fn plb_reasons_are_those_of_the_list() {
        for known in ["WO", "72", "FB", "L6", "J1"] {
            assert!(plb_reason_known(known.as_bytes()));
        }
        for unknown in ["", "W", "XX", "WOO", "wo"] {
            assert!(!plb_reason_known(unknown.as_bytes()));
        }
    }
}
