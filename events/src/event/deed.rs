//! What commands led to, in families.

use serde::{Serialize, Serializer};

use super::EventError;
use super::act::{Act, Beside, ClaimPart, Subject, Told};
use super::audit::{Audit, Integrity};
use super::governance::Governance;
use super::hold::{Affairs, Hold};
use super::recovery::Recovery;
use crate::finding::Finding;
use crate::id::Digest;

macro_rules! deeds {
    ($($(#[$doc:meta])* $family:ident,)+) => {
        /// What a command led to.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Deed {
            $($(#[$doc])* $family(Box<Told<$family>>),)+
        }

        impl Deed {
            /// The names and versions of all such events.
            pub fn names() -> impl Iterator<Item = &'static str> {
                [$($family::NAMES,)+].into_iter().flatten().copied()
            }

            /// All commands.
            pub fn commands() -> impl Iterator<Item = &'static str> {
                [$($family::COMMANDS,)+].into_iter().flatten().copied()
            }

            /// Name and version.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$family(told) => told.detail.name(),)+ }
            }

            /// The command that leads to it.
            pub const fn command(&self) -> &'static str {
                match self { $(Self::$family(told) => told.detail.command(),)+ }
            }

            /// The command behind it, and when what it tells of happened.
            pub const fn act(&self) -> &Act {
                match self { $(Self::$family(told) => &told.act,)+ }
            }

            /// The claims it is about.
            pub fn claims(&self) -> &[ClaimPart] {
                match self { $(Self::$family(told) => &told.claims,)+ }
            }

            /// SHA-256 of the command's canonical JSON.
            pub const fn asked(&self) -> Option<Digest> {
                match self { $(Self::$family(told) => told.asked,)+ }
            }

            /// Which rules it broke.
            pub fn findings(&self) -> &[Finding] {
                match self { $(Self::$family(told) => &told.findings,)+ }
            }

            /// What stands beside the detail, to be completed when the command is decided.
            pub const fn beside(&mut self) -> Beside<'_> {
                match self { $(Self::$family(told) => Beside {
                    act: &mut told.act,
                    asked: &mut told.asked,
                    claims: &mut told.claims,
                    findings: &mut told.findings,
                    subject: &mut told.subject,
                },)+ }
            }

            /// What somebody wrote beside it.
            pub fn note(&self) -> Option<&str> {
                match self { $(Self::$family(told) => told.note.as_deref(),)+ }
            }

            /// What it is about.
            pub const fn subject(&self) -> &Subject {
                match self { $(Self::$family(told) => &told.subject,)+ }
            }

            /// Makes what a command leads to; `None` where there is no such command. `told` has the
            /// command's detail.
            pub fn of_command(
                command: &str,
                told: Told<serde_json::Value>,
            ) -> Option<Result<Self, serde_json::Error>> {
                let Told { act, asked, claims, detail, findings, note, subject } = told;
                $(if $family::COMMANDS.contains(&command) {
                    let detail = $family::of_command(command, detail)?;
                    return Some(detail.map(|detail| {
                        let told = Told { act, asked, claims, detail, findings, note, subject };
                        Self::$family(Box::new(told))
                    }));
                })+
                None
            }

            /// Reads a body by its event's name and version.
            ///
            /// # Errors
            /// When the name is not known, or the body is not what it promises.
            pub(crate) fn decode(name: &str, body: &[u8]) -> Result<Self, EventError> {
                $(if let Some(read) = $family::decode(name, body) {
                    return read.map(|told| Self::$family(Box::new(told)));
                })+
                Err(EventError::Unknown(name.to_owned()))
            }

            /// The JSON Schema of the detail that each command gives.
            #[cfg(feature = "schema")]
            pub fn schemas(
                from: &mut schemars::SchemaGenerator,
            ) -> Vec<(&'static str, schemars::Schema)> {
                let mut all = Vec::new();
                $(all.extend($family::schemas(from));)+
                all
            }
        }

        impl Serialize for Deed {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$family(told) => told.serialize(to),)+ }
            }
        }
    };
}

deeds! {
    /// About a case.
    Recovery,
    /// About an audit.
    Audit,
    /// Of the special investigations unit.
    Integrity,
    /// About a hold.
    Hold,
    /// About a payee, beside its remittances.
    Affairs,
    /// About the ledger as a whole.
    Governance,
}
