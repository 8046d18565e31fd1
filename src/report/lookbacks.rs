//! Lookbacks: until when payments may be audited, by payee and payment date.
//!
//! Remittances and not claims are read: a lookback depends on the day the money moved alone. A day is
//! computed once for each line of business and kept while the question is answered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::id::PayeeId;
use lookback_events::money::Money;
use lookback_projections::affairs::{self, CheckRow};
use lookback_projections::clocks::{Derivation, Rulebook, Source};
use lookback_projections::lookbacks::{self, Lookback, Moved, Standing};
use lookback_projections::policy::purpose::Purpose;
use lookback_projections::policy::scope::Line;
use lookback_projections::remittances::{self, RemittanceRow, Which};
use lookback_projections::rows::add;
use lookback_projections::{payees, rules};
use serde::Serialize;

use super::findings::place;
use super::{AnswerError, Each, View, ended, go_on};

/// Which payments are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of that payee.
    pub payee: Option<PayeeId>,
    /// Paid on that day or later.
    pub from: Option<NaiveDate>,
    /// Paid on that day or earlier.
    pub to: Option<NaiveDate>,
    /// Of that line of business; of every line that the policies know where it is missing.
    pub line: Option<Line>,
    /// Only those that may still be audited, in whichever way.
    pub open: bool,
}

/// The payments of a payee on a day, in a line of business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payments {
    /// Who was paid.
    pub payee: String,
    /// The payment date (835 BPR16).
    pub paid_on: Option<Day>,
    /// The day the money moved: another one where a check was issued again, none where none moved.
    pub moved_on: Option<Day>,
    /// Why no money moved; empty where it did.
    pub not_moved: &'static str,
    /// The line of business of the rules; none where no policy has a rule for it.
    pub line_of_business: Option<&'static str>,
    /// How many remittances.
    pub remittances: u64,
    /// Sum of their payments (835 BPR02).
    pub amount: Money,
    /// The last day for opening a routine audit.
    pub routine_until: Option<Day>,
    /// The rule that says so.
    pub routine_rule: Option<String>,
    /// The last day for opening an audit where fraud or abuse is investigated.
    pub fraud_until: Option<Day>,
    /// The rule that says so.
    pub fraud_rule: Option<String>,
    /// `open`, `fraud-only`, `closed` or `not-computed` on the day asked about.
    pub standing: &'static str,
    /// The first of the remittances.
    pub first: String,
}

/// When the money of a check moved: a voided or stopped check moved none, one that was issued again
/// moved it then (DOMAIN 3.11). The check comes first, those that were issued in its place follow: what
/// became of the last counts.
pub fn moved(paid_on: Option<NaiveDate>, checks: &[CheckRow], on: NaiveDate) -> Moved {
    let by = |known: &lookback_projections::cases::Known| known.happened.day <= on;
    let Some(paid_on) = paid_on else { return Moved::Never("no payment date") };
    let mut moved = paid_on;
    for check in checks {
        if let Some((known, _)) = check.reissued.as_ref().filter(|(known, _)| by(known)) {
            moved = known.happened.day;
            continue;
        }
        if check.voided.as_ref().is_some_and(by) {
            return Moved::Never("check voided");
        }
        if check.stopped.as_ref().is_some_and(by) {
            return Moved::Never("check stopped");
        }
        break;
    }
    Moved::On(moved)
}

/// Hands over the payments asked for, by payee and payment date; a line for each line of business that
/// the policies know, because a remittance does not say its own.
///
/// # Errors
/// When the rows cannot be read, or `each` says so.
pub fn all(
    view: &View<'_>,
    wanted: &Wanted,
    on: Day,
    each: &mut Each<'_, Payments>,
) -> Result<(), AnswerError> {
    let rules = rules::in_use(view.rows())?;
    let mut lines: BTreeSet<Line> = lookbacks::lines(&rules, Purpose::RoutineLookback);
    lines.extend(lookbacks::lines(&rules, Purpose::FraudLookback));
    if let Some(line) = wanted.line {
        lines = BTreeSet::from([line]);
    }
    let mut question = Question { view, wanted, on, rules, lines, known: BTreeMap::new() };
    if let Some(payee) = &wanted.payee {
        return question.payee(payee, each);
    }
    let mut failed = None;
    payees::all(view.rows(), &mut |payee, _| {
        go_on(&mut failed, question.payee(&payee, each).map(|()| true))
    })?;
    ended(failed)
}

struct Question<'a> {
    view: &'a View<'a>,
    wanted: &'a Wanted,
    on: Day,
    rules: Rulebook,
    lines: BTreeSet<Line>,
    /// What was computed already, by line and day.
    known: BTreeMap<(Line, NaiveDate), Lookback>,
}

/// What the payments of one line of the answer have in common: date, and when the money moved.
type Group = (Option<NaiveDate>, Moved);

/// Remittances of a group: how many, their sum, the first.
struct Sum {
    count: u64,
    amount: Money,
    first: String,
}

