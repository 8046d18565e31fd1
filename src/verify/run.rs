//! The threads of a verification.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lookback_events::id::JournalId;

use super::chain::Chain;
use super::check::Checker;
use super::chunk::Reader;
use super::mix::Mix;
use super::source::Store;
use super::{Depth, Fault, Keys, Observer, Part, Report, Times};
use crate::journal::{Damage, Position};

/// Chunks of one journal, by thread, that may wait for one before them.
const WAITING_MAX: usize = 4;

/// One journal on its way.
struct Lane<'a> {
    journal: JournalId,
    reader: Mutex<Reader>,
    chain: Mutex<Chain<'a>>,
    /// Nothing is left to read.
    read: AtomicBool,
    /// Chunks read and not yet chained.
    waiting: AtomicUsize,
}

/// What the threads share.
struct Shared<'a> {
    lanes: Vec<Lane<'a>>,
    threads: usize,
    buffers: Mutex<Vec<(Vec<u8>, Vec<u8>)>>,
    moved: (Mutex<u64>, Condvar),
    reading: AtomicU64,
    checking: AtomicU64,
    chaining: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn run(
    store: &Store,
    keys: &dyn Keys,
    depth: Depth,
    observer: &dyn Observer,
    progress: &(dyn Fn(u64) + Sync),
) -> Report {
    let start = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mix = Mix::new();
    let lanes = store.journals.iter().map(|parts| Lane {
        journal: parts.journal,
        reader: Mutex::new(Reader::new(parts, &store.generations, depth)),
        chain: Mutex::new(Chain::new(parts, observer, depth, mix)),
        read: AtomicBool::new(false),
        waiting: AtomicUsize::new(0),
    });
    let shared = Shared {
        lanes: lanes.collect(),
        threads,
        buffers: Mutex::default(),
        moved: (Mutex::new(0), Condvar::new()),
        reading: AtomicU64::new(0),
        checking: AtomicU64::new(0),
        chaining: AtomicU64::new(0),
    };
    std::thread::scope(|scope| {
        for first in 1..threads {
            let shared = &shared;
            scope.spawn(move || {
                shared.work(first, Checker::new(keys, depth, mix, observer.looks()), progress);
            });
        }
        shared.work(0, Checker::new(keys, depth, mix, observer.looks()), progress);
    });
    let time = |nanos: &AtomicU64| Duration::from_nanos(nanos.load(Ordering::Relaxed));
    let times = Times {
        elapsed: start.elapsed(),
        reading: time(&shared.reading),
        checking: time(&shared.checking),
        chaining: time(&shared.chaining),
    };
    let generations = u64::try_from(store.generations.len()).unwrap_or(0);
    let mut journals = Vec::new();
    let mut control_length = 0;
    for lane in shared.lanes {
        let chain = lane.chain.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut report, (control, seq)) = chain.finish();
        if report.journal.is_control() {
            control_length = report.head.next().max(control.saturating_add(1));
        } else if control > control_length {
            let damage = Damage {
                at: Position { journal: report.journal, seq },
                place: "journals".to_owned(),
                what: "its control position lies beyond the control journal".to_owned(),
                expected: format!("at most {control_length}"),
                found: control.to_string(),
            };
            report.faults.push(Fault { damage, part: Part::Journal, affected: 0 });
            report.faults_count = report.faults_count.saturating_add(1);
        }
        journals.push(report);
    }
    Report {
        depth,
        journals,
        generations,
        unopened: store.unopened.clone(),
        threads,
        times: Times { elapsed: start.elapsed(), ..times },
    }
}

impl Shared<'_> {
    fn work(&self, first: usize, mut checker: Checker<'_>, progress: &(dyn Fn(u64) + Sync)) {
        loop {
            let seen = *lock(&self.moved.0);
            match self.step(first, &mut checker, progress) {
                Step::Done => return,
                Step::Moved => {}
                Step::Blocked => {
                    let mut moved = lock(&self.moved.0);
                    while *moved == seen {
                        moved = self.moved.1.wait(moved).unwrap_or_else(PoisonError::into_inner);
                    }
                }
            }
        }
    }

    /// Takes one chunk of some journal through: first of one that nobody else is reading.
    fn step(
        &self,
        first: usize,
        checker: &mut Checker<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Step {
        let room = |lane: &Lane<'_>| {
            lane.waiting.load(Ordering::Acquire) < self.threads.saturating_mul(WAITING_MAX)
        };
        let lanes = || self.lanes.iter().cycle().skip(first).take(self.lanes.len());
        let left = || lanes().filter(|lane| !lane.read.load(Ordering::Acquire));
        if left().next().is_none() {
            return Step::Done;
        }
        let free = left()
            .filter(|lane| room(lane))
            .find_map(|lane| Some((lane, lane.reader.try_lock().ok()?)));
        let (lane, mut reader) = match free {
            Some(free) => free,
            None => match left().find(|lane| room(lane)) {
                Some(lane) => (lane, lock(&lane.reader)),
                None => return Step::Blocked,
            },
        };
        let start = Instant::now();
        let (bytes, bodies) = lock(&self.buffers).pop().unwrap_or_default();
        let chunk = reader.next(bytes);
        let Some(chunk) = chunk else {
            lane.read.store(true, Ordering::Release);
            drop(reader);
            self.tell();
            return Step::Moved;
        };
        lane.waiting.fetch_add(1, Ordering::AcqRel);
        drop(reader);
        spent(&self.reading, start);
        let start = Instant::now();
        let checked = checker.check(lane.journal, chunk, bodies);
        spent(&self.checking, start);
        let records = checked.count();
        let mut chain = lock(&lane.chain);
        let start = Instant::now();
        let done = chain.take(checked, checker);
        spent(&self.chaining, start);
        drop(chain);
        lane.waiting.fetch_sub(done.len(), Ordering::AcqRel);
        let buffers = done.into_iter().map(|chunk| (chunk.bytes, chunk.bodies));
        lock(&self.buffers).extend(buffers);
        self.tell();
        progress(records);
        Step::Moved
    }

    fn tell(&self) {
        let mut moved = lock(&self.moved.0);
        *moved = moved.wrapping_add(1);
        drop(moved);
        self.moved.1.notify_all();
    }
}

/// How a thread's step went.
enum Step {
    /// Nothing is left to read.
    Done,
    /// Something was done.
    Moved,
    /// Others must chain first.
    Blocked,
}

fn spent(sum: &AtomicU64, since: Instant) {
    let nanos = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
    sum.fetch_add(nanos, Ordering::Relaxed);
}
