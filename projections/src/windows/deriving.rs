//! The windows of a case, each with its explanation, and from when they let what they speak of go.

use chrono::NaiveDate;
use lookback_events::event::recovery::letters::AnswerKind;
use lookback_events::event::text::Day;
use lookback_events::money::Money;

use super::parts::{About, Parts, about};
use super::{Bar, MANUAL, Standing, Window, WindowKind};
use crate::Position;
use crate::cases::{
    AnswerState, CaseRow, DeterminationState, DisputeState, Known, NoticeState, OfClaim, identified,
};
use crate::clocks::{Derivation, Facts, Rulebook, Source};
use crate::movements::Stays;
use crate::policy::fact::Fact;
use crate::policy::purpose::Purpose;
use crate::policy::scope::{Actor, Cause, Class, Context, Funding, Line, State};
use crate::rows::{RowsError, add};

/// A case, the policies, and the day that is asked about.
pub(super) struct Deriving<'a> {
    pub(super) case: &'a CaseRow,
    pub(super) rules: &'a Rulebook,
    pub(super) on: NaiveDate,
}

/// A dispute with its determination.
pub(super) struct Determined<'a> {
    pub(super) dispute: &'a DisputeState,
    pub(super) letter: &'a DeterminationState,
    /// It went to a further level.
    pub(super) went_on: bool,
}

fn source(known: &Known) -> Source {
    placed(known.at, known.evidenced)
}

fn placed(at: Position, evidenced: bool) -> Source {
    let position = format!("{}/{}", at.journal, at.seq);
    if evidenced { Source::evidenced(position) } else { Source::asserted(position) }
}

impl<'a> Deriving<'a> {
    fn is_past(&self, known: &Known) -> bool {
        known.happened.day <= self.on
    }

