//! Identifiers, each a type of its own, so that one cannot stand where another belongs.
//!
//! Not a place for rules: whether an NPI's check digit is right is a finding, not a parse error.

use std::fmt;
use std::fmt::Write as _;

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {kind}: {why}")]
pub struct IdError {
    kind: &'static str,
    why: &'static str,
}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Reads the lower-case hexadecimal form.
            ///
            /// # Errors
            /// When the text is not exactly that.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let mut bytes = [0_u8; $len];
                unhex(text.as_bytes(), &mut bytes)
                    .then_some(Self(bytes))
                    .ok_or(IdError { kind: $kind, why: "lower-case hexadecimal digits are wanted" })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut hex = Vec::with_capacity(2 * $len);
                push_hex(&mut hex, &self.0);
                f.pad(std::str::from_utf8(&hex).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:literal, $kind:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the identifier.
            ///
            /// # Errors
            /// When it is empty, too long, or holds a character that it may not.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                Self::check(text)?;
                Ok(Self(text.to_owned()))
            }

            /// Says whether a text is such an identifier, without keeping it.
            ///
            /// # Errors
            /// As [`Self::parse`].
            pub fn check(text: &str) -> Result<(), IdError> {
                if text.is_empty() || text.len() > $max {
                    return Err(IdError { kind: $kind, why: concat!("1 to ", $max, " characters") });
                }
                if !text.bytes().all($allowed) {
                    return Err(IdError { kind: $kind, why: "a character that it may not hold" });
                }
                Ok(())
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

bytes_id!(
    /// The identity of one event, random, 128 bits.
    EventId, 16, "an event id"
);
bytes_id!(
    /// The name of a unit key: the first 8 bytes of a hash of its secret (FORMATS 2).
    KeyId, 8, "a key id"
);
bytes_id!(
    /// The keyed hash under which a header names a stream (FORMATS 1).
    StreamId, 16, "a stream id"
);
bytes_id!(
    /// The SHA-256 of a file, or of the segments of a remittance.
    Digest, 32, "a SHA-256 digest"
);

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

text_id!(
    /// Who acted: a person or a service, by an id that is not personal data.
    ActorId, 64, "an actor id",
    |c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-' | b'@' | b':')
);
text_id!(
    /// Who was paid: an NPI, a TIN where no NPI is given, or `unknown` (835 N1*PE, REF*TJ).
    PayeeId, 80, "a payee id",
    |c| c.is_ascii_graphic() && !matches!(c, b'/' | b'"' | b'\\')
);
text_id!(
    /// What one encryption key covers and retention speaks of: `ledger`, `payee:<payee>/<contract
    /// year>`, `case:<case>`, `audit:<audit>`, `payee:<payee>`, `quarantine:<year>`.
    UnitId, 128, "a unit id",
    |c| c.is_ascii_graphic() && !matches!(c, b'"' | b'\\')
);

text_id!(
    /// A case: one overpayment.
    CaseId, 40, "a case id",
    |c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-')
);
text_id!(
    /// An audit.
    AuditId, 40, "an audit id",
    |c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-')
);
text_id!(
    /// A hold on records.
    HoldId, 40, "a hold id",
    |c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-')
);
text_id!(
    /// A command, by the id that its sender gave it.
    CommandId, 64, "a command id",
    |c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-' | b':')
);

impl UnitId {
    /// The ledger's own unit, which holds no personal data.
    pub fn ledger() -> Self {
        Self("ledger".to_owned())
    }

    /// The remittances of one payee paid in the contract year that begins in `year`.
    pub fn remittances(payee: &PayeeId, year: i32) -> Self {
        Self(format!("payee:{payee}/{year}"))
    }

    /// A case, which may span years.
    pub fn case(case: &CaseId) -> Self {
        Self(format!("case:{case}"))
    }

    /// An audit, which may span years.
    pub fn audit(audit: &AuditId) -> Self {
        Self(format!("audit:{audit}"))
    }

    /// What is known of a payee beside its remittances.
    pub fn payee(payee: &PayeeId) -> Self {
        Self(format!("payee:{payee}"))
    }

    /// What could not be read, received in `year`.
    pub fn quarantine(year: i32) -> Self {
        Self(format!("quarantine:{year}"))
    }
}

impl PayeeId {
    /// The most characters of an identifier.
    const LEN_MAX: usize = 80;
    /// How many of one that is too long are kept: with `~` and 64 digits, 80.
    const KEPT: usize = 15;

    /// The payee of a remittance that names nobody.
    pub fn unknown() -> Self {
        Self("unknown".to_owned())
    }

    /// Makes an identifier of whatever stood in N1*PE: what an identifier may not hold is escaped as
    /// in URLs (`/` is `%2F`), and one that is too long keeps its beginning and its SHA-256. So
    /// payees with different identifiers stay different.
    pub fn of_given(given: &[u8]) -> Self {
        let mut clean = String::with_capacity(given.len());
        for byte in given {
            if byte.is_ascii_graphic() && !matches!(byte, b'/' | b'"' | b'\\' | b'%') {
                clean.push(char::from(*byte));
            } else {
                // Writing into a String cannot fail.
                let _ = write!(clean, "%{byte:02X}");
            }
        }
        if clean.len() > Self::LEN_MAX {
            use sha2::Digest as _;
            let digest = Digest(sha2::Sha256::digest(given).into());
            clean = format!("{}~{digest}", clean.get(..Self::KEPT).unwrap_or_default());
        }
        if clean.is_empty() { Self::unknown() } else { Self(clean) }
    }

    /// The identifier that a record holds.
    pub fn of_recorded(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self::of_given(text.as_bytes()))
    }
}