impl Question<'_> {
    fn takes(&self, day: Option<NaiveDate>) -> bool {
        self.wanted.from.is_none_or(|from| day.is_some_and(|day| day >= from))
            && self.wanted.to.is_none_or(|to| day.is_some_and(|day| day <= to))
    }

    fn payee(&mut self, payee: &PayeeId, each: &mut Each<'_, Payments>) -> Result<(), AnswerError> {
        let mut groups: Vec<(Group, Sum)> = Vec::new();
        let mut failed = None;
        remittances::all(self.view.rows(), Which::OfPayee(payee), &mut |_, row| {
            if !self.takes(row.paid_on) {
                return true;
            }
            go_on(&mut failed, self.gather(payee, &row, &mut groups).map(|()| true))
        })?;
        ended(failed)?;
        for ((paid_on, moved), sum) in groups {
            self.tell(payee, paid_on, &moved, &sum, each)?;
        }
        Ok(())
    }

    fn gather(
        &self,
        payee: &PayeeId,
        row: &RemittanceRow,
        groups: &mut Vec<(Group, Sum)>,
    ) -> Result<(), AnswerError> {
        let checks = affairs::checks(self.view.rows(), payee, &row.trace)?;
        let group = (row.paid_on, moved(row.paid_on, &checks, self.on.0));
        let known = groups.iter_mut().rfind(|(known, _)| *known == group);
        let sum = if let Some((_, sum)) = known {
            sum
        } else {
            let first = place(row.position()).to_string();
            groups.push((group, Sum { count: 0, amount: Money::ZERO, first }));
            let Some((_, sum)) = groups.last_mut() else { return Ok(()) };
            sum
        };
        sum.count = sum.count.saturating_add(1);
        Ok(add(&mut sum.amount, row.amount)?)
    }

    fn tell(
        &mut self,
        payee: &PayeeId,
        paid_on: Option<NaiveDate>,
        moved: &Moved,
        sum: &Sum,
        each: &mut Each<'_, Payments>,
    ) -> Result<(), AnswerError> {
        let mut payments = Payments {
            payee: payee.to_string(),
            paid_on: paid_on.map(Day),
            moved_on: None,
            not_moved: "",
            line_of_business: None,
            remittances: sum.count,
            amount: sum.amount,
            routine_until: None,
            routine_rule: None,
            fraud_until: None,
            fraud_rule: None,
            standing: Standing::NotComputed.as_str(),
            first: sum.first.clone(),
        };
        let moved_on = match moved {
            Moved::On(day) => *day,
            Moved::Never(why) => {
                payments.not_moved = why;
                payments.standing = Standing::Closed.as_str();
                return if self.wanted.open { Ok(()) } else { each(payments) };
            }
        };
        payments.moved_on = Some(Day(moved_on));
        if self.lines.is_empty() {
            return each(payments);
        }
        for line in self.lines.clone() {
            let rule = |of: &Result<Derivation, _>| of.as_ref().ok().map(|d| d.rule.to_string());
            let (rules, on) = (&self.rules, self.on);
            let lookback = self.known.entry((line, moved_on)).or_insert_with(|| {
                let source = Source::evidenced(sum.first.clone());
                lookbacks::lookback(rules, line, moved_on, &source, on)
            });
            let standing = lookback.standing(on);
            if self.wanted.open && standing == Standing::Closed {
                continue;
            }
            each(Payments {
                line_of_business: Some(line.as_str()),
                routine_until: lookback.routine_until(),
                routine_rule: rule(&lookback.routine),
                fraud_until: lookback.fraud_until(),
                fraud_rule: rule(&lookback.fraud),
                standing: standing.as_str(),
                ..payments.clone()
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use lookback_events::event::act::Happened;
    use lookback_events::id::JournalId;
    use lookback_events::time::Timestamp;
    use lookback_projections::Position;
    use lookback_projections::cases::Known;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn known(on: &str) -> Known {
        Known {
            at: Position { journal: JournalId::payment(0).unwrap(), seq: 1 },
            happened: Happened::on(day(on)),
            recorded_at: Timestamp::from_micros(0),
            evidenced: false,
            control: 1,
        }
    }

    #[test]
    fn only_a_check_that_moved_money_starts_a_lookback() {
        let (voided, stopped) = (Some(known("2026-03-10")), Some(known("2026-03-10")));
        let reissued = Some((known("2026-04-01"), "2".to_owned()));
        let none = CheckRow::default();
        for (what, check, on, expected) in [
            ("no check is known", none.clone(), "2026-05-01", Moved::On(day("2026-03-06"))),
            (
                "voided",
                CheckRow { voided: voided.clone(), ..none.clone() },
                "2026-05-01",
                Moved::Never("check voided"),
            ),
            (
                "voided later",
                CheckRow { voided: voided.clone(), ..none.clone() },
                "2026-03-09",
                Moved::On(day("2026-03-06")),
            ),
            (
                "stopped",
                CheckRow { stopped, ..none.clone() },
                "2026-05-01",
                Moved::Never("check stopped"),
            ),
            (
                "voided and issued again",
                CheckRow { voided, reissued, ..none },
                "2026-05-01",
                Moved::On(day("2026-04-01")),
            ),
        ] {
            assert_eq!(moved(Some(day("2026-03-06")), &[check], day(on)), expected, "{what}");
        }
        assert_eq!(moved(None, &[], day("2026-05-01")), Moved::Never("no payment date"));
        // What became of the check that was issued in its place counts.
        let again = |on: &str| CheckRow {
            reissued: Some((known(on), "2".to_owned())),
            ..CheckRow::default()
        };
        let voided = CheckRow { voided: Some(known("2026-04-20")), ..CheckRow::default() };
        let chain = [again("2026-04-01"), voided.clone()];
        let of = |chain: &[CheckRow], on: &str| moved(Some(day("2026-03-06")), chain, day(on));
        assert_eq!(of(&chain, "2026-04-19"), Moved::On(day("2026-04-01")));
        assert_eq!(of(&chain, "2026-04-20"), Moved::Never("check voided"));
        let chain = [again("2026-04-01"), again("2026-04-21"), CheckRow::default()];
        assert_eq!(of(&chain, "2026-05-01"), Moved::On(day("2026-04-21")));
    }
}
