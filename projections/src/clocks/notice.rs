//! When an announced change of policy may take effect (DOMAIN 2, `policy-notice`).

use lookback_events::event::text::Day;

use super::derivation::Derivation;
use super::{Clock, ClockError, Facts, Settings, Source, Years};
use crate::calendar::Calendars;
use crate::policy::Policy;
use crate::policy::fact::Fact;
use crate::policy::purpose::Purpose;

/// What a change of policy touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Payment, covered services, or otherwise what providers do, substantially.
    Payment,
    /// Anything else.
    General,
}

/// A change of policy that was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it touches.
    pub kind: ChangeKind,
    /// The day it was announced.
    pub announced: Day,
    /// The day on which it is to take effect.
    pub effective: Day,
    /// The agency that mandated it sooner, and where, where one did.
    pub mandated_by: Option<String>,
}

/// Why a change may not take effect when it is to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRefusal {
    /// Its notice has not run. Let it take effect later, or name the agency that mandated it sooner.
    #[error(
        "announced {}, it may take effect on {} at the earliest, not on {} ({}, {})",
        .announced.0, .earliest.0, .effective.0, .derivation.rule, .derivation.citation
    )]
    TooSoon {
        /// The day it was announced.
        announced: Day,
        /// The day on which it was to take effect.
        effective: Day,
        /// The first day on which it may.
        earliest: Day,
        /// How that day was found.
        derivation: Box<Derivation>,
    },
    /// The policy in force has no rule on notice that decides.
    #[error("policy {0} has no verified rule on notice of a change")]
    NoRule(String),
    /// The day could not be computed.
    #[error("the day could not be computed: {0}")]
    NotComputed(#[from] ClockError),
}

impl Policy {
    /// Whether a change may take effect when it is to, by this policy's own rules on notice: the one
    /// that is in force when the change is announced.
    ///
    /// # Errors
    /// The refusal, with the earliest day.
    pub fn may_take_effect(
        &self,
        change: &Change,
        calendars: &Calendars,
    ) -> Result<(), NoticeRefusal> {
        if change.mandated_by.is_some() {
            return Ok(());
        }
        let purpose = match change.kind {
            ChangeKind::Payment => Purpose::PolicyNotice,
            ChangeKind::General => Purpose::PolicyNoticeGeneral,
        };
        let (announced, effective) = (change.announced, change.effective);
        let rules = self.rules.iter().filter(|rule| {
            rule.decides && rule.purposes.contains(&purpose) && rule.is_in_force(announced)
        });
        let facts = Facts::default().with(
            Fact::ChangeAnnounced,
            announced,
            Source::asserted("announcement"),
        );
        let settings = Settings::of(self, calendars, Years::default())
            .map_err(|error| ClockError::Calendar(error.to_string()))?;
        let mut last: Option<(Day, Derivation)> = None;
        for rule in rules {
            let derivation = Clock::of(self, rule.id.as_str())?.compute(&facts, &settings)?;
            if let Some(due) = derivation.due()
                && last.as_ref().is_none_or(|(day, _)| due > *day)
            {
                last = Some((due, derivation));
            }
        }
        let (earliest, derivation) =
            last.ok_or_else(|| NoticeRefusal::NoRule(self.id.to_string()))?;
        if effective >= earliest {
            return Ok(());
        }
        let derivation = Box::new(derivation);
        Err(NoticeRefusal::TooSoon { announced, effective, earliest, derivation })
    }
}
