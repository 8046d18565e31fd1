//! What happened to a case, in words.

use lookback_events::event::act::ClaimPart;
use lookback_events::event::recovery::letters::{
    Answer, AnswerKind, Determination, Dispute, Method, Notice, Outcome,
};
use lookback_events::event::recovery::money::{Horizon, RepaymentPlan, Restore};
use lookback_events::event::recovery::{Amended, Identified, Recovery};

use super::{Words, of_amount, on, parts, spoken, sum, with};

pub(super) fn words(what: &Recovery, claims: &[ClaimPart]) -> Words {
    match what {
        Recovery::CaseIdentified(of) => identified(of, claims),
        Recovery::CaseAmended(of) => amended(of, claims),
        Recovery::NoticeIssued(of) => notice("notice issued", of),
        Recovery::NoticeRecorded(of) => notice("notice that was sent recorded", of),
        Recovery::MailReturned(of) => {
            let number = with("control no. ", of.control_number.as_deref());
            Words::new(format!("notice came back undelivered{number}"))
                .saying_if_any(of.reason.as_deref())
        }
        Recovery::NoticeServedAgain(of) => notice("notice served again", of),
        Recovery::AnswerReceived(of) => answer(of),
        Recovery::DisputeReceived(of) => dispute(of, claims),
        Recovery::DisputeDetermined(of) => determination("dispute determined", of),
        Recovery::DeterminationCorrected(of) => determination("determination corrected", of),
        Recovery::LateAppealDecided(of) => {
            let what = if of.accepted { "late appeal accepted" } else { "late appeal rejected" };
            Words::new(what).saying(&*of.reason)
        }
        Recovery::OffsetInstructed(of) => {
            let plan = with("from payments of ", of.plan.as_deref());
            let (amount, first) = (of.amount.grouped(), of.first_on.0);
            Words::new(format!("offset of {amount} instructed, from {first} on{plan}"))
        }
        Recovery::OffsetRecorded(of) => {
            let trace = with("remittance ", of.trace.as_deref());
            Words::new(format!("offset of {} taken{trace}", of.amount.grouped()))
        }
        Recovery::OffsetReversed(of) => {
            let trace = with("payment ", of.trace.as_deref());
            Words::new(format!("offset of {} given back{trace}", of.amount.grouped()))
                .saying(&*of.reason)
        }
        Recovery::RefundRecorded(of) => {
            let check = with("check ", of.check.as_deref());
            Words::new(format!("refund of {} received{check}", of.amount.grouped()))
        }
        Recovery::MovementAttributed(of) => {
            Words::new(format!("movement {} attributed to the case", of.movement))
                .saying(&*of.reason)
        }
        Recovery::MovementUnattributed(of) => {
            Words::new(format!("movement {} taken off the case", of.movement)).saying(&*of.reason)
        }
        Recovery::RestorationDecided(of) => {
            let decided = match of.decision {
                Restore::Restore => "is to be restored",
                Restore::Keep => "is kept",
            };
            Words::new(format!("decided: {} {decided}", of.amount.grouped())).saying(&*of.reason)
        }
        Recovery::RestorationRecorded(of) => {
            let interest =
                of.interest.map_or(String::new(), |i| format!(", with interest {}", i.grouped()));
            let trace = with("payment ", of.trace.as_deref());
            Words::new(format!("{} restored{interest}{trace}", of.amount.grouped()))
        }
        Recovery::RepaymentPlanAgreed(of) => plan(of),
        Recovery::RepaymentPlanDefaulted(of) => {
            Words::new("repayment plan not kept").saying(&*of.reason)
        }
        Recovery::CaseReferred(of) => {
            let because = match of.because {
                Horizon::Forecast => "offsetting is forecast to take longer than the horizon",
                Horizon::Elapsed => "the horizon has passed with a balance",
            };
            let agency = of.agency.as_deref().map_or(String::new(), |to| format!(" at {to}"));
            Words::new(format!("referred to collections{agency}: {because}")).saying(&*of.reason)
        }
        Recovery::CaseWithdrawn(of) => Words::new("withdrawn").saying(&*of.reason),
        Recovery::CaseSettled(of) => {
            Words::new(format!("settled, reduced by {}", of.reduced.grouped())).saying(&*of.reason)
        }
        Recovery::BalanceWrittenOff(of) => {
            Words::new(format!("{} written off", of.amount.grouped())).saying(&*of.reason)
        }
        Recovery::RecoveredByAnother(of) => {
            Words::new(format!("{} recovered by {}", of.amount.grouped(), of.by))
        }
        Recovery::BalanceDischarged(of) => {
            let docket = with("docket ", of.docket.as_deref());
            Words::new(format!("{} discharged{docket}", of.amount.grouped()))
        }
        Recovery::StayBegan(of) => {
            let court = with("", of.court.as_deref());
            Words::new(format!(
                "bankruptcy stay began{court}{}",
                with("docket ", of.docket.as_deref())
            ))
        }
        Recovery::StayLifted(of) => Words::new("bankruptcy stay lifted").saying(&*of.reason),
        Recovery::CaseReopened(of) => Words::new("reopened").saying(&*of.reason),
        Recovery::CaseClosed(of) => Words::new("closed").saying(&*of.reason),
        Recovery::CaseAssigned(of) => {
            let vendor = with("for ", of.vendor.as_deref());
            Words::new(format!("assigned to {}{vendor}", of.owner))
        }
    }
}

