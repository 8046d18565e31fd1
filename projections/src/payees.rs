//! Who is paid, by which identifiers, and in which journal (835 N1*PE, REF*TJ).
//!
//! A payee is its NPI, or its TIN where no NPI is given. One TIN may have many NPIs; a TIN alone
//! belongs to the only NPI known with it, else it is a payee of its own. A payee that has a journal
//! keeps it: a TIN that was a payee of its own before its NPI was known stays one, because a payee's
//! later reversals must meet its earlier payments; such payees are linked by a record ([`links`]),
//! never merged.

use lookback_events::event::control::{LinkReason, PayeeIdentity, PayeeLink};
use lookback_events::id::{JournalId, PayeeId};
use serde::{Deserialize, Serialize};

use crate::keys::{Fields, Key, clipped};
use crate::rows::{Rows, RowsError, decode, read, write};
use crate::{Record, compact};

/// A payee; its TINs are rows of their own ([`tins`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeeRow {
    /// The journal it belongs to for ever.
    #[serde(with = "compact::journal")]
    pub journal: JournalId,
    /// Its NPI, where one was given.
    pub npi: Option<String>,
    /// The name it was first given (835 N102).
    pub name: Option<String>,
    /// Position in the control journal of the record that saw it first.
    pub seq: u64,
}

/// The longest name that is kept; 835 N102 has at most 60 characters.
const NAME_MAX: usize = 240;

fn key(payee: &PayeeId) -> Vec<u8> {
    Key::new(b'P').text(payee.as_str()).done()
}

pub(crate) fn seen(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    payee: &PayeeIdentity<'_>,
) -> Result<(), RowsError> {
    let mut row = read(rows, &key(&payee.id))?.unwrap_or(PayeeRow {
        journal: payee.journal,
        npi: None,
        name: None,
        seq: record.seq,
    });
    row.npi = row.npi.or_else(|| given(payee.npi.as_deref()).map(ToOwned::to_owned));
    let name = given(payee.name.as_deref()).map(|name| clipped(name, NAME_MAX).to_owned());
    row.name = row.name.or(name);
    write(rows, key(&payee.id), &row)?;
    if let Some(tin) = given(payee.tin.as_deref()) {
        write(rows, Key::new(b'I').text(payee.id.as_str()).text(tin).done(), &())?;
        if let Some(npi) = given(payee.npi.as_deref()) {
            write(rows, Key::new(b'T').text(tin).text(npi).done(), &payee.id)?;
        }
    }
    Ok(())
}

/// That two payees belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRow {
    /// Position in the control journal of the record that linked them first.
    pub seq: u64,
    /// Why.
    pub why: LinkReason,
}

fn link_key(payee: &PayeeId, other: &PayeeId) -> Vec<u8> {
    Key::new(b'Q').text(payee.as_str()).text(other.as_str()).done()
}

pub(crate) fn linked(
    rows: &mut dyn Rows,
    record: &Record<'_>,
    link: &PayeeLink,
) -> Result<(), RowsError> {
    if rows.get(&link_key(&link.known, &link.seen))?.is_some() {
        return Ok(());
    }
    let row = LinkRow { seq: record.seq, why: link.why };
    write(rows, link_key(&link.known, &link.seen), &row)?;
    write(rows, link_key(&link.seen, &link.known), &row)
}

/// The payees that a payee is linked to, by identifier.
///
/// # Errors
/// When the rows cannot be read.
pub fn links(rows: &dyn Rows, id: &PayeeId) -> Result<Vec<(PayeeId, LinkRow)>, RowsError> {
    let mut links = Vec::new();
    crate::rows::each(rows, &Key::new(b'Q').text(id.as_str()).done(), &mut |key, value| {
        let mut fields = Fields::of(key);
        fields.text();
        let other = fields.text().and_then(|id| PayeeId::parse(&id).ok());
        let other = other.ok_or_else(|| RowsError::damaged("a link's key is not two payees"))?;
        links.push((other, decode(value)?));
        Ok(true)
    })?;
    Ok(links)
}

