//! Stories as text: what is given, what is done, what must be true then, each played through a real
//! ledger. The stories stand in `tests/scenarios/*.txt`; days in them were counted by hand from the
//! rules, never copied from what the program prints.
//!
//! # The language
//!
//! ```text
//! # A title begins a story
//! covers: clock dispute-window; default 3.3; state disputed
//! // A remark. A line that begins with blanks goes on with the line before.
//! given   ledger fiscal-year-end=06-30
//! given   payment A-1 500.00 on 2026-01-05 lines=300.00+200.00 of=1234567893
//! given   case OP-1 of A-1 200.00 identified 2026-02-02 cause=units
//! when    2026-02-03 issue-notice OP-1 control_number=7750012
//! when    2026-03-05T23:59 record-dispute OP-1 amount=50.00
//! when    2026-03-06 instruct-offset OP-1 amount=200.00 -> refused offset-while-disputed
//! when    2026-04-03 remittance: A-2 1 400.00 400.00; PLB WO:7750012 100.00 -> offset-while-barred
//! then    on 2026-03-06 case OP-1: state "disputed in part"; outstanding 200.00; free 0.00
//! ```
//!
//! - `given ledger NAME=VALUE` comes first: `fiscal-year-end`, `contract-year-start`; fiscal years end
//!   with the calendar's where it says nothing. `given payment` is a remittance of one claim.
//! - `given` and `when DAY COMMAND SUBJECT NAME=VALUE…` give a command as `lookback record` takes it.
//!   Members that a story is not about are filled in ([`wish`]). `propose COMMAND …` and `approve ID`
//!   are two people's. `adopt-policy ID NAME=VALUE…` adopts a shipped text with parameters changed.
//! - `when DAY remittance: CLAIM STATUS CHARGE PAID; PLB REASON:REFERENCE AMOUNT` is an 835.
//! - Behind `->` stands what is answered: `refused RULE [DAY]`, `already`, `no command`, or the ids of
//!   the findings recorded. Without it: recorded, and no finding.
//! - `then [on DAY] SUBJECT: NAME VALUE; …` asks ([`ask`]); without a day, on that of the line before.
//!
//! Every story ends with the whole ledger verified, its rows folded again and compared, and the money
//! of every case added up again.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::scenarios::read::Table;

mod ask;
mod covering;
mod derived;
mod pay;
mod play;
mod read;
mod wish;

/// All stories, by file.
fn tables() -> Vec<Table> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        all.extend(read::tables(name, &text).unwrap_or_else(|why| panic!("{why}")));
    }
    all
}

#[test]
fn each_story_is_as_its_table_says() {
    let tables = tables();
    let next = AtomicUsize::new(0);
    let failed: Mutex<Vec<String>> = Mutex::default();
    // Stories wait for the disk more than they count.
    let threads = std::thread::available_parallelism().map_or(8, |cores| 4 * cores.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(table) = tables.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let played = std::panic::catch_unwind(|| play::play(table));
                    let why = match played {
                        Ok(Ok(())) => continue,
                        Ok(Err(why)) => why,
                        Err(_) => format!("{}: it panicked (see above)", table.place()),
                    };
                    failed.lock().unwrap_or_else(PoisonError::into_inner).push(why);
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    let (count, all) = (failed.len(), tables.len());
    assert!(failed.is_empty(), "{count} of {all} stories fail\n\n{}\n", failed.join("\n\n"));
    assert!(all >= 60, "{all} stories");
}

/// A story that says something wrong fails, and names its line and both sides.
#[test]
fn a_story_that_is_wrong_fails_where_it_is_wrong() {
    const BEGIN: &str = "# A title\ncovers: clock dispute-window\n\
        given payment A-1 500.00 on 2026-01-05\n\
        given case OP-1 of A-1 200.00 identified 2026-02-02\n";
    for (line, why) in [
        ("then case OP-1: outstanding 199.00", "outstanding: expected 199.00, found 200.00"),
        ("then case OP-1: state noticed", "state: expected noticed, found identified"),
        ("then case OP-1: dispute-window 2026-03-05 open", "found none"),
        ("then case OP-1: outstandig 200.00", "nothing is called outstandig"),
        ("then case OP-2: outstanding 1.00", "OP-2"),
        ("when 2026-02-03 issue-notice OP-1 -> refused stand-down", "found recorded"),
        ("when 2026-02-03 issue-notice OP-1 content=claim", "found refused notice-content"),
        ("when 2026-02-03 issue-notice OP-1 contnt=claim", "found no command"),
        ("when 2026-02-03 record-notice OP-1 content=claim", "found notice-defective"),
        ("when 2026-02-03 remittance: B-1 22 -10.00 -10.00; FB x", "is no part of a remittance"),
        ("perhaps", "given, when or then"),
        ("then clock dispute-window 2024-01-31: strict 2024-03-02", "found 2024-03-01"),
        ("then unmatched: count 1", "found 0"),
    ] {
        let text = format!("{BEGIN}{line}\n");
        let said = match read::tables("wrong.txt", &text) {
            Ok(tables) => play::play(&tables[0]).unwrap_err(),
            Err(said) => said,
        };
        assert!(said.contains(why), "{line}: {said}");
        assert!(said.contains("wrong.txt:5"), "{line}: {said}");
    }
}
