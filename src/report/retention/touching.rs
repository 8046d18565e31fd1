//! What touches what: the units of a payee with the cases, audits and holds that keep them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::id::{AuditId, CaseId, PayeeId, UnitId};
use lookback_events::time::MonthDay;
use lookback_projections::audits::{self, AuditRow};
use lookback_projections::cases::{self, CaseRow};
use lookback_projections::clocks::Source;
use lookback_projections::lookbacks::line_of;
use lookback_projections::policy::fact::SpanKind;
use lookback_projections::policy::scope::Line;
use lookback_projections::remittances::{self, RemittanceRow, Which};
use lookback_projections::retention::keeping::{Keeper, Touches, span_of_hold};
use lookback_projections::retention::{self, Units};
use lookback_projections::{Position, entries, holds, movements};

use super::super::findings::place;
use super::super::holds::ends;
use super::super::stand_down::{Covered, MASK};
use super::super::{AnswerError, View, ended, go_on};
use super::Found;

/// A day on which money moved, where, and whether a remittance or a document shows it.
type Moved = (NaiveDate, Position, bool);

/// A case, as far as it keeps records.
struct Case {
    id: CaseId,
    /// Payments that are known; `None` among the claims makes it touch every unit.
    payments: Vec<Option<Position>>,
    line: String,
    keeper: Keeper,
    /// The last day on which it moved money, and where.
    moved: Option<Moved>,
    /// An agency's stand-down keeps it off lists.
    hidden: bool,
}

/// Everything that keeps records, over all payees.
pub(super) struct Touching {
    cases: BTreeMap<PayeeId, Vec<Case>>,
    audits: BTreeMap<PayeeId, Vec<(AuditId, AuditRow)>>,
    /// By scope, as the holds name it.
    holds: Vec<(String, Keeper)>,
    lines: BTreeSet<Line>,
    starts: MonthDay,
    on: Day,
    cleared: bool,
    covered: Covered,
}

fn day_after(day: NaiveDate) -> Day {
    Day(day.succ_opt().unwrap_or(day))
}

/// Whether what moved money at a record is shown; what carried or consumed a forward balance is a
/// remittance.
fn is_shown(view: &View<'_>, at: Position) -> Result<bool, AnswerError> {
    let movement = movements::movement(view.rows(), at)?;
    Ok(movement.is_none_or(|movement| movement.is_shown()))
}

impl Touching {
    pub(super) fn gather(
        view: &View<'_>,
        lines: BTreeSet<Line>,
        on: Day,
        cleared: bool,
    ) -> Result<Self, AnswerError> {
        let starts = view.ledger().choices().contract_year_start;
        let (cases, audits) = (BTreeMap::new(), BTreeMap::new());
        let (holds, covered) = (Vec::new(), Covered::on(view, on)?);
        let mut all = Self { cases, audits, holds, lines, starts, on, cleared, covered };
        let mut failed = None;
        cases::all(view.rows(), &mut |id, row| {
            go_on(&mut failed, all.case(view, id, &row).map(|()| true))
        })?;
        ended(failed)?;
        audits::all(view.rows(), &mut |id, row| {
            if Day(row.opened.happened.day) <= on {
                all.audits.entry(row.payee.clone()).or_default().push((id, row));
            }
            true
        })?;
        holds::all(view.rows(), &mut |id, row| {
            let from = Day(row.placed.happened.day);
            let keeper = Keeper {
                what: format!("hold:{id}"),
                kind: span_of_hold(row.kind),
                from,
                until: ends(&row),
                position: place(row.placed.at).to_string(),
            };
            if from <= on {
                all.holds.push((row.scope, keeper));
            }
            true
        })?;
        Ok(all)
    }

    fn case(&mut self, view: &View<'_>, id: CaseId, row: &CaseRow) -> Result<(), AnswerError> {
        let from = Day(row.identified.happened.day);
        if from > self.on {
            return Ok(());
        }
        let moved = entries::of(view.rows(), &id, row)?.into_iter().filter(|entry| {
            entry.day <= self.on.0 && !(entry.collected.is_zero() && entry.carried.is_zero())
        });
        let moved = moved.map(|entry| (entry.day, entry.at, entry.evidenced)).max();
        // What was taken from the case later had moved money all the same.
        let last = match row.moved.filter(|(day, _)| *day <= self.on) {
            Some((day, at)) => Some((day.0, at, is_shown(view, at)?)),
            None => None,
        };
        let moved = moved.max(last);
        let hidden = !self.cleared && self.covered.case(&id, &row.payee);
        let name = if hidden { MASK } else { id.as_str() };
        let keeper = Keeper {
            what: format!("case:{name}"),
            kind: SpanKind::Litigation,
            from,
            until: row.ended.as_ref().map(|(known, _)| day_after(known.happened.day)),
            position: place(row.identified.at).to_string(),
        };
        let case = Case {
            id,
            payments: row.claims.iter().map(|claim| claim.payment).collect(),
            line: row.facts.line_of_business.clone(),
            keeper,
            moved,
            hidden,
        };
        self.cases.entry(row.payee.clone()).or_default().push(case);
        Ok(())
    }

