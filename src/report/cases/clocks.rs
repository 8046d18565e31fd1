//! What the clocks of a case say on a day, as far as lists need it.

use lookback_events::event::recovery::letters::AnswerKind;
use lookback_events::event::text::Day;
use lookback_projections::case_on::CaseOn;
use lookback_projections::clocks::{ClockError, Derivation, Facts, Rulebook, Source, Standing};
use lookback_projections::policy::fact::Fact;
use lookback_projections::policy::purpose::Purpose;
use lookback_projections::policy::scope::{Cause, Context, Line};

/// What the clocks of a case say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clocks {
    /// The last day of the window that was opened last; none without a notice that holds.
    pub window: Option<Day>,
    /// The first day on which an offset may be taken; none while something bars it.
    pub eligible: Option<Day>,
    /// The last day of the horizon of an offset that is eligible.
    pub horizon: Option<Day>,
}

impl Clocks {
    /// What the clocks of a case say on a day (DOMAIN 3.1, 3.2); nothing for a line of business that no
    /// policy knows.
    pub fn of(rules: &Rulebook, case: &CaseOn, stood_down: bool, on: Day) -> Self {
        let Some(asked) = Asked::of(rules, case) else { return Self::default() };
        let (window, heard) = (asked.window(case), Asked::heard(case, on));
        let row = &case.row;
        let disputed = row.disputes.iter().any(|dispute| {
            dispute.determined.is_none() && (!dispute.late || dispute.accepted == Some(true))
        });
        let barred = stood_down || disputed || row.stayed.is_some() || row.ended.is_some();
        let silent = window.as_ref().and_then(Derivation::day_after);
        let eligible = heard.or(silent).filter(|_| !barred && !row.notices.is_empty());
        let horizon = eligible.and_then(|eligible| asked.horizon(eligible));
        Self { window: window.as_ref().and_then(Derivation::due), eligible, horizon }
    }
}

/// The rules as they are asked about one case.
struct Asked<'a> {
    rules: &'a Rulebook,
    context: Context,
}

impl<'a> Asked<'a> {
    /// The policy in force on the notice's date governs its windows (DOMAIN 3.16).
    fn of(rules: &'a Rulebook, case: &CaseOn) -> Option<Self> {
        let facts = &case.row.facts;
        let line = Line::parse(&facts.line_of_business).ok()?;
        let notice = case.row.notices.iter().rfind(|notice| notice.returned.is_none())?;
        let mut context = Context::plan(line, notice.dated);
        context.cause = Cause::parse(facts.cause.as_str()).ok();
        Some(Self { rules, context })
    }

    fn decide(&self, purpose: Purpose, facts: &Facts) -> Result<Derivation, ClockError> {
        self.rules.decide(purpose, &self.context, facts)
    }

    /// The window that was opened last: that of the last determination, else of the notice.
    fn window(&self, case: &CaseOn) -> Option<Derivation> {
        let notice = case.row.notices.iter().rfind(|notice| notice.returned.is_none())?;
        let determined = case.row.disputes.iter().filter_map(|d| d.determined.as_ref());
        let (purpose, facts) = if let Some(letter) = determined.max_by_key(|d| d.known.at.seq) {
            let source = source(&letter.known);
            let facts = Facts::default().with(Fact::Determined, letter.dated, source.clone());
            let sent = letter.sent.unwrap_or(letter.dated);
            (Purpose::DeterminationWindow, facts.with(Fact::DeterminationSent, sent, source))
        } else {
            let source = source(&notice.known);
            let facts = Facts::default().with(Fact::NoticeDated, notice.dated, source.clone());
            let sent = notice.sent.unwrap_or(notice.dated);
            (Purpose::DisputeWindow, facts.with(Fact::NoticeSent, sent, source))
        };
        self.decide(purpose, &facts).ok()
    }

    /// The first day after an agreement, or after a promised refund that did not come.
    fn heard(case: &CaseOn, on: Day) -> Option<Day> {
        let answer = case.row.answers.iter().rfind(|a| a.kind != AnswerKind::Contact)?;
        let last = match (answer.kind, answer.promised_by) {
            (AnswerKind::RefundPromised, Some(by)) if by >= on => return None,
            (AnswerKind::RefundPromised, Some(by)) => by.0,
            _ => answer.known.happened.day,
        };
        last.succ_opt().map(Day)
    }

    fn horizon(&self, eligible: Day) -> Option<Day> {
        let source = Source::evidenced("offset-eligible");
        let facts = Facts::default().with(Fact::OffsetEligible, eligible, source);
        self.decide(Purpose::OffsetHorizon, &facts).ok().as_ref().and_then(Derivation::due)
    }
}

fn source(known: &lookback_projections::cases::Known) -> Source {
    let position = super::place(known.at).to_string();
    let standing = if known.evidenced { Standing::Evidenced } else { Standing::Asserted };
    Source { position, standing }
}
