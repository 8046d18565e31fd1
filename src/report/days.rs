//! Days between the steps of cases: median, 90th percentile, longest.
//!
//! A percentile is the value of nearest rank: of ten values the median is the fifth and the 90th
//! percentile the ninth, so that each is a number of days that some case took.

use chrono::NaiveDate;
use lookback_events::event::recovery::letters::AnswerKind;
use lookback_events::event::text::Day;
use lookback_projections::entries::Kind;
use serde::Serialize;

use super::cases::{self, Seen, Wanted};
use super::{AnswerError, View};

/// How long a step took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// From what to what.
    pub step: &'static str,
    /// How many cases, or disputes, took it.
    pub count: u64,
    /// Half of them took so many days or fewer.
    pub median: Option<i64>,
    /// Nine of ten took so many days or fewer.
    pub p90: Option<i64>,
    /// The longest took so many days.
    pub max: Option<i64>,
}

const STEPS: [&str; 5] = [
    "identify-to-notice",
    "notice-to-answer",
    "dispute-to-determination",
    "eligible-to-first-offset",
    "notice-to-close",
];

/// The days that cases took.
#[derive(Debug, Clone, Default)]
pub struct Steps([Vec<i64>; 5]);

impl Steps {
    /// Takes a case in.
    pub fn take(&mut self, seen: &Seen) {
        let row = &seen.case.row;
        let noticed = seen.first_notice().map(|notice| notice.dated.0);
        let [to_notice, to_answer, to_determination, to_offset, to_close] = &mut self.0;
        let step = |days: &mut Vec<i64>, from: Option<NaiveDate>, to: Option<NaiveDate>| {
            if let (Some(from), Some(to)) = (from, to) {
                days.push(to.signed_duration_since(from).num_days());
            }
        };
        step(to_notice, Some(row.identified.happened.day), noticed);
        step(to_answer, noticed, first_answer(seen));
        for dispute in &row.disputes {
            let determined = dispute.determined.as_ref().map(|letter| letter.dated.0);
            step(to_determination, Some(dispute.known.happened.day), determined);
        }
        step(to_offset, seen.clocks.eligible.map(|day| day.0), first_offset(seen));
        let ended = row.ended.as_ref().map(|(known, _)| known.happened.day);
        step(to_close, noticed, ended);
    }

    /// The steps, in the order of a case.
    pub fn steps(self) -> Vec<Step> {
        let step = |(step, mut days): (&'static str, Vec<i64>)| {
            days.sort_unstable();
            Step {
                step,
                count: u64::try_from(days.len()).unwrap_or(u64::MAX),
                median: ranked(&days, 50),
                p90: ranked(&days, 90),
                max: days.last().copied(),
            }
        };
        STEPS.into_iter().zip(self.0).map(step).collect()
    }
}

/// The value of nearest rank among sorted ones.
fn ranked(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = sorted.len().checked_mul(percent)?.div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// When the provider was first heard from: agreement, promise, refund or dispute.
fn first_answer(seen: &Seen) -> Option<NaiveDate> {
    let row = &seen.case.row;
    let answers = row.answers.iter().filter(|answer| answer.kind != AnswerKind::Contact);
    let answers = answers.map(|answer| answer.known.happened.day);
    let disputes = row.disputes.iter().map(|dispute| dispute.known.happened.day);
    // The day it came, not that of the remittance that acknowledges it.
    let refunds = row.refunds.iter().map(|refund| refund.on.0);
    answers.chain(disputes).chain(refunds).min()
}

/// When money was first taken from payments.
fn first_offset(seen: &Seen) -> Option<NaiveDate> {
    let taken = seen.case.entries.iter().filter(|entry| entry.kind == Kind::Offset);
    taken.map(|entry| entry.day).min()
}

/// How long the steps of the cases asked for took.
///
/// # Errors
/// When the rows cannot be read.
pub fn days(view: &View<'_>, wanted: &Wanted, on: Day) -> Result<Vec<Step>, AnswerError> {
    let mut steps = Steps::default();
    cases::each(view, wanted, on, &mut |seen| {
        steps.take(&seen);
        Ok(())
    })?;
    Ok(steps.steps())
}

#[cfg(test)]
mod tests {
    use lookback_events::event::recovery::letters::Outcome;
    use lookback_projections::cases::End;

    use super::super::cases::samples::Sample;
    use super::*;

    #[test]
    fn a_percentile_is_the_value_of_nearest_rank() {
        let to = |n: i64| (1..=n).collect::<Vec<_>>();
        for (n, median, p90) in
            [(1, 1, 1), (2, 1, 2), (3, 2, 3), (10, 5, 9), (11, 6, 10), (20, 10, 18)]
        {
            assert_eq!(ranked(&to(n), 50), Some(median), "{n}");
            assert_eq!(ranked(&to(n), 90), Some(p90), "{n}");
        }
        assert_eq!(ranked(&[], 50), None);
    }

    #[test]
    fn a_refund_is_an_answer_on_the_day_it_came() {
        let mut case = Sample::identified("2026-01-02", "100.00");
        case.noticed("2026-01-12").refunded("2026-02-01", "100.00");
        let mut steps = Steps::default();
        steps.take(&case.seen());
        let told: Vec<_> = steps.steps().into_iter().map(|s| (s.step, s.max)).collect();
        assert_eq!(told[1], ("notice-to-answer", Some(20)));
    }

    #[test]
    fn each_step_is_counted_from_its_own_day() {
        let mut case = Sample::identified("2026-01-02", "100.00");
        case.noticed("2026-01-12").disputed("2026-02-01", 1);
        case.determined("2026-03-03", Outcome::Upheld, "0.00").eligible("2026-04-03");
        case.offset("2026-04-10", "40.00").offset("2026-04-17", "60.00");
        case.ended("2026-04-17", End::Recovered);
        let mut steps = Steps::default();
        steps.take(&case.seen());
        steps.take(&Sample::identified("2026-01-02", "1.00").seen());
        let told: Vec<_> = steps.steps().into_iter().map(|s| (s.step, s.count, s.max)).collect();
        assert_eq!(
            told,
            [
                ("identify-to-notice", 1, Some(10)),
                ("notice-to-answer", 1, Some(20)),
                ("dispute-to-determination", 1, Some(30)),
                ("eligible-to-first-offset", 1, Some(7)),
                ("notice-to-close", 1, Some(95)),
            ]
        );
    }
}