    /// What is known of one payee.
    pub(super) fn of<'a>(
        &'a self,
        view: &View<'_>,
        id: &'a PayeeId,
    ) -> Result<Payee<'a>, AnswerError> {
        let mut units = Units { payee: id.clone(), units: Vec::new() };
        retention::units(view.rows(), Some(id), &mut |found| {
            units = found;
            true
        })?;
        let cases = self.cases.get(id).map_or(&[][..], Vec::as_slice);
        let mut remittances = Vec::new();
        let mut incomplete: BTreeMap<i32, u64> = BTreeMap::new();
        remittances::all(view.rows(), Which::OfPayee(id), &mut |_, row| {
            let unit = self.unit_of(&row);
            if row.closed.is_none() {
                let count = incomplete.entry(unit).or_default();
                *count = count.saturating_add(1);
            }
            if !cases.is_empty() {
                remittances.push(Came::of(&row, unit));
            }
            true
        })?;
        let touched = cases.iter().map(|case| case_touches(case, &units, &remittances));
        let cases: Vec<(&Case, Touched)> = cases.iter().zip(touched).collect();
        let mut moved: BTreeMap<i32, Moved> = BTreeMap::new();
        for (case, touched) in &cases {
            let Some(last) = case.moved else { continue };
            for year in &touched.services {
                let known = moved.entry(*year).or_insert(last);
                *known = (*known).max(last);
            }
        }
        let audits = self.audits.get(id).map_or(&[][..], Vec::as_slice);
        Ok(Payee { id, all: self, units, cases, audits, incomplete, moved })
    }

    /// The contract year of the unit that a remittance lies in.
    fn unit_of(&self, row: &RemittanceRow) -> i32 {
        let day = row.paid_on.unwrap_or_else(|| row.recorded_at.to_utc().date_naive());
        self.starts.year_of(day)
    }
}

/// A remittance, as far as a payment is found in it.
struct Came {
    unit: i32,
    first: Position,
    /// Its last record; `None` while it is incomplete.
    last: Option<u64>,
    services: Vec<i32>,
}

impl Came {
    fn of(row: &RemittanceRow, unit: i32) -> Self {
        Self {
            unit,
            first: row.position(),
            last: row.closed.map(|closed| closed.last),
            services: row.contract_years().collect(),
        }
    }

    fn holds(&self, at: Position) -> bool {
        self.first.journal == at.journal
            && self.first.seq <= at.seq
            && self.last.is_none_or(|last| at.seq <= last)
    }
}

/// Which units a case touches, and the contract years of whose services.
#[derive(Default)]
struct Touched {
    units: BTreeSet<i32>,
    services: BTreeSet<i32>,
}

fn case_touches(case: &Case, units: &Units, remittances: &[Came]) -> Touched {
    let mut touched = Touched::default();
    for payment in &case.payments {
        let holds = |came: &&Came| payment.is_some_and(|at| came.holds(at));
        let mut found = false;
        for came in remittances.iter().filter(holds) {
            found = true;
            touched.units.insert(came.unit);
            touched.services.extend(&came.services);
        }
        if !found {
            for unit in &units.units {
                touched.units.insert(unit.year);
                touched.services.extend(unit.touches.iter().map(|(year, _)| *year));
            }
        }
    }
    touched
}

/// A payee with everything that keeps its records.
pub(super) struct Payee<'a> {
    pub(super) id: &'a PayeeId,
    all: &'a Touching,
    units: Units,
    cases: Vec<(&'a Case, Touched)>,
    audits: &'a [(AuditId, AuditRow)],
    incomplete: BTreeMap<i32, u64>,
    /// By contract year: the last movement of a case for its services.
    moved: BTreeMap<i32, Moved>,
}

