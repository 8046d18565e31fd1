//! A case's story: its records opened and folded, and a look at it behind any of them on any day.

use std::collections::BTreeSet;
use std::rc::Rc;

use chrono::NaiveDate;
use lookback_events::event::act::{Happened, Subject};
use lookback_events::event::deed::Deed;
use lookback_events::event::governance::Governance;
use lookback_events::event::recovery::Recovery;
use lookback_events::event::text::Day;
use lookback_events::event::{Event, Remittance};
use lookback_events::id::{CaseId, JournalId, PayeeId};
use lookback_projections::cases::{self, CaseFacts, CaseRow};
use lookback_projections::movements::{self, MovementRow, Stays};
use lookback_projections::rows::MemoryRows;
use lookback_projections::{Position, Projections, payees};

use super::gather::{Reach, gather};
use super::moved::{self, Movements};
use super::rules::{RulesOf, WhatIf};
use super::standing::{Looked, looked};
use super::steps::{Known, steps};
use super::words;
use super::{Replay, Standing, Sums};
use crate::ledger::Opened;
use crate::report::stand_down::unknown;
use crate::report::{AnswerError, View, day_of};

mod adopted;

/// How a case is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dials {
    /// The day asked about; that of the moment where it is missing.
    pub on: Option<Day>,
    /// Under which other rules.
    pub what_if: Option<WhatIf>,
    /// True where claims and what people wrote are asked for, too.
    pub persons: bool,
    /// True where the money of every day is asked for, too.
    pub curve: bool,
}

/// A case's records, and the case behind each.
#[derive(Debug)]
pub struct Story<'a> {
    view: &'a View<'a>,
    /// The case.
    pub case: CaseId,
    /// Who was paid.
    pub payee: PayeeId,
    /// What is known of it, in the order in which it was learnt.
    pub known: Vec<Known>,
    records: Vec<Opened>,
    /// The day of each record: what happened later is left out of a look at a day.
    days: Vec<Option<NaiveDate>>,
    /// Behind each that is known: how many records there are, and the case.
    behind: Vec<(usize, Option<Behind>)>,
    /// The movements of the case behind all of them.
    moved: Movements,
    rules: RulesOf<'a>,
}

/// The case behind a record.
#[derive(Debug, Clone)]
struct Behind {
    row: CaseRow,
    stays: Stays,
}

/// Replays a case.
///
/// # Errors
/// When it is not known, or a record cannot be read.
pub fn replay(view: &View<'_>, case: &CaseId, dials: &Dials) -> Result<Replay, AnswerError> {
    let story = Story::open(view, case, dials.what_if.clone())?;
    let on = dials.on.unwrap_or_else(|| story.today());
    let now = story.now(on)?.standing;
    let as_it_is = match &dials.what_if {
        Some(_) => Some(Story::open(view, case, None)?.now(on)?.standing),
        None => None,
    };
    let curve = if dials.curve { story.curve(on)? } else { Vec::new() };
    let name = payees::payee(view.ledger().rows(), &story.payee)?.and_then(|row| row.name);
    Ok(Replay {
        case: case.to_string(),
        payee: story.payee.to_string(),
        payee_name: name,
        known_at: view.moment(),
        on,
        what_if: dials.what_if.as_ref().map(WhatIf::in_words),
        steps: steps(&story.known, dials.persons, &|count, control, on| {
            story.look(count, control, on)
        })?,
        now,
        as_it_is,
        curve,
    })
}

