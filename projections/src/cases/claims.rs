//! By which numbers a payer may mean a case: its financial control numbers, and the payer's and the
//! provider's numbers of its claims.
//!
//! Only digests: payers put account numbers where a control number should stand.

use std::collections::BTreeSet;

use lookback_events::event::act::ClaimPart;
use lookback_events::id::{CaseId, Digest, JournalId, PayeeId};
use lookback_events::money::Money;
use sha2::Digest as _;

use super::{CaseClaim, CaseRow, OfClaim};
use crate::Position;
use crate::keys::Key;
use crate::rows::{Rows, RowsError, add, read, write};

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The financial control number of a notice.
    Control,
    /// The payer's number of a claim (835 CLP07).
    Payer,
    /// The provider's number of a claim (835 CLP01).
    Patient,
}

impl Kind {
    const fn letter(self) -> u8 {
        match self {
            Self::Control => b'n',
            Self::Payer => b'p',
            Self::Patient => b'a',
        }
    }
}

/// SHA-256 of payee and number, as rows hold it.
pub fn number(payee: &PayeeId, number: &str) -> Digest {
    let mut hasher = sha2::Sha256::new();
    for part in [payee.as_str().as_bytes(), b"\0", number.trim().as_bytes()] {
        hasher.update(part);
    }
    Digest(hasher.finalize().into())
}

fn key(payee: &PayeeId, kind: Kind, number: &Digest) -> Vec<u8> {
    Key::new(b'k').text(payee.as_str()).byte(kind.letter()).digest(number).done()
}

/// The cases that a number may mean, by id.
pub(crate) fn with_number(
    rows: &dyn Rows,
    payee: &PayeeId,
    kind: Kind,
    number: &Digest,
) -> Result<Vec<CaseId>, RowsError> {
    Ok(read(rows, &key(payee, kind, number))?.unwrap_or_default())
}

/// The cases about a claim of a payee, by id: the claim is named by its patient control number (835
/// CLP01).
///
/// # Errors
/// When the rows cannot be read.
pub fn of_claim(
    rows: &dyn Rows,
    payee: &PayeeId,
    patient_control: &str,
) -> Result<Vec<CaseId>, RowsError> {
    with_number(rows, payee, Kind::Patient, &number(payee, patient_control))
}

/// The cases of a payee that a number may mean, whatever kind of [number](number()) it is.
///
/// # Errors
/// When the rows cannot be read.
pub fn meant_by(
    rows: &dyn Rows,
    payee: &PayeeId,
    number: &Digest,
) -> Result<BTreeSet<CaseId>, RowsError> {
    let mut found = BTreeSet::new();
    for kind in [Kind::Control, Kind::Payer, Kind::Patient] {
        found.extend(with_number(rows, payee, kind, number)?);
    }
    Ok(found)
}

/// The cases of a payee that have a letter with a financial control number, by id.
///
/// # Errors
/// When the rows cannot be read.
pub fn with_control_number(
    rows: &dyn Rows,
    payee: &PayeeId,
    control_number: &str,
) -> Result<Vec<CaseId>, RowsError> {
    with_number(rows, payee, Kind::Control, &number(payee, control_number))
}

/// A number means this case too.
pub(crate) fn known_as(
    rows: &mut dyn Rows,
    payee: &PayeeId,
    kind: Kind,
    number: &Digest,
    case: &CaseId,
) -> Result<(), RowsError> {
    let mut cases = with_number(rows, payee, kind, number)?;
    if let Err(at) = cases.binary_search(case) {
        cases.insert(at, case.clone());
        write(rows, key(payee, kind, number), &cases)?;
    }
    Ok(())
}

/// A number means this case no more.
fn unknown_as(
    rows: &mut dyn Rows,
    payee: &PayeeId,
    kind: Kind,
    number: &Digest,
    case: &CaseId,
) -> Result<(), RowsError> {
    let mut cases = with_number(rows, payee, kind, number)?;
    cases.retain(|other| other != case);
    if cases.is_empty() {
        rows.remove(key(payee, kind, number));
        return Ok(());
    }
    write(rows, key(payee, kind, number), &cases)
}

/// The numbers of a case's claims.
fn numbers(claims: &[CaseClaim]) -> BTreeSet<(u8, Digest)> {
    let patient = claims.iter().map(|claim| (0, claim.claim));
    let payer = claims.iter().filter_map(|claim| claim.payer_control.map(|number| (1, number)));
    patient.chain(payer).collect()
}

const fn kind_of(which: u8) -> Kind {
    if which == 0 { Kind::Patient } else { Kind::Payer }
}

