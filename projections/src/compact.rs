//! How values of rows are written: amounts as cents, days and moments as numbers, digests as bytes.
//!
//! Not the form of events, which is JSON for people and verifiers; rows are for this program only.

#![allow(
    clippy::trivially_copy_pass_by_ref,
    clippy::ref_option,
    reason = "serde's `with` asks for references to the fields"
)]

/// An amount as its cents.
pub(crate) mod cents {
    use lookback_events::money::Money;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(amount: &Money, to: S) -> Result<S::Ok, S::Error> {
        amount.cents().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
        let cents = i128::deserialize(from)?;
        Money::try_from_cents(cents).ok_or_else(|| de::Error::custom("an amount is too long"))
    }
}

/// An amount as its cents, or nothing.
pub(crate) mod cents_if_any {
    use lookback_events::money::Money;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(
        amount: &Option<Money>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        amount.map(Money::cents).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Money>, D::Error> {
        let cents = Option::<i128>::deserialize(from)?;
        let too_long = || de::Error::custom("an amount is too long");
        cents.map(|c| Money::try_from_cents(c).ok_or_else(too_long)).transpose()
    }
}

/// A day as its number in the common era.
pub(crate) mod day_if_any {
    use chrono::{Datelike as _, NaiveDate};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        day: &Option<NaiveDate>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        day.map(|d| d.num_days_from_ce()).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<NaiveDate>, D::Error> {
        let days = Option::<i32>::deserialize(from)?;
        Ok(days.and_then(NaiveDate::from_num_days_from_ce_opt))
    }
}

/// A moment as its microseconds.
pub(crate) mod moment {
    use lookback_events::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(moment: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        moment.micros().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(from).map(Timestamp::from_micros)
    }
}

/// A digest as its 32 bytes.
pub(crate) mod digest {
    use lookback_events::id::Digest;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        digest.0.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        <[u8; 32]>::deserialize(from).map(Digest)
    }
}

/// A digest as its 32 bytes, or nothing.
pub(crate) mod digest_if_any {
    use lookback_events::id::Digest;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        digest: &Option<Digest>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        digest.map(|d| d.0).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Digest>, D::Error> {
        Ok(Option::<[u8; 32]>::deserialize(from)?.map(Digest))
    }
}

/// A journal as its index.
pub(crate) mod journal {
    use lookback_events::id::JournalId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(journal: &JournalId, to: S) -> Result<S::Ok, S::Error> {
        journal.index().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<JournalId, D::Error> {
        JournalId::from_index(u8::deserialize(from)?).map_err(de::Error::custom)
    }
}
