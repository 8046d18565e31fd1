//! From arguments to the command that they say.

use lookback_events::event::recovery::letters::NoticeItem;
use serde_json::{Map, Value, json};

use super::super::giving::{Beside, claims};
use super::{Determine, Identify, Notice, What};
use crate::command::Asking;

/// A command about a case.
fn about(command: &str, case: String) -> Asking {
    Asking::new(command).with("case", case)
}

impl What {
    /// The command, and what stands beside it; `None` for what is no command about one case.
    pub(super) fn asking(self) -> Option<(Asking, Beside)> {
        Some(match self {
            Self::Identify(args) => args.asking(),
            Self::Notice(args) => args.asking(),
            Self::Determine(args) => args.asking(),
            Self::Amend { case, reason, cause, claims: parts, beside } => {
                let asking = about("amend-case", case).with("reason", reason).with("cause", cause);
                (asking.with("claims", claims(&parts)), beside)
            }
            Self::Returned { case, control_number, reason, beside } => {
                let asking = about("mail-returned", case).with("control_number", control_number);
                (asking.with("reason", reason), beside)
            }
            Self::Answer { case, kind, amount, channel, promised_by, claims: parts, beside } => {
                let asking = about("record-answer", case).with("kind", kind).with("amount", amount);
                let asking = asking.with("channel", channel).with("promised_by", promised_by);
                (asking.with("claims", claims(&parts)), beside)
            }
            Self::Dispute { case, grounds, level, amount, channel, claims: parts, beside } => {
                let asking = about("record-dispute", case).with("grounds", grounds);
                let asking = asking.with("level", level).with("amount", amount);
                (asking.with("channel", channel).with("claims", claims(&parts)), beside)
            }
            Self::LateAppeal { case, accept, reject: _, reason, beside } => {
                let asking = about("decide-late-appeal", case).with("accepted", accept);
                (asking.with("reason", reason), beside)
            }
            Self::Offset { case, amount, first_on, plan, beside } => {
                let asking = about("instruct-offset", case).with("amount", amount);
                (asking.with("first_on", first_on).with("plan", plan), beside)
            }
            Self::Taken { case, amount, plan, remittance, trace, beside } => {
                let asking = about("record-offset", case).with("amount", amount).with("plan", plan);
                (asking.with("remittance", remittance).with("trace", trace), beside)
            }
            Self::GivenBack { case, amount, reason, trace, beside } => {
                let asking = about("reverse-offset", case).with("amount", amount);
                (asking.with("reason", reason).with("trace", trace), beside)
            }
            Self::Refund { case, amount, check, beside } => {
                let asking = about("record-refund", case).with("amount", amount);
                (asking.with("check", check), beside)
            }
            Self::Attribute { case, movement, reason, undo, beside } => {
                let command = if undo { "unattribute-movement" } else { "attribute-movement" };
                let asking = about(command, case).with("movement", movement);
                (asking.with("reason", reason), beside)
            }
            Self::Restore { case, amount, decide, reason, interest, trace, beside } => {
                let command =
                    if decide.is_some() { "decide-restoration" } else { "record-restoration" };
                let asking = about(command, case).with("amount", amount).with("decision", decide);
                let asking = asking.with("reason", reason).with("interest", interest);
                (asking.with("trace", trace), beside)
            }
            Self::Plan { case, instalments, beside } => {
                let all: Vec<Value> = instalments.iter().map(|one| instalment(one)).collect();
                (about("agree-plan", case).with("instalments", all), beside)
            }
            Self::Default { case, reason, beside } => {
                (about("default-plan", case).with("reason", reason), beside)
            }
            Self::Refer { case, because, reason, agency, beside } => {
                let asking = about("refer-to-collections", case).with("because", because);
                (asking.with("reason", reason).with("agency", agency), beside)
            }
            Self::Withdraw { case, reason, beside } => {
                (about("withdraw-case", case).with("reason", reason), beside)
            }
            Self::Settle { case, reduced, reason, beside } => {
                let asking = about("settle-case", case).with("reduced", reduced);
                (asking.with("reason", reason), beside)
            }
            Self::WriteOff { case, amount, reason, beside } => {
                let asking = about("write-off", case).with("amount", amount);
                (asking.with("reason", reason), beside)
            }
            Self::RecoveredByAnother { case, amount, by, beside } => {
                (about("recovered-by-another", case).with("amount", amount).with("by", by), beside)
            }
            Self::Discharge { case, amount, docket, beside } => {
                let asking = about("discharge", case).with("amount", amount);
                (asking.with("docket", docket), beside)
            }
            Self::Stay { case, court, docket, lift, reason, beside } => {
                let command = if lift { "lift-stay" } else { "begin-stay" };
                let asking = about(command, case).with("court", court).with("docket", docket);
                (asking.with("reason", reason), beside)
            }
            Self::Reopen { case, reason, beside } => {
                (about("reopen-case", case).with("reason", reason), beside)
            }
            Self::Close { case, reason, beside } => {
                (about("close-case", case).with("reason", reason), beside)
            }
            Self::Assign { case, owner, vendor, beside } => {
                let asking = about("assign-case", case).with("owner", owner);
                (asking.with("vendor", vendor), beside)
            }
            Self::Import { .. } => return None,
        })
    }
}