/// The claims of a case are these from now on.
pub(super) fn replace(
    rows: &mut dyn Rows,
    id: &CaseId,
    row: &mut CaseRow,
    claims: Vec<CaseClaim>,
) -> Result<(), RowsError> {
    let (before, now) = (numbers(&row.claims), numbers(&claims));
    for (which, gone) in before.difference(&now) {
        unknown_as(rows, &row.payee, kind_of(*which), gone, id)?;
    }
    for (which, new) in now.difference(&before) {
        known_as(rows, &row.payee, kind_of(*which), new, id)?;
    }
    row.claims = claims;
    Ok(())
}

/// The payer's number of a case's claim is learnt from what the payer says of the claim, where nobody
/// gave it.
pub(crate) fn learn(
    rows: &mut dyn Rows,
    id: &CaseId,
    row: &mut CaseRow,
    claim: &Digest,
    payer_control: Option<Digest>,
) -> Result<bool, RowsError> {
    let Some(number) = payer_control else { return Ok(false) };
    let mut learnt = false;
    for own in row.claims.iter_mut().filter(|own| own.claim == *claim) {
        if own.payer_control.is_none() {
            own.payer_control = Some(number);
            learnt = true;
        }
    }
    if learnt {
        known_as(rows, &row.payee, Kind::Payer, &number, id)?;
    }
    Ok(learnt)
}

/// The claims of a case as a command names them.
pub(super) fn read_parts(
    payee: &PayeeId,
    parts: &[ClaimPart],
) -> Result<Vec<CaseClaim>, RowsError> {
    let one = |part: &ClaimPart| {
        let lines: Vec<(u64, Money)> =
            part.lines.iter().map(|line| (line.line, line.amount.unwrap_or_default())).collect();
        let mut of_lines = Money::ZERO;
        for (_, amount) in &lines {
            add(&mut of_lines, Some(*amount))?;
        }
        let payer_control = part.payer_control.as_deref().map(str::trim);
        Ok(CaseClaim {
            claim: number(payee, &part.patient_control),
            payer_control: payer_control.filter(|n| !n.is_empty()).map(|n| number(payee, n)),
            payment: part.payment.as_deref().and_then(position),
            amount: part.amount.unwrap_or(of_lines),
            lines,
        })
    };
    parts.iter().map(one).collect()
}

/// What an answer or a dispute of these claims is about: what each part says, else what the case says of
/// it; nothing where no claims are named, which means all of it.
pub(super) fn named(row: &CaseRow, parts: &[ClaimPart]) -> Result<Vec<OfClaim>, RowsError> {
    let mut named: Vec<OfClaim> = Vec::with_capacity(parts.len());
    for part in parts {
        let claim = number(&row.payee, &part.patient_control);
        let own = || row.claims.iter().filter(|own| own.claim == claim);
        let mut amount = part.amount.unwrap_or_default();
        if part.amount.is_none() && part.lines.is_empty() {
            own().try_for_each(|own| add(&mut amount, Some(own.amount)))?;
        }
        for line in part.lines.iter().filter(|_| part.amount.is_none()) {
            let lines = || own().flat_map(|own| &own.lines);
            let known = || lines().find(|(of, _)| *of == line.line).map(|(_, amount)| *amount);
            add(&mut amount, Some(line.amount.or_else(known).unwrap_or_default()))?;
        }
        match named.iter_mut().find(|before| before.claim == claim) {
            Some(before) => add(&mut before.amount, Some(amount))?,
            None => named.push(OfClaim { claim, amount }),
        }
    }
    Ok(named)
}

/// What is identified of each claim of a case.
pub(crate) fn identified(row: &CaseRow) -> Result<Vec<OfClaim>, RowsError> {
    let mut all: Vec<OfClaim> = Vec::with_capacity(row.claims.len());
    for CaseClaim { claim, amount, .. } in &row.claims {
        match all.iter_mut().find(|before| before.claim == *claim) {
            Some(before) => add(&mut before.amount, Some(*amount))?,
            None => all.push(OfClaim { claim: *claim, amount: *amount }),
        }
    }
    Ok(all)
}

/// How much that is together; `None` of nothing.
pub(super) fn together(named: &[OfClaim]) -> Result<Option<Money>, RowsError> {
    let mut sum = Money::ZERO;
    named.iter().try_for_each(|one| add(&mut sum, Some(one.amount)))?;
    Ok((!named.is_empty()).then_some(sum))
}

/// A position as commands write it: `p02/118204`.
pub(crate) fn position(text: &str) -> Option<Position> {
    let (journal, seq) = text.trim().split_once('/')?;
    Some(Position { journal: JournalId::parse(journal).ok()?, seq: seq.parse().ok()? })
}
