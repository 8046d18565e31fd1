//! Writing bodies: JSON text, and where in it each field lies.
//!
//! The commitments need the fields of a body, and what writes it knows them; reading them back out of
//! the text is for those who did not write it ([`super::fields`]).

use std::ops::Range;

use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeStruct, Serializer};
use serde_json::Error;

use super::{BODY_LEN_MAX, BodyError, Field};

/// Bodies, one behind the other, and the fields of the last.
#[derive(Debug, Default)]
pub struct BodyWriter {
    text: Vec<u8>,
    /// Where the body written last begins.
    begun: usize,
    /// Names and places of the values of the body written last.
    fields: Vec<(&'static str, Range<usize>)>,
}

impl BodyWriter {
    /// Writes into a buffer that was used before: what it holds is thrown away, its room is used.
    pub fn with_buffer(mut text: Vec<u8>) -> Self {
        text.clear();
        Self { text, begun: 0, fields: Vec::new() }
    }

    /// Makes room for so many bytes more.
    pub fn reserve(&mut self, bytes: usize) {
        self.text.reserve(bytes);
    }

    /// Writes one more body; gives its place in the text.
    ///
    /// # Errors
    /// When the value is not a structure whose members have plain, ascending names, or is too long.
    /// The text then holds a part of it.
    pub fn write(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), BodyError> {
        self.begun = self.text.len();
        self.fields.clear();
        let wrong = |what| BodyError::Malformed { what, at: 0 };
        self.text.push(b'{');
        value.serialize(&mut *self).map_err(|_| wrong("a structure"))?;
        self.text.push(b'}');
        let len = self.text.len().saturating_sub(self.begun);
        if len > BODY_LEN_MAX {
            return Err(BodyError::TooLong { len });
        }
        if !self.fields.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(wrong("ascending names"));
        }
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        if !self.fields.iter().all(|(name, _)| !name.is_empty() && name.bytes().all(plain)) {
            return Err(wrong("a name of a-z, 0-9 and _"));
        }
        Ok(())
    }

    /// Where the body written last stands in the text.
    pub fn place(&self) -> Range<usize> {
        self.begun..self.text.len()
    }

    /// The fields of the body written last, ascending by name.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let value = |at: &Range<usize>| self.text.get(at.clone()).unwrap_or_default();
        self.fields.iter().map(move |(name, at)| Field { name, value: value(at) })
    }

    /// All bodies.
    pub fn into_text(self) -> Vec<u8> {
        self.text
    }
}

impl SerializeStruct for &mut BodyWriter {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.text.extend_from_slice(if self.fields.is_empty() { b"\"" } else { b",\"" });
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b"\":");
        let from = self.text.len();
        super::json::push(&mut self.text, value)?;
        self.fields.push((name, from..self.text.len()));
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

/// The kinds of values that are no bodies.
macro_rules! not_bodies {
    ($($method:ident($($argument:ty),*) -> $given:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$given, Error> {
            Err(Error::custom("a body is a structure"))
        })*
    };
}

impl Serializer for &mut BodyWriter {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(Error::custom("a body is a structure"))
    }

    #[allow(clippy::disallowed_types, reason = "serde asks for it; it is refused")]
    fn serialize_f32(self, _: f32) -> Result<(), Error> {
        Err(Error::custom("a body is a structure"))
    }

    #[allow(clippy::disallowed_types, reason = "serde asks for it; it is refused")]
    fn serialize_f64(self, _: f64) -> Result<(), Error> {
        Err(Error::custom("a body is a structure"))
    }

    not_bodies! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Impossible<(), Error>;
        serialize_tuple(usize) -> Impossible<(), Error>;
        serialize_tuple_struct(&'static str, usize) -> Impossible<(), Error>;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Impossible<(), Error>;
        serialize_map(Option<usize>) -> Impossible<(), Error>;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Impossible<(), Error>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::fields;

    #[derive(Serialize)]
    struct Sample {
        a: Vec<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<u64>,
        c_1: &'static str,
    }

    #[test]
    fn bodies_are_written_as_serde_json_writes_them_and_their_fields_are_known() {
        let mut writer = BodyWriter::with_buffer(b"used".to_vec());
        let samples = [Some(7), None].map(|b| Sample { a: vec!["\"x\"", "{"], b, c_1: "]" });
        let mut expected = Vec::new();
        for sample in &samples {
            writer.write(sample).unwrap();
            let text = serde_json::to_vec(sample).unwrap();
            assert_eq!(writer.place(), expected.len()..expected.len() + text.len());
            let mut read = Vec::new();
            fields(&text, &mut read).unwrap();
            assert_eq!(writer.fields().collect::<Vec<_>>(), read);
            expected.extend(text);
        }
        assert_eq!(writer.into_text(), expected);
    }

    #[test]
    fn what_is_no_structure_with_ascending_names_is_refused() {
        #[derive(Serialize)]
        struct Descending {
            b: u8,
            a: u8,
        }
        #[derive(Serialize)]
        #[allow(non_snake_case, reason = "a name that no body may have")]
        struct Capital {
            A: u8,
        }
        let mut writer = BodyWriter::default();
        assert!(writer.write(&Descending { b: 1, a: 2 }).is_err());
        assert!(writer.write(&Capital { A: 1 }).is_err());
        assert!(writer.write(&[1, 2]).is_err());
        assert!(writer.write("text").is_err());
        assert!(writer.write(&std::collections::BTreeMap::from([("a", 1)])).is_err());
        let long = Sample { a: vec![], b: None, c_1: "x".repeat(BODY_LEN_MAX).leak() };
        assert!(matches!(writer.write(&long), Err(BodyError::TooLong { .. })));
        assert!(writer.write(&Sample { a: vec![], b: None, c_1: "" }).is_ok());
    }
}
