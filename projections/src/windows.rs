//! Windows: until when a provider may answer, and from when what of a case may be offset, on a day.
//!
//! A pure function of a case's row, the policies and the day that is asked about; what was said after
//! that day does not count. Each window explains itself ([`Derivation`]).
//!
//! What is outstanding falls into parts (DOMAIN 3.14): what an open dispute stays; what was determined,
//! which waits for the window of its determination; and the rest, which waits for that of the notice.
//! An agreement makes a part eligible the next day, a promised refund the day after its date, silence
//! the day after the window. A stand-down, a stay and a repayment plan keep all of it.
//!
//! Where no rule of a policy decides, the manual's counts: nothing is offset without a window.

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::money::Money;

use crate::Position;
use crate::cases::{CaseRow, DeterminationState, DisputeState};
use crate::clocks::{Derivation, Facts, Rulebook, Source};
use crate::lookbacks::line_of;
use crate::movements::Stays;
use crate::policy::fact::Fact;
use crate::policy::purpose::Purpose;
use crate::policy::scope::Context;
use crate::rows::RowsError;

mod deriving;
mod parts;
mod rulebook;

use deriving::{Deriving, Determined};
use parts::{About, Parts, about};
pub use rulebook::{MANUAL, RulebookError, rulebook};

/// What may be offset of a case on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eligibility {
    /// The first day on which something of it may be taken, as far as is known on the day asked about;
    /// `None` without a notice, or while all of it is barred.
    pub from: Option<NaiveDate>,
    /// What keeps it, or a part of it.
    pub barred: Option<Bar>,
    /// How much of what is outstanding may be taken on the day.
    pub amount_free: Money,
    /// How much of it no dispute, stay or stand-down bars, whether its window has closed or not.
    pub amount_not_barred: Money,
    /// How much of it no letter that holds has named: it waits for a notice of its own (DOMAIN 6).
    pub amount_not_named: Money,
    /// Every window that was opened, in the order of the letters; a determination that left nothing to
    /// take opens none.
    pub windows: Vec<Window>,
}

/// What keeps an offset whatever the windows say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bar {
    /// An agency forbids it (DOMAIN 3.12).
    StandDown,
    /// A bankruptcy stays it.
    Stay,
    /// A dispute is open about all of it.
    Dispute,
    /// A dispute is open about a part of it.
    PartialDispute,
    /// The provider repays in instalments.
    RepaymentPlan,
    /// Nobody was written to, or the letter came back.
    NoNotice,
}

impl Bar {
    /// What keeps it, for a person.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::StandDown => "an agency's stand-down",
            Self::Stay => "a bankruptcy stay",
            Self::Dispute => "an open dispute",
            Self::PartialDispute => "an open dispute about a part",
            Self::RepaymentPlan => "a repayment plan",
            Self::NoNotice => "no notice that was delivered",
        }
    }
}

/// What opened a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WindowKind {
    /// A notice.
    Dispute,
    /// A determination.
    Determination,
}

impl WindowKind {
    const fn purpose(self) -> Purpose {
        match self {
            Self::Dispute => Purpose::DisputeWindow,
            Self::Determination => Purpose::DeterminationWindow,
        }
    }
}

/// Where a window stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The provider may still answer.
    Open,
    /// The provider was heard from on that day.
    Heard(NaiveDate),
    /// It closed unheard.
    Closed,
    /// Its letter came back on that day.
    Void(NaiveDate),
}

/// A window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// What opened it.
    pub kind: WindowKind,
    /// The record of the letter.
    pub letter: Position,
    /// The first day on which the provider could answer: the letter's date, or the day it was sent.
    pub opened: NaiveDate,
    /// The day whose policies govern it: the notice's date.
    pub governs: Day,
    /// The last day, included; `None` where it could not be computed.
    pub closes: Option<NaiveDate>,
    /// How that day was found, or why it could not be.
    pub derivation: Result<Box<Derivation>, String>,
    /// Where it stands on the day asked about.
    pub standing: Standing,
    /// The last day for an appeal, as its letter states.
    pub appeal_deadline: Option<Day>,
}

