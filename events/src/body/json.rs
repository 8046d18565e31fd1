//! Values as compact JSON, in the bytes that `serde_json` writes, at half of its cost.
//!
//! Half of encoding a claim was spent in the general writer, most of it in looking at every byte of a
//! text alone. Not a reader, and not for numbers with a fraction: bodies hold none.

use serde::Serialize;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

use crate::record::push_decimal;

/// Appends a value.
///
/// # Errors
/// When it holds a number with a fraction, or a map whose keys are no texts.
pub(super) fn push(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
    value.serialize(Value(out))
}

/// Appends a text in quotes.
fn push_text(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len().saturating_add(2));
    out.push(b'"');
    let (blocks, rest) = text.as_bytes().as_chunks::<8>();
    for block in blocks {
        if is_plain(*block) {
            out.extend_from_slice(block);
        } else {
            push_escaped(out, block);
        }
    }
    push_escaped(out, rest);
    out.push(b'"');
}

/// True where none of eight bytes needs an escape; they are looked at together, as one number.
fn is_plain(block: [u8; 8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let block = u64::from_ne_bytes(block);
    // A byte below n borrows from its highest bit, unless that was set.
    let any_below = |x: u64, n: u8| x.wrapping_sub(ONES.wrapping_mul(u64::from(n))) & !x & HIGH;
    let any_is = |byte: u8| any_below(block ^ ONES.wrapping_mul(u64::from(byte)), 1);
    (any_below(block, 0x20) | any_is(b'"') | any_is(b'\\')) == 0
}

fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        push_byte(out, *byte);
    }
}

fn push_byte(out: &mut Vec<u8>, byte: u8) {
    let escape = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        0..0x20 => {
            out.extend_from_slice(b"\\u00");
            return crate::id::push_hex(out, &[byte]);
        }
        _ => return out.push(byte),
    };
    out.extend_from_slice(&[b'\\', escape]);
}

fn push_signed(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    push_decimal(out, number.unsigned_abs());
}

/// Where a value goes.
struct Value<'a>(&'a mut Vec<u8>);

/// Values with something between them, and what ends them.
struct Several<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
    end: &'static [u8],
}

impl<'a> Value<'a> {
    fn several(self, begin: &[u8], end: &'static [u8]) -> Several<'a> {
        self.0.extend_from_slice(begin);
        Several { out: self.0, first: true, end }
    }

    /// `{"name":`, and what begins the value.
    fn variant(self, name: &str, begin: &[u8], end: &'static [u8]) -> Several<'a> {
        self.0.push(b'{');
        push_text(self.0, name);
        self.0.push(b':');
        self.several(begin, end)
    }
}

impl Several<'_> {
    fn comma(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.comma();
        push(self.out, value)
    }

    /// A member; its name is a word of our own source, which needs no escapes.
    fn member(
        &mut self,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Error> {
        self.comma();
        self.out.reserve(name.len().saturating_add(3));
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        push(self.out, value)
    }

    fn finish(self) {
        self.out.extend_from_slice(self.end);
    }
}

/// The integers of one sign.
macro_rules! integers {
    ($push:ident: $($method:ident($number:ty))*) => {
        $(fn $method(self, number: $number) -> Result<(), Error> {
            $push(self.0, number.into());
            Ok(())
        })*
    };
}

impl<'a> Serializer for Value<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Several<'a>;
    type SerializeTuple = Several<'a>;
    type SerializeTupleStruct = Several<'a>;
    type SerializeTupleVariant = Several<'a>;
    type SerializeMap = Several<'a>;
    type SerializeStruct = Several<'a>;
    type SerializeStructVariant = Several<'a>;

    integers! { push_decimal:
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
    }
    integers! { push_signed:
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    #[allow(clippy::disallowed_types, reason = "serde asks for it; it is refused")]
    fn serialize_f32(self, _: f32) -> Result<(), Error> {
        Err(Error::custom("no number of a body has a fraction"))
    }

    #[allow(clippy::disallowed_types, reason = "serde asks for it; it is refused")]
    fn serialize_f64(self, _: f64) -> Result<(), Error> {
        Err(Error::custom("no number of a body has a fraction"))
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        push_text(self.0, value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        push_text(self.0, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut one = self.variant(variant, b"", b"}");
        one.item(value)?;
        one.finish();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Several<'a>, Error> {
        Ok(self.several(b"[", b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Several<'a>, Error> {
        Ok(self.several(b"[", b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Several<'a>, Error> {
        Ok(self.several(b"[", b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Several<'a>, Error> {
        Ok(self.variant(variant, b"[", b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Several<'a>, Error> {
        Ok(self.several(b"{", b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Several<'a>, Error> {
        Ok(self.several(b"{", b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Several<'a>, Error> {
        Ok(self.variant(variant, b"{", b"}}"))
    }
}

/// Values one behind the other.
macro_rules! items {
    ($($kind:ident: $method:ident)*) => {
        $(impl $kind for Several<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        })*
    };
}

items! {
    SerializeSeq: serialize_element
    SerializeTuple: serialize_element
    SerializeTupleStruct: serialize_field
    SerializeTupleVariant: serialize_field
}

/// Values with names.
macro_rules! members {
    ($($kind:ident)*) => {
        $(impl $kind for Several<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.member(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        })*
    };
}

members! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Several<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.comma();
        let from = self.out.len();
        push(self.out, key)?;
        match self.out.get(from) {
            Some(b'"') => Ok(()),
            _ => Err(Error::custom("a member's name is a text")),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        push(self.out, value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        Unit,
        Newtype(Option<String>),
        Tuple(i8, bool),
        Struct { a_b: u16, c: () },
    }

    #[derive(Debug, Clone, Serialize)]
    struct Wrapped(char);

    #[derive(Debug, Clone, Serialize)]
    struct Sample {
        kinds: Vec<Kind>,
        map: BTreeMap<String, (i64, u64)>,
        text: String,
        wrapped: Wrapped,
    }

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Unit),
            any::<Option<String>>().prop_map(Kind::Newtype),
            any::<(i8, bool)>().prop_map(|(a, b)| Kind::Tuple(a, b)),
            any::<u16>().prop_map(|a_b| Kind::Struct { a_b, c: () }),
        ]
    }

    proptest! {
        #[test]
        fn values_are_written_as_serde_json_writes_them(
            kinds in prop::collection::vec(kind(), 0..4),
            map in prop::collection::btree_map(any::<String>(), any::<(i64, u64)>(), 0..4),
            text in "[\\x00-\\x23\\x5a-\\x5f\\x7e-\\u{ff}]{0,40}",
            wrapped in any::<char>(),
        ) {
            let sample = Sample { kinds, map, text, wrapped: Wrapped(wrapped) };
            let mut own = Vec::new();
            push(&mut own, &sample).unwrap();
            prop_assert_eq!(String::from_utf8(own).unwrap(), serde_json::to_string(&sample).unwrap());
        }
    }

    #[test]
    fn every_byte_is_plain_where_json_has_no_escape_for_it() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut block = *b"\x7f~ !#[]\xff";
                block[at] = byte;
                assert_eq!(is_plain(block), byte >= 0x20 && byte != b'"' && byte != b'\\');
            }
        }
    }

    #[test]
    fn what_no_body_holds_is_refused() {
        assert!(push(&mut Vec::new(), &1.5).is_err());
        assert!(push(&mut Vec::new(), &BTreeMap::from([(1, 2)])).is_err());
    }
}
