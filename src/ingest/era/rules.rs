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

/// Claim adjustment reason codes and the day they were stopped, ascending by packed code.
///
/// X12 External Code List 139. Only codes whose stop date we could confirm; a code may be used until
/// that day, and after it where an earlier decision is reported again (a reversal).
const STOPPED: &[(&str, u32)] = &[
    ("17", 2009_07_01),
    ("25", 2008_04_01),
    ("28", 2003_10_16),
    ("30", 2006_02_01),
    ("36", 2003_10_16),
    ("37", 2003_10_16),
    ("41", 2003_10_16),
    ("42", 2007_06_01),
    ("43", 2006_07_01),
    ("46", 2003_10_16),
    ("47", 2006_02_01),
    ("48", 2003_10_16),
    ("52", 2006_02_01),
    ("57", 2007_06_30),
    ("62", 2007_04_01),
    ("63", 2003_10_16),
    ("64", 2003_10_16),
    ("65", 2003_10_16),
    ("67", 2003_10_16),
    ("68", 2003_10_16),
    ("71", 2000_06_30),
    ("72", 2003_10_16),
    ("73", 2003_10_16),
    ("77", 2003_10_16),
    ("79", 2003_10_16),
    ("80", 2003_10_16),
    ("81", 2003_10_16),
    ("82", 2003_10_16),
    ("83", 2003_10_16),
    ("84", 2003_10_16),
    ("86", 2003_10_16),
    ("87", 2012_01_01),
    ("88", 2007_06_30),
    ("92", 2003_10_16),
    ("93", 2003_10_16),
    ("98", 2003_10_16),
    ("99", 2003_10_16),
    ("A2", 2008_01_01),
    ("A3", 2003_10_16),
    ("A4", 2008_04_01),
    ("B2", 2003_10_16),
    ("B3", 2003_10_16),
    ("B6", 2006_02_01),
    ("D1", 2003_10_16),
    ("D2", 2003_10_16),
    ("D3", 2003_10_16),
    ("D4", 2003_10_16),
    ("D5", 2003_10_16),
    ("D6", 2003_10_16),
    ("D7", 2003_10_16),
    ("D8", 2003_10_16),
    ("D9", 2003_10_16),
    ("113", 2007_06_30),
    ("120", 2007_06_30),
    ("123", 2007_06_30),
    ("124", 2007_06_30),
    ("125", 2013_11_01),
    ("126", 2008_04_01),
    ("127", 2008_04_01),
    ("141", 2012_07_01),
    ("145", 2008_04_01),
    ("156", 2009_10_01),
    ("196", 2007_02_01),
    ("B17", 2006_02_01),
    ("B18", 2009_03_01),
    ("B19", 2003_10_16),
    ("B21", 2003_10_16),
    ("D10", 2003_10_16),
    ("D11", 2003_10_16),
    ("D12", 2003_10_16),
    ("D13", 2003_10_16),
    ("D14", 2003_10_16),
    ("D15", 2003_10_16),
    ("D16", 2007_06_30),
    ("D17", 2007_06_30),
    ("D18", 2007_06_30),
    ("D19", 2007_06_30),
    ("D20", 2007_06_30),
    ("D21", 2007_06_30),
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