impl Payee<'_> {
    /// Its units: remittances by contract year, then cases, then audits.
    pub(super) fn units(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for unit in &self.units.units {
            let years: Vec<i32> = unit.touches.iter().map(|(year, _)| *year).collect();
            let cases = self.cases.iter().filter(|(_, touched)| touched.units.contains(&unit.year));
            let cases: Vec<&Case> = cases.map(|(case, _)| *case).collect();
            let audits: Vec<&(AuditId, AuditRow)> =
                self.audits.iter().filter(|(_, row)| self.looks_at(row, unit.year)).collect();
            let id = unit.id();
            let mut touching = vec![id.clone()];
            touching.extend(cases.iter().map(|case| UnitId::case(&case.id)));
            touching.extend(audits.iter().map(|(id, _)| UnitId::audit(id)));
            let mut keepers: BTreeSet<Keeper> = self.holds(&touching).collect();
            keepers.extend(cases.iter().map(|case| case.keeper.clone()));
            keepers.extend(audits.into_iter().map(keeper_of_audit));
            let incomplete = self.incomplete.get(&unit.year).copied().unwrap_or(0);
            let lines = self.all.lines.clone();
            let cases = u64::try_from(cases.len()).unwrap_or(u64::MAX);
            found.push(self.found(id.to_string(), years, cases, keepers, lines, incomplete));
        }
        for (case, touched) in self.cases.iter().filter(|(case, _)| !case.hidden) {
            let years: Vec<i32> = touched.services.iter().copied().collect();
            let id = UnitId::case(&case.id);
            let mut keepers = BTreeSet::from([case.keeper.clone()]);
            keepers.extend(self.holds(std::slice::from_ref(&id)));
            let lines = line_of(&case.line).map_or(self.all.lines.clone(), |l| [l].into());
            found.push(self.found(id.to_string(), years, 1, keepers, lines, 0));
        }
        for audit in self.audits {
            let (id, row) = (UnitId::audit(&audit.0), &audit.1);
            let units = self.units.units.iter().filter(|unit| self.looks_at(row, unit.year));
            let years = units.flat_map(|unit| unit.touches.iter().map(|(year, _)| *year));
            let years: BTreeSet<i32> = years.collect();
            let mut keepers = BTreeSet::from([keeper_of_audit(audit)]);
            keepers.extend(self.holds(std::slice::from_ref(&id)));
            let line = line_of(&row.line_of_business);
            let lines = line.map_or(self.all.lines.clone(), |l| [l].into());
            let years = years.into_iter().collect();
            found.push(self.found(id.to_string(), years, 0, keepers, lines, 0));
        }
        found
    }

    fn found(
        &self,
        unit: String,
        years: Vec<i32>,
        cases: u64,
        keepers: BTreeSet<Keeper>,
        lines: BTreeSet<Line>,
        incomplete: u64,
    ) -> Found {
        let last = years.iter().filter_map(|year| {
            let seen = self.units.last_movement(*year);
            let seen = seen.and_then(|row| Some((row.moved_on?, row.moved_at?, true)));
            let last = seen.max(self.moved.get(year).copied())?;
            Some((last, *year))
        });
        let last = last.max();
        let final_payment = last.map(|((day, at, evidenced), _)| {
            let source = if evidenced { Source::evidenced } else { Source::asserted };
            (day, source(place(at).to_string()))
        });
        let touches = Touches { final_payment, keepers, incomplete, lines };
        Found { unit, years, cases, final_of: last.map(|(_, year)| year), touches }
    }

    /// The holds on the payee, on any of its claims, or on one of these units.
    fn holds(&self, units: &[UnitId]) -> impl Iterator<Item = Keeper> {
        let whole = [format!("payee:{}", self.id), format!("claim:{}", self.id)];
        let named: Vec<String> = units.iter().map(ToString::to_string).collect();
        self.all.holds.iter().filter_map(move |(scope, keeper)| {
            let scope = scope.strip_prefix("unit:").unwrap_or(scope);
            // A scope that is none of those known holds everything: nobody knows what it means.
            let known = ["payee:", "claim:", "case:", "audit:"];
            let is_known = known.iter().any(|kind| scope.starts_with(kind));
            let holds = !is_known || whole.iter().chain(&named).any(|unit| unit == scope);
            holds.then(|| keeper.clone())
        })
    }

    /// True where an audit looks at payments of a contract year.
    fn looks_at(&self, row: &AuditRow, year: i32) -> bool {
        let starts = self.all.starts;
        let (first, next) = (starts.in_year(year), starts.in_year(year.saturating_add(1)));
        let after = row.paid_from.zip(next).is_some_and(|(from, next)| from.0 >= next);
        let before = row.paid_to.zip(first).is_some_and(|(to, first)| to.0 < first);
        !after && !before
    }
}

fn keeper_of_audit((id, row): &(AuditId, AuditRow)) -> Keeper {
    Keeper {
        what: format!("audit:{id}"),
        kind: SpanKind::Proceeding,
        from: Day(row.opened.happened.day),
        until: row.closed.as_ref().map(|known| day_after(known.happened.day)),
        position: place(row.opened.at).to_string(),
    }
}