fn identified(of: &Identified, claims: &[ClaimPart]) -> Words {
    let cause = spoken(of.cause.as_str());
    let system =
        of.opening.as_ref().map_or(String::new(), |o| format!(", opening balance of {}", o.system));
    let what = format!(
        "identified by {}{}{}, {cause}{system}",
        spoken(of.detected_by.as_str()),
        of_amount(sum(claims)),
        parts(claims)
    );
    Words::new(what).saying(format!("standard: {}", of.standard.citation))
}

fn amended(of: &Amended, claims: &[ClaimPart]) -> Words {
    let cause = of.cause.map_or(String::new(), |c| format!(", now {}", spoken(c.as_str())));
    let amount = of_amount(sum(claims));
    Words::new(format!("amended{}{amount}{cause}", parts(claims))).saying(&*of.reason)
}

fn notice(what: &str, of: &Notice) -> Words {
    let (number, dated, by) = (&of.control_number, of.dated.0, by(of.method));
    let sent = on("sent", of.sent.filter(|sent| *sent != of.dated));
    let (amount, until) = (of_amount(of.amount), on("appeal until", of.appeal_deadline));
    Words::new(format!("{what}, control no. {number}, dated {dated}{sent}, by {by}{amount}{until}"))
}

const fn by(method: Method) -> &'static str {
    match method {
        Method::Mail => "mail",
        Method::CertifiedMail => "certified mail",
        Method::Courier => "courier",
        Method::Fax => "fax",
        Method::Email => "email",
        Method::Portal => "portal",
        Method::Phone => "phone",
        Method::InPerson => "hand",
    }
}

fn came_by(channel: Option<Method>) -> String {
    channel.map_or(String::new(), |method| format!(" by {}", by(method)))
}

fn answer(of: &Answer) -> Words {
    let what = match of.kind {
        AnswerKind::Agreement => "provider agrees",
        AnswerKind::RefundPromised => "provider promises a refund",
        AnswerKind::Contact => "provider made contact, which stops nothing",
    };
    let promised = on("by", of.promised_by);
    Words::new(format!("{what}{}{promised}{}", of_amount(of.amount), via(of.channel)))
}

fn via(channel: Option<Method>) -> String {
    channel.map_or(String::new(), |method| format!(", by {}", by(method)))
}

fn dispute(of: &Dispute, claims: &[ClaimPart]) -> Words {
    let level = if of.level > 1 { format!(" of level {}", of.level) } else { String::new() };
    let amount = of_amount(of.amount.or_else(|| sum(claims)));
    let what = format!("dispute{level} received{}{amount}{}", came_by(of.channel), parts(claims));
    Words::new(what).saying(&*of.grounds)
}

fn determination(what: &str, of: &Determination) -> Words {
    let outcome = match of.outcome {
        Outcome::Upheld => "the finding stands",
        Outcome::Modified => "modified",
        Outcome::Overturned => "overturned",
    };
    let level = if of.level > 1 { format!(", level {}", of.level) } else { String::new() };
    let reduced = of.reduced.map_or(String::new(), |r| format!(", reduced by {}", r.grouped()));
    let sent = on("sent", of.sent.filter(|sent| *sent != of.dated));
    let appeal = on("next level until", of.appeal_deadline);
    let dated = of.dated.0;
    Words::new(format!("{what}{level}: {outcome}{reduced}, letter dated {dated}{sent}{appeal}"))
        .saying_if_any(of.reason.as_deref())
}

fn plan(of: &RepaymentPlan) -> Words {
    let amounts = of.instalments.iter().map(|instalment| Some(instalment.amount));
    let sum = amounts.reduce(|sum, amount| sum?.checked_add(amount?)).flatten();
    let last = of.instalments.iter().map(|instalment| instalment.due).max();
    let count = super::counted(of.instalments.len(), "instalment", "instalments");
    Words::new(format!("repayment plan agreed, {count}{}{}", of_amount(sum), on("last due", last)))
}
