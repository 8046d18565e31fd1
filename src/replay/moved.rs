//! What a remittance did to the money of a case, in words: from its movements before and after.

use std::collections::BTreeMap;

use lookback_events::id::CaseId;
use lookback_events::money::Money;
use lookback_projections::Position;
use lookback_projections::movements::{self, MovementKind, MovementRow};
use lookback_projections::rows::{Rows, RowsError};

/// The movements of a case, by record.
pub(super) type Movements = BTreeMap<Position, MovementRow>;

/// The movements of a case as they are.
pub(super) fn of_case(rows: &dyn Rows, case: &CaseId) -> Result<Movements, RowsError> {
    let mut all = Movements::new();
    movements::of_case(rows, case, &mut |at, row| {
        all.insert(at, row);
        Ok(true)
    })?;
    Ok(all)
}

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Moved {
    /// In words.
    pub(super) what: String,
    /// The first record that shows it.
    pub(super) at: Option<Position>,
    /// True where money was taken.
    pub(super) takes: bool,
}

/// What changed between two sights of the movements.
pub(super) fn between(before: &Movements, after: &Movements) -> Moved {
    let mut moved = Moved::default();
    let mut phrases = Vec::new();
    let mut trace = None;
    for (at, row) in after {
        let known = before.get(at);
        if known == Some(row) {
            continue;
        }
        if known.is_none() {
            phrases.push(booked(row));
            moved.at.get_or_insert(*at);
            trace = trace.or_else(|| row.trace.clone());
            moved.takes |= row.kind.is_offset() && !row.amount.is_negative();
        }
        let was = known.map_or(Money::ZERO, |known| known.carried);
        match row.carried.checked_sub(was).unwrap_or_default() {
            none if none.is_zero() => {}
            more if !more.is_negative() => {
                let ids: Vec<&str> = row.under.iter().map(|under| under.id.as_str()).collect();
                let ids = ids.join(", ");
                phrases.push(format!("{} of it carried forward under {ids}", more.grouped()));
            }
            less => {
                let less = less.negated().grouped();
                phrases.push(format!("{less} that was carried forward collected"));
            }
        }
    }
    for (at, row) in before.iter().filter(|(at, _)| !after.contains_key(at)) {
        phrases.push(format!("{} booked elsewhere", row.amount.grouped()));
        moved.at.get_or_insert(*at);
    }
    if phrases.is_empty() {
        phrases.push("nothing of the case moved".to_owned());
    }
    let trace = trace.map_or(String::new(), |trace| format!(", remittance {trace}"));
    moved.what = format!("{}{trace}", phrases.join("; "));
    moved
}

/// A movement that was booked.
fn booked(row: &MovementRow) -> String {
    let back = row.amount.is_negative();
    let amount = if back { row.amount.negated() } else { row.amount }.grouped();
    let what = match (row.kind, back) {
        (MovementKind::Retraction, false) => "taken by reversal and correction",
        (MovementKind::Retraction, true) => "given back by a correction",
        (MovementKind::Letter, false) => "taken by offset",
        (MovementKind::Letter, true) => "postponed",
        (MovementKind::Unspecified, _) => "taken, unspecified",
        (MovementKind::Affiliated, _) => "taken for an affiliated provider",
        (MovementKind::Refund | MovementKind::ReturnAlone, _) => "refunded, as acknowledged",
        (MovementKind::WrittenOffByPayer, _) => "written off by the payer, nothing taken",
        (MovementKind::ForwardUnknown, _) => "taken from a forward balance of unknown origin",
        (MovementKind::Assigned, _) => "seen under another payee and given to the case",
        (MovementKind::Offset, _) => "taken by offset, as told",
        (MovementKind::GivenBack, _) => "given back, as told",
        (MovementKind::RefundCheck, _) => "refunded, as told",
        (MovementKind::Restored, _) => "restored, as told",
    };
    let told = if row.twin.is_some() { " (told of before)" } else { "" };
    format!("{amount} {what}{told}")
}
