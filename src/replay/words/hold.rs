//! Holds, and what is known of a payee beside its remittances, in words.

use lookback_events::event::hold::{Affairs, Direction, Hold, SuccessionKind};

use super::{Words, of_amount, on, spoken, with};

pub(super) fn words(what: &Hold) -> Words {
    match what {
        // The scope may name a claim by its patient control number.
        Hold::HoldPlaced(of) => {
            let matter = with("matter ", of.matter.as_deref());
            let requester = with("asked for by ", of.requester.as_deref());
            let until = on("until", of.until);
            let kind = spoken(of.kind.as_str());
            Words::new(format!("hold placed, {kind}{matter}{requester}{until}"))
                .saying(format!("of {}", of.scope))
        }
        Hold::HoldReleased(of) => Words::new("hold released").saying(&*of.reason),
    }
}

pub(super) fn affairs(what: &Affairs) -> Words {
    match what {
        Affairs::PayeeSucceeded(of) => {
            let how = match of.kind {
                SuccessionKind::Successor => "succeeded by",
                SuccessionKind::Affiliate => "affiliated with, and answered for by,",
            };
            Words::new(format!("{how} payee {}", of.other)).saying(&*of.authority)
        }
        Affairs::TerminationNoticeGiven(of) => {
            Words::new(format!("provider gave notice of termination{}", on("for", of.requested)))
        }
        Affairs::ContactRecorded(of) => {
            let who = match of.direction {
                Direction::Inbound => "the provider made contact",
                Direction::Outbound => "we made contact",
            };
            let by = spoken(of.channel.as_str());
            Words::new(format!("{who}, by {by}")).saying(&*of.summary)
        }
        Affairs::NoteRecorded(of) => Words::new("note recorded").saying(&*of.text),
        Affairs::CheckVoided(of) => {
            Words::new(format!("check {} voided{}", of.trace, of_amount(of.amount)))
                .saying_if_any(of.reason.as_deref())
        }
        Affairs::CheckStopped(of) => {
            Words::new(format!("check {} stopped{}", of.trace, of_amount(of.amount)))
                .saying_if_any(of.reason.as_deref())
        }
        Affairs::CheckReissued(of) => {
            Words::new(format!("check {} issued again as {}", of.trace, of.new_trace))
        }
    }
}