/// `DATE=AMOUNT`; what is neither is told when the command is read.
fn instalment(text: &str) -> Value {
    let (due, amount) = text.split_once('=').unwrap_or((text, ""));
    json!({ "due": due, "amount": amount })
}

impl Identify {
    fn asking(self) -> (Asking, Beside) {
        let mut standard = Map::new();
        standard.insert("citation".to_owned(), json!(self.standard));
        for (member, value) in [
            ("version", self.standard_version),
            ("effective", self.standard_effective),
            ("ended", self.standard_ended),
        ] {
            if let Some(value) = value {
                standard.insert(member.to_owned(), json!(value));
            }
        }
        let asking = Asking::new("identify-case")
            .with("case", self.case)
            .with("payee", self.payee)
            .with("plan", self.plan)
            .with("line_of_business", self.line_of_business)
            .with("cause", self.cause)
            .with("detected_by", self.detected_by)
            .with("standard", standard)
            .with("claims", claims(&self.claims))
            .with("funding", self.funding)
            .with("state", self.state)
            .with("provider_class", self.provider_class)
            .with("service_class", self.service_class)
            .with("vendor", self.vendor)
            .with("owner", self.owner);
        (asking, self.beside)
    }
}

impl Notice {
    fn asking(self) -> (Asking, Beside) {
        let command = match (self.recorded, self.again) {
            (true, _) => "record-notice",
            (false, true) => "serve-again",
            (false, false) => "issue-notice",
        };
        let all = || NoticeItem::ALL.iter().map(|item| item.as_str().to_owned()).collect();
        let content: Vec<String> =
            if self.content.iter().any(|item| item == "all") { all() } else { self.content };
        let asking = about(command, self.case)
            .with("control_number", self.control_number)
            .with("dated", self.dated)
            .with("method", self.method)
            .with("content", content)
            .with("amount", self.amount)
            .with("appeal_deadline", self.appeal_deadline)
            .with("address", self.address)
            .with("sent", self.sent)
            .with("received", self.received)
            .with("tracking", self.tracking);
        (asking, self.beside)
    }
}

impl Determine {
    fn asking(self) -> (Asking, Beside) {
        let command = if self.correct { "correct-determination" } else { "determine" };
        let asking = about(command, self.case)
            .with("outcome", self.outcome)
            .with("dated", self.dated)
            .with("level", self.level)
            .with("reduced", self.reduced)
            .with("reason", self.reason)
            .with("appeal_deadline", self.appeal_deadline)
            .with("sent", self.sent)
            .with("received", self.received);
        (asking, self.beside)
    }
}