/// What may be offset of a case on a day, by these policies.
///
/// # Errors
/// When a sum cannot be held exactly.
pub fn eligibility(
    case: &CaseRow,
    stays: &Stays,
    rules: &Rulebook,
    on: NaiveDate,
) -> Result<Eligibility, RowsError> {
    let deriving = Deriving { case, rules, on };
    let outstanding = case.money.outstanding()?;
    let heard = deriving.heard();
    let mut parts = Parts::of(case, &heard)?;
    let all = parts.left()?;
    let is_disputed = heard.iter().any(|dispute| dispute.is_open(on));
    for dispute in heard.iter().filter(|dispute| dispute.is_open(on)) {
        let amount = dispute.amount.unwrap_or(all);
        parts.cut(amount, about(&dispute.claims), About::All, None)?;
    }
    let not_disputed = parts.not_taken(parts.left()?);
    // What was identified behind the letter waits for another, whatever was written before.
    let amount_not_named = deriving.not_named(&mut parts)?;
    let mut windows = deriving.notices();
    let noticed = Deriving::in_force(&windows).cloned();
    let mut determinations = Vec::new();
    for Determined { dispute, letter, went_on } in deriving.determined(&heard) {
        determinations.push((dispute, letter, went_on, deriving.determination(dispute, letter)));
    }
    for (dispute, letter, went_on, own) in &determinations {
        if *went_on {
            continue;
        }
        let amount = dispute.amount.map_or(Some(all), |whole| whole.checked_sub(letter.reduced));
        // A letter about all of it that came later opened the window that counts (DOMAIN 3.1).
        let of_all = determinations
            .iter()
            .filter(|(dispute, _, went_on, _)| dispute.amount.is_none() && !went_on);
        let later = noticed.iter().chain(of_all.map(|(.., window)| window));
        let last = later.fold(own, |last, one| if one.opened > last.opened { one } else { last });
        deriving.part(&mut parts, amount.unwrap_or_default(), about(&dispute.claims), last)?;
    }
    let opens = |(dispute, letter, ..): &(&DisputeState, &DeterminationState, bool, Window)| {
        !deriving.leaves_nothing(dispute, letter)
    };
    windows.extend(determinations.into_iter().filter(opens).map(|(.., window)| window));
    let of_all = heard.iter().any(|dispute| dispute.amount.is_none());
    match &noticed {
        // The dispute was about all of it, so nothing goes by the notice's own window.
        Some(_) if of_all && parts.left()?.is_zero() => {}
        Some(window) => deriving.part(&mut parts, all, About::All, window)?,
        None => {}
    }
    let bar = deriving.bar(stays)?;
    let kept = bar.is_some_and(|bar| bar != Bar::NoNotice);
    let stayed = matches!(bar, Some(Bar::StandDown | Bar::Stay));
    let no_notice = noticed.is_none();
    let none = kept || no_notice;
    let disputes = || if not_disputed.is_zero() { Bar::Dispute } else { Bar::PartialDispute };
    Ok(Eligibility {
        from: if kept || no_notice { None } else { parts.first()? },
        barred: bar.or_else(|| is_disputed.then(disputes)),
        amount_free: if none { Money::ZERO } else { parts.free(on)?.min(outstanding) },
        amount_not_barred: if stayed { Money::ZERO } else { not_disputed },
        amount_not_named,
        windows,
    })
}

/// The horizon of an offset that is eligible from a day on, by the policies in force on the letter's day
/// (DOMAIN 3.8, 3.16); the manual's own where no rule of a policy decides.
pub fn horizon(
    rules: &Rulebook,
    case: &CaseRow,
    eligible: Day,
    governs: Day,
) -> Option<Derivation> {
    let source = Source::evidenced("offset-eligible");
    let facts = Facts::default().with(Fact::OffsetEligible, eligible, source);
    let line = line_of(&case.facts.line_of_business);
    let decided = line.and_then(|line| {
        let context = Context::plan(line, governs);
        rules.decide(Purpose::OffsetHorizon, &context, &facts).ok()
    });
    let manual = || {
        let policy = rules.in_force(MANUAL, governs)?;
        rules.compute(policy, Purpose::OffsetHorizon.as_str(), &facts).ok()
    };
    decided.or_else(manual)
}

#[cfg(test)]
pub(crate) mod tests;
