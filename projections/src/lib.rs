//! Answers folded from facts.
//!
//! Rows are derived state: thrown away and folded again they are the same bytes, however the journals
//! were interleaved and wherever a fold stopped and went on (`projections/tests/folds.rs`). Not here:
//! where rows are kept, when records became durable, and how an answer looks.
//!
//! A projection is a deterministic fold of records into rows, plus questions that take what they are
//! asked about as arguments. Pure: no clock, no disk, no network; rows are read and written through
//! [`rows::Rows`], which the caller keeps.
//!
//! Beside the folds stand [`policy`] (rules about time, as data), [`calendar`] and [`clocks`] (the
//! days that rules give, each with its explanation). They read no rows: who folds events into facts
//! runs the clocks.
//!
//! Rows hold no patient's data: they point to records. Where a row must know a claim again, it holds
//! a SHA-256 of payee and patient control number ([`findings`]).
//!
//! Of a claim the folds read `remittance`, `ordinal`, `location`, `dates`, `charge` and `paid`; of a
//! reversal, and of a payee with cases or with a reversal that waits, also `patient_control` and
//! `payer_control`. Of the other events
//! they read all but the bytes as received and what precedes them.
//!
//! | letter | fields of the key | value | changed by |
//! |---|---|---|---|
//! | `L` | | [`ledger::LedgerRow`] | control |
//! | `P` | payee | [`payees::PayeeRow`] | control |
//! | `I` | payee, TIN | nothing | control |
//! | `T` | TIN, NPI | payee | control |
//! | `Q` | payee, payee | [`payees::LinkRow`], once from each of the two | control |
//! | `F` | SHA-256 of the file | [`files::FileRow`] | control |
//! | `G` | position of `FileReceived` | SHA-256 of the file | control |
//! | `H` | SHA-256 of a file not received yet | nothing | control |
//! | `R` | digest of the remittance | [`remittances::RemittanceRow`] | its journal |
//! | `D` | payment date, journal, position | digest | its journal |
//! | `E` | payee, payment date, journal, position | digest | its journal |
//! | `N` | journal, position | digest of a remittance not closed yet | its journal |
//! | `O` | journal | [`remittances::Open`] | its journal |
//! | `K` | payee, TRN03, TRN02, digest | nothing | its journal |
//! | `X` | journal, position, number | [`findings::FindingRow`] | its journal |
//! | `Z` | digest of a remittance, file or subject, journal, position, number | nothing | the finding's journal |
//! | `V` | digest, number of the claim | what a reversal takes back, until its remittance is closed | its journal |
//! | `U` | digest, number | id of a forward balance consumed before it was made, until then | its journal |
//! | `W` | payee, `f` or `r`, id or claim, position, number | a finding that a later record may resolve | its journal |
//! | `C` | payee | how many reversals wait | its journal |
//! | `B` | payee, id | [`forwards::ForwardRow`] | its journal |
//! | `A` | payee, location, month | [`accounts::AccountRow`] | its journal |
//! | `J` | payee, month, reason | [`accounts::AdjustmentRow`] | its journal |
//! | `Y` | journal | [`cycles::CycleRow`] | its journal |
//! | `e` | payee, contract year of payment, contract year of services | [`retention::TouchedRow`] | its journal |
//! | `w` | payee, ISO week | [`offsets::WeekRow`] | its journal |
//! | `y` | payment date, payer, journal | [`runs::ReceivedRow`] | its journal |
//! | `c` | case | the beginning of a [`cases::CaseRow`] | its payee's journal |
//! | `f` | case, number | what of it goes on | its payee's journal |
//! | `d` | payee, case | nothing | its journal |
//! | `z` | payee | how many cases it has, and reversals of its claims without correction | its journal |
//! | `k` | payee, `n`, `p` or `a`, SHA-256 of a number | the cases that the financial control number, payer or patient control number may mean | its journal |
//! | `m` | journal, position | [`movements::MovementRow`] | its journal |
//! | `n` | case, journal, position | nothing: the movements of a case | its payee's journal |
//! | `q` | payee, journal, position | nothing: the movements that wait for a person | its journal |
//! | `g` | payee, id | of which movements a forward balance holds how much | its journal |
//! | `t` | digest, `c` or `p`, claim or position | what an open remittance shows, until it is closed | its journal |
//! | `v` | payee, claim and days of service | what was reversed and is not corrected | its journal |
//! | `j` | journal, position | [`movements::AssignmentRow`] | control |
//! | `x` | command | [`commands::CommandRow`] | the journal of its records |
//! | `a` | audit | [`audits::AuditRow`] | its payee's journal |
//! | `h` | hold | [`holds::HoldRow`] | the journal of what is held |
//! | `i` | payee or case, as `payee:…` | [`integrity::IntegrityRow`] | its payee's journal |
//! | `b` | payee | [`affairs::AffairsRow`] | its journal |
//! | `b` | payee, check number | [`affairs::CheckRow`] | its journal |
//! | `u` | actor | [`governance::ActorRow`] | control |
//! | `o` | proposal's command | [`governance::ProposalRow`] | the journal of what it is about |
//! | `r` | payment run | [`governance::RunRow`] | control |
//! | `p` | policy, version | [`governance::PolicyRow`] | control |
//! | `s` | moment, journal, position | [`trail::TrailRow`] | the journal of the record |