impl<'a> Story<'a> {
    /// Opens a case's records and folds them.
    ///
    /// # Errors
    /// When it is not known, or a record cannot be read.
    pub fn open(
        view: &'a View<'a>,
        case: &CaseId,
        what_if: Option<WhatIf>,
    ) -> Result<Self, AnswerError> {
        let ledger = view.ledger();
        let live = cases::case(ledger.rows(), case)?.ok_or_else(|| unknown(case))?;
        let payee = live.payee.clone();
        let journal = JournalId::of_payee(&payee, ledger.choices().journals);
        let rules = RulesOf::new(view, what_if)?;
        let mut story = Self {
            view,
            case: case.clone(),
            payee,
            known: Vec::new(),
            records: Vec::new(),
            days: Vec::new(),
            behind: Vec::new(),
            moved: Movements::new(),
            rules,
        };
        // Of the past there is nothing to hold it against.
        let first = if view.is_past() { Reach::Moved } else { Reach::Bound(case) };
        for reach in [first, Reach::Moved, Reach::All] {
            story.fold(gather(view, &story.payee, journal, reach)?)?;
            if view.is_past() || story.is_as(&live)? {
                break;
            }
            // Something outside what was gathered had a part in it.
        }
        if cfg!(debug_assertions) && !view.is_past() {
            let bound = story.known.clone();
            story.fold(gather(view, &story.payee, journal, Reach::All)?)?;
            debug_assert_eq!(bound, story.known, "what was gathered of {case} is not all of it");
        }
        if story.known.is_empty() {
            return Err(AnswerError::Unknown {
                what: format!("case {case} was not known at {}", view.moment()),
                help: format!("lookback replay case:{case} shows when it was learnt"),
            });
        }
        story.learn_policies()?;
        Ok(story)
    }

    /// How many of its records are known; the policies that changed its days are none of them.
    pub fn records(&self) -> usize {
        self.known.iter().filter(|own| !own.is_policy()).count()
    }

    /// What moved its money, as far as it is known.
    pub fn movements(&self) -> impl Iterator<Item = (Position, &MovementRow)> {
        self.moved.iter().map(|(at, row)| (*at, row))
    }

    /// How many records of control the view knows: of the past not those that came later.
    fn control(&self) -> u64 {
        self.view.end(JournalId::CONTROL)
    }

    /// True where the story ends in the case as the ledger's rows have it.
    fn is_as(&self, live: &CaseRow) -> Result<bool, AnswerError> {
        let Some(row) = self.row() else { return Ok(false) };
        // Who paid the claims is known from the remittances that paid them, which are not gathered.
        let facts = CaseFacts { payer: live.facts.payer.clone(), ..row.facts.clone() };
        let same = CaseRow { facts, ..row.clone() } == *live;
        Ok(same && self.moved == moved::of_case(self.view.ledger().rows(), &self.case)?)
    }

    /// The case as far as it is known.
    pub fn row(&self) -> Option<&CaseRow> {
        self.behind.last().and_then(|(_, behind)| behind.as_ref()).map(|behind| &behind.row)
    }

    /// The day of the moment that the view is of.
    pub fn today(&self) -> Day {
        Day(day_of(self.view.ledger(), self.view.moment()))
    }

    fn fold(&mut self, records: Vec<Opened>) -> Result<(), AnswerError> {
        (self.known, self.behind, self.days) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = MemoryRows::default();
        let mut before = Movements::new();
        let mut last: Option<CaseRow> = None;
        let mut paid_on = None;
        for (place, opened) in records.iter().enumerate() {
            let event = opened.event()?;
            if let Event::Remittance(Remittance::Received(body)) = &event {
                paid_on = body.payment.date.map(|day| day.0);
            }
            self.days.push(match &event {
                Event::Deed(deed) => Some(deed.act().happened.day),
                Event::Remittance(_) | Event::Claim(..) | Event::Original(_) => paid_on,
                Event::Control(_) | Event::VolumeSealed(_) => None,
            });
            Projections::apply(&mut rows, &opened.record(&event)?)?;
            // Only a deed, or a remittance that closes, changes what is known of a case.
            let closes = matches!(&event, Event::Remittance(Remittance::Closed(_)));
            if !closes && !matches!(&event, Event::Deed(_)) {
                continue;
            }
            let row = cases::case(&rows, &self.case)?;
            let after = moved::of_case(&rows, &self.case)?;
            let changed = row != last || after != before;
            if changed || self.is_about(&event) {
                let moved = moved::between(&before, &after);
                let behind = match &row {
                    Some(row) => {
                        Some(Behind { row: row.clone(), stays: movements::stays(&rows, row)? })
                    }
                    None => None,
                };
                self.learn(place, opened, &event, moved, paid_on, behind)?;
            }
            (last, before) = (row, after);
        }
        (self.records, self.moved) = (records, before);
        Ok(())
    }