    /// The disputes that stay something, or did: received by the day, in time or accepted.
    pub(super) fn heard(&self) -> Vec<&'a DisputeState> {
        let heard = |dispute: &&DisputeState| dispute.is_heard() && self.is_past(&dispute.known);
        self.case.disputes.iter().filter(heard).collect()
    }

    /// The disputes that are determined by the day; what went to a further level lets nothing go by
    /// itself any more.
    pub(super) fn determined(&self, heard: &[&'a DisputeState]) -> Vec<Determined<'a>> {
        let mut found = Vec::new();
        for (at, dispute) in heard.iter().enumerate() {
            let Some(letter) = &dispute.determined else { continue };
            let mut later = heard.iter().skip(at.saturating_add(1));
            let went_on = later.any(|next| next.level > dispute.level);
            if letter.dated.0 <= self.on {
                found.push(Determined { dispute, letter, went_on });
            }
        }
        found
    }

    /// What of a case the policies ask; a line of business that no policy knows stays unknown.
    fn context(&self, governs: Day) -> Option<Context> {
        let facts = &self.case.facts;
        let line = match facts.line_of_business.trim() {
            // The plan's own word for its Medicaid business (DOMAIN 6, identify-case).
            "medicaid" => Line::MedicaidManagedCare,
            "medicare" => Line::MedicareAdvantage,
            other => Line::parse(other).ok()?,
        };
        let mut context = Context::plan(line, governs);
        if line == Line::Commercial {
            context.actors.push(Actor::Insurer);
        }
        context.state = facts.state.as_deref().and_then(|text| State::parse(text).ok());
        context.funding = match facts.funding.as_deref() {
            Some("fully-insured") => Some(Funding::Insured),
            Some(other) => Funding::parse(other).ok(),
            None => None,
        };
        context.service = facts.service_class.as_deref().and_then(|text| Class::parse(text).ok());
        context.provider = facts.provider_class.as_deref().and_then(|text| Class::parse(text).ok());
        context.cause = cause(facts.cause);
        Some(context)
    }

    /// The day that holds for a purpose; the manual's own where no rule decides.
    fn decide(
        &self,
        purpose: Purpose,
        governs: Day,
        facts: &Facts,
    ) -> Result<Box<Derivation>, String> {
        let decided =
            self.context(governs).map(|context| self.rules.decide(purpose, &context, facts));
        if let Some(Ok(derivation)) = decided {
            return Ok(Box::new(derivation));
        }
        let in_force = self.rules.in_force(MANUAL, governs);
        let any = || self.rules.policies().iter().find(|policy| policy.id.as_str() == MANUAL);
        let manual = in_force.or_else(any).ok_or("no policy has such a window")?;
        let computed = self.rules.compute(manual, purpose.as_str(), facts);
        computed.map(Box::new).map_err(|error| error.to_string())
    }

    /// What the provider answered by the day, as clocks know it.
    fn answers(&self, mut facts: Facts) -> Facts {
        for answer in self.case.answers.iter().filter(|answer| self.is_past(&answer.known)) {
            if answer.kind == AnswerKind::Agreement {
                let (day, source) = (Day(answer.known.happened.day), source(&answer.known));
                facts = facts.with(Fact::Agreed, day, source);
            }
        }
        for refund in self.case.refunds.iter().filter(|refund| refund.on.0 <= self.on) {
            let place = placed(refund.at, refund.evidenced);
            facts = facts.with(Fact::Refunded, refund.on, place);
        }
        for dispute in self.heard() {
            let (day, source) = (Day(dispute.known.happened.day), source(&dispute.known));
            let fact = if dispute.level > 1 { Fact::NextLevel } else { Fact::Disputed };
            facts = facts.with(fact, day, source);
        }
        facts
    }

    /// The windows of the notices that were written by the day.
    pub(super) fn notices(&self) -> Vec<Window> {
        let written = |notice: &&NoticeState| {
            notice.dated.0 <= self.on || notice.sent.is_some_and(|sent| sent.0 <= self.on)
        };
        self.case.notices.iter().filter(written).map(|notice| self.notice(notice)).collect()
    }

    fn notice(&self, notice: &NoticeState) -> Window {
        let of = source(&notice.known);
        let mut facts = Facts::default().with(Fact::NoticeDated, notice.dated, of.clone());
        if let Some(sent) = notice.sent {
            facts = facts.with(Fact::NoticeSent, sent, of.clone());
        }
        if let Some(received) = notice.received {
            facts = facts.with(Fact::NoticeReceived, received, of);
        }
        let facts = self.answers(facts);
        let derivation = self.decide(WindowKind::Dispute.purpose(), notice.dated, &facts);
        let returned = notice.returned.as_ref().filter(|returned| self.is_past(returned));
        let mut window = Window {
            kind: WindowKind::Dispute,
            letter: notice.known.at,
            closes: derivation.as_ref().ok().and_then(|d| d.due()).map(|day| day.0),
            opened: notice.sent.map_or(notice.dated, |sent| sent.max(notice.dated)).0,
            governs: notice.dated,
            derivation,
            standing: Standing::Open,
            appeal_deadline: notice.appeal_deadline,
        };
        window.standing = match returned {
            Some(returned) => Standing::Void(returned.happened.day),
            None => self.standing(&window),
        };
        window
    }

    /// The window of a determination.
    pub(super) fn determination(
        &self,
        dispute: &DisputeState,
        determined: &DeterminationState,
    ) -> Window {
        let of = source(&determined.known);
        let mut facts = Facts::default().with(Fact::Determined, determined.dated, of.clone());
        if let Some(sent) = determined.sent {
            facts = facts.with(Fact::DeterminationSent, sent, of);
        }
        let facts = self.answers(facts);
        // The policy of the notice's date governs its windows (DOMAIN 3.16).
        let before = |notice: &&NoticeState| notice.known.at < dispute.known.at;
        let notice = self.case.notices.iter().rfind(before);
        let governs = notice.map_or(determined.dated, |notice| notice.dated);
        let derivation = self.decide(WindowKind::Determination.purpose(), governs, &facts);
        let mut window = Window {
            kind: WindowKind::Determination,
            letter: determined.known.at,
            closes: derivation.as_ref().ok().and_then(|d| d.due()).map(|day| day.0),
            opened: determined.sent.map_or(determined.dated, |s| s.max(determined.dated)).0,
            governs,
            derivation,
            standing: Standing::Open,
            appeal_deadline: determined.appeal_deadline,
        };
        window.standing = self.standing(&window);
        window
    }

    fn standing(&self, window: &Window) -> Standing {
        let Some(closes) = window.closes else { return Standing::Open };
        let answered = self.case.answers.iter().filter(|answer| is_answer(answer));
        let disputed = self.heard().into_iter().map(|dispute| &dispute.known);
        let heard = answered.map(|answer| &answer.known).chain(disputed);
        // Whoever pays has answered, whatever it was.
        let paid = self.case.refunds.iter().map(|refund| refund.on.0);
        let in_time = heard
            .map(|known| known.happened.day)
            .chain(paid)
            .filter(|day| *day >= window.opened && *day <= closes && *day <= self.on);
        match in_time.min() {
            Some(day) => Standing::Heard(day),
            None if closes < self.on => Standing::Closed,
            None => Standing::Open,
        }
    }

    /// The window of the notice that holds: the last that did not come back.
    pub(super) fn in_force(windows: &[Window]) -> Option<&Window> {
        let holds = |window: &&Window| {
            window.kind == WindowKind::Dispute && !matches!(window.standing, Standing::Void(_))
        };
        windows.iter().rfind(holds)
    }

    /// Cuts off what a window speaks of: what was agreed goes the day after, the rest when the window
    /// lets it go.
    pub(super) fn part(
        &self,
        parts: &mut Parts,
        amount: Money,
        own: About<'_>,
        window: &Window,
    ) -> Result<(), RowsError> {
        let mut rest = amount;
        let answers = self.answered(window);
        let after = |day: NaiveDate| day.succ_opt();
        let silent = window.closes.and_then(after);
        for answer in answers {
            let from = match (answer.kind, answer.promised_by) {
                // Before the letter nothing may be taken, whatever was agreed.
                (AnswerKind::Agreement, _) => after(answer.known.happened.day.max(window.opened)),
                (AnswerKind::RefundPromised, Some(by)) => {
                    let day = answer.known.happened.day;
                    // Promised when the window had closed in silence: it takes nothing back.
                    if window.closes.is_none_or(|closes| closes < day) {
                        continue;
                    }
                    // Before the letter nothing may be taken, whatever was promised.
                    after(by.0.max(window.opened))
                }
                (AnswerKind::RefundPromised | AnswerKind::Contact, _) => continue,
            };
            let of = answer.amount.unwrap_or(rest).min(rest);
            let from = match answer.kind {
                // Agreed after the window closed in silence: it was eligible before.
                AnswerKind::Agreement => earlier(from, silent),
                AnswerKind::RefundPromised | AnswerKind::Contact => from,
            };
            let from = self.not_before(from, window);
            let cut = parts.cut(of, about(&answer.claims), own, from)?;
            add(&mut rest, Some(cut.negated()))?;
        }
        parts.cut(rest, own, About::All, self.not_before(silent, window))?;
        Ok(())
    }

    /// The answers that speak of what a window is about, as they came; of promises the last comes first,
    /// which takes the place of those before.
    fn answered(&self, window: &Window) -> Vec<&'a AnswerState> {
        let own = self.case.answers.iter().filter(|answer| self.speaks_of(answer, window));
        let mut answers: Vec<_> = own.collect();
        let is_promise = |answer: &&AnswerState| answer.kind == AnswerKind::RefundPromised;
        let promises: Vec<_> = answers.iter().copied().filter(is_promise).collect();
        let places = answers.iter_mut().filter(|answer| is_promise(answer));
        for (place, promise) in places.zip(promises.into_iter().rev()) {
            *place = promise;
        }
        answers
    }

    /// True where an answer speaks of what a window is about: after a determination of what it
    /// determined, before it of the rest.
    fn speaks_of(&self, answer: &AnswerState, window: &Window) -> bool {
        let day = answer.known.happened.day;
        let determined = self.case.disputes.iter().filter_map(|d| d.determined.as_ref());
        let first = determined.map(|d| d.dated.0).filter(|dated| *dated <= self.on).min();
        let own = match window.kind {
            WindowKind::Determination => day >= window.opened,
            WindowKind::Dispute => answer.amount.is_none() || first.is_none_or(|first| day < first),
        };
        own && is_answer(answer) && self.is_past(&answer.known)
    }

    /// The later of a day and the first on which any rule lets a recovery begin.
    fn not_before(&self, from: Option<NaiveDate>, window: &Window) -> Option<NaiveDate> {
        let from = from?;
        let Some(context) = self.context(window.governs) else { return Some(from) };
        let notice = self.case.notices.iter().find(|notice| notice.known.at == window.letter);
        let Some(notice) = notice else { return Some(from) };
        let of = source(&notice.known);
        let mut facts = Facts::default().with(Fact::NoticeDated, notice.dated, of.clone()).with(
            Fact::DemandDated,
            notice.dated,
            of.clone(),
        );
        if let Some(received) = notice.received {
            facts = facts.with(Fact::NoticeReceived, received, of);
        }
        let decided = self.rules.decide(Purpose::RecoveryStart, &context, &facts);
        let first = decided.ok().and_then(|derivation| derivation.day_after());
        Some(first.map_or(from, |first| first.0.max(from)))
    }

    /// True where a determination gave up all that it speaks of: nothing is left that could be taken when
    /// its window ends. What is identified anew of a case that it spoke of as a whole waits for it again.
    pub(super) fn leaves_nothing(
        &self,
        dispute: &DisputeState,
        letter: &DeterminationState,
    ) -> bool {
        let stands = self.case.money.standing().unwrap_or_default();
        let all = dispute.amount.is_some_and(|amount| letter.reduced >= amount);
        letter.reduced > Money::ZERO && (all || stands.is_zero())
    }

    /// Cuts off what is identified beyond what the last letter that did not come back lets know of: more of
    /// a claim, other claims, and what it left out; nothing where there is none. What was given back
    /// beyond what had been taken was never overpaid by the claims that a letter names: it waits for a
    /// letter that says an amount above what is identified.
    pub(super) fn not_named(&self, parts: &mut Parts) -> Result<Money, RowsError> {
        let back = |notice: &&NoticeState| {
            notice.returned.as_ref().is_some_and(|returned| self.is_past(returned))
        };
        let Some(letter) = self.case.notices.iter().rfind(|notice| !back(notice)) else {
            return Ok(Money::ZERO);
        };
        let (mut not_named, mut then) = (Money::ZERO, Money::ZERO);
        for of in &letter.claims {
            add(&mut then, Some(of.amount))?;
        }
        for of in identified(self.case)? {
            let before = letter.claims.iter().find(|one| one.claim == of.claim);
            let before = before.map_or(Money::ZERO, |one| one.amount);
            let amount = of.amount.checked_sub(before).unwrap_or_default();
            let more = [OfClaim { amount, ..of }];
            add(&mut not_named, Some(parts.cut(amount, About::Claims(&more), About::All, None)?))?;
        }
        let left_out = then.checked_sub(letter.named).unwrap_or_default();
        add(&mut not_named, Some(parts.cut(left_out, About::All, About::All, None)?))?;
        let identified = self.case.money.identified;
        let more = letter.named.checked_sub(identified).unwrap_or_default().max(Money::ZERO);
        let given = self.case.money.taken()?.negated();
        let given = given.checked_sub(more).unwrap_or_default();
        add(&mut not_named, Some(parts.cut(given, About::GivenBack, About::All, None)?))?;
        Ok(not_named)
    }

    /// What keeps all of it, whatever the windows say.
    ///
    /// # Errors
    /// When a sum cannot be held exactly.
    pub(super) fn bar(&self, stays: &Stays) -> Result<Option<Bar>, RowsError> {
        let case = self.case;
        if stays.stand_down(case, self.on) {
            return Ok(Some(Bar::StandDown));
        }
        if case.is_stayed(self.on) {
            return Ok(Some(Bar::Stay));
        }
        // A plan that is paid is over, and what it does not cover goes by its windows again.
        if !case.instalments_left()?.is_empty() {
            return Ok(Some(Bar::RepaymentPlan));
        }
        let delivered = |notice: &NoticeState| {
            let back = notice.returned.as_ref().is_some_and(|returned| self.is_past(returned));
            (notice.dated.0 <= self.on || notice.sent.is_some_and(|sent| sent.0 <= self.on))
                && !back
        };
        Ok((!case.notices.iter().any(delivered)).then_some(Bar::NoNotice))
    }
}

/// The earlier of two days of which one may not be known.
fn earlier(one: Option<NaiveDate>, other: Option<NaiveDate>) -> Option<NaiveDate> {
    [one, other].into_iter().flatten().min()
}

/// An agreement or a promise that names its day; a contact stops nothing.
fn is_answer(answer: &AnswerState) -> bool {
    match answer.kind {
        AnswerKind::Agreement => true,
        AnswerKind::RefundPromised => answer.promised_by.is_some(),
        AnswerKind::Contact => false,
    }
}

/// The cause as policies name it.
fn cause(cause: lookback_events::event::recovery::Cause) -> Option<Cause> {
    match cause.as_str() {
        "global-surgical-period" => Some(Cause::GlobalPeriod),
        "retroactive-contract-review" => Some(Cause::RetroactiveContract),
        "before-contract" | "before-credentialing" => Some(Cause::BeforeEffective),
        "unlicensed-provider" => Some(Cause::ExcludedProvider),
        word => Cause::parse(word).ok(),
    }
}
