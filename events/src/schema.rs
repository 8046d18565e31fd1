//! JSON Schemas of values that have a form of their own: amounts, days, moments, identifiers.
//!
//! Not for verifiers: the feature `schema` is for programs that take commands.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::event::act::{Happened, Subject};
use crate::event::text::Day;
use crate::id::{ActorId, AuditId, CaseId, CommandId, Digest, HoldId, PayeeId};
use crate::money::Money;

macro_rules! text {
    ($($name:ident $pattern:literal $description:literal;)+) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "pattern": $pattern,
                    "description": $description,
                })
            }
        }
    )+};
}

text! {
    Money r"^[+-]?(\d+\.?\d?\d?0*|\.\d\d?0*)$" "An exact amount in US dollars, such as \"-123.45\".";
    Day r"^\d{4}-\d{2}-\d{2}$" "A day, YYYY-MM-DD.";
    Happened r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?$" "A day, with the minute where it is known, plan time.";
    Digest "^[0-9a-f]{64}$" "A SHA-256, 64 lower-case hexadecimal digits.";
    ActorId "^[A-Za-z0-9._@:-]{1,64}$" "Who acts, by an id that is not personal data.";
    CommandId "^[A-Za-z0-9._:-]{1,64}$" "The id that the sender gives a command.";
    CaseId "^[A-Za-z0-9._-]{1,40}$" "A case, such as OP-2026-000117.";
    AuditId "^[A-Za-z0-9._-]{1,40}$" "An audit, such as AU-2026-000007.";
    HoldId "^[A-Za-z0-9._-]{1,40}$" "A hold, such as H-2026-000001.";
    PayeeId r#"^[!#-.0-\[\]-~]{1,80}$"# "Who was paid: an NPI, or a TIN where no NPI is given.";
    Subject "^(ledger|(case|audit|hold|payee):.+)$" "What it is about: case:ID, audit:ID, hold:ID, payee:ID or ledger.";
}