    /// True where a deed is about the case, its payee, or gives it a movement.
    fn is_about(&self, event: &Event<'_>) -> bool {
        let Event::Deed(deed) = event else { return false };
        match deed.subject() {
            Subject::Case(case) => *case == self.case,
            Subject::Payee(payee) => *payee == self.payee,
            Subject::Audit(_) => false,
            Subject::Hold(_) | Subject::Ledger => match deed {
                Deed::Governance(told) => match &told.detail {
                    Governance::MovementAssigned(one) => one.case == self.case.as_str(),
                    Governance::ActorRegistered(_)
                    | Governance::ActorRetired(_)
                    | Governance::PolicyAdopted(_)
                    | Governance::RunAnnounced(_)
                    | Governance::ProposalMade(_)
                    | Governance::ProposalRejected(_) => false,
                },
                Deed::Hold(_) => deed.subject() != &Subject::Ledger,
                Deed::Recovery(_) | Deed::Audit(_) | Deed::Integrity(_) | Deed::Affairs(_) => false,
            },
        }
    }

    fn learn(
        &mut self,
        place: usize,
        opened: &Opened,
        event: &Event<'_>,
        moved: moved::Moved,
        paid_on: Option<NaiveDate>,
        behind: Option<Behind>,
    ) -> Result<(), AnswerError> {
        let mut known = self.heard_of(opened, event, paid_on)?;
        let at = known.at;
        known.acts = moved.takes;
        let end = place.saturating_add(1);
        if let Event::Deed(deed) = event {
            let command = deed.act().command.to_string();
            // Claims beyond those that one header can name stand in records behind the first.
            let goes_on = |last: &Known| {
                last.command.as_deref() == Some(&command) && last.event == deed.name()
            };
            if self.known.last().is_some_and(goes_on) {
                if let Some(last) = self.known.last_mut() {
                    last.claims.extend(deed.claims().iter().cloned());
                }
                if let Some(last) = self.behind.last_mut() {
                    *last = (end, behind);
                }
                return Ok(());
            }
            of_deed(&mut known, deed);
            // What somebody told of is a movement of that very record; what was seen before is not.
            if moved.at.is_some_and(|first| first != at) {
                known.words.what = format!("{}; {}", known.words.what, moved.what);
            }
            if let Subject::Case(other) = deed.subject()
                && *other != self.case
            {
                known.words.what = format!("of case {other}: {}", known.words.what);
            }
        } else {
            known.words.what = moved.what;
            known.words.said = None;
            known.at = moved.at.unwrap_or(at);
        }
        self.known.push(known);
        self.behind.push((end, behind));
        Ok(())
    }

    /// What a record says by itself.
    fn heard_of(
        &self,
        opened: &Opened,
        event: &Event<'_>,
        paid_on: Option<NaiveDate>,
    ) -> Result<Known, AnswerError> {
        let header = opened.header()?;
        let learnt_on = day_of(self.view.ledger(), header.recorded_at);
        let of_control = opened.at.journal.is_control();
        let behind = opened.at.seq.saturating_add(1);
        let control = if of_control { behind } else { header.control };
        Ok(Known {
            at: Position { journal: opened.at.journal, seq: opened.at.seq },
            event: event.name(),
            actor: header.actor.to_owned(),
            party: None,
            proposed_by: None,
            evidenced: true,
            happened: Happened::on(paid_on.unwrap_or(learnt_on)),
            learnt: header.recorded_at,
            learnt_on: Day(learnt_on),
            words: words::of(event),
            note: None,
            claims: Vec::new(),
            findings: Vec::new(),
            control,
            control_before: control,
            acts: false,
            command: None,
            proposes: false,
            settles: None,
        })
    }