/// The payees that a payee must be linked to and is not yet: it is a TIN that was given alone and
/// they are NPIs seen with it, or the other way round.
///
/// # Errors
/// When the rows cannot be read.
pub fn unlinked(
    rows: &dyn Rows,
    id: &PayeeId,
    tin: Option<&str>,
) -> Result<Vec<PayeeId>, RowsError> {
    let Some(tin) = given(tin) else { return Ok(Vec::new()) };
    let alone = PayeeId::of_given(tin.as_bytes());
    let mut others = Vec::new();
    if *id == alone {
        crate::rows::each(rows, &Key::new(b'T').text(tin).done(), &mut |_, value| {
            others.push(decode(value)?);
            Ok(true)
        })?;
    } else if payee(rows, &alone)?.is_some() {
        others.push(alone);
    }
    let mut missing = Vec::new();
    for other in others {
        if other != *id && rows.get(&link_key(id, &other))?.is_none() {
            missing.push(other);
        }
    }
    Ok(missing)
}

/// An identifier without blanks around it; `None` where nothing is left.
fn given(id: Option<&str>) -> Option<&str> {
    id.map(str::trim).filter(|id| !id.is_empty())
}

/// A payee by its identifier.
///
/// # Errors
/// When the rows cannot be read.
pub fn payee(rows: &dyn Rows, id: &PayeeId) -> Result<Option<PayeeRow>, RowsError> {
    read(rows, &key(id))
}

/// Calls `each` with every payee, by identifier, until it returns false.
///
/// # Errors
/// When the rows cannot be read.
pub fn all(
    rows: &dyn Rows,
    each: &mut dyn FnMut(PayeeId, PayeeRow) -> bool,
) -> Result<(), RowsError> {
    crate::rows::each(rows, &Key::new(b'P').done(), &mut |key, value| {
        let id = Fields::of(key).text().and_then(|id| PayeeId::parse(&id).ok());
        let id = id.ok_or_else(|| RowsError::damaged("a payee's key is not a payee"))?;
        Ok(each(id, decode(value)?))
    })
}

/// The TINs that a payee was seen with, ascending.
///
/// # Errors
/// When the rows cannot be read.
pub fn tins(rows: &dyn Rows, id: &PayeeId) -> Result<Vec<String>, RowsError> {
    let mut tins = Vec::new();
    rows.scan(&Key::new(b'I').text(id.as_str()).done(), &mut |key, _| {
        let mut fields = Fields::of(key);
        fields.text();
        tins.extend(fields.text());
        true
    })?;
    Ok(tins)
}

/// The payee that somebody named so is: by NPI, else by TIN, else `unknown`.
///
/// # Errors
/// When the rows cannot be read.
pub fn resolve(
    rows: &dyn Rows,
    npi: Option<&str>,
    tin: Option<&str>,
) -> Result<PayeeId, RowsError> {
    if let Some(npi) = given(npi) {
        return Ok(PayeeId::of_given(npi.as_bytes()));
    }
    let Some(tin) = given(tin) else { return Ok(PayeeId::unknown()) };
    let own = PayeeId::of_given(tin.as_bytes());
    if payee(rows, &own)?.is_some() {
        return Ok(own);
    }
    let mut only = None;
    let mut several = false;
    crate::rows::each(rows, &Key::new(b'T').text(tin).done(), &mut |_, value| {
        let payee: PayeeId = decode(value)?;
        several = only.replace(payee).is_some();
        Ok(!several)
    })?;
    Ok(only.filter(|_| !several).unwrap_or(own))
}

/// True where `PayeeSeen` must be recorded: the payee, or this identifier of it, is not known yet.
///
/// # Errors
/// When the rows cannot be read.
pub fn is_news(
    rows: &dyn Rows,
    id: &PayeeId,
    npi: Option<&str>,
    tin: Option<&str>,
) -> Result<bool, RowsError> {
    let Some(row) = payee(rows, id)? else { return Ok(true) };
    let (npi, tin) = (given(npi), given(tin));
    if npi.is_some() && row.npi.is_none() {
        return Ok(true);
    }
    let Some(tin) = tin else { return Ok(false) };
    if rows.get(&Key::new(b'I').text(id.as_str()).text(tin).done())?.is_none() {
        return Ok(true);
    }
    match npi {
        Some(npi) => Ok(rows.get(&Key::new(b'T').text(tin).text(npi).done())?.is_none()),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests;