/// One journal of a ledger: the control journal, or a payment journal `p00` to `p99`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JournalId(u8);

impl JournalId {
    /// The control journal.
    pub const CONTROL: Self = Self(0);
    /// The most payment journals a ledger may have.
    pub const PAYMENT_MAX: u8 = 100;

    /// The payment journal of number `n`, counted from 0.
    ///
    /// # Errors
    /// When a ledger cannot have that many.
    pub fn payment(n: u8) -> Result<Self, IdError> {
        match n.checked_add(1) {
            Some(index) if n < Self::PAYMENT_MAX => Ok(Self(index)),
            _ => Err(IdError { kind: "a payment journal", why: "p00 to p99" }),
        }
    }

    /// Reads `control` or `pNN`.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let wrong = IdError { kind: "a journal", why: "control or p00 to p99" };
        if text == "control" {
            return Ok(Self::CONTROL);
        }
        match text.as_bytes() {
            [b'p', a @ b'0'..=b'9', b @ b'0'..=b'9'] => {
                let tens = a.wrapping_sub(b'0').wrapping_mul(10);
                Self::payment(tens.wrapping_add(b.wrapping_sub(b'0')))
            }
            _ => Err(wrong),
        }
    }

    /// Control is 0, `pNN` is NN + 1: the Kafka partition, and the order of journals everywhere.
    pub const fn index(self) -> u8 {
        self.0
    }

    /// The journal of that index.
    ///
    /// # Errors
    /// Above 100.
    pub fn from_index(index: u8) -> Result<Self, IdError> {
        index.checked_sub(1).map_or(Ok(Self::CONTROL), Self::payment)
    }

    /// True for the control journal.
    pub const fn is_control(self) -> bool {
        self.0 == 0
    }

    /// The payment journal that a payee belongs to for ever, of `journals` many (DESIGN: first
    /// 8 bytes of SHA-256 of its identifier, modulo N).
    pub fn of_payee(payee: &PayeeId, journals: u8) -> Self {
        use sha2::Digest as _;
        let hash = sha2::Sha256::digest(payee.as_str().as_bytes());
        let first = hash.iter().take(8).fold(0_u64, |n, b| n.wrapping_shl(8) | u64::from(*b));
        let n = first.checked_rem(u64::from(journals)).and_then(|n| u8::try_from(n).ok());
        Self::payment(n.unwrap_or(0)).unwrap_or(Self(1))
    }
}