use lookback_events::event::deed::Deed;
use lookback_events::event::{Control, Event, Remittance};
use lookback_events::id::JournalId;
use lookback_events::time::Timestamp;

pub mod accounts;
pub mod affairs;
pub mod audits;
pub mod calendar;
pub mod case_on;
pub mod cases;
pub mod clocks;
pub mod commands;
mod compact;
pub mod cycles;
pub mod entries;
pub mod files;
pub mod findings;
pub mod forwards;
pub mod governance;
pub mod holds;
pub mod integrity;
mod keys;
pub mod ledger;
pub mod lookbacks;
pub mod movements;
pub mod offsets;
pub mod payees;
pub mod payments;
pub mod policy;
pub mod remittances;
pub mod retention;
pub mod rows;
pub mod rules;
pub mod runs;
pub mod state;
pub mod trail;
pub mod windows;

use rows::{Rows, RowsError};

/// Where a record is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Position {
    /// Its journal.
    #[serde(with = "compact::journal")]
    pub journal: JournalId,
    /// Its position there.
    pub seq: u64,
}

/// A record as projections see it: an event in its place.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Its journal.
    pub journal: JournalId,
    /// Its position there.
    pub seq: u64,
    /// When it was recorded, UTC.
    pub recorded_at: Timestamp,
    /// How many records of the control journal had been applied when it was decided; in the control
    /// journal itself its own position.
    pub control: u64,
    /// Who acted.
    pub actor: &'a str,
    /// What it says.
    pub event: &'a Event<'a>,
}

impl Record<'_> {
    /// Where it is.
    pub fn position(&self) -> Position {
        Position { journal: self.journal, seq: self.seq }
    }
}

/// All projections.
#[derive(Debug, Clone, Copy)]
pub struct Projections;

impl Projections {
    /// Changes whenever a fold does; rows of another version are folded again.
    pub const VERSION: u32 = 10;

    /// Folds one record into the rows.
    ///
    /// # Errors
    /// When the rows cannot be read, or the record cannot follow those folded before it.
    pub fn apply(rows: &mut dyn Rows, record: &Record<'_>) -> Result<(), RowsError> {
        match record.event {
            Event::Control(control) => match control {
                Control::LedgerCreated(body) => ledger::created(rows, body),
                Control::PayeeSeen(body) => payees::seen(rows, record, &body.payee),
                Control::PayeesLinked(body) => payees::linked(rows, record, &body.link),
                Control::FileReceived(body) => {
                    files::received(rows, record, body)?;
                    trail::took(rows, record, body)?;
                    findings::of_file(rows, record, body)
                }
                Control::FilePart(body) => files::listed(rows, record, body),
                // It allows a record; no other answer depends on it.
                Control::ClockAccepted(_) => trail::accepted_clock(rows, record),
            },
            Event::Remittance(remittance) => match remittance {
                Remittance::Received(body) => remittances::begin(rows, record, body),
                Remittance::Adjusted(body) => {
                    let mut open = remittances::reopen(rows, record, &body.adjustment.remittance)?;
                    open.running.adjusted(body)?;
                    forwards::adjusted(rows, record, &mut open, body)?;
                    movements::adjusted(rows, record, &mut open, body)?;
                    accounts::adjusted(rows, &open, body)?;
                    open.save(rows, record.journal)
                }
                Remittance::Findings(body) => {
                    let mut open = remittances::reopen(rows, record, &body.remittance)?;
                    open.running.findings_record()?;
                    findings::of_remittance(rows, record, &mut open, &body.findings)?;
                    open.save(rows, record.journal)
                }
                Remittance::Closed(body) => {
                    let mut open = remittances::reopen(rows, record, &body.remittance)?;
                    findings::of_remittance(rows, record, &mut open, &body.findings)?;
                    findings::closed(rows, &open)?;
                    cycles::closed(rows, record, &open)?;
                    movements::closed(rows, record, &open)?;
                    remittances::close(rows, record, &open, body)
                }
            },
            Event::Claim(kind, body) => {
                let mut open = remittances::reopen(rows, record, &body.claim.remittance)?;
                open.running.claim(*kind, body)?;
                open.touched.claim(body);
                findings::of_claim(rows, record, &mut open, *kind, body)?;
                accounts::claim(rows, &open, *kind, body)?;
                movements::claim(rows, record, &mut open, *kind, body)?;
                open.save(rows, record.journal)
            }
            Event::Original(body) => match body.part.remittance {
                Some(digest) => remittances::part(rows, record, digest),
                None => files::original(rows, body),
            },
            // Where bodies lie is the store's affair.
            Event::VolumeSealed(_) => Ok(()),
            Event::Deed(deed) => Self::deed(rows, record, deed),
        }
    }
    fn deed(rows: &mut dyn Rows, record: &Record<'_>, deed: &Deed) -> Result<(), RowsError> {
        if !commands::first(rows, record, deed)? {
            return Ok(());
        }
        trail::did(rows, record, deed)?;
        match deed {
            Deed::Recovery(told) => cases::apply(rows, record, told),
            Deed::Audit(told) => audits::apply(rows, record, told),
            Deed::Integrity(told) => integrity::apply(rows, record, told),
            Deed::Hold(told) => holds::apply(rows, record, told),
            Deed::Affairs(told) => affairs::apply(rows, record, told),
            Deed::Governance(told) => governance::apply(rows, record, told),
        }?;
        governance::approved(rows, record, deed.act())?;
        findings::of_deed(rows, record, deed)
    }
}
