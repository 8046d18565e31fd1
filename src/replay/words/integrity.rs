//! What the special investigations unit did, in words.

use lookback_events::event::audit::Integrity;

use super::{Words, with};

pub(super) fn words(what: &Integrity) -> Words {
    match what {
        Integrity::PrepaymentReviewBegan(of) => {
            Words::new("prepayment review began").saying(&*of.reason)
        }
        Integrity::PrepaymentReviewEnded(of) => {
            Words::new("prepayment review ended").saying(&*of.reason)
        }
        Integrity::SuspensionBegan(of) => {
            let authority = with("under ", of.authority.as_deref());
            Words::new(format!("payments suspended{authority}")).saying(&*of.reason)
        }
        Integrity::SuspensionEnded(of) => Words::new("payments go on").saying(&*of.reason),
        Integrity::ReferredToGovernment(of) => {
            Words::new(format!("referred to {}", of.agency)).saying(&*of.reason)
        }
        Integrity::StandDownBegan(of) => Words::new(format!("stand-down began, by {}", of.agency))
            .saying_if_any(of.reason.as_deref()),
        Integrity::StandDownLifted(of) => Words::new("stand-down lifted").saying(&*of.reason),
        Integrity::Sanctioned(of) => {
            Words::new(format!("sanctioned: {}", of.measure)).saying(&*of.reason)
        }
    }
}
