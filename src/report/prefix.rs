//! Digests by their beginning, as people write them.

use lookback_events::id::Digest;
use lookback_projections::rows::Rows;

use super::AnswerError;

/// The fewest digits that name a digest.
const DIGITS_MIN: usize = 8;
/// Candidates that are named where several begin so.
const NAMED_MAX: usize = 5;

/// Which digests are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Remittances.
    Remittance,
    /// Files.
    File,
}

impl Kind {
    /// The letter of their rows (the table of `lookback_projections`).
    const fn letter(self) -> u8 {
        match self {
            Self::Remittance => b'R',
            Self::File => b'F',
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Remittance => "remittance",
            Self::File => "file",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::Remittance => {
                "lookback report remittances lists all; --trace finds one by its check or EFT number"
            }
            Self::File => "the id of a file is its SHA-256: sha256sum FILE",
        }
    }
}

/// The one digest that begins with these hexadecimal digits.
///
/// # Errors
/// When there is none or more than one, or the text is no such beginning.
pub fn resolve(rows: &dyn Rows, kind: Kind, text: &str) -> Result<Digest, AnswerError> {
    let wanted = text.trim().to_ascii_lowercase();
    let hex = wanted.bytes().all(|b| b.is_ascii_hexdigit());
    if !hex || wanted.len() < DIGITS_MIN || wanted.len() > 64 {
        let what = format!(
            "a {} is named by its SHA-256, {DIGITS_MIN} to 64 hexadecimal digits",
            kind.word()
        );
        return Err(AnswerError::Question(what));
    }
    let mut key = vec![kind.letter()];
    let pairs = wanted.as_bytes().chunks_exact(2);
    key.extend(pairs.filter_map(|pair| {
        u8::from_str_radix(std::str::from_utf8(pair).unwrap_or_default(), 16).ok()
    }));
    let mut found: Vec<Digest> = Vec::new();
    rows.scan(&key, &mut |key, _| {
        let digest = key.get(1..).and_then(|rest| <[u8; 32]>::try_from(rest).ok()).map(Digest);
        found.extend(digest.filter(|digest| digest.to_string().starts_with(&wanted)));
        found.len() <= NAMED_MAX
    })?;
    match found.as_slice() {
        [] => Err(AnswerError::Unknown {
            what: format!("no {} is known whose SHA-256 begins with {wanted}", kind.word()),
            help: kind.help().to_owned(),
        }),
        [one] => Ok(*one),
        several => Err(AnswerError::Ambiguous {
            what: format!("several {}s begin with {wanted}", kind.word()),
            candidates: several.iter().take(NAMED_MAX).map(ToString::to_string).collect(),
            more: several.len() > NAMED_MAX,
        }),
    }
}
