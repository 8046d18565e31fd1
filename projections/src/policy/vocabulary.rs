//! Closed lists of words, each an enum of its own: a word that is not in its list is an error that
//! names the nearest ones.
//!
//! Not here: what the words mean to an engine; each list says where it is used.

use std::fmt;

/// A text is not one of the words of its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct WordError {
    kind: &'static str,
    found: String,
    allowed: &'static [&'static str],
}

impl WordError {
    pub(crate) fn new(kind: &'static str, found: &str, allowed: &'static [&'static str]) -> Self {
        Self { kind, found: found.to_owned(), allowed }
    }
}

impl fmt::Display for WordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not {}", self.found, self.kind)?;
        let near = nearest(&self.found, self.allowed.iter().copied());
        if let Some(first) = near.first() {
            write!(f, "; did you mean {first:?}")?;
        }
        write!(f, "; allowed: {}", self.allowed.join(", "))
    }
}

/// The words that are close to a text in spelling, at most three: those that begin with it, then the
/// nearest.
pub fn nearest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    // A third of its letters may be wrong, or one is a part of the other.
    let limit = text.chars().count().div_ceil(3);
    let mut near: Vec<(bool, usize, &str)> = words
        .filter_map(|word| {
            let distance = distance(text, word);
            let part = !text.is_empty() && (word.contains(text) || text.contains(word));
            (distance <= limit || part).then_some((!word.starts_with(text), distance, word))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(.., word)| word).collect()
}

/// How many letters have to be put in, taken out or changed to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.chars().enumerate() {
        let mut left = row.saturating_add(1);
        let mut line = vec![left];
        for ((pair, diagonal), up) in other.iter().zip(&above).zip(above.iter().skip(1)) {
            let changed = diagonal.saturating_add(usize::from(*pair != letter));
            left = changed.min(left.saturating_add(1)).min(up.saturating_add(1));
            line.push(left);
        }
        above = line;
    }
    above.last().copied().unwrap_or_default()
}

/// Makes an enum of a closed list of words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident is $kind:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word that policies and reports use.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Reads the word.
            ///
            /// # Errors
            /// When the text is not one of the list; the error names the nearest.
            pub fn parse(text: &str) -> Result<Self, $crate::policy::vocabulary::WordError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::policy::vocabulary::WordError::new($kind, text, Self::WORDS)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::purpose::EndRule;

    #[test]
    fn a_wrong_word_names_the_nearest_and_all_that_are_allowed() {
        assert_eq!(EndRule::parse("strict"), Ok(EndRule::Strict));
        let said = |text| EndRule::parse(text).unwrap_err().to_string();
        assert_eq!(
            said("stict"),
            "\"stict\" is not an end rule; did you mean \"strict\"; allowed: strict, roll-forward"
        );
        assert_eq!(said("x"), "\"x\" is not an end rule; allowed: strict, roll-forward");
        for word in EndRule::ALL {
            assert_eq!(EndRule::parse(word.as_str()), Ok(*word));
        }
    }

    #[test]
    fn near_words_come_nearest_first() {
        let words = ["routine-lookback", "fraud-lookback", "retention"];
        assert_eq!(nearest("retension", words.into_iter()), ["retention"]);
        assert_eq!(nearest("lookback", words.into_iter()), ["fraud-lookback", "routine-lookback"]);
        assert!(nearest("zzz", words.into_iter()).is_empty());
        assert_eq!((distance("", "abc"), distance("abc", "abd"), distance("a", "a")), (3, 1, 0));
    }
}
