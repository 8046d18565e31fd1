//! Rows: keyed pieces of derived state.
//!
//! Not ground state: rows can be thrown away and folded again from the journals. A key begins with a
//! letter that names its projection; every row is changed by the records of one journal only, so
//! that journals can be folded side by side. A row's bytes are its value in `postcard`, which gives
//! the same bytes for the same value.

use std::collections::BTreeMap;

use lookback_events::money::Money;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The rows could not be read: the world behind them failed, or a row is not what was written.
#[derive(Debug, thiserror::Error)]
#[error("the rows cannot be read: {what}; lookback rebuild makes them again")]
pub struct RowsError {
    what: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl RowsError {
    /// The store behind the rows failed.
    pub fn world(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { what: "their store failed".to_owned(), source: Some(Box::new(source)) }
    }

    /// A row is not what was written.
    pub fn damaged(what: &str) -> Self {
        Self { what: what.to_owned(), source: None }
    }
}

/// Where rows are kept: in memory for replay and tests, in the ledger behind an overlay.
pub trait Rows {
    /// The row under a key.
    ///
    /// # Errors
    /// When the store behind it fails.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError>;

    /// Puts a row under a key.
    fn put(&mut self, key: Vec<u8>, value: Vec<u8>);

    /// Removes the row under a key.
    fn remove(&mut self, key: Vec<u8>);

    /// Calls `each` with the rows whose key begins with `prefix`, ascending, until it returns false.
    ///
    /// # Errors
    /// When the store behind it fails.
    fn scan(
        &self,
        prefix: &[u8],
        each: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), RowsError>;
}

/// Reads a row as a value.
///
/// # Errors
/// When the store fails or the row is not such a value.
pub fn read<T: DeserializeOwned>(
    rows: &(impl Rows + ?Sized),
    key: &[u8],
) -> Result<Option<T>, RowsError> {
    rows.get(key)?.map(|bytes| decode(&bytes)).transpose()
}

/// Decodes the bytes of a row.
///
/// # Errors
/// When they are not such a value.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RowsError> {
    postcard::from_bytes(bytes).map_err(RowsError::world)
}

/// Writes a value as a row.
///
/// # Errors
/// Never for the values that rows have.
pub fn write<T: Serialize>(
    rows: &mut (impl Rows + ?Sized),
    key: Vec<u8>,
    value: &T,
) -> Result<(), RowsError> {
    rows.put(key, postcard::to_stdvec(value).map_err(RowsError::world)?);
    Ok(())
}

/// Takes a row's key and bytes, and says whether to go on.
type Each<'a> = dyn FnMut(&[u8], &[u8]) -> Result<bool, RowsError> + 'a;

/// Calls `each` with the rows under a prefix, ascending, until it returns false or fails.
pub(crate) fn each(rows: &dyn Rows, prefix: &[u8], each: &mut Each<'_>) -> Result<(), RowsError> {
    let mut failed = None;
    rows.scan(prefix, &mut |key, value| match each(key, value) {
        Ok(go_on) => go_on,
        Err(error) => {
            failed = Some(error);
            false
        }
    })?;
    failed.map_or(Ok(()), Err)
}

/// Adds to a count of a row.
pub(crate) fn plus(count: &mut u64, more: u64) -> Result<(), RowsError> {
    let sum = count.checked_add(more);
    *count = sum.ok_or_else(|| RowsError::damaged("a count is too long"))?;
    Ok(())
}

/// Adds to a sum; what could not be read adds nothing.
///
/// # Errors
/// When the sum cannot be held exactly.
pub fn add(sum: &mut Money, amount: Option<Money>) -> Result<(), RowsError> {
    let Some(amount) = amount else { return Ok(()) };
    let total = sum.checked_add(amount);
    *sum = total.ok_or_else(|| RowsError::damaged("a sum is too long"))?;
    Ok(())
}

/// Rows over others that stay as they are: to see what records would lead to.
pub struct Scratch<'a> {
    base: &'a dyn Rows,
    /// What was put or, where it is `None`, removed.
    over: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'a> Scratch<'a> {
    /// Nothing is written yet.
    pub fn new(base: &'a dyn Rows) -> Self {
        Self { base, over: BTreeMap::new() }
    }
}

impl Rows for Scratch<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        match self.over.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(key),
        }
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.over.insert(key, Some(value));
    }

    fn remove(&mut self, key: Vec<u8>) {
        self.over.insert(key, None);
    }

    fn scan(
        &self,
        prefix: &[u8],
        each: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), RowsError> {
        let mut both = BTreeMap::new();
        self.base.scan(prefix, &mut |key, value| {
            both.insert(key.to_vec(), Some(value.to_vec()));
            true
        })?;
        let own = self.over.range(prefix.to_vec()..);
        let own = own.take_while(|(key, _)| key.starts_with(prefix));
        both.extend(own.map(|(key, value)| (key.clone(), value.clone())));
        for (key, value) in &both {
            if value.as_ref().is_some_and(|value| !each(key, value)) {
                break;
            }
        }
        Ok(())
    }
}

/// Rows in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryRows(BTreeMap<Vec<u8>, Vec<u8>>);

impl MemoryRows {
    /// All rows, ascending by key.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Rows for MemoryRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        Ok(self.0.get(key).cloned())
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, value);
    }

    fn remove(&mut self, key: Vec<u8>) {
        self.0.remove(&key);
    }

    fn scan(
        &self,
        prefix: &[u8],
        each: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), RowsError> {
        let from = self.0.range(prefix.to_vec()..);
        for (key, value) in from.take_while(|(key, _)| key.starts_with(prefix)) {
            if !each(key, value) {
                break;
            }
        }
        Ok(())
    }
}
