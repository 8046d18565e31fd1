//! Rows folded from the records that they lack: control first, then the payment journals side by side.
//!
//! A row is changed by the records of one journal only, so the order between payment journals does not
//! matter. Reading, opening and decoding is done a batch at a time outside the lock, applying within it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use lookback_events::event::Event;
use lookback_events::id::JournalId;
use lookback_events::record::Header;
use lookback_projections::Projections;

use super::folding::open_into;
use super::{LedgerError, Opened, placed};
use crate::journal::{JournalError, Journals, Position};
use crate::keys::Keys;
use crate::rows::{RowStore, SAVE_ROWS};

/// Records of a batch, and bytes behind which it ends: little enough to stay in the processor's cache.
const BATCH_RECORDS: usize = 512;
const BATCH_BYTES: usize = 1 << 20;
/// More threads than this wait for each other: applying is done by one at a time.
const THREADS_MAX: usize = 4;

/// What becomes of a record that cannot be read while rows are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The rows are made without it, and say so as long as they live.
    LeaveOut,
    /// No rows are made.
    Refuse,
}

/// Folds the records from `applied` on, which says how many of each journal the rows have seen.
///
/// # Errors
/// When a record cannot be read and none may be left out, or the rows fail.
pub(super) fn fold_new(
    journals: &Journals,
    keys: &Keys,
    rows: &mut RowStore,
    applied: &mut [u64],
    unreadable: Unreadable,
) -> Result<(), LedgerError> {
    let behind = |applied: &[u64], journal: &JournalId| {
        let seen = applied.get(usize::from(journal.index())).copied().unwrap_or(0);
        seen < journals.head(*journal).next()
    };
    let ids = journals.ids();
    let (control, payment): (Vec<_>, Vec<_>) =
        ids.into_iter().filter(|id| behind(applied, id)).partition(|id| id.is_control());
    let shared = Mutex::new(Target { rows, applied, is_amid: false });
    let folding = Folding { journals, keys, target: &shared, unreadable };
    control.iter().try_for_each(|journal| folding.journal(*journal))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(THREADS_MAX).min(payment.len());
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(journal) = payment.get(next.fetch_add(1, Ordering::Relaxed)) {
            folding.journal(*journal)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        others
            .into_iter()
            .fold(own, |all, other| all.and(other.join().unwrap_or_else(|_| Err(panicked()))))
    })
}

/// The rows, and how many records of each journal they have seen.
struct Target<'a> {
    rows: &'a mut RowStore,
    applied: &'a mut [u64],
    /// A batch is applied in part: folding failed there, and nothing may be saved any more.
    is_amid: bool,
}

struct Folding<'a, 'b> {
    journals: &'a Journals,
    keys: &'a Keys,
    target: &'a Mutex<Target<'b>>,
    unreadable: Unreadable,
}

impl<'a, 'b> Folding<'a, 'b> {
    /// `None` once folding failed, here or elsewhere: who failed says why.
    fn lock(&self) -> Option<MutexGuard<'a, Target<'b>>> {
        self.target.lock().ok().filter(|target| !target.is_amid)
    }

    fn journal(&self, journal: JournalId) -> Result<(), LedgerError> {
        let slot = usize::from(journal.index());
        let seen = self.lock().and_then(|target| target.applied.get(slot).copied());
        let Some(mut from) = seen else { return Ok(()) };
        let end = self.journals.head(journal).next();
        let mut batch = Vec::with_capacity(BATCH_RECORDS);
        while from < end {
            let read = self.read(journal, from, end, &mut batch);
            let mut next = batch.last().map_or(from, |last| last.at.seq.saturating_add(1));
            let events = batch.iter().map(decoded).collect::<Result<Vec<_>, _>>()?;
            let Some(mut target) = self.lock() else { return Ok(()) };
            target.is_amid = true;
            for (at, header, event) in &events {
                Projections::apply(target.rows, &placed(*at, header, event))?;
            }
            match read {
                Ok(()) => {}
                Err(error)
                    if self.unreadable == Unreadable::LeaveOut && error.record().is_some() =>
                {
                    target.rows.leave_out(Position { journal, seq: next });
                    next = next.saturating_add(1);
                }
                Err(error) => return Err(error),
            }
            let Target { rows, applied, is_amid } = &mut *target;
            if let Some(applied) = applied.get_mut(slot) {
                *applied = next;
            }
            *is_amid = false;
            if rows.waiting() >= SAVE_ROWS {
                rows.save(applied)?;
            }
            from = next;
        }
        Ok(())
    }

    /// Reads a batch of records and opens them; those before one that cannot be read are in it, too.
    fn read(
        &self,
        journal: JournalId,
        from: u64,
        end: u64,
        batch: &mut Vec<Opened>,
    ) -> Result<(), LedgerError> {
        batch.clear();
        let (mut failed, mut bytes) = (None, 0_usize);
        self.journals.records(journal, from, end, |seq, header, sealed| {
            let at = Position { journal, seq };
            let mut body = Vec::with_capacity(sealed.len());
            if let Err(error) = open_into(self.keys, at, header, sealed, &mut body) {
                failed = Some(error);
                return Ok(false);
            }
            bytes = bytes.saturating_add(body.len());
            batch.push(Opened { at, header: header.to_vec(), body });
            Ok(batch.len() < BATCH_RECORDS && bytes < BATCH_BYTES)
        })?;
        failed.map_or(Ok(()), Err)
    }
}

fn decoded(record: &Opened) -> Result<(Position, Header<'_>, Event<'_>), LedgerError> {
    let header = record.header()?;
    let event = Event::decode(header.event, &record.body)
        .map_err(|source| LedgerError::Event { at: record.at, source })?;
    Ok((record.at, header, event))
}

fn panicked() -> LedgerError {
    JournalError::Poisoned("making rows panicked".to_owned()).into()
}