    /// How the case stands on a day, as far as all of it is known.
    ///
    /// # Errors
    /// When it did not begin by then, or cannot be looked at.
    pub fn now(&self, on: Day) -> Result<Looked, AnswerError> {
        let looked = self.looked(self.known.len(), self.control(), on)?;
        looked.ok_or_else(|| AnswerError::Unknown {
            what: format!("case {} was not identified by {}", self.case, on.0),
            help: format!("lookback replay case:{} shows when it was", self.case),
        })
    }

    /// How the case stood behind so many of what is known, with so many records of control known, on a
    /// day.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn look(
        &self,
        count: usize,
        control: u64,
        on: Day,
    ) -> Result<Option<Standing>, AnswerError> {
        Ok(self.looked(count, control, on)?.map(|looked| looked.standing))
    }

    fn looked(&self, count: usize, control: u64, on: Day) -> Result<Option<Looked>, AnswerError> {
        let Some((end, behind)) = count.checked_sub(1).and_then(|last| self.behind.get(last))
        else {
            return Ok(None);
        };
        let by_then = |day: &Option<NaiveDate>| day.is_none_or(|day| day <= on.0);
        let days = self.days.get(..*end).unwrap_or_default();
        let behind = if days.iter().all(by_then) { behind.clone() } else { self.folded(*end, on)? };
        let Some(Behind { row, stays }) = behind else { return Ok(None) };
        let rules: Rc<_> = self.rules.at(control).map_err(AnswerError::Rules)?;
        Ok(Some(looked(&row, &stays, &rules, on)?))
    }

    /// The money of the case by day until a day, as far as all of it is known.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn curve(&self, until: Day) -> Result<Vec<(Day, Sums)>, AnswerError> {
        let days: BTreeSet<NaiveDate> =
            self.days.iter().flatten().copied().filter(|day| *day <= until.0).collect();
        let mut curve = Vec::with_capacity(days.len());
        for day in days.into_iter().map(Day) {
            if let Some(standing) = self.look(self.known.len(), self.control(), day)? {
                curve.push((day, standing.money));
            }
        }
        Ok(curve)
    }

    /// The case as so many of its records say, without what happened after a day.
    fn folded(&self, end: usize, on: Day) -> Result<Option<Behind>, AnswerError> {
        let mut rows = MemoryRows::default();
        for (record, day) in self.records.iter().zip(&self.days).take(end) {
            if day.is_none_or(|day| day <= on.0) {
                let event = record.event()?;
                Projections::apply(&mut rows, &record.record(&event)?)?;
            }
        }
        let Some(row) = cases::case(&rows, &self.case)? else { return Ok(None) };
        let stays = movements::stays(&rows, &row)?;
        Ok(Some(Behind { row, stays }))
    }
}

/// What a deed says of itself.
fn of_deed(known: &mut Known, deed: &Deed) {
    let act = deed.act();
    known.command = Some(act.command.to_string());
    known.settles = act.proposal.as_ref().map(ToString::to_string);
    if let Deed::Governance(told) = deed {
        known.proposes = matches!(&told.detail, Governance::ProposalMade(_));
        if let Governance::ProposalRejected(of) = &told.detail {
            known.settles = Some(of.proposal.clone());
        }
    }
    known.party.clone_from(&act.party);
    known.proposed_by = act.proposed_by.as_ref().map(ToString::to_string);
    known.evidenced = act.document.is_some();
    known.happened = act.happened;
    known.note = deed.note().map(ToOwned::to_owned);
    known.claims = deed.claims().to_vec();
    known.findings = deed
        .findings()
        .iter()
        .map(|finding| format!("{}: {}", finding.rule.id(), finding.message))
        .collect();
    known.acts |= acts(deed);
}

/// True where somebody acted on what was believed.
fn acts(deed: &Deed) -> bool {
    let Deed::Recovery(told) = deed else { return false };
    matches!(
        &told.detail,
        Recovery::OffsetInstructed(_)
            | Recovery::OffsetRecorded(_)
            | Recovery::CaseReferred(_)
            | Recovery::BalanceWrittenOff(_)
    )
}
