//! X12 syntax: separators, segments and elements over bytes, streaming.
//!
//! Not the meaning of any segment. What holds:
//! - every byte of the input belongs to exactly one token, in order;
//! - memory is bounded whatever the input is: a segment above [`SEGMENT_MAX`] passes in pieces;
//! - nothing is decoded: elements are bytes, and separators are trusted only where an ISA defines
//!   them by its 16 element separators.

pub mod elements;
pub mod frames;
pub mod header;
pub mod prescan;
pub mod tokens;

pub use elements::{Elements, Tag};
pub use header::{Delimiters, Unreadable};
pub use prescan::{Prescan, prescan};
pub use tokens::{Kind, PIECE_MAX, SEGMENT_MAX, Token, Tokens};
