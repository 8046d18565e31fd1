//! Lookback: an event-sourced audit and payment-integrity ledger for health plans.
//!
//! **Ground state** is a set of append-only, hash-linked journals of records: what payers said in
//! their 835 files, byte for byte, what people told it, and when we learnt it. **Derived state** is
//! everything else: rows, reports, published tiles. Derived state can be thrown away and made again from
//! the journals; a journal can be made again from nothing but its copy.
//!
//! ```text
//! bytes -> command -> decide -> event -> append -> project -> query
//! ingest   command    decide    events   journal   projections report, replay, cli
//! ```
//!
//! Nothing flows back, except that [`decide`] reads the rows that projections made of what was
//! already appended.
//!
//! This is the architecture document. It says what holds and why; the module of each thing says
//! more. What is planned and not written is under *Not here yet*, at the end, and nowhere else.
//!
//! # Words
//!
//! - **event**: a fact, in the past tense (`ClaimPaid`); **record**: an event in its place, with
//!   number, moment, actor and hashes; **commit**: records that are kept all or not at all.
//! - **journal**: an append-only chain of records; **stream**: the thread of one claim, payee or file
//!   through a journal; **volume**: an immutable file of records that are sealed off.
//! - **row**: one keyed piece of derived state; **projection**: a fold of records into rows.
//! - **finding**: odd input, recorded, stopping nothing; **error**: the world failed; **panic**: we
//!   are wrong.
//! - **unit**: what one encryption key covers: a payee's remittances of one contract year, what could
//!   not be read in one year, the ledger itself.
//!
//! # Crates and walls
//!
//! ```text
//! events            facts, and the bytes that hold them
//!   ^ projections   answers folded from facts: no clock, no disk, no network
//!     ^ src         the world: store, keys, files, people
//! ```
//!
//! Cargo holds these walls. [`lookback_events`] is all that an outside verifier needs, and holds
//! nothing that one does not need. [`lookback_projections`] is pure: the same records give the same
//! rows on every machine. Inside this crate a test (`tests/tidy.rs`) keeps two names in one file
//! each: the store's library in [`journal::sled`], the wall clock in [`now`]. What remains has one
//! direction:
//!
//! - [`ingest`] reads bytes and believes nothing; [`check`] is the same reader without a ledger;
//! - [`command`] reads what people want, [`record`] decides it and appends it;
//! - [`decide`] is a pure function: rows, policies and a command in, events or a refusal out;
//! - [`journal`] makes records durable and knows nothing of their meaning;
//! - [`ledger`] is the folder as one thing: lock, keys, journals, rows, checkpoints;
//! - [`report`], [`replay`] and [`original`] answer, [`verify`] and [`repair`] doubt, [`publish`] shows
//!   others;
//! - [`cli`] turns arguments into calls of all these; it can do nothing that a library user cannot.
//!
//! # Journals, streams, units
//!
//! One journal, `control`, holds what concerns everybody: the ledger's own choices, payees as they are
//! first seen, files received, bytes that no remittance could be made of. The payment journals `p00`
//! to `pNN` hold money. How many there are is fixed when the ledger is made. A payee has one journal
//! for ever (by a hash of its identifier), so everything about one payee's money is in one order, and
//! no decision needs two payment journals.
//!
//! A remittance is `RemittanceReceived`, one record a claim and provider adjustment, and
//! `RemittanceClosed` with totals, balances and findings. Up to 4,096 records and 16 MiB it is one
//! commit. A larger one is several, and counts as incomplete, visibly, until it is closed; the same
//! file ingested again goes on where it stopped. `FileReceived` follows in
//! control. The payer's bytes are in the records, each claim with its own loop, so a file is given
//! back byte for byte ([`original`]) without a second store to lose.
//!
//! A record is a **header** and a **body**. The header is the leaf that is hashed: fixed members, no
//! personal data, the hash of the record before it, keyed hashes of the streams it belongs to, and how
//! much of control had been applied when it was decided. The body is bound by one salted commitment a
//! field and is stored sealed under its unit's key. What is hashed is exactly what is stored: nothing
//! is ever serialised again to be verified ([`lookback_events::record`], [`lookback_events::body`]).
//!
//! Each journal is a transparency log of its own: the Merkle tree of RFC 6962, checkpoints signed
//! with Ed25519 as C2SP signed notes, published as C2SP tlog-tiles.
//!
//! # The commit, and what holds if we crash
//!
//! One process has a ledger ([`ledger::hold`]), one thread writes.
//!
//! | step | if we crash behind it |
//! |---|---|
//! | the file is read once for its digests | nothing was written |
//! | facts are decided from rows at the head, placed, and folded into rows in memory | nothing was written; the next run decides the same |
//! | bodies are encoded, chained (header, `prev`, leaf, tree) and sealed, beside the writer | nothing was written |
//! | new unit keys are synced to the key file | a key that seals nothing; it is used by the next run |
//! | what is ready becomes one batch in sled, flushed, then `fdatasync` | before the sync returned: the batch is there whole or not at all, and nobody was told; behind it: it is a fact |
//! | the commit is acknowledged, the file's answer printed | all of it is there, and ingested again it is *already recorded* |
//! | a full stretch is copied into a volume beside its final name, synced, renamed, read back and hashed | an unfinished file is thrown away on start and made again from sled |
//! | `VolumeSealed` is appended | a volume without it is announced on start |
//! | an older generation of sled is removed | what it held lies in announced volumes |
//! | rows are saved, with how far they were folded, in one batch | rows are behind and catch up from the journals on start |
//! | a checkpoint is signed: read back, hashed, made durable here before anybody sees it | the signature was given to nobody |
//!
//! A failed sync poisons the writer: this process acknowledges nothing more, and the next start
//! verifies the tail before it goes on. When the disk has less than the reserve free, writing stops
//! with a clear error *before* it is full, because sled cannot be opened on a full disk.
//!
//! **Start is verification.** The newest records are hashed again, and every journal is compared with
//! its last signed checkpoint, which lies in a small file apart from the store. A store that is behind
//! what was signed, or has another history, is refused. A moment never goes back within a journal: a
//! clock more than five minutes behind the newest record is refused until a person accepts it.
//!
//! # Hot and cold
//!
//! *Hot* is sled, where an event becomes a fact: blocks of records, the open edge of each tree, heads.
//! sled does not give back the space of deleted keys, so the hot store is a row of *generations*, each
//! a database of its own, removed whole once all in it lies in volumes ([`journal::hot`]).
//! *Cold* is history: every 65,536 records of a journal become one immutable volume with its sorted
//! index of streams and a filter ([`journal::volume`]). So the hot store is bounded at any age, and a
//! claim's few records are found through indexes, not through a row a claim.
//!
//! sled 0.34.7 is used as measurement taught, in one file that says so ([`journal::sled`]): values
//! small enough to stay in its log, a sync on a handle of our own after each flush, one writer.
//!
//! # Rows
//!
//! A projection folds records into rows, `apply(rows, record)`, and answers questions. In the ledger
//! the rows are a second sled database behind an overlay in memory ([`rows`]): off the commit path,
//! saved in batches that say how far they were folded, made again when they are damaged or of another
//! version. A decision sees the rows at the head at once; only their saving lags. Rows hold no
//! patient's data: they point to records.
//!
//! What was *known* at a moment is a prefix of every journal; `--known-at` folds that prefix anew
//! ([`report`]). Nothing in an answer depends on today.
//!
//! # Deciding
//!
//! Instructing is refused, recording is not. A command that wants something done which a rule forbids
//! (issue a notice, instruct an offset, release a hold alone) is a *refusal*: its rule, the day that was
//! computed, the records behind it ([`decide`]). What has happened is recorded, also where it breaks a
//! rule: then with a finding. Findings that a remittance and its payee's history show (a check number
//! used twice, a reversal without an original, a forward balance nobody made) are recorded when it
//! closes, as what we saw then; a later record may resolve them, which is a row.
//!
//! A command has an id: sent again it is answered as before, with other content it is refused. It may
//! say which record it expects to be the last of its subject. What needs two people is two commands of
//! two actors, `propose` and `approve`. The first actor that is registered begins the rule of roles;
//! until then anybody acts, by a name that is *asserted*. No command bills a member: there is none.
//!
//! # Cases and their money
//!
//! A case is one overpayment, in the journal of its payee, so that claims, letters and money of it are in
//! one order. After every event, to the cent ([`lookback_projections::cases`]):
//!
//! ```text
//! identified + restoration owed
//!     = reduced + collected + carried forward + written off + outstanding
//! ```
//!
//! Remittances move that money only when they close, as a whole ([`lookback_projections::movements`]):
//! what opposes each other in one remittance is netted first, a forward balance made in it was not
//! collected, and what remains finds its case by a ladder (a control number, a claim's numbers, the only
//! open amount) or waits in the unmatched queue for a person. One movement counts once, whether a person
//! recorded it, a PLB shows it, or both. Debug builds and [`verify`] add every case up again.
//!
//! Windows, eligibility and states are not stored: they follow from a case's row, the policies and a day
//! ([`lookback_projections::windows`], [`lookback_projections::state`]). So `--on` asks of any day, and
//! [`replay`] folds a case's own records again up to each step: what was known, what was true, what the
//! ledger believed before it learnt of something late.
//!
//! # Policies and clocks
//!
//! Rules about time are data: a policy is a TOML text of typed rules with citation and verification
//! status ([`lookback_projections::policy`]), a calendar a versioned list of holidays
//! ([`lookback_projections::calendar`]). A clock is a rule run on facts, and what it gives is a day
//! that explains itself: rule, version, citation, calendar, facts, what moved it, which candidates
//! lost ([`lookback_projections::clocks`]). A rule that was not read in its primary text, or binds
//! somebody else, never decides.
//!
//! # Keys
//!
//! Unit keys are random, wrapped by a master key (a file of mode 0600, or the environment) in one
//! append-only file of their own ([`keys`]). They are never in a journal and never in sled, so losing
//! sled loses no key. A lost key file is a lost ledger: back it up, and the master key elsewhere.
//!
//! # Evidence
//!
//! Today: signed checkpoints ([`checkpoints`]), each journal published as tiles that other people's
//! programs read unchanged, and the inclusion proof of any record ([`publish`]). Published entries are
//! headers; bodies never leave. Commitments already allow one field to be shown without its
//! neighbours; the bundle that does so comes later.
//!
//! # What we promise
//!
//! The README lists the promises with the test that holds each. The oracle of most of them is
//! [`verify`]: it reads everything that is stored again, compares it with everything that binds it,
//! and names the first damage exactly. [`repair`] puts back what is still proved and says what is
//! lost; it invents nothing and drops nothing in silence.
//!
//! # Speed, and what bounds it
//!
//! Each benchmark prints the physical limit of its run beside our own number: `cargo bench --bench
//! ingest`, `append`, `reader`, `verify`, `questions`. On two shared cores with a fast disk, medians:
//!
//! | what | measured | beside |
//! |---|---|---|
//! | durable ingest, 100,000 claims of four lines | 31,000 claims/s | 0.10 of a plain file that writes and syncs the same bytes in the same groups |
//! | the same, ten million | 25,000 claims/s, start and signing included | 0.87 of the same at 100,000 |
//! | peak memory: 100,000 claims; ten million; 1 GB as one remittance; 1 GB as one segment | 189; 410; 295; 140 MiB | 512 |
//! | append alone, bodies of 1 KiB, batches of 256 | 88,000 events/s | 0.12 of the plain file |
//! | a single append, waited for | p50 0.4 ms, p99 0.85 ms | |
//! | `show claim` among ten million, a new process | 0.2 s; 0.6 s when nothing is cached | 0.5 s |
//! | `verify --headers` | 0.4 | of raw SHA-256 over the headers |
//! | `verify` | 0.13 to 0.15 | of raw SHA-256 over headers and bodies |
//! | a question about 5,000 cases among 100,000 claims, a new process | 0.07 to 0.2 s | |
//! | the same, 50,000 cases among 1,000,000 claims, the machine busy | `due` 3.5 to 5.3 s, the others 0.5 to 3.1 s | 2 s |
//! | one case replayed in an open ledger, 17 cases a payee; among 1,000,000 claims | median 0.8 ms, worst 24; 0.9, worst 30 | 20 ms |
//! | a report as known at a moment, which folds the journals | 50,000 records/s | |
//! | commands recorded | 5,000/s | |
//! | rows made again, 100,000 claims; 1,000,000, the machine busy | 57,000; 50,000 records/s | 0.41; 0.29 of reading and opening them |
//!
//! Ingest is bound by the processors, not by the disk. A claim costs 48 us of processor time on its way:
//! reading and folding 15 (the file's digest, its segments, what the history needs to know), its body
//! and commitments 11, header, leaf hash and seal 6, sled 14, the volume 2. Its record has 2.7 KB, five
//! times the claim's own bytes. sled's pages are made ahead for runs of long values, which are so written
//! once and not three times as pages fill and split ([`journal::sled`]). What is proportional to bytes
//! bounds the ratio to a plain file at about 0.25 even if the rest cost nothing. Tried and dropped: larger
//! values (their pages leave sled's log), other allocators.
//!
//! Verification is bound by SHA-256 itself: a header of 500 bytes hashes as nine blocks and two more for
//! the tree, 1.4 times what raw hashing needs; records that lie only in sled cost four times those in
//! volumes, because their headers lie between their bodies.
//!
//! # Not here yet
//!
//! Disposal (retention is computed, holds are kept, nothing is destroyed); evidence bundles; Kafka, a
//! second machine, an API over HTTP; key services and single sign-on: an actor's name is *asserted*.

pub mod check;
pub mod checkpoints;
pub mod cli;
pub mod command;
pub mod config;
pub mod decide;
pub mod demo;
pub mod generate;
pub mod ingest;
pub mod journal;
pub mod keys;
pub mod ledger;
pub mod now;
pub mod original;
pub mod publish;
pub mod record;
pub mod repair;
pub mod replay;
pub mod report;
pub mod rows;
pub mod verify;