impl JournalId {
    /// Appends the text; by hand, because it stands in every header.
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        match self.0.checked_sub(1) {
            Some(n) if n < 100 => {
                let digit = |n: u8| b'0'.saturating_add(n % 10);
                out.extend_from_slice(&[b'p', digit(n / 10), digit(n)]);
            }
            Some(_) | None => out.extend_from_slice(self.to_string().as_bytes()),
        }
    }
}

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.checked_sub(1) {
            None => f.pad("control"),
            Some(n) => f.pad(&format!("p{n:02}")),
        }
    }
}

impl fmt::Debug for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for JournalId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for JournalId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Reads exactly `out.len()` bytes of lower-case hexadecimal; false when the text is not that.
pub(crate) fn unhex(text: &[u8], out: &mut [u8]) -> bool {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != out.len() {
        return false;
    }
    // Without branches, so that the compiler takes many digits at once; a value above 15 is no
    // digit, and all are gathered first, because headers are nearly always right.
    let digit = |c: u8| {
        let (number, letter) = (c.wrapping_sub(b'0'), c.wrapping_sub(b'a'));
        let letter = if letter < 6 { letter.wrapping_add(10) } else { 0xff };
        if number < 10 { number } else { letter }
    };
    let mut seen = 0_u8;
    for ([high, low], byte) in pairs.iter().zip(out) {
        let (high, low) = (digit(*high), digit(*low));
        seen |= high | low;
        *byte = high.wrapping_shl(4) | low;
    }
    seen < 16
}

/// True for lower-case hexadecimal digits alone.
pub(crate) fn is_hex<const N: usize>(text: &[u8; N]) -> bool {
    let odd = text.iter().fold(0, |odd, c| {
        let known = c.wrapping_sub(b'0') < 10 || c.wrapping_sub(b'a') < 6;
        odd | u8::from(!known)
    });
    odd == 0
}

/// Appends the lower-case hexadecimal form.
pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().unwrap_or(b'0');
    out.reserve(bytes.len().saturating_mul(2));
    for byte in bytes {
        out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_what_they_print() {
        let key = KeyId([0x99, 0x90, 0x5e, 0xf5, 0xf1, 0x6c, 0xca, 0x6b]);
        assert_eq!(key.to_string(), "99905ef5f16cca6b");
        assert_eq!(KeyId::parse("99905ef5f16cca6b"), Ok(key));
        assert!(KeyId::parse("99905EF5F16CCA6B").is_err());
        for n in [0, 7, 42, 99] {
            let journal = JournalId::payment(n).unwrap();
            assert_eq!(JournalId::parse(&journal.to_string()), Ok(journal));
            assert_eq!(JournalId::from_index(journal.index()), Ok(journal));
        }
        assert!(JournalId::payment(100).is_err() && JournalId::parse("p1").is_err());
    }

    #[test]
    fn a_payee_has_one_journal_for_ever() {
        // SHA-256 of "1234567893" begins 9ca2c4aa81a40ac0.
        let payee = PayeeId::parse("1234567893").unwrap();
        assert_eq!(JournalId::of_payee(&payee, 4), JournalId::payment(0).unwrap()); // of 4
        assert_eq!(JournalId::of_payee(&payee, 7), JournalId::of_payee(&payee, 7));
    }

    #[test]
    fn a_payee_that_cannot_be_an_id_is_made_one() {
        assert_eq!(PayeeId::of_given(b"A/B \xff").as_str(), "A%2FB%20%FF");
        assert_eq!(PayeeId::of_given(b""), PayeeId::unknown());
        assert_eq!(PayeeId::of_given(b"1234567893").as_str(), "1234567893");
        let (long, other) = ([b'7'; 81], [b'7'; 82]);
        let given: [&[u8]; 8] =
            [b"12/34", b"12_34", b"12%2F34", b"12 34", &long, &other, &long[..80], b"12\x0034"];
        let all: std::collections::BTreeSet<_> =
            given.iter().map(|given| PayeeId::of_given(given)).collect();
        assert_eq!(all.len(), given.len());
        for id in all {
            assert_eq!(PayeeId::parse(id.as_str()), Ok(id.clone()));
            assert_eq!(PayeeId::of_recorded(id.as_str()), id);
        }
    }
}
